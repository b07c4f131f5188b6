"""Doubts about the course of events: one that overlaps itself or outlasts the study, and words that disagree about a death."""

import re

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Mask, Sheet
from racohort.cleaning.words import word_key
from racohort.config import Cohort
from racohort.schema import Records

_DEATH = re.compile(r"(?:(?:sudden|cardiac|unexplained|patient) )*death\b.*|.*\b(?:died|fatal)|exitus.*|.*(?:死亡|猝死|病故)")
_ALIVE = re.compile(r"(?:not |un)?(?:recover|resolv)\w*.*|ongoing|improv\w*|.*(?:痊愈|治愈|好转|恢复|缓解|持续|未愈)")


def says_fatal(frame: pd.DataFrame) -> Mask:
    """Events that anything calls fatal: grade 5, the mark for it, the outcome, or the term itself."""
    graded, marked, outcome, term = _parts(frame)
    return np.asarray((graded == 5) | (marked == "Y") | _are(outcome, _DEATH) | _are(term, _DEATH))


def _parts(frame: pd.DataFrame) -> tuple[pd.Series, ...]:
    blank = pd.Series("", index=frame.index)
    graded = frame.get("AETOXGR", pd.Series(np.nan, index=frame.index))
    return graded, frame.get("AESDTH", blank), frame.get("AEOUT", blank), frame.get("AETERM", blank)


def _are(words: pd.Series, pattern: re.Pattern[str]) -> Mask:
    known = {word: pattern.fullmatch(word_key(word)) is not None for word in words.astype("str").unique()}
    return words.astype("str").map(known).to_numpy(dtype=bool)


def check_fatal(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    """Warn of events that one column calls fatal and another does not: a grade below 5, the mark N, a patient who recovered."""
    graded, marked, outcome, _ = _parts(frame)
    denied = {"AETOXGR": (graded < 5).to_numpy(), "AESDTH": (marked == "N").to_numpy(), "AEOUT": _are(outcome, _ALIVE)}
    fatal, told = says_fatal(frame) & sheet.keep, np.zeros(len(sheet), dtype=bool)
    for role, rows in denied.items():
        cells = sheet.cells(fatal & rows & ~told, sheet.names.get(role, ""))
        if len(cells):
            records.note_cells(
                "event_fatal", sheet.table, cells, "contradicts another column, which says that the event was fatal"
            )
        told |= rows


def check_overlaps(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    """Warn of an event that starts before an earlier one of the same term, in the same patient, has ended."""
    if not {"AETERM", "ASTDT", "AENDT"} <= set(frame):
        return
    rows = frame.loc[sheet.keep & frame["ASTDT"].notna().to_numpy(), ["AETERM", "ASTDT", "AENDT"]]
    rows = rows.assign(who=sheet.USUBJID[rows.index]).sort_values(["who", "AETERM", "ASTDT"], kind="stable")
    by = [rows["who"], rows["AETERM"]]
    ended = rows["AENDT"].fillna(pd.Timestamp(1900, 1, 1)).groupby(by).cummax().groupby(by).shift()
    over = rows.index[(rows["ASTDT"] < ended) & ~rows.duplicated(["who", "AETERM", "ASTDT"])]
    cells = sheet.cells(np.isin(np.arange(len(sheet)), over), sheet.names["ASTDT"])
    if len(cells):
        records.note_cells("event_overlaps", sheet.table, cells, "is before the end of the same event of the same patient")


def check_ends(sheet: Sheet, frame: pd.DataFrame, config: Cohort, records: Records) -> None:
    """Warn of events that end after the study has."""
    if "AENDT" in frame and config.study.end is not None:
        late = (frame["AENDT"] > pd.Timestamp(config.study.end)).to_numpy() & sheet.keep
        cells = sheet.cells(late, sheet.names["AENDT"])
        if len(cells):
            records.note_cells("event_ends_late", sheet.table, cells, f"is after the end of the study ({config.study.end})")
