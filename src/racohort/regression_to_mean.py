"""Regression to the mean: the fall that selection of high values produces with no treatment at all."""

from math import nan, sqrt

import numpy as np
from scipy import stats

from racohort.columns import is_missing

_PARTS = ("mean_selected_baseline", "mean_followup_no_effect", "rtm")


def regression_to_mean(mu: float, sigma: float, rho: float, cutoff: float, direction: str = "above") -> dict[str, float]:
    """What follow-up shows without any effect when patients enter for one measurement beyond a cut-off (Barnett 2005, eq. 1).

    Parameters
    ----------
    mu, sigma : mean and SD of the whole population
    rho : correlation between baseline and follow-up without an effect
    cutoff, direction : patients enter "above" or "below" it

    Returns
    -------
    `mean_selected_baseline`, `mean_followup_no_effect`, and `rtm`, their distance, positive towards mu; NaN unless sigma > 0 and
    |rho| <= 1.

    >>> parts = regression_to_mean(mu=4.0, sigma=1.5, rho=0.7, cutoff=5.1)
    >>> {name: round(number, 2) for name, number in parts.items()}
    {'mean_selected_baseline': 5.97, 'mean_followup_no_effect': 5.38, 'rtm': 0.59}
    """
    if is_missing(mu, sigma, rho, cutoff) or not (sigma > 0 and abs(rho) <= 1):
        return dict.fromkeys(_PARTS, nan)
    towards = 1 if direction == "above" else -1
    excess = sigma * _inverse_mills(towards * (cutoff - mu) / sigma)
    return dict(zip(_PARTS, (mu + towards * excess, mu + towards * rho * excess, (1 - rho) * excess), strict=True))


def regression_to_mean_m_baselines(
    mu: float, sigma: float, rho: float, cutoff: float, m: int = 1, direction: str = "above"
) -> float:  # fmt: skip
    """Regression to the mean when patients enter for the average of m baseline measurements (Barnett 2005, eq. 1).

    NaN unless sigma > 0, 0 <= rho <= 1 and m >= 1.

    >>> round(regression_to_mean_m_baselines(mu=60, sigma=15, rho=0.5, cutoff=40, m=1, direction="below"), 2)
    13.49
    """
    if is_missing(mu, sigma, rho, cutoff, m) or not (sigma > 0 and 0 <= rho <= 1 and m >= 1):
        return nan
    within = (1 - rho) * sigma**2 / m
    spread = sqrt(rho * sigma**2 + within)
    towards = 1 if direction == "above" else -1
    return within / spread * _inverse_mills(towards * (cutoff - mu) / spread)


def _inverse_mills(z: float) -> float:
    """phi(z) / (1 - Phi(z)), the mean of a standard normal above z; by logarithms, so that it holds far out."""
    return float(np.exp(stats.norm.logpdf(z) - stats.norm.logsf(z)))
