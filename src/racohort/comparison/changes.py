"""Changes of finished runs side by side, pooled where they are the same thing, and the reason where they are not."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import exp, log
from typing import Any

import pandas as pd
from scipy import stats

from racohort.comparison.runs import Finished, Time
from racohort.estimators.pooling import pool_random_effects
from racohort.formats import listed
from racohort.results import as_results, pick_result

#: The endpoints of the paper; for those on the logarithmic scale the ratio of geometric means is compared.
ENDPOINTS = {"DAS28": False, "HAQDI": False, "ESR": True, "CRP": True, "RF": True, "ACCP": True}
#: From so many runs on a mean, and a prediction for the next run, is given.
POOLED_FROM, PREDICTED_FROM = 3, 5


def select_changes(runs: Sequence[Finished], times: Sequence[Time]) -> pd.DataFrame:
    """The change of every endpoint at every time in every run that has it.

    Columns: `endpoint`, `time` (label), `run`, `PARAMCD`, `AVISIT`, `log`, and of the run's own result row `result_id`, `value`,
    `lower`, `upper`, `level`, `n`, `unit`.
    """
    found = [row for endpoint, log in ENDPOINTS.items() for time in times for run in runs
             if (row := _change(run, endpoint, log, time)) is not None]  # fmt: skip
    names = ["endpoint", "time", "run", "log", "PARAMCD", "AVISIT", "result_id", "value", "lower", "upper", "level", "n", "unit"]
    return pd.DataFrame(found, columns=names)


def _change(run: Finished, endpoint: str, log: bool, time: Time) -> dict[str, Any] | None:
    AVISIT = time.visits.get(run.name)
    if AVISIT is None:
        return None
    kind = {"statistic": "gmr", "method": "paired_t_log"} if log else {"statistic": "mean_change", "method": "paired_t"}
    row = pick_result(run.results, section="efficacy", population="efficacy", PARAMCD=run.code(endpoint), AVISIT=AVISIT, by="",
                      contrast=f"{AVISIT}-{run.visits[0].AVISIT}", **kind)  # fmt: skip
    if row is None or pd.isna(row["lower"]) or not row["lower"] < row["upper"]:
        return None
    return dict(row) | {"endpoint": endpoint, "time": time.label, "run": run.name, "log": log}


def pool_changes(changes: pd.DataFrame, runs: Sequence[Finished], level: float = 0.95) -> pd.DataFrame:
    """The pooled change of every endpoint at every time, or the reason why there is none.

    Parameters
    ----------
    changes : rows of `select_changes`.
    runs : says which of them are synthetic, treated, and have read the same files.

    Returns
    -------
    Result rows (section `comparison`, PARAMCD the endpoint, AVISIT the time's label): `pooled_change` or `pooled_gmr` (method
    `reml_knapp_hartung`; n patients, count runs), from five runs on `prediction` with an interval and no value; where nothing
    is pooled a row `not_pooled` with the reason in `value_text`.
    """
    by_name = {run.name: run for run in runs}
    rows: list[dict[str, Any]] = []
    for (endpoint, time), group in changes.groupby(["endpoint", "time"], sort=False):
        common = {"section": "comparison", "PARAMCD": endpoint, "AVISIT": time, "function": "comparison.pool_changes",
                  "n": int(group["n"].sum()), "count": len(group)}  # fmt: skip
        reason = why_not_pooled(group, [by_name[name] for name in group["run"]])
        rows += [{**common, "statistic": "not_pooled", "value_text": reason}] if reason else _pooled(group, common, level)
    return as_results(rows)


def why_not_pooled(group: pd.DataFrame, runs: Sequence[Finished]) -> str:
    """Why the changes of these runs may not be pooled; empty where they may."""
    if len({run.synthetic for run in runs}) > 1:
        return "Not pooled: synthetic and real cohorts are never pooled."
    if group["PARAMCD"].nunique() > 1:
        return f"Not pooled: these are different scores ({listed(list(group['PARAMCD'].unique()))})."
    if group["unit"].nunique() > 1:
        return f"Not pooled: these are in different units ({listed(list(group['unit'].unique()))})."
    if len({run.treated for run in runs}) > 1:
        return "Not pooled: some of these cohorts have a start of treatment on record and others do not."
    if any(one.inputs & other.inputs for one, other in combinations(runs, 2)):
        return "Not pooled: some of these runs have read the same file, so they are about the same patients."
    if len(runs) < POOLED_FROM:
        return f"Not pooled: fewer than {('one', 'two', 'three')[POOLED_FROM - 1]} cohorts have it."
    return ""


def _pooled(group: pd.DataFrame, common: dict[str, Any], level: float) -> list[dict[str, Any]]:
    ratio = bool(group["log"].iloc[0])
    there, back = (log, exp) if ratio else (float, float)
    estimates = [there(value) for value in group["value"]]
    errors = [_error(row, there) for row in group.to_dict("records")]
    found = pool_random_effects(estimates, errors, level)
    kept = {**common, "method": "reml_knapp_hartung", "level": level, "unit": "" if ratio else group["unit"].iloc[0]}
    note = f"Between cohorts: tau² = {found['tau2']:.3g}, I² = {100 * found['i2']:.0f} %"
    limits = {name: back(found[name]) for name in ("value", "lower", "upper")}
    rows = [
        {**kept, "statistic": "pooled_gmr" if ratio else "pooled_change", **limits, "p_value": found["p_value"], "note": note}
    ]
    if len(group) >= PREDICTED_FROM:
        low, high = back(found["prediction_lower"]), back(found["prediction_upper"])
        rows.append({**kept, "statistic": "prediction", "lower": low, "upper": high})
    return rows


def _error(row: Mapping[Any, Any], there: Any) -> float:
    """The standard error behind an interval of the paired t, on the scale on which changes add."""
    t = float(stats.t.isf((1 - row["level"]) / 2, row["n"] - 1))
    return float(there(row["upper"]) - there(row["lower"])) / (2 * t)
