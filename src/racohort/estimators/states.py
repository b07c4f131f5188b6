"""States of the same patients at several visits: whether their shares changed, and whether the moves were as many either way."""

from math import nan

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from racohort.columns import Numbers, as_columns
from racohort.estimators.change import Estimate


def cochran_q(data: Numbers) -> Estimate:
    """Cochran's Q test that a state is equally frequent at all visits.

    Parameters
    ----------
    data : patients x visits, 1 in the state and 0 not; patients with a missing visit are left out

    Returns
    -------
    `Q`, `df`, `p`, `n`, `n_dropped`. Where nobody changed Q is 0 and p 1; NaN without patients or with one visit. For two visits
    it is McNemar's chi-squared. Oracle: R friedman.test, of which it is the case of two values.

    >>> result = cochran_q([[0, 1, 1], [0, 0, 1], [1, 1, 1], [0, 1, 1], [0, None, 1]])
    >>> round(result["Q"], 3), result["df"], round(result["p"], 4), result["n"], result["n_dropped"]
    (4.667, 2, 0.097, 4, 1)
    """
    values = np.atleast_2d(as_columns(data)[0])
    seen = values[np.isfinite(values).all(axis=1)]
    n, visits = len(seen) if values.shape[1] else 0, values.shape[1]
    counts = {"n": n, "n_dropped": len(values) - n if visits else 0}
    if not n or visits < 2:
        return {"Q": nan, "df": nan, "p": nan, **counts}
    columns, rows = seen.sum(axis=0), seen.sum(axis=1)
    between, within = float(np.sum((columns - columns.mean()) ** 2)), float(np.sum(rows * (visits - rows)))
    q = visits * (visits - 1) * between / within if within else 0.0
    return {"Q": q, "df": visits - 1, "p": float(stats.chi2.sf(q, visits - 1)), **counts}


def stuart_maxwell(table: ArrayLike) -> Estimate:
    """The Stuart-Maxwell test that states are equally frequent before and after in the same patients.

    Parameters
    ----------
    table : states before x states after, patients in each; patients who stayed do not count

    Returns
    -------
    `chi2`, `df` (one less than the states that anybody entered or left; less again where they fall into groups between which
    nobody moved), `p`, `n`. Where nobody changed chi2 is 0, df 0 and p 1; NaN without patients and where a count is missing.
    Oracle: R mantelhaen.test.

    >>> result = stuart_maxwell([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
    >>> round(result["chi2"], 2), result["df"], round(result["p"], 5)
    (13.76, 2, 0.00103)
    """
    counts = _counts(table)
    apart = counts.sum(axis=1) - counts.sum(axis=0)
    covariance = np.diag(counts.sum(axis=1) + counts.sum(axis=0)) - counts - counts.T
    df = int(np.linalg.matrix_rank(covariance, hermitian=True))
    chi2 = float(apart @ np.linalg.pinv(covariance, hermitian=True) @ apart)
    return _tested(chi2, df, counts)


def bowker(table: ArrayLike) -> Estimate:
    """Bowker's test that between every two states as many patients moved the one way as the other.

    `table` and the answer as in `stuart_maxwell`; `df` counts the pairs of states between which anybody moved. Oracle: R
    mcnemar.test (which has no answer where a pair is empty).

    >>> result = bowker([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
    >>> round(result["chi2"], 2), result["df"], round(result["p"], 4)
    (13.77, 3, 0.0032)
    """
    counts = _counts(table)
    upper = np.triu_indices(len(counts), 1)
    there, back = counts[upper], counts.T[upper]
    moved = there + back > 0
    chi2 = float(np.sum((there - back)[moved] ** 2 / (there + back)[moved]))
    return _tested(chi2, int(moved.sum()), counts)


def _counts(table: ArrayLike) -> np.ndarray:
    """The table as numbers; one without patients where a count is missing."""
    counts = np.asarray(table, dtype="float64")
    return counts if np.isfinite(counts).all() else np.zeros_like(counts)


def _tested(chi2: float, df: int, counts: np.ndarray) -> Estimate:
    n = int(counts.sum())
    if not n:
        return {"chi2": nan, "df": nan, "p": nan, "n": 0}
    return {"chi2": chi2, "df": df, "p": float(stats.chi2.sf(chi2, df)) if df else 1.0, "n": n}
