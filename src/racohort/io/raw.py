"""A cohort's folder as raw tables: every cell a text, with its file, sheet, line and column."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

import numpy as np
import pandas as pd

from racohort.config import Cohort, Column, File, parse_cohort
from racohort.interpreter import check_interpreter
from racohort.io.archives import unpacked
from racohort.io.binary import read_parquet, read_xpt
from racohort.io.catalogue import read_catalogue
from racohort.io.delimited import read_delimited
from racohort.io.foreign import foreign
from racohort.io.headers import expected_columns, header_key, leave_out_headers, match_columns, note_header, note_left
from racohort.io.isolated import parse_apart
from racohort.io.oldbooks import read_old_workbook
from racohort.io.statistical import READERS, read_statistical
from racohort.io.workbooks import read_workbook
from racohort.places import cohort_folder
from racohort.schema import OF_FILE, Raw, RawTable, Records
from racohort.shapes import check_identifiers, looks_like, take_rows
from racohort.standards import open_standard

#: How files of each kind start, and the endings that go with the kind.
KINDS = {
    "XLSX": ((b"PK\x03\x04",), (".xlsx", ".xlsm")),
    "Parquet": ((b"PAR1",), (".parquet",)),
    "ZIP": ((b"PK\x05\x06",), (".zip",)),
    "XPT": ((b"HEADER RECORD*******LIBRARY", b"HEADER RECORD*******LIBV8"), (".xpt",)),
    "XLS": ((b"\xd0\xcf\x11\xe0",), (".xls",)),
    "PDF": ((b"%PDF",), (".pdf",)),
    "HTML": ((b"<!DOCTYPE", b"<html", b"<HTML", b"<!doctype"), (".html", ".htm")),
    "SAS7BDAT": (
        (bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11",),
        (".sas7bdat",),
    ),
    "SPSS": ((b"$FL2@(#)", b"$FL3@(#)"), (".sav", ".zsav")),
    "Stata": (
        (b"<stata_dta>", *(bytes([version, order, 1, 0]) for version in (113, 114, 115) for order in (1, 2))),
        (".dta",),
    ),
    "gzip": ((b"\x1f\x8b",), (".gz",)),
}
CSV = (".csv", ".tsv", ".tab", ".txt")
UNLOCK = (
    "Open it with its password in a spreadsheet program, save a copy without one where only you can read it, and name the copy."
)


def read_raw(cohort: str) -> Raw:
    """A cohort as text.

    `cohort` is a name under data/cohorts or a folder with a `cohort.yml`. Raises UsageError where there is none, and
    CohortError where the description or a file cannot be used: missing, damaged, of another kind or shape, without a declared
    column.
    """
    check_interpreter()
    folder, records = cohort_folder(cohort), Records()
    config = parse_cohort((folder / "cohort.yml").read_text("utf-8-sig"), "cohort.yml")
    catalogue = read_catalogue(config)
    _check_analytes(config, catalogue, records)
    named = zip(config.files, names_of([entry.path for entry in config.files]), strict=True)
    tables = [_read_file(folder, entry, name, config, records) for entry, name in named]
    records.findings = list(dict.fromkeys(records.findings))
    records.stop_if_rejected()
    _note_twice(tables, records)
    take_rows(tables, config, records)
    _tell_apart(tables)
    left = []
    for table, entry in zip(tables, config.files, strict=True):
        columns = _open_package(table, config, records) if entry.shape in ("adam", "sdtm") else {}
        choosing = _ignored(entry.rows)
        blank = _ignored(table.cells.columns[(table.cells == "").all().to_numpy()] if entry.rows else [])
        columns |= _at_visit(table, entry)
        declared = choosing | columns | config.columns | blank | entry.columns
        left.append(match_columns(table, config, declared, catalogue, records))
    note_left(tables, config.files, left, records)
    _check_complete(config, tables, records)
    check_identifiers(tables, records)
    records.stop_if_rejected()
    return Raw(config, tables, records)


def _note_twice(tables: Sequence[RawTable], records: Records) -> None:
    """Warn of a file that is another one under a second name."""
    first: dict[str, str] = {}
    for table in tables:
        same = first.setdefault(table.sha256, table.file)
        if same != table.file:
            records.note("file_twice", f"{table.file} has the same content as {same}, byte for byte", table)


def _tell_apart(tables: Sequence[RawTable]) -> None:
    """Call a file or sheet that is listed once more, in another shape, by the shape too."""
    for at, table in enumerate(tables):
        before = [(other.file, other.sheet) for other in tables[:at]]
        if (table.file, table.sheet) in before:
            table.sheet = f"{table.sheet}, " * bool(table.sheet) + f"rows with shape {table.shape}"
        if (table.file, table.sheet) in before:
            table.sheet += f", listed {at + 1}"


def _ignored(names: Iterable[str]) -> dict[str, Column]:
    """Columns that are not read: those that choose rows, and those of other kinds of row, which hold nothing in these."""
    return {str(name): Column.model_validate({"role": "IGNORE"}) for name in names}


def _at_visit(table: RawTable, entry: File) -> dict[str, Column]:
    """A column with the visit of a file or sheet that is of one visit."""
    if entry.visit is None:
        return {}
    table.cells[OF_FILE] = entry.visit
    return {OF_FILE: Column.model_validate({"role": "AVISIT"})}


def _open_package(table: RawTable, config: Cohort, records: Records) -> dict[str, Column]:
    """The columns of a trial package's data set; a warning where nothing in it is read."""
    columns = open_standard(table, config)
    if all(column.role in ("IGNORE", "USUBJID") for column in columns.values()):
        said = f"{table.file} is no data set of patients, measurements, events, medication or exposure, and was not read"
        records.note("dataset_unread", said, table)
    return columns


def _check_analytes(config: Cohort, catalogue: pd.DataFrame, records: Records) -> None:
    entries = {**config.columns, **{name: column for file in config.files for name, column in file.columns.items()}}
    for name, column in entries.items():
        items = column.codes or {} if column.role == "PARAM" else {}
        named = {f"{name}": column.paramcd} if column.paramcd else {f"{name}.codes.{item}": code for item, code in items.items()}
        for where, code in named.items():
            code = code.partition(" ")[0]
            if code not in (*catalogue.index, "IGNORE"):
                said = f"cohort.yml, columns.{where}: no analyte is called {code}"
                records.note("analyte_unknown", said, file="cohort.yml", column=name, value=code)
    records.stop_if_rejected()


def names_of(paths: Sequence[str]) -> list[str]:
    """What files are called: whole paths go without the folders that all of them share, wherever names then still differ.

    >>> names_of(["raw/a.csv"]), names_of(["/mnt/w/a.csv", "/mnt/w/lab/b.csv"]), names_of(["a.csv", "/mnt/w/a.csv"])
    (['raw/a.csv'], ['a.csv', 'lab/b.csv'], ['a.csv', '/mnt/w/a.csv'])
    """
    whole = [PurePath(path) for path in paths if PurePath(path).is_absolute()]
    shared = os.path.commonpath([path.parent for path in whole]) if whole else ""
    short = {str(path): path.relative_to(shared).as_posix() for path in whole}
    names = [short.get(path, path) for path in paths]
    return names if len(set(names)) == len(set(paths)) else list(paths)


def _read_file(folder: Path, entry: File, name: str, config: Cohort, records: Records) -> RawTable:
    table = RawTable.blank(name, entry.shape)
    data = _bytes(folder, entry, config.limits.file_mb * 1_000_000, table, records)
    if data is None:
        return table
    table.sha256 = hashlib.sha256(data).hexdigest()
    if entry.sha256 is not None and table.sha256 != entry.sha256:
        said = f"{table.file} is corrupt or was changed: its SHA-256 is {table.sha256[:12]}…, declared is {entry.sha256[:12]}…"
        records.note("file_corrupt", said, table)
        return table
    read_file(data, entry, config, table, records)
    leave_out_headers(table, records)
    for name in entry.fill_down:
        _fill_down(name, table, records)
    if entry.expected_rows is not None and len(table.cells) and table.rows_read != entry.expected_rows:
        said = f"{table.file} has {table.rows_read} rows of data, declared are {entry.expected_rows}"
        records.note("row_count", said, table)
    return table


def _fill_down(name: str, table: RawTable, records: Records) -> None:
    """Read the blank cells of a column as what stands above them, in rows with any other value."""
    if name not in table.cells:
        records.note("column_missing", f"{table.file} has no column {name!r}, which fill_down names", table, column=name)
        return
    texts = table.cells[name]
    blank, others = texts.str.strip() == "", (table.cells.drop(columns=name) != "").any(axis="columns")
    filled = texts.mask(blank).ffill().fillna("").where(blank & others, texts)
    rows = np.flatnonzero(filled != texts)
    cells = pd.DataFrame({"line": table.line[rows], "column": name, "USUBJID": "", "AVISIT": "",
                          "value": texts.iloc[rows].to_numpy(), "became": filled.iloc[rows].to_numpy()})  # fmt: skip
    records.change("filled_down", table, cells, "was read as what stands above it")
    table.cells[name] = filled


def _bytes(folder: Path, entry: File, largest: int, table: RawTable, records: Records) -> bytes | None:
    """The bytes of a declared file, or None with a finding."""
    if "://" in entry.path or "\x00" in entry.path:
        records.note("file_outside", f"{entry.path!r} is no path of a file", table)
        return None
    path = folder / entry.path
    try:
        if not path.is_file():
            records.note(
                "file_missing", f"there is no file {entry.path!r}{' beside cohort.yml' * (path != Path(entry.path))}", table
            )
            return None
        if path.stat().st_size > largest:
            records.note(
                "file_size", f"{table.file} has a size of {path.stat().st_size:,} bytes; at most {largest:,} are read", table
            )
            return None
        return path.read_bytes()
    except OSError as error:
        records.note("file_missing", f"{entry.path!r} cannot be opened: {error.strerror}", table)
        return None


def read_file(data: bytes, entry: File, config: Cohort, table: RawTable, records: Records) -> None:
    """Fill the table: from text here, from anything else in a child process with limits."""
    if kind_of(data) == "CSV":
        parse_file(data, entry, config, table, records)
    else:
        parse_apart(parse_file, data, entry, config, table, records)


def kind_of(data: bytes) -> str:
    """What a file is by its first bytes.

    >>> kind_of(b"PAR1..."), kind_of(b"id,visit")
    ('Parquet', 'CSV')
    """
    start = data[:1000].lstrip()
    return next((kind for kind, (starts, _) in KINDS.items() if start.startswith(starts) or data.startswith(starts)), "CSV")


def parse_file(data: bytes, entry: File, config: Cohort, table: RawTable, records: Records) -> None:
    """Fill the table by the reader for what the bytes are, where the name agrees with it; one packed file is unpacked first."""
    packed = unpacked(data, entry.path, config.limits, table, records)
    if packed is None:
        return
    data, name = packed
    kind, ending = _kind_inside(data), Path(name).suffix.lower()
    protected = kind == "XLS" and "EncryptedPackage".encode("utf-16-le") in data
    if not data.strip():
        records.note("file_empty", f"{table.file} is empty ({len(data)} bytes)", table)
    elif other := foreign(name, data[:100]):
        records.note("file_unsupported", f"{table.file} is {other[0]}, which is not read", table, remedy=other[1])
    elif protected:
        said = f"{table.file} is protected by a password and cannot be read"
        records.note("file_unsupported", said, table, remedy=UNLOCK)
    elif ending not in (KINDS[kind][1] if kind in KINDS else CSV):
        records.note("file_kind", f"{table.file} is named {ending or 'without an ending'} but is a file of kind {kind}", table)
    else:
        _read_as(kind, data, entry, config, table, records)


def _kind_inside(data: bytes) -> str:
    """What a file is; an archive that is no workbook, though it starts like one, is an archive."""
    kind = kind_of(data)
    return "ZIP" if kind == "XLSX" and b"PK\x05\x06" in data and b"[Content_Types].xml" not in data else kind


def _read_as(kind: str, data: bytes, entry: File, config: Cohort, table: RawTable, records: Records) -> None:
    """Fill the table by the reader for a kind."""
    if kind == "XLSX":
        read_workbook(data, entry, config.limits, table, records)
    elif kind == "XLS":
        read_old_workbook(data, entry, config.limits, table, records)
    elif kind == "Parquet":
        read_parquet(data, config.limits, table, records)
    elif kind == "XPT":
        read_xpt(data, config.limits, table, records)
    elif kind in READERS:
        read_statistical(data, kind, entry, config.limits, table, records)
    elif kind == "CSV":
        read_delimited(data, entry, list(expected_columns(config, config.columns | entry.columns)), table, records)
    else:
        said = f"{table.file} is of kind {kind}, which is not read (or it is protected by a password)"
        records.note("file_unsupported", said, table)


def _check_complete(config: Cohort, tables: list[RawTable], records: Records) -> None:
    """Every declared column must be in some file, a `{visit}` pattern at least once; otherwise the shape may be another."""
    found = {id(column) for table in tables for column in table.columns.values()}
    missing = [name for name, column in config.columns.items() if not _is_found(name, column, config, tables, found)]
    for table, entry in zip(tables, config.files, strict=True):
        missing_here = [name for name in entry.columns if name not in table.columns and not _spelled(name, table)]
        for name in missing_here:
            records.note("column_missing", f"{table.file} lacks the declared column {name!r}", table, column=name)
    for name in missing:
        files = ", ".join(table.file for table in tables)
        records.note("column_missing", f"the declared column {name!r} is in none of the files ({files})", tables[0], column=name)
    if missing:
        for table in tables:
            note_header(table, config, records)
            looks_like(table, config, records)


def _is_found(name: str, column: object, config: Cohort, tables: list[RawTable], found: set[int]) -> bool:
    if id(column) in found:
        return True
    names = set(expected_columns(config, {name: column}))  # type: ignore[dict-item]
    keys = {header_key(one) for one in names}
    matched = {read for table in tables for read in table.columns}
    same = [
        other for table in tables for other in table.columns.values() if "{visit}" not in name and _same_meaning(other, column)
    ]
    return bool(names & matched) or bool(keys & {header_key(one) for one in matched}) or bool(same)


def _same_meaning(one: object, other: object) -> bool:
    """Whether a column that was read under another name or unit is this declared one, of the same visit."""
    meant, declared = ((getattr(column, "paramcd", None), getattr(column, "visit", None)) for column in (one, other))
    return meant[0] is not None and meant == declared


def _spelled(name: str, table: RawTable) -> bool:
    return header_key(name) in {header_key(one) for one in table.columns} or "{visit}" in name
