"""The commands as a user types them: help, exit status, words of a failure, and variables that make passes untouched."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from racohort import engine
from racohort.cli import main
from racohort.failures import explain
from tests.support.project import small_cohort

ROOT = Path(__file__).resolve().parents[1]
VERBS = [
    "report", "reports", "test", "bench", "power", "torture", "lint", "lab", "check", "compare", "verify", "cohort", "synthesise",
    "doctor", "clean", "distclean",
]  # fmt: skip


def racohort(*words: str, **variables: str) -> Result:
    return CliRunner().invoke(main, list(words), env=variables)


def test_every_verb_has_help_with_an_example_and_every_target_is_a_verb() -> None:
    for verb in VERBS:
        said = racohort(verb, "--help")
        assert said.exit_code == 0
        assert f"Examples:\n    racohort {verb}" in said.output
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets == ["help", *VERBS]


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'pydantic', 'papermill', 'nbformat', 'sphinx', 'ruamel'} & set(sys.modules)"
    script = f"import sys; from racohort.cli import main\ntry: main(['report', '--help'])\nexcept SystemExit: print({heavy})"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.endswith("set()\n")


#: The command around a verb, or the lack of one, that is sent a signal from within its own process.
SENT = """
import atexit, os, signal, sys, types
if "{when}" != "under nohup": signal.signal(signal.{signal}, signal.SIG_DFL)  # whoever runs the tests may have it ignored
from racohort import __main__
send = lambda: os.kill(os.getpid(), signal.{signal})
class Importing:
    def find_spec(self, name, *rest): send() if name == "racohort.cli" else None
verb = types.ModuleType("racohort.cli")
verb.main = lambda prog_name: send() if "{when}" in ("while it works", "under nohup") else None
if "{when}" == "before its verb": sys.meta_path.insert(0, Importing())
else: sys.modules["racohort.cli"] = verb
if "{when}" == "after its verb": atexit.register(send)
__main__.command()
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("when", ["before its verb", "while it works", "after its verb"])
def test_a_signal_ends_the_command_before_and_during_its_verb_never_with_a_traceback(when: str, number: str) -> None:
    script = SENT.format(signal=number, when=when)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    ended = {"before its verb": -getattr(signal, number), "while it works": 1, "after its verb": 0}
    assert (done.returncode, done.stdout, done.stderr) == (ended[when], "", "")


def test_a_run_started_with_nohup_goes_on_when_its_terminal_closes() -> None:
    script = SENT.format(signal="SIGHUP", when="under nohup")
    assert subprocess.run(["nohup", sys.executable, "-c", script], capture_output=True).returncode == 0


def test_a_report_ends_with_the_path_of_its_first_page(project: Path, quick: list[str]) -> None:
    said = racohort("report", "--cohort", "small")
    assert said.exit_code == 0
    assert said.output.splitlines()[-1] == str(project / "book" / "_build" / "small" / "html" / "index.html")


def test_variables_of_make_mean_the_same_as_options(project: Path, quick: list[str]) -> None:
    said = racohort("report", RC_COHORT="small", RC_SET="alpha=0.01", RC_RUN="strict", RC_ONLY="safety", RC_FORCE="1")
    assert said.exit_code == 0
    assert quick == ["cleaning", "safety"]
    assert (project / "book" / "_build" / "small--strict" / "run.json").exists()


def test_empty_variables_count_as_not_given(project: Path, quick: list[str]) -> None:
    small_cohort(project / "data" / "cohorts" / "wang2019-synthetic", "wang2019-synthetic")
    assert racohort("report", RC_COHORT="", RC_SET="", RC_RUN="", RC_ONLY="", RC_FORCE="", RC_VERBOSE="").exit_code == 0
    assert (project / "book" / "_build" / "wang2019-synthetic").exists()


def test_a_set_without_a_run_says_what_it_replaces(project: Path, quick: list[str]) -> None:
    assert "SET without RUN: this run replaces the unnamed run" in racohort("report", "--cohort=small", "--set=alpha=0.1").output
    assert "SET without RUN" not in racohort("report", "--cohort=small", "--set=alpha=0.1", "--run=a").output


@pytest.mark.parametrize(
    "words",
    [
        ["--cohort", "../../etc"],
        ["--cohort", ".."],
        ["--cohort", "it's"],
        ["--cohort", "x; touch P"],
        ["--cohort", "nobody"],
        ["--cohort", "small", "--run", "../a"],
        ["--cohort", "small", "--set", "alhpa=1"],
        ["--cohort", "small", "--set", "alpha=x"],
        ["--cohort", "small", "--only", "x"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_ends_with_2_makes_nothing_and_shows_no_traceback(project: Path, quick: list[str], words: list[str]) -> None:
    said = racohort("report", *words)
    assert said.exit_code == 2
    assert "Traceback" not in said.output
    assert quick == []
    assert not list((project / "book" / "_build").glob("[!.]*"))


def test_a_faulty_cohort_file_ends_with_1_and_says_what_where_and_what_to_do(project: Path, quick: list[str]) -> None:
    path = project / "data" / "cohorts" / "small" / "cohort.yml"
    path.write_text(path.read_text() + "nonsense: 1\n")
    said = racohort("report", "--cohort", "small")
    assert said.exit_code == 1
    assert "nonsense" in said.output
    assert "Traceback" not in said.output


def test_a_failed_section_is_told_in_at_most_five_lines_with_the_notebook_to_open(tmp_path: Path) -> None:
    error = engine.SectionFailed("safety", "ValueError: a\nb\nc\nd\ne", 4, tmp_path / "03-safety.ipynb")
    lines = explain(error)
    assert len(lines) <= 5
    assert lines[0].startswith("The section safety failed")
    assert lines[-1] == f"  cell 4 of the notebook to open: {tmp_path / '03-safety.ipynb'}"


def test_a_traceback_is_shown_only_when_asked_for(project: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(section: str, notebook: Path, *rest: object) -> float:
        raise engine.SectionFailed(section, "ValueError: odd", 3, notebook, "Traceback (most recent call last)")

    monkeypatch.setattr("racohort.engine.run_section", fails)
    quiet, loud = racohort("report", "--cohort=small"), racohort("report", "--cohort=small", "--verbose")
    assert (quiet.exit_code, loud.exit_code) == (1, 1)
    assert "Traceback" not in quiet.output
    assert "Traceback" in loud.output


def test_synthesise_writes_the_files_it_names(tmp_path: Path) -> None:
    said = racohort("synthesise", "--seed", "5", "--out", str(tmp_path / "made"))
    assert said.exit_code == 0
    assert (tmp_path / "made" / "cohort.yml").is_file()
    assert racohort("synthesise", "--seed", "5").exit_code == 2
    assert racohort("synthesise", "--parameters", str(tmp_path / "none.yml"), "--out", str(tmp_path / "b")).exit_code == 2


def test_synthesise_never_writes_over_a_cohort_it_did_not_make(tmp_path: Path) -> None:
    folder = small_cohort(tmp_path / "real", "real")
    before = (folder / "cohort.yml").read_bytes()
    assert racohort("synthesise", "--seed", "5", "--out", str(folder)).exit_code == 2
    assert (folder / "cohort.yml").read_bytes() == before


def test_clean_removes_what_runs_made_and_nothing_under_data(project: Path, quick: list[str]) -> None:
    assert racohort("report", "--cohort", "small").exit_code == 0
    (project / ".venv").mkdir()
    assert racohort("clean").exit_code == 0
    assert not (project / "book" / "_build").exists()
    assert (project / "data" / "cohorts" / "small" / "raw.csv").exists()
    assert (project / ".venv").exists()
    assert racohort("distclean").exit_code == 0
    assert not (project / ".venv").exists()
    assert (project / "data" / "cohorts" / "small" / "raw.csv").exists()


def test_words_for_pytest_and_ruff_are_quoted_as_in_a_shell() -> None:
    assert racohort("test", "--args", "'").exit_code == 2


# --- make ------------------------------------------------------------------------------------------------------------

HOSTILE = [
    "x; touch P",
    "$(shell touch P)",
    "`touch P`",
    "x' ; touch P; '",
    '"; touch P; "',
    "a\nb; touch P",
    "$$(touch P)",
    "-x",
    "$(info P)",
]
ECHO = (
    "import os, sys; print(repr({name: value for name, value in sorted(os.environ.items()) if name.startswith('RC_') and value}))"
)


@pytest.fixture
def make_project(tmp_path: Path) -> Path:
    """The Makefile beside an environment whose `racohort` only says which variables reached it."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    package = tmp_path / "src" / "racohort"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(ECHO)
    (package / "environment.py").write_text("")
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".venv" / "ready").write_text(f"{tmp_path}\n")
    return tmp_path


def make(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, **variables}
    return subprocess.run(["make", *words], cwd=folder, env=surroundings, capture_output=True, text=True)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["COHORT", "SET", "RUN", "ONLY", "ARGS", "PYTHON", "UNHEARD_OF"])
def test_make_passes_a_variable_as_it_was_typed_and_runs_nothing_in_it(make_project: Path, name: str, value: str) -> None:
    for done in (make(make_project, "report", f"{name}={value}"), make(make_project, "report", **{name: value})):
        if name not in ("PYTHON", "UNHEARD_OF"):
            assert f"'RC_{name}': {value!r}" in done.stdout
        assert not (make_project / "P").exists()
        assert "P" not in done.stdout.splitlines()


def test_make_alone_lists_the_commands(make_project: Path) -> None:
    said = make(make_project).stdout
    assert [line.split()[1] for line in said.splitlines()] == ["help", *VERBS]


def test_under_make_every_failure_is_2(make_project: Path) -> None:
    (make_project / "src" / "racohort" / "__main__.py").write_text("raise SystemExit(75)")
    assert make(make_project, "report").returncode == 2


def test_make_sets_up_again_only_when_it_must(make_project: Path) -> None:
    told = make_project / "src" / "racohort" / "environment.py"
    told.write_text("import sys; print('asked for', sys.argv[1])")
    assert "asked for" not in make(make_project, "report").stdout
    assert "asked for set-up\n" in make(make_project, "report", f"PYTHON={sys.executable}").stdout
    (make_project / ".venv" / "ready").write_text("/another/place\n")
    assert "asked for set-up-keeping\n" in make(make_project, "report").stdout
    (make_project / ".venv" / "ready").unlink()
    assert "asked for set-up-keeping\n" in make(make_project, "report").stdout


def test_check_prints_the_findings_and_writes_the_data_sets(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "data" / "catalogue", project / "data" / "catalogue", dirs_exist_ok=True)
    raw = project / "data" / "cohorts" / "small" / "raw.csv"
    raw.write_text(raw.read_text().replace("2,1y,9", "2,1y,many"))
    out = tmp_path / "out"
    for _ in range(2):
        said = racohort("check", "--cohort", "small", "--out", str(out))
        assert said.exit_code == 0
    assert "quarantine raw.csv: line 5, column crp" in said.output
    assert said.output.splitlines()[-1] == f"Written to {out}"
    assert {"adsl.csv", "adlb.parquet", "ledger.csv", "quarantine.csv", "findings.csv"} <= {path.name for path in out.iterdir()}


def test_a_refused_cohort_ends_with_1_and_leaves_its_findings(project: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data" / "catalogue", project / "data" / "catalogue", dirs_exist_ok=True)
    (project / "data" / "cohorts" / "small" / "raw.csv").unlink()
    said = racohort("check", "--cohort", "small", "--out", str(tmp_path / "out"))
    assert said.exit_code == 1
    assert "raw.csv" in said.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["findings.csv"]


def test_check_never_writes_over_files_that_no_check_has_written(project: Path, tmp_path: Path) -> None:
    (tmp_path / "adsl.csv").write_text("raw data of a trial")
    for folder in (tmp_path, project / "data" / "cohorts" / "small"):
        assert racohort("check", "--cohort", "small", "--out", str(folder)).exit_code == 2
    assert (tmp_path / "adsl.csv").read_text() == "raw data of a trial"


def test_a_paper_without_a_claims_file_is_wrong_usage_and_a_faulty_one_is_refused(
    project: Path, quick: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RACOHORT_PAPER", "")
    missing = racohort("report", "--cohort", "small", RC_PAPER=str(tmp_path))
    assert (missing.exit_code, "data/paper/README.md" in missing.output) == (2, True)
    (tmp_path / "claims.yml").write_text("paper: {id: x}\n", "utf-8")
    faulty = racohort("report", "--cohort", "small", "--paper", str(tmp_path))
    assert faulty.exit_code == 1
    assert "claims.yml: paper.title" in faulty.output
    assert quick == []
