"""The quality of a cohort's data as result rows: what was read, changed, kept out and doubted; visit timing; limits of assays.

These rows describe files, not patients' outcomes, so their denominators are rows and cells, except where a population is named.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from racohort.plan import Plan, Visit
from racohort.results import as_results
from racohort.summaries import analysed, group_summary, members, proportion_row, summary_rows

_TIMING = ("n", "median", "q1", "q3", "min", "max")


def count_records(sources: pd.DataFrame, ledger: pd.DataFrame, quarantine: pd.DataFrame) -> pd.DataFrame:
    """Rows read, values changed in spelling and values kept out, by file.

    Parameters
    ----------
    sources : file, sheet, rows: one row per file or sheet that was read.
    ledger, quarantine : cleaning's records (`terms.LEDGER`, `terms.QUARANTINE`).

    Returns
    -------
    Result rows `rows_read`, `changed` and `kept_out` (`count`) by `file`; the category is the file's name, with the sheet where
    it has one.
    """
    rows: list[dict[str, Any]] = []
    for source in sources.to_dict("records"):
        here = {"by": "file", "category": file_name(source["file"], source["sheet"])}
        rows.append({**here, "statistic": "rows_read", "count": int(source["rows"])})
        for statistic, records in (("changed", ledger), ("kept_out", quarantine)):
            same = (records["file"] == source["file"]) & (records["sheet"].fillna("") == source["sheet"])
            rows.append({**here, "statistic": statistic, "count": int(same.sum())})
    return as_results({"section": "cleaning", "value": row["count"], "function": "quality.count_records", **row} for row in rows)


def file_name(file: str, sheet: str) -> str:
    """A file as readers know it.

    >>> file_name("visits.xlsx", "1"), file_name("labs.csv", "")
    ('visits.xlsx (sheet 1)', 'labs.csv')
    """
    return f"{file} (sheet {sheet})" if sheet else file


def count_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """How many cells, rows or files each rule of cleaning found.

    `findings` has the columns of `terms.FINDINGS`. Returns result rows `findings` by `rule`, strongest class first; `value_text`
    is the class of the rule (reject, quarantine, warn, normalise).
    """
    counted = findings.groupby(["class", "rule"], sort=False)["count"].sum().reset_index()
    return as_results(
        {
            "section": "cleaning",
            "statistic": "findings",
            "by": "rule",
            "category": row["rule"],
            "count": row["count"],
            "value": row["count"],
            "value_text": row["class"],
            "function": "quality.count_findings",
        }
        for row in counted.to_dict("records")
    )


def count_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """What became of the cells that hold measured values, by parameter: used, declared missing, or kept out.

    `cells` has PARAMCD, cells, used, missing, quarantined, in_rows: one row per source column, parameter and (shape wide) visit;
    cells `in_rows` are those of rows that were kept out whole or stand for another row. Returns result rows `cells` (`count` of
    `n` cells read) by `cell`: used, missing, kept out, in other rows. The four add up to `n`.
    """
    named = {"used": "used", "missing": "missing", "quarantined": "kept out", "in_rows": "in other rows"}
    total = cells.groupby("PARAMCD", sort=False)[["cells", *named]].sum()
    return as_results(
        {
            "section": "cleaning",
            "PARAMCD": code,
            "statistic": "cells",
            "by": "cell",
            "category": category,
            "count": row[column],
            "value": row[column],
            "n": row["cells"],
            "function": "quality.count_cells",
        }
        for code, row in total.iterrows()
        for column, category in named.items()
    )


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


def estimate_censored(data: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The proportion of values below or above what an assay can measure, with its Clopper-Pearson interval.

    `data` holds ADLB and ADQS records. Returns result rows `proportion` by `censored` (below, above) for each parameter and visit
    of a parameter that has any such value, among the enrolled patients with a value.
    """
    known = analysed(data, members(adsl, "all"), [visit.AVISIT for visit in plan.visits])
    limited = known[known["censored"] != ""]
    sides = limited[["PARAMCD", "censored"]].drop_duplicates().itertuples(index=False)
    rows = []
    for code, side in sides:
        for visit in plan.visits:
            here = known[(known["PARAMCD"] == code) & (known["AVISIT"] == visit.AVISIT)]
            place = {"PARAMCD": code, "AVISIT": visit.AVISIT, "by": "censored", "category": side}
            rows.append(proportion_row(int((here["censored"] == side).sum()), len(here), plan.level, **place))
    return as_results(
        {"section": "cleaning", "population": "all", "function": "quality.estimate_censored", **row} for row in rows
    )
