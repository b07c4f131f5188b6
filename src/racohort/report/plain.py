"""The report in plain language: who, what was seen, and what nobody can know from it. No term of statistics."""

import pandas as pd

from racohort.formats import count, number, told_digits
from racohort.labels import digits_of, label_of, shown_unit, within_sentence
from racohort.plan import Plan
from racohort.report.phrases import adjusted_row, change_row, direction_of, label_of_visit, row_of
from racohort.report.text import Sentence, Text, quote, say
from racohort.results import select_results

#: What a primary score is, in words that need no training.
_MEANING = {
    "DAS28": "a score of joint disease that counts tender and swollen joints",
    "HAQDI": "a score of difficulty in daily life",
}


def say_plain_summary(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """One screen without jargon.

    Parameters
    ----------
    results : rows of all sections.
    plan, catalogue : visits and primary endpoints; labels, units and decimals.
    """
    invented = "These people do not exist: a program made them up to show how this report works." if plan.synthetic else ""
    first = say(invented, _people(results, plan))
    second = say(*_scores(results, plan, catalogue), _harm(results))
    return first + second + say(_unknown(plan), _covered(results))


def _people(results: pd.DataFrame, plan: Plan) -> Sentence | str:
    all_of, last = (row_of(results, section="participants", statistic="count", by="flow", **parts) for parts in (
        {"category": "ENROLLED", "population": "all"}, {"category": "SEEN", "AVISIT": plan.visits[-1].AVISIT}))  # fmt: skip
    if all_of is None or last is None:
        return ""
    people = count(all_of["value"], "person", "people")
    told = f"{people} took part; {number(last['value'])} of them were seen at the last visit"
    return quote(f"{told} ({plan.visits[-1].label}).", all_of["result_id"], last["result_id"])


def _scores(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> list[Sentence]:
    rows = [change_row(results, code, plan.primary_visit, plan) for code in plan.primary] if plan.follow_ups else []
    there = [row for row in rows if row is not None and row["n"] > 1]
    return [_score(row, adjusted_row(results, row["PARAMCD"], row["AVISIT"], plan), plan, catalogue) for row in there]


def _score(row: pd.Series, adjusted: pd.Series | None, plan: Plan, catalogue: pd.DataFrame) -> Sentence:
    code = row["PARAMCD"]
    meaning = _MEANING.get("DAS28" if code.startswith("DAS28") else code, "")
    label = within_sentence(label_of(code, catalogue))
    name = f"{label}, {meaning}," if meaning else label
    people = f"in the {count(row['n'], 'person', 'people')} seen both times"
    direction, when = direction_of(row, adjusted, plan.alpha), label_of_visit(plan.primary_visit, plan)
    if not direction:
        return quote(f"At {when}, {name} showed no clear change since the start {people}.", row["result_id"])
    digits = told_digits(row["value"], row["lower"], row["upper"], max(digits_of(code, catalogue), 1))
    points = f"{number(abs(row['value']), digits)} {shown_unit(row['unit']) or 'points'}"
    return quote(f"At {when}, {name} was on average {points} {direction} than at the start {people}.", row["result_id"])


def _harm(results: pd.DataFrame) -> Sentence | str:
    row = row_of(results, section="safety", statistic="proportion", by="overview", category="SERIOUS")
    if row is None:
        return "Nothing was recorded about serious unwanted events, so this report can say nothing about them."
    seen = f"{number(row['count'])} of {count(row['n'], 'person', 'people')} had a serious unwanted event"
    most = "fewer than 1" if row["upper"] < 0.01 else f"up to about {number(100 * row['upper'])}"
    return quote(f"{seen}; among many more people it could be {most} of 100.", row["result_id"])


def _unknown(plan: Plan) -> str:
    if not plan.treated:
        return "Nobody in this group is recorded to have been given cells, so nothing here is about cells."
    if len(plan.arms) > 1:
        return "People of several treatment groups are taken together here: what one of the treatments did cannot be known."
    return ("Nobody was followed without the treatment for comparison: what would have happened without it cannot be known from "
            "this group.")  # fmt: skip


def _covered(results: pd.DataFrame) -> Sentence | str:
    found = select_results(results, section="concordance", statistic="coverage", method="as_printed")
    if found.empty:
        return ""
    row = found.iloc[0]
    made = count(row["n"], "statement")
    return quote(
        f"The paper's {row['note']} makes {made}; {number(row['count'])} could be held against this group.", row["result_id"]
    )
