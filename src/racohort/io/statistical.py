"""Files of statistics packages, read by ReadStat: SAS data sets (sas7bdat), SPSS (sav, zsav) and Stata (dta)."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from racohort.config import File, Limits
from racohort.io.binary import finish, too_many
from racohort.io.workbooks import as_text
from racohort.schema import RawTable, Records

READERS: dict[str, Any] = {"SAS7BDAT": pyreadstat.read_sas7bdat, "SPSS": pyreadstat.read_sav, "Stata": pyreadstat.read_dta}
BROKEN = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError, ValueError, OverflowError, MemoryError)


def read_statistical(data: bytes, kind: str, entry: File, limits: Limits, table: RawTable, records: Records) -> None:
    """Fill a table with the values as they are stored, and its dictionary with the labels of columns and values.

    Dates come as dates. What the file itself declares a missing value (a special one of SAS or Stata, a user's one of SPSS) is
    missing, with a finding that names it.
    """
    try:
        if data.startswith(b"<stata_dta>") and not data.endswith(b"</stata_dta>"):
            raise ValueError("its end is missing, which ReadStat would not notice where only labels are cut")
        frame, facts = READERS[kind](io.BytesIO(data), user_missing=True, encoding=entry.encoding)
    except BROKEN as error:
        _refuse(kind, entry, error, table, records)
        return
    if too_many(len(frame), frame.shape[1], limits, table, records):
        return
    texts = {str(name): _texts(str(name), frame[name], facts, table, records) for name in frame}
    table.cells = pd.DataFrame(texts, dtype="str")
    table.dictionary = {str(name): _explained(name, facts) for name in frame if _explained(name, facts) != ["", {}]}
    finish(table, records)


def _refuse(kind: str, entry: File, error: Exception, table: RawTable, records: Records) -> None:
    if "convert string" in f"{error}" or isinstance(error, UnicodeError):
        named = f"the declared encoding {entry.encoding}" if entry.encoding else "the encoding that it names"
        records.note("encoding", f"{table.file}: {named} does not read the file", table)
    else:
        said = f"{table.file} is corrupt or truncated: the {kind} file cannot be read ({type(error).__name__})"
        records.note("file_corrupt", said, table)


def _explained(name: str, facts: Any) -> list[Any]:
    """A column's label, and its codes with their words."""
    words = facts.variable_value_labels.get(name, {})
    return [facts.column_names_to_labels.get(name) or "", {as_text(code): str(word) for code, word in words.items()}]


def _texts(name: str, column: pd.Series, facts: Any, table: RawTable, records: Records) -> list[str]:
    single = facts.readstat_variable_types[name] == "float" and pd.api.types.is_float_dtype(column)
    texts = np.array([as_text(value) for value in (column.to_numpy("float32") if single else column)], dtype=object)
    gone = _is_missing(column, facts.missing_user_values.get(name, []), facts.missing_ranges.get(name, []))
    for text in dict.fromkeys(texts[gone]):
        rows = np.flatnonzero(gone & (texts == text))
        shown = f".{text}" if name in facts.missing_user_values else text
        more = f" (and {len(rows) - 1} more of this column)" if len(rows) > 1 else ""
        said = f"line {rows[0] + 2}, column {name}: {shown}, which the file declares missing, was read as missing{more}"
        records.note("special_missing", said, table, line=int(rows[0]) + 2, column=name, value=shown, count=len(rows))
    return [str(text) for text in np.where(gone, "", texts)]


def _is_missing(column: pd.Series, values: list[Any], ranges: list[dict[str, Any]]) -> np.ndarray:
    """Which cells hold one of the values, or lie in one of the ranges, that the file declares missing."""
    gone = np.asarray(column.isin(values))
    for one in ranges:
        within = column.isin([one["lo"]]) if isinstance(one["lo"], str) else _numbers(column).between(one["lo"], one["hi"])
        gone = gone | np.asarray(within)
    return gone


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")
