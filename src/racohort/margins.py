"""Margins and correlations for simulation: from published summaries to distribution parameters, and Monte-Carlo error."""

from math import asin, exp, expm1, log, log1p, nan, pi, sin, sqrt

import numpy as np
from scipy import stats

from racohort.columns import Answer, Numbers, as_columns, as_given, is_missing


def copula_r_from_spearman(rho_s: float) -> float:
    """The latent normal correlation that gives a Spearman correlation: 2 sin(pi rho / 6).

    >>> round(copula_r_from_spearman(0.5), 4)
    0.5176
    """
    return 2 * sin(pi * rho_s / 6) if not is_missing(rho_s) and -1 <= rho_s <= 1 else nan


def spearman_from_copula_r(r: float) -> float:
    """The inverse of `copula_r_from_spearman`: the Spearman correlation of two normals with correlation r.

    >>> round(spearman_from_copula_r(copula_r_from_spearman(0.5)), 6)
    0.5
    """
    return 6 * asin(r / 2) / pi if -1 <= r <= 1 else nan


def copula_r_from_kendall(tau: float) -> float:
    """The latent normal correlation that gives a Kendall correlation: sin(pi tau / 2).

    >>> round(copula_r_from_kendall(0.5), 4)
    0.7071
    """
    return sin(pi * tau / 2) if not is_missing(tau) and -1 <= tau <= 1 else nan


def norta_lognormal_r(target_pearson: float, cv1: float, cv2: float) -> float:
    """The latent normal correlation that gives two lognormals a Pearson correlation; cv is SD / mean of each.

    NaN where no such correlation exists: skewed margins cannot be correlated at will.

    >>> round(norta_lognormal_r(0.5, 1.2, 1.3), 4)
    0.6137
    """
    if is_missing(target_pearson, cv1, cv2):
        return nan
    product = target_pearson * cv1 * cv2
    if product <= -1 or min(cv1, cv2) <= 0:
        return nan
    r = log1p(product) / sqrt(log1p(cv1**2) * log1p(cv2**2))
    return r if abs(r) <= 1 + 1e-12 else nan


def lognormal_from_mean_sd(mean: float, sd: float) -> dict[str, float]:
    """`mu`, `sigma` and `median` of the lognormal with a given mean and SD; NaN unless mean > 0 and sd >= 0.

    >>> {name: round(number, 3) for name, number in lognormal_from_mean_sd(25.0, 30.0).items()}
    {'mu': 2.773, 'sigma': 0.944, 'median': 16.005}
    """
    if is_missing(mean, sd) or not (mean > 0 and sd >= 0):
        return {"mu": nan, "sigma": nan, "median": nan}
    variance = log1p((sd / mean) ** 2)
    mu = log(mean) - variance / 2
    return {"mu": mu, "sigma": sqrt(variance), "median": exp(mu)}


def mean_sd_from_lognormal(mu: float, sigma: float) -> dict[str, float]:
    """The inverse of `lognormal_from_mean_sd`: `mean` and `sd` on the scale of measurement.

    >>> {name: round(number, 3) for name, number in mean_sd_from_lognormal(2.77287680522, 0.944456478248).items()}
    {'mean': 25.0, 'sd': 30.0}
    """
    mean = exp(mu + sigma**2 / 2)
    return {"mean": mean, "sd": mean * sqrt(expm1(sigma**2))}


def lognormal_from_median_iqr(median: float, q1: float, q3: float) -> dict[str, float]:
    """`mu` and `sigma` of a lognormal from median and quartiles: ln(q3/q1) / (2 z), z the upper normal quartile.

    NaN unless median > 0 and 0 < q1 <= q3.

    >>> {name: round(number, 3) for name, number in lognormal_from_median_iqr(18.0, 7.0, 42.0).items()}
    {'mu': 2.89, 'sigma': 1.328}
    """
    if is_missing(median, q1, q3) or not (median > 0 and 0 < q1 <= q3):
        return {"mu": nan, "sigma": nan}
    return {"mu": log(median), "sigma": log(q3 / q1) / (2 * float(stats.norm.ppf(0.75)))}


def truncnorm_moments(mu: float, sigma: float, low: float | None, high: float | None) -> dict[str, float]:
    """`mean` and `sd` of a normal cut off at `low` and `high` (None: not cut off); NaN unless sigma > 0 and low < high.

    >>> {name: round(number, 4) for name, number in truncnorm_moments(5.8, 1.0, 3.2, 9.4).items()}
    {'mean': 5.813, 'sd': 0.9809}
    """
    lower, upper = -float("inf") if low is None else low, float("inf") if high is None else high
    if is_missing(mu, sigma) or not (sigma > 0 and lower < upper):
        return {"mean": nan, "sd": nan}
    cut = stats.truncnorm((lower - mu) / sigma, (upper - mu) / sigma, loc=mu, scale=sigma)
    return {"mean": float(cut.mean()), "sd": float(cut.std())}


def mc_standard_error(p: Numbers, n_sim: Numbers) -> Answer:
    """Monte-Carlo standard error of a simulated proportion; NaN for n_sim < 1 or p outside 0 to 1.

    >>> round(mc_standard_error(0.05, 10_000), 5)
    0.00218
    """
    share, runs = as_columns(p, n_sim)
    possible = (share >= 0) & (share <= 1) & (runs >= 1)
    return as_given(np.sqrt(np.where(possible, share * (1 - share), nan) / np.where(possible, runs, 1)))
