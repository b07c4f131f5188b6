"""The maximum of the restricted likelihood, or none: a covariance at the edge of what is possible is not an answer."""

from math import inf, nan

import numpy as np

from racohort.mmrm.covariance import Floats, Structure
from racohort.mmrm.likelihood import Information, Likelihood, Patterns, group_patterns, information, restricted_likelihood

#: A covariance whose correlation matrix has an eigenvalue below this is singular for this model.
SINGULAR = 1e-6
#: The fit has converged when a further Newton step would gain less log-likelihood than this.
GAIN = 1e-14
#: By how much minus twice the likelihood may be lower at the edge before a maximum inside is no answer.
EDGE = 1e-6

#: The likelihood at its maximum, the information about the covariance, and the covariance.
Maximum = tuple[Likelihood, Information, Floats]


def maximise(values: Floats, structure: Structure) -> Maximum | None:
    """The highest maximum that Newton's method reaches from each start, for patients x visits (centred and scaled).

    None without one, and where the likelihood is higher still at the edge of the possible, towards which another start led.
    """
    patterns, variances = group_patterns(values), _variances(values)
    climbs = [_climb(patterns, structure, structure.start(variances, start)) for start in _correlations(values)]
    best = min((found for found, _ in climbs if found is not None), key=lambda found: found[0].minus2, default=None)
    edge = min(reached for _, reached in climbs)
    return best if best is not None and best[0].minus2 <= edge + EDGE else None


def _variances(values: Floats) -> Floats:
    """Variance at each visit, that of all where a visit's own is nearly zero."""
    pooled = float(np.nanmean((values - np.nanmean(values, axis=0)) ** 2))
    own = np.nanvar(values, axis=0)
    return np.where(own > 1e-3 * pooled, own, pooled)


def _correlations(values: Floats) -> list[float]:
    """Where to start: incomplete data may have a maximum at a positive and another at a negative correlation, complete data
    one.
    """
    visits = values.shape[1]
    return [0.5] if np.isfinite(values).all() or visits < 2 else [0.5, -0.5 / (visits - 1)]


def _climb(patterns: Patterns, structure: Structure, theta: Floats) -> tuple[Maximum | None, float]:
    """The maximum of the restricted likelihood by Newton's method, or None where none is inside the bounds, and minus twice the
    likelihood where the bounds were left (infinite where they were not).
    """
    for _ in range(100):
        derivatives = structure.derivatives(theta)
        at = restricted_likelihood(patterns, derivatives.matrix)
        if at is None or _singular(derivatives.matrix):
            return None, inf if at is None else at.minus2
        known = information(patterns, at, derivatives)
        step, gain = _step(known)
        if step is None:
            return None, inf
        if gain < GAIN * max(1.0, abs(at.minus2)):
            firm = _definite(known.observed) and _definite(known.expected)
            return ((at, known, derivatives.matrix) if firm else None), inf
        theta = _shortened(patterns, structure, theta, step, at.minus2)
    return None, inf


def _step(known: Information) -> tuple[Floats | None, float]:
    """The Newton step, or Fisher's scoring step where the observed information is not positive definite, and its expected
    gain.
    """
    curvature = known.observed if _definite(known.observed) else known.expected
    if not _definite(curvature):
        return None, nan
    step = np.linalg.solve(curvature, -known.gradient / 2)
    return np.linalg.solve(known.turn, step), float(-known.gradient @ step) / 4


def _shortened(patterns: Patterns, structure: Structure, theta: Floats, step: Floats, minus2: float) -> Floats:
    """The parameters after the step, halved until the likelihood is defined and does not fall."""
    for _ in range(60):
        at = restricted_likelihood(patterns, structure.derivatives(theta + step).matrix)
        if at is not None and at.minus2 <= minus2 + 1e-12 * max(1.0, abs(minus2)):
            break
        step = step / 2
    return theta + step


def _definite(matrix: Floats) -> bool:
    """Whether an information matrix is positive definite on the scale of its diagonal, and not made lopsided by rounding."""
    diagonal = np.diag(matrix)
    if not (np.isfinite(matrix).all() and (diagonal > 0).all()):
        return False
    scaled = matrix / np.sqrt(np.outer(diagonal, diagonal))
    return bool(np.abs(scaled - scaled.T).max() < 1e-4 and np.linalg.eigvalsh(scaled)[0] > 1e-6)


def _singular(covariance: Floats) -> bool:
    sd = np.sqrt(np.diag(covariance))
    return bool(np.linalg.eigvalsh(covariance / np.outer(sd, sd))[0] < SINGULAR or sd.min() < 1e-5 * sd.max())
