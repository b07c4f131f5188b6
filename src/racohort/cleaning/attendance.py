"""Planned visits of which nothing was read: said, because nobody sees a row that is not there."""

from collections.abc import Sequence

import pandas as pd

from racohort.cleaning.sheets import Sheet
from racohort.config import Cohort
from racohort.schema import Records

#: So many patients are named.
NAMED = 10


def note_absent(visits: pd.DataFrame, patients: pd.DataFrame, sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """One warning per planned visit that some patients have no row for.

    `visits` and `patients` are those kept. A row that was read and kept out is told of elsewhere: its patient is not named here
    at the visit of the row, nor, where its visit could not be told, at any.
    """
    by_visit = [sheet for sheet in sheets if sheet.table.shape not in ("subject", "event")]
    kept_out = [pd.DataFrame({"USUBJID": one.USUBJID[~one.keep], "AVISIT": one.AVISIT[~one.keep]}) for one in by_visit]
    read = pd.concat([visits[["USUBJID", "AVISIT"]], *kept_out], ignore_index=True)
    out = read.iloc[len(visits) :]
    nowhere = out.loc[~out["AVISIT"].isin(list(config.visits)), "USUBJID"]
    who = patients.index[patients["kept"].to_numpy(dtype=bool) & ~patients.index.isin(nowhere)]
    for visit in config.visits if by_visit else []:
        absent = who[~who.isin(read.loc[read["AVISIT"] == visit, "USUBJID"])].tolist()
        if absent:
            _note(visit, absent, len(patients), by_visit[0], records)


def _note(visit: str, absent: list[str], n: int, sheet: Sheet, records: Records) -> None:
    named = ", ".join(absent[:NAMED]) + (" and others" if len(absent) > NAMED else "")
    said = f"{len(absent)} of {n} patients have no row for the visit {visit} ({named})"
    name = (sheet.role("AVISIT") or ("",))[0]
    one = absent[0] if len(absent) == 1 else ""
    records.note("visit_absent", said, sheet.table, column=name, value=visit, USUBJID=one, count=len(absent))
