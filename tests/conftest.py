"""Fixtures that several test modules use."""

import gc
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from racohort.manifests import DATA, gathered, path_of
from tests.support.project import small_project

settings.register_profile("suite", deadline=None, max_examples=50)  # a busy machine is slow, and that is no fault
settings.load_profile("suite")
gc.disable()  # nothing that is collected goes before the end

#: Files that take longest come first, so that no process is left alone with one at the end.
LONGEST = (
    "test_dirty",
    "test_torture",
    "test_verification",
    "test_five_cohorts",
    "test_reports",
    "test_browser",
    "test_editions",
    "test_leaks",
    "test_wording",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def pytest_collection_finish() -> None:
    """From here on look for garbage, but not among the modules and tests that are there now."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the variables of the make or of the report that started it."""
    told = ("RC_", "RACOHORT_WORK", "RACOHORT_ID", "RACOHORT_FOLDER", "RACOHORT_ROOT", "RACOHORT_BUILD", "MAKE", "MFLAGS")
    for name in list(os.environ):
        if name.startswith(told) or name == "PYTHON":
            monkeypatch.delenv(name)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project tree, which the package takes for its own."""
    monkeypatch.setenv("RACOHORT_ROOT", str(tmp_path / "project"))
    return small_project(tmp_path / "project")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sections and books without kernels and Sphinx; returns the names of the sections that ran, in order."""
    ran: list[str] = []
    monkeypatch.setenv("RACOHORT_WORKERS", "1")
    monkeypatch.setattr("racohort.warm.start", lambda: None)
    monkeypatch.setattr("racohort.engine.run_section", _quick_section(ran))
    monkeypatch.setattr("racohort.book.build_book", _quick_book)
    return ran


def _quick_section(ran: list[str]) -> Callable[..., float]:
    def run_section(
        section: str, notebook: Path, target: Path, parameters: dict, given: dict, limits: dict, ending: str
    ) -> float:
        ran.append(section)
        work = Path(given["RACOHORT_WORK"])
        for folder in (target.parent, work / "results", work / "data", work / "records", work / "manifests"):
            folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(notebook.read_bytes())
        (work / "results" / f"{section}.parquet").write_text(json.dumps(parameters, sort_keys=True))
        if section == "cleaning":
            (work / "data" / "adsl.csv").write_bytes(Path(given["RACOHORT_FOLDER"], "raw.csv").read_bytes())
            (work / "records" / "ledger.csv").write_text("file,line\n")
            path_of(work, DATA).write_text("{}")
        path_of(work, section).write_bytes(gathered(work, section, ending, {}, [f"results/{section}.parquet"]).as_bytes())
        return 0.1

    return run_section


def _quick_book(pages: Path, html: Path, log: Path, strict: bool = True) -> None:
    html.mkdir()
    (html / "index.html").write_text(f"{sorted(path.name for path in pages.rglob('*.ipynb'))} strict={strict}")
