"""Planned visits of which nothing was read: said, because nobody sees a row that is not there."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from racohort.cleaning.sheets import Mask, Sheet, people_of
from racohort.config import Cohort
from racohort.rules import RULES
from racohort.schema import Records

#: So many patients are named.
NAMED = 10


def check_left(patients: pd.DataFrame, sheets: Sequence[Sheet], records: Records) -> None:
    """Refuse a cohort of which no row is left, naming the rules that kept the rows out."""
    rows = sum(len(sheet) for sheet in sheets if sheet.table.shape != "event")
    if rows and not patients["kept"].any():
        why = Counter(str(rule) for sheet in sheets for rule in sheet.why if rule)
        told = "; ".join(f"{RULES[rule].title.lower()} ({count})" for rule, count in why.most_common())
        records.note("nobody_left", f"no patient is left: all {rows} rows are kept out: {told}", sheets[0].table, count=rows)


def note_absent(visits: pd.DataFrame, asked: Mask, n: int, sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """One warning per planned visit that some patients have no row for.

    `visits` are those kept (`who`, AVISIT), `asked` says which of the people are kept, `n` is the number of patients. A row that
    was read and kept out is told of elsewhere: its patient is not named here at the visit of the row, nor, where its visit could
    not be told, at any.
    """
    by_visit = [sheet for sheet in sheets if sheet.table.shape not in ("subject", "event")]
    asked = asked & ~people_of(sheets, [one.who[~one.keep & ~one.planned(config.visits)] for one in by_visit])
    for visit in config.visits if by_visit else []:
        kept_out = [one.who[~one.keep & (visit == one.AVISIT)] for one in by_visit]
        there = people_of(sheets, [visits.loc[visits["AVISIT"] == visit, "who"].to_numpy(), *kept_out])
        absent = by_visit[0].people[asked & ~there].tolist()
        if absent:
            _note(visit, absent, n, by_visit, records)


def _note(visit: str, absent: list[str], n: int, sheets: Sequence[Sheet], records: Records) -> None:
    """Where several tables tell visits, none of them is blamed."""
    named = ", ".join(absent[:NAMED]) + (" and others" if len(absent) > NAMED else "")
    anywhere = f" in any of the {len(sheets)} tables with visits" if len(sheets) > 1 else ""
    said = f"{len(absent)} of {n} patients have no row for the visit {visit}{anywhere} ({named})"
    table, name = (None, "") if anywhere else (sheets[0].table, (sheets[0].role("AVISIT") or ("",))[0])
    one = absent[0] if len(absent) == 1 else ""
    records.note("visit_absent", said, table, column=name, value=visit, USUBJID=one, count=len(absent))
