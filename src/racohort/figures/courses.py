"""The course of endpoints over time, patient by patient."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.figures.points import tell, words_of
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import listed, number
from racohort.labels import within_sentence
from racohort.plan import Plan
from racohort.results import pick_result, select_results

Endpoints = tuple[Endpoint, ...]
#: Above this number of patients single lines turn into a grey surface; quartiles are drawn instead.
MOST_LINES = 300
#: Of so many visits two charts stand beside each other.
MOST_BESIDE = 6
#: Cut-offs drawn across a score, with their names.
LINES = {"DAS28": ((2.6, "remission < 2.6"), (3.2, "low ≤ 3.2"), (5.1, "high > 5.1")), "HAQDI": ((0.5, "normal ≤ 0.5"),)}
NO_ENDPOINT = "This cohort has no such endpoint with values at two visits: there is no course to draw."


def visit_places(plan: Plan) -> tuple[list[float], str]:
    """Where visits stand on a true time axis, and its unit; equal steps where the days are not planned.

    >>> from racohort.plan import Visit
    >>> visits = tuple(Visit(code, i, code, day) for i, (code, day) in enumerate([("BL", 0.0), ("Y1", 365.25), ("Y3", 1095.75)]))
    >>> visit_places(Plan("a", "A", True, True, visits, (), "Y1", ""))
    ([0.0, 1.0, 3.0], 'years')
    """
    days = [visit.day for visit in plan.visits]
    if any(day is None for day in days):
        return [float(place) for place in range(len(days))], "visits"
    known = [float(day) for day in days if day is not None]
    unit, length = ("years", 365.25) if known[-1] - known[0] > 500 else ("months", 30.4375)
    return [(day - known[0]) / length for day in known], unit


def plot_courses(
    values: pd.DataFrame, results: pd.DataFrame, endpoints: Endpoints, plan: Plan, role: str = "primary"
) -> Figure | Absence:
    """The course of each endpoint of one role: every patient thin, the model's mean with its interval thick, on a true time axis.

    Without `values`, as in a report that shows no single patient, the band between the quartiles is drawn in their place.

    Biomarkers (`role="biomarker"`) are drawn on a logarithmic axis with the model's geometric mean.
    """
    shown = [endpoint for endpoint in endpoints if endpoint.role == role]
    if not shown:
        return absent(NO_ENDPOINT)
    columns = min(len(shown), 2 if len(plan.visits) <= MOST_BESIDE else 1)
    rows = -(-len(shown) // columns)
    fig, axes = canvas(7.2, 2.9 * rows, rows, columns, squeeze=False)
    for ax in axes.flat[len(shown) :]:
        ax.axis("off")
    for ax, endpoint in zip(axes.flat, shown, strict=False):
        _draw_course(ax, values, results, endpoint, plan, narrow=columns > 1)
    what = "geometric mean" if shown[0].log else "mean"
    limits = " Open triangles: beyond an assay's limit." if (values["censored"] != "").any() and shown[0].log else ""
    banded = values.empty or values["USUBJID"].nunique() > MOST_LINES
    thin = "Band: between the quartiles." if banded else "Thin: single patients."
    names = listed([within_sentence(e.label) for e in shown])
    caption = (
        f"Course of {names}, efficacy population. {thin} Thick: {what} of the mixed model with "
        f"its {100 * plan.level:g} % confidence interval. Below: patients with a value at that visit. Visits stand at their "
        f"planned times.{limits}"
    )
    alt = " ".join(_course_words(results, endpoint, plan) for endpoint in shown)
    return finish(fig, f"courses-{role}", alt, caption, plan.synthetic, _drawn(results, shown))


def _drawn(results: pd.DataFrame, shown: list[Endpoint]) -> pd.DataFrame:
    """The means and the numbers of patients in the picture."""
    mine = select_results(results, PARAMCD=[e.PARAMCD for e in shown], statistic=["mmrm_mean", "mmrm_geometric_mean", "n"])
    return mine[(mine["statistic"] != "n") | (mine["method"] == "available")]


def _draw_course(ax: Any, values: pd.DataFrame, results: pd.DataFrame, e: Endpoint, plan: Plan, narrow: bool) -> None:
    places, unit = visit_places(plan)
    if e.log:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())
    _draw_thresholds(ax, e)
    _draw_patients(ax, values, results, e, plan, places)
    means = [_mean_at(results, e, visit.AVISIT) for visit in plan.visits]
    middle, low, high = (np.array([row[key] for row in means], dtype=float) for key in ("value", "lower", "upper"))
    ax.errorbar(
        places, middle, [middle - low, high - middle], color=INK["accent"], lw=2.4, marker="o", ms=5.5, capsize=3.5, zorder=5
    )
    _tell_means(ax, results, e, plan, places)
    seen = [pick_result(results, PARAMCD=e.PARAMCD, AVISIT=v.AVISIT, statistic="n", method="available") for v in plan.visits]
    short = len(places) > (3 if narrow else MOST_BESIDE)  # then there is room for a code and a number only
    labels = [f"{v.AVISIT if short else v.label}\n{'' if short else 'n = '}{'–' if n is None else number(n['n'])}"
              for v, n in zip(plan.visits, seen, strict=True)]  # fmt: skip
    ax.set_xticks(places, labels)
    ax.set(
        xlim=(places[0] - 0.06 * places[-1], places[-1] * 1.06),
        title=e.name,
        xlabel="" if narrow else f"Time on a true scale ({unit})",
    )
    ax.grid(visible=False, axis="x")


def _tell_means(ax: Any, results: pd.DataFrame, e: Endpoint, plan: Plan, places: Any) -> None:
    for visit, place in zip(plan.visits, places, strict=True):
        if (row := _mean_row(results, e, visit.AVISIT)) is not None:
            tell(ax, place, row["value"], words_of(row, f"{e.name}, mean at {visit.label}", e.estimate_digits))


def _mean_row(results: pd.DataFrame, e: Endpoint, AVISIT: str) -> pd.Series | None:
    statistic = "mmrm_geometric_mean" if e.log else "mmrm_mean"
    return pick_result(results, PARAMCD=e.PARAMCD, AVISIT=AVISIT, statistic=statistic)


def _mean_at(results: pd.DataFrame, e: Endpoint, AVISIT: str) -> dict[str, float]:
    row = _mean_row(results, e, AVISIT)
    return {key: np.nan if row is None else float(row[key]) for key in ("value", "lower", "upper")}


def _draw_thresholds(ax: Any, e: Endpoint) -> None:
    for level, name in LINES.get("DAS28" if e.PARAMCD.startswith("DAS28") else e.PARAMCD, ()):
        ax.axhline(level, color=INK["accent2"], lw=0.8, ls=(0, (4, 3)), zorder=3)
        ax.annotate(name, (1, level), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                    color=INK["accent2"], fontsize=7.5)  # fmt: skip


def _draw_patients(ax: Any, values: pd.DataFrame, results: pd.DataFrame, e: Endpoint, plan: Plan, places: list[float]) -> None:
    mine = values[values["PARAMCD"] == e.PARAMCD]
    if mine.empty or mine["USUBJID"].nunique() > MOST_LINES:
        ax.fill_between(places, *_quartiles(results, e, plan), color=INK["band"], lw=0, zorder=1)
        return
    at = dict(zip([visit.AVISIT for visit in plan.visits], places, strict=True))
    mine = mine.assign(place=mine["AVISIT"].map(at)).sort_values("place")
    lines = [one[["place", "AVAL"]].to_numpy() for _, one in mine.groupby("USUBJID")]
    ax.add_collection(LineCollection(lines, colors=INK["faint"], linewidths=0.5, alpha=0.55, zorder=2))
    ax.plot(mine["place"], mine["AVAL"], ".", color=INK["faint"], ms=2.5, alpha=0.7, zorder=2)
    open_symbol = {"mfc": INK["paper"], "mec": INK["muted"], "mew": 0.7, "ms": 4, "ls": "none", "zorder": 4}
    for side, marker in (("below", "v"), ("above", "^")):
        beyond = mine[mine["censored"] == side]
        ax.plot(beyond["place"], beyond["AVAL"], marker, **open_symbol)


def _quartiles(results: pd.DataFrame, e: Endpoint, plan: Plan) -> tuple[list[float], list[float]]:
    """The lower and the upper quartile at each visit, as the rows have them."""
    at = {"PARAMCD": e.PARAMCD, "method": "available"}
    rows = {s: [pick_result(results, statistic=s, AVISIT=v.AVISIT, **at) for v in plan.visits] for s in ("q1", "q3")}
    low, high = ([np.nan if row is None else float(row["value"]) for row in rows[s]] for s in ("q1", "q3"))
    return low, high


def _course_words(results: pd.DataFrame, e: Endpoint, plan: Plan) -> str:
    means = [(visit.label, _mean_at(results, e, visit.AVISIT)["value"]) for visit in plan.visits]
    told = [f"{number(value, e.mean_digits)} at {label}" for label, value in means if not np.isnan(value)]
    return (
        f"Course of {e.label} over time: model means {listed(told)}."
        if told
        else f"Course of {e.label} over time; no model could be fitted."
    )
