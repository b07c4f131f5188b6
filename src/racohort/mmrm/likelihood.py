"""The restricted likelihood, its gradient and its information, from sums over patterns of missing visits.

Patients with the same visits enter only by their number, mean and scatter, so that the work does not grow with the patients.
Matrices are kept at full size with zeros at visits that a pattern lacks. Notation as in Kenward and Roger 1997: C the
covariance of the means, V_a the derivative of the covariance by parameter a, P_a = -sum X'V^-1 V_a V^-1 X, Q_ab = sum X'V^-1
V_a V^-1 V_b V^-1 X.
"""

from typing import NamedTuple

import numpy as np

from racohort.mmrm.covariance import Derivatives, Floats


class Patterns(NamedTuple):
    """Patients grouped by the visits they have (G patterns, v visits)."""

    seen: Floats
    n: Floats
    mean: Floats
    scatter: Floats


def group_patterns(data: Floats) -> Patterns:
    """Number, mean and scatter about the mean of the patients of each pattern of seen visits (rows patients, NaN not seen)."""
    patterns, member = np.unique(np.isfinite(data), axis=0, return_inverse=True)
    values, member = np.nan_to_num(data), member.ravel()
    counts = np.bincount(member).astype(float)
    mean = np.array([values[member == g].mean(axis=0) for g in range(counts.size)])
    centred = values - mean[member]
    scatter = np.array([centred[member == g].T @ centred[member == g] for g in range(counts.size)])
    return Patterns(patterns.astype(float), counts, mean, scatter)


class Likelihood(NamedTuple):
    """Minus twice the restricted log-likelihood at a covariance, and what its derivatives are made of.

    `inverse` is V^-1 of each pattern, `residual` the scatter about the estimated means, `sum_residual` the sum of residuals.
    """

    minus2: float
    means: Floats
    C: Floats
    inverse: Floats
    residual: Floats
    sum_residual: Floats


def restricted_likelihood(patterns: Patterns, covariance: Floats) -> Likelihood | None:
    """The restricted likelihood at a covariance matrix; None where that is not positive definite."""
    if not np.isfinite(covariance).all():
        return None
    eigenvalues = np.linalg.eigvalsh(covariance)
    if eigenvalues[0] <= 1e-13 * eigenvalues[-1]:
        return None
    seen, n = patterns.seen, patterns.n
    both = seen[:, :, None] * seen[:, None, :]
    filled = covariance * both + np.eye(covariance.shape[0]) * (1 - seen)[:, :, None]
    inverse = np.linalg.inv(filled) * both
    A = np.tensordot(n, inverse, 1)
    C = np.linalg.inv(A)
    means = C @ np.einsum("g,gij,gj->i", n, inverse, patterns.mean)
    apart = (patterns.mean - means) * seen
    residual = patterns.scatter + n[:, None, None] * apart[:, :, None] * apart[:, None, :]
    degrees = n @ seen.sum(axis=1) - len(means)
    determinants = n @ np.linalg.slogdet(filled)[1] + np.linalg.slogdet(A)[1]
    minus2 = determinants + np.sum(inverse * residual) + degrees * np.log(2 * np.pi)
    return Likelihood(float(minus2), means, C, inverse, residual, n[:, None] * apart)


class Information(NamedTuple):
    """Gradient of minus twice the log-likelihood, expected and observed information of the log-likelihood, and P, Q, R.

    All in the parameters `turn` @ theta, in which a nearly singular covariance keeps its digits; no test depends on the choice.
    """

    turn: Floats
    gradient: Floats
    expected: Floats
    observed: Floats
    P: Floats
    Q: Floats
    R: Floats | None


def _summed_products(left: Floats, right: Floats) -> Floats:
    """Sums over patterns of left[g, a] @ right[g, b], for every a and b, as one matrix product."""
    patterns, parameters, v = left.shape[:3]
    rows = left.transpose(1, 2, 0, 3).reshape(parameters * v, patterns * v)
    columns = right.transpose(0, 2, 1, 3).reshape(patterns * v, parameters * v)
    return (rows @ columns).reshape(parameters, v, parameters, v).transpose(0, 2, 1, 3)


def _orthonormal(covariance: Derivatives) -> tuple[Floats, Floats, Floats | None]:
    """Parameters in which the derivatives of V, seen through its Cholesky root, are orthonormal: `turn`, and both derivatives."""
    root = np.linalg.cholesky(covariance.matrix)
    inside = np.linalg.solve(root, np.linalg.solve(root, covariance.first).transpose(0, 2, 1))
    directions, turn = np.linalg.qr(inside.reshape(len(inside), -1).T)
    first = root @ directions.T.reshape(inside.shape) @ root.T
    if covariance.second is None:
        return turn, first, None
    back = np.linalg.inv(turn)
    return turn, first, np.einsum("pa,qb,pqij->abij", back, back, covariance.second, optimize=True)


def information(patterns: Patterns, at: Likelihood, covariance: Derivatives) -> Information:
    """Gradient and information at a covariance, in closed form (derivatives of V that are not linear included)."""
    n, M, C = patterns.n, at.inverse, at.C
    turn, V, second = _orthonormal(covariance)
    before = M[:, None] @ V
    B = before @ M[:, None]
    P = -np.tensordot(n, B, 1)
    Q = _summed_products(n[:, None, None, None] * B, V @ M[:, None])
    weighted = M @ at.residual @ M
    slope = np.tensordot(n, M - M @ C @ M, 1) - weighted.sum(axis=0)
    CP = C @ P
    projected = np.einsum("aij,bji->ab", CP, CP) - 2 * np.einsum("ij,abji->ab", C, Q) - np.einsum("aij,bji->ab", P, V)
    u = np.einsum("gaij,gj->ai", B, at.sum_residual)
    quadratic = np.einsum("aij,bji->ab", V, (before @ weighted[:, None]).sum(axis=0)) - u @ C @ u.T
    curvature = -projected + quadratic + quadratic.T
    R = None
    if second is not None:
        curvature = curvature + np.einsum("ij,abji->ab", slope, second)
        R = np.einsum("g,gij,abjk,gkl->abil", n, M, second, M, optimize=True)
    gradient = np.einsum("ij,aji->a", slope, V)
    return Information(turn, gradient, projected / 2, curvature / 2, P, Q, R)
