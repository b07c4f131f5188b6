"""The environment: project, lock, conda route, Binder, licence and citation agree, and set-up decides rightly what to do."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from racohort import __version__, environment

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NUMERICAL = ["numpy", "scipy", "pandas", "statsmodels", "pingouin", "pyarrow", "scikit-learn", "matplotlib", "seaborn", "patsy"]


def yaml(name: str) -> dict:
    return YAML(typ="safe").load((ROOT / name).read_text("utf-8"))


def entries() -> list[tuple[str, str, str, str]]:
    """The lock's entries: name, version, marker, and the rest with its hashes."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\\n]*))?[ \\]*\n((?:[ \t]+.*\n?)*)", LOCK, re.MULTILINE)
    return [(name, number, marker.strip(), rest) for name, number, marker, rest in found]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required() -> list[str]:
    project = PROJECT["project"]
    words = project["dependencies"] + project["optional-dependencies"]["dev"]
    return [normal(re.match(r"[A-Za-z0-9._-]+", word).group()) for word in words]


def test_every_line_of_the_lock_belongs_to_a_pinned_entry_with_hashes() -> None:
    assert len(entries()) == len(re.findall(r"^\S", LOCK, re.MULTILINE))
    for name, _, _, rest in entries():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", rest), name


def test_no_file_of_the_set_up_names_an_index() -> None:
    names = ["requirements.lock", "pyproject.toml", "environment.yml", "Makefile", ".ci/run", ".pre-commit-config.yaml"]
    names += [".binder/requirements.txt", ".binder/postBuild", "src/racohort/environment.py"]
    for name in names:
        assert not re.search(r"https?://|--index-url|--extra-index|pypi", (ROOT / name).read_text("utf-8")), name


def test_the_lock_holds_every_dependency_of_the_project() -> None:
    locked = {normal(name) for name, *_ in entries()}
    assert set(required()) <= locked
    assert not [marker for name, _, marker, _ in entries() if normal(name) in required() and marker]


@pytest.mark.parametrize("name", NUMERICAL)
def test_the_lock_holds_one_version_of_each_numerical_library_for_every_python(name: str) -> None:
    found = [(number, marker) for known, number, marker, _ in entries() if normal(known) == name]
    assert len(found) == 1
    assert "python" not in found[0][1]


@pytest.mark.parametrize("name", sorted(set(required()) - {"types-openpyxl"}))
def test_what_is_installed_is_what_the_lock_says(name: str) -> None:
    assert version(name) in [number for known, number, *_ in entries() if normal(known) == name]


def test_jupyter_book_is_the_last_of_its_first_line() -> None:
    assert [number for name, number, *_ in entries() if name == "jupyter-book"] == ["1.0.4.post1"]


def test_the_conda_route_and_binder_read_the_same_lock() -> None:
    conda = yaml("environment.yml")
    assert conda["dependencies"][-1] == {"pip": ["--requirement requirements.lock"]}
    assert conda["dependencies"][0].startswith("python >=3.11")
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert (ROOT / ".binder/requirements.txt").read_text() == "--requirement ../requirements.lock\n"
    assert (ROOT / ".binder/runtime.txt").read_text() == "python-3.11\n"
    assert os.access(ROOT / ".binder/postBuild", os.X_OK)


def test_notebooks_name_the_kernel_that_every_route_registers() -> None:
    words = ["--name", "racohort", "--display-name", "RA cohort (Python)"]
    assert words == environment.KERNEL
    for name in ("environment.yml", ".binder/postBuild"):
        assert '--name racohort --display-name "RA cohort (Python)"' in (ROOT / name).read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        kernel = json.loads(path.read_text("utf-8"))["metadata"]["kernelspec"]
        assert (kernel["name"], kernel["display_name"]) == ("racohort", "RA cohort (Python)"), path.name


def test_the_licence_is_named_alike_everywhere() -> None:
    assert PROJECT["project"]["license"] == yaml("CITATION.cff")["license"] == "GPL-3.0-or-later"
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "Version 3, 29 June 2007" in text
    assert "GPL-3.0-or-later" in (ROOT / "book/decisions/0002-choose-a-licence.md").read_text("utf-8")


def test_the_citation_names_this_version_and_the_paper() -> None:
    citation = yaml("CITATION.cff")
    assert citation["version"] == PROJECT["project"]["version"] == __version__
    assert citation["authors"] == [{"name": "The racohort developers"}]
    paper = citation["references"][0]
    assert paper["doi"] == "10.2147/DDDT.S225613"
    assert (paper["year"], paper["volume"], len(paper["authors"])) == (2019, 13, 9)
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_git_ignores_every_cohort_but_synthetic_ones() -> None:
    def ignored(name: str) -> bool:
        return subprocess.run(["git", "check-ignore", "--no-index", "-q", name], cwd=ROOT).returncode == 0

    if not (ROOT / ".git").exists():
        assert "data/cohorts/*\n!data/cohorts/wang2019-synthetic/" in (ROOT / ".gitignore").read_text("utf-8")
        return
    assert ignored("data/cohorts/xian-2014/cohort.yml")
    assert ignored("data/cohorts/xian-2014/raw/visits.xlsx")
    assert not ignored("data/cohorts/wang2019-synthetic/raw/visits.csv")


# --- set-up ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A project folder to set up, in which a step only notes what it was told to do."""
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text(LOCK if name == "requirements.lock" else "[project]\n")
    told: list[str] = []

    def step(root: Path, words: str, command: list[str]) -> None:
        told.append(words.split(" with ")[0].split(" (")[0])
        if "venv" in command:
            (root / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
            (root / ".venv" / "bin" / "python").write_text("")

    monkeypatch.setattr(environment, "_step", step)
    monkeypatch.setattr(environment, "offline", lambda python: [])
    return told


WHOLE = [
    "making .venv",
    "getting the installer",
    "installing the packages of requirements.lock",
    "installing racohort",
    "registering its kernel",
]


def test_the_first_set_up_does_every_step_and_the_second_none(tmp_path: Path, steps: list[str]) -> None:
    environment.set_up(tmp_path)
    assert steps == WHOLE
    assert (tmp_path / ".venv" / "ready").read_text().splitlines()[0] == str(tmp_path)
    environment.set_up(tmp_path)
    assert steps == WHOLE


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(tmp_path: Path, steps: list[str]) -> None:
    environment.set_up(tmp_path)
    steps.clear()
    (tmp_path / "requirements.lock").write_text(LOCK + "# changed\n")
    environment.set_up(tmp_path)
    assert steps == WHOLE[1:]


@pytest.mark.parametrize("change", ["interrupted", "moved", "python"])
def test_an_interrupted_moved_or_other_python_makes_the_environment_anew(tmp_path: Path, steps: list[str], change: str) -> None:
    environment.set_up(tmp_path)
    ready = tmp_path / ".venv" / "ready"
    if change == "interrupted":
        ready.unlink()
    elif change == "moved":
        ready.write_text(ready.read_text().replace(str(tmp_path), "/another/place"))
    else:
        ready.write_text(re.sub('"python": "[^"]*"', '"python": "3.12.1 /usr"', ready.read_text()))
    steps.clear()
    environment.set_up(tmp_path)
    assert steps == WHOLE


def test_without_a_named_python_an_environment_keeps_the_one_it_was_made_with(tmp_path: Path, steps: list[str]) -> None:
    environment.set_up(tmp_path)
    ready = tmp_path / ".venv" / "ready"
    ready.write_text(re.sub('"python": "[^"]*"', '"python": "3.12.1 /usr"', ready.read_text()))
    steps.clear()
    environment.set_up(tmp_path, keep=True)
    assert steps == []


def test_a_step_that_fails_leaves_no_stamp_and_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "surroundings", lambda python: dict(os.environ))
    words = "for n in range(9): print('line', n)\nraise SystemExit(1)"
    with pytest.raises(environment.SetupFailed) as error:
        environment._step(tmp_path, "doing something", [sys.executable, "-c", words])
    assert str(error.value).splitlines()[0] == "Set-up stopped at: doing something"
    assert "line 8" in str(error.value)
    assert "line 2" not in str(error.value)


def test_the_installer_is_taken_from_the_lock_with_its_hashes() -> None:
    block = environment.locked("uv", LOCK)
    assert re.match(r"uv==\d", block)
    assert all(line.lstrip().startswith("--hash=") for line in block.splitlines()[1:])
    with pytest.raises(environment.SetupFailed, match="does not name nothing"):
        environment.locked("nothing", LOCK)


def test_set_up_writes_bytecode_and_lets_uv_follow_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links =\n    {tmp_path}/a\n    {tmp_path}/b\n")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    own = environment.surroundings(sys.executable)
    assert "PYTHONDONTWRITEBYTECODE" not in own
    assert {f"{tmp_path}/a", f"{tmp_path}/b"} <= set(own["UV_FIND_LINKS"].split(","))
    assert environment.offline(sys.executable) == ["--no-index"]
    monkeypatch.setenv("PIP_FIND_LINKS", "/of/the/moment")
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    assert environment.surroundings(sys.executable)["UV_FIND_LINKS"] == "/of/the/moment"
    assert environment.offline(sys.executable) == []


@pytest.mark.parametrize(("own", "refused"), [((3, 10, 14), True), ((3, 11, 0), False), ((3, 13, 0), False)])
def test_a_python_before_3_11_is_refused_with_what_to_type(monkeypatch: pytest.MonkeyPatch, own: tuple, refused: bool) -> None:
    monkeypatch.setattr(environment.sys, "version_info", own)
    if refused:
        with pytest.raises(environment.SetupFailed, match=r"Python 3\.10 is too old.*PYTHON=python3\.12"):
            environment.check_python()
    else:
        environment.check_python()


def test_a_python_without_venv_is_told_debians_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    own = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    with pytest.raises(environment.SetupFailed, match=f"sudo apt install {re.escape(own)}"):
        environment.check_python()


def test_the_doctor_names_what_is_missing_and_how_to_get_it(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    assert environment.doctor(tmp_path) == 0
    said = capsys.readouterr().out
    for words in ("MISSING .venv", "apt install chromium", "fonts-noto-cjk", "wheelhouse", "PIP_NO_INDEX=1"):
        assert words in said
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert environment.doctor(tmp_path) == 1
    assert "-venv" in capsys.readouterr().out


def test_the_doctor_finds_what_is_there(tmp_path: Path, steps: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    environment.set_up(tmp_path)
    environment.doctor(tmp_path)
    assert "ok      .venv, as the lock wants it" in capsys.readouterr().out


def test_clean_refuses_while_a_run_is_at_work(tmp_path: Path) -> None:
    import fcntl

    lock = tmp_path / "book" / "_build" / ".work" / "small.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        held.write("4711")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(environment.SetupFailed, match=r"at work in small \(process 4711\)"):
            environment.clean(tmp_path)
    environment.clean(tmp_path)
    assert not (tmp_path / "book" / "_build").exists()


def at(folder: Path, verb: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(folder)
    return environment.main([verb])


def test_the_makefiles_words_do_what_they_say(tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert at(tmp_path, "set-up", monkeypatch) == 0
    assert at(tmp_path, "set-up-keeping", monkeypatch) == 0
    assert at(tmp_path, "clean", monkeypatch) == 0
    assert (tmp_path / ".venv").exists()
    assert at(tmp_path, "distclean", monkeypatch) == 0
    assert not (tmp_path / ".venv").exists()
    assert at(tmp_path, "doctor", monkeypatch) == 0
    (tmp_path / "requirements.lock").write_text("")

    def fails(root: Path, keep: bool = False) -> None:
        raise environment.SetupFailed("no network")

    monkeypatch.setattr(environment, "set_up", fails)
    assert at(tmp_path, "set-up", monkeypatch) == 1
