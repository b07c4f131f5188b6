"""One mean from the estimates of several studies: random effects, between-study variance by REML, Hartung-Knapp intervals."""

from math import nan, sqrt

import numpy as np
from scipy import optimize, stats

from racohort.columns import Numbers, as_columns


def pool_random_effects(estimates: Numbers, errors: Numbers, level: float = 0.95) -> dict[str, float]:
    """The mean of a distribution of true effects, each study's known with an error of its own.

    The variance between studies maximises the restricted likelihood; interval and p are those of Hartung and Knapp, on
    k - 1 degrees of freedom; the prediction interval (Higgins, Thompson and Spiegelhalter) is on k - 2.

    Parameters
    ----------
    estimates, errors : one a study, on a scale where they add (ratios as logarithms); standard errors above zero.
    level : of both intervals.

    Returns
    -------
    `value`, `se`, `lower`, `upper`, `p_value`, `tau2`, `i2` (share of the variance that lies between studies), `q` and
    `q_p` (Cochran's test), `prediction_lower`, `prediction_upper`, `k`. NaN for fewer than two studies, for a prediction from
    fewer than three, or where a number is missing. Oracle: R metafor, rma(method = "REML", test = "knha").

    >>> pooled = pool_random_effects([0.10, 0.30, 0.35], [0.10, 0.10, 0.10])
    >>> round(pooled["value"], 3), round(pooled["lower"], 3), round(pooled["upper"], 3), round(pooled["tau2"], 4)
    (0.25, -0.079, 0.579, 0.0075)
    """
    y, se = (np.atleast_1d(column) for column in as_columns(estimates, errors))
    k = y.size
    if k < 2 or not (np.isfinite(y).all() and (se > 0).all()):
        return dict.fromkeys(_NAMES, nan) | {"k": float(k)}
    tau2 = _reml(y, se**2)
    weights = 1 / (se**2 + tau2)
    value = float(weights @ y / weights.sum())
    spread = sqrt(float(weights @ (y - value) ** 2) / ((k - 1) * weights.sum()))
    half = float(stats.t.isf((1 - level) / 2, k - 1)) * spread
    p = 2 * float(stats.t.sf(abs(value) / spread, k - 1)) if spread > 0 else nan
    away = float(stats.t.isf((1 - level) / 2, k - 2)) * sqrt(tau2 + spread**2) if k > 2 else nan
    predicted = {"prediction_lower": value - away, "prediction_upper": value + away}
    pooled = {"value": value, "se": spread, "lower": value - half, "upper": value + half, "p_value": p}
    return {**pooled, "tau2": tau2, **_heterogeneity(y, se**2, tau2), **predicted, "k": float(k)}


_NAMES = ("value", "se", "lower", "upper", "p_value", "tau2", "i2", "q", "q_p", "prediction_lower", "prediction_upper")


def _reml(y: np.ndarray, variances: np.ndarray) -> float:
    """The variance between studies at which the restricted likelihood is largest."""

    def loss(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        residual = y - weights @ y / weights.sum()
        return float(np.log(variances + tau2).sum() + np.log(weights.sum()) + weights @ residual**2)

    most = max(float(np.var(y, ddof=1)) * 10, float(variances.max()))
    grid = np.concatenate([[0.0], np.geomspace(most * 1e-9, most, 200)])
    best = int(np.argmin([loss(tau2) for tau2 in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": most * 1e-12})
    return 0.0 if loss(0.0) <= found.fun else float(found.x)


def _heterogeneity(y: np.ndarray, variances: np.ndarray, tau2: float) -> dict[str, float]:
    """Cochran's Q with its p, and the share of the variance that lies between studies, by the typical variance within."""
    weights, k = 1 / variances, y.size
    q = float(weights @ (y - weights @ y / weights.sum()) ** 2)
    typical = (k - 1) * weights.sum() / (weights.sum() ** 2 - (weights**2).sum())
    return {"i2": float(tau2 / (tau2 + typical)), "q": q, "q_p": float(stats.chi2.sf(q, k - 1))}
