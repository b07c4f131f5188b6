"""Sentences about finished runs side by side."""

from collections.abc import Sequence

import pandas as pd

from racohort.comparison import Finished
from racohort.comparison.baselines import COMPARABLE, DIFFERENT, UNKNOWN
from racohort.formats import count, how_many, listed, number
from racohort.report.text import Sentence, Text, quote, say
from racohort.results import select_results


def say_cohorts(runs: Sequence[Finished]) -> Text:
    """Which runs are compared, and which of them are synthetic."""
    made = [run.name for run in runs if run.synthetic]
    whose = "All of them are" if len(made) == len(runs) else f"{listed(made)} {'is' if len(made) == 1 else 'are'}"
    warned = f"{whose} synthetic, and {'prove' if len(made) > 1 else 'proves'} nothing but the pipeline." if made else ""
    return say(f"Compared are {count(len(runs), 'finished run')}: {listed([run.name for run in runs])}.", warned)


def say_definitions(definitions: pd.DataFrame) -> Text:
    """How many definitions differ, and which."""
    names = [name[:1].lower() + name[1:] for name in definitions["definition"]]
    differ = [name for name, same in zip(names, definitions["same"], strict=True) if not same]
    if not differ:
        return say(f"Their definitions are the same in all that is compared: {listed(names)}.")
    return say(f"Before any number: these runs differ in {count(len(differ), 'definition')}: {listed(differ)}.")


def say_comparable(differences: pd.DataFrame, runs: Sequence[Finished]) -> Text:
    """For each later run, whether its baseline is comparable with that of the first."""
    return say(
        *(_comparable(select_results(differences, contrast=f"{run.name}-{runs[0].name}"), run, runs[0]) for run in runs[1:])
    )


def _comparable(rows: pd.DataFrame, run: Finished, first: Finished) -> Sentence | str:
    if rows.empty:
        return (
            f"Nothing was measured at baseline in both {first.name} and {run.name}: whether they are comparable cannot be told."
        )
    counts = {word: int((rows["value_text"] == word).sum()) for word in (COMPARABLE, DIFFERENT, UNKNOWN)}
    alike = "comparable" if not counts[UNKNOWN] else "not shown to be comparable"
    verdict = alike if not counts[DIFFERENT] else "not comparable"
    words = {
        DIFFERENT: "they differ by more than a quarter of a standard deviation",
        COMPARABLE: "they are shown to be alike",
        UNKNOWN: "that cannot be told",
    }
    told = listed([f"in {number(counts[word])} {said}" for word, said in words.items() if counts[word]])
    of = f"of {count(len(rows), 'variable')}, {told}"
    if alone := next((word for word in words if counts[word] == len(rows) > 1), ""):
        of = f"in all {count(len(rows), 'variable')} {words[alone]}"
    return quote(f"{run.name} is {verdict} with {first.name} at baseline: {of}.", *rows["result_id"])


def say_pooled(pooled: pd.DataFrame) -> Text:
    """How many changes were pooled, and every reason why others were not."""
    done = pooled["statistic"].isin(["pooled_change", "pooled_gmr"])
    refused = select_results(pooled, statistic="not_pooled")
    total = int(done.sum()) + len(refused)
    lead = f"Of {count(total, 'change')} that at least one cohort has, {how_many(done.sum())} could be pooled."
    return say(lead, *(_refused(str(reason), len(rows)) for reason, rows in refused.groupby("value_text", sort=False)))


def _refused(reason: str, times: int) -> str:
    """`Not pooled: why.` with how often."""
    return f"Not pooled, {count(times, 'change')}: {reason.removeprefix('Not pooled: ')}"
