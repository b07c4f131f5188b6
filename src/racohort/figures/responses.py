"""Who responded and in which state patients are: waterfall and stacked shares."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.absence import Absence, absent
from racohort.figures.courses import MOST_LINES
from racohort.figures.points import tell
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import number
from racohort.plan import Plan
from racohort.results import select_results

RESPONSE_INK = {"good": "good", "moderate": "moderate", "none": "none", "missing": "missing"}
#: Bars of a waterfall of more patients than can be told apart.
MOST_BARS = 200
STATE_INK = {"remission": "good", "low": "low", "moderate": "moderate", "high": "high", "missing": "missing"}
#: Text on the yellow of "moderate", which is light in both renderings: a dark that the dark rendering does not exchange.
ON_YELLOW = "#1c2530"


def plot_waterfall(changes: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """Each patient's change of DAS28 at each follow-up visit, sorted, coloured by EULAR response, the missing shown at the right.

    `changes` are the rows of `efficacy.derive_changes`.
    """
    if changes["CHG"].notna().sum() == 0:
        return absent(
            "No patient has a DAS28 at baseline and at a follow-up visit: there is no change to draw patient by patient."
        )
    rows = len(plan.follow_ups)
    fig, axes = canvas(7.2, 0.5 + 2.0 * rows, rows, 1, squeeze=False, sharex=True, sharey=True)
    for ax, visit in zip(axes[:, 0], plan.follow_ups, strict=True):
        _draw_waterfall(ax, changes[changes["AVISIT"] == visit.AVISIT], visit.label)
    handles = [axes[0, 0].bar(0, 0, color=INK[ink], label=_response_name(name), hatch="////" if name == "missing" else None,
                              edgecolor=INK["muted"] if name == "missing" else INK["paper"]) for name,
                                  ink in RESPONSE_INK.items()]  # fmt: skip
    fig.legend(handles=handles, loc="outside upper left", ncols=2)
    axes[-1, 0].set_xlabel("Patients, by change")
    caption = (
        f"Change of DAS28 from baseline, {_bars(len(changes) / rows)}, coloured by EULAR response; hatched: "
        "no DAS28 at both visits. Dashed: 0.6 and 1.2 lower than at baseline. Dotted: ±1.32, what one patient's DAS28 can "
        "change by measurement error alone (smallest detectable difference)."
    )
    alt = "Waterfall plot of the change of DAS28. " + " ".join(_waterfall_words(changes, visit) for visit in plan.follow_ups)
    return finish(fig, "waterfall", alt, caption, plan.synthetic, drawn=changes)


def _bars(patients: float) -> str:
    """What one bar stands for."""
    if patients <= MOST_LINES:
        return "one bar a patient of the efficacy population"
    return f"efficacy population, {MOST_BARS} bars, each for the patient in the middle of an equal group"


def _response_name(name: str) -> str:
    return {"missing": "not evaluated", "none": "no response"}.get(name, f"{name} response")


def _draw_waterfall(ax: Any, rows: pd.DataFrame, label: str) -> None:
    known = rows.dropna(subset="CHG")
    missing = len(rows) - len(known)
    if len(rows) <= MOST_LINES:
        drawn, places, width = known, np.arange(len(known)), 0.86
    else:
        drawn, places, width = _quantiles(known)
    ax.bar(places, drawn["CHG"], width, color=[INK[RESPONSE_INK[name]] for name in drawn["response"]], lw=0)
    for place, (_, row) in zip(places, drawn.iterrows() if len(drawn) == len(known) else [], strict=False):
        words = f"{row['USUBJID']}, {label}: {number(row['CHG'], 2)} ({_response_name(row['response'])})"
        tell(ax, float(place), row["CHG"], words)
    if missing:
        ax.axvspan(len(known) - 0.5, len(rows) - 0.5, fc=INK["missing"], ec=INK["muted"], hatch="////", lw=0, alpha=0.6)
    for level, style in ((-0.6, "--"), (-1.2, "--"), (1.32, ":"), (-1.32, ":")):
        ax.axhline(level, color=INK["muted"], lw=0.8, ls=style)
    ax.axhline(0, color=INK["ink"], lw=0.9)
    ax.set_title(f"{label}: n = {number(len(known))} evaluated, {number(missing)} not")
    ax.set_ylabel("Change of DAS28")
    ax.set_xticks([])
    ax.set_xlim(-0.8, max(len(rows), 1) - 0.2)
    ax.grid(visible=False, axis="x")


def _quantiles(known: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, float]:
    """At most `MOST_BARS` patients at equal steps of the order, for the equal groups they stand in the middle of."""
    bars = min(MOST_BARS, len(known))
    places = (np.arange(bars) + 0.5) * len(known) / max(bars, 1) - 0.5
    return known.iloc[np.round(places).astype(int)], places, len(known) / max(bars, 1)


def _waterfall_words(changes: pd.DataFrame, visit: Any) -> str:
    counts = changes.loc[changes["AVISIT"] == visit.AVISIT, "response"].value_counts()
    return (
        f"At {visit.label}: " + ", ".join(f"{_response_name(name)} {number(counts.get(name, 0))}" for name in RESPONSE_INK) + "."
    )


def plot_states(results: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """States of disease activity at each visit as stacked shares of the whole population, the missing a visible part."""
    rows = select_results(results, statistic="count", by="STATE", method="population")
    if rows.empty or not rows["n"].max():
        return absent("No DAS28 was supplied: states of disease activity cannot be drawn.")
    fig, ax = canvas(7.2, 0.9 + 0.45 * len(plan.visits))
    for place, visit in enumerate(plan.visits):
        _draw_states(ax, select_results(rows, AVISIT=visit.AVISIT), place)
    n = int(rows["n"].max())
    ax.set_yticks(range(len(plan.visits)), [visit.label for visit in plan.visits])
    ax.set(xlim=(0, n), ylim=(len(plan.visits) - 0.5, -0.5), xlabel=f"Patients of the efficacy population (n = {number(n)})")
    ax.grid(visible=False, axis="y")
    fig.legend(*state_legend(ax), loc="outside upper left", ncols=5, columnspacing=1.2)
    caption = (
        f"State of disease activity by DAS28 at each visit, all {number(n)} patients of the efficacy population; remission "
        "below 2.6, low to 3.2, moderate to 5.1, high above. Figures in the bars are patients; hatched: no DAS28 at that "
        "visit."
    )
    alt = "Stacked bars of disease activity. " + " ".join(_state_words(rows, visit) for visit in plan.visits)
    return finish(fig, "states", alt, caption, plan.synthetic, rows)


def _draw_states(ax: Any, rows: pd.DataFrame, place: int) -> None:
    """The bar of one visit, as long as the population; a hidden part is drawn by the middle of its bounds."""
    left, drawn = 0.0, rows["count"].astype(float)
    for (_, row), size in zip(rows.iterrows(), drawn * (rows["n"].max() / drawn.sum()), strict=True):
        missing = row["category"] == "missing"
        ax.barh(place, size, 0.72, left, color=INK[STATE_INK[row["category"]]], hatch="////" if missing else None,
                edgecolor=INK["muted"] if missing else INK["paper"], lw=0.6)  # fmt: skip
        if size >= 0.035 * row["n"]:
            ax.text(left + size / 2, place, number(row["count"]), ha="center", va="center", fontsize=8.5,
                    color={"moderate": ON_YELLOW, "missing": INK["ink"]}.get(row["category"], INK["paper"]))  # fmt: skip
        left += size


def state_legend(ax: Any) -> tuple[list[Any], list[str]]:
    """Handles and names of the states, best first."""
    handles = [ax.barh([0], [0], color=INK[ink], hatch="////" if name == "missing" else None,
                       edgecolor=INK["muted"] if name == "missing" else INK["paper"]) for name,
                           ink in STATE_INK.items()]  # fmt: skip
    return handles, [name if name != "missing" else "no DAS28" for name in STATE_INK]


def _state_words(rows: pd.DataFrame, visit: Any) -> str:
    mine = select_results(rows, AVISIT=visit.AVISIT)
    return f"{visit.label}: " + ", ".join(f"{row['category']} {number(row['count'])}" for _, row in mine.iterrows()) + "."
