"""A data set of a trial package among the files: which standard it follows, and where its treatment starts."""

import pandas as pd

from racohort.intake.guesses import Guess
from racohort.standards import EXPOSURE, NAMES, PATIENT, finding_prefix, kind_of


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
