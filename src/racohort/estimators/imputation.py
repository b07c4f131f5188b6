"""Multiple imputation by chained regressions: each missing value is drawn, many times, from what the others predict."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Rounds of the chain, and how many observed patients a matched value is drawn from.
ROUNDS, DONORS = 10, 5


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
    full = _start(table, seen, m, rng)
    for _ in range(ROUNDS if len(columns) > 1 else 1):
        for column in columns:
            full[:, ~seen[:, column.place], column.place] = _draw(full, seen[:, column.place], column, rng)
    return full


def _start(table: Matrix, seen: NDArray[np.bool_], m: int, rng: np.random.Generator) -> Matrix:
    """Each missing value begins as a random observed one of its column."""
    full = np.repeat(table[None], m, axis=0)
    for place in range(table.shape[1]):
        if (missing := int((~seen[:, place]).sum())) and seen[:, place].any():
            full[:, ~seen[:, place], place] = rng.choice(table[seen[:, place], place], (m, missing))
    return full


def _draw(full: Matrix, seen: NDArray[np.bool_], column: Column, rng: np.random.Generator) -> Matrix:
    """New values of one column for the patients who lack it, m x missing."""
    x = full[:, :, column.predictors]
    centre, spread = x.mean(1, keepdims=True), x.std(1, keepdims=True)
    design = np.concatenate([np.ones((*x.shape[:2], 1)), (x - centre) / np.where(spread > 0, spread, 1.0)], axis=2)
    y = full[:, seen, column.place]
    best, drawn, sigma = _coefficients(design[:, seen], y, rng)
    predicted: Matrix = np.einsum("mnk,mk->mn", design[:, ~seen], drawn)
    if column.matched:
        return _match(np.einsum("mnk,mk->mn", design[:, seen], best), predicted, y, rng)
    noise: Matrix = sigma[:, None] * rng.standard_normal(predicted.shape)
    return predicted + noise


def _coefficients(design: Matrix, y: Matrix, rng: np.random.Generator) -> tuple[Matrix, Matrix, Matrix]:
    """Least squares in each copy, and a draw of coefficients and residual SD from their posterior (a trace of ridge)."""
    m, n, k = design.shape
    transposed = np.swapaxes(design, 1, 2)
    inverse = np.linalg.inv(transposed @ design + 1e-6 * n * np.eye(k))
    best = (inverse @ (transposed @ y[:, :, None]))[:, :, 0]
    squares = np.sum((y - np.einsum("mnk,mk->mn", design, best)) ** 2, axis=1)
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
