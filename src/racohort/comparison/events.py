"""Adverse events of a finished run, as the comparison shows them."""

import pandas as pd

from racohort.comparison.runs import Finished
from racohort.formats import is_missing
from racohort.results import pick_result


def event_row(run: Finished, category: str) -> pd.Series | None:
    """The row of a kind of event, whether or not it has a share; None where events were not supplied."""
    return pick_result(run.results, section="safety", statistic="proportion", by="overview", category=category)


def event_of(run: Finished, category: str) -> pd.Series | None:
    """The row of the share of patients with a kind of event; None where events were not supplied or judged, or it is withheld."""
    row = event_row(run, category)
    return None if row is None or is_missing(row["value"]) else row
