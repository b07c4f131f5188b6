"""Adverse events and medication: one row an event or a period, terms in one spelling, dates that can be, each event once."""

import datetime
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.courses import says_fatal
from racohort.cleaning.dates import PARTIAL, clean_dates, partial_text
from racohort.cleaning.patients import read_numbers
from racohort.cleaning.sheets import Sheet
from racohort.cleaning.words import NOTHING, missing_words, tidy, translate, word_key
from racohort.config import Cohort, Column
from racohort.judgements import unclear
from racohort.roles import ROLES
from racohort.schema import Records

#: What an adverse event is called in English, by its Chinese name.
TERMS = {
    "发热": "fever", "头痛": "headache", "皮疹": "rash", "恶心": "nausea", "呕吐": "vomiting", "腹泻": "diarrhoea",
    "寒战": "chills", "乏力": "fatigue",
    "上呼吸道感染": "upper respiratory infection", "肺炎": "pneumonia", "感染": "infection", "头晕": "dizziness",
    "咳嗽": "cough", "带状疱疹": "herpes zoster",
    "尿路感染": "urinary tract infection", "贫血": "anaemia", "高血压": "hypertension", "骨折": "fracture",
    "过敏反应": "hypersensitivity",
}  # fmt: skip


#: Words for the grades of an adverse event.
GRADES = {
    "mild": "1", "moderate": "2", "severe": "3", "life-threatening": "4", "life threatening": "4", "fatal": "5",
    "轻度": "1", "中度": "2", "重度": "3", "危及生命": "4", "死亡": "5",
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "一": "1", "二": "2", "三": "3", "四": "4", "五": "5",
}  # fmt: skip


#: What is written where there was no event.
NO_EVENT = re.compile(
    r"(?:none|nil|nothing|no|without|keine|nenhum|ninguno)(?: known| any)?(?: adverse)?"
    r"(?: events?| reactions?| aes?| side effects?)?"
    r"|(?:无|没有|未见|未发生)(?:明显)?(?:不良事件|不良反应|异常)?"
)


def grade_word(text: str) -> str:
    """A grade's number behind its spelling; "" where the text is no such spelling.

    >>> grade_word("Grade 2"), grade_word("Ⅱ"), grade_word("3级"), grade_word("mild"), grade_word("7")
    ('2', '2', '3', '1', '')
    """
    word = word_key(text)
    for prefix in ("ctcae", "grade", "gr.", "gr", "g"):
        word = word.removeprefix(prefix).strip()
    bare = word.removesuffix("级").removesuffix("度").strip() if word not in GRADES else word
    known = GRADES.get(bare, bare if bare in GRADES.values() else "")
    return known if bare != tidy(text) or not bare.isdigit() else ""


def is_medication(sheet: Sheet) -> bool:
    """Whether an event table lists medication, told from its roles."""
    return any(role.startswith("CM") for role, _, _ in sheet.roles())


def clean_events(sheet: Sheet, config: Cohort, catalogue: pd.DataFrame, records: Records) -> pd.DataFrame:
    """The rows of an event table with the columns its roles name; dates as ASTDT, AENDT and as text (ASTDTC, AENDTC)."""
    columns: dict[str, np.ndarray] = {}
    for role, name, column in sheet.roles():
        sheet.names[role] = name
        if role in ("ASTDT", "AENDT"):
            columns[role] = clean_dates(
                sheet, "CMSTDT" if is_medication(sheet) else role, name, column, config, records, partial=True
            )
            texts = sheet.texts(name)
            missing = missing_words(texts.words, config)
            columns[f"{role}C"] = texts.each({text: "" if text in missing else partial_text(text) for text in texts.words})
        elif role in ("AETOXGR", "CMDOSE"):
            columns[role] = read_numbers(sheet, role, name, _with_grades(sheet, role, name, column), config, catalogue, records)
        elif ROLES[role].group in ("event", "medication"):
            read = translate(sheet, role, name, column, config, records)
            columns[role] = _one_spelling(sheet, name, read, records) if role in ("AETERM", "AEDECOD") else read
    frame = pd.DataFrame(columns, index=range(len(sheet)))
    _check_dates(sheet, frame, records)
    _check_grades(sheet, frame, records)
    _check_twice(sheet, frame, records)
    _check_complete(sheet, frame, records)
    _note_repeated(sheet, frame, records)
    return frame.assign(USUBJID=sheet.USUBJID, file=sheet.table.file, sheet=sheet.table.sheet, line=sheet.table.line)


def _one_spelling(sheet: Sheet, name: str, terms: np.ndarray, records: Records) -> np.ndarray:
    """Chinese names in English where the English one is meant, and the spelling that other rows use."""
    at, words = pd.factorize(terms)
    counts: dict[str, int] = {}
    for word, times in zip(words, np.bincount(at, minlength=len(words)).tolist(), strict=True):
        counts[TERMS.get(word, word)] = counts.get(TERMS.get(word, word), 0) + times
    usual: dict[str, str] = {}
    for term in sorted(counts, key=lambda term: (-counts[term], not term[:1].islower() and term.isupper())):
        usual.setdefault(word_key(term), term)
    became = np.array([usual[word_key(TERMS.get(word, word))] for word in words], dtype=object)[at]
    changed = sheet.keep & (became != terms)
    told = ", ".join(f"{was} as {now}" for was, now in sorted(set(zip(terms[changed], became[changed], strict=True)))[:5])
    records.change(
        "event_term",
        sheet.table,
        sheet.cells(changed, name, became=became),
        f"and other terms were read in one spelling ({told})",
    )
    return became


def _check_dates(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    if {"ASTDT", "AENDT"} <= set(frame):
        sheet.hold_rows(
            (frame["AENDT"] < frame["ASTDT"]).to_numpy(),
            "event_ends_first",
            sheet.names["AENDT"],
            "lies before the start of the event",
            records,
        )


def _check_grades(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    if "AETOXGR" in frame:
        odd = frame["AETOXGR"].notna().to_numpy() & ~frame["AETOXGR"].isin([1, 2, 3, 4, 5]).to_numpy() & sheet.keep
        records.hold("event_grade", sheet.table, sheet.cells(odd, sheet.names["AETOXGR"]), "is no grade from 1 to 5")
        frame.loc[odd, "AETOXGR"] = np.nan


def _check_twice(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    twice = frame.assign(USUBJID=sheet.USUBJID).duplicated().to_numpy() & sheet.keep & bool(len(frame.columns))
    if twice.any():
        name, what = sheet.identifier, "a medicine" if is_medication(sheet) else "an event"
        became = np.full(len(sheet), "(row left out)", dtype=object)
        records.change(
            "event_twice", sheet.table, sheet.cells(twice, name, became=became), f"is a duplicate of {what} listed before"
        )
        sheet.drop(twice, "event_twice")


def _with_grades(sheet: Sheet, role: str, name: str, column: Column) -> Column:
    """The column with the words for grades that it holds among its codes."""
    if role != "AETOXGR":
        return column
    words = {text: grade_word(text) for text in sheet.texts(name).words if grade_word(text)}
    return column.model_copy(update={"codes": words | (column.codes or {})}) if words else column


def _check_complete(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    """Rows without a term, or that say there was no event, are kept out; what is not known of an event is warned of."""
    if "AETERM" in frame and not is_medication(sheet):
        name, words = sheet.names["AETERM"], {term: word_key(term) for term in frame["AETERM"].unique()}
        blank = {term for term, word in words.items() if word in NOTHING or not any(map(str.isalnum, word))}
        none = {term for term, word in words.items() if NO_EVENT.fullmatch(word)}
        sheet.hold_rows(frame["AETERM"].isin(none).to_numpy(), "event_unnamed", name, "says that there was no event", records)
        sheet.hold_rows(frame["AETERM"].isin(blank).to_numpy(), "event_unnamed", name, "is no term", records)
    for role in ("AEREL", "AEACN"):
        if role in frame:
            rows, told = unclear(role, frame[role])
            records.note_cells("event_unclear", sheet.table, sheet.cells(rows.to_numpy() & sheet.keep, sheet.names[role]), told)
    for role, what in {"AETOXGR": "grade", "AESER": "mark of seriousness"}.items():
        if role in frame:
            texts = sheet.texts(sheet.names[role])
            without = texts.among({text for text in texts.words if tidy(text) == ""}) & sheet.keep
            records.note_cells("event_ungraded", sheet.table, sheet.cells(without, sheet.names[role]), f"is no {what}")


def _note_repeated(sheet: Sheet, frame: pd.DataFrame, records: Records) -> None:
    """Warn of events of one patient with one term and one start that differ otherwise."""
    if is_medication(sheet) or not {"AETERM", "ASTDTC"} <= set(frame):
        return
    key = frame[["AETERM", "ASTDTC"]].assign(USUBJID=sheet.USUBJID)[sheet.keep & (frame["ASTDTC"] != "").to_numpy()]
    at = sheet.by_person(np.isin(np.arange(len(sheet)), key.index[key.duplicated(keep="first")]))
    told = [f"was listed before for {one} with the same start" for one in sheet.people[sheet.who[at]]]
    records.note_cells("event_repeated", sheet.table, sheet.cells(at, sheet.names["AETERM"]), told)


def check_onsets(sheet: Sheet, frame: pd.DataFrame, starts: np.ndarray, records: Records) -> None:
    """Warn of events that started before treatment (or baseline), and of events without a start."""
    if "ASTDT" not in frame or is_medication(sheet):
        return
    early = sheet.cells(
        (frame["ASTDT"] < pd.Series(starts[sheet.who], index=frame.index)).to_numpy() & sheet.keep, sheet.names["ASTDT"]
    )
    if len(early):
        records.note_cells("event_before", sheet.table, early, "is before baseline: the event is not treatment-emergent")
    undated = sheet.cells((frame["ASTDTC"] == "").to_numpy() & sheet.keep, sheet.names["ASTDT"])
    if len(undated):
        records.note_cells("event_undated", sheet.table, undated, "is no start date; the event counts as treatment-emergent")


def check_deaths(sheet: Sheet, frame: pd.DataFrame, sheets: Sequence[Sheet], records: Records) -> None:
    """Warn of fatal events (by grade, mark, outcome or term) of patients with a later visit, and of events behind them."""
    fatal = says_fatal(frame) & sheet.keep
    if not fatal.any() or "ASTDT" not in frame:
        return
    visits = [pd.DataFrame({"who": one.who, "day": one.ADT}) for one in sheets if one.table.shape != "event"]
    last = pd.concat(visits).groupby("who")["day"].max() if visits else pd.Series(dtype="datetime64[s]")
    seen = last.reindex(sheet.who).set_axis(frame.index)
    alive = sheet.cells(fatal & (seen > frame["ASTDT"]).to_numpy(), _first(sheet, "AETOXGR", "AESDTH", "AEOUT", "AETERM"))
    if len(alive):
        records.note_cells("event_death", sheet.table, alive, "says that the event was fatal, but the patient has a later visit")
    died = frame["ASTDT"].where(fatal).groupby(sheet.who).transform("min")
    behind = sheet.by_person((frame["ASTDT"] > died).to_numpy() & sheet.keep)
    told = [f"is after a fatal event of {one}" for one in sheet.people[sheet.who[behind]]]
    records.note_cells("event_death", sheet.table, sheet.cells(behind, sheet.names["ASTDT"]), told)


def _first(sheet: Sheet, *roles: str) -> str:
    """The name of the first of these columns that the table has."""
    return next((sheet.names[role] for role in roles if role in sheet.names), "")


def earliest_and_latest(text: str) -> tuple[datetime.date | None, datetime.date | None]:
    """The first and the last day that a partial date can mean; None for no date at all.

    >>> earliest_and_latest("2014-02"), earliest_and_latest("2014---10")[0], earliest_and_latest("2014-02-10")
    ((datetime.date(2014, 2, 1), datetime.date(2014, 2, 28)), datetime.date(2014, 1, 1), (None, None))
    """
    found = PARTIAL.fullmatch(text)
    year, month = (int(found["year"]), int(found["month"] or 0)) if found else (0, 0)
    if not 1900 <= year <= 2100:
        return None, None
    last = month or 12
    after = datetime.date(year + last // 12, last % 12 + 1, 1)
    return datetime.date(year, month or 1, 1), after - datetime.timedelta(days=1)
