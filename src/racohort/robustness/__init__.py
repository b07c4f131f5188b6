"""How far the results can be trusted: the missing, regression to the mean, co-treatment, other choices, single patients."""

from racohort.endpoints import select_values
from racohort.robustness.benchmarks import BENCHMARKS, compare_published_tests, list_benchmarks
from racohort.robustness.controls import compare_negative_controls
from racohort.robustness.cotreatment import compare_without_escalators, count_cotreatment
from racohort.robustness.diagnostics import DIAGNOSTICS, check_diagnostics
from racohort.robustness.imputed import impute_changes
from racohort.robustness.influence import estimate_leave_one_out, estimate_leave_one_site_out, select_overturning
from racohort.robustness.missing import compare_dropouts, compare_missing_rules, count_patterns, estimate_tipping, headline
from racohort.robustness.posteriors import estimate_posteriors
from racohort.robustness.regression import compare_regression_to_mean
from racohort.robustness.specifications import compare_specifications
from racohort.robustness.verdict import CHECKS, judge_endpoints

__all__ = [
    "BENCHMARKS", "CHECKS", "DIAGNOSTICS", "check_diagnostics", "compare_dropouts", "compare_missing_rules",
    "compare_negative_controls", "compare_published_tests", "compare_regression_to_mean", "compare_specifications",
    "compare_without_escalators", "count_cotreatment", "count_patterns", "estimate_leave_one_out",
    "estimate_leave_one_site_out", "estimate_posteriors", "estimate_tipping", "headline", "impute_changes", "judge_endpoints",
    "list_benchmarks", "select_overturning", "select_values",
]  # fmt: skip
