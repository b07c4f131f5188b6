"""The latent normals behind every value: dependence between variables and between visits, repaired to a correlation matrix."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from racohort.margins import copula_r_from_spearman

Array = NDArray[np.float64]


def nearest_correlation(matrix: Array, rounds: int = 500, tolerance: float = 1e-10) -> Array:
    """The correlation matrix that is nearest to a symmetric one (Higham 2002, alternating projections).

    Parameters: `matrix`, square and symmetric with a unit diagonal; at most `rounds` projections, fewer when a round moves
    nothing by more than `tolerance`. The smallest eigenvalue of the answer is at least 1e-8 before its diagonal is set to 1.
    Source: Higham NJ, IMA J Numer Anal 2002;22:329-343.

    >>> nearest_correlation(np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    answer, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(rounds):
        before = answer
        shifted = answer - correction
        sizes, axes = np.linalg.eigh(shifted)
        positive = (axes * np.maximum(sizes, 1e-8)) @ axes.T
        correction = positive - shifted
        answer = positive.copy()
        np.fill_diagonal(answer, 1.0)
        if np.abs(answer - before).max() < tolerance:
            break
    return np.round((answer + answer.T) / 2, 12)


def variable_correlation(names: Sequence[str], pairs: Iterable[tuple[str, str, float]]) -> Array:
    """The latent correlations of the variables within one visit, from Spearman's rho of the pairs that have one.

    Pairs with a name that is not drawn (DAS28, which is computed) are passed over; the answer is in the order of `names`.

    >>> variable_correlation(["ESR", "CRP"], [("ESR", "CRP", 0.5)]).round(4).tolist()
    [[1.0, 0.5176], [0.5176, 1.0]]
    """
    place = {name: i for i, name in enumerate(names)}
    answer = np.eye(len(names))
    for one, other, rho in pairs:
        if one in place and other in place:
            r = float(copula_r_from_spearman(rho))
            answer[place[one], place[other]] = answer[place[other], place[one]] = r
    return nearest_correlation(answer)


def visit_correlation(r: Sequence[float]) -> Array:
    """The correlations of three visits from those of first with second, first with third, second with third.

    >>> visit_correlation([0.45, 0.4, 0.65]).tolist()
    [[1.0, 0.45, 0.4], [0.45, 1.0, 0.65], [0.4, 0.65, 1.0]]
    """
    first, middle, last = r
    return np.array([[1, first, middle], [first, 1, last], [middle, last, 1]], dtype=float)


def joint_correlation(within: Array, between: Sequence[Sequence[float]]) -> Array:
    """The latent correlations of all variables at all visits, visit by visit, repaired to the nearest correlation matrix.

    `within` is (variables, variables); `between` has the three visit correlations of each variable. Two variables at two
    visits correlate as within a visit, times the geometric mean of their visit correlations. Shape (3 variables, 3 variables).
    """
    roots = np.sqrt(np.stack([visit_correlation(r) for r in between], axis=-1))
    blocks = np.einsum("stv,stw,vw->svtw", roots, roots, within)
    side = 3 * len(within)
    return nearest_correlation(blocks.reshape(side, side))


@lru_cache
def latent_root(pairs: tuple[tuple[str, str, float], ...], visit_r: tuple[tuple[str, tuple[float, ...]], ...]) -> Array:
    """The lower triangle L with L L' = the joint correlation of the variables that `visit_r` names; found once for a design."""
    names = [name for name, _ in visit_r]
    joint = joint_correlation(variable_correlation(names, pairs), [r for _, r in visit_r])
    return np.asarray(np.linalg.cholesky(joint), dtype=np.float64)


def draw_latent(
    rng: np.random.Generator, n: int, pairs: Iterable[tuple[str, str, float]], visit_r: Mapping[str, Sequence[float]]
) -> dict[str, Array]:
    """Latent standard normals: variable -> (patients, visits); `visit_r` names the variables and their visit correlations."""
    root = latent_root(tuple(pairs), tuple((name, tuple(r)) for name, r in visit_r.items()))
    cube = (rng.standard_normal((n, len(root))) @ root.T).reshape(n, 3, len(visit_r))
    return {name: cube[:, :, i] for i, name in enumerate(visit_r)}
