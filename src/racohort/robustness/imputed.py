"""Multiple imputation beside the mixed model: the change if the missing are drawn from what was seen, and if they are worse."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from racohort.endpoints import Endpoint, change_row, working_table
from racohort.estimators.imputation import Column, impute_patients
from racohort.missingness import rubin_pool
from racohort.plan import Plan
from racohort.results import as_results
from racohort.robustness.missing import DAS28_STEP, POINTS, STEPS, headline
from racohort.summaries import members

Row = dict[str, Any]
Copies = np.ndarray

#: Completed copies; the standard error of a pooled estimate then hardly depends on the random numbers.
IMPUTATIONS = 50
#: How far a tipping point is sought, in steps of the grid.
FAR = 40


def impute_changes(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The change with the missing filled in many times, pooled by Rubin's rules with the degrees of freedom of Barnard and Rubin.

    Scores are imputed, not their components. Each visit of an endpoint is predicted by its other visits and by the other
    endpoints at the visit before; HAQ-DI is matched to observed values, skewed markers are drawn on the logarithm.

    Returns
    -------
    Per endpoint and follow-up visit `mean_change` or `gmr` (method `multiple_imputation`), over all patients with any of
    these values (`n`), `n_missing` of them without the pair; for primary endpoints also `delta_adjusted` by `delta` and
    `tipping_point` by `margin` 0, with every imputed follow-up worse by delta. An endpoint with too few values is left out.
    """
    endpoints, tables = _imputable(values, adsl, plan, catalogue)
    if not endpoints:
        return as_results([])
    table = np.hstack([wide.to_numpy() for wide in tables])
    rng = np.random.default_rng(np.random.SeedSequence(plan.seed).spawn(1)[0])
    copies = impute_patients(table, _columns(table, endpoints, len(plan.visits)), IMPUTATIONS, rng)
    rows: list[Row] = []
    for block, endpoint in enumerate(endpoints):
        mine = slice(block * len(plan.visits), (block + 1) * len(plan.visits))
        rows += _endpoint_rows(table[:, mine], copies[:, :, mine], endpoint, plan, np.isnan(table).any(axis=1))
    return as_results(rows)


def _imputable(
    values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> tuple[list[Endpoint], list[pd.DataFrame]]:  # fmt: skip
    """Endpoints with more observed values at every visit than a regression on the others needs, and their tables."""
    people, asked = members(adsl, "efficacy"), headline(values, plan, catalogue)
    needed = len(asked) + len(plan.visits) + 1
    tables = {e.PARAMCD: working_table(values, e, plan).reindex(people) for e in asked}
    kept = [e for e in asked if (tables[e.PARAMCD].notna().sum() >= needed).all()]
    if not kept:
        return [], []
    there = pd.concat([tables[e.PARAMCD] for e in kept], axis=1).notna().any(axis=1)
    return kept, [tables[e.PARAMCD][there] for e in kept]


def _columns(table: np.ndarray, endpoints: list[Endpoint], visits: int) -> list[Column]:
    """The chain: visit by visit in time order, each column predicted by its own other visits and by the others one visit before.

    Not by the others at the same visit: whoever misses a visit misses them all, and imputed values that predict each other drift
    away from what was observed. With this choice the means agree with maximum likelihood under a joint normal distribution.
    """
    chain = []
    for visit in range(visits):
        for block, endpoint in enumerate(endpoints):
            place = block * visits + visit
            own = [block * visits + other for other in range(visits) if other != visit]
            others = [other * visits + max(visit - 1, 0) for other in range(len(endpoints)) if other != block]
            if np.isnan(table[:, place]).any():
                chain.append(Column(place, (*own, *others), matched=endpoint.PARAMCD == "HAQDI"))
    return chain


def _endpoint_rows(
    table: np.ndarray, copies: Copies, endpoint: Endpoint, plan: Plan, completed: np.ndarray
) -> Iterator[Row]:  # fmt: skip
    """`copies` are of the patients who are `completed`; what the others have in `table` is the same in every copy."""
    missing = np.isnan(table)
    for place, visit in enumerate(plan.visits[1:], start=1):
        change, absent = np.tile(table[:, place] - table[:, 0], (len(copies), 1)), missing[:, place]
        change[:, completed] = copies[:, :, place] - copies[:, :, 0]
        common = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                  "contrast": plan.contrast(visit.AVISIT), "method": "multiple_imputation", "n": change.shape[1],
                  "n_missing": int((missing[:, 0] | absent).sum()), "function": "robustness.impute_changes"}  # fmt: skip
        pooled = _pool(change, absent, 0.0, plan.level)
        note = f"{IMPUTATIONS} imputations; {100 * pooled['lambda_']:.0f} % of the variance comes from what is missing."
        yield common | change_row(endpoint, pooled["qbar"], pooled["ci"], plan.level) | {"p_value": pooled["p"], "note": note}
        if endpoint.role == "primary" and endpoint.direction in ("lower", "higher") and not endpoint.log:
            yield from (common | {"unit": endpoint.unit} | row for row in _delta_rows(change, absent, endpoint, plan.level))


def _pool(change: Copies, absent: np.ndarray, delta: float, level: float) -> dict[str, Any]:
    """The mean change of each copy with `delta` added where the follow-up was imputed, pooled."""
    moved, n = change + delta * absent, change.shape[1]
    return rubin_pool(moved.mean(1), moved.var(1, ddof=1) / n, df_complete=n - 1, conf=level)


def _delta_rows(change: Copies, absent: np.ndarray, endpoint: Endpoint, level: float) -> Iterator[Row]:
    worse, step = (1 if endpoint.direction == "lower" else -1), STEPS.get(endpoint.PARAMCD, DAS28_STEP)
    for k in range(POINTS):
        delta = round(k * step, 10)
        pooled = _pool(change, absent, worse * delta, level)
        yield {"statistic": "delta_adjusted", "by": "delta", "category": f"{delta:g}", "value": pooled["qbar"], "level": level,
               "lower": pooled["ci"][0], "upper": pooled["ci"][1], "p_value": pooled["p"]}  # fmt: skip
    yield {"statistic": "tipping_point", "by": "margin", "category": "0",
           "value": _tipping(change, absent, worse, FAR * step, level)}  # fmt: skip


def _tipping(change: Copies, absent: np.ndarray, worse: int, far: float, level: float) -> float:
    """The delta at which the worse limit reaches no change; NaN where nobody is missing or it lies further away than `far`."""

    def limit(delta: float) -> float:
        pooled = _pool(change, absent, worse * delta, level)
        half = stats.t.isf((1 - level) / 2, pooled["df"]) * pooled["se"]
        return float(worse * pooled["qbar"] + half)

    if not absent.any() or limit(0.0) * limit(far if limit(0.0) < 0 else -far) > 0:
        return np.nan
    return float(optimize.brentq(limit, 0.0, far if limit(0.0) < 0 else -far, xtol=1e-6))
