"""The figures of the section on efficacy."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, ScalarFormatter

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, listed, number, p_cell
from racohort.plan import Plan
from racohort.results import pick_result, select_results

Endpoints = tuple[Endpoint, ...]

#: Above this number of patients single lines turn into a grey surface; quartiles are drawn instead.
MOST_LINES = 300
#: Cut-offs drawn across a score, with their names.
LINES = {"DAS28": ((2.6, "remission < 2.6"), (3.2, "low ≤ 3.2"), (5.1, "high > 5.1")), "HAQDI": ((0.5, "normal ≤ 0.5"),)}
RESPONSE_INK = {"good": "good", "moderate": "moderate", "none": "none", "missing": "missing"}
STATE_INK = {"remission": "good", "low": "low", "moderate": "moderate", "high": "high", "missing": "missing"}
#: Text on the yellow of "moderate", which is light in both renderings: a dark that the dark rendering does not exchange.
ON_YELLOW = "#1c2530"

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


def plot_courses(values: pd.DataFrame, results: pd.DataFrame, endpoints: Endpoints, plan: Plan, role: str = "primary") -> Figure | Absence:
    """The course of each endpoint of one role: every patient thin, the model's mean with its interval thick, on a true time axis.

    Biomarkers (`role="biomarker"`) are drawn on a logarithmic axis with the model's geometric mean.
    """
    shown = [endpoint for endpoint in endpoints if endpoint.role == role]
    if not shown:
        return absent(NO_ENDPOINT)
    rows, columns = (len(shown), 1) if role == "primary" else (-(-len(shown) // 2), min(len(shown), 2))
    fig, axes = canvas(7.2, 2.9 * rows, rows, columns, squeeze=False)
    for ax in axes.flat[len(shown) :]:
        ax.axis("off")
    for ax, endpoint in zip(axes.flat, shown, strict=False):
        _draw_course(ax, values, results, endpoint, plan, narrow=columns > 1)
    what = "geometric mean" if shown[0].log else "mean"
    caption = (f"Course of {listed([e.label for e in shown])} in the efficacy population. Thin: single patients (or the band between the quartiles, "
               f"above {MOST_LINES} patients). Thick: {what} of the mixed model with its {100 * plan.level:g} % confidence interval. n: patients "
               "with a value at that visit. Visits stand at their planned times.")  # fmt: skip
    alt = " ".join(_course_words(results, endpoint, plan) for endpoint in shown)
    return finish(fig, f"courses-{role}", alt, caption, plan.synthetic)


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
    ax.errorbar(places, middle, [middle - low, high - middle], color=INK["accent"], lw=2.4, marker="o", ms=5.5, capsize=3.5, zorder=5)
    seen = [pick_result(results, PARAMCD=e.PARAMCD, AVISIT=v.AVISIT, statistic="n", method="available") for v in plan.visits]
    labels = [f"{'' if narrow and len(places) > 3 else visit.label + chr(10)}n = {'–' if n is None else number(n['n'])}"
              for visit, n in zip(plan.visits, seen, strict=True)]  # fmt: skip
    ax.set_xticks(places, labels)
    ax.set(xlim=(places[0] - 0.06 * places[-1], places[-1] * 1.06), title=e.name, xlabel="" if narrow else f"Time on a true scale ({unit})")
    ax.grid(visible=False, axis="x")


def _mean_at(results: pd.DataFrame, e: Endpoint, AVISIT: str) -> dict[str, float]:
    row = pick_result(results, PARAMCD=e.PARAMCD, AVISIT=AVISIT, statistic="mmrm_geometric_mean" if e.log else "mmrm_mean")
    return dict.fromkeys(("value", "lower", "upper"), np.nan) if row is None else row.to_dict()


def _draw_thresholds(ax: Any, e: Endpoint) -> None:
    for level, name in LINES.get("DAS28" if e.PARAMCD.startswith("DAS28") else e.PARAMCD, ()):
        ax.axhline(level, color=INK["accent2"], lw=0.8, ls=(0, (4, 3)), zorder=3)
        ax.annotate(name, (1, level), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                    color=INK["accent2"], fontsize=7.5)  # fmt: skip


def _draw_patients(ax: Any, values: pd.DataFrame, results: pd.DataFrame, e: Endpoint, plan: Plan, places: list[float]) -> None:
    mine = values[values["PARAMCD"] == e.PARAMCD]
    if mine["USUBJID"].nunique() > MOST_LINES:
        rows = [[pick_result(results, PARAMCD=e.PARAMCD, AVISIT=v.AVISIT, statistic=s, method="available") for v in plan.visits]
                for s in ("q1", "q3")]  # fmt: skip
        low, high = ([np.nan if row is None else row["value"] for row in side] for side in rows)
        ax.fill_between(places, low, high, color=INK["band"], lw=0, zorder=1)
        return
    at = dict(zip([visit.AVISIT for visit in plan.visits], places, strict=True))
    lines = [list(zip(one["AVISIT"].map(at), one["AVAL"], strict=True))
             for _, one in mine.assign(place=mine["AVISIT"].map(at)).sort_values("place").groupby("USUBJID")]  # fmt: skip
    ax.add_collection(LineCollection(lines, colors=INK["faint"], linewidths=0.5, alpha=0.55, zorder=2))
    ax.plot(mine["AVISIT"].map(at), mine["AVAL"], ".", color=INK["faint"], ms=2.5, alpha=0.7, zorder=2)
    censored = mine[mine["censored"] != ""]
    ax.plot(censored["AVISIT"].map(at), censored["AVAL"], "v", mfc=INK["paper"], mec=INK["muted"], mew=0.7, ms=4, ls="none", zorder=4)


def _course_words(results: pd.DataFrame, e: Endpoint, plan: Plan) -> str:
    means = [(visit.label, _mean_at(results, e, visit.AVISIT)["value"]) for visit in plan.visits]
    told = [f"{number(value, e.mean_digits)} at {label}" for label, value in means if not np.isnan(value)]
    return f"Course of {e.label} over time: model means {listed(told)}." if told else f"Course of {e.label} over time; no model could be fitted."


def plot_forest(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Figure | Absence:
    """Standardised change of every endpoint at every visit, with ratios of the biomarkers beside it and the adjusted p."""
    items = [(e, visit) for e in endpoints for visit in plan.follow_ups]
    if not items:
        return absent(NO_ENDPOINT)
    logs = [e for e in endpoints if e.log]
    fig, axes = canvas(7.2, 0.9 + 0.25 * len(items), 1, 2 if logs else 1, sharey=True, squeeze=False,
                       **({"width_ratios": (1.25, 1)} if logs else {}))  # fmt: skip
    for place, (e, visit) in enumerate(items):
        at = {"PARAMCD": e.PARAMCD, "AVISIT": visit.AVISIT}
        colour = INK["accent"] if e.role == "primary" else INK["muted"]
        _draw_estimate(axes[0, 0], pick_result(results, statistic="glass_delta", **at), place, colour)
        if logs:
            _draw_estimate(axes[0, 1], pick_result(results, statistic="gmr", method="paired_t_log", **at), place, colour)
        _draw_p(axes[0, -1], pick_result(results, statistic="conclusion", **at), place)
    _finish_axes(axes[0], items, bool(logs))
    n = select_results(results, statistic="glass_delta")["n"]
    caption = (f"Change from baseline, complete pairs of the efficacy population (n = {number(n.min())} to {number(n.max())}), with {100 * plan.level:g} % "
               "confidence intervals. Left: change over the standard deviation at baseline (Glass' delta). "
               + ("Right: geometric mean ratio of the biomarkers, logarithmic axis. " if logs else "")
               + "Left of the line is lower than at baseline. Column: adjusted p of the plan's families; unadjusted p in brackets elsewhere.")  # fmt: skip
    alt = f"Forest plot of {count(len(items), 'change')} from baseline: " + "; ".join(_forest_words(results, e, visit) for e, visit in items) + "."
    return finish(fig, "forest", alt, caption, plan.synthetic)


def _draw_estimate(ax: Any, row: pd.Series | None, place: int, colour: str) -> None:
    if row is not None and pd.notna(row["value"]):
        ax.plot([row["lower"], row["upper"]], [place, place], color=colour, lw=1.6, solid_capstyle="butt")
        ax.plot(row["value"], place, "s", color=colour, ms=4.8)


def _draw_p(ax: Any, row: pd.Series | None, place: int) -> None:
    if row is not None and pd.notna(row["p_value"]):
        text = p_cell(row["p_adjusted"]) if row["family"] else f"({p_cell(row['p_value'])})"
        ax.annotate(text, (1, place), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center", fontsize=8)


def _finish_axes(axes: Any, items: list[Any], logs: bool) -> None:
    labels = [f"{e.short}, {visit.label}" for e, visit in items]
    axes[0].set_yticks(range(len(items)), labels)
    axes[0].set_ylim(len(items) - 0.4, -0.8)
    axes[0].axvline(0, color=INK["ink"], lw=0.9)
    axes[0].set_xlabel("Change / SD at baseline\n← lower      higher →")
    axes[-1].annotate("adj. p", (1, 1), (6, 4), xycoords="axes fraction", textcoords="offset points", fontsize=8, fontweight="bold")
    starts = [place for place in range(1, len(items)) if items[place][0] is not items[place - 1][0]]
    for ax in axes:
        ax.grid(visible=False, axis="y")
        for start in starts:
            ax.axhline(start - 0.5, color=INK["grid"], lw=0.7)
    if logs:
        axes[1].set_xscale("log")
        axes[1].axvline(1, color=INK["ink"], lw=0.9)
        axes[1].xaxis.set_major_formatter(ScalarFormatter())
        axes[1].xaxis.set_minor_formatter(ScalarFormatter())
        axes[1].tick_params(axis="x", which="minor", labelsize=7.5)
        axes[1].set_xlabel("Ratio to baseline\n← lower      higher →")


def _forest_words(results: pd.DataFrame, e: Endpoint, visit: Any) -> str:
    row = pick_result(results, statistic="glass_delta", PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT)
    return f"{e.short} at {visit.label} {number(None if row is None else row['value'], 2)}"


def plot_waterfall(changes: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """Each patient's change of DAS28 at each follow-up visit, sorted, coloured by EULAR response, the missing shown at the right.

    `changes` are the rows of `efficacy.derive_changes`.
    """
    if changes["CHG"].notna().sum() == 0:
        return absent("No patient has a DAS28 at baseline and at a follow-up visit: there is no change to draw patient by patient.")
    rows = len(plan.follow_ups)
    fig, axes = canvas(7.2, 0.5 + 2.0 * rows, rows, 1, squeeze=False, sharex=True, sharey=True)
    for ax, visit in zip(axes[:, 0], plan.follow_ups, strict=True):
        _draw_waterfall(ax, changes[changes["AVISIT"] == visit.AVISIT], visit.label)
    handles = [axes[0, 0].bar(0, 0, color=INK[ink], label=_response_name(name), hatch="////" if name == "missing" else None,
                              edgecolor=INK["muted"] if name == "missing" else INK["paper"]) for name, ink in RESPONSE_INK.items()]  # fmt: skip
    fig.legend(handles=handles, loc="outside upper center", ncols=4)
    axes[-1, 0].set_xlabel("Patients, by change")
    caption = ("Change of DAS28 from baseline, one bar a patient of the efficacy population, coloured by EULAR response; hatched: no DAS28 at both "
               "visits. Dashed: 0.6 and 1.2 lower than at baseline. Dotted: ±1.32, what one patient's DAS28 can change by measurement error "
               "alone (smallest detectable difference).")  # fmt: skip
    alt = "Waterfall plot of the change of DAS28. " + " ".join(_waterfall_words(changes, visit) for visit in plan.follow_ups)
    return finish(fig, "waterfall", alt, caption, plan.synthetic)


def _response_name(name: str) -> str:
    return {"missing": "not evaluated", "none": "no response"}.get(name, f"{name} response")


def _draw_waterfall(ax: Any, rows: pd.DataFrame, label: str) -> None:
    known = rows.dropna(subset="CHG")
    width = 0.86 if len(rows) <= MOST_LINES else 1.0
    ax.bar(np.arange(len(known)), known["CHG"], width, color=[INK[RESPONSE_INK[name]] for name in known["response"]], lw=0)
    missing = len(rows) - len(known)
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


def _waterfall_words(changes: pd.DataFrame, visit: Any) -> str:
    counts = changes.loc[changes["AVISIT"] == visit.AVISIT, "response"].value_counts()
    return f"At {visit.label}: " + ", ".join(f"{_response_name(name)} {number(counts.get(name, 0))}" for name in RESPONSE_INK) + "."


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
    ax.legend(*_state_legend(ax), loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, columnspacing=1.2)
    caption = (f"State of disease activity by DAS28 at each visit, all {number(n)} patients of the efficacy population; remission below 2.6, low to 3.2, "
               "moderate to 5.1, high above. Figures in the bars are patients; hatched: no DAS28 at that visit.")  # fmt: skip
    alt = "Stacked bars of disease activity. " + " ".join(_state_words(rows, visit) for visit in plan.visits)
    return finish(fig, "states", alt, caption, plan.synthetic)


def _draw_states(ax: Any, rows: pd.DataFrame, place: int) -> None:
    left = 0
    for _, row in rows.iterrows():
        missing = row["category"] == "missing"
        ax.barh(place, row["count"], 0.72, left, color=INK[STATE_INK[row["category"]]], hatch="////" if missing else None,
                edgecolor=INK["muted"] if missing else INK["paper"], lw=0.6)  # fmt: skip
        if row["count"] >= 0.035 * row["n"]:
            ax.text(left + row["count"] / 2, place, number(row["count"]), ha="center", va="center", fontsize=8.5,
                    color={"moderate": ON_YELLOW, "missing": INK["ink"]}.get(row["category"], INK["paper"]))  # fmt: skip
        left += row["count"]


def _state_legend(ax: Any) -> tuple[list[Any], list[str]]:
    handles = [ax.barh([0], [0], color=INK[ink], hatch="////" if name == "missing" else None,
                       edgecolor=INK["muted"] if name == "missing" else INK["paper"]) for name, ink in STATE_INK.items()]  # fmt: skip
    return handles, [name if name != "missing" else "no DAS28" for name in STATE_INK]


def _state_words(rows: pd.DataFrame, visit: Any) -> str:
    mine = select_results(rows, AVISIT=visit.AVISIT)
    return f"{visit.label}: " + ", ".join(f"{row['category']} {number(row['count'])}" for _, row in mine.iterrows()) + "."
