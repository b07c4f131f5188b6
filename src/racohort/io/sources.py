"""Files of which nothing is known yet, as text: every sheet, with its encoding and the line of its header as far as they tell."""

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import openpyxl
import xlrd

from racohort.config import Cohort, File
from racohort.io.headers import leave_out_headers
from racohort.io.headings import DEEPEST, find_header, units_below
from racohort.io.raw import read_file
from racohort.schema import RawTable, Records

#: Rows that tell where the heading of a table ends.
MOST_ROWS = 60
#: Encodings to look at a file with, where its bytes can be read in several ways.
TRIED = ("gb18030", "cp1252")
#: Letters and signs of Western Europe between other bytes, this many of them: no Chinese, which has its bytes in pairs.
_WESTERN = re.compile(rb"(?<![\x80-\xff])[\xc0-\xd6\xd8-\xf6\xf8-\xff\xb0\xb2\xb5](?![\x80-\xff])")
_ENOUGH = 3


@dataclass
class Unknown:
    """One file or sheet as text, the line of its header, and doubts: what could not be told, with the choices."""

    path: Path
    table: RawTable
    header_line: int = 1
    header_rows: int = 1
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
    whole = [one for one in found if _is_table(one)] or [first]
    whole[0].left = [name for name, one in zip(names, found, strict=False) if not _is_table(one)] if len(names) > 1 else []
    return whole


def _is_table(one: Unknown) -> bool:
    """Whether a sheet has rows, and two named columns, without which none can tell whose a value is."""
    return len(one.table.cells) > 0 and sum(bool(str(name).strip()) for name in one.table.cells.columns) > 1


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
    first, records = _parsed(path, data, sheet, (1, 1), None)
    if len(first.table.cells) or not records.findings:
        return _headed(first, path, data, sheet)
    rules = {finding.rule for finding in records.findings}
    if "too_many_fields" in rules:
        return _deeper(first, path, data, sheet, None)
    if "encoding" in rules:
        tried = [(_parsed(path, data, sheet, (1, 1), encoding)[0], encoding) for encoding in _likely(data)]
        read = [one if len(one.table.cells) else _deeper(one, path, data, sheet, encoding) for one, encoding in tried]
        readable = [one for one in read if len(one.table.cells)]
        if [one.encoding for one in readable] == ["cp1252"]:
            return readable[0]
        choices = " or ".join(one.encoding for one in readable)
        return replace(readable[0], encoding="", doubts=[f"encoding: {choices}"]) if readable else first
    return first


def _likely(data: bytes) -> Sequence[str]:
    """The encodings to try, the likelier first: bytes of Chinese stand beside one another, European letters seldom.

    >>> _likely("Übelkeit,Kausalität,möglich".encode("cp1252")), _likely("Orléans".encode("cp1252"))
    (('cp1252',), ('cp1252', 'gb18030'))
    """
    western = len(_WESTERN.findall(data))
    if western >= _ENOUGH and western == len(re.findall(rb"[\x80-\xff]", data)):
        return ("cp1252",)
    return TRIED if re.search(rb"[\x80-\xff]{4}", data) else TRIED[::-1]


def _deeper(first: Unknown, path: Path, data: bytes, sheet: str | None, encoding: str | None) -> Unknown:
    """The table with its header below text that has fewer fields; `first` where there is none."""
    deeper = (_parsed(path, data, sheet, (line, 1), encoding)[0] for line in range(2, DEEPEST))
    return _headed(next((one for one in deeper if len(one.table.cells)), first), path, data, sheet)


def _headed(one: Unknown, path: Path, data: bytes, sheet: str | None) -> Unknown:
    """The same table with the heading that it has: further down in a sheet, or over several lines."""
    table, names = one.table, [str(name) for name in one.table.cells.columns]
    body = [[str(cell) for cell in row] for row in table.cells.head(MOST_ROWS).itertuples(index=False)]
    if not table.native:
        where = (one.header_line, 1 + units_below(body))
    else:
        where = find_header([(one.header_line, names), *zip(table.line[:MOST_ROWS].tolist(), body, strict=True)])
    return one if where == (one.header_line, 1) else _parsed(path, data, sheet, where, one.encoding or None)[0]


def _parsed(
    path: Path, data: bytes, sheet: str | None, header: tuple[int, int], encoding: str | None
) -> tuple[Unknown, Records]:  # fmt: skip
    place: dict[str, object] = {"header_line": header[0], "header_rows": header[1], "encoding": encoding}
    facts = {"path": path.name, "shape": "visit", "sheet": sheet, **place}
    entry = File.model_validate(facts)
    config = Cohort.model_validate({"id": "unknown", "files": [facts], "visits": {"BL": {}}})
    table, records = _blank(path), Records()
    table.sha256 = hashlib.sha256(data).hexdigest()
    read_file(data, entry, config, table, records)
    leave_out_headers(table, Records())
    table.cells = table.cells.astype("str")
    refusals = [str(finding) for finding in records.findings] if not len(table.cells) else []
    read = next((f.message for f in records.findings if f.rule == "encoding_read"), "")
    known = "gb18030" if "GB18030" in read else "utf-16" if "UTF-16" in read else encoding or ""
    refused = {finding.rule for finding in records.findings} if refusals else set()
    return Unknown(path, table, *header, known, [], refusals, refused), records
