"""The sentences on "remained in the normal range" by rule, on the mean change, and on what tolerance intervals say."""

import pandas as pd

from racohort.formats import count, how_many, interval, level_of, listed, number, percent, signed
from racohort.plan import Plan
from racohort.report.phrases import label_of_visit, named
from racohort.report.text import Sentence, Text, quote, say
from racohort.results import select_results
from racohort.summaries import largest

#: The rules that are told in words: the two readings are told with the values outside, the rules on grades stand in the table.
_MEANINGS = {
    "new_abnormality_rare": "the risk of a new abnormality is shown to be below 10 %",
}


def say_verdicts(results: pd.DataFrame, plan: Plan) -> Text:
    """In how many panels each rule holds, and whether a healthy group would pass it; from the rows of `estimate_verdicts`."""
    rows = select_results(results, statistic="verdict", by="PARCAT1")
    return say(*(_said_of_rule(rule, rows[rows["method"] == rule], results) for rule in _MEANINGS))


def _said_of_rule(rule: str, rows: pd.DataFrame, results: pd.DataFrame) -> Sentence | str:
    if rows.empty:
        return ""
    held = rows["value_text"] == "yes"
    healthy = select_results(results, statistic="healthy_pass", by="PARCAT1", method=rule)
    low, high = (percent(of(getattr(one, bound, one) for one in healthy["value"])) for of, bound in ((min, "low"), (max, "high")))
    among = low if low == high else f"between {low} and {high}"
    text = (
        f"In {how_many(held.sum())} of {count(len(rows), 'panel')} {_MEANINGS[rule]}. Of healthy groups "
        f"of this size, {among} would pass this rule{', depending on the panel' if len(healthy) > 1 else ''}."
    )
    return quote(text, *rows["result_id"], *healthy["result_id"])


def say_equivalence(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """Where the mean change is shown to be small against the range, and which is largest; from `estimate_equivalence`."""
    rows = select_results(results, statistic="range_change", method="tost")
    sizes = rows["value"].abs()
    if sizes.isna().all():
        return say()
    top = largest(rows.assign(size=sizes), "size")
    inside = rows["value_text"] == "yes"
    lead = (f"In {number(inside.sum())} of {count(len(rows), 'comparison')} with baseline the mean change is shown to lie within "
            f"a quarter of the reference range{_but_for(rows[~inside], plan, catalogue)}.")  # fmt: skip
    bounds = interval(top["lower"], top["upper"], 2, top["level"])
    most = (f"The largest is that of {named(top['PARAMCD'], catalogue)} at {label_of_visit(top['AVISIT'], plan)}: "
               f"{signed(top['value'], 2)} widths of the range ({bounds}; n = {number(top['n'])}).")  # fmt: skip
    return say(quote(lead, *rows["result_id"]), quote(most, top["result_id"]))


def _but_for(rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> str:
    names = (named(code, catalogue) for code in rows["PARAMCD"])
    visits = (label_of_visit(AVISIT, plan) for AVISIT in rows["AVISIT"])
    others = [f"{name} at {visit}" for name, visit in zip(names, visits, strict=True)]
    return f"; not for {listed(others)}" if others else ""


def say_tolerance(results: pd.DataFrame, plan: Plan) -> Text:
    """What the smallest and largest value of so many patients can tell; from the rows of `estimate_tolerance`."""
    rows = select_results(results, statistic="tolerance", method="range")
    if rows.empty:
        return say()
    most = rows.iloc[int(rows["n"].astype(int).argmax())]
    text = (
        f"With {count(most['n'], 'patient')}, the most that any analyte has, one can be {level_of(most['level'])} confident that "
        f"the smallest and the largest value hold at least {percent(most['value'])} of such a population "
        "between them."
    )
    return say(quote(text, most["result_id"]), "How far the rest reaches is not known from these data.")
