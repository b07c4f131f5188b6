"""What before-after means and SDs say about the p value of the paired t, whose correlation is hardly ever printed."""

from itertools import product
from math import nan, sqrt

import numpy as np
from scipy import stats

from racohort.columns import Answer, Numbers, as_columns, as_given, is_missing
from racohort.consistency.rounding import Printed, as_number, rounding_interval


def paired_t_from_summary(
    m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int, r: Numbers
) -> dict[str, Answer]:  # fmt: skip
    """Paired t of two printed means and SDs at a correlation r, or over a column of them (for the curve of p against r).

    Returns
    -------
    `sd_diff`, `t`, `p`, `d_z`; NaN for fewer than two pairs, |r| > 1, or where the differences do not vary.

    >>> result = paired_t_from_summary("5.8", "1.0", "5.4", "1.2", n=64, r=0.5)
    >>> round(result["t"], 3), round(result["p"], 4)
    (2.874, 0.0055)
    """
    (rho,) = as_columns(r)
    n = 0 if is_missing(n) else n
    one, s1, other, s2 = (as_number(part) for part in (m1, sd1, m2, sd2))
    variance = s1**2 + s2**2 - 2 * rho * s1 * s2
    possible = (np.abs(rho) <= 1) & (variance > 1e-12 * (s1**2 + s2**2)) & (n >= 2)
    sd_diff = np.sqrt(np.where(possible, variance, nan))
    d_z = (one - other) / sd_diff
    t = d_z * sqrt(max(n, 0))
    p = 2 * stats.t.sf(np.abs(t), max(n - 1, 1))
    return {"sd_diff": as_given(sd_diff), "t": as_given(t), "p": as_given(p), "d_z": as_given(d_z)}


def p_bounds_paired(m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int) -> dict[str, float]:
    """The largest p that the paired t can have (at r = -1), with its t, and p at r = 0 and r = 0.5.

    >>> bounds = p_bounds_paired("5.8", "1.0", "5.4", "1.2", n=64)
    >>> round(bounds["p_at_rmin"], 3), round(bounds["p_at_r0"], 3)
    (0.151, 0.045)
    """
    parts = paired_t_from_summary(m1, sd1, m2, sd2, n, [-1.0, 0.0, 0.5])
    at_rmin, at_r0, at_r05 = (float(p) for p in parts["p"])
    return {"p_at_rmin": at_rmin, "t_at_rmin": float(parts["t"][0]), "p_at_r0": at_r0, "p_at_r05": at_r05}


def p_curve_paired(
    m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int, r: Numbers
) -> dict[str, np.ndarray]:  # fmt: skip
    """The p of the paired t over correlations r, with the smallest and largest of all numbers that round to the printed ones.

    Returns
    -------
    `p`, `lower`, `upper`, each as long as r; evaluated at all corners of the rounding, and at no difference (p = 1) where the
    means overlap. NaN where `paired_t_from_summary` has none.

    >>> curve = p_curve_paired("5.8", "1.0", "5.4", "1.2", n=64, r=[0.5])
    >>> [round(float(curve[name][0]), 4) for name in ("lower", "p", "upper")]
    [0.0004, 0.0055, 0.0432]
    """
    at = np.atleast_1d(np.asarray(r, dtype="float64"))
    p = np.asarray(paired_t_from_summary(m1, sd1, m2, sd2, n, at)["p"])
    ends = [[float(end) for end in rounding_interval(part)[:2]] for part in (m1, sd1, m2, sd2)]
    corners = [
        np.asarray(paired_t_from_summary(first, spread1, second, spread2, n, at)["p"])
        for first, spread1, second, spread2 in product(*ends)
    ]
    overlap = ends[0][0] <= ends[2][1] and ends[2][0] <= ends[0][1]
    upper = np.where(np.isnan(p), nan, 1.0) if overlap else np.max(corners, axis=0)
    return {"p": p, "lower": np.min(corners, axis=0), "upper": upper}


def implied_r_from_t(m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int, t: float) -> float:
    """The correlation that printed means, SDs and a paired t imply; beyond -1 to 1 they are impossible together.

    NaN for t = 0, which any correlation gives, and without variance.

    >>> round(implied_r_from_t("5.8", "1.0", "5.4", "1.2", n=64, t=2.874), 2)
    0.5
    """
    one, s1, other, s2 = (as_number(part) for part in (m1, sd1, m2, sd2))
    return _implied_r(one - other, s1, s2, n, t)


def implied_r_from_p(m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int, p_two_sided: float) -> float:
    """The correlation that printed means, SDs and a two-sided p of the paired t imply; arguments and NaN rule as
    `implied_r_from_t`.

    For "P < 0.05", the value at 0.05 is the smallest correlation that agrees with it.

    >>> round(implied_r_from_p("1.45", "0.6", "1.21", "0.65", n=64, p_two_sided=0.05), 4)
    -0.1803
    """
    return implied_r_from_t(m1, sd1, m2, sd2, n, _t_of(as_number(p_two_sided), n))


def _t_of(p: float, n: int) -> float:
    return float(stats.t.isf(p / 2, n - 1)) if not is_missing(n) and n >= 2 and 0 < p < 1 else nan


def _implied_r(difference: float, s1: float, s2: float, n: int, t: float) -> float:
    if is_missing(t, n) or not (abs(t) > 0 and s1 * s2 > 0 and n >= 2):
        return nan
    return (s1**2 + s2**2 - n * difference**2 / t**2) / (2 * s1 * s2)


def implied_r_bounds(
    m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int, p_two_sided: Printed
) -> tuple[float, float]:  # fmt: skip
    """The smallest and largest implied correlation when every printed number may be anything that rounds to it.

    Evaluated at all corners, and at no difference where the means overlap; NaN where a number is missing or p rounds to nothing
    usable.

    >>> [round(r, 2) for r in implied_r_bounds("5.8", "1.0", "5.4", "1.2", n=64, p_two_sided="0.005")]
    [0.13, 0.76]
    """
    if is_missing(m1, sd1, m2, sd2, p_two_sided):
        return nan, nan
    first, spread1, second, spread2, p = (rounding_interval(part)[:2] for part in (m1, sd1, m2, sd2, p_two_sided))
    differences = [float(first[0] - second[1]), float(first[1] - second[0])]
    if differences[0] < 0 < differences[1]:
        differences.append(0.0)
    ends = [max(float(end), 1e-300) for end in p]
    corners = product(differences, map(float, spread1), map(float, spread2), ends)
    implied = [_implied_r(difference, s1, s2, n, _t_of(end, n)) for difference, s1, s2, end in corners]
    return (nan, nan) if np.isnan(implied).all() else (float(np.nanmin(implied)), float(np.nanmax(implied)))


def indep_t_from_summary(
    m1: Printed, sd1: Printed, n1: int, m2: Printed, sd2: Printed, n2: int, welch: bool = True
) -> dict[str, float]:  # fmt: skip
    """The t test of independent groups from printed summaries (Welch, or pooled): what a paired table shows when the wrong
    test was used.

    Returns
    -------
    `t`, `df`, `p`; NaN for a group of fewer than two or without variance.

    >>> result = indep_t_from_summary("54.3", "10.2", 32, "48.1", "12.7", 30)
    >>> round(result["t"], 3), round(result["df"], 1), round(result["p"], 4)
    (2.111, 55.6, 0.0393)
    """
    one, s1, other, s2 = (as_number(part) for part in (m1, sd1, m2, sd2))
    if is_missing(n1, n2, s1, s2) or min(n1, n2) < 2 or not max(s1, s2) > 0:
        return {"t": nan, "df": nan, "p": nan}
    v1, v2 = s1**2 / n1, s2**2 / n2
    df: float = n1 + n2 - 2
    se = sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df * (1 / n1 + 1 / n2))
    if welch:
        se, df = sqrt(v1 + v2), (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    t = (one - other) / se
    return {"t": t, "df": df, "p": 2 * float(stats.t.sf(abs(t), df))}
