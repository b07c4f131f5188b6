"""The measured columns of a table, whatever its shape: analytes in columns, or one analyte a row."""

import numpy as np
import pandas as pd

from racohort.cleaning.limits import check_limits
from racohort.cleaning.numbers import read_field
from racohort.cleaning.packages import leave_out
from racohort.cleaning.sheets import Sheet
from racohort.cleaning.words import missing_words, word_key
from racohort.config import Cohort
from racohort.schema import Records
from racohort.standards import labelled_units, labels_of_codes


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
        units = _units(sheet, config)
        sheet.fields.append(read_field(sheet, name, column, codes, units, catalogue, config, records))
        check_limits(sheet, config, records)


def _codes(sheet: Sheet, catalogue: pd.DataFrame, config: Cohort, records: Records) -> np.ndarray:
    """The PARAMCD of every row, by the declared codes or the catalogue's names; rows of an unknown analyte are quarantined."""
    name, column = sheet.role("PARAM")  # type: ignore[misc]
    texts = sheet.texts(name)
    known = {
        word_key(word): code
        for code, row in catalogue.iterrows()
        for word in (code, row["PARAM"], row["label_zh"], *row["synonyms"])
        if word
    }
    declared = {word_key(word): code.partition(" ")[0] for word, code in (column.codes or {}).items()}
    labels = labels_of_codes(sheet.table) if sheet.table.standard else {}
    codes = {
        text: declared.get(word_key(text)) or known.get(word_key(text)) or known.get(word_key(labels.get(text, "")), "")
        for text in texts.words
    }
    found = texts.each(codes)
    leave_out(sheet, found == "IGNORE", "item_left_out", name, "is an item that cohort.yml leaves out", records)
    found[found == "IGNORE"] = ""
    unknown = (found == "") & ~texts.among(missing_words(texts.words, config))
    names = sorted(texts.words[np.unique(texts.at[unknown & sheet.keep])])
    others = f" (as are {', '.join(names[1:9])}{' and others' if len(names) > 9 else ''})" if len(names) > 1 else ""
    reason = f"is no analyte that is declared or in the catalogue{others}"
    sheet.hold_rows((found == "") & sheet.keep, "param_unknown", name, reason, records)
    return found


def _units(sheet: Sheet, config: Cohort) -> np.ndarray | None:
    """The unit of every row: of its column of units, else as the codes of the items give it ("CHOL mg/dL"); None for neither."""
    found = sheet.role("AVALU")
    if not found:
        return labelled_units(sheet.table).to_numpy(dtype=object) if sheet.table.standard else _coded_units(sheet)
    texts = sheet.texts(found[0])
    blank = missing_words(texts.words, config)
    return texts.each({text: "" if text in blank else text.strip() for text in texts.words})


def _coded_units(sheet: Sheet) -> np.ndarray | None:
    name, column = sheet.role("PARAM")  # type: ignore[misc]
    said = {word_key(word): code.partition(" ")[2].strip() for word, code in (column.codes or {}).items()}
    texts = sheet.texts(name)
    return texts.each({text: said.get(word_key(text), "") for text in texts.words}) if any(said.values()) else None
