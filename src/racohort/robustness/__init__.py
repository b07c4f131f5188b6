"""How far the results can be trusted: other rules for the missing, regression to the mean, single patients, other people's "
"numbers.
"""

from racohort.endpoints import select_values
from racohort.robustness.benchmarks import BENCHMARKS, compare_published_tests, list_benchmarks
from racohort.robustness.influence import estimate_leave_one_out
from racohort.robustness.missing import compare_dropouts, compare_missing_rules, count_patterns, estimate_tipping, headline
from racohort.robustness.regression import compare_regression_to_mean
from racohort.robustness.verdict import CHECKS, judge_endpoints

__all__ = [
    "BENCHMARKS", "CHECKS", "compare_dropouts", "compare_missing_rules", "compare_published_tests", "compare_regression_to_mean",
    "count_patterns", "estimate_leave_one_out", "estimate_tipping", "headline", "judge_endpoints", "list_benchmarks",
    "select_values",
]  # fmt: skip
