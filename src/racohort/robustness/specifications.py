"""The specification curve: the change at the primary visit under every combination of choices that were declared beforehand.

It is shown and not tested: the specifications share their data, and none of them is a new experiment.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from racohort.endpoints import DAS28_FORMS, Endpoint, list_endpoints, visit_table
from racohort.estimators import hodges_lehmann_paired, paired_t
from racohort.plan import Plan
from racohort.results import as_results, select_results
from racohort.summaries import members

Row = dict[str, Any]

#: The choices, in the order in which they name a specification.
SUMMARIES = ("mean", "pseudo_median")
MISSING = ("complete_pairs", "carried_forward", "no_change")
POPULATIONS = ("everyone", "seen_at_every_visit")
OUTLIERS = ("kept", "removed")
#: A change further from the median than this many scaled median absolute deviations is an outlier.
FAR = 3.0
#: The pseudo-median needs the mean of every pair of patients, and is left out above this many.
MOST_RANKED = 600


def compare_specifications(
    values: pd.DataFrame, adsl: pd.DataFrame, rules: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:  # fmt: skip
    """The change of each primary endpoint at the primary visit, in every form of it, under every declared choice.

    Parameters
    ----------
    values, adsl, plan, catalogue : as everywhere
    rules : `compare_missing_rules` and `impute_changes`, for the mixed model and the imputed change

    Returns
    -------
    Rows `specification` (method `declared`) by `summary|missing|population|outliers`, PARAMCD the form of the score: value,
    interval and n. For the planned form also `model|mmrm|everyone|kept` and `mean|imputed|everyone|kept`. Combinations that
    say the same twice (a rule for the missing among those who miss nothing) are left out.
    """
    people = members(adsl, "efficacy")
    place = {"section": "robustness", "population": "efficacy", "AVISIT": plan.primary_visit, "statistic": "specification",
             "contrast": plan.contrast(plan.primary_visit), "method": "declared", "by": "summary|missing|population|outliers",
             "function": "robustness.compare_specifications"}  # fmt: skip
    rows: list[Row] = []
    for endpoint in _forms(values, plan, catalogue):
        wide = visit_table(values, endpoint.PARAMCD, plan).reindex(people)
        found = [*_declared(wide, plan), *_modelled(rules, endpoint, plan)]
        common = place | {"PARAMCD": endpoint.PARAMCD, "unit": endpoint.unit, "level": plan.level}
        rows += [common | row | {"n_missing": len(people) - row["n"]} for row in found]
    return as_results(rows)


def _forms(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> list[Endpoint]:
    """The primary endpoints on a linear scale, and every other form of the DAS28 where it is one of them."""
    everything = list_endpoints(values, plan, catalogue)
    forms = DAS28_FORMS if plan.das28 in plan.primary else ()
    return [e for e in everything if not e.log and (e.role == "primary" or e.PARAMCD in forms)]


def _declared(wide: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    for summary, missing, population, outliers in product(SUMMARIES, MISSING, POPULATIONS, OUTLIERS):
        if population == "everyone" or missing == "complete_pairs":
            chosen = wide if population == "everyone" else wide.dropna()
            change = _kept(_changes(chosen, missing, plan), outliers)
            if len(change) > 1 and (summary == "mean" or len(change) <= MOST_RANKED):
                name = "|".join((summary, missing, population, outliers))
                yield {"category": name, "n": len(change)} | _estimate(change, summary, plan.level)


def _changes(wide: pd.DataFrame, missing: str, plan: Plan) -> np.ndarray:
    """Change at the primary visit of everyone with a baseline, by one rule for the missing."""
    base, visit = wide[plan.baseline.AVISIT], plan.primary_visit
    follow_up = wide.loc[:, :visit].ffill(axis=1)[visit] if missing == "carried_forward" else wide[visit]
    follow_up = follow_up.fillna(base) if missing == "no_change" else follow_up
    return (follow_up - base).dropna().to_numpy()


def _kept(change: np.ndarray, outliers: str) -> np.ndarray:
    """All changes, or those within three scaled median absolute deviations; all of them where that deviation is zero."""
    if outliers == "kept" or not len(change):
        return change
    distance = np.abs(change - np.median(change))
    scale = 1.4826 * np.median(distance)
    return change[distance <= FAR * scale] if scale > 0 else change


def _estimate(change: np.ndarray, summary: str, level: float) -> Row:
    none = np.zeros(len(change))
    fit = paired_t(change, none, level) if summary == "mean" else hodges_lehmann_paired(change, none, level)
    return {"value": fit["mean_diff" if summary == "mean" else "estimate"], "lower": fit["ci"][0], "upper": fit["ci"][1]}


def _modelled(rules: pd.DataFrame, endpoint: Endpoint, plan: Plan) -> Iterator[Row]:
    """The mixed model's and the imputed change, which use every patient."""
    rows = select_results(rules, PARAMCD=endpoint.PARAMCD, AVISIT=plan.primary_visit, statistic="mean_change")
    names = {
        "mmrm_satterthwaite": "model|mmrm|everyone|kept",
        "mmrm_kr": "model|mmrm|everyone|kept",
        "multiple_imputation": "mean|imputed|everyone|kept",
    }
    for method, name in names.items():
        for _, row in select_results(rows, method=method).dropna(subset="value").iterrows():
            yield {"category": name, **{key: row[key] for key in ("value", "lower", "upper", "n")}}
