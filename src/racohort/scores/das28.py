"""DAS28 in its four validated forms, and the states it is read as."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from racohort.columns import GUARD, Answer, Numbers, above, as_columns, as_given, as_words, at_most

#: Cut-offs between remission, low, moderate and high: those of DAS28-ESR, and the lower ones that match them on DAS28-CRP
#: (Fleischmann 2.4 and 2.9; RMD Open 2017;3:e000382 4.6).
CUTOFFS = {"esr": (2.6, 3.2, 5.1), "crp_alt": (2.4, 2.9, 4.6)}


def joint_count(count: Numbers) -> NDArray[np.float64]:
    """A 28-joint count; NaN unless a whole number from 0 to 28.

    >>> joint_count([0, 28, 29, 2.5])
    array([ 0., 28., nan, nan])
    """
    (joints,) = as_columns(count)
    return np.where((joints >= 0) & (joints <= 28) & (joints == np.floor(joints)), joints, np.nan)


def visual_scale(value: Numbers, longest: float) -> NDArray[np.float64]:
    """A visual analogue scale; NaN outside 0 to `longest`.

    >>> visual_scale([50, 101], 100)
    array([50., nan])
    """
    (mark,) = as_columns(value)
    return np.where((mark >= 0) & (mark <= longest), mark, np.nan)


def concentration(crp: Numbers) -> NDArray[np.float64]:
    """A concentration; NaN below 0 or not finite."""
    (amount,) = as_columns(crp)
    return np.where((amount >= 0) & np.isfinite(amount), amount, np.nan)


def esr_floored(esr_mm_h: Numbers) -> Answer:
    """Whether an ESR was raised to 1 mm/h for DAS28, because a value below 1 has no usable logarithm (the flag of the floor).

    >>> esr_floored([0, 0.5, 1, None])
    array([ True,  True, False, False])
    """
    (esr,) = as_columns(esr_mm_h)
    return as_given((esr >= 0) & (esr < 1))


def _joints(tjc28: Numbers, sjc28: Numbers) -> NDArray[np.float64]:
    tender, swollen = as_columns(joint_count(tjc28), joint_count(sjc28))
    return 0.56 * np.sqrt(tender) + 0.28 * np.sqrt(swollen)


def _esr_term(esr_mm_h: Numbers) -> NDArray[np.float64]:
    return 0.70 * np.log(np.maximum(concentration(esr_mm_h), 1.0))


def _crp_term(crp_mg_l: Numbers) -> NDArray[np.float64]:
    return 0.36 * np.log1p(concentration(crp_mg_l))


def das28_esr4(tjc28: Numbers, sjc28: Numbers, esr_mm_h: Numbers, gh_mm: Numbers) -> Answer:
    """DAS28-ESR with four variables.

    Parameters
    ----------
    tjc28, sjc28 : tender and swollen joint count, whole numbers 0 to 28
    esr_mm_h : erythrocyte sedimentation rate, mm/h; below 1 it counts as 1 (`esr_floored` says where)
    gh_mm : patient's global assessment, 0 to 100 mm

    Returns
    -------
    The score, unrounded; NaN where a component is missing or impossible (no proration). Source: das-score.nl.

    >>> round(das28_esr4(tjc28=4, sjc28=5, esr_mm_h=44, gh_mm=12), 4)
    4.563
    """
    return as_given(_joints(tjc28, sjc28) + _esr_term(esr_mm_h) + 0.014 * visual_scale(gh_mm, 100))


def das28_esr3(tjc28: Numbers, sjc28: Numbers, esr_mm_h: Numbers) -> Answer:
    """DAS28-ESR with three variables (no global assessment); arguments, NaN rule and source as `das28_esr4`.

    >>> round(das28_esr3(tjc28=4, sjc28=5, esr_mm_h=44), 4)
    4.9066
    """
    return as_given((_joints(tjc28, sjc28) + _esr_term(esr_mm_h)) * 1.08 + 0.16)


def das28_crp4(tjc28: Numbers, sjc28: Numbers, crp_mg_l: Numbers, gh_mm: Numbers) -> Answer:
    """DAS28-CRP with four variables; CRP in mg/L, the rest as `das28_esr4`.

    >>> round(das28_crp4(tjc28=4, sjc28=5, crp_mg_l=44, gh_mm=12), 4)
    4.2445
    """
    return as_given(_joints(tjc28, sjc28) + _crp_term(crp_mg_l) + 0.014 * visual_scale(gh_mm, 100) + 0.96)


def das28_crp3(tjc28: Numbers, sjc28: Numbers, crp_mg_l: Numbers) -> Answer:
    """DAS28-CRP with three variables; CRP in mg/L, the rest as `das28_esr4`.

    >>> round(das28_crp3(tjc28=0, sjc28=0, crp_mg_l=0), 2)
    1.15
    """
    return as_given((_joints(tjc28, sjc28) + _crp_term(crp_mg_l)) * 1.10 + 1.15)


#: The forms of the DAS28 by PARAMCD: acute-phase reactant, whether the global assessment counts, factor of the whole.
FORMS = {"DAS28ESR": ("ESR", True, 1.0), "DAS28CRP": ("CRP", True, 1.0), "DAS28E3": ("ESR", False, 1.08),
         "DAS28C3": ("CRP", False, 1.10)}  # fmt: skip


def das28_parts(form: str, components: Mapping[str, Numbers]) -> dict[str, NDArray[np.float64]]:
    """What each component adds to a DAS28, in points of the score; together with the constant of the form they are the score.

    `components` are the measured values by PARAMCD (TJC28, SJC28, ESR or CRP, PTGA in mm); NaN as in `das28_esr4`. Raises
    KeyError for a form or a component that is not there.

    >>> parts = das28_parts("DAS28ESR", {"TJC28": 4, "SJC28": 5, "ESR": 44, "PTGA": 12})
    >>> {name: round(float(part), 3) for name, part in parts.items()}
    {'TJC28': 1.12, 'SJC28': 0.626, 'ESR': 2.649, 'PTGA': 0.168}
    """
    acute, with_global, factor = FORMS[form]
    term = _esr_term(components[acute]) if acute == "ESR" else _crp_term(components[acute])
    parts = {"TJC28": _joints(components["TJC28"], 0), "SJC28": _joints(0, components["SJC28"]), acute: term}
    if with_global:
        parts["PTGA"] = 0.014 * visual_scale(components["PTGA"], 100)
    return {name: np.asarray(factor * part) for name, part in parts.items()}


def das28_state(score: Numbers, cutoffs: str = "esr") -> Answer:
    """The state of disease activity: remission, low, moderate or high.

    Remission is below the first cut-off, low up to and including the second, moderate up to and including the third. `cutoffs`
    is "esr" (2.6, 3.2, 5.1) or "crp_alt" (2.4, 2.9, 4.6). Missing: None for one patient, "" in a column.

    >>> das28_state(3.2), das28_state(3.2, cutoffs="crp_alt")
    ('low', 'moderate')
    """
    (das28,) = as_columns(score)
    remission, low, moderate = CUTOFFS[cutoffs]
    conditions = [das28 < remission - GUARD, at_most(das28, low), at_most(das28, moderate), above(das28, moderate)]
    return as_words(conditions, ["remission", "low", "moderate", "high"])


def check_das28_units(crp_mg_l: Numbers = None, gh_mm: Numbers = None) -> None:
    """Raises ValueError where a baseline column looks like CRP in mg/dL (median < 1) or a global scale in cm (maximum <= 10).

    For the baseline of a cohort with active disease; empty columns pass.
    """
    crp, gh = (column[np.isfinite(column)] for column in (np.ravel(as_columns(value)[0]) for value in (crp_mg_l, gh_mm)))
    if crp.size and np.median(crp) < 1:
        raise ValueError(f"CRP has a median of {np.median(crp):g}: probably mg/dL; give mg/L (1 mg/dL = 10 mg/L)")
    if gh.size and gh.max() <= 10:
        raise ValueError(f"the patient's global assessment has a maximum of {gh.max():g}: probably cm; give mm (0 to 100)")
