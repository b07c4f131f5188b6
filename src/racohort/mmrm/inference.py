"""Contrasts of the visit means, with Satterthwaite's and Kenward and Roger's degrees of freedom."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from scipy import stats

from racohort.mmrm.covariance import Floats
from racohort.mmrm.likelihood import Information


@dataclass(frozen=True)
class Contrast:
    """A contrast of visit means: estimate, and t test with interval by each of the two approximations."""

    estimate: float
    se: float
    df_satterthwaite: float
    t: float
    p: float
    ci: tuple[float, float]
    se_kr: float
    df_kr: float
    t_kr: float
    p_kr: float
    ci_kr: tuple[float, float]


UNKNOWN = Contrast(nan, nan, nan, nan, nan, (nan, nan), nan, nan, nan, nan, (nan, nan))


def estimate_contrast(weights: Floats, means: Floats, C: Floats, at: Information, conf: float) -> Contrast:
    """A contrast of the means from their covariance C and the information about the covariance parameters.

    Kenward and Roger's parts are NaN where their adjusted variance is not positive, which a few wild values can bring about.
    """
    variance = float(weights @ C @ weights)
    slopes = np.einsum("i,aij,j->a", C @ weights, at.P, C @ weights)
    df, df_kr = (2 * variance**2 / float(slopes @ np.linalg.solve(known, slopes)) for known in (at.observed, at.expected))
    variance_kr = float(weights @ _kenward_roger(C, at) @ weights)
    estimate, se, se_kr = float(weights @ means), sqrt(variance), sqrt(variance_kr) if variance_kr > 0 else nan
    (t, p, ci), (t_kr, p_kr, ci_kr) = (_t_test(estimate, *scale, conf) for scale in ((se, df), (se_kr, df_kr)))
    return Contrast(estimate, se, df, t, p, ci, se_kr, df_kr, t_kr, p_kr, ci_kr)


def _kenward_roger(C: Floats, at: Information) -> Floats:
    """The covariance of the means adjusted for the uncertainty of the covariance parameters."""
    correction = at.Q - np.einsum("aij,jk,bkl->abil", at.P, C, at.P)
    if at.R is not None:
        correction = correction - at.R / 4
    return np.asarray(C + 2 * C @ np.einsum("ab,abij->ij", np.linalg.inv(at.expected), correction) @ C)


def _t_test(estimate: float, se: float, df: float, conf: float) -> tuple[float, float, tuple[float, float]]:
    half = float(stats.t.isf((1 - conf) / 2, df)) * se
    return estimate / se, 2 * float(stats.t.sf(abs(estimate) / se, df)), (estimate - half, estimate + half)
