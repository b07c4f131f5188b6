"""CDAI, SDAI and Boolean remission."""

import numpy as np
from numpy.typing import NDArray

from racohort.columns import Answer, Numbers, above, as_columns, as_given, as_words, at_most
from racohort.scores.das28 import concentration, joint_count, visual_scale

STATES = ["remission", "low", "moderate", "high"]


def cdai(tjc28: Numbers, sjc28: Numbers, ptga_cm: Numbers, phga_cm: Numbers) -> Answer:
    """Clinical disease activity index, 0 to 76: joint counts plus patient's and physician's global assessment in cm (0 to 10).

    NaN where a component is missing or impossible. Source: Aletaha and Smolen.

    >>> cdai(tjc28=4, sjc28=5, ptga_cm=5, phga_cm=6)
    20.0
    """
    joints = joint_count(tjc28) + joint_count(sjc28)
    return as_given(np.asarray(joints + visual_scale(ptga_cm, 10) + visual_scale(phga_cm, 10)))


def sdai(tjc28: Numbers, sjc28: Numbers, ptga_cm: Numbers, phga_cm: Numbers, crp_mg_l: Numbers) -> Answer:
    """Simplified disease activity index: CDAI plus CRP in mg/dL (given here in mg/L).

    >>> sdai(tjc28=4, sjc28=5, ptga_cm=5, phga_cm=6, crp_mg_l=70)
    27.0
    """
    return as_given(np.asarray(cdai(tjc28, sjc28, ptga_cm, phga_cm) + concentration(crp_mg_l) / 10))


def cdai_state(score: Numbers) -> Answer:
    """CDAI as remission (<= 2.8), low (<= 10), moderate (<= 22) or high; missing as `das28_state`.

    >>> cdai_state([2.8, 10.1, 22.5])
    array(['remission', 'moderate', 'high'], dtype=object)
    """
    return _state(score, (2.8, 10, 22))


def sdai_state(score: Numbers) -> Answer:
    """SDAI as remission (<= 3.3), low (<= 11), moderate (<= 26) or high; missing as `das28_state`.

    >>> sdai_state(3.3)
    'remission'
    """
    return _state(score, (3.3, 11, 26))


def _state(score: Numbers, limits: tuple[float, float, float]) -> Answer:
    (index,) = as_columns(score)
    return as_words([*(at_most(index, limit) for limit in limits), above(index, limits[-1])], STATES)


def boolean_remission(
    tjc28: Numbers, sjc28: Numbers, ptga_cm: Numbers, crp_mg_dl: Numbers, version: str = "2.0"
) -> Answer:  # fmt: skip
    """Boolean remission: TJC28 <= 1, SJC28 <= 1, CRP <= 1 mg/dL and patient's global <= 2 cm (version 2.0) or 1 cm (1.0).

    One component above its limit is enough for False; with none above and one missing it is None (NaN in a column, which then
    holds 1.0 and 0.0). Source: Studenic 2022.

    >>> boolean_remission(1, 1, 2.0, 1.0), boolean_remission(1, 1, 2.0, 1.0, version="1.0")
    (True, False)
    """
    ptga_limit = {"2.0": 2.0, "1.0": 1.0}[version]
    parts = as_columns(joint_count(tjc28), joint_count(sjc28), visual_scale(ptga_cm, 10), concentration(crp_mg_dl))
    limits = (1.0, 1.0, ptga_limit, 1.0)
    failed = np.any([above(part, limit) for part, limit in zip(parts, limits, strict=True)], axis=0)
    return _three_valued(failed, np.any(np.isnan(parts), axis=0))


def _three_valued(failed: NDArray[np.bool_], missing: NDArray[np.bool_]) -> Answer:
    if np.ndim(failed):
        return np.where(failed, 0.0, np.where(missing, np.nan, 1.0))
    if failed:
        return False
    return None if missing else True
