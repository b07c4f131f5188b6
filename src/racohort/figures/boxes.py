"""Flow diagrams: boxes under each other, each with a box beside it for what leaves the flow there."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure as Drawing
from matplotlib.patches import FancyBboxPatch

from racohort.figures.style import INK, canvas

_MAIN, _SIDE = (0.01, 0.47), (0.56, 0.43)  # left edge and width of the two columns of boxes, in widths of the drawing
_LONGEST = 46  # characters a line of a box can hold
_LINE = 0.17  # inches a line of text needs
_GAP = 0.34  # inches between two boxes


def draw_levels(boxes: Sequence[tuple[list[str], list[str]]]) -> Drawing:
    """A drawing of the levels of a flow from top to bottom: the lines of the main box, and of the one beside it (or none)."""
    heights = [_LINE * (max(len(main), len(side)) + 1.1) for main, side in boxes]
    total = sum(heights) + _GAP * (len(boxes) - 1) + 0.1
    fig, ax = canvas(7.2, total)
    ax.set(xlim=(0, 1), ylim=(total, 0))
    ax.axis("off")
    top = 0.05
    for place, ((main, side), height) in enumerate(zip(boxes, heights, strict=True)):
        _draw_level(ax, main, side, top, height, last=place == len(boxes) - 1)
        top += height + _GAP
    return fig


def _draw_level(ax: Any, main: list[str], side: list[str], top: float, height: float, last: bool) -> None:
    _draw_box(ax, *_MAIN, top, height, main, INK["band"], INK["accent"])
    middle = top + height / 2
    arrow = {"arrowstyle": "-|>", "color": INK["muted"], "lw": 1.0, "shrinkA": 0, "shrinkB": 0}
    if side:
        _draw_box(ax, *_SIDE, top, height, side, INK["paper"], INK["faint"])
        ax.annotate("", (_SIDE[0], middle), (sum(_MAIN), middle), arrowprops=arrow)
    if not last:
        centre = _MAIN[0] + _MAIN[1] / 2
        ax.annotate("", (centre, top + height + _GAP), (centre, top + height), arrowprops=arrow)


def _draw_box(ax: Any, x: float, width: float, top: float, height: float, lines: list[str], fill: str, edge: str) -> None:
    ax.add_patch(FancyBboxPatch((x, top), width, height, boxstyle="round,pad=0,rounding_size=0.012", mutation_aspect=7.2,
                                fc=fill, ec=edge, lw=0.9))  # fmt: skip
    first = top + height / 2 - (len(lines) - 1) * _LINE / 2
    for place, line in enumerate(lines):
        line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
        ax.text(x + 0.02, first + place * _LINE, line, va="center", ha="left", fontsize=9 if place == 0 else 8.2,
                fontweight="bold" if place == 0 else "normal", color=INK["ink"] if place == 0 else INK["muted"])  # fmt: skip
