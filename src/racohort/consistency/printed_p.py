"""Printed test statistics against printed p values, and independent p values together."""

from math import nan, sqrt

import numpy as np
from scipy import stats

from racohort.columns import Numbers, as_columns, is_missing
from racohort.consistency.rounding import Printed, as_number, rounding_interval


def statcheck_t(df: float, t: Printed, p: Printed, comparison: str = "=", alpha: float = 0.05) -> dict[str, object]:
    """Whether a printed t, degrees of freedom and two-sided p agree.

    Parameters
    ----------
    df, t, p : as printed
    comparison : "=", "<" or ">" between p and its number
    alpha : p <= alpha counts as significant

    Returns
    -------
    `p_computed`, `p_range` (of all t that round to the printed one), `error` (the printed p, rounded to its decimals, lies
    outside; a p of zero or less always does) and `decision_error` (an error that turns significance round); NaN and None without
    t, p or degrees of freedom. Oracle: R statcheck.

    >>> result = statcheck_t(28, "2.20", ".03")
    >>> round(result["p_computed"], 4), result["error"], result["decision_error"]
    (0.0362, True, False)
    """
    if is_missing(t, p, df) or not df > 0:
        return {"p_computed": nan, "p_range": (nan, nan), "error": None, "decision_error": None}
    size, half = abs(as_number(t)), float(rounding_interval(t).upper - rounding_interval(t).lower) / 2
    computed, low, high = (2 * float(stats.t.sf(max(stat, 0.0), df)) for stat in (size, size + half, size - half))
    printed = as_number(p)
    error = printed <= 0 or _outside(printed, low, high, comparison, rounding_interval(p).decimals)
    turned = _turned(printed, computed, comparison, alpha)
    return {"p_computed": computed, "p_range": (low, high), "error": error, "decision_error": error and turned}


def _outside(printed: float, low: float, high: float, comparison: str, decimals: int) -> bool:
    if comparison == "=":
        return not round(low, decimals) <= printed <= round(high, decimals)
    return {"<": printed < low, ">": printed > high}[comparison]


def _turned(printed: float, computed: float, comparison: str, alpha: float) -> bool:
    """Whether the printed statement and the computed p lie on different sides of alpha."""
    claims_none = printed > alpha or (comparison == ">" and printed >= alpha)
    claims_some = printed <= alpha and comparison != ">"
    return (claims_some and computed > alpha) or (claims_none and comparison != "<" and computed <= alpha)


def stouffer(p: Numbers) -> dict[str, float]:
    """Independent one-sided p values combined by the sum of their normal deviates; correlated variables make it void.

    Returns
    -------
    `z`, `p`; NaN without a p, with a missing one, or with 0 and 1 together. Oracle: scipy.stats.combine_pvalues.

    >>> round(stouffer([0.01, 0.02, 0.2])["p"], 5)
    0.00129
    """
    values = np.atleast_1d(as_columns(p)[0])
    if not values.size:
        return {"z": nan, "p": nan}
    with np.errstate(invalid="ignore"):
        z = float(stats.norm.isf(values).sum() / sqrt(values.size))
    return {"z": z, "p": float(stats.norm.sf(z))}
