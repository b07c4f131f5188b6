"""How much of a population a sample's limits cover, and how often healthy people leave a reference range."""

from math import nan, sqrt

import numpy as np
from scipy import optimize, stats

from racohort.columns import Answer, Numbers, as_columns, as_given, as_number


def np_tolerance_content(n: int, conf: float = 0.95) -> float:
    """The proportion of the population that lies between the smallest and the largest of n values, with this confidence (Wilks).

    NaN for fewer than two values. Oracle: R tolerance::distfree.est.

    >>> round(np_tolerance_content(64), 4)
    0.928
    """
    return float(stats.beta.ppf(1 - conf, n - 1, 2)) if as_number(n) >= 2 else nan


def np_tolerance_min_n(content: float = 0.95, sides: int = 2, conf: float = 0.95) -> float:
    """The smallest n whose range (two sides) or whose largest value (one side) covers `content` with this confidence (Wilks).

    NaN unless content and confidence lie between 0 and 1.

    >>> np_tolerance_min_n(), np_tolerance_min_n(sides=1)
    (93, 59)
    """
    if not (0 < as_number(content) < 1 and 0 < conf < 1):
        return nan
    n = sides
    while stats.beta.cdf(content, n + 1 - sides, sides) > 1 - conf:
        n += 1
    return n


def normal_tolerance_k_one_sided(n: int, content: float = 0.95, conf: float = 0.95) -> float:
    """The exact factor k: mean + k SD lies above `content` of a normal population with this confidence.

    NaN for n < 2 or content not between 0 and 1.
    Found from 1 - nct.sf, because nct.ppf and nct.cdf of scipy fail for large noncentrality. Oracle: R tolerance::K.factor.

    >>> round(normal_tolerance_k_one_sided(64), 4)
    2.0082
    """
    if not (as_number(n) >= 2 and 0 < as_number(content) < 1):
        return nan
    noncentrality = float(stats.norm.ppf(content)) * sqrt(n)

    def shortfall(k: float) -> float:
        return float(1 - stats.nct.sf(k * sqrt(n), n - 1, noncentrality)) - conf

    centre, reach = float(stats.norm.ppf(content)), 1 / sqrt(n)
    while shortfall(centre - reach) > 0 or shortfall(centre + reach) < 0:
        reach *= 2
    return float(optimize.brentq(shortfall, centre - reach, centre + reach, xtol=1e-13))


def normal_tolerance_k_two_sided_howe(n: int, content: float = 0.95, conf: float = 0.95) -> float:
    """Howe's factor k (1969): mean +- k SD covers `content` of a normal population with this confidence.

    NaN for n < 2 or content not between 0 and 1.
    With the weight 1 + (n - 3 - chi2) / (2 (n + 1)^2). Oracle: R tolerance::K.factor(method = "HE").

    >>> round(normal_tolerance_k_two_sided_howe(64), 4)
    2.3202
    """
    if not (as_number(n) >= 2 and 0 < as_number(content) < 1):
        return nan
    chi2 = float(stats.chi2.ppf(1 - conf, n - 1))
    z = float(stats.norm.ppf((1 + content) / 2))
    spread = sqrt((n - 1) * (1 + 1 / n) / chi2)
    return z * spread * sqrt(1 + (n - 3 - chi2) / (2 * (n + 1) ** 2))


def prob_any_out_of_range(p_single: Numbers, k_independent: Numbers) -> Answer:
    """The probability that at least one of k independent tests of a healthy person lies outside its range.

    >>> round(prob_any_out_of_range(0.05, 20), 3)
    0.642
    """
    p, k = as_columns(p_single, k_independent)
    return as_given(1 - (1 - p) ** k)


def reference_change_value(within_cv: Numbers, analytical_cv: Numbers = None, conf: float = 0.95) -> Answer:
    """The relative change (percent) that two values of one healthy person exceed with probability 1 - conf: z sqrt(2) CV.

    Parameters
    ----------
    within_cv : coefficient of variation within a healthy person, in percent; NaN gives NaN.
    analytical_cv : that of the laboratory; where it is not known half of `within_cv`, the usual allowance (Fraser).

    >>> round(reference_change_value(9.3), 1), round(reference_change_value(9.3, 0), 1)
    (28.8, 25.8)
    """
    within, analytical = as_columns(within_cv, analytical_cv)
    total = np.hypot(within, np.where(np.isnan(analytical), within / 2, analytical))
    return as_given(stats.norm.isf((1 - conf) / 2) * np.sqrt(2) * total)


def probability_mean_inside(n: int, sd: float, half_width: float, conf: float = 0.95) -> float:
    """The probability that the t interval of the mean of n normal values lies within a window centred on their true mean.

    Parameters
    ----------
    n, sd : number of values, and their standard deviation; 0 for fewer than two values, which have no interval.
    half_width : half the width of the window, in the unit of `sd`.
    conf : confidence level of the interval; 0.90 for two one-sided tests at 5 %.

    >>> round(probability_mean_inside(64, 1.0, 0.5), 3), probability_mean_inside(1, 1.0, 0.5)
    (0.952, 0.0)
    """
    if n < 2:
        return 0.0
    share = (np.arange(4000) + 0.5) / 4000
    se = sd * np.sqrt(stats.chi2.ppf(share, n - 1) / (n - 1) / n)
    room = np.maximum(half_width - stats.t.isf((1 - conf) / 2, n - 1) * se, 0.0)
    return float(np.mean(2 * stats.norm.cdf(room * sqrt(n) / sd) - 1))
