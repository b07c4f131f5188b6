"""Doubts about the course of events: one that overlaps itself or outlasts the study, and words that disagree about a death."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Mask, Sheet
from racohort.cleaning.words import word_key
from racohort.config import Cohort
from racohort.schema import Records

_DEATH = re.compile(r"(?:(?:sudden|cardiac|unexplained|patient) )*death\b.*|.*\b(?:died|fatal)|exitus.*|.*(?:死亡|猝死|病故)")
#: Terms of one sex only, at the beginning of a word; a partner's pregnancy is reported for a man.
_WOMEN = re.compile(
    r"\b(?:pregnan|menorrh|menstru|metrorrh|amenorrh|dysmenorrh|vagin|vulv|uter[iou]|ovar|endometr|cervicitis|miscarriage"
    r"|abortion|eclampsia)|妊娠|怀孕|月经|痛经|闭经|卵巢|子宫|阴道|流产"
)
_MEN = re.compile(r"\b(?:prostat|testi[cs]|orchitis|epididym|penile|penis|balanit|erectile)|前列腺|睾丸|附睾|阴茎|勃起")
_PARTNER = re.compile(r"partner|spouse|wife|husband|配偶|伴侣|妻子|丈夫")
#: The words of a scale of severity that ends below fatal.
_THREE_STEPS = {"", "mild", "moderate", "severe", "轻度", "中度", "重度", "轻", "中", "重", "leicht", "mittel", "schwer"}
_ALIVE = re.compile(r"(?:not |un)?(?:recover|resolv)\w*.*|ongoing|improv\w*|.*(?:痊愈|治愈|好转|恢复|缓解|持续|未愈)")


def says_fatal(frame: pd.DataFrame) -> Mask:
    """Events that anything calls fatal: grade 5, the mark for it, the outcome, or the term itself."""
    graded, marked, outcome, term = _parts(frame)
    return np.asarray((graded == 5) | (marked == "Y") | _are(outcome, _DEATH) | _are(term, _DEATH))


def _parts(frame: pd.DataFrame) -> tuple[pd.Series, ...]:
    blank = pd.Series("", index=frame.index)
    graded = frame.get("AETOXGR", pd.Series(np.nan, index=frame.index))
    return graded, frame.get("AESDTH", blank), frame.get("AEOUT", blank), frame.get("AETERM", blank)


def _are(words: pd.Series, pattern: re.Pattern[str], anywhere: bool = False) -> Mask:
    match = pattern.search if anywhere else pattern.fullmatch
    known = {word: match(word_key(word)) is not None for word in words.astype("str").unique()}
    return words.astype("str").map(known).to_numpy(dtype=bool)


def check_fatal(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    """Warn of events that one column calls fatal and another does not.

    Another column denies it by a grade below 5, the mark N, a patient who recovered, or an event that is called not serious. A
    scale of mild, moderate and severe alone has no word for a fatal event.
    """
    graded, marked, outcome, _ = _parts(frame)
    name = sheet.names.get("AETOXGR", "")
    words = {word_key(text) for text in sheet.texts(name).words} if name else set()
    denied = {
        "AETOXGR": (graded < 5).to_numpy() & (not words <= _THREE_STEPS),
        "AESDTH": (marked == "N").to_numpy(),
        "AEOUT": _are(outcome, _ALIVE),
    }
    denied |= {"AESER": (frame["AESER"] == "N").to_numpy()} if "AESER" in frame else {}
    fatal, told = says_fatal(frame) & sheet.keep, np.zeros(len(sheet), dtype=bool)
    for role, rows in denied.items():
        cells = sheet.cells(fatal & rows & ~told, sheet.names.get(role, ""))
        if len(cells):
            records.note_cells(
                "event_fatal", sheet.table, cells, "contradicts another column, which says that the event was fatal"
            )
        told |= rows


def check_sexes(sheet: Sheet, frame: pd.DataFrame, sheets: Sequence[Sheet], records: Records) -> None:
    """Warn of events that patients of the recorded sex cannot have, such as the pregnancy of a man."""
    sex = np.full(len(sheet.people), "", dtype=object)
    for one in sheets:
        if "SEX" in one.facts:
            told = one.facts["SEX"] != ""
            sex[one.who[told]] = one.facts["SEX"][told]
    for code, pattern in {"M": _WOMEN, "F": _MEN}.items() if "AETERM" in frame else []:
        odd = _are(frame["AETERM"], pattern, anywhere=True) & ~_are(frame["AETERM"], _PARTNER, anywhere=True)
        at = sheet.by_person(odd & (sex[sheet.who] == code) & sheet.keep)
        reason = [f"is an event of {one}, whose sex is recorded as {code}" for one in sheet.people[sheet.who[at]]]
        records.note_cells("event_sex", sheet.table, sheet.cells(at, sheet.names["AETERM"]), reason)


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
