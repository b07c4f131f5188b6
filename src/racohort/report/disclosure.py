"""What the report holds back, and how much of its conclusions that leaves."""

import pandas as pd

from racohort.formats import count, number, percent
from racohort.plan import Plan
from racohort.report.text import Sentence, Text, quote, say
from racohort.results import select_results

INTERNAL = (
    "This report is internal: it holds patients' data and must not be sent on. A report to share (PRIVACY=share) or to publish "
    "(PRIVACY=publish) shows no single patient."
)


def say_disclosure(results: pd.DataFrame, plan: Plan) -> Text:
    """Who may see the report, what is hidden in it, and which verdicts that changes; from the rows of `claims.count_told`.

    Nothing is said of an internal report on a synthetic cohort, which has nothing to hide.
    """
    rows = select_results(results, statistic="hidden", by="disclosure")
    if rows.empty:
        return say() if plan.synthetic else say(INTERNAL)
    by = rows.set_index("category")
    who = "This edition is made to be sent on" if rows["method"].iloc[0] == "share" else "This edition is made to be published"
    first = Sentence(f"{who}: no single patient is shown in it, listed, or drawn.")
    return say(first, *(_hidden(by) if "round_to" in by.index else []), _verdicts(by))


def _hidden(by: pd.DataFrame) -> list[Sentence]:
    least, step = (int(by["value"][name]) for name in ("suppress_below", "round_to"))
    rule = (
        f"Counts of 1 to {least - 1} are shown as 1–{least - 1}, and other counts are rounded to the nearest {step}; shares, "
        "intervals and rates are computed from those."
    )
    held, rare = by.loc["numbers"], by.loc["rows"]
    share = f"{number(held['count'])} of {count(held['n'], 'number')} ({percent(held['count'] / held['n'])}) are held back"
    words = (
        f", and {count(rare['count'], 'row')}: words that fewer than {least} patients share, the ends of distributions, and "
        "what a single patient or few make of a result"
    ) if rare["count"] else ""  # fmt: skip
    return [Sentence(rule), quote(f"{share}{words}.", str(held["result_id"]), str(rare["result_id"]))]


def _verdicts(by: pd.DataFrame) -> Sentence:
    changed, lost = by.loc["verdicts"], by.loc["lost"]
    if not changed["count"]:
        return quote(
            f"None of {count(changed['n'], 'verdict')} on the paper's claims is changed by that.", str(changed["result_id"])
        )
    are = "is" if changed["count"] == 1 else "are"
    many = "all of them" if changed["count"] == lost["count"] else f"{number(lost['count'])} of them"
    gone = f", {many} because too little is left to decide" if lost["count"] else ""
    of = f"{number(changed['count'])} of {count(changed['n'], 'verdict')} on the paper's claims"
    said = f"{of} {are} other than those of exact counts"
    end = "where a verdict here differs from that of an internal report, the internal one holds"
    return quote(f"{said}{gone}; {end}.", str(str(changed["result_id"])), str(lost["result_id"]))
