"""The sentences of the further checks: censored and imputed values, posteriors, co-treatment, controls, specifications."""

import pandas as pd

from racohort.endpoints import Endpoint
from racohort.formats import count, how_many, interval, listed, number, p_value, percent, sizes, told_digits
from racohort.labels import within_sentence
from racohort.plan import Plan, Visit
from racohort.report.phrases import named
from racohort.report.text import Sentence, Text, absent, points, quote, say
from racohort.results import pick_result, select_results

Endpoints = tuple[Endpoint, ...]


def say_censored(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """What the values beyond a limit call for at the primary visit, and the rank test that needs no substitute."""
    rows = select_results(results, function="efficacy.estimate_censored", AVISIT=plan.primary_visit)
    said = [_censored(select_results(rows, PARAMCD=e.PARAMCD), e) for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])]
    return points(*said) if said else absent("No marker with assay limits was supplied.")


def _censored(rows: pd.DataFrame, e: Endpoint) -> Sentence:
    route, test, ratio = (pick_result(rows, statistic=name) for name in ("censored_route", "w", "censored_gmr"))
    if route is None or test is None or not route["n"]:
        return Sentence(f"{e.label}: nobody was measured at both visits.")
    first = (
        f"{e.label}: at most {percent(route['value'])} of the values of {count(test['n'], 'pair')} lie beyond a limit at either "
        f"visit, which calls for {route['value_text']}"
    )
    known = "" if ratio is None or pd.isna(ratio["value"]) else (
        f"; by a likelihood that knows the limits the ratio to baseline is {number(ratio['value'], 2)} "
        f"({interval(ratio['lower'], ratio['upper'], 2, ratio['level'])}; n = {number(ratio['n'])}, {number(ratio['count'])} of "
        f"them with such a value; {p_value(ratio['p_value'])}, not adjusted)")  # fmt: skip
    ids = [row["result_id"] for row in (route, test, ratio) if row is not None]
    return quote(
        f"{first}{known}; Wilcoxon's test with censored values tied: n = {number(test['n'])}, {p_value(test['p_value'])}, not "
        "adjusted.",
        *ids,
    )


def say_imputed(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """The imputed change of each primary endpoint at the primary and the last visit, and where it tips."""
    rows = select_results(results, method="multiple_imputation")
    said = [_imputed(select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT), e, visit)
            for e in endpoints if e.role == "primary" and e.PARAMCD in set(rows["PARAMCD"])
            for visit in plan.follow_ups if visit.AVISIT in (plan.primary_visit, plan.visits[-1].AVISIT)]  # fmt: skip
    return points(*said) if said else absent("Too few values for multiple imputation: it was not done.")


def _imputed(rows: pd.DataFrame, e: Endpoint, visit: Visit) -> Sentence:
    row = select_results(rows, statistic=["mean_change", "gmr"]).iloc[0]
    tip = pick_result(rows, statistic="tipping_point")
    digits = told_digits(row["value"], row["lower"], row["upper"], e.estimate_digits)
    limits = interval(row["lower"], row["upper"], digits, row["level"])
    told = "" if tip is None or pd.isna(tip["value"]) else _turns(tip["value"], e)
    ids = [row["result_id"], *([] if tip is None else [tip["result_id"]])]
    return quote(
        f"{e.label} at {visit.label}, imputed: {number(row['value'], digits)} ({limits}; n = {number(row['n'])}, of "
        f"whom {number(row['n_missing'])} without the pair; {p_value(row['p_value'])}, not adjusted){told}.",
        *ids,
    )


def _turns(delta: float, e: Endpoint) -> str:
    way = "worse" if delta > 0 else "better"
    change = "reaches" if delta > 0 else "excludes"
    return f"; the interval {change} no change once the imputed are {number(abs(delta), e.mean_digits)} {way}"


def say_posteriors(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """The probability of a change beyond the important ones under both priors, at the primary visit."""
    rows = select_results(results, statistic="posterior_probability")
    said = [_posterior(select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT), e, visit)
            for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])
            for visit in plan.follow_ups if plan.primary_visit == visit.AVISIT]  # fmt: skip
    kept = [sentence for sentence in said if sentence.text]
    caution = Sentence("These are probabilities of a change of that size, whatever brought it about.")
    return points(*kept, caution) if kept else absent("No posterior could be computed.")


def _posterior(rows: pd.DataFrame, e: Endpoint, visit: Visit) -> Sentence:
    names = {"weak_prior": "a weak prior", "sceptical_prior": "a sceptical prior"}
    told, ids = [], []
    for method, name in names.items():
        mine = select_results(rows, method=method)
        if len(mine) == 3:
            smaller, larger = mine.iloc[1], mine.iloc[2]
            told.append(f"under {name} {percent(smaller['value'])} beyond {smaller['category']} and {percent(larger['value'])} "
                        f"beyond {larger['category']}")  # fmt: skip
            ids += [smaller["result_id"], larger["result_id"]]
    n = f" (n = {number(rows['n'].iloc[0])})" if told else ""
    text = f"{e.label} at {visit.label}, probability of an improvement: {'; '.join(told)}{n}."
    return quote(text, *ids) if told else Sentence("")


def say_cotreatment(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """How many were escalated, and the primary change without them."""
    risen = pick_result(results, by="ESCALATED", category="any")
    if risen is None:
        return absent("No co-medication was supplied: a change of background treatment cannot be told from anything else.")
    first = quote(
        f"{number(risen['count'])} of {number(risen['n'])} patients ({percent(risen['value'] / risen['n'])}) had background "
        "treatment started or raised after baseline.",
        risen["result_id"],
    )
    rows = select_results(results, method="without_escalators").dropna(subset="lower")
    said = [_without(select_results(rows, PARAMCD=e.PARAMCD), e, plan) for e in endpoints if e.role == "primary"]
    return points(first, *said)


def _without(rows: pd.DataFrame, e: Endpoint, plan: Plan) -> Sentence:
    """The change of an endpoint at each visit without those who had been escalated by then."""
    visits = {visit.AVISIT: visit.label for visit in plan.follow_ups}
    told = [told_digits(row["value"], row["lower"], row["upper"], e.estimate_digits) for _, row in rows.iterrows()]
    said = [f"{number(row['value'], digits)} at {visits[row['AVISIT']]} ("
            f"{interval(row['lower'], row['upper'], digits, row['level'])}; n = {number(row['n'])}, "
            f"{number(row['count'])} left out)" for digits, (_, row) in zip(told, rows.iterrows(), strict=True)]  # fmt: skip
    return quote(f"{e.label} without the escalated: {listed(said)}.", *rows["result_id"]) if said else Sentence("")


def say_controls(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """How many negative controls stand still, and which do not."""
    rows = select_results(results, statistic="negative_control")
    if rows.empty:
        return absent("No analyte that could serve as a negative control was supplied.")
    names, moved = {visit.AVISIT: visit.label for visit in plan.visits}, rows[rows["value_text"] != "within margin"]
    told = [f"{named(row['PARAMCD'], catalogue)} at {names[row['AVISIT']]} ({row['value_text']})"
            for _, row in moved.iterrows()]  # fmt: skip
    moves = f"not for {listed(told)}" if told else "none moved"
    return say(
        quote(
            f"The whole interval lies within the margin for {number(len(rows) - len(moved))} of {len(rows)} comparisons "
            f"({sizes(rows['n'].min(), rows['n'].max())}); {moves}.",
            *rows["result_id"],
        )
    )


def say_sites(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """Whether any single site overturns a reading."""
    rows = select_results(results, statistic="overturned", method="leave_one_site_out")
    if rows.empty:
        return Text(())
    labels = {e.PARAMCD: within_sentence(e.label) for e in endpoints}
    visits = {visit.AVISIT: visit.label for visit in plan.visits}
    hang = [f"{labels[row['PARAMCD']]} at {visits[row['AVISIT']]} ({number(row['count'])} of {count(row['n'], 'site')})"
             for _, row in rows[rows["count"] > 0].iterrows()]  # fmt: skip
    many = count(len(rows), "change")
    first = f"Of {many}, the reading hangs on single sites for {listed(hang)}." if hang else (
        f"No single site overturns the reading of any of {many} ({count(rows['n'].max(), 'site')}).")  # fmt: skip
    return say(quote(first, *rows["result_id"]))


def say_diagnostics(results: pd.DataFrame, endpoints: Endpoints, plan: Plan, checks: dict[str, str]) -> Text:
    """Which of the diagnostics declared beforehand failed, and for what."""
    rows = select_results(results, statistic="diagnostic")
    rows = rows[rows["value_text"] != "not applicable"]
    if rows.empty:
        return absent("No endpoint was measured twice: there is nothing to diagnose.")
    labels = {e.PARAMCD: within_sentence(e.label) for e in endpoints}
    visits = {visit.AVISIT: visit.label for visit in plan.visits}
    failed = rows[rows["value_text"] == "fail"]
    first = f"{number(len(rows) - len(failed))} of {count(len(rows), 'diagnostic')} passed."
    told = []
    for check, mine in failed.groupby("category", sort=False):
        where = [f"{labels[code]} at {visits[AVISIT]}" for code, AVISIT in zip(mine["PARAMCD"], mine["AVISIT"], strict=True)]
        told.append(f"{checks[str(check)]}: not for {listed(where)}.")
    after = "What failed is counted beside each verdict below." if told else ""
    return points(quote(first, *rows["result_id"]), *told, after)


def say_specifications(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """The range of the specifications of each primary endpoint, and how many exclude no change."""
    rows = select_results(results, statistic="specification").dropna(subset=["value", "lower"])
    said = [_specified(rows, e) for e in endpoints if e.role == "primary"]
    kept = [sentence for sentence in said if sentence.text]
    caution = "They share the same patients, so that their number proves nothing."
    return say(*kept, caution) if kept else absent("No primary endpoint was measured twice: there is nothing to specify.")


def _specified(rows: pd.DataFrame, e: Endpoint) -> Sentence:
    das28 = e.PARAMCD.startswith("DAS28")
    mine = rows[rows["PARAMCD"].str.startswith("DAS28") if das28 else rows["PARAMCD"] == e.PARAMCD]
    if mine.empty:
        return Sentence("")
    low, high = (number(mine["value"].agg(side), e.mean_digits) for side in ("min", "max"))
    below, above = int((mine["upper"] < 0).sum()), int((mine["lower"] > 0).sum())
    return quote(
        f"{e.label}: {count(len(mine), 'specification')} from {low} to {high} "
        f"({sizes(mine['n'].min(), mine['n'].max())}); the whole interval lies below no change in {how_many(below)} and above "
        f"it in {how_many(above)}.",
        *mine["result_id"],
    )
