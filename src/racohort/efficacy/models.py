"""All visits at once: the mixed model that uses every value, and two descriptions of complete cases."""

from collections.abc import Iterator
from math import exp
from typing import Any

import pandas as pd

from racohort import estimators
from racohort.endpoints import Endpoint, list_endpoints, visit_table, working_table
from racohort.mmrm import Contrast, MmrmFit, fit_mmrm
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import members

Row = dict[str, Any]

#: How a covariance structure is called in a sentence.
COVARIANCES = {"us": "unstructured", "csh": "heterogeneous compound symmetry", "cs": "compound symmetry", "": "none"}


def estimate_models(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The mixed model for repeated measures of each efficacy parameter: one mean a visit, unstructured covariance, REML.

    Parameters
    ----------
    values : `endpoints.select_values`; every value of the efficacy population counts, also of patients with missing visits
    adsl, plan, catalogue : population, visits and level, scale and unit

    Returns
    -------
    Per follow-up visit `mmrm_change mmrm_se mmrm_df` by `mmrm_satterthwaite` and `mmrm_kr`, on a log scale also `mmrm_gmr`;
    per visit `mmrm_mean` (`mmrm_geometric_mean`) with interval; and `mmrm_covariance`, the structure in words with the reason
    where it is not the planned one. `n` patients contribute. NaN where no model can be fitted.
    """
    size, rows = len(members(adsl, "efficacy")), []
    for endpoint in list_endpoints(values, plan, catalogue):
        fit = fit_mmrm(visit_table(values, endpoint.PARAMCD, plan), conf=plan.level)
        found = list(_model_rows(fit, endpoint, plan, "mmrm_mean", "mmrm_change"))
        if endpoint.log:
            logs = fit_mmrm(working_table(values, endpoint, plan), conf=plan.level)
            found += _model_rows(logs, endpoint, plan, "mmrm_geometric_mean", "mmrm_gmr")
        rows += [_common(endpoint, "efficacy.estimate_models") | row | {"n_missing": size - row["n"]} for row in found]
    return as_results(rows)


def _common(endpoint: Endpoint, function: str) -> Row:
    return {
        "section": "efficacy",
        "population": "efficacy",
        "PARAMCD": endpoint.PARAMCD,
        "unit": endpoint.unit,
        "function": function,
    }


def _model_rows(fit: MmrmFit, endpoint: Endpoint, plan: Plan, mean: str, change: str) -> Iterator[Row]:
    common = {"n": fit.n_patients, "level": plan.level, "note": fit.reason}
    back = exp if change == "mmrm_gmr" else float
    for place, visit in enumerate(plan.visits):
        at = fit.mean(place)
        yield common | {"AVISIT": visit.AVISIT, "statistic": mean, "method": "mmrm_satterthwaite", "value": back(at.estimate),
                        "lower": back(at.ci[0]), "upper": back(at.ci[1])}  # fmt: skip
        if place:
            where = common | {"AVISIT": visit.AVISIT, "contrast": plan.contrast(visit.AVISIT)}
            yield from (where | row for row in _change_rows(fit.change(place), change, back))
    if change == "mmrm_change":
        words = {"value_text": COVARIANCES[fit.covariance], "unit": ""}
        yield common | {"statistic": "mmrm_covariance", "method": "reml", **words}


def _change_rows(at: Contrast, change: str, back: Any) -> Iterator[Row]:
    unit = {"unit": ""} if change == "mmrm_gmr" else {}
    ways = {
        "mmrm_satterthwaite": (at.p, at.ci, at.se, at.df_satterthwaite),
        "mmrm_kr": (at.p_kr, at.ci_kr, at.se_kr, at.df_kr),
    }
    for method, (p, ci, se, df) in ways.items():
        numbers = {"value": back(at.estimate), "lower": back(ci[0]), "upper": back(ci[1]), "p_value": p}
        yield {"statistic": change, "method": method, **numbers, **unit}
        if change == "mmrm_change":
            yield {"statistic": "mmrm_se", "method": method, "value": se}
            yield {"statistic": "mmrm_df", "method": method, "value": df, "unit": ""}


def compare_visits(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Friedman's test and repeated-measures analysis of variance over three or more visits: descriptions of complete cases.

    Returns
    -------
    For each parameter: `friedman` (chi-squared) and `kendall_w` (method `friedman`); `rm_anova` (F), by `greenhouse_geisser` and
    `uncorrected`, and `gg_epsilon`. `n` patients were seen at every visit, `n_missing` of the efficacy population were left
    out. Empty for two visits, where both repeat the paired tests.
    """
    if len(plan.visits) < 3:
        return as_results([])
    size, rows = len(members(adsl, "efficacy")), []
    for endpoint in list_endpoints(values, plan, catalogue):
        wide = visit_table(values, endpoint.PARAMCD, plan).to_numpy()
        common = _common(endpoint, "efficacy.compare_visits") | {"unit": ""}
        rows += [common | row | {"n_missing": size - row["n"]} for row in (*_friedman_rows(wide), *_anova_rows(wide))]
    return as_results(rows)


def _friedman_rows(wide: Any) -> Iterator[Row]:
    test = estimators.friedman(wide)
    yield {"statistic": "friedman", "method": "friedman", "value": test["Q"], "p_value": test["p"], "n": test["n"],
           "note": f"Chi-squared with {wide.shape[1] - 1} degrees of freedom."}  # fmt: skip
    yield {"statistic": "kendall_w", "method": "friedman", "value": test["kendall_w"], "n": test["n"]}


def _anova_rows(wide: Any) -> Iterator[Row]:
    """Given only where more patients than visits are complete: with fewer there is no covariance to correct for."""
    complete = wide[~pd.isna(wide).any(axis=1)]
    test = estimators.rm_anova_oneway(complete if len(complete) > wide.shape[1] else complete[:0]) | {"n": len(complete)}
    degrees: str = f"{test['df1']:.4g} and {test['df2']:.4g} degrees of freedom before correction." if pd.notna(test["F"]) else ""
    for method, p in (("greenhouse_geisser", test["p_gg"]), ("uncorrected", test["p"])):
        yield {"statistic": "rm_anova", "method": method, "value": test["F"], "p_value": p, "n": test["n"], "note": degrees}
    yield {"statistic": "gg_epsilon", "method": "greenhouse_geisser", "value": test["eps_gg"], "n": test["n"]}
