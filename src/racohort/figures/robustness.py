"""The figures of the section on robustness."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.figures.specifications import plot_specifications
from racohort.figures.style import INK, SMALL, Figure, canvas, finish
from racohort.formats import listed, number, sizes
from racohort.labels import within_sentence
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results

__all__ = ["plot_missing_rules", "plot_regression", "plot_specifications", "plot_tipping"]

Endpoints = tuple[Endpoint, ...]

RULES = {"complete_case": ("Complete pairs", "o", "muted"), "mmrm_satterthwaite": ("Mixed model", "s", "accent"),
         "locf": ("Last value carried", "^", "accent2"), "return_to_baseline": ("Missing: no change", "D", "none"),
         "multiple_imputation": ("Imputed", "P", "good")}  # fmt: skip
RULES["mmrm_kr"] = RULES["mmrm_satterthwaite"]  # one of the two is there
NOTHING = "No primary endpoint was measured twice: there is nothing to draw."


def _level(plan: Plan) -> str:
    return f"{100 * plan.level:g} % confidence interval"


def plot_missing_rules(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Figure | Absence:
    """The change of each primary endpoint under each rule for the missing."""
    rows = select_results(results, statistic=["mean_change", "gmr"], method=RULES)
    shown = [e for e in endpoints if e.role == "primary" and e.PARAMCD in set(rows["PARAMCD"])]
    if not shown:
        return absent(NOTHING)
    fig, axes = canvas(7.2, 1.2 + 0.72 * len(plan.follow_ups), 1, len(shown), squeeze=False, sharey=True)
    for ax, e in zip(axes[0], shown, strict=True):
        for place, visit in enumerate(plan.follow_ups):
            _draw_rules(ax, select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT), place)
        ax.axvline(1 if e.log else 0, color=INK["ink"], lw=0.9)
        ax.set(title=e.label, xlabel="Ratio to baseline" if e.log else "Mean change from baseline")
        ax.grid(visible=False, axis="y")
    axes[0, 0].set_yticks(range(len(plan.follow_ups)), [visit.label for visit in plan.follow_ups])
    axes[0, 0].set_ylim(len(plan.follow_ups) - 0.5, -0.5)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    fig.legend(named.values(), named.keys(), loc="outside upper left", ncols=3, columnspacing=1.2)
    names = listed([within_sentence(e.label) for e in shown])
    caption = (
        f"Change from baseline of {names} under each rule for missing follow-up, efficacy "
        f"population ({sizes(rows['n'].min(), rows['n'].max())}), with {_level(plan)}."
    )
    alt = "Estimates under each rule for the missing. " + " ".join(
        _rule_words(rows, e, v) for e in shown for v in plan.follow_ups
    )
    return finish(fig, "missing-rules", alt, caption, plan.synthetic, select_results(rows, PARAMCD=[e.PARAMCD for e in shown]))


def _draw_rules(ax: Any, rows: pd.DataFrame, place: int) -> None:
    steps = list(dict.fromkeys(RULES.values()))
    for method, rule in RULES.items():
        row, step, (name, marker, ink) = pick_result(rows, method=method), steps.index(rule), rule
        if row is not None and pd.notna(row["value"]):
            at = place + 0.15 * (step - 2)
            ax.plot([row["lower"], row["upper"]], [at, at], color=INK[ink], lw=1.5)
            ax.plot(row["value"], at, marker, color=INK[ink], ms=4.8, label=name)


def _rule_words(rows: pd.DataFrame, e: Endpoint, visit: Visit) -> str:
    mine = select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT)
    told = [
        f"{RULES[row['method']][0].lower()} {number(row['value'], 2)}" for _, row in mine.iterrows() if row["method"] in RULES
    ]
    return f"{e.label} at {visit.label}: {', '.join(told)}."


def plot_tipping(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Figure | Absence:
    """The mean change as the missing are assumed ever worse than the observed, and where its interval reaches no change."""
    rows = select_results(results, statistic="delta_adjusted", method="delta_adjusted").dropna(subset="value")
    shown = [e for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])]
    if not shown:
        return absent(NOTHING)
    wide = len(plan.follow_ups)
    fig, axes = canvas(7.2, 2.5 * len(shown), len(shown), wide, squeeze=False, sharey="row", sharex="row")
    for line, e in zip(axes, shown, strict=True):
        for ax, visit in zip(line, plan.follow_ups, strict=True):
            _draw_tipping(ax, results, e, visit)
        line[0].set_ylabel(f"Change of {e.short}")
    for ax in axes[-1]:
        ax.set_xlabel("Missing worse by" if wide > 3 else "Missing worse than observed by")
    caption = (
        "Mean change from baseline if the missing are, on average, worse than the observed by the amount below: with its "
        f"{_level(plan)} (closed form; dashed: by multiple imputation, where it was done). Vertical line: the tipping point, "
        "where the interval reaches no change; none is drawn where it lies outside the picture. n: patients with a baseline "
        "value, and how many of them are missing."
    )
    tips = select_results(results, statistic="tipping_point", method="closed_form", category="0")
    alt = "Tipping-point curves. " + " ".join(_tip_words(tips, e, visit) for e in shown for visit in plan.follow_ups)
    drawn = select_results(results, statistic="delta_adjusted")
    return finish(fig, "tipping", alt, caption, plan.synthetic, pd.concat([drawn, tips]))


def _draw_tipping(ax: Any, results: pd.DataFrame, e: Endpoint, visit: Visit) -> None:
    here = select_results(results, statistic="delta_adjusted", PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT).dropna(subset="value")
    rows, imputed = (select_results(here, method=method) for method in ("delta_adjusted", "multiple_imputation"))
    ax.axhline(0, color=INK["ink"], lw=0.9)
    if rows.empty:
        ax.set_title(visit.label)
        return
    ax.set_title(f"{visit.label}\nn = {number(rows['n'].iloc[0])}, {number(rows['n_missing'].iloc[0])} missing", fontsize=8.5)
    delta = rows["category"].astype(float)
    ax.fill_between(delta, rows["lower"], rows["upper"], color=INK["band"], lw=0)
    ax.plot(delta, rows["value"], color=INK["accent"])
    for column, width in (("value", 1.4), ("lower", 0.7), ("upper", 0.7)):
        ax.plot(imputed["category"].astype(float), imputed[column], color=INK["good"], lw=width, ls=(0, (3, 2)))
    at = {"PARAMCD": e.PARAMCD, "AVISIT": visit.AVISIT, "category": "0"}
    tip = pick_result(results, statistic="tipping_point", method="closed_form", **at)
    if tip is not None and 0 < tip["value"] <= delta.max():
        ax.axvline(tip["value"], color=INK["accent2"], ls=(0, (4, 3)), lw=1.1)
        ax.annotate(number(tip["value"], e.mean_digits), (tip["value"], 1), (3, -3), xycoords=("data", "axes fraction"), va="top",
                    textcoords="offset points", color=INK["accent2"], fontsize=8)  # fmt: skip


def _tip_words(tips: pd.DataFrame, e: Endpoint, visit: Visit) -> str:
    row = pick_result(tips, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT)
    told = "no tipping point" if row is None or pd.isna(row["value"]) else f"tipping point {number(row['value'], e.mean_digits)}"
    return f"{e.label} at {visit.label}: {told}."


def plot_regression(results: pd.DataFrame, efficacy: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """The observed change of DAS28 before the band of what regression to the mean alone would show."""
    expected = select_results(results, statistic="rtm_change", method="barnett")
    seen = [
        (v, pick_result(efficacy, PARAMCD=plan.das28, AVISIT=v.AVISIT, statistic="mean_change", method="paired_t"))
        for v in plan.follow_ups
    ]
    shown = [(visit, row) for visit, row in seen if row is not None and pd.notna(row["value"])]
    if expected.empty or not shown:
        return absent("No DAS28 was measured twice: regression to the mean cannot be drawn.")
    low, high = expected["value"].min(), expected["value"].max()
    fig, ax = canvas(SMALL - 0.1, 1.3 + 0.42 * len(shown))
    ax.axvspan(low, high, color=INK["band"], lw=0)
    ax.plot(expected["value"], np.full(len(expected), len(shown) - 0.35), "|", color=INK["accent2"], ms=9, mew=1.1)
    _draw_observed(ax, shown)
    caption = (
        "Change of DAS28 from baseline, and what selection alone would show. Lines: mean change in complete pairs with its "
        f"{_level(plan)}. Band and ticks: the change that selection for high activity alone would show over {len(expected)} "
        "combinations of reliability, enrolment cut-off and population mean."
    )
    told = "; ".join(f"{visit.label} {number(row['value'], 2)}" for visit, row in shown)
    alt = f"Observed change of DAS28: {told}. Regression to the mean alone: {number(low, 2)} to {number(high, 2)}."
    drawn = pd.concat([pd.DataFrame([row for _, row in shown]), expected])
    return finish(fig, "regression-to-mean", alt, caption, plan.synthetic, drawn)


def _draw_observed(ax: Any, shown: list[tuple[Visit, pd.Series]]) -> None:
    """The mean change at each visit, and the axes."""
    for place, (_, row) in enumerate(shown):
        ax.plot([row["lower"], row["upper"]], [place, place], color=INK["accent"], lw=2.2)
        ax.plot(row["value"], place, "o", color=INK["accent"], ms=6)
    ax.axvline(0, color=INK["ink"], lw=0.9)
    labels = [f"{visit.label} (n = {number(row['n'])})" for visit, row in shown]
    ax.set_yticks([*range(len(shown)), len(shown) - 0.35], [*labels, "expected by\nselection alone"])
    ax.set(ylim=(len(shown) - 0.05, -0.5), xlabel="Change of DAS28 from baseline")
    ax.grid(visible=False, axis="y")
