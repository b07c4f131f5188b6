"""Many reports: each made or its failure told, none stopped by another, nothing done twice, with and without Dask."""

import json
from pathlib import Path

import pytest

from racohort import reports
from racohort.cli import main
from racohort.places import UsageError
from racohort.reports import Request, make_apart, make_reports, read_requests, summarise_reports
from racohort.shelf import published_runs, write_shelf
from tests.faults import cluster
from tests.support.project import small_cohort


@pytest.fixture
def ward(project: Path, tmp_path: Path) -> Path:
    """A folder with three cohorts, the second of which has no file."""
    for name in ("a", "b", "c"):
        small_cohort(tmp_path / "ward" / name, name)
    (tmp_path / "ward" / "b" / "raw.csv").unlink()
    return tmp_path / "ward"


def asked(text: str) -> list[Request]:
    return read_requests(text, text.split())


def test_a_folder_of_cohorts_is_each_of_them_and_a_folder_with_a_cohort_is_one(ward: Path) -> None:
    assert [Path(one.cohort).name for one in asked(str(ward))] == ["a", "b", "c"]
    assert [one.cohort for one in asked(str(ward / "a"))] == [str(ward / "a")]


def test_a_table_names_cohorts_with_their_settings_and_runs(ward: Path, tmp_path: Path) -> None:
    (tmp_path / "cuts.csv").write_text(f"cohort,set,run\n{ward}/a,alpha=0.01,strict\n{ward}/a,,\n")
    assert [(one.settings, one.run) for one in asked(str(tmp_path / "cuts.csv"))] == [("alpha=0.01", "strict"), ("", "")]


@pytest.mark.parametrize(
    ("table", "why"), [("name\na\n", "has the columns name; a table of runs has cohort, set, run"), ("cohort\na\na\n", "twice")]
)
def test_a_table_that_cannot_be_used_says_why(project: Path, tmp_path: Path, table: str, why: str) -> None:
    (tmp_path / "t.csv").write_text(table)
    with pytest.raises(UsageError, match=why):
        asked(str(tmp_path / "t.csv"))


def test_no_cohort_at_all_is_wrong_usage(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no cohort"):
        read_requests("", [])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"holds a cohort\.yml"):
        asked(str(tmp_path / "empty"))


def test_one_that_fails_is_told_and_stops_no_other_and_a_second_call_does_nothing(ward: Path, quick: list[str]) -> None:
    said: list[str] = []
    done = make_reports(asked(str(ward)), said.append)
    assert [bool(one.page) for one in done] == [True, False, True]
    assert "there is no file 'raw.csv'" in done[1].why
    assert summarise_reports(done)[-1] == "2 of 3 reports are there."
    ran = len(quick)
    assert all(Path(one.page).is_file() for one in make_reports(asked(str(ward)), said.append) if one.page)
    assert len(quick) == ran


def test_the_verb_ends_with_1_where_one_failed(ward: Path, quick: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["reports", "--cohorts", str(ward)])
    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 3 reports are there."


def test_the_task_of_a_lost_worker_waits_for_the_run_that_still_holds_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from subprocess import CompletedProcess

    answers = [CompletedProcess([], 75, "", "another run holds a"), CompletedProcess([], 0, "a: title\n/x/index.html\n", "")]
    monkeypatch.setattr(reports, "PAUSE", 0)
    monkeypatch.setattr(reports, "report_apart", lambda request, **given: answers.pop(0))
    assert make_apart(Request("a"), "/x").page == "/x/index.html"
    assert answers == []


def test_a_dask_worker_that_is_lost_with_its_report_costs_no_book_and_no_book_is_made_twice() -> None:
    assert cluster.judge(2, machine=True) == ([], "2 of 3 reports are there.")


def test_the_shelf_lists_every_whole_run_and_escapes_what_a_cohort_says(tmp_path: Path) -> None:
    for name, title in (("a", "<script>x</script>"), ("b--strict", "B"), ("cut", "C")):
        folder = tmp_path / name
        (folder / "html").mkdir(parents=True)
        (folder / "results").mkdir()
        told = {"id": name, "title": title, "synthetic": name == "a", "privacy": "publish" if name == "a" else "internal",
                "times": {"finished": f"2020-01-0{len(name)}T10:00:00Z"}}  # fmt: skip
        (folder / "run.json").write_text(json.dumps(told))
        if name != "cut":
            (folder / "html" / "index.html").write_text("x")
    rows = ["statistic,method,by,category,count,n", "coverage,as_printed,,,33,40", "count,-,flow,ENROLLED,1064,1064", ""]
    (tmp_path / "a" / "results" / "results.csv").write_text("\n".join(rows))
    write_shelf(tmp_path)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert [run["folder"] for run in published_runs(tmp_path)] == ["a", "b--strict"]
    assert "<script" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "33 of 40" in page
    assert "1,064" in page
    assert page.index("b--strict/html") < page.index("a/html/index.html")
    assert page.count(">synthetic<") == 1
    assert "<td>b--strict</td>" in page
    assert (page.count("<td>publish</td>"), page.count("<td>internal</td>")) == (1, 1)
    assert "side by side" not in page
    assert 'url("b--strict/html/_static/fonts/' in page, "the newest book lends its typeface"
    (tmp_path / "_comparison" / "html").mkdir(parents=True)
    (tmp_path / "_comparison" / "html" / "index.html").write_text("x")
    write_shelf(tmp_path)
    assert "_comparison/html/index.html" in (tmp_path / "index.html").read_text("utf-8")
