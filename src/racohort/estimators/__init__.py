"""Estimators of change in the same patients: tests, effect sizes, ranks, ratios, several visits, censored values, Bayes.

Patients are in rows. A pair or a patient with a missing value is left out and counted: every answer says how many were used.
"""

from racohort.estimators.bayes import jzs_bf10_paired, normal_update
from racohort.estimators.censored import censored_geometric_mean, censored_lognormal_mle
from racohort.estimators.censored_pairs import bivariate_normal_cdf, censored_ratio
from racohort.estimators.change import complete_pairs, geometric_mean_ratio, paired_frame, paired_t, probability_of_improvement
from racohort.estimators.effect_sizes import (
    cohen_dav_ci_bonett,
    cohen_dz_ci_noncentral_t,
    effect_sizes_change,
    effect_sizes_paired,
    glass_delta_ci_bonett,
)
from racohort.estimators.ranks import hodges_lehmann_paired, rank_biserial_paired, wilcoxon_signed_rank
from racohort.estimators.states import bowker, cochran_q, stuart_maxwell
from racohort.estimators.visits import friedman, rm_anova_oneway

__all__ = [
    "bivariate_normal_cdf",
    "bowker",
    "censored_geometric_mean",
    "censored_lognormal_mle",
    "censored_ratio",
    "cochran_q",
    "cohen_dav_ci_bonett",
    "cohen_dz_ci_noncentral_t",
    "complete_pairs",
    "effect_sizes_change",
    "effect_sizes_paired",
    "friedman",
    "geometric_mean_ratio",
    "glass_delta_ci_bonett",
    "hodges_lehmann_paired",
    "jzs_bf10_paired",
    "normal_update",
    "paired_frame",
    "paired_t",
    "probability_of_improvement",
    "rank_biserial_paired",
    "rm_anova_oneway",
    "stuart_maxwell",
    "wilcoxon_signed_rank",
]
