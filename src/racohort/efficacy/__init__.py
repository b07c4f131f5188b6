"""What a single arm can say about benefit: change from baseline under treatment, never an effect of it."""

from racohort.efficacy.censored import estimate_censored
from racohort.efficacy.changes import estimate_changes, summarise_visits
from racohort.efficacy.components import compare_forms, derive_components, derive_forms, estimate_components
from racohort.efficacy.correlates import CORRELATES, estimate_correlates
from racohort.efficacy.criteria import CRITERIA, estimate_criteria
from racohort.efficacy.densities import derive_densities
from racohort.efficacy.models import compare_visits, estimate_models
from racohort.efficacy.multiplicity import adjust_families, conclude_changes, count_unadjusted, list_hypotheses
from racohort.efficacy.responders import (
    RESPONSES,
    STATES,
    derive_changes,
    derive_responses,
    derive_states,
    estimate_responses,
    estimate_states,
)
from racohort.efficacy.transitions import compare_states
from racohort.endpoints import Endpoint, list_endpoints, select_values

__all__ = [
    "CORRELATES",
    "CRITERIA",
    "RESPONSES",
    "STATES",
    "Endpoint",
    "adjust_families",
    "compare_forms",
    "compare_states",
    "compare_visits",
    "conclude_changes",
    "count_unadjusted",
    "derive_changes",
    "derive_components",
    "derive_densities",
    "derive_forms",
    "derive_responses",
    "derive_states",
    "estimate_censored",
    "estimate_changes",
    "estimate_components",
    "estimate_correlates",
    "estimate_criteria",
    "estimate_models",
    "estimate_responses",
    "estimate_states",
    "list_endpoints",
    "list_hypotheses",
    "select_values",
    "summarise_visits",
]  # fmt: skip
