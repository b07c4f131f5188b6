"""Random, degenerate and near-singular data sets for the mixed model: `python -m tests.torture --part mixed_model`.

Of each data set it is asked whether the answer is wrong in silence: a fit whose likelihood another covariance beats, a contrast
with a scale that is no scale, a fallback without a reason, a warning, or an error. The likelihood is written out patient by
patient (`written_out`), and the search for a better covariance starts from several places and knows nothing of Newton's steps.
"""

import math
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from scipy import optimize

from racohort.mmrm import MmrmFit, fit_mmrm
from racohort.mmrm.likelihood import group_patterns, restricted_likelihood

Data = np.ndarray
Rng = np.random.Generator


def written_out(data: Data, covariance: Data) -> float:
    """Minus twice the restricted log-likelihood, patient by patient, from its definition."""
    total, A, b, patients = 0.0, 0.0, 0.0, []
    for row in data[np.isfinite(data).any(axis=1)]:
        seen = np.isfinite(row)
        X, V = np.eye(len(row))[seen], covariance[np.ix_(seen, seen)]
        A, b = A + X.T @ np.linalg.solve(V, X), b + X.T @ np.linalg.solve(V, row[seen])
        patients.append((X, V, row[seen]))
    means = np.linalg.solve(A, b)
    for X, V, y in patients:
        total += np.linalg.slogdet(V)[1] + (y - X @ means) @ np.linalg.solve(V, y - X @ means)
    return float(total + np.linalg.slogdet(A)[1] + (np.isfinite(data).sum() - data.shape[1]) * math.log(2 * math.pi))


def _correlated(rng: Rng) -> Data:
    n, v = int(rng.integers(3, 40)), int(rng.integers(2, 6))
    mixing = np.tril(rng.normal(size=(v, v))) + np.eye(v)
    return rng.normal(size=(n, v)) @ mixing.T + rng.normal(size=v)


def _scattered(rng: Rng) -> Data:
    data = _correlated(rng)
    return np.where(rng.random(data.shape) < rng.uniform(0, 0.6), np.nan, data)


def _leaving(rng: Rng) -> Data:
    data = _correlated(rng)
    last = rng.integers(1, data.shape[1] + 1, len(data))
    return np.where(np.arange(data.shape[1]) < last[:, None], data, np.nan)


def _stepped(rng: Rng) -> Data:
    return np.round(np.clip(np.abs(_scattered(rng)), 0, 3) * 8) / 8


def _counted(rng: Rng) -> Data:
    return np.round(_scattered(rng))


def _copied(rng: Rng) -> Data:
    data = _scattered(rng)
    data[:, -1] = data[:, 0] + rng.choice([0, 1e-12, 1e-8, 1e-5, 1e-3, 0.05]) * rng.normal(size=len(data))
    return data


def _collinear(rng: Rng) -> Data:
    data = _correlated(rng)
    data[:, -1] = data[:, :-1].sum(axis=1) + rng.choice([0, 1e-9, 1e-6, 1e-2]) * rng.normal(size=len(data))
    return data


def _constant(rng: Rng) -> Data:
    data = _scattered(rng)
    data[:, int(rng.integers(data.shape[1]))] = 4.2
    return data


def _wild(rng: Rng) -> Data:
    data = _scattered(rng)
    data[int(rng.integers(len(data))), int(rng.integers(data.shape[1]))] = rng.choice([1e3, -1e6, 1e9])
    return data


def _scaled(rng: Rng) -> Data:
    return _scattered(rng) * 10.0 ** rng.integers(-8, 9) + rng.choice([0, 1e3, -1e6])


def _apart(rng: Rng) -> Data:
    data = _correlated(rng)
    half = rng.random(len(data)) < 0.5
    data[half, -1], data[~half, 0] = np.nan, np.nan
    return data


def _few(rng: Rng) -> Data:
    data = rng.normal(size=(int(rng.integers(1, 6)), int(rng.integers(1, 6))))
    return np.where(rng.random(data.shape) < 0.3, np.nan, data)


#: From so many correlations drawn does a long run search, beside the two of every run.
WIDE = 4

KINDS: tuple[Callable[[Rng], Data], ...] = (
    _correlated, _scattered, _leaving, _stepped, _counted, _copied, _collinear, _constant, _wild, _scaled, _apart, _few,
)  # fmt: skip


def draw(number: int) -> tuple[str, Data]:
    """The data set of that number, and its kind."""
    kind = KINDS[number % len(KINDS)]
    return kind.__name__.strip("_"), kind(np.random.default_rng([20191219, number]))


def judge(number: int) -> tuple[list[str], list[str]]:
    """The kind of a data set, and what is wrong about the answer to it."""
    kind, data = draw(number)
    return [kind], list(wrong(data, WIDE))


def wrong(data: Data, wide: int = 0) -> Iterator[str]:
    """What is wrong in silence about the answer to a data set; nothing for a right or a refused one.

    The search for a likelier covariance starts from two correlations, and from so many others drawn.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            fit = fit_mmrm(data)
            changes = [fit.change(visit) for visit in range(1, data.shape[1])]
        except Exception as error:
            yield f"{type(error).__name__}: {error}"
            return
    if fit.covariance != "us" and not fit.reason:
        yield "another covariance than asked for, or none, without a reason"
    if not fit.covariance and not all(math.isnan(change.estimate) for change in changes):
        yield "an estimate without a model"
    for change in changes:
        if not math.isnan(change.estimate) and not (change.se > 0 and change.df_satterthwaite > 0 and 0 <= change.p <= 1):
            yield f"a contrast with se {change.se}, df {change.df_satterthwaite}, p {change.p}"
    if fit.covariance == "us":
        yield from _beaten(data, fit, wide)


def _beaten(data: Data, fit: MmrmFit, wide: int) -> Iterator[str]:
    """Whether the likelihood is another than stated, or higher at another covariance."""
    kept = np.isfinite(fit.means)
    centre, scale = np.nanmean(data), np.nanstd(data)
    values = (data[:, kept] - centre) / scale
    values = values[np.isfinite(values).any(axis=1)]
    covariance = fit.Sigma[np.ix_(kept, kept)] / scale**2
    degrees = np.isfinite(values).sum() - kept.sum()
    stated, exact = -2 * fit.reml_loglik - 2 * degrees * math.log(scale), written_out(values, covariance)
    if abs(stated - exact) > 1e-5 * max(1.0, abs(exact)):
        yield f"minus twice the likelihood is {exact}, not {stated}"
    better = _searched(values, wide)
    if better < exact - 1e-3:
        yield f"minus twice the likelihood falls to {better} elsewhere, from {exact}"


def _searched(values: Data, wide: int) -> float:
    """The lowest minus twice the likelihood that a search from several covariances finds inside the model's bounds."""
    patterns, v = group_patterns(values), values.shape[1]
    lower, spread = np.tril_indices(v), np.sqrt(np.nanvar(values, axis=0)) + 1e-3

    def loss(theta: Data) -> float:
        root = np.zeros((v, v))
        root[lower] = theta
        at = restricted_likelihood(patterns, root @ root.T)
        sd = np.linalg.norm(root, axis=1)
        inside = sd.min() > 1e-5 * sd.max() and np.linalg.eigvalsh(root @ root.T / np.outer(sd, sd))[0] > 1e-6
        return at.minus2 if at is not None and inside else 1e10

    drawn = [_correlations(np.random.default_rng([v, number]), v) for number in range(0 if np.isfinite(values).all() else wide)]
    starts = [np.outer(spread, spread) * R for R in [*((1 - r) * np.eye(v) + r for r in (0.6, -0.4 / max(v - 1, 1))), *drawn]]
    return min(optimize.minimize(loss, np.linalg.cholesky(start)[lower], method="BFGS").fun for start in starts)


def _correlations(rng: Rng, visits: int) -> Data:
    """A correlation matrix drawn, away from the edge."""
    root = rng.normal(size=(visits, visits + 1))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    return 0.9 * root @ root.T + 0.1 * np.eye(visits)
