"""Composite scores of rheumatoid arthritis: disease activity, function, response and remission.

Every function takes one patient or columns of patients, refuses impossible components with NaN and never prorates a missing one.
"""

from racohort.scores.activity import boolean_remission, cdai, cdai_state, sdai, sdai_state
from racohort.scores.das28 import (
    FORMS,
    check_das28_units,
    das28_crp3,
    das28_crp4,
    das28_esr3,
    das28_esr4,
    das28_parts,
    das28_state,
    esr_floored,
)
from racohort.scores.haq import HAQ_CATEGORIES, haq_di, haq_di_from_categories, haq_response
from racohort.scores.response import acr_level, eular_response, lundex

__all__ = [
    "FORMS",
    "HAQ_CATEGORIES",
    "acr_level",
    "boolean_remission",
    "cdai",
    "cdai_state",
    "check_das28_units",
    "das28_crp3",
    "das28_crp4",
    "das28_esr3",
    "das28_esr4",
    "das28_parts",
    "das28_state",
    "esr_floored",
    "eular_response",
    "haq_di",
    "haq_di_from_categories",
    "haq_response",
    "lundex",
    "sdai",
    "sdai_state",
]
