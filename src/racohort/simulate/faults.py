"""The typing errors of the export: where each was put, what stood there, and what cleaning is expected to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from racohort.simulate.exports import (
    CLINIC,
    CLINIC_VISITS,
    EVENT,
    GRADE,
    ID,
    ITEM,
    LABORATORY_VISITS,
    RESULT,
    SAMPLED,
    STARTED,
    STOPPED,
    VISIT,
    Table,
)

FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


@dataclass(frozen=True)
class Fault:
    """One typing error: the kind, its table and column, the rows it may strike, what is typed, and the expected answer.

    `where` maps headings to the texts a row must hold; a row whose text `type` leaves as it is, is passed over. `expected` is the
    class of the finding, or none; `kept` says whether the true value survives cleaning.
    """

    kind: str
    table: str
    column: str
    where: Mapping[str, tuple[str, ...]]
    type: Callable[[str], str]
    expected: str
    kept: bool


def _laboratory(item: str, *visits: int) -> dict[str, tuple[str, ...]]:
    return {ITEM: (item,), VISIT: tuple(LABORATORY_VISITS[visit] for visit in visits or (1, 2))}


def _clinic(*visits: int) -> dict[str, tuple[str, ...]]:
    return {VISIT: tuple(CLINIC_VISITS[visit] for visit in visits)}


def _wide(text: str) -> str:
    return text.translate(FULL_WIDTH)


def _swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def _arrow(text: str) -> str:
    return text if text.startswith("<") or float(text) < 10 else text + " ↑"


def _word(text: str) -> str:
    return "溶血"


def _tenth(text: str) -> str:
    return f"{float(text) / 10:.1f}"


def _no_such_day(text: str) -> str:
    return text[:5] + "02/30"


def _year_before(text: str) -> str:
    return text if text.endswith("02-29") else f"{int(text[:4]) - 1}{text[4:]}"


FAULTS = (
    Fault("a zero too many", "visits", CLINIC["PTGA"], _clinic(1), lambda text: text + "0", "quarantine", False),
    Fault("more joints than there are", "visits", CLINIC["TJC28"], _clinic(2), lambda text: "31", "quarantine", False),
    Fault("full-width digits", "visits", CLINIC["PAIN"], _clinic(0, 1), _wide, "normalise", True),
    Fault("unit in the cell", "visits", CLINIC["PHGA"], _clinic(1), lambda text: text + " mm", "normalise", True),
    Fault("space after the id", "visits", ID, _clinic(1), lambda text: text + " ", "normalise", True),
    Fault("id in lower case", "laboratory", ID, _laboratory("白蛋白 ALB"), str.lower, "normalise", True),
    Fault("unit in the cell", "laboratory", RESULT, _laboratory("C反应蛋白 CRP"), lambda text: text + " mg/L", "normalise", True),
    Fault("full-width digits", "laboratory", RESULT, _laboratory("血沉 ESR"), _wide, "normalise", True),
    Fault(
        "full-width less-than", "laboratory", RESULT, _laboratory("类风湿因子 RF", 0, 1, 2), _swap("<", "＜"), "normalise", True
    ),
    Fault("arrow of the analyser", "laboratory", RESULT, _laboratory("C反应蛋白 CRP", 0), _arrow, "normalise", True),
    Fault("decimal comma", "laboratory", RESULT, _laboratory("补体C3"), _swap(".", ","), "normalise", True),
    Fault("two decimal points", "laboratory", RESULT, _laboratory("白细胞计数 WBC"), _swap(".", ".."), "quarantine", False),
    Fault("word instead of a number", "laboratory", RESULT, _laboratory("天门冬氨酸氨基转移酶 AST"), _word, "quarantine", False),
    Fault("another unit's number", "laboratory", RESULT, _laboratory("血红蛋白 HGB"), _tenth, "quarantine", False),
    Fault("day that does not exist", "laboratory", SAMPLED, _laboratory("补体C4"), _no_such_day, "quarantine", False),
    Fault("date with points", "laboratory", SAMPLED, _laboratory("尿素 UREA"), _swap("/", "."), "normalise", True),
    Fault("sex by its letter", "demographics", "性别 Sex", {"性别 Sex": ("女",)}, lambda text: "F", "none", True),
    Fault("grade that does not exist", "adverse_events", GRADE, {GRADE: ("1",)}, lambda text: "11", "quarantine", False),
    Fault("term in capitals", "adverse_events", "首选术语 Preferred term", {}, str.upper, "normalise", True),
    Fault("end before the start", "adverse_events", STOPPED, {}, _year_before, "quarantine", False),
    Fault("day not known", "adverse_events", STARTED, {GRADE: ("1",)}, lambda text: text[:7], "none", False),
)

#: Rows that stand twice.
TWICE = tuple(
    Fault("row that stands twice", table, "", {}, str, "normalise", True)
    for table in ("visits", "laboratory", "laboratory", "laboratory", "adverse_events")
)


def mistype(tables: dict[str, Table], rng: np.random.Generator) -> list[dict[str, str]]:
    """Put the faults into the tables (changed in place) and say where: one row a fault, in the order of `FAULTS`.

    Columns: `fault` (number), `kind`, `table`, `line` (of the file, the heading is line 1), `patient`, `item`, `column`, `was`,
    `typed`, `expected`, `kept`. No row is struck twice; a fault that no row suits
    (in a cohort of a few patients) is left out.
    """
    struck: list[tuple[dict[str, str], dict[str, str]]] = []
    for fault in (*FAULTS, *TWICE):
        suitable = _suitable(tables[fault.table], fault, [taken for taken, _ in struck])
        if not suitable:
            continue
        row = suitable[int(rng.integers(len(suitable)))]
        patient, was = row[ID], row[fault.column] if fault.column else ""
        row = _strike(tables[fault.table], fault, row)
        struck.append((row, _record(fault, patient, row, was)))
    return [{"fault": str(number), **record, "line": str(_line(tables[record["table"]], row))}
            for number, (row, record) in enumerate(struck, 1)]  # fmt: skip


def _strike(table: Table, fault: Fault, row: dict[str, str]) -> dict[str, str]:
    """The faulty row, now in the table: the one that was chosen with one cell changed, or its double after it."""
    if fault.column:
        row[fault.column] = fault.type(row[fault.column])
        return row
    double = dict(row)
    table.insert(_line(table, row) - 1, double)
    return double


def _suitable(table: Table, fault: Fault, taken: list[dict[str, str]]) -> Table:
    return [row for row in table if not any(row is other for other in taken) and _suits(row, fault)]


def _suits(row: Mapping[str, str], fault: Fault) -> bool:
    if not fault.column:
        return True
    text = row[fault.column]
    return bool(text) and all(row[heading] in texts for heading, texts in fault.where.items()) and fault.type(text) != text


def _record(fault: Fault, patient: str, row: Mapping[str, str], was: str) -> dict[str, str]:
    item, typed = row.get(ITEM, row.get(EVENT, "")), row[fault.column] if fault.column else ""
    return {"kind": fault.kind, "table": fault.table, "line": "", "patient": patient, "item": item, "column": fault.column,
            "was": was, "typed": typed, "expected": fault.expected, "kept": "yes" if fault.kept else "no"}  # fmt: skip


def _line(table: Table, row: Mapping[str, str]) -> int:
    return next(i for i, other in enumerate(table) if other is row) + 2
