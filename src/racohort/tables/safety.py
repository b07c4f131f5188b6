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
from racohort.tables.toxicity import tabulate_grades, tabulate_signals

__all__ = [
    "tabulate_events", "tabulate_excursions", "tabulate_grades", "tabulate_laboratory", "tabulate_laboratory_detail",
    "tabulate_new_abnormality", "tabulate_out_of_range", "tabulate_serious", "tabulate_shifts", "tabulate_signals",
    "tabulate_terms", "tabulate_windows",
]  # fmt: skip
