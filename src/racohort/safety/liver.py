"""The liver patient by patient: the highest transaminase beside the highest bilirubin after baseline (eDISH and mDISH)."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.ctcae import edish
from racohort.labels import HYS_LAW_DAYS
from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.laboratory import after_baseline
from racohort.summaries import members, proportion_row

_TESTS = ("ALT", "AST", "BILI", "ALP")

#: The fields of the chart, lines at 3 (transaminase) and 2 (bilirubin) times the upper limit.
QUADRANTS = ("hys_law_range", "temples_corollary", "cholestasis", "normal")


def derive_liver(adlb: pd.DataFrame, adsl: pd.DataFrame) -> pd.DataFrame:
    """The peaks after baseline of each patient of the safety population.

    Returns
    -------
    One row per patient with at least one transaminase and bilirubin after baseline: USUBJID; `transaminase` and `bilirubin` in
    multiples of the upper limit, `transaminase_base` and `bilirubin_base` in multiples of the patient's own baseline (NaN without
    it); `quadrant`, `candidate` (Hy's law screen on peaks of any day: True, False, or NaN where ALP is missing), `concurrent`
    (the same screen with both within `HYS_LAW_DAYS` days: 1, 0, or NaN where they were never measured so) and `r_pattern`. Empty
    without data.
    """
    later = adlb[after_baseline(adlb) & adlb["PARAMCD"].isin(_TESTS) & adlb["USUBJID"].isin(members(adsl, "safety"))]
    later = later.assign(USUBJID=later["USUBJID"].astype("str"))  # parts of it know other categories
    peaks = _peaks(later, later["AVAL"] / later["ANRHI"].where(later["ANRHI"] > 0))
    own = _peaks(later, later["AVAL"] / later["BASE"].where(later["BASE"] > 0)).reindex(peaks.index)
    found = edish(*(peaks[test].to_numpy() for test in _TESTS))
    liver = pd.DataFrame({
        "USUBJID": peaks.index, "transaminase": np.fmax(peaks["ALT"], peaks["AST"]), "bilirubin": peaks["BILI"],
        "transaminase_base": np.fmax(own["ALT"], own["AST"]), "bilirubin_base": own["BILI"],
        "quadrant": found["quadrant"], "candidate": found["hys_law_candidate"], "r_pattern": found["r_pattern"],
        "concurrent": _concurrent(later).reindex(peaks.index).to_numpy(),
    })  # fmt: skip
    return liver.dropna(subset=["transaminase", "bilirubin"]).reset_index(drop=True)


def _concurrent(later: pd.DataFrame) -> pd.Series:
    """The screen by patient: 1 or, where both tests were measured in time but it is not met, 0.

    Met: bilirubin above 2 times its limit on the day of a transaminase of 3 times or more, or up to `HYS_LAW_DAYS` days later,
    with ALP of the first day below 2 times its limit or not measured.
    """
    rows = later.assign(multiple=later["AVAL"] / later["ANRHI"].where(later["ANRHI"] > 0)).dropna(subset=["multiple", "ADY"])
    days = rows.groupby(["USUBJID", "ADY", "PARAMCD"])["multiple"].max().unstack().reindex(columns=list(_TESTS)).reset_index()
    days["peak"] = np.fmax(days["ALT"], days["AST"])
    pairs = days.dropna(subset="peak").merge(days.dropna(subset="BILI"), on="USUBJID", suffixes=("", "_later"))
    pairs = pairs[(pairs["ADY_later"] - pairs["ADY"]).between(0, HYS_LAW_DAYS)]
    met = (pairs["peak"] >= 3) & (pairs["BILI_later"] > 2) & ~(pairs["ALP"] >= 2)
    return met.groupby(pairs["USUBJID"]).any().astype("float64")


def _peaks(rows: pd.DataFrame, multiple: pd.Series) -> pd.DataFrame:
    highest = rows.assign(multiple=multiple).groupby(["USUBJID", "PARAMCD"])["multiple"].max().unstack()
    return highest.reindex(columns=list(_TESTS))


def estimate_liver(liver: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Patients in each field of the chart, with exact intervals.

    Returns
    -------
    Result rows `proportion` (method `clopper_pearson`) by `edish`, one for each of `QUADRANTS`; `hys_law_candidate` (patients for
    whom the screen on peaks is decided) and `hys_law_concurrent` (patients with both tests within `HYS_LAW_DAYS` days);
    `count` by
    `r_pattern` of the patients whose transaminase reached 3 times its limit. Empty where no patient has both peaks.
    """
    size = len(members(adsl, "safety"))
    counts = liver["quadrant"].value_counts()
    rows: list[dict[str, Any]] = [
        proportion_row(int(counts.get(name, 0)), len(liver), plan.level, by="edish", category=name) for name in QUADRANTS
    ]
    decided = liver["candidate"].dropna().astype(bool)
    rows.append(proportion_row(int(decided.sum()), len(decided), plan.level, statistic="hys_law_candidate"))
    paired = liver["concurrent"].dropna()
    rows.append(proportion_row(int(paired.sum()), len(paired), plan.level, statistic="hys_law_concurrent"))
    rows += _pattern_rows(liver[liver["transaminase"] >= 3])
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_liver"}
    return as_results({**common, **row, "n_missing": size - row["n"]} for row in rows if len(liver))


def _pattern_rows(raised: pd.DataFrame) -> list[dict[str, Any]]:
    """The kind of injury by the R ratio, of patients with a raised transaminase."""
    counts = raised["r_pattern"].replace("", "unknown").value_counts().sort_index()
    return [{"statistic": "count", "method": "r_ratio", "by": "r_pattern", "category": str(pattern), "value": count,
             "count": count, "n": len(raised), "unit": "patients"} for pattern, count in counts.items()]  # fmt: skip
