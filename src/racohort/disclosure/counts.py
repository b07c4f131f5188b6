"""Counts and denominators as they may be told, each by itself: none, hidden between two bounds, or rounded to a multiple."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from racohort.disclosure.profile import Profile
from racohort.few import Between

Numbers = NDArray[Any]


def tell(counts: pd.Series, profile: Profile) -> pd.Series:
    """Counts as they may be told: none, a `Between`, or rounded to a multiple.

    >>> tell(pd.Series([0, 1, 7, 8, 64, pd.NA], dtype="Int64"), Profile("publish")).tolist()
    [0, 1–7, 1–7, 10, 65, nan]
    """
    if not any(map(profile.hides, counts.dropna())):
        return pd.Series(rounded(counts.astype("Float64"), profile), index=counts.index).astype("Int64")
    return pd.Series([_told(one, profile) for one in counts], index=counts.index, dtype=object)


def _told(count: Any, profile: Profile) -> Any:
    if isinstance(count, Between):
        return count
    if pd.isna(count):
        return np.nan
    return profile.few if profile.hides(count) else int(rounded(float(count), profile))


def rounded(counts: Any, profile: Profile) -> Any:
    """To the nearest multiple, halves upwards."""
    return (counts / profile.round_to + 0.5) // 1 * profile.round_to


def middle(counts: Numbers, profile: Profile) -> Numbers:
    """Counts as they may be drawn: rounded, and a hidden one in the middle of what it may be."""
    return np.where(profile.hides(counts), float(profile.few), rounded(counts, profile))
