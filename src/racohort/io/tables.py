"""Frames on disk: whole or not at all, the same bytes for the same data, and no cell that a spreadsheet would run."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from racohort.spreadsheets import harmless

#: So many rows of CSV are written at a time.
PART = 100_000


def write_bytes(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file, whole or part by part, under another name first, so that its own name never holds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with aside.open("wb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def write_frame(path: Path, frame: pd.DataFrame, kinds: tuple[str, ...] = ("parquet", "csv")) -> None:
    """Write a frame as `path.parquet` and `path.csv`."""
    for kind in kinds:
        write_bytes(path.with_name(f"{path.name}.{kind}"), as_parquet(frame) if kind == "parquet" else as_csv(frame))


def as_csv(frame: pd.DataFrame) -> Iterator[bytes]:
    """A frame as CSV (UTF-8, point decimals, ISO dates, empty where missing); a text like a formula is led by an apostrophe.

    It comes in parts of so many rows that a large frame never stands in memory twice.
    """
    yield _lines([frame.columns])
    columns = [_written(frame[name]) for name in frame.columns]
    for start in range(0, len(frame), PART):
        yield _lines(zip(*(words[at[start : start + PART]] for at, words in columns), strict=True))


def _written(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The place of every value among the distinct ones, and how each of these is written; the last is for a missing one."""
    number = pd.api.types.is_numeric_dtype(column)
    at, values = pd.factorize(column + 0.0 if pd.api.types.is_float_dtype(column) else column)
    words = [str(value) if number else str(harmless(value)) for value in values]
    words = list(values.strftime("%Y-%m-%d")) if isinstance(values, pd.DatetimeIndex) else words
    return at.astype("int32"), np.array([*words, ""], dtype=object)


class _Lines(list[str]):
    """Lines as a writer of CSV hands them over; with this end of line it quotes a lone carriage return, too."""

    END = "\r\n"

    def write(self, line: str) -> None:
        self.append(line.removesuffix(self.END))


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    lines = _Lines()
    csv.writer(lines, lineterminator=lines.END).writerows(rows)
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def as_parquet(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet without statistics, index or attributes, which would keep values of their own."""
    plain = frame.copy()
    plain.attrs = {}
    sink = io.BytesIO()
    table = pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata(None)
    parquet.write_table(table, sink, write_statistics=False, compression="zstd")
    return sink.getvalue()


def read_frame(path: Path) -> pd.DataFrame:
    """A frame written by `write_frame`: text as str with "", numbers as they were."""
    with path.with_name(f"{path.name}.parquet").open("rb") as file:
        frame: pd.DataFrame = parquet.read_table(file).to_pandas()
    for name in frame.columns:
        if frame[name].dtype == object or pd.api.types.is_string_dtype(frame[name]):
            frame[name] = frame[name].where(frame[name].notna(), "").astype("str")
        elif pd.api.types.is_datetime64_any_dtype(frame[name]):
            frame[name] = frame[name].astype("datetime64[s]")
    return frame
