"""Precision and power of a paired t test, by d_z, before a study: never after it."""

from math import ceil, nan, sqrt

from scipy import optimize, stats

from racohort.columns import is_missing


def power_paired_t(dz: float, n: int, alpha: float = 0.05) -> float:
    """Two-sided power of the paired t test at a true d_z, both tails counted; NaN for fewer than two pairs.

    Oracle: R power.t.test(type = "paired", strict = TRUE).

    >>> round(power_paired_t(0.35, 64), 3)
    0.787
    """
    if is_missing(dz, n) or n < 2:
        return nan
    return _power(abs(dz), n, alpha)


def _power(dz: float, n: float, alpha: float) -> float:
    """Both tails; the lower one as 1 - nct.sf, because nct.cdf of scipy gives NaN far out."""
    critical, noncentrality = float(stats.t.isf(alpha / 2, n - 1)), dz * sqrt(n)
    return float(stats.nct.sf(critical, n - 1, noncentrality)) + max(
        0.0, float(1 - stats.nct.sf(-critical, n - 1, noncentrality))
    )


def n_paired_t(dz: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest number of pairs with this power at a true d_z; NaN for d_z = 0. Oracle: R power.t.test, rounded up.

    >>> n_paired_t(0.35, power=0.9)
    88
    """
    if is_missing(dz, power) or not (abs(dz) > 0 and 0 < power < 1):
        return nan
    n = max(2, ceil(_normal_n(abs(dz), power, alpha)) - 3)
    while n > 2 and _power(abs(dz), n - 1, alpha) >= power:
        n -= 1
    while _power(abs(dz), n, alpha) < power:
        n += 1
    return n


def _normal_n(dz: float, power: float, alpha: float) -> float:
    return float(((stats.norm.isf(alpha / 2) + stats.norm.ppf(power)) / dz) ** 2)


def detectable_dz(n: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The true d_z at which n pairs have this power; NaN for fewer than two pairs or a power not above alpha.

    >>> round(detectable_dz(64), 3)
    0.356
    """
    if is_missing(n, power) or n < 2 or not alpha < power < 1:
        return nan
    upper = 1.0
    while _power(upper, n, alpha) < power:
        upper *= 2
    return float(optimize.brentq(lambda dz: _power(dz, n, alpha) - power, 0.0, upper, xtol=1e-12))
