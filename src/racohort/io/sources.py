"""Files of which nothing is known yet, as text: every sheet, with its encoding and the line of its header as far as they tell."""

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import xlrd

from racohort.config import Cohort, File
from racohort.io.raw import read_file
from racohort.schema import RawTable, Records

#: A header is looked for down to this line.
DEEPEST = 12
#: Below this share of named columns the header of a sheet is looked for further down.
NAMED = 0.8
#: Encodings to look at a file with, where its bytes can be read in several ways.
TRIED = ("gb18030", "cp1252")


@dataclass
class Unknown:
    """One file or sheet as text, the line of its header, and doubts: what could not be told, with the choices."""

    path: Path
    table: RawTable
    header_line: int = 1
    encoding: str = ""
    doubts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    left: list[str] = field(default_factory=list)


def read_source(path: Path) -> list[Unknown]:
    """The tables of a file, one a sheet that has rows; a file that cannot be read gives one without rows, and the reasons."""
    try:
        data = path.read_bytes()
    except OSError as error:
        empty = _blank(path)
        return [Unknown(path, empty, refusals=[f"{path} cannot be opened: {error.strerror}"])]
    first = _read(path, data, None)
    if first.refused & {"file_size", "file_corrupt", "file_kind", "file_unsupported"}:
        return [first]
    names = _sheets(path, data)
    found = [_read(path, data, name) for name in names] if len(names) > 1 else [first]
    whole = [one for one in found if len(one.table.cells)] or [first]
    whole[0].left = [name for name, one in zip(names, found, strict=False) if not len(one.table.cells)] if len(names) > 1 else []
    return whole


def _sheets(path: Path, data: bytes) -> list[str]:
    """The names of a workbook's sheets; none for another file."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return [sheet.title for sheet in openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets]
    if path.suffix.lower() == ".xls":
        return list(xlrd.open_workbook(file_contents=data, on_demand=True, logfile=io.StringIO()).sheet_names())
    return []


def _blank(path: Path) -> RawTable:
    return RawTable.blank(path.name, "visit")


def _read(path: Path, data: bytes, sheet: str | None) -> Unknown:
    """One table: as it stands, else with its header further down, else in one of the encodings that can be meant."""
    first, records = _parsed(path, data, sheet, 1, None)
    if len(first.table.cells) and first.table.native and _named(first.table) < NAMED:
        further = [first, *(_parsed(path, data, sheet, line, None)[0] for line in range(2, DEEPEST))]
        return max(further, key=lambda one: _named(one.table))
    if len(first.table.cells) or not records.findings:
        return first
    rules = {finding.rule for finding in records.findings}
    if "too_many_fields" in rules:
        deeper = (_parsed(path, data, sheet, line, None)[0] for line in range(2, DEEPEST))
        return next((one for one in deeper if len(one.table.cells)), first)
    if "encoding" in rules:
        tried = (_parsed(path, data, sheet, 1, encoding)[0] for encoding in TRIED)
        readable = [one for one in tried if len(one.table.cells)]
        choices = " or ".join(one.encoding for one in readable)
        return Unknown(path, readable[0].table, doubts=[f"encoding: {choices}"]) if readable else first
    return first


def _named(table: RawTable) -> float:
    """The share of a table's columns with values that have a name; of equal shares `max` takes the first."""
    filled = [str(name).strip() for place, name in enumerate(table.cells.columns) if (table.cells.iloc[:, place] != "").any()]
    return sum(bool(name) for name in filled) / len(filled) if filled else 0.0


def _parsed(path: Path, data: bytes, sheet: str | None, line: int, encoding: str | None) -> tuple[Unknown, Records]:
    facts = {"path": path.name, "shape": "visit", "sheet": sheet, "header_line": line, "encoding": encoding}
    entry = File.model_validate(facts)
    config = Cohort.model_validate({"id": "unknown", "files": [facts], "visits": {"BL": {}}})
    table, records = _blank(path), Records()
    table.sha256 = hashlib.sha256(data).hexdigest()
    read_file(data, entry, config, table, records)
    table.cells = table.cells.astype("str")
    refusals = [str(finding) for finding in records.findings] if not len(table.cells) else []
    read = next((f.message for f in records.findings if f.rule == "encoding_read"), "")
    known = "gb18030" if "GB18030" in read else "utf-16" if "UTF-16" in read else encoding or ""
    refused = {finding.rule for finding in records.findings} if refusals else set()
    return Unknown(path, table, line, known, [], refusals, refused), records
