"""The paper's claims against this cohort: a verdict for each, the reason, and how much of the paper is covered.

Two levels: as the paper tested it, and as this report's plan would. A single arm cannot test whether a treatment works or does no
harm; such claims always end in `cannot be tested here`, with what was seen.
"""

import pandas as pd

from racohort.claims.answers import AS_PLANNED, AS_PRINTED, BUILT, VERDICTS, Answer, Evidence
from racohort.claims.changes import judge_change
from racohort.claims.facts import (
    judge_age,
    judge_background,
    judge_conclusion,
    judge_measured,
    judge_nothing,
    judge_patients,
    judge_percent,
    judge_visits,
)  # fmt: skip
from racohort.claims.ranges import judge_range
from racohort.disclosure import count_hidden, held_profile, judged
from racohort.plan import Plan
from racohort.printed import Claim, Paper
from racohort.results import as_results

__all__ = ["VERDICTS", "claims_frame", "count_coverage", "count_told", "judge_claims"]

_JUDGES = {
    "change": judge_change, "range": judge_range, "patients": judge_patients, "age": judge_age, "visits": judge_visits,
    "measured": judge_measured, "background": judge_background, "percent": judge_percent, "conclusion": judge_conclusion,
    "none": judge_nothing,
}  # fmt: skip

#: The columns of `claims_frame`, and of `results/claims.csv`.
LEDGER = (
    "id", "fact", "source", "place", "words", "quoted", "topic", "year", "test", "PARAMCD", "AVISIT",
    "verdict", "why", "verdict_planned", "why_planned",
    "value", "lower", "upper", "level", "n", "p_value", "p_adjusted", "unit", "result_ids", "caution",
)  # fmt: skip


@judged
def judge_claims(paper: Paper, results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """A verdict on every claim, from the results of the other sections.

    Parameters
    ----------
    paper : the claims, as `io.read_claims` gives them.
    results : rows of the sections participants, safety and efficacy; what is missing cannot be tested.
    plan, catalogue : the visits and the cohort's DAS28 variant; labels and decimals.

    Returns
    -------
    Result rows `verdict` (section `concordance`, by `claim`, category its id; method `as_printed`, and `as_planned` for changes
    and ranges): `value_text` the verdict, `note` the reason, and the numbers of the row that decides.
    """
    return as_results(answer.as_row(plan.synthetic) for answer in _answers(paper, results, plan, catalogue))


def _answers(paper: Paper, results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> list[Answer]:
    evidence = Evidence(paper, results, plan, catalogue)
    return [answer for claim in paper.claims for answer in _JUDGES[claim.asks](claim, evidence)]


def count_coverage(verdicts: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    """How many of the paper's claims this cohort answers, and with which verdict.

    Parameters
    ----------
    verdicts : the rows of `judge_claims`.
    paper : the claims; secondary facts and what the paper is silent about are not counted.

    Returns
    -------
    For each level `coverage` (count answered of n claims, value their share; the note says what of the paper is known) and
    `claims` by `verdict` (count of n). A claim without an answer of its own at the planned level counts with its
    printed one. Raises ValueError for a claim without verdict.
    """
    counted = [claim.id for claim in paper.claims if _counts(claim)]
    rows = []
    for level in (AS_PRINTED, AS_PLANNED):
        words = _verdict_of(verdicts, level).reindex(counted)
        if words.isna().any():
            raise ValueError(f"claims without a verdict: {', '.join(words.index[words.isna()])}")
        common = {
            "section": "concordance",
            "method": level,
            "n": len(counted),
            "note": paper.paper.available,
            "function": "claims.count_coverage",
        }
        counts = {verdict: int((words == verdict).sum()) for verdict in VERDICTS}
        answered = len(counted) - counts[VERDICTS[-1]]
        rows += [{**common, "statistic": "coverage", "count": answered, "value": answered / len(counted) if counted else None}]
        rows += [{**common, "statistic": "claims", "by": "verdict", "category": verdict.replace(" ", "_"), "value_text": verdict,
                  "count": found, "value": found} for verdict, found in counts.items()]  # fmt: skip
    return as_results(rows)


def count_told(paper: Paper, results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """What the profile of the report holds back, and how many verdicts that changes; no rows for an internal report.

    Takes what `judge_claims` takes. Rows `hidden` by `disclosure`: `numbers` and `rows` held back; `verdicts` that are other ones
    than exact rows would give at one level at least, and `lost` those that cannot be given any more; the limits of the profile.
    """
    profile = held_profile()
    counted = [claim.id for claim in paper.claims if _counts(claim)]
    told, exact = (judge(paper, results, plan, catalogue) for judge in (judge_claims, judge_claims.__wrapped__))
    levels = [[_verdict_of(rows, level).reindex(counted) for rows in (told, exact)] for level in (AS_PRINTED, AS_PLANNED)]
    other = pd.concat([now != then for now, then in levels], axis=1).any(axis=1)
    lost = pd.concat([(now != then) & (now == VERDICTS[-1]) for now, then in levels], axis=1).any(axis=1)
    verdicts = [{"category": name, "count": int(one.sum()), "n": len(counted), "value": float(one.sum())}
                for name, one in (("verdicts", other), ("lost", lost))]  # fmt: skip
    common = {"section": "concordance", "statistic": "hidden", "method": profile.name, "by": "disclosure",
              "function": "claims.count_told"}  # fmt: skip
    return as_results([common | row for row in [*count_hidden(results, profile), *([] if profile.shows_people else verdicts)]])


def _counts(claim: Claim) -> bool:
    return claim.source == "paper" and not claim.silent


def _verdict_of(verdicts: pd.DataFrame, level: str) -> pd.Series:
    """The verdict of each claim at a level, by claim id."""
    by_level = [verdicts[verdicts["method"] == one].set_index("category")["value_text"] for one in (level, AS_PRINTED)]
    return by_level[0].combine_first(by_level[1]) if len(by_level[0]) else by_level[1]


@judged
def claims_frame(paper: Paper, results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The claim ledger: one row per claim, in the order of the paper, with words, test, both verdicts, reasons and result ids.

    Takes what `judge_claims` takes. Columns as in `LEDGER`; `result_ids` are the rows of the other sections that the verdicts
    rest on, separated by spaces; numbers are those of the printed level; `caution` marks the verdicts of a synthetic cohort.
    """
    grouped: dict[str, list[Answer]] = {}
    for answer in _answers(paper, results, plan, catalogue):
        grouped.setdefault(answer.claim.id, []).append(answer)
    return pd.DataFrame([_ledger_row(answers, paper, plan) for answers in grouped.values()], columns=list(LEDGER))


def _ledger_row(answers: list[Answer], paper: Paper, plan: Plan) -> dict[str, object]:
    printed, planned, claim = answers[0], answers[-1], answers[0].claim
    row = printed.as_row(plan.synthetic)
    ids = dict.fromkeys(one for answer in answers for one in answer.result_ids)
    told = {name: getattr(claim, name) for name in ("id", "fact", "source", "place", "words", "quoted", "year")}
    return {**row, **told, "topic": _topic(claim), "test": claim.rule(paper.alpha), "result_ids": " ".join(ids),
            "verdict": printed.verdict, "why": printed.why, "verdict_planned": planned.verdict, "why_planned": planned.why,
            "caution": BUILT if plan.synthetic and printed.tested else ""}  # fmt: skip


def _topic(claim: Claim) -> str:
    """What a claim about a visit is about, in a word or two; empty for other claims."""
    reading = {"mean": "group mean", "each": "each value"}.get(claim.reading or "", "")
    if claim.asks == "range":
        return f"{claim.panel}, {reading}"
    code = claim.parameters[0] if claim.asks == "change" else ""
    return {"ACCP": "Anti-CCP", "HAQDI": "HAQ"}.get(code, code)
