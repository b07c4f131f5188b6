"""The laboratory's own reference range beside each value: two columns of limits, or one of ranges."""

import math
import re
import unicodedata

import numpy as np
import pandas as pd

from racohort.cleaning.numbers import is_level, read_number, significant
from racohort.cleaning.sheets import Field, Limits, Mask, Sheet
from racohort.cleaning.words import missing_words, tidy
from racohort.config import Cohort
from racohort.formats import count
from racohort.schema import Records, shorten
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


def reference_limits(sheet: Sheet, field: Field, catalogue: pd.DataFrame, records: Records) -> Limits:
    """The laboratory's lower and upper limit of every row, in the catalogue's unit; NaN where it gives none that can be used."""
    ends = np.full((2, len(sheet)), np.nan)
    for role, places in ROLES.items():
        found, limits = sheet.role(role), _limits(sheet, role)
        if found:
            each = sheet.texts(found[0]).each
            for end in places:
                given = each({text: span[end] for text, span in limits.items()}, "float64")
                ends[end] = np.where(np.isnan(ends[end]), given, ends[end])
    factor = field.readings.factor[field.at]
    offset = np.array([unit_offset(unit) for unit in field.readings.unit])[field.at]
    low, high = (significant((end - offset) * factor) for end in ends)
    usual = catalogue.reindex(field.readings.PARAMCD)
    least, most = (usual[name].to_numpy(float)[field.at] for name in ("plausible_low", "plausible_high"))
    unusual = (high < least) | (high > most) | (low > most)
    twofold = ~unusual & _under_two_units(field, ends, ~unusual)
    _doubt(sheet, field, unusual, "lie outside the values that are usual for", records)
    _doubt(sheet, field, twofold, "are given in two units for", records)
    wrong = unusual | twofold
    return np.where(wrong, np.nan, low), np.where(wrong, np.nan, high)


def _under_two_units(field: Field, ends: np.ndarray, rows: Mask) -> Mask:
    """The rows with the same numbers for limits as rows in another unit of the analyte: in one of both they are wrong."""
    rows = rows & ~np.isnan(ends).all(axis=0)
    if np.unique(field.readings.factor).size < 2:
        return np.zeros(len(rows), dtype=bool)
    keys = pd.DataFrame({"code": field.PARAMCD, "low": ends[0], "high": ends[1]})[rows]
    factors = keys.assign(factor=field.readings.factor[field.at[rows]]).groupby(["code", "low", "high"], dropna=False)["factor"]
    found = np.zeros(len(rows), dtype=bool)
    found[rows] = factors.transform("nunique").to_numpy() > 1
    return found


def _doubt(sheet: Sheet, field: Field, rows: Mask, why: str, records: Records) -> None:
    """Warn of limits that cannot belong to the unit of their values, once an analyte."""
    rows, columns = rows & sheet.keep & field.good, [found[0] for role in ROLES if (found := sheet.role(role))]
    codes = field.PARAMCD
    for code in pd.unique(codes[rows]):
        some = np.flatnonzero(rows & (codes == code))
        text = " to ".join(filter(None, (sheet.text(name)[some[0]] for name in columns)))
        unit, line = field.readings.unit[field.at[some[0]]], int(sheet.table.line[some[0]])
        beside = f" beside a value in {unit}" if unit else ""
        said = f"line {line}, column {columns[0]}: the limits {shorten(text)!r}{beside} {why} {code}"
        more = f" (and {count(len(some) - 1, 'more cell')} of this column)" if len(some) > 1 else ""
        records.note("limits_doubtful", f"{said}{more}", sheet.table, line=line, column=columns[0], value=text, count=len(some))


def check_limits(sheet: Sheet, field: Field, catalogue: pd.DataFrame, config: Cohort, records: Records) -> None:
    """Warn of reference limits that cannot be read, once a column: the catalogue's range stands for them.

    A word of an ordinal analyte's scale (negative) is one that it has anyway.
    """
    levels = catalogue["levels"].reindex(field.readings.PARAMCD)
    ordinal = np.array([isinstance(one, list) and len(one) > 0 for one in levels], dtype=bool)[field.at]
    for role in ROLES:
        found = sheet.role(role)
        if not found:
            continue
        texts, limits = sheet.texts(found[0]), _limits(sheet, role)
        blank = missing_words(texts.words, config)
        unread = {text for text, span in limits.items() if np.isnan(span).all() and text not in blank}
        words = texts.among({text for text in unread if is_level(text)})
        rows = np.flatnonzero(texts.among(unread) & sheet.keep & ~(ordinal & words))
        if len(rows):
            line, text = int(sheet.table.line[rows[0]]), texts.words[texts.at[rows[0]]]
            said = f"line {line}, column {found[0]}: {text!r} and others ({len(rows)} cells) are no reference limits"
            records.note("limits_unread", said, sheet.table, line=line, column=found[0], value=text, count=len(rows))
