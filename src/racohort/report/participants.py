"""The sentences of the section on participants."""

import pandas as pd

from racohort.formats import count, listed, mean_sd, median_iqr, number, percent, proportion, signed
from racohort.labels import digits_of, label_of, reason_label, shown_unit, unit_of, within_sentence
from racohort.plan import Plan
from racohort.report.phrases import named
from racohort.report.text import Sentence, Text, absent, quote, say
from racohort.results import pick_result, select_results
from racohort.summaries import largest, only, spread_results


def say_flow(results: pd.DataFrame, plan: Plan) -> Text:
    """How many were enrolled, treated and seen, and why the others were not; from the rows of `count_flow`."""
    sizes = {name: only(results, by="population", category=name) for name in ("all", "safety", "efficacy")}
    enrolled, safety, efficacy = (sizes[name]["count"] for name in sizes)
    treated = f"{number(safety)} of them treated" if plan.treated else "with no treatment start on record"
    first = quote(
        f"{count(enrolled, 'patient')} {'was' if enrolled == 1 else 'were'} enrolled, {treated}; {number(efficacy)} have an "
        "efficacy value at baseline.",
        *(row["result_id"] for row in sizes.values()),
    )  # fmt: skip
    seen = [only(results, AVISIT=visit.AVISIT, by="flow", category="SEEN") for visit in plan.visits]
    at = [f"{proportion(row['count'], row['n'])} at {visit.label}" for row, visit in zip(seen, plan.visits, strict=True)]
    second = quote(f"Seen were {listed(at)}.", *(row["result_id"] for row in seen))
    return say(first, second, _said_of_losses(results))


def _said_of_losses(results: pd.DataFrame) -> Sentence:
    left = select_results(results, by="DCSREAS")
    if left.empty:
        return Sentence("Nobody left before the last visit.")
    reasons = left.groupby("category", sort=False)["count"].sum().sort_values(ascending=False, kind="stable")
    said = listed([f"{within_sentence(reason_label(str(reason)))} ({number(n)})" for reason, n in reasons.items()])
    return quote(f"{count(reasons.sum(), 'patient')} left before the last visit: {said}.", *left["result_id"])


def say_baseline(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """The patients at baseline in one paragraph; from the rows of `summarise_baseline`."""
    rows = select_results(results, AVISIT=plan.baseline.AVISIT, method=["available", "observed"])
    rows = rows[rows["by"] != "completer"]
    numbers = spread_results(select_results(rows, method="available"), ["PARAMCD"])
    women = pick_result(rows, by="SEX", category="F")
    said = [quote(f"{proportion(women['count'], women['n'])} were women.", women["result_id"])] if women is not None else []
    own = {
        code: select_results(rows, PARAMCD=code)["result_id"]
        for code in ("AGE", "DISDUR", *plan.primary)
        if code in numbers.index
    }
    said += [quote(_said_of_number(code, numbers.loc[[code]].iloc[0], catalogue), *ids) for code, ids in own.items()]
    for _, row in select_results(rows, by="seropositive").iterrows():
        above = f"{label_of(row['category'], catalogue)} was above its reference range in {proportion(row['count'], row['n'])}."
        said.append(quote(above, row["result_id"]))
    return say(*said, *_said_of_medication(rows))


def _said_of_number(code: str, row: pd.Series, catalogue: pd.DataFrame) -> str:
    digits, unit = max(digits_of(code, catalogue), 1), shown_unit(unit_of(code, catalogue))
    mean = " ".join(part for part in (mean_sd(row["mean"], row["sd"], digits), unit) if part)
    median = median_iqr(row["median"], row["q1"], row["q3"], digits)
    return f"{label_of(code, catalogue)}: mean {mean}, median {median}, n = {number(row['n'])}."


def _said_of_medication(rows: pd.DataFrame) -> list[Sentence]:
    drugs = select_results(rows, by="CMDECOD").head(3)
    if drugs.empty:
        return [Sentence("No medication is on record for baseline.")]
    most = "; ".join(f"{row['category']}, {proportion(row['count'], row['n'])}" for _, row in drugs.iterrows())
    return [quote(f"Most taken at baseline: {most}.", *drugs["result_id"])]


def say_missing(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """How much is missing, and where most; from the rows of `count_missing`."""
    rows = select_results(results, statistic="completeness")
    if rows.empty:
        return absent("No value was measured at any planned visit.")
    rows = rows[rows["count"] > 0]  # what nobody has at a visit was not part of it
    if rows.empty:
        return absent("Nobody has a value at any planned visit.")
    sums = rows.groupby("AVISIT", sort=False)[["count", "n"]].sum().astype("float64")
    share = sums["count"] / sums["n"]
    by_visit = listed([f"{percent(share[visit.AVISIT])} at {visit.label}" for visit in plan.visits if visit.AVISIT in share])
    worst = rows.sort_values("value", kind="stable").iloc[0]
    shown = proportion(worst["count"], worst["n"])
    at = {visit.AVISIT: visit.label for visit in plan.visits}[worst["AVISIT"]]
    return say(
        quote(f"Of the values that the {count(worst['n'], 'patient')} could have had, {by_visit} are there.", *rows["result_id"]),
        quote(f"The least complete is {named(worst['PARAMCD'], catalogue)} at {at}: {shown}.", worst["result_id"]),
    )  # fmt: skip


def say_completers(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """Whether those not seen at the last visit were different at baseline; from the rows of `compare_completers`."""
    rows = select_results(results, statistic="smd").dropna(subset=["value"])
    last = plan.visits[-1].label
    if rows.empty:
        return absent(f"Those seen at {last} cannot be compared with the others: one of the two groups is too small.")
    most = largest(rows.assign(size=rows["value"].abs()), "size")
    beyond = rows[rows["value"].abs() > 0.2]
    difference = f"standardised mean difference {signed(most['value'], 2)}, n = {number(most['n'])}"
    among = count(len(rows), "characteristic")
    name = "the proportion of women" if most["PARAMCD"] == "SEX" else named(most["PARAMCD"], catalogue)
    return say(
        quote(f"Those seen at {last} and the others differed most in {name} ({difference}).", most["result_id"]),
        quote(f"The difference exceeded 0.2 standard deviations in {number(len(beyond))} of {among}.", *beyond["result_id"]),
        "Where few patients left, differences of this size also arise by chance; where they are large, the later visits "
        "describe a selected group.",
    )  # fmt: skip
