"""Panels side by side that stand below one another where a picture is shown in a tall box, as on a telephone.

The picture itself holds both arrangements: its panels are groups that a style sheet within it moves and enlarges once its box is
tall, so nothing is drawn twice. The page gives the box its shape (`book.css`); elsewhere, as in print, the picture stays as it
is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Any

from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text

#: So many points of a drawing stand beside one another on a telephone; its letters are then as large as those of print.
NARROW = 400
#: What belongs to no panel, as a legend, grows at most by this.
LARGEST = 1.7
#: A tall arrangement is at most so many times as high as wide: nobody sees a longer one as a picture.
HIGHEST = 4.5
_GAP = 8

#: Left, top, right and bottom, in points from the upper left of the drawing.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Piece:
    """A part of a drawing, and the upper left of its enlarged place in the tall arrangement."""

    box: Box
    scale: float
    x: float
    y: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the drawing lies in it."""
        left, top, right, bottom = self.box
        return left <= x <= right and top <= y <= bottom

    def put(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the drawing goes."""
        return self.x + self.scale * (x - self.box[0]), self.y + self.scale * (y - self.box[1])

    @property
    def style(self) -> str:
        """What moves its group, which is drawn where it stands in the drawing."""
        x, y = self.put(0, 0)
        return f"transform:translate({x:.1f}px,{y:.1f}px) scale({self.scale:.3f})"


@dataclass(frozen=True)
class Stack:
    """The tall arrangement: width, both heights, the pieces by the selector of their group, and labels to be repeated.

    `again` holds for the number of a panel that leaves its labels to the first of its row: that row, and the labels' box and way.
    """

    width: float
    heights: tuple[float, float]
    pieces: Mapping[str, Piece]
    again: Mapping[str, tuple[int, Box, float]]

    @property
    def shape(self) -> str:
        """Width over height of the tall picture."""
        return f"{self.width:g}/{self.heights[1]:.0f}"

    def place(self, left: float, top: float) -> tuple[float, float]:
        """Where a point goes, both in per cent of the picture."""
        x, y = left * self.width / 100, top * self.heights[0] / 100
        x, y = next((piece.put(x, y) for piece in self.pieces.values() if piece.holds(x, y)), (x, y))
        return round(100 * x / self.width, 2), round(100 * y / self.heights[1], 2)

    def dress(self, svg: str) -> str:
        """The picture with both arrangements."""
        moves = "".join(f"{name}{{{piece.style}}}" for name, piece in self.pieces.items())
        between = f"{self.width:.0f}/{sqrt(self.heights[0] * self.heights[1]):.0f}"
        rules = f".again{{display:none}}@media (max-aspect-ratio:{between}){{.again{{display:inline}}{moves}}}</style>"
        svg = svg.replace("</style>", rules, 1).replace("<svg ", '<svg preserveAspectRatio="xMinYMin meet" ', 1)
        return re.sub(r'<g id="panel(\d*)-(\w+)">', lambda group: f'<g class="{group[2]}">{self._labels(group[1])}', svg)

    def _labels(self, panel: str) -> str:
        if panel not in self.again:
            return ""
        row, (left, top, right, bottom), way = self.again[panel]
        frame = f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"/>'
        return (
            f'<clipPath id="strip{panel}">{frame}</clipPath><g class="again" transform="translate({way:.1f} 0)">'
            f'<use clip-path="url(#strip{panel})" xlink:href="#labels{row}"/></g>'
        )


def stack(fig: Drawing) -> Stack | None:
    """The tall arrangement of a drawing that was laid out; names its groups for it. None for one column, or one too long."""
    panels = sorted((ax for ax in fig.axes if ax.get_subplotspec() and (ax.axison or ax.has_data())), key=_at)
    if len({_at(ax)[1] for ax in panels}) < 2:
        return None
    width, height = map(float, fig.bbox.size)
    frames = {ax: _box(ax, height) for ax in panels}
    again = {str(number): found for number, ax in enumerate(panels) if (found := _first_labels(ax, frames))}
    head = _head(fig)
    pieces, foot = _flow(_named_boxes(frames, again), width, head.scale * head.box[3] + _GAP)
    for mark in filter(Text.get_gid, fig.texts):
        pieces[f"#{mark.get_gid()}"] = Piece((width / 2, height - 20, width, height), LARGEST, width * (1 - LARGEST / 2), foot)
        foot += 20 * LARGEST
    if foot > HIGHEST * width:
        return None
    return Stack(width, (height, foot), {**pieces, ".head": head}, again)


def _head(fig: Drawing) -> Piece:
    """What stands above the panels."""
    width, height = map(float, fig.bbox.size)
    for legend in fig.legends:
        legend.set_gid("panel-head")
    box = _around([(0, 0, _GAP, 0), *(_from_top(legend.get_tightbbox(), height) for legend in fig.legends)])
    return Piece(box, min(LARGEST, width / (box[2] + _GAP)), 0, 0)


def _named_boxes(frames: Mapping[Any, Box], again: Mapping[str, tuple[int, Box, float]]) -> dict[str, Box]:
    """The box of each piece by its selector: a panel with its labels, or a column of panels that share an axis below."""
    boxes: dict[str, Box] = {}
    together = any(
        _at(ax)[1] == _at(other)[1] and ax.get_shared_x_axes().joined(ax, other) for ax, other in combinations(frames, 2)
    )
    for number, ax in enumerate(frames):
        name = "c{1}".format(*_at(ax)) if together else "r{}c{}".format(*_at(ax))
        ax.set_gid(f"panel{number}-{name}")
        left, _, right, _ = frames[ax]
        _, top, _, bottom = _around(frame for other, frame in frames.items() if together or _at(other)[0] == _at(ax)[0])
        _, strip, way = again.get(str(number), (0, (left, 0, 0, 0), 0.0))
        here = min(left, strip[0] + way), top, right, bottom
        boxes[f".{name}"] = _around([here, boxes.get(f".{name}", here)])
    return boxes


def _flow(boxes: Mapping[str, Box], width: float, top: float) -> tuple[dict[str, Piece], float]:
    """The pieces in places of one width, beside one another while there is room, and the height that is reached."""
    widest = max(right - left for left, _, right, _ in boxes.values())
    abreast = max(1, int(NARROW // widest))
    scale, names, pieces = width / (abreast * widest), list(boxes), {}
    for start in range(0, len(names), abreast):
        line = names[start : start + abreast]
        for place, name in enumerate(line):
            pieces[name] = Piece(boxes[name], scale, place * width / abreast, top)
        top += scale * max(boxes[name][3] - boxes[name][1] for name in line) + _GAP
    return pieces, top


def _at(ax: Any) -> tuple[int, int]:
    """Row and column of a panel."""
    return ax.get_subplotspec().rowspan.start, ax.get_subplotspec().colspan.start


def _first_labels(ax: Any, frames: Mapping[Any, Box]) -> tuple[int, Box, float] | None:
    """The labels at the left of the row, where a panel leaves its own to the first one: row, box, and the way to the panel."""
    row = _at(ax)[0]
    first = next(other for other in frames if _at(other)[0] == row)
    if first is ax or first.get_ylim() != ax.get_ylim() or _labelled(ax) or not _labelled(first):
        return None
    first.yaxis.set_gid(f"labels{row}")
    left, top, _, bottom = frames[first]
    return row, (left, top, float(first.bbox.x0), bottom), float(ax.bbox.x0 - first.bbox.x0)


def _labelled(ax: Any) -> bool:
    """Whether a panel has labels at its left."""
    return ax.yaxis.get_tick_params()["labelleft"] and any(label.get_text() for label in ax.get_yticklabels())


def _box(ax: Any, height: float) -> Box:
    left, top, right, bottom = _from_top(ax.get_tightbbox(), height)
    return left - _GAP / 2, top, right + _GAP / 2, bottom


def _from_top(box: Any, height: float) -> Box:
    return float(box.x0), float(height - box.y1), float(box.x1), float(height - box.y0)


def _around(boxes: Iterable[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
