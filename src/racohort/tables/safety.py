"""The tables of the safety section: laboratory and adverse events."""

from racohort.tables.events import tabulate_events, tabulate_serious, tabulate_terms, tabulate_windows
from racohort.tables.laboratory import (
    tabulate_excursions,
    tabulate_laboratory,
    tabulate_laboratory_detail,
    tabulate_new_abnormality,
    tabulate_out_of_range,
    tabulate_shifts,
)
from racohort.tables.special import tabulate_first_event, tabulate_special
from racohort.tables.toxicity import tabulate_grades, tabulate_signals
from racohort.tables.verdicts import tabulate_equivalence, tabulate_tolerance, tabulate_verdicts, tabulate_verdicts_detail

__all__ = [
    "tabulate_equivalence", "tabulate_events", "tabulate_excursions", "tabulate_first_event", "tabulate_grades",
    "tabulate_laboratory", "tabulate_laboratory_detail", "tabulate_new_abnormality", "tabulate_out_of_range", "tabulate_serious",
    "tabulate_shifts", "tabulate_signals", "tabulate_special", "tabulate_terms", "tabulate_tolerance", "tabulate_verdicts",
    "tabulate_verdicts_detail", "tabulate_windows",
]  # fmt: skip
