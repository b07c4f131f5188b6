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
    An array of m x patients x columns in which the listed columns are complete; observed values are never changed.
    `impute_patients` says how, and when it raises ValueError.

    >>> table = np.array([[1.0, 2.1], [2.0, 3.9], [3.0, 6.2], [4.0, 7.8], [5.0, 10.1], [6.0, np.nan]])
    >>> copies = impute_columns(table, [Column(1, (0,))], 400, np.random.default_rng(1))
    >>> copies.shape, bool(abs(copies[:, 5, 1].mean() - 12) < 0.2)
    ((400, 6, 2), True)
    """
    copies = np.repeat(table[None], m, axis=0)
    copies[:, ~np.isfinite(table).all(axis=1)] = impute_patients(table, columns, m, rng)
    return copies


def impute_patients(table: Matrix, columns: list[Column], m: int, rng: np.random.Generator) -> Matrix:
    """The completed copies of the patients who lack a value, m x these x columns: all others are the same in every copy.

    Each copy draws the coefficients and the residual spread anew, so that pooling sees the uncertainty of the model. Raises
    ValueError where a column has not at least two observed values more than it has coefficients.
    """
    seen = np.isfinite(table)
    for column in columns:
        if seen[:, column.place].sum() < len(column.predictors) + 3:
            raise ValueError(f"column {column.place} has too few observed values for {len(column.predictors)} predictors")
    at_once = max(1, AT_ONCE // max(len(table), 1))
    whole, scale = seen.all(axis=1), _scale(table, seen)
    copies = np.repeat(table[None, ~whole], m, axis=0)
    same = [_Sums.of(_design(table[whole], column, scale), table[whole, column.place]) for column in columns]
    for first in range(0, m, at_once):
        some = copies[first : first + at_once]
        _begin(some, table, seen, rng)
        _chain(some, seen[~whole], list(zip(columns, same, strict=True)), scale, rng)
    return copies


@dataclass(frozen=True)
class _Sums:
    """Design and values of some patients for the regression of one column, and the sums that least squares needs of them."""

    design: Matrix
    y: Matrix
    gram: Matrix
    moment: Matrix
    square: Matrix

    @classmethod
    def of(cls, design: Matrix, y: Matrix) -> "_Sums":
        """Design (patients x coefficients) and values, of one copy or of several."""
        turned = np.swapaxes(design, -1, -2)
        return cls(design, y, turned @ design, (turned @ y[..., None])[..., 0], np.sum(y**2, axis=-1))


def _begin(copies: Matrix, table: Matrix, seen: NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Each missing value of the patients who lack one begins as a random observed one of its column."""
    some = ~seen.all(axis=1)
    for place, known in enumerate(seen.T):
        if (missing := int((~known).sum())) and known.any():
            copies[:, ~known[some], place] = rng.choice(table[known, place], (len(copies), missing))


def _chain(
    full: Matrix, seen: NDArray[np.bool_], columns: list[tuple[Column, _Sums]], scale: Matrix, rng: np.random.Generator
) -> None:
    """Complete copies of the patients who lack a value, column after column and round after round.

    With each column comes what the patients who lack none add to its regression: the same in every copy and every round.
    """
    for _ in range(ROUNDS if len(columns) > 1 else 1):
        for column, same in columns:
            full[:, ~seen[:, column.place], column.place] = _draw(full, seen[:, column.place], column, same, scale, rng)


def _scale(table: Matrix, seen: NDArray[np.bool_]) -> Matrix:
    """Mean and SD of the observed values of each column, so that coefficients are of one size; 0 and 1 where there is none."""
    columns = [table[known, place] for place, known in enumerate(seen.T)]
    return np.array([(x.mean(), x.std() or 1.0) if len(x) else (0.0, 1.0) for x in columns]).T


def _design(table: Matrix, column: Column, scale: Matrix) -> Matrix:
    """A one and the standardised predictors of a column, for each patient of one copy or of several."""
    centre, spread = scale[:, column.predictors]
    design = np.ones((*table.shape[:-1], len(column.predictors) + 1))
    design[..., 1:] = (np.take(table, column.predictors, axis=-1) - centre) / spread
    return design


def _draw(full: Matrix, seen: NDArray[np.bool_], column: Column, same: _Sums, scale: Matrix, rng: np.random.Generator) -> Matrix:
    """New values of one column for the patients who lack it, m x missing."""
    design = _design(full, column, scale)
    observed = _Sums.of(np.compress(seen, design, axis=1), np.compress(seen, full[:, :, column.place], axis=1))
    best, drawn, sigma = _coefficients(same, observed, rng)
    predicted: Matrix = (np.compress(~seen, design, axis=1) @ drawn[:, :, None])[:, :, 0]
    if column.matched:
        fitted = np.hstack([best @ same.design.T, (observed.design @ best[:, :, None])[:, :, 0]])
        return _match(fitted, predicted, np.hstack([np.broadcast_to(same.y, (len(full), len(same.y))), observed.y]), rng)
    noise: Matrix = sigma[:, None] * rng.standard_normal(predicted.shape)
    return predicted + noise


def _coefficients(same: _Sums, observed: _Sums, rng: np.random.Generator) -> tuple[Matrix, Matrix, Matrix]:
    """Least squares in each copy, and a draw of coefficients and residual SD from their posterior (a trace of ridge)."""
    m, k = observed.moment.shape
    n = len(same.y) + observed.y.shape[1]
    gram, moment = same.gram + observed.gram, same.moment + observed.moment
    inverse = np.linalg.inv(gram + 1e-6 * n * np.eye(k))
    best = (inverse @ moment[:, :, None])[:, :, 0]
    explained = np.sum(best * (2 * moment - (gram @ best[:, :, None])[:, :, 0]), axis=1)
    sigma = np.sqrt(np.maximum(same.square + observed.square - explained, 0) / rng.chisquare(n - k, m))
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
