"""The last look before a report leaves: every byte of it is searched for what points to a patient of the cohort."""

from racohort.leaks.search import LeakFound, check_folder, search_folder
from racohort.leaks.traces import Traces, collect_traces

__all__ = ["LeakFound", "Traces", "check_folder", "collect_traces", "search_folder"]
