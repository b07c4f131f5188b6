"""Response and state: EULAR response, states of disease activity, and the minimal important change of HAQ.

Every proportion is given twice: among patients who were evaluated (`clopper_pearson`), and of the whole efficacy population with
the unevaluated counted as non-responders (`clopper_pearson_nri`). Dichotomies are secondary: they lose what the change keeps.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.columns import at_most
from racohort.endpoints import visit_table
from racohort.intervals import wilson
from racohort.plan import Plan
from racohort.results import as_results
from racohort.scores import das28_state, eular_response, haq_response, lundex
from racohort.summaries import members, proportion_row

Row = dict[str, Any]

#: States of disease activity, best first, and what is shown where there is no score.
STATES = ("remission", "low", "moderate", "high", "missing")
#: EULAR response, best first.
RESPONSES = ("good", "moderate", "none", "missing")
#: What counts as an important change of HAQ-DI: the usual 0.22 and, as sensitivity, 0.375 (Ward 2014).
HAQ_MCIDS = {"022": 0.22, "0375": 0.375}
#: Good outcomes: what the unevaluated are counted as not having reached.
FAVOURABLE = ("remission", "low_or_remission", "good", "good_or_moderate", "improved_022", "improved_0375", "normal",
              "boolean_2", "boolean_1", "sdai_remission", "cdai_remission", "acr20", "acr50", "acr70")  # fmt: skip


def derive_states(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, cutoffs: str = "esr") -> pd.DataFrame:
    """State of disease activity by the cohort's DAS28: efficacy population by visits; `missing` without a score."""
    wide = visit_table(values, plan.das28, plan).reindex(members(adsl, "efficacy"))
    return wide.apply(lambda score: pd.Series(das28_state(score.to_numpy(), cutoffs), wide.index)).replace("", "missing")


def derive_responses(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """EULAR response by the cohort's DAS28: efficacy population by follow-up visits; `missing` without both scores."""
    wide = visit_table(values, plan.das28, plan).reindex(members(adsl, "efficacy"))
    base = wide[plan.baseline.AVISIT]
    follow_ups = wide[[visit.AVISIT for visit in plan.follow_ups]]
    return follow_ups.apply(lambda score: pd.Series(eular_response(base, score), wide.index)).replace("", "missing")


def estimate_states(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How many patients are in which state of disease activity at each visit.

    Returns
    -------
    Result rows of the cohort's DAS28, by STATE: `count` of each state and of `missing` in the population (method
    `population`), and `proportion` of each state and of `low_or_remission` (3.2 or below) by `clopper_pearson`, `wilson` and,
    for the good ones, `clopper_pearson_nri`. For a DAS28-CRP the lower cut-offs that match it are given too, by
    STATE_CRP_ALT. By HAQ: `normal` function (HAQ-DI 0.5 or below). Parts whose score the cohort does not have are left out.
    """
    there = set(values["PARAMCD"].unique())
    rows = list(_das28_rows(values, adsl, plan)) if plan.das28 in there else []
    rows += list(_normal_rows(values, adsl, plan)) if "HAQDI" in there else []
    return as_results(rows)


def _das28_rows(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    schemes = {"STATE": "esr"} | ({"STATE_CRP_ALT": "crp_alt"} if plan.das28 in ("DAS28CRP", "DAS28C3") else {})
    for by, cutoffs in schemes.items():
        states = derive_states(values, adsl, plan, cutoffs)
        for AVISIT in states:
            common = _common(plan.das28, "efficacy.estimate_states") | {"AVISIT": AVISIT}
            yield from (common | row for row in _state_rows(states[AVISIT], by, plan.level))


def _normal_rows(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    wide = visit_table(values, "HAQDI", plan).reindex(members(adsl, "efficacy"))
    for AVISIT in wide:
        normal = pd.Series(at_most(wide[AVISIT].to_numpy(), 0.5), wide.index)
        common = _common("HAQDI", "efficacy.estimate_states") | {"AVISIT": AVISIT}
        rows = share_rows(normal, wide[AVISIT].notna(), plan.level, by="HAQ", category="normal")
        yield from (common | row for row in rows)


def _common(code: str, function: str) -> Row:
    return {"section": "efficacy", "population": "efficacy", "PARAMCD": code, "function": function}


def _state_rows(states: pd.Series, by: str, level: float) -> Iterator[Row]:
    yield from _count_rows(states, by, STATES)
    for category in ("remission", "low", "moderate", "high", "low_or_remission"):
        wanted = ("remission", "low") if category == "low_or_remission" else (category,)
        yield from share_rows(states.isin(wanted), states != "missing", level, by=by, category=category)


def _count_rows(states: pd.Series, by: str, categories: tuple[str, ...]) -> Iterator[Row]:
    for category in categories:
        count = int((states == category).sum())
        yield {"statistic": "count", "method": "population", "by": by, "category": category, "count": count, "n": len(states),
               "value": float(count)}  # fmt: skip


def share_rows(yes: pd.Series, evaluated: pd.Series, level: float, **parts: Any) -> Iterator[Row]:
    """One proportion among the evaluated, with exact and Wilson intervals, and for a good outcome one of everybody."""
    count, n, everybody = int((yes & evaluated).sum()), int(evaluated.sum()), len(yes)
    missing = {"n_missing": everybody - n}
    exact = proportion_row(count, n, level, **parts)
    lower, upper = wilson(count, n, level)
    yield exact | missing
    yield exact | missing | {"method": "wilson", "lower": lower, "upper": upper}
    if parts["category"] in FAVOURABLE:
        yield proportion_row(count, everybody, level, **parts) | {"method": "clopper_pearson_nri", "n_missing": 0}


def estimate_responses(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Proportions of EULAR response and of important change in HAQ-DI at each follow-up visit.

    Returns
    -------
    By EULAR: `count` of good, moderate, none and missing, and `proportion` of each and of `good_or_moderate`; `lundex`,
    retention times responders among the evaluated. By HAQ: `improved_022`, `worsened_022`, `improved_0375`, `worsened_0375`.
    Methods as in `estimate_states`, contrast `Y1-BL`. Parts whose score the cohort does not have are left out.
    """
    there = set(values["PARAMCD"].unique())
    rows = list(_eular_rows(values, adsl, plan)) if plan.das28 in there else []
    rows += list(_haq_rows(values, adsl, plan)) if "HAQDI" in there else []
    return as_results(rows)


def _eular_rows(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    responses = derive_responses(values, adsl, plan)
    for visit in plan.follow_ups:
        common = _common(plan.das28, "efficacy.estimate_responses") | {
            "AVISIT": visit.AVISIT,
            "contrast": plan.contrast(visit.AVISIT),
        }
        response = responses[visit.AVISIT]
        rows = list(_count_rows(response, "EULAR", RESPONSES))
        for category in ("good", "moderate", "none", "good_or_moderate"):
            wanted = ("good", "moderate") if category == "good_or_moderate" else (category,)
            rows += share_rows(response.isin(wanted), response != "missing", plan.level, by="EULAR", category=category)
        retained = int((adsl.set_index("USUBJID").reindex(responses.index)[visit.flag] == "Y").sum())
        yield from (common | row for row in [*rows, _lundex_row(response, retained)])


def _lundex_row(response: pd.Series, retained: int) -> Row:
    """Retention times the share of good or moderate responders among the evaluated; no interval is given (D13)."""
    evaluated, started = int((response != "missing").sum()), len(response)
    responders = int(response.isin(("good", "moderate")).sum())
    value = lundex(started, retained, responders / evaluated * retained) if evaluated and started else np.nan
    note = f"{retained} of {started} seen at the visit; {responders} of {evaluated} evaluated responded."
    return {"statistic": "lundex", "method": "lundex", "by": "EULAR", "category": "good_or_moderate", "value": value,
            "n": started, "note": note}  # fmt: skip


def _haq_rows(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    wide = visit_table(values, "HAQDI", plan).reindex(members(adsl, "efficacy"))
    base = wide[plan.baseline.AVISIT]
    common = _common("HAQDI", "efficacy.estimate_responses")
    for visit in plan.follow_ups:
        for name, mcid in HAQ_MCIDS.items():
            found = pd.Series(haq_response(base, wide[visit.AVISIT], mcid), wide.index)
            place = common | {"AVISIT": visit.AVISIT, "contrast": plan.contrast(visit.AVISIT)}
            for way in ("improved", "worsened"):
                rows = share_rows(found == way, found != "", plan.level, by="HAQ", category=f"{way}_{name}")
                yield from (place | row for row in rows)


def derive_changes(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Each patient's change of DAS28 and EULAR response at each follow-up visit, for drawing.

    Returns
    -------
    USUBJID, AVISIT, CHG (follow-up minus baseline, NaN without both), response (`missing` without both): every patient of the
    efficacy population at every follow-up visit, in the order of CHG. Empty without a DAS28.
    """
    if plan.das28 not in set(values["PARAMCD"].unique()):
        return pd.DataFrame(columns=["USUBJID", "AVISIT", "CHG", "response"])
    wide = visit_table(values, plan.das28, plan).reindex(members(adsl, "efficacy")).rename_axis("USUBJID")
    responses = derive_responses(values, adsl, plan).rename_axis("USUBJID")
    change = wide[responses.columns].sub(wide[plan.baseline.AVISIT], axis=0)
    frames = [
        pd.DataFrame({"AVISIT": visit, "CHG": change[visit], "response": responses[visit]}).reset_index() for visit in responses
    ]
    return pd.concat(frames, ignore_index=True).sort_values(["AVISIT", "CHG"], kind="stable", ignore_index=True)
