"""The results spine: every statistic that reaches a reader is one row of one frame, unrounded, with a stable id."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from racohort.few import Bounded
from racohort.terms import RESULT_COUNTS, RESULT_ID, RESULT_NUMBERS, RESULTS


def result_id(row: Mapping[str, Any]) -> str:
    """The id of a result row: its parts joined by points, `-` for an empty one, then `by` and `category` where there are any.

    >>> result_id({"section": "efficacy", "PARAMCD": "CRP", "AVISIT": "Y3", "population": "efficacy",
    ...            "contrast": "Y3-BL", "statistic": "gmr", "method": "paired_t_log"})
    'efficacy.CRP.Y3.efficacy.Y3-BL.gmr.paired_t_log'
    """
    parts = [str(row.get(part) or "-") for part in RESULT_ID]
    if row.get("by"):
        parts += [str(row["by"]), str(row.get("category") or "-")]
    return ".".join(parts)


def as_results(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Result rows as a frame with the columns of `terms.RESULTS`.

    A row is a mapping with any of those columns but `result_id`; what it leaves out is not applicable: empty text, NaN or NA.
    Raises ValueError for an unknown column and for two rows with one id.
    """
    rows = list(rows)
    unknown = sorted({key for row in rows for key in row} - set(RESULTS))
    if unknown:
        raise ValueError(f"a result row has no column {', '.join(unknown)}; its columns are {', '.join(RESULTS)}")
    frame = pd.DataFrame([{**row, "result_id": result_id(row)} for row in rows], columns=list(RESULTS))
    for column in RESULTS:
        if column in RESULT_COUNTS or column in RESULT_NUMBERS:
            frame[column] = _as_numbers(frame[column], "Int64" if column in RESULT_COUNTS else "float64")
        else:
            frame[column] = frame[column].astype("str").where(frame[column].notna(), "")
    return _check_unique(frame)


def _as_numbers(column: pd.Series, kind: str) -> pd.Series:
    """Numbers of one kind; those of which only the bounds are told stay as they are."""
    if any(isinstance(number, Bounded) for number in column):
        return column.astype(object)
    numbers = pd.to_numeric(column)
    return numbers.astype("Int64") if kind == "Int64" else numbers.astype("float64")


def join_results(*frames: pd.DataFrame) -> pd.DataFrame:
    """Several results frames under each other; raises ValueError where an id occurs twice."""
    kept = [frame for frame in frames if len(frame)]
    return _check_unique(pd.concat(kept, ignore_index=True)) if kept else as_results([])


def _check_unique(frame: pd.DataFrame) -> pd.DataFrame:
    twice = frame.loc[frame["result_id"].duplicated(), "result_id"]
    if len(twice):
        raise ValueError(f"result ids must be unique; twice: {', '.join(twice.unique()[:5])}")
    return frame


def select_results(results: pd.DataFrame, **parts: str | Iterable[str]) -> pd.DataFrame:
    """The rows whose columns equal the given values (a text, or any of several texts), in their order, renumbered."""
    return results[_matching(results, parts)].reset_index(drop=True)


def _matching(results: pd.DataFrame, parts: Mapping[str, str | Iterable[str]]) -> np.ndarray:
    """Which rows match. Tables ask this a thousand times, so that a single text is compared without a detour."""
    keep = np.ones(len(results), dtype=bool)
    for column, wanted in parts.items():
        same = results[column].array == wanted if isinstance(wanted, str) else results[column].isin(list(wanted))
        keep &= np.asarray(same, dtype=bool)
    return keep


def pick_result(results: pd.DataFrame, **parts: str) -> pd.Series | None:
    """The one row that matches, or None where this cohort has none; raises ValueError where several match."""
    found = np.flatnonzero(_matching(results, parts))
    if len(found) > 1:
        ids = results["result_id"].iloc[found[:2]]
        raise ValueError(f"{len(found)} rows match {parts}; the first two: {', '.join(ids)}")
    return results.iloc[found[0]] if len(found) else None
