"""Frames on disk: whole or not at all, the same bytes for the same data, and no cell that a spreadsheet would run."""

import csv
import io
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from racohort.spreadsheets import harmless


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under another name first, so that its own name never holds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def write_frame(path: Path, frame: pd.DataFrame, kinds: tuple[str, ...] = ("parquet", "csv")) -> None:
    """Write a frame as `path.parquet` and `path.csv`."""
    for kind in kinds:
        write_bytes(path.with_name(f"{path.name}.{kind}"), as_parquet(frame) if kind == "parquet" else as_csv(frame))


def as_csv(frame: pd.DataFrame) -> bytes:
    """A frame as CSV (UTF-8, point decimals, ISO dates, empty where missing); a text like a formula is led by an apostrophe."""
    texts = {name: frame[name].map(harmless) for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])
             and not pd.api.types.is_datetime64_any_dtype(frame[name])}  # fmt: skip
    # The writer does not quote a lone carriage return.
    torn = any(texts[name].astype("str").str.contains("\r", regex=False).any() for name in texts)
    quoting = csv.QUOTE_NONNUMERIC if torn else csv.QUOTE_MINIMAL
    written = frame.assign(**texts).to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n", quoting=quoting)
    return written.encode("utf-8")


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
