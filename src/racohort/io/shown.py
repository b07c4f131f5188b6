"""What a workbook shows of a number besides its digits: the words, the per cent and the leading zeros of its format."""

import re
from typing import NamedTuple

import numpy as np
from defusedxml import ElementTree

from racohort.schema import RawTable

_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
#: Widths, fillings, colours and conditions.
_SILENT = re.compile(r"_.|\*.|\[[^\]]*\]")
_DIGITS = re.compile(r"[0#?][0#?.,]*")
#: Letters of dates and times.
_MOMENT = re.compile(r"[ymdhs]", re.IGNORECASE)
#: Words that say something about a number: letters (of a unit), and the signs of an assay's limit.
_SAYS = re.compile(r"[^\W\d_]|[<>≤≥/]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)" s="(\d+)"(?! t="[^n])[^>]*(?<!/)>')
#: The formats of per cent that need no description.
_PER_CENT = {9: "0%", 10: "0.00%"}


class Shown(NamedTuple):
    """The text before and behind a number, the digits it has at least, and whether it is shown in per cent."""

    before: str
    behind: str
    zeros: int
    percent: bool

    def text(self, number: str) -> str:
        """A number as it is shown, with all the digits that are stored; any other text as it is.

        >>> Shown("P", "", 3, False).text("7"), Shown("", " mg/dL", 1, False).text("39.6"), Shown("", "", 1, True).text("0.42")
        ('P007', '39.6 mg/dL', '42%')
        """
        if not _NUMBER.fullmatch(number):
            return number
        digits = f"{float(number) * 100:.12g}%" if self.percent else number
        return f"{self.before}{digits.zfill(self.zeros) if digits.isdigit() else digits}{self.behind}"


def read_format(code: str) -> Shown | None:
    """What a number format adds to a positive number; None where that is nothing but its digits.

    >>> read_format('"P"000'), read_format('0.0" mg/dL"').behind, read_format("0%").percent
    (Shown(before='P', behind='', zeros=3, percent=False), ' mg/dL', True)
    >>> read_format("#,##0.00"), read_format("yyyy-mm-dd"), read_format("General"), read_format("[Red]0.0_-")
    (None, None, None, None)
    """
    first = _SILENT.sub("", code.split(";")[0])
    masked = _LITERAL.sub(lambda found: "\0" * len(found[0]), first)
    digits = _DIGITS.search(masked)
    if not digits or _MOMENT.search(masked):
        return None
    before, behind = (_LITERAL.sub(r"\1\2", part) for part in (first[: digits.start()], first[digits.end() :]))
    zeros = len(digits[0]) if set(digits[0]) == {"0"} else 1
    percent = "%" in masked
    behind = behind.replace("%", "", 1) if percent else behind
    return Shown(before, behind, zeros, percent) if percent or zeros > 1 or _SAYS.search(before + behind) else None


def formats(styles: bytes) -> dict[int, Shown]:
    """The formats of a workbook's cells that add something, by the number of the cell's style."""
    root = ElementTree.fromstring(styles)
    codes = _PER_CENT | {int(one.get("numFmtId", 0)): one.get("formatCode", "") for one in root.findall("{*}numFmts/{*}numFmt")}
    found = {style: read_format(codes.get(int(form.get("numFmtId", 0)), ""))
             for style, form in enumerate(root.findall("{*}cellXfs/{*}xf"))}  # fmt: skip
    return {style: shown for style, shown in found.items() if shown}


def spell_out(sheet: bytes, styles: bytes, table: RawTable) -> None:
    """Write the numbers of a table as the sheet shows them, where a format adds something to their digits."""
    known = formats(styles) if styles else {}
    if not known:
        return
    rows = {int(line): row for row, line in enumerate(table.line)}
    changed: dict[int, np.ndarray] = {}
    for letters, line, style in _CELL.findall(sheet):
        column, row, form = number_of(letters) - 1, rows.get(int(line)), known.get(int(style))
        if form and row is not None and column < table.cells.shape[1]:
            texts = changed.setdefault(column, table.cells.iloc[:, column].to_numpy(dtype=object).copy())
            texts[row] = form.text(texts[row])
    for column, texts in changed.items():
        table.cells.isetitem(column, np.array(texts, dtype=object).astype(str))


def number_of(letters: bytes) -> int:
    """The number of a column by its letters.

    >>> number_of(b"A"), number_of(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
