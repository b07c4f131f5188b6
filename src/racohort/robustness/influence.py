"""Leave one patient out, or one site: whether any single one carries a result."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.endpoints import Endpoint, change_row, working_table
from racohort.estimators import paired_t
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
    for endpoint, AVISIT, change in _changes(values, plan, catalogue):
        common = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": AVISIT,
                  "contrast": plan.contrast(AVISIT), "method": "leave_one_out", "n": len(change),
                  "function": "robustness.estimate_leave_one_out"}  # fmt: skip
        rows += [common | row for row in _rows(change.to_numpy(), endpoint, plan.level)]
    return as_results(rows)


def select_overturning(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The patients whom `overturned` of `estimate_leave_one_out` counts, by name: for the internal report only.

    Returns
    -------
    One row for each endpoint, follow-up visit and patient, in the order of patients: USUBJID, PARAMCD, AVISIT; `own`, the
    patient's change, or for a log scale the ratio; `value`, `lower`, `upper`, that of the other patients. A patient without
    both values has no row.
    """
    rows = []
    for endpoint, AVISIT, change in _changes(values, plan, catalogue):
        if len(change) < 3:
            continue
        mean, half, _ = _without_each(change.to_numpy(), plan.level)
        for place in np.flatnonzero(_overturning(change.to_numpy(), plan.level)).tolist():
            own, others = float(change.iloc[place]), (mean[place] - half[place], mean[place] + half[place])
            row = change_row(endpoint, mean[place], others, plan.level) | {"own": np.exp(own) if endpoint.log else own}
            rows.append(row | {"USUBJID": change.index[place], "PARAMCD": endpoint.PARAMCD, "AVISIT": AVISIT})
    return pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "AVISIT", "own", "value", "lower", "upper"])


def _changes(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Iterator[tuple[Endpoint, str, pd.Series]]:
    """Each headline endpoint and follow-up visit with the changes, on the working scale, of the patients who have both."""
    for endpoint in headline(values, plan, catalogue):
        wide = working_table(values, endpoint, plan)
        for visit in plan.follow_ups:
            yield endpoint, visit.AVISIT, (wide[visit.AVISIT] - wide[plan.baseline.AVISIT]).dropna()


def estimate_leave_one_site_out(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The mean change with each site left out in turn, complete pairs, on the scale of the analyte.

    Returns
    -------
    As `estimate_leave_one_out`, method `leave_one_site_out`: `mean_change` (or `gmr`) by `left_out`, the two extremes, `n` the
    pairs that remain, the site in the note; and `overturned`, `count` of the `n` sites without which the interval would change
    sides of no change. Empty where fewer than two sites are recorded, or one without the other leaves fewer than three pairs.
    """
    sites = adsl.set_index("USUBJID")["SITEID"].astype(str).str.strip()
    rows: list[Row] = []
    for endpoint, AVISIT, change in _changes(values, plan, catalogue):
        common = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": AVISIT,
                  "contrast": plan.contrast(AVISIT), "method": "leave_one_site_out",
                  "function": "robustness.estimate_leave_one_site_out"}  # fmt: skip
        rows += [common | row for row in _site_rows(change, sites.reindex(change.index), endpoint, plan.level)]
    return as_results(rows)


def _site_rows(change: pd.Series, sites: pd.Series, endpoint: Endpoint, level: float) -> Iterator[Row]:
    known = sorted(set(sites[sites != ""]))
    fits = {site: paired_t(change[sites != site], np.zeros(int((sites != site).sum())), level) for site in known}
    if len(known) < 2 or any(fit["n"] < 3 for fit in fits.values()):
        return
    order = sorted(known, key=lambda site: fits[site]["mean_diff"])
    for category, site in (("lowest", order[0]), ("highest", order[-1])):
        fit = fits[site]
        row = change_row(endpoint, fit["mean_diff"], fit["ci"], level) | {"by": "left_out", "category": category}
        yield row | {"p_value": fit["p"], "n": fit["n"], "note": f"Without site {site}."}
    everyone = paired_t(change, np.zeros(len(change)), level)
    limits = (fit["ci"] for fit in (everyone, *fits.values()))
    side, *without = (np.sign(lower) * (lower * upper > 0) for lower, upper in limits)
    overturned = sum(other != side for other in without)
    yield {"statistic": "overturned", "count": overturned, "value": float(overturned), "n": len(known)}


def _rows(change: np.ndarray, endpoint: Endpoint, level: float) -> Iterator[Row]:
    if len(change) < 3:
        return
    mean, half, p = _without_each(change, level)
    for category, place in (("lowest", int(np.argmin(mean))), ("highest", int(np.argmax(mean)))):
        ci = (mean[place] - half[place], mean[place] + half[place])
        yield change_row(endpoint, mean[place], ci, level) | {"by": "left_out", "category": category, "p_value": p[place]}
    overturned = int(_overturning(change, level).sum())
    yield {"statistic": "overturned", "count": overturned, "value": float(overturned)}


def _overturning(change: np.ndarray, level: float) -> np.ndarray:
    """True for each patient without whom the interval would change sides of no change."""
    mean, half, _ = _without_each(change, level)
    spread = stats.t.isf((1 - level) / 2, len(change) - 1) * change.std(ddof=1) / np.sqrt(len(change))
    everyone = _side(np.array([change.mean()]), np.array([spread]))
    return np.asarray(_side(mean, half) != everyone)


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
