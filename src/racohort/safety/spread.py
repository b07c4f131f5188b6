"""How far values of a population reach, and whether the mean stayed where it was: tolerance intervals and equivalence."""

from collections.abc import Iterator
from math import exp, sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.labels import unit_of
from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.laboratory import laboratory_codes
from racohort.summaries import analysed, members
from racohort.tolerance import normal_tolerance_k_two_sided_howe, np_tolerance_content, probability_mean_inside

#: A tolerance interval is to hold this share of the population.
CONTENT = 0.95

#: The mean change counts as none where its interval lies within this share of the reference range (D5).
MARGIN = 0.25

#: The standard deviation of healthy people in widths of their reference range, which is its central 95 %.
HEALTHY_SD = 1 / (2 * float(stats.norm.ppf(0.975)))


def _values(
    adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The records of each analyte at each follow-up visit that has any; steps of an ordinal scale have no distance."""
    people = members(adsl, "safety")
    codes = [code for code in laboratory_codes(adlb, catalogue) if catalogue["scale"].get(code) != "ordinal"]
    mine = analysed(adlb, people, [visit.AVISIT for visit in plan.follow_ups], codes)
    groups: dict[Any, pd.DataFrame] = dict(iter(mine.groupby(["PARAMCD", "AVISIT"])))
    for code in codes:
        for visit in plan.follow_ups:
            if (code, visit.AVISIT) in groups:
                yield code, visit.AVISIT, groups[code, visit.AVISIT]


def estimate_tolerance(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Tolerance intervals of each analyte at each follow-up visit: described, without a verdict (D4).

    Returns
    -------
    `tolerance` method `range` (smallest and largest value, two at least; `value` is the share of the population that they hold
    with confidence `level`, after Wilks) and method `normal` (Howe's limits for `CONTENT` of the population; `value` is the mean)
    or `lognormal` (the same on logarithms, `value` the geometric mean: for analytes whose scale is log, or whose normal limits
    would fall below zero although no value does); `reference_range` (method `widest`: the outermost limits that occur). Values
    below a limit of detection enter as they are stored.
    """
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_tolerance"}
    return as_results(
        {**common, "PARAMCD": code, "AVISIT": AVISIT, "n": len(rows), "unit": unit_of(code, catalogue), **row}
        for code, AVISIT, rows in _values(adlb, adsl, plan, catalogue)
        for row in _tolerance_rows(rows, code in catalogue.index and catalogue["scale"][code] == "log", plan.level)
    )


def _tolerance_rows(rows: pd.DataFrame, skewed: bool, level: float) -> Iterator[dict[str, Any]]:
    x = rows["AVAL"].to_numpy()
    yield {"statistic": "reference_range", "method": "widest", "lower": rows["ANRLO"].min(), "upper": rows["ANRHI"].max()}
    if len(x) < 2:
        return
    yield {"statistic": "tolerance", "method": "range", "value": np_tolerance_content(len(x), level), "lower": x.min(),
           "upper": x.max(), "level": level}  # fmt: skip
    value, lower, upper = _normal_limits(x, level)
    logs = bool((x > 0).all()) and (skewed or lower <= 0)
    if logs:
        value, lower, upper = (exp(limit) for limit in _normal_limits(np.log(x), level))
    yield {"statistic": "tolerance", "method": "lognormal" if logs else "normal", "value": value, "lower": lower, "upper": upper,
           "level": level, "note": f"{CONTENT:.0%} of the population"}  # fmt: skip


def _normal_limits(x: np.ndarray, level: float) -> tuple[float, float, float]:
    """Mean, and the limits that hold `CONTENT` of a normal population."""
    mean, reach = float(x.mean()), normal_tolerance_k_two_sided_howe(len(x), CONTENT, level) * float(x.std(ddof=1))
    return mean, mean - reach, mean + reach


def estimate_equivalence(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Whether the mean change is small against the reference range, by two one-sided tests (TOST).

    Each patient's change is divided by the width of the patient's own range, so that men and women, or two laboratories, can be
    averaged; a range with one limit starts at 0.

    Returns
    -------
    `range_change` (method `tost`): mean change in widths of the range, interval at level 1 - 2 alpha, `p_value` the larger of the
    two one-sided p, `value_text` `yes` (interval within plus or minus `MARGIN`), `no` (wholly outside) or `not shown`; and
    `healthy_pass` (method `tost`): the probability that a healthy group of this size, whose values at the two visits are
    unrelated, passes. Nothing where fewer than two patients have a change and a range.
    """
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_equivalence"}
    return as_results(
        {**common, "PARAMCD": code, "AVISIT": AVISIT, "contrast": plan.contrast(AVISIT), "method": "tost", **row}
        for code, AVISIT, rows in _values(adlb, adsl, plan, catalogue)
        for row in _equivalence_rows(rows, len(members(adsl, "safety")), plan)
    )


def _equivalence_rows(rows: pd.DataFrame, size: int, plan: Plan) -> Iterator[dict[str, Any]]:
    width = rows["ANRHI"] - rows["ANRLO"].fillna(0.0)
    change = (rows["CHG"] / width.where(width > 0)).dropna()
    n, level = len(change), 1 - 2 * plan.alpha
    if n < 2:
        return
    mean, sem = float(change.mean()), float(change.std(ddof=1)) / sqrt(n)
    half = float(stats.t.isf(plan.alpha, n - 1)) * sem
    lower, upper = mean - half, mean + half
    inside, beyond = lower > -MARGIN and upper < MARGIN, lower > MARGIN or upper < -MARGIN
    p = float(stats.t.sf((MARGIN - abs(mean)) / sem, n - 1)) if sem > 0 else float(abs(mean) >= MARGIN)
    yield {"statistic": "range_change", "value": mean, "lower": lower, "upper": upper, "level": level, "p_value": p, "n": n,
           "n_missing": size - n, "value_text": "yes" if inside else "no" if beyond else "not shown",
           "unit": "widths of the reference range"}  # fmt: skip
    passes = probability_mean_inside(n, sqrt(2) * HEALTHY_SD, MARGIN, level)
    yield {"statistic": "healthy_pass", "value": passes, "n": n}
