"""How much of the fall regression to the mean produces by itself: a grid of assumptions, never one number.

Patients are enrolled while their disease is active, so that part of any later fall is chance running back. How much depends
on the population they come from and on how well one measurement predicts the next; neither is known in a single arm. Formula:
Barnett 2005.
"""

from collections.abc import Iterator
from itertools import product
from math import atanh, sqrt, tanh
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.endpoints import paired_values, visit_table
from racohort.estimators import paired_t
from racohort.plan import Plan
from racohort.regression_to_mean import regression_to_mean
from racohort.results import as_results

Row = dict[str, Any]

#: Correlation of two DAS28 measurements of a stable patient (Uhlig 2009; Siemons), lower where years lie between them.
RELIABILITIES = (0.5, 0.7, 0.85)
#: DAS28 from which patients are enrolled: moderate, and high activity.
CUTOFFS = (3.2, 5.1)
#: Mean DAS28 of the population patients are enrolled from, and its SD (assumptions).
POPULATION_MEANS, POPULATION_SD = (4.0, 4.5), 1.5


def compare_regression_to_mean(values: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The change of DAS28 beside what regression to the mean alone would show.

    Returns
    -------
    By `rho|cutoff|mu`, each combination of the grid and of the cohort's own lowest baseline: `rtm_change` (`barnett`), the change
    expected without any effect (negative: a fall), and for each follow-up visit `change_beyond_rtm` (`barnett`), the observed
    mean change minus it, with the interval moved alike (the assumption is taken as known). By `rho|mu`: `rtm_change`
    (`stable_mean`), from the observed baseline mean. `oldham` (`pearson`): correlation of change with the mean of both
    visits. Empty without a DAS28.
    """
    if plan.das28 not in set(values["PARAMCD"].unique()):
        return as_results([])
    wide = visit_table(values, plan.das28, plan)
    base = wide[plan.baseline.AVISIT].dropna()
    if base.empty:
        return as_results([])
    expected = {
        key: -regression_to_mean(mu=key[2], sigma=POPULATION_SD, rho=key[0], cutoff=key[1])["rtm"] for key in _grid(base.min())
    }
    rows = [*_expected_rows(expected, base), *_stable_rows(base)]
    for visit in plan.follow_ups:
        place = {"AVISIT": visit.AVISIT, "contrast": plan.contrast(visit.AVISIT)}
        rows += [place | row for row in _change_rows(expected, *paired_values(wide, plan, visit.AVISIT), plan.level)]
    common = {
        "section": "robustness",
        "population": "efficacy",
        "PARAMCD": plan.das28,
        "function": "robustness.compare_regression_to_mean",
    }
    return as_results({**common, **row} for row in rows)


def _grid(lowest: float) -> list[tuple[float, float, float]]:
    return [
        (rho, cutoff, mu)
        for cutoff in dict.fromkeys((*CUTOFFS, float(lowest)))
        for rho, mu in product(RELIABILITIES, POPULATION_MEANS)
    ]


def _name(rho: float, cutoff: float, mu: float) -> str:
    """The category of a combination; the cohort's own lowest baseline is called `own`, so that ids stay stable."""
    return f"{rho:g}|{cutoff:g}|{mu:g}" if cutoff in CUTOFFS else f"{rho:g}|own|{mu:g}"


def _expected_rows(expected: dict[tuple[float, float, float], float], base: pd.Series) -> Iterator[Row]:
    for (rho, cutoff, mu), change in expected.items():
        note = f"Assumed: reliability {rho:g}, enrolled from DAS28 {cutoff:.4g}, population mean {mu:g} and SD {POPULATION_SD:g}."
        yield {"statistic": "rtm_change", "method": "barnett", "by": "rho|cutoff|mu", "category": _name(rho, cutoff, mu),
               "value": change, "n": len(base), "note": note}  # fmt: skip


def _stable_rows(base: pd.Series) -> Iterator[Row]:
    for rho, mu in product(RELIABILITIES, POPULATION_MEANS):
        note = f"Assumed: reliability {rho:g}, long-run mean {mu:g}; baseline mean {base.mean():.4g}."
        yield {"statistic": "rtm_change", "method": "stable_mean", "by": "rho|mu", "category": f"{rho:g}|{mu:g}",
               "value": -(1 - rho) * (base.mean() - mu), "n": len(base), "note": note}  # fmt: skip


def _change_rows(
    expected: dict[tuple[float, float, float], float], base: np.ndarray, value: np.ndarray, level: float
) -> Iterator[Row]:
    fit = paired_t(value, base, level)
    for key, change in expected.items():
        yield {"statistic": "change_beyond_rtm", "method": "barnett", "by": "rho|cutoff|mu", "category": _name(*key),
            "n": fit["n"],
               "value": fit["mean_diff"] - change, "lower": fit["ci"][0] - change, "upper": fit["ci"][1] - change,
               "level": level}  # fmt: skip
    r, lower, upper = _correlation(value - base, (value + base) / 2, level)
    yield {"statistic": "oldham", "method": "pearson", "value": r, "lower": lower, "upper": upper, "level": level, "n": fit["n"]}


def _correlation(x: np.ndarray, y: np.ndarray, level: float) -> tuple[float, float, float]:
    """Pearson's r with Fisher's interval; NaN for fewer than four pairs or without variance."""
    if len(x) < 4 or not (np.ptp(x) > 0 and np.ptp(y) > 0):
        return np.nan, np.nan, np.nan
    r = float(np.corrcoef(x, y)[0, 1])
    if abs(r) >= 1:
        return r, r, r
    half = float(stats.norm.isf((1 - level) / 2)) / sqrt(len(x) - 3)
    return r, tanh(atanh(r) - half), tanh(atanh(r) + half)
