"""Units that a name or label says, held against those that its values were read in."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Sheet
from racohort.schema import Records
from racohort.standards import label_column, split_unit
from racohort.units import unit_factor

#: Readings whose cell may bring a unit of its own, which says nothing about the column's.
_OWN = ("unit_in_cell", "censored", "laboratory_flag")


def note_labels(sheet: Sheet, field: Field, catalogue: pd.DataFrame, records: Records) -> None:
    """Warn where a column's or an item's name or label ends with another unit of the analyte than its values were read in."""
    readings = field.readings
    for label, rows in _labels(sheet, field):
        said = split_unit(label)[1]
        for reading in pd.unique(field.at[rows]) if said else []:
            code, factor = str(readings.PARAMCD[reading]), float(readings.factor[reading])
            other = unit_factor(catalogue, code, said)
            if other is None or np.isclose(other, factor) or readings.missing[reading] or readings.rule[reading] in _OWN:
                continue
            line, own = int(sheet.table.line[rows[0]]), readings.unit[reading] or str(catalogue.at[code, "AVALU"])
            told = f"line {line}, column {field.name}: {label!r} says {said}, but the values were read in {own}, as declared"
            records.note("unit_label", told, sheet.table, line=line, column=field.name, value=label, count=len(rows))
            break


def _labels(sheet: Sheet, field: Field) -> Iterator[tuple[str, np.ndarray]]:
    """What a column, or each of its items, is called by name and by label, with the rows that are kept of it."""
    if field.column.paramcd is not None:
        for name in dict.fromkeys((field.name, sheet.table.dictionary.get(field.name, [""])[0])):
            yield name, np.flatnonzero(sheet.keep)
    elif found := sheet.role("PARAM"):
        texts, labels = sheet.texts(label_column(sheet.table) or found[0]), sheet.labels(found[0])
        for at in range(len(texts.words)):
            label = labels.get(texts.words[at], texts.words[at])
            yield label, np.flatnonzero((texts.at == at) & sheet.keep) if split_unit(label)[1] else np.array([], dtype=int)
