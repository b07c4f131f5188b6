"""Points of a figure that say what they are."""

import re

import pandas as pd
import pytest

from racohort.figures.points import tell, words_of
from racohort.figures.style import canvas, finish

ROW = pd.Series({"value": -1.0871, "lower": -1.4727, "upper": -0.7016, "level": 0.95, "n": 50})


def drawn():
    fig, ax = canvas(6, 3)
    ax.plot([0, 10], [0, 1], "o")
    ax.set(xlim=(0, 10), ylim=(0, 1))
    tell(ax, 0, 0, "low")
    tell(ax, 10, 1, "high <b>")
    tell(ax, float("nan"), 1, "not drawn")
    return finish(fig, "dots", "Two dots.", "All patients.", True)


def test_a_point_says_name_value_interval_and_n():
    assert words_of(ROW, "DAS28-ESR", 2) == "DAS28-ESR: −1.09 (95 % CI −1.47 to −0.70); n = 50"


def test_a_point_lies_where_it_is_drawn_also_above_the_mark_of_a_synthetic_cohort():
    figure = drawn()
    width, height = (float(x) for x in re.search(r"viewBox='0 0 ([\d.]+) ([\d.]+)'", figure.light.replace('"', "'")).groups())
    places = re.findall(r"<use [^>]*?x='([\d.]+)' y='([\d.]+)'", figure.light.replace('"', "'"))
    drawn_at = {(round(100 * float(x) / width, 1), round(100 * float(y) / height, 1)) for x, y in places}
    assert {(round(left, 1), round(top, 1)) for left, top, _ in figure.points} <= drawn_at
    assert figure.shape == (pytest.approx(width / 72), pytest.approx(height / 72))


def test_words_are_escaped_and_a_point_that_is_not_drawn_says_nothing():
    html = drawn().html()
    assert 'aria-label="high &lt;b&gt;"' in html
    assert "not drawn" not in html
    assert html.count('class="ra-point"') + html.count("ra-point-late") == 2


@pytest.mark.parametrize(("n", "fine"), [(48, False), (49, True)])
def test_many_points_have_a_short_reach_so_that_they_do_not_cover_each_other(n, fine):
    fig, ax = canvas(6, 3)
    for place in range(n):
        tell(ax, place, 0, "here")
    assert ("ra-fine" in finish(fig, "dots", "Dots.", "All.", False).html()) is fine


def test_a_figure_without_words_has_no_points():
    fig, ax = canvas(6, 3)
    ax.plot([0, 1])
    assert "ra-point" not in finish(fig, "line", "A line.", "All.", False).html()
