"""The specification curve: every declared way of looking at a primary change, in order, with what was chosen below."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import listed, number
from racohort.labels import label_of, within_sentence
from racohort.plan import Plan
from racohort.results import select_results

Endpoints = tuple[Endpoint, ...]

#: The marks below the curve: which part of the name, its value, and how it reads.
MARKS = (
    (0, "mean", "mean of pairs"), (0, "pseudo_median", "pseudo-median"), (0, "model", "mixed model"),
    (1, "complete_pairs", "missing: left out"), (1, "carried_forward", "missing: carried on"),
    (1, "no_change", "missing: no change"), (1, "imputed", "missing: imputed"),
    (2, "seen_at_every_visit", "seen at every visit"), (3, "removed", "outliers removed"),
)  # fmt: skip


def plot_specifications(results: pd.DataFrame, endpoints: Endpoints, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """The estimates of all specifications from the lowest to the highest, one column for each primary endpoint."""
    rows = select_results(results, statistic="specification").dropna(subset=["value", "lower"])
    groups = [(e, _mine(rows, e)) for e in endpoints if e.role == "primary"]
    shown = [(e, mine.sort_values("value", kind="stable", ignore_index=True)) for e, mine in groups if len(mine)]
    if not shown:
        return absent("No primary endpoint was measured twice: there are no specifications to compare.")
    forms = [sorted(set(mine["PARAMCD"])) for _, mine in shown]
    tall = len(MARKS) + max(len(form) if len(form) > 1 else 0 for form in forms)
    fig, axes = canvas(7.2, 2.4 + 0.19 * tall, 2, len(shown), squeeze=False, sharex="col", height_ratios=(2.2, 0.19 * tall))
    for column, (e, mine) in enumerate(shown):
        _draw_curve(axes[0, column], mine, e)
        _draw_choices(axes[1, column], mine, forms[column], catalogue, column == 0)
        axes[1, column].set_ylim(tall - 0.5, -0.5)
    visit = next(v.label for v in plan.visits if plan.primary_visit == v.AVISIT)
    names = listed([within_sentence(e.label) for e, _ in shown])
    caption = (
        f"Change from baseline to {visit} of {names} under every combination of choices declared "
        f"beforehand: {listed([number(len(mine)) for _, mine in shown])} specifications, in order of size, each with its "
        f"{100 * plan.level:g} % confidence interval; below, what was chosen. Blue: the planned mixed model. Not a test: all "
        "share the same patients."
    )
    alt = " ".join(f"{e.label}: {number(len(mine))} estimates from {number(mine['value'].min(), 2)} to "
                   f"{number(mine['value'].max(), 2)}." for e, mine in shown)  # fmt: skip
    return finish(fig, "specifications", alt, caption, plan.synthetic, rows)


def _mine(rows: pd.DataFrame, e: Endpoint) -> pd.DataFrame:
    """The specifications of an endpoint, for a DAS28 of all its forms."""
    das28 = e.PARAMCD.startswith("DAS28")
    return rows[rows["PARAMCD"].str.startswith("DAS28") if das28 else rows["PARAMCD"] == e.PARAMCD]


def _draw_curve(ax: Any, mine: pd.DataFrame, e: Endpoint) -> None:
    planned = mine["category"].str.startswith("model|").to_numpy()
    places = np.arange(len(mine))
    ax.vlines(places, mine["lower"], mine["upper"], color=INK["faint"], lw=1)
    ax.plot(places, mine["value"], ".", color=INK["muted"], ms=4)
    ax.vlines(places[planned], mine.loc[planned, "lower"], mine.loc[planned, "upper"], color=INK["accent"], lw=2)
    ax.plot(places[planned], mine.loc[planned, "value"], "o", color=INK["accent"], ms=5)
    ax.axhline(0, color=INK["ink"], lw=0.9)
    ax.set(title=e.label, ylabel="Change from baseline")
    ax.grid(visible=False, axis="x")


def _draw_choices(ax: Any, mine: pd.DataFrame, forms: list[str], catalogue: pd.DataFrame, named: bool) -> None:
    """One line of marks for each choice, and for each form of the score where there are several."""
    parts = mine["category"].str.split("|", expand=True)
    lines = [(label, (parts[part] == value).to_numpy()) for part, value, label in MARKS]
    several = forms if len(forms) > 1 else []
    lines += [(label_of(code, catalogue), (mine["PARAMCD"] == code).to_numpy()) for code in several]
    for line, (_, chosen) in enumerate(lines):
        places = np.flatnonzero(chosen)
        ax.plot(places, np.full(len(places), line), "|", color=INK["ink"], ms=4.5, mew=0.9)
    labels = [label if named or line >= len(MARKS) else "" for line, (label, _) in enumerate(lines)]
    ax.set_yticks(range(len(lines)), labels)
    ax.tick_params(axis="y", labelsize=7.5, length=0)
    ax.set(xticks=[], xlabel="Specifications, by size of the estimate")
