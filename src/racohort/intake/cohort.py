"""All files together: the columns they share, the visits, the missing codes, the dates, and where treatment starts."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from racohort.cleaning.identity import form_of
from racohort.intake.days import are_days, plan_days, with_windows
from racohort.intake.dictionary import Entry, named_codes, read_dictionary
from racohort.intake.guesses import Guess, Source
from racohort.intake.people import arms_of, own_baseline
from racohort.intake.redcap import kinds_of_row
from racohort.intake.separate import name_visits
from racohort.intake.sites import join_sites
from racohort.intake.tables import guess_table
from racohort.intake.values import as_number, given, is_numeric, parse_day
from racohort.intake.visits import UNITS, UNTOLD, Planned, before_all, header_time, label_day, plan_visits, time_unit


@dataclass
class Scaffold:
    """What is known of a cohort: its files, columns that mean the same in all of them, columns of one file, visits."""

    id: str
    title: str
    sources: list[Source]
    dictionaries: list[str] = field(default_factory=list)
    shared: list[Guess] = field(default_factory=list)
    own: list[list[Guess]] = field(default_factory=list)
    visits: list[Planned] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    arms: tuple[str, list[str], list[str]] = ("", [], [])
    first: str = ""
    last: str = ""

    @property
    def start(self) -> Guess | None:
        """The column with the first day of treatment, if one was found."""
        packaged = [source.start for source in self.sources if source.start is not None]
        return next((guess for guess in (*self.shared, *packaged) if guess.role == "TRTSDT" and not guess.choices), None)


def guess_cohort(name: str, sources: Sequence[Source], tables: Sequence[pd.DataFrame], catalogue: pd.DataFrame) -> Scaffold:
    """A cohort as far as its tables (texts, one for each source) tell it."""
    tables = [_without_totals(cells.loc[:, ~cells.columns.duplicated()]) for cells in tables]
    columns = {str(name) for cells in tables for name in cells.columns}
    said = [read_dictionary(cells, columns) for cells in tables]
    entries = named_codes(columns) | {name: entry for one in said for name, entry in one.items()}
    whole = [(source, cells) for source, cells, one in zip(sources, tables, said, strict=True) if not one]
    pairs = [part for source, cells in whole for part in kinds_of_row(source, cells)]
    entries |= {name: Entry(label, "", codes) for source in sources for name, (label, codes) in source.dictionary.items()}
    name_visits(pairs)
    found = [guess_table(source, cells, catalogue, entries) for source, cells in pairs]
    words = _visit_words(found, [cells for _, cells in pairs], entries)
    tables = [cells.replace(of_visits) for (_, cells), of_visits in zip(pairs, words, strict=True)]
    used = [source.path for source, one in zip(sources, said, strict=True) if one]
    scaffold = Scaffold(_id(name), name, found, used)
    _set_visits(scaffold, tables, {word: code for named in words for one in named.values() for code, word in one.items()})
    scaffold.arms = next((arms for pair in zip(found, tables, strict=True) if (arms := arms_of(*pair))[0]), scaffold.arms)
    join_sites(found, tables)
    scaffold.shared, scaffold.own = _share(found)
    scaffold.missing = {word: why for source in reversed(found) for word, why in source.missing.items()}
    return scaffold


def _set_visits(scaffold: Scaffold, tables: Sequence[pd.DataFrame], codes: Mapping[str, str]) -> None:
    """The planned visits, from labels, else from days, else from dates, with the days that were seen; and the span of the dates.

    `codes` are the codes that the files have for the words of their visits.
    """
    found = list(zip(scaffold.sources, tables, strict=True))
    seen: dict[str, list[float]] = {}
    labels = [label for source, cells in found for label in _labels(source, cells)]
    dates = [day for source, cells in found for day in _days(source, cells, seen)]
    scaffold.first, scaffold.last = (min(dates).isoformat(), max(dates).isoformat()) if dates else ("", "")
    counted = [rows for source, cells in found if (rows := _counted(source, cells)) is not None]
    if not counted and not labels:
        counted = [rows for source, cells in found if (rows := _dated(source, cells)) is not None]
    planned = plan_days(pd.concat(counted)) if counted and not labels else plan_visits(labels, seen)
    if own := next(filter(None, (own_baseline(source, cells) for source, cells in found)), ""):
        planned = before_all(planned, own, seen)
    visits = [_coded(visit, codes) for visit in _distinct(planned)]
    scaffold.visits = with_windows(visits) if labels and any(map(_is_by_date, scaffold.sources)) else visits
    if not labels and not counted and any(map(_is_untold, scaffold.sources)):
        visits[0].why, visits[0].choices = "", UNTOLD
    for source in (one for one in scaffold.sources if one.visit):
        source.facts["visit"] = next(visit.code for visit in scaffold.visits if source.visit in visit.labels)


def _without_totals(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows but those of totals and notes, which are about no patient."""
    first = cells.iloc[:, 0] if len(cells.columns) else pd.Series(dtype=str)
    return cells[[form_of(text.strip()) != "total" for text in first]]


def _visit_words(
    sources: Sequence[Source], tables: Sequence[pd.DataFrame], entries: Mapping[str, Entry]
) -> list[dict[str, Mapping[str, str]]]:
    """For each table the column of its visits, with the words that a dictionary gives for their codes."""
    columns = [_column(source, "AVISIT", cells) for source, cells in zip(sources, tables, strict=True)]
    return [{name: entries[name].codes} if name and name in entries and entries[name].codes else {} for name in columns]


def _coded(visit: Planned, codes: Mapping[str, str]) -> Planned:
    """The visit under the codes that the files have for its labels."""
    if not set(visit.labels) & set(codes):
        return visit
    words = ", ".join(repr(label) for label in visit.labels)
    return replace(visit, labels=[codes.get(label, label) for label in visit.labels], why=f"{visit.why}; its codes mean {words}")


def _id(name: str) -> str:
    """A name as an id: letters and digits of ASCII.

    >>> _id("xian-2014"), _id("西安-2014"), _id("西安")
    ('xian-2014', '2014', 'cohort')
    """
    return re.sub(r"[^A-Za-z0-9_.\-]", "", name).lstrip("_.-") or "cohort"


def _labels(source: Source, cells: pd.DataFrame) -> list[tuple[str, str]]:
    """The visit labels of a table, each with the unit of time that the column's name says."""
    name = _column(source, "AVISIT", cells)
    cells = cells[cells["DTYPE"] == ""] if source.shape == "adam" and "DTYPE" in cells else cells  # else they are derived
    labels = (
        [source.visit] if source.visit else source.visits if name is None else list(dict.fromkeys(given(cells[name].tolist())))
    )
    source.visit_unit = "" if name is None else header_time(name)
    return [] if name is not None and are_days(labels) else [(label, source.visit_unit) for label in labels[:60]]


def _counted(source: Source, cells: pd.DataFrame) -> pd.DataFrame | None:
    """Whose row each is and its day, where the visits of a table are told by days that differ from patient to patient."""
    who, label = _column(source, "USUBJID", cells), _column(source, "AVISIT", cells)
    if who is None or label is None or not are_days(list(dict.fromkeys(given(cells[label].tolist())))):
        return None
    return pd.DataFrame({"who": cells[who].to_numpy(), "label": cells[label].str.strip().to_numpy()})


def _dated(source: Source, cells: pd.DataFrame) -> pd.DataFrame | None:
    """The same of a table whose rows have dates and no visits: the days are counted from the first date of a patient."""
    who, guess = (
        _column(source, "USUBJID", cells),
        next((one for one in source.columns if one.role == "ADT" and one.keys.get("format")), None),
    )
    if who is None or guess is None or not _is_by_date(source):
        return None
    days = pd.to_datetime(pd.Series([parse_day(text, guess.keys["format"]) for text in cells[guess.name]], index=cells.index))
    since = (days - days.groupby(cells[who]).transform("min")).dt.days
    rows = pd.DataFrame({"who": cells[who], "label": since}).dropna().drop_duplicates()
    return rows.assign(label=rows["label"].astype(int).astype(str)) if rows["label"].max() else None


def _is_untold(source: Source) -> bool:
    """Whether patients have several rows in a table without a column for their visit or date."""
    return source.shape == "visit" and not source.visit and not {guess.role for guess in source.columns} & {"AVISIT", "ADT"}


def _is_by_date(source: Source) -> bool:
    """Whether the rows of a table have a date and no visit."""
    return (
        source.shape in ("visit", "long")
        and not source.visit
        and {"AVISIT", "ADT"} & {guess.role for guess in source.columns} == {"ADT"}
    )


def _column(source: Source, role: str, cells: pd.DataFrame) -> str | None:
    if source.shape in ("adam", "sdtm"):
        names = {"AVISIT": ("AVISIT", "VISIT"), "USUBJID": ("USUBJID",)}.get(role, ())
        return next((name for name in names if name in cells.columns), None)
    return next((guess.name for guess in source.columns if guess.role == role and not guess.choices), None)


def _days(source: Source, cells: pd.DataFrame, seen: dict[str, list[float]]) -> list[datetime.date]:
    """The dates of the visits of a table; adds the days since the patient's baseline (else first) row to `seen`, by label."""
    guess = next((one for one in source.columns if one.role == "ADT" and "format" in one.keys), None)
    if guess is None:
        _add_times(source, cells, seen)
        return []
    if "{visit}" in guess.name:
        return _wide_days(source, guess, cells, seen)
    days = [parse_day(text, guess.keys["format"]) for text in cells[guess.name]]
    who, label = _column(source, "USUBJID", cells), _column(source, "AVISIT", cells)
    if who and label:
        rows = pd.DataFrame({"who": cells[who].to_numpy(), "label": cells[label].str.strip().to_numpy(), "day": days}).dropna()
        _add_days(rows.drop_duplicates(), seen)
    return [day for day in days if day is not None]


def _add_times(source: Source, cells: pd.DataFrame, seen: dict[str, list[float]]) -> None:
    """Adds to `seen` what a column of times beside the visits says, whose name is a unit of time, where a table has no dates."""
    who, label = _column(source, "USUBJID", cells), _column(source, "AVISIT", cells)
    times = [str(name) for name in cells.columns if name != label and time_unit(str(name)) and is_numeric(cells[name].tolist())]
    if not who or not label or header_time(label) or not times:
        return
    days = pd.to_timedelta(cells[times[0]].map(as_number) * UNITS[time_unit(times[0])][0], unit="D")
    rows = pd.DataFrame({"who": cells[who].to_numpy(), "label": cells[label].str.strip().to_numpy(), "day": days.to_numpy()})
    _add_days(rows.dropna().drop_duplicates(), seen)


def _wide_days(source: Source, guess: Guess, cells: pd.DataFrame, seen: dict[str, list[float]]) -> list[datetime.date]:
    """The same of a wide table, whose dates stand in one column for each visit."""
    columns = {label: guess.name.replace("{visit}", label) for label in source.visits}
    days = {label: [parse_day(text, guess.keys["format"]) for text in cells[name]]
            for label, name in columns.items() if name in cells}  # fmt: skip
    rows = [(place, label, day) for label, column in days.items() for place, day in enumerate(column) if day is not None]
    _add_days(pd.DataFrame(rows, columns=["who", "label", "day"]), seen)
    return [day for _, _, day in rows]


def _add_days(rows: pd.DataFrame, seen: dict[str, list[float]]) -> None:
    at_start = rows[rows["label"].map(label_day) == 0]
    first = (at_start if len(at_start) else rows).groupby("who")["day"].min().to_dict()
    for who, label, day in rows.itertuples(index=False):
        if who in first and label_day(label) != -1:
            seen.setdefault(label, []).append(float((day - first[who]).days))


def _distinct(visits: list[Planned]) -> list[Planned]:
    """The visits with a code each of its own."""
    taken: set[str] = set()
    for visit in visits:
        code, number = visit.code, 1
        while visit.code in taken:
            number += 1
            visit.code = f"{code}{chr(64 + number)}" if number < 27 else f"{code}X{number}"
        taken.add(visit.code)
    return visits


def _share(sources: Sequence[Source]) -> tuple[list[Guess], list[list[Guess]]]:
    """Columns that mean the same wherever their name occurs, and for each source those that do not."""
    meanings: dict[str, list[Guess]] = {}
    for source in sources:
        for guess in source.columns:
            meanings.setdefault(guess.name, []).append(guess)
    same = {name: all(_says(one) == _says(found[0]) for one in found) for name, found in meanings.items()}
    shared = [found[0] for name, found in meanings.items() if same[name]]
    return shared, [[guess for guess in source.columns if not same[guess.name]] for source in sources]


def _says(guess: Guess) -> object:
    return guess.keys, bool(guess.choices), [(word.text, word.meaning) for word in guess.words]
