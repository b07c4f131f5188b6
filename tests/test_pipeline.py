"""What runs, what is left alone, and what is published: whole or not at all."""

import ast
import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from racohort import book, engine, fingerprints, publish, reach
from racohort.fingerprints import read_json
from racohort.parameters import code_of
from racohort.pipeline import NEEDS, STEMS, Refused, chosen_sections, make_report, prepare
from racohort.places import UsageError
from racohort.publish import Busy
from racohort.record import announcement
from racohort.terms import SECTIONS
from tests.support.project import section_notebook, small_cohort

#: Every section, in the order in which one worker runs them: what most others wait for first.
ALL = ["cleaning", "efficacy", "participants", "safety", "robustness", "concordance"]


def report(
    settings: str = "", run: str = "", cohort: str = "small", only: tuple[str, ...] = (), force: bool = False
) -> list[str]:
    """Make a report and return what was said."""
    said: list[str] = []
    make_report(prepare(cohort, settings, run), only, force, said.append)
    return said


def published(project: Path, name: str = "small") -> dict:
    return read_json(project / "book" / "_build" / name / "run.json")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_every_section_has_its_needs_before_it() -> None:
    assert list(NEEDS) == list(SECTIONS)
    for section, needs in NEEDS.items():
        assert all(SECTIONS.index(need) < SECTIONS.index(section) for need in needs)


def test_a_notebook_reads_the_results_of_sections_that_it_needs_and_of_no_others() -> None:
    for section, stem in STEMS.items():
        text = Path(__file__).parents[1].joinpath("notebooks", f"{stem}.ipynb").read_text("utf-8")
        named = re.findall(r"io\.read_results\(study((?:, \\\"\w+\\\")*)\)", text)
        assert set(re.findall(r"\w+", " ".join(named))) <= set(NEEDS[section])
    assert named, "the last section reads the others' results"


def test_the_first_run_runs_every_section_in_order_and_publishes_the_whole_folder(project: Path, quick: list[str]) -> None:
    said = report()
    assert quick == ALL
    assert [line.split()[0] for line in said] == [*ALL, "book"]
    folder = project / "book" / "_build" / "small"
    whole = ["codecheck.yml", "html", "notebooks", "results", "ro-crate-metadata.json", "run.json"]
    assert sorted(path.name for path in folder.iterdir()) == whole
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["adsl.csv", "ledger.csv"]
    assert len(list((folder / "notebooks").iterdir())) == 6


def test_the_record_says_what_the_run_was_made_from(project: Path, quick: list[str]) -> None:
    report("alpha=0.01")
    record = published(project)
    assert (record["id"], record["run"], record["synthetic"], record["seed"]) == ("small", "", True, 20191219)
    assert record["parameters"]["alpha"] == {"value": 0.01, "source": "SET"}
    assert record["parameters"]["seed"] == {"value": 20191219, "source": "notebook"}
    assert record["inputs"][0]["file"] == "raw.csv"
    assert len(record["inputs"][0]["sha256"]) == 64
    assert {"python", "numpy", "pandas", "pingouin"} <= set(record["versions"])
    assert {name: bool(value) for name, value in record["code"].items()} == {"key": True, "commit": False, "clean": False}
    assert record["sections"] == list(SECTIONS)
    assert set(record["times"]["seconds"]) == {*ALL, "book"}


def test_rows_of_an_input_come_from_cleanings_own_record(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = engine.run_section

    def with_sources(section: str, notebook: Path, target: Path, parameters: dict, given: dict, *rest: Any) -> float:
        seconds = before(section, notebook, target, parameters, given, *rest)
        if section == "cleaning":
            Path(given["RACOHORT_WORK"], "records", "sources.csv").write_text("file,sheet,rows\nraw.csv,a,3\nraw.csv,b,1\n")
        return seconds

    monkeypatch.setattr("racohort.engine.run_section", with_sources)
    report()
    assert published(project)["inputs"][0]["rows"] == 4


def test_a_second_run_with_nothing_changed_does_nothing_and_says_so(project: Path, quick: list[str]) -> None:
    report()
    before = published(project)
    quick.clear()
    assert report() == ["Nothing has changed since the last run; nothing was done."]
    assert (quick, published(project)) == ([], before)


def test_a_run_with_nothing_to_do_imports_no_pandas_no_yaml_no_papermill_and_no_sphinx(project: Path, quick: list[str]) -> None:
    report()
    heavy = "{'pandas', 'numpy', 'ruamel', 'pydantic', 'papermill', 'nbformat', 'sphinx', 'jupyter_client'} & set(sys.modules)"
    script = f"import sys; from racohort.pipeline import *; make_report(prepare('small')); print(sorted({heavy}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["Nothing has changed since the last run; nothing was done.", "[]"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("alpha=0.01", ["efficacy", "safety", "robustness", "concordance"]),
        ("primary=CRP", ["efficacy", "robustness", "concordance"]),
        ("primary_visit=Y1", ["concordance"]),
        ("alpha=0.05", []),
    ],
)
def test_a_changed_parameter_reruns_only_what_depends_on_it(
    project: Path, quick: list[str], settings: str, expected: list[str]
) -> None:
    report()
    quick.clear()
    report(settings)
    assert quick == expected


def test_a_parameter_that_changes_no_result_reruns_nothing_downstream(project: Path, quick: list[str]) -> None:
    report()
    quick.clear()
    change(project / "notebooks" / "05-robustness.ipynb", "was run", "has run")
    report()
    assert quick == ["robustness"]


def test_an_edited_raw_file_reruns_everything(project: Path, quick: list[str]) -> None:
    report()
    quick.clear()
    change(project / "data" / "cohorts" / "small" / "raw.csv", "30", "31")
    report()
    assert quick == ALL


def test_a_touched_raw_file_reruns_nothing(project: Path, quick: list[str]) -> None:
    report()
    quick.clear()
    os.utime(project / "data" / "cohorts" / "small" / "raw.csv", (1, 1))
    assert "nothing was done" in report()[0]


@pytest.mark.parametrize("name", ["data/catalogue/analytes.yml", "requirements.lock"])
def test_a_changed_catalogue_or_lock_reruns_everything(project: Path, quick: list[str], name: str) -> None:
    report()
    quick.clear()
    (project / name).write_text("changed")
    report()
    assert quick == ALL


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("formats.py", ALL),
        ("figures/liver.py", ALL),
        ("safety/liver.py", ["safety", "concordance"]),
        ("mmrm/fit.py", ["efficacy", "concordance"]),
        ("crate.py", []),
        ("intake/cohort.py", []),
    ],
)
def test_a_changed_module_reruns_the_sections_that_import_it_and_a_new_one_all(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch, module: str, expected: list[str]
) -> None:
    for section, stem in STEMS.items():
        told = section_notebook(section, code_of(Path(__file__).parents[1] / "notebooks" / f"{stem}.ipynb"))
        (project / "notebooks" / f"{stem}.ipynb").write_text(told, "utf-8")
    report()
    hashes = fingerprints.code_hashes()
    for changed, rerun in (({module: "changed"}, expected), ({"figures/another.py": "new"}, ALL)):
        quick.clear()
        monkeypatch.setattr(fingerprints, "code_hashes", lambda changed=changed: hashes | changed)
        said = report()
        assert quick == rerun
        assert said[-1].split()[0] == "book"


def test_nothing_that_a_section_imports_is_missed() -> None:
    code = code_of(Path(__file__).parents[1] / "notebooks" / f"{STEMS['robustness']}.ipynb")
    statements = [line for line in code.splitlines() if re.match(r"\s*(from|import) ", line)]
    said = "import sys; print(*(each.__file__ for name, each in sys.modules.items() if name.startswith('racohort')), sep='\\n')"
    program = "\n".join([*statements, "dir(figures), dir(tables), report.say_patterns", said])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = {Path(file).relative_to(reach.PACKAGE).as_posix() for file in done.stdout.splitlines()}
    assert len(imported) > 100
    assert imported <= reach.reached(code)


def test_what_looks_like_an_import_is_every_import_of_the_package() -> None:
    for module in reach.PACKAGE.rglob("*.py"):
        code, names = module.read_text("utf-8"), set()
        for statement in ast.walk(ast.parse(code)):
            names |= {alias.name for alias in statement.names} if isinstance(statement, ast.Import) else set()
            if isinstance(statement, ast.ImportFrom):
                assert not statement.level, f"{module.name}: an import is told by its whole name"
                names |= {f"{statement.module}.{alias.name}" for alias in statement.names}
        own = {name for name in names if name.startswith("racohort.")}
        assert own <= {*reach.names_of(code)}, module.name


def test_a_changed_page_builds_the_book_and_runs_no_section(project: Path, quick: list[str]) -> None:
    report()
    quick.clear()
    change(project / "book" / "index.md", "first page", "front page")
    said = report()
    assert quick == []
    assert said[-1].split()[0] == "book"


def test_a_parameter_in_the_cohort_file_reruns_what_depends_on_it(project: Path, quick: list[str]) -> None:
    report()
    quick.clear()
    small_cohort(project / "data" / "cohorts" / "small", "small", "parameters: {primary_visit: Y1}\n")
    report()
    assert quick == ["concordance"]
    assert published(project)["parameters"]["primary_visit"] == {"value": "Y1", "source": "cohort.yml"}


def test_a_result_that_was_lost_or_altered_is_made_again(project: Path, quick: list[str]) -> None:
    report()
    work = project / "book" / "_build" / ".work" / "small"
    (work / "results" / "safety.parquet").write_text("altered")
    (work / "notebooks" / "05-robustness.ipynb").unlink()
    quick.clear()
    report()
    assert quick == ["safety", "robustness"]


def test_force_runs_everything_again(project: Path, quick: list[str]) -> None:
    report()
    quick.clear()
    report(force=True)
    assert quick == ALL


def test_only_runs_a_section_with_what_it_needs_and_says_the_report_is_partial(project: Path, quick: list[str]) -> None:
    report(only=("safety",))
    assert quick == ["cleaning", "safety"]
    assert published(project)["sections"] == ["cleaning", "safety"]
    page = (project / "book" / "_build" / "small" / "html" / "index.html").read_text()
    assert page == "['01-cleaning.ipynb', '03-safety.ipynb'] strict=False"
    quick.clear()
    report()
    assert quick == ["efficacy", "participants", "robustness", "concordance"]
    assert "strict=True" in (project / "book" / "_build" / "small" / "html" / "index.html").read_text()


def test_only_takes_the_name_of_a_section_or_of_its_notebook() -> None:
    assert chosen_sections(["03-safety"]) == chosen_sections(["safety"]) == ["cleaning", "safety"]
    assert chosen_sections(["concordance"]) == list(SECTIONS)
    with pytest.raises(UsageError, match="no section 'safty'"):
        chosen_sections(["safty"])


def test_a_named_run_stands_beside_the_unnamed_one(project: Path, quick: list[str]) -> None:
    report()
    report("alpha=0.01", run="strict")
    assert published(project)["parameters"]["alpha"]["value"] == 0.05
    assert published(project, "small--strict")["parameters"]["alpha"]["value"] == 0.01
    assert published(project, "small--strict")["run"] == "strict"


def test_the_same_id_from_another_folder_is_refused(project: Path, quick: list[str], tmp_path: Path) -> None:
    report()
    other = small_cohort(tmp_path / "other", "small")
    with pytest.raises(Refused, match=r"'small' already names the cohort in data/cohorts/small.*another id"):
        prepare(str(other))


def test_an_id_that_spells_another_cohorts_named_run_is_refused(project: Path, quick: list[str], tmp_path: Path) -> None:
    report(run="strict")
    with pytest.raises(Refused, match="already names"):
        prepare(str(small_cohort(tmp_path / "other", "small--strict")))


def test_a_cohort_folder_that_has_moved_keeps_its_id(project: Path, quick: list[str], tmp_path: Path) -> None:
    first = small_cohort(tmp_path / "first", "clinic")
    report(cohort=str(first))
    first.rename(tmp_path / "second")
    quick.clear()
    assert "nothing was done" in report(cohort=str(tmp_path / "second"))[0]


def test_a_missing_raw_file_is_refused_before_anything_runs(project: Path, quick: list[str]) -> None:
    (project / "data" / "cohorts" / "small" / "raw.csv").unlink()
    with pytest.raises(Refused, match=r"no file 'raw\.csv'"):
        report()
    assert quick == []


def test_a_failed_section_leaves_the_earlier_report_as_it_was(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report()
    before = {path: path.read_bytes() for path in (project / "book" / "_build" / "small").rglob("*") if path.is_file()}

    monkeypatch.setattr("racohort.engine.run_section", failing("safety", engine.run_section))
    with pytest.raises(engine.SectionFailed):
        report("alpha=0.01")
    assert before == {path: path.read_bytes() for path in (project / "book" / "_build" / "small").rglob("*") if path.is_file()}


def test_a_notebook_that_is_changed_while_the_report_is_made_leaves_the_earlier_report_as_it_was(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report()
    before, run_section = published(project), engine.run_section

    def edited(section: str, source: Path, *given: Any) -> float:
        seconds = run_section(section, source, *given)
        if section == "concordance":
            change(project / "notebooks" / "01-cleaning.ipynb", "# Cleaning", "# Cleaned")
        return seconds

    monkeypatch.setattr("racohort.engine.run_section", edited)
    with pytest.raises(Refused, match="notebook of cleaning, or what it wrote, was changed"):
        report(force=True)
    assert published(project) == before


def test_on_a_disk_without_room_for_the_report_nothing_begins(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=150_000_000))
    with pytest.raises(Refused, match=r"with 150 MB free; this report needs 200 MB\. Free some, or"):
        report()
    assert quick == []
    assert not (project / "book" / "_build" / "small").exists()


def test_a_failed_section_keeps_what_was_finished_before_it(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = engine.run_section
    monkeypatch.setattr("racohort.engine.run_section", failing("safety", runs))
    with pytest.raises(engine.SectionFailed):
        report()
    assert not (project / "book" / "_build" / "small").exists()
    monkeypatch.setattr("racohort.engine.run_section", runs)
    quick.clear()
    report()
    assert quick == ["safety", "robustness", "concordance"]


def test_a_section_that_wrote_no_results_has_failed(project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    report()
    monkeypatch.setattr("racohort.engine.run_section", lambda *given: 0.1)
    with pytest.raises(engine.SectionFailed, match="did not write its results"):
        report(force=True)


def test_a_book_that_fails_leaves_the_earlier_report_as_it_was(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report()
    before = published(project)

    def fails(pages: Path, html: Path, log: Path, strict: bool = True) -> None:
        raise book.BookFailed(["index.md:1: WARNING: odd"], log)

    monkeypatch.setattr("racohort.book.build_book", fails)
    change(project / "book" / "index.md", "first page", "front page")
    with pytest.raises(book.BookFailed):
        report()
    assert published(project) == before
    assert (project / "book" / "_build" / "small" / "html" / "index.html").exists()


def test_a_path_of_this_machine_is_never_published(project: Path, quick: list[str]) -> None:
    change(project / "book" / "index.md", "first page", "first page")
    path = project / "notebooks" / "02-participants.ipynb"
    path.write_text(section_notebook("participants", f"note = '{project}/data'"))
    with pytest.raises(book.BookFailed) as error:
        report()
    assert error.value.faults == ["notebooks/02-participants.ipynb holds a path of this machine"]


def test_a_second_run_at_the_same_time_is_told_who_holds_the_folder(project: Path, quick: list[str]) -> None:
    lock = project / "book" / "_build" / ".work" / "small.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        held.write("4711")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy, match=r"another run holds small \(process 4711\)"):
            report()
    report()
    assert quick == ALL


def test_a_kill_between_the_two_renames_is_mended_by_the_next_run(project: Path, quick: list[str]) -> None:
    report()
    folder = project / "book" / "_build" / "small"
    before = published(project)
    folder.rename(folder.parent / ".old-small")
    publish.new_folder(folder)
    assert "nothing was done" in report()[0]
    assert published(project) == before
    assert sorted(path.name for path in folder.parent.iterdir()) == [".work", "index.html", "small"]


def test_a_kill_after_the_second_rename_keeps_the_new_folder(tmp_path: Path) -> None:
    for name in ("small", ".old-small"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "which").write_text(name)
    publish.recover(tmp_path / "small")
    assert (tmp_path / "small" / "which").read_text() == "small"
    assert not (tmp_path / ".old-small").exists()


def test_a_run_note_that_was_cut_short_counts_as_no_note(project: Path, quick: list[str]) -> None:
    report()
    (project / "book" / "_build" / ".work" / "small" / "state.json").write_text('{"sections": {"clean')
    quick.clear()
    report()
    assert quick == ALL


def test_only_parameters_that_differ_from_the_notebooks_own_are_injected(project: Path, quick: list[str], tmp_path: Path) -> None:
    run = prepare("small", "alpha=0.01 seed=20191219", "strict")
    assert run.given("safety") == {"run": "strict", "alpha": 0.01}
    assert run.given("robustness") == {"run": "strict"}
    other = prepare(str(small_cohort(tmp_path / "other", "other")))
    assert other.given("safety") == {"cohort": "other"}


def test_stems_number_the_notebooks_in_order() -> None:
    assert json.dumps(list(STEMS.values())[:2]) == '["01-cleaning", "02-participants"]'


def failing(section: str, runs: Callable[..., float]) -> Callable[..., float]:
    """The runner of sections, with one that fails."""

    def run_section(name: str, *rest: Any) -> float:
        if name == section:
            raise engine.SectionFailed(name, "ValueError: odd", 3, Path("x"))
        return runs(name, *rest)

    return run_section


def test_keep_going_publishes_what_works_as_a_partial_book_and_still_fails(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("racohort.engine.run_section", failing("efficacy", engine.run_section))
    said: list[str] = []
    with pytest.raises(engine.SectionFailed, match="odd"):
        make_report(prepare("small"), say=said.append, keep_going=True)
    assert quick == ["cleaning", "participants", "safety"]
    assert published(project)["sections"] == ["cleaning", "participants", "safety"]
    assert said[1].split() == ["efficacy", "failed"]


def test_without_keep_going_a_failure_starts_nothing_further(
    project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("racohort.engine.run_section", failing("efficacy", engine.run_section))
    with pytest.raises(engine.SectionFailed, match="odd"):
        report()
    assert quick == ["cleaning"]


def test_the_claims_of_another_paper_are_a_file_of_the_run_and_its_sections_see_them(project, quick, tmp_path, monkeypatch):
    monkeypatch.setenv("RACOHORT_PAPER", "")
    (tmp_path / "paper").mkdir()
    claims = tmp_path / "paper" / "claims.yml"
    claims.write_bytes((Path(__file__).parent / "papers" / "example" / "claims.yml").read_bytes())
    plain = prepare("small")
    assert "RACOHORT_PAPER" not in plain.inputs
    monkeypatch.setenv("RACOHORT_PAPER", str(claims.parent))
    other = prepare("small")
    assert other.inputs.keys() - plain.inputs.keys() == {str(claims)}
    assert other.section_key("cleaning", []) != plain.section_key("cleaning", [])
    make_report(other, say=lambda line: None)
    published = other.published / "run.json"
    assert "claims.yml" in [entry["file"] for entry in json.loads(published.read_text())["inputs"]]
    assert str(tmp_path) not in published.read_text()
    assert "The claims examined are those of Invented" in announcement(other, [])
