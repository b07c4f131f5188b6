"""The liver patient by patient: the highest transaminase beside the highest bilirubin after baseline (eDISH and mDISH)."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.ctcae import edish
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
    it); `quadrant`, `candidate` (Hy's law screen: True, False, or NaN where ALP is missing) and `r_pattern`. Empty without data.
    """
    later = adlb[after_baseline(adlb) & adlb["PARAMCD"].isin(_TESTS) & adlb["USUBJID"].isin(members(adsl, "safety"))]
    peaks = _peaks(later, later["AVAL"] / later["ANRHI"].where(later["ANRHI"] > 0))
    own = _peaks(later, later["AVAL"] / later["BASE"].where(later["BASE"] > 0)).reindex(peaks.index)
    found = edish(*(peaks[test].to_numpy() for test in _TESTS))
    liver = pd.DataFrame({
        "USUBJID": peaks.index, "transaminase": np.fmax(peaks["ALT"], peaks["AST"]), "bilirubin": peaks["BILI"],
        "transaminase_base": np.fmax(own["ALT"], own["AST"]), "bilirubin_base": own["BILI"],
        "quadrant": found["quadrant"], "candidate": found["hys_law_candidate"], "r_pattern": found["r_pattern"],
    })  # fmt: skip
    return liver.dropna(subset=["transaminase", "bilirubin"]).reset_index(drop=True)


def _peaks(rows: pd.DataFrame, multiple: pd.Series) -> pd.DataFrame:
    highest = rows.assign(multiple=multiple).groupby(["USUBJID", "PARAMCD"])["multiple"].max().unstack()
    return highest.reindex(columns=list(_TESTS))


def estimate_liver(liver: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Patients in each field of the chart, with exact intervals.

    Returns
    -------
    Result rows `proportion` (method `clopper_pearson`) by `edish`, one for each of `QUADRANTS`, and `hys_law_candidate` (patients
    for whom the screen is decided). Empty where no patient has both peaks.
    """
    size = len(members(adsl, "safety"))
    counts = liver["quadrant"].value_counts()
    rows: list[dict[str, Any]] = [
        proportion_row(int(counts.get(name, 0)), len(liver), plan.level, by="edish", category=name) for name in QUADRANTS
    ]
    decided = liver["candidate"].dropna().astype(bool)
    rows.append(proportion_row(int(decided.sum()), len(decided), plan.level, statistic="hys_law_candidate"))
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_liver"}
    return as_results({**common, **row, "n_missing": size - row["n"]} for row in rows if len(liver))
