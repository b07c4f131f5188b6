"""That a notebook is told where what it computes with is not what was installed for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from racohort.interpreter import check_interpreter, strays
from racohort.places import UsageError

LOOK = "import importlib, sys; importlib.import_module(sys.argv[1]); from racohort.interpreter import check_interpreter as c; c()"


def test_this_interpreter_has_only_its_own_modules() -> None:
    assert strays() == {}
    check_interpreter()


@pytest.mark.parametrize("name", ["seaborn", "statistics", "pandas"])
def test_a_module_beside_the_notebook_that_takes_the_place_of_another_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("")
    done = subprocess.run([sys.executable, "-c", LOOK, name], cwd=tmp_path, capture_output=True, text=True)
    assert f"UsageError: {name} was imported from " in done.stderr
    assert f"{name}.py, not as installed: rename that file" in done.stderr


def test_a_module_of_the_users_own_is_no_stray(tmp_path: Path) -> None:
    (tmp_path / "my_helpers.py").write_text("")
    assert subprocess.run([sys.executable, "-c", LOOK, "my_helpers"], cwd=tmp_path).returncode == 0


def test_another_interpreter_than_that_of_the_report_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACOHORT_PREFIX", sys.prefix)
    check_interpreter()
    monkeypatch.setenv("RACOHORT_PREFIX", "/another")
    with pytest.raises(UsageError, match="the report with that of /another"):
        check_interpreter()
