"""Laboratory values at each visit: their distribution, their change, and how many lie outside the reference range.

The laboratory of this section is every analyte of ADLB that the catalogue does not reserve for efficacy. One record stands for
a patient, analyte and visit (ANL01FL "Y"); denominators are patients of the safety population with a value there.
"""

from typing import Any

import pandas as pd
from scipy import stats

from racohort.labels import unit_of
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import SUMMARY_AND_TAILS, analysed, group_summary, members, proportion_row, summary_rows
from racohort.terms import RANGE_STATES


def laboratory_codes(adlb: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    """PARAMCDs of the safety laboratory that occur in the data: in the order of the catalogue, unknown ones last."""
    reserved = catalogue.index[catalogue["efficacy"] & ~catalogue["safety"]]
    there = dict.fromkeys(adlb["PARAMCD"].unique())
    known = [code for code in catalogue.index if code in there and code not in reserved]
    return known + [code for code in there if code not in catalogue.index]


def after_baseline(adlb: pd.DataFrame) -> pd.Series:
    """Which records lie after baseline: at a later planned visit, or, unscheduled, later than the first day of treatment."""
    unscheduled = adlb["AVISITN"].isna() & (adlb["ADY"] > 1)
    return (adlb["ABLFL"] != "Y") & ((adlb["AVISITN"] > 0) | unscheduled)


def summarise_laboratory(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The distribution of each analyte at each visit, and of its change from baseline.

    Returns
    -------
    Result rows `n mean sd median q1 q3 min max` and the 5th and 95th percentile `p05 p95` (method `available`), for each analyte
    and planned visit; with contrast `Y1-BL` the same of the change (follow-up minus baseline, patients with both). A visit
    without any value has `n` 0 and no other number; what was measured outside the plan alone has no rows. Empty where the
    cohort has no laboratory.
    """
    people, planned = members(adsl, "safety"), [visit.AVISIT for visit in plan.visits]
    codes = laboratory_codes(adlb.loc[adlb["AVISIT"].isin(planned), ["PARAMCD"]], catalogue)
    values = analysed(adlb, people, planned, codes)[["PARAMCD", "AVISIT", "AVAL", "CHG"]]
    follow_up = values[values["AVISIT"].ne(plan.baseline.AVISIT) & values["CHG"].notna()]
    at_visit = group_summary(values, ["PARAMCD", "AVISIT"], "AVAL")
    change = group_summary(follow_up, ["PARAMCD", "AVISIT"], "CHG")
    rows = summary_rows(at_visit, _grid(codes, plan, plan.visits), len(people), SUMMARY_AND_TAILS, contrast="")
    rows += summary_rows(change, _grid(codes, plan, plan.follow_ups), len(people), SUMMARY_AND_TAILS, contrast="change")
    return as_results(_complete(row, plan, catalogue) for row in rows)


def _grid(codes: list[str], plan: Plan, visits: tuple) -> list[tuple[str, str]]:
    return [(code, visit.AVISIT) for code in codes for visit in visits]


def _complete(row: dict[str, Any], plan: Plan, catalogue: pd.DataFrame) -> dict[str, Any]:
    contrast = plan.contrast(row["AVISIT"]) if row["contrast"] else ""
    return {**row, "contrast": contrast, "section": "safety", "population": "safety", "method": "available",
            "unit": unit_of(row["PARAMCD"], catalogue), "function": "safety.summarise_laboratory"}  # fmt: skip


def estimate_out_of_range(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The proportion of patients below, within and above the reference range, with exact intervals.

    Returns
    -------
    Result rows `proportion` by ANRIND (LOW, NORMAL, HIGH) and `out_of_range` (below or above), method `clopper_pearson`, for
    each analyte and planned visit. `n` counts patients whose value has a reference range; limits themselves are normal.
    """
    people, codes = members(adsl, "safety"), laboratory_codes(adlb, catalogue)
    values = analysed(adlb, people, [visit.AVISIT for visit in plan.visits], codes)
    states = values[values["ANRIND"].isin(RANGE_STATES)].groupby(["PARAMCD", "AVISIT"])["ANRIND"].value_counts()
    ranged = values.loc[values["ANRIND"].isin(RANGE_STATES), "PARAMCD"].unique()
    grid = _grid([code for code in codes if code in ranged], plan, plan.visits)
    rows = [row for group in grid for row in _range_rows(states, group, plan.level)]
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_out_of_range"}
    return as_results({**common, **row, "n_missing": len(people) - row["n"]} for row in rows)


def _range_rows(states: pd.Series, group: tuple[str, str], level: float) -> list[dict[str, Any]]:
    counts = {state: int(states.get((*group, state), 0)) for state in RANGE_STATES}
    n, parts = sum(counts.values()), {"PARAMCD": group[0], "AVISIT": group[1]}
    rows = [proportion_row(count, n, level, **parts, by="ANRIND", category=state) for state, count in counts.items()]
    return [*rows, proportion_row(counts["LOW"] + counts["HIGH"], n, level, **parts, statistic="out_of_range")]


def estimate_range_position(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Where the group mean lies in the reference range: the first reading of "all in the normal range".

    A value's position is (AVAL - ANRLO) / (ANRHI - ANRLO), 0 at the lower and 1 at the upper limit of the patient's own range, so
    that men and women, or two laboratories, can be averaged; a range with one limit starts at 0.

    Returns
    -------
    Result rows `range_position` (method `mean`), for each analyte and visit: value with its t interval (none for one patient),
    and as value_text `inside`, `below` or `above`.
    """
    people, codes = members(adsl, "safety"), laboratory_codes(adlb, catalogue)
    values = analysed(adlb, people, [visit.AVISIT for visit in plan.visits], codes)
    low = values["ANRLO"].fillna(0.0)
    values = values.assign(position=(values["AVAL"] - low) / (values["ANRHI"] - low).where(lambda width: width > 0))
    found = values.dropna(subset="position").groupby(["PARAMCD", "AVISIT"])["position"].agg(["mean", "sem", "count"])
    grid = [group for group in _grid(codes, plan, plan.visits) if group in found.index]
    cells = {key: (float(row["mean"]), float(row["sem"]), int(row["count"])) for key, row in found.iterrows()}
    return as_results(_position_row(code, AVISIT, *cells[code, AVISIT], len(people), plan.level) for code, AVISIT in grid)


def _position_row(code: str, AVISIT: str, mean: float, sem: float, count: int, size: int, level: float) -> dict[str, Any]:
    half = float(stats.t.isf((1 - level) / 2, max(count - 1, 1))) * sem
    side = "below" if mean < 0 else "above" if mean > 1 else "inside"
    return {"section": "safety", "population": "safety", "PARAMCD": code, "AVISIT": AVISIT, "statistic": "range_position",
            "method": "mean", "value": mean, "lower": mean - half, "upper": mean + half, "level": level, "value_text": side,
            "n": count, "n_missing": size - count,
            "function": "safety.estimate_range_position"}  # fmt: skip
