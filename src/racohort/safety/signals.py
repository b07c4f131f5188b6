"""The patients whom no mean shows: severe grades, high transaminases, and changes that a healthy person does not have."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.laboratory import after_baseline, laboratory_codes
from racohort.safety.toxicity import criteria_of, grade_records
from racohort.summaries import members, proportion_row
from racohort.tolerance import reference_change_value

#: Why a record is listed, in the order of the table.
REASONS = ("GRADE3", "TRANSAMINASE", "CHANGE")


def select_signals(adlb: pd.DataFrame, adsl: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The records after baseline that call for a look at a patient, planned visits and unscheduled ones alike.

    Returns
    -------
    Rows of ADLB with their `grade` on the limits, `change` from baseline in percent, and a column for each of `REASONS`: grade 3
    or higher; a transaminase above 3 times its upper limit; a change away from the range, larger than the reference change value
    of an analyte whose biological variation is cited, that ends outside the range (D5). In order of patient and day.
    """
    rows = _examined(adlb, adsl, catalogue)
    criteria = criteria_of(catalogue)
    grades = [grade_records(str(code), some, criteria)["grade"] for code, some in rows.groupby("PARAMCD", sort=False)]
    rows = rows.assign(grade=pd.concat(grades) if grades else np.nan)
    change = 100 * (rows["AVAL"] - rows["BASE"]) / rows["BASE"].where(rows["BASE"] > 0)
    away = change.where(rows["ANRIND"] == "HIGH", -change).where(rows["ANRIND"].isin(["LOW", "HIGH"]))
    flags = {
        "GRADE3": rows["grade"] >= 3,
        "TRANSAMINASE": rows["PARAMCD"].isin(["ALT", "AST"]) & (rows["grade"] >= 2),
        "CHANGE": away > reference_change_value(rows["PARAMCD"].map(catalogue["within_cv"]).to_numpy(dtype="float64")),
    }
    rows = rows.assign(change=change, **flags)
    return rows[rows[list(REASONS)].any(axis=1)].sort_values(["USUBJID", "ADY", "PARAMCD"], kind="stable").reset_index(drop=True)


def _examined(adlb: pd.DataFrame, adsl: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The laboratory after baseline of the safety population."""
    mine = adlb["USUBJID"].isin(members(adsl, "safety")) & adlb["PARAMCD"].isin(laboratory_codes(adlb, catalogue))
    return adlb[mine & adlb["AVAL"].notna() & after_baseline(adlb)]


def estimate_signals(
    signals: pd.DataFrame, adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:  # fmt: skip
    """How many patients are listed for each reason, of those in whom it could have been seen.

    Parameters
    ----------
    signals : the rows of `select_signals`.

    Returns
    -------
    `proportion` (method `clopper_pearson`) by `signal`, categories `REASONS`; `n` counts patients with a value after baseline
    of an analyte that has grades, is a transaminase, or has a cited variation and a baseline. Nothing for a reason that
    no patient could have.
    """
    rows = _examined(adlb, adsl, catalogue)
    cited = rows["PARAMCD"].map(catalogue["within_cv"]).notna() & rows["BASE"].gt(0)
    able = {"GRADE3": rows["PARAMCD"].isin(criteria_of(catalogue)), "TRANSAMINASE": rows["PARAMCD"].isin(["ALT", "AST"]),
            "CHANGE": cited}  # fmt: skip
    return as_results(_reason_row(reason, signals, rows.loc[able[reason], "USUBJID"], len(members(adsl, "safety")), plan)
                      for reason in REASONS if able[reason].any())  # fmt: skip


def _reason_row(reason: str, signals: pd.DataFrame, able: pd.Series, size: int, plan: Plan) -> dict[str, Any]:
    n = able.nunique()
    row = proportion_row(signals.loc[signals[reason], "USUBJID"].nunique(), n, plan.level, by="signal", category=reason)
    return {**row, "section": "safety", "population": "safety", "n_missing": size - n, "function": "safety.estimate_signals"}
