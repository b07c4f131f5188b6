"""What else the patients were given: co-treatment by class, its changes after baseline, and the change without escalation."""

from typing import Any

import pandas as pd

from racohort.endpoints import change_row, working_table
from racohort.escalation import CLASSES, after_start, escalated_until, escalations
from racohort.estimators import paired_t
from racohort.plan import Plan
from racohort.results import as_results
from racohort.robustness.missing import headline
from racohort.summaries import members

Row = dict[str, Any]

#: What can be done with a background treatment.
ACTIONS = ("BASELINE", "START", "INCREASE", "DECREASE", "STOP")


def count_cotreatment(adcm: pd.DataFrame, adsl: pd.DataFrame) -> pd.DataFrame:
    """How many patients had each class of background treatment at baseline, and how many had it changed afterwards.

    Parameters
    ----------
    adcm, adsl : medication periods and patients; an action after baseline is one on a day after the start of treatment, or on
        an unknown day

    Returns
    -------
    Rows `count` by `CMCLAS>CMACT` (patients of the efficacy population, each once a cell), and by `ESCALATED` for each class and
    `any`. Empty where no co-medication was supplied.
    """
    people = members(adsl, "efficacy")
    if adcm.empty or not len(people):
        return as_results([])
    mine = adcm[adcm["USUBJID"].isin(people) & adcm["CMCLAS"].isin(CLASSES)]
    cells = [(f"{name}>{act}", _who(mine, name, act)) for name in CLASSES for act in ACTIONS]
    risen = escalations(mine)
    groups = [(name, risen.loc[risen["CMCLAS"] == name, "USUBJID"]) for name in CLASSES] + [("any", risen["USUBJID"])]
    counted = [("CMCLAS>CMACT", *cell) for cell in cells] + [("ESCALATED", *group) for group in groups]
    return as_results(_count_row(by, category, who.nunique(), len(people)) for by, category, who in counted)


def _count_row(by: str, category: str, count: int, n: int) -> Row:
    return {"section": "robustness", "population": "efficacy", "statistic": "count", "method": "population", "by": by, "n": n,
            "category": category, "count": count, "value": float(count), "function": "robustness.count_cotreatment"}  # fmt: skip


def _who(rows: pd.DataFrame, name: str, act: str) -> pd.Series:
    """Patients of one cell: whatever the day at baseline, only after it for a change."""
    rows = rows[(rows["CMCLAS"] == name) & (rows["CMACT"] == act)]
    return rows["USUBJID"] if act == "BASELINE" else after_start(rows)["USUBJID"]


def compare_without_escalators(
    values: pd.DataFrame, adcm: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:  # fmt: skip
    """The change in those whose background treatment was not escalated before the visit.

    Returns
    -------
    Per primary endpoint and biomarker and follow-up visit `mean_change` or `gmr` (method `without_escalators`), complete pairs;
    `count` patients left out for a start or an increase up to the planned day of the visit, `n` pairs that remain. Who is
    left out is known only afterwards, so that this is a look at the sensitivity and not at another treatment. Empty where no
    co-medication was supplied.
    """
    if adcm.empty:
        return as_results([])
    size = len(members(adsl, "efficacy"))
    rows = []
    for endpoint in headline(values, plan, catalogue):
        wide = working_table(values, endpoint, plan)
        for visit in plan.follow_ups:
            out = wide.index.isin(escalated_until(adcm, visit))
            fit = paired_t(wide.loc[~out, visit.AVISIT], wide.loc[~out, plan.baseline.AVISIT], plan.level)
            pairs = wide[[plan.baseline.AVISIT, visit.AVISIT]].notna().all(axis=1)
            place = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                     "contrast": plan.contrast(visit.AVISIT), "method": "without_escalators", "p_value": fit["p"],
                     "function": "robustness.compare_without_escalators", "n": fit["n"], "n_missing": size - fit["n"],
                     "count": int((pairs & out).sum())}  # fmt: skip
            rows.append(place | change_row(endpoint, fit["mean_diff"], fit["ci"], plan.level))
    return as_results(rows)
