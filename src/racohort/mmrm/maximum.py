"""The maximum of the restricted likelihood, or none: a covariance at the edge of what is possible is not an answer."""

from collections.abc import Iterator
from itertools import combinations, product
from math import inf, nan

import numpy as np

from racohort.mmrm.covariance import Floats, Structure, Unstructured
from racohort.mmrm.likelihood import Information, Likelihood, Patterns, group_patterns, information, restricted_likelihood

#: A covariance whose correlation matrix has an eigenvalue below this is singular for this model.
SINGULAR = 1e-6
#: The fit has converged when a further Newton step would gain less log-likelihood than this.
GAIN = 1e-14
#: By how much minus twice the likelihood may be lower at the edge before a maximum inside is no answer.
EDGE = 1e-6
#: Where two visits share fewer patients than this, the likelihood is searched from many more starts.
THIN = 20

#: The likelihood at its maximum, the information about the covariance, and the covariance.
Maximum = tuple[Likelihood, Information, Floats]


def maximise(values: Floats, structure: Structure) -> Maximum | None:
    """The highest maximum that Newton's method reaches from each start, for patients x visits (centred and scaled).

    None without one, and where the likelihood is higher still where another start led and found no maximum, mostly at the edge of
    the possible.
    """
    patterns = group_patterns(values)
    climbs = [_climb(patterns, structure, start) for start in _starts(values, structure)]
    best = min((found for found, _ in climbs if found is not None), key=lambda found: found[0].minus2, default=None)
    lowest = min(reached for _, reached in climbs)
    return best if best is not None and best[0].minus2 <= lowest + EDGE else None


def _starts(values: Floats, structure: Structure) -> list[Floats]:
    """Where to start. Complete data have one maximum; incomplete data may have one at positive and another at negative
    correlations; and where few patients share two visits, one in any direction in which visits may correlate.
    """
    sd, visits = _deviations(values), values.shape[1]
    if np.isfinite(values).all() or visits < 2:
        return [structure.start(sd, 0.5)]
    starts = [structure.start(sd, correlation) for correlation in (0.5, -0.5 / (visits - 1), -0.9 / (visits - 1))]
    if not isinstance(structure, Unstructured) or _fewest_together(values) >= THIN:
        return starts
    return starts + [structure.parameters(np.outer(sd, sd) * correlations) for correlations in _directions(visits)]


def _directions(visits: int) -> Iterator[Floats]:
    """Correlations that are strong between all visits, some of them turned; and between two visits, the others apart."""
    for turn in product((1, -1), repeat=min(visits - 1, 4)):
        sign = np.append(np.ones(visits - len(turn)), turn)
        yield 0.9 * np.outer(sign, sign) + 0.1 * np.eye(visits)
    for j, k in combinations(range(visits), 2):
        for correlation in (0.95, -0.95):
            correlations = np.eye(visits)
            correlations[j, k] = correlations[k, j] = correlation
            yield correlations


def _deviations(values: Floats) -> Floats:
    """Standard deviation at each visit, that of all where a visit's own is nearly zero."""
    pooled = float(np.nanmean((values - np.nanmean(values, axis=0)) ** 2))
    own = np.nanvar(values, axis=0)
    return np.asarray(np.sqrt(np.where(own > 1e-3 * pooled, own, pooled)))


def _fewest_together(values: Floats) -> float:
    """Patients of the two visits that the fewest share."""
    seen = np.isfinite(values).astype(float)
    return float((seen.T @ seen).min())


def _climb(patterns: Patterns, structure: Structure, theta: Floats) -> tuple[Maximum | None, float]:
    """The maximum of the restricted likelihood by Newton's method, or None where none is inside the bounds, and minus twice the
    likelihood that was reached. Once the gain is nothing one more whole step is made: the error is squared by it.
    """
    reached, settled = inf, False
    for _ in range(100):
        derivatives = structure.derivatives(theta)
        at = restricted_likelihood(patterns, derivatives.matrix)
        reached = reached if at is None else at.minus2
        if at is None or _singular(derivatives.matrix):
            break
        known = information(patterns, at, derivatives)
        step, gain = _step(known)
        if step is None:
            break
        nothing = gain < GAIN * max(1.0, abs(at.minus2))
        if nothing and settled:
            firm = _definite(known.observed) and _definite(known.expected)
            return ((at, known, derivatives.matrix) if firm else None), reached
        theta = theta + step if nothing else _shortened(patterns, structure, theta, step, at.minus2)
        settled = nothing
    return None, reached


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
