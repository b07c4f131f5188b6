"""Rows of a trial package's data set: derived rows left out, the sponsor's choice of records and of baseline followed."""

import numpy as np
import pandas as pd

from racohort.cleaning.numbers import read_number
from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.cleaning.words import tidy
from racohort.config import Cohort
from racohort.schema import Records
from racohort.standards import finding_prefix, is_other_specimen
from racohort.units import UNITLESS, unit_factor, unit_offset


def _flag(sheet: Sheet, *names: str) -> Mask:
    """Whether the first of these variables that the data set has says Y."""
    found = next((name for name in names if name in sheet.table.cells), None)
    return sheet.texts(found).among({"Y", "y"}) if found else np.zeros(len(sheet), dtype=bool)


def baseline_by_flag(sheet: Sheet, visits: np.ndarray, config: Cohort) -> Mask:
    """Rows that the sponsor flagged as the baseline record, and whose label is another visit's or none's.

    `visits` holds the visit of each row by its label. A row that is labelled as baseline stays one: of several the last before
    treatment counts, and the flagged one is that by its definition (ADaM Implementation Guide 1.3, ABLFL).
    """
    prefix = finding_prefix(list(sheet.table.cells.columns))
    flagged: Mask = np.logical_and(_flag(sheet, "ABLFL", f"{prefix}LOBXFL", f"{prefix}BLFL"), sheet.keep)
    return np.asarray(flagged & (visits != config.baseline))


def leave_out_derived(sheet: Sheet, records: Records) -> None:
    """Leave out rows that are derived (DTYPE), before anything is asked of their visits."""
    if sheet.table.standard and sheet.role("PARAM") and "DTYPE" in sheet.table.cells:
        derived = ~sheet.texts("DTYPE").among({""}) & sheet.keep
        leave_out(sheet, derived, "row_derived", "DTYPE", "marks a derived row, no measurement of its own", records)


def clean_package(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Leave out rows beside one flagged for analysis (ANL01FL), and hold rows of another specimen."""
    found = sheet.role("PARAM")
    if not sheet.table.standard or not found:
        return
    name = found[0]
    flagged = _flag(sheet, "ANL01FL") & sheet.keep
    if flagged.any():
        key = pd.DataFrame({"id": sheet.who, "test": sheet.texts(name).at, "visit": sheet.AVISIT, "flagged": flagged})
        beside = key.groupby(["id", "test", "visit"])["flagged"].transform("any").to_numpy(dtype=bool)
        unflagged = beside & ~flagged & sheet.keep & (sheet.AVISIT != "")
        leave_out(sheet, unflagged, "row_unflagged", "ANL01FL", "stands beside the record flagged for analysis", records)
    urine = is_other_specimen(sheet.table.cells).to_numpy(dtype=bool)
    sheet.hold_rows(urine & ~_is_dipstick(sheet, name), "specimen", name, "was not measured in blood", records)


def _is_dipstick(sheet: Sheet, name: str) -> Mask:
    """Tests whose own name says that they are of urine."""
    texts = sheet.texts(name)
    urine = {text for text in texts.words if text.upper().startswith(("U", "尿"))}
    return texts.among({text for text in urine if text.upper() not in ("UREA", "URATE", "UREAN")})


def leave_out(sheet: Sheet, rows: Mask, rule: str, column: str, reason: str, records: Records) -> None:
    """Take rows out by a rule that loses nothing, with a ledger row for each."""
    rows = rows & sheet.keep
    if rows.any():
        left_out = np.full(len(sheet), "(row left out)", dtype=object)
        records.change(rule, sheet.table, sheet.cells(rows, column, became=left_out), reason)
        sheet.drop(rows, rule)


def check_originals(sheet: Sheet, field: Field, catalogue: pd.DataFrame, records: Records) -> None:
    """Hold results of a trial package that are another value than the original beside them, in whatever units both are.

    In SDTM the original is --ORRES in --ORRESU, in ADaM the same value as text (AVALC). Rounding makes no difference.
    """
    names, two = table_names(sheet), finding_prefix(list(sheet.table.cells.columns))
    text, unit = (f"{two}ORRES", f"{two}ORRESU") if two else ("AVALC", "")
    if text not in names or text == field.name or not len(sheet):
        return
    given = sheet.texts(text)
    numbers = given.each({word: read_number(tidy(word)).value if word else np.nan for word in given.words}, "float64")
    units = sheet.text(unit) if unit in names else field.readings.unit[field.at]
    at, pairs = pd.MultiIndex.from_arrays([field.PARAMCD, units]).factorize()
    factor, offset = (
        np.array(ends, dtype="float64")[at]
        for ends in zip(*(_to_own(code, name, catalogue) for code, name in pairs), strict=True)
    )
    meant, told = (numbers - offset) * factor, field.readings.censored[field.at] == ""
    odd = told & field.good & sheet.keep & (np.abs(field.aval - meant) > 0.1 * np.abs(meant) + 1e-9)
    records.hold("original_differs", sheet.table, sheet.cells(odd, field.name), f"is another value than the original in {text}")
    field.bad = field.bad | odd


def _to_own(code: str, unit: str, catalogue: pd.DataFrame) -> tuple[float, float]:
    """What leads from a unit to the catalogue's; NaN for what has no unit, as answers and scores may be coded anew."""
    has_unit = code in catalogue.index and catalogue.at[code, "AVALU"] not in UNITLESS
    factor = unit_factor(catalogue, code, unit) if has_unit else None
    return np.nan if factor is None else factor, unit_offset(unit)


def table_names(sheet: Sheet) -> set[str]:
    """The columns of a trial package's data set; none of another file."""
    return set(map(str, sheet.table.cells.columns)) if sheet.table.standard else set()
