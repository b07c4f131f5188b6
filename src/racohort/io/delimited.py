"""Delimited text: delimiter, header, fields and physical lines, with everything a plain reader would pass over in silence."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from racohort.config import File
from racohort.io.encodings import decode
from racohort.io.headers import header_key
from racohort.io.headings import join_header
from racohort.io.wellformed import read_well_formed
from racohort.marks import has_decimal_commas
from racohort.schema import RawTable, Records, shorten

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: The header is looked for in so many lines.
TOP = 30
#: So many columns without a name or a value behind the last are what a spreadsheet adds.
MANY_EMPTY = 10
#: A text that a spreadsheet's formula protects, as in ="007".
_PROTECTED = re.compile(r'="([^"]*)"')

Record = tuple[int, list[str]]


def read_delimited(data: bytes, entry: File, known: Sequence[str], table: RawTable, records: Records) -> None:
    """Fill a table with the cells of delimited text; `known` are the column names that `cohort.yml` declares.

    Adds findings; after one of class `reject` the table stays empty.
    """
    if data.endswith(b"\x1a"):
        data = data.rstrip(b"\x1a")
        records.note("spaces", f"{table.file}: the mark of its end (Ctrl-Z, as DOS programs write it) was left out", table)
    text = decode(data, entry.encoding, table, records)
    if not text.strip():
        if not records.findings or records.findings[-1].file != table.file:
            records.note("file_empty", f"{table.file} is empty", table)
        return
    delimiter = _delimiter(text, entry.header_line, table, records)
    plain = entry.header_line == entry.header_rows == 1
    text = _without_empty_ends(text, delimiter, table, records) if plain else text
    cells = read_well_formed(text, data, delimiter) if plain else None
    top = text if cells is None else "\n".join(text.split("\n", TOP)[:TOP])
    rows = list(_records(top, delimiter, table, records))
    header_at = _header(rows, entry, known, table, records)
    if header_at is None:
        return
    if cells is not None:
        table.cells, table.line, table.rows_read = cells, np.arange(2, len(cells) + 2), len(cells)
    else:
        names = join_header([fields for _, fields in rows[header_at : header_at + entry.header_rows]])
        _fill(rows[header_at + entry.header_rows :], names, text, table, records)
    _note_end(text, delimiter, table, records)
    table.decimal = _decimal(table.cells) if delimiter != "," else "."


def _without_empty_ends(text: str, delimiter: str, table: RawTable, records: Records) -> str:
    """The text without many delimiters with which every line ends: columns behind the last that have neither name nor value."""
    header = text[: text.find("\n")].rstrip("\r")
    ends = header[len(header.rstrip(delimiter)) :]
    parts = re.split(r"(\r\n|\r|\n)", text) if len(ends) >= MANY_EMPTY else []
    if not parts or not all(line.endswith(ends) for line in parts[::2] if line):
        return text
    said = f"{len(ends)} columns behind the last one have neither a name nor a value and were left out"
    records.note("row_numbers", said, table, line=1, count=len(ends))
    return "".join([line.removesuffix(ends) for line in parts])


def _note_end(text: str, delimiter: str, table: RawTable, records: Records) -> None:
    """Warn of a file that ends behind its last delimiter, without an end of line, where every other row has a last value."""
    if text.endswith(delimiter) and len(table.cells) > 1 and (table.cells.iloc[:-1, -1].str.strip() != "").all():
        line, column = int(table.line[-1]), str(table.cells.columns[-1])
        said = (
            f"line {line}: the file ends behind its last delimiter, without an end of line; a value of {column!r} may be missing"
        )
        records.note("end_doubtful", said, table, line=line, column=column)


def _fill(rows: list[Record], names: list[str], text: str, table: RawTable, records: Records) -> None:
    """The cells of the rows below the header, with the physical line of each."""
    kept = _whole_rows(rows, names, text, table, records)
    if not kept and not any(finding.rule in ("too_many_fields", "truncated", "quoting") for finding in records.findings):
        records.note("no_rows", f"{table.file} has a header but no rows of data: no rows to analyse", table)
    header = [_PROTECTED.sub(r"\1", name) if _PROTECTED.fullmatch(name) else name for name in names]
    table.cells = pd.DataFrame([fields for _, fields in kept], columns=header, dtype="str")
    table.line = np.array([line for line, _ in kept], dtype="int64")
    if '="' in text:
        _read_protected(table, records)


def _read_protected(table: RawTable, records: Records) -> None:
    """Read cells that are the formula of a text, as in ="007", as that text."""
    for place, name in enumerate(table.cells.columns):
        column = table.cells.iloc[:, place]
        rows = np.flatnonzero(column.str.fullmatch(_PROTECTED.pattern))
        if not len(rows):
            continue
        read = column.str.replace(_PROTECTED.pattern, r"\1", regex=True).where(column.str.fullmatch(_PROTECTED.pattern), column)
        cells = pd.DataFrame({"line": table.line[rows], "column": name, "USUBJID": "", "AVISIT": "",
                              "value": column.iloc[rows].to_numpy(), "became": read.iloc[rows].to_numpy()})  # fmt: skip
        records.change("text_formula", table, cells, "is the formula of a text and was read as the text")
        table.cells.isetitem(place, read.array)


def _delimiter(text: str, header_line: int, table: RawTable, records: Records) -> str:
    """The character that splits the header into most fields; one other than the expected is a finding."""
    lines = text.split("\n", header_line + 19)[header_line - 1 : header_line + 19]
    counts = {mark: max((line.count(mark) for line in lines), default=0) for mark in DELIMITERS}
    first = {mark: lines[0].count(mark) if lines else 0 for mark in DELIMITERS}
    found = max(DELIMITERS, key=lambda mark: (first[mark] > 0, first[mark], counts[mark]))
    expected = "\t" if table.file.lower().endswith((".tsv", ".tab")) else ","
    if found != expected and counts[found]:
        records.note(
            "delimiter", f"{table.file}: the delimiter is the {DELIMITERS[found]}, not the {DELIMITERS[expected]}", table
        )
    return found if counts[found] else expected


def _records(text: str, delimiter: str, table: RawTable, records: Records) -> Iterator[Record]:
    """Every record with the physical line it starts on; blank lines are left out."""
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for fields in reader:
            if len(fields) > 1 or (fields and fields[0].strip()):
                yield start, fields
            start = reader.line_num + 1
    except csv.Error as error:
        records.note(
            "quoting", f"line {start}: {error}; a quotation mark is not closed or stands inside a cell", table, line=start
        )


def _header(rows: list[Record], entry: File, known: Sequence[str], table: RawTable, records: Records) -> int | None:
    """The place of the header among the records: the declared line, refused where the declared columns stand further down."""
    at = next((place for place, (line, _) in enumerate(rows) if line >= entry.header_line), None)
    if at is None:
        return None
    wanted = {header_key(name) for name in known}
    matches = [sum(header_key(name) in wanted for name in fields) for _, fields in rows[at : at + TOP]]
    best = int(np.argmax(matches))
    if best and matches[best] > 2 * matches[0] and matches[best] > 1:
        line = rows[at + best][0]
        said = f"the header is on line {line}, not on line {rows[at][0]}: text stands above the column names"
        records.note("header_not_first", said, table, line=line)
        return None
    return at


def _whole_rows(rows: list[Record], header: list[str], text: str, table: RawTable, records: Records) -> list[Record]:
    """The rows with as many fields as the header; a longer one refuses the file, a shorter one is kept out or tells its end."""
    width, kept, short = len(header), [], []
    for line, fields in rows:
        if len(fields) > width:
            said = f"line {line} has {len(fields)} fields, the header has {width} fields"
            records.note("too_many_fields", said, table, line=line, value=shorten(",".join(fields)))
            return []
        if len(fields) < width:
            short.append((line, fields))
        elif any(field.strip() for field in fields):
            kept.append((line, fields))
        else:
            records.note("blank_rows", f"line {line} has no value in any column and was left out", table, line=line)
    return _without_short(kept, short, rows, width, text, table, records)


def _without_short(
    kept: list[Record], short: list[Record], rows: list[Record], width: int, text: str, table: RawTable, records: Records
) -> list[Record]:
    table.rows_read = len(kept) + len(short)
    if short and short[-1] == rows[-1] and not text.endswith(("\n", "\r")):
        line, fields = short[-1]
        said = f"the file is truncated: it ends in line {line} after {len(fields)} of {width} fields, without an end of line"
        records.note("truncated", said, table, line=line)
        return []
    cells = [
        {"line": line, "column": "", "USUBJID": "", "AVISIT": "", "value": f"{len(fields)} field{'s' * (len(fields) > 1)}"}
        for line, fields in short
    ]
    if cells:
        told = [f"where the header has {width} fields ({shorten(', '.join(fields))})" for _, fields in short]
        records.hold("short_row", table, pd.DataFrame(cells), told, "row")
    return kept


def _decimal(cells: pd.DataFrame) -> str:
    """The decimal mark of a file whose delimiter is not the comma."""
    unique = cells.loc[:, ~cells.columns.duplicated()]
    sample = {value for column in unique for value in unique[column].head(500)}
    return "," if has_decimal_commas(sample) else "."
