"""Delimited text without any fault, read column by column; what has one is left to the careful reader."""

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

#: Bytes parsed at a time.
BLOCK = 1 << 22
#: A cell is kept as the place of its text among the distinct texts of its column.
_TEXT = pa.dictionary(pa.int32(), pa.string())


def read_well_formed(text: str, data: bytes, delimiter: str) -> pd.DataFrame | None:
    """The cells of a text in which line 1 has the names and every other line is one row, as categories of text.

    None where anything needs a second look: a quotation mark, a line end of its own kind, a row that is blank, longer or shorter
    than the header or repeats it, or no row at all. `data` are the bytes of the file, whatever their encoding.
    """
    if '"' in text or "\x00" in text or text.count("\r") != text.count("\r\n"):
        return None
    names = text[: text.find("\n") if "\n" in text else None].rstrip("\r").split(delimiter)
    data = data if data == text.encode("utf-8") else text.encode("utf-8")
    table = _parsed(data, delimiter, [str(place) for place in range(len(names))])
    lines = text.count("\n") + (not text.endswith("\n"))
    if table is None or table.num_rows != lines - 1 or not table.num_rows:
        return None
    cells: pd.DataFrame = table.unify_dictionaries().to_pandas(use_threads=False)
    if (cells["0"] == names[0]).any() or _has_blank_row(cells):
        return None
    return cells.set_axis(names, axis="columns")


def _parsed(data: bytes, delimiter: str, names: list[str]) -> pa.Table | None:
    """Every cell as text by position; None where the rows differ in their number of cells."""
    try:
        return csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names, skip_rows=1),
            csv.ParseOptions(delimiter=delimiter, quote_char=False),
            csv.ConvertOptions(column_types=dict.fromkeys(names, _TEXT), check_utf8=False),
        )
    except pa.ArrowInvalid:
        return None


def _has_blank_row(cells: pd.DataFrame) -> bool:
    """Whether any row may have no visible text in any column."""
    blank = np.ones(len(cells), dtype=bool)
    for name in cells:
        texts = cells[name].cat
        blank &= ~texts.categories.str.contains("[!-~]").astype(bool)[texts.codes]
        if not blank.any():
            return False
    return True
