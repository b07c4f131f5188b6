"""The abstract that writes itself: methods, results, conclusion and key findings, from result rows.

Whatever a cohort does not have is left out or said in one sentence; a cohort that shows the opposite gets the opposite sentence.
"""

import pandas as pd

from racohort.formats import count, listed, number, proportion
from racohort.labels import label_of, within_sentence
from racohort.plan import Plan
from racohort.report.concordance import coverage_sentence
from racohort.report.phrases import (
    adjusted_row,
    change_row,
    change_sentence,
    direction_of,
    label_of_visit,
    no_control,
    row_of,
    shown_ratio,
)
from racohort.report.text import Sentence, Text, points, quote, say
from racohort.results import select_results

#: The serology of the paper, in the order of its abstract.
SEROLOGY = ("ESR", "CRP", "RF", "ACCP")

ALONE = (
    "any change seen cannot be told apart from background treatment, the natural course, regression to the mean, expectation and "
    "selective drop-out."
)


def say_abstract_methods(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """Who was analysed, when they were seen, and how change was estimated.

    Parameters
    ----------
    results : rows of all sections.
    plan, catalogue : visits and primary endpoints; labels.
    """
    return say(_synthetic(plan), _who(results, plan), _when(plan), _endpoints(plan, catalogue), _safety_method(results))


def _alone(plan: Plan) -> str:
    return f"{no_control(plan)}: {ALONE}"


def _synthetic(plan: Plan) -> str:
    told = "The cohort is synthetic: it was simulated and holds no patient's data."
    return told if plan.synthetic else ""


def _who(results: pd.DataFrame, plan: Plan) -> Sentence | str:
    row = row_of(results, section="participants", statistic="count", population="all", by="flow", category="ENROLLED")
    if row is None:
        return ""
    treated = row_of(results, section="participants", statistic="count", population="all", by="flow", category="TREATED")
    were = "was" if row["value"] == 1 else "were"
    group = f"in {len(plan.arms)} arms, which are taken together" if len(plan.arms) > 1 else "in a single group without controls"
    who = f"{count(row['value'], 'patient')} {were} followed {group}"
    if treated is None:
        return quote(f"{who}; no start of treatment is on record.", row["result_id"])
    start = "has a treatment start" if treated["value"] == 1 else "have a treatment start"
    return quote(f"{who}; {number(treated['value'])} {start} on record.", row["result_id"], treated["result_id"])


def _when(plan: Plan) -> str:
    visits = [visit.label for visit in plan.follow_ups]
    if len(visits) == 1:
        return f"One follow-up visit was planned, at {visits[0]}."
    return f"Follow-up visits were planned at {listed(visits)}." if visits else "No follow-up visit was planned."


def _endpoints(plan: Plan, catalogue: pd.DataFrame) -> str:
    if not plan.primary or not plan.follow_ups:
        return "None of the planned primary endpoints was measured."
    names, when = listed([label_of(code, catalogue) for code in plan.primary]), label_of_visit(plan.primary_visit, plan)
    one = len(plan.primary) == 1
    endpoint = f"The primary endpoint was the change of {names}" if one else f"Primary endpoints were the changes of {names}"
    return (f"{endpoint} from baseline to {when}. Mean changes of patients with both values are given with confidence "
            "intervals and paired t tests; adjusted p-values allow for the number of planned comparisons.")  # fmt: skip


def _safety_method(results: pd.DataFrame) -> str:
    if select_results(results, section="safety", statistic="out_of_range").empty:
        return ""
    return "Laboratory values were compared with reference ranges; proportions have exact confidence intervals."


def say_abstract_results(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """What was found: retention, primary endpoints, serology, harm.

    Takes what `say_abstract_methods` takes.
    """
    visits = _told_visits(plan)
    found = [_serology(results, plan, catalogue, AVISIT) for AVISIT in visits]
    serology = found if any(found) else ["ESR, CRP, RF and anti-CCP were not measured at baseline and later."]
    outcomes = say(_retention(results, plan), *_primary(results, plan, catalogue))
    return outcomes + say(*serology) + say(_events(results), _laboratory(results, plan))


def _told_visits(plan: Plan) -> list[str]:
    """The primary visit and the last one."""
    last = plan.visits[-1].AVISIT if plan.follow_ups else ""
    return [AVISIT for AVISIT in dict.fromkeys([plan.primary_visit, last]) if AVISIT]


def _retention(results: pd.DataFrame, plan: Plan) -> Sentence | str:
    last = plan.visits[-1]
    row = row_of(results, section="participants", statistic="count", by="flow", category="SEEN", AVISIT=last.AVISIT)
    if row is None:
        return ""
    return quote(f"{proportion(row['count'], row['n'], noun='patients')} were seen at {last.label}.", row["result_id"])


def _primary(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> list[Sentence | str]:
    said: list[Sentence | str] = []
    for AVISIT in _told_visits(plan):
        for code in plan.primary:
            row = change_row(results, code, AVISIT, plan)
            if row is not None and row["n"] > 1:
                said.append(change_sentence(row, adjusted_row(results, code, AVISIT, plan), plan, catalogue))
    return said or ["No primary endpoint was measured in at least two patients both at baseline and later."]


def _serology(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame, AVISIT: str) -> Sentence | str:
    """The ratios to baseline of the analytes this cohort has, at one visit."""
    parts = {"section": "efficacy", "AVISIT": AVISIT, "statistic": "gmr", "method": "paired_t_log"}
    rows = [row_of(results, PARAMCD=code, **parts) for code in SEROLOGY]
    there = [row for row in rows if row is not None and row["n"] > 1]
    said = [f"{within_sentence(label_of(row['PARAMCD'], catalogue))} {shown_ratio(row)}" for row in there]
    if not said:
        return ""
    told = f"Ratios to baseline at {label_of_visit(AVISIT, plan)} were: {listed(said)}."
    return quote(told, *(row["result_id"] for row in there))


def _events(results: pd.DataFrame) -> Sentence | str:
    parts = {"section": "safety", "statistic": "proportion", "by": "overview"}
    serious, any_event = (row_of(results, **parts, category=category) for category in ("SERIOUS", "ANY"))
    if any_event is None:
        return "No adverse events were supplied, so nothing can be said about them."
    if serious is None:
        told = proportion(any_event["count"], any_event["n"], any_event["lower"], any_event["upper"], any_event["level"])
        return quote(f"An adverse event was recorded in {told}; which were serious was not recorded.", any_event["result_id"])
    shown = [proportion(row["count"], row["n"], row["lower"], row["upper"], row["level"], noun=noun)
             for row, noun in ((any_event, "patients"), (serious, ""))]  # fmt: skip
    told = f"An adverse event was recorded in {shown[0]}, a serious one in {shown[1]}."
    return quote(told, any_event["result_id"], serious["result_id"])


def _laboratory(results: pd.DataFrame, plan: Plan) -> Sentence | str:
    """Values outside the reference range at the last visit that has any, beside the number a healthy group would have."""
    rows = select_results(results, section="safety", statistic="excursions", AVISIT=[visit.AVISIT for visit in plan.follow_ups])
    if rows.empty:
        return "No laboratory values with reference ranges were supplied for a follow-up visit."
    last = rows[rows["AVISIT"] == rows["AVISIT"].iloc[-1]].set_index("method")
    seen, healthy = last.loc["observed"], last.loc["healthy"]
    found = proportion(seen["count"], seen["n"], noun="laboratory values")
    told = f"At {label_of_visit(seen['AVISIT'], plan)}, {found} were outside the reference range"
    return quote(f"{told}; about {number(healthy['value'])} would be expected in a healthy group.", *last["result_id"])


def say_abstract_conclusion(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """What may be concluded, and what may not. Takes what `say_abstract_methods` takes."""
    alone = _alone(plan) if plan.treated else "No start of treatment is on record, so nothing here is about a treatment."
    return say(_summary(results, plan, catalogue), alone, coverage_sentence(results))


def _summary(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Sentence | str:
    """One sentence about the primary endpoints at the primary visit, grouped by where they went."""
    rows = [change_row(results, code, plan.primary_visit, plan) for code in plan.primary] if plan.follow_ups else []
    groups: dict[str, list[str]] = {"lower": [], "higher": [], "": []}
    there = [row for row in rows if row is not None and row["n"] > 1]
    for row in there:
        adjusted = adjusted_row(results, row["PARAMCD"], plan.primary_visit, plan)
        groups[direction_of(row, adjusted, plan.alpha)].append(within_sentence(label_of(row["PARAMCD"], catalogue)))
    when = label_of_visit(plan.primary_visit, plan)
    said = [_moved(names, way) for way, names in groups.items() if way and names]
    said += [f"there was no evidence of a change in {listed(groups[''], 'or')}"] if groups[""] else []
    return quote(f"At {when}, {'; '.join(said)}.", *(row["result_id"] for row in there)) if said else ""


def _moved(names: list[str], way: str) -> str:
    return f"{listed(names)} {'was' if len(names) == 1 else 'were'} {way} than at baseline"


def say_key_findings(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """The findings a reader takes away, one a point. Takes what `say_abstract_methods` takes."""
    alone = (
        _alone(plan) if plan.treated else "No start of treatment is on record: this is an observed cohort, not a treatment study."
    )
    return points(_retention(results, plan), *_primary(results, plan, catalogue)[: max(len(plan.primary), 1)], _events(results),
                  _laboratory(results, plan), alone)  # fmt: skip
