"""Frames on disk: whole or not at all, the same bytes for the same data, and no cell that a spreadsheet would run."""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute, parquet

from racohort.schema import as_text
from racohort.spreadsheets import harmless

#: So many rows of CSV are written at a time.
PART = 100_000
#: How a text that is held once for many rows is handed over, and how a frame is stored as Parquet.
WORDS = pa.dictionary(pa.int32(), pa.string())
STORED: dict[str, Any] = {"write_statistics": False, "compression": "zstd", "store_schema": False}


@contextmanager
def _aside(path: Path) -> Iterator[IO[bytes]]:
    """A file that is written under another name first, so that its own name never holds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with aside.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def write_bytes(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file, whole or part by part: under its own name it is there whole or not at all."""
    with _aside(path) as file:
        file.writelines([data] if isinstance(data, bytes) else data)


def write_frame(path: Path, frame: pd.DataFrame, kinds: tuple[str, ...] = ("parquet", "csv")) -> None:
    """Write a frame as `path.parquet` and `path.csv`."""
    for kind in kinds:
        write_bytes(path.with_name(f"{path.name}.{kind}"), as_parquet(frame) if kind == "parquet" else as_csv(frame))


@contextmanager
def written_in_parts(path: Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """`path.parquet` and `path.csv`, to which the parts of a frame are given one below the other; the first has all columns."""
    with _aside(path.with_name(f"{path.name}.csv")) as text, _aside(path.with_name(f"{path.name}.parquet")) as binary:
        writers: list[parquet.ParquetWriter] = []

        def add(part: pd.DataFrame) -> None:
            if writers and not len(part):
                return
            text.writelines(as_csv(part, headed=not writers))
            table = as_table(part)
            if not writers:
                writers.append(parquet.ParquetWriter(binary, table.schema, **STORED))
            writers[0].write_table(table)

        yield add
        writers[0].close()


def as_csv(frame: pd.DataFrame, headed: bool = True) -> Iterator[bytes]:
    """A frame as CSV (UTF-8, point decimals, ISO dates, empty where missing); a text like a formula is led by an apostrophe.

    It comes in parts of so many rows that a large frame never stands in memory twice. In a part each distinct value is written
    once, and lines are joined from these.
    """
    alone = len(frame.columns) == 1
    if headed:
        yield (",".join(_quoted(str(name), alone) for name in frame.columns) + "\n").encode("utf-8")
    for start in range(0, len(frame), PART):
        part = frame.iloc[start : start + PART]
        columns = [_written(part[name], alone) for name in frame.columns]
        lines = compute.binary_join_element_wise(*columns, pa.scalar(",", pa.large_string())).to_pylist()
        yield "".join(f"{line}\n" for line in lines).encode("utf-8")


def _written(column: pd.Series, alone: bool) -> pa.LargeStringArray:
    """Every value of a column as a cell."""
    at, values = _distinct(column)
    if pd.api.types.is_numeric_dtype(column):
        words = [str(value) for value in values]
    elif isinstance(values, pd.DatetimeIndex):
        words = list(values.strftime("%Y-%m-%d"))
    else:
        words = [_quoted(str(harmless(value)), alone) for value in values]
    cells = pa.array([*words, _quoted("", alone)], pa.large_string())
    return cells.take(pa.array(np.where(at < 0, len(words), at.astype("int32"))))


def _distinct(column: pd.Series) -> tuple[np.ndarray, Any]:
    """The place of every value among the distinct ones (-1 where it is missing), and these."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories().cat
        return used.codes.to_numpy(), used.categories
    return pd.factorize(column + 0.0 if pd.api.types.is_float_dtype(column) else column)


def _quoted(word: str, alone: bool = False) -> str:
    """A word as a cell of CSV; one that is alone in its line is quoted where it is empty, or the line would be none.

    >>> _quoted("a, b"), _quoted('5" disc'), _quoted("plain"), _quoted("", alone=True)
    ('"a, b"', '"5"" disc"', 'plain', '""')
    """
    special = any(mark in word for mark in ',"\r\n') or (alone and not word)
    return '"' + word.replace('"', '""') + '"' if special else word


def as_parquet(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet without statistics, index, attributes or unused categories, which would keep values of their own."""
    sink = io.BytesIO()
    parquet.write_table(as_table(frame), sink, **STORED)
    return sink.getvalue()


def as_table(frame: pd.DataFrame) -> pa.Table:
    """A frame as Arrow holds it, texts that are held once each in one form however many they are."""
    categories = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    plain = frame.assign(**{name: frame[name].cat.remove_unused_categories() for name in categories})
    plain.attrs = {}
    table = pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata(None)
    return table.cast(pa.schema([one.with_type(WORDS) if pa.types.is_dictionary(one.type) else one for one in table.schema]))


def read_frame(path: Path, columns: Sequence[str] | None = None, categories: bool = False) -> pd.DataFrame:
    """A frame written by `write_frame`, or some columns of it: text as str with "", or as categories; numbers as they were.

    A frame with categories is large, and is read column by column: whole, it would stand in memory several times.
    """
    with path.with_name(f"{path.name}.parquet").open("rb") as file:
        texts = [one.name for one in parquet.read_schema(file) if pa.types.is_string(one.type)] if categories else []
        stored = parquet.ParquetFile(file, read_dictionary=texts)
        names = list(columns or stored.schema_arrow.names)
        parts = [[name] for name in names] if categories else [names]
        read = {name: _read(column) for part in parts for name, column in stored.read(part).to_pandas().items()}
    return pd.DataFrame(read, copy=False)


def count_rows(path: Path) -> int:
    """How many rows a frame written by `write_frame` has."""
    return int(parquet.read_metadata(path.with_name(f"{path.name}.parquet")).num_rows)


def _read(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.set_categories(sorted(column.cat.categories))
    if column.dtype == object or pd.api.types.is_string_dtype(column):
        return as_text(column)
    return column.astype("datetime64[s]") if pd.api.types.is_datetime64_any_dtype(column) else column
