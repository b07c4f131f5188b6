"""Bayesian readings of the primary changes: against exactly no change, and beyond an important one under two priors."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.endpoints import Endpoint, model_row, visit_table
from racohort.estimators import jzs_bf10_paired, normal_update
from racohort.plan import Plan
from racohort.results import as_results, pick_result, select_results
from racohort.robustness.regression import POPULATION_SD

Row = dict[str, Any]

#: Scales of the Cauchy prior on d_z in the Bayes factor: narrow, the usual square root of one half, wide.
SCALES = {"0.5": 0.5, "0.707": 0.5**0.5, "1": 1.0}
#: Per score: SD of the weak prior, and changes that matter, the smaller first (DAS28: 0.6, and EULAR's 1.2; HAQ-DI: 0.22, 0.375).
WEAK_SD = {"DAS28": 2.0, "HAQDI": 1.0}
IMPORTANT = {"DAS28": (0.6, 1.2), "HAQDI": (0.22, 0.375)}
#: The sceptical prior gives a change beyond its centre by the larger important change a chance of one in twenty.
SCEPTICAL_Z = 1.645


def estimate_posteriors(
    values: pd.DataFrame, efficacy: pd.DataFrame, regression: pd.DataFrame, endpoints: tuple[Endpoint, ...], plan: Plan
) -> pd.DataFrame:  # fmt: skip
    """How strongly the data speak against no change, and how probable a change beyond an important one is.

    Parameters
    ----------
    values, endpoints, plan : as everywhere; DAS28 and HAQ-DI are looked at where they are primary
    efficacy : the efficacy section's results, for t and for the mixed model's change and standard error
    regression : `compare_regression_to_mean`, for the centre of the sceptical prior

    Returns
    -------
    Per endpoint and follow-up visit `bayes_factor` (`jzs`) by `scale`; and by `weak_prior` and `sceptical_prior`:
    `prior_mean`, `prior_sd`, `posterior_change` with credible interval, and `posterior_probability` by `beyond`. Normal prior
    and likelihood, closed form. The sceptical prior is centred on the fall that selection alone would show (middle of the
    grid), or on no change where patients were not selected for high activity; without a DAS28 there is none.
    """
    rows: list[Row] = []
    for endpoint in endpoints:
        if (score := _score(endpoint)) and endpoint.role == "primary":
            priors = {"weak_prior": (0.0, WEAK_SD[score])} | _sceptical(values, regression, endpoint, score, plan)
            for visit in plan.follow_ups:
                place = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                         "contrast": plan.contrast(visit.AVISIT), "function": "robustness.estimate_posteriors"}  # fmt: skip
                mine = select_results(efficacy, PARAMCD=endpoint.PARAMCD, AVISIT=visit.AVISIT)
                rows += [
                    place | row
                    for row in (*_factor_rows(mine), *_posterior_rows(mine, priors, endpoint, visit.AVISIT, score, plan))
                ]
    return as_results(rows)


def _score(endpoint: Endpoint) -> str:
    code = "DAS28" if endpoint.PARAMCD.startswith("DAS28") else endpoint.PARAMCD
    return code if code in IMPORTANT else ""


def _sceptical(
    values: pd.DataFrame, regression: pd.DataFrame, endpoint: Endpoint, score: str, plan: Plan
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """Centre and SD of the sceptical prior; for HAQ-DI the expected fall of DAS28 is carried over by their correlation."""
    expected = select_results(regression, statistic="rtm_change", method="barnett")["value"]
    stable = select_results(regression, statistic="rtm_change", method="stable_mean")["value"]
    if expected.empty:
        return {}
    centre = 0.0 if len(stable) and (stable > 0).all() else float(expected.median())
    carried = 1.0 if score == "DAS28" else _carried(values, endpoint, plan)
    return {"sceptical_prior": (centre * carried, IMPORTANT[score][1] / SCEPTICAL_Z)}


def _carried(values: pd.DataFrame, endpoint: Endpoint, plan: Plan) -> float:
    """How far another score falls back, by one unit of DAS28: correlation at baseline times the ratio of spreads."""
    base = [visit_table(values, code, plan)[plan.baseline.AVISIT] for code in (plan.das28, endpoint.PARAMCD)]
    both = pd.concat(base, axis=1, keys=["das28", "other"]).dropna()
    if len(both) < 3 or not (both.std() > 0).all():
        return 0.0
    return float(max(both.corr().to_numpy()[0, 1], 0.0) * both["other"].std() / POPULATION_SD)


def _factor_rows(mine: pd.DataFrame) -> Iterator[Row]:
    t = pick_result(mine, statistic="t", method="paired_t")
    if t is None or pd.isna(t["value"]):
        return
    for name, scale in SCALES.items():
        yield {"statistic": "bayes_factor", "method": "jzs", "by": "scale", "category": name, "n": t["n"],
               "n_missing": t["n_missing"], "value": jzs_bf10_paired(t["value"], int(t["n"]), scale),
               "note": "Any change against exactly none, complete pairs."}  # fmt: skip


def _posterior_rows(
    mine: pd.DataFrame, priors: dict[str, tuple[float, float]], endpoint: Endpoint, AVISIT: str, score: str, plan: Plan
) -> Iterator[Row]:  # fmt: skip
    model = model_row(mine, endpoint.PARAMCD, AVISIT, "mmrm_change")
    se = None if model is None else pick_result(mine, statistic="mmrm_se", method=model["method"])
    if model is None or se is None or not (np.isfinite(model["value"]) and se["value"] > 0):
        return
    better = -1 if endpoint.direction == "lower" else 1
    for method, (mean, sd) in priors.items():
        common = {"method": method, "n": model["n"], "n_missing": model["n_missing"]}
        scored = normal_update(model["value"], se["value"], mean, sd, conf=plan.level)
        unit = {"unit": endpoint.unit}
        yield common | unit | {"statistic": "prior_mean", "value": mean}
        yield common | unit | {"statistic": "prior_sd", "value": sd}
        yield common | unit | {"statistic": "posterior_change", "value": scored["mean"], "lower": scored["ci"][0],
                               "upper": scored["ci"][1], "level": plan.level}  # fmt: skip
        for beyond in (0.0, *IMPORTANT[score]):
            below = normal_update(model["value"], se["value"], mean, sd, better * beyond)["p_below"]
            yield common | {"statistic": "posterior_probability", "by": "beyond", "category": f"{beyond:g}",
                            "value": below if better < 0 else 1 - below}  # fmt: skip
