"""The sentences about criteria that join several measurements, and about what goes with a larger change."""

import pandas as pd

from racohort.formats import capitalised, count, interval, listed, number, p_value, proportion, sizes
from racohort.plan import Plan, Visit
from racohort.report.text import Sentence, Text, absent, points, quote, say
from racohort.results import pick_result, select_results

CRITERIA = {"boolean_2": "Boolean remission 2.0", "sdai_remission": "SDAI remission", "acr20": "ACR20 (28-joint)",
            "acr50": "ACR50 (28-joint)"}  # fmt: skip
CORRELATES = {"AGE": "age", "DISDUR": "disease duration", "HAQDI": "HAQ-DI", "CRP": "CRP", "SEX": "sex",
              "RF": "rheumatoid factor", "ACCP": "anti-CCP", "ESCALATED": "escalated co-treatment"}  # fmt: skip
#: A correlation of this size is called moderate (Cohen 1988); a cohort that would miss it is said to show little.
MODERATE = 0.3


def say_criteria(results: pd.DataFrame, plan: Plan) -> Text:
    """Boolean and SDAI remission and the ACR response at the primary visit, among the evaluated and of everyone."""
    visit = next(v for v in plan.follow_ups if plan.primary_visit == v.AVISIT)
    rows = select_results(results, by="CRITERION", AVISIT=visit.AVISIT)
    said = [_criterion(select_results(rows, category=name), label, visit, plan) for name, label in CRITERIA.items()]
    shown = [sentence for sentence in said if sentence is not None]
    return points(*shown) if shown else absent(
        "Boolean remission, SDAI and the ACR response need measurements that this cohort does not have.")  # fmt: skip


def _criterion(rows: pd.DataFrame, label: str, visit: Visit, plan: Plan) -> Sentence | None:
    exact, everyone = (pick_result(rows, method=m) for m in ("clopper_pearson", "clopper_pearson_nri"))
    if exact is None or everyone is None or not exact["n"]:
        return None
    certain = "; some reach it for certain without a component" if float(everyone["count"]) > float(exact["count"]) else ""
    text = f"{label} at {visit.label}: {of_both(exact, everyone, plan)}{certain}."
    return quote(text, exact["result_id"], everyone["result_id"])


def of_both(exact: pd.Series, everyone: pd.Series, plan: Plan) -> str:
    """A share of those evaluated, and of everyone with the unevaluated counted as not reached."""
    named = ((exact, "evaluated"), (everyone, "in all"))
    return ", ".join(proportion(r["count"], r["n"], r["lower"], r["upper"], plan.level, noun=noun) for r, noun in named)


def say_correlates(results: pd.DataFrame, plan: Plan) -> Text:
    """Whether any characteristic goes with a larger change, and what so many patients can show."""
    rows = select_results(results, statistic="correlate").dropna(subset="p_value")
    reach = pick_result(results, statistic="detectable_correlation")
    if rows.empty or reach is None:
        return absent("So nothing can be said of who changed more than others.")
    kept = rows[rows["p_adjusted"] <= plan.alpha]
    names = listed([CORRELATES[name] for name in rows["category"]])
    many = f"{count(len(rows), 'characteristic')} ({names})"
    some = f"None of {many} goes" if kept.empty else f"Of {many}, {number(len(kept))} {'goes' if len(kept) == 1 else 'go'}"
    first = f"{some} with the change of DAS28 after adjustment over all of them"
    least = rows.sort_values("p_value").iloc[0]
    return say(
        quote(f"{first} ({sizes(rows['n'].min(), rows['n'].max())}).", *rows["result_id"]),
        quote(f"The strongest is {CORRELATES[least['category']]}: {number(least['value'], 2)} points "
              f"({interval(least['lower'], least['upper'], 2, least['level'])}; n = {number(least['n'])}; "
              f"{p_value(least['p_value'])}; adjusted {p_value(least['p_adjusted'])}).", least["result_id"]),
        _said_of_reach(reach),
    )  # fmt: skip


def _said_of_reach(reach: pd.Series) -> Sentence:
    """Which correlation the number of patients shows; that they are few is said where a moderate one would be missed."""
    shown = f"a correlation of {number(reach['value'], 2)} or more would be seen 8 times in 10"
    n = f"with n = {number(reach['n'])}"
    few = f"So few patients show little: {n} only {shown}, so that what is not seen here may well be there."
    enough = f"{capitalised(n)} {shown}; a weaker one may be there and not be seen."
    return quote(few if reach["value"] > MODERATE else enough, reach["result_id"])
