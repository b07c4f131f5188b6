"""Trial packages: what an ADaM or SDTM data set holds, told from its columns' standard names, and the shape it has here.

Sources: CDISC SDTM Implementation Guide 3.4 and ADaM Implementation Guide 1.3, whose variable names these are.
"""

import re
import unicodedata
from collections.abc import Collection

import pandas as pd

from racohort.config import Cohort, Column
from racohort.schema import RawTable

#: Role -> the standard variables that can hold it, the best first.
PATIENT = {
    "USUBJID": ("USUBJID",), "SITEID": ("SITEID",), "SEX": ("SEX",), "AGE": ("AGE",), "BIRTHDT": ("BRTHDT", "BRTHDTC"),
    "ARM": ("TRT01A", "ACTARM", "TRT01P", "ARM"), "TRTSDT": ("TRTSDT", "RFXSTDTC", "RFSTDTC"), "EOSSTT": ("EOSSTT",),
    "EOSDT": ("EOSDT",), "DCSREAS": ("DCSREAS",), "LSTCNTDT": ("LSTALVDT",), "DTHFL": ("DTHFL",), "DTHDT": ("DTHDT", "DTHDTC"),
    "DISDUR": ("DISDUR",),
}  # fmt: skip
EVENT = {
    "USUBJID": ("USUBJID",), "AETERM": ("AETERM",), "AEDECOD": ("AEDECOD",), "AEBODSYS": ("AEBODSYS", "AESOC"),
    "AETOXGR": ("AETOXGR", "AESEV"), "AESER": ("AESER",), "AEREL": ("AREL", "AEREL"), "AEACN": ("AEACN",), "AEOUT": ("AEOUT",),
    "AESDTH": ("AESDTH",), "ASTDT": ("AESTDTC", "ASTDT"), "AENDT": ("AEENDTC", "AENDT"),
}  # fmt: skip
MEDICATION = {
    "USUBJID": ("USUBJID",), "CMDECOD": ("CMDECOD", "CMTRT"), "CMDOSE": ("CMDOSE",), "CMDOSU": ("CMDOSU",),
    "ASTDT": ("CMSTDTC", "ASTDT"), "AENDT": ("CMENDTC", "AENDT"),
}  # fmt: skip
#: What the disposition of SDTM says about the end of the study, under the names of the variables it is taken from.
DISPOSITION: dict[str, tuple[str, ...]] = {
    "USUBJID": ("USUBJID",), "EOSSTT": ("DSDECOD (status)",), "DCSREAS": ("DSDECOD (reason)",), "EOSDT": ("DSSTDTC (end)",),
    "DTHFL": ("DSDECOD (death)",), "DTHDT": ("DSSTDTC (death)",),
}  # fmt: skip
EXPOSURE = {"USUBJID": ("USUBJID",), "TRTSDT": ("EXSTDTC", "ASTDT", "TRTSDT")}
BASIC = {
    "USUBJID": ("USUBJID",), "AVISIT": ("AVISIT", "VISIT", "VISITNUM"), "PARAM": ("PARAMCD",), "AVAL": ("AVAL", "AVALC"),
    "AVALU": ("AVALU",), "ANRLO": ("ANRLO", "A1LO"), "ANRHI": ("ANRHI", "A1HI"), "ADT": ("ADT",),
}  # fmt: skip
#: Variables that tell a trial package from other files.
NAMES = {name for roles in (PATIENT, EVENT, MEDICATION, EXPOSURE, BASIC) for names in roles.values() for name in names}
#: How the labels of visits outside the plan begin.
_APART = re.compile(
    r"(?:un-?sched\w*|uns|unplanned|screening|early termination|early discontinuation|end of (?:treatment|study)|eot|et|retrieval"
    r"|withdrawal|ambul ecg|(?:ae|adverse event|rash) follow-?\s?up"
    r"|post-?\s?baseline (?:minimum|maximum|last|worst)|计划外|计划外访视|筛选|提前终止|治疗结束)(?![^\W\d])",
)
_TEST = re.compile(r"([A-Z]{2})TESTCD")
_LABELLED_UNIT = re.compile(r"\((?=[%1]\)|[^)]*[^\W\d_%])((?:[^()]|\([^()]*\))*)\)\s*$")
_SIDED = re.compile(r"\s*[<>≤≥]")
#: Words of a specimen that is no blood; its glucose is not the blood's.
_OTHER_SPECIMEN = re.compile(r"urin|stool|faec|fec|synovial|cerebrospinal|csf|saliva", re.IGNORECASE)


def is_apart(label: str) -> bool:
    """Whether a visit's label says that the visit is outside the plan.

    >>> [is_apart(label) for label in ("Unscheduled 3.1", "End of Treatment", "AE FOLLOW-UP", "ETA", "end_of_study_arm_1")]
    [True, True, True, False, True]
    """
    return _APART.match(unicodedata.normalize("NFKC", label).casefold().replace("_", " ").strip()) is not None


def finding_prefix(names: Collection[str]) -> str:
    """The two letters of an SDTM findings domain (LB, QS, VS ...), told from its --TESTCD; empty where there is none.

    An analysis data set (ADaM) has PARAMCD, and may keep the --TESTCD that it was made from.

    >>> finding_prefix(["USUBJID", "LBTESTCD", "LBORRES"]), finding_prefix(["USUBJID", "PARAMCD"])
    ('LB', '')
    """
    found = (_TEST.fullmatch(name) for name in names)
    return "" if "PARAMCD" in names else next((match[1] for match in found if match), "")


def kind_of(names: Collection[str]) -> str:
    """What the data set with these columns lists: measurements, disposition, events, medication, exposure, patients, or "".

    >>> kind_of(["USUBJID", "PARAMCD", "AVAL"]), kind_of(["USUBJID", "AEDECOD"]), kind_of(["USUBJID", "ARM"]), kind_of(["A"])
    ('measurements', 'events', 'patients', '')
    """
    have = set(names)
    if finding_prefix(have) or ("PARAMCD" in have and "CNSR" not in have):
        return "measurements"
    if "DSDECOD" in have:
        return "disposition"
    if have & {"AETERM", "AEDECOD"}:
        return "events"
    if have & {"CMTRT", "CMDECOD"}:
        return "medication"
    if have & {"EXTRT", "EXSTDTC", "EXDOSE"}:
        return "exposure"
    return "patients" if "USUBJID" in have and have & {"ARM", "TRT01P", "AGE", "SEX", "RFSTDTC"} else ""


SHAPES = {
    "disposition": "subject", "measurements": "long", "events": "event", "medication": "event", "exposure": "subject",
    "patients": "subject",
}  # fmt: skip


def open_standard(table: RawTable, config: Cohort) -> dict[str, Column]:
    """What the columns of an ADaM or SDTM table hold, by their own names; the table takes the shape that it has here.

    A column that the cohort's filter names is kept as a fact about the patient. A data set of another kind (SV, MH, SUPP--) is
    left unread as a whole. The value of a measurement is the standard result; where its text says that it lies beyond an
    assay's limit (<5) the text counts, as some sponsors put the limit itself into the number.
    """
    table.cells = table.cells.astype("str").set_axis([str(name).upper() for name in table.cells.columns], axis="columns")
    kind = kind_of(table.cells.columns)
    if kind == "disposition":
        _dispose(table)
    names = list(table.cells.columns)
    table.standard, table.shape = table.shape, SHAPES.get(kind, "event")
    roles: dict[str, dict[str, tuple[str, ...]]] = {
        "measurements": _measured(names),
        "events": EVENT,
        "medication": MEDICATION,
        "exposure": EXPOSURE,
        "patients": PATIENT,
        "disposition": DISPOSITION,
    }
    chosen = {next((name for name in held if name in names), ""): role for role, held in roles.get(kind, {}).items()}
    if kind == "exposure":
        _sort(table, next(name for name, role in chosen.items() if role == "TRTSDT"))
    if kind == "measurements":
        _join_values(table, next((name for name, role in chosen.items() if role == "AVAL"), ""))
    kept = {name.upper() for name in config.filter} if kind == "patients" else set()
    others = {name: "COVARIATE" if name in kept else "IGNORE" for name in names}
    return {name: Column.model_validate({"role": chosen.get(name, others[name])}) for name in names}


def _measured(names: list[str]) -> dict[str, tuple[str, ...]]:
    two = finding_prefix(names)
    if not two:
        return {**BASIC, "ADT": ("ADT", *(name for name in names if re.fullmatch(r"(?!.*(?:ST|EN)DTC)[A-Z]{2}DTC", name)))}
    standard = f"{two}STRESC" in names or f"{two}STRESN" in names
    value = (f"{two}STRESN", f"{two}STRESC") if standard else (f"{two}ORRES",)
    letters = "ST" if standard else "OR"
    return {
        "USUBJID": ("USUBJID",), "AVISIT": ("VISIT", "VISITNUM"), "ADT": (f"{two}DTC",), "PARAM": (f"{two}TESTCD",),
        "AVAL": value, "AVALU": (f"{two}{'STRESU' if standard else 'ORRESU'}",),
        "ANRLO": (f"{two}{letters}NRLO",), "ANRHI": (f"{two}{letters}NRHI",),
    }  # fmt: skip


def _dispose(table: RawTable) -> None:
    """The end of the study and death, in columns of their own, from the disposition events; the latest event comes first.

    Protocol milestones (informed consent, randomisation) say nothing about the end. COMPLETED is completed, any other event the
    reason for discontinuation; DEATH is dated by the event.
    """
    cells = table.cells
    blank = pd.Series("", index=cells.index)
    words, days = cells["DSDECOD"].str.strip().str.upper(), cells.get("DSSTDTC", blank)
    event = (cells["DSCAT"].str.strip().str.upper() == "DISPOSITION EVENT") if "DSCAT" in cells else words != ""
    done = words.str.startswith("COMPLETED")
    table.cells = cells.assign(**{
        "DSDECOD (status)": blank.mask(event, "DISCONTINUED").mask(event & done, "COMPLETED"),
        "DSDECOD (reason)": cells["DSDECOD"].where(event & ~done, ""), "DSSTDTC (end)": days.where(event, ""),
        "DSDECOD (death)": blank.mask(words == "DEATH", "Y"), "DSSTDTC (death)": days.where(words == "DEATH", ""),
    })  # fmt: skip
    order = days.sort_values(kind="stable", ascending=False).index
    table.cells, table.line = table.cells.loc[order].reset_index(drop=True), table.line[order]


def _sort(table: RawTable, name: str) -> None:
    """Exposure by its first day, so that the first row of a patient is the first treatment; lines stay those of the file."""
    if not name:
        return
    order = table.cells[name].where(table.cells[name] != "", "9999").sort_values(kind="stable").index
    table.cells, table.line = table.cells.loc[order].reset_index(drop=True), table.line[order]


def _join_values(table: RawTable, name: str) -> None:
    """The value's column with the text result where there is no number, or where the text lies beyond a limit."""
    text = {"AVAL": "AVALC"}.get(name, name.removesuffix("N") + "C" if name.endswith("STRESN") else "")
    if text in table.cells.columns:
        numbers, words = table.cells[name], table.cells[text]
        table.cells[name] = numbers.where((numbers != "") & ~words.str.match(_SIDED), words)


def split_unit(label: str) -> tuple[str, str]:
    """A label without the unit that it ends with in brackets, and the unit; "" where it has none.

    >>> split_unit("Alanine Aminotransferase (U/L)"), split_unit("HAQ")
    (('Alanine Aminotransferase', 'U/L'), ('HAQ', ''))
    """
    found = _LABELLED_UNIT.search(label)
    return (label[: found.start()].strip(), found[1]) if found else (label, "")


def label_column(table: RawTable) -> str:
    """The column of a trial package's data set that holds the label of each row's parameter or test; "" for none."""
    two = finding_prefix(list(table.cells.columns))
    name = f"{two}TEST" if two else "PARAM"
    return name if table.standard and name in table.cells else ""


def besides(names: Collection[str]) -> dict[str, str]:
    """What each variable of a data set of measurements is used for besides the roles that variables have; see roles.BESIDES.

    >>> besides(["USUBJID", "VSTESTCD", "VSTEST", "VSPOS", "VSBLFL", "VSSEQ"])
    {'VSTEST': 'label', 'VSPOS': 'sample', 'VSBLFL': 'baseline'}
    """
    two = finding_prefix(names)
    if kind_of(names) != "measurements":
        return {}
    uses = {
        "label": (f"{two}TEST" if two else "PARAM",), "text": ("AVALC", f"{two}STRESC"),
        "sample": ("ATPT", "ATPTN", *(f"{two or 'VS'}{end}" for end in ("TPT", "TPTNUM", "POS"))),
        "baseline": ("ABLFL", f"{two}LOBXFL", f"{two}BLFL"), "choice": ("DTYPE", "ANL01FL"),
        "specimen": (f"{two}SPEC", f"{two}CAT", "PARCAT1", "LBSPEC", "LBCAT"),
    }  # fmt: skip
    return {name: use for name in names for use, held in uses.items() if name in held}


def labels_of_codes(table: RawTable) -> dict[str, str]:
    """Each parameter's or test's code with its label."""
    two = finding_prefix(list(table.cells.columns))
    code, label = f"{two}TESTCD" if two else "PARAMCD", label_column(table)
    if not label or code not in table.cells:
        return {}
    pairs = table.cells[[code, label]].drop_duplicates(code)
    return {row[code]: row[label] for row in pairs.to_dict("records")}


def is_other_specimen(cells: pd.DataFrame) -> pd.Series:
    """Whether each row was measured in something else than blood, by its specimen or category."""
    told = [name for name, use in besides(list(cells.columns)).items() if use == "specimen"]
    found = pd.Series(False, index=cells.index)
    for name in told:
        found |= cells[name].str.contains(_OTHER_SPECIMEN)
    return found
