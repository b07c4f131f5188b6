"""Column names: which source column is which declared column, however its name was spelled on the way."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from racohort.config import Cohort, Column, File
from racohort.schema import RawTable, Records
from racohort.units import unit_factor

_FIGURES = re.compile(r"[0-9][0-9.,:/-]*")
#: A unit that consists of a mark alone.
_MARKED = re.compile(r"[(\[（]\s*[%％‰]\s*[)\]）]")
_WITH_UNIT = re.compile(r"(.+?)\s*[(\[（]\s*([^()\[\]（）]*)\s*[)\]）]\s*")


#: Small letters of other alphabets that look like Latin ones; the dotless i of a Turkish program.
_LOOKALIKES = str.maketrans("асеорхуіјѕһԁвкмнтοαρνυικχτβı", "aceopxyijshdbkmhtoapvuikxtbi")


def header_key(name: str) -> str:
    """A column name as it is compared: width, case, spaces, punctuation and letters that look alike make no difference.

    >>> header_key("ＨＡＱ"), header_key("CRP_mg_L "), header_key("白细胞")
    ('haq', 'crpmgl', '白细胞')
    >>> header_key("СRР"), header_key("vısıt"), header_key("VİSİT")  # Cyrillic С and Р, Turkish letters
    ('crp', 'visit', 'visit')
    """
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)
    return "".join(char for char in plain if char.isalnum())


def expected_columns(config: Cohort, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Declared columns by source name, a `{visit}` in a name written out for every visit and its labels."""
    expected: dict[str, Column] = {}
    for name, column in columns.items():
        if "{visit}" not in name:
            expected[name] = column
            continue
        for code, visit in config.visits.items():
            for label in [code, *visit.labels]:
                expected[name.replace("{visit}", label)] = column.model_copy(update={"visit": code})
    return expected


def match_columns(
    table: RawTable, config: Cohort, columns: Mapping[str, Column], catalogue: pd.DataFrame, records: Records
) -> list[str]:
    """Set `table.columns`: each source column that is read, with what it holds; returns the names of the others.

    Names that differ in spelling only, names cut to 8 characters and names with another unit are matched with a finding; unnamed
    row numbers are left out, and a declared name that occurs twice refuses the file.
    """
    expected = expected_columns(config, columns)
    _check_unique(table, {header_key(name) for name, column in expected.items() if column.role != "IGNORE"}, records)
    names = list(dict.fromkeys(str(name) for name in table.cells.columns))
    table.columns = {name: expected[name] for name in names if name in expected}
    left = [name for name in names if name not in expected]
    absent = {name: column for name, column in expected.items() if name not in table.columns}
    for finder in (_by_spelling, _by_cut_name, _by_unit, _by_synonym):
        left = [name for name in left if not finder(name, absent, table, catalogue, records)]
    _note_cut_names(table, records)
    return _note_unnamed(left, table, records)


def _check_unique(table: RawTable, declared: Collection[str], records: Records) -> None:
    keys = pd.Series([header_key(str(name)) for name in table.cells.columns])
    twice = keys.duplicated(keep=False).to_numpy() & (keys != "").to_numpy()
    read = [str(name) for name, key in zip(table.cells.columns[twice], keys[twice], strict=True) if key in declared]
    if read:
        records.note("column_twice", f"{table.file} has two columns called {read[0]!r}", table, column=read[0])
    table.cells = table.cells.loc[:, ~(table.cells.columns.duplicated() & (keys != "").to_numpy())]


def _take(name: str, declared: str, column: Column, absent: dict[str, Column], table: RawTable) -> bool:
    table.columns[name] = column
    del absent[declared]
    return True


def _by_spelling(name: str, absent: dict[str, Column], table: RawTable, _: pd.DataFrame, records: Records) -> bool:
    same = [declared for declared in absent if header_key(declared) == header_key(name) != ""]
    if not same or _MARKED.search(name):
        return False
    records.note("header_spelling", f"the column {name!r} was read as {same[0]!r}", table, line=1, column=name, value=name)
    return _take(name, same[0], absent[same[0]], absent, table)


def _by_cut_name(name: str, absent: dict[str, Column], table: RawTable, _: pd.DataFrame, records: Records) -> bool:
    key = header_key(name)
    same = [
        declared for declared in absent
        if table.file.lower().endswith(".xpt") and key and key in (header_key(declared)[:8], header_key(declared[:8]))
    ]  # fmt: skip
    if len(same) != 1:
        return False
    records.note(
        "name_cut", f"the column {name!r} was read as {same[0]!r}, cut to 8 characters by the file's format", table, column=name
    )
    return _take(name, same[0], absent[same[0]], absent, table)


def _by_unit(name: str, absent: dict[str, Column], table: RawTable, catalogue: pd.DataFrame, records: Records) -> bool:
    """A column such as `CRP (mg/dL)` that stands in the place of a declared one."""
    parts = _WITH_UNIT.fullmatch(unicodedata.normalize("NFKC", name))
    if not parts:
        return False
    stem, unit = header_key(parts[1]), parts[2]
    same = [declared for declared, column in absent.items() if stem in _names(declared, column, catalogue)]
    if len(same) != 1:
        return False
    column = absent[same[0]]
    if column.paramcd is None or unit_factor(catalogue, column.paramcd, unit) is None:
        records.note(
            "unit_unknown", f"the column {name!r} has a unit that cannot be converted for {same[0]!r}", table, column=name
        )
        return _take(name, same[0], column, absent, table)
    declared_unit = column.unit or str(catalogue.at[column.paramcd, "AVALU"])
    said = f"the column {name!r} was read as {same[0]!r}, its values converted from {unit} (declared: {declared_unit})"
    records.note("header_unit", said, table, line=1, column=name, value=name, count=len(table.cells))
    return _take(name, same[0], column.model_copy(update={"unit": unit}), absent, table)


def _by_synonym(name: str, absent: dict[str, Column], table: RawTable, catalogue: pd.DataFrame, records: Records) -> bool:
    key = header_key(name)
    same = [
        declared for declared, column in absent.items() if key and column.paramcd and key in _names(declared, column, catalogue)
    ]
    if len(same) != 1:
        return False
    records.note("header_spelling", f"the column {name!r} was read as {same[0]!r}", table, line=1, column=name, value=name)
    return _take(name, same[0], absent[same[0]], absent, table)


def _names(declared: str, column: Column, catalogue: pd.DataFrame) -> set[str]:
    """Everything a declared column may be called: its own name, its PARAMCD, label and synonyms."""
    if column.paramcd is None or column.paramcd not in catalogue.index:
        return {header_key(declared)}
    facts = catalogue.loc[column.paramcd]
    return {
        header_key(text) for text in (declared, column.paramcd, facts["PARAM"], facts["label_zh"], *facts["synonyms"]) if text
    }


def _note_cut_names(table: RawTable, records: Records) -> None:
    """In an XPT file a name of 8 characters may have been cut; say how each was read."""
    if table.file.lower().endswith(".xpt") and not table.standard:
        full = [f"{name} as {column.paramcd or column.role}" for name, column in table.columns.items() if len(name) == 8]
        whole = any(len(str(name)) > 8 for name in table.cells.columns)
        told = any(finding.rule == "name_cut" and finding.file == table.file for finding in records.findings)
        if full and not whole and not told:
            said = f"names of 8 characters may have been cut by the file's format; read as declared: {', '.join(full)}"
            records.note("name_cut", said, table, count=len(full))


def _note_unnamed(left: list[str], table: RawTable, records: Records) -> list[str]:
    """The columns left that have a name, or hold anything else than the numbers of the rows; the others are told of."""
    unnamed = [name for name in left if not name.strip() or re.fullmatch(r"Unnamed: \d+|__index_level_\d+__", name)]
    unnamed = [name for name in unnamed if _numbers_rows(table.cells.loc[:, table.cells.columns == name])]
    for name in unnamed:
        if not name.startswith("__index"):
            records.note("row_numbers", "a column without a name (row numbers) was left out", table, line=1, column=name)
    return [name for name in left if name not in unnamed]


def _numbers_rows(cells: pd.DataFrame) -> bool:
    """Whether columns are blank, or count their rows: whole numbers, none of them twice."""
    given = [texts[texts != ""] for texts in (column.str.strip() for _, column in cells.items())]
    return all(texts.str.fullmatch(r"\d+(?:\.0)?").all() and texts.is_unique for texts in given)


def note_left(tables: Sequence[RawTable], files: Sequence[File], left: Sequence[list[str]], records: Records) -> None:
    """One warning a file or sheet of the columns that are declared in none of the entries that list it."""
    for place in dict.fromkeys((entry.path, entry.sheet) for entry in files):
        parts = [at for at, entry in enumerate(files) if (entry.path, entry.sheet) == place]
        names = [name for name in left[parts[0]] if all(name in left[part] for part in parts)]
        if names:
            more = " and others" if len(names) > 10 else ""
            at = list(tables[parts[0]].cells.columns).index
            called = [repr(name) if name.strip() else f"column {at(name) + 1}, which has no name" for name in names[:10]]
            said = f"{tables[parts[0]].file}: not declared, so not read: {', '.join(called)}{more}"
            records.note("column_undeclared", said, tables[parts[0]], line=1, column=names[0], count=len(names))


def note_header(table: RawTable, config: Cohort, records: Records) -> None:
    """A finding where the declared names stand further down, or where values stand in the place of the names."""
    wanted = {header_key(name) for name in config.columns}
    for line, row in zip(table.line, table.cells.head(30).itertuples(index=False), strict=False):
        if sum(header_key(cell) in wanted for cell in row) > len(wanted) / 2:
            said = f"{table.file}: the header is on line {line}: text stands above the column names"
            records.note("header_not_first", said, table, line=int(line))
            return
    names = [str(name) for name in table.cells.columns]
    if len(names) > 2 and sum(_FIGURES.fullmatch(name) is not None for name in names) > len(names) / 2:
        records.note("header_absent", f"{table.file} has no header: its first line holds values, no names", table, line=1)


def leave_out_headers(table: RawTable, records: Records) -> None:
    """Leave out rows that repeat the header, as files pasted together have; refuse a file whose header changes among the rows.

    A row is a header where more than half of its cells are names of columns, whatever their case.
    """
    names = [str(name) for name in table.cells.columns]
    keys = [header_key(name) for name in names]
    spelled = {
        mark + word
        for name in names
        if name
        for word in (name, name.upper(), name.lower(), name.capitalize())
        for mark in ("", "\ufeff")
    }
    first = table.cells.iloc[:, 0] if names else pd.Series(dtype="str")
    repeated = np.zeros(len(table.cells), dtype=bool)
    for row in np.flatnonzero(first.isin(spelled)):
        found = [header_key(str(cell)) for cell in table.cells.iloc[row]]
        if sum(key in keys for key in found if key) * 2 > len(keys):
            repeated[row] = found == keys
            if found != keys:
                changed = next(names[i] for i, key in enumerate(found) if key != keys[i])
                said = f"line {table.line[row]}: the header changes here, first in the column {changed!r}: other columns follow"
                records.note("header_changes", said, table, line=int(table.line[row]), column=changed)
    for line in table.line[repeated]:
        records.note("header_repeated", f"line {line} repeats the header and was left out", table, line=int(line))
    if repeated.any():
        table.cells, table.line = table.cells[~repeated].reset_index(drop=True), table.line[~repeated]
        table.rows_read -= int(repeated.sum())
