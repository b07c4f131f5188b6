"""Sentences about finished runs side by side."""

from collections.abc import Sequence

import pandas as pd

from racohort.comparison import Finished
from racohort.comparison.baselines import COMPARABLE, DIFFERENT, UNKNOWN
from racohort.formats import count, listed, number
from racohort.report.text import Sentence, Text, quote, say
from racohort.results import select_results


def say_cohorts(runs: Sequence[Finished]) -> Text:
    """Which runs are compared, and which of them are synthetic."""
    made = [run.name for run in runs if run.synthetic]
    told = f"Compared are {count(len(runs), 'finished run')}: {listed([f'{run.name} ({run.title})' for run in runs])}."
    warned = f"Synthetic, and proof of nothing but the pipeline: {listed(made)}." if made else ""
    return say(told, warned)


def say_definitions(definitions: pd.DataFrame) -> Text:
    """How many definitions differ, and which."""
    differ = [name[:1].lower() + name[1:] for name in definitions.loc[~definitions["same"], "definition"]]
    if not differ:
        return say("These runs mean the same by every word that is compared here.")
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
    counts = {word: number((rows["value_text"] == word).sum()) for word in (COMPARABLE, DIFFERENT, UNKNOWN)}
    alike = "comparable" if counts[UNKNOWN] == "0" else "not shown to be comparable"
    verdict = alike if counts[DIFFERENT] == "0" else "not comparable"
    told = f"of {count(len(rows), 'variable')}, {counts[COMPARABLE]} are shown to be alike, {counts[DIFFERENT]} differ by more "
    more = f"than a quarter of a standard deviation, and for {counts[UNKNOWN]} it cannot be told"
    return quote(f"{run.name} is {verdict} with {first.name} at baseline: {told}{more}.", *rows["result_id"])


def say_pooled(pooled: pd.DataFrame) -> Text:
    """How many changes were pooled, and every reason why others were not."""
    done = pooled["statistic"].isin(["pooled_change", "pooled_gmr"])
    refused = select_results(pooled, statistic="not_pooled")
    total = int(done.sum()) + len(refused)
    lead = f"Of {count(total, 'change')} that at least one cohort has, {number(done.sum())} could be pooled."
    return say(lead, *(_refused(str(reason), len(rows)) for reason, rows in refused.groupby("value_text", sort=False)))


def _refused(reason: str, times: int) -> str:
    """`Not pooled: why.` with how often."""
    return f"Not pooled, {count(times, 'change')}: {reason.removeprefix('Not pooled: ')}"
