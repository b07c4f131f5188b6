"""The reference vectors, and the runner itself: it must fail what is wrong and name what it does not know.

Oracles: as each vector of vectors.json says; R 4.2.2 for r_closed_forms.json and r_models.json, made by the scripts in
reference/r, whose versions of packages stand in `meta`.
"""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.vectors import FUNCTIONS, agrees, main, run_vector

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "tests" / "reference" / name for name in ("vectors.json", "r_closed_forms.json", "r_models.json")]
VECTORS = [vector for file in FILES for vector in json.loads(file.read_text(encoding="utf-8"))["vectors"]]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_reference_vector(vector):
    assert run_vector(vector) == ""


def test_every_function_of_the_vectors_is_implemented():
    assert {vector["function"] for vector in VECTORS} <= set(FUNCTIONS)


@pytest.mark.parametrize(
    ("expected", "answer", "tol", "verdict"),
    [
        (1.0, 1.0 + 1e-9, 1e-8, True),
        (1.0, 1.0 + 1e-7, 1e-8, False),
        (1000.0, 1000.5, 1e-3, True),
        (1000.0, 1002.0, 1e-3, False),
        (0, 0.0, 0, True),
        (1, 1.0000000001, 0, False),
        (0.5, math.nan, 1, False),
        (math.inf, math.inf, 0, True),
        (math.inf, -math.inf, 0, False),
        (math.inf, 1e300, 1e-6, False),
        (None, math.nan, 0, True),
        (None, None, 0, True),
        (None, (math.nan, math.nan), 0, True),
        (None, {"a": math.nan, "b": None}, 0, True),
        (None, {"a": math.nan, "b": 1}, 0, False),
        (None, 0.0, 0, False),
        (None, [], 0, False),
        (True, True, 0, True),
        (True, 1, 0, False),
        (1, True, 0, False),
        ("low", "low", 0, True),
        ("low", None, 0, False),
        ([0.1, 0.2], (0.1, 0.2), 1e-9, True),
        ([0.1, 0.2], np.array([0.1, 0.2]), 1e-9, True),
        ([0.1, 0.2], (0.1,), 1e-9, False),
        ([True, False], [True, False], 0, True),
        ([], [], 0, True),
        ({"a": 1.0}, {"a": 1.0, "more": 2.0}, 0, True),
        ({"a": 1.0}, {"b": 1.0}, 0, False),
        ({"ci": [None, 2.0]}, {"ci": (math.nan, 2.0)}, 0, True),
        ({"a": 1.0}, 1.0, 0, False),
    ],
)
def test_what_agrees(expected, answer, tol, verdict):
    assert agrees(expected, answer, tol) is verdict


def run(tmp_path: Path, vectors: list[dict], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"vectors": vectors}), encoding="utf-8")
    status = main([str(path)])
    return status, capsys.readouterr().out.splitlines()


GOOD = {"id": "rule-1", "function": "lundex", "inputs": {"n_started": 4, "n_still_on_study": 2, "n_responders_among_still_on": 1},
        "expected": 0.25, "tol": 1e-9}  # fmt: skip


def test_a_file_of_right_answers_passes_with_status_zero(tmp_path, capsys):
    assert run(tmp_path, [GOOD], capsys) == (0, ["1 passed, 0 failed, 0 not implemented"])


def test_wrong_answers_and_errors_are_one_line_each_and_fail(tmp_path, capsys):
    wrong = [GOOD | {"id": "w-1", "expected": 0.3}, GOOD | {"id": "w-2", "inputs": {"n": 1}}]
    status, lines = run(tmp_path, [GOOD, *wrong], capsys)
    assert status == 1
    assert lines[-1] == "1 passed, 2 failed, 0 not implemented"
    assert len(lines) == 3
    assert lines[0] == "w-1: expected 0.3, got 0.25"
    assert lines[1].startswith("w-2: lundex raised TypeError")


def test_an_unknown_function_is_named_and_does_not_fail(tmp_path, capsys):
    status, lines = run(tmp_path, [GOOD | {"id": "u-1", "function": "phrenology"}], capsys)
    assert status == 0
    assert lines == ["u-1: phrenology is not implemented", "0 passed, 0 failed, 1 not implemented"]


def test_a_descriptive_name_is_not_an_argument(tmp_path, capsys):
    assert run(tmp_path, [GOOD | {"inputs": GOOD["inputs"] | {"name": "half left"}}], capsys)[0] == 0


def test_the_runner_is_a_module_with_a_usage_line():
    done = subprocess.run([sys.executable, "-m", "tests.vectors"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage: python -m tests.vectors FILE.json" in done.stderr
