"""The quality of a cohort's data as result rows: records of cleaning, units and values, presence, timing, limits of assays."""

from racohort.quality.presence import count_present
from racohort.quality.records import count_cells, count_fates, count_findings, count_records, file_name
from racohort.quality.timing import derive_days, summarise_timing
from racohort.quality.values import count_units, count_values, estimate_censored

__all__ = [
    "count_cells", "count_fates", "count_findings", "count_present", "count_records", "count_units",
    "count_values", "derive_days", "estimate_censored", "file_name", "summarise_timing",
]  # fmt: skip
