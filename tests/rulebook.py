"""The examples of data/catalogue/rules.yml, run as a cohort each, and the page of the book made from what the runs say.

`python -m tests.rulebook` writes book/reference/rules.md anew.
"""

import codecs
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
from openpyxl.comments import Comment
from openpyxl.styles import Font
from ruamel.yaml import YAML

from racohort.cleaning import clean_cohort
from racohort.io import read_catalogue, read_raw
from racohort.places import project_root
from racohort.rules import RULES
from racohort.schema import Clean, CohortError, Finding

ROOT = project_root()
DATA = ROOT / "data" / "catalogue" / "rules.yml"
PAGE = ROOT / "book" / "reference" / "rules.md"
#: Columns of the cleaned data that say where a value stood, not what it is.
PLACE = ["file", "sheet", "line", "column"]
#: Examples are excerpts, whose patients lack visits: that is asked about in the example of this rule alone.
EXCERPT = "visit_absent"


@dataclass(frozen=True)
class Example:
    """One rule's example: why it is looked for, the files, and the lines of cohort.yml that matter."""

    rule: str
    why: str
    files: Mapping[str, str]
    cohort: str = ""
    made: Mapping[str, str] = field(default_factory=dict)
    clean: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a run says and gives; `clean` is None where the cohort was refused."""

    findings: list[Finding]
    clean: Clean | None

    def of(self, rule: str) -> list[Finding]:
        """The findings of one rule."""
        return [finding for finding in self.findings if finding.rule == rule]

    def data(self) -> list[pd.DataFrame]:
        """What the analysis would be made from, without the places where it stood."""
        assert self.clean is not None
        frames = (self.clean.values, self.clean.patients, self.clean.events)
        return [frame.drop(columns=PLACE, errors="ignore").reset_index() for frame in frames]


@cache
def rulebook() -> dict[str, Any]:
    """The file of examples."""
    return dict(YAML(typ="safe").load(DATA.read_text("utf-8")))


def examples() -> dict[str, Example]:
    """Every rule's example, by the rule's id in the order of the file."""
    groups = rulebook()["groups"].values()
    return {
        rule: Example(rule, **{**said, "also": tuple(said.get("also", ()))}) for group in groups for rule, said in group.items()
    }


# --- files and runs ---------------------------------------------------------------------------------------------------


def lay_out(folder: Path, example: Example, files: Mapping[str, str]) -> Path:
    """A cohort folder of an example's files, described by what all examples share and its own lines."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        how = example.made.get(name, "") if files is example.files else ""
        (folder / name).write_bytes(as_bytes(name, text, how))
    own = YAML(typ="safe").load(example.cohort) or {}
    (folder / "cohort.yml").write_text(json.dumps(describe(files, own), default=str, ensure_ascii=False), "utf-8")
    return folder


def describe(files: Mapping[str, str], own: Mapping[str, Any]) -> dict[str, Any]:
    """The whole cohort.yml: the shared columns that the files name, the shared visits, and the example's own lines."""
    common = rulebook()["common"]
    shapes = {name: common["shapes"].get(name.split(".")[0], "visit") for name in files}
    names = {
        name for file, text in files.items() if shapes[file] not in ("adam", "sdtm")
        for name in re.split("[,;\n]", text)
    }  # fmt: skip
    shared = {name: column for name, column in common["columns"].items() if name in names}
    listed = [{"path": name, "shape": shape} for name, shape in shapes.items()]
    described = {"id": "example", "files": listed, "visits": common["visits"]} | own
    return described | {"columns": shared | own.get("columns", {})}


def as_bytes(name: str, text: str, how: str) -> bytes:
    """A file's bytes: text, or in the format of its name, with what was done to it."""
    plain = {".xlsx": _workbook, ".xpt": _transport}.get(Path(name).suffix, lambda text: text.encode("utf-8"))
    return MADE[how](text) if how else plain(text)


def _rows(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


def _number(cell: str) -> float | str:
    return float(cell) if re.fullmatch(r"-?\d+(?:\.\d+)?", cell) else cell


def _workbook(text: str, change: Callable[[Any], None] = lambda _: None) -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in _rows(text):
        book.active.append([_number(cell) for cell in row])
    change(book.active)
    book.save(sink)
    return sink.getvalue()


def _transport(text: str) -> bytes:
    header, *rows = _rows(text)
    frame = pd.DataFrame([[_number(cell) for cell in row] for row in rows], columns=header)
    with tempfile.TemporaryDirectory() as folder:
        pyreadstat.write_xport(frame, f"{folder}/made.xpt", table_name="VISITS", file_format_version=5)
        return Path(folder, "made.xpt").read_bytes()


def _commented(sheet: Any) -> None:
    sheet.cell(sheet.max_row, sheet.max_column).comment = Comment("haemolysed, repeat", "ward")


def _struck(sheet: Any) -> None:
    sheet.cell(sheet.max_row, sheet.max_column).font = Font(strike=True)


def _calculated(sheet: Any) -> None:
    sheet.cell(sheet.max_row, sheet.max_column).value = "=C2*0.66"


def _far(sheet: Any) -> None:
    sheet.cell(1_048_576, 16_384).value = "x"


def _hidden(sheet: Any) -> None:
    sheet.row_dimensions[sheet.max_row].hidden = True


def _half(text: str) -> bytes:
    data = _workbook(text)
    return data[: len(data) // 2]


#: The number 5 as a SAS transport file writes it.
FIVE = b"\x41\x50" + bytes(6)
#: What is done to a file, in the words of rules.yml.
MADE: dict[str, Callable[[str], bytes]] = {
    "saved as a workbook, under a name that ends with .csv": _workbook,
    "with a word in the very last cell of the sheet": lambda text: _workbook(text, _far),
    "cut off in the middle of the file": _half,
    "saved as Windows-1252": lambda text: text.encode("cp1252"),
    "with a NUL byte in its last line": lambda text: text[:-2].encode() + b"\x00" + text[-2:].encode(),
    "saved with a byte order mark": lambda text: codecs.BOM_UTF8 + text.encode("utf-8"),
    "saved as UTF-16": lambda text: text.encode("utf-16"),
    "in which the 5 is the special missing value .A": lambda text: _transport(text).replace(FIVE, b"A" + bytes(7)),
    "with a comment on its last cell": lambda text: _workbook(text, _commented),
    "with a line through its last cell": lambda text: _workbook(text, _struck),
    "with a formula in place of its last cell, never calculated": lambda text: _workbook(text, _calculated),
    "with its last row hidden": lambda text: _workbook(text, _hidden),
}  # fmt: skip


def run(folder: Path) -> Outcome:
    """A cohort folder read and cleaned as `racohort check` does."""
    try:
        raw = read_raw(f"{folder}")
        clean = clean_cohort(raw, read_catalogue(raw.config))
    except CohortError as error:
        return Outcome(error.findings, None)
    return Outcome(clean.records.findings, clean)


# --- what must come of it ---------------------------------------------------------------------------------------------


def faults(example: Example, outcome: Outcome, tidy: Outcome | None) -> list[str]:
    """What is wrong with the outcome of an example; `tidy` is that of its files in the usual form."""
    said = {finding.rule for finding in outcome.findings}
    wrong = [] if example.rule in said else [f"{example.rule} found nothing"]
    wrong += [f"also found: {rule}" for rule in sorted(said - {example.rule, *example.also, EXCERPT})]
    wrong += [f"not found: {rule}" for rule in sorted(set(example.also) - said)]
    return wrong + data_faults(example, outcome, tidy)


def data_faults(example: Example, outcome: Outcome, tidy: Outcome | None) -> list[str]:
    """What is wrong with the data that an example gives, whatever was said about it."""
    cls = RULES[example.rule].cls
    if (outcome.clean is None) != (cls == "reject"):
        return ["refused" if outcome.clean is None else "not refused"]
    if cls == "reject":
        return []
    if cls == "quarantine":
        return _not_kept_out(example, outcome)
    return _not_the_same(outcome, tidy) if tidy is not None else _lost(example, outcome)


def _not_kept_out(example: Example, outcome: Outcome) -> list[str]:
    """Quarantined cells, rows and patients that are still among the data, and other rows that are not."""
    assert outcome.clean is not None
    held = outcome.clean.records.quarantine().query("rule == @example.rule")
    there = [*_places(outcome.clean.values), *_places(outcome.clean.events)]
    lines = {(file, line) for file, line, _ in there}
    wrong = [] if len(held) else ["nothing was kept out"]
    for row in held.to_dict("records"):
        whole = row["scope"] != "cell"
        if (row["file"], row["line"]) in lines if whole else (row["file"], row["line"], row["column"]) in there:
            wrong.append(f"line {row['line']} of {row['file']} was not kept out")
    away = set(zip(held["file"], held["line"], strict=True))
    return wrong + [f"line {line} of {file} is gone" for file, line in sorted(_measured(example) - lines - away)]


def _places(frame: pd.DataFrame) -> list[tuple[str, int, str]]:
    """File, line and column of every value (an event has no column, and its grade stands for it)."""
    if frame.empty:
        return []
    known = frame if "column" in frame else frame.assign(column="grade")
    known = known[known["AETOXGR"].notna()] if "AETOXGR" in known else known
    return list(zip(known["file"], known["line"], known["column"], strict=True))


def _measured(example: Example) -> set[tuple[str, int]]:
    """The lines of an example's tables of visits and measurements that hold a value."""
    tables = {name: text for name, text in example.files.items() if not name.startswith(("patients", "events"))}
    lines = {(name, line): row for name, text in tables.items() for line, row in enumerate(text.splitlines()[1:], start=2)}
    return {place for place, row in lines.items() if re.search(r",\d[\d.]*(?:,|$)", row)}


def _lost(example: Example, outcome: Outcome) -> list[str]:
    """Lines with a value that are not among the data of an example whose values stay."""
    assert outcome.clean is not None
    lines = {(file, line) for file, line, _ in _places(outcome.clean.values)}
    read = {entry["file"] for entry in outcome.clean.sources.to_dict("records") if entry["shape"] != "sdtm" or entry["used"]}
    return [f"line {line} of {file} is gone" for file, line in sorted(_measured(example) - lines) if file in read]


def _not_the_same(outcome: Outcome, tidy: Outcome) -> list[str]:
    if tidy.clean is None or any(RULES[finding.rule].cls != "normalise" for finding in tidy.findings if finding.rule != EXCERPT):
        return ["the files in the usual form are not clean"]
    same = all(one.equals(other) for one, other in zip(outcome.data(), tidy.data(), strict=True))
    return [] if same else ["the data are not those of the files in the usual form"]


# --- the page ---------------------------------------------------------------------------------------------------------


def anchor(rule: str) -> str:
    """A rule's anchor in the page.

    >>> anchor("decimal_comma")
    'rule-decimal-comma'
    """
    return "rule-" + rule.replace("_", "-")


INTRODUCTION = """# Rules of cleaning

Every cell of a cohort is read as text. Whatever cannot be taken as it stands is answered by one of the rules below, in one of
four ways: `reject` stops before any analysis, `quarantine` keeps a cell, a row or a patient out, `warn` keeps the value and
shows the doubt, `normalise` writes the same value in the usual form. Each rule opens to one example, and what stands there under
*Cleaning says* is what the program answered to it.
"""
#: An example stands behind one choice, so that the rules can be read one after another.
FOLD = '<details class="ra-example">\n<summary>Example</summary>\n'
SHARED = """All examples share this description of a cohort, as far as their files have the columns; an example shows only the
lines that it adds. A file has one row a visit, unless its name says another shape: {shapes}.
"""


def page(outcomes: Mapping[str, Outcome]) -> str:
    """The page of the book, from the examples and what came of them."""
    parts = [INTRODUCTION, *_index(), "## What all examples share\n", *_shared()]
    known = examples()
    for title, group in rulebook()["groups"].items():
        parts += [f"## {title}\n", *(_section(known[rule], outcomes[rule]) for rule in group)]
    return "\n".join(parts)


def _index() -> list[str]:
    rows = ["| Rule | Class | Severity | What it finds |", "|---|---|---|---|"]
    for rule in examples():
        cls, severity, title, _ = RULES[rule]
        rows.append(f"| [{rule}](#{anchor(rule)}) | {cls} | {severity} | {title} |")
    return ["\n".join(rows) + "\n"]


def _shared() -> list[str]:
    common = rulebook()["common"]
    shapes = ", ".join(f"`{name}` is `{shape}`" for name, shape in common["shapes"].items())
    columns = [f"  {name}: {_flow(said)}" for name, said in common["columns"].items()]
    visits = [f"  {code}: {_flow(said)}" for code, said in common["visits"].items()]
    return [SHARED.format(shapes=shapes), _block("yaml", "\n".join(["columns:", *columns, "visits:", *visits]))]


def _flow(said: Any) -> str:
    return json.dumps(said).replace('"', "")


def _block(language: str, text: str, kind: str = "") -> str:
    shown = "\n".join(line if len(line) <= 200 else f"{line[:40]}... ({len(line)} characters)" for line in text.splitlines())
    option = f":class: {kind}\n" if kind else ""
    return f"```{{code-block}} {language}\n{option}{shown or '(nothing)'}\n```\n"


def _section(example: Example, outcome: Outcome) -> str:
    cls, severity, title, remedy = RULES[example.rule]
    files = [_file(name, text, example.made.get(name, "")) for name, text in example.files.items()]
    own = ["`cohort.yml` adds\n", _block("yaml", example.cohort)] if example.cohort else []
    said = "\n".join(finding.message for finding in outcome.of(example.rule))
    return "\n".join([
        f"({anchor(example.rule)})=\n### {title}\n", f"`{example.rule}` · {cls} · {severity}\n", f"{example.why} {remedy}\n",
        FOLD, *files, *own, "*Cleaning says*\n", _block("text", said, "ra-answer"), f"{_became(example, outcome)}\n",
        "</details>\n",
    ])  # fmt: skip


def _file(name: str, text: str, how: str) -> str:
    return "\n".join([f"`{name}`, {how}\n" if how else f"`{name}`\n", _block("text", text)])


def _became(example: Example, outcome: Outcome) -> str:
    """One sentence: what became of the file, the row or the cell."""
    cls = RULES[example.rule].cls
    if outcome.clean is None or cls == "warn":
        return "Nothing is analysed." if outcome.clean is None else "What was read is used."
    records = outcome.clean.records
    if cls == "quarantine":
        return _kept_out(records.quarantine().query("rule == @example.rule"))
    rows = records.ledger().query("rule == @example.rule").to_dict("records")
    changes = [_change(row) for row in rows]
    return f"{'; '.join(changes)}." if changes else "The values are those of the usual form."


def _kept_out(held: pd.DataFrame) -> str:
    lines = sorted(set(held["line"]))
    cells = f"the cell{'s' * (len(held) > 1)} named in " if set(held["scope"]) == {"cell"} else ""
    return f"Kept out: {cells}line{'s' * (len(lines) > 1)} {' and '.join(map(str, lines))}."


def _change(row: Mapping[str, Any]) -> str:
    if row["became"] == "(row left out)":
        return f"Line {row['line']} is left out"
    return f"{_code(row['was'])} became {_code(row['became'])}"


def _code(text: str) -> str:
    return f"`{text}`" if text else "a blank"


def outcomes(folder: Path) -> dict[str, Outcome]:
    """What comes of every example."""
    return {rule: run(lay_out(folder / rule, example, example.files)) for rule, example in examples().items()}


def main() -> int:
    """Write the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(outcomes(Path(folder))), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
