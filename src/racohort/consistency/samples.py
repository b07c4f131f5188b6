"""Samples of whole numbers that have a printed mean and SD, found by search (SPRITE)."""

from itertools import islice

import numpy as np

from racohort.columns import is_missing
from racohort.consistency.counts import most_equal, possible_sums, reachable
from racohort.consistency.rounding import Printed, rounding_interval

#: How often a search moves two values before it starts anew with the next total.
MOVES = 20_000


def sprite(
    mean: Printed, sd: Printed, n: int, min_val: int, max_val: int, tries: int = 20, seed: int = 20191219
) -> list[int] | None:  # fmt: skip
    """One sample of n whole numbers in a range that has a printed mean and SD, in order; None where none was found.

    From the most equal values of a total that fits the mean, two values at a time move apart or together by one until the SD
    fits. That nothing was found in so many tries makes a sample unlikely, and is no proof that there is none; a sample found
    is proof that there is one.

    Parameters
    ----------
    mean, sd : as printed
    n : at least 2
    min_val, max_val : the range of the values
    tries : starts, over all totals that fit the mean
    seed : where the random moves start

    >>> sample = sprite("3.50", "1.05", n=6, min_val=1, max_val=7)
    >>> sum(sample) / 6, round(float(np.std(sample, ddof=1)), 2)
    (3.5, 1.05)
    """
    if is_missing(mean, sd) or n < 2 or min_val > max_val:
        return None
    totals = [total for total in possible_sums(mean, n) if reachable(total, n, min_val, max_val)]
    rng = np.random.default_rng(seed)
    starts = (total for _ in range(tries) for total in totals)
    found = (_search(total, sd, n, (min_val, max_val), rng) for total in islice(starts, max(tries, len(totals))))
    return next((sample for sample in found if sample is not None), None)


def _search(total: int, sd: Printed, n: int, limits: tuple[int, int], rng: np.random.Generator) -> list[int] | None:
    """Move values apart while the sum of squares is too small, and together while it is too large."""
    low, high, _ = rounding_interval(sd)
    least, most = ((n - 1) * max(end, 0) ** 2 + total**2 / n for end in map(float, (low, high)))
    values = np.repeat(*np.array(most_equal(total, n)).T)
    squares = int((values**2).sum())
    for first, second in rng.integers(n, size=(MOVES, 2)):
        if least - 1e-9 <= squares <= most + 1e-9:
            return sorted(values.tolist())
        squares += _move(values, first, second, limits, squares < least)
    return None


def _move(values: np.ndarray, first: int, second: int, limits: tuple[int, int], apart: bool) -> int:
    """Move two values by one, apart or together, where the range allows it; by how much that changes the sum of squares."""
    a, b = sorted((first, second), key=lambda place: values[place])
    step = 1 if apart else -1
    inside = values[a] - step >= limits[0] and values[b] + step <= limits[1]
    if a == b or not inside or (not apart and values[b] - values[a] < 2):
        return 0
    values[a] -= step
    values[b] += step
    return int(2 * step * (values[b] - values[a]) - 2)
