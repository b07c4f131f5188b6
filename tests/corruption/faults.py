"""The catalogue of faults: what each does to a draft, and the classes that are right for a file with this fault alone.

The class follows from reliability.md and the definitions of the dirty cases, not from what the checker says.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.corruption.drafts import NAMES, TESTS, Draft, Place, Sheet

FULL_WIDTH = str.maketrans("0123456789.-/", "０１２３４５６７８９．－／")
TEXT_FILES = ("csv", "tsv")
UNTYPED = ("csv", "tsv", "csv.gz", "zip", "parquet", "xpt", "xlsx")
EVERY_CLASS = ("none", "normalise", "warn", "quarantine", "reject")

Strike = Callable[[Draft, random.Random], list[Place] | None]


@dataclass(frozen=True)
class Fault:
    """A fault: what it is called, what it does, which classes are right, whether results stay the same, and in which files.

    `strike` changes the draft and returns the cells it has changed (none for a fault of the whole file), or None where the draft
    has nothing to strike.
    """

    name: str
    strike: Strike
    classes: tuple[str, ...]
    same: bool = False
    kinds: tuple[str, ...] = UNTYPED


FAULTS: list[Fault] = []


def _cell(name: str, where: Callable[[Draft], Sequence[Place]], change: Callable[[str], str | None], *classes: str,
          same: bool = False, kinds: tuple[str, ...] = UNTYPED) -> None:  # fmt: skip
    """A fault of one cell: `change` gives the new text, or None for a cell that does not suit."""

    def strike(draft: Draft, rng: random.Random) -> list[Place] | None:
        places = [place for place in where(draft) if change(draft.text(place)) not in (None, draft.text(place))]
        if not places:
            return None
        place = rng.choice(places)
        draft.set(place, str(change(draft.text(place))))
        return [place]

    FAULTS.append(Fault(name, strike, classes, same, kinds))


def _values(*codes: str) -> Callable[[Draft], Sequence[Place]]:
    return lambda draft: list(draft.values(*codes))


def _role(meaning: str, *shapes: str) -> Callable[[Draft], Sequence[Place]]:
    return lambda draft: draft.cells(meaning, *shapes)


def _later(meaning: str) -> Callable[[Draft], Sequence[Place]]:
    """The cells of a role in rows that are not of the first visit."""

    def places(draft: Draft) -> Sequence[Place]:
        first = {next(iter(draft.plan)), *next(iter(draft.plan.values()))[2]}
        return [place for place in draft.cells(meaning, "visit", "long") if _beside(draft, place, "AVISIT") not in first]

    return places


def _beside(draft: Draft, place: Place, meaning: str) -> str:
    sheet = draft.sheets[place[0]]
    return sheet.rows[place[1]][sheet.at(meaning)]


# numbers, the same in another spelling
ANY = _values("TJC28", "SJC28", "PTGA", *TESTS)
POINT = _values("CRP", "WBC", "HAQDI")
_cell("full-width digits", ANY, lambda text: text.translate(FULL_WIDTH), "normalise", same=True)
_cell("space before and after", ANY, lambda text: f" {text}  ", "normalise", "none", same=True)
_cell("no-break space", ANY, lambda text: f"{text}\u00a0", "normalise", same=True)
_cell("zero-width space", ANY, lambda text: f"\u200b{text}", "normalise", same=True)
_cell("apostrophe of a spreadsheet", ANY, lambda text: f"'{text}", "normalise", same=True)
_cell("plus sign", ANY, lambda text: f"+{text}", "normalise", same=True)
_cell(
    "exponent",
    POINT,
    lambda text: f"{float(text):.3e}" if float(f"{float(text):.3e}") == float(text) else None,
    "normalise",
    same=True,
)
_cell("decimal comma", _values("WBC"), lambda text: text.replace(".", ",") if "." in text else None, "normalise", same=True)
_cell("full stop of Chinese text", _values("WBC"), lambda text: text.replace(".", "。"), "normalise", same=True)
_cell("unit in the cell", _values("ESR"), lambda text: f"{text} mm/h", "normalise", same=True)
_cell("unit of the item in the cell", _values("ALT"), lambda text: f"{text}U/L", "normalise", same=True)
_cell("arrow of the analyser", _values("ALT", "ESR"), lambda text: f"{text} ↑", "normalise", same=True)
_cell("letter of the analyser", _values("ALT", "WBC"), lambda text: f"{text} H", "normalise", same=True)
_cell("more decimals than needed", _values("WBC"), lambda text: f"{text}00", "none", "normalise", same=True)
# numbers that are none, or two
_cell("two decimal points", POINT, lambda text: text.replace(".", "..") if "." in text else None, "quarantine")
_cell("letter O for zero", ANY, lambda text: text.replace("0", "O") if "0" in text else None, "quarantine")
_cell("letter l for one", ANY, lambda text: text.replace("1", "l") if "1" in text else None, "quarantine")
_cell("word for a number", ANY, lambda text: "溶血", "quarantine")
_cell("text of a broken sheet", ANY, lambda text: "#VALUE!", "quarantine", "normalise", "warn")
_cell("a span", ANY, lambda text: f"{text}-{text}", "quarantine")
_cell("a spreadsheet's date", _values("WBC", "CRP"), lambda text: "5-Jun", "quarantine")
_cell("two values in a cell", ANY, lambda text: f"{text}/{text}", "quarantine")
_cell("thousands or decimals", _values("ALT", "CRP"), lambda text: "1,250", "quarantine")
_cell("about", ANY, lambda text: f"≈{text}", "quarantine")
_cell("question mark", ANY, lambda text: f"{text}?", "quarantine")
_cell("infinite", ANY, lambda text: "inf", "quarantine")
_cell("a very long cell", ANY, lambda text: "7" * 400, "quarantine")
# values that cannot be, or hardly
_cell("negative", ANY, lambda text: f"-{text}" if float(text) > 0 else None, "quarantine")
_cell("more joints than there are", _values("TJC28", "SJC28"), lambda text: "29", "quarantine")
_cell("half a joint", _values("TJC28", "SJC28"), lambda text: "3.5", "quarantine")
_cell("more than the scale", _values("PTGA"), lambda text: "101", "quarantine")
_cell("more disability than there is", _values("HAQDI"), lambda text: "3.125", "quarantine")
_cell("off the grid", _values("HAQDI"), lambda text: "1.3", "warn", "quarantine")
_cell("four zeros too many", _values("HGB", "WBC", "ALT"), lambda text: f"{10_000 * float(text):.0f}", "quarantine")
_cell("haemoglobin in the other unit", _values("HGB"), lambda text: _other(text), "quarantine")
_cell("99 for missing", _values("TJC28", "SJC28"), lambda text: "99", "quarantine")
_cell("-9 for missing", ANY, lambda text: "-9", "quarantine")
_cell("an age of 130", _role("AGE"), lambda text: "130", "quarantine")
_cell("score that does not follow", _values("DAS28ESR"), lambda text: f"{float(text) - 1.5:.2f}", "quarantine", "warn")
# values that are not there
_cell("blank", ANY, lambda text: "", "none", "normalise", "warn")
_cell("NA", ANY, lambda text: "NA", "none", "normalise", "warn")
_cell("not done", ANY, lambda text: "未查", "normalise", "warn")
_cell("null", ANY, lambda text: "NULL", "normalise", "warn")
_cell("below the assay", _values("CRP"), lambda text: "<0.5", "normalise")
_cell("above the assay", _values("CRP"), lambda text: f">{text}", "normalise")
# words
_cell("sex in Chinese", _role("SEX"), {"M": "男", "F": "女"}.get, "normalise", "none", same=True)
_cell("sex in full", _role("SEX"), {"M": "male", "F": "Female"}.get, "normalise", "none", same=True)
_cell("sex that is none", _role("SEX"), lambda text: "X", "quarantine")
_cell("sex that changes", _role("SEX", "visit"), {"M": "F", "F": "M"}.get, "quarantine")
_cell("arm that is none", _role("ARM"), lambda text: "third arm", "quarantine")
_cell("visit in capitals", _role("AVISIT"), lambda text: text.upper(), "normalise", same=True)
_cell("space in a visit", _role("AVISIT"), lambda text: f"{text} ", "normalise", "none", same=True)
_cell("visit that is none", _role("AVISIT"), lambda text: "Week 99", "quarantine")
_cell("no visit and no date", _role("AVISIT"), lambda text: "", "warn", "quarantine", "normalise")
# dates
DATE = _role("ADT", "visit", "long")
_cell("date with Chinese marks", DATE, lambda text: _ymd(text, "{0}年{1}月{2}日"), "normalise", same=True)
_cell("date with points", DATE, lambda text: _ymd(text, "{0}.{1}.{2}"), "normalise", same=True)
_cell("date without marks", DATE, lambda text: _ymd(text, "{0}{1}{2}"), "normalise", same=True)
_cell("date with a time", DATE, lambda text: f"{text} 00:00:00", "normalise", "none", same=True)
_cell("day that does not exist", DATE, lambda text: _ymd(text, "{0}-02-30"), "quarantine")
_cell("month that does not exist", DATE, lambda text: _ymd(text, "{0}-13-{2}"), "quarantine")
_cell("a year long gone", DATE, lambda text: _ymd(text, "1914-{1}-{2}"), "quarantine")
_cell("a year to come", DATE, lambda text: _ymd(text, "2033-{1}-{2}"), "quarantine")
_cell("another order of day and month", DATE, lambda text: _ymd(text, "{1}/{2}/{0}") if text[2:3] != "/" else None, "quarantine")
_cell("a number of days", DATE, lambda text: "41699", "quarantine", "normalise")
_cell("no date", DATE, lambda text: "", "warn", "quarantine")


def _other(text: str) -> str:
    """A haemoglobin in g/dL instead of g/L, or the other way round."""
    return f"{float(text) / 10:g}" if float(text) > 50 else f"{float(text) * 10:g}"


def _ymd(text: str, form: str) -> str | None:
    parts = re.split(r"[-/]", text)
    year, month, day = parts if len(parts[0]) == 4 else parts[::-1]
    return form.format(year, month, day)


# identifiers
LATER_ID = _later("USUBJID")
_cell(
    "id in lower case",
    _role("USUBJID", "visit", "long"),
    lambda text: text.lower() if text[:1].isalpha() else None,
    "normalise",
    same=True,
)
_cell(
    "space after the id",
    _role("USUBJID"),
    lambda text: f"{text} ",
    "normalise",
    "none",
    same=True,
    kinds=("csv", "tsv", "xlsx", "parquet"),
)
_cell("full-width id", _role("USUBJID"), lambda text: text.translate(FULL_WIDTH), "normalise", same=True)
_cell("no id", _role("USUBJID", "visit", "long", "wide"), lambda text: "", "quarantine")
_cell("mistyped id", LATER_ID, lambda text: f"{text[:-1]}{'5' if text[-1] != '5' else '6'}9", "quarantine")
_cell("rounded id", LATER_ID, lambda text: "1.10101E+17", "quarantine")


def _lost_zeros(draft: Draft, rng: random.Random) -> list[Place] | None:
    places = [place for place in LATER_ID(draft) if draft.text(place).startswith("0")]
    if not places:
        return None
    place = rng.choice(places)
    draft.set(place, draft.text(place).lstrip("0"))
    return [place]


FAULTS.append(Fault("zeros lost from an id", _lost_zeros, ("quarantine",)))
# events
_cell("event of nobody", _role("USUBJID", "event"), lambda text: "NOBODY-1", "quarantine")
_cell("grade that is none", _role("AETOXGR"), lambda text: "7", "quarantine")
_cell("grade in words", _role("AETOXGR"), {"1": "mild", "2": "中度", "3": "Grade 3"}.get, "normalise", same=True)
_cell("end before the start", _role("AENDT"), lambda text: _ymd(text, "2012-{1}-{2}"), "quarantine")
_cell("event without a term", _role("AETERM"), lambda text: "", "quarantine")
_cell("event without a grade", _role("AETOXGR"), lambda text: "", "warn")
_cell("event without a start", _role("ASTDT"), lambda text: "", "warn")
_cell("event before the treatment", _role("ASTDT"), lambda text: _ymd(text, "2012-{1}-{2}"), "warn")
_cell("event that outlasts the study", _role("AENDT"), lambda text: _ymd(text, "2025-{1}-{2}"), "warn")
_cell("death of grade 2", _role("AETERM"), lambda text: "sudden death", "warn")


def _fault(name: str, *classes: str, same: bool = False, kinds: tuple[str, ...] = UNTYPED) -> Callable[[Strike], Strike]:
    def add(strike: Strike) -> Strike:
        FAULTS.append(Fault(name, strike, classes, same, kinds))
        return strike

    return add


def _some(draft: Draft, rng: random.Random, *shapes: str) -> tuple[int, Sheet] | None:
    found = [(number, sheet) for number, sheet in enumerate(draft.sheets) if sheet.shape in shapes]
    return rng.choice(found) if found else None


# rows
@_fault("row twice", "normalise", same=True)
def _row_twice(draft: Draft, rng: random.Random) -> list[Place] | None:
    found = _some(draft, rng, "visit", "long", "event")
    if found is None:
        return None
    row = rng.randrange(len(found[1].rows))
    found[1].rows.append(list(found[1].rows[row]))
    return [(found[0], len(found[1].rows) - 1, 0)]


@_fault("row twice with another value", "quarantine")
def _row_differs(draft: Draft, rng: random.Random) -> list[Place] | None:
    places = [place for place in draft.values("ESR") if draft.sheets[place[0]].shape in ("visit", "long")]
    if not places:
        return None
    number, row, column = rng.choice(places)
    sheet = draft.sheets[number]
    sheet.rows.append(list(sheet.rows[row]))
    sheet.rows[-1][column] = f"{int(sheet.rows[row][column]) + 1}"
    return [(number, len(sheet.rows) - 1, column), (number, row, column)]


@_fault("rows in another order", "none", same=True)
def _shuffled(draft: Draft, rng: random.Random) -> list[Place] | None:
    for sheet in draft.sheets:
        if sheet.shape != "event":
            rng.shuffle(sheet.rows)
    return []


@_fault("columns in another order", "none", same=True)
def _columns_shuffled(draft: Draft, rng: random.Random) -> list[Place] | None:
    for sheet in draft.sheets:
        order = rng.sample(range(len(sheet.names)), len(sheet.names))
        sheet.names, sheet.meaning = [sheet.names[i] for i in order], [sheet.meaning[i] for i in order]
        sheet.rows = [[row[i] for i in order] for row in sheet.rows]
    return []


@_fault("visit not there", "warn")
def _visit_gone(draft: Draft, rng: random.Random) -> list[Place] | None:
    places = _later("AVISIT")(draft)
    if not places or any(sheet.shape == "long" and len(draft.sheets) > 2 for sheet in draft.sheets):
        return None
    place = rng.choice(places)
    sheet, gone = draft.sheets[place[0]], {_beside(draft, place, "USUBJID"), _beside(draft, place, "AVISIT")}
    sheet.rows = [row for row in sheet.rows if {row[sheet.at("USUBJID")], row[sheet.at("AVISIT")]} != gone]
    return []


@_fault("visit copied from the one before", "warn", "quarantine")
def _copied(draft: Draft, rng: random.Random) -> list[Place] | None:
    found = [(number, sheet) for number, sheet in enumerate(draft.sheets) if sheet.shape == "visit" and len(sheet.meaning) > 9]
    if not found:
        return None
    number, sheet = found[0]
    row = rng.randrange(1, len(sheet.rows))
    if sheet.rows[row][0] != sheet.rows[row - 1][0]:
        return None
    from_ = sheet.at("ADT") + 1
    sheet.rows[row][from_:] = sheet.rows[row - 1][from_:]
    return [(number, row, column) for column in range(from_, len(sheet.names))]


@_fault("row of totals", "quarantine")
def _totals(draft: Draft, rng: random.Random) -> list[Place] | None:
    found = _some(draft, rng, "visit", "wide")
    if found is None:
        return None
    found[1].rows.append(["合计", *["" for _ in found[1].names[1:-1]], "120"])
    return [(found[0], len(found[1].rows) - 1, 0)]


@_fault("two values of a row exchanged", "quarantine", "reject", "warn")
def _exchanged(draft: Draft, rng: random.Random) -> list[Place] | None:
    found = _some(draft, rng, "visit")
    if found is None or found[1].at("ESR") < 0:
        return None
    number, sheet = found
    row, (one, other) = rng.randrange(len(sheet.rows)), (sheet.at("PTGA"), sheet.at("TJC28"))
    cells = sheet.rows[row]
    cells[one], cells[other] = cells[other], cells[one]
    return [(number, row, one), (number, row, other)]


@_fault("two columns exchanged", "reject", "quarantine")
def _columns_exchanged(draft: Draft, rng: random.Random) -> list[Place] | None:
    found = _some(draft, rng, "visit")
    if found is None or found[1].at("ESR") < 0:
        return None
    one, other = found[1].at("PTGA"), found[1].at("TJC28")
    for row in found[1].rows:
        row[one], row[other] = row[other], row[one]
    return []


@_fault("a column in another unit", "quarantine", "reject", "warn")
def _other_unit(draft: Draft, rng: random.Random) -> list[Place] | None:
    places = list(draft.values("HGB"))
    for place in places:
        draft.set(place, _other(draft.text(place)))
    return []


# structure
def _names(draft: Draft, rng: random.Random, change: Callable[[str], str], *meanings: str) -> list[Place] | None:
    places = [(sheet, column) for sheet in draft.sheets for column, meaning in enumerate(sheet.meaning) if meaning in meanings]
    if not places:
        return None
    sheet, column = rng.choice(places)
    sheet.names[column] = change(sheet.names[column])
    return []


@_fault("a column's name in another spelling", "normalise", same=True, kinds=("csv", "tsv", "xlsx", "parquet"))
def _name_spelled(draft: Draft, rng: random.Random) -> list[Place] | None:
    return _names(draft, rng, lambda name: f" {name.upper()} ", "CRP", "ESR", "HAQDI", "TJC28")


@_fault("a declared column not there", "reject")
def _name_gone(draft: Draft, rng: random.Random) -> list[Place] | None:
    return _names(draft, rng, lambda name: "QQQ", "TJC28", "AVAL", "ESR@V1")


@_fault("a column twice", "reject", kinds=("csv", "tsv", "xlsx"))
def _column_twice(draft: Draft, rng: random.Random) -> list[Place] | None:
    sheet = rng.choice(draft.sheets)
    column = rng.randrange(len(sheet.names))
    sheet.names.append(sheet.names[column])
    sheet.meaning.append("")
    for row in sheet.rows:
        row.append(row[column])
    return []


@_fault("a column that nobody declared", "warn", kinds=("csv", "tsv", "xlsx", "parquet"))
def _column_more(draft: Draft, rng: random.Random) -> list[Place] | None:
    sheet = rng.choice(draft.sheets)
    sheet.names.append("remark")
    sheet.meaning.append("")
    for row in sheet.rows:
        row.append(rng.choice(["", "seen by phone"]))
    return []


@_fault("header among the rows", "normalise", same=True, kinds=("csv", "tsv"))
def _header_again(draft: Draft, rng: random.Random) -> list[Place] | None:
    sheet = rng.choice(draft.sheets)
    sheet.rows.insert(rng.randrange(1, len(sheet.rows)), list(sheet.names))
    return []


@_fault("blank rows", "normalise", "none", same=True, kinds=("csv", "tsv", "xlsx"))
def _blank_rows(draft: Draft, rng: random.Random) -> list[Place] | None:
    sheet = rng.choice(draft.sheets)
    sheet.rows.insert(rng.randrange(1, len(sheet.rows)), [""] * len(sheet.names))
    return []


@_fault("row too short", "quarantine", kinds=TEXT_FILES)
def _short(draft: Draft, rng: random.Random) -> list[Place] | None:
    number, sheet = rng.choice([(number, sheet) for number, sheet in enumerate(draft.sheets) if sheet.shape != "subject"])
    row = rng.randrange(len(sheet.rows) - 1)
    sheet.rows[row] = sheet.rows[row][:-1]
    return [(number, row, 0)]


@_fault("row too long", "reject", kinds=TEXT_FILES)
def _too_long(draft: Draft, rng: random.Random) -> list[Place] | None:
    sheet = rng.choice(draft.sheets)
    row = rng.choice(sheet.rows)
    row.insert(rng.randrange(len(row)), "7")
    return []


@_fault("rows fewer than declared", "reject")
def _fewer_rows(draft: Draft, rng: random.Random) -> list[Place] | None:
    number = rng.randrange(len(draft.sheets))
    draft.said["files"][number]["expected_rows"] = len(draft.sheets[number].rows)
    del draft.sheets[number].rows[rng.randrange(len(draft.sheets[number].rows)) :]
    return []


# bytes
def _in_bytes(name: str, change: Callable[[bytes], bytes], *classes: str, same: bool = False,
              kinds: tuple[str, ...] = TEXT_FILES) -> None:  # fmt: skip
    def strike(draft: Draft, rng: random.Random) -> list[Place] | None:
        draft.changes.append((rng.choice(draft.sheets).name, change))
        return []

    FAULTS.append(Fault(name, strike, classes, same, kinds))


_in_bytes("byte order mark", lambda data: b"\xef\xbb\xbf" + data, "normalise", same=True)
_in_bytes("UTF-16", lambda data: data.decode("utf-8").encode("utf-16"), "normalise", same=True)
_in_bytes("line ends of another system", lambda data: data.replace(b"\n", b"\r\n"), "none", same=True)
_in_bytes(
    "every cell in quotation marks", lambda data: re.sub(rb"[^,\t\n]+", rb'"\g<0>"', data), "none", same=True, kinds=("csv",)
)
_in_bytes("no end of line at the end", lambda data: data.rstrip(b"\n"), "none", same=True)
_in_bytes("cut in the last line", lambda data: data[: data.rstrip().rfind(b"\n") + 6], "reject")
_in_bytes("a NUL byte", lambda data: data[:-9] + b"\x00" + data[-9:], "reject")
_in_bytes("a byte that is no text", lambda data: data[:-9] + b"\xff" + data[-9:], "reject")
_in_bytes("an open quotation mark", lambda data: data.replace(b"\n", b'\n"', 3), "reject", "quarantine")
_in_bytes("text above the header", lambda data: "报表导出\n\n".encode() + data, "reject")
_in_bytes("nothing", lambda data: b"", "reject", kinds=UNTYPED)
_in_bytes("the header alone", lambda data: data[: data.find(b"\n") + 1], "reject")
_in_bytes("cut in the middle", lambda data: data[: len(data) // 2], "reject", kinds=("xlsx", "parquet", "csv.gz", "zip"))
_in_bytes("no header", lambda data: data[data.find(b"\n") + 1 :], "reject")
_in_bytes("saved by a continental spreadsheet", lambda data: data.replace(b",", b";").replace(b".", b","), "normalise", same=True,
          kinds=("csv",))  # fmt: skip
_in_bytes("an HTML page", lambda data: b"<html><body>504</body></html>", "reject")
_in_bytes(
    "in the encoding of a Chinese spreadsheet",
    lambda data: data.decode("utf-8").encode("gb18030"),
    "normalise",
    "none",
    same=True,
)

KNOWN = {fault.name: fault for fault in FAULTS}
assert len(KNOWN) == len(FAULTS)
assert set(NAMES) >= set(TESTS)
