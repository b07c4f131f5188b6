"""Diagnostics declared beforehand: whether what the main analysis needs is there. None of them chooses a test.

The shape of the changes is described and not judged: with few patients a test of normality finds nothing, with many it finds
everything, and a test chosen by it has another error than it says.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.endpoints import Endpoint, paired_values, working_table
from racohort.plan import Plan, Visit
from racohort.results import as_results, pick_result, select_results
from racohort.robustness.missing import headline
from racohort.summaries import members

Row = dict[str, Any]

#: What is asked of each endpoint and visit, with its threshold: at least so many pairs, at most this share of the population
#: without a pair, at least so many patients for each parameter of the covariance, standard errors that differ by at most this.
PAIRS, MISSING, PATIENTS_PER_PARAMETER, APART = 20, 0.2, 5.0, 0.1
DIAGNOSTICS = {
    "pairs": "20 pairs or more",
    "missing": "At most 20 % without a pair",
    "covariance": "Planned covariance, 5 patients a parameter",
    "standard_error": "Standard errors within 10 %",
    "controls": "Negative controls within margin",
}


def check_diagnostics(
    values: pd.DataFrame, adsl: pd.DataFrame, efficacy: pd.DataFrame, controls: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:  # fmt: skip
    """Pass or fail of each diagnostic for each endpoint and visit, and the shape of the changes.

    Parameters
    ----------
    values, adsl, plan, catalogue : as everywhere
    efficacy : the efficacy section's results, for the mixed model
    controls : `compare_negative_controls`

    Returns
    -------
    Rows `diagnostic` (method `declared`) by `check`, value and, as value_text, `pass`, `fail` or `not applicable`: `pairs`
    (their number), `missing` (share of the population without a pair), for primary endpoints `covariance` (patients a parameter
    of the planned structure; another structure fails) and `standard_error` (how far Kenward and Roger's lies from
    Satterthwaite's), and `controls` (share of negative controls at the visit that are not within the margin). And `skewness` and
    `excess_kurtosis` (`moments`) of the changes on the scale of the analyte: described, not judged.
    """
    size, rows = len(members(adsl, "efficacy")), []
    for endpoint in headline(values, plan, catalogue):
        wide = working_table(values, endpoint, plan)
        for visit in plan.follow_ups:
            base, value = paired_values(wide, plan, visit.AVISIT)
            place = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                     "contrast": plan.contrast(visit.AVISIT), "n": len(base), "n_missing": size - len(base),
                     "function": "robustness.check_diagnostics"}  # fmt: skip
            found = [
                _pairs(len(base)),
                _missing(len(base), size),
                *_model(efficacy, endpoint, visit, plan),
                _controls(controls, visit),
            ]
            declared = {"statistic": "diagnostic", "method": "declared", "by": "check"}
            rows += [place | declared | row for row in found] + [place | row for row in _shape(value - base)]
    return as_results(rows)


def _answer(check: str, value: float, passes: bool, note: str = "") -> Row:
    known = not np.isnan(value)
    return {"category": check, "value": value, "note": note,
            "value_text": ("pass" if passes else "fail") if known else "not applicable"}  # fmt: skip


def _pairs(n: int) -> Row:
    return _answer("pairs", float(n), n >= PAIRS)


def _missing(n: int, size: int) -> Row:
    share = 1 - n / size if size else np.nan
    return _answer("missing", share, share <= MISSING + 1e-12)


def _model(efficacy: pd.DataFrame, endpoint: Endpoint, visit: Visit, plan: Plan) -> Iterator[Row]:
    """Whether the planned covariance was fitted with enough patients, and whether its two standard errors agree."""
    if endpoint.role != "primary":
        return
    covariance = pick_result(efficacy, PARAMCD=endpoint.PARAMCD, statistic="mmrm_covariance")
    visits = len(plan.visits)
    fitted = covariance is not None and covariance["value_text"] != "none"
    each = float(covariance["n"]) / (visits * (visits + 1) / 2) if covariance is not None and fitted else np.nan
    planned = covariance is not None and covariance["value_text"] == "unstructured"
    yield _answer(
        "covariance", each, planned and each >= PATIENTS_PER_PARAMETER, "" if covariance is None else covariance["note"]
    )
    se = {method: pick_result(efficacy, PARAMCD=endpoint.PARAMCD, AVISIT=visit.AVISIT, statistic="mmrm_se", method=method)
          for method in ("mmrm_satterthwaite", "mmrm_kr")}  # fmt: skip
    known = [row["value"] for row in se.values() if row is not None]
    apart = abs(known[1] / known[0] - 1) if len(known) == 2 and known[0] > 0 else np.nan
    yield _answer("standard_error", float(apart), apart <= APART)


def _controls(controls: pd.DataFrame, visit: Visit) -> Row:
    rows = select_results(controls, statistic="negative_control", AVISIT=visit.AVISIT)
    share = float((rows["value_text"] != "within margin").mean()) if len(rows) else np.nan
    return _answer("controls", share, share == 0)


def _shape(change: np.ndarray) -> Iterator[Row]:
    enough = len(change) > 3 and np.ptp(change) > 0
    for statistic, moment in (("skewness", stats.skew), ("excess_kurtosis", stats.kurtosis)):
        yield {"statistic": statistic, "method": "moments", "value": float(moment(change, bias=False)) if enough else np.nan}
