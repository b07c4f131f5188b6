"""Criteria that join several measurements: Boolean and index remission, and the ACR response, where every part was measured."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from racohort.columns import at_most
from racohort.efficacy.responders import share_rows
from racohort.endpoints import visit_table
from racohort.plan import Plan
from racohort.results import as_results
from racohort.scores import acr_level, boolean_remission
from racohort.summaries import members

Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]

#: The criteria and what each needs, by PARAMCD.
CRITERIA = {
    "boolean_2": ("TJC28", "SJC28", "PTGA", "CRP"), "boolean_1": ("TJC28", "SJC28", "PTGA", "CRP"),
    "sdai_remission": ("SDAI",), "cdai_remission": ("CDAI",),
    "acr20": ("TJC28", "SJC28", "PTGA", "PHGA", "PAIN", "HAQDI"), "acr50": ("TJC28", "SJC28", "PTGA", "PHGA", "PAIN", "HAQDI"),
    "acr70": ("TJC28", "SJC28", "PTGA", "PHGA", "PAIN", "HAQDI"),
}  # fmt: skip
INDEX_LIMITS = {"sdai_remission": 3.3, "cdai_remission": 2.8}
#: How the ACR core set is called by `acr_level`; the acute-phase reactant is CRP, or ESR where no CRP was supplied.
ACR_NAMES = {"TJC28": "tjc", "SJC28": "sjc", "PTGA": "ptga", "PHGA": "phga", "PAIN": "pain", "HAQDI": "haq"}
ACUTE = ("CRP", "ESR")


def estimate_criteria(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How many patients fulfil each criterion, among those evaluated and of everyone.

    Returns
    -------
    Rows `proportion` by CRITERION: `boolean_2` and `boolean_1` (Boolean remission 2.0 and 1.0), `sdai_remission` and
    `cdai_remission` (3.3 and 2.8 or below) at every visit; `acr20`, `acr50`, `acr70` at follow-up visits, contrast `Y1-BL`, with
    28-joint counts. Methods `clopper_pearson` and `wilson`, and `clopper_pearson_nri` of everyone with the unevaluated counted
    as not having reached it. A patient is evaluated with every component (for ACR at both visits): to count who surely failed
    although a component is missing, but not who may have passed, would make the share too small. Criteria of which a part was
    not supplied are left out.
    """
    there, people = set(values["PARAMCD"].unique()), members(adsl, "efficacy")
    needed = sorted({code for parts in CRITERIA.values() for code in parts} | set(ACUTE))
    tables = {code: visit_table(values, code, plan).reindex(people) for code in needed if code in there}
    rows: list[Row] = []
    for criterion, parts in CRITERIA.items():
        acr = criterion.startswith("acr")
        if set(parts) <= there and (not acr or there & set(ACUTE)):
            rows += _acr_rows(tables, criterion, plan) if acr else _remission_rows(tables, criterion, plan)
    common = {"section": "efficacy", "population": "efficacy", "function": "efficacy.estimate_criteria"}
    return as_results({**common, **row} for row in rows)


def _remission_rows(tables: Tables, criterion: str, plan: Plan) -> Iterator[Row]:
    for visit in plan.visits:
        at = {code: tables[code][visit.AVISIT] for code in CRITERIA[criterion]}
        complete = pd.concat(list(at.values()), axis=1).notna().all(axis=1)
        rows = _with_known(_remission(at, criterion), complete, criterion, plan.level)
        yield from (row | {"AVISIT": visit.AVISIT} for row in rows)


def _remission(at: Mapping[str, pd.Series], criterion: str) -> pd.Series:
    """Who is known to meet a criterion of remission."""
    if criterion in INDEX_LIMITS:
        (index,) = at.values()
        return pd.Series(at_most(index.to_numpy(), INDEX_LIMITS[criterion]), index.index)
    version = {"boolean_2": "2.0", "boolean_1": "1.0"}[criterion]
    met = boolean_remission(at["TJC28"], at["SJC28"], at["PTGA"] / 10, at["CRP"] / 10, version)
    return pd.Series(np.asarray(met, dtype=float) == 1, at["TJC28"].index)


def _acr_rows(tables: Tables, criterion: str, plan: Plan) -> Iterator[Row]:
    acute = next(code for code in ACUTE if code in tables)
    parts = {name: tables[code] for code, name in ACR_NAMES.items()} | {"apr": tables[acute]}
    base = {name: wide[plan.baseline.AVISIT] for name, wide in parts.items()}
    for visit in plan.follow_ups:
        now = {name: wide[visit.AVISIT] for name, wide in parts.items()}
        complete = pd.concat([*base.values(), *now.values()], axis=1).notna().all(axis=1)
        reached = pd.Series(acr_level(base, now) >= int(criterion[3:]), complete.index)
        place = {"AVISIT": visit.AVISIT, "contrast": plan.contrast(visit.AVISIT),
                 "note": f"28-joint counts; acute-phase reactant {acute}."}  # fmt: skip
        yield from (row | place for row in _with_known(reached, complete, criterion, plan.level))


def _with_known(reached: pd.Series, complete: pd.Series, criterion: str, level: float) -> Iterator[Row]:
    """Of everyone, a response that is certain although a component is missing counts; among the evaluated it does not."""
    for row in share_rows(reached & complete, complete, level, by="CRITERION", category=criterion):
        if row["method"] != "clopper_pearson_nri":
            yield row
    (everyone,) = (row for row in share_rows(reached, reached.notna(), level, by="CRITERION", category=criterion)
                   if row["method"] == "clopper_pearson_nri")  # fmt: skip
    yield everyone
