"""Whether printed summaries can be right: checks that need no data, only what a table says.

Means, standard deviations and p values are given as the printed text, because trailing zeros say how they were rounded. A
printed number stands for every value that rounds to it, whichever way ties go; the arithmetic on counts is exact. An
inconsistency is a property of printed numbers and says nothing about how it came to be. This module needs nothing else of the
package and can be used by itself.

>>> grim("5.19", n=28), grim("5.18", n=28)
(False, True)
"""

from racohort.consistency.correlation import (
    implied_r_bounds,
    implied_r_from_p,
    implied_r_from_t,
    indep_t_from_summary,
    p_bounds_paired,
    p_curve_paired,
    paired_t_from_summary,
)
from racohort.consistency.counts import debit, grim, grim_applicable, percent_possible_counts
from racohort.consistency.plausibility import bounded_sd_possible, sd_positivity
from racohort.consistency.printed_p import statcheck_t, stouffer
from racohort.consistency.rounding import rounding_interval
from racohort.consistency.samples import grimmer, sprite, sprite_sd_bounds
from racohort.consistency.tables import SummaryError, check_summary

__all__ = [
    "SummaryError",
    "bounded_sd_possible",
    "check_summary",
    "debit",
    "grim",
    "grim_applicable",
    "grimmer",
    "implied_r_bounds",
    "implied_r_from_p",
    "implied_r_from_t",
    "indep_t_from_summary",
    "p_bounds_paired",
    "p_curve_paired",
    "paired_t_from_summary",
    "percent_possible_counts",
    "rounding_interval",
    "sd_positivity",
    "sprite",
    "sprite_sd_bounds",
    "statcheck_t",
    "stouffer",
]
