"""Multiple imputation by chained regressions: each missing value is drawn, many times, from what the others predict."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Rounds of the chain, and how many observed patients a matched value is drawn from.
ROUNDS, DONORS = 20, 5
#: Patients times copies that are worked on together: more do not fit a processor's cache and take longer.
AT_ONCE = 10_000


@dataclass(frozen=True)
class Column:
    """One incomplete column: its place, the columns that predict it, and whether its values are matched instead of drawn."""

    place: int
    predictors: tuple[int, ...]
    matched: bool = False


def impute_columns(table: Matrix, columns: list[Column], m: int, rng: np.random.Generator) -> Matrix:
    """Completed copies of a table, by chained Bayesian linear regressions (fully conditional specification).

    Parameters
    ----------
    table : patients by columns; NaN is missing
    columns : the columns to complete, in the order of the chain; a matched one (predictive mean matching) takes values that
        were observed, from the patients whose prediction is among the five nearest
    m : number of copies
    rng : source of the random numbers

    Returns
    -------
    An array of m x patients x columns in which the listed columns are complete; observed values are never changed. Each
    copy draws the coefficients and the residual spread anew, so that pooling sees the uncertainty of the model. Raises
    ValueError where a column has not at least two observed values more than it has coefficients.

    >>> table = np.array([[1.0, 2.1], [2.0, 3.9], [3.0, 6.2], [4.0, 7.8], [5.0, 10.1], [6.0, np.nan]])
    >>> copies = impute_columns(table, [Column(1, (0,))], 400, np.random.default_rng(1))
    >>> copies.shape, bool(abs(copies[:, 5, 1].mean() - 12) < 0.2)
    ((400, 6, 2), True)
    """
    seen = np.isfinite(table)
    for column in columns:
        if seen[:, column.place].sum() < len(column.predictors) + 3:
            raise ValueError(f"column {column.place} has too few observed values for {len(column.predictors)} predictors")
    at_once = max(1, AT_ONCE // max(len(table), 1))
    parts = [_chain(table, seen, columns, min(at_once, m - first), rng) for first in range(0, m, at_once)]
    return np.concatenate(parts)


def _chain(table: Matrix, seen: NDArray[np.bool_], columns: list[Column], m: int, rng: np.random.Generator) -> Matrix:
    """Some of the copies, column after column and round after round."""
    full, scale = _start(table, seen, m, rng), _scale(table, seen)
    for _ in range(ROUNDS if len(columns) > 1 else 1):
        for column in columns:
            full[:, ~seen[:, column.place], column.place] = _draw(full, seen[:, column.place], column, scale, rng)
    return full


def _start(table: Matrix, seen: NDArray[np.bool_], m: int, rng: np.random.Generator) -> Matrix:
    """Each missing value begins as a random observed one of its column."""
    full = np.repeat(table[None], m, axis=0)
    for place in range(table.shape[1]):
        if (missing := int((~seen[:, place]).sum())) and seen[:, place].any():
            full[:, ~seen[:, place], place] = rng.choice(table[seen[:, place], place], (m, missing))
    return full


def _scale(table: Matrix, seen: NDArray[np.bool_]) -> Matrix:
    """Mean and SD of the observed values of each column, so that coefficients are of one size; 0 and 1 where there is none."""
    columns = [table[known, place] for place, known in enumerate(seen.T)]
    return np.array([(x.mean(), x.std() or 1.0) if len(x) else (0.0, 1.0) for x in columns]).T


def _draw(full: Matrix, seen: NDArray[np.bool_], column: Column, scale: Matrix, rng: np.random.Generator) -> Matrix:
    """New values of one column for the patients who lack it, m x missing."""
    centre, spread = scale[:, column.predictors]
    design = np.ones((*full.shape[:2], len(column.predictors) + 1))
    design[:, :, 1:] = (np.take(full, column.predictors, axis=2) - centre) / spread
    y = np.compress(seen, full[:, :, column.place], axis=1)
    observed, unseen = np.compress(seen, design, axis=1), np.compress(~seen, design, axis=1)
    best, drawn, sigma = _coefficients(observed, y, rng)
    predicted: Matrix = (unseen @ drawn[:, :, None])[:, :, 0]
    if column.matched:
        return _match((observed @ best[:, :, None])[:, :, 0], predicted, y, rng)
    noise: Matrix = sigma[:, None] * rng.standard_normal(predicted.shape)
    return predicted + noise


def _coefficients(design: Matrix, y: Matrix, rng: np.random.Generator) -> tuple[Matrix, Matrix, Matrix]:
    """Least squares in each copy, and a draw of coefficients and residual SD from their posterior (a trace of ridge)."""
    m, n, k = design.shape
    transposed = np.swapaxes(design, 1, 2)
    inverse = np.linalg.inv(transposed @ design + 1e-6 * n * np.eye(k))
    best = (inverse @ (transposed @ y[:, :, None]))[:, :, 0]
    squares = np.sum((y - (design @ best[:, :, None])[:, :, 0]) ** 2, axis=1)
    sigma = np.sqrt(squares / rng.chisquare(n - k, m))
    root = np.linalg.cholesky((inverse + np.swapaxes(inverse, 1, 2)) / 2)
    noise = np.einsum("mij,mj->mi", root, rng.standard_normal((m, k)))
    return best, best + sigma[:, None] * noise, sigma


def _match(fitted: Matrix, predicted: Matrix, y: Matrix, rng: np.random.Generator) -> Matrix:
    """For each missing value an observed one of the `DONORS` whose fitted values lie nearest in rank."""
    donors = min(DONORS, fitted.shape[1])
    chosen = np.empty_like(predicted)
    for copy, order in enumerate(np.argsort(fitted, axis=1, kind="stable")):
        place = np.searchsorted(fitted[copy][order], predicted[copy])
        first = np.clip(place - donors // 2, 0, fitted.shape[1] - donors)
        chosen[copy] = y[copy][order[first + rng.integers(0, donors, len(place))]]
    return chosen
