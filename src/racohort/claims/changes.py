"""Claims that something changed: the paper's own tests, then the estimate that this report plans."""

import pandas as pd

from racohort.claims.answers import (
    AGREES,
    AS_PLANNED,
    AS_PRINTED,
    CONTRADICTS,
    DIRECTION,
    UNDECIDED,
    Answer,
    Evidence,
    untested,
)  # fmt: skip
from racohort.formats import count, estimate, is_missing, listed, number, p_value
from racohort.labels import shown_unit, within_sentence
from racohort.plan import Visit
from racohort.printed import Claim
from racohort.results import select_results

#: A printed direction as a sign.
_SIGN = {"lower": -1, "higher": 1}

#: Statistics that are ratios, where no change is 1; and how estimates are named.
_RATIOS = ("gmr", "mmrm_gmr")
_NAMES = {
    "gmr": "Ratio to baseline",
    "mmrm_gmr": "Ratio to baseline (mixed model)",
    "mmrm_change": "Mean change (mixed model)",
}


def judge_change(claim: Claim, evidence: Evidence) -> list[Answer]:
    """The answers to a claim about one parameter at one printed time; a claim the paper does not make is shown, not judged."""
    visit, code = evidence.visit(claim.year or 0), evidence.code(claim.parameters[0])
    if visit is None:
        return untested(claim, no_visit(claim, evidence), {"PARAMCD": code})
    parts = {"PARAMCD": code, "AVISIT": visit.AVISIT, "contrast": evidence.plan.contrast(visit.AVISIT), "population": "efficacy"}
    change = evidence.row(section="efficacy", statistic="mean_change", method="paired_t", **parts)
    if change is None or change["n"] < 2:
        return untested(claim, _no_pairs(code, visit, evidence), parts)
    if claim.silent:
        row = _planned_row(evidence, parts)
        why = f"The paper says nothing about it, and silence is not a claim. Seen: {within_sentence(_seen(row, evidence))}."
        return untested(claim, why, parts, (row,))
    return [_as_printed(claim, change, evidence, parts), _as_planned(claim, evidence, parts)]


def _no_pairs(code: str, visit: Visit, evidence: Evidence) -> str:
    """Why a parameter has no change at a visit: it was not measured at all, or not in at least two patients at both visits."""
    if evidence.rows(section="participants", statistic="completeness", PARAMCD=code).empty:
        return f"{evidence.label(code)} was not measured in this cohort."
    both = f"both {evidence.plan.baseline.label} and {visit.label}"
    return f"{evidence.label(code)}: fewer than two patients have a value at {both}."


def no_visit(claim: Claim, evidence: Evidence) -> str:
    """Why no visit of this cohort answers for the printed time."""
    near, planned = evidence.paper.near(claim.year or 0), [visit.label for visit in evidence.plan.follow_ups]
    there = f"planned {'is' if len(planned) == 1 else 'are'} {listed(planned)}" if planned else "none is planned"
    return f"No follow-up visit within {number(near.within)} days of {count(near.year, 'year')}; {there}."


def _as_printed(claim: Claim, change: pd.Series, evidence: Evidence, parts: dict[str, str]) -> Answer:
    """By paired t and Wilcoxon, each at the paper's level, uncorrected."""
    rank = evidence.row(section="efficacy", statistic="w", method="wilcoxon", **parts)
    centre = evidence.row(section="efficacy", statistic="hodges_lehmann", **parts)
    alpha, where = evidence.paper.alpha, change["value"] if centre is None else centre["value"]
    sides = (_side(claim, change["value"], change["p_value"], alpha),
             0 if rank is None else _side(claim, where, rank["p_value"], alpha))  # fmt: skip
    verdict, lead = _from_two_tests(claim, sides)
    tests = f"paired t {p_value(change['p_value'])}, Wilcoxon {p_value(None if rank is None else rank['p_value'])}"
    rows = tuple(row for row in (change, rank, centre) if row is not None)
    none = "" if evidence.plan.treated else " No start of treatment is on record."
    return Answer(claim, AS_PRINTED, verdict, f"{lead} {_seen(change, evidence)}; {tests}.{none}", rows, **parts)


def _from_two_tests(claim: Claim, sides: tuple[int, int]) -> tuple[str, str]:
    """The verdict of two tests, each for (1), against (-1) or undecided (0), and the sentence that says so."""
    words = _words(claim)
    if sides == (1, 1):
        return AGREES, f"{words[0]} than at baseline by both tests."
    if sides == (-1, -1):
        return CONTRADICTS, f"{words[1]} than at baseline by both tests."
    if set(sides) == {0, 1}:
        return DIRECTION, f"{words[0]} than at baseline by one of the two tests only."
    if sides == (0, 0):
        return UNDECIDED, "No evidence of a change by either test."
    if set(sides) == {0, -1}:
        return UNDECIDED, f"{words[1]} than at baseline by one of the two tests only."
    return UNDECIDED, "The two tests point in opposite directions."


def _words(claim: Claim) -> tuple[str, str]:
    return ("Lower", "Higher") if claim.direction == "lower" else ("Higher", "Lower")


def _side(claim: Claim, value: float, p: float, alpha: float, null: float = 0.0) -> int:
    """1 where an estimate lies on the claimed side of its null value and its p is below alpha, -1 on the other, else 0."""
    if is_missing(p) or is_missing(value) or not p < alpha or value == null:
        return 0
    return 1 if (value > null) == (_SIGN[claim.direction or "lower"] > 0) else -1


def _as_planned(claim: Claim, evidence: Evidence, parts: dict[str, str]) -> Answer:
    """By the estimate of the plan, adjusted for multiple testing where it belongs to a family."""
    row, alpha = _planned_row(evidence, parts), evidence.plan.alpha
    null, adjusted = 1.0 if row["statistic"] in _RATIOS else 0.0, not is_missing(row["p_adjusted"])
    raw = _side(claim, row["value"], row["p_value"], alpha, null)
    final = _side(claim, row["value"], row["p_adjusted"], alpha, null) if adjusted else raw
    verdict, lead = _from_adjusted(claim, raw, final, adjusted)
    more = f", adjusted {p_value(row['p_adjusted'])} (family {row['family'] or '–'})" if adjusted else ""
    why = f"{lead} {_seen(row, evidence)}; {p_value(row['p_value'])}{more}."
    return Answer(claim, AS_PLANNED, verdict, why, (row,), **parts)


def _from_adjusted(claim: Claim, raw: int, final: int, adjusted: bool) -> tuple[str, str]:
    """The verdict of one estimate before and after adjustment, each for (1), against (-1) or undecided (0)."""
    words = _words(claim)
    after = "after adjustment for multiple testing" if adjusted else "(not adjusted: it belongs to no family of tests)"
    if final:
        verdict, word = (AGREES, words[0]) if final > 0 else (CONTRADICTS, words[1])
        return verdict, f"{word} than at baseline {after}."
    if raw > 0:
        return DIRECTION, f"{words[0]} than at baseline, but not {after}."
    return UNDECIDED, f"No evidence of a change {after}."


def _planned_row(evidence: Evidence, parts: dict[str, str]) -> pd.Series:
    """The row of the planned estimate: the one whose p the plan adjusts, else the paired t on the scale of the analyte."""
    found = select_results(evidence.results, section="efficacy", by="", **parts)
    adjusted = found[found["p_adjusted"].notna()]
    if len(adjusted):
        return adjusted.iloc[0]
    paired = (("gmr", "paired_t_log"), ("mean_change", "paired_t"))
    rows = (evidence.row(section="efficacy", statistic=statistic, method=method, **parts) for statistic, method in paired)
    return next(row for row in rows if row is not None)


def _seen(row: pd.Series, evidence: Evidence) -> str:
    """An estimate of change with its interval and n, as part of a sentence."""
    ratio = row["statistic"] in _RATIOS
    name = _NAMES.get(row["statistic"], "Mean change")
    unit = "" if ratio else shown_unit(row["unit"])
    digits = 2 if ratio else evidence.digits(row["PARAMCD"])
    since = "" if evidence.plan.treated else " since the first visit"
    shown = estimate(row["value"], row["lower"], row["upper"], digits, _level(row), unit)
    return f"{name}{since} {shown}, n = {number(row['n'])}"


def _level(row: pd.Series) -> float:
    return 0.95 if is_missing(row["level"]) else float(row["level"])


def seen_change(evidence: Evidence, code: str, visit: Visit) -> tuple[pd.Series, str] | None:
    """The mean change of a parameter at a visit, as row and as words; None where this cohort has none."""
    row = evidence.row(section="efficacy", population="efficacy", PARAMCD=code, AVISIT=visit.AVISIT, statistic="mean_change",
                       method="paired_t", contrast=evidence.plan.contrast(visit.AVISIT))  # fmt: skip
    return None if row is None else (row, within_sentence(_seen(row, evidence)))
