"""What a section found, at a glance: a few cards that stand below its first paragraph, each made from the section's rows."""

from collections.abc import Callable, Iterable

import pandas as pd

from racohort.formats import count, number, percent, signed
from racohort.labels import label_of
from racohort.plan import Plan
from racohort.report import cards
from racohort.report.cards import Card, Glance
from racohort.report.phrases import label_of_visit, row_of
from racohort.results import pick_result, select_results

Cards = Iterable[Card | None]


def say_opening(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame, section: str) -> Glance:
    """The figures that a reader of a section takes away; a cohort without the data for a card goes without it.

    Parameters
    ----------
    results : rows of the section.
    plan, catalogue : visits and primary endpoints; labels, units and decimals.
    section : one of `terms.SECTIONS`.
    """
    return Glance(tuple(card for card in _OF[section](results, plan, catalogue) if card), "key")


def _cleaning(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Cards:
    used = row_of(results, statistic="rows", by="fate", category="used")
    if used is not None:
        shown = f"{number(used['count'])} of {number(used['n'])}"
        yield Card("Rows used", shown, "", "", (used["result_id"],))
    if values := cards.values_used(results):
        yield Card("Measured values used", values.figure, "", "the rest is told below", values.result_ids)
    yield _found(results, "warn", "Doubted, and kept")
    yield _found(results, "normalise", "Rewritten, same meaning")


def _found(results: pd.DataFrame, kind: str, name: str) -> Card | None:
    rows = select_results(results, statistic="findings", by="rule")
    rows = rows[rows["value_text"] == kind]
    if rows.empty:
        return None
    return Card(name, count(rows["count"].sum(), "cell"), "", f"under {count(len(rows), 'rule')}", tuple(rows["result_id"]))


def _participants(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Cards:
    people, treated = (row_of(results, statistic="count", by="flow", category=name) for name in ("ENROLLED", "TREATED"))
    if people is not None:
        told = "" if treated is None else f"{number(treated['count'])} treated"
        yield Card("Patients enrolled", number(people["count"]), "", told, (people["result_id"],))
    for code in plan.primary[:1]:
        yield cards.baseline_card(results, code, plan, catalogue)
    for visit in dict.fromkeys([*plan.follow_ups[:1], *plan.follow_ups[-1:]]):
        yield cards.seen_card(results, visit)


def _safety(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Cards:
    for category, name in (("ANY", "Patients with any adverse event"), ("SERIOUS", "With a serious one"), ("DEATH", "Who died")):
        row = row_of(results, section="safety", statistic="proportion", by="overview", category=category)
        yield None if row is None else cards.share_card(row, name, "safety population")
    yield cards.excursions_card(results, plan)


def _efficacy(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Cards:
    if plan.follow_ups:
        yield from cards.change_cards(results, plan, catalogue)
    when = label_of_visit(plan.primary_visit, plan)
    for by, category, name in (("EULAR", "good_or_moderate", "EULAR response"), ("STATE", "remission", "In remission")):
        rows = select_results(results, section="efficacy", statistic="proportion", method="clopper_pearson", by=by,
                              category=category, AVISIT=plan.primary_visit, PARAMCD=plan.primary)  # fmt: skip
        rows = rows[rows["value"].notna()]
        if len(rows):
            of = label_of(rows.iloc[0]["PARAMCD"], catalogue)
            yield cards.share_card(rows.iloc[0], f"{name} at {when}", f"evaluated with {of}")


def _robustness(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Cards:
    when = label_of_visit(plan.primary_visit, plan)
    for code in plan.primary[:2]:
        row = pick_result(results, statistic="verdict", method="all", PARAMCD=code, AVISIT=plan.primary_visit)
        if row is not None:
            shown = f"{number(row['count'])} of {number(row['n'])}"
            name = f"{label_of(code, catalogue)} at {when}: improved in"
            yield Card(name, shown, "", "ways of looking at it", (row["result_id"],))
    expected = select_results(results, statistic="rtm_change", method="barnett")
    if len(expected):
        span = f"{signed(expected['value'].min(), 2)} to {signed(expected['value'].max(), 2)}"
        basis = f"{count(len(expected), 'combination')} of assumptions"
        yield Card("Change of DAS28 from selection alone", span, "", basis, tuple(expected["result_id"]))


def _concordance(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Cards:
    row = row_of(results, section="concordance", statistic="coverage", method="as_printed")
    if row is not None:
        shown = f"{number(row['count'])} of {number(row['n'])}"
        yield Card("Claims that this cohort answers", shown, percent(row["value"]), "", (row["result_id"],))
    for verdict, name, method in _TALLIES:
        row = pick_result(results, section="concordance", statistic="claims", method=method, by="verdict", value_text=verdict)
        if row is not None:
            yield Card(name, number(row["count"]), "", f"of {number(row['n'])}", (row["result_id"],))


_TALLIES = (
    ("agrees", "Agree, as the paper tested", "as_printed"), ("contradicts", "Contradict, as the paper tested", "as_printed"),
    ("agrees", "Agree, by the plan of this report", "as_planned"),
)  # fmt: skip
_OF: dict[str, Callable[[pd.DataFrame, Plan, pd.DataFrame], Cards]] = {
    "cleaning": _cleaning, "participants": _participants, "safety": _safety, "efficacy": _efficacy, "robustness": _robustness,
    "concordance": _concordance,
}  # fmt: skip
