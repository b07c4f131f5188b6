"""What a value can be: impossible values are kept out, doubtful ones kept with a warning, columns that look wrong named."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.schema import Records
from racohort.units import UNITLESS, unit_offset

#: A column is doubted when more than this share of it is missing.
MOSTLY = 0.5
#: A column with so many different values is not equal to another one by chance.
FEW = 8
#: A shipped score is rounded to this many decimals: single-precision noise reaches 2.4e-7 (statistics.md D1).
DECIMALS = 6
#: A score on a grid may have been rounded to two decimals: 0.88 and 1.13 (or 1.12) stand for 0.875 and 1.125.
HUNDREDTH = 0.005
#: Zeros are doubted where there are so many, and no other value lies within so many steps (of its last decimal) above them.
ZEROS, GAP = 3, 10


def round_scores(sheet: Sheet, field: Field, catalogue: pd.DataFrame, records: Records) -> None:
    """Round away single-precision noise in scores and scales, with one finding a column."""
    scores = set(catalogue.index[(catalogue["domain"] == "QS") & (catalogue["scale"] == "linear")])
    readings = field.readings
    rounded = np.round(readings.aval, DECIMALS)
    noisy = pd.Series(readings.PARAMCD).isin(scores).to_numpy() & ~np.isnan(rounded) & (rounded != readings.aval)
    if noisy.any():
        became = np.array([f"{value:.12g}" for value in rounded], dtype=object)
        cells = sheet.cells(noisy[field.at] & field.good & sheet.keep, field.name, became=became[field.at])
        records.change("score_rounded", sheet.table, cells, f"was rounded to {DECIMALS} decimals")
        readings.aval = np.where(noisy, rounded, readings.aval)


def check_ranges(sheet: Sheet, field: Field, catalogue: pd.DataFrame, records: Records) -> None:
    """Hold impossible values and fractions of joints; warn of implausible ones and of scores off their grid."""
    limits = catalogue.reindex(field.readings.PARAMCD)
    readings, exact = field.readings, field.readings.censored == ""
    known = np.where(exact, readings.aval, readings.limit)
    known = np.where((readings.censored == "below") & (known <= limits["possible_low"]), -np.inf, known)  # <0 is no value
    for impossible, span in _outside(sheet, field, known, limits, "possible"):
        hint = _unit_hint(field, impossible, catalogue)
        _hold(sheet, field, impossible, "impossible", f"is outside what is possible ({span}){hint}", records)
        if hint:
            _doubt_site(sheet, field, impossible, hint, records)
    step = limits["step"].to_numpy(float)
    away = np.abs(readings.aval - step * np.round(readings.aval / step))
    off = exact & (away > np.where(step == 1, 0, HUNDREDTH) + 1e-6)
    _hold(sheet, field, _good(field, off & (step == 1)), "joint_fraction", "is no whole number", records)
    _warn(sheet, field, _good(field, off & (step != 1)), "off_grid", "is not on the score's grid (steps of 0.125)", records)
    for doubtful, span in _outside(sheet, field, np.where(exact, readings.aval, np.nan), limits, "plausible"):
        _warn(sheet, field, doubtful, "implausible", f"is possible but doubtful (usual: {span}); it is kept", records)


def _good(field: Field, readings: Mask) -> Mask:
    """The cells that hold one of these readings and were not quarantined."""
    return field.good & readings[field.at] if readings.any() else np.zeros(len(field.at), dtype=bool)


def _outside(
    sheet: Sheet, field: Field, known: np.ndarray, limits: pd.DataFrame, kind: str
) -> Iterator[tuple[Mask, str]]:  # fmt: skip
    """The kept cells with a value outside its limits of a kind, analyte by analyte, and these limits in the file's unit."""
    low, high = (limits[f"{kind}_{end}"].to_numpy(float) for end in ("low", "high"))
    rows, readings = _good(field, (known < low) | (known > high)) & sheet.keep, field.readings
    if not rows.any():
        return
    same = pd.MultiIndex.from_arrays([readings.PARAMCD, readings.factor, readings.unit]).factorize()[0][field.at]
    for one in pd.unique(same[rows]):
        first = field.at[np.flatnonzero(rows & (same == one))[0]]
        unit = readings.unit[first] or limits["AVALU"].iloc[first]
        ends = (end[first] / readings.factor[first] + unit_offset(unit) for end in (low, high))
        shown = "" if unit in UNITLESS else f" {unit}"
        yield rows & (same == one), f"{readings.PARAMCD[first]} {_span(*ends)}{shown}"


def _span(low: float, high: float) -> str:
    """A range in words, to 4 digits; an open end is no number.

    >>> _span(0.5, 10), _span(0.49, float("nan")), _span(float("nan"), 3)
    ('0.5 to 10', '0.49 and above', '3 and below')
    >>> _span(0, 100_000), _span(38.6698, 773.395)
    ('0 to 100000', '38.67 to 773.4')
    """
    first, last = (f"{float(f'{end:.4g}'):g}" for end in (low, high))
    if np.isnan(high):
        return f"{first} and above"
    return f"{last} and below" if np.isnan(low) else f"{first} to {last}"


def _unit_hint(field: Field, rows: Mask, catalogue: pd.DataFrame) -> str:
    """The unit in which every impossible value of a column would be usual, if there are three or more and none was converted."""
    converted = (field.readings.factor[field.at[rows]] != 1).any()
    if rows.sum() < 3 or len(set(field.PARAMCD[rows])) != 1 or converted:
        return ""
    facts, values = catalogue.loc[field.PARAMCD[rows][0]], field.aval[rows]
    for unit, factor in facts["units"].items():
        meant = (values - unit_offset(unit)) * factor
        if ((meant >= facts["plausible_low"]) & (meant <= facts["plausible_high"])).all():
            return f"; in {unit} it would be usual: another unit?"
    return ""


def _doubt_site(sheet: Sheet, field: Field, rows: np.ndarray, hint: str, records: Records) -> None:
    """Name the site where all values that would be usual in another unit come from."""
    sites = sheet.facts.get("SITEID", np.array([]))
    at = set(sites[rows & sheet.keep]) if len(sites) else set()
    if len(at) == 1 and len(set(sites[sheet.keep])) > 1:
        name, count = at.pop(), int(rows.sum())
        said = f"column {field.name}: all {count} impossible values come from the site {name}{hint}"
        records.note("unit_doubt_site", said, sheet.table, column=field.name, count=count)


def _hold(sheet: Sheet, field: Field, rows: np.ndarray, rule: str, reason: str, records: Records) -> None:
    rows = rows & sheet.keep
    if rows.any():
        records.hold(rule, sheet.table, sheet.cells(rows, field.name), reason)
        field.bad = field.bad | rows


def _warn(sheet: Sheet, field: Field, rows: np.ndarray, rule: str, reason: str, records: Records) -> None:
    rows = rows & sheet.keep
    if rows.any():
        records.note_cells(rule, sheet.table, sheet.cells(rows, field.name), reason)


def check_columns_whole(sheet: Sheet, catalogue: pd.DataFrame, records: Records) -> None:
    """Columns that are mostly missing, constant, or equal to another one."""
    _note_empty(sheet, records)
    _note_equal(sheet, catalogue, records)
    for field in sheet.fields if sheet.table.shape in ("visit", "wide") else []:
        facts = catalogue.loc[field.codes[0]] if len(field.at) else None
        given, n = field.aval[field.good & sheet.keep], int(sheet.keep.sum())
        gone = int((field.missing & sheet.keep).sum())
        if n and gone > MOSTLY * n:
            said = f"column {field.name}: {gone} of {n} values are missing ({100 * gone / n:.0f} %)"
            records.note("mostly_missing", said, sheet.table, column=field.name, count=gone)
        measured = facts is not None and facts["scale"] in ("linear", "log") and facts["PARCAT1"] != "Medication"
        if measured and len(given) >= 8 and len(np.unique(given)) == 1:
            said = f"column {field.name} is constant: {given[0]:g} in all {len(given)} rows"
            records.note("constant", said, sheet.table, column=field.name, value=f"{given[0]:g}", count=len(given))
        if measured and catalogue.at[field.codes[0], "scale"] == "log":
            _note_zeros(sheet, field, records)


def _note_zeros(sheet: Sheet, field: Field, records: Records) -> None:
    """Warn of zeros far below every other value: a 0 that was written for a value below the assay's limit, or for none."""
    rows = field.good & sheet.keep & (field.censored == "")
    if not rows.any() or (zeros := int((field.aval[rows] == 0).sum())) < ZEROS:
        return
    others = field.aval[rows & (field.aval > 0)] / field.readings.factor[field.at[rows & (field.aval > 0)]]
    steps = next((10**digits for digits in range(4) if np.allclose(others * 10**digits, np.round(others * 10**digits))), np.inf)
    if len(others) >= ZEROS and others.min() * steps >= GAP:
        said = f"column {field.name}: {zeros} of {int(rows.sum())} values are 0, and no other is below {others.min():g}"
        records.note("zeros_doubtful", said, sheet.table, column=field.name, value="0", count=zeros)


def _note_equal(sheet: Sheet, catalogue: pd.DataFrame, records: Records) -> None:
    """Warn of two measured columns that hold the same values, row for row: one was filled with the other."""
    seen: dict[float, list[Field]] = {}
    for field in sheet.fields if sheet.table.shape == "visit" else []:
        values = np.where(field.good & sheet.keep, field.aval, np.nan)
        given = values[~np.isnan(values)]
        if len(np.unique(given)) < FEW or catalogue.at[field.codes[0], "scale"] not in ("linear", "log"):
            continue
        same = seen.setdefault(float(given.sum()), [])
        for other in same:
            if np.array_equal(values, np.where(other.good & sheet.keep, other.aval, np.nan), equal_nan=True):
                said = f"the columns {other.name} and {field.name} hold the same values in all {len(given)} rows"
                records.note("columns_equal", said, sheet.table, column=field.name, value=other.name, count=len(given))
        same.append(field)


def _note_empty(sheet: Sheet, records: Records) -> None:
    """Warn of planned visits with a row but without any value, in a table with one row a visit."""
    found = sheet.role("AVISIT")
    if sheet.table.shape != "visit" or not found or len(sheet.fields) < 2:
        return
    empty = sheet.keep & (sheet.AVISIT != "UNSCHEDULED")
    for field in sheet.fields:
        empty &= field.missing
    at = sheet.by_person(empty)
    told = [f"is a visit of {one} without any value" for one in sheet.people[sheet.who[at]]]
    records.note_cells("visit_empty", sheet.table, sheet.cells(at, found[0]), told)
