"""What every descriptive row has in common: who is counted, how values are summarised, how a proportion gets its interval."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from racohort.intervals import clopper_pearson
from racohort.results import pick_result
from racohort.terms import POPULATIONS

#: The statistics of a summary, in the order in which a reader meets them.
SUMMARY = ("n", "mean", "sd", "median", "q1", "q3", "min", "max")

#: The same with the ends of the central nine tenths, which a fan chart needs.
SUMMARY_AND_TAILS = (*SUMMARY, "p05", "p95")

_QUANTILES = {"p05": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "p95": 0.95}


def members(adsl: pd.DataFrame, population: str) -> pd.Index:
    """Patients of a population, by the ADSL flag that defines it.

    Parameters
    ----------
    adsl : frame with USUBJID and the flag columns of `terms.POPULATIONS`.
    population : "all", "safety" or "efficacy".

    Returns
    -------
    Index of USUBJID, each once, in the order of ADSL. Raises KeyError for a population that does not exist.

    >>> members(pd.DataFrame({"USUBJID": ["1", "2"], "SAFFL": ["Y", "N"]}), "safety").tolist()
    ['1']
    """
    people: list[str] = adsl.loc[adsl[POPULATIONS[population]] == "Y", "USUBJID"].unique().tolist()
    return pd.Index(people, dtype="str")


def analysed(
    data: pd.DataFrame, people: Iterable[str], visits: Iterable[str], codes: Iterable[str] | None = None
) -> pd.DataFrame:  # fmt: skip
    """The record that stands for each patient, parameter and planned visit (ANL01FL "Y"), of some patients and visits.

    Rows whose AVAL is missing have no number to summarise and are left out, and so are other parameters than `codes` where these
    are given; the input is unchanged.
    """
    keep = (data["ANL01FL"] == "Y") & data["USUBJID"].isin(pd.Index(people)) & data["AVISIT"].isin(list(visits))
    keep &= data["AVAL"].notna()
    return data[keep if codes is None else keep & data["PARAMCD"].isin(list(codes))]


def group_summary(frame: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Summaries of a column within groups.

    Parameters
    ----------
    frame : tidy rows; missing values of `value` are left out.
    by : grouping columns.
    value : the column that is summarised, in its own unit.

    Returns
    -------
    Frame indexed by the groups with the columns of `SUMMARY_AND_TAILS`. The SD has n - 1 below it and is NaN for one value;
    quantiles interpolate linearly (type 7 of Hyndman and Fan, the default of R and NumPy).

    >>> rows = pd.DataFrame({"g": ["a", "a", "a"], "x": [1.0, 2.0, 6.0]})
    >>> group_summary(rows, ["g"], "x").loc["a", ["n", "mean", "q1"]].tolist()
    [3.0, 3.0, 1.5]
    """
    grouped = frame.groupby(by, observed=True)[value]
    plain = grouped.agg(["count", "mean", "std", "min", "max"]).set_axis(["n", "mean", "sd", "min", "max"], axis="columns")
    quantiles = {name: grouped.quantile(share) for name, share in _QUANTILES.items()}
    return plain.assign(**quantiles).astype("float64")[list(SUMMARY_AND_TAILS)]


def summary_rows(
    summary: pd.DataFrame, groups: Iterable[Any], size: int, statistics: Iterable[str] = SUMMARY, **common: Any
) -> list[dict[str, Any]]:
    """One row per group and statistic of a `group_summary`; a group without values has n = 0 and no other number.

    `groups` are index values of the summary as tuples; the index names become columns of the rows. `size` is the number of
    patients in the population, against which `n_missing` is counted.
    """
    rows = []
    for group in groups:
        found = summary.loc[group] if group in summary.index else pd.Series({"n": 0.0})
        values = group if isinstance(group, tuple) else (group,)
        named = dict(zip(map(str, summary.index.names), values, strict=True)) | common
        n = int(found["n"])
        rows += [{**named, "statistic": s, "value": found.get(s), "n": n, "n_missing": size - n} for s in statistics]
    return rows


def proportion_row(count: int, n: int, level: float, **parts: Any) -> dict[str, Any]:
    """A proportion with its Clopper-Pearson interval; nothing but `n` where the denominator is zero.

    >>> row = proportion_row(0, 64, 0.95, by="overview", category="SERIOUS")
    >>> row["count"], row["n"], row["value"], round(row["upper"], 4)
    (0, 64, 0.0, 0.056)
    """
    row = {"statistic": "proportion", "method": "clopper_pearson", **parts, "count": int(count), "n": int(n), "level": level}
    if not n:
        return row
    lower, upper = clopper_pearson(int(count), int(n), level)
    return {**row, "value": count / n, "lower": lower, "upper": upper}


def spread_results(results: pd.DataFrame, keys: list[str], value: str = "value") -> pd.DataFrame:
    """Result rows with one column per statistic, indexed by `keys` in the order of their first appearance."""
    wide = results.set_index([*keys, "statistic"])[value].unstack()
    order = results[keys].drop_duplicates()
    return wide.reindex(pd.MultiIndex.from_frame(order) if len(keys) > 1 else order[keys[0]])


def only(results: pd.DataFrame, **parts: str) -> pd.Series:
    """The one row that matches; raises ValueError where there is none or several."""
    found = pick_result(results, **parts)
    if found is None:
        raise ValueError(f"no result row matches {parts}")
    return found


def largest(results: pd.DataFrame, column: str = "value") -> pd.Series:
    """The result row with the largest number in a column, the first of equals; missing ones do not count."""
    return results.iloc[int(np.nanargmax(results[column].to_numpy(dtype="float64")))]


def were_supplied(results: pd.DataFrame) -> bool:
    """Whether the cohort came with an event file, from the row `supplied` of `estimate_events`."""
    told = pick_result(results, statistic="supplied", category="AE")
    return told is not None and told["value_text"] == "yes"


def range_excess(rows: pd.DataFrame) -> pd.Series:
    """How far beyond the nearer limit a value lies, in widths of the range; negative inside it.

    >>> range_excess(pd.DataFrame({"AVAL": [45.0, 25.0, 5.0], "ANRLO": [10.0] * 3, "ANRHI": [40.0] * 3})).round(3).tolist()
    [0.167, -0.5, 0.167]
    """
    width = rows["ANRHI"] - rows["ANRLO"].fillna(0.0)
    beyond = np.fmax(rows["AVAL"] - rows["ANRHI"], rows["ANRLO"] - rows["AVAL"])
    return pd.Series(beyond / width.where(width > 0), index=rows.index)
