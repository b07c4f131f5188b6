"""The shapes a table can have: which of its rows are read, whose they are, and what looks otherwise than declared."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from racohort.config import Cohort
from racohort.schema import RawTable, Records


def looks_like(table: RawTable, config: Cohort, records: Records) -> None:
    """A finding where a table that lacks its declared columns looks wide (visits in the column names) or long."""
    names = [str(name).casefold() for name in table.cells.columns]
    labels = {label.casefold() for code, visit in config.visits.items() for label in (code, *visit.labels)}
    in_names = {label for label in labels for name in names if name.endswith(label) and name != label}
    if table.shape in ("visit", "long") and len(in_names) > 1:
        visits = ", ".join(sorted(in_names))
        said = f"{table.file} looks wide (visits {visits} stand in the column names), declared is shape {table.shape}"
        records.note("wrong_shape", said, table)
    long = {"param", "paramcd", "parameter", "test", "analyte", "measure", "item"} & set(names)
    if table.shape in ("visit", "wide") and long and {"value", "aval", "result"} & set(names):
        records.note("wrong_shape", f"{table.file} looks long (one row per measurement), declared is shape {table.shape}", table)


#: What a file or sheet that is listed once more, in another shape, is called besides its name.
AGAIN = re.compile(r"(?:^|, )rows with shape \w+(?:, listed \d+)?$")


def take_rows(tables: Sequence[RawTable], config: Cohort, records: Records) -> None:
    """Of each table only the rows that its entry of `files` asks for; rows of a file that no entry takes are warned of."""
    left: dict[tuple[str, str], list[set[int]]] = {}
    for table, entry in zip(tables, config.files, strict=True):
        lacking = [name for name in entry.rows if name not in table.cells]
        for name in lacking:
            said = f"{table.file} lacks the column {name!r}, by which rows are chosen"
            records.note("column_missing", said, table, column=name)
        taken = np.logical_and.reduce([np.ones(len(table.cells), dtype=bool), *_chosen(table, entry.rows)])
        if entry.rows and not lacking:
            left.setdefault((table.file, table.sheet), []).append(set(table.line[~taken].tolist()))
            table.cells, table.line = table.cells[taken].reset_index(drop=True), table.line[taken]
            table.rows_read = len(table.line)
            table.sheet = ", ".join(filter(None, (table.sheet, _kind(entry.rows))))
    for (file, sheet), lines in left.items():
        nowhere = sorted(set.intersection(*lines))
        if nowhere:
            many = f"{len(nowhere)} {'row' if len(nowhere) == 1 else 'rows'}"
            said = f"{file}: of no kind that `rows` names and not read: {many}, the first on line {nowhere[0]}"
            records.note("rows_unread", said, file=file, sheet=sheet, line=int(nowhere[0]), count=len(nowhere))


def _kind(rows: Mapping[str, str | list[str]]) -> str:
    """What tells one kind of row of a file from another, where a sheet's name stands.

    >>> _kind({"Form": ""}), _kind({"Form": ["ae", "sae"]})
    ('rows with Form blank', 'rows with Form ae or sae')
    """
    words = {name: [wanted] if isinstance(wanted, str) else wanted for name, wanted in rows.items()}
    return "rows with " + ", ".join(f"{name} {' or '.join(word or 'blank' for word in some)}" for name, some in words.items())


def _chosen(table: RawTable, rows: Mapping[str, str | list[str]]) -> list[np.ndarray]:
    return [
        table.cells[name].str.strip().isin([wanted] if isinstance(wanted, str) else wanted).to_numpy(dtype=bool)
        for name, wanted in rows.items()
        if name in table.cells
    ]


def check_identifiers(tables: Sequence[RawTable], records: Records) -> None:
    """A refusal where a table has declared columns but none with the patient's identifier: nobody would know whose it is."""
    for table in tables:
        roles = {column.role for column in table.columns.values()}
        if "USUBJID" not in roles and not {"SUBJID", "SITEID"} <= roles and not table.standard:
            half = ", beside SUBJID none has SITEID" if "SUBJID" in roles else ""
            said = f"{table.file}: no column has the role USUBJID{half}, so that nothing tells whose a row is"
            remedy = "Give the column with the patient's identifier the role USUBJID, or remove the file from cohort.yml."
            records.note("column_missing", said, table, remedy=remedy)
