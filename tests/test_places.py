"""Names and folders: what may name a cohort or a run, and that no name leads out of the project."""

from pathlib import Path

import pytest

from racohort.places import UsageError, check_name, cohort_folder, project_root, report_folder, run_name, work_folder

HOSTILE = [
    "", ".", "..", "../x", "a/b", "/etc/passwd", "-rf", "_x", ".hidden", "a b", "a\n", "a\nb", "a;b", "x; touch P", "$(touch P)",
    "`touch P`", "$HOME", "a'b", 'a"b', "a\\b", "a|b", "a&b", "a*", "a?", "a\0b", "<script>", "a%2e", "~", "a:b", "é", "a" * 65,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_with_the_value_the_rule_and_a_remedy(name: str) -> None:
    with pytest.raises(UsageError) as error:
        check_name(name)
    assert repr(name) in str(error.value)
    assert "letters, digits" in str(error.value)
    assert "Choose another name" in str(error.value)


@pytest.mark.parametrize("name", ["a", "A1", "xian-2014", "c.csv", "北京_2024.csv", "a..b", "a" * 64])
def test_an_ordinary_name_is_kept_as_it_is(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name])
def test_a_hostile_cohort_is_refused_before_any_folder_is_looked_at(project: Path, name: str) -> None:
    with pytest.raises(UsageError):
        cohort_folder(name)


def test_a_named_cohort_lies_in_the_projects_data(project: Path) -> None:
    assert cohort_folder("small") == project / "data" / "cohorts" / "small"
    assert project_root() == project


def test_a_missing_cohort_is_told_with_those_that_are_there(project: Path) -> None:
    with pytest.raises(UsageError, match=r"no cohort 'smal' in data/cohorts \(there: small\)"):
        cohort_folder("smal")


def test_a_cohort_may_be_any_folder_with_a_cohort_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert cohort_folder("data/cohorts/../cohorts/small") == project / "data" / "cohorts" / "small"
    with pytest.raises(UsageError, match=r"no file cohort\.yml"):
        cohort_folder("./data")
    with pytest.raises(UsageError, match="there is no folder"):
        cohort_folder("../../etc/nothing")
    with pytest.raises(UsageError, match="cannot be printed"):
        cohort_folder("./a\nb")


def test_a_link_out_of_the_data_folder_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "cohort.yml").write_text("id: x")
    (project / "data" / "cohorts" / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leaves data/cohorts"):
        cohort_folder("linked")


def test_a_named_run_has_folders_of_its_own(project: Path) -> None:
    assert run_name("a") == "a"
    assert report_folder("a", "strict") == project / "book" / "_build" / "a--strict"
    assert work_folder("a", "strict") == project / "book" / "_build" / ".work" / "a--strict"
    with pytest.raises(UsageError):
        work_folder("a", "../b")


def test_inside_a_section_the_running_report_says_where_things_are(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACOHORT_WORK", "/somewhere/work")
    monkeypatch.setenv("RACOHORT_ID", "clinic")
    monkeypatch.setenv("RACOHORT_FOLDER", "/somewhere/clinic")
    assert work_folder("clinic") == Path("/somewhere/work")
    assert cohort_folder("clinic") == Path("/somewhere/clinic")
    assert cohort_folder("small") == project / "data" / "cohorts" / "small"
