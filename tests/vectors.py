"""Run reference vectors against this project's functions: `python -m tests.vectors FILE.json`.

A vector is `{id, function, inputs, expected, tol}`. Numbers agree when they differ by no more than `tol`, absolutely or
relatively; 0 means exactly. Of an expected object only the keys it has are compared. An expected null means NaN, None, or an
answer of nothing else.
"""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from racohort import (
    consistency,
    ctcae,
    estimators,
    intervals,
    margins,
    missingness,
    mmrm,
    multiplicity,
    power,
    regression_to_mean,
    scores,
    tolerance,
)
from racohort.estimators.pooling import pool_random_effects
from racohort.io import read_toxicity
from racohort.safety.onset import incidence_curve


def changes_of_fit(data: Sequence[Sequence[float | None]], covariance: str) -> dict[str, Any]:
    """What a mixed model of one covariance structure says, by the names of `mmrm.mmrm_unstructured`."""
    fit = mmrm.fit_mmrm(data, covariance, fall_back=False)
    pairs = list(combinations(range(len(fit.means)), 2))
    changes = {f"v{later + 1}_minus_v{earlier + 1}": vars(fit.change(later, earlier)) for earlier, later in pairs}
    return {"means": fit.means, "reml_loglik": fit.reml_loglik, **changes}


def cumulative_incidence(days: Sequence[float], status: Sequence[int], day: float) -> dict[str, float]:
    """The estimate of `incidence_curve` at a day, and its standard error."""
    curve = incidence_curve(pd.DataFrame({"days": days, "status": status}))
    return dict(curve.loc[curve.index <= day].iloc[-1])


#: Where each vector's function lives. A function that is missing here is reported as not implemented, by name.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "acr_level": scores.acr_level,
    "benjamini_hochberg": multiplicity.benjamini_hochberg,
    "bowker": estimators.bowker,
    "boolean_remission": scores.boolean_remission,
    "cdai": scores.cdai,
    "cdai_state": scores.cdai_state,
    "censored_lognormal_mle": estimators.censored_lognormal_mle,
    "clopper_pearson": intervals.clopper_pearson,
    "cochran_q": estimators.cochran_q,
    "cohen_dav_ci_bonett": estimators.cohen_dav_ci_bonett,
    "cohen_dz_ci_noncentral_t": estimators.cohen_dz_ci_noncentral_t,
    "copula_r_from_kendall": margins.copula_r_from_kendall,
    "copula_r_from_spearman": margins.copula_r_from_spearman,
    "ctcae_v5_grade": partial(ctcae.ctcae_v5_grade, criteria=read_toxicity()),
    "cumulative_incidence": cumulative_incidence,
    "das28_crp3": scores.das28_crp3,
    "das28_crp4": scores.das28_crp4,
    "das28_esr3": scores.das28_esr3,
    "das28_esr4": scores.das28_esr4,
    "das28_state": scores.das28_state,
    "debit": consistency.debit,
    "delta_adjusted_mean": missingness.delta_adjusted_mean,
    "detectable_dz": power.detectable_dz,
    "edish": ctcae.edish,
    "effect_sizes_paired": estimators.effect_sizes_paired,
    "eular_response": scores.eular_response,
    "exposure_adjusted_rate": intervals.exposure_adjusted_rate,
    "fixed_sequence": multiplicity.fixed_sequence,
    "friedman": estimators.friedman,
    "geometric_mean_ratio": estimators.geometric_mean_ratio,
    "grim": consistency.grim,
    "grimmer": consistency.grimmer,
    "haq_di": scores.haq_di,
    "haq_response": scores.haq_response,
    "hodges_lehmann_paired": estimators.hodges_lehmann_paired,
    "holm": multiplicity.holm,
    "implied_r_from_p": consistency.implied_r_from_p,
    "implied_r_from_t": consistency.implied_r_from_t,
    "indep_t_from_summary": consistency.indep_t_from_summary,
    "jzs_bf10_paired": estimators.jzs_bf10_paired,
    "lognormal_from_mean_sd": margins.lognormal_from_mean_sd,
    "lognormal_from_median_iqr": margins.lognormal_from_median_iqr,
    "lundex": scores.lundex,
    "mc_standard_error": margins.mc_standard_error,
    "mcnemar": intervals.mcnemar,
    "mmrm_compound_symmetry": partial(changes_of_fit, covariance="cs"),
    "mmrm_heterogeneous": partial(changes_of_fit, covariance="csh"),
    "mmrm_unstructured": mmrm.mmrm_unstructured,
    "n_paired_t": power.n_paired_t,
    "newcombe_paired": intervals.newcombe_paired,
    "normal_tolerance_k_one_sided": tolerance.normal_tolerance_k_one_sided,
    "normal_tolerance_k_two_sided_howe": tolerance.normal_tolerance_k_two_sided_howe,
    "norta_lognormal_r": margins.norta_lognormal_r,
    "np_tolerance_content": tolerance.np_tolerance_content,
    "np_tolerance_min_n": tolerance.np_tolerance_min_n,
    "p_bounds_paired": consistency.p_bounds_paired,
    "paired_t": estimators.paired_t,
    "paired_t_from_summary": consistency.paired_t_from_summary,
    "percent_possible_counts": consistency.percent_possible_counts,
    "pool_random_effects": pool_random_effects,
    "power_paired_t": power.power_paired_t,
    "prob_any_out_of_range": tolerance.prob_any_out_of_range,
    "rank_biserial_paired": estimators.rank_biserial_paired,
    "regression_to_mean": regression_to_mean.regression_to_mean,
    "regression_to_mean_m_baselines": regression_to_mean.regression_to_mean_m_baselines,
    "rm_anova_oneway": estimators.rm_anova_oneway,
    "rubin_pool": missingness.rubin_pool,
    "rule_of_three": intervals.rule_of_three,
    "sd_positivity": consistency.sd_positivity,
    "sdai": scores.sdai,
    "sdai_state": scores.sdai_state,
    "serial_gatekeeping_holm": multiplicity.serial_gatekeeping_holm,
    "shift_category": ctcae.shift_category,
    "sprite_sd_bounds": consistency.sprite_sd_bounds,
    "statcheck_t": consistency.statcheck_t,
    "stouffer": consistency.stouffer,
    "stuart_maxwell": estimators.stuart_maxwell,
    "tipping_point_delta": missingness.tipping_point_delta,
    "truncnorm_moments": margins.truncnorm_moments,
    "upper_one_sided_cp": intervals.upper_one_sided_cp,
    "wilcoxon_signed_rank": estimators.wilcoxon_signed_rank,
    "wilson": intervals.wilson,
}


def agrees(expected: Any, answer: Any, tol: float) -> bool:
    """Whether an answer is the expected one."""
    if expected is None:
        return _is_null(answer)
    if isinstance(expected, Mapping):
        named = answer if isinstance(answer, Mapping) else {}
        return all(name in named and agrees(part, named[name], tol) for name, part in expected.items())
    if isinstance(expected, list):
        parts = list(answer) if _is_sequence(answer) else None
        return parts is not None and len(parts) == len(expected) and all(map(agrees, expected, parts, [tol] * len(parts)))
    if isinstance(expected, bool | str) or isinstance(answer, bool | str):
        return type(answer) is type(expected) and bool(answer == expected)
    if not _is_number(answer) or math.isinf(expected):
        return bool(answer == expected)
    return bool(abs(answer - expected) <= tol * max(1.0, abs(expected)))


def _is_sequence(answer: Any) -> bool:
    return not isinstance(answer, str | Mapping) and (isinstance(answer, Sequence) or hasattr(answer, "tolist"))


def _is_number(answer: Any) -> bool:
    return isinstance(answer, int | float) or (hasattr(answer, "dtype") and getattr(answer, "ndim", 1) == 0)


def _is_null(answer: Any) -> bool:
    if isinstance(answer, Mapping):
        return bool(answer) and all(map(_is_null, answer.values()))
    if isinstance(answer, tuple):
        return bool(answer) and all(map(_is_null, answer))
    return answer is None or (isinstance(answer, float) and math.isnan(answer))


def run_vector(vector: Mapping[str, Any]) -> str:
    """What is wrong with one vector's answer, in one line; empty where nothing is."""
    inputs = {name: value for name, value in vector["inputs"].items() if name != "name"}
    try:
        answer = FUNCTIONS[vector["function"]](**inputs)
    except Exception as error:
        return f"{vector['id']}: {vector['function']} raised {type(error).__name__}: {error}".splitlines()[0]
    if agrees(vector["expected"], answer, vector.get("tol") or 0):
        return ""
    return f"{vector['id']}: expected {vector['expected']!r}, got {answer!r}".replace("\n", " ")


def run_file(path: str | Path) -> Iterator[tuple[str, str]]:
    """Each vector of a file: its state (passed, failed, not implemented) and, unless it passed, a line about it."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    for vector in content["vectors"] if isinstance(content, Mapping) else content:
        if vector["function"] not in FUNCTIONS:
            yield "not implemented", f"{vector['id']}: {vector['function']} is not implemented"
            continue
        wrong = run_vector(vector)
        yield ("failed", wrong) if wrong else ("passed", "")


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong, one line each, then the summary; 1 where anything failed, 2 for wrong usage."""
    if len(arguments) != 1:
        print("usage: python -m tests.vectors FILE.json", file=sys.stderr)
        return 2
    outcomes = list(run_file(arguments[0]))
    for _, line in outcomes:
        if line:
            print(line)
    states = [state for state, _ in outcomes]
    print(", ".join(f"{states.count(state)} {state}" for state in ("passed", "failed", "not implemented")))
    return int("failed" in states)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
