"""Tables as the bytes of files: CSV in the hospital's encoding, and a workbook that is the same on every machine."""

import csv
import zipfile
from collections.abc import Sequence
from io import BytesIO, StringIO
from xml.sax.saxutils import escape

Table = Sequence[dict[str, str]]

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORMATS = "http://schemas.openxmlformats.org"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_FORMATS}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_FORMATS}/package/2006/relationships"><Relationship Id="rId1"'
    f' Type="{_FORMATS}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_FORMATS}/package/2006/relationships"><Relationship Id="rId1"'
    f' Type="{_FORMATS}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def csv_bytes(table: Table, encoding: str) -> bytes:
    """The rows of a table as CSV with a heading line, in an encoding; lines end as on Windows.

    >>> csv_bytes([{"住院号": "RA-001", "CRP": "<0.5"}], "utf-8").decode()
    '住院号,CRP\\r\\nRA-001,<0.5\\r\\n'
    """
    text = StringIO(newline="")
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().encode(encoding)


def workbook_bytes(table: Table, sheet: str) -> bytes:
    """The rows of a table as an XLSX workbook with one sheet: stored, not compressed, and with one fixed date inside.

    A cell that reads as a plain number is a number, every other cell is text.
    """
    rows = [list(table[0]), *(list(row.values()) for row in table)]
    workbook = (
        f'<workbook xmlns="{_FORMATS}/spreadsheetml/2006/main" xmlns:r="{_FORMATS}/officeDocument/2006/relationships">'
        f'<sheets><sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    data = "".join(_row_xml(number, row) for number, row in enumerate(rows, 1))
    worksheet = f'<worksheet xmlns="{_FORMATS}/spreadsheetml/2006/main"><sheetData>{data}</sheetData></worksheet>'
    return _zipped({**_PARTS, "xl/workbook.xml": workbook, "xl/worksheets/sheet1.xml": worksheet})


def _row_xml(number: int, cells: Sequence[str]) -> str:
    written = (_cell_xml(f"{chr(ord('A') + place)}{number}", text) for place, text in enumerate(cells))
    return f'<row r="{number}">{"".join(written)}</row>'


def _cell_xml(place: str, text: str) -> str:
    if not text:
        return ""
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return f'<c r="{place}"><v>{text}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _zipped(parts: dict[str, str]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, date_time=(2019, 12, 19, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, (_XML + content).encode())
    return packed.getvalue()
