"""From a latent normal to a value: the margins of counts, scales, laboratory values and answers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from racohort.margins import lognormal_from_mean_sd

Array = NDArray[np.float64]

#: A reference range spans this many standard deviations of a healthy population (central 95 %).
SPAN = 2 * float(stats.norm.ppf(0.975))


def beta_shapes(mean: float, sd: float) -> tuple[float, float]:
    """The two shapes of a beta distribution on 0 to 1 with this mean and SD.

    >>> beta_shapes(0.5, 0.2)
    (2.625, 2.625)
    """
    strength = mean * (1 - mean) / sd**2 - 1
    return round(mean * strength, 12), round((1 - mean) * strength, 12)


def beta_binomial_shapes(mean: float, sd: float, size: int) -> tuple[float, float]:
    """The two shapes of a beta-binomial count of `size` with this mean and SD (SD above that of a binomial)."""
    share = mean / size
    overdispersion = (sd**2 / (size * share * (1 - share)) - 1) / (size - 1)
    strength = 1 / overdispersion - 1
    return share * strength, (1 - share) * strength


def joint_count(z: ArrayLike, mean: float, sd: float, size: int = 28) -> Array:
    """Beta-binomial count of `size` joints at latent z: whole numbers from 0 to `size`.

    >>> joint_count([-9.0, 0.0, 9.0], 7.6, 4.5).tolist()
    [0.0, 7.0, 28.0]
    """
    a, b = beta_binomial_shapes(mean, sd, size)
    ladder = stats.betabinom.cdf(np.arange(size), size, a, b)
    return np.asarray(np.searchsorted(ladder, stats.norm.cdf(z)), dtype=float)


def visual_scale(z: ArrayLike, mean: float, sd: float) -> Array:
    """Whole millimetres of a 100 mm scale at latent z, beta with this mean and SD (mm).

    >>> visual_scale(0.0, 50, 20).tolist()
    50.0
    """
    a, b = beta_shapes(mean / 100, sd / 100)
    return np.asarray(np.round(100 * stats.beta.ppf(stats.norm.cdf(z), a, b)), dtype=float)


def skewed(z: ArrayLike, mean: float, sd: float) -> Array:
    """Lognormal value at latent z, with this mean and SD.

    >>> float(skewed(0.0, 25, 30).round(6))
    16.00461
    """
    fit = lognormal_from_mean_sd(mean, sd)
    return np.exp(fit["mu"] + fit["sigma"] * np.asarray(z))


def healthy(z: ArrayLike, low: ArrayLike, high: ArrayLike, shape: str) -> Array:
    """Value at latent z of a laboratory value whose central 95 % is the reference range, `normal` or `lognormal`.

    >>> healthy([-1.959964, 0.0, 1.959964], 10.0, 40.0, "lognormal").round(4).tolist()
    [10.0, 20.0, 40.0]
    """
    log = shape == "lognormal"
    low, high = (np.log(low), np.log(high)) if log else (np.asarray(low), np.asarray(high))
    value = (low + high) / 2 + (high - low) / SPAN * np.asarray(z)
    return np.asarray(np.exp(value) if log else value, dtype=float)


def ordinal(z: ArrayLike, shares: Sequence[float]) -> Array:
    """Category 0, 1, 2, ... at latent z, where `shares` are the shares of the categories.

    >>> ordinal([-9.0, 0.0, 9.0], [0.42, 0.34, 0.19, 0.05]).tolist()
    [0.0, 1.0, 3.0]
    """
    steps = stats.norm.ppf(np.cumsum(shares)[:-1])
    return np.asarray(np.searchsorted(steps, np.asarray(z)), dtype=float)
