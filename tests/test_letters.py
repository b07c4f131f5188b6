"""Letters that this machine cannot draw: never boxes in a figure."""

import re

import pytest

from racohort.figures import style
from racohort.figures.letters import drawable
from racohort.figures.style import canvas, finish


@pytest.fixture(autouse=True)
def without_chinese_typeface(monkeypatch):
    monkeypatch.setattr(style, "_families", lambda: ("DejaVu Sans",))


def drawn(*names: str, title: str = "Reasons") -> str:
    fig, ax = canvas()
    ax.barh(range(len(names)), range(1, len(names) + 1))
    ax.set_yticks(range(len(names)), names)
    ax.set_title(title)
    return finish(fig, "reasons", "Reasons.", "Reasons.", synthetic=False).light


def test_a_name_in_two_languages_is_drawn_in_the_one_that_can_be(recwarn):
    assert drawn("失访 Lost to follow-up", "Moved away") == drawn("Lost to follow-up", "Moved away")
    assert not recwarn.list


def test_a_name_that_cannot_be_drawn_is_left_to_the_browser_as_text():
    svg = drawn("失访", "Moved away", title="结局 & Outcome")
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert "失访" in texts
    assert "&amp; Outcome" in texts
    assert "sans-serif" in svg


def test_letters_that_can_be_drawn_stay_outlines():
    assert "<text" not in drawn("α ≥ 0.05 µg/L", "Sjögren – Ärzte")


def test_only_lines_in_which_words_remain_lose_letters():
    families = ("DejaVu Sans",)
    assert drawable("  失访 Lost: 4\n皮疹: 2", families) == "  Lost: 4\n皮疹: 2"
    assert drawable("RA-001 张三", families) == "RA-001"
    assert drawable("Lost 失访/迁居 again", families) == "Lost / again"
