"""A ratio in the same patients when values lie below or above an assay's limits: the bivariate lognormal likelihood.

A measured value enters with its density, a censored one with the probability of lying beyond its limit, given the other value of
the same patient. Nothing is put in the place of what the assay did not read.
"""

from collections.abc import Callable
from math import exp, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from racohort.columns import Numbers, as_columns
from racohort.estimators.censored import log_density
from racohort.estimators.change import Estimate

Floats = NDArray[np.float64]
#: Nodes and weights of the integral over the correlation, on -1 to 1.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
#: Beyond this the two visits are one measurement, and the likelihood has no maximum inside.
HIGHEST_CORRELATION = 0.999
#: Fewer pairs measured at both visits than this do not tell both spreads and the correlation.
FEWEST_MEASURED = 4
_NOTHING = ("gmr", "p", "mu_base", "mu_value", "sd_base", "sd_value", "r")


def bivariate_normal_cdf(h: Numbers, k: Numbers, r: Numbers) -> Floats:
    """P(X <= h, Y <= k) of two standard normal variables with correlation r (Plackett's integral, Gauss-Legendre).

    Accurate to 1e-7 up to |r| = 0.999. Oracle: scipy multivariate_normal.

    >>> round(float(bivariate_normal_cdf(0.0, 0.0, 0.5)), 6)
    0.333333
    """
    x, y, correlation = as_columns(h, k, r)
    top = np.arcsin(correlation)
    theta = top[..., None] * (NODES + 1) / 2
    exponent = -(x[..., None] ** 2 + y[..., None] ** 2 - 2 * (x * y)[..., None] * np.sin(theta)) / (2 * np.cos(theta) ** 2)
    integral = (np.exp(exponent) * WEIGHTS).sum(axis=-1) * top / 2
    return np.asarray(np.maximum(stats.norm.cdf(x) * stats.norm.cdf(y) + integral / (2 * np.pi), 0.0))


def censored_ratio(
    base: Numbers, value: Numbers, base_flags: ArrayLike, value_flags: ArrayLike, conf: float = 0.95
) -> Estimate:  # fmt: skip
    """Ratio of geometric means, value over base, of pairs of which either member may be censored.

    Parameters
    ----------
    base, value : measured values, or the limit where censored; pairs with a missing member are left out
    base_flags, value_flags : "" measured, "below" below the limit given, "above" above it
    conf : confidence level

    Returns
    -------
    `gmr`, `ci`, `p`, `n`, `n_censored` (pairs with a censored member), `mu_base`, `mu_value`, `sd_base`, `sd_value` (logarithms),
    `r`. The standard error is that of maximum likelihood times sqrt(n / (n - 1)), read by t with n - 1 degrees of freedom, so
    that without censored values everything is that of `geometric_mean_ratio`. NaN where a value is not positive, fewer than four
    pairs are measured at both visits, or the likelihood has no maximum.

    >>> base, value = [40, 55, 22, 90, 18, 35], [20, 24, 15, 51, 15, 12]
    >>> fit = censored_ratio(base, value, [""] * 6, ["", "", "below", "", "below", ""])
    >>> fit["n"], fit["n_censored"], round(fit["gmr"], 2)
    (6, 2, 0.4)
    """
    x, y = (np.atleast_1d(column) for column in as_columns(base, value))
    flags = np.column_stack([np.asarray(base_flags, dtype=str), np.asarray(value_flags, dtype=str)])
    both = np.isfinite(x) & np.isfinite(y)
    amounts, sides = np.column_stack([x, y])[both], flags[both]
    counts = {"n": len(amounts), "n_censored": int((sides != "").any(axis=1).sum())}
    fit = _maximum(np.log(amounts), _signs(sides)) if _possible(amounts, sides) else None
    if fit is None:
        return {**dict.fromkeys(_NOTHING, nan), "ci": (nan, nan), **counts}
    theta, se = fit
    change, df = float(theta[1] - theta[0]), len(amounts) - 1
    spread = se * sqrt(len(amounts) / df)
    half = float(stats.t.isf((1 - conf) / 2, df)) * spread
    mu_base, mu_value, sd_base, sd_value = theta[0], theta[1], *np.exp(theta[2:4])
    return {"gmr": exp(change), "ci": (exp(change - half), exp(change + half)),
            "p": 2 * float(stats.t.sf(abs(change) / spread, df)), "mu_base": float(mu_base), "mu_value": float(mu_value),
            "sd_base": float(sd_base), "sd_value": float(sd_value), "r": float(np.tanh(theta[4])), **counts}  # fmt: skip


def _signs(sides: NDArray[np.str_]) -> Floats:
    """0 measured, 1 below a limit, -1 above it."""
    return np.asarray((sides == "below").astype(float) - (sides == "above").astype(float))


def _possible(amounts: Floats, sides: NDArray[np.str_]) -> bool:
    """Whether enough was measured at both visits, and it varies and does not lie on one line."""
    measured = amounts[(sides == "").all(axis=1)]
    if not (amounts > 0).all() or len(measured) < FEWEST_MEASURED:
        return False
    logs = np.log(measured)
    return bool((np.ptp(logs, axis=0) > 0).all() and abs(np.corrcoef(logs.T)[0, 1]) < HIGHEST_CORRELATION)


def _maximum(logs: Floats, signs: Floats) -> tuple[Floats, float] | None:
    """Means, log SDs and Fisher z of the correlation at the maximum, and the standard error of the change; None without."""
    loss = _negative_log_likelihood(logs, signs)
    measured = logs[(signs == 0).all(axis=1)]
    z = float(np.arctanh(np.clip(np.corrcoef(measured.T)[0, 1], -0.95, 0.95)))
    start = np.array([*logs.mean(axis=0), *np.log(np.maximum(logs.std(axis=0), 0.05)), z])
    theta, information = _polished(loss, optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-5}).x)
    if not (abs(np.tanh(theta[4])) < HIGHEST_CORRELATION and np.linalg.eigvalsh(information)[0] > 0):
        return None
    weights = np.array([-1.0, 1.0, 0.0, 0.0, 0.0])
    return np.asarray(theta), sqrt(float(weights @ np.linalg.solve(information, weights)))


def _polished(loss: Callable[[Floats], float], theta: Floats) -> tuple[Floats, Floats]:
    """Newton steps to the maximum, and the information there; an information of -1 where they do not arrive."""
    for _ in range(20):
        slope, information = _slopes(loss, theta)
        if not np.isfinite(information).all() or np.linalg.eigvalsh(information)[0] <= 0:
            break
        step = np.linalg.solve(information, slope)
        if slope @ step < 1e-12:
            return np.asarray(theta - step), information
        theta = theta - step * min(1.0, 0.5 / float(np.abs(step).max()))
    return np.asarray(theta), -np.eye(len(theta))


def _negative_log_likelihood(logs: Floats, signs: Floats) -> Callable[[Floats], float]:
    """The function to be made least; pairs that are the same are looked at once."""
    rows, times = np.unique(np.column_stack([logs, signs]), axis=0, return_counts=True)
    logs, signs = rows[:, :2], rows[:, 2:]
    measured, one, none = (np.abs(signs).sum(axis=1) == k for k in (0, 1, 2))

    def loss(theta: Floats) -> float:
        r = float(np.clip(np.tanh(theta[4]), -HIGHEST_CORRELATION, HIGHEST_CORRELATION))
        z = (logs - theta[:2]) / np.exp(theta[2:4])
        density = log_density(z) - theta[2:4]
        rest = sqrt(1 - r**2)
        second = log_density((z[measured, 1] - r * z[measured, 0]) / rest) - theta[3] - np.log(rest)
        total = float(times[measured] @ (density[measured, 0] + second))
        total += float(times[one] @ _half_censored(z[one], signs[one], density[one], r))
        return -(total + float(times[none] @ _both_censored(z[none], signs[none], r)))

    return loss


def _half_censored(z: Floats, signs: Floats, density: Floats, r: float) -> Floats:
    """The density of the measured member and the probability of the other given it."""
    rows, censored = np.arange(len(z)), np.abs(signs).argmax(axis=1)
    here, there = z[rows, 1 - censored], z[rows, censored]
    sign = signs[rows, censored]
    return np.asarray(density[rows, 1 - censored] + special.log_ndtr(sign * (there - r * here) / sqrt(1 - r**2)))


def _both_censored(z: Floats, signs: Floats, r: float) -> Floats:
    """The probability of the quadrant beyond both limits; a variable above its limit is turned around."""
    turned = signs * z
    return np.asarray(np.log(np.maximum(bivariate_normal_cdf(turned[:, 0], turned[:, 1], signs.prod(axis=1) * r), 1e-300)))


def _slopes(loss: Callable[[Floats], float], theta: Floats, step: float = 1e-4) -> tuple[Floats, Floats]:
    """First and second derivatives by central differences."""
    e = np.eye(len(theta)) * step
    first = np.array([(loss(theta + a) - loss(theta - a)) / (2 * step) for a in e])
    second = np.empty((len(theta), len(theta)))
    for i, a in enumerate(e):
        for j, b in enumerate(e[: i + 1]):
            corners = loss(theta + a + b) - loss(theta + a - b) - loss(theta - a + b) + loss(theta - a - b)
            second[i, j] = second[j, i] = corners / (4 * step**2)
    return first, second
