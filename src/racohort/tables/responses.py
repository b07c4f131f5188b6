"""Tables of states of disease activity and of response."""

from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import number, p_cell, proportion
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results
from racohort.tables.changes import level_shown, with_interval
from racohort.tables.paper import Table, table

_STATES = {"remission": "Remission (below 2.6)", "low": "Low (2.6 to 3.2)", "moderate": "Moderate (above 3.2 to 5.1)",
           "high": "High (above 5.1)", "low_or_remission": "Low or remission (3.2 or below)"}  # fmt: skip
_RESPONSES = {"good": "EULAR good response", "moderate": "EULAR moderate response", "none": "EULAR no response",
              "good_or_moderate": "EULAR good or moderate response", "improved_022": "HAQ-DI improved by 0.22 or more",
              "improved_0375": "HAQ-DI improved by 0.375 or more", "worsened_022": "HAQ-DI worsened by 0.22 or more"}  # fmt: skip

_CRITERIA = {"boolean_2": "Boolean remission 2.0 (2022)", "boolean_1": "Boolean remission 1.0 (2011)",
             "sdai_remission": "SDAI remission (3.3 or below)", "cdai_remission": "CDAI remission (2.8 or below)",
             "acr20": "ACR20 (28-joint)", "acr50": "ACR50 (28-joint)", "acr70": "ACR70 (28-joint)"}  # fmt: skip


def tabulate_states(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """States of disease activity at each visit, among the evaluated and of everyone."""
    return _shares(
        results,
        plan,
        plan.visits,
        "STATE",
        _STATES,
        "states",
        "State of disease activity by DAS28 at each visit.",
        "No DAS28 was supplied: states of disease activity cannot be given.",
    )


def tabulate_responses(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """EULAR response and important change of HAQ-DI at each follow-up visit, among the evaluated and of everyone."""
    return _shares(
        results,
        plan,
        plan.follow_ups,
        ["EULAR", "HAQ"],
        _RESPONSES,
        "responses",
        "Response at each follow-up visit.",
        "Neither DAS28 nor HAQ-DI was supplied: response cannot be given.",
        _lundex(results, plan),
    )


def _lundex(results: pd.DataFrame, plan: Plan) -> str:
    """The share still seen times the share of responders; empty where there is none."""
    rows = select_results(results, statistic="lundex").dropna(subset="value")
    said = [f"{number(100 * row['value'], 1)} % at {visit.label}" for visit in plan.follow_ups
            for _, row in select_results(rows, AVISIT=visit.AVISIT).iterrows()]  # fmt: skip
    what = "LUNDEX (the share seen at the visit times the share of the evaluated with a good or moderate EULAR response)"
    return f" {what}: {', '.join(said)} (n = {number(rows['n'].max())})." if said else ""


_CORRELATES = {"AGE": "Age", "DISDUR": "Disease duration", "HAQDI": "HAQ-DI at baseline", "CRP": "CRP at baseline", "SEX": "Sex",
               "RF": "Rheumatoid factor at baseline", "ACCP": "Anti-CCP at baseline", "ESCALATED": "Co-treatment"}  # fmt: skip


def tabulate_correlates(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """How the change of DAS28 differs by each characteristic, one at a time."""
    rows = select_results(results, statistic="correlate")
    if rows.empty:
        return absent("Too few patients, or too little known of them, to look for what goes with a larger change.")
    lines = [{"Characteristic": _CORRELATES[row["category"]], "Difference": row["note"].rstrip("."), "Patients": number(row["n"]),
              f"Points of DAS28 {level_shown(plan)}": with_interval(row, 2), "p": p_cell(row["p_value"]),
              "adjusted p": p_cell(row["p_adjusted"])} for _, row in rows.iterrows()]  # fmt: skip
    note = (
        "One regression for each line: the change on the characteristic at the same baseline DAS28, interval by HC3 (the spread "
        "need not be equal). Below zero: a larger fall. Adjusted p: Benjamini and Hochberg over the lines. Exploratory: no line "
        "says whom to treat. Left out is a characteristic, escalated co-treatment too, with fewer than five patients on one side."
    )
    visit = next(v.label for v in plan.follow_ups if plan.primary_visit == v.AVISIT)
    caption = f"Change of DAS28 to {visit} by characteristic, complete pairs."
    return table(pd.DataFrame(lines), "correlates", caption, note, plan.synthetic)


def tabulate_criteria(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """Boolean and index remission at each visit, and the ACR response at each follow-up visit."""
    return _shares(
        results,
        plan,
        plan.visits,
        "CRITERION",
        _CRITERIA,
        "criteria",
        "Remission and response by criteria that join several measurements.",
        "Boolean remission, CDAI, SDAI and the ACR response need measurements that this cohort does not have.",
        " Evaluated: every component was measured; of everyone, who reaches it for certain without one counts too.",
    )


def _shares(
    results: pd.DataFrame,
    plan: Plan,
    visits: tuple[Visit, ...],
    by: Any,
    names: dict[str, str],
    name: str,
    caption: str,
    nothing: str,
    besides: str = "",
) -> Table | Absence:
    rows = select_results(results, statistic="proportion", by=by, category=list(names))
    lines = [
        {"Category": names[category], "Visit": visit.label, "Evaluated": _share(at, "clopper_pearson", plan),
         "Everyone, unevaluated as not reached": _share(at, "clopper_pearson_nri", plan)}
        for category in names for visit in visits
        for at in [select_results(rows, category=category, AVISIT=visit.AVISIT)] if len(at)
    ]  # fmt: skip
    if not lines:
        return absent(nothing)
    note = "Exact (Clopper-Pearson) intervals. Everyone: the efficacy population, given for good outcomes only."
    return table(pd.DataFrame(lines), name, caption, note + besides, plan.synthetic, groups="Category")


def _share(rows: pd.DataFrame, method: str, plan: Plan) -> str:
    row = pick_result(rows, method=method)
    return "–" if row is None else proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)
