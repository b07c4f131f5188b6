"""The laboratory's own reference range beside each value: two columns of limits, or one of ranges."""

import math
import re
import unicodedata

import numpy as np

from racohort.cleaning.numbers import read_number, significant
from racohort.cleaning.sheets import Field, Sheet
from racohort.cleaning.words import missing_words, tidy
from racohort.config import Cohort
from racohort.schema import Records
from racohort.units import unit_offset

Span = tuple[float, float]

#: The roles that hold limits, each with the ends of the range that it can give.
ROLES = {"ANRLO": (0,), "ANRHI": (1,), "LBSTNRC": (0, 1)}
_SPAN = re.compile(r"([0-9][0-9.,]*)\s*(?:-{1,3}|[–—~〜～至到]|to|bis|a)\s*([0-9][0-9.,]*)")
_NOTHING = (math.nan, math.nan)


def read_span(text: str, decimal: str = ".") -> Span:
    """The lower and the upper limit of a reference range; NaN where it gives none, or cannot be read.

    >>> read_span("4-10"), read_span("(4,0 ～ 10,0)"), read_span("<5"), read_span("≥ 60"), read_span("M 4-10, F 3-9")
    ((4.0, 10.0), (4.0, 10.0), (nan, 5.0), (60.0, nan), (nan, nan))
    """
    plain = tidy(unicodedata.normalize("NFKC", text)).strip("()[] ")
    found = _SPAN.fullmatch(plain)
    if found:
        low, high = (read_number(part, decimal).value for part in found.groups())
        return (low, high) if low <= high else _NOTHING
    reading = read_number(plain, decimal)
    ends = {"above": (reading.value, math.nan), "below": (math.nan, reading.value)}
    return _NOTHING if reading.unit else ends.get(reading.side, _NOTHING)


def _limits(sheet: Sheet, role: str) -> dict[str, Span]:
    """What every text of a role's column gives: the ends of a range, one of them NaN in a column of limits."""
    found = sheet.role(role)
    if not found:
        return {}
    decimal, words = found[1].decimal or sheet.table.decimal, sheet.texts(found[0]).words
    if role == "LBSTNRC":
        return {text: read_span(text, decimal) for text in words}
    numbers = {text: read_number(tidy(text), decimal) for text in words}
    return {text: (one.value, one.value) if not one.unit else _NOTHING for text, one in numbers.items()}


def reference_limits(sheet: Sheet, field: Field) -> tuple[np.ndarray, np.ndarray]:
    """The laboratory's lower and upper limit of every row, in the catalogue's unit; NaN where it gives none that is a number."""
    ends = np.full((2, len(sheet)), np.nan)
    for role, places in ROLES.items():
        found, limits = sheet.role(role), _limits(sheet, role)
        if found:
            each = sheet.texts(found[0]).each
            for end in places:
                given = each({text: span[end] for text, span in limits.items()}, "float64")
                ends[end] = np.where(np.isnan(ends[end]), given, ends[end])
    factor = field.readings.factor[field.at]
    low, high = ends - np.array([unit_offset(unit) for unit in field.readings.unit])[field.at]
    return significant(low * factor), significant(high * factor)


def check_limits(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Warn of reference limits that cannot be read, once a column: the catalogue's range stands for them."""
    for role in ROLES:
        found = sheet.role(role)
        if not found:
            continue
        texts, limits = sheet.texts(found[0]), _limits(sheet, role)
        blank = missing_words(texts.words, config)
        unread = {text for text, span in limits.items() if np.isnan(span).all() and text not in blank}
        rows = np.flatnonzero(texts.among(unread) & sheet.keep)
        if len(rows):
            line, text = int(sheet.table.line[rows[0]]), texts.words[texts.at[rows[0]]]
            said = f"line {line}, column {found[0]}: {text!r} and others ({len(rows)} cells) are no reference limits"
            records.note("limits_unread", said, sheet.table, line=line, column=found[0], value=text, count=len(rows))
