"""Fitting an MMRM: the structure asked for, or the next simpler one that the data can carry, with the reason."""

from dataclasses import dataclass, replace
from itertools import combinations
from math import log, nan
from typing import Any

import numpy as np

from racohort.columns import Numbers, as_columns
from racohort.mmrm.covariance import STRUCTURES, Floats
from racohort.mmrm.inference import UNKNOWN, Contrast, estimate_contrast
from racohort.mmrm.likelihood import Information, Likelihood
from racohort.mmrm.maximum import maximise


@dataclass(frozen=True)
class MmrmFit:
    """A fitted model.

    Attributes
    ----------
    means : one a visit, in order; NaN for a visit without values
    Sigma : covariance between visits
    reml_loglik : restricted log-likelihood
    covariance : the structure that was fitted: "us", "csh", "cs", or "" where none could be
    reason : why it is not the one asked for; "" where it is
    n_patients, n_values : patients with at least one value, and values
    """

    means: Floats
    Sigma: Floats
    reml_loglik: float
    covariance: str
    reason: str
    n_patients: int
    n_values: int
    conf: float
    _C: Floats
    _information: Information | None
    _visits: tuple[int, ...]

    def contrast(self, weights: Numbers) -> Contrast:
        """The estimate of a weighted sum of the visit means; NaN where it needs a visit without values."""
        (wanted,) = as_columns(weights)
        without = np.delete(wanted, self._visits)
        if self._information is None or (without != 0).any():
            return UNKNOWN
        kept = list(self._visits)
        return estimate_contrast(wanted[kept], self.means[kept], self._C, self._information, self.conf)

    def change(self, visit: int, baseline: int = 0) -> Contrast:
        """The mean at a visit minus that at baseline."""
        return self.contrast(np.eye(len(self.means))[visit] - np.eye(len(self.means))[baseline])

    def mean(self, visit: int) -> Contrast:
        """The mean at a visit."""
        return self.contrast(np.eye(len(self.means))[visit])


def fit_mmrm(data: Numbers, covariance: str = "us", conf: float = 0.95, fall_back: bool = True) -> MmrmFit:
    """Mixed model for repeated measures of patients x visits.

    Parameters
    ----------
    data : patients x visits in time order, NaN where not seen
    covariance : "us" unstructured, "csh" heterogeneous compound symmetry, "cs" compound symmetry
    conf : level of the intervals
    fall_back : where the structure cannot be estimated, try the simpler ones in this order

    Returns
    -------
    The fit; its `reason` says why the structure is another than asked for, or why there is none (then every number is NaN).
    Oracles: R nlme::gls, lmerTest, pbkrtest.

    >>> fit = fit_mmrm([[5.8, 4.3], [6.4, 4.6], [5.1, 3.0], [7.0, 5.6], [4.9, None]])
    >>> change = fit.change(1)
    >>> round(change.estimate, 3), round(change.se, 3), round(change.df_satterthwaite, 1), fit.covariance
    (-1.769, 0.155, 3.4, 'us')
    """
    values = np.atleast_2d(as_columns(data)[0])
    values = np.where(np.isfinite(values), values, nan)[np.isfinite(values).any(axis=1)]
    visits = tuple(int(j) for j in np.flatnonzero(np.isfinite(values).any(axis=0)))
    kept = values[:, visits]
    ladder = list(STRUCTURES)[list(STRUCTURES).index(covariance) :] if fall_back else [covariance]
    reasons: list[str] = []
    for name in ladder:
        fit, reason = _fit(kept, name)
        if fit is not None:
            break
        reasons.append(reason)
    blank = _blank(values, "; ".join(reasons), conf)
    return blank if fit is None else _complete(blank, fit, visits, name)


@dataclass(frozen=True)
class _Estimate:
    """What one structure gave, on the scale of measurement."""

    at: Likelihood
    known: Information
    Sigma: Floats
    centre: float
    scale: float
    degrees: float


def _blank(values: Floats, reason: str, conf: float) -> MmrmFit:
    v, n_values = values.shape[1], int(np.isfinite(values).sum())
    means, Sigma = np.full(v, nan), np.full((v, v), nan)
    return MmrmFit(means, Sigma, nan, "", reason, len(values), n_values, conf, _C=Sigma, _information=None, _visits=())


def _complete(blank: MmrmFit, fit: _Estimate, visits: tuple[int, ...], name: str) -> MmrmFit:
    means, Sigma = blank.means.copy(), blank.Sigma.copy()
    means[list(visits)] = fit.at.means * fit.scale + fit.centre
    Sigma[np.ix_(visits, visits)] = fit.Sigma * fit.scale**2
    loglik = -fit.at.minus2 / 2 - fit.degrees * log(fit.scale)
    known = _rescaled(fit.known, fit.scale)
    reason = f"{blank.reason}; {STRUCTURES[name](len(visits)).name} fitted" if blank.reason else ""
    return replace(
        blank, means=means, Sigma=Sigma, reml_loglik=loglik, covariance=name, reason=reason,
        _C=fit.at.C * fit.scale**2, _information=known, _visits=visits,
    )  # fmt: skip


def _rescaled(known: Information, scale: float) -> Information:
    """P, Q and R to the scale of measurement, with the covariance parameters left on that of the fit."""
    R = None if known.R is None else known.R / scale**2
    return known._replace(P=known.P / scale**2, Q=known.Q / scale**2, R=R)


def _fit(values: Floats, name: str) -> tuple[_Estimate | None, str]:
    """One structure fitted to centred and scaled values, or None and the reason."""
    structure = STRUCTURES[name](values.shape[1])
    reason = _too_few(values, name) or _constant(values)
    if reason:
        return None, f"{structure.name} cannot be estimated: {reason}"
    centre, scale = float(np.nanmean(values)), float(np.nanstd(values))
    scaled = (values - centre) / scale
    best = maximise(scaled, structure)
    if best is None:
        return None, f"{structure.name} cannot be estimated: the fit is singular"
    at, known, Sigma = best
    degrees = float(np.isfinite(values).sum() - values.shape[1])
    return _Estimate(at, known, Sigma, centre, scale, degrees), ""


def _too_few(values: Floats, name: str) -> str:
    """Why there are too few patients for a structure; empty where there are enough."""
    patients, visits = values.shape
    if visits < 1 or np.isfinite(values).sum() < visits + 2:
        return f"{int(np.isfinite(values).sum())} values for {visits} visits are too few"
    if not (np.isfinite(values).sum(axis=1) > 1).any():
        return "no patient was seen twice"
    if name == "us" and patients <= visits:
        return f"{patients} patients are too few for {visits} visits"
    if name == "us":
        seen = np.isfinite(values)
        together = min((int((seen[:, j] & seen[:, k]).sum()) for j, k in combinations(range(visits), 2)), default=patients)
        return f"two visits share only {together} patients" if together < 3 and together < patients else ""
    return "a visit has fewer than two values" if name == "csh" and np.isfinite(values).sum(axis=0).min() < 2 else ""


def _constant(values: Floats) -> str:
    within = values - np.nanmean(values, axis=0)
    return "" if np.nanmax(np.abs(within)) > 1e-10 * max(1.0, float(np.nanmax(np.abs(values)))) else "the values do not vary"


def mmrm_unstructured(data: Numbers) -> dict[str, Any]:
    """The unstructured model's answers by name, without falling back: NaN where it cannot be estimated.

    Returns
    -------
    `means`, `Sigma`, `reml_loglik`, `reason`, and `v2_minus_v1` and so on for every two visits, each with `estimate`, `se`,
    `df_satterthwaite`, `se_kr`, `df_kr`.

    >>> result = mmrm_unstructured([[5.8, 4.3], [6.4, 4.6], [5.1, 3.0], [7.0, 5.6]])
    >>> round(result["v2_minus_v1"]["estimate"], 3), round(result["v2_minus_v1"]["df_satterthwaite"], 3)
    (-1.7, 3.0)
    """
    fit = fit_mmrm(data, "us", fall_back=False)
    parts = ("estimate", "se", "df_satterthwaite", "se_kr", "df_kr")
    changes = {(later, earlier): fit.change(later, earlier) for earlier, later in combinations(range(len(fit.means)), 2)}
    named = {f"v{later + 1}_minus_v{earlier + 1}": change for (later, earlier), change in changes.items()}
    tests = {name: {part: getattr(change, part) for part in parts} for name, change in named.items()}
    model = {"means": fit.means.tolist(), "Sigma": fit.Sigma.tolist(), "reml_loglik": fit.reml_loglik}
    return {**model, "reason": fit.reason, **tests}
