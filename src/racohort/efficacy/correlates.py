"""What goes with a larger change: one characteristic at a time, explored and not tested as a plan would.

Every line is a regression of the change on one characteristic and the baseline value, so that a characteristic of patients
who started high is not taken for one of patients who fell far. With few patients most of what there is cannot be seen.
"""

from collections.abc import Iterator
from math import sqrt, tanh
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.endpoints import visit_table
from racohort.escalation import escalated_until
from racohort.multiplicity import benjamini_hochberg
from racohort.plan import Plan, Visit
from racohort.results import as_results
from racohort.summaries import members

Row = dict[str, Any]

#: Characteristics at baseline and what a slope is per; a yes or no needs so many patients on each side.
CORRELATES = {"AGE": "SD", "DISDUR": "SD", "HAQDI": "SD", "CRP": "SD of the logarithm", "SEX": "female against male",
              "RF": "positive against negative", "ACCP": "positive against negative",
              "ESCALATED": "escalated against not"}  # fmt: skip
FEWEST = 5


def estimate_correlates(
    values: pd.DataFrame, adsl: pd.DataFrame, adcm: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:  # fmt: skip
    """How the change of DAS28 at the primary visit differs by age, duration, function, CRP, sex, serostatus and escalation.

    Returns
    -------
    By CORRELATE, contrast `Y1-BL`: `correlate` (`ols_hc3`), the difference in change per standard deviation or between yes and
    no, at the same baseline DAS28, with a heteroscedasticity-consistent interval, p, and p_adjusted over all of them (Benjamini
    and Hochberg, family `correlates`); n patients with both scores and the characteristic. Seropositive is above the upper
    limit of the reference range at baseline. And `detectable_correlation` (`fisher`), the correlation that n pairs show 8
    times in 10. Left out: what was not supplied, does not vary, or has fewer than five patients on one side. No p of baseline
    DAS28 itself: it is part of the change, and correlates with it without any cause.
    """
    if plan.das28 not in set(values["PARAMCD"].unique()):
        return as_results([])
    visit = next(v for v in plan.follow_ups if plan.primary_visit == v.AVISIT)
    people, wide = members(adsl, "efficacy"), visit_table(values, plan.das28, plan)
    pairs = wide[[plan.baseline.AVISIT, visit.AVISIT]].dropna()
    columns = dict(_columns(values, adsl, adcm, plan, catalogue, visit))
    found = [row for name, column in columns.items() for row in _correlate_rows(pairs, column.reindex(pairs.index), name, plan)]
    adjusted = benjamini_hochberg([row["p_value"] for row in found])
    rows = [row | {"p_adjusted": q, "family": "correlates"} for row, q in zip(found, adjusted, strict=True)]
    if len(pairs) > 3:
        rows.append({"statistic": "detectable_correlation", "method": "fisher", "n": len(pairs),
                     "value": tanh((stats.norm.isf(plan.alpha / 2) + stats.norm.ppf(0.8)) / sqrt(len(pairs) - 3))})  # fmt: skip
    place = {"section": "efficacy", "population": "efficacy", "PARAMCD": plan.das28, "AVISIT": visit.AVISIT,
             "contrast": plan.contrast(visit.AVISIT), "function": "efficacy.estimate_correlates"}  # fmt: skip
    return as_results(place | row | {"n_missing": len(people) - row["n"]} for row in rows)


def _columns(
    values: pd.DataFrame, adsl: pd.DataFrame, adcm: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame, visit: Visit
) -> Iterator[tuple[str, pd.Series]]:  # fmt: skip
    """Each characteristic by patient: numbers, or 1 for yes and 0 for no."""
    people = adsl.set_index("USUBJID")
    yield from ((name, people[name].astype(float)) for name in ("AGE", "DISDUR"))
    yield "SEX", people["SEX"].map({"F": 1.0, "M": 0.0})
    there = set(values["PARAMCD"].unique())
    for code in (code for code in ("HAQDI", "CRP", "RF", "ACCP") if code in there):
        base = visit_table(values, code, plan)[plan.baseline.AVISIT]
        if code in ("RF", "ACCP"):
            high = float(catalogue.loc[code, ["range_high_m", "range_high_f"]].to_numpy(dtype=float).max())
            yield code, (base > high).astype(float).where(base.notna() & np.isfinite(high))
        else:
            yield code, np.log(base.where(base > 0)) if code == "CRP" else base
    if len(adcm):
        yield "ESCALATED", pd.Series(people.index.isin(escalated_until(adcm, visit)), people.index).astype(float)


def _correlate_rows(pairs: pd.DataFrame, column: pd.Series, name: str, plan: Plan) -> Iterator[Row]:
    known = column.notna().to_numpy()
    x, base, change = column[known].to_numpy(float), pairs.iloc[:, 0][known].to_numpy(), pairs.diff(axis=1).iloc[:, 1][known]
    binary = CORRELATES[name] not in ("SD", "SD of the logarithm")
    if len(x) < 2 * FEWEST or not np.ptp(x) > 0 or (binary and min(x.sum(), len(x) - x.sum()) < FEWEST):
        return
    scaled = x if binary else (x - x.mean()) / x.std(ddof=1)
    slope, se = slope_hc3(np.column_stack([scaled, np.ones(len(x)), base]), change.to_numpy())
    df = len(x) - 3
    p = 2 * float(stats.t.sf(abs(slope) / se, df)) if se > 0 else np.nan
    half = float(stats.t.isf((1 - plan.level) / 2, df)) * se
    yield {"statistic": "correlate", "method": "ols_hc3", "by": "CORRELATE", "category": name, "value": slope,
           "lower": slope - half, "upper": slope + half, "level": plan.level, "n": len(x), "p_value": p,
           "note": f"Per {CORRELATES[name]}." if not binary else f"{CORRELATES[name].capitalize()}."}  # fmt: skip


def slope_hc3(design: np.ndarray, outcome: np.ndarray) -> tuple[float, float]:
    """The first coefficient of an ordinary regression and its standard error by HC3 (MacKinnon and White 1985).

    Patients with much leverage count with the residual that they would have if left out. NaN for a singular design.
    Oracle: statsmodels OLS(cov_type="HC3").

    >>> design = np.column_stack([[0.0, 1.0, 2.0, 3.0], np.ones(4)])
    >>> [round(number, 4) for number in slope_hc3(design, np.array([1.0, 3.0, 4.0, 8.0]))]
    [2.2, 0.7778]
    """
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return np.nan, np.nan
    bread = np.linalg.inv(design.T @ design)
    leverage = np.einsum("ij,jk,ik->i", design, bread, design)
    residual = (outcome - design @ (bread @ design.T @ outcome)) / np.maximum(1 - leverage, 1e-12)
    covariance = bread @ (design.T * residual**2) @ design @ bread
    return float((bread @ design.T @ outcome)[0]), float(np.sqrt(covariance[0, 0]))
