"""Covariance structures between visits: unstructured, and compound symmetry with and without one variance a visit.

Each gives a covariance matrix and its first and second derivatives in its parameters.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]


class Derivatives(NamedTuple):
    """Covariance matrix (visits x visits), its first (parameters x ...) and second derivatives (None where they are zero)."""

    matrix: Floats
    first: Floats
    second: Floats | None


class Structure(Protocol):
    """A covariance structure for a number of visits."""

    name: str

    def start(self, sd: Floats, correlation: float) -> Floats:
        """Parameters to start from, given the standard deviation at each visit and one correlation between visits."""

    def derivatives(self, theta: Floats) -> Derivatives:
        """The covariance at these parameters."""


def _pair(visits: int, j: int, k: int) -> Floats:
    """Ones at (j, k) and (k, j)."""
    matrix = np.zeros((visits, visits))
    matrix[j, k] = matrix[k, j] = 1.0
    return matrix


class Unstructured:
    """A variance for every visit and a covariance for every two: v (v + 1) / 2 parameters."""

    name = "unstructured"

    def __init__(self, visits: int) -> None:
        self.pairs = [(j, k) for j in range(visits) for k in range(j + 1)]
        self.basis = np.array([_pair(visits, j, k) for j, k in self.pairs])

    def start(self, sd: Floats, correlation: float) -> Floats:
        """The variances, and covariances of one correlation."""
        return self.parameters(np.outer(sd, sd) * ((1 - correlation) * np.eye(len(sd)) + correlation))

    def parameters(self, covariance: Floats) -> Floats:
        """The parameters that give a covariance matrix."""
        return np.array([covariance[j, k] for j, k in self.pairs])

    def derivatives(self, theta: Floats) -> Derivatives:
        """Linear in its parameters, the covariances themselves."""
        return Derivatives(np.tensordot(theta, self.basis, 1), self.basis, None)


class CompoundSymmetry:
    """One variance and one covariance for all: a random intercept of the patient (the covariance) and a residual."""

    name = "compound symmetry"

    def __init__(self, visits: int) -> None:
        self.basis = np.array([np.eye(visits), np.ones((visits, visits))])

    def start(self, sd: Floats, correlation: float) -> Floats:
        """The mean variance, of which the correlation is the patient's share."""
        return float(np.mean(sd**2)) * np.array([1 - correlation, correlation])

    def derivatives(self, theta: Floats) -> Derivatives:
        """Linear in residual variance and covariance."""
        return Derivatives(np.tensordot(theta, self.basis, 1), self.basis, None)


class HeterogeneousCompoundSymmetry:
    """A standard deviation for every visit and one correlation for all: v + 1 parameters."""

    name = "heterogeneous compound symmetry"

    def __init__(self, visits: int) -> None:
        self.visits = visits

    def start(self, sd: Floats, correlation: float) -> Floats:
        """The standard deviations and the correlation."""
        return np.append(sd, correlation)

    def derivatives(self, theta: Floats) -> Derivatives:
        """V_jk = s_j s_k rho (rho 1 on the diagonal), differentiated by every s and by rho; a negative s gives NaN."""
        sd, rho, v = theta[:-1], theta[-1], self.visits
        correlation = np.full((v, v), rho) + (1 - rho) * np.eye(v)
        unit = np.eye(v)
        by_sd = np.array([np.outer(unit[j], sd) * correlation + np.outer(sd, unit[j]) * correlation for j in range(v)])
        by_rho = np.outer(sd, sd) * (1 - unit)
        matrix = np.outer(sd, sd) * correlation if (sd > 0).all() else np.full((v, v), np.nan)
        return Derivatives(matrix, np.concatenate([by_sd, by_rho[None]]), self._second(sd, correlation))

    def _second(self, sd: Floats, correlation: Floats) -> Floats:
        v, unit = self.visits, np.eye(self.visits)
        second = np.zeros((v + 1, v + 1, v, v))
        for j in range(v):
            for k in range(v):
                second[j, k] = (np.outer(unit[j], unit[k]) + np.outer(unit[k], unit[j])) * correlation
            second[j, v] = second[v, j] = (np.outer(unit[j], sd) + np.outer(sd, unit[j])) * (1 - unit)
        return second


#: The structures by their short names, from the richest to the simplest.
STRUCTURES: Mapping[str, Callable[[int], Structure]] = {
    "us": Unstructured,
    "csh": HeterogeneousCompoundSymmetry,
    "cs": CompoundSymmetry,
}
