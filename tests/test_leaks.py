"""The last look before a report leaves: each kind of trace is found in each kind of file, and finished reports hold none."""

import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pandas as pd
import pytest

from racohort import leaks
from racohort.figures.style import canvas, finish
from racohort.io.tables import as_parquet
from racohort.leaks import LeakFound, Traces, check_folder, search_folder
from racohort.leaks.texts import texts_of
from racohort.leaks.traces import days_in
from racohort.pipeline import make_report, prepare
from racohort.places import project_root
from tests.support.canary import CANARIES, PATIENTS, write_canaries
from tests.support.project import small_project


@pytest.fixture(scope="module")
def traces(tmp_path_factory) -> Traces:
    """What is searched for in a report to publish on the cohort with canaries."""
    return leaks.collect_traces(write_canaries(tmp_path_factory.mktemp("canary") / "canary", "publish"), privacy="publish")


@pytest.mark.parametrize("kind", CANARIES)
@pytest.mark.parametrize("written", ["<p>{}</p>", "as {}, it said", '{{"said": "{}"}}'])
def test_each_kind_of_canary_is_found_where_it_is_planted(kind, written, traces, tmp_path):
    (tmp_path / "page.html").write_text(written.format(CANARIES[kind]), "utf-8")
    assert [name for name, _ in search_folder(tmp_path, traces)] == ["page.html"]


def png(text: str) -> bytes:
    """A picture without pixels that holds a text in a packed chunk."""
    chunk = b"zTXtComment\0\0" + zlib.compress(text.encode())
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))


def zipped(name: str, data: bytes) -> bytes:
    """A file within an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, data)
    return out.getvalue()


def workbook(text: str) -> bytes:
    """A workbook with a text in a cell."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["B7"] = text
    book.save(out)
    return out.getvalue()


def drawn(text: str) -> str:
    """A figure with a text in it, as it stands in a page."""
    fig, ax = canvas()
    ax.set_title(text)
    return finish(fig, "test", "An empty figure.", "Nothing is drawn.", False).html()


NAME = CANARIES["name"]
FILES = {
    "a.csv": f"id,who\n1,{NAME}\n".encode(),
    "a.json": json.dumps({"who": CANARIES["Chinese name"]}).encode(),
    "searchindex.js": f'Search.setIndex({{"terms":{{"{NAME.lower()}":3}}}})'.encode(),
    "a.parquet": as_parquet(pd.DataFrame({"who": [NAME]})),
    "statistics.parquet": pd.DataFrame({"who": [NAME, "z"]}).to_parquet(),
    "a.png": png(NAME),
    "a.xlsx": workbook(NAME),
    "a.zip": zipped("inner.docx", zipped("word/document.xml", f"<w:t>{NAME}</w:t>".encode())),
    f"{CANARIES['identifier']}.txt": b"nothing within",
    "escaped.html": f"<img src='data:image/svg+xml,{quote(f'<text>{NAME}</text>')}'>".encode(),
    "references.html": "".join(f"&#{ord(letter)};" for letter in NAME).encode(),
    "outlines.html": drawn(f"Course of {NAME}").encode(),
    "alternative.html": f'<img alt="{NAME}">'.encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_a_trace_is_found_in_every_kind_of_file(name, traces, tmp_path):
    (tmp_path / name).write_bytes(FILES[name])
    with pytest.raises(LeakFound) as found:
        check_folder(tmp_path, traces)
    assert f"{name} holds" in str(found.value)
    assert NAME not in str(found.value)


SPELLINGS = ["2013-02-17", "2013/2/17", "17.02.2013", "02/17/2013", "20130217", "17 Feb 2013", "2013年2月17日"]
HARMLESS = ["QX-7001", "QX-700171", "Ottokar", "3.2013021745", "2013-02", "Nasopharyngitis", "moved away", "120130217"]


@pytest.mark.parametrize("written", SPELLINGS)
def test_a_day_is_found_however_it_is_written(written, traces, tmp_path):
    (tmp_path / "a.txt").write_text(f"seen {written}.", "utf-8")
    assert list(search_folder(tmp_path, traces)) == [("a.txt", "a date")]


@pytest.mark.parametrize("harmless", HARMLESS)
def test_what_only_looks_like_a_trace_is_none(harmless, traces, tmp_path):
    (tmp_path / "a.txt").write_text(f"said: {harmless}.", "utf-8")
    assert list(search_folder(tmp_path, traces)) == []


def test_what_cannot_be_searched_for_is_counted(traces, tmp_path):
    assert traces.counts()["an identifier"] == PATIENTS
    cohort = write_canaries(tmp_path / "short", "publish")
    for name in ("patients", "visits", "events"):
        text = (cohort / f"{name}.csv").read_text("utf-8")
        (cohort / f"{name}.csv").write_text(text.replace("QX-700", ""), "utf-8")
    assert leaks.collect_traces(cohort, privacy="publish").unsearched["an identifier"] == PATIENTS


def test_a_pdf_is_searched(tmp_path, traces):
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": NAME})
    writer.write(tmp_path / "a.pdf")
    assert list(search_folder(tmp_path, traces)) == [("a.pdf", "words that few patients share (column 'name')")]


def test_days_are_days_of_the_calendar():
    assert list(days_in("2014-13-01, 2014-00-10, 1899-01-01")) == []
    assert list(texts_of(b"")) == [""]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project tree of its own with the cohort of canaries, which may be shared."""
    root = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "data", "requirements.lock"):
        (root / name).symlink_to(project_root() / name)
    shutil.copytree(project_root() / "book", root / "book", ignore=shutil.ignore_patterns("_build"))
    write_canaries(root / "canary", "share")
    return root


def reported(project: Path, *options: str) -> Path:
    """The published folder of a report on the canaries."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("RC_", "MAKE", "MFLAGS"))}
    command = [sys.executable, "-m", "racohort", "report", "--cohort", str(project / "canary"), *options]
    done = subprocess.run(command, env=surroundings | {"RACOHORT_ROOT": str(project)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.strip().splitlines()[-1]).parents[1]


def canaries_in(folder: Path) -> list[str]:
    """The kinds of canary that any file of a folder holds."""
    everything = "\n".join(
        text for path in folder.rglob("*") if path.is_file() for text in texts_of(path.read_bytes())
    ).casefold()
    return [kind for kind, canary in CANARIES.items() if canary.casefold() in everything]


@pytest.mark.slow
def test_a_report_to_publish_holds_no_canary_and_no_count_of_1_to_7(project):
    folder = reported(project, "--privacy", "publish")
    assert canaries_in(folder) == []
    pages = "\n".join(text for path in folder.rglob("*.html") for text in texts_of(path.read_bytes()))
    assert not re.search(rf"\b{PATIENTS} (?:rows|patients|people)\b", pages)
    told = json.loads((folder / "run.json").read_text("utf-8"))
    assert told["privacy"] == "publish"
    assert {"an identifier", "a date"} <= set(told["leak_scan"]["searched"])
    assert not re.search(r"\d", json.dumps(told["leak_scan"]))
    assert not any(entry["rows"] for entry in told["inputs"])
    assert {path.stem for path in (folder / "results").iterdir()} == {"results", "claims"}
    rows = pd.read_csv(folder / "results" / "results.csv")
    no_patients = ["verdict", "tests", "familywise_risk", "benchmark", "healthy_pass"]
    rows = rows[(rows["section"] != "concordance") & ~rows["statistic"].isin(no_patients)]
    counts = rows[["n", "count", "n_missing"]].stack().dropna()
    assert len(counts) > 500
    assert counts[(counts % 5 != 0) | counts.between(1, 7)].tolist() == []


@pytest.mark.slow
def test_a_report_to_share_holds_no_canary_but_the_words_that_it_names(project):
    folder = reported(project, "--run", "shared", "--only", "participants safety")
    assert set(canaries_in(folder)) <= {"reason", "term"}
    assert not list((folder / "results").iterdir())
    assert json.loads((folder / "run.json").read_text("utf-8"))["leak_scan"]["searched"]["an identifier"] == PATIENTS


def test_a_report_with_a_trace_in_it_is_not_published(tmp_path, monkeypatch, quick):
    """The book is written here: what a real one holds is searched above."""
    root = small_project(tmp_path / "project")
    shutil.copytree(project_root() / "data" / "catalogue", root / "data" / "catalogue", dirs_exist_ok=True)
    monkeypatch.setenv("RACOHORT_ROOT", str(root))
    folder, marked = root / "data" / "cohorts" / "small", f"{CANARIES['identifier']},baseline"
    for name, was, became in (("cohort.yml", "internal", "share"), ("raw.csv", "1,baseline", marked)):
        (folder / name).write_text((folder / name).read_text("utf-8").replace(was, became), "utf-8")
    said = ["Nobody is named."]

    def build_book(pages: Path, html: Path, log: Path, strict: bool = True) -> None:
        html.mkdir()
        (html / "index.html").write_text(said[-1], "utf-8")

    monkeypatch.setattr("racohort.book.build_book", build_book)
    first = make_report(prepare("small"), say=lambda line: None)
    said.append(f"{CANARIES['identifier']} is named.")
    with pytest.raises(LeakFound, match=r"index\.html holds an identifier"):
        make_report(prepare("small"), force=True, say=lambda line: None)
    assert first.read_text("utf-8") == said[0]
