"""What was read, changed, kept out and doubted, as result rows; their denominators are rows and cells of files."""

from typing import Any

import pandas as pd

from racohort.results import as_results
from racohort.rules import RULES, SEVERITIES
from racohort.shapes import AGAIN


def count_records(sources: pd.DataFrame, ledger: pd.DataFrame, quarantine: pd.DataFrame) -> pd.DataFrame:
    """Rows read, values changed in spelling and values kept out, by file.

    Parameters
    ----------
    sources : file, sheet, rows: one row per file or sheet that was read.
    ledger, quarantine : cleaning's records (`terms.LEDGER`, `terms.QUARANTINE`).

    Returns
    -------
    Result rows `rows_read`, `changed` and `kept_out` (`count`) by `file`; the category is the file's name, with the sheet where
    it has one. The rows of a file that is listed in two shapes count once.
    """
    rows: list[dict[str, Any]] = []
    for source in sources.to_dict("records"):
        here = {"by": "file", "category": file_name(source["file"], source["sheet"])}
        if not AGAIN.search(source["sheet"]):
            rows.append({**here, "statistic": "rows_read", "count": int(source["rows"])})
        for statistic, records in (("changed", ledger), ("kept_out", quarantine)):
            same = (records["file"] == source["file"]) & (records["sheet"].fillna("") == source["sheet"])
            rows.append({**here, "statistic": statistic, "count": int(same.sum())})
    return as_results({"section": "cleaning", "value": row["count"], "function": "quality.count_records", **row} for row in rows)


def file_name(file: str, sheet: str) -> str:
    """A file as readers know it.

    >>> file_name("visits.xlsx", "1"), file_name("labs.csv", "")
    ('visits.xlsx (sheet 1)', 'labs.csv')
    >>> file_name("export.csv", "rows with Form ae")
    'export.csv (rows with Form ae)'
    """
    return f"{file} ({sheet if sheet.startswith('rows with ') else f'sheet {sheet}'})" if sheet else file


def count_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """How many cells, rows or files each rule of cleaning found.

    `findings` has the columns of `terms.FINDINGS`. Returns result rows `findings` by `rule`, strongest class first and within it
    the gravest; `value_text` is the class of the rule (reject, quarantine, warn, normalise).
    """
    counted = findings.groupby(["class", "rule"], sort=False)["count"].sum().reset_index()
    place = pd.DataFrame({"class": pd.factorize(counted["class"])[0], "severity": counted["rule"].map(_gravity)})
    counted = counted.loc[place.sort_values(["class", "severity"], kind="stable").index]
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


def _gravity(rule: str) -> int:
    return SEVERITIES.index(RULES[rule].severity)


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


def count_fates(fates: pd.DataFrame) -> pd.DataFrame:
    """How many rows of the files were used, and by which rule the others were left out.

    `fates` has file, sheet, fate (`used`, `filter`, or a rule) and rows. Returns result rows `rows` (`count` of `n` rows read) by
    `fate`, the used first, then by size; they add up to `n`.
    """
    sums = fates.groupby("fate", sort=False)["rows"].sum()
    ordered = sums.iloc[(-sums).argsort(kind="stable")].drop("used", errors="ignore")
    counted = {"used": int(sums.get("used", 0)), **ordered.to_dict()}
    common = {"section": "cleaning", "statistic": "rows", "by": "fate", "n": int(sums.sum()), "function": "quality.count_fates"}
    return as_results({**common, "category": fate, "count": rows, "value": rows} for fate, rows in counted.items())
