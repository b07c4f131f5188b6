"""Dates of a wide table, one column for each visit: held against the windows and against each other."""

from itertools import combinations

import numpy as np

from racohort.cleaning.sheets import Mask, Sheet
from racohort.config import Cohort
from racohort.schema import Records


def check_wide_dates(sheet: Sheet, starts: np.ndarray, config: Cohort, records: Records) -> None:
    """Values of a visit whose date lies in another visit's window, or whose order contradicts the plan, are kept out.

    A date that lies in no window is kept with a warning, and so are values of a visit without a date.
    """
    windows = {code: visit.limits for code, visit in config.visits.items() if visit.limits is not None}
    first = starts[sheet.who]
    for code, dates in sheet.dates.items():
        days = np.where(np.isnat(dates) | np.isnat(first), np.nan, (dates - first).astype("timedelta64[D]").astype("float64"))
        inside = {other: (days >= low) & (days <= high) for other, (low, high) in windows.items()}
        beyond = ~np.isnan(days) & ~inside[code] if code in inside else np.zeros(len(sheet), dtype=bool)
        anywhere = np.logical_or.reduce([*inside.values(), np.zeros(len(sheet), dtype=bool)])
        name, shown = _date_name(sheet, code), f"lies outside the window of {code}; the visit is kept"
        _note(sheet, beyond & ~anywhere, "visit_window", name, shown, records)
        _hold_visit(
            sheet, beyond & anywhere, code, "visit_contradiction", f"lies in another visit's window than that of {code}", records
        )
    for earlier, later in combinations([code for code in config.visits if code in sheet.dates], 2):
        wrong = sheet.keep & (sheet.dates[later] <= sheet.dates[earlier])
        reason = f"contradicts the order of the visits {earlier} and {later}"
        for code in (earlier, later):
            _hold_visit(sheet, wrong, code, "visit_order", reason, records)
    for code, dates in sheet.dates.items():
        fields = [field.good for field in sheet.fields if field.column.visit == code]
        seen = np.logical_or.reduce([np.zeros(len(sheet), dtype=bool), *fields])
        _note(
            sheet,
            np.isnat(dates) & seen,
            "visit_undated",
            _date_name(sheet, code),
            "is no date, but the visit has values",
            records,
        )


def _date_name(sheet: Sheet, code: str) -> str:
    return next(name for role, name, column in sheet.roles() if role == "ADT" and column.visit == code)


def _note(sheet: Sheet, rows: Mask, rule: str, name: str, reason: str, records: Records) -> None:
    cells = sheet.cells(rows & sheet.keep, name)
    if len(cells):
        records.note_cells(rule, sheet.table, cells, reason)


def _hold_visit(sheet: Sheet, rows: Mask, code: str, rule: str, reason: str, records: Records) -> None:
    """Quarantine the date and every value of one visit in some rows."""
    rows = rows & sheet.keep
    records.hold(rule, sheet.table, sheet.cells(rows, _date_name(sheet, code)), reason)
    for field in (field for field in sheet.fields if field.column.visit == code):
        records.hold(rule, sheet.table, sheet.cells(rows & field.good, field.name), f"is of a visit whose date {reason}")
        field.bad = field.bad | (rows & ~field.missing)
    sheet.dates[code] = np.where(rows, np.datetime64("NaT"), sheet.dates[code])
