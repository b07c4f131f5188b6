"""The flow of patients through the study, and which values are there at each visit.

A patient is followed to the last planned visit at which anything was recorded. Whoever is not seen at a visit has either left
before it (no later record; then with a reason) or missed it (seen again later): the three add up to the population.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import members
from racohort.terms import COMPLETED, DIED, FOLLOWED, NOT_RECORDED, POPULATIONS


def count_flow(adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The participant flow: populations, seen at each visit, missed, and left before it by reason.

    Parameters
    ----------
    adsl : one row per patient, with the flags of `terms.POPULATIONS`, a flag per planned visit, TRTSDT, EOSSTT, DCSREAS, DTHFL.
    plan : the visits in time order.

    Returns
    -------
    Result rows `count`: by `flow` (ENROLLED, TREATED; and per visit SEEN, MISSED), by `population`, and by `DCSREAS` for those
    whose last visit was the one before AVISIT. Denominators `n`: the enrolled for populations, the safety population for SEEN
    and MISSED, those still followed at the visit before for reasons.
    """
    followed = adsl[adsl["USUBJID"].isin(members(adsl, "safety"))]
    last = _last_seen(followed, plan)
    rows = [*_population_rows(adsl, plan), *_visit_rows(followed, last, plan), *_reason_rows(followed, last, plan)]
    common = {"section": "participants", "statistic": "count", "function": "participants.count_flow", "unit": "patients"}
    return as_results({**common, "value": row["count"], **row} for row in rows)


def _population_rows(adsl: pd.DataFrame, plan: Plan) -> Iterator[dict[str, Any]]:
    enrolled = len(members(adsl, "all"))
    counted = {"population": "all", "n": enrolled}
    yield {**counted, "by": "flow", "category": "ENROLLED", "count": enrolled}
    if plan.treated:
        treated = adsl.loc[(adsl["FASFL"] == "Y") & (adsl["SAFFL"] == "Y"), "USUBJID"].nunique()
        yield {**counted, "by": "flow", "category": "TREATED", "count": treated}
    for population in POPULATIONS:
        yield {**counted, "by": "population", "category": population, "count": len(members(adsl, population))}


def _last_seen(adsl: pd.DataFrame, plan: Plan) -> pd.Series:
    """Position of the last planned visit with any record; -1 for a patient who was never seen."""
    seen = np.column_stack([adsl[visit.flag] == "Y" for visit in plan.visits])
    last = np.where(seen, np.arange(len(plan.visits)), -1).max(axis=1, initial=-1)
    return pd.Series(last, index=adsl.index)


def _visit_rows(adsl: pd.DataFrame, last: pd.Series, plan: Plan) -> Iterator[dict[str, Any]]:
    for position, visit in enumerate(plan.visits):
        seen = adsl[visit.flag] == "Y"
        counts = {"SEEN": seen.sum(), "MISSED": (~seen & (last > position)).sum()}
        for category, count in counts.items():
            yield {
                "population": "safety",
                "AVISIT": visit.AVISIT,
                "by": "flow",
                "category": category,
                "count": count,
                "n": len(adsl),
            }


def _reason_rows(adsl: pd.DataFrame, last: pd.Series, plan: Plan) -> Iterator[dict[str, Any]]:
    reasons = _reasons(adsl)
    for position, visit in enumerate(plan.visits):
        at_risk = int((last >= position - 1).sum())
        left = reasons[last == position - 1].value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
        for reason, count in left.items():
            yield {"population": "safety", "AVISIT": visit.AVISIT, "by": "DCSREAS", "category": reason, "count": count,
                   "n": at_risk, "method": "left_before"}  # fmt: skip


def _reasons(adsl: pd.DataFrame) -> pd.Series:
    """Why a patient has no later record: death first, then the reason given, then what the end-of-study status says."""
    status = adsl["EOSSTT"].map({"ONGOING": FOLLOWED, "COMPLETED": COMPLETED}).fillna(NOT_RECORDED)
    given = adsl["DCSREAS"].where(adsl["DCSREAS"] != "", status)
    return given.mask(adsl["DTHFL"] == "Y", DIED)


def count_missing(adsl: pd.DataFrame, adlb: pd.DataFrame, adqs: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How many patients of the safety population have a value, for each parameter and visit.

    Returns
    -------
    Result rows `completeness` (value, count and n: the population; n_missing: those without a value), one for each PARAMCD that
    occurs at a planned visit in the two data sets, and each planned visit, also where nobody has a value.
    """
    people = members(adsl, "safety")
    counts = pd.concat([_with_value(data, people) for data in (adlb, adqs)])
    planned = [visit.AVISIT for visit in plan.visits]
    codes = dict.fromkeys(code for data in (adlb, adqs) for code in data.loc[data["AVISIT"].isin(planned), "PARAMCD"])
    rows = ((code, visit.AVISIT, int(counts.get((code, visit.AVISIT), 0))) for code in codes for visit in plan.visits)
    size = len(people)
    return as_results(
        {"section": "participants", "population": "safety", "PARAMCD": code, "AVISIT": AVISIT, "statistic": "completeness",
         "method": "observed", "value": count / size if size else None, "n": size, "count": count, "n_missing": size - count,
         "function": "participants.count_missing"}
        for code, AVISIT, count in rows
    )  # fmt: skip


def _with_value(data: pd.DataFrame, people: pd.Index) -> pd.Series:
    """Patients with a value (a number, or a word for ordinal ones) that stands for a planned visit."""
    there = (data["ANL01FL"] == "Y") & data["USUBJID"].isin(people) & (data["AVAL"].notna() | (data["AVALC"] != ""))
    return data[there].groupby(["PARAMCD", "AVISIT"])["USUBJID"].nunique()
