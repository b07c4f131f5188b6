"""What comes out of cleaning: the values kept, the visits read, and the files."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.config import Cohort
from racohort.standards import besides

VALUES = (
    "USUBJID", "AVISIT", "ADT", "PARAMCD", "AVAL", "AVALC", "censored", "limit", "ANRLO", "ANRHI", "disputed", "file",
    "sheet", "line", "column",
)  # fmt: skip


def gather_values(sheets: Sequence[Sheet], people: Mask, disputed: set[tuple[str, str, str]]) -> pd.DataFrame:
    """One row per value kept of these of the people; `disputed` marks scores that contradict their components."""
    places = [np.flatnonzero(sheet.keep & people[sheet.who]) for sheet in sheets]
    parts = [_values(sheet, field, used) for sheet, used in zip(sheets, places, strict=True) for field in sheet.fields]
    frame = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[name for name in VALUES if name != "disputed"])
    )
    chosen = set(sheets[0].people[people]) if disputed else set()
    marked = pd.DataFrame(
        [(*key, np.nan) for key in sorted(disputed) if key[0] in chosen], columns=["USUBJID", "AVISIT", "PARAMCD", "AVAL"]
    )
    frame = (
        pd.concat([frame.assign(disputed=False), marked.assign(disputed=True)], ignore_index=True)
        if len(marked)
        else frame.assign(disputed=False)
    )
    return frame[list(VALUES)]


def planned_parameters(sheets: Sequence[Sheet], people: Mask, config: Cohort) -> frozenset[str]:
    """The parameters of which these people have a value at a planned visit."""
    found: set[str] = set()
    for sheet in sheets:
        kept, planned = sheet.keep & people[sheet.who], sheet.planned(config.visits)
        for field in sheet.fields:
            rows = field.good & kept & (field.column.visit in config.visits if field.column.visit else planned)
            found |= set(field.readings.PARAMCD[np.flatnonzero(np.bincount(field.at[rows]))])
    return frozenset(found)


def _values(sheet: Sheet, field: Field, used: np.ndarray) -> pd.DataFrame:
    """The values of a column at these places."""
    rows, readings = used[field.good_at(used)], field.readings
    at = field.at[rows]
    low, high = (limit[rows] for limit in field.limits) if field.limits else (np.nan, np.nan)
    visit = np.full(len(rows), field.column.visit, dtype=object) if field.column.visit else sheet.AVISIT[rows]
    return pd.DataFrame({
        "USUBJID": sheet.people[sheet.who[rows]], "AVISIT": visit,
        "ADT": sheet.day_of(field.column.visit)[rows].astype("datetime64[s]"),
        "PARAMCD": readings.PARAMCD[at],
        "AVAL": readings.aval[at], "AVALC": readings.avalc[at], "censored": readings.censored[at], "limit": readings.limit[at],
        "ANRLO": low, "ANRHI": high, "file": sheet.table.file, "sheet": sheet.table.sheet,
        "line": sheet.table.line[rows], "column": field.name,
    })  # fmt: skip


def gather_visits(sheets: Sequence[Sheet], people: Mask, starts: np.ndarray) -> pd.DataFrame:
    """One row per patient and visit that was read and kept, at its earliest date: who, USUBJID, AVISIT, ADT, day since start.

    Of a visit that stands in several files the file with one row a visit gives the date. `who` is the patient's place.
    """
    parts: list[pd.DataFrame] = []
    labels = sorted({label for sheet in sheets for label in (*pd.unique(sheet.AVISIT), *_visits(sheet))})
    for sheet in sorted(sheets, key=lambda sheet: sheet.table.shape != "visit"):
        rows = sheet.keep & people[sheet.who]
        for code, mask in _seen(sheet, rows) if sheet.fields else []:
            visit = pd.Categorical(np.broadcast_to(code, mask.sum()) if code else sheet.AVISIT[mask], categories=labels)
            dates = sheet.day_of(code)[mask].astype("datetime64[s]")
            parts.append(pd.DataFrame({"who": sheet.who[mask], "AVISIT": visit, "ADT": dates, "order": len(parts)}))
    blank = pd.DataFrame({"who": np.array([], dtype=int), "AVISIT": [], "ADT": np.array([], dtype="datetime64[s]"), "order": []})
    once = _each_once(pd.concat(parts, ignore_index=True) if parts else blank)
    days = (once["ADT"] - starts[once["who"]]).dt.days.astype("float64")
    return once.assign(USUBJID=sheets[0].people[once["who"]], AVISIT=once["AVISIT"].astype("str"), day=days)[
        ["who", "USUBJID", "AVISIT", "ADT", "day"]
    ]


def _each_once(frame: pd.DataFrame) -> pd.DataFrame:
    """Each planned visit of a patient once, each unscheduled day once."""
    apart = frame["AVISIT"] == "UNSCHEDULED"
    planned = frame[~apart].sort_values(["order", "ADT"], kind="stable").drop_duplicates(["who", "AVISIT"])
    both = pd.concat([planned, frame[apart].drop_duplicates(["who", "ADT"])]).drop(columns="order")
    return both.sort_values(["who", "ADT", "AVISIT"], kind="stable").reset_index(drop=True)


def gather_treatments(sheets: Sequence[Sheet], people: Mask, patients: pd.DataFrame) -> pd.DataFrame:
    """One row per patient and day of treatment, in order of the day: USUBJID, TRTSDT. The first is the start of treatment."""
    parts = [patients["TRTSDT"].rename_axis("USUBJID").reset_index()]
    for sheet in [sheet for sheet in sheets if "TRTSDT" in sheet.facts]:
        rows = sheet.keep & people[sheet.who]
        parts.append(pd.DataFrame({"USUBJID": sheet.USUBJID[rows], "TRTSDT": sheet.facts["TRTSDT"][rows]}))
    days = pd.concat([part.astype({"USUBJID": "str", "TRTSDT": "datetime64[s]"}) for part in parts]).dropna().drop_duplicates()
    return days.sort_values(["TRTSDT", "USUBJID"], kind="stable").reset_index(drop=True)


def gather_mapping(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """One row per source column: file, sheet, column, meaning (a PARAMCD, a role, empty where not declared), unit, visit."""
    rows = []
    for sheet in sheets:
        uses = besides(list(map(str, sheet.table.cells.columns))) if sheet.table.standard else {}
        for name in map(str, sheet.table.cells.columns):
            column = sheet.table.columns.get(name)
            meaning = "" if column is None else column.paramcd or column.role or ""
            meaning = uses.get(name, meaning) if meaning == "IGNORE" else meaning
            unit, visit = ("", "") if column is None else (column.unit or "", column.visit or "")
            rows.append(
                {
                    "file": sheet.table.file,
                    "sheet": sheet.table.sheet,
                    "column": name,
                    "meaning": meaning,
                    "unit": unit,
                    "AVISIT": visit,
                }
            )
    return pd.DataFrame(rows, columns=["file", "sheet", "column", "meaning", "unit", "AVISIT"])


def _seen(sheet: Sheet, rows: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Masks of the rows seen: one for a table by visit; one a visit for a wide table, where a visit needs a value."""
    visits = _visits(sheet)
    if not visits:
        return [("", rows)]
    given = {visit: [field.good for field in sheet.fields if field.column.visit == visit] for visit in visits}
    return [(visit, rows & np.logical_or.reduce(masks)) for visit, masks in given.items()]


def _visits(sheet: Sheet) -> list[str]:
    """The visits of a wide table, by its columns of values."""
    return list(dict.fromkeys(field.column.visit for field in sheet.fields if field.column.visit))


def gather_sources(sheets: Sequence[Sheet], people: Mask) -> pd.DataFrame:
    """One row a file or sheet: shape, hash, rows and what became of them (`used repeated quarantined filtered unread`)."""
    rows = []
    for sheet in sheets:
        about = people[sheet.who]
        there = sheet.keep & ~np.array(sheet.unread)
        repeated = (sheet.why == "row_twice") | (sheet.why == "event_twice")
        read = max(sheet.table.rows_read, len(sheet))
        shape = sheet.table.standard or sheet.table.shape
        rows.append({
            "file": sheet.table.file, "sheet": sheet.table.sheet, "shape": shape, "rows": read,
            "columns": sheet.table.cells.shape[1], "used": int((there & about).sum()), "repeated": int(repeated.sum()),
            "quarantined": int((~sheet.keep & ~repeated).sum()) + read - len(sheet), "filtered": int((there & ~about).sum()),
            "unread": int((sheet.keep & ~there).sum()), "sha256": sheet.table.sha256,
        })  # fmt: skip
    return pd.DataFrame(rows)
