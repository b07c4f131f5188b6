"""The sentences of the section on robustness: how far each result can be trusted, and what a single arm cannot exclude."""

import pandas as pd

from racohort.endpoints import Endpoint
from racohort.formats import MISSING, count, how_many, interval, listed, number, percent, sizes
from racohort.labels import within_sentence
from racohort.plan import Plan, Visit
from racohort.report.phrases import named
from racohort.report.text import Sentence, Text, absent, points, quote, say
from racohort.results import pick_result, select_results

Endpoints = tuple[Endpoint, ...]

NO_TIP = "No primary endpoint was measured twice, or so few are missing that it is not told: there is no tipping point."


def say_patterns(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """How many patients have every visit."""
    every = "+".join(visit.AVISIT for visit in plan.visits)
    rows = select_results(results, by="VISITS")
    said = [_pattern(rows, e, every) for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])]
    return (
        say(*said) if said else absent("This cohort has no primary endpoint: there is no pattern of missing visits to describe.")
    )


def _pattern(rows: pd.DataFrame, e: Endpoint, every: str) -> Sentence:
    mine = select_results(rows, PARAMCD=e.PARAMCD)
    full, n = pick_result(mine, category=every), mine["n"].iloc[0]
    complete = 0 if full is None else full["count"]
    return quote(
        f"{e.label}: {number(complete)} of {number(n)} patients ({percent(complete / n)}) have a value at every visit.",
        *mine["result_id"],
    )


def say_dropouts(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """The largest difference at baseline between completers and the others."""
    rows = select_results(results, statistic="smd").dropna(subset="value")
    if rows.empty:
        return absent("Too few patients on one side to compare completers and others at baseline.")
    largest = rows.sort_values("value", key=abs).iloc[-1]
    label = named(largest["PARAMCD"], catalogue)
    return say(
        quote(
            f"The largest standardised difference at baseline is {number(largest['value'], 2)} ({label}; others minus "
            f"completers, n = {number(largest['n'])}).",
            largest["result_id"],
        ),
        "What was not measured may differ more: that drop-out is at random is an assumption, not a finding.",
    )


def say_missing_rules(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """How far the rules for the missing move each primary estimate, one point an endpoint."""
    said = [_spread(results, e, plan) for e in endpoints if e.role == "primary"]
    shown = [sentence for sentence in said if sentence is not None]
    return (
        points(*shown) if shown else absent("No primary endpoint was measured twice: rules for the missing cannot be compared.")
    )


def _spread(results: pd.DataFrame, e: Endpoint, plan: Plan) -> Sentence | None:
    functions = ["robustness.compare_missing_rules", "robustness.impute_changes"]
    rows = select_results(results, function=functions, statistic=["mean_change", "gmr"], PARAMCD=e.PARAMCD)
    rows = rows.dropna(subset="value")
    seen = [(visit.label, rows[rows["AVISIT"] == visit.AVISIT]) for visit in plan.follow_ups]
    seen = [(label, here) for label, here in seen if len(here)]
    if not seen:
        return None
    digits, null = (2, 1.0) if e.log else (e.mean_digits, 0.0)
    reach = [f"from {number(here['value'].min(), digits)} to {number(here['value'].max(), digits)} at {label}"
             for label, here in seen]  # fmt: skip
    return quote(
        f"{e.label}: over {count(max(len(here) for _, here in seen), 'rule')} "
        f"({sizes(rows['n'].min(), rows['n'].max())}) {listed(reach)}; the interval lies on one side of no change "
        f"{_on_one_side(seen, null)}.",
        *rows["result_id"],
    )


def _on_one_side(seen: list[tuple[str, pd.DataFrame]], null: float) -> str:
    """Under how many rules the interval leaves no change out, said once where it is the same at every visit."""
    clear: dict[str, list[str]] = {}
    for label, here in seen:
        out = (here["lower"] > null) | (here["upper"] < null)
        clear.setdefault(_under(int(out.sum()), len(here)), []).append(label)
    return "; ".join(how if len(clear) == 1 else f"{how} at {listed(labels)}" for how, labels in clear.items())


def _under(some: int, rules: int) -> str:
    """Some of the rules, in words that also fit all of them and none.

    >>> _under(5, 5), _under(3, 5), _under(0, 5), _under(1, 1)
    ('under all of them', 'under 3 of them', 'under none of them', 'under it')
    """
    return "under it" if some == rules == 1 else f"under {'all' if some == rules else number(some) if some else 'none'} of them"


def say_tipping(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """What the missing would have to be for each primary result to tip."""
    rows = select_results(results, statistic="tipping_point", method="closed_form", category="0")
    said = [_tipping(select_results(rows, PARAMCD=e.PARAMCD), e, plan) for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])]
    return points(*said) if said else absent(NO_TIP)


def _tipping(rows: pd.DataFrame, e: Endpoint, plan: Plan) -> Sentence:
    """The tipping points of an endpoint, visit by visit: how much worse the missing would have to be, or how much better."""
    visits = {visit.AVISIT: visit.label for visit in plan.follow_ups}
    known = rows.dropna(subset="value")
    worse, better = ([_moved(row, visits[row["AVISIT"]], e) for _, row in known[some].iterrows()]
                     for some in (known["value"] > 0, known["value"] <= 0))  # fmt: skip
    none = [label for AVISIT, label in visits.items() if AVISIT not in set(known["AVISIT"])]
    said = [
        f"for the interval to reach no change the missing would have to be worse than the observed by {listed(worse)}, on average"
        if worse else "",
        f"the interval reaches no change already in those observed; to exclude it the missing would have to be better than them "
        f"by {listed(better)}" if better else "",
        f"at {listed(none)} nobody with a baseline value is missing, too few were measured twice, or so few are missing that it "
        "is not told" if none else "",
    ]  # fmt: skip
    return quote(f"{e.label}: {'; '.join(part for part in said if part)}.", *rows["result_id"])


def _moved(row: pd.Series, label: str, e: Endpoint) -> str:
    return f"{number(abs(row['value']), e.mean_digits)} at {label} ({number(row['n_missing'])} of {number(row['n'])} missing)"


def say_regression(results: pd.DataFrame, plan: Plan) -> Text:
    """What of the change of DAS28 regression to the mean could make up, over the whole grid."""
    expected = select_results(results, statistic="rtm_change", method="barnett")
    if expected.empty:
        return absent("No DAS28 was supplied: regression to the mean cannot be gauged.")
    low, high = number(expected["value"].min(), 2), number(expected["value"].max(), 2)
    first = quote(
        f"Over {count(len(expected), 'combination')} of assumptions, selection alone would be followed by a change of DAS28 "
        f"of {low} to {high} with no effect of anything.",
        *expected["result_id"],
    )
    unselected = _selection(results)
    beyond = [] if unselected else [_beyond(results, visit) for visit in plan.follow_ups]
    return say(
        first,
        *beyond,
        unselected,
        "Natural course, changes of background treatment, expectation and selective drop-out come on top, and are not in "
        "these numbers.",
    )


def _beyond(results: pd.DataFrame, visit: Visit) -> str | Sentence:
    rows = select_results(results, statistic="change_beyond_rtm", AVISIT=visit.AVISIT).dropna(subset="upper")
    if rows.empty:
        return ""
    least = rows.sort_values("value").iloc[-1]
    below = int((rows["upper"] < 0).sum())
    return quote(
        f"At {visit.label} the interval of the change beyond it lies below no change in {number(below)} of {len(rows)} "
        f"combinations; in the least favourable it is {number(least['value'], 2)} "
        f"({interval(least['lower'], least['upper'], 2, least['level'])}; n = {number(least['n'])}).",
        *rows["result_id"],
    )


def _selection(results: pd.DataFrame) -> str:
    """Says so where patients were not enrolled for high activity, so that the grid does not apply."""
    stable = select_results(results, statistic="rtm_change", method="stable_mean")
    if stable.empty or not (stable["value"] > 0).all():
        return ""
    return (
        "At baseline this cohort was less active than the populations assumed: it was not selected for high activity, "
        "chance would run the other way, and the grid is shown for completeness only."
    )


def say_influence(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """Whether any single patient overturns a reading."""
    rows = select_results(results, statistic="overturned", method="leave_one_out")
    if rows.empty:
        return absent("Fewer than three patients were measured twice: nobody can be left out.")
    labels, visits = {e.PARAMCD: e.label for e in endpoints}, {visit.AVISIT: visit.label for visit in plan.visits}
    fragile = rows[rows["count"] > 0]
    named = [
        f"{labels[row['PARAMCD']]} at {visits[row['AVISIT']]} ({number(row['count'])} of {number(row['n'])})"
        for _, row in fragile.iterrows()
    ]
    first = f"No single patient overturns the reading of any of {count(len(rows), 'change')}." if fragile.empty else (
        f"Of {count(len(rows), 'change')}, the reading hangs on single patients for {listed(named)}.")  # fmt: skip
    return say(quote(first, *rows["result_id"]))


def say_benchmarks(results: pd.DataFrame, plan: Plan) -> Text:
    """What conventional care alone is followed by."""
    row = pick_result(results, statistic="benchmark", category="early_ra_care")
    if row is None:
        return absent("No published change is on record to compare with.")
    return say(
        quote(
            f"Ordinary care of early RA was followed by a change of {row['value_text']} of {number(row['value'], 1)} at one "
            f"year ({row['note'].rsplit('; ', 1)[1]}).",
            row["result_id"],
        ),
        "Conventional treatment alone can reproduce most of a pattern like the abstract's, so that a fall in a single arm "
        "does not tell whether anything was added to it.",
    )


def say_published(results: pd.DataFrame, plan: Plan) -> Text:
    """How often the two unadjusted tests find a fall."""
    rows = select_results(results, statistic="as_published")
    if rows.empty:
        return absent("Nothing could be tested as a paper would.")
    n, lower = rows["method"].eq("paired_t").sum(), rows[rows["value_text"] == "lower"]["method"].value_counts()
    return say(
        quote(
            f"Tested as a paper would, each comparison by itself at {plan.alpha:g}, the paired t finds a fall in "
            f"{how_many(lower.get('paired_t', 0))} and Wilcoxon's test in {how_many(lower.get('wilcoxon', 0))} of "
            f"{count(n, 'comparison')}.",
            *rows["result_id"],
        )
    )


def say_verdict(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Text:
    """For each endpoint and visit, in how many ways of looking it improved."""
    rows = select_results(results, statistic="verdict", method="all")
    if rows.empty:
        return absent("No endpoint of this cohort was measured twice: there is no verdict.")
    labels = {e.PARAMCD: within_sentence(e.label) for e in endpoints}
    visits = {visit.AVISIT: visit.label for visit in plan.follow_ups if visit.AVISIT in set(rows["AVISIT"])}
    each = [f"{labels[str(code)]} {listed([_share(mine, AVISIT) for AVISIT in visits])}"
            for code, mine in rows.groupby("PARAMCD", sort=False)]  # fmt: skip
    when = f"at {listed(list(visits.values()))}" + (" in this order" if len(visits) > 1 else "")
    return say(
        quote(f"Improved in so many of the ways of looking that apply, {when}: {'; '.join(each)}.", *rows["result_id"]),
        "Agreement of these analyses is not independent evidence, and none of them supplies a control group.",
    )


def _share(rows: pd.DataFrame, AVISIT: str) -> str:
    row = pick_result(rows, AVISIT=AVISIT)
    return MISSING if row is None else f"{number(row['count'])} of {number(row['n'])}"
