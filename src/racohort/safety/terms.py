"""What adverse events are counted by: the categories of the overview, and the windows after treatment."""

import math
from dataclasses import dataclass

#: The overview's categories, in the order of the table.
OVERVIEW = ("ANY", "TEAE", "RELATED", "SERIOUS", "GRADE3", "DISCONT", "DEATH")


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
