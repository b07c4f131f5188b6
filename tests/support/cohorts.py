"""Small cohort folders, drawn as text tables."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from racohort import adam, cleaning, io
from racohort.schema import Clean, CohortError

#: Column of the drawn tables -> what it holds.
COLUMNS: dict[str, Any] = {
    "id": {"role": "USUBJID"}, "site": {"role": "SITEID"}, "sex": {"role": "SEX"}, "age": {"role": "AGE"}, "arm": {"role": "ARM"},
    "visit": {"role": "AVISIT"}, "date": {"role": "ADT"}, "tjc": {"paramcd": "TJC28"}, "sjc": {"paramcd": "SJC28"},
    "vas": {"paramcd": "PTGA", "unit": "mm"}, "doc": {"paramcd": "PHGA", "unit": "mm"}, "esr": {"paramcd": "ESR"},
    "crp": {"paramcd": "CRP", "unit": "mg/L"},
    "das": {"paramcd": "DAS28ESR"}, "das28": {"paramcd": "DAS28"}, "haq": {"paramcd": "HAQDI"}, "rf": {"paramcd": "RF"},
    "alt": {"paramcd": "ALT"},
    "hb": {"paramcd": "HGB", "unit": "g/L"}, "upro": {"paramcd": "UPRO"}, "infusion": {"role": "TRTSDT"},
    "born": {"role": "BIRTHDT"},
    "status": {"role": "EOSSTT"}, "bmi": {"role": "COVARIATE"},
    "item": {"role": "PARAM"}, "result": {"role": "AVAL"}, "unit": {"role": "AVALU"}, "low": {"role": "ANRLO"},
    "high": {"role": "ANRHI"}, "range": {"role": "LBSTNRC"},
    "event": {"role": "AETERM"}, "start": {"role": "ASTDT"}, "end": {"role": "AENDT"}, "grade": {"role": "AETOXGR"},
    "fatal": {"role": "AESDTH"},
}  # fmt: skip
VISITS = {"BL": {"day": 0, "window": [-30, 0]}, "Y1": {"labels": ["12 months"], "day": 365, "window": [305, 425]},
          "Y3": {"day": 1095, "window": [1005, 1185]}}  # fmt: skip


def table(drawn: str) -> str:
    """A drawn table (cells apart by `|` or, without any, by spaces) as CSV text."""
    lines = [line.strip() for line in drawn.strip().splitlines()]
    cells = [[cell.strip() for cell in line.split("|")] if "|" in line else line.split() for line in lines]
    return "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in cells) + "\n"


def cohort(folder: Path, tables: dict[str, str | bytes], shapes: dict[str, str] | None = None, **more: Any) -> str:
    """A cohort folder of these files (drawn tables, or bytes as they are); returns its path as text."""
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for name, content in tables.items():
        data = content if isinstance(content, bytes) else table(content).encode("utf-8")
        (folder / name).write_bytes(data)
        names |= set(data.decode("utf-8", "replace").splitlines()[0].split(",")) if name.endswith(".csv") else set()
    files = [{"path": name, "shape": (shapes or {}).get(name, "visit")} for name in tables]
    columns = {name: dict(column) for name, column in COLUMNS.items() if name in names}
    for name, change in more.pop("columns", {}).items():
        columns[name] = {**columns.get(name, {}), **change}
    described = {"id": "drawn", "files": files, "columns": columns, "visits": VISITS} | more
    (folder / "cohort.yml").write_text(json.dumps(described, ensure_ascii=False), "utf-8")
    return f"{folder}"


def cleaned(path: str) -> tuple[Clean, adam.Datasets]:
    """A cohort folder cleaned and derived."""
    raw = io.read_raw(path)
    catalogue = io.read_catalogue(raw.config)
    clean = cleaning.clean_cohort(raw, catalogue)
    return clean, adam.derive_datasets(clean, catalogue)


def rules(clean: Clean) -> set[str]:
    """The rules that found something."""
    return {finding.rule for finding in clean.records.findings}


def found(path: str) -> dict[str, str]:
    """The rules that found something in a cohort, with their messages, whether or not it was refused."""
    try:
        return {finding.rule: finding.message for finding in cleaned(path)[0].records.findings}
    except CohortError as error:
        return {finding.rule: finding.message for finding in error.findings}


def values(data: adam.Datasets) -> pd.DataFrame:
    """All values, laboratory and scores."""
    return pd.concat([data.adlb, data.adqs], ignore_index=True)


def rapport(folder: Path) -> str:
    """A cohort folder for RAPPORT, its data linked from `$RACOHORT_REFERENCE`; skips loudly where they are not."""
    here = Path(__file__).resolve().parents[1]
    source = (
        Path(os.environ.get("RACOHORT_REFERENCE", here.parent.parent / "shared")) / "cohorts" / "rapport" / "rapport_wide.csv"
    )
    if not source.is_file():
        pytest.skip(f"NOT TESTED: RAPPORT is not at {source}; set RACOHORT_REFERENCE to the folder that holds cohorts/rapport")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cohort.yml").write_bytes((here / "cohorts" / "rapport" / "cohort.yml").read_bytes())
    (folder / "rapport_wide.csv").symlink_to(source.resolve())
    return f"{folder}"
