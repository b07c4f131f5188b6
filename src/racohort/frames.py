"""Frames of many rows: texts that are held once each, and parts below each other."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals


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
