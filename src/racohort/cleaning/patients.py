"""The facts about each patient: one value a patient, with contradictions between rows found."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from racohort.cleaning.dates import clean_dates
from racohort.cleaning.numbers import read_field
from racohort.cleaning.sheets import Sheet
from racohort.cleaning.words import tidy, translate
from racohort.config import Cohort, Column
from racohort.roles import DATES, NUMBERS, PATIENT
from racohort.schema import Records

#: An age may differ by this many years from what the dates and the patient's other ages say.
AGE_SLACK = 1.6
#: What a number about a patient can be.
POSSIBLE = {"AGE": (0.0, 120.0), "DISDUR": (0.0, 90.0)}
#: What may stand behind an age (49岁, 49 years) and behind a duration (5年, 36 months).
YEARS = ("岁", "周岁", "y", "yr", "yrs", "year", "years", "yo", "Jahre", "ans", "anos", "años")
MONTHS = ("月", "个月", "m", "mo", "mon", "month", "months", "Monate", "mois", "meses")
UNITS = {
    "AGE": dict.fromkeys(YEARS, 1.0),
    "DISDUR": dict.fromkeys((*YEARS, "年", "Jahr", "an", "ano", "año"), 1.0) | dict.fromkeys(MONTHS, 1 / 12),
}
#: Roles of facts that every patient has, besides the columns with the role COVARIATE; sex and arm are told patient by patient.
COVARIATES = ("AGE", "DISDUR", "BIRTHDT", "SITEID")


def covariate_name(name: str) -> str:
    """The column of ADSL for a covariate: its own name in capitals.

    >>> covariate_name("years_ra"), covariate_name("BMI (kg/m2)")
    ('YEARS_RA', 'BMI_KG_M2')
    """
    return re.sub(r"\W+", "_", name.upper()).strip("_")


def read_facts(sheet: Sheet, config: Cohort, catalogue: pd.DataFrame, records: Records) -> None:
    """Fill `sheet.facts`: one array a role (or covariate) that says something about the patient."""
    for role, name, column in sheet.roles():
        key = covariate_name(name) if role == "COVARIATE" else role
        if role not in PATIENT and role != "COVARIATE":
            continue
        sheet.names[key] = name
        if role in DATES:
            sheet.facts[key] = clean_dates(sheet, role, name, column, config, records)
        elif role in NUMBERS:
            sheet.facts[key] = read_numbers(sheet, role, name, column, config, catalogue, records)
        else:
            sheet.facts[key] = translate(sheet, role, name, column, config, records)


def read_numbers(
    sheet: Sheet, role: str, name: str, column: Column, config: Cohort, catalogue: pd.DataFrame, records: Records
) -> np.ndarray:
    """A column of numbers that are no analyte, NaN where missing or held; an age is held against what is possible."""
    code, unit = np.array([role], dtype=object), np.array([""], dtype=object)
    field = read_field(sheet, name, column, code, unit, _own(catalogue, role), config, records)
    if role in POSSIBLE:
        low, high = possible(role, config)
        odd = field.good & sheet.keep & ((field.aval < low) | (field.aval > high))
        years = odd.any() and bool(((field.aval >= 1900) & (field.aval <= 2100))[odd].all())
        hint = _A_YEAR[role] if years else ""
        reason = f"is outside what is possible ({_CALLED[role]} {low:g} to {high:g}){hint}"
        records.hold("impossible", sheet.table, sheet.cells(odd, name), reason)
        field.bad = field.bad | odd
    if role == "AETOXGR":
        sided = field.good & sheet.keep & (field.censored != "")
        records.hold("event_grade", sheet.table, sheet.cells(sided, name), "is no grade from 1 to 5")
        field.bad = field.bad | sided
    return np.where(field.bad, np.nan, field.aval)


_CALLED = {"AGE": "age", "DISDUR": "disease duration in years"}
_A_YEAR = {
    "AGE": '; a year of birth? That is {role: BIRTHDT, format: "%Y"}',
    "DISDUR": "; the year in which the disease began? Write the years since then",
}


def possible(role: str, config: Cohort) -> tuple[float, float]:
    """The least and the most that an age or a disease duration can be."""
    low, high = POSSIBLE[role]
    given = config.ranges["AGE"].possible if role == "AGE" and "AGE" in config.ranges else None
    return (given[0] or low, given[1] or high) if given else (low, high)


def _own(catalogue: pd.DataFrame, role: str) -> pd.DataFrame:
    """A catalogue that knows the role as an analyte without a unit, but for the years of an age or a duration."""
    row = catalogue.iloc[[0]].copy()
    row.index = pd.Index([role], name="PARAMCD")
    units = pd.Series([UNITS.get(role, {})], index=row.index, dtype=object)
    return row.assign(AVALU="", units=units, levels=pd.Series([[]], index=row.index, dtype=object))


def check_facts(sheet: Sheet, records: Records) -> None:
    """Facts that differ between rows of one patient: a rarer sex and an age out of line are held, a changed arm is warned of."""
    if "SEX" in sheet.facts:
        _check_sex(sheet, records)
    if "ARM" in sheet.facts:
        _check_arm(sheet, records)
    for role in ("SEX", "ARM"):
        _note_without(sheet, role, records)
    if "AGE" in sheet.facts:
        _check_ages(sheet, records)


def _check_arm(sheet: Sheet, records: Records) -> None:
    given = sheet.keep & (sheet.facts["ARM"] != "")
    arms = pd.Series(sheet.facts["ARM"]).where(given, None)
    first = arms.groupby(sheet.who).transform("first")
    at = sheet.by_person(given & (arms != first).to_numpy())
    told = [f"is another arm than {first[row]!r} in the first row of {sheet.people[sheet.who[row]]}" for row in at]
    records.note_cells("arm_changes", sheet.table, sheet.cells(at, sheet.names["ARM"]), told)


def _note_without(sheet: Sheet, role: str, records: Records) -> None:
    """Warn of patients whose cells of a fact are blank in every row."""
    if role not in sheet.facts or sheet.table.shape == "event":
        return
    texts = sheet.texts(sheet.names[role])
    if not any(map(tidy, texts.words)):
        said = f"column {sheet.names[role]}: no patient has a value"
        records.note("fact_missing", said, sheet.table, column=sheet.names[role], count=len(sheet))
        return
    given = np.zeros(len(sheet.people), dtype=bool)
    given[sheet.who[~texts.among({text for text in texts.words if tidy(text) == ""})]] = True
    without = np.flatnonzero(~given[sheet.who] & sheet.keep)
    first = without[~pd.Series(sheet.who[without]).duplicated().to_numpy()]
    records.note_cells(
        "fact_missing", sheet.table, sheet.cells(first, sheet.names[role]), "is blank in every row of this patient"
    )


def note_covariates(patients: pd.DataFrame, sheets: Sequence[Sheet], records: Records) -> None:
    """One warning a covariate (age, disease duration, site, whatever the cohort adds) that some of the patients kept lack."""
    kept = patients[patients["kept"].to_numpy(dtype=bool)]
    for key in dict.fromkeys(key for sheet in sheets for key in sheet.facts if key in COVARIATES or key not in PATIENT):
        lacking = int((kept[key].isna() | (kept[key].astype(str) == "")).sum())
        if lacking:
            sheet = next(sheet for sheet in sheets if key in sheet.facts)
            said = f"column {sheet.names[key]}: {lacking} of {len(kept)} patients have no value"
            records.note("covariate_missing", said, sheet.table, column=sheet.names[key], count=lacking)


def _check_sex(sheet: Sheet, records: Records) -> None:
    sex, n = sheet.facts["SEX"], len(sheet.people)
    men, women = (np.bincount(sheet.who[sheet.keep & (sex == code)], minlength=n)[sheet.who] for code in ("M", "F"))
    rarer = ((sex == "F") & (women <= men)) | ((sex == "M") & (men <= women))
    at = sheet.by_person((men > 0) & (women > 0) & rarer & sheet.keep)
    told = [f"differs from another row of {one}" for one in sheet.people[sheet.who[at]]]
    records.hold("subject_changes", sheet.table, sheet.cells(at, sheet.names["SEX"]), told)
    sheet.facts["SEX"] = np.where(np.isin(np.arange(len(sheet)), at), "", sex)


def _check_ages(sheet: Sheet, records: Records) -> None:
    """The year of birth that date and age imply must be one for all rows of a patient.

    Where nobody's age changes, it is the age at baseline on every row.
    """
    ages = pd.Series(sheet.facts["AGE"]).where(sheet.keep).groupby(sheet.who)
    if (ages.max() == ages.min()).all():
        return
    years = sheet.ADT.astype("datetime64[D]").astype("int64") / 365.25
    implied = np.where(np.isnat(sheet.ADT) | ~sheet.keep, np.nan, years - sheet.facts["AGE"])
    middle = pd.Series(implied).groupby(sheet.who).transform("median").to_numpy()
    odd = np.abs(implied - middle) > AGE_SLACK
    at = sheet.by_person(odd)
    told = [f"is an age that does not fit the dates and other ages of {one}" for one in sheet.people[sheet.who[at]]]
    records.hold("age_jumps", sheet.table, sheet.cells(at, sheet.names["AGE"]), told)
    sheet.facts["AGE"] = np.where(odd, np.nan, sheet.facts["AGE"])


def gather_patients(sheets: Sequence[Sheet], config: Cohort) -> pd.DataFrame:
    """One row per patient read (index USUBJID, in alphabetical order): the first usable value of every fact, `kept`, and `who`.

    `who` is the patient's place among `Sheet.people`. Facts of the list of patients come before those of visits, where earlier
    visits come first.
    """
    ranks = {code: rank for rank, code in enumerate(config.visits)}
    some = [sheet for sheet in sheets if sheet.table.shape != "event"]
    parts = [_part(sheet, ranks) for sheet in sorted(some, key=lambda sheet: sheet.table.shape != "subject")]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"who": [], "kept": [], "order": [], "rank": []})
    people = sheets[0].people if sheets else np.array([], dtype=object)
    rows = rows[people[rows["who"].astype(int)] != ""].sort_values(["order", "rank"], kind="stable")
    there = np.unique(rows["who"].astype(int))
    frame = pd.DataFrame(index=pd.Index(people[there], name="USUBJID", dtype="str"))
    kept = rows[rows["kept"].astype(bool)]
    for key in dict.fromkeys(key for sheet in some for key in sheet.facts):
        first = kept.loc[kept[key].notna(), ["who", key]].drop_duplicates("who").set_index("who")[key]
        frame[key] = _typed(key, first).reindex(there).to_numpy()
    return frame.assign(kept=np.isin(there, kept["who"]), who=there)


def _part(sheet: Sheet, ranks: dict[str, int]) -> pd.DataFrame:
    facts = {
        key: pd.Series(values).replace("", None) if values.dtype == object else values for key, values in sheet.facts.items()
    }
    kept = sheet.keep | (sheet.why == "row_twice")
    rank = pd.Series(sheet.AVISIT, dtype=object).map(ranks).fillna(99).to_numpy()
    order = 0 if sheet.table.shape == "subject" else 1
    part = pd.DataFrame(facts, index=range(len(sheet))).assign(who=sheet.who, kept=kept, rank=rank, order=order)
    return part[~np.isin(sheet.why, ("id_missing", "totals_row"))]


def _typed(key: str, values: pd.Series) -> pd.Series:
    """A covariate whose values are all numbers as numbers."""
    if key in PATIENT or (values.dtype != object and not pd.api.types.is_string_dtype(values)):
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers if numbers.notna().all() else values


def chosen(patients: pd.DataFrame, filter_: dict[str, Any], names: Mapping[str, str], records: Records) -> pd.Series:
    """Which patients the cohort's `filter` keeps; `names` maps source columns to the facts they hold.

    A column that is no fact about a patient, and values that nobody has, refuse the cohort: it would be another one.
    """
    keep = pd.Series(True, index=patients.index)
    for name, wanted in filter_.items():
        column = next((one for one in (name, names.get(name, ""), covariate_name(name)) if one in patients), "")
        if not column:
            said = f"cohort.yml, filter: {name!r} is no column that says something about a patient"
            records.note("filter_unknown", said, file="cohort.yml", column=name)
            continue
        values = patients[column].astype("str")
        asked = [wanted] if isinstance(wanted, str) else wanted
        keep &= values.isin(asked)
        if not values.isin(asked).any():
            there = ", ".join(map(repr, sorted(values.dropna().unique())[:8]))
            said = f"cohort.yml, filter: no patient has {name} {' or '.join(map(repr, asked))}; there are {there}"
            records.note("filter_unknown", said, file="cohort.yml", column=name, value=str(asked[0]) if asked else "")
    return keep
