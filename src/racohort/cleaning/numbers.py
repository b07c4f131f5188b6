"""Numbers as laboratories and typists write them: read where there is one reading, quarantined where there are none or two."""

import math
import re
import unicodedata
from collections.abc import Mapping
from html import unescape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Readings, Sheet, Texts
from racohort.cleaning.words import missing_labels, missing_words, tidy
from racohort.config import Cohort, Column
from racohort.marks import GROUPED, has_decimal_commas
from racohort.schema import Records
from racohort.units import UNITLESS, unit_factor, unit_offset

#: A cell longer than this is no value.
LONGEST_CELL = 200
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+")
_USUAL = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:\.[0-9]+)?")
#: A raised or lowered figure that is not the power of a unit such as 10⁹/L.
_RAISED = re.compile(r"(?<=[0-9])(?<![×xX*\s]10)[²³¹⁰-⁹₀-₉]")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
#: The same with a decimal comma, as spreadsheets write it in many countries.
_COMMA_SCIENTIFIC = re.compile(r"[+-]?[0-9],[0-9]+[eE][+-][0-9]{2,3}")
_POINT_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+")
_COMMA_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+|-?[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}")
_TWO_READINGS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
#: Signs that are typed for another: minus, the Chinese full stop, and brackets for less and greater.
_MEANT = str.maketrans("−。〈〉‹›", "-.<><>")
_SIDE = re.compile(r"(<=|>=|<|>|≤|≥|小于|大于)\s*(.+)")
_FLAG_FIRST = re.compile(r"(?:[↑↓▲▼]{1,3}|[HL]{1,2}\s)\s*(.*\S)")
_FLAG = re.compile(r"(.*[^\s↑↓▲▼])\s*(?:[↑↓▲▼]{1,3}|\*{1,2}|\([HL]{1,2}\))|(.*[0-9]|.*\S\s)\s*[HL]{1,2}")
#: The same before the sign of an assay's limit.
_FLAG_SIDE = re.compile(r"(?:[↑↓▲▼]{1,3}|[HL]{1,2}\s)\s*(?=[<>≤≥])")
_UNIT = re.compile(
    r"([<>≤≥=]*\s*[-+]?[0-9][0-9.,]*)(?:\s+[HL]{1,2}(?=\s)|\s*[↑↓▲▼]{1,3}|\s*\([HL]{1,2}\))?\s*((?:[×x*]\s*)?10[\^*eE]?[0-9]{1,2}\s*/.{1,5}|[A-Za-zµμ%毫克/岁周年个月][^0-9\s]*(?:/[0-9.]*[A-Za-z0-9]+)?)"
)
#: Words for "beyond what the assay measures"; they need a declared limit.
_BELOW = {"<lod", "<loq", "<lloq", "blq", "bql", "bloq", "blod", "below limit", "below detection limit", "低于检测限"}
_ABOVE = {">uloq", "alq", "above limit", "above detection limit", "高于检测限"}
_SIDES = {"<": "below", "<=": "below", "≤": "below", "小于": "below", ">": "above", ">=": "above", "≥": "above", "大于": "above"}
_DIPSTICK = {
    "negative": "-", "neg": "-", "neg.": "-", "negativ": "-", "negativo": "-", "阴性": "-", "(-)": "-", "−": "-",
    "trace": "±", "traces": "±", "spur": "±", "spuren": "±", "+-": "±", "+/-": "±", "(+)": "±",
    "微量": "±", "弱阳性": "±", "阳性": "1+",
    "+": "1+", "++": "2+", "+++": "3+", "++++": "4+", "+1": "1+", "+2": "2+", "+3": "3+", "+4": "4+",
}  # fmt: skip

#: Signs behind the word that says the same: 阴性(-), positive (++). A sign that denies its word is none of them.
_SIGNS = re.compile(
    r"(?:(?:阴性|neg\w*)\s*\(?(?P<none>-)|(?:弱阳性|阳性|pos\w*)\s*\(?(?P<some>±|\+{1,4}|[1-4]\+|\+[1-4]))\)?", re.IGNORECASE
)


class Reading(NamedTuple):
    """What a text says: a number, the side of an assay limit it lies on, a unit written beside it, and the rule that applied."""

    value: float = math.nan
    side: str = ""
    unit: str = ""
    rule: str = ""


def read_number(text: str, decimal: str = ".") -> Reading:
    """The one number that a text can mean; `rule` says what was done, or why it cannot be used.

    >>> read_number("12.5"), read_number("＜10.4").side, read_number("1,234").rule
    (Reading(value=12.5, side='', unit='', rule=''), 'below', 'number_ambiguous')
    >>> read_number("12,5").value, read_number("12.5 mg/L").unit, read_number("12..5").rule
    (12.5, 'mg/L', 'number_unreadable')
    """
    if len(text) > LONGEST_CELL:
        return Reading(rule="cell_too_long")
    if decimal == "." and _PLAIN.fullmatch(text):
        return Reading(float(text), rule="" if _USUAL.fullmatch(text) else "number_spelling")
    if _RAISED.search(text):
        return Reading(rule="number_unreadable")
    plain = (
        tidy(unicodedata.normalize("NFKC", unescape(text) if "&" in text else text)).translate(_MEANT).removeprefix("'").lstrip()
    )
    rule = "" if plain == text else "spaces" if plain == text.strip() else "number_spelling"
    plain = plain[found.end() :] if (found := _FLAG_SIDE.match(plain)) else plain
    sided = _SIDE.fullmatch(plain)
    side = _SIDES[sided[1]] if sided else ""
    inner = sided[2] if sided else plain
    value, how, unit = _number(inner, decimal)
    if how in ("number_unreadable", "number_ambiguous", "cell_too_long"):
        return Reading(rule=how)
    return Reading(value, side, unit, "censored" if side else how or rule)


def _number(text: str, decimal: str) -> tuple[float, str, str]:
    """Value, rule and unit of a text without a side."""
    value, rule = _figure(text, decimal)
    if rule != "number_unreadable":
        return value, rule, ""
    flagged = _FLAG.fullmatch(text) or _FLAG_FIRST.fullmatch(text)
    inner, done = ((flagged[1] or flagged[2]).strip(), "laboratory_flag") if flagged else (text, "unit_in_cell")
    with_unit = _UNIT.fullmatch(inner)
    value, rule = _figure(with_unit[1].strip() if with_unit else inner, decimal)
    unit = with_unit[2] if with_unit else ""
    return value, rule if rule in ("number_unreadable", "number_ambiguous") else done, unit


def _figure(text: str, decimal: str) -> tuple[float, str]:
    """Value and rule of the digits alone."""
    if _COMMA_SCIENTIFIC.fullmatch(text):
        return float(text.replace(",", ".")), "decimal_comma"
    if decimal == ",":
        if re.fullmatch(r"-?[0-9]+(?:,[0-9]+)?", text):
            return float(text.replace(",", ".")), ""
        return math.nan, "number_ambiguous" if _PLAIN.fullmatch(text) else "number_unreadable"
    if _PLAIN.fullmatch(text):
        return float(text), ""
    if _PLAIN.fullmatch(text.removeprefix("+")) or _SCIENTIFIC.fullmatch(text):
        return float(text), "number_spelling"
    if _COMMA_THOUSANDS.fullmatch(text):
        return float(text.replace(",", "")), "number_spelling"
    if _POINT_THOUSANDS.fullmatch(text):
        return float(text.replace(".", "").replace(",", ".")), "decimal_comma"
    if _TWO_READINGS.fullmatch(text):
        return math.nan, "number_ambiguous"
    return (float(text.replace(",", ".")), "decimal_comma") if _COMMA.fullmatch(text) else (math.nan, "number_unreadable")


REASONS = {
    "number_unreadable": "is not a number",
    "number_ambiguous": "can be read as two numbers (thousands or decimal mark)",
    "cell_too_long": "is longer than any number",
    "spaces": "was read without its spaces",
    "number_spelling": "was read as the number it spells",
    "decimal_comma": "was read with a decimal comma",
    "unit_in_cell": "was read with the unit written beside it",
    "laboratory_flag": "was read without the laboratory's flag",
    "censored": "lies beyond the assay's limit; side and limit are kept",
    "missing_code": "was read as missing",
    "code_mapped": "was read as the number it stands for",
    "code_spelling": "was read as the level it names",
}


def read_field(
    sheet: Sheet, name: str, column: Column, PARAMCD: np.ndarray, units: np.ndarray | None, catalogue: pd.DataFrame, config:
    Cohort, records: Records
) -> Field:  # fmt: skip
    """A column of measured values: every distinct text is read once; changes go to the ledger, unreadable cells into quarantine.

    `PARAMCD` and `units` have one entry a row, or a single one. Values come out in the catalogue's units; a value beyond an assay
    limit keeps side and limit, and AVAL is limit/sqrt 2 (or limit/2 where `below: half` is declared) below, the limit above.
    """
    texts = sheet.texts(name)
    gone = missing_words(texts.words, config) | missing_labels(texts.words, sheet.labels(name))
    missing = {text: told for text, told in gone.items() if text not in (column.codes or {})}
    said = _readings(texts.words, missing, column, column.decimal or sheet.table.decimal)
    if len(PARAMCD) == 1 and unit_factor(catalogue, PARAMCD[0], column.unit) == 1:
        said |= _decimals_alone(said, float(catalogue["possible_high"][PARAMCD[0]]))
    declared = np.array([column.unit or ""], dtype=object) if units is None else units
    at, words, codes, unit = _combined(texts, PARAMCD, declared)
    field = Field(name, column, _described(words, codes, said, missing), at, np.zeros(len(sheet), dtype=bool))
    _read_levels(field.readings, catalogue)
    _convert(field, np.array([said[word].unit for word in words], dtype=object), unit, catalogue, sheet, records)
    _settle(field, 0.5 if column.below == "half" else math.sqrt(0.5))
    _tell(sheet, field, records)
    return field


def _readings(words: np.ndarray, missing: dict[str, bool], column: Column, decimal: str) -> dict[str, Reading]:
    """What each distinct text says; with the assay's limits declared, words and values beyond them are censored."""
    found, codes = {}, column.codes or {}
    for text in words:
        if text in codes:
            found[text] = read_number(codes[text])._replace(rule="code_mapped" if codes[text] != text else "")
        elif text in missing:
            found[text] = Reading(rule="missing_code" if missing[text] else "")
        else:
            found[text] = _beyond(text, read_number(text, decimal), column)
    if decimal == "." and has_decimal_commas(map(str, words)):
        doubtful = {text for text in words if "." in text and GROUPED.fullmatch(text) and text not in codes}
        found |= dict.fromkeys(doubtful, Reading(rule="number_ambiguous"))
    return found


def _decimals_alone(said: Mapping[str, Reading], highest: float) -> dict[str, Reading]:
    """1,375 as 1.375 in a column that has decimal commas, where 1375 is impossible.

    >>> said = {"0,875": Reading(0.875, rule="decimal_comma"), "1,375": Reading(rule="number_ambiguous")}
    >>> _decimals_alone(said, 3)["1,375"].value, _decimals_alone(said, 2000)
    (1.375, {})
    """
    if not any(reading.rule == "decimal_comma" for reading in said.values()):
        return {}
    doubtful = [text for text, reading in said.items() if reading.rule == "number_ambiguous" and _TWO_READINGS.fullmatch(text)]
    return {text: Reading(float(text.replace(",", ".")), rule="decimal_comma")
            for text in doubtful if float(text.replace(",", "")) > highest}  # fmt: skip


def _beyond(text: str, reading: Reading, column: Column) -> Reading:
    """A reading against the declared assay limits: a value outside them, or a word for it, is the limit and its side."""
    low, high, word = column.lower_limit, column.upper_limit, tidy(text).casefold()
    if low is not None and (word in _BELOW or (reading.side == "" and reading.value < low)):
        return Reading(low, "below", reading.unit, "censored")
    if high is not None and (word in _ABOVE or (reading.side == "" and reading.value > high)):
        return Reading(high, "above", reading.unit, "censored")
    return reading


def _combined(texts: Texts, codes: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, ...]:
    """The place of every row among the combinations of text, analyte and unit that occur, and the three parts of each."""
    if len(codes) == len(units) == 1:
        n = len(texts.words)
        return texts.at, texts.words, np.repeat(codes, n), np.repeat(units, n)
    parts = [np.resize(part, len(texts.at)) for part in (codes, units)]
    key = texts.at.astype("int64")
    for part in parts:
        places, found = pd.factorize(part)
        key = key * max(len(found), 1) + places
    at = pd.factorize(key)[0].astype("int32")
    first = np.unique(at, return_index=True)[1]
    return at, texts.words[texts.at[first]], parts[0][first], parts[1][first]


def _described(words: np.ndarray, codes: np.ndarray, said: Mapping[str, Reading], missing: Mapping[str, bool]) -> Readings:
    """What was read, before words of ordinal analytes and units are looked at."""
    n = len(words)
    found = [said[word] for word in words]
    value = np.array([reading.value for reading in found], dtype="float64")
    side = np.array([reading.side for reading in found], dtype=object)
    return Readings(
        words, codes, value, np.full(n, "", dtype=object), side, np.where(side != "", value, np.nan),
        np.array([word in missing for word in words], dtype=bool), np.ones(n),
        np.full(n, "", dtype=object), np.array([reading.rule for reading in found], dtype=object),
    )  # fmt: skip


def _level(text: str) -> str:
    """A word of a dipstick as the sign it stands for; any other as it is."""
    word = tidy(unicodedata.normalize("NFKC", text))
    word = sign["none"] or sign["some"] if (sign := _SIGNS.fullmatch(word)) else word
    return _DIPSTICK.get(word.casefold(), word)


def is_level(text: str) -> bool:
    """Whether a text is a word or a sign of a dipstick.

    >>> is_level("negativ"), is_level("++"), is_level("see report")
    (True, True, False)
    """
    return _level(text) in _DIPSTICK.values()


def _read_levels(readings: Readings, catalogue: pd.DataFrame) -> None:
    """Words of ordinal analytes (a dipstick's 2+) as their rank, the word kept as AVALC."""
    known = catalogue["levels"].to_dict()
    for code in pd.unique(readings.PARAMCD):
        levels = list(known.get(code, []))
        if not levels or all(level.isdigit() for level in levels):
            continue
        for at in np.flatnonzero(code == readings.PARAMCD):
            text = readings.text[at]
            level = _level(text)
            if level in levels and (not readings.missing[at] or text in levels):
                readings.aval[at], readings.avalc[at], readings.censored[at] = levels.index(level), level, ""
                readings.missing[at], readings.rule[at] = False, "" if level == text else "code_spelling"


def _convert(
    field: Field, in_cell: np.ndarray, declared: np.ndarray, catalogue: pd.DataFrame, sheet: Sheet, records: Records
) -> None:
    """Values into the catalogue's units: the unit in the cell before the row's before the column's."""
    readings = field.readings
    unit = readings.unit = np.where(in_cell != "", in_cell, declared)
    pairs = pd.DataFrame({"code": readings.PARAMCD, "unit": unit, "cell": in_cell != ""})
    groups: dict[Any, Any] = {**pairs.groupby(["code", "unit", "cell"], sort=False).indices}
    for (code, name, cell), some in groups.items():
        factor = unit_factor(catalogue, code, name) if code else 1.0
        if code and factor is not None and sheet.table.standard and not name and catalogue.at[code, "AVALU"] not in UNITLESS:
            _note_assumed(code, str(catalogue.at[code, "AVALU"]), _rows(field, some), field, sheet, records)
        if factor is None and cell:
            readings.rule[some] = "number_unreadable"
        elif factor is None and (sheet.table.standard or sheet.role("AVALU")):
            _hold_unknown_units(code, name, _rows(field, some), field, sheet, records)
        elif factor is None:
            _unknown_unit(code, name, _rows(field, some), field, sheet, records)
        elif factor != 1:
            readings.aval[some] = significant((readings.aval[some] - unit_offset(name)) * factor)
            readings.limit[some] = significant((readings.limit[some] - unit_offset(name)) * factor)
            readings.factor[some] = factor


def _rows(field: Field, some: np.ndarray) -> np.ndarray:
    """The rows that hold one of these readings."""
    return np.flatnonzero(np.isin(field.at, some))


def _unknown_unit(code: str, name: str, rows: np.ndarray, field: Field, sheet: Sheet, records: Records) -> None:
    line = int(sheet.table.line[rows[0]])
    said = f"line {line}, column {field.name}: the unit {name!r} cannot be converted for {code}"
    records.note("unit_unknown", said, sheet.table, line=line, column=field.name, value=name, count=len(rows))


def _note_assumed(code: str, unit: str, rows: np.ndarray, field: Field, sheet: Sheet, records: Records) -> None:
    rows = rows[sheet.keep[rows] & ~field.missing[rows]]
    if len(rows):
        line, first = int(sheet.table.line[rows[0]]), field.readings.text[field.at[rows[0]]]
        said = f"line {line}, column {field.name}: {code} has no unit here; its values were taken to be in {unit}"
        records.note("unit_assumed", said, sheet.table, line=line, column=field.name, value=first, count=len(rows))


def _hold_unknown_units(code: str, name: str, rows: np.ndarray, field: Field, sheet: Sheet, records: Records) -> None:
    """Rows that bring a unit that is none of their analyte's, such as percent for a count, are kept out."""
    reason = f"is in the unit {name!r}, which cannot be converted for {code}"
    sheet.hold_rows(np.isin(np.arange(len(sheet)), rows), "unit_row_unknown", field.name, reason, records)


def _settle(field: Field, below: float) -> None:
    """The value that stands for one below the assay's limit, and the cells that cannot be used."""
    readings = field.readings
    readings.aval = np.where(readings.censored == "below", readings.limit * below, readings.aval)
    unread = np.isin(readings.rule.astype(str), ["number_unreadable", "number_ambiguous", "cell_too_long"])
    field.bad = (unread & ~readings.missing)[field.at]


def significant(values: np.ndarray) -> np.ndarray:
    """Values to 12 significant digits, so that 3.96 mg/dL is 39.6 mg/L exactly."""
    distinct, at = np.unique(values, return_inverse=True)
    return np.array([float(f"{value:.12g}") for value in distinct], dtype="float64")[at]


def _tell(sheet: Sheet, field: Field, records: Records) -> None:
    readings = field.readings
    for rule in sorted(set(readings.rule) - {""}):
        of_rule = readings.rule == rule
        rows = of_rule[field.at] & sheet.keep
        note = records.hold if (field.bad & rows).any() else records.change
        note(rule, sheet.table, sheet.cells(rows, field.name, became=_became(readings, of_rule)[field.at]), REASONS[rule])


def _became(readings: Readings, some: np.ndarray) -> np.ndarray:
    """How the ledger writes what became of these readings: a level, or the number with its side where it lies beyond a limit."""
    became = np.full(len(some), "", dtype=object)
    for at in np.flatnonzero(some & ~readings.missing):
        side, value = readings.censored[at], readings.aval[at]
        number = f"{side} {readings.limit[at]:.12g}" if side else "" if math.isnan(value) else f"{value:.12g}"
        became[at] = readings.avalc[at] or number
    return became
