"""Panels that stand below one another where a picture is shown in a tall box."""

import re
from urllib.parse import unquote

import pytest

from racohort.figures.panels import NARROW
from racohort.figures.points import tell
from racohort.figures.style import Figure, canvas, finish


def drawn(rows: int = 1, columns: int = 2, width: float = 7.2, **shared: object) -> Figure:
    fig, axes = canvas(width, 2.5 * rows, rows, columns, squeeze=False, **shared)
    for ax in axes.flat:
        ax.plot([0, 1, 2], [0, 20, 10], "o-")
        tell(ax, 1, 20, "top")
    fig.legend(handles=axes[0, 0].get_lines(), labels=["all"], loc="outside upper left")
    return finish(fig, "panels", "Panels.", "All patients.", True)


def overlap(one: tuple, other: tuple) -> bool:
    return one[0] < other[2] - 1 and other[0] < one[2] - 1 and one[1] < other[3] - 1 and other[1] < one[3] - 1


def places(figure: Figure) -> dict[str, tuple]:
    """Where the pieces of the tall arrangement lie."""
    return {name: (*piece.put(*piece.box[:2]), *piece.put(*piece.box[2:])) for name, piece in figure.stack.pieces.items()}


@pytest.mark.parametrize(
    "case", [{"columns": 1}, {"columns": 2, "width": 4.9}, {"rows": 4}], ids=["one column", "small", "too long"]
)
def test_a_drawing_of_one_column_one_that_fits_a_telephone_and_one_that_would_be_too_long_have_one_arrangement(case):
    figure = drawn(**case)
    assert figure.stack is None
    assert "ra-stacks" not in figure.html()
    assert "max-aspect-ratio" not in figure.light


@pytest.mark.parametrize(
    "case", [{}, {"columns": 3}, {"rows": 2, "columns": 3}, {"sharey": True}, {"rows": 2, "sharex": "col"}], ids=str
)
def test_all_pieces_lie_within_the_tall_picture_none_covers_another_and_their_letters_have_the_size_of_print(case):
    figure = drawn(**case)
    found, (_, height) = places(figure), figure.stack.heights
    boxes = list(found.values())
    assert not [(one, other) for place, one in enumerate(boxes) for other in boxes[place + 1 :] if overlap(one, other)]
    assert all(left >= -1 and top >= -1 and right <= figure.stack.width + 1 for left, top, right, _ in boxes)
    assert max(box[3] for box in boxes) == pytest.approx(height, abs=9)
    assert all(piece.scale > figure.stack.width / NARROW for name, piece in figure.stack.pieces.items() if name != ".head")


def test_panels_that_share_an_axis_below_stay_above_one_another():
    assert {".c0", ".c1"} < set(drawn(rows=2, sharex="col").stack.pieces)
    assert {".r0c0", ".r0c1", ".r1c0", ".r1c1"} < set(drawn(rows=2).stack.pieces)


def test_the_picture_answers_to_a_box_taller_than_the_middle_of_both_arrangements_and_the_page_gives_it_the_taller_one():
    figure = drawn()
    wide, tall = figure.stack.heights
    width, height = map(int, re.search(r"max-aspect-ratio:(\d+)/(\d+)", figure.light).groups())
    assert figure.stack.width / wide > width / height > figure.stack.width / tall
    assert f"--ra-tall:{figure.stack.shape}" in figure.html()
    for name in figure.stack.pieces:
        attribute = f'{"id" if name[0] == "#" else "class"}="{name[1:]}"'
        assert figure.light.count(attribute) == 1, name
        assert f"{name}{{transform:" in figure.light


def test_labels_that_a_panel_leaves_to_the_first_of_its_row_are_repeated_where_it_stands_alone():
    shared, own = drawn(sharey=True), drawn()
    assert not own.stack.again
    _, strip, way = shared.stack.again["1"]
    named = re.search(r'<g class="again"[^>]*><use[^>]*href="#(\w+)"', shared.light)[1]
    assert shared.light.count(f'id="{named}"') == 1
    left = shared.stack.pieces[".r0c1"].box[0]
    assert left == pytest.approx(strip[0] + way)
    assert ".again{display:none}" in shared.light


def test_a_point_goes_with_its_panel():
    figure = drawn()
    second = figure.points[1]
    left, top = figure.stack.place(*second[:2])
    x, y = left * figure.stack.width / 100, top * figure.stack.heights[1] / 100
    box = places(figure)[".r0c1"]
    assert box[0] <= x <= box[2]
    assert box[1] <= y <= box[3]
    assert f"--x:{left:g}%;--y:{top:g}%" in figure.html()


def test_both_renderings_hold_both_arrangements_and_the_picture_is_whole_in_the_page():
    figure = drawn()
    rule = re.search(r"@media.*?</style>", figure.light)[0]
    assert rule in figure.dark
    assert rule.replace('"', "'") in unquote(figure.html())
