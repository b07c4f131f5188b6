"""When visits took place, against their planned days and windows, as result rows."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from racohort.plan import Plan, Visit
from racohort.results import as_results
from racohort.summaries import group_summary, summary_rows

_TIMING = ("n", "median", "q1", "q3", "min", "max")


def derive_days(visits: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The visits read with `day`: days from treatment start, or from the baseline visit in a cohort without a treatment.

    `visits` has USUBJID, AVISIT, ADT. The day of the start is 0, as planned days are counted; a visit without a date, or of a
    patient without a start, has NaN.
    """
    dates = pd.to_datetime(visits["ADT"])
    first = visits.assign(ADT=dates)[visits["AVISIT"] == plan.baseline.AVISIT].dropna(subset="ADT").drop_duplicates("USUBJID")
    start = adsl.set_index("USUBJID")["TRTSDT"] if plan.treated else first.set_index("USUBJID")["ADT"]
    begun = pd.to_datetime(start.reindex(visits["USUBJID"])).set_axis(visits.index)
    return visits.assign(day=(dates - begun).dt.days.astype("float64"))


def summarise_timing(visits: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """When visits took place: days from treatment start (from the baseline visit where there is no treatment).

    Parameters
    ----------
    visits : USUBJID, AVISIT, day (float; NaN without a date): one row per patient and visit read.
    plan : the planned visits, their days and windows.

    Returns
    -------
    Result rows for PARAMCD `VISITDAY`: n, median, quartiles and range (method `available`) by visit, and `outside_window`
    (`count` of `n` dated visits) where the visit has a window. A visit without a date counts into `n_missing`.
    """
    dated = visits[visits["day"].notna()]
    sizes = visits.groupby("AVISIT")["USUBJID"].size()
    summary = group_summary(dated, ["AVISIT"], "day")
    common = {
        "section": "cleaning",
        "PARAMCD": "VISITDAY",
        "population": "all",
        "unit": "days",
        "function": "quality.summarise_timing",
    }
    rows: list[dict[str, Any]] = []
    for visit in plan.visits:
        size = int(sizes.get(visit.AVISIT, 0))
        rows += summary_rows(summary, [visit.AVISIT], size, _TIMING, method="available", **common)
        rows += [{**common, **row} for row in _outside(dated[dated["AVISIT"] == visit.AVISIT]["day"], visit)]
    return as_results(rows)


def _outside(days: pd.Series, visit: Visit) -> Iterator[dict[str, Any]]:
    if visit.window is not None:
        outside = int((~days.between(*visit.window)).sum())
        yield {"statistic": "outside_window", "AVISIT": visit.AVISIT, "count": outside, "value": outside, "n": len(days)}
