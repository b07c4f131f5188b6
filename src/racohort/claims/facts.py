"""Claims that describe the study, and claims that no cohort can test: what was seen is said in either case."""

import pandas as pd

from racohort.claims.answers import AGREES, AS_PRINTED, Answer, Evidence, untested
from racohort.claims.changes import seen_change
from racohort.consistency import percent_possible_counts
from racohort.disclosure import held_profile
from racohort.formats import count, listed, number, proportion
from racohort.printed import Claim

OTHER = "It is another cohort, which contradicts nothing."


def judge_patients(claim: Claim, evidence: Evidence) -> list[Answer]:
    """Whether as many patients were enrolled as printed."""
    row = evidence.row(section="participants", statistic="count", population="all", by="flow", category="ENROLLED")
    if row is None:
        return untested(claim, "The number of patients was not counted.")
    if held_profile().hides_counts:
        why = f"The number of patients is told rounded ({number(row['value'])}), which cannot show whether it is the printed one."
        return untested(claim, why, {"population": "all"}, (row,))
    seen = f"This cohort has {count(row['value'], 'patient')}."
    if row["value"] == claim.expected[0]:
        return [Answer(claim, AS_PRINTED, AGREES, seen, (row,), population="all")]
    return untested(claim, f"{seen} {OTHER}", {"population": "all"}, (row,))


def judge_age(claim: Claim, evidence: Evidence) -> list[Answer]:
    """Whether every patient's age lies within the printed range."""
    ends = [evidence.row(section="participants", PARAMCD="AGE", statistic=end, method="available") for end in ("min", "max")]
    rows = tuple(row for row in ends if row is not None)
    if len(rows) < 2:
        known = len(evidence.rows(section="participants", PARAMCD="AGE", statistic="max", method="available"))
        why = "The lowest and the highest age are not told." if known else "This cohort has no ages."
        return untested(claim, why, {"PARAMCD": "AGE", "population": "safety"})
    low, high = (row["value"] for row in rows)
    seen = f"Patients are {number(low)} to {number(high)} years old, n = {number(rows[0]['n'])}."
    if claim.expected[0] <= low and high < claim.expected[1] + 1:
        return [Answer(claim, AS_PRINTED, AGREES, seen, rows, PARAMCD="AGE", population="safety")]
    return untested(claim, f"{seen} {OTHER}", {"PARAMCD": "AGE", "population": "safety"}, rows)


def judge_visits(claim: Claim, evidence: Evidence) -> list[Answer]:
    """Whether a follow-up visit is planned near each printed time."""
    found = {year: evidence.visit(year) for year in claim.expected}
    planned = f"Planned visits of this cohort: {listed([visit.label for visit in evidence.plan.visits])}."
    lost = [count(year, "year") for year, visit in found.items() if visit is None]
    if lost:
        return untested(claim, f"{planned} None of them is near {listed(lost, 'or')}. {OTHER}")
    return [Answer(claim, AS_PRINTED, AGREES, planned)]


def judge_measured(claim: Claim, evidence: Evidence) -> list[Answer]:
    """Whether each printed measure has values at baseline or later."""
    codes = [evidence.code(parameter) for parameter in claim.parameters]
    rows = evidence.rows(section="participants", statistic="completeness", PARAMCD=codes)
    rows = rows[rows["count"].fillna(0) > 0].drop_duplicates("PARAMCD")
    lost = [evidence.named(code) for code in codes if code not in set(rows["PARAMCD"])]
    if lost:
        return untested(claim, f"Not measured here: {listed(lost)}. {OTHER}")
    seen = f"Measured here: {listed([evidence.named(code) for code in codes])}."
    return [Answer(claim, AS_PRINTED, AGREES, seen, tuple(row for _, row in rows.iterrows()))]


def judge_background(claim: Claim, evidence: Evidence) -> list[Answer]:
    """Whether such medication is on record at baseline."""
    rows = evidence.rows(section="participants", statistic="proportion", by="CMCLAS", category=claim.parameters)
    if rows.empty:
        return untested(claim, "This cohort has no record of medication at baseline.")
    said = [f"{row['category']} {proportion(row['count'], row['n'])}" for _, row in rows.iterrows()]
    kept = tuple(row for _, row in rows.iterrows())
    return [Answer(claim, AS_PRINTED, AGREES, f"On record at baseline: {listed(said)}.", kept)]


def judge_percent(claim: Claim, evidence: Evidence) -> list[Answer]:
    """What a printed percentage of a printed number of patients could be."""
    n = int(claim.expected[0])
    counts = percent_possible_counts(claim.printed, n)
    could = f"It could be {listed([number(k) for k in counts], 'or')} of {n}."
    return untested(claim, f"{could if counts else f'No whole number of {n} patients gives it.'} {claim.why}")


def judge_conclusion(claim: Claim, evidence: Evidence) -> list[Answer]:
    """What was seen beside a conclusion that a single arm cannot test."""
    rows, seen = {"safety": _harm, "efficacy": _change, "retention": _retention}[claim.seen](evidence)
    none = "" if evidence.plan.treated else " No start of treatment is on record in this cohort."
    return untested(claim, f"{claim.why}{none} Seen: {seen}.", rows=rows)


def judge_nothing(claim: Claim, evidence: Evidence) -> list[Answer]:
    """Why nothing in a cohort's data can test it."""
    return untested(claim, claim.why)


Seen = tuple[tuple[pd.Series, ...], str]


def _harm(evidence: Evidence) -> Seen:
    serious = evidence.row(section="safety", statistic="proportion", by="overview", category="SERIOUS")
    visit = evidence.plan.follow_ups[-1].AVISIT if evidence.plan.follow_ups else ""
    outside = evidence.row(section="safety", statistic="excursions", method="observed", AVISIT=visit)
    events, values = "nothing is recorded about serious adverse events", "no laboratory values were supplied"
    if serious is not None:
        shown = proportion(serious["count"], serious["n"], serious["lower"], serious["upper"], serious["level"], noun="patients")
        events = f"a serious adverse event in {shown}"
    if outside is not None:
        shown = proportion(outside["count"], outside["n"], noun="laboratory values")
        values = f"{shown} outside the reference range at the last planned visit"
    return tuple(row for row in (serious, outside) if row is not None), f"{events}; {values}"


def _change(evidence: Evidence) -> Seen:
    visits = {visit.AVISIT: visit for visit in evidence.plan.follow_ups}
    visit = visits.get(evidence.plan.primary_visit)
    found = [(code, seen_change(evidence, code, visit)) for code in evidence.plan.primary] if visit else []
    said = [f"{evidence.label(code)}: {seen[1]}" for code, seen in found if seen]
    if not said or visit is None:
        return (), "no primary endpoint was measured at the primary visit"
    return tuple(seen[0] for _, seen in found if seen), f"at {visit.label}, {'; '.join(said)}"


def _retention(evidence: Evidence) -> Seen:
    last = evidence.plan.visits[-1]
    row = evidence.row(section="participants", statistic="count", by="flow", category="SEEN", AVISIT=last.AVISIT)
    if row is None:
        return (), "who was seen at which visit is not known"
    return (row,), f"{proportion(row['count'], row['n'], noun='patients')} at the last planned visit ({last.label})"
