"""What became of rows, cells and numbers, counted: enough to draw what cleaning did, and nobody's values."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.rules import RULES
from racohort.shapes import AGAIN
from racohort.units import unit_offset

FATES = ("file", "sheet", "fate", "rows")
CELLS = ("file", "sheet", "column", "PARAMCD", "AVISIT", "cells", "used", "missing", "quarantined", "in_rows")
NUMBERS = ("file", "sheet", "column", "PARAMCD", "unit", "factor", "number", "read", "used")
#: Significant digits to which numbers are tallied: enough for a picture, too few to know a patient by.
DIGITS = 3
#: Rules that leave out a row without losing anything.
_BESIDE = [name for name, rule in RULES.items() if rule.cls == "normalise"]


def tally_fates(sheets: Sequence[Sheet], people: Mask) -> pd.DataFrame:
    """One row a file and fate of rows: `used`, `filter` (patients who were not chosen), or the rule that left rows out or unread.

    The rows of a file add up to those that were read; of a file that is listed in two shapes a row counts once.
    """
    listed: dict[tuple[str, str], list[Sheet]] = {}
    for sheet in sheets:
        listed.setdefault((sheet.table.file, AGAIN.sub("", sheet.table.sheet)), []).append(sheet)
    parts = []
    for (file, name), shapes in listed.items():
        fate = _fates(shapes[0], people)
        for other in shapes[1:]:
            fate = np.where(fate == "used", fate, _fates(other, people)) if len(other) == len(fate) else fate
        counts = pd.Series(fate, dtype="str").value_counts(sort=False)
        cut = max(shapes[0].table.rows_read - len(fate), 0)  # rows too short to have cells never came into the sheet
        counts = pd.concat([counts, pd.Series({"short_row": cut} if cut else {}, dtype="int64")])
        frame = pd.DataFrame({"fate": counts.index.astype("str"), "rows": counts.to_numpy(dtype="int64")})
        parts.append(frame.assign(file=file, sheet=name))
    return _joined(parts, FATES)


def _fates(sheet: Sheet, people: Mask) -> np.ndarray:
    """What became of every row of a sheet."""
    about = people[sheet.who]
    beside = "dataset_unread" if sheet.unread else "filter"
    return np.where(sheet.keep, np.where(about & ~np.array(sheet.unread), "used", beside), sheet.why)


def tally_cells(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """What became of every cell of every measured column: `cells` = `used` + `missing` + `quarantined` + `in_rows`.

    One row a column and parameter; `in_rows` counts the cells of rows that were left out as a whole, but for blank ones.
    """
    fields = [(sheet, field) for sheet in sheets for field in sheet.fields]
    counts = _stacked([{"PARAMCD": field.readings.PARAMCD} | _fates_of_cells(sheet, field) for sheet, field in fields])
    counts = counts.groupby(["place", "PARAMCD"], sort=False).sum().reset_index() if len(counts) else counts
    if not fields:
        return pd.DataFrame(columns=list(CELLS))
    visits = [field.column.visit or "" for _, field in fields]
    return _named(counts, fields).assign(AVISIT=[visits[place] for place in counts["place"]])[list(CELLS)]


def _fates_of_cells(sheet: Sheet, field: Field) -> dict[str, np.ndarray]:
    good, missing = field.good, field.missing
    told = field.readings.text[field.at] != ""
    return {
        "cells": _by_reading(field, sheet.keep | told), "used": _by_reading(field, good & sheet.keep),
        "missing": _by_reading(field, missing & sheet.keep),
        "quarantined": _by_reading(field, ~good & ~missing & sheet.keep), "in_rows": _by_reading(field, ~sheet.keep & told),
    }  # fmt: skip


def _by_reading(field: Field, rows: Mask | slice = slice(None)) -> np.ndarray:
    """How many of some rows hold each reading of a field."""
    return np.bincount(field.at[rows], minlength=len(field.readings.text))


def tally_numbers(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """How often each number stands in each measured column, as it was written, and how often it is used.

    One row a column, parameter, unit and number; `unit` is empty where none was given, `factor` leads to the catalogue's unit. A
    number is rounded to three significant digits; of a value beyond an assay limit the limit is counted. Rows that only repeat
    another one are not counted.
    """
    fields = [(sheet, field) for sheet in sheets for field in sheet.fields]
    parts: list[dict[str, np.ndarray]] = []
    for sheet in sheets:
        told = ~pd.Series(sheet.why, dtype=object).isin(_BESIDE).to_numpy()
        parts += [_numbers(field, told, field.good & sheet.keep) for field in sheet.fields]
    counts, by = _stacked(parts), ["place", "PARAMCD", "unit", "factor", "number"]
    counts = counts.groupby(by)[["read", "used"]].sum().reset_index() if len(counts) else counts
    return _named(counts, fields)[list(NUMBERS)] if fields else pd.DataFrame(columns=list(NUMBERS))


def _numbers(field: Field, told: Mask, used: Mask) -> dict[str, np.ndarray]:
    """The numbers of the rows that were told, and how many of them are used."""
    readings = field.readings
    number = np.where(readings.censored == "", readings.aval, readings.limit) / readings.factor
    number = number + np.array([unit_offset(unit) for unit in readings.unit])
    counts = {"read": _by_reading(field, told), "used": _by_reading(field, used)}
    some = ~readings.missing & np.isfinite(number) & (counts["read"] > 0)
    found = {"PARAMCD": readings.PARAMCD, "unit": readings.unit, "factor": readings.factor, "number": number, **counts}
    return {name: rough(part[some]) if name == "number" else part[some] for name, part in found.items()}


def rough(values: np.ndarray) -> np.ndarray:
    """Numbers to three significant digits.

    >>> rough(np.array([1234.5, -0.0123456, 0.0])).tolist()
    [1230.0, -0.0123, 0.0]
    """
    size = np.floor(np.log10(np.abs(np.where(values == 0, 1, values))))
    scale = 10.0 ** (DIGITS - 1 - size)
    return np.asarray(np.round(values * scale) / scale)


def _stacked(parts: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Arrays by name, one part below the other; `place` is the number of the part."""
    place = np.repeat(np.arange(len(parts)), [len(part["PARAMCD"]) for part in parts])
    names = parts[0] if parts else ()
    return pd.DataFrame({"place": place} | {name: np.concatenate([part[name] for part in parts]) for name in names})


def _named(counts: pd.DataFrame, fields: Sequence[tuple[Sheet, Field]]) -> pd.DataFrame:
    """Counts with the file, sheet and column of the field at their place."""
    places = [(sheet.table.file, sheet.table.sheet, field.name) for sheet, field in fields]
    return counts.assign(**{name: [places[place][i] for place in counts["place"]] for i, name in enumerate(CELLS[:3])})


def _joined(parts: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    frames = [part for part in parts if len(part)]
    return pd.concat(frames, ignore_index=True)[list(columns)] if frames else pd.DataFrame(columns=list(columns))
