"""Finished runs side by side: what differs in their definitions, their baselines, their changes, and what may be pooled.

Nothing is pooled that is not the same thing: the same score in the same unit at the same time, in different patients who are
all real or all synthetic, and all treated or all not.
"""

from racohort.comparison.baselines import compare_baselines
from racohort.comparison.changes import pool_changes, select_changes
from racohort.comparison.definitions import compare_definitions
from racohort.comparison.runs import Finished, Time, match_times

__all__ = ["Finished", "Time", "compare_baselines", "compare_definitions", "match_times", "pool_changes", "select_changes"]
