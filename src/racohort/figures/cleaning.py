"""The figures of the section on cleaning: what became of the rows and cells that were read, and when visits took place."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.absence import Absence, absent
from racohort.figures.boxes import draw_levels
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, listed, number
from racohort.labels import fate_label
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results

#: Past this number of dated visits a visit's dates are drawn as a box with its range instead of as points.
MANY = 2000


def plot_use(results: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """The way from the rows that were read to the values that are used, and what was left out on it, by reason.

    Draws the rows of `count_fates` and `count_cells`; a sentence where nothing was left out.
    """
    rows, cells = select_results(results, by="fate"), select_results(results, statistic="cells")
    fates = cells.groupby("category", sort=False)["count"].sum()
    left = rows[rows["category"] != "used"]
    if left.empty and not fates.drop("used", errors="ignore").sum():
        return absent(f"All {count(rows['n'].max(), 'row')} that were read are used, and so is every value in them.")
    boxes = [
        (_lines("Rows read", rows["n"].max()), _beside("Rows left out", dict(zip(left["category"], left["count"], strict=True))))
    ]
    boxes.append((_lines("Rows used", rows.loc[rows["category"] == "used", "count"].sum()), []))
    if fates.sum():
        held = {"Declared missing": fates["missing"], "Kept out by a rule": fates["kept out"]}
        boxes.append(
            (_lines("Cells for measured values in them", fates.sum() - fates["in other rows"]), _beside("Cells left out", held))
        )
        boxes.append((_lines("Values used", fates["used"]), []))
    said = "; ".join(", ".join([*main, *side]) for main, side in boxes)
    caption = "From the rows read to the values used, all files. Right: what was left out, by reason."
    alt, drawn = f"Flow diagram, from top to bottom: {said}.", pd.concat([rows, cells])
    return finish(draw_levels(boxes), "use", alt, caption, plan.synthetic, drawn)


def _lines(what: str, n: Any) -> list[str]:
    return [f"{what}: {number(n)}"]


def _beside(what: str, reasons: dict[str, Any]) -> list[str]:
    """The total and each reason with its count; nothing where nothing was left out."""
    some = {reason: n for reason, n in reasons.items() if n}
    return (
        [f"{what}: {number(sum(some.values()))}", *(f"   {fate_label(reason)}: {number(n)}" for reason, n in some.items())]
        if some
        else []
    )


def plot_timing(results: pd.DataFrame, visits: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """Days of every visit from treatment start (or baseline) against the planned day and its window, one line a visit.

    `results` holds the rows of `summarise_timing`; `visits` has AVISIT and day, one row per patient and visit.
    Without visits, as in a report that shows no single patient, quartiles are drawn.
    """
    dated = visits[visits["day"].notna() & visits["AVISIT"].isin([visit.AVISIT for visit in plan.visits])]
    told = select_results(results, PARAMCD="VISITDAY", statistic="n")["n"]
    if dated.empty and not told.sum():
        return absent("The visits of this cohort carry no dates, so their timing cannot be shown.")
    fig, axes = canvas(7.2, 0.75 * len(plan.visits) + 0.5, len(plan.visits), 1, squeeze=False)
    for ax, visit in zip(axes[:, 0], plan.visits, strict=True):
        _draw_visit(ax, visit, dated[dated["AVISIT"] == visit.AVISIT]["day"].to_numpy(), results)
    axes[-1, 0].set_xlabel(f"Days from {_origin(plan)}")
    return finish(fig, "visit-timing", _alt(results, plan), _caption(told.sum(), not dated.empty, plan), plan.synthetic, results)


def _draw_visit(ax: Any, visit: Visit, days: np.ndarray, results: pd.DataFrame) -> None:
    """One line: the window as a band, the planned day as a rule, each visit as a point."""
    if visit.window is not None:
        ax.axvspan(*visit.window, fc=INK["band"], lw=0)
    if visit.day is not None:
        ax.axvline(visit.day, color=INK["muted"], lw=0.9)
    if not len(days) or len(days) > MANY:
        _draw_spread(ax, visit, results)
    else:
        inside = np.ones(len(days), bool) if visit.window is None else (days >= visit.window[0]) & (days <= visit.window[1])
        height = np.random.default_rng(0).uniform(-0.3, 0.3, len(days))
        for keep, colour in ((inside, INK["accent"]), (~inside, INK["accent2"])):
            ax.plot(days[keep], height[keep], "o", ms=3.6, color=colour, alpha=0.75, mec="none")
    ax.set(ylim=(-0.6, 0.6), yticks=[])
    ax.set_ylabel(visit.label, rotation=0, ha="right", va="center", labelpad=8)
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.08)


def _draw_spread(ax: Any, visit: Visit, results: pd.DataFrame) -> None:
    found = {
        name: pick_result(results, PARAMCD="VISITDAY", AVISIT=visit.AVISIT, statistic=name)
        for name in ("min", "q1", "median", "q3", "max")
    }
    low, q1, median, q3, high = (found[name]["value"] for name in ("min", "q1", "median", "q3", "max"))  # type: ignore[index]
    ax.hlines(0, low, high, color=INK["accent"], lw=1.0)
    ax.hlines(0, q1, q3, color=INK["accent"], lw=5.0)
    ax.plot([median], [0], "o", ms=5, color=INK["paper"], mec=INK["accent"])


def _origin(plan: Plan) -> str:
    return "treatment start" if plan.treated else "the baseline visit"


def _caption(n: Any, singly: bool, plan: Plan) -> str:
    points = "each visit a point (for large cohorts range, quartiles and median)" if singly else "quartiles and median"
    outside = "; orange points lie outside the window" if singly else ""
    return (
        f"When visits took place, all patients read ({count(n, 'dated visit')}): days from {_origin(plan)}, "
        f"{points}. Shaded: the planned window; line: the planned day{outside}."
    )


def _alt(results: pd.DataFrame, plan: Plan) -> str:
    said = []
    for visit in plan.visits:
        median = pick_result(results, PARAMCD="VISITDAY", AVISIT=visit.AVISIT, statistic="median")
        outside = pick_result(results, PARAMCD="VISITDAY", AVISIT=visit.AVISIT, statistic="outside_window")
        if median is not None and median["n"]:
            beyond = f", {outside['count']} outside the window" if outside is not None else ""
            said.append(f"{visit.label} at a median of day {number(median['value'])} ({count(median['n'], 'visit')}{beyond})")
    return f"Visit days on a line per visit: {listed(said)}."
