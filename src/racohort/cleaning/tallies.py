"""What became of rows, cells and numbers, counted: enough to draw what cleaning did, and nobody's values."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.rules import RULES

FATES = ("file", "sheet", "fate", "rows")
CELLS = ("file", "sheet", "column", "PARAMCD", "AVISIT", "cells", "used", "missing", "quarantined", "in_rows")
NUMBERS = ("file", "sheet", "column", "PARAMCD", "unit", "factor", "number", "read", "used")
#: Significant digits to which numbers are tallied: enough for a picture, too few to know a patient by.
DIGITS = 3
#: Rules that leave out a row without losing anything.
_BESIDE = [name for name, rule in RULES.items() if rule.cls == "normalise"]


def tally_fates(sheets: Sequence[Sheet], people: pd.Index) -> pd.DataFrame:
    """One row a file and fate of rows: `used`, `filter` (patients who were not chosen), or the rule that left rows out.

    The rows of a file add up to those that were read.
    """
    parts = []
    for sheet in sheets:
        about = sheet.about(people)
        fate = np.where(sheet.keep, np.where(about, "used", "filter"), sheet.why)
        counts = pd.Series(fate, dtype="str").value_counts(sort=False)
        cut = max(sheet.table.rows_read - len(sheet), 0)  # rows too short to have cells never came into the sheet
        counts = pd.concat([counts, pd.Series({"short_row": cut} if cut else {}, dtype="int64")])
        frame = pd.DataFrame({"fate": counts.index.astype("str"), "rows": counts.to_numpy(dtype="int64")})
        parts.append(frame.assign(file=sheet.table.file, sheet=sheet.table.sheet))
    return _joined(parts, FATES)


def tally_cells(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """What became of every cell of every measured column: `cells` = `used` + `missing` + `quarantined` + `in_rows`.

    One row a column and parameter; `in_rows` counts the cells of rows that were left out as a whole.
    """
    return _joined([_fates_of_cells(sheet, field) for sheet in sheets for field in sheet.fields], CELLS)


def _fates_of_cells(sheet: Sheet, field: Field) -> pd.DataFrame:
    fates = {
        "used": field.good & sheet.keep, "missing": field.missing & sheet.keep,
        "quarantined": field.bad & ~field.missing & sheet.keep, "in_rows": ~sheet.keep,
    }  # fmt: skip
    counts = _by_reading(field, {"cells": np.ones(len(sheet), dtype=bool), **fates})
    counts = counts.groupby(field.readings.PARAMCD.astype("str"), sort=False).sum().rename_axis("PARAMCD")
    return _named(counts.reset_index(), sheet, field).assign(AVISIT=field.column.visit or "")


def _by_reading(field: Field, rows: Mapping[str, Mask]) -> pd.DataFrame:
    """How many of the rows of each mask hold each reading of a field."""
    n = len(field.readings.text)
    return pd.DataFrame({name: np.bincount(field.at[mask], minlength=n) for name, mask in rows.items()})


def tally_numbers(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """How often each number stands in each measured column, as it was written, and how often it is used.

    One row a column, parameter, unit and number; `unit` is empty where none was given, `factor` leads to the catalogue's unit. A
    number is rounded to three significant digits; of a value beyond an assay limit the limit is counted. Rows that only repeat
    another one are not counted.
    """
    return _joined([_numbers(sheet, field) for sheet in sheets for field in sheet.fields], NUMBERS)


def _numbers(sheet: Sheet, field: Field) -> pd.DataFrame:
    readings = field.readings
    known = np.where(readings.censored == "", readings.aval, readings.limit)
    beside = pd.Series(sheet.why, dtype=object).isin(_BESIDE).to_numpy()
    counts = _by_reading(field, {"read": ~beside, "used": field.good & sheet.keep})
    frame = counts.assign(
        PARAMCD=readings.PARAMCD.astype("str"), unit=readings.unit.astype("str"), factor=readings.factor,
        number=rough(known / readings.factor),
    )[~readings.missing & np.isfinite(known) & (counts["read"] > 0).to_numpy()]  # fmt: skip
    counts = frame.groupby(["PARAMCD", "unit", "factor", "number"], sort=True)[["read", "used"]].sum().reset_index()
    return _named(counts, sheet, field)


def rough(values: np.ndarray) -> np.ndarray:
    """Numbers to three significant digits.

    >>> rough(np.array([1234.5, -0.0123456, 0.0])).tolist()
    [1230.0, -0.0123, 0.0]
    """
    size = np.floor(np.log10(np.abs(np.where(values == 0, 1, values))))
    scale = 10.0 ** (DIGITS - 1 - size)
    return np.asarray(np.round(values * scale) / scale)


def _named(counts: pd.DataFrame, sheet: Sheet, field: Field) -> pd.DataFrame:
    return counts.assign(file=sheet.table.file, sheet=sheet.table.sheet, column=field.name)


def _joined(parts: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    frames = [part for part in parts if len(part)]
    return pd.concat(frames, ignore_index=True)[list(columns)] if frames else pd.DataFrame(columns=list(columns))
