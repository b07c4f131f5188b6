"""The liver chart: transaminase against bilirubin, each patient at the highest values after baseline."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter

from racohort.absence import Absence, absent
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.figures.worst import draw_squares
from racohort.formats import count, number
from racohort.plan import Plan

#: From this many patients on, those below both lines are drawn as squares whose area grows with their number; and from so many
#: beyond a line on, these too.
MOST_POINTS = 500

#: The fields of the chart: name, place of its label in the axes, words, alignment.
_FIELDS = (
    ("hys_law_range", 0.98, 0.97, "Hy's law range", "right"),
    ("temples_corollary", 0.98, 0.03, "Temple's corollary", "right"),
    ("cholestasis", 0.02, 0.97, "raised bilirubin", "left"),
    ("normal", 0.02, 0.03, "below both lines", "left"),
)


def plot_liver(liver: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """Highest transaminase and bilirubin after baseline, as multiples of the upper limit and of the patient's own baseline.

    Draws the rows of `derive_liver`.
    """
    if liver.empty:
        return absent("No patient of this cohort has a transaminase and a bilirubin after baseline.")
    fig, axes = canvas(7.2, 3.0, 1, 2)
    _draw(axes[0], liver, "transaminase", "bilirubin", "upper limit")
    _draw(
        axes[1], liver.dropna(subset=["transaminase_base", "bilirubin_base"]), "transaminase_base", "bilirubin_base", "baseline"
    )
    counts = liver["quadrant"].value_counts()
    for name, x, y, label, side in _FIELDS:
        placed = {"transform": axes[0].transAxes, "ha": side, "va": "bottom" if y < 0.5 else "top"}
        axes[0].text(x, y, f"{label}: {number(counts.get(name, 0))}", fontsize=7.2, color=INK["muted"], **placed)
    axes[0].set_title("Against the upper limit (eDISH)")
    axes[1].set_title("Against baseline (mDISH)")
    return finish(fig, "liver", _alt(liver), _caption(liver), plan.synthetic, drawn=liver)


def _draw(ax: Any, rows: pd.DataFrame, x: str, y: str, unit: str) -> None:
    ax.set(xscale="log", yscale="log")
    ax.axvline(3, color=INK["accent2"], lw=0.9, ls=(0, (4, 3)))
    ax.axhline(2, color=INK["accent2"], lw=0.9, ls=(0, (4, 3)))
    ax.set_xlim(min(0.15, rows[x].min() * 0.6), max(25.0, rows[x].max() * 1.3))
    ax.set_ylim(min(0.1, rows[y].min() * 0.6), max(10.0, rows[y].max() * 1.3))
    dense = _dense(rows, x, y)
    if dense.any():
        places = [30, 0.02, *rows[x], *rows[y]]
        draw_squares(ax, rows[dense], (x, y), np.geomspace(min(places), max(places), 61), INK["accent"])
    ax.plot(rows.loc[~dense, x], rows.loc[~dense, y], "o", color=INK["accent"], ms=4, mew=0, alpha=0.65)
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        axis.set_major_locator(FixedLocator([tick for tick in (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50) if low <= tick <= high]))
        axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
        axis.set_minor_locator(FixedLocator([]))
    ax.set_xlabel(f"Highest ALT or AST (multiple of {unit})")
    ax.set_ylabel(f"Highest bilirubin (multiple of {unit})")


def _dense(rows: pd.DataFrame, x: str, y: str) -> pd.Series:
    """Which patients are drawn as squares."""
    below = (rows[x] < 3) & (rows[y] < 2)
    return (len(rows) > MOST_POINTS) & (below | ((~below).sum() > MOST_POINTS))


def _caption(liver: pd.DataFrame) -> str:
    few = f"where no more than {MOST_POINTS} lie beyond a line, each of these is a point."
    return (
        f"Liver chart, safety population (n = {number(len(liver))} with transaminase and bilirubin after baseline): each "
        "point is a patient at the highest values after baseline, on logarithmic axes. Dashed: 3 times for "
        "transaminase, 2 times for bilirubin. The "
        "two peaks may "
        "come from different visits." + (f" Larger squares hold more patients; {few}" if len(liver) > MOST_POINTS else "")
    )


def _alt(liver: pd.DataFrame) -> str:
    upper = int((liver["quadrant"] == "hys_law_range").sum())
    right = int((liver["quadrant"] == "temples_corollary").sum())
    return (
        "Two scatter charts of the highest transaminase against the highest bilirubin after baseline for "
        f"{count(len(liver), 'patient')}: "
        f"{number(upper)} in the upper right field that would call for review, {number(right)} with raised transaminase alone."
    )
