"""Numbers of which only the bounds are told, for words, drawings and files: hidden counts, their shares and rates."""

import numpy as np
import pandas as pd

from racohort.disclosure.counts import Numbers, rounded
from racohort.disclosure.profile import Profile
from racohort.few import Between, Bounded, RateBetween, ShareBetween
from racohort.terms import RESULT_COUNTS

RATES = frozenset({"rate", "first_event_rate"})
#: The chance that a healthy cohort of this size passes a rule: exact, it would give the size. Told between two multiples.
CHANCES, CHANCE_STEP = frozenset({"healthy_pass"}), 0.05


def with_counts(told: pd.DataFrame, tally: Numbers, count: Numbers, n: Numbers, share: Numbers, profile: Profile) -> pd.DataFrame:
    """The rows whose hidden counts and shares stand in `value` as such, so that words and tables print their bounds."""
    as_count, as_share = profile.hides(tally), profile.hides(count) & share & (n >= profile.suppress_below)
    as_share &= ~as_count
    if not (as_count | as_share).any():
        return told
    value = told["value"].astype(object)
    value[as_count] = profile.few
    value[as_share] = [profile.few / rounded(one, profile) for one in n[as_share]]
    return told.assign(value=value)


def with_rates(told: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """The rows whose rates of a hidden count stand in `value` as all that they may be: the middle would read as an estimate."""
    rate = told["statistic"].isin(RATES) & told["count"].map(lambda one: isinstance(one, Between)) & told["value"].notna()
    if not rate.any():
        return told
    value, few = told["value"].astype(object), profile.few
    value[rate] = [RateBetween(few.low / float(few) * one, few.high / float(few) * one) for one in value[rate]]
    return told.assign(value=value)


def with_chances(told: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose chances stand in `value` as the two multiples of a step between which they lie; 0 and 1 as they are."""
    exact = told["result_id"].map(dict(zip(rows["result_id"], rows["value"], strict=True)))
    chance = told["statistic"].isin(CHANCES) & told["value"].notna() & (exact > 0) & (exact < 1)
    if not chance.any():
        return told
    steps = np.clip(np.ceil(np.round(exact[chance].astype("float64") / CHANCE_STEP, 9)), 1, None)
    low, high = (np.round(one * CHANCE_STEP, 12) for one in (steps - 1, steps))
    value = told["value"].astype(object)
    value[chance] = [ShareBetween(*bounds) for bounds in zip(low, high, strict=True)]
    return told.assign(value=value, lower=told["lower"].mask(chance, low), upper=told["upper"].mask(chance, high))


def as_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Released rows as plain numbers, for drawing: a hidden count is drawn in the middle of what it may be, a rate of it not."""
    if rows["value"].dtype != object:
        return rows
    rates = rows["value"].map(lambda one: isinstance(one, RateBetween))
    return rows.assign(value=rows["value"].where(~rates, np.nan).astype("float64"))


def as_file(rows: pd.DataFrame) -> pd.DataFrame:
    """Released rows as they are written to a file: a hidden number is empty, and `value_text` says between which bounds it lies.

    >>> rows = pd.DataFrame({"value": [Between(1, 7), 10.0], "n": [65, 65], "count": [Between(1, 7), 10], "n_missing": [0, 0],
    ...                      "value_text": ["", ""]})
    >>> as_file(rows)[["value", "count", "value_text"]].values.tolist()
    [[nan, <NA>, 'count 1–7'], [10.0, 10, '']]
    """
    told = rows["value_text"]
    for name in RESULT_COUNTS:
        hidden = rows[name].map(lambda one: isinstance(one, Between))
        told = told.where(
            ~hidden, [" ".join(filter(None, [text, f"{name} {one}"])) for text, one in zip(told, rows[name], strict=True)]
        )
        rows = rows.assign(**{name: rows[name].where(~hidden, None).astype("Int64")})
    plain = ~rows["value"].map(lambda one: isinstance(one, Bounded))
    return rows.assign(value=rows["value"].where(plain, np.nan).astype("float64"), value_text=told)
