"""What a published run holds: the book, its notebooks and results, and `run.json`, which says what they were made from."""

import csv
import os
import platform
import shutil
import time
from collections.abc import Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from racohort import book
from racohort.commit import code_state, in_words
from racohort.downloads import read_spine, typed
from racohort.fingerprints import clock, code_key, files_in
from racohort.hashes import file_hash, key
from racohort.places import paper_folder, project_root
from racohort.spreadsheets import as_workbook
from racohort.terms import RESULT_COUNTS, RESULT_NUMBERS, SECTIONS

if TYPE_CHECKING:
    from racohort import leaks
    from racohort.pipeline import Run

#: Cleaning's records that are published; the others serve the notebooks.
RECORDS = ("ledger", "quarantine", "findings")
#: The published files whose content a run records; each holds in text what a Parquet file beside it may hold.
RESULT_FILES = "*.csv"
#: What is said above every page of who may see it.
EDITIONS = {
    "internal": "Internal report: it holds patients’ data and must not be sent on.",
    "share": "Edition to share: it shows no single patient. Small counts are not hidden.",
    "publish": "Edition to publish: it shows no single patient; small counts are hidden, and the others are rounded.",
}
PACKAGES = ("racohort", "numpy", "scipy", "pandas", "pyarrow", "statsmodels", "pingouin", "papermill", "jupyter-book", "sphinx")


def before(run: "Run") -> dict[str, Any]:
    """What is known of a run before its sections run: everything but times, rows and warnings."""
    told = {name: {"value": value, "source": run.sources[name]} for name, value in sorted(run.values.items())}
    inputs = [{"file": shown(name), "sha256": value, "rows": None} for name, value in run.inputs.items()]
    said = {name: run.cohort[name] for name in ("id", "title", "synthetic", "privacy", "deidentify", "treated", "visits")}
    code = {"key": code_key(run.code), **code_state(project_root())}
    known = {"versions": versions(), "code": code, "seed": run.values.get("seed")}
    return {**said, "run": run.run, "parameters": told, "inputs": inputs, **known}


def after(
    run: "Run", fresh: Path, started: float, warnings: Sequence[str], building: float, traces: "leaks.Traces | None" = None
) -> dict[str, Any]:
    """What `run.json` says of a finished run, whose folder is filled but for it."""
    told = before(run) | {"results": results_written(fresh / "results")}
    published = run.cohort["privacy"] == "publish"  # how many rows, identifiers or dates there are gives the number of patients
    rows = {} if published else rows_read(run.work / "records" / "sources.csv")
    if traces is not None:
        scan = {"searched": traces.counts(), "not_searched": traces.unsearched}
        told["leak_scan"] = {what: list(counts) for what, counts in scan.items()} if published else scan
    told["inputs"] = [{**entry, "rows": rows.get(name)} for name, entry in zip(run.inputs, told["inputs"], strict=True)]
    seconds = {section: run.state["sections"][section]["seconds"] for section in SECTIONS if run.is_fresh(section)}
    ended = {section: run.state["sections"][section]["ended"] for section in seconds}
    times = {"started": clock(started), "finished": clock(time.time()), "ended": ended}
    times |= {"seconds": {**seconds, "book": round(building, 2)}}
    return {**told, "sections": list(seconds), "times": times, "warnings": list(warnings)}


def shown(name: str) -> str:
    """An input's name as it may be published: one outside the cohort's folder without the way to it.

    >>> shown("raw/visits.csv"), shown("/mnt/ward/visits.csv"), shown("../visits.csv")
    ('raw/visits.csv', 'visits.csv', 'visits.csv')
    """
    path = PurePosixPath(name)
    return path.name if path.is_absolute() or ".." in path.parts else name


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute or print."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def rows_read(sources: Path) -> dict[str, int]:
    """The rows read from each file, as cleaning recorded them; sheets of a file are added, shapes of one sheet are not."""
    if not sources.is_file():
        return {}
    rows: dict[str, int] = {}
    with sources.open(encoding="utf-8", newline="") as file:
        for entry in csv.DictReader(file):
            if "rows with shape " not in entry.get("sheet", ""):
                rows[entry["file"]] = rows.get(entry["file"], 0) + int(float(entry["rows"] or 0))
    return rows


def results_written(folder: Path) -> list[dict[str, Any]]:
    """The name, the rows and the check sum of every file of results in a folder."""
    found = []
    for path in sorted(folder.glob(RESULT_FILES)):
        with path.open(encoding="utf-8", newline="") as file:
            rows = sum(1 for _ in csv.reader(file)) - 1
        found.append({"file": path.name, "rows": max(rows, 0), "sha256": file_hash(path)})
    return found


def fill(run: "Run", fresh: Path, included: Sequence[str], started: float) -> list[str]:
    """Fill a new folder with the executed notebooks, the results and the book; returns the warnings of the sections."""
    warnings = book.copy_notebooks([run.notebook(section) for section in included], fresh / "notebooks", run.cohort["privacy"])
    _copy_results(run, fresh / "results", whole="concordance" in included)
    pages = run.work / "book"
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(fresh / "notebooks", pages / "notebooks")
    missing = [section for section in SECTIONS if section not in included]
    mark, results = announcement(run, missing), fresh / "results" / "results.csv"
    stems, told = [run.notebook(section).stem for section in missing], made(run, started)
    book.lay_out(pages, stems, mark, results, told, foot(run, told, results.is_file()))
    book.build_book(pages, fresh / "html", run.work / "book.log", strict=not missing)
    if run.formats:
        from racohort.editions import make_editions

        make_editions(pages, fresh, run.formats, mark, run.work / "book.log")
    for used in (pages, run.work / "single", run.work / "failed"):
        shutil.rmtree(used, ignore_errors=True)
    return warnings


def announcement(run: "Run", missing: Sequence[str]) -> str:
    """The line above every page: whose data it may hold, whose claims it examines, and that a report is partial."""
    partial = f"Partial report: not run were {', '.join(missing)}." if missing else ""
    kind = book.SYNTHETIC if run.cohort["synthetic"] else ""
    if run.cohort["privacy"] != "internal" or not run.cohort["synthetic"]:
        kind = f"{kind} {EDITIONS[run.cohort['privacy']]}".strip()
    return " ".join(filter(None, [kind, _other_paper(), partial]))


def made(run: "Run", started: float) -> str:
    """From how much the book was made, and when."""
    rows = sum(rows_read(run.work / "records" / "sources.csv").values())
    files = f"{len(run.inputs)} files" if len(run.inputs) != 1 else "1 file"
    counted = "" if run.cohort["privacy"] == "publish" else f" with {rows:,} rows"
    return f"Made on {made_on(started)} from {files}{counted}"


def foot(run: "Run", told: str, whole: bool) -> str:
    """The line at the foot of every page: from what it was made, by what, and when; `{up}` is the way to the first page."""
    values = {name: value for name, value in sorted(run.values.items()) if name != "seed" and value not in ("", [])}
    chosen = [
        f"{name.replace('_', ' ')} {', '.join(value) if isinstance(value, list) else value}" for name, value in values.items()
    ]
    said = [
        f"Cohort <b>{escape(run.cohort['id'])}</b> ({key(run.rests_on)[:8]})",
        *map(escape, map(str, chosen)),
        f"racohort {version('racohort')}, code {code_key(run.code)[:8]}{in_words(code_state(project_root()))}",
        f"environment {file_hash(project_root() / 'requirements.lock')[:8]}",
        f"seed {run.values.get('seed', 'none')}",
        told,
    ]
    links = ['<a href="{up}reference/provenance.html">How it was made</a>']
    files = (f'<a href="{{up}}../results/results.{kind}" download>{kind.upper()}</a>' for kind in ("csv", "xlsx"))
    links += [f"all results: {', '.join(files)}"] if whole else []
    return f'<footer class="ra-foot"><p>{" · ".join([*said, *links])}</p></footer>'


def made_on(started: float) -> str:
    """The day a run began, in UTC; `$RACOHORT_MADE` stands for it where a run is made again.

    >>> made_on(0.0)
    '1 January 1970'
    """
    moment = time.gmtime(float(os.environ.get("RACOHORT_MADE", started)))
    return f"{moment.tm_mday} {time.strftime('%B %Y', moment)}"


def _other_paper() -> str:
    """Whose claims these are, where they are not those that the pages of the book are written about."""
    if paper_folder() == project_root() / "data" / "paper":
        return ""
    from racohort.io.paper import read_claims

    reference = escape(read_claims().paper.reference)
    return f"The claims examined are those of {reference}. Introduction and discussion are about Wang 2019."


def _copy_results(run: "Run", target: Path, whole: bool) -> None:
    """The joined results of a whole report and, in an internal one, the analysis data sets and cleaning's records."""
    target.mkdir()
    joined = ["results/results.csv", "results/results.parquet", "results/claims.csv"] if whole else []
    data = [path.relative_to(run.work).as_posix() for path in files_in(run.work / "data")]
    people = [*data, *(f"records/{record}.csv" for record in RECORDS)] if run.cohort["privacy"] == "internal" else []
    for name in [*people, *joined]:
        if (run.work / name).is_file():
            shutil.copyfile(run.work / name, target / Path(name).name)
    if spine := read_spine(target / "results.csv"):
        cells = typed(spine, (*RESULT_NUMBERS, *RESULT_COUNTS))
        (target / "results.xlsx").write_bytes(as_workbook(cells, "results"))


def traces_of(run: "Run") -> "leaks.Traces | None":
    """What points to the patients of a run's cohort; None for an internal report, which may hold it.

    In an internal report that is de-identified only identifiers and dates must not occur.
    """
    if run.cohort["privacy"] == "internal" and not run.cohort["deidentify"]:
        return None
    from racohort import leaks  # it reads the files of the cohort, and imports what reads them

    if run.cohort["privacy"] == "internal":
        return leaks.collect_traces(run.folder).of_identity()
    with (run.work / "data" / "adsl.csv").open(encoding="utf-8", newline="") as file:
        identifiers = [row["USUBJID"] for row in csv.DictReader(file) if "USUBJID" in row]
    return leaks.collect_traces(run.folder, identifiers, run.cohort["privacy"], run.cohort["suppress_below"])


def check_paths(run: "Run", fresh: Path) -> None:
    """Raise BookFailed where a published file holds a path of this machine."""
    forbidden = {str(project_root()), str(run.folder), str(run.work), str(Path.home())} - {"/", "/root"}
    found = book.paths_of_this_machine(fresh, forbidden)
    if found:
        raise book.BookFailed([f"{name} holds a path of this machine" for name in found], run.work / "book.log")
