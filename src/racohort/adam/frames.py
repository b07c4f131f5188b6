"""The form that all data sets share: which columns, of which type."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from racohort.schema import as_text
from racohort.terms import ADAE, ADCM, ADSL, BDS

NUMBERS = {
    "AGE", "DISDUR", "TRTGAP", "AVISITN", "ADY", "AVAL", "limit", "BASE", "CHG", "PCHG", "ANRLO", "ANRHI", "line", "ASTDY",
    "AENDY", "AETOXGR", "CMDOSE",
}  # fmt: skip
DATES = {"TRTSDT", "TRTEDT", "LDOSEDT", "EOSDT", "LSTCNTDT", "DTHDT", "BIRTHDT", "ADT", "ASTDT", "AENDT"}
COLUMNS = {"ADSL": ADSL, "BDS": BDS, "ADAE": ADAE, "ADCM": ADCM}


def typed(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """A frame with these columns first and its others after them; text as str with "", numbers float64, dates datetime64."""
    names = [*columns, *(name for name in frame.columns if name not in set(columns))]
    return pd.DataFrame({name: _column(name, frame) for name in names}, index=range(len(frame)))


def _column(name: str, frame: pd.DataFrame) -> pd.Series:
    if name not in frame:
        kind = "datetime64[s]" if name in DATES else "float64" if name in NUMBERS else "str"
        return pd.Series("" if kind == "str" else None, index=range(len(frame)), dtype=kind)
    values = frame[name].reset_index(drop=True)
    if name in DATES:
        return pd.to_datetime(values).astype("datetime64[s]")
    if name in NUMBERS or pd.api.types.is_numeric_dtype(values):
        return pd.to_numeric(values, errors="coerce").astype("float64")
    return as_text(values)


def study_day(dates: pd.Series, starts: pd.Series) -> pd.Series:
    """CDISC's day: the day of start is 1, the day before it -1, and there is no day 0; NaN without both dates.

    >>> study_day(pd.Series(pd.to_datetime(["2014-01-01", "2013-12-31"])), pd.Series(pd.to_datetime(["2014-01-01"] * 2))).tolist()
    [1.0, -1.0]
    """
    days = (dates - starts).dt.days.astype("float64")
    return days + np.where(days >= 0, 1.0, 0.0)
