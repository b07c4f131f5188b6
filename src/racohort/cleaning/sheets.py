"""A table while it is being cleaned: who each row is about, when, which rows are kept, each column's values beside its text."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from racohort.config import Column
from racohort.schema import RawTable, Records

Mask = np.ndarray
Limits = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Texts:
    """A column by what it says: its distinct texts in order of appearance, and in each row the place of its text among them.

    Whatever depends on the text alone is decided once a text.
    """

    words: np.ndarray
    at: np.ndarray

    def each(self, meaning: Mapping[str, Any], dtype: Any = object) -> np.ndarray:
        """What the text of every row means."""
        return np.asarray(np.array([meaning[word] for word in self.words], dtype=dtype)[self.at])

    def among(self, words: Container[str]) -> Mask:
        """Whether the text of each row is one of these."""
        return np.asarray(np.array([word in words for word in self.words], dtype=bool)[self.at])

    def counts(self) -> np.ndarray:
        """How many rows hold each text."""
        return np.bincount(self.at, minlength=len(self.words))


@dataclass
class Readings:
    """What the distinct texts of a measured column were read as, one entry for each analyte, text and unit that occur together.

    `unit` is the unit that was given, `factor` what the number in the file was multiplied with to have the catalogue's unit;
    `rule` says what was done, or why there is no value.
    """

    text: np.ndarray
    PARAMCD: np.ndarray
    aval: np.ndarray
    avalc: np.ndarray
    censored: np.ndarray
    limit: np.ndarray
    missing: Mask
    factor: np.ndarray
    unit: np.ndarray
    rule: np.ndarray


@dataclass
class Field:
    """One column with measured values: the readings that occur in it, the place of each row's reading, and the cells held.

    `limits` are the laboratory's own of every row, in the catalogue's unit, where there are any.
    """

    name: str
    column: Column
    readings: Readings
    at: np.ndarray
    bad: Mask
    limits: Limits | None = None

    @property
    def PARAMCD(self) -> np.ndarray:
        """The analyte of every row."""
        return np.asarray(self.readings.PARAMCD[self.at])

    @property
    def aval(self) -> np.ndarray:
        """The value of every row in the catalogue's unit."""
        return np.asarray(self.readings.aval[self.at])

    @property
    def censored(self) -> np.ndarray:
        """The side of the assay's limit that every row's value lies beyond, or ""."""
        return np.asarray(self.readings.censored[self.at])

    @property
    def missing(self) -> Mask:
        """Cells without a value."""
        return np.asarray(self.readings.missing[self.at])

    @property
    def good(self) -> Mask:
        """Cells with a value that was not quarantined."""
        return np.asarray(~self.readings.missing[self.at] & ~self.bad)

    def good_at(self, places: np.ndarray) -> Mask:
        """Which of the cells at these places are `good`."""
        return np.asarray(~self.readings.missing[self.at[places]] & ~self.bad[places])

    @property
    def codes(self) -> list[str]:
        """The analytes of the column."""
        return list(pd.unique(self.readings.PARAMCD))


@dataclass
class Sheet:
    """One table while it is being cleaned; all arrays but `people` have one entry a row.

    `people` are the identifiers of the whole cohort in alphabetical order, `who` the place of each row's among them. `dates`
    holds the day of each visit, by its code, where a wide table has a column of dates for it; else ADT holds the row's.
    """

    table: RawTable
    who: np.ndarray
    AVISIT: np.ndarray
    ADT: np.ndarray
    keep: Mask
    why: np.ndarray
    people: np.ndarray
    fields: list[Field] = field(default_factory=list)
    facts: dict[str, np.ndarray] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    dates: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keep)

    @property
    def USUBJID(self) -> np.ndarray:
        """The identifier of every row."""
        return np.asarray(self.people[self.who])

    def texts(self, name: str) -> Texts:
        """A column's cells as read."""
        at, words = pd.factorize(self.table.cells[name])
        return Texts(np.asarray(words, dtype=object), at.astype("int32"))

    def labels(self, name: str) -> dict[str, str]:
        """The words that the file itself (SPSS, Stata) gives for the codes of a column."""
        return dict(self.table.dictionary.get(name, ["", {}])[1])

    def text(self, name: str) -> np.ndarray:
        """A column's cells as read, row by row."""
        texts = self.texts(name)
        return np.asarray(texts.words[texts.at])

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

    @property
    def identifier(self) -> str:
        """The column that says whose a row is: the identifier, or the number within the site; "" where there is none."""
        found = self.role("USUBJID") or self.role("SUBJID")
        return found[0] if found else ""

    @property
    def unread(self) -> bool:
        """Whether this is a trial package's data set of a kind that is not read."""
        return bool(self.table.standard) and all(role == "USUBJID" for role, _, _ in self.roles())

    def planned(self, visits: Mapping[str, Any]) -> Mask:
        """Whether each row is of one of these visits."""
        return pd.Series(self.AVISIT, dtype=object).isin(list(visits)).to_numpy()

    def by_person(self, rows: Mask) -> np.ndarray:
        """The places of the rows of a mask, patient by patient in alphabetical order."""
        at = np.flatnonzero(rows)
        return at[np.argsort(self.who[at], kind="stable")]

    def cells(self, rows: np.ndarray, column: str, became: np.ndarray | None = None) -> pd.DataFrame:
        """The cells of one column in the rows of a mask, or at these places, as the records want them."""
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        read = self.table.cells[column].iloc[at].to_numpy(dtype=object) if column in self.table.cells else ""
        return pd.DataFrame({
            "line": self.table.line[at], "column": column, "USUBJID": self.people[self.who[at]], "AVISIT": self.AVISIT[at],
            "value": read, "became": "" if became is None else became[at],
        })  # fmt: skip

    def drop(self, rows: Mask, rule: str) -> None:
        """Take rows out, and remember by which rule."""
        new = rows & self.keep
        self.why[new] = rule
        self.keep = self.keep & ~rows

    def hold_rows(
        self, rows: np.ndarray, rule: str, column: str, reason: str | Sequence[str], records: Records, scope: str = "row"
    ) -> None:
        """Quarantine whole rows that are still kept; `column` is where the fault shows.

        With several reasons, one for each of the places in `rows`, the rows of a patient with one reason are told together.
        """
        at = np.flatnonzero(rows & self.keep) if rows.dtype == bool else rows
        if len(at):
            records.hold(rule, self.table, self.cells(at, column), reason, scope)
            self.drop(np.isin(np.arange(len(self)), at), rule)


def people_of(sheets: Sequence[Sheet], who: Sequence[np.ndarray]) -> Mask:
    """For every one of the people, whether they are at one of these places."""
    there = np.zeros(max((len(sheet.people) for sheet in sheets), default=0), dtype=bool)
    for places in who:
        there[places] = True
    return there


def open_sheet(table: RawTable) -> Sheet:
    """A table before anything is known of its rows."""
    n = len(table.cells)
    blank, nobody = np.full(n, "", dtype=object), np.array([""], dtype=object)
    days = np.full(n, "NaT", dtype="datetime64[D]")
    return Sheet(table, np.zeros(n, dtype="int32"), blank.copy(), days, np.ones(n, dtype=bool), blank.copy(), nobody)
