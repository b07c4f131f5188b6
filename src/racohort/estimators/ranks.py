"""Signed ranks of paired differences: the test, the pseudo-median, and the matched rank-biserial correlation."""

from math import atanh, ceil, inf, nan, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from racohort.columns import Numbers
from racohort.estimators.change import Estimate, complete_pairs

#: Up to here the null distribution is computed exactly; beyond it the normal approximation is indistinguishable.
EXACT_LIMIT = 300
#: Where a range of sums is split: the golden section, which no rounded number comes to lie on.
SPLIT = (sqrt(5) - 1) / 2


def _differences(x: Numbers, y: Numbers) -> NDArray[np.float64]:
    first, second = complete_pairs(x, y)
    return np.round(first - second, 10)


def wilcoxon_signed_rank(
    x: Numbers, y: Numbers, zero_method: str = "pratt", correction: bool = False, method: str = "auto"
) -> Estimate:  # fmt: skip
    """Wilcoxon's signed-rank test of the differences x - y, rounded to 10 decimals: of symmetry about zero, not of medians.

    Parameters
    ----------
    zero_method : "pratt" ranks the zeros and then leaves them out, "wilcox" leaves them out first, "zsplit" gives half to each
        side
    correction : continuity correction of the asymptotic test
    method : "exact" (convolution, ties included), "asymptotic" (corrected for ties), or "auto": exact without zeros and ties

    Returns
    -------
    `W_plus`, `W_minus`, `n_eff` (differences that are not zero), `n` (pairs), `z` (asymptotic only), `p` (two-sided), `method`
    used; z and p NaN where no difference is other than zero. Oracles: scipy, R wilcox.test, coin.

    >>> result = wilcoxon_signed_rank([1, 2, 3, 4, 5], [3, 3, 6, 9, 9])
    >>> result["W_plus"], result["W_minus"], result["p"], result["method"]
    (0.0, 15.0, 0.0625, 'exact')
    """
    d = _differences(x, y)
    ranked = d[d != 0] if zero_method == "wilcox" else d
    ranks, zero = stats.rankdata(np.abs(ranked)), ranked == 0
    split = float(ranks[zero].sum()) / 2 if zero_method == "zsplit" else 0.0
    plus, minus = (float(ranks[side].sum()) + split for side in (ranked > 0, ranked < 0))
    n_eff = int(np.sum(d != 0))
    if method == "auto":
        untied = n_eff == d.size and np.unique(ranks).size == n_eff
        method = "exact" if untied and n_eff <= EXACT_LIMIT else "asymptotic"
    answer = {"W_plus": plus, "W_minus": minus, "n_eff": n_eff, "n": int(d.size), "method": method}
    if not n_eff:
        return {**answer, "z": nan, "p": nan}
    if method == "exact":
        return {**answer, "z": nan, "p": _exact(plus - split, ranks[~zero])}
    z, p = _asymptotic(plus, ranks, zero, zero_method, correction)
    return {**answer, "z": z, "p": p}


def _asymptotic(
    plus: float, ranks: NDArray[np.float64], zero: NDArray[np.bool_], zero_method: str, correction: bool
) -> tuple[float, float]:  # fmt: skip
    """Deviate z and two-sided p by the normal approximation; moments without the zeros (Cureton 1967) and with the correction for
    ties.
    """
    n, zeros = ranks.size, int(zero.sum()) if zero_method == "pratt" else 0
    ties = np.unique(ranks[~zero] if zeros else ranks, return_counts=True)[1]
    mean = (n * (n + 1) - zeros * (zeros + 1)) / 4
    squares = n * (n + 1) * (2 * n + 1) - zeros * (zeros + 1) * (2 * zeros + 1)
    variance = (squares - float(np.sum(ties**3 - ties)) / 2) / 24
    if variance <= 0:
        return nan, nan
    z = (plus - mean - correction * 0.5 * np.sign(plus - mean)) / sqrt(variance)
    return float(z), min(1.0, 2 * float(stats.norm.sf(abs(z))))


def _exact(plus: float, ranks: NDArray[np.float64]) -> float:
    """The two-sided exact p of a sum of positive ranks, given the ranks (mid-ranks are doubled to whole numbers)."""
    null = _null_distribution(np.round(2 * ranks).astype(int))
    observed = round(2 * plus)
    return min(1.0, 2 * min(float(null[: observed + 1].sum()), float(null[observed:].sum())))


def _null_distribution(ranks: NDArray[np.int_]) -> NDArray[np.float64]:
    """The probability of each sum of a random half of the ranks, by convolution."""
    null = np.zeros(int(ranks.sum()) + 1)
    null[0] = 1.0
    for rank in ranks:
        shifted = np.zeros_like(null)
        shifted[rank:] = null[: null.size - rank]
        null = (null + shifted) / 2
    return null


def hodges_lehmann_paired(x: Numbers, y: Numbers, conf: float = 0.95, drop_zeros: bool = False) -> Estimate:
    """The pseudo-median of the differences x - y, the median of their Walsh averages, with the interval from signed ranks.

    `drop_zeros` leaves zero differences out first, as R's wilcox.test does (for parity only). NaN without pairs.

    Returns
    -------
    `estimate`, `ci`, `achieved_conf` (what the interval really reaches; few pairs cannot reach `conf`), `n`.

    >>> hodges_lehmann_paired([5, 6, 7, 9], [4, 4, 6, 5])["estimate"]
    1.75
    """
    d = _differences(x, y)
    d = d[d != 0] if drop_zeros else d
    if not d.size:
        return {"estimate": nan, "ci": (nan, nan), "achieved_conf": nan, "n": 0}
    q, achieved = _walsh_rank(d.size, conf)
    pairs = d.size * (d.size + 1) // 2
    lower, upper, *middle = (_walsh_average(d, rank) for rank in (q - 1, pairs - q, (pairs - 1) // 2, pairs // 2))
    return {"estimate": float(np.mean(middle)), "ci": (lower, upper), "achieved_conf": achieved, "n": int(d.size)}


def _walsh_average(d: NDArray[np.float64], rank: int) -> float:
    """The Walsh average of a rank, 0 for the least, without making all n (n + 1) / 2 of them.

    A range of sums is narrowed until few pairs of distinct differences fall into it; these are looked at one by one.

    >>> [_walsh_average(np.array([1.0, 2.0, 2.0, 5.0]), rank) for rank in (0, 1, 5, 9)]
    [1.0, 1.5, 2.0, 5.0]
    """
    values, times = np.unique(d, return_counts=True)
    low, high = 2 * values[0] - 1, 2 * values[-1] + 1
    first, last = _partners(values, low), _partners(values, high)
    while (last - first).sum() > 4 * values.size + 1000:
        middle = low + SPLIT * (high - low)
        ends = _partners(values, middle)
        if _pairs_before(ends, times) > rank:
            high, last = middle, ends
        else:
            low, first = middle, ends
    width = last - first
    one = np.repeat(np.arange(values.size), width)
    other = np.arange(one.size) + np.repeat(first - np.cumsum(width) + width, width)
    sums, same = values[one] + values[other], times[one] * (times[one] + 1) // 2
    weights = np.where(one == other, same, times[one] * times[other])
    order = np.argsort(sums, kind="stable")
    reached = _pairs_before(first, times) + np.cumsum(weights[order])
    return float(sums[order][np.searchsorted(reached, rank, side="right")]) / 2


def _partners(values: NDArray[np.float64], total: float) -> NDArray[np.int_]:
    """For each of the sorted values the place behind the last, from itself on, with which its sum is at most `total`."""
    return np.maximum(np.searchsorted(values, total - values, side="right"), np.arange(values.size))


def _pairs_before(ends: NDArray[np.int_], times: NDArray[np.int_]) -> int:
    """How many pairs of differences, each with itself included, the values make with their partners up to `ends`."""
    upto = np.concatenate([[0], np.cumsum(times)])
    some = ends > np.arange(times.size)
    return int((times * (upto[ends] - upto[1:]) + times * (times + 1) // 2)[some].sum())


def _walsh_rank(n: int, conf: float) -> tuple[int, float]:
    """The rank of the lower limit among the Walsh averages (at least 1), and the confidence it achieves.

    Exact up to `EXACT_LIMIT`, then by the normal approximation with its first correction (Edgeworth).
    """
    if n <= EXACT_LIMIT:
        cumulative = np.cumsum(_null_distribution(np.arange(1, n + 1)))
        q = max(1, int(np.searchsorted(cumulative, (1 - conf) / 2)))
        return q, 1 - 2 * float(cumulative[q - 1])
    mean, sd = n * (n + 1) / 4, sqrt(n * (n + 1) * (2 * n + 1) / 24)
    kurtosis = -n * (n + 1) * (2 * n + 1) * (3 * n**2 + 3 * n - 1) / 240 / sd**4
    z = float(stats.norm.isf((1 - conf) / 2))
    q = max(1, ceil(mean - sd * (z + kurtosis * (z**3 - 3 * z) / 24) - 0.5))
    x = (q - 0.5 - mean) / sd
    return q, 1 - 2 * float(stats.norm.cdf(x) - stats.norm.pdf(x) * kurtosis * (x**3 - 3 * x) / 24)


def rank_biserial_paired(x: Numbers, y: Numbers, conf: float = 0.95) -> Estimate:
    """Matched-pairs rank-biserial correlation of x - y (Kerby) with Fisher-z interval; zero differences are left out.

    Returns
    -------
    `rbc`, `ci`, `n` (differences that are not zero); NaN where there are none. Oracle: R effectsize.

    >>> rank_biserial_paired([5, 6, 7, 3], [4, 4, 4, 7])["rbc"]
    0.2
    """
    d = _differences(x, y)
    d = d[d != 0]
    n = int(d.size)
    if not n:
        return {"rbc": nan, "ci": (nan, nan), "n": 0}
    total = n * (n + 1) / 2
    rbc = float(np.sum(np.sign(d) * stats.rankdata(np.abs(d)))) / total
    half = float(stats.norm.isf((1 - conf) / 2)) * sqrt((2 * n**3 + 3 * n**2 + n) / 6) / total
    centre = atanh(rbc) if abs(rbc) < 1 else inf * rbc
    return {"rbc": rbc, "ci": (tanh(centre - half), tanh(centre + half)), "n": n}
