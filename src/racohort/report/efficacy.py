"""The sentences of the section on efficacy. They say what changed and by how much, never what made it change."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from racohort.endpoints import Endpoint, model_row
from racohort.formats import (
    capitalised,
    count,
    how_many,
    interval,
    is_missing,
    listed,
    number,
    p_value,
    percent,
    proportion,
    signed,
    told_digits,
)
from racohort.labels import within_sentence
from racohort.plan import Plan, Visit
from racohort.report.responders import of_both
from racohort.report.text import Sentence, Text, absent, points, quote, say
from racohort.results import pick_result, select_results

Endpoints = tuple[Endpoint, ...]


def say_endpoints(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """Which endpoints there are, which are primary, and which form of the DAS28 it is."""
    if not endpoints:
        return absent("This cohort has no efficacy measurement, so that nothing can be said about benefit.")
    primary = [within_sentence(endpoint.label) for endpoint in endpoints if endpoint.role == "primary"]
    visit = next(v.label for v in plan.visits if plan.primary_visit == v.AVISIT)
    first = f"Primary are {listed(primary)} at {visit}" if primary else "None of the planned primary endpoints was supplied"
    unknown = "The form of the DAS28 that was supplied is not known: its cut-offs are read as those of DAS28-ESR."
    return say(
        f"This cohort has {count(len(endpoints), 'efficacy parameter')}. {first}.", unknown if plan.das28 == "DAS28" else ""
    )


def say_changes(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """The change of each primary endpoint at each follow-up visit: in pairs, by the mixed model, and after adjustment."""
    said = [one for e in endpoints if e.role == "primary" for one in _course(results, e, plan, _primary)]
    return points(*said) if said else absent("This cohort has no primary endpoint.")


def say_biomarkers(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """The change of each biomarker at each follow-up visit, on its own scale, adjusted within the exploratory family."""
    said = [one for e in endpoints if e.role == "biomarker" for one in _course(results, e, plan, _exploratory)]
    return points(*said) if said else absent("ESR, CRP, rheumatoid factor and anti-CCP were not supplied.")


def say_secondary(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """The change of the other scores at the primary visit; they belong to no family of tests."""
    visit = next(v for v in plan.visits if plan.primary_visit == v.AVISIT)
    said = [_exploratory(results, e, visit) for e in endpoints if e.role in ("secondary", "component")]
    return points(*said) if said else absent("No further score was supplied.")


def conclusion_of(row: pd.Series | None, e: Endpoint) -> str:
    """The words that a conclusion row earns: what was seen, or that there is no evidence of it.

    >>> from racohort.endpoints import Endpoint, model_row
    >>> conclusion_of(pd.Series({"value_text": "no evidence"}), Endpoint("CRP", "CRP", "mg/L", "log", "lower", 1, "biomarker"))
    'no evidence of a change'
    """
    worse = f"worse than at baseline ({'higher' if e.direction == 'lower' else 'lower'})"
    better = f"{'lower' if e.direction == 'lower' else 'higher'} than at baseline"
    words = {"improved": better, "worsened": worse, "fell": "lower than at baseline", "rose": "higher than at baseline",
             "no evidence": "no evidence of a change",
             "no evidence after adjustment": "no evidence of a change after adjustment for multiple tests"}  # fmt: skip
    return "not estimable" if row is None else words.get(row["value_text"], "not estimable")


def _row(results: pd.DataFrame, e: Endpoint, visit: Visit, statistic: str, *methods: str) -> pd.Series | None:
    return pick_result(
        results, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, statistic=statistic, **({"method": methods[0]} if methods else {})
    )


def _numbers(row: pd.Series, digits: int, unit: str = "", after: str = "") -> str:
    """Estimate, interval, n and p in one bracket, with the adjusted p where there is one."""
    adjusted = f"; adjusted {p_value(row['p_adjusted'])}" if pd.notna(row["p_adjusted"]) else after
    digits = told_digits(row["value"], row["lower"], row["upper"], digits)
    shown = " ".join(part for part in (number(row["value"], digits), unit) if part)
    limits = interval(row["lower"], row["upper"], digits, row["level"])
    return f"{shown} ({limits}; n = {number(row['n'])}; {p_value(row['p_value'])}{adjusted})"


def _lead(concluded: pd.Series, e: Endpoint, visit: Visit) -> str:
    """What comes before the numbers: the conclusion, and what the numbers are."""
    what, to = ("ratio to baseline", f"at {visit.label}") if e.log else ("mean change from baseline", f"to {visit.label}")
    words = conclusion_of(concluded, e)
    if words.startswith("no evidence"):
        return f"{e.label}, {what} {to}, {words}:"
    return f"{e.label}: {words}, {what} {to}"


def _course(
    results: pd.DataFrame, e: Endpoint, plan: Plan, tell: Callable[[pd.DataFrame, Endpoint, Visit], Sentence]
) -> list[Sentence]:  # fmt: skip
    """What is told of an endpoint visit by visit; visits at which nobody was measured are told together."""
    gone = [visit for visit in plan.follow_ups if (pairs := _pairs(results, e, visit)) is None or not pairs["n"]]
    if len(gone) < 2:
        return [tell(results, e, visit) for visit in plan.follow_ups]
    visits = listed([visit.label for visit in gone])
    none = Sentence(f"{e.label}: nobody was measured both at baseline and at {visits}; no change can be estimated.")
    return [*(tell(results, e, visit) for visit in plan.follow_ups if visit not in gone), none]


def _primary(results: pd.DataFrame, e: Endpoint, visit: Visit) -> Sentence:
    concluded, pairs = _row(results, e, visit, "conclusion"), _pairs(results, e, visit)
    if pairs is None or concluded is None or concluded["value_text"] == "not estimable":
        return _not_estimable(e, visit, pairs)
    model = model_row(results, e.PARAMCD, visit.AVISIT, "mmrm_gmr" if e.log else "mmrm_change")
    digits = e.estimate_digits
    text = f"{_lead(concluded, e, visit)} {_numbers(pairs, digits, '' if e.log else e.shown_unit)}"
    if model is None or pd.isna(model["value"]):
        return quote(f"{text}; no mixed model could be fitted.", pairs["result_id"])
    return quote(f"{text}; by the mixed model {_numbers(model, digits)}.", pairs["result_id"], model["result_id"])


def _pairs(results: pd.DataFrame, e: Endpoint, visit: Visit) -> pd.Series | None:
    return _row(results, e, visit, *(("gmr", "paired_t_log") if e.log else ("mean_change", "paired_t")))


def _not_estimable(e: Endpoint, visit: Visit, pairs: pd.Series | None) -> Sentence:
    n = 0 if pairs is None else pairs["n"]
    return Sentence(
        f"{e.label}, baseline to {visit.label}: {count(n, 'patient')} measured at both visits; a change cannot be estimated."
    )


def _exploratory(results: pd.DataFrame, e: Endpoint, visit: Visit) -> Sentence:
    concluded, pairs = _row(results, e, visit, "conclusion"), _pairs(results, e, visit)
    if pairs is None or concluded is None or concluded["value_text"] == "not estimable":
        return _not_estimable(e, visit, pairs)
    numbers = _numbers(pairs, e.estimate_digits, "" if e.log else e.shown_unit, ", not adjusted")
    return quote(f"{_lead(concluded, e, visit)} {numbers}.", pairs["result_id"])


def say_families(results: pd.DataFrame, plan: Plan) -> Text:
    """What unadjusted testing of every endpoint would have done, beside the plan."""
    rows = select_results(results, statistic=["tests", "familywise_risk"]).set_index("method")
    if rows.empty:
        return absent("Nothing could be tested: too few patients were measured twice.")
    n = int(rows["n"].iloc[0])
    below = {method: how_many(rows["count"][method]) for method in ("unadjusted", "holm_all", "plan")}
    ids = rows["result_id"].tolist()
    return say(
        quote(f"Testing every endpoint at every visit by itself, {below['unadjusted']} of {n} tests "
              f"{'falls' if below['unadjusted'] == '1' else 'fall'} at or below {plan.alpha:g}; with Holm's adjustment over all "
              f"of them {below['holm_all']} {'does' if below['holm_all'] == '1' else 'do'}, and by the families of the plan "
              f"{below['plan']}.", *ids),
        quote(f"If nothing had changed at all, at least one of {n} independent tests would still do so with probability "
              f"{percent(rows['value']['independent'], 0)}.", ids[-1]),
        "Family C is exploratory: its adjustment holds the share of false findings among those reported, not the chance of any."
        if "C" in set(results["family"]) else "",
    )  # fmt: skip


def say_overall(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """The tests over all visits together, and why nothing is concluded from them."""
    said = [_overall(results, e) for e in endpoints if e.role == "primary"]
    shown = [sentence for sentence in said if sentence is not None]
    if not shown:
        return absent(
            "With two visits, or without patients seen at every visit, there is nothing to compare over all visits together."
        )
    return say(
        *shown,
        "Such a test asks only whether some visit differs from some other, in either direction, in the patients who missed "
        "none; it is no evidence of improvement, and the plan concludes nothing from it.",
    )


def _overall(results: pd.DataFrame, e: Endpoint) -> Sentence | None:
    friedman = pick_result(results, PARAMCD=e.PARAMCD, statistic="friedman")
    anova = pick_result(results, PARAMCD=e.PARAMCD, statistic="rm_anova", method="greenhouse_geisser")
    if friedman is None or anova is None or not friedman["n"] > 1:
        return None
    return quote(
        f"{e.label}, {count(friedman['n'], 'patient')} seen at every visit ({number(friedman['n_missing'])} left out): "
        f"Friedman {p_value(friedman['p_value'])}, repeated-measures analysis of variance with Greenhouse-Geisser "
        f"correction {p_value(anova['p_value'])}.",
        friedman["result_id"],
        anova["result_id"],
    )


def say_states(results: pd.DataFrame, plan: Plan) -> Text:
    """Remission at baseline and at each follow-up visit, and its change in the same patients."""
    at = [pick_result(results, statistic="proportion", method="clopper_pearson", by="STATE", category="remission",
        AVISIT=v.AVISIT)
          for v in plan.visits]  # fmt: skip
    shown = [f"{_of(row, plan)} at {visit.label}" for row, visit in zip(at, plan.visits, strict=True) if row is not None]
    if not shown:
        return absent("No DAS28 was supplied: states of disease activity cannot be given.")
    ids = [row["result_id"] for row in at if row is not None]
    first = quote(f"In remission (DAS28 below 2.6), of those evaluated: {listed(shown)}.", *ids)
    return say(first, *(_difference(results, visit) for visit in plan.follow_ups), _over_visits(results))


def _of(row: pd.Series, plan: Plan) -> str:
    return proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)


def _difference(results: pd.DataFrame, visit: Visit) -> str | Sentence:
    parts = {"AVISIT": visit.AVISIT, "by": "STATE", "category": "remission"}
    change, test = (pick_result(results, statistic=s, method=m, **parts) for s, m in
                    (("difference", "newcombe_paired"), ("mcnemar", "mcnemar_midp")))  # fmt: skip
    if change is None or test is None or not change["n"] or is_missing(change["value"]):
        return ""
    limits = interval(100 * change["lower"], 100 * change["upper"], 1, change["level"])
    return quote(
        f"Measured at both baseline and {visit.label}, {signed(100 * change['value'], 1)} percentage points ({limits}; n = "
        f"{number(change['n'])}; McNemar mid-{p_value(test['p_value'])}, not adjusted): {within_sentence(change['note'])}",
        change["result_id"],
        test["result_id"],
    )


def _over_visits(results: pd.DataFrame) -> str | Sentence:
    """Whether the share in remission was the same at all visits; nothing for two visits, or where that is hidden."""
    row = pick_result(results, statistic="cochran_q", by="STATE", category="remission")
    if row is None or is_missing(row["p_value"]):
        return ""
    return quote(
        f"Over all visits, of the {number(row['n'])} patients evaluated at each: Cochran's Q {number(row['value'], 1)}, "
        f"{p_value(row['p_value'])}, not adjusted; it asks only whether any visit differs from another.",
        row["result_id"],
    )


def say_responses(results: pd.DataFrame, plan: Plan) -> Text:
    """EULAR response and important change of HAQ-DI, among the evaluated and of everyone."""
    said = [sentence for visit in plan.follow_ups for sentence in _responses(results, visit, plan)]
    if not said:
        return absent("Neither DAS28 nor HAQ-DI was supplied: response cannot be given.")
    caution = Sentence("Counting responders says how many were better than at baseline by a rule; without a control group it "
                       "does not say "
                       "how many would have been so anyway, and some worsen by the same measure.")  # fmt: skip
    return points(*said, caution)


def _responses(results: pd.DataFrame, visit: Visit, plan: Plan) -> list[Sentence]:
    wanted = {
        "EULAR good or moderate response": ("good_or_moderate", None),
        "HAQ-DI improved by 0.22 or more": ("improved_022", "worsened_022"),
    }
    said = []
    for label, (category, opposite) in wanted.items():
        rows = select_results(results, statistic="proportion", AVISIT=visit.AVISIT, by=["EULAR", "HAQ"])
        exact, nri, worse = (pick_result(rows, category=c or "", method=m) for c, m in
                             ((category, "clopper_pearson"), (category, "clopper_pearson_nri"), (opposite,
                                 "clopper_pearson")))  # fmt: skip
        if exact is not None and nri is not None and exact["n"]:
            said.append(_response(label, visit, exact, nri, worse, plan))
    return said


def _response(label: str, visit: Visit, exact: pd.Series, nri: pd.Series, worse: Any, plan: Plan) -> Sentence:
    also = "" if worse is None else f"; worsened by as much: {_of(worse, plan)}"
    ids = [row["result_id"] for row in (exact, nri, worse) if row is not None]
    return quote(f"{capitalised(label)} at {visit.label}: {of_both(exact, nri, plan)}{also}.", *ids)
