"""The primary endpoints patient by patient: both visits joined, and the differences beside them (an estimation plot)."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint, paired_values, visit_table
from racohort.figures.courses import MOST_LINES
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import listed, number
from racohort.labels import within_sentence
from racohort.plan import Plan, Visit
from racohort.results import pick_result

Endpoints = tuple[Endpoint, ...]
#: How wide a cloud of density is drawn, and how far the points are spread beside it, in steps between the two visits.
CLOUD, SPREAD = 0.32, 0.05


def plot_pairs(
    values: pd.DataFrame, densities: pd.DataFrame, results: pd.DataFrame, endpoints: Endpoints, plan: Plan
) -> Figure | Absence:
    """Both visits of each pair, joined, with the density of each side, and the differences with their mean and interval.

    `densities` are the rows of `efficacy.derive_densities`; without `values`, and above `MOST_LINES` pairs,
    they stand without single patients.
    """
    visit = next(v for v in plan.visits if plan.primary_visit == v.AVISIT)
    rows = {e: pick_result(results, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, statistic="mean_change", method="paired_t")
            for e in endpoints if e.role == "primary"}  # fmt: skip
    shown = {e: row for e, row in rows.items() if row is not None and row["n"] > 1}
    if not shown:
        return absent("No primary endpoint was measured at baseline and at the primary visit: there are no pairs to draw.")
    fig, axes = canvas(7.2, 2.5 * len(shown), len(shown), 2, squeeze=False, width_ratios=(1.9, 1))
    for (left, right), (e, row) in zip(axes, shown.items(), strict=True):
        base, value = paired_values(visit_table(values, e.PARAMCD, plan), plan, visit.AVISIT)
        mine = densities[densities["PARAMCD"] == e.PARAMCD]
        _draw_visits(left, base, value, mine, (plan.baseline, visit), e)
        _draw_change(right, value - base, mine, row, e)
    sizes = listed([f"{within_sentence(e.label)} n = {number(row['n'])}" for e, row in shown.items()])
    singly = "" if values.empty else ", joined patient by patient"
    middle = "" if values.empty else " and its median and quartiles"
    caption = (
        f"Patients measured at both {plan.baseline.label} and {visit.label} ({sizes}). Under the name of an endpoint: their "
        f"values{singly}, with the density of each visit{middle}. Difference: its density, and its "
        f"mean with its {100 * plan.level:g} % confidence interval; below the line is lower than at baseline."
    )
    alt = " ".join(f"{e.label}: mean difference {number(row['value'], e.mean_digits)} in {number(row['n'])} pairs."
                   for e, row in shown.items())  # fmt: skip
    return finish(fig, "pairs", alt, caption, plan.synthetic, pd.DataFrame(shown.values()))


def _scatter(n: int) -> np.ndarray:
    """Steps aside that repeat and need no random numbers, so that the same data give the same picture."""
    return SPREAD * np.tile([-0.9, 0.1, 0.7, -0.4, 0.4, -0.1, 0.9, -0.7], n // 8 + 1)[:n]


def _draw_visits(
    ax: Any, base: np.ndarray, value: np.ndarray, shapes: pd.DataFrame, visits: tuple[Visit, Visit], e: Endpoint
) -> None:  # fmt: skip
    """Clouds outside, boxes at their feet, and the joined pairs between them."""
    aside = _scatter(len(base))
    if len(base) <= MOST_LINES:
        rose = value > base
        for chosen, ink in ((~rose, "faint"), (rose, "accent2")):
            place = np.column_stack([aside, 1 + aside, np.full(len(base), np.nan)])[chosen]
            height = np.column_stack([base, value, np.full(len(base), np.nan)])[chosen]
            ax.plot(place.ravel(), height.ravel(), color=INK[ink], lw=0.5, alpha=0.7, zorder=2)
        for place, column in ((aside, base), (1 + aside, value)):
            ax.plot(place, column, ".", color=INK["muted"], ms=2.8, alpha=0.7, zorder=3)
    for step, part, side, column in ((0, "baseline", -1, base), (1, "follow_up", 1, value)):
        _draw_cloud(ax, shapes, part, step + 0.17 * side, side)
        if len(column):
            ax.boxplot(column, positions=[step + 0.12 * side], widths=0.06, whis=(5, 95), sym="", manage_ticks=False,
                   boxprops={"color": INK["accent"]}, medianprops={"color": INK["accent"], "lw": 2},
                   whiskerprops={"color": INK["accent"]}, capprops={"lw": 0})  # fmt: skip
    ax.set_xticks([0, 1], [visit.label for visit in visits])
    ax.set(xlim=(-0.55, 1.55), title=e.name)
    ax.grid(visible=False, axis="x")


def _draw_cloud(ax: Any, shapes: pd.DataFrame, part: str, foot: float, side: int) -> None:
    """A half violin that grows from its foot to one side."""
    mine = shapes[shapes["part"] == part]
    if len(mine):
        height = mine["density"].to_numpy(dtype=float)
        reach = foot + side * CLOUD * height / height.max()
        ax.fill_betweenx(mine["x"].to_numpy(dtype=float), foot, reach, color=INK["band"], ec=INK["accent"], lw=0.7, zorder=1)


def _draw_change(ax: Any, change: np.ndarray, shapes: pd.DataFrame, row: pd.Series, e: Endpoint) -> None:
    """The differences with their cloud, and the mean with its interval, which is what the endpoint estimates."""
    ax.axhline(0, color=INK["ink"], lw=0.9)
    _draw_cloud(ax, shapes, "change", 0.17, 1)
    if len(change) <= MOST_LINES:
        ax.plot(_scatter(len(change)) - 0.12, change, ".", color=INK["muted"], ms=2.8, alpha=0.7, zorder=3)
    ax.plot([0.06, 0.06], [row["lower"], row["upper"]], color=INK["accent"], lw=2.4, zorder=4)
    ax.plot(0.06, row["value"], "o", color=INK["accent"], ms=6, zorder=5)
    ax.set_xticks([])
    ax.set(xlim=(-0.25, 0.6), title=f"Difference, n = {number(row['n'])}")
    ax.grid(visible=False, axis="x")
