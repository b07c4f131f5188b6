"""A table while it is being cleaned: who each row is about, when, which rows are kept, each column's values beside its text."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from racohort.config import Column
from racohort.schema import RawTable, Records

Mask = np.ndarray


@dataclass
class Field:
    """One column with measured values: the text as read, and for every row the value, its censoring and what became of it.

    `unit` is the unit that was given for it, `factor` what the number was multiplied with to have the catalogue's unit.
    """

    name: str
    column: Column
    PARAMCD: np.ndarray
    text: np.ndarray
    aval: np.ndarray
    avalc: np.ndarray
    censored: np.ndarray
    limit: np.ndarray
    missing: Mask
    bad: Mask
    factor: np.ndarray
    unit: np.ndarray

    @property
    def good(self) -> Mask:
        """Cells with a value that was not quarantined."""
        return np.asarray(~self.missing & ~self.bad)


@dataclass
class Sheet:
    """One table while it is being cleaned; all arrays have one entry a row.

    `dates` holds the day of each visit, by its code, where a wide table has a column of dates for it; else ADT holds the row's.
    """

    table: RawTable
    USUBJID: np.ndarray
    AVISIT: np.ndarray
    ADT: np.ndarray
    keep: Mask
    why: np.ndarray
    fields: list[Field] = field(default_factory=list)
    facts: dict[str, np.ndarray] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    dates: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keep)

    def text(self, name: str) -> np.ndarray:
        """A column's cells as read."""
        return self.table.cells[name].to_numpy(dtype=object)

    def roles(self) -> Iterator[tuple[str, str, Column]]:
        """Every column with a role: the role, the column's name, and what `cohort.yml` says of it."""
        for name, column in self.table.columns.items():
            if column.role is not None and column.role != "IGNORE":
                yield column.role, name, column

    def day_of(self, visit: str | None) -> np.ndarray:
        """The day of every row at a visit of a wide table; the row's own day where it has but one."""
        return self.dates.get(visit or "", self.ADT)

    def role(self, role: str) -> tuple[str, Column] | None:
        """The column with a role, if there is one."""
        return next(((name, column) for found, name, column in self.roles() if found == role), None)

    def cells(self, rows: Mask, column: str, value: np.ndarray | None = None, became: np.ndarray | None = None) -> pd.DataFrame:
        """The cells of one column in the rows of a mask, as the records want them."""
        at = np.flatnonzero(rows)
        read = self.text(column) if value is None and column in self.table.cells else value
        texts = np.full(len(self), "", dtype=object) if read is None else read
        after = np.full(len(self), "", dtype=object) if became is None else became
        return pd.DataFrame({
            "line": self.table.line[at], "column": column, "USUBJID": self.USUBJID[at], "AVISIT": self.AVISIT[at],
            "value": texts[at], "became": after[at],
        })  # fmt: skip

    def drop(self, rows: Mask, rule: str) -> None:
        """Take rows out, and remember by which rule."""
        new = rows & self.keep
        self.why[new] = rule
        self.keep = self.keep & ~rows

    def hold_rows(self, rows: Mask, rule: str, column: str, reason: str, records: Records, scope: str = "row") -> None:
        """Quarantine whole rows that are still kept; `column` is where the fault shows."""
        rows = rows & self.keep
        if rows.any():
            records.hold(rule, self.table, self.cells(rows, column), reason, scope)
            self.drop(rows, rule)


def open_sheet(table: RawTable) -> Sheet:
    """A table before anything is known of its rows."""
    n = len(table.cells)
    blank = np.full(n, "", dtype=object)
    return Sheet(
        table, blank.copy(), blank.copy(), np.full(n, "NaT", dtype="datetime64[D]"), np.ones(n, dtype=bool), blank.copy()
    )
