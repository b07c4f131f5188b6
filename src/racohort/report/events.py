"""The sentences about adverse events; silent where none were supplied, because the table in front says so."""

import pandas as pd

from racohort.formats import count, level_of, listed, percent, proportion, share_or_none_known
from racohort.labels import OVERVIEW_LABELS, WINDOW_LABELS
from racohort.plan import Plan
from racohort.report.text import Sentence, Text, quote, say
from racohort.results import select_results
from racohort.summaries import were_supplied


def say_events(results: pd.DataFrame, plan: Plan) -> Text:
    """Any, serious and fatal events, and which risks zero events exclude; from the rows of `estimate_events`."""
    if not were_supplied(results):
        return say()
    rows = select_results(results, statistic="proportion", by="overview")
    told = rows[rows["category"].isin(["ANY", "SERIOUS", "DEATH"])]
    said = [f"{OVERVIEW_LABELS[row['category']]}: {share_or_none_known(row)}." for _, row in told.iterrows()]
    sentences = (quote(text, result_id) for text, result_id in zip(said, told["result_id"], strict=True))
    return say(*sentences, _said_of_none(results, rows, plan))


def _said_of_none(results: pd.DataFrame, rows: pd.DataFrame, plan: Plan) -> Sentence:
    none = rows.loc[rows["value"] == 0, "category"]
    bounds = select_results(results, statistic="risk_bound", category=list(none))
    if bounds.empty:
        return Sentence("")
    names = listed([OVERVIEW_LABELS[category].lower() for category in none])
    limit, n = percent(bounds["upper"].iloc[0]), count(bounds["n"].iloc[0], "patient")
    said = f"Where nobody had such an event ({names}), a risk above {limit} is excluded with {level_of(plan.level)} confidence"
    return quote(f"{said} in {n}; a smaller one is not.", *bounds["result_id"])


def say_windows(results: pd.DataFrame, plan: Plan) -> Text:
    """When events occurred; from the rows of `estimate_events`."""
    rows = select_results(results, statistic="proportion", by="window", category=["DAY1", "LE30D"])
    if rows.empty:
        return say()
    shown = ((row, proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)) for _, row in rows.iterrows())
    return say(*(quote(f"{WINDOW_LABELS[row['category']]}: {text}.", row["result_id"]) for row, text in shown))
