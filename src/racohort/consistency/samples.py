"""Samples of whole numbers with a printed mean and SD: whether there is one (GRIMMER), and which (SPRITE).

The search is exact. Values are taken from the largest down; what is left must have a sum of squares between that of the most
equal and that of the most extreme values with its total, and odd or even with it. Few branches survive that, so that hundreds of
patients take milliseconds.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil, floor, isqrt, nan, sqrt

from racohort.columns import is_missing
from racohort.consistency.counts import possible_sums
from racohort.consistency.rounding import Printed, rounding_interval

#: Values and how often each.
Groups = Iterable[tuple[int, int]]


def grimmer(
    mean: Printed, sd: Printed, n: int, min_val: int | None = None, max_val: int | None = None
) -> str | None:  # fmt: skip
    """Whether printed mean and SD of whole numbers are possible together: consistent, grim_inconsistent or grimmer_inconsistent.

    Consistent exactly where n whole numbers, within the range where it is known, have them. None without a mean or SD, or for
    n < 2.

    >>> grimmer("1.03", "0.41", n=40), grimmer("5.21", "1.60", n=28)
    ('grimmer_inconsistent', 'consistent')
    """
    if is_missing(mean, sd, n) or n < 2:
        return None
    if not any(_reachable(total, n, min_val, max_val) for total in possible_sums(mean, n)):
        return "grim_inconsistent"
    return "consistent" if sprite(mean, sd, n, min_val, max_val) is not None else "grimmer_inconsistent"


def sprite(
    mean: Printed, sd: Printed, n: int, min_val: int | None = None, max_val: int | None = None
) -> list[int] | None:  # fmt: skip
    """One sample of n whole numbers, within a range where it is known, that has a printed mean and SD, in order.

    None where there is no such sample: every total that fits the mean and every sum of squares that fits the SD is searched to
    the end. Many samples may have the same mean and SD; which one is returned says nothing about the real one.

    >>> sprite("3.50", "1.05", n=6, min_val=1, max_val=7)
    [2, 3, 3, 4, 4, 5]
    """
    if is_missing(mean, sd, n) or n < 2:
        return None
    wanted = ((total, squares) for total in possible_sums(mean, n) for squares in _possible_squares(sd, total, n))
    found = (_find_sample(n, total, squares, min_val, max_val) for total, squares in wanted)
    return next((sample for sample in found if sample is not None), None)


def sprite_sd_bounds(total: int, n: int, min_val: int, max_val: int) -> tuple[float, float]:
    """The smallest and the largest SD that n whole numbers in a range can have, given their total; NaN where there are none or
    n < 2.

    >>> [round(sd, 3) for sd in sprite_sd_bounds(45, n=10, min_val=1, max_val=7)]
    [0.527, 3.028]
    """
    if is_missing(total, n, min_val, max_val) or n < 2 or total != int(total) or not _reachable(total, n, min_val, max_val):
        return nan, nan
    whole = int(total)
    extremes = _most_equal(whole, n), _most_extreme(whole, n, min_val, max_val)
    low, high = (sqrt((_squares(groups) - Fraction(whole**2, n)) / (n - 1)) for groups in extremes)
    return low, high


def _possible_squares(sd: Printed, total: int, n: int) -> Iterator[int]:
    """The sums of squares that an SD allows with a total; they are odd or even with it."""
    low, high, _ = rounding_interval(sd)
    if high < 0:
        return
    around_mean = Fraction(total**2, n)
    least, most = ceil((n - 1) * max(low, Fraction(0)) ** 2 + around_mean), floor((n - 1) * high**2 + around_mean)
    yield from range(least + (least - total) % 2, most + 1, 2)


def _find_sample(n: int, total: int, squares: int, least: int | None, most: int | None) -> list[int] | None:
    """So many whole numbers with a total and a sum of squares, within a range where it is known; None where there are none."""
    states: list[tuple[int, int, int, int | None, tuple[int, ...]]] = [(n, total, squares, most, ())]
    seen = set()
    while states:
        n, total, squares, most, taken = states.pop()
        low, high = _limits(n, total, squares, least, most)
        if (n, total, squares, high) in seen or not _reachable(total, n, low, high):
            continue
        seen.add((n, total, squares, high))
        ends = _most_equal(total, n), _most_extreme(total, n, low, high)
        equal, extreme = map(_squares, ends)
        if squares in (equal, extreme):
            rest = ends[squares != equal]
            return sorted([*taken, *(value for value, count in rest for _ in range(count))])
        if equal < squares < extreme:
            states += [(n, total, squares, high - 1, taken), (n - 1, total - high, squares - high**2, high, (*taken, high))]
    return None


def _limits(n: int, total: int, squares: int, least: int | None, most: int | None) -> tuple[int, int]:
    """The range, narrowed to the values that leave the others squares enough; an empty one where no values do."""
    spread = (n - 1) * (n * squares - total**2)
    if spread < 0:
        return total + 1, total
    low, high = -((isqrt(spread) - total) // n), (total + isqrt(spread)) // n
    return low if least is None else max(low, least), high if most is None else min(high, most)


def _reachable(total: int, n: int, low: int | None, high: int | None) -> bool:
    """Whether n whole numbers in a range can have a total."""
    return (low is None or total >= n * low) and (high is None or total <= n * high)


def _squares(groups: Groups) -> int:
    return sum(count * value**2 for value, count in groups)


def _most_equal(total: int, n: int) -> Groups:
    """Values and how often, as equal as a total allows."""
    value, rest = divmod(total, n)
    return (value, n - rest), (value + 1, rest)


def _most_extreme(total: int, n: int, low: int, high: int) -> Groups:
    """Values and how often, piled at both ends of the range with one between."""
    if low == high:
        return ((low, n),)
    top, rest = divmod(total - n * low, high - low)
    between = int(rest > 0)
    return (high, top), (low + rest, between), (low, n - top - between)
