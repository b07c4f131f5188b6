"""Values below or above an assay's limits: maximum likelihood on the logarithmic scale."""

from math import exp, log, nan, pi, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from racohort.columns import Numbers, as_columns, is_missing
from racohort.estimators.change import Estimate


def censored_lognormal_mle(observed: Numbers, n_below_lod: int, lod: float) -> Estimate:
    """Lognormal fit of one sample of which `n_below_lod` values are only known to lie below `lod`.

    Returns
    -------
    `mu_log`, `sigma_log` (maximum likelihood, so without n - 1) and `gm` = exp(mu_log); NaN where it has no maximum: fewer than
    two different values (one is enough above the limit with some below), none positive, or all below. Oracle: R survreg(dist =
    "lognormal").

    >>> fit = censored_lognormal_mle([22, 35, 18, 90, 140, 61], n_below_lod=6, lod=15)
    >>> round(fit["gm"], 2)
    15.67
    """
    if is_missing(n_below_lod, lod) or n_below_lod < 0:
        return dict.fromkeys(("mu_log", "sigma_log", "gm"), nan)
    values = np.ravel(as_columns(observed)[0])
    flags = [""] * values.size + ["below"] * n_below_lod
    fit = censored_geometric_mean(np.concatenate([values, np.full(n_below_lod, lod)]), flags)
    return {name: fit[name] for name in ("mu_log", "sigma_log", "gm")}


def censored_geometric_mean(value: Numbers, censored: ArrayLike, conf: float = 0.95) -> Estimate:
    """Geometric mean of a lognormal sample with values below and above limits.

    Parameters
    ----------
    value : the measured value, or the limit where it is censored; NaN is left out
    censored : "" measured, "below" below the limit in `value`, "above" above it
    conf : confidence level

    Returns
    -------
    `mu_log`, `sigma_log`, `gm`, `ci` (Wald on the logarithm), `n`, `n_censored`; NaN where the likelihood has no maximum.

    >>> fit = censored_geometric_mean([15, 22, 35, 18, 90, 500], ["below", "", "", "", "", "above"])
    >>> fit["n"], fit["n_censored"], round(fit["gm"], 1)
    (6, 2, 43.9)
    """
    amounts, flags = np.atleast_1d(as_columns(value)[0]), np.atleast_1d(np.asarray(censored, dtype=str))
    known = np.isfinite(amounts)
    amounts, flags = amounts[known], flags[known]
    counts = {"n": int(amounts.size), "n_censored": int(np.sum(flags != ""))}
    fit = _maximum(np.log(amounts), flags) if amounts.size and (amounts > 0).all() else None
    if fit is None:
        return {"mu_log": nan, "sigma_log": nan, "gm": nan, "ci": (nan, nan), **counts}
    mu, sigma, se = fit
    half = float(stats.norm.isf((1 - conf) / 2)) * se
    return {"mu_log": mu, "sigma_log": sigma, "gm": exp(mu), "ci": (exp(mu - half), exp(mu + half)), **counts}


def _maximum(logs: NDArray[np.float64], flags: NDArray[np.str_]) -> tuple[float, float, float] | None:
    """Mean, SD and standard error of the mean at the maximum, or None where the likelihood has none."""
    measured = logs[flags == ""]
    if not _bounded(measured, logs, flags):
        return None
    if measured.size == logs.size:
        return float(logs.mean()), float(logs.std()), float(logs.std()) / sqrt(logs.size)
    start = np.array([logs.mean(), np.log(max(float(logs.std()), 0.1))])
    loss = _negative_log_likelihood(logs, flags)
    found = optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000})
    if not found.success or abs(found.x[1]) > 20:
        return None
    return float(found.x[0]), float(np.exp(found.x[1])), _standard_error(loss, found.x)


def _bounded(measured: NDArray[np.float64], logs: NDArray[np.float64], flags: NDArray[np.str_]) -> bool:
    """Whether the likelihood is bounded: measured values differ, or the one measured value lies on the wrong side of some
    limit.
    """
    if not measured.size:
        return False
    if np.ptp(measured) > 0:
        return True
    return bool(((flags == "below") & (logs < measured[0])).any() or ((flags == "above") & (logs > measured[0])).any())


def _negative_log_likelihood(logs: NDArray[np.float64], flags: NDArray[np.str_]):  # type: ignore[no-untyped-def]
    """The function to be made least; values that are the same are looked at once."""
    signs = (flags == "below").astype(float) - (flags == "above").astype(float)
    rows, times = np.unique(np.column_stack([logs, signs]), axis=0, return_counts=True)
    places, signs = rows.T

    def loss(theta: NDArray[np.float64]) -> float:
        z = (places - theta[0]) * np.exp(-theta[1])
        return -float(times @ np.where(signs == 0, log_density(z) - theta[1], special.log_ndtr(signs * z)))

    return loss


def log_density(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the standard normal density.

    >>> round(float(log_density(np.array(0.0))), 4)
    -0.9189
    """
    return np.asarray(-(z**2) / 2 - log(2 * pi) / 2)


def _standard_error(loss, theta: NDArray[np.float64], step: float = 1e-4) -> float:  # type: ignore[no-untyped-def]
    """Standard error of the mean from the observed information, by central differences."""
    e = np.eye(2) * step
    information = np.array(
        [[loss(theta + a + b) - loss(theta + a - b) - loss(theta - a + b) + loss(theta - a - b) for a in e] for b in e]
    )
    variance = np.linalg.pinv(information / (4 * step**2))[0, 0]
    return sqrt(variance) if variance > 0 else nan
