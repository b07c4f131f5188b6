"""Means, standard deviations and percentages of whole numbers: which are possible with n patients (exact rational arithmetic)."""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor, nan, sqrt

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


def grimmer(
    mean: Printed, sd: Printed, n: int, min_val: int | None = None, max_val: int | None = None
) -> str | None:  # fmt: skip
    """Whether printed mean and SD of whole numbers are possible together: consistent, grim_inconsistent or grimmer_inconsistent.

    For every total that fits the mean, the sum of squares must fit the SD, be at least that of the most equal values, at most
    that of the most extreme ones (where the range is known) and be odd or even with the total. These conditions are necessary,
    not sufficient. None without a mean or SD, or for n < 2.

    >>> grimmer("1.03", "0.41", n=40), grimmer("5.21", "1.60", n=28)
    ('grimmer_inconsistent', 'consistent')
    """
    if is_missing(mean, sd, n) or n < 2:
        return None
    sums = [total for total in possible_sums(mean, n) if reachable(total, n, min_val, max_val)]
    if not sums:
        return "grim_inconsistent"
    low, high, _ = rounding_interval(sd)
    fits = high >= 0 and any(_squares_fit(total, n, max(low, Fraction(0)), high, min_val, max_val) for total in sums)
    return "consistent" if fits else "grimmer_inconsistent"


def reachable(total: int, n: int, min_val: int | None, max_val: int | None) -> bool:
    """Whether n whole numbers in a range can have a total."""
    return (min_val is None or total >= n * min_val) and (max_val is None or total <= n * max_val)


def _squares_fit(total: int, n: int, low: Fraction, high: Fraction, min_val: int | None, max_val: int | None) -> bool:
    around_mean = Fraction(total**2, n)
    least = max(ceil((n - 1) * low**2 + around_mean), _squares(most_equal(total, n)))
    most = floor((n - 1) * high**2 + around_mean)
    if min_val is not None and max_val is not None:
        most = min(most, _squares(_most_extreme(total, n, min_val, max_val)))
    return least + (least - total) % 2 <= most


Groups = Iterable[tuple[int, int]]


def _squares(groups: Groups) -> int:
    return sum(count * value**2 for value, count in groups)


def most_equal(total: int, n: int) -> Groups:
    """Values and how often, as equal as a total allows."""
    value, rest = divmod(total, n)
    return (value, n - rest), (value + 1, rest)


def _most_extreme(total: int, n: int, min_val: int, max_val: int) -> Groups:
    """Values and how often, piled at both ends of the range with one between."""
    if min_val == max_val:
        return ((min_val, n),)
    high, rest = divmod(total - n * min_val, max_val - min_val)
    between = int(rest > 0)
    return (max_val, high), (min_val + rest, between), (min_val, n - high - between)


def sprite_sd_bounds(total: int, n: int, min_val: int, max_val: int) -> tuple[float, float]:
    """The smallest and the largest SD that n whole numbers in a range can have, given their total; NaN where there are none or
    n < 2.

    >>> [round(sd, 3) for sd in sprite_sd_bounds(45, n=10, min_val=1, max_val=7)]
    [0.527, 3.028]
    """
    if (
        is_missing(total, n, min_val, max_val)
        or n < 2
        or min_val > max_val
        or total != int(total)
        or not reachable(total, n, min_val, max_val)
    ):
        return nan, nan
    whole = int(total)
    extremes = most_equal(whole, n), _most_extreme(whole, n, min_val, max_val)
    low, high = (sqrt((_squares(groups) - Fraction(whole**2, n)) / (n - 1)) for groups in extremes)
    return low, high


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
