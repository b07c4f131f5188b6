"""Missing follow-up: pooling of multiple imputations, and how bad the missing would have to be."""

from math import inf, isfinite, nan, sqrt
from typing import Any

import numpy as np
from scipy import stats

from racohort.columns import Numbers, as_columns, is_missing

_POOLED = ("qbar", "ubar", "B", "T", "lambda_", "df_old", "df", "p")


def rubin_pool(q: Numbers, u: Numbers, df_complete: float | None = None, conf: float = 0.95) -> dict[str, Any]:
    """Estimates of multiply imputed data pooled by Rubin's rules, with Barnard-Rubin degrees of freedom.

    Parameters
    ----------
    q, u : estimate and squared standard error in each imputed data set (at least two)
    df_complete : degrees of freedom if nothing were missing; None for a large sample

    Returns
    -------
    `qbar`, `ubar` (within), `B` (between), `T` (total variance), `lambda_` (share of variance due to missingness), `df_old`
    (Rubin),
    `df` (Barnard-Rubin), `se`, `ci`, `p`. NaN where it cannot be computed. Oracle: R mice::pool.scalar.

    >>> pooled = rubin_pool([-0.42, -0.37, -0.51, -0.45], [0.01, 0.011, 0.009, 0.012], df_complete=63)
    >>> round(pooled["qbar"], 4), round(pooled["df"], 2)
    (-0.4375, 19.61)
    """
    estimates, variances = (np.atleast_1d(column) for column in as_columns(q, u))
    m = estimates.size
    if m < 2 or not np.isfinite([estimates, variances]).all():
        return {**dict.fromkeys(_POOLED, nan), "se": nan, "ci": (nan, nan)}
    qbar, within, between = float(estimates.mean()), float(variances.mean()), float(estimates.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total else nan
    df_old = (m - 1) / share**2 if share**2 else inf  # the square of a share may be too small for a float
    df = _barnard_rubin(df_old, share, df_complete)
    half = float(stats.t.isf((1 - conf) / 2, df)) * sqrt(total)
    p = 2 * float(stats.t.sf(abs(qbar) / sqrt(total), df)) if total else nan
    pooled = dict(zip(_POOLED, (qbar, within, between, total, share, df_old, df, p), strict=True))
    return {**pooled, "se": sqrt(total), "ci": (qbar - half, qbar + half)}


def _barnard_rubin(df_old: float, share: float, df_complete: float | None) -> float:
    if df_complete is None or not isfinite(df_complete):
        return df_old
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
    return observed if df_old == inf else df_old * observed / (df_old + observed)


def delta_adjusted_mean(
    mean_obs: float, sd_obs: float, n_obs: int, n_missing: int, delta: float, conf: float = 0.95
) -> dict[str, Any]:  # fmt: skip
    """Mean change when each missing change is, on average, `delta` worse than the observed mean (closed form).

    The estimate is mean_obs + f delta with f the missing share; the standard error is that of the observed, sd / sqrt(n_obs).

    Returns
    -------
    `estimate`, `ci`, `p`; NaN for fewer than two observed.

    >>> round(delta_adjusted_mean(-1.7, 1.1, 50, 14, delta=1.0)["estimate"], 5)
    -1.48125
    """
    if is_missing(mean_obs, sd_obs, n_obs, n_missing, delta) or n_obs < 2:
        return {"estimate": nan, "ci": (nan, nan), "p": nan}
    estimate, se = mean_obs + delta * n_missing / (n_obs + n_missing), sd_obs / sqrt(n_obs)
    half = float(stats.t.isf((1 - conf) / 2, n_obs - 1)) * se
    p = 2 * float(stats.t.sf(abs(estimate) / se, n_obs - 1)) if se > 0 else nan
    return {"estimate": estimate, "ci": (estimate - half, estimate + half), "p": p}


def tipping_point_delta(
    mean_obs: float, sd_obs: float, n_obs: int, n_missing: int, alpha: float = 0.05, margin: float = 0.0
) -> float:  # fmt: skip
    """The `delta` of `delta_adjusted_mean` at which the interval just reaches `margin` on the side of no change.

    Above 0 for a fall that is clear of the margin; below 0 where even the observed mean is not (so much better the missing
    would have to be). NaN where nobody is missing or fewer than two are observed.

    >>> round(tipping_point_delta(-0.4, 0.9, n_obs=52, n_missing=12), 3)
    0.797
    """
    if is_missing(mean_obs, sd_obs, n_obs, n_missing) or n_obs < 2 or n_missing < 1:
        return nan
    half = float(stats.t.isf(alpha / 2, n_obs - 1)) * sd_obs / sqrt(n_obs)
    distance = mean_obs - margin
    nearest = distance + half if distance <= 0 else distance - half
    return -nearest * (n_obs + n_missing) / n_missing
