"""Means and percentages of whole numbers: which are possible with n patients (exact rational arithmetic)."""

from fractions import Fraction
from math import ceil, floor

from racohort.columns import is_missing
from racohort.consistency.rounding import Printed, rounding_interval


def grim(mean: Printed, n: int, items: int = 1) -> bool | None:
    """Whether a printed mean is possible for n patients' whole numbers, or for the mean of `items` whole-number items (GRIM).

    None without a mean or for n < 1. Only informative where `grim_applicable`. Oracle: R scrutiny.

    >>> grim("5.19", 28), grim("2.68", 28)
    (False, True)
    """
    if is_missing(mean, n, items) or n < 1 or items < 1:
        return None
    return bool(possible_sums(mean, n * items))


def grim_applicable(mean: Printed, n: int, items: int = 1) -> bool:
    """Whether GRIM can fail at all: fewer values than the printed decimals can tell apart.

    >>> grim_applicable("46.33", 64), grim_applicable("46.3", 64)
    (True, False)
    """
    return not is_missing(mean, n, items) and bool(0 < n * items < 10 ** rounding_interval(mean).decimals)


def possible_sums(mean: Printed, n: int) -> range:
    """The totals of n whole numbers whose mean rounds to the printed one."""
    lower, upper, _ = rounding_interval(mean)
    return range(ceil(lower * n), floor(upper * n) + 1)


def debit(mean: Printed, sd: Printed, n: int) -> bool | None:
    """Whether printed mean and SD of a yes/no variable (0 and 1) are possible together (DEBIT); None for n < 2.

    >>> debit("0.44", "0.50", n=1683), debit("0.19", "0.35", n=1683)
    (True, False)
    """
    if is_missing(mean, sd, n) or n < 2:
        return None
    low, high, _ = rounding_interval(sd)
    low = max(low, Fraction(0))
    yes = (k for k in possible_sums(mean, n) if 0 <= k <= n)
    return high >= 0 and any(low**2 <= Fraction(k * (n - k), n * (n - 1)) <= high**2 for k in yes)


def percent_possible_counts(percent: Printed, n: int) -> list[int]:
    """The counts of n that a printed percentage stands for; none means that it is impossible with this denominator.

    >>> percent_possible_counts("28.1", 64), percent_possible_counts("33.3", 64)
    ([18], [])
    """
    if is_missing(percent, n) or n < 1:
        return []
    lower, upper, _ = rounding_interval(percent)
    return list(range(max(0, ceil(lower * n / 100)), min(n, floor(upper * n / 100)) + 1))
