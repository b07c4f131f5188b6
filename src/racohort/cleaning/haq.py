"""A HAQ-DI that came with the file, against the eight categories that came with it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.consistency import THROUGHOUT, Table, hold_cell, planned_visit, table_by_visit
from racohort.cleaning.sheets import Sheet
from racohort.schema import Records
from racohort.scores.haq import haq_di_from_categories

HAQ = tuple(f"HAQ{number:02d}" for number in range(1, 9))
#: How far a shipped HAQ-DI may be from its categories: half a step of its grid, which covers rounding.
TOLERANCE = 0.0625


def haq_of(wide: pd.DataFrame) -> pd.Series:
    """HAQ-DI from the category scores; NaN where fewer than six are answered."""
    if not set(HAQ) & set(wide.columns):
        return pd.Series(np.nan, index=wide.index)
    return pd.Series(haq_di_from_categories(wide.reindex(columns=list(HAQ)).to_numpy(float)), index=wide.index)


def check_haq(sheets: Sequence[Sheet], records: Records) -> set[tuple[str, str, str]]:
    """Hold a shipped HAQ-DI that does not follow from its categories; returns (USUBJID, AVISIT, score), which nobody can settle.

    Where half of the rows contradict, the columns must be wrong, and the cohort is refused.
    """
    if not any(code in HAQ for sheet in sheets for field in sheet.fields for code in field.codes):
        return set()
    table = table_by_visit(sheets, {"HAQDI", *HAQ})
    if "HAQDI" not in table.wide:
        return set()
    gap = (table.wide["HAQDI"] - haq_of(table.wide)).dropna()
    wrong = gap[gap.abs() > TOLERANCE + 1e-9]
    raised = "; devices and help raise a category: give the raised ones, or leave the categories out" if (wrong > 0).all() else ""
    if len(gap) >= 5 and len(wrong) >= THROUGHOUT * len(gap):
        _refuse(wrong, len(gap), raised, table, records)
        return set()
    given = haq_of(table.wide)
    for USUBJID, AVISIT in wrong.index:
        told = f"does not follow from its categories, which give {given[USUBJID, AVISIT]:.3f}{raised}"
        hold_cell(*table.cell(USUBJID, AVISIT, "HAQDI"), "score_differs", told, records)
    return {(USUBJID, planned_visit(AVISIT), "HAQDI") for USUBJID, AVISIT in wrong.index}


def _refuse(wrong: pd.Series, rows: int, raised: str, table: Table, records: Records) -> None:
    USUBJID, AVISIT = wrong.index[0]
    sheet, field, _ = table.cell(USUBJID, AVISIT, "HAQDI")
    said = f"column {field.name} contradicts its categories HAQ01 to HAQ08 in {len(wrong)} of {rows} rows{raised}"
    records.note("score_contradicts", said, sheet.table, column=field.name, count=len(wrong))
