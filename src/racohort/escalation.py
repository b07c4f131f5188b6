"""Escalation of background treatment: who was given a further drug, or more of one, after treatment began."""

import pandas as pd

from racohort.plan import Visit

#: Classes of background treatment, and what of it counts as an escalation when it begins or rises after baseline.
CLASSES = ("csDMARD", "bDMARD", "tsDMARD", "GC")
ESCALATION = ("START", "INCREASE")


def after_start(adcm: pd.DataFrame) -> pd.DataFrame:
    """Actions on a day after the start of treatment, or on an unknown day."""
    return adcm[~(adcm["ASTDY"] <= 1)]


def escalations(adcm: pd.DataFrame) -> pd.DataFrame:
    """Starts and increases of a class of background treatment after baseline."""
    return after_start(adcm[adcm["CMACT"].isin(ESCALATION) & adcm["CMCLAS"].isin(CLASSES)])


def escalated_until(adcm: pd.DataFrame, visit: Visit) -> pd.Series:
    """USUBJID of those escalated by the planned day of a visit; an unknown day counts.

    >>> adcm = pd.DataFrame({"USUBJID": ["1", "2", "3"], "CMCLAS": "GC", "CMACT": "START", "ASTDY": [100.0, 500.0, None]})
    >>> escalated_until(adcm, Visit("Y1", 1, "1 year", 365.0)).tolist()
    ['1', '3']
    """
    risen = escalations(adcm)
    return risen["USUBJID"] if visit.day is None else risen.loc[~(risen["ASTDY"] > visit.day + 1), "USUBJID"]
