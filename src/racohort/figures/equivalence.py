"""The figure of equivalence: the mean change of each analyte in widths of its range, against a margin."""

import numpy as np
import pandas as pd

from racohort.figures.points import tell, words_of
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import capitalised, count, level_of, number, signed
from racohort.labels import label_of, within_sentence
from racohort.plan import Plan
from racohort.results import select_results
from racohort.summaries import largest

#: The margin of `estimate_equivalence`, in widths of the reference range.
MARGIN = 0.25

_MARKS = ("o", "s", "D", "^", "v")
_COLOURS = ("accent", "accent2", "good", "none", "cool")


def plot_equivalence(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | None:
    """Mean changes with the interval of two one-sided tests, per analyte and follow-up visit; from `estimate_equivalence`.

    None where no change can be set against a range; the section has said so before.
    """
    rows = select_results(results, statistic="range_change", method="tost")
    if rows.empty:
        return None
    visits = tuple(visit for visit in plan.marked_visits if visit != plan.baseline)
    rows = rows[rows["AVISIT"].isin([visit.AVISIT for visit in visits])]
    codes = list(rows["PARAMCD"].unique())[::-1]
    step = 0.7 / len(visits)
    fig, ax = canvas(7.2, 0.9 + len(codes) * max(0.2, 0.085 * len(visits)))
    ax.axvspan(-MARGIN, MARGIN, color=INK["band"], lw=0)
    ax.axvline(0, color=INK["ink"], lw=0.9)
    for place, visit in enumerate(visits):
        here = rows[rows["AVISIT"] == visit.AVISIT].set_index("PARAMCD").reindex(codes)
        y, colour = np.arange(len(codes)) + 0.35 - step * (place + 0.5), INK[_COLOURS[place % 5]]
        ax.hlines(y, here["lower"], here["upper"], color=colour, lw=1.3)
        ax.plot(here["value"], y, _MARKS[place % 5], color=colour, ms=3.8, label=capitalised(visit.label), zorder=3)
        for code, at in zip(codes, y, strict=True):
            name = f"{label_of(code, catalogue)}, {visit.label}"
            tell(ax, here.loc[code, "value"], at, words_of(here.loc[code], name, 2, "widths of the range"))
    ax.set_yticks(range(len(codes)), [label_of(code, catalogue) for code in codes], fontsize=8)
    ax.set(ylim=(-0.6, len(codes) - 0.4), xlabel="Mean change from baseline (widths of the reference range)")
    ax.grid(axis="y", visible=False)
    fig.legend(loc="outside upper left", ncols=len(visits))
    return finish(fig, "equivalence", _alt(rows, plan, catalogue), _caption(rows, plan), plan.synthetic, rows)


def _caption(rows: pd.DataFrame, plan: Plan) -> str:
    return (
        "Mean change from baseline in widths of the reference range, safety population (n between "
        f"{number(rows['n'].min())} and {number(rows['n'].max())} with both values). "
        f"Bars: {level_of(rows['level'].iloc[0])} intervals, those of two one-sided tests. Shaded: a quarter of the "
        "range on either side; a bar within it shows that the mean moved by less." + plan.said_of_marks
    )


def _alt(rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> str:
    inside = f"{number((rows['value_text'] == 'yes').sum())} of {count(len(rows), 'interval')}"
    said = f"Dot plot of mean changes: {inside} within a quarter of the reference range"
    sizes = rows["value"].abs()
    if sizes.isna().all():
        return f"{said}; no change is told."
    top = largest(rows.assign(size=sizes), "size")
    name = within_sentence(label_of(top["PARAMCD"], catalogue))
    label = {visit.AVISIT: visit.label for visit in plan.visits}[top["AVISIT"]]
    return f"{said}; the largest change is that of {name} at {label}, {signed(top['value'], 2)} widths."
