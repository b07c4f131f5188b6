"""Workbooks of Excel before 2007 (XLS), read by xlrd: every cell of one sheet as text."""

import io
from typing import Any

import xlrd

from racohort.config import File, Limits
from racohort.io.binary import too_many
from racohort.io.workbooks import as_text, choose_sheet, fill, note_comments, note_hidden, note_struck
from racohort.schema import RawTable, Records


def read_old_workbook(data: bytes, entry: File, limits: Limits, table: RawTable, records: Records) -> None:
    """Fill a table with the cells of one sheet as text; comments, hidden and struck-out cells are told, as in XLSX."""
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=io.StringIO())
        name = choose_sheet(book.sheet_names(), entry, table, records)
        sheet = None if name is None else book.sheet_by_name(name)
    except Exception as error:  # a damaged file makes xlrd raise whatever its bytes lead to
        _refuse(error, table, records)
        return
    if sheet is None or too_many(sheet.nrows, sheet.ncols, limits, table, records):
        return
    table.native = True
    fill([[_text(cell, book) for cell in sheet.row(row)] for row in range(sheet.nrows)], entry, table, records)
    _note_unseen(book, sheet, table, records)


def _refuse(error: Exception, table: RawTable, records: Records) -> None:
    if "encrypted" in f"{error}":
        records.note("file_unsupported", f"{table.file} is protected by a password and cannot be read", table)
    else:
        said = f"{table.file} is corrupt or truncated: the XLS workbook cannot be opened ({type(error).__name__})"
        records.note("file_corrupt", said, table)


def _text(cell: Any, book: Any) -> str:
    """A cell as a reader would write it; a date by the workbook's own calendar, an error by its name."""
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _date(cell.value, book)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return as_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    return as_text(cell.value)


def _date(value: float, book: Any) -> str:
    try:
        moment = xlrd.xldate.xldate_as_datetime(value, book.datemode)
    except (ValueError, OverflowError):
        return as_text(value)
    return as_text(moment.time() if value < 1 else moment)


def _note_unseen(book: Any, sheet: Any, table: RawTable, records: Records) -> None:
    """What is lost when only the cells are read."""
    hidden = {
        "merged cells": bool(sheet.merged_cells),
        "hidden rows": any(row.hidden for row in sheet.rowinfo_map.values()),
        "hidden columns": any(column.hidden for column in sheet.colinfo_map.values()),
    }
    note_hidden([what for what, there in hidden.items() if there], table, records)
    note_struck([_name(*place) for place in _struck(book, sheet)], table, records)
    note_comments([_name(*place) for place in sorted(sheet.cell_note_map)], table, records)


def _struck(book: Any, sheet: Any) -> list[tuple[int, int]]:
    """The cells that hold something in a font with a line through it."""
    forms = {place for place, form in enumerate(book.xf_list) if book.font_list[form.font_index].struck_out}
    cells = [(row, column) for row in range(sheet.nrows) for column in range(sheet.ncols)] if forms else []
    return [cell for cell in cells if sheet.cell_xf_index(*cell) in forms and sheet.cell_value(*cell) != ""]


def _name(row: int, column: int) -> str:
    """A cell's name.

    >>> _name(0, 0), _name(11, 27)
    ('A1', 'AB12')
    """
    return str(xlrd.cellname(row, column))
