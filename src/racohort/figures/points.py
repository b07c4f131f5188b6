"""Points of a figure that say what they are: name, value, interval and n, where the pointer rests or the keyboard stands.

A drawing remembers what its points say; when it is finished their places are read from its axes, so that picture and words
cannot part. What is said comes from what is drawn: a result row, or in a report that shows single patients one of them.
"""

from html import escape
from math import isfinite
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
from matplotlib.figure import Figure as Drawing

from racohort.figures.panels import Stack
from racohort.formats import estimate, number

_TOLD: WeakKeyDictionary[Drawing, list[tuple[Any, float, float, str]]] = WeakKeyDictionary()

#: Up to this many points have a wide reach; more of them would cover each other.
FEW = 48

#: Left and top in per cent of the picture, and the words.
Point = tuple[float, float, str]


def tell(ax: Any, x: float, y: float, words: str) -> None:
    """Let the point at `x`, `y` of the axes say these words; a point that is not drawn says nothing."""
    if isfinite(x) and isfinite(y):
        _TOLD.setdefault(ax.figure, []).append((ax, x, y, words.replace("'", "’")))


def words_of(row: pd.Series, name: str, digits: int, unit: str = "") -> str:
    """A result row as `DAS28-ESR, 1 year: −1.09 (95 % CI −1.47 to −0.70); n = 50`."""
    level = 0.95 if pd.isna(row["level"]) else float(row["level"])
    n = "" if pd.isna(row["n"]) else f"; n = {number(row['n'])}"
    return f"{name}: {estimate(row['value'], row['lower'], row['upper'], digits, level, unit)}{n}"


def points_of(fig: Drawing) -> tuple[Point, ...]:
    """Every point of a drawing that was laid out, in the order of drawing."""
    width, height = fig.bbox.width, fig.bbox.height
    found = []
    for ax, x, y, words in _TOLD.get(fig, []):
        left, bottom = ax.transData.transform((x, y))
        found.append((round(100 * left / width, 2), round(100 - 100 * bottom / height, 2), words))
    return tuple(found)


def overlay(points: tuple[Point, ...], shape: tuple[float, float], tall: Stack | None = None) -> str:
    """The points as elements over the picture; `shape` is its width and height. Nothing where no point says anything.

    A picture with a tall arrangement has their places there, too.
    """
    if not points:
        return ""
    spots = "".join(
        f'<span class="ra-point{" ra-point-late" if left > 60 else ""}" role="img" tabindex="-1" '
        f'style="left:{left:g}%;top:{top:g}%{_tall_place(tall, left, top)}" aria-label="{escape(words)}"></span>'
        for left, top, words in points
    )
    fine = " ra-fine" if len(points) > FEW else ""
    return f'<div class="ra-spots{fine}" style="aspect-ratio:{shape[0]:g}/{shape[1]:g}">{spots}</div>'


def _tall_place(tall: Stack | None, left: float, top: float) -> str:
    return "" if tall is None else ";--x:{:g}%;--y:{:g}%".format(*tall.place(left, top))
