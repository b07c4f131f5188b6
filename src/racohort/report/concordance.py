"""What this cohort says about the paper, in sentences: how much is covered, with which verdicts, and what cannot be tested."""

import pandas as pd

from racohort.formats import capitalised, count, listed, number
from racohort.plan import Plan
from racohort.printed import Paper
from racohort.report.text import Sentence, Text, points, quote, say
from racohort.results import select_results

#: Claims that a sentence names one by one.
MOST_NAMED = 4


def say_paper(paper: Paper) -> Text:
    """Whose claims are examined, and how much of the paper is known."""
    title, claims = paper.paper.title.rstrip("."), count(len(paper.claims), "statement")
    known = f"Its {paper.paper.available} is available; {claims} on it are examined."
    return say(f"The paper is “{title}” ({paper.paper.reference.rstrip('.')}).", known)


def say_coverage(results: pd.DataFrame, plan: Plan) -> Text:
    """How many of the paper's claims this cohort answers, and how.

    Parameters
    ----------
    results : rows of `claims.count_coverage`.
    plan : says whether the cohort is synthetic.
    """
    return say(coverage_sentence(results), *_level_sentences(results), _built(plan))


def coverage_sentence(results: pd.DataFrame) -> Sentence | str:
    """The headline: x of y claims answered. Empty where the claims were not judged."""
    found = select_results(results, section="concordance", statistic="coverage", method="as_printed")
    if found.empty:
        return ""
    row = found.iloc[0]
    rest = int(row["n"]) - int(row["count"])
    answered = f"Of {count(row['n'], 'claim')} in the paper's {row['note']} this cohort answers {number(row['count'])}"
    return quote(f"{answered}; {number(rest)} cannot be tested with it.", row["result_id"])


def _level_sentences(results: pd.DataFrame) -> list[Sentence]:
    """One sentence for each level: as the paper tested it, and as this report plans."""
    names = {"as_printed": "as the paper tested them", "as_planned": "by the plan of this report"}
    return [_verdicts(results, level, name) for level, name in names.items()]


def _verdicts(results: pd.DataFrame, level: str, name: str) -> Sentence:
    rows = select_results(results, section="concordance", statistic="claims", method=level, by="verdict")
    rows = rows[(rows["count"] > 0) & (rows["value_text"] != "cannot be tested here")]
    said = [f"“{row['value_text']}” for {number(row['count'])}" for _, row in rows.iterrows()]
    tally = f"{capitalised(name)}, the verdict is {listed(said)}." if said else ""
    return quote(tally, *rows["result_id"])


def _built(plan: Plan) -> str:
    told = "The cohort is synthetic, made by a program: agreement proves the pipeline and nothing about the paper."
    return told if plan.synthetic else ""


def say_untested(results: pd.DataFrame) -> Text:
    """Why claims cannot be tested here: each reason once, with the claims it stands for, the most frequent first.

    Parameters
    ----------
    results : rows of `claims.judge_claims`.
    """
    rows = select_results(results, section="concordance", statistic="verdict", value_text="cannot be tested here")
    ranked = sorted(rows.groupby("note", sort=False), key=lambda item: -len(item[1]))
    return points(*(quote(f"{_claims_of(mine)}: {reason}", *mine["result_id"]) for reason, mine in ranked))


def _claims_of(rows: pd.DataFrame) -> str:
    """Which facts of the paper the rows are about, or how many claims where a reader would not read all their names."""
    facts = list(dict.fromkeys(str(claim).partition("-")[0] for claim in rows["category"]))
    return listed(facts) if len(rows) <= MOST_NAMED else capitalised(count(len(rows), "claim"))
