"""The shift figure: each patient's baseline value against the worst later one, in multiples of the upper limit."""

from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter

from racohort.absence import Absence, absent
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, number
from racohort.labels import NO_RANGES, label_of, panel_of
from racohort.plan import Plan
from racohort.summaries import largest

#: From this many pairs of values on, single points would be a blot: squares whose area grows with their number are drawn instead.
MOST_POINTS = 4000

_TICKS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50)
_FEW_TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
_STATES = (("NORMAL", INK["normal"], "o"), ("LOW", INK["low"], "v"), ("HIGH", INK["high"], "^"))


def plot_worst(worst: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """Baseline against the worst later value, both as multiples of the patient's own upper limit, one chart a panel.

    `worst` holds the records of `derive_worst`; those with an upper limit and positive values can be drawn. On the diagonal
    nothing changed; to the upper left a value rose from inside to outside the range.
    """
    drawn = worst[(worst["ANRHI"] > 0) & (worst["BASE"] > 0) & (worst["AVAL"] > 0)]
    if drawn.empty:
        return absent(NO_RANGES)
    codes = drawn["PARAMCD"].astype("str")
    places = codes.map({code: place for place, code in enumerate(catalogue.index)})
    panels = codes.map({code: panel_of(code, catalogue) for code in codes.unique()})
    drawn = drawn.assign(x=drawn["BASE"] / drawn["ANRHI"], y=drawn["AVAL"] / drawn["ANRHI"], panel=panels, place=places)
    fig = _draw_panels(drawn.sort_values("place", kind="stable"))
    return finish(fig, "worst", _alt(drawn, catalogue), _caption(drawn), plan.synthetic, drawn=_told(drawn))


def _told(drawn: pd.DataFrame) -> pd.DataFrame:
    """The pairs that are drawn; of more than can be told apart how many went from which state to which."""
    if len(drawn) <= MOST_POINTS:
        return drawn[["USUBJID", "PARAMCD", "BASE", "AVAL", "ANRHI", "BNRIND", "ANRIND"]]
    return drawn.groupby(["PARAMCD", "BNRIND", "ANRIND"], sort=False).size().rename("pairs").reset_index()


def _draw_panels(drawn: pd.DataFrame) -> Any:
    panels = list(drawn["panel"].unique())
    columns = 2 if len(panels) in (2, 4) else min(3, len(panels))
    lines = -(-len(panels) // columns)
    fig, axes = canvas(7.2, 2.55 * lines, lines, columns, squeeze=False)
    for panel, ax in zip_longest(panels, axes.flat):
        if panel is None:
            ax.axis("off")
        else:
            _draw_panel(ax, drawn[drawn["panel"] == panel], panel, dense=len(drawn) > MOST_POINTS)
    return fig


def _draw_panel(ax: Any, rows: pd.DataFrame, panel: str, dense: bool) -> None:
    low, high = min(rows["x"].min(), rows["y"].min()) * 0.85, max(rows["x"].max(), rows["y"].max(), 1.1) * 1.15
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    ax.plot([low, high], [low, high], color=INK["faint"], lw=0.8)
    ax.axhline(1, color=INK["muted"], lw=0.8, ls=(0, (4, 3)))
    ax.axvline(1, color=INK["muted"], lw=0.8, ls=(0, (4, 3)))
    for state, colour, marker in _STATES:
        some = rows[rows["ANRIND"] == state]
        if dense:
            draw_squares(ax, some, ("x", "y"), np.geomspace(low, high, 29), colour)
        else:
            ax.plot(some["x"], some["y"], marker, color=colour, ms=3.2, mew=0, alpha=0.7)
    _label_axes(ax, [tick for tick in (_TICKS if high < 100 * low else _FEW_TICKS) if low <= tick <= high])
    ax.set_title(f"{panel} ({count(rows['PARAMCD'].nunique(), 'analyte')})", fontsize=8.5)
    ax.set_xlabel("Baseline (× upper limit)", fontsize=7.6)
    ax.set_ylabel("Worst later (× upper limit)", fontsize=7.6)
    ax.set_aspect("equal")


def draw_squares(ax: Any, rows: pd.DataFrame, at: tuple[str, str], edges: np.ndarray, colour: str) -> None:
    """One square for each field of the grid that holds a pair."""
    counts, _, _ = np.histogram2d(rows[at[0]], rows[at[1]], bins=[edges, edges])
    x, y = np.nonzero(counts)
    centres = np.sqrt(edges[:-1] * edges[1:])
    area = 1 + 20 * np.sqrt(counts[x, y] / max(counts.max(), 1))
    ax.scatter(centres[x], centres[y], s=area, marker="s", color=colour, lw=0)


def _label_axes(ax: Any, ticks: list[float]) -> None:
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
        axis.set_minor_locator(FixedLocator([]))


def _caption(drawn: pd.DataFrame) -> str:
    patients, pairs = count(drawn["USUBJID"].nunique(), "patient"), count(len(drawn), "pair of values", "pairs of values")
    marks = "Larger squares hold more pairs; " if len(drawn) > MOST_POINTS else "Triangles: "
    return (
        f"Each patient's baseline value against the worst later one, safety population ({patients}, {pairs}), as multiples of "
        "the patient's own upper limit of normal, on logarithmic axes. Diagonal: no change. Dashed: the upper limit. "
        f"{marks}worst value above (orange) or below (blue) the range. Without an upper limit a value cannot be drawn."
    )


def _alt(drawn: pd.DataFrame, catalogue: pd.DataFrame) -> str:
    new = int(((drawn["BNRIND"] == "NORMAL") & (drawn["ANRIND"] == "HIGH")).sum())
    top = largest(drawn, "y")
    return (
        f"Scatter charts of baseline against worst later value: of {count(len(drawn), 'pair')}, {count(new, 'rises', 'rise')} "
        f"from within the range to above it; the highest worst value is {number(top['y'], 1)} times the upper limit "
        f"({label_of(top['PARAMCD'], catalogue)})."
    )
