"""The parameters of a cohort: what `cohort.yml` may say, checked by name and exact type, and nothing else accepted."""

from racohort.config.model import AgeRange, Analyte, Cohort, Column, File, Limits, PlannedVisit, Ranges, Study, TreatmentStart
from racohort.config.reading import cohort_schema, parse_cohort, read_yaml

__all__ = [
    "AgeRange", "Analyte", "Cohort", "Column", "File", "Limits", "PlannedVisit", "Ranges", "Study", "TreatmentStart",
    "cohort_schema", "parse_cohort", "read_yaml",
]  # fmt: skip
