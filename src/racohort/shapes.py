"""The shapes a table can have: how ADaM and SDTM name their columns, and what a table looks like that is not as declared."""

from racohort.config import Cohort, Column
from racohort.schema import RawTable, Records

#: ADaM's and SDTM's own names for the roles, in the data sets that have them.
STANDARD = {
    "USUBJID": "USUBJID", "SITEID": "SITEID", "SEX": "SEX", "AGE": "AGE", "ARM": "ARM", "TRTSDT": "TRTSDT", "RFSTDTC": "TRTSDT",
    "AVISIT": "AVISIT", "VISIT": "AVISIT", "ADT": "ADT", "LBDTC": "ADT", "QSDTC": "ADT",
    "PARAMCD": "PARAM", "LBTESTCD": "PARAM", "QSTESTCD": "PARAM", "AVAL": "AVAL", "LBSTRESN": "AVAL", "QSSTRESN": "AVAL",
    "AVALU": "AVALU", "LBSTRESU": "AVALU", "ANRLO": "ANRLO", "LBSTNRLO": "ANRLO", "ANRHI": "ANRHI", "LBSTNRHI": "ANRHI",
    "AETERM": "AETERM", "AEDECOD": "AEDECOD", "AEBODSYS": "AEBODSYS", "AETOXGR": "AETOXGR", "AESER": "AESER", "AEREL": "AEREL",
    "AESTDTC": "ASTDT", "ASTDT": "ASTDT", "AEENDTC": "AENDT", "AENDT": "AENDT", "AEOUT": "AEOUT", "AEACN": "AEACN",
    "AESDTH": "AESDTH",
    "EOSSTT": "EOSSTT", "EOSDT": "EOSDT", "DCSREAS": "DCSREAS", "DTHFL": "DTHFL", "DTHDT": "DTHDT",
}  # fmt: skip


def adam_columns(table: RawTable) -> dict[str, Column]:
    """What the columns of an ADaM or SDTM table hold, by their own names; each role once, all other columns left unread."""
    columns, taken = {}, set()
    for name in map(str, table.cells.columns):
        role = STANDARD.get(name.upper())
        free = role is not None and role not in taken
        columns[name] = Column.model_validate({"role": role if free else "IGNORE"})
        taken |= {role} if free else set()
    return columns


def looks_like(table: RawTable, config: Cohort, records: Records) -> None:
    """A finding where a table that lacks its declared columns looks wide (visits in the column names) or long."""
    names = [str(name).casefold() for name in table.cells.columns]
    labels = {label.casefold() for code, visit in config.visits.items() for label in (code, *visit.labels)}
    in_names = {label for label in labels for name in names if name.endswith(label) and name != label}
    if table.shape in ("visit", "long") and len(in_names) > 1:
        visits = ", ".join(sorted(in_names))
        said = f"{table.file} looks wide (visits {visits} stand in the column names), declared is shape {table.shape}"
        records.note("wrong_shape", said, table)
    long = {"param", "paramcd", "parameter", "test", "analyte", "measure", "item"} & set(names)
    if table.shape in ("visit", "wide") and long and {"value", "aval", "result"} & set(names):
        records.note("wrong_shape", f"{table.file} looks long (one row per measurement), declared is shape {table.shape}", table)
