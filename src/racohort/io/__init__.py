"""Everything that opens or writes a data file; no other module does."""

from racohort.io.catalogue import read_catalogue
from racohort.io.criteria import read_toxicity
from racohort.io.paper import read_claims, write_claims
from racohort.io.raw import read_raw
from racohort.io.record import read_run
from racohort.io.studies import Study, open_study, read_results, write_check, write_results, write_spine, write_study

__all__ = [
    "Study", "open_study", "read_catalogue", "read_claims", "read_raw", "read_results", "read_run",
    "read_toxicity", "write_check", "write_claims", "write_results", "write_spine", "write_study",
]  # fmt: skip
