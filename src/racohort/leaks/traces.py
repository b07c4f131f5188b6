"""What points to a patient, from the raw files: identifiers, dates, long numbers, and words that few patients share."""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from racohort import io
from racohort.places import project_root
from racohort.roles import DATES, NUMBERS
from racohort.schema import Raw, RawTable

Date = tuple[int, int, int]

IDENTIFIER, DATE, NUMBER, WORDS = "an identifier", "a date", "a long number", "words that few patients share"
#: Roles whose words are the report's own once they are understood.
UNDERSTOOD = frozenset({"SEX", "AVISIT", "PARAM", "AVALU", "AVALCAT1", "AESER", "AEREL", "AESDTH", "DTHFL", "EOSSTT", "AETOXGR",
                        "CMCLAS", "CMACT", "CMDOSU", "AEBODSYS", "ARM", "SITEID"})  # fmt: skip
#: Roles whose words are shown by name where nothing is hidden.
NAMED = frozenset({"AEDECOD", "CMDECOD", "DCSREAS"})
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-/.]|\s*年\s*)(\d{1,2})(?:[-/.]|\s*月\s*)(\d{1,2})(?!\d)")
_LAST = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d\d)(?!\d)")
_COMPACT = re.compile(r"(?<![\d.])((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d|\.\d)")
_DECIMALS = re.compile(r"\d+\.\d{5,}")  # of computed numbers, among which no day is written
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMED = re.compile(rf"(?<!\w)(\d{{1,2}})[\s.-]*({'|'.join(_MONTHS)})[a-z]*[\s.,-]*((?:19|20)\d\d)(?!\d)", re.I)


@dataclass
class Traces:
    """What is searched for: texts with their kind, and days; `unsearched` counts those too short or too common, by kind.

    The kind of words says in brackets in which column they stand.
    """

    texts: dict[str, str] = field(default_factory=dict)
    days: set[Date] = field(default_factory=set)
    unsearched: dict[str, int] = field(default_factory=dict)

    def of_identity(self) -> "Traces":
        """Of these, the identifiers and the days."""
        return Traces({text: kind for text, kind in self.texts.items() if kind == IDENTIFIER}, self.days)

    def counts(self) -> dict[str, int]:
        """How many of each kind are searched for."""
        kinds = [kind.partition(" (")[0] for kind in self.texts.values()]
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} | ({DATE: len(self.days)} if self.days else {})


def collect_traces(cohort: Path, identifiers: Iterable[str] = (), privacy: str = "share", few: int = 8) -> Traces:
    """What a cohort's raw files hold of single patients.

    Parameters
    ----------
    cohort : the folder with its `cohort.yml`.
    identifiers : as cleaning spelled them, where that differs from the files.
    privacy : in a report to `publish` also coded terms that fewer than `few` patients share must not occur; free text must not
        in either, a text that is shared by `few` patients excepted.
    """
    raw = io.read_raw(f"{cohort}/")
    known = _Known(own_text(), words_of(raw))
    for one in identifiers:
        known.add(one, IDENTIFIER)
    for table in raw.tables:
        for name in map(str, table.cells.columns):
            _collect_column(table, name, privacy, few, known)
    today = datetime.date.today()
    known.traces.days -= {(today.year, today.month, today.day), *days_in(known.own)}
    return known.traces


class _Known:
    """The traces found so far, and the texts that are no trace because every report has them."""

    def __init__(self, own: str, understood: frozenset[str]) -> None:
        self.own, self.understood, self.traces = own, understood, Traces()
        self.words = set(re.findall(r"\w+", own.casefold()))
        self.seen: set[str] = set()

    def add(self, text: str, kind: str) -> None:
        """Take a text up, or count it where it is too short or the report's own."""
        text = " ".join(str(text).split())
        if not text or text.casefold() in self.understood or text in self.seen:
            return
        self.seen.add(text)
        if is_distinctive(text) and not self._is_own(text):
            self.traces.texts[text] = kind
        else:
            kind = kind.partition(" (")[0]
            self.traces.unsearched[kind] = self.traces.unsearched.get(kind, 0) + 1

    def _is_own(self, text: str) -> bool:
        words = re.findall(r"\w+", text.casefold())
        return set(words) <= self.words and re.search(r"\W+".join(map(re.escape, words)), self.own, re.I) is not None


def is_distinctive(text: str) -> bool:
    """Whether finding a text means something: four letters, two Chinese ones, a letter among five signs, or six digits in a row.

    >>> [is_distinctive(text) for text in ("12", "1001", "RA-001", "Zhang Wei", "张伟", "13800138000", "7.25", "Li")]
    [False, False, True, True, True, True, False, False]
    """
    letters, signs = re.findall(r"[^\W\d_]", text), re.findall(r"\w", text)
    if re.search(r"[\u3400-\u9fff]{2}|\d{6}", text):
        return True
    return len(letters) >= 4 or (len(letters) >= 1 and len(signs) >= 5)


def own_text() -> str:
    """What any report may say: pages of the book, notebooks, the catalogue, the paper's claims, the words of the program."""
    root, package = project_root(), Path(__file__).resolve().parents[1]
    places = [(root / "book", "**/*.md"), (root / "notebooks", "*.ipynb"), (root / "data" / "catalogue", "*.yml"),
              (root / "data" / "paper", "*.yml"), (package, "*.py"),
              *((package / room, "*.py") for room in ("tables", "figures", "report", "claims"))]  # fmt: skip
    files = (path for place, pattern in places for path in sorted(place.glob(pattern)) if "_build" not in path.parts)
    return "\n".join(path.read_text("utf-8", errors="replace") for path in files)


def words_of(raw: Raw) -> frozenset[str]:
    """The words with which `cohort.yml` says what the files mean: names of columns, codes, visits, missing values."""
    columns = [column for table in raw.tables for column in table.columns.values()]
    codes = [word for column in columns for pair in (column.codes or {}).items() for word in pair]
    visits = [word for code, visit in raw.config.visits.items() for word in (code, *visit.labels)]
    names = [str(name) for table in raw.tables for name in table.cells.columns]
    said = [*codes, *visits, *names, *raw.config.missing, raw.config.id, raw.config.title]
    return frozenset(str(word).casefold() for word in said)


def _collect_column(table: RawTable, name: str, privacy: str, few: int, known: _Known) -> None:
    column = table.columns.get(name)
    role = column.role if column is not None and column.role is not None else ""
    if role in UNDERSTOOD or (privacy == "share" and role in NAMED):
        return
    if role == "USUBJID":
        for text in table.cells[name].unique():
            known.add(text, IDENTIFIER)
        return
    measured = role in NUMBERS or role == "AVAL" or (column is not None and column.paramcd is not None)
    for text in rare_texts(table, name, few):
        known.traces.days |= set(days_in(text))
        if role not in DATES and not (measured and len(re.findall(r"[^\W\d_]", text)) < 6):
            _collect_text(text, name, known)


def _collect_text(text: str, column: str, known: _Known) -> None:
    """A rare text, unless it is a number or a day; the long numbers within it by themselves too."""
    for number in re.findall(r"(?<![\d.])\d[\d -]{5,}\d(?![\d.])", text):
        if not any(days_in(number)):
            known.add(number, NUMBER)
    if not re.fullmatch(r"[\d\s.,:/+-]*", text) and not (any(days_in(text)) and len(text) < 12):
        known.add(text, f"{WORDS} (column {column!r})")


def rare_texts(table: RawTable, name: str, few: int) -> list[str]:
    """The texts of a column that fewer patients than `few` have; a row is a patient where the table names none."""
    cells = table.cells[name].astype("str").str.strip()
    key = next((one for one, column in table.columns.items() if column.role == "USUBJID"), None)
    who = table.cells[key] if key is not None else pd.Series(range(len(cells)), index=cells.index)
    folded = cells.str.casefold()
    patients = folded.map(who.groupby(folded.to_numpy()).nunique())
    return cells[patients < few].unique().tolist()


def days_in(text: str) -> Iterator[Date]:
    """Every day that a text names, however it is written.

    >>> sorted(set(days_in("2014-03-18, 18/3/2014, 20140318, 18 March 2014, 2014年3月18日; not 2014-13-40")))
    [(2014, 3, 18)]
    """
    text = _DECIMALS.sub(" ", text)
    found = [(int(y), int(m), int(d)) for pattern in (_ISO, _COMPACT) for y, m, d in pattern.findall(text)]
    for one, other, year in _LAST.findall(text):
        found += [(int(year), int(other), int(one)), (int(year), int(one), int(other))]
    found += [(int(y), _MONTHS.index(month.lower()) + 1, int(d)) for d, month, y in _NAMED.findall(text)]
    yield from (day for day in found if 1 <= day[1] <= 12 and 1 <= day[2] <= 31)
