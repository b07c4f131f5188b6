"""Dates: read by the declared format or where year-first spelling leaves no doubt, quarantined or refused otherwise."""

import datetime
import re
import unicodedata
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np

from racohort.cleaning.sheets import Sheet, Texts
from racohort.cleaning.words import DASHES, missing_words, tidy, word_key
from racohort.config import Cohort, Column
from racohort.schema import Records

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR_FIRST = re.compile(r"([0-9]{4})(?:\s*[-./年]\s*|\s)([0-9]{1,2})(?:\s*[-./月]\s*|\s)([0-9]{1,2})\s*日?")
_COMPACT = re.compile(r"(19|20)([0-9]{2})([0-9]{2})([0-9]{2})")
_MONTH_NAME = re.compile(r"([0-9]{1,2})[-\s./]*([A-Za-z]{3,9})[-\s./,]*([0-9]{4})")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})[-\s./]*([0-9]{1,2})(?:\s*,\s*|\s)([0-9]{4})")
_TIMED = re.compile(
    r"(.{8,11}?)[T\s]\s*([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)"
    r"(?:\s*[AaPp]\.?[Mm]\.?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4})")
_SERIAL = re.compile(r"([0-9]{4,5})(?:\.0)?")
#: A date without its day or month, as SDTM writes it by ISO 8601: 2014-05, 2014, 2014---10.
PARTIAL = re.compile(r"(?P<year>[0-9]{4})(?:---[0-9]{2}|-(?P<month>0[1-9]|1[0-2]))?")
#: A day, or day and month, that is said to be unknown: UN/UNK/2014, XX.04.2014, 00-APR-2014.
_UNKNOWN = r"(?:un|unk|uk|nk|xx|xxx|00|--|\?\?)"
_UNKNOWN_DAY = re.compile(rf"{_UNKNOWN}[-/. ](?:{_UNKNOWN}|(?P<month>[a-z]{{3}}|\d\d))[-/. ](?P<year>\d{{4}})")
_MONTHS = {
    name: number
    for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}

#: What is written for the end of something that goes on.
STILL_ON = {
    "ongoing", "continuing", "continues", "unresolved", "持续", "持续中", "仍持续", "未结束", "未缓解", "进行中", "andauernd",
    "fortbestehend", "en cours", "en curso", "em curso", "in corso", "continua",
}  # fmt: skip

#: What spreadsheets and databases write where there is no date.
NO_DAY = datetime.date(1900, 1, 1)
#: Dates and texts of a column are parted so that it may be by chance.
CHANCE = 1e-3

Day = datetime.date | None


def read_date(text: str, format_: str | None, timezone: str = "UTC", native: bool = False) -> tuple[Day, str]:
    """The day that a text means, and the rule: "" as declared, `date_spelling` beyond doubt, `date_unreadable` otherwise.

    >>> read_date("2013-03-01", "%Y-%m-%d"), read_date("2013.3.1", "%Y-%m-%d")[1], read_date("05/03/2014", "%Y-%m-%d")[1]
    ((datetime.date(2013, 3, 1), ''), 'date_spelling', 'date_unreadable')
    >>> read_date("29/06/2016 00:00:00", "%d/%m/%Y")
    (datetime.date(2016, 6, 29), 'date_spelling')
    >>> read_date("2013-02-28 16:00:00+00:00", None, "Asia/Shanghai", native=True)
    (datetime.date(2013, 3, 1), 'date_spelling')
    >>> read_date("2013-03-01 00:00:00+00:00", None, "America/Sao_Paulo", native=True)  # midnight: a day, no moment
    (datetime.date(2013, 3, 1), '')
    """
    plain = tidy(unicodedata.normalize("NFKC", text)).removeprefix("'").translate(DASHES)
    form = "%Y-%m-%d" if native and _ISO.fullmatch(plain) else format_ or "%Y-%m-%d"
    declared = _by_format(plain, form)
    if declared is not None:
        return declared, "" if plain == text else "date_spelling"
    day = _beyond_doubt(plain, timezone, form)
    # a file that types its dates may give them a time of day; the zone may make another day of it
    typed = native and _TIMED.fullmatch(plain) and plain.startswith(f"{day}")
    return day, "date_unreadable" if day is None else "" if typed else "date_spelling"


def read_serial(text: str, format_: str | None, timezone: str = "UTC", native: bool = False) -> tuple[Day, str]:
    """The same of an ADaM data set, whose dates are numbers: days since 1960 where an export lost their format.

    Only numbers of the years 1980 to 2050 are taken for days. Source: ADaM Implementation Guide 1.3 (numeric dates), and SAS,
    whose day 0 is 1960-01-01.

    >>> read_serial("19725.0", None), read_serial("2014-01-02", None), read_serial("41641", None)[1]
    ((datetime.date(2014, 1, 2), 'date_spelling'), (datetime.date(2014, 1, 2), ''), 'date_unreadable')
    """
    serial = _SERIAL.fullmatch(tidy(text))
    if serial and 7305 <= int(serial[1]) <= 32872:
        return datetime.date(1960, 1, 1) + datetime.timedelta(days=int(serial[1])), "date_spelling"
    return read_date(text, format_, timezone, native)


def _by_format(text: str, format_: str) -> Day:
    try:
        return datetime.datetime.strptime(text, format_).date()
    except ValueError:
        return None


def _beyond_doubt(text: str, timezone: str, form: str) -> Day:
    """A day written year first, with its month's name, or (in the declared form, too) as a moment in the study's time zone."""
    timed = _TIMED.fullmatch(text)
    if timed:
        return _moment(timed, timezone, form)
    parts = _YEAR_FIRST.fullmatch(text)
    if parts:
        return _day(*map(int, parts.groups()))
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _day(int(compact[1] + compact[2]), int(compact[3]), int(compact[4]))
    named = _MONTH_NAME.fullmatch(text)
    if named:
        return _day(int(named[3]), _MONTHS.get(named[2][:3].lower(), 0), int(named[1]))
    named = _MONTH_FIRST.fullmatch(text)
    return _day(int(named[3]), _MONTHS.get(named[1][:3].lower(), 0), int(named[2])) if named else None


def _moment(timed: re.Match[str], timezone: str, form: str) -> Day:
    day = _by_format(timed[1].strip(), form) or _beyond_doubt(timed[1].strip(), timezone, form)
    if day is None:
        return day
    clock = timed[2] if timed[2].count(":") == 2 else f"{timed[2]}:00"
    zone = "+00:00" if timed[3] == "Z" else timed[3] or ""
    try:
        moment = datetime.datetime.fromisoformat(f"{day.isoformat()}T{clock.split('.')[0].zfill(8)}{zone}")
    except ValueError:
        return None
    midnight = moment.time() == datetime.time() and not moment.utcoffset()
    return moment.astimezone(ZoneInfo(timezone)).date() if zone and not midnight else day


def _day(year: int, month: int, day: int) -> Day:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def clean_dates(
    sheet: Sheet, role: str, name: str, column: Column, config: Cohort, records: Records, partial: bool = False
) -> np.ndarray:
    """A column of dates as datetime64[D], NaT where missing or quarantined.

    Where most values have another format than declared the cohort is refused, unless the days themselves tell the format.
    A partial date is never completed: it is kept out.
    `partial` leaves dates without a day (2014-05) as NaT without a finding: events keep their text.
    """
    texts = sheet.texts(name)
    missing = missing_words(texts.words, config)
    read = read_serial if sheet.table.standard == "adam" else read_date
    known = {text: (None, "missing_code" if missing[text] and tidy(text) else "") if text in missing else
             read(text, column.format, config.study.timezone, sheet.table.native) for text in texts.words}  # fmt: skip
    if role == "AENDT":
        known |= {text: (None, "still_on") for text in texts.words if word_key(text) in STILL_ON}
    if role == "BIRTHDT" and column.format == "%Y":  # a year of birth is taken for its middle
        known = {text: (day and day.replace(month=7), rule) for text, (day, rule) in known.items()}
    if role == "BIRTHDT" and sheet.table.standard:  # a package hides days of birth
        known |= {text: (_middle(text), "date_spelling") for text in known if PARTIAL.fullmatch(tidy(text))}
    unread = [text for text in known if partial or known[text][1] == "date_unreadable"]
    months = [text for text in unread if PARTIAL.fullmatch(partial_text(text))]
    told = {text: "date_spelling" if partial_text(text) != tidy(text) else "" for text in months}
    known |= {text: (None, told[text] if partial else "date_partial") for text in months}
    _settle_year_last(known, sheet, name, texts, records)
    if sheet.table.native:
        known |= dict.fromkeys(_exchanged(known, column.format), (None, "exchanged"))
    known |= {
        text: (None, "date_outside") for text, (day, _) in known.items() if day is not None and _is_outside(day, role, config)
    }
    days = texts.each({text: day or "NaT" for text, (day, _) in known.items()}, "datetime64[D]")
    _tell(sheet, name, texts, days, {text: rule for text, (_, rule) in known.items()}, records)
    return days


def partial_text(text: str) -> str:
    """A date as text; one with a day said to be unknown as year and month, or year.

    >>> partial_text("UN/UNK/2014"), partial_text("un-APR-2014"), partial_text("00.04.2014"), partial_text("03.04.2014")
    ('2014', '2014-04', '2014-04', '03.04.2014')
    """
    found = _UNKNOWN_DAY.fullmatch(tidy(text).casefold())
    if not found:
        return tidy(text)
    said = found["month"] or ""
    month = _MONTHS.get(said, int(said) if said.isdigit() else 0)
    return f"{found['year']}-{month:02d}" if 1 <= month <= 12 else found["year"] if not month else tidy(text)


def _middle(text: str) -> Day:
    """The middle of the year or month that a partial date of birth names.

    >>> _middle("1950"), _middle("1950-02")
    (datetime.date(1950, 7, 1), datetime.date(1950, 2, 15))
    """
    year, _, month = tidy(text).partition("-")
    return _day(int(year), int(month or 7), 15 if month else 1)


def _settle_year_last(known: dict[str, tuple[Day, str]], sheet: Sheet, name: str, texts: Texts, records: Records) -> None:
    """Decide a column most of whose dates are unreadable: day or month first if the values themselves prove it, else refuse."""
    counts = dict(zip(texts.words, texts.counts().tolist(), strict=True))
    unread = [text for text in texts.words if known[text][1] == "date_unreadable"]
    lost = sum(counts[text] for text in unread)
    given = sum(times for text, times in counts.items() if known[text][1] != "missing_code" and text.strip())
    parts = {text: _YEAR_LAST.fullmatch(tidy(text)) for text in unread}
    as_declared = any(known[text][1] == "" and _YEAR_LAST.fullmatch(tidy(text)) for text in known)
    if lost < 3 or (lost < 0.5 * given and not (as_declared and all(parts.values()))):
        return
    numbers = [(int(found[1]), int(found[2]), int(found[3])) for found in parts.values() if found]
    day_first = all(_day(year, month, day) for day, month, year in numbers)
    month_first = all(_day(year, month, day) for month, day, year in numbers)
    if len(numbers) == len(parts) and day_first != month_first and not as_declared:
        for text, found in parts.items():
            first, second, year = map(int, found.groups())  # type: ignore[union-attr]
            known[text] = (_day(year, second, first) if day_first else _day(year, first, second), "date_spelling")
        return
    line = int(sheet.table.line[texts.among({unread[0]})][0])
    where = f"line {line}, column {name}: {unread[0]!r} and {lost - 1} more"
    said = f"{where} do not have the declared format, and nothing tells which they have"
    records.note("date_format_unknown", said, sheet.table, line=line, column=name, value=unread[0], count=lost)


def _exchanged(known: Mapping[str, tuple[Day, str]], format_: str | None) -> list[str]:
    """The dates of a workbook that may have their day and month exchanged.

    A spreadsheet that expects the other order makes dates of what can be one, with day and month exchanged, and leaves the rest
    as text. So no date has a day behind the 12th, and every text has; that is no chance where there are many of both.
    """
    texts = [found for text in known if (found := _YEAR_LAST.fullmatch(tidy(text)))]
    days = {text: day for text, (day, _) in known.items() if day is not None and not _YEAR_LAST.fullmatch(tidy(text))}
    at = 1 if (format_ or "").find("%d") < (format_ or "").find("%m") else 2
    alone = all(int(found[at]) > 12 for found in texts) and all(day.day <= 12 for day in days.values())
    return list(days) if alone and 0.6 ** len(texts) * 0.4 ** len(days) < CHANCE else []


def _is_outside(day: datetime.date, role: str, config: Cohort) -> bool:
    """Whether nothing can have happened on this day; only visits are held against the start of the study."""
    first = config.study.start if role == "ADT" and config.study.start else NO_DAY + datetime.timedelta(days=1)
    last = config.study.end if role in ("ADT", "ASTDT", "TRTSDT") and config.study.end else datetime.date(2100, 1, 1)
    return not first <= day <= last


def _tell(sheet: Sheet, name: str, texts: Texts, days: np.ndarray, rules: Mapping[str, str], records: Records) -> None:
    reasons = {
        "date_spelling": "was read as the day it spells", "missing_code": "was read as missing",
        "still_on": "says that it goes on: it has no end",
        "date_partial": "is a date without its day, which is never completed",
        "date_unreadable": "is no date in the declared format",
        "exchanged": "may have its day and month exchanged: a spreadsheet took for dates what it could and left the rest as text",
        "date_outside": "lies outside the study's dates",
    }  # fmt: skip
    for what, reason in reasons.items():
        rule = {"still_on": "missing_code", "exchanged": "date_unreadable"}.get(what, what)
        rows = np.flatnonzero(texts.among({text for text in rules if rules[text] == what}) & sheet.keep)
        note = records.hold if rule in ("date_partial", "date_unreadable", "date_outside") else records.change
        unsaid = texts.each({text: partial_text(text) if what == "date_spelling" else "" for text in texts.words})[rows]
        became = np.where(np.isnat(days[rows]), unsaid, days[rows].astype(str)).astype(object)
        note(rule, sheet.table, sheet.cells(rows, name).assign(became=became), reason)
