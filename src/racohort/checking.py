"""What the verbs `check`, `check-summary` and `synthesise` do: a cohort or a printed table checked, a cohort made."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from racohort import io
from racohort.adam import derive_parts
from racohort.cleaning import clean_cohort
from racohort.consistency import check_summary
from racohort.formats import count
from racohort.io.paper import read_summary
from racohort.io.studies import DATASETS, RECORDS
from racohort.io.tables import write_bytes
from racohort.places import UsageError
from racohort.schema import CohortError, found_frame
from racohort.simulate import ParametersError, synthesise

#: Findings shown one by one, and of one rule in one column of a file; the rest is in findings.csv.
PRINTED = 60
ALIKE = 3


def check_cohort(cohort: str, out: Path) -> list[str]:
    """Read and clean a cohort, and write its data sets, ledger, quarantine and findings into the folder `out`.

    Returns the lines to show: the findings, then what was written. A refused cohort leaves its findings only, and raises
    CohortError. Raises UsageError where `out` holds files that no check has written.
    """
    _make_room(out)
    try:
        raw = io.read_raw(cohort)
        catalogue = io.read_catalogue(raw.config)
        clean = clean_cohort(raw, catalogue)
    except CohortError as error:
        io.write_check(out, [], found_frame(error.findings))
        raise
    io.write_check(out, derive_parts(clean, catalogue), clean.records.found(), clean)
    return [*_told(clean.records.found()), _summary(clean.sources, clean.patients), *_arms(clean.patients), f"Written to {out}"]


def _make_room(out: Path) -> None:
    """Remove what an earlier check has written; refuse a folder whose files of the same names came from elsewhere."""
    old = [out / f"{name}.{kind}" for name in (*DATASETS, *RECORDS) for kind in ("csv", "parquet")]
    there = [path for path in old if path.exists()]
    if (out / "cohort.yml").exists() or (there and not (out / "findings.csv").exists()):
        raise UsageError(
            f"{out} holds files that no check has written, and they are never replaced. Choose another folder with OUT=."
        )
    for path in there:
        path.unlink()


def _told(found: pd.DataFrame) -> list[str]:
    """One line a finding, strongest first; what was only rewritten needs nothing done and is said without a remedy.

    Of many findings of one rule in one column the first few stand for all, and the last of them says how many follow.
    """
    alike = found.groupby(["rule", "file", "sheet", "column"], sort=False, dropna=False)
    told = found.assign(place=alike.cumcount() + 1, alike=alike["rule"].transform("size"))
    several = told[told["place"] <= ALIKE]
    shown = [_line(row) for row in several.head(PRINTED).to_dict("records")]
    rest = [f"... and {len(several) - PRINTED} more, in findings.csv."] if len(several) > PRINTED else []
    return [*shown, *rest] or ["No finding: every cell was read as it stands."]


def _line(row: Mapping[Hashable, Any]) -> str:
    """A finding as one line."""
    remedy = "" if row["class"] == "normalise" else f" {row['remedy']}"
    left = row["alike"] - ALIKE if row["place"] == ALIKE else 0
    more = f" ({left} more findings of this kind in this column are in findings.csv.)" if left > 1 else ""
    return f"{row['class']:<10} {_place(row)}{_ended(row['message'])}{remedy}{more}"


def _ended(message: str) -> str:
    """A message with its point, unless it ends with a question."""
    return message if message.endswith("?") else message.rstrip(".") + "."


def _place(row: Mapping[Hashable, Any]) -> str:
    """The file of a finding before its message, unless the message itself begins with it."""
    sheet = f", sheet {row['sheet']}" if row["sheet"] else ""
    return "" if row["message"].startswith(row["file"]) else f"{row['file']}{sheet}: "


def _summary(sources: pd.DataFrame, patients: pd.DataFrame) -> str:
    read, used = int(sources["rows"].sum()), int(sources["used"].sum())
    kept = f"{int(patients['kept'].sum())} of {len(patients)} patients kept"
    return f"{read} rows read from {count(len(sources), 'table')}, {used} used; {kept}."


def _arms(patients: pd.DataFrame) -> list[str]:
    """A line that several arms are taken together, and how one is chosen; none for one arm."""
    arms = sorted({str(arm) for arm in patients.get("ARM", pd.Series(dtype=object)).dropna()} - {""})
    named = ", ".join(map(repr, arms[:8]))
    how = f"A filter in cohort.yml takes one, such as filter: {{ARM: {arms[0]}}}" if arms else ""
    return [f"{len(arms)} arms are taken together and not compared: {named}. {how}."] if len(arms) > 1 else []


def check_printed(path: str) -> list[str]:
    """Check a table of printed summaries: the lines to show, one a check, each row's words above its checks.

    Raises UsageError where the file cannot be read, SummaryError where a row of it cannot.
    """
    found, lines = check_summary(read_summary(path)), []
    for (line, what), rows in found.groupby(["line", "what"], sort=False):
        lines += [f"{what} (line {line})", *(f"  {row.verdict:<15} {row.check}: {row.why}" for row in rows.itertuples())]
    wrong = int((found["verdict"] == "inconsistent").sum())
    told = (
        f"{wrong} of {len(found)} checks inconsistent. That is a property of printed numbers; it does not say how it came to be."
    )
    return [*lines, told]


def synthesise_cohort(source: Path, seed: int | None, out: Path) -> str:
    """Make a synthetic cohort from the parameter file `source`, and write it into the folder `out`; returns the line to show.

    Raises UsageError where the parameter file cannot be read or used.
    """
    try:
        files = synthesise(source.read_text("utf-8"), seed)
    except (OSError, UnicodeDecodeError) as error:
        fault = f"the parameter file {source.name} cannot be read ({type(error).__name__})."
        raise UsageError(f"{fault} Give a YAML file as PARAMETERS.") from None
    except ParametersError as error:
        raise UsageError(f"{source.name}: {error}") from None
    for name, data in files.items():
        write_bytes(out / name, data)
    return f"{len(files)} files written to {out}"
