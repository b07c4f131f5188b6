"""What an analyst would report from one imagined trial, by each method: estimate, interval, p."""

from math import exp, nan

import numpy as np

from racohort import estimators
from racohort.estimators.imputation import Column, impute_columns
from racohort.missingness import delta_adjusted_mean, rubin_pool
from racohort.mmrm import fit_mmrm
from racohort.operating.scenarios import Scenario
from racohort.operating.trials import Floats, true_change

#: Estimate, lower limit, upper limit, p.
Answer = tuple[float, float, float, float]
COPIES = 20
NOTHING: Answer = (nan, nan, nan, nan)


def analyse(scores: Floats, scenario: Scenario, rng: np.random.Generator) -> dict[str, Answer]:
    """The change from baseline to the last visit by every method that fits the scenario.

    `scores` are patients x visits on the scale on which they are normal; a lognormal measurement is their exponential.
    """
    measured = np.exp(scores) if scenario.skew == "lognormal" else scores
    fit = fit_mmrm(measured)
    change = fit.change(2)
    answers = {
        "paired_t": _paired_t(measured[:, 0], measured[:, 2]),
        "wilcoxon": _wilcoxon(measured[:, 0], measured[:, 2]),
        "mmrm_satterthwaite": (change.estimate, *change.ci, change.p),
        "mmrm_kr": (change.estimate, *change.ci_kr, change.p_kr),
    }
    if scenario.skew == "lognormal":
        answers["paired_t_log"] = _paired_t(scores[:, 0], scores[:, 2])
    if scenario.dropout:
        answers |= {"locf": _carried(measured), "imputation": _imputed(measured, rng)}
    if scenario.delta:
        answers["delta_adjusted"] = _adjusted(measured, scenario.delta)
    return answers


def truth_of(method: str, scenario: Scenario) -> float:
    """What a method estimates: the mean change, which of a lognormal measurement is that of the exponentials, or of its logs.

    NaN for a rank-based estimate of a skewed change, which is of neither.
    """
    if scenario.skew == "normal" or method == "paired_t_log":
        return true_change(scenario)
    return nan if method == "wilcoxon" else exp(0.5) * (exp(true_change(scenario)) - 1)


def _paired_t(base: Floats, last: Floats) -> Answer:
    found = estimators.paired_t(last, base)
    return found["mean_diff"], *found["ci"], found["p"]


def _wilcoxon(base: Floats, last: Floats) -> Answer:
    shift = estimators.hodges_lehmann_paired(last, base)
    return shift["estimate"], *shift["ci"], estimators.wilcoxon_signed_rank(last, base)["p"]


def _carried(scores: Floats) -> Answer:
    """The last value seen stands for those that are missing."""
    early = np.where(np.isnan(scores[:, 1]), scores[:, 0], scores[:, 1])
    return _paired_t(scores[:, 0], np.where(np.isnan(scores[:, 2]), early, scores[:, 2]))


def _imputed(scores: Floats, rng: np.random.Generator) -> Answer:
    """Multiple imputation, given the earlier visits, pooled by Rubin's rules."""
    n = len(scores)
    try:
        copies = impute_columns(scores, [Column(1, (0,)), Column(2, (0, 1))], COPIES, rng)
    except ValueError:  # fewer patients were seen than the regressions need
        return NOTHING
    change = copies[:, :, 2] - copies[:, :, 0]
    pooled = rubin_pool(change.mean(1), change.var(1, ddof=1) / n, df_complete=n - 1)
    return pooled["qbar"], *pooled["ci"], pooled["p"]


def _adjusted(scores: Floats, delta: float) -> Answer:
    """Each patient without a last visit is `delta` worse than those with one, as a sensitivity analysis would suppose."""
    change = scores[:, 2] - scores[:, 0]
    seen = change[~np.isnan(change)]
    found = delta_adjusted_mean(float(seen.mean()), float(seen.std(ddof=1)), seen.size, len(change) - seen.size, delta)
    return found["estimate"], *found["ci"], found["p"]
