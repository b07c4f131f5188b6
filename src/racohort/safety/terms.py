"""What adverse events are counted by: the categories of the overview, and the windows after treatment."""

import math
from dataclasses import dataclass

import pandas as pd

#: The overview's categories, in the order of the table.
OVERVIEW = ("ANY", "TEAE", "RELATED", "SERIOUS", "GRADE3", "DISCONT", "DEATH")


def is_fatal(adae: pd.DataFrame) -> pd.Series:
    """Whether each event was fatal: by its mark or its grade."""
    return (adae["AESDTH"] == "Y") | (adae["AETOXGR"] >= 5)


def is_serious(adae: pd.DataFrame) -> pd.Series:
    """Whether each event was serious; a fatal one is, whatever its mark says (ICH E2A).

    >>> is_serious(pd.DataFrame({"AESER": ["Y", "N", "N"], "AESDTH": ["", "Y", ""], "AETOXGR": [2, 3, 3]})).tolist()
    [True, True, False]
    """
    return (adae["AESER"] == "Y") | is_fatal(adae)


@dataclass(frozen=True)
class Window:
    """A span of days after the treatment (0 is its day): first and last day, both inside; or the events without a date."""

    code: str
    label: str
    first: float
    last: float
    undated: bool = False


#: Dates carry no time, so the day after the treatment is the last that can hold the first 24 hours.
WINDOWS = (
    Window("DAY1", "Day of treatment or the day after (includes the first 24 h)", 0, 1),
    Window("LE30D", "Up to 30 days", 0, 30),
    Window("LE1Y", "Up to 1 year", 0, 365),
    Window("GT1Y", "Later than 1 year", 366, math.inf),
    Window("ALL", "Whole follow-up", -math.inf, math.inf),
    Window("UNDATED", "Onset date not known", 0, 0, undated=True),
)
