"""Imagined trials: scores of patients at three visits, and who is no longer seen."""

from functools import cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from racohort.operating.scenarios import Scenario

Floats = NDArray[np.float64]

#: Share of the change that is there at each visit: baseline, the early one, the last one.
COURSE = np.array([0.0, 0.75, 1.0])
#: How strongly a high previous score makes leaving more likely, as a log odds ratio for one SD.
PULL = 1.0
#: Points at which an average over a normal score is taken.
NODES = 64


def draw_trial(scenario: Scenario, n: int, rng: np.random.Generator) -> Floats:
    """Scores of n patients at three visits; NaN from the visit on at which a patient is no longer seen.

    Under MNAR those who leave do so at random, and from then on are `delta` worse than they would have been, which nobody sees.
    """
    scores: Floats = _enrolled(rng.random(n), scenario)[:, None] * np.array([1.0, scenario.correlation, scenario.correlation])
    scores[:, 1:] += _apart(scenario, n, rng) + scenario.change * COURSE[1:]
    leaves = 1 / (1 + np.exp(-(intercept(scenario) + pull(scenario) * scores[:, :2]))) if scenario.dropout else np.zeros((n, 2))
    gone = np.logical_or.accumulate(rng.random((n, 2)) < leaves, axis=1)
    scores[:, 1:][gone] = np.nan
    return scores


def _enrolled(share: Floats, scenario: Scenario) -> Floats:
    """Standard normal baselines at these shares of the patients enrolled, all above the limit of enrolment where there is one."""
    below = float(stats.norm.cdf(scenario.selected)) if scenario.selected is not None else 0.0
    scores: Floats = stats.norm.ppf(np.minimum(below + (1 - below) * share, 1 - 2**-53))
    return scores


def _apart(scenario: Scenario, n: int, rng: np.random.Generator) -> Floats:
    """What the follow-up visits have that baseline does not tell: SD 1 and the same correlation between any two visits."""
    r = scenario.correlation
    own = np.array([[1 - r**2, r - r**2], [r - r**2, 1 - r**2]])
    drawn: Floats = rng.standard_normal((n, 2)) @ np.linalg.cholesky(own).T
    return drawn


def pull(scenario: Scenario) -> float:
    """The slope of leaving on the previous score: none unless leaving depends on what was seen."""
    return PULL if scenario.mechanism == "MAR" else 0.0


@cache
def intercept(scenario: Scenario) -> float:
    """The log odds of leaving at a previous score of 0 with which the wanted share has left by the last visit."""
    return float(optimize.brentq(lambda a: _left(a, scenario) - scenario.dropout, -30, 30, xtol=1e-10))


def _left(a: float, scenario: Scenario) -> float:
    """The share that has left by the last visit, averaged over scores at baseline and the early visit."""
    z, weight = np.polynomial.hermite_e.hermegauss(NODES)
    base, r = _enrolled(stats.norm.cdf(z), scenario), scenario.correlation
    early = r * base[:, None] + sqrt(1 - r**2) * z[None, :] + scenario.change * COURSE[1]
    stays = 1 / (1 + np.exp(a + pull(scenario) * base))[:, None] / (1 + np.exp(a + pull(scenario) * early))
    joint = weight[:, None] * weight[None, :] / weight.sum() ** 2
    return float(1 - (joint * stays).sum())


def true_change(scenario: Scenario) -> float:
    """The mean change of everybody enrolled that is due to anything but the selection at baseline."""
    return scenario.change + scenario.delta * scenario.dropout
