"""Toxicity grades of the laboratory by CTCAE version 5.

Baseline and follow-up are graded alike on the limits of the reference range (D9 of the statistics specification), so that a
patient who was abnormal from the start is not counted as new. The grade adjusted for an abnormal baseline is apart.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.ctcae import Criteria, ctcae_v5_grade
from racohort.intervals import upper_one_sided_cp
from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.laboratory import after_baseline, laboratory_codes
from racohort.summaries import members, proportion_row

#: Grades from which on a worsening is reported, by the category of its rows.
THRESHOLDS = {"GE1": 1, "GE2": 2, "GE3": 3}


def derive_grades(adlb: pd.DataFrame, adsl: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The grades of each patient and gradable analyte: at baseline, and the worst after it.

    Returns
    -------
    One row per patient and analyte with both: USUBJID PARAMCD BTOXGR (baseline) ATOXGR (worst after it), both on the limits, and
    `adjusted` (worst after it, from baseline where that was above the limit). A value whose limit is missing has no grade.
    """
    criteria = criteria_of(catalogue)
    codes = [code for code in laboratory_codes(adlb, catalogue) if code in criteria]
    mine = adlb["USUBJID"].isin(members(adsl, "safety")) & adlb["PARAMCD"].isin(codes) & adlb["AVAL"].notna()
    keys = ["PARAMCD", "USUBJID"]
    kept = [*keys, "AVISITN", "ADY", "ABLFL", "grade", "adjusted"]
    each = ((code, adlb[mine & (adlb["PARAMCD"] == code)]) for code in codes or [""])
    graded = pd.concat([grade_records(code, rows, criteria)[kept] for code, rows in each])
    before = graded[graded["ABLFL"] == "Y"].groupby(keys, sort=False)["grade"].max().rename("BTOXGR")
    worst = (
        graded[after_baseline(graded)].groupby(keys, sort=False)[["grade", "adjusted"]].max().rename(columns={"grade": "ATOXGR"})
    )
    return worst.join(before, how="inner").dropna(subset=["ATOXGR", "BTOXGR"]).reset_index()


def criteria_of(catalogue: pd.DataFrame) -> Criteria:
    """The criteria of the catalogue's analytes that have any."""
    return {str(code): criterion for code, criterion in catalogue["toxicity"].items() if criterion is not None}


def grade_records(code: str, rows: pd.DataFrame, criteria: Criteria) -> pd.DataFrame:
    """Records of one analyte with their `grade` on the limits and their `adjusted` grade, from a raised baseline."""
    value, uln, lln, base = (rows[column].to_numpy() for column in ("AVAL", "ANRHI", "ANRLO", "BASE"))
    high = np.where(rows["BNRIND"] == "", np.nan, rows["BNRIND"] == "HIGH")
    adjusted = ctcae_v5_grade(code, value, uln=uln, lln=lln, baseline=base, baseline_high=high, criteria=criteria)
    return rows.assign(grade=ctcae_v5_grade(code, value, uln=uln, lln=lln, criteria=criteria), adjusted=adjusted)


def estimate_grades(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Worsening of the toxicity grade, with exact intervals, and the shift from baseline to the worst grade.

    Returns
    -------
    For each gradable analyte: `worsened` (method `clopper_pearson`) and `worsened_bound` (method `upper_one_sided_cp`) by
    `ATOXGR`, categories GE1 GE2 GE3: patients whose worst later grade is at least that and higher than at baseline; `count` by
    `BTOXGR>ATOXGR` (method `worst`), categories `0>1` where a patient is; `count` by `ATOXGR` (method `baseline_adjusted`). `n`
    counts patients with a grade at both ends. Empty where no analyte has grades.
    """
    grades, size = derive_grades(adlb, adsl, catalogue), len(members(adsl, "safety"))
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_grades"}
    by_code = ((str(code), rows) for code, rows in grades.groupby("PARAMCD", sort=False))
    return as_results(
        {**common, "PARAMCD": code, "n": len(rows), "n_missing": size - len(rows), **row}
        for code, rows in by_code
        for row in (*_worsened_rows(rows, plan.level), *_shift_rows(rows))
    )


def _worsened_rows(rows: pd.DataFrame, level: float) -> Iterator[dict[str, Any]]:
    for category, threshold in THRESHOLDS.items():
        count = int(((rows["ATOXGR"] >= threshold) & (rows["ATOXGR"] > rows["BTOXGR"])).sum())
        named = {"by": "ATOXGR", "category": category}
        yield proportion_row(count, len(rows), level, statistic="worsened", **named)
        bound = float(upper_one_sided_cp(count, len(rows), level))
        yield {**named, "statistic": "worsened_bound", "method": "upper_one_sided_cp", "value": bound, "upper": bound,
               "level": level, "count": count}  # fmt: skip


def _shift_rows(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    pairs = rows["BTOXGR"].map("{:.0f}".format) + ">" + rows["ATOXGR"].map("{:.0f}".format)
    for category, count in pairs.value_counts().sort_index().items():
        yield {"statistic": "count", "method": "worst", "by": "BTOXGR>ATOXGR", "category": category, "value": count,
               "count": count, "unit": "patients"}  # fmt: skip
    adjusted = rows["adjusted"].dropna().map("{:.0f}".format)
    for category, count in adjusted.value_counts().sort_index().items():
        yield {"statistic": "count", "method": "baseline_adjusted", "by": "ATOXGR", "category": category, "value": count,
               "count": count, "unit": "patients"}  # fmt: skip
