"""Standardised changes of paired measurements, and their intervals."""

from math import exp, lgamma, log, nan, sqrt

import numpy as np
from scipy import optimize, stats

from racohort.columns import Numbers, is_missing
from racohort.estimators.change import Estimate, complete_pairs

_NAMES = ("cohen_dz", "hedges_gz_exact", "cohen_dav", "hedges_gav_approx_df_nminus1", "hedges_gav_pingouin", "cohen_drm")


def effect_sizes_paired(x: Numbers, y: Numbers) -> Estimate:
    """Standardised differences x - y of paired measurements; x is the baseline, so that improvement in a falling score is
    positive.

    Returns
    -------
    `cohen_dz` (by the SD of the differences), `hedges_gz_exact`, `cohen_dav` (by the root mean variance),
    `hedges_gav_approx_df_nminus1`, `hedges_gav_pingouin` (2n in the correction; for comparison only), `cohen_drm`,
    `glass_delta_pre` (by the SD of x), `r`, `n`. NaN for fewer than two pairs or where a standard deviation is zero.
    Sources: Lakens 2013; Cumming 2012.

    >>> sizes = effect_sizes_paired([5, 6, 7, 8], [4, 4, 6, 5])
    >>> round(sizes["cohen_dz"], 3), round(sizes["glass_delta_pre"], 3)
    (1.828, 1.356)
    """
    first, second = complete_pairs(x, y)
    n = int(first.size)
    if n < 2:
        return {**dict.fromkeys(_NAMES, nan), "glass_delta_pre": nan, "r": nan, "n": n}
    mean, s1, s2, sd = float((first - second).mean()), *(float(v.std(ddof=1)) for v in (first, second, first - second))
    r = float(np.corrcoef(first, second)[0, 1]) if s1 and s2 else nan
    dz, dav = _ratio(mean, sd), _ratio(mean, sqrt((s1**2 + s2**2) / 2))
    gz, gav, gav_pingouin = dz * _hedges_exact(n - 1), dav * _hedges_approx(n - 1), dav * (1 - 3 / (8 * n - 9))
    apart = 0.0 if r > 1 - 1e-14 else 1 - r  # the root of a rounding error is none
    sizes = (dz, gz, dav, gav, gav_pingouin, dz * sqrt(2 * apart))
    return {**dict(zip(_NAMES, sizes, strict=True)), "glass_delta_pre": _ratio(mean, s1), "r": r, "n": n}


def effect_sizes_change(base: Numbers, value: Numbers) -> Estimate:
    """The same sizes with the sign of the change, value - base: negative is a fall.

    >>> round(effect_sizes_change([5, 6, 7, 8], [4, 4, 6, 5])["cohen_dz"], 3)
    -1.828
    """
    sizes = effect_sizes_paired(base, value)
    return {name: size if name in ("r", "n") else -size for name, size in sizes.items()}


def _ratio(mean: float, sd: float) -> float:
    return mean / sd if sd > 1e-12 * max(1.0, abs(mean)) else nan


def _hedges_exact(df: int) -> float:
    """J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)); NaN below two degrees of freedom."""
    return exp(lgamma(df / 2) - lgamma((df - 1) / 2) - log(df / 2) / 2) if df > 1 else nan


def _hedges_approx(df: int) -> float:
    return 1 - 3 / (4 * df - 1)


def cohen_dz_ci_noncentral_t(dz: float, n: int, conf: float = 0.95) -> tuple[float, float]:
    """Interval of d_z by inversion of the noncentral t distribution; NaN for fewer than two pairs. Oracle: R effectsize.

    >>> [round(limit, 3) for limit in cohen_dz_ci_noncentral_t(0.5, 64)]
    [0.238, 0.758]
    """
    if is_missing(dz, n) or n < 2 or not np.isfinite(dz):
        return nan, nan
    t, tail = dz * sqrt(n), (1 - conf) / 2
    return _noncentrality(t, n - 1, 1 - tail) / sqrt(n), _noncentrality(t, n - 1, tail) / sqrt(n)


def _noncentrality(t: float, df: int, probability: float) -> float:
    """The noncentrality at which P(T <= t) is `probability`; from 1 - nct.sf, because nct.cdf of scipy gives NaN far out."""

    def excess(noncentrality: float) -> float:
        return float(1 - stats.nct.sf(t, df, noncentrality)) - probability

    reach = 5 + abs(t) * (1 + 6 / sqrt(df))
    return float(optimize.brentq(excess, t - reach, t + reach, xtol=1e-10))


def cohen_dav_ci_bonett(
    m1: float, m2: float, sd1: float, sd2: float, r: float, n: int, conf: float = 0.95
) -> Estimate:  # fmt: skip
    """Interval of d_av = (m1 - m2) / root mean variance, from means, SDs and correlation (Bonett 2008).

    Returns
    -------
    `d_av`, `d_av_adj` (bias-adjusted), `se`, `ci`; NaN for fewer than two pairs or without variance. Oracle: R statpsych
    ci.stdmean.ps.

    >>> round(cohen_dav_ci_bonett(110.4, 102.1, 15.3, 14.6, 0.75, 25)["se"], 4)
    0.161
    """
    if is_missing(m1, m2, sd1, sd2, r, n) or n < 2 or not max(sd1, sd2) > 0:
        return {"d_av": nan, "d_av_adj": nan, "se": nan, "ci": (nan, nan)}
    df, v1, v2 = n - 1, sd1**2, sd2**2
    s2 = (v1 + v2) / 2
    d = (m1 - m2) / sqrt(s2)
    variance = d**2 * (v1**2 + v2**2 + 2 * r**2 * v1 * v2) / (8 * df * s2**2) + (v1 + v2 - 2 * r * sd1 * sd2) / (df * s2)
    return {"d_av": d, "d_av_adj": d * sqrt((n - 2) / df), **_z_interval(d, variance, conf)}


def glass_delta_ci_bonett(
    m1: float, m2: float, sd1: float, sd2: float, r: float, n: int, conf: float = 0.95
) -> Estimate:  # fmt: skip
    """Interval of Glass' delta, (m1 - m2) / sd1 with sd1 at baseline (Bonett 2008); arguments and NaN rule as
    `cohen_dav_ci_bonett`.

    Returns
    -------
    `delta`, `se`, `ci`.

    >>> round(glass_delta_ci_bonett(110.4, 102.1, 15.3, 14.6, 0.75, 25)["delta"], 4)
    0.5425
    """
    if is_missing(m1, m2, sd1, sd2, r, n) or n < 2 or not sd1 > 0:
        return {"delta": nan, "se": nan, "ci": (nan, nan)}
    df, delta = n - 1, (m1 - m2) / sd1
    variance = delta**2 / (2 * df) + (sd1**2 + sd2**2 - 2 * r * sd1 * sd2) / (df * sd1**2)
    return {"delta": delta, **_z_interval(delta, variance, conf)}


def _z_interval(estimate: float, variance: float, conf: float) -> Estimate:
    se = sqrt(max(variance, 0.0))
    half = float(stats.norm.isf((1 - conf) / 2)) * se
    return {"se": se, "ci": (estimate - half, estimate + half)}
