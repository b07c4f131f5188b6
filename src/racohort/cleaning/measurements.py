"""The measured columns of a table, whatever its shape: analytes in columns, or one analyte a row."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.limits import check_limits, reference_limits
from racohort.cleaning.numbers import read_field
from racohort.cleaning.packages import leave_out
from racohort.cleaning.sheets import Sheet
from racohort.cleaning.words import missing_words, word_key
from racohort.config import Cohort
from racohort.schema import Records
from racohort.standards import label_column, labels_of_codes, split_unit
from racohort.units import UNITLESS, unit_factor

#: A numbered test of a questionnaire and its name, as CDISC has them: both begin with the questionnaire's own short name.
_QUESTIONNAIRE = re.compile(r"([A-Z]{2,6}\d\d)\d\d\w?\t\1-(.+)")


def read_measurements(sheet: Sheet, config: Cohort, catalogue: pd.DataFrame, records: Records) -> None:
    """Fill `sheet.fields`, and for a long table check the laboratory's own reference limits."""
    for name, column in sheet.table.columns.items():
        if column.paramcd is not None:
            codes = np.array([column.paramcd], dtype=object)
            sheet.fields.append(read_field(sheet, name, column, codes, None, catalogue, config, records))
    found = sheet.role("AVAL")
    if sheet.role("PARAM") and found:
        name, column = found
        codes = _codes(sheet, catalogue, config, records)
        units = _units(sheet, codes, catalogue, config)
        field = read_field(sheet, name, column, codes, units, catalogue, config, records)
        sheet.fields.append(field)
        check_limits(sheet, field, catalogue, config, records)
        if sheet.table.shape == "long":
            field.limits = reference_limits(sheet, field, catalogue, records)


def _codes(sheet: Sheet, catalogue: pd.DataFrame, config: Cohort, records: Records) -> np.ndarray:
    """The PARAMCD of every row, by the declared codes or the catalogue's names; rows of an unknown analyte are quarantined."""
    name, column = sheet.role("PARAM")  # type: ignore[misc]
    texts = sheet.texts(name)
    known = names_of_analytes(catalogue)
    declared = {word_key(word): code.partition(" ")[0] for word, code in (column.codes or {}).items()}
    labels = labels_of_codes(sheet.table) if sheet.table.standard else sheet.labels(name)
    units = None if sheet.table.standard else catalogue  # a package tells units elsewhere
    codes = {text: code_of(text, labels.get(text, ""), (declared, known), units) for text in texts.words}
    found = texts.each(codes)
    leave_out(sheet, found == "IGNORE", "item_left_out", name, "is an item that cohort.yml leaves out", records)
    found[found == "IGNORE"] = ""
    unknown = (found == "") & ~texts.among(missing_words(texts.words, config))
    names = texts.words[pd.unique(texts.at[unknown & sheet.keep])]
    others = (
        ""
        if len(names) < 2
        else f" (as {'are' if len(names) > 2 else 'is'} {', '.join(names[1:9])}{' and others' * (len(names) > 9)})"
    )
    reason = f"is no analyte that is declared or in the catalogue{others}"
    sheet.hold_rows((found == "") & sheet.keep, "param_unknown", name, reason, records)
    return found


def names_of_analytes(catalogue: pd.DataFrame) -> dict[str, str]:
    """Every name of every analyte, as words are compared, with its PARAMCD."""
    return {
        word_key(word): str(code)
        for code, row in catalogue.iterrows()
        for word in (code, row["PARAM"], row["label_zh"], *row["synonyms"])
        if word
    }


def code_of(text: str, label: str, known: Sequence[Mapping[str, str]], units: pd.DataFrame | None = None) -> str:
    """The PARAMCD of an item by its own name or its label; "" where none is known.

    A label is known without its unit in brackets, too, where that is a unit of the analyte by the catalogue `units` (if given);
    CDISC's prefix of a questionnaire's numbered tests says nothing more.

    >>> code_of("HAQ0155", "HAQ01-HAQ-DI Score", [{"haq-di score": "HAQDI"}]), code_of("X", "Pain (mm)", [{"pain": "PAIN"}])
    ('HAQDI', 'PAIN')
    >>> code_of("DAS28C", "DAS28-CRP", [{"crp": "CRP", "das28-crp": "DAS28CRP"}])
    'DAS28CRP'
    """
    numbered = _QUESTIONNAIRE.fullmatch(f"{text}\t{label}")
    label = numbered[2] if numbered else label
    bare, unit = split_unit(label)
    code = next((found[key] for found in known for key in map(word_key, (text, label)) if key in found), "")
    stripped = next((found[word_key(bare)] for found in known if unit and word_key(bare) in found), "")
    fits = units is None or unit_factor(units, stripped, unit) is not None
    return code or (stripped if fits else "")


def _units(sheet: Sheet, codes: np.ndarray, catalogue: pd.DataFrame, config: Cohort) -> np.ndarray | None:
    """The unit of every row: of its column of units, else of the items' codes ("CHOL mg/dL") or labels; None for neither."""
    found = sheet.role("AVALU")
    if not found:
        return _labelled_units(sheet, codes, catalogue) if sheet.table.standard else _coded_units(sheet, codes, catalogue)
    texts = sheet.texts(found[0])
    blank = missing_words(texts.words, config)
    return texts.each({text: "" if text in blank else text.strip() for text in texts.words})


def _labelled_units(sheet: Sheet, codes: np.ndarray, catalogue: pd.DataFrame) -> np.ndarray:
    """The unit that each row's parameter label ends with, as in "Alanine Aminotransferase (U/L)"; "" where it has none.

    What has no unit, such as a joint count, has none in its label either: "Tender Joint Count (28 Joints)".
    """
    label = label_column(sheet.table)
    if not label:
        return np.full(len(sheet), "", dtype=object)
    texts = sheet.texts(label)
    said = texts.each({text: split_unit(text)[1] for text in texts.words})
    return np.where(pd.Series(codes).map(catalogue["AVALU"]).isin(UNITLESS), "", said)


def _coded_units(sheet: Sheet, codes: np.ndarray, catalogue: pd.DataFrame) -> np.ndarray | None:
    """The unit that the declared code of each row's item gives, else the file's label for it."""
    name, column = sheet.role("PARAM")  # type: ignore[misc]
    declared = {word_key(word): code.partition(" ")[2].strip() for word, code in (column.codes or {}).items()}
    texts, labels = sheet.texts(name), sheet.labels(name)
    analyte = dict(zip(texts.words[texts.at], codes, strict=True))
    labelled = {text: split_unit(label)[1] for text, label in labels.items()}
    fitting = {text: unit for text, unit in labelled.items() if unit_factor(catalogue, analyte.get(text, ""), unit) is not None}
    said = {text: declared.get(word_key(text)) or fitting.get(text, "") for text in texts.words}
    return texts.each(said) if any(said.values()) else None
