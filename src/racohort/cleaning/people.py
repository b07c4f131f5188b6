"""Facts about a patient held against each other: between files, and dates and durations against visits and age."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.patients import AGE_SLACK, possible
from racohort.cleaning.sheets import Mask, Sheet
from racohort.config import Cohort
from racohort.schema import Records

_YEAR = np.timedelta64(1, "D") * 365.25
#: Role -> the rule that two files break which differ in it, and what it is called.
_BETWEEN = {"SEX": ("subject_changes", "sex"), "ARM": ("arm_changes", "arm"), "AGE": ("age_jumps", "age")}
#: Dates that no visit can follow by more than so many days, and what they are.
_LAST = {"DTHDT": (0, "the patient's death"), "EOSDT": (30, "the end of the study for the patient")}


def check_people(sheets: Sequence[Sheet], starts: np.ndarray, config: Cohort, records: Records) -> None:
    """Everything about a patient that two columns or files tell; `starts` has the first day of each of the people."""
    for role in _BETWEEN:
        _check_between(role, sheets, config, records)
    ages = _at_baseline("AGE", sheets, config)
    for sheet in [sheet for sheet in sheets if sheet.table.shape != "event"]:
        if "BIRTHDT" in sheet.facts:
            _check_births(sheet, starts, ages, config, records)
        if "DISDUR" in sheet.facts:
            longer = sheet.keep & (sheet.facts["DISDUR"] > ages[sheet.who] + 1)
            _warn(sheet, "DISDUR", longer, "is longer than the patient is old", records)
        _check_lasts(sheet, sheets, records)


def _check_between(role: str, sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """Where two files differ in a fact, the list of patients counts, else the file that is listed first."""
    rule, called = _BETWEEN[role]
    told = sorted([sheet for sheet in sheets if role in sheet.facts], key=lambda sheet: sheet.table.shape != "subject")
    known, source = pd.Series(dtype=object), ""
    for sheet in told:
        values = pd.Series(sheet.facts[role], dtype=object).replace("", None)
        given = sheet.keep & values.notna().to_numpy() & _comparable(role, sheet, config)
        other = known.reindex(sheet.who).to_numpy()
        differs = given & pd.notna(other) & _differ(role, values.to_numpy(), other)
        cells = sheet.cells(sheet.by_person(differs), sheet.names[role])
        note = records.note_cells if rule == "arm_changes" else records.hold
        if len(cells):
            note(rule, sheet.table, cells, f"is another {called} than in {source}, which is used")
        first = pd.Series(values.to_numpy()[given], index=sheet.who[given], dtype=object)
        known = known.combine_first(first[~first.index.duplicated()]) if len(known) else first[~first.index.duplicated()]
        source = source or sheet.table.file


def _comparable(role: str, sheet: Sheet, config: Cohort) -> Mask:
    """Rows whose fact must be that of the other files; ages are compared at baseline."""
    if role != "AGE" or sheet.table.shape == "subject":
        return np.ones(len(sheet), dtype=bool)
    return np.asarray(config.baseline == sheet.AVISIT)


def _differ(role: str, values: np.ndarray, others: np.ndarray) -> Mask:
    if role == "AGE":
        return np.asarray(np.abs(values.astype(float) - others.astype(float)) > AGE_SLACK)
    return np.asarray(values != others)


def _at_baseline(role: str, sheets: Sequence[Sheet], config: Cohort) -> np.ndarray:
    """A number of every one of the people at baseline; NaN where it is not known."""
    found = np.full(max((len(sheet.people) for sheet in sheets), default=0), np.nan)
    for sheet in [sheet for sheet in sheets if role in sheet.facts]:
        rows = np.flatnonzero(sheet.keep & ~np.isnan(sheet.facts[role]) & _comparable(role, sheet, config))[::-1]
        found[sheet.who[rows]] = sheet.facts[role][rows]
    return found


def _check_births(sheet: Sheet, starts: np.ndarray, ages: np.ndarray, config: Cohort, records: Records) -> None:
    """A date of birth that makes an impossible age is kept out; one that contradicts the age in the file is doubted."""
    implied = (starts[sheet.who] - sheet.facts["BIRTHDT"].astype("datetime64[D]")) / _YEAR
    low, high = possible("AGE", config)
    odd = sheet.keep & ((implied < low) | (implied > high + 1))
    reason = f"is a date of birth that makes an age outside what is possible ({low:g} to {high:g})"
    records.hold("impossible", sheet.table, sheet.cells(odd, sheet.names["BIRTHDT"]), reason)
    sheet.facts["BIRTHDT"] = np.where(odd, np.datetime64("NaT"), sheet.facts["BIRTHDT"])
    differs = sheet.keep & ~odd & (np.abs(implied - 0.5 - ages[sheet.who]) > AGE_SLACK)
    _warn(sheet, "BIRTHDT", differs, "is a date of birth that does not fit the age in the file, which is used", records)


def _check_lasts(sheet: Sheet, sheets: Sequence[Sheet], records: Records) -> None:
    """A visit after the death of a patient, or after the end of the study."""
    roles = [role for role in _LAST if role in sheet.facts]
    dated = [one for one in sheets if one.table.shape != "event"] if roles else []
    last = np.full(len(sheet.people), np.datetime64("NaT"), dtype="datetime64[D]")
    for one in dated:
        for days in (one.ADT, *one.dates.values()):
            rows = one.keep & ~np.isnat(days)
            np.fmax.at(last, one.who[rows], days[rows])
    for role in roles:
        slack, called = _LAST[role]
        before = sheet.keep & (sheet.facts[role].astype("datetime64[D]") + slack < last[sheet.who])
        _warn(sheet, role, before, f"is before a visit; it is said to be {called}", records)


def _warn(sheet: Sheet, role: str, rows: Mask, reason: str, records: Records) -> None:
    cells = sheet.cells(rows, sheet.names[role])
    if len(cells):
        records.note_cells("facts_contradict", sheet.table, cells, reason)
