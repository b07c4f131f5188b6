"""A run made again elsewhere: what is the same is said once, what is not is told by file, row and column."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from racohort.fingerprints import read_json, write_json
from racohort.pipeline import make_report, prepare
from racohort.places import UsageError
from racohort.verification import Differs, compare_results, compare_tables, verify_run
from tests.support.cohorts import table
from tests.support.project import small_project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project's tree with its report, made once with a parameter of its own."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RACOHORT_ROOT", str(small_project(root / "project")))
        make_report(prepare("small", "alpha=0.01"), say=lambda line: None)
    return root / "project"


@pytest.fixture
def published(made: Path, project: Path) -> Path:
    """The published report, in a copy of that tree."""
    shutil.copytree(made, project, dirs_exist_ok=True, symlinks=True)
    return project / "book" / "_build" / "small"


def test_a_run_made_elsewhere_with_its_recorded_parameters_is_the_same(published: Path, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    said: list[str] = []
    assert verify_run("small", say=said.append).startswith("The same: 4 rows in 2 files of results, and ")
    assert "another time zone" in said[-1]
    assert list((tmp_path / "t").iterdir()) == []


def test_a_published_file_that_was_changed_afterwards_is_named(published: Path) -> None:
    with (published / "results" / "adsl.csv").open("a") as file:
        file.write("P9,BL,1\n")
    with pytest.raises(Differs, match=r"results/adsl\.csv: the published file was changed afterwards"):
        verify_run("small", say=lambda line: None)


def test_a_source_file_that_is_another_one_now_is_named_before_anything_runs(published: Path, project: Path) -> None:
    with (project / "data" / "cohorts" / "small" / "raw.csv").open("a") as file:
        file.write("P9,BL,1\n")
    with pytest.raises(Differs, match=r"raw\.csv: the file is another one \(then SHA-256 "):
        verify_run("small", say=lambda line: None)


def test_a_result_that_comes_out_otherwise_is_told_by_file_and_row(published: Path, project: Path) -> None:
    record = read_json(published / "run.json")
    changed = published / "results" / "adsl.csv"
    changed.write_text(changed.read_text().replace("1,baseline,12", "1,baseline,21"))
    write_json(published / "run.json", record | {"results": _recorded(published)})
    with pytest.raises(Differs, match=r"results/adsl\.csv: row 1: crp was '21' and is '12'"):
        verify_run("small", say=lambda line: None)


def _recorded(published: Path) -> list[dict[str, object]]:
    from racohort.record import results_written

    return results_written(published / "results")


def test_what_was_never_published_cannot_be_verified(project: Path) -> None:
    with pytest.raises(UsageError, match="no finished run of 'small'"):
        verify_run("small")


def results(tmp_path: Path, name: str, drawn: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "results.csv").write_text(table(drawn))
    return folder


def test_rows_are_compared_by_result_id_whatever_their_order(tmp_path: Path) -> None:
    then = results(tmp_path, "then", "result_id value\na 1.5\nb 2")
    now = results(tmp_path, "now", "result_id value\nb 3\na 1.5")
    assert compare_results(then, now) == ["results/results.csv: b: value was '2' and is '3'"]


def test_many_differences_of_a_file_are_counted_after_the_first_few(tmp_path: Path) -> None:
    rows = [f"r{number} {number}" for number in range(9)]
    then = results(tmp_path, "then", "\n".join(["result_id value", *rows]))
    now = results(tmp_path, "now", "result_id value\nr0 0")
    (now / "more.csv").write_text("a\n1\n")
    found = compare_results(then, now)
    assert found[0] == "results/more.csv: there is such a file only now"
    assert found[-1] == "results/results.csv: and 3 more differences"
    assert "results/results.csv: r1: the row was there and is not" in found


def test_a_file_that_is_not_made_now_is_named(tmp_path: Path) -> None:
    then = results(tmp_path, "then", "result_id value\na 1")
    (tmp_path / "now").mkdir()
    assert compare_results(then, tmp_path / "now") == ["results/results.csv: there is no such file now"]


@pytest.mark.parametrize(
    ("was", "became", "exact", "same"),
    [("0.5", "0.5000001", True, False), ("0.5", "0.5000001", False, True), ("0.5", "0.500001", False, False),
     ("P1", "P2", False, False), ("", "0.5", False, False), ("-2", "-2.0", False, True)],
)  # fmt: skip
def test_under_other_versions_numbers_are_equal_within_the_tolerance(was: str, became: str, exact: bool, same: bool) -> None:
    then, now = pd.DataFrame({"value": [was]}, ["a"]), pd.DataFrame({"value": [became]}, ["a"])
    assert (list(compare_tables(then, now, exact)) == []) is same
