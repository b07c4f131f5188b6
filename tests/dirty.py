"""Runner of dirty-data cases: `python -m tests.dirty FILE.json [CASE ...]` checks a cohort a case against what must come out."""

import base64
import io
import json
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd

from racohort.checking import check_cohort
from racohort.schema import CohortError
from racohort.terms import CLASSES

#: Column of the cases' cohort -> what it holds.
COLUMNS: dict[str, dict[str, Any]] = {
    "patient_id": {"role": "USUBJID"}, "site": {"role": "SITEID"}, "sex": {"role": "SEX"}, "age": {"role": "AGE"},
    "arm": {"role": "ARM"},
    "visit": {"role": "AVISIT"}, "visit_date": {"role": "ADT"}, "tjc28": {"paramcd": "TJC28"}, "sjc28": {"paramcd": "SJC28"},
    "gh_vas": {"paramcd": "PTGA", "unit": "mm"}, "esr_mm_h": {"paramcd": "ESR", "unit": "mm/h"},
    "crp_mg_l": {"paramcd": "CRP", "unit": "mg/L"},
    "das28_esr": {"paramcd": "DAS28ESR"}, "haq": {"paramcd": "HAQDI"}, "rf_iu_ml": {"paramcd": "RF", "unit": "IU/mL"},
    "anti_ccp_u_ml": {"paramcd": "ACCP", "unit": "U/mL"}, "alt_u_l": {"paramcd": "ALT", "unit": "U/L"},
    "wbc_10e9_l": {"paramcd": "WBC", "unit": "10^9/L"}, "hb_g_l": {"paramcd": "HGB", "unit": "g/L"},
    "mtx_mg_wk": {"paramcd": "MTXDOSE", "unit": "mg/week"},
}  # fmt: skip
EVENTS: dict[str, dict[str, Any]] = {
    "patient_id": {"role": "USUBJID"}, "ae_term": {"role": "AETERM"}, "start_date": {"role": "ASTDT"},
    "end_date": {"role": "AENDT"},
    "grade": {"role": "AETOXGR"}, "serious": {"role": "AESER"}, "related": {"role": "AEREL"},
}  # fmt: skip
DATES = ("visit_date", "start_date", "end_date")
#: Columns of the analysis data that say where a value stood, not what it is.
PLACE = ["file", "sheet", "line", "column"]


def describe(case: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """The `cohort.yml` of a case, as a mapping."""
    events = case["filename"].startswith("adverse")
    main = {"path": "cohort.csv" if events else case["filename"], "shape": "visit"}
    main |= {key: context[key] for key in ("expected_rows", "sha256") if key in context and not events}
    files = [main]
    if events:
        files.append(
            {
                "path": case["filename"],
                "shape": "event",
                "columns": {name: _column(name, EVENTS[name], context) for name in EVENTS},
            }
        )
    source = {declared: name for name, declared in context.get("column_map", {}).items()}
    columns = {source.get(name, name): _column(name, column, context) for name, column in COLUMNS.items()}
    codes = {name: column["paramcd"] for name, column in COLUMNS.items() if "paramcd" in column} | {"age": "AGE"}
    ranges: dict[str, dict[str, Any]] = {codes[name]: {"possible": pair} for name, pair in context["ranges"].items()}
    for name, pair in context["soft_ranges"].items():
        ranges[codes[name]]["plausible"] = pair
    ranges["DAS28ESR"]["tolerance"] = context["das28_tolerance"]
    visits = {code: {"day": day, "window": [day - slack, day + slack]} for code, (day, slack) in context["visits"].items()}
    first = next(iter(visits))
    coded = {f"V{number}" if not code[:1].isalpha() else code: visit for number, (code, visit) in enumerate(visits.items())}
    described = {
        "id": "case", "files": files, "columns": columns, "visits": coded, "treatment_start": {"from": "visit", "visit": first},
        "study": {"start": context["study_start"], "end": context["study_end"], "timezone": context["timezone"]},
        "ranges": ranges,
    }  # fmt: skip
    return described | ({"missing": ["", "NA", ".", *context["missing_codes"]]} if "missing_codes" in context else {})


def _column(name: str, column: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """What a case's context says of one column."""
    described = dict(column)
    own = {"arm": context["arms"], "sex": context["sex"]}.get(name)
    codes = ({value: value for value in own} if own else {}) | context.get("aliases", {}).get(name, {})
    if name in context.get("codebook", {}):
        codes |= {str(code): meaning for code, meaning in context["codebook"][name].items()}
    if codes:
        described["codes"] = codes
    if name in DATES:
        described["format"] = context["date_format"]
    if "paramcd" in column and context.get("below_lod") == "half":
        described["below"] = "half"
    return described


def content(case: Mapping[str, Any], base: str) -> bytes:
    """The bytes of a case's file."""
    if "content_b64" in case:
        return base64.b64decode(case["content_b64"])
    if "content" in case:
        return str(case["content"]).encode("utf-8")
    return _inflating(base)


def _inflating(base: str) -> bytes:
    """The workbook of the clean cohort with one cell of 300,000,000 letters: small in the file, huge when opened."""
    book = openpyxl.Workbook()
    for row in base.splitlines():
        book.active.append(row.split(","))
    plain, bomb = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                cell = b'<row r="20"><c r="A20" t="inlineStr"><is><t>' + b"A" * 300_000_000 + b"</t></is></c></row>"
                data = data.replace(b"</sheetData>", cell + b"</sheetData>")
            target.writestr(name, data)
    return bomb.getvalue()


def lay_out(folder: Path, case: Mapping[str, Any], corpus: Mapping[str, Any]) -> None:
    """A cohort folder for a case: its file, the clean cohort where it is about events, and `cohort.yml`."""
    context = {**corpus["base_context"], **case.get("context", {})}
    folder = folder / "cohort"
    folder.mkdir(parents=True)
    (folder / "cohort.csv").write_text(corpus["base_csv"], "utf-8")
    (folder / case["filename"]).write_bytes(content(case, corpus["base_csv"]))
    (folder / "cohort.yml").write_text(json.dumps(describe(case, context), ensure_ascii=False), "utf-8")


def outcome(folder: Path) -> tuple[str, str]:
    """Check a cohort folder as `racohort check --out` does; returns what it said, and a traceback where it broke."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            print("\n".join(check_cohort(f"{folder / 'cohort'}", folder / "out")))
        except CohortError as error:
            print(error)
        except Exception:
            return said.getvalue(), traceback.format_exc()
    return said.getvalue(), ""


def judge(case: Mapping[str, Any], folder: Path, corpus: Mapping[str, Any], base: Path) -> list[str]:
    """What is wrong with the outcome of a case; nothing where it passes."""
    lay_out(folder, case, corpus)
    started = time.monotonic()
    said, broken = outcome(folder)
    if broken:
        return ["traceback: " + broken.strip().splitlines()[-1]]
    found = pd.read_csv(folder / "out" / "findings.csv", dtype=str, keep_default_na=False)
    faults = [f"took {time.monotonic() - started:.0f} s"] if time.monotonic() - started > 30 else []
    strongest = max(found["class"], key=CLASSES.index) if len(found) else "normalise"
    if strongest not in {case["expected"], *(case.get("also_ok") or [])}:
        faults.append(f"class {strongest}, expected {case['expected']}")
    logs = [
        path.read_text("utf-8") for path in (folder / "out").glob("*.csv") if path.stem in ("findings", "ledger", "quarantine")
    ]
    everything = "\n".join([said, *logs]).casefold()
    faults += [
        f"does not mention {words!r}" for words in case.get("must_mention") or [] if str(words).casefold() not in everything
    ]
    if "Traceback (most recent" in said:
        faults.append("shows a traceback")
    return faults + (_after(case, folder, base) if strongest != "reject" else [])


def _after(case: Mapping[str, Any], folder: Path, base: Path) -> list[str]:
    """What of `after` does not hold in the cleaned data."""
    data = {name: pd.read_parquet(folder / "out" / f"{name}.parquet") for name in ("adsl", "adlb", "adqs", "adae")}
    values = pd.concat([data["adlb"], data["adqs"]])
    dirty = (case.get("dirty") or [{}])[0]
    cell = values[(values["line"] == dirty.get("line")) & (values["column"] == dirty.get("column"))]
    seen = {
        "value": lambda: None if cell.empty else float(cell["AVAL"].iloc[0]),
        "flag": lambda: {"below": "below_lod", "above": "above_lod", "": ""}[cell["censored"].iloc[0]] if len(cell) else "",
        "sites": lambda: sorted(set(data["adsl"]["SITEID"])),
        "arm": lambda: _fact(data, dirty, values, "ARM"),
        "patient_id": lambda: _fact(data, dirty, values, "USUBJID"),
        "patient_ids": lambda: sorted(set(data["adsl"]["USUBJID"])),
        "rows": lambda: len(values[["USUBJID", "AVISIT", "ADT"]].drop_duplicates()),
        "rows_analysed": lambda: len(values[["USUBJID", "AVISIT", "ADT"]].drop_duplicates()),
        "same_result_as_base": lambda: _same(folder, base),
        "kept_as_text": lambda: _kept(data, dirty),
    }
    return [
        f"after: {name} is {seen[name]()!r}, not {wanted!r}"
        for name, wanted in (case.get("after") or {}).items()
        if not _equal(seen[name](), wanted)
    ]


def _fact(data: Mapping[str, pd.DataFrame], dirty: Mapping[str, Any], values: pd.DataFrame, name: str) -> Any:
    who = values.loc[values["line"] == dirty.get("line"), "USUBJID"]
    return data["adsl"].set_index("USUBJID", drop=False).at[who.iloc[0], name] if len(who) else None


def _equal(seen: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return sorted(map(str, wanted)) == sorted(map(str, seen))
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return seen is not None and bool(np.isclose(float(seen), wanted, rtol=1e-12, atol=0))
    return bool(seen == wanted)


def _same(folder: Path, base: Path) -> bool:
    """Whether the analysis data are those of the clean cohort, but for where each value stood."""
    for name in ("adsl", "adlb", "adqs", "adae"):
        one, other = (pd.read_parquet(at / "out" / f"{name}.parquet") for at in (folder, base))
        if not one.drop(columns=PLACE, errors="ignore").equals(other.drop(columns=PLACE, errors="ignore")):
            return False
    return True


def _kept(data: Mapping[str, pd.DataFrame], dirty: Mapping[str, Any]) -> bool:
    texts = data["adsl"].select_dtypes(include=["object", "string"]).to_numpy().ravel()
    return str(dirty.get("value")) in set(map(str, texts))


def run(corpus: Mapping[str, Any], folder: Path, wanted: set[str] | None = None) -> list[tuple[Mapping[str, Any], list[str]]]:
    """Every case of a corpus (or those wanted) with its faults."""
    clean = {"id": "base", "filename": "cohort.csv", "content": corpus["base_csv"], "expected": "normalise"}
    faults = judge(clean, folder / "base", corpus, folder / "base")
    found = pd.read_csv(folder / "base" / "out" / "findings.csv") if not faults else pd.DataFrame()
    if faults or len(found):
        raise SystemExit(f"the clean cohort itself has {len(found)} findings: {faults or found['message'].tolist()}")
    cases = [case for case in corpus["cases"] if wanted is None or case["id"] in wanted]
    return [(case, judge(case, folder / case["id"], corpus, folder / "base")) for case in cases]


def report(judged: list[tuple[Mapping[str, Any], list[str]]]) -> list[str]:
    """The lines to print: what is wrong, a table by class and severity, and the sum."""
    lines = [f"{case['id']} {case['title']}: {'; '.join(faults)}" for case, faults in judged if faults]
    by = Counter((case["expected"], case["severity"], not faults) for case, faults in judged)
    for kind in dict.fromkeys(
        (case["expected"], case["severity"])
        for case, _ in sorted(judged, key=lambda one: (one[0]["expected"], one[0]["severity"]))
    ):
        lines.append(f"{kind[0]:<11}{kind[1]:<9}{by[(*kind, True)]:>4} of {by[(*kind, True)] + by[(*kind, False)]}")
    passed = sum(not faults for _, faults in judged)
    return [*lines, f"{passed} passed, {len(judged) - passed} failed"]


def main(arguments: list[str]) -> int:
    """Judge a file of cases; 1 where any case is wrong."""
    corpus = json.loads(Path(arguments[0]).read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        judged = run(corpus, Path(folder), set(arguments[1:]) or None)
    print("\n".join(report(judged)))
    return int(any(faults for _, faults in judged))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
