"""Bayesian readings of a paired change: the JZS Bayes factor, and a normal prior updated by an estimate."""

from math import exp, inf, isfinite, log1p, nan, sqrt

import numpy as np
from scipy import integrate, stats

from racohort.columns import is_missing
from racohort.estimators.change import Estimate


def jzs_bf10_paired(t: float, n: int, r: float = sqrt(0.5)) -> float:
    """The JZS Bayes factor for any change against exactly none, from a paired t (Rouder 2009).

    Parameters
    ----------
    t, n : the paired t statistic and the number of pairs
    r : scale of the Cauchy prior on d_z

    NaN for fewer than two pairs; about 1e308 stands for everything beyond. Oracle: R BayesFactor ttest.tstat.

    >>> round(jzs_bf10_paired(3.5, 20), 2)
    17.18
    """
    if is_missing(t, n, r) or n < 2 or not isfinite(t) or not 0 < r < inf:
        return nan
    df = n - 1

    def log_marginal(g: float) -> float:
        spread = 1 + n * g * r**2
        return -0.5 * log1p(n * g * r**2) - (df + 1) / 2 * log1p(t**2 / (spread * df))

    def integrand(u: float) -> float:
        """Over g = 1/u^2 with u standard half-normal: g is inverse gamma (1/2, 1/2), the mixing law of the Cauchy prior."""
        return exp(log_marginal(1 / u**2) - largest) * 2 * float(stats.norm.pdf(u)) if u > 0 else 0.0

    largest = max(log_marginal(10.0 ** (power / 4)) for power in range(-16, 49))
    marginal = integrate.quad(integrand, 0, 12, epsabs=0, epsrel=1e-10, limit=400, points=[0.01, 0.1, 0.5, 1, 3])[0]
    return float(np.exp(np.minimum(largest + (df + 1) / 2 * log1p(t**2 / df) + np.log(marginal), 709.0)))


def normal_update(
    estimate: float, se: float, prior_mean: float, prior_sd: float, threshold: float = 0.0, conf: float = 0.95
) -> Estimate:
    """A normal prior of the mean change updated by an estimate and its standard error.

    Returns
    -------
    `mean`, `sd` and `ci` of the posterior, and `p_below`, its probability below `threshold` (an improvement beyond the
    threshold for a falling score): never 0 or 1, to which only a computer rounds it.

    >>> posterior = normal_update(-1.2, 0.2, prior_mean=0, prior_sd=2, threshold=-0.6)
    >>> round(posterior["mean"], 3), round(posterior["p_below"], 4)
    (-1.188, 0.9984)
    """
    weight_data, weight_prior = 1 / se**2, 1 / prior_sd**2
    sd = sqrt(1 / (weight_data + weight_prior))
    mean = (estimate * weight_data + prior_mean * weight_prior) * sd**2
    half = float(stats.norm.isf((1 - conf) / 2)) * sd
    below = float(np.clip(stats.norm.cdf((threshold - mean) / sd), np.nextafter(0, 1), np.nextafter(1, 0)))
    return {"mean": mean, "sd": sd, "ci": (mean - half, mean + half), "p_below": below}
