"""A sample of the kills and failing writes, and of other faults of the machine; `make torture` goes on."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from racohort import publish
from tests.faults import write
from tests.faults.books import MARK, ROOT, copied, outlived, survivors, whole

#: So many failing writes are tried in every run.
WRITES = 24


def test_a_child_ends_with_the_process_that_asked_for_it_even_by_sigkill() -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    script = f"import sys; from racohort.child import run_python; run_python({code!r}, [], sys.stdout.buffer)"
    mark = {**os.environ, MARK: "child", "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=mark) as asking:
        assert asking.stdout is not None
        asking.stdout.readline()
        assert len(survivors("child")) == 2
        asking.kill()
    assert outlived("child") == []


def test_a_change_on_the_disk_that_fails_leaves_the_old_or_the_new_book_and_is_told_in_words() -> None:
    numbers = random.Random(20191219).sample(range(600), WRITES)
    answers = {number: write.judge(number) for number in numbers}
    assert not {number: wrong for number, (_, wrong) in answers.items() if wrong}
    assert {what for tried, _ in answers.values() for what in tried} >= set(write.FAULTS)


def test_a_cut_a_missing_and_a_foreign_file_of_a_book_are_noticed(tmp_path: Path) -> None:
    project = copied(write.pattern_folder(), tmp_path)
    before = project.book()
    assert whole(project, before, 0.05, set(before)) == []
    assert whole(project, {}, 0.05, set(before)) == []
    (project.published / "html" / "index.html").write_text("")
    (project.published / "results" / "ledger.csv").unlink()
    (project.published / "results" / "adsl.csv").write_text("x")
    assert whole(project, before, 0.01, set(before)) == [
        "results/ledger.csv is missing",
        "run.json is not that of the run asked for",
        "results/adsl.csv is not what was recorded",
        "results/ledger.csv is not what was recorded",
        "index.html is cut short",
    ]


def test_a_folder_that_cannot_take_its_place_leaves_the_earlier_one_there(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "run.json").write_text("{}")
    with pytest.raises(OSError):
        publish.replace(tmp_path / "small", tmp_path / "missing")
    assert (tmp_path / "small" / "run.json").read_text() == "{}"


def test_a_build_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    project = copied(write.pattern_folder(), tmp_path)
    before = project.book()
    status, said = write.report(project, 0.01, 2, "EROFS")
    assert (status, project.book()) == (1, before)
    assert "Read-only file system" in said
    assert "set RACOHORT_BUILD to a folder where you may" in said


def test_a_second_run_of_the_command_ends_with_75_and_names_the_process_of_the_first(tmp_path: Path) -> None:
    project = copied(write.pattern_folder(), tmp_path)
    with publish.hold(project.published):
        status, said = write.report(project, 0.01)
    assert status == 75
    assert f"process {os.getpid()}" in said


def test_files_from_the_future_change_nothing_and_stop_nothing(tmp_path: Path) -> None:
    project = copied(write.pattern_folder(), tmp_path)
    before, later = project.book(), time.time() + 40 * 365 * 86_400
    for path in project.root.rglob("*"):
        os.utime(path, (later, later))
    status, said = write.report(project, 0.05)
    assert (status, project.book()) == (0, before)
    assert "nothing was done" in said
    (project.root / "data" / "cohorts" / "small" / "raw.csv").write_text("patient,visit,crp\n1,baseline,12\n1,1y,9\n")
    assert write.report(project, 0.05)[0] == 0
    assert project.book() != before
