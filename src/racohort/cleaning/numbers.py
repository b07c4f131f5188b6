"""Numbers as laboratories and typists write them: read where there is one reading, quarantined where there are none or two."""

import math
import re
import unicodedata
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Sheet
from racohort.cleaning.words import missing_words, tidy
from racohort.config import Cohort, Column
from racohort.schema import Records
from racohort.units import UNITLESS, unit_factor

#: A cell longer than this is no value.
LONGEST_CELL = 200
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]*)?|-?\.[0-9]+")
_USUAL = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:\.[0-9]+)?")
#: A raised or lowered figure that is not the power of a unit such as 10⁹/L.
_RAISED = re.compile(r"(?<=[0-9])(?<![×xX*\s]10)[²³¹⁰-⁹₀-₉]")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_POINT_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+")
_COMMA_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+|-?[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}")
_TWO_READINGS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_SIDE = re.compile(r"(<=|>=|<|>|≤|≥|小于|大于)\s*(.+)")
_FLAG_FIRST = re.compile(r"(?:[↑↓]{1,3}|[HL]{1,2}\s)\s*(.*[0-9])")
_FLAG = re.compile(r"(.*[0-9])\s*(?:[↑↓]{1,3}|\*{1,2}|\(?[HL]{1,2}\)?)")
_UNIT = re.compile(
    r"([<>≤≥=]*\s*[-+]?[0-9][0-9.,]*)\s*((?:[×x*]\s*)?10[\^*eE]?[0-9]{1,2}\s*/.{1,5}|[A-Za-zµμ%毫克/][^0-9\s]*(?:/[0-9.]*[A-Za-z0-9]+)?)"
)
#: Words for "beyond what the assay measures"; they need a declared limit.
_BELOW = {"<lod", "<loq", "<lloq", "blq", "bql", "bloq", "blod", "below limit", "below detection limit", "低于检测限"}
_ABOVE = {">uloq", "alq", "above limit", "above detection limit", "高于检测限"}
_SIDES = {"<": "below", "<=": "below", "≤": "below", "小于": "below", ">": "above", ">=": "above", "≥": "above", "大于": "above"}
_DIPSTICK = {
    "negative": "-", "neg": "-", "neg.": "-", "阴性": "-", "(-)": "-", "−": "-", "trace": "±", "+-": "±", "+/-": "±",
    "微量": "±", "阳性": "1+",
    "+": "1+", "++": "2+", "+++": "3+", "++++": "4+", "+1": "1+", "+2": "2+", "+3": "3+", "+4": "4+",
}  # fmt: skip


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
    plain = tidy(unicodedata.normalize("NFKC", text)).replace("−", "-").replace("。", ".").removeprefix("'").lstrip()
    rule = "" if plain == text else "spaces" if plain == text.strip() else "number_spelling"
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
    if flagged:
        value, rule = _figure(flagged[1].strip(), decimal)
        return value, rule if rule.startswith("number_") and rule != "number_spelling" else "laboratory_flag", ""
    with_unit = _UNIT.fullmatch(text)
    if with_unit:
        value, rule = _figure(with_unit[1].strip(), decimal)
        return value, rule if rule in ("number_unreadable", "number_ambiguous") else "unit_in_cell", with_unit[2]
    return math.nan, "number_unreadable", ""


def _figure(text: str, decimal: str) -> tuple[float, str]:
    """Value and rule of the digits alone."""
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
}


def read_field(
    sheet: Sheet, name: str, column: Column, PARAMCD: np.ndarray, units: np.ndarray | None, catalogue: pd.DataFrame, config:
    Cohort, records: Records
) -> Field:  # fmt: skip
    """A column of measured values: every distinct text is read once; changes go to the ledger, unreadable cells into quarantine.

    `PARAMCD` and `units` have one entry a row. Values come out in the catalogue's units; a value beyond an assay limit keeps side
    and limit, and AVAL is limit/sqrt 2 (or limit/2 where `below: half` is declared) below, the limit above.
    """
    texts = sheet.text(name)
    missing = {text: told for text, told in missing_words(texts, config).items() if text not in (column.codes or {})}
    readings = _readings(texts, missing, column, column.decimal or sheet.table.decimal)
    field = _blank_field(name, column, PARAMCD, texts, missing)
    field.aval = np.array([readings[text].value for text in texts])
    field.censored = np.array([readings[text].side for text in texts], dtype=object)
    field.limit = np.where(field.censored != "", field.aval, np.nan)
    rules = np.array([readings[text].rule for text in texts], dtype=object)
    _read_levels(field, rules, catalogue)
    _convert(field, np.array([readings[text].unit for text in texts], dtype=object), units, rules, catalogue, sheet, records)
    factor = 0.5 if column.below == "half" else math.sqrt(0.5)
    field.aval = np.where(field.censored == "below", field.limit * factor, field.aval)
    field.bad = np.isin(rules, ["number_unreadable", "number_ambiguous", "cell_too_long"]) & ~field.missing
    _tell(sheet, field, rules, records)
    return field


def _readings(texts: np.ndarray, missing: dict[str, bool], column: Column, decimal: str) -> dict[str, Reading]:
    """What each distinct text says; with the assay's limits declared, words and values beyond them are censored."""
    found, codes = {}, column.codes or {}
    for text in pd.unique(texts):
        if text in codes:
            found[text] = read_number(codes[text])._replace(rule="code_mapped" if codes[text] != text else "")
        elif text in missing:
            found[text] = Reading(rule="missing_code" if missing[text] else "")
        else:
            found[text] = _beyond(text, read_number(text, decimal), column)
    return found


def _beyond(text: str, reading: Reading, column: Column) -> Reading:
    """A reading against the declared assay limits: a value outside them, or a word for it, is the limit and its side."""
    low, high, word = column.lower_limit, column.upper_limit, tidy(text).casefold()
    if low is not None and (word in _BELOW or (reading.side == "" and reading.value < low)):
        return Reading(low, "below", reading.unit, "censored")
    if high is not None and (word in _ABOVE or (reading.side == "" and reading.value > high)):
        return Reading(high, "above", reading.unit, "censored")
    return reading


def _blank_field(name: str, column: Column, PARAMCD: np.ndarray, texts: np.ndarray, missing: dict[str, bool]) -> Field:
    n, blank = len(texts), np.full(len(texts), "", dtype=object)
    gone = np.array([text in missing for text in texts], dtype=bool)
    nothing = np.full(n, np.nan)
    return Field(
        name,
        column,
        PARAMCD,
        texts,
        nothing,
        blank.copy(),
        blank.copy(),
        nothing.copy(),
        gone,
        np.zeros(n, dtype=bool),
        np.ones(n),
        blank.copy(),
    )


def _read_levels(field: Field, rules: np.ndarray, catalogue: pd.DataFrame) -> None:
    """Words of ordinal analytes (a dipstick's 2+) as their rank, the word kept as AVALC."""
    for code in pd.unique(field.PARAMCD):
        levels = list(catalogue["levels"].to_dict().get(code, []))
        if not levels or all(level.isdigit() for level in levels):
            continue
        rows = np.flatnonzero((code == field.PARAMCD) & (~field.missing | np.isin(field.text, levels)))
        for row in rows:
            word = tidy(unicodedata.normalize("NFKC", field.text[row]))
            level = _DIPSTICK.get(word.casefold(), word)
            if level in levels:
                field.aval[row], field.avalc[row], field.censored[row] = levels.index(level), level, ""
                field.missing[row], rules[row] = False, "" if level == field.text[row] else "number_spelling"


def _convert(
    field: Field, in_cell: np.ndarray, units: np.ndarray | None, rules: np.ndarray, catalogue: pd.DataFrame, sheet: Sheet,
    records: Records
) -> None:  # fmt: skip
    """Values into the catalogue's units: the unit in the cell before the row's before the column's."""
    declared = np.full(len(field.text), field.column.unit or "", dtype=object) if units is None else units
    unit = field.unit = np.where(in_cell != "", in_cell, declared)
    pairs = pd.DataFrame({"code": field.PARAMCD, "unit": unit, "cell": in_cell != ""})
    groups: dict[Any, Any] = {**pairs.groupby(["code", "unit", "cell"], sort=False).indices}
    for (code, name, cell), rows in groups.items():
        if code == "":
            continue
        factor = unit_factor(catalogue, code, name)
        if factor is not None and sheet.table.standard and not name and catalogue.at[code, "AVALU"] not in UNITLESS:
            _note_assumed(code, str(catalogue.at[code, "AVALU"]), rows, field, sheet, records)
        if factor is None and cell:
            rules[rows] = "number_unreadable"
        elif factor is None and sheet.table.standard:
            _hold_unknown_units(code, name, rows, field, sheet, records)
        elif factor is None:
            _unknown_unit(code, name, rows, field, sheet, records)
        elif factor != 1:
            field.aval[rows] = significant(field.aval[rows] * factor)
            field.limit[rows] = significant(field.limit[rows] * factor)
            field.factor[rows] = factor


def _unknown_unit(code: str, name: str, rows: np.ndarray, field: Field, sheet: Sheet, records: Records) -> None:
    line = int(sheet.table.line[rows[0]])
    said = f"line {line}, column {field.name}: the unit {name!r} cannot be converted for {code}"
    records.note("unit_unknown", said, sheet.table, line=line, column=field.name, value=name, count=len(rows))


def _note_assumed(code: str, unit: str, rows: np.ndarray, field: Field, sheet: Sheet, records: Records) -> None:
    rows = rows[sheet.keep[rows] & ~field.missing[rows]]
    if len(rows):
        line = int(sheet.table.line[rows[0]])
        said = f"line {line}, column {field.name}: {code} has no unit here; its values were taken to be in {unit}"
        records.note("unit_assumed", said, sheet.table, line=line, column=field.name, value=field.text[rows[0]], count=len(rows))


def _hold_unknown_units(code: str, name: str, rows: np.ndarray, field: Field, sheet: Sheet, records: Records) -> None:
    """Rows of a trial package in a unit that is no unit of their analyte, such as percent for a count, are kept out."""
    mask = np.isin(np.arange(len(sheet)), rows)
    reason = f"is in the unit {name!r}, which cannot be converted for {code}"
    sheet.hold_rows(mask, "unit_row_unknown", field.name, reason, records)


def significant(values: np.ndarray) -> np.ndarray:
    """Values to 12 significant digits, so that 3.96 mg/dL is 39.6 mg/L exactly."""
    return np.array([float(f"{value:.12g}") for value in values])


def _tell(sheet: Sheet, field: Field, rules: np.ndarray, records: Records) -> None:
    became = np.array(["" if math.isnan(value) else f"{value:.12g}" for value in field.aval], dtype=object)
    became = np.where(
        field.censored == "", became, field.censored + " " + np.array([f"{value:.12g}" for value in field.limit], dtype=object)
    )
    for rule in sorted(set(rules[sheet.keep]) - {""}):
        rows = (rules == rule) & sheet.keep
        cells = sheet.cells(rows, field.name, became=np.where(field.missing, "", became))
        if (field.bad & rows).any():
            records.hold(rule, sheet.table, cells, REASONS[rule])
        else:
            records.change(rule, sheet.table, cells, REASONS[rule])
