"""Clean cohorts as drafts: one kind of study in many shapes, languages, units, visits and kinds of file, drawn from a seed."""

import csv
import datetime
import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat

from racohort.scores import das28_esr4

Place = tuple[int, int, int]

#: Meaning -> what English, Chinese and SAS exports call the column.
NAMES = {
    "USUBJID": ("patient_id", "住院号", "USUBJID"), "SITEID": ("site", "中心", "SITEID"), "SEX": ("sex", "性别", "SEX"),
    "AGE": ("age", "年龄", "AGE"), "ARM": ("arm", "分组", "ARM"), "AVISIT": ("visit", "访视", "AVISIT"),
    "ADT": ("visit_date", "访视日期", "ADT"), "TJC28": ("tjc28", "压痛关节数", "TJC28"),
    "SJC28": ("sjc28", "肿胀关节数", "SJC28"),
    "PTGA": ("patient_vas", "患者总体评价", "PTGA"), "ESR": ("esr", "血沉", "ESR"),
    "CRP": ("crp", "C反应蛋白", "CRP"),
    "HAQDI": ("haq", "HAQ评分", "HAQDI"), "ALT": ("alt", "谷丙转氨酶", "ALT"), "HGB": ("hb", "血红蛋白", "HGB"),
    "WBC": ("wbc", "白细胞", "WBC"), "DAS28ESR": ("das28", "DAS28评分", "DAS"), "PARAM": ("test", "检验项目", "PARAM"),
    "AVAL": ("result", "结果", "AVAL"), "AVALU": ("unit", "单位", "AVALU"), "AETERM": ("event", "不良事件", "AETERM"),
    "ASTDT": ("start", "开始日期", "ASTDT"), "AENDT": ("end", "结束日期", "AENDT"), "AETOXGR": ("grade", "分级", "AETOXGR"),
}  # fmt: skip
SCALES, TESTS = ("TJC28", "SJC28", "PTGA", "HAQDI", "DAS28ESR"), ("ESR", "CRP", "ALT", "HGB", "WBC")
PLANS: tuple[dict[str, tuple[int, int, tuple[str, str]]], ...] = (
    {"BL": (0, 3, ("baseline", "基线")), "Y1": (365, 50, ("12 months", "12个月")), "Y3": (1095, 80, ("36 months", "36个月"))},
    {"W0": (0, 3, ("week 0", "第0周")), "W12": (84, 10, ("week 12", "第12周")), "W24": (168, 10, ("week 24", "第24周"))},
    {"V1": (0, 3, ("Visit 1", "首诊")), "V2": (182, 20, ("Visit 2", "半年"))},
)
SITES = (("North", "South"), ("协和医院", "瑞金医院"))
ARMS = (("cells", "control"), ("细胞组", "对照组"))
TERMS = (("fever", "rash", "headache", "nausea"), ("口干", "脱发", "失眠", "便秘"))
DATES = ("%Y-%m-%d", "%d/%m/%Y", "%Y/%m/%d")


@dataclass
class Sheet:
    """One table of a draft: its file without an ending, its shape, what each column means, its names, and its rows as text."""

    name: str
    shape: str
    meaning: list[str]
    names: list[str]
    rows: list[list[str]]

    def at(self, meaning: str) -> int:
        """The place of the column with a meaning; -1 where there is none."""
        return self.meaning.index(meaning) if meaning in self.meaning else -1


@dataclass
class Draft:
    """A cohort that is not yet written: its tables, what `cohort.yml` says, the kind of file, and what happens to the bytes."""

    sheets: list[Sheet]
    said: dict[str, Any]
    kind: str
    language: int
    plan: dict[str, tuple[int, int, tuple[str, str]]]
    units: dict[str, str]
    delimiter: str = ","
    changes: list[Any] = field(default_factory=list)

    def values(self, *codes: str) -> Iterator[Place]:
        """The cells that hold these analytes, in whatever shape: table, row, column."""
        for number, sheet in enumerate(self.sheets):
            for place, meaning in enumerate(sheet.meaning):
                if meaning.partition("@")[0] in codes:
                    yield from ((number, row, place) for row in range(len(sheet.rows)))
                elif meaning == "AVAL":
                    kind = sheet.at("PARAM")
                    yield from ((number, row, place) for row, cells in enumerate(sheet.rows) if self.code(cells[kind]) in codes)

    def code(self, test: str) -> str:
        """The analyte that a long table calls by this name."""
        return next((code for code in (*TESTS, *SCALES) if test in NAMES[code]), "")

    def cells(self, meaning: str, *shapes: str) -> list[Place]:
        """The cells of columns with a role, in tables of some shapes."""
        return [
            (number, row, sheet.at(meaning))
            for number, sheet in enumerate(self.sheets)
            if meaning in sheet.meaning and (not shapes or sheet.shape in shapes)
            for row in range(len(sheet.rows))
        ]

    def text(self, place: Place) -> str:
        """What a cell holds."""
        return self.sheets[place[0]].rows[place[1]][place[2]]

    def set(self, place: Place, text: str) -> None:
        """Put a text into a cell."""
        self.sheets[place[0]].rows[place[1]][place[2]] = text

    def line(self, place: Place) -> int:
        """The physical line of a cell; the header is 1."""
        return place[1] + 2


def draw_draft(seed: int) -> Draft:
    """A clean cohort, the same for the same seed."""
    rng = random.Random(seed)
    kind = rng.choice(["csv", "csv", "csv", "tsv", "xlsx", "xlsx", "parquet", "xpt", "csv.gz", "zip"])
    language = 2 if kind == "xpt" else rng.choice([0, 1])
    plan = rng.choice(PLANS)
    people = _people(rng, plan, language)
    shape = rng.choice(["visit", "several", "long", "wide"])
    formatted = rng.choice(DATES) if kind not in ("xpt", "parquet") else DATES[0]
    units = {"CRP": rng.choice(["mg/L", "mg/dL"]), "HGB": rng.choice(["g/L", "g/dL"])}
    sheets = _tables(people, plan, language, shape, formatted, units)
    said = _described(sheets, plan, language, kind, formatted, units)
    return Draft(sheets, said, kind, language, plan, units, "\t" if kind == "tsv" else ",")


def _people(rng: random.Random, plan: Any, language: int) -> list[dict[str, Any]]:
    """Patients with their visits and values: distinct, possible, plausible, and in no unit's doubt."""
    ids = rng.choice(["P{:03d}", "{:03d}", "RA-01-{:03d}", "11010119800101{:04d}"])
    first, n, people = datetime.date(2013, 3, 1), rng.randint(6, 12), []
    for number in range(n):
        start = first + datetime.timedelta(17 * number + rng.randint(0, 9))
        person = {
            "USUBJID": ids.format(number * 7 + 3), "SITEID": SITES[language % 2][number % 2], "SEX": rng.choice("MF"),
            "age": rng.uniform(25, 75), "ARM": ARMS[language % 2][number // 2 % 2], "start": start, "visits": [],
        }  # fmt: skip
        level = rng.uniform(0.7, 1.0)
        for order, (visit, (day, slack, _)) in enumerate(plan.items()):
            date = start + datetime.timedelta(day + (rng.randint(-slack // 2, slack // 2) if order else 0))
            person["visits"].append((visit, date, _values(rng, level * (1 - 0.25 * order), number)))
        people.append(person)
    people[0]["SEX"], people[1]["SEX"] = "M", "F"
    return people


def _values(rng: random.Random, level: float, number: int) -> dict[str, str]:
    tjc, sjc, vas, esr = (round(top * level * rng.uniform(0.85, 1)) for top in (18, 13, 75, 60))
    das = float(das28_esr4(tjc, sjc, esr, vas))
    return {
        "TJC28": f"{tjc}", "SJC28": f"{sjc}", "PTGA": f"{vas}", "ESR": f"{esr}", "CRP": f"{40 * level * rng.uniform(0.8, 1):.1f}",
        "HAQDI": f"{round(16 * level * rng.uniform(0.8, 1)) / 8:g}", "ALT": f"{rng.randint(14, 40)}",
        "HGB": f"{rng.randint(110, 138)}", "WBC": f"{rng.uniform(4.5, 8):.1f}", "DAS28ESR": f"{das:.2f}",
    }  # fmt: skip


def _tables(people: Any, plan: Any, language: int, shape: str, formatted: str, units: dict[str, str]) -> list[Sheet]:
    def named(*meanings: str) -> list[str]:
        return [NAMES[meaning][language] for meaning in meanings]

    def converted(code: str, text: str) -> str:
        return f"{float(text) / 10:g}" if units.get(code) in ("mg/dL", "g/dL") else text

    facts, by_visit = ["SITEID", "SEX", "AGE", "ARM"], [*SCALES, *TESTS]
    patients = [[one["USUBJID"], one["SITEID"], one["SEX"], f"{int(one['age'])}", one["ARM"]] for one in people]
    listed = Sheet("patients", "subject", ["USUBJID", *facts], named("USUBJID", *facts), patients)
    seen = [(one, visit, date, values) for one in people for visit, date, values in one["visits"]]

    def label(visit: str) -> str:
        return plan[visit][2][language] if language < 2 else visit

    def head(one: Any, visit: str, date: datetime.date) -> list[str]:
        return [one["USUBJID"], label(visit), date.strftime(formatted)]

    def visits(codes: list[str], full: bool) -> Sheet:
        meaning = ["USUBJID", *(facts if full else []), "AVISIT", "ADT", *codes]
        rows = [
            [one["USUBJID"], *(_facts(one, date) if full else []), label(visit), date.strftime(formatted),
             *(converted(code, values[code]) for code in codes)]
            for one, visit, date, values in seen
        ]  # fmt: skip
        return Sheet("visits", "visit", meaning, named(*meaning), rows)

    def long(codes: list[str]) -> Sheet:
        meaning = ["USUBJID", "AVISIT", "ADT", "PARAM", "AVAL", "AVALU"]
        rows = [[*head(one, visit, date), NAMES[code][language], converted(code, values[code]), units.get(code, "")]
                for one, visit, date, values in seen for code in codes]  # fmt: skip
        return Sheet("laboratory", "long", meaning, named(*meaning), rows)

    if shape == "visit":
        return [visits(by_visit, True), _events(people, language, formatted, named)]
    if shape == "several":
        return [listed, visits(list(SCALES), False), long(list(TESTS)), _events(people, language, formatted, named)]
    if shape == "long":
        return [listed, long(by_visit)]
    columns = [(code, visit) for code in by_visit for visit in plan]
    rows = [[*row, *(converted(code, values[code]) for code in by_visit for _, _, values in one["visits"])]
            for row, one in zip(patients, people, strict=True)]  # fmt: skip
    names = [f"{NAMES[code][language]}_{visit}" if language < 2 else f"{code[:4]}{visit}" for code, visit in columns]
    return [Sheet("wide", "wide", ["USUBJID", *facts, *(f"{code}@{visit}" for code, visit in columns)],
                  [*named("USUBJID", *facts), *names], rows)]  # fmt: skip


def _facts(one: Any, date: datetime.date) -> list[str]:
    return [one["SITEID"], one["SEX"], f"{int(one['age'] + (date - one['start']).days / 365.25)}", one["ARM"]]


def _events(people: Any, language: int, formatted: str, named: Any) -> Sheet:
    rows = []
    for number, one in enumerate(people[:4]):
        start = one["start"] + datetime.timedelta(11 + 5 * number)
        end = start + datetime.timedelta(3 + number)
        rows.append(
            [one["USUBJID"], TERMS[language % 2][number], start.strftime(formatted), end.strftime(formatted), f"{1 + number % 3}"]
        )
    meaning = ["USUBJID", "AETERM", "ASTDT", "AENDT", "AETOXGR"]
    return Sheet("events", "event", meaning, named(*meaning), rows)


def _described(sheets: list[Sheet], plan: Any, language: int, kind: str, formatted: str, units: dict[str, str]) -> dict[str, Any]:
    columns = {name: _column(meaning, language, formatted, units) for sheet in sheets
               for meaning, name in zip(sheet.meaning, sheet.names, strict=True)}  # fmt: skip
    visits = {code: {"labels": [labels[language % 2]], "day": day, "window": [day - slack, day + slack]}
              for code, (day, slack, labels) in plan.items()}  # fmt: skip
    return {
        "id": "corrupted", "files": [{"path": f"{sheet.name}.{kind}", "shape": sheet.shape} for sheet in sheets],
        "columns": columns, "visits": visits,
        "treatment_start": {"from": "visit"}, "study": {"start": "2012-01-01", "end": "2018-12-31", "timezone": "Asia/Shanghai"},
    }  # fmt: skip


def _column(meaning: str, language: int, formatted: str, units: dict[str, str]) -> dict[str, Any]:
    code, _, visit = meaning.partition("@")
    if code in SCALES or code in TESTS:
        unit = {"unit": units[code]} if code in units else {}
        return {"paramcd": code, **unit, **({"visit": visit} if visit else {})}
    if code in ("ADT", "ASTDT", "AENDT"):
        return {"role": code, "format": formatted}
    if code == "ARM":
        return {"role": code, "codes": {arm: arm for arm in ARMS[language % 2]}}
    if code == "PARAM":
        return {"role": code, "codes": {NAMES[test][language]: test for test in (*SCALES, *TESTS)}}
    return {"role": code}


def write_draft(draft: Draft, folder: Path) -> str:
    """Write a draft as a cohort folder; returns its path."""
    folder.mkdir(parents=True)
    said = json.loads(json.dumps(draft.said))
    for sheet, entry in zip(draft.sheets, said["files"], strict=True):
        data = _bytes(sheet, draft, folder)
        for name, change in draft.changes:
            data = change(data) if name == sheet.name else data
        (folder / entry["path"]).write_bytes(data)
    (folder / "cohort.yml").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    return f"{folder}"


def _bytes(sheet: Sheet, draft: Draft, folder: Path) -> bytes:
    if draft.kind == "xlsx":
        return _workbook(sheet)
    if draft.kind in ("parquet", "xpt"):
        frame = pd.DataFrame(sheet.rows, columns=sheet.names, dtype="str")
        sink = io.BytesIO()
        if draft.kind == "parquet":
            frame.to_parquet(sink, index=False)
            return sink.getvalue()
        path = folder / "made.xpt.tmp"
        pyreadstat.write_xport(frame.astype(object), str(path), table_name="MADE", file_format_version=5)
        data = path.read_bytes()
        path.unlink()
        return data
    text = io.StringIO()
    csv.writer(text, delimiter=draft.delimiter, lineterminator="\n").writerows([sheet.names, *sheet.rows])
    data = text.getvalue().encode("utf-8")
    return gzip.compress(data) if draft.kind == "csv.gz" else _zipped(f"{sheet.name}.csv", data) if draft.kind == "zip" else data


def _zipped(name: str, data: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return sink.getvalue()


def _workbook(sheet: Sheet) -> bytes:
    """A workbook whose plain numbers are numbers, and whose identifiers, words and faults are text."""
    book = openpyxl.Workbook()
    page: Any = book.active
    page.append(sheet.names)
    words = {"USUBJID", "AVISIT", "ADT", "SITEID", "ARM", "ASTDT", "AENDT", "AETERM", "PARAM", "AVALU"}
    for row in sheet.rows:
        page.append(
            [_typed(text, meaning in words) for text, meaning in zip(row, [*sheet.meaning, *[""] * len(row)], strict=False)]
        )
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _typed(text: str, word: bool) -> str | float | None:
    if not word and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", text):
        return float(text)
    return text or None
