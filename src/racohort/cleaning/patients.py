"""The facts about each patient: one value a patient, with contradictions between rows found."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from racohort.cleaning.dates import clean_dates
from racohort.cleaning.numbers import read_field
from racohort.cleaning.sheets import Field, Sheet
from racohort.cleaning.words import tidy, translate
from racohort.config import Cohort, Column
from racohort.roles import DATES, NUMBERS, PATIENT
from racohort.schema import Records

#: An age may differ by this many years from what the dates and the patient's other ages say.
AGE_SLACK = 1.6
AGE_POSSIBLE = (0.0, 120.0)


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
            sheet.facts[key] = read_numbers(sheet, role, name, column, config, catalogue, records).aval
        else:
            sheet.facts[key] = translate(sheet, role, name, column, config, records)


def read_numbers(
    sheet: Sheet, role: str, name: str, column: Column, config: Cohort, catalogue: pd.DataFrame, records: Records
) -> Field:
    """A column of numbers that are no analyte; an age is held against what is possible."""
    field = read_field(
        sheet,
        name,
        column,
        np.full(len(sheet), role, dtype=object),
        np.full(len(sheet), "", dtype=object),
        _own(catalogue, role),
        config,
        records,
    )
    if role == "AGE":
        low, high = (config.ranges["AGE"].possible if "AGE" in config.ranges else None) or AGE_POSSIBLE
        odd = field.good & ~field.bad & sheet.keep & ((field.aval < (low or 0)) | (field.aval > (high or 120)))
        records.hold("impossible", sheet.table, sheet.cells(odd, name), f"is outside what is possible (age {low:g} to {high:g})")
        field.bad = field.bad | odd
    field.aval = np.where(field.bad, np.nan, field.aval)
    return field


def _own(catalogue: pd.DataFrame, role: str) -> pd.DataFrame:
    """A catalogue that knows the role as an analyte without a unit."""
    row = catalogue.iloc[[0]].copy()
    row.index = pd.Index([role], name="PARAMCD")
    nothing = pd.Series([{}], index=row.index, dtype=object)
    return row.assign(AVALU="", units=nothing, levels=nothing.map(list))


def check_facts(sheet: Sheet, records: Records) -> None:
    """Facts that differ between rows of one patient: a rarer sex and an age out of line are held, a changed arm is warned of."""
    ids = pd.Series(sheet.USUBJID)
    if "SEX" in sheet.facts:
        _check_sex(sheet, ids, records)
    if "ARM" in sheet.facts:
        arms = pd.DataFrame({"id": ids, "arm": sheet.facts["ARM"]})[sheet.keep & (sheet.facts["ARM"] != "")]
        first = arms.drop_duplicates("id").set_index("id")["arm"]
        changed = sheet.keep & (sheet.facts["ARM"] != "") & (ids.map(first).to_numpy() != sheet.facts["ARM"])
        for one in sorted(set(ids[changed])):
            cells = sheet.cells(changed & (ids == one).to_numpy(), sheet.names["ARM"])
            records.note_cells("arm_changes", sheet.table, cells, f"is another arm than {first[one]!r} in the first row of {one}")
    for role in ("SEX", "ARM"):
        _note_without(sheet, ids, role, records)
    if "AGE" in sheet.facts:
        _check_ages(sheet, records)


def _note_without(sheet: Sheet, ids: pd.Series, role: str, records: Records) -> None:
    """Warn of patients whose cells of a fact are blank in every row."""
    if role not in sheet.facts or not (sheet.facts[role] != "").any() or sheet.table.shape == "event":
        return
    blank = pd.Series([tidy(text) == "" for text in sheet.text(sheet.names[role])])
    without = blank.groupby(ids).transform("all").to_numpy(dtype=bool) & sheet.keep
    first = without & ~ids.where(without).duplicated().to_numpy()
    cells = sheet.cells(first, sheet.names[role])
    if len(cells):
        records.note_cells("fact_missing", sheet.table, cells, "is blank in every row of this patient")


def _check_sex(sheet: Sheet, ids: pd.Series, records: Records) -> None:
    given = pd.DataFrame({"id": ids, "sex": sheet.facts["SEX"]})[sheet.keep & (sheet.facts["SEX"] != "")]
    counts = given.value_counts().unstack(fill_value=0)
    if counts.shape[1] < 2:
        return
    mixed = counts[(counts["F"] > 0) & (counts["M"] > 0)]
    for one, row in mixed.iterrows():
        rare = ["F", "M"] if row["F"] == row["M"] else [min(("F", "M"), key=lambda sex: row[sex])]
        odd = (ids == one).to_numpy() & np.isin(sheet.facts["SEX"].astype(str), rare) & sheet.keep
        records.hold("subject_changes", sheet.table, sheet.cells(odd, sheet.names["SEX"]), f"differs from another row of {one}")
        sheet.facts["SEX"] = np.where(odd, "", sheet.facts["SEX"])


def _check_ages(sheet: Sheet, records: Records) -> None:
    """The year of birth that date and age imply must be one for all rows of a patient."""
    years = sheet.ADT.astype("datetime64[D]").astype("int64") / 365.25
    implied = np.where(np.isnat(sheet.ADT) | ~sheet.keep, np.nan, years - sheet.facts["AGE"])
    middle = pd.Series(implied).groupby(pd.Series(sheet.USUBJID)).transform("median").to_numpy()
    odd = np.abs(implied - middle) > (AGE_SLACK if len(implied) else 0)
    for one in sorted(set(sheet.USUBJID[odd])):
        cells = sheet.cells(odd & (one == sheet.USUBJID), sheet.names["AGE"])
        records.hold("age_jumps", sheet.table, cells, f"is an age that does not fit the dates and other ages of {one}")
    sheet.facts["AGE"] = np.where(odd, np.nan, sheet.facts["AGE"])


def gather_patients(sheets: Sequence[Sheet], config: Cohort) -> pd.DataFrame:
    """One row per patient read (index USUBJID, in order of first appearance): the first usable value of every fact, and `kept`.

    Facts of the list of patients come before those of visits, where earlier visits come first.
    """
    ranks = {code: rank for rank, code in enumerate(config.visits)}
    parts = [
        _part(sheet, ranks)
        for sheet in sorted(sheets, key=lambda sheet: sheet.table.shape != "subject")
        if sheet.table.shape != "event"
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"USUBJID": []})
    rows = rows[rows["USUBJID"] != ""].sort_values(["order", "rank"], kind="stable")
    keys = [key for sheet in sheets if sheet.table.shape != "event" for key in sheet.facts]
    kept = rows[rows["kept"]]
    facts = {key: kept.dropna(subset=[key]).groupby("USUBJID", sort=False)[key].first() for key in dict.fromkeys(keys)}
    index = pd.Index(rows["USUBJID"].drop_duplicates(), name="USUBJID")
    frame = pd.DataFrame({key: _typed(key, values).reindex(index) for key, values in facts.items()}, index=index)
    frame["kept"] = rows.groupby("USUBJID")["kept"].any().reindex(index).to_numpy()
    return frame.sort_index()


def _part(sheet: Sheet, ranks: dict[str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {key: pd.Series(values).replace("", None) if values.dtype == object else values for key, values in sheet.facts.items()},
        index=range(len(sheet)),
    )
    kept = sheet.keep | (sheet.why == "row_twice")
    order = 0 if sheet.table.shape == "subject" else 1
    return frame.assign(USUBJID=sheet.USUBJID, kept=kept, rank=[ranks.get(code, 99) for code in sheet.AVISIT], order=order)


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
