"""Workbooks (XLSX): checked for size before they are opened, then every cell as text."""

import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
from defusedxml import ElementTree

from racohort.config import File, Limits
from racohort.io.headings import join_header
from racohort.io.raised import with_raised
from racohort.io.shown import number_of, spell_out
from racohort.schema import RawTable, Records

#: The sheet's used area may be this many times larger than the number of its cells.
SPREAD = 50
_ROW = re.compile(rb'<row[^>]*? r="(\d+)"')
_COLUMN = re.compile(rb'<c r="([A-Z]+)\d+"')
#: A cell that holds something, with the number of its format.
_STYLED = re.compile(rb'<c r="([A-Z]+[0-9]+)" s="([0-9]+)"[^>]*(?<!/)>')
_HIDDEN = {
    "merged cells": rb"<mergeCell ",
    "hidden rows": rb'<row [^>]*hidden="1"',
    "hidden columns": rb'<col [^>]*hidden="1"',
}
_NO_VALUE = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*><f[^>]*>([^<]*)</f>(?:<v\s*/>|<v></v>)?</c>')


#: What the unpacking and parsing of a damaged workbook can raise.
BROKEN = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ElementTree.ParseError, KeyError, ValueError, TypeError,
    AttributeError, IndexError, SyntaxError, EOFError, OSError,
)  # fmt: skip


def read_workbook(data: bytes, entry: File, limits: Limits, table: RawTable, records: Records) -> None:
    """Fill a table with the cells of one sheet as text; after a finding of class `reject` it stays empty."""
    try:
        if _is_sane(data, limits, table, records):
            _read_sheet(with_raised(data), entry, table, records)
    except BROKEN as error:
        records.note("file_corrupt", f"{table.file} is corrupt: the workbook cannot be opened ({type(error).__name__})", table)


def _read_sheet(data: bytes, entry: File, table: RawTable, records: Records) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    name = choose_sheet([sheet.title for sheet in book.worksheets], entry, table, records)
    if name is None:
        return
    sheet, table.native = book[name], True
    sheet.reset_dimensions()  # what a workbook says of its own size need not be true
    fill([[as_text(value) for value in row] for row in sheet.iter_rows(values_only=True)], entry, table, records)
    part = getattr(sheet, "_worksheet_path", "")
    archive = zipfile.ZipFile(io.BytesIO(data))
    xml, styles = (archive.read(name) if name in archive.namelist() else b"" for name in (part, "xl/styles.xml"))
    spell_out(xml, styles, table)
    _note_unseen(data, part, table, records)
    _mark_formulas(data, part, table, records)


def as_text(value: Any) -> str:
    """A typed cell as the text a reader would write: dates as ISO, numbers with up to 15 digits, nothing as "".

    A number in single precision has the digits that tell it from its neighbours.

    >>> as_text(14.0), as_text(39.6), as_text(datetime.datetime(2013, 3, 1)), as_text(None), as_text(True)
    ('14', '39.6', '2013-03-01', '', 'TRUE')
    >>> as_text(np.float32(39.6)), as_text(float(np.float32(39.6)))
    ('39.6', '39.5999984741211')
    """
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).upper()
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        value = float(str(value)) if isinstance(value, np.float32) else value
        return "" if np.isnan(value) else f"{float(value):.15g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def _is_sane(data: bytes, limits: Limits, table: RawTable, records: Records) -> bool:
    """Whether the archive's declared sizes and the sheets' used areas are those of a real workbook."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    inflated = sum(member.file_size for member in archive.infolist())
    if inflated > limits.inflated_for(len(data)):
        said = f"{table.file} has a size of {len(data):,} bytes and would inflate to a size of {inflated:,} bytes"
        records.note("file_size", said, table)
        return False
    return all(_is_dense(archive.read(name), limits, table, records) for name in archive.namelist() if _is_sheet(name))


def _is_sheet(name: str) -> bool:
    return re.fullmatch(r"xl/worksheets/[^/]+\.xml", name) is not None


def _is_dense(sheet: bytes, limits: Limits, table: RawTable, records: Records) -> bool:
    rows = max((int(row) for row in _ROW.findall(sheet)), default=0)
    columns = max((number_of(letters) for letters in set(_COLUMN.findall(sheet))), default=0)
    cells = sheet.count(b"<c ")
    if rows * columns > min(SPREAD * cells + 1_000_000, limits.cells):
        said = f"{table.file}: a size of {rows:,} rows x {columns:,} columns for {cells:,} cells"
        records.note("file_size", said, table)
        return False
    return True


def choose_sheet(names: Sequence[str], entry: File, table: RawTable, records: Records) -> str | None:
    """The declared sheet; the first where none is declared, with a warning where there are more; None where it is not there."""
    wanted = entry.sheet if entry.sheet is not None else 1
    name = names[wanted - 1] if isinstance(wanted, int) and 1 <= wanted <= len(names) else wanted
    if name not in names:
        records.note("sheet_missing", f"{table.file} has no sheet {wanted!r}; its sheets are {', '.join(names)}", table)
        return None
    table.sheet = str(name)
    others = [other for other in names if other != name]
    if entry.sheet is None and others:
        records.note("workbook_hidden", f"{table.file}: only the sheet {name!r} was read, not {', '.join(others)}", table)
    return str(name)


def fill(rows: list[list[str]], entry: File, table: RawTable, records: Records) -> None:
    """The rows of a sheet as the table's cells, the first that counts being the header; empty rows are left out."""
    rows = rows[entry.header_line - 1 :]
    if not any(any(row) for row in rows):
        records.note("file_empty", f"{table.file}: the sheet {table.sheet!r} is empty", table)
        return
    width = max(i + 1 for row in rows for i, value in enumerate(row) if value)
    filled = [(entry.header_line + i, [*row, *[""] * width][:width]) for i, row in enumerate(rows)]
    names = join_header([row for _, row in filled[: entry.header_rows]])
    body = [(line, row) for line, row in filled[entry.header_rows :] if any(value.strip() for value in row)]
    table.cells = pd.DataFrame([row for _, row in body], columns=names, dtype="str")
    table.line = np.array([line for line, _ in body], dtype="int64")
    table.rows_read = len(body)
    if not body:
        records.note("no_rows", f"{table.file} has a header but no rows of data: no rows to analyse", table)


def _note_unseen(data: bytes, part: str, table: RawTable, records: Records) -> None:
    """What is lost when only the cells of a sheet are read: whether some are merged or hidden, lines through them, comments."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    sheet = archive.read(part) if part in archive.namelist() else b""
    note_hidden([what for what, mark in _HIDDEN.items() if re.search(mark, sheet)], table, records)
    note_struck(_struck(archive, sheet), table, records)
    for name in archive.namelist():
        if re.fullmatch(r"xl/(?:threadedComments/threadedComment|comments/comment|comments)\d*\.xml", name):
            elements = ElementTree.fromstring(archive.read(name)).iter()
            note_comments([one.get("ref", "?") for one in elements if one.tag.endswith("omment")] or ["?"], table, records)


def note_hidden(what: Iterable[str], table: RawTable, records: Records) -> None:
    """Warn of merged and hidden cells."""
    for kind in what:
        said = f"{table.file}: the sheet {table.sheet!r} has {kind}; each cell was read as it stands"
        records.note("workbook_hidden", said, table)


def note_struck(cells: Sequence[str], table: RawTable, records: Records) -> None:
    """Warn of cells with a line through them: whoever drew it may have meant that they do not count."""
    if cells:
        lined = "1 cell has a line through it" if len(cells) == 1 else f"{len(cells)} cells have a line through them"
        said = f"{table.file}: {lined} (first: {cells[0]}); it is read like any other"
        records.note("workbook_struck", said, table, line=_line(cells[0]), value=cells[0], count=len(cells))


def note_comments(cells: Sequence[str], table: RawTable, records: Records) -> None:
    """Warn of cells with a comment, which is lost."""
    if cells:
        carry = "1 cell carries" if len(cells) == 1 else f"{len(cells)} cells carry"
        said = f"{table.file}: {carry} a comment (first: {cells[0]}); a comment is not read"
        records.note("workbook_comment", said, table, line=_line(cells[0]), count=len(cells))


def _line(cell: str) -> int | None:
    digits = re.sub(r"\D", "", cell)
    return int(digits) if digits else None


def _struck(archive: zipfile.ZipFile, sheet: bytes) -> list[str]:
    """The cells of a sheet whose font has a line through it."""
    styles = ElementTree.fromstring(archive.read("xl/styles.xml")) if "xl/styles.xml" in archive.namelist() else None
    fonts = [] if styles is None else styles.findall("{*}fonts/{*}font")
    lined = {place for place, font in enumerate(fonts) if any(_is_struck(mark) for mark in font)}
    if styles is None or not lined:
        return []
    formats = styles.findall("{*}cellXfs/{*}xf")
    struck = {place for place, form in enumerate(formats) if int(form.get("fontId", 0)) in lined}
    return [cell.decode() for cell, form in _STYLED.findall(sheet) if int(form) in struck]


def _is_struck(mark: Any) -> bool:
    return bool(mark.tag.endswith("}strike") and mark.get("val", "1") not in ("0", "false"))


def _mark_formulas(data: bytes, part: str, table: RawTable, records: Records) -> None:
    """Put the formula itself where it has no stored value, so that it is seen and quarantined as no value."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    rows = {line: row for row, line in enumerate(table.line)}
    found = _NO_VALUE.findall(archive.read(part)) if part in archive.namelist() else []
    if found:
        where = f"{found[0][0].decode()}{found[0][1].decode()}"
        hold = "1 cell holds" if len(found) == 1 else f"{len(found)} cells hold"
        said = f"{table.file}: {hold} a formula without a stored value (first: {where})"
        records.note("workbook_formula", said, table, line=int(found[0][1]), count=len(found))
    for letters, line, formula in found:
        if int(line) in rows and number_of(letters) <= table.cells.shape[1]:
            table.cells.iloc[rows[int(line)], number_of(letters) - 1] = f"={formula.decode('utf-8', 'replace')}"
