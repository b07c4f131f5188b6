"""Who may import whom: the contracts of pyproject.toml hold."""

import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[1]


def test_every_module_has_its_layer_and_imports_point_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("imported", ["racohort.engine", "jupyter_book.config"])
def test_neither_the_run_nor_the_book_compiles_grammars_of_addresses(imported: str) -> None:
    code = f"import racohort, {imported}, sys; print('jsonschema' in sys.modules, 'lark' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "True False\n"


def test_a_report_is_published_by_a_process_that_imports_no_data_library() -> None:
    code = "import racohort.pipeline, racohort.record, racohort.crate, racohort.codecheck, sys; print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
