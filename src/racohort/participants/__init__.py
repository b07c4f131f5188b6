"""Who took part: the flow of patients, their state at baseline, what is missing, and who stayed to the end."""

from racohort.participants.baseline import compare_completers, summarise_baseline
from racohort.participants.flow import count_flow, count_missing

__all__ = ["compare_completers", "count_flow", "count_missing", "summarise_baseline"]
