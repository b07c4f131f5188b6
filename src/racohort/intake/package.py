"""A data set of a trial package among the files: which standard it follows, and where its treatment starts."""

import pandas as pd

from racohort.cleaning.measurements import code_of, names_of_analytes
from racohort.intake.guesses import Guess, Unread
from racohort.intake.values import given, numbers
from racohort.standards import EXPOSURE, NAMES, PATIENT, finding_prefix, is_other_specimen, kind_of, split_unit


def standard_of(cells: pd.DataFrame) -> str:
    """The standard, adam or sdtm, where the columns have these standards' own names, else ""."""
    names = {str(name).upper() for name in cells.columns}
    analysis = names & {"PARAMCD", "SAFFL", "FASFL", "TRTSDT", "TRTEMFL", "TRTA", "TRT01P"}
    if {"DOMAIN", "RDOMAIN"} & names and {"STUDYID", "USUBJID"} <= names:
        return "adam" if analysis else "sdtm"  # an analysis data set may keep its source's columns
    if "USUBJID" not in names or not (kind_of(names) or "PARAMCD" in names) or ("DOMAIN" not in names and len(names & NAMES) < 3):
        return ""
    return "adam" if analysis else "sdtm" if "DOMAIN" in names or finding_prefix(names) else ""


def start_of(cells: pd.DataFrame) -> Guess | None:
    """The variable of a trial package's data set that holds the first day of treatment, where any row has one."""
    given = [str(name) for name in cells.columns if (cells[name].str.strip() != "").any()]
    wanted = EXPOSURE if kind_of(given) == "exposure" else PATIENT if kind_of(given) == "patients" else {}
    name = next((name for name in wanted.get("TRTSDT", ()) if name in given), None)
    return Guess(name, {"role": "TRTSDT"}, f"the standard's {name}") if name else None


def unread_codes(cells: pd.DataFrame, catalogue: pd.DataFrame) -> list[Unread]:
    """The codes of a data set of measurements that no catalogue knows, as far as they have numbers that are not of urine."""
    cells = cells.set_axis([str(name).upper() for name in cells.columns], axis="columns")
    two = finding_prefix(list(cells.columns))
    code, value, unit, label = (
        (f"{two}TESTCD", f"{two}STRESN", f"{two}STRESU", f"{two}TEST") if two else ("PARAMCD", "AVAL", "AVALU", "PARAM")
    )
    if kind_of(list(cells.columns)) != "measurements" or not {code, value} <= set(cells):
        return []
    known, found = (names_of_analytes(catalogue),), []
    for text, rows in cells[~is_other_specimen(cells)].groupby(code, sort=False):
        named = rows[label].iloc[0] if label in rows else str(text)
        values = numbers(rows[value].tolist())
        if str(text).strip() and values and not code_of(str(text), named, known):
            bare, said = split_unit(named)
            bare, said = (named, "") if " " in said else (bare, said)
            units = given(rows[unit].tolist()) if unit in rows else []
            domain = "LB" if two in ("LB", "VS", "EG") or {"LBSEQ", "LBTESTCD", "VSSEQ", "VSTESTCD"} & set(rows) else "QS"
            found.append(Unread(str(text), bare, next(iter(units), said), domain, len(values), min(values), max(values)))
    return found
