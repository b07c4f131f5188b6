"""The sentences about events of special interest, and about the first event."""

import pandas as pd

from racohort.formats import capitalised, interval, is_missing, level_of, listed, number, percent
from racohort.labels import OVERVIEW_LABELS, SPECIAL_LABELS
from racohort.plan import Plan
from racohort.report.text import Sentence, Text, quote, say
from racohort.results import select_results
from racohort.summaries import only


def say_special(results: pd.DataFrame, plan: Plan) -> Text:
    """Which risks that excludes, what was not collected, and that the follow-up is short.

    From the rows of `estimate_special`, and of `summarise_exposure` for the length of follow-up.
    """
    told = select_results(results, statistic="collected", by="special")
    if told.empty:
        return say()
    counted = select_results(results, statistic="proportion", by="special")
    return say(_said_of_some(counted), _said_of_none(results, counted, plan), _said_of_silence(told), _said_of_latency(results))


def _said_of_some(counted: pd.DataFrame) -> Sentence:
    some = counted[counted["count"] > 0]
    seen = [f"{_small(row['category'])} in {number(row['count'])} of {number(row['n'])}" for _, row in some.iterrows()]
    return (
        quote(
            f"Of the harms feared of cells, the treatment that the paper studies, these were seen: {listed(seen)}.",
            *some["result_id"],
        )
        if seen
        else Sentence("")
    )


def _said_of_none(results: pd.DataFrame, counted: pd.DataFrame, plan: Plan) -> Sentence:
    none = counted.loc[counted["count"] == 0, "category"]
    bounds = select_results(results, statistic="risk_bound", by="special", category=list(none))
    if bounds.empty:
        return Sentence("")
    names = capitalised(listed([_small(category) for category in bounds["category"]]))
    limit = percent(bounds["upper"].max())
    text = f"{names}: no such event in {number(bounds['n'].min())} patients; risks above {limit} are excluded with"
    return quote(f"{text} {level_of(plan.level)} confidence for each.", *bounds["result_id"])


def _small(category: str) -> str:
    label = SPECIAL_LABELS[category]
    return label[:1].lower() + label[1:]


def _said_of_silence(told: pd.DataFrame) -> Sentence:
    missing = told[told["value_text"] == "no"]
    if missing.empty:
        return Sentence("")
    names = listed([_small(category) for category in missing["category"]])
    return quote(f"Not collected, so that nothing is known: {names}.", *missing["result_id"])


def _said_of_latency(results: pd.DataFrame) -> Sentence:
    rows = select_results(results, by="exposure", statistic=["median", "max"])
    years = rows.set_index("statistic")["value"]
    if pd.isna(years.get("median")):
        text = "How long the patients were followed is not known, so harms of long latency, malignancy above all, may still come."
        return quote(text, *rows["result_id"])
    most = f", {number(years['max'], 1)} at most," if pd.notna(years.get("max")) else ""
    followed = f"A follow-up of {number(years['median'], 1)} years in the median{most}"
    text = f"{followed} is too short for harms of long latency, malignancy above all."
    return quote(text, *rows["result_id"])


def say_first_event(results: pd.DataFrame, plan: Plan) -> Text:
    """The share of patients with a first event by the last day told; from the rows of `estimate_first_event`."""
    rows = select_results(results, statistic="cumulative_incidence", by="first_event")
    if rows.empty:
        return say()
    parts = rows["category"].str.partition(">")
    last = rows[parts[2] == parts[2].iloc[-1]]
    alike = last["n"].nunique() == 1
    told = listed([_first_share(row, results, not alike) for _, row in last.iterrows()])
    day, among = number(float(parts[2].iloc[-1])), f" (n = {number(last['n'].iloc[0])})" if alike else ""
    return say(quote(f"Patients with a first event by day {day} after the treatment{among}: {told}.", *last["result_id"]))


def _first_share(row: pd.Series, results: pd.DataFrame, with_n: bool) -> str:
    kind = OVERVIEW_LABELS[row["category"].partition(">")[0]].lower()
    died, left = (only(results, by="first_event", statistic=statistic, category=row["category"])["value"]
                  for statistic in ("died_before", "at_risk"))  # fmt: skip
    bounds = "nobody" if is_missing(row["lower"]) else f"{interval(100 * row['lower'], 100 * row['upper'], 1, row['level'])} %"
    deaths = f"; {number(died)} died before one" if died else ""
    n = f"; n = {number(row['n'])}" if with_n else ""
    return f"{kind} {percent(row['value'])} ({bounds}{deaths}; {number(left)} still followed without one{n})"
