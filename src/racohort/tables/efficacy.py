"""The tables of the section on efficacy: changes, models, responses."""

from racohort.tables.changes import (
    tabulate_changes,
    tabulate_endpoints,
    tabulate_estimands,
    tabulate_ratios,
    tabulate_sizes,
    tabulate_visits,
)
from racohort.tables.checks import tabulate_censored
from racohort.tables.composition import tabulate_agreement, tabulate_components
from racohort.tables.models import tabulate_families, tabulate_models, tabulate_overall
from racohort.tables.responses import tabulate_correlates, tabulate_criteria, tabulate_responses, tabulate_states

__all__ = [
    "tabulate_agreement",
    "tabulate_censored",
    "tabulate_changes",
    "tabulate_components",
    "tabulate_correlates",
    "tabulate_criteria",
    "tabulate_endpoints",
    "tabulate_estimands",
    "tabulate_families",
    "tabulate_models",
    "tabulate_overall",
    "tabulate_ratios",
    "tabulate_responses",
    "tabulate_sizes",
    "tabulate_states",
    "tabulate_visits",
]  # fmt: skip
