"""The claim ledger as a reviewer prints it: every claim, its verdicts, and what was seen."""

import pandas as pd

from racohort.formats import capitalised, count, level_of, number
from racohort.plan import Plan
from racohort.results import select_results
from racohort.tables.paper import Table, table

_LEVELS = {"as_printed": "As the paper tested it", "as_planned": "By the plan of this report"}


def tabulate_claims(ledger: pd.DataFrame, plan: Plan) -> Table:
    """Every claim with its printed words, both verdicts and the reason, in the order of the paper.

    Parameters
    ----------
    ledger : `claims.claims_frame`.
    plan : says whether the cohort is synthetic.
    """
    shown = pd.DataFrame({
        "Place": [_place(*row) for row in zip(ledger["source"], ledger["place"], strict=True)],
        "Claim": ledger["id"],
        "The paper": [_words(*row) for row in ledger[["words", "quoted", "topic", "year"]].itertuples(index=False)],
        "As tested there": ledger["verdict"],
        "As planned here": ledger["verdict_planned"],
        "What was seen": [_why(*row) for row in zip(ledger["why"], ledger["why_planned"], strict=True)],
    })  # fmt: skip
    claims = count(len(ledger), "claim")
    caption = (f"The paper's claims against this cohort ({plan.title}): {claims} and silences. Intervals are "
               f"confidence intervals at {level_of(plan.level)}; n is the number of patients with the values.")  # fmt: skip
    note = ("Words in quotation marks are printed words; the others say the fact without the paper's wording. A single group "
            "without controls can test no claim about what a treatment does.")  # fmt: skip
    note = " ".join(filter(None, [note, *ledger["caution"].unique()]))
    return table(shown, "claims", caption, note, plan.synthetic, row_headers=1, groups="Place", details=_details(ledger))


def _details(ledger: pd.DataFrame) -> list[tuple[str, ...]]:
    """For each claim its rule, and the result rows that its verdicts rest on."""
    rows = (f"Result rows: {ids.replace(' ', ', ')}." if ids else "It rests on no result row." for ids in ledger["result_ids"])
    return [(f"Rule. {rule}", ids) for rule, ids in zip(ledger["test"], rows, strict=True)]


def _place(source: str, place: str) -> str:
    return place if source == "paper" else f"Secondary source: {place}"


def _words(words: str, quoted: bool, topic: str, year: float) -> str:
    """The paper's words; where they are quoted, what they are read as being about."""
    if not quoted:
        return words
    return f"“{words}” ({topic}, {count(year, 'year')})" if topic else f"“{words}”"


def _why(printed: str, planned: str) -> str:
    """The reason; below it whatever the planned one adds."""
    said = printed.split(". ")
    more = [sentence for sentence in planned.split(". ") if sentence.rstrip(".") not in {one.rstrip(".") for one in said}]
    return f"{printed}\nBy the plan: {'. '.join(more)}" if more else printed


def tabulate_rules(ledger: pd.DataFrame) -> Table:
    """What counts as agreement and as contradiction, each rule once, with the claims that it judges.

    Parameters
    ----------
    ledger : `claims.claims_frame`.
    """
    rules = ledger.groupby("test", sort=False)["id"].agg(", ".join)
    shown = pd.DataFrame({"Claims": rules.to_numpy(), "What counts as agreement, and what as failure": rules.index})
    return table(shown, "claim-rules", "How each claim is judged: the rules are the same for every cohort.")


def tabulate_coverage(results: pd.DataFrame, plan: Plan) -> Table:
    """How many of the paper's claims get which verdict, at both levels.

    Parameters
    ----------
    results : rows of `claims.count_coverage`.
    plan : says whether the cohort is synthetic.
    """
    rows = select_results(results, section="concordance", statistic="claims", by="verdict")
    counts = rows.pivot(index="value_text", columns="method", values="count").reindex(rows["value_text"].unique())
    shown = pd.DataFrame({"Verdict": [capitalised(verdict) for verdict in counts.index]})
    for level, name in _LEVELS.items():
        shown[name] = [number(value) for value in counts[level]]
    size, known = (number(rows["n"].iloc[0]), rows["note"].iloc[0]) if len(rows) else ("0", "text")
    caption = f"Verdicts on the {size} claims of the paper's {known} (secondary facts and the paper's silences are not counted)."
    return table(shown, "coverage", caption, synthetic=plan.synthetic)
