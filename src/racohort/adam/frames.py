"""The form that all data sets share: which columns, of which type."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

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


def as_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose texts are held once each, in alphabetical order, and in every row their place: a third of the room."""
    texts = [name for name in frame.columns if pd.api.types.is_string_dtype(frame[name])]
    return frame.astype(dict.fromkeys(texts, "category"))


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the same columns below each other, with the categories of all of them; they lose each column once it is copied.

    >>> frames = [as_categories(pd.DataFrame({"SEX": [sex]})) for sex in ("M", "F")]
    >>> stacked(frames)["SEX"].cat.categories.tolist()
    ['F', 'M']

    One without rows may have no categories: a cohort need not have both laboratory values and scores.

    >>> some, none = as_categories(pd.DataFrame({"SEX": ["M"]})), pd.DataFrame({"SEX": pd.Series([], dtype="str")})
    >>> [stacked([one.copy() for one in both])["SEX"].tolist() for both in ([some, none], [none, some])]
    [['M'], ['M']]
    """
    names = list(frames[0].columns)
    return pd.DataFrame({name: _stacked([frame.pop(name) for frame in frames]) for name in names}, copy=False)


def _stacked(parts: list[Any]) -> pd.Series:
    kinds = [part.cat.categories.dtype for part in parts if isinstance(part.dtype, pd.CategoricalDtype)]
    if kinds:
        alike = [part.astype(kinds[0]).astype("category") if part.dtype != "category" else part for part in parts]
        return pd.Series(union_categoricals(alike, sort_categories=True))
    both: pd.Series = pd.concat(parts, ignore_index=True)
    return both


def study_day(dates: pd.Series, starts: pd.Series) -> pd.Series:
    """CDISC's day: the day of start is 1, the day before it -1, and there is no day 0; NaN without both dates.

    >>> study_day(pd.Series(pd.to_datetime(["2014-01-01", "2013-12-31"])), pd.Series(pd.to_datetime(["2014-01-01"] * 2))).tolist()
    [1.0, -1.0]
    """
    days = (dates - starts).dt.days.astype("float64")
    return days + np.where(days >= 0, 1.0, 0.0)
