"""The promises: what is written down about a cell that cannot be taken as it is, and the error that stops a run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from racohort.rules import RULES
from racohort.terms import CLASSES, FINDINGS, LEDGER, QUARANTINE

#: Findings of one rule in one column are told one by one up to this number, then once with their count.
SHOWN = 20
#: A value is shown in messages up to this length.
LONGEST = 60
#: A message is cut behind this length, whatever it quotes.
LONGEST_MESSAGE = 1000
#: The column for the visit that `cohort.yml` gives a whole file.
OF_FILE = "(visit of the file)"


@dataclass(frozen=True)
class Finding:
    """One doubt, change or exclusion: the rule, what is wrong in words, where, and how many cells it stands for."""

    rule: str
    message: str
    file: str = ""
    sheet: str = ""
    line: int | None = None
    column: str = ""
    USUBJID: str = ""
    value: str = ""
    count: int = 1
    remedy: str = ""

    def row(self) -> dict[str, Any]:
        """The finding as a row of findings.csv."""
        rule = RULES[self.rule]
        return {
            "class": rule.cls, "rule": self.rule, "severity": rule.severity, "file": self.file, "sheet": self.sheet,
            "line": self.line,
            "column": self.column, "USUBJID": self.USUBJID, "value": shorten(self.value), "message": self.message,
            "remedy": self.remedy or rule.remedy, "count": self.count,
        }  # fmt: skip

    def __str__(self) -> str:
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        place = f"{self.file}{sheet}: " if self.file not in self.message else ""
        return f"{place}{self.message} [{self.rule}] {self.remedy or RULES[self.rule].remedy}"


class CohortError(Exception):
    """A cohort that is refused; the command ends with status 1. `findings` holds what was found until then."""

    exit_code = 1

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        refusals = [finding for finding in self.findings if RULES[finding.rule].cls == "reject"]
        super().__init__("\n".join(str(finding) for finding in refusals or self.findings))


def shorten(value: object) -> str:
    """A value as messages show it: one line, at most 60 characters.

    >>> shorten("a" * 100)[-12:]
    'a… (100 ch.)'
    """
    text = " ".join(str(value).split()) if len(str(value)) > LONGEST else str(value).replace("\n", "\\n").replace("\x00", "\\0")
    return text if len(str(value)) <= LONGEST else f"{text[: LONGEST - 20]}… ({len(str(value))} ch.)"


def _column(name: object) -> str:
    return f", column {name}" if name else ""


@dataclass
class RawTable:
    """One file or sheet as text: every cell a text (in a large file as categories), with the physical line of every row.

    `native` says that the file typed its dates and numbers itself (a workbook, Parquet, XPT); `decimal` is the file's decimal
    mark. `columns` maps each source column that is read to what it holds. `dictionary` is what a file says of its own columns:
    by name, the label, and the words of its codes. `standard` is adam or sdtm for a trial package's data set.
    """

    file: str
    sheet: str
    shape: str
    cells: pd.DataFrame
    line: np.ndarray
    sha256: str = ""
    native: bool = False
    decimal: str = "."
    columns: dict[str, Any] = field(default_factory=dict)
    dictionary: dict[str, list[Any]] = field(default_factory=dict)
    rows_read: int = 0
    standard: str = ""

    @classmethod
    def blank(cls, file: str, shape: str) -> "RawTable":
        """A table of which nothing was read yet."""
        return cls(file, "", shape, pd.DataFrame(dtype="str"), np.array([], dtype="int64"))


@dataclass
class Records:
    """What cleaning writes down: findings, a ledger of changes, and a quarantine of exclusions."""

    findings: list[Finding] = field(default_factory=list)
    ledgers: list[pd.DataFrame] = field(default_factory=list)
    quarantines: list[pd.DataFrame] = field(default_factory=list)

    def note(self, rule: str, message: str, table: RawTable | None = None, **where: Any) -> None:
        """One finding."""
        if table is not None:
            where = {"file": table.file, "sheet": table.sheet, **where}
        said = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
        self.findings.append(Finding(rule, said, **where))

    def note_cells(self, rule: str, table: RawTable, cells: pd.DataFrame, reason: str | Sequence[str]) -> None:
        """One finding a cell, or one for all of them where they are many; `cells` has line, column, USUBJID and value.

        With a reason for each cell, those of one patient with one reason are told together, in the order of the cells.
        """
        told = cells.assign(reason=reason)
        together = told["column"] if isinstance(reason, str) else pd.MultiIndex.from_frame(told[["column", "USUBJID", "reason"]])
        group = pd.factorize(together)[0]
        count = np.bincount(group)[group]
        summed = (count > SHOWN) | (RULES[rule].cls == "normalise")
        first = np.unique(group, return_index=True)[1][group]
        at = np.flatnonzero(~summed | (first == np.arange(len(group))))
        for place, cell in zip(at, told.iloc[at].to_dict("records"), strict=True):
            self._note_cell(rule, table, {**cell, "count": int(count[place]), "summed": summed[place]})

    def _note_cell(self, rule: str, table: RawTable, cell: Mapping[Any, Any]) -> None:
        others = cell["count"] - 1 if cell["summed"] else 0
        more = f" (and {others} more {'cell' if others == 1 else 'cells'} of this column)" if others else ""
        said = f"line {cell['line']}{_column(cell['column'])}: {shorten(cell['value'])!r} {cell['reason']}{more}"
        where = {name: cell[name] for name in ("line", "column", "value", "count" if cell["summed"] else "USUBJID")}
        self.note(rule, said, table, **where)

    def change(self, rule: str, table: RawTable, cells: pd.DataFrame, reason: str) -> None:
        """Ledger rows for changed cells (line, column, USUBJID, AVISIT, value, became), and their finding."""
        if len(cells):
            rows = cells.assign(file=table.file, sheet=table.sheet, was=cells["value"], rule=rule)
            self.ledgers.append(rows[list(LEDGER)])
            self.note_cells(rule, table, cells, reason)

    def hold(self, rule: str, table: RawTable, cells: pd.DataFrame, reason: str | Sequence[str], scope: str = "cell") -> None:
        """Quarantine rows for cells (line, column, USUBJID, AVISIT, value), and their findings."""
        if len(cells):
            rows = cells.assign(file=table.file, sheet=table.sheet, scope=scope, rule=rule, remedy=RULES[rule].remedy)
            self.quarantines.append(rows[list(QUARANTINE)].assign(value=rows["value"].map(shorten)))
            self.note_cells(rule, table, cells, reason)

    def stop_if_rejected(self) -> None:
        """Raise CohortError where a finding refuses the cohort."""
        if any(RULES[finding.rule].cls == "reject" for finding in self.findings):
            raise CohortError(self.findings)

    def found(self) -> pd.DataFrame:
        """All findings as a frame, strongest class first."""
        return found_frame(self.findings)

    def ledger(self) -> pd.DataFrame:
        """All changes as a frame."""
        return pd.concat(self.ledgers, ignore_index=True) if self.ledgers else pd.DataFrame(columns=list(LEDGER))

    def quarantine(self) -> pd.DataFrame:
        """All exclusions as a frame."""
        return pd.concat(self.quarantines, ignore_index=True) if self.quarantines else pd.DataFrame(columns=list(QUARANTINE))


def found_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as rows of findings.csv, strongest class first, then in the order they were made."""
    frame = pd.DataFrame([finding.row() for finding in findings], columns=list(FINDINGS))
    order = frame["class"].map({name: -rank for rank, name in enumerate(CLASSES)})
    return frame.iloc[np.argsort(order.to_numpy(dtype="float64"), kind="stable")].reset_index(drop=True)


def check_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> pd.DataFrame:
    """The frame itself, where it has all the columns; raises ValueError naming those it lacks."""
    lacking = [column for column in columns if column not in frame.columns]
    if lacking:
        raise ValueError(f"{what} lacks the columns {', '.join(lacking)}")
    return frame


def as_text(values: pd.Series) -> pd.Series:
    """Values as text (str), "" where one is missing; text without a gap stays as it is.

    >>> as_text(pd.Series([1, None, "a"], dtype=object)).tolist()
    ['1', '', 'a']
    """
    missing = values.isna()
    return (values.mask(missing, "") if missing.any() else values).astype("str")


def check_one_row(frame: pd.DataFrame, by: Sequence[str], what: str) -> pd.DataFrame:
    """The frame itself, where no two rows share the values of `by`; raises ValueError naming the first that do."""
    twice = frame[frame.duplicated(list(by), keep=False)]
    if len(twice):
        first = ", ".join(f"{column} {twice.iloc[0][column]}" for column in by)
        raise ValueError(f"{what} has several rows for {first}")
    return frame


@dataclass
class Raw:
    """A cohort as it was read: its description, its tables as text, and what reading found."""

    config: Any
    tables: list[RawTable]
    records: Records


@dataclass
class Clean:
    """A cohort after cleaning, before derivation.

    `patients` has one row per patient read; `gather` makes `values` of some of them, one row per value kept (the columns of
    terms.BDS as far as they are measured); `planned` are the parameters with such a value at a planned visit; `visits` has one
    row per patient, visit and file read; `treatments` one row per patient and day of treatment; `events` and `medication` one
    row each; `sources` one row a file, `mapping` one row a source column, `cells` one row a measured column and parameter,
    `fates` one row a file and fate of rows, `numbers` one row a column, unit and number as written.
    """

    config: Any
    patients: pd.DataFrame
    gather: Callable[[pd.Index], pd.DataFrame]
    planned: frozenset[str]
    visits: pd.DataFrame
    treatments: pd.DataFrame
    events: pd.DataFrame
    medication: pd.DataFrame
    sources: pd.DataFrame
    mapping: pd.DataFrame
    cells: pd.DataFrame
    fates: pd.DataFrame
    numbers: pd.DataFrame
    records: Records

    @cached_property
    def values(self) -> pd.DataFrame:
        """The values kept, made by `gather` when they are first asked for: one row each takes more room than the file."""
        return self.gather(self.patients.index)
