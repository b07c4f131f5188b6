"""Leave one patient out: whether any single patient carries a result."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.endpoints import Endpoint, change_row, paired_values, working_table
from racohort.plan import Plan
from racohort.results import as_results
from racohort.robustness.missing import headline

Row = dict[str, Any]


def estimate_leave_one_out(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The mean change with each patient left out in turn, complete pairs, on the scale of the analyte.

    Returns
    -------
    For each primary endpoint and biomarker and follow-up visit: `mean_change` (or `gmr`) by `left_out`, category `lowest` and
    `highest`, the two extremes with interval and p (method `leave_one_out`); and `overturned` (same method): `count` of the
    patients without whom the interval would change sides of no change, out of `n`. No extremes for fewer than three pairs.
    """
    rows = []
    for endpoint in headline(values, plan, catalogue):
        wide = working_table(values, endpoint, plan)
        for visit in plan.follow_ups:
            base, value = paired_values(wide, plan, visit.AVISIT)
            common = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                      "contrast": plan.contrast(visit.AVISIT), "method": "leave_one_out", "n": len(base),
                      "function": "robustness.estimate_leave_one_out"}  # fmt: skip
            rows += [common | row for row in _rows(value - base, endpoint, plan.level)]
    return as_results(rows)


def _rows(change: np.ndarray, endpoint: Endpoint, level: float) -> Iterator[Row]:
    if len(change) < 3:
        return
    mean, half, p = _without_each(change, level)
    for category, place in (("lowest", int(np.argmin(mean))), ("highest", int(np.argmax(mean)))):
        ci = (mean[place] - half[place], mean[place] + half[place])
        yield change_row(endpoint, mean[place], ci, level) | {"by": "left_out", "category": category, "p_value": p[place]}
    spread = stats.t.isf((1 - level) / 2, len(change) - 1) * change.std(ddof=1) / np.sqrt(len(change))
    overturned = int(np.sum(_side(mean, half) != _side(np.array([change.mean()]), np.array([spread]))))
    yield {"statistic": "overturned", "count": overturned, "value": float(overturned)}


def _without_each(change: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, half width of the interval and p without each patient, in closed form."""
    n = len(change)
    mean = (change.sum() - change) / (n - 1)
    squares = (change - change.mean()) ** 2
    variance = (squares.sum() - squares * n / (n - 1)) / (n - 2)
    se = np.sqrt(np.maximum(variance, 0) / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(mean) / se, n - 2)
    return mean, stats.t.isf((1 - level) / 2, n - 2) * se, p


def _side(mean: np.ndarray, half: np.ndarray) -> np.ndarray:
    """-1 where the interval lies below no change, 1 above, 0 where it holds it."""
    return np.where(mean + half < 0, -1, np.where(mean - half > 0, 1, 0))
