"""What can and cannot be said about harm: laboratory against reference ranges, adverse events, exposure."""

from racohort.safety.events import estimate_events, events_supplied, select_serious
from racohort.safety.exposure import summarise_exposure
from racohort.safety.laboratory import estimate_out_of_range, estimate_range_position, laboratory_codes, summarise_laboratory
from racohort.safety.liver import derive_liver, estimate_liver
from racohort.safety.onset import derive_first_event, estimate_first_event
from racohort.safety.ranges import (
    compare_out_of_range,
    count_shifts,
    derive_worst,
    estimate_excursions,
    estimate_new_abnormality,
)
from racohort.safety.signals import estimate_signals, select_signals
from racohort.safety.special import estimate_special
from racohort.safety.spread import estimate_equivalence, estimate_tolerance
from racohort.safety.toxicity import derive_grades, estimate_grades
from racohort.safety.verdicts import estimate_verdicts

__all__ = [
    "compare_out_of_range", "count_shifts", "derive_first_event", "derive_grades", "derive_liver", "derive_worst",
    "estimate_equivalence", "estimate_events", "estimate_excursions", "estimate_first_event", "estimate_grades",
    "estimate_liver", "estimate_new_abnormality", "estimate_out_of_range", "estimate_range_position",
    "estimate_signals", "estimate_special",
    "estimate_tolerance", "estimate_verdicts", "events_supplied", "laboratory_codes", "select_serious", "select_signals",
    "summarise_exposure", "summarise_laboratory",
]  # fmt: skip
