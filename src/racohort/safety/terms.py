"""The words of adverse event forms: what counts as related, as leading to discontinuation, and the windows after treatment."""

import math
from dataclasses import dataclass

import pandas as pd

#: The overview's categories, in the order of the table.
OVERVIEW = ("ANY", "TEAE", "RELATED", "SERIOUS", "GRADE3", "DISCONT", "DEATH")

_NOT_JUDGED = r"unknown|not (?:known|assess|applicable|report|recorded)|unassess|^n/?a$|不详|未知|无法"
_NOT_RELATED = (
    r"\bnot\b|\bunrelat|\bunlikel|\bnone\b|\bno\b|^n$|\bkein|\bnicht|unwahrschein|improb|improv[aá]v|^não$|^nein$"
    r"|无关|不相关|不太可能|不可能"
)
_RELATED = (
    r"relat|possib|probab|likely|defin|certain|^y$|yes|suspected"
    r"|möglich|wahrschein|gesichert|possí|prov[aá]vel|^sim$|^ja$|相关|有关|可能|肯定"
)
_LEFT_FOR_HARM = r"adverse|toxic|不良"
_WITHDRAWN = r"withdr|discontinu|stopped|permanent|停药|停用|退出|终止"


def is_related(AEREL: pd.Series) -> pd.Series:
    """Relatedness of each event as Y, N, or empty where it is missing or says neither.

    >>> is_related(pd.Series(["POSSIBLY RELATED", "Not related", "unlikely", "unknown", ""])).tolist()
    ['Y', 'N', 'N', '', '']
    >>> is_related(pd.Series(["möglich", "unwahrscheinlich", "kein Zusammenhang", "很可能有关", "不可能", "provável"])).tolist()
    ['Y', 'N', 'N', 'Y', 'N', 'Y']
    """
    text = AEREL.str.strip().str.lower()
    related = pd.Series("", index=AEREL.index, dtype="str")
    for words, answer in ((_RELATED, "Y"), (_NOT_RELATED, "N"), (_NOT_JUDGED, "")):
        related = related.mask(text.str.contains(words, regex=True), answer)
    return related


def is_discontinuation(AEACN: pd.Series) -> pd.Series:
    """Whether the action taken was to withdraw the treatment or the patient.

    >>> is_discontinuation(pd.Series(["DRUG WITHDRAWN", "NOT WITHDRAWN", "NONE", ""])).tolist()
    [True, False, False, False]
    """
    text = AEACN.str.strip().str.lower()
    return text.str.contains(_WITHDRAWN, regex=True) & ~text.str.contains(r"\bnot\b|\bno\b|未", regex=True)


def left_for_harm(DCSREAS: pd.Series) -> pd.Series:
    """Whether the reason for leaving the study was an adverse event.

    >>> left_for_harm(pd.Series(["Adverse event", "Moved away", ""])).tolist()
    [True, False, False]
    """
    return DCSREAS.str.lower().str.contains(_LEFT_FOR_HARM, regex=True)


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
