"""Values that their neighbours make doubtful: one filled down over several patients, and one whose decimal mark slipped."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Sheet
from racohort.schema import Records

#: A run of equal values is told where fewer such runs than this are to be expected by chance in the whole column.
CHANCE = 1e-4
#: A value is told whose ratio to the patient's others is a power of ten up to this factor, and in logarithms so many times ...
NEAR = 1.4
#: ... what three of four patients' values differ by, of at least so many values.
FAR, ENOUGH = 4, 12
#: A column with so many different values, of so many patients, and so many steps within them is not sorted by chance.
DIFFERENT, PATIENTS, STEPS = 12, 5, 6


def measured(catalogue: pd.DataFrame, code: str) -> bool:
    """Whether an analyte is measured on a fine scale, and not a dose that many patients share."""
    if code not in catalogue.index:
        return False
    facts = catalogue.loc[code]
    return bool(facts["scale"] in ("linear", "log") and np.isnan(facts["step"]) and facts["PARCAT1"] != "Medication")


def check_runs(sheet: Sheet, catalogue: pd.DataFrame, records: Records) -> None:
    """Warn of one value in many rows one after another, of several patients: what filling down in a spreadsheet leaves.

    A column in the order of its values has no such run; it is doubted where the rows are in the order of the patients.
    """
    for field in sheet.fields:
        readings, usable = field.readings, field.good & sheet.keep
        for code in [code for code in field.codes if measured(catalogue, code)]:
            fits = (code == readings.PARAMCD) & (readings.censored == "") & ~np.isnan(readings.aval)
            rows = np.flatnonzero(fits[field.at] & usable)
            if len(rows) > 2:
                _check_column(sheet, field, code, rows, records)


def _check_column(sheet: Sheet, field: Field, code: str, rows: np.ndarray, records: Records) -> None:
    values, who = field.aval[rows], sheet.who[rows]
    steps, other = np.diff(values), np.diff(who) != 0
    if (steps >= 0).all() or (steps <= 0).all():
        patients = len(np.unique(who))
        together = other.sum() + 1 == patients >= PATIENTS
        if together and len(np.unique(values)) >= DIFFERENT and ((steps != 0) & ~other).sum() >= STEPS:
            way = "rise" if steps.sum() > 0 else "fall"
            said = f"column {field.name}: the {len(rows)} values of {code} {way} from row to row, while patients stay together"
            records.note("column_sorted", said, sheet.table, column=field.name, count=len(rows))
        return
    starts = np.concatenate([[0], np.flatnonzero(steps != 0) + 1])
    length = np.diff(np.append(starts, len(rows)))
    for start, n in zip(starts[length > 2].tolist(), length[length > 2].tolist(), strict=True):
        within = slice(start, start + n - 1)
        between = int(other[within].sum())
        if between > 1 and _expected(values, steps == 0, other, start, n) < CHANCE:
            first, last = (int(sheet.table.line[rows[at]]) for at in (start, start + n - 1))
            text = field.readings.text[field.at[rows[start]]]
            run = f"{code} is {text!r} in {n} rows one after another, of {between + 1} patients"
            said = f"lines {first} to {last}, column {field.name}: {run}: filled down?"
            where = {"line": first, "column": field.name, "value": text}
            records.note("filled_run", said, sheet.table, **where, count=n)


def _expected(values: np.ndarray, same: np.ndarray, other: np.ndarray, start: int, n: int) -> float:
    """How many runs like this one there would be by chance, from how often the rest of the column repeats itself.

    From one patient to the next a value repeats with its share of the other rows, within a patient as often as values do there.
    """
    within = np.zeros(len(same), dtype=bool)
    within[start : start + n - 1] = True
    rest = len(values) - n
    share = max(int((values == values[start]).sum()) - n, 1) / max(rest, 1)
    stays = (int((same & ~other & ~within).sum()) + 1) / (int((~other & ~within).sum()) + 2)
    between = int(other[within].sum())
    return float(len(values) * min(share, 1.0) ** between * stays ** (n - 1 - between))


def check_slips(sheets: Sequence[Sheet], catalogue: pd.DataFrame, records: Records) -> None:
    """Warn of a value that is about 10, 100 or 1,000 times as much, or as little, as the patient's others, which agree.

    Only where the values of most patients stay far closer together.
    """
    for code in dict.fromkeys(code for sheet in sheets for field in sheet.fields for code in field.codes if code):
        if measured(catalogue, code):
            fields = [(sheet, field) for sheet in sheets for field in sheet.fields if code in field.codes]
            logs = [_logs(sheet, field, code, place) for place, (sheet, field) in enumerate(fields)]
            for place, row, apart in _slipped(*map(np.concatenate, zip(*logs, strict=True))):
                sheet, field = fields[place]
                times = f"{10 ** round(abs(apart)):,} times" if apart > 0 else f"1/{10 ** round(abs(apart)):,} of"
                cells = sheet.cells(np.array([row]), field.name)
                records.note_cells("digit_slip", sheet.table, cells, f"is about {times} the patient's other values: a slip?")


def _logs(sheet: Sheet, field: Field, code: str, place: int) -> tuple[np.ndarray, ...]:
    """The patient, the logarithm, the place of the field and the row of every usable value of an analyte above zero."""
    readings = field.readings
    fits = (code == readings.PARAMCD) & (readings.censored == "") & (readings.aval > 0)
    logs = np.log10(np.where(fits, readings.aval, 1))
    rows = np.flatnonzero(fits[field.at] & field.good & sheet.keep)
    return sheet.who[rows], logs[field.at[rows]], np.full(len(rows), place), rows


def _slipped(who: np.ndarray, log: np.ndarray, place: np.ndarray, row: np.ndarray) -> list[tuple[int, int, float]]:
    """Place, row and logarithmic distance of what lies a power of ten from the median of a patient with three values or more."""
    order = np.argsort(who, kind="stable")
    starts = np.flatnonzero(np.diff(who[order], prepend=-1))
    n = np.diff(np.append(starts, len(order)))
    if n[n > 2].sum() < ENOUGH:
        return []
    spread = np.maximum.reduceat(log[order], starts) - np.minimum.reduceat(log[order], starts)
    least = max(FAR * float(np.quantile(spread[n > 2], 0.75, method="lower")), 1 - np.log10(NEAR))
    wide = who[order][starts[(n > 2) & (spread >= least)]]
    if not len(wide):
        return []
    some = np.isin(who, wide)
    frame = pd.DataFrame({"who": who, "place": place, "row": row, "log": log})[some]
    apart = frame["log"] - frame.groupby("who")["log"].transform("median")
    power = apart.abs().round()
    found = power.between(1, 3) & ((apart.abs() - power).abs() <= np.log10(NEAR)) & (apart.abs() >= least)
    rest = apart.abs().where(~found).groupby(frame["who"]).transform("max")
    alone = found & (found.groupby(frame["who"]).transform("sum") == 1) & (rest <= np.log10(NEAR))
    return list(zip(frame.loc[alone, "place"], frame.loc[alone, "row"], apart[alone], strict=True))
