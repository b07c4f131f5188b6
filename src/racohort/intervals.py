"""Exact and score intervals for counts: one proportion, a rate, and a proportion before and after in the same patients."""

from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from racohort.columns import Answer, Numbers, as_columns, as_given, as_number

Pair = tuple[Answer, Answer]


def _counts(x: Numbers, n: Numbers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count and denominator, NaN where 0 <= x <= n and n >= 1 does not hold."""
    count, total = as_columns(x, n)
    possible = (count >= 0) & (count <= total) & (total >= 1)
    return np.where(possible, count, np.nan), np.where(possible, total, np.nan)


def clopper_pearson(x: Numbers, n: Numbers, conf: float = 0.95) -> Pair:
    """Exact (Clopper-Pearson) two-sided interval of a proportion.

    Parameters
    ----------
    x, n : events and patients, numbers or columns
    conf : confidence level

    Returns
    -------
    Lower and upper limit as proportions; exactly 0 for x = 0 and 1 for x = n; NaN for n = 0 or an impossible count.
    Oracle: R binom.test.

    >>> [round(limit, 4) for limit in clopper_pearson(0, 64)]
    [0.0, 0.056]
    """
    count, total = _counts(x, n)
    lower = np.where(count == 0, 0.0, stats.beta.ppf((1 - conf) / 2, np.maximum(count, 0.5), total - count + 1))
    return as_given(lower), upper_one_sided_cp(x, n, (1 + conf) / 2)


def upper_one_sided_cp(x: Numbers, n: Numbers, conf: float = 0.95) -> Answer:
    """Exact one-sided upper limit of a proportion: risks above it are excluded with this confidence; 1 for x = n.

    Oracle: R binom.test(alternative = "less").

    >>> round(upper_one_sided_cp(0, 64), 4)
    0.0457
    """
    count, total = _counts(x, n)
    limit = stats.beta.ppf(conf, count + 1, np.maximum(total - count, 0.5))
    return as_given(np.where(count == total, 1.0, limit))


def wilson(x: Numbers, n: Numbers, conf: float = 0.95) -> Pair:
    """Wilson score interval of a proportion; arguments and missing-value rule as `clopper_pearson`.

    Oracle: R prop.test(correct = FALSE).

    >>> [round(limit, 4) for limit in wilson(32, 64)]
    [0.381, 0.619]
    """
    count, total = _counts(x, n)
    z = stats.norm.isf((1 - conf) / 2)
    centre = (count + z**2 / 2) / (total + z**2)
    half = z * np.sqrt(count * (total - count) / total + z**2 / 4) / (total + z**2)
    lower, upper = np.where(count == 0, 0.0, centre - half), np.where(count == total, 1.0, centre + half)
    return as_given(lower), as_given(upper)


def rule_of_three(n: int) -> dict[str, float]:
    """The upper limits of a risk after no event in n patients: 3/n, the exact one-sided 95 % limit, and that of the two-sided
    interval.

    NaN for n < 1. Source: Hanley and Lippman-Hand 1983.

    >>> {name: round(limit, 4) for name, limit in rule_of_three(64).items()}
    {'approx': 0.0469, 'exact_one_sided_95': 0.0457, 'cp_two_sided_95_upper': 0.056}
    """
    if not as_number(n) >= 1:
        return dict.fromkeys(("approx", "exact_one_sided_95", "cp_two_sided_95_upper"), nan)
    return {
        "approx": 3 / n,
        "exact_one_sided_95": upper_one_sided_cp(0, n, 0.95),
        "cp_two_sided_95_upper": upper_one_sided_cp(0, n, 0.975),
    }


def exposure_adjusted_rate(events: float, person_years: float, per: float = 100, conf: float = 0.95) -> dict[str, float]:
    """Events per `per` person-years with Garwood's exact Poisson limits; NaN without exposure. Oracle: R poisson.test.

    >>> {name: round(number, 3) for name, number in exposure_adjusted_rate(7, 64.0).items()}
    {'rate': 10.938, 'lower': 4.397, 'upper': 22.535}
    """
    if not (as_number(person_years) > 0 and as_number(events) >= 0):
        return {"rate": nan, "lower": nan, "upper": nan}
    scale = per / person_years
    lower = stats.chi2.ppf((1 - conf) / 2, 2 * events) / 2 if events else 0.0
    upper = stats.chi2.isf((1 - conf) / 2, 2 * events + 2) / 2
    return {"rate": events * scale, "lower": float(lower) * scale, "upper": float(upper) * scale}


def newcombe_paired(
    a_yes_yes: int, b_yes_no: int, c_no_yes: int, d_no_no: int, conf: float = 0.95
) -> dict[str, float | tuple[float, float]]:  # fmt: skip
    """Difference of two proportions in the same patients, before minus after, with Newcombe's interval (method 10, phi
    corrected).

    Parameters
    ----------
    a_yes_yes, b_yes_no, c_no_yes, d_no_no : patients by state before and after
    conf : confidence level

    Returns
    -------
    `p_pre`, `p_post`, `diff_pre_minus_post`, `ci`; NaN without patients. Oracle: R contingencytables.

    >>> newcombe_paired(1, 1, 7, 12)["diff_pre_minus_post"]
    -0.2857142857142857
    """
    n = sum(map(as_number, (a_yes_yes, b_yes_no, c_no_yes, d_no_no)))
    if not n >= 1:
        return {"p_pre": nan, "p_post": nan, "diff_pre_minus_post": nan, "ci": (nan, nan)}
    pre, post = (a_yes_yes + b_yes_no) / n, (a_yes_yes + c_no_yes) / n
    (low1, high1), (low2, high2) = wilson(a_yes_yes + b_yes_no, n, conf), wilson(a_yes_yes + c_no_yes, n, conf)
    psi = _phi_corrected(a_yes_yes, b_yes_no, c_no_yes, d_no_no)
    down = _square_and_add(pre - low1, high2 - post, psi)
    up = _square_and_add(post - low2, high1 - pre, psi)
    return {"p_pre": pre, "p_post": post, "diff_pre_minus_post": pre - post, "ci": (pre - post - down, pre - post + up)}


def _square_and_add(one: float, other: float, psi: float) -> float:
    return sqrt(max(one**2 + other**2 - 2 * psi * one * other, 0.0))


def _phi_corrected(a: int, b: int, c: int, d: int) -> float:
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    excess = a * d - b * c
    if not margins or 0 <= excess <= (a + b + c + d) / 2:
        return 0.0
    return (excess - (a + b + c + d) / 2 * (excess > 0)) / sqrt(margins)


def mcnemar(a_yes_yes: int, b_yes_no: int, c_no_yes: int, d_no_no: int) -> dict[str, float]:
    """McNemar's test of a change of state in the same patients: exact conditional, mid-p (the default to report) and asymptotic.

    Only b and c, the patients who changed, count. Where nobody changed nothing speaks against equality: chi-square 0, every p 1.
    Where either is missing nothing is known: NaN.

    Returns
    -------
    `p_exact`, `p_mid`, `chi2`, `p_asym`, `chi2_cc`, `p_asym_cc` (two-sided). Oracle: R mcnemar.test, contingencytables.

    >>> {name: round(number, 4) for name, number in mcnemar(59, 6, 16, 80).items() if name in ("p_exact", "p_mid")}
    {'p_exact': 0.0525, 'p_mid': 0.0347}
    """
    del a_yes_yes, d_no_no
    if not as_number(b_yes_no) + as_number(c_no_yes) >= 0:
        return dict.fromkeys(("p_exact", "p_mid", "chi2", "p_asym", "chi2_cc", "p_asym_cc"), nan)
    changed, gap, fewer = b_yes_no + c_no_yes, abs(b_yes_no - c_no_yes), min(b_yes_no, c_no_yes)
    exact = min(1.0, 2 * float(stats.binom.cdf(fewer, changed, 0.5)))
    at_observed = float(stats.binom.pmf(fewer, changed, 0.5)) if changed else 0.0
    chi2, chi2_cc = (excess**2 / (changed or inf) for excess in (gap, max(gap - 1, 0)))
    return {
        "p_exact": exact,
        "p_mid": exact - at_observed if gap else 1 - at_observed / 2,
        "chi2": chi2,
        "p_asym": float(stats.chi2.sf(chi2, 1)),
        "chi2_cc": chi2_cc,
        "p_asym_cc": float(stats.chi2.sf(chi2_cc, 1)),
    }
