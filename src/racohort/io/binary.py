"""Files that type their own cells: Parquet, and SAS transport (XPT, version 5 for the agencies, and 8 with long names)."""

import datetime
import io
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from racohort.config import Limits
from racohort.io.workbooks import as_text
from racohort.schema import RawTable, Records

#: SAS counts days from here.
EPOCH = datetime.date(1960, 1, 1)
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")
_DATE_FORMATS = ("DATE", "YYMMDD", "MMDDYY", "DDMMYY", "E8601DA", "B8601DA", "IS8601DA")


def read_parquet(data: bytes, limits: Limits, table: RawTable, records: Records) -> None:
    """Fill a table with the columns of a Parquet file, its index among them; page checksums are verified."""
    try:
        facts = parquet.read_metadata(io.BytesIO(data))
        if too_many(facts.num_rows, facts.num_columns, limits, table, records):
            return
        names = facts.schema.to_arrow_schema().names
        if twice := [name for name in names if names.count(name) > 1]:
            records.note("column_twice", f"{table.file} has two columns called {twice[0]!r}", table, column=twice[0])
            return
        read = parquet.read_table(io.BytesIO(data), page_checksum_verification=True, use_threads=False, pre_buffer=False)
        read.validate(full=True)
        columns = {name: _texts(read.column(i)) for i, name in enumerate(read.column_names)}
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        records.note("file_corrupt", f"{table.file} is corrupt: the Parquet file cannot be read ({type(error).__name__})", table)
        return
    table.cells = pd.DataFrame(columns, dtype="str")
    finish(table, records)


def too_many(rows: int, columns: int, limits: Limits, table: RawTable, records: Records) -> bool:
    """Whether a table is larger than the limits allow; with a finding where it is."""
    if rows * columns > limits.cells:
        said = f"{table.file} has a size of {rows:,} rows x {columns:,} columns; at most {limits.cells:,} cells are read"
        records.note("file_size", said, table)
    return rows * columns > limits.cells


def _texts(column: pa.ChunkedArray) -> list[str]:
    return [as_text(value) for value in (column.to_numpy() if pa.types.is_float32(column.type) else column.to_pylist())]


def finish(table: RawTable, records: Records) -> None:
    """Number the lines of a table whose cells are read, the header being line 1."""
    table.native, table.rows_read = True, len(table.cells)
    table.line = np.arange(2, len(table.cells) + 2)
    if not len(table.cells):
        records.note("no_rows", f"{table.file} has columns but no rows of data: no rows to analyse", table)


def read_xpt(data: bytes, limits: Limits, table: RawTable, records: Records) -> None:
    """Fill a table with a SAS transport file; special missing values (.A to .Z, ._) stay missing, with a finding."""
    try:
        variables, start, width = _variables(data)
        rows = _observations(data, start, width)
        if too_many(len(rows), len(variables), limits, table, records):
            return
        columns = {}
        for name, kind, length, place, format_ in variables:
            cells = rows[:, place : place + length]
            columns[name] = _numbers(cells, name, format_, table, records) if kind == 1 else _characters(cells)
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        records.note("file_corrupt", f"{table.file} is corrupt or truncated: the XPT file cannot be read ({error})", table)
        return
    table.cells = pd.DataFrame(columns, dtype="str")
    finish(table, records)


def _variables(data: bytes) -> tuple[list[tuple[str, int, int, int, str]], int, int]:
    """Name, type, length, place and format of every variable; where the observations start; the length of one."""
    if len(data) % 80:
        raise ValueError("its length is not a multiple of 80 bytes, so its end is missing")
    long = data.startswith(b"HEADER RECORD*******LIBV8")
    place = data.index(b"HEADER RECORD*******NAMSTV8" if long else b"HEADER RECORD*******NAMESTR HEADER RECORD")
    size = int(data[data.index(b"HEADER RECORD*******MEMB") + 74 :][:4])
    count = int(data[place + 54 : place + 58])
    found = []
    for number in range(count):
        parts = _NAMESTR.unpack(data[place + 80 + number * size :][:140])
        name = (parts[-1][:32] if long else parts[4]).decode("latin-1").strip(" \0")
        found.append((name, parts[0], parts[2], parts[14], parts[6].decode("latin-1").strip()))
    end = data.index(b"HEADER RECORD*******OBS", place) + 80
    return found, end, _width(found)


def _width(variables: list[tuple[str, int, int, int, str]]) -> int:
    """The length of a row, which its variables must fill from the first byte to the last."""
    at = 0
    for name, kind, length, place, _ in sorted(variables, key=lambda one: one[3]):
        if place != at or length < 1 or kind not in (1, 2) or (kind == 1 and length > 8):
            raise ValueError(f"the variable {name!r} does not follow the one before it")
        at += length
    if not at or len({name for name, *_ in variables}) < len(variables):
        raise ValueError("it has no variables, or two of one name")
    return at


def _observations(data: bytes, start: int, width: int) -> np.ndarray:
    body = np.frombuffer(data, dtype="uint8", offset=start)
    whole = len(body) // width * width
    if (body[whole:] != 32).any():
        raise ValueError("its last row is cut")
    rows = body[:whole].reshape(-1, width)
    used = np.flatnonzero((rows != 32).any(axis=1))
    return rows[: used[-1] + 1] if len(used) else rows[:0]


def _characters(cells: np.ndarray) -> list[str]:
    return [bytes(cell).decode("utf-8", "replace").rstrip(" ") for cell in cells]


def _numbers(cells: np.ndarray, name: str, format_: str, table: RawTable, records: Records) -> list[str]:
    """IBM floating point as text; SAS missing values as "", the special ones named in a finding."""
    padded = np.zeros((len(cells), 8), dtype="uint8")
    padded[:, : cells.shape[1]] = cells
    empty = (padded[:, 1:] == 0).all(axis=1) & np.isin(padded[:, 0], [0x2E, 0x5F, *range(0x41, 0x5B)])
    special = empty & (padded[:, 0] != 0x2E)
    for row in np.flatnonzero(special):
        said = f"line {row + 2}, column {name}: the special missing value .{chr(padded[row, 0])} was read as missing"
        records.note("special_missing", said, table, line=int(row) + 2, column=name, value=f".{chr(padded[row, 0])}")
    values = _from_ibm(padded)
    if format_.startswith(_DATE_FORMATS):
        return [
            "" if gone else (EPOCH + datetime.timedelta(days=int(value))).isoformat()
            for value, gone in zip(values, empty, strict=True)
        ]
    return ["" if gone else as_text(float(value)) for value, gone in zip(values, empty, strict=True)]


def _from_ibm(cells: np.ndarray) -> np.ndarray:
    """IBM System/360 double precision (sign, base-16 exponent, 56-bit fraction) as float64.

    >>> _from_ibm(np.array([[0x41, 0x10, 0, 0, 0, 0, 0, 0]], dtype="uint8"))
    array([1.])
    """
    words = cells.astype("uint64")
    fraction = np.zeros(len(cells), dtype="uint64")
    for place in range(1, 8):
        fraction = fraction * np.uint64(256) + words[:, place]
    exponent = (cells[:, 0] & 0x7F).astype("int64") - 64
    sign = np.where(cells[:, 0] & 0x80, -1.0, 1.0)
    return np.asarray(sign * fraction.astype("float64") * 2.0 ** (4 * exponent - 56))
