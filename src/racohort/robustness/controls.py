"""Negative controls: analytes that nothing in this disease or its treatment should move, judged by interval within a margin."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.endpoints import paired_values, visit_table
from racohort.estimators import paired_t
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import analysed, members

Row = dict[str, Any]

#: Declared before looking. Acute-phase analytes, MCV and liver tests are left out: disease and methotrexate move them.
NEGATIVE_CONTROLS = ("SODIUM", "K", "CL", "CA", "PHOS", "UREA", "CREAT", "URATE")
#: The margin as a share of the width of the reference range.
MARGIN = 0.25


def compare_negative_controls(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Whether measurements that should stand still did stand still.

    Parameters
    ----------
    adlb, adsl, plan, catalogue : laboratory values, patients, visits, reference ranges (the mean width of both sexes)

    Returns
    -------
    Per analyte of `NEGATIVE_CONTROLS` and follow-up visit: `negative_control` (`paired_t`), the mean change with its interval;
    value_text `within margin` where the whole interval lies within a quarter of the reference range either way, `beyond margin`
    where it lies outside, `not decided` where it crosses; and `margin`. An analyte without a reference range or without
    two pairs is left out. A drift of such an analyte points to the laboratory or to who remained, not to the disease.
    """
    people = members(adsl, "efficacy")
    kept = analysed(adlb, people, [visit.AVISIT for visit in plan.visits], NEGATIVE_CONTROLS)
    rows: list[Row] = []
    for code in (code for code in NEGATIVE_CONTROLS if code in set(kept["PARAMCD"].unique()) and code in catalogue.index):
        wide, margin = visit_table(kept, code, plan), _margin(code, catalogue)
        for visit in plan.follow_ups:
            base, value = paired_values(wide, plan, visit.AVISIT)
            if len(base) > 1 and margin > 0:
                place = {"section": "robustness", "population": "efficacy", "PARAMCD": code, "AVISIT": visit.AVISIT,
                         "contrast": plan.contrast(visit.AVISIT), "unit": str(catalogue.loc[code, "AVALU"]), "n": len(base),
                         "n_missing": len(people) - len(base), "function": "robustness.compare_negative_controls"}  # fmt: skip
                rows += [place | row for row in _rows(base, value, margin, plan.level)]
    return as_results(rows)


def _margin(code: str, catalogue: pd.DataFrame) -> float:
    low, high = (catalogue.loc[code, [f"range_{side}_m", f"range_{side}_f"]].to_numpy(dtype=float) for side in ("low", "high"))
    return MARGIN * float(np.mean(high - low))


def _rows(base: np.ndarray, value: np.ndarray, margin: float, level: float) -> list[Row]:
    fit = paired_t(value, base, level)
    change = {"statistic": "negative_control", "method": "paired_t", "value": fit["mean_diff"], "lower": fit["ci"][0],
              "upper": fit["ci"][1], "level": level, "value_text": _answer(fit["ci"][0], fit["ci"][1], margin)}  # fmt: skip
    return [change, {"statistic": "margin", "method": "reference_range", "value": margin}]


def _answer(lower: float, upper: float, margin: float) -> str:
    """Where an interval lies against a margin either way.

    >>> _answer(-0.1, 0.2, 0.5), _answer(0.6, 0.9, 0.5), _answer(0.3, 0.9, 0.5)
    ('within margin', 'beyond margin', 'not decided')
    """
    if -margin < lower and upper < margin:
        return "within margin"
    return "beyond margin" if lower > margin or upper < -margin else "not decided"
