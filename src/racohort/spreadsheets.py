"""Rows of cells as CSV and as a workbook: text and numbers only, so that no spreadsheet finds anything to run.

The workbook is written here, part by part, because the same cells must give the same bytes on every day.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

Cell = str | float | None

_NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")
#: What XML cannot hold.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: Every part carries the first moment that a ZIP archive can name.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet {_MAIN}><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def harmless(value: object) -> object:
    """A text that starts like a formula, led by an apostrophe; a number stays as it is.

    >>> harmless("=1+1"), harmless("-3.2"), harmless("+++"), harmless(-3.2)
    ("'=1+1", '-3.2', "'+++", -3.2)
    """
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky and len(str(value)) > 1 and not _NUMBER.fullmatch(str(value)) else value


def as_csv_rows(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows of cells as CSV (UTF-8 with its mark, for spreadsheets that would guess another encoding).

    >>> as_csv_rows([["Visit", "n"], ["=1 year", 64]]).decode("utf-8-sig").splitlines()
    ['Visit,n', "'=1 year,64"]
    """
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_workbook(rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """Rows of cells as an XLSX workbook of one sheet; the first row heads the others and stays in view.

    Text stays text, whatever it looks like; a number is a number; None and empty text are empty cells. `title` names the sheet,
    as far as 31 letters go.
    """
    name = re.sub(r"[\[\]:*?/\\']", " ", title)[:31] or "Sheet"
    named = f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/>'
    book = f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>'
    sheet = f"<worksheet {_MAIN}>{_VIEW}<sheetData>{''.join(_rows(rows))}</sheetData></worksheet>"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, part in {**_PARTS, "xl/workbook.xml": book, "xl/worksheets/sheet1.xml": sheet}.items():
            entry = zipfile.ZipInfo(path, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{part}')
    return sink.getvalue()


_VIEW = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
)


def _rows(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        style = "" if number else ' s="1"'
        yield f"<row>{''.join(_cell(cell, style) for cell in row)}</row>"


def _cell(cell: Cell, style: str) -> str:
    if cell is None or cell == "" or cell != cell:
        return f"<c{style}/>"
    if isinstance(cell, str):
        text = escape(_UNPRINTABLE.sub("", str(harmless(cell))))
        return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f"<c{style}><v>{cell!r}</v></c>"
