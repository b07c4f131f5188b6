"""Parameters: declared by notebooks, overridden by `cohort.yml` and `SET`, checked by name and exact type."""

import json
from pathlib import Path

import pytest

from racohort.parameters import declared_parameters, read_settings, resolve_parameters, value_from_text, value_from_yaml
from racohort.places import UsageError

LITERALS = {"cohort": "x", "run": "", "alpha": 0.05, "seed": 20191219, "primary": ["DAS28", "HAQDI"], "visit": "", "exact": True}


def notebook(folder: Path, source: str) -> Path:
    path = folder / "04-efficacy.ipynb"
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source.splitlines(keepends=True)}
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# x"}, cell]}))
    return path


def test_the_parameters_cell_is_read_with_and_without_annotations(tmp_path: Path) -> None:
    source = 'alpha: float = 0.05  # two-sided\nprimary = ["DAS28", "HAQDI"]\nseed = 1\nexact = True\nlow = -1.5\n'
    assert declared_parameters(notebook(tmp_path, source)) == {
        "alpha": 0.05,
        "primary": ["DAS28", "HAQDI"],
        "seed": 1,
        "exact": True,
        "low": -1.5,
    }


@pytest.mark.parametrize(
    "line", ["alpha = 1 / 20", "import os", "a = b = 1", "Alpha = 1", "x = None", "x = {'a': 1}", "x = [[1]]", "x: int"]
)
def test_anything_but_a_plain_literal_in_the_parameters_cell_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError, match=r"04-efficacy\.ipynb, parameters cell, line 2"):
        declared_parameters(notebook(tmp_path, f"ok = 1\n{line}"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("alpha=0.01", {"alpha": "0.01"}),
        ("a=1  b='two words' c=\"it's\"", {"a": "1", "b": "two words", "c": "it's"}),
        ("primary=DAS28,CRP visit=", {"primary": "DAS28,CRP", "visit": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a='$(touch P); `x`'", {"a": "$(touch P); `x`"}),
        ("a=1\nb=2", {"a": "1", "b": "2"}),
    ],
)
def test_set_is_read_with_the_quoting_of_a_shell_and_nothing_is_expanded(text: str, expected: dict[str, str]) -> None:
    assert read_settings(text) == expected


@pytest.mark.parametrize(
    ("text", "words"), [("alpha", "not name=value"), ("a='1", "No closing quotation"), ("a=1 a=2", "given twice")]
)
def test_a_set_that_cannot_be_read_is_told(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_settings(text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("alpha", "0.01", 0.01),
        ("alpha", "1", 1.0),
        ("alpha", "1e-3", 0.001),
        ("alpha", "-.5", -0.5),
        ("seed", "7", 7),
        ("seed", "-7", -7),
        ("exact", "false", False),
        ("primary", "CRP", ["CRP"]),
        ("primary", "CRP, ESR", ["CRP", "ESR"]),
        ("primary", "", []),
        ("visit", "007", "007"),
        ("visit", "Jahr 3 年", "Jahr 3 年"),
    ],
)
def test_a_text_becomes_a_value_of_exactly_the_literals_type(name: str, text: str, value: object) -> None:
    made = value_from_text(name, text, LITERALS[name])
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("alpha", "nan"), ("alpha", "inf"), ("alpha", "1_000.0"), ("alpha", "0x1"), ("alpha", "five"), ("alpha", ""),
        ("alpha", "0,05"), ("seed", "1.0"), ("seed", "1e3"), ("seed", "1_000"), ("seed", "True"), ("seed", "9" * 16),
        ("exact", "1"), ("exact", "True"), ("visit", "a\nb"), ("visit", "a\x00b"),
    ],
)  # fmt: skip
def test_a_text_of_another_type_is_refused_with_the_default_named(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"SET: {name}=.* is not .*default is {name}="):
        value_from_text(name, text, LITERALS[name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", True),
        ("alpha", "0.05"),
        ("seed", 1.0),
        ("seed", True),
        ("exact", 1),
        ("visit", 3),
        ("primary", "CRP"),
        ("primary", [1]),
    ],
)
def test_a_yaml_value_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"cohort.yml, parameters: {name}"):
        value_from_yaml(name, value, LITERALS[name])


def test_a_whole_number_in_yaml_may_stand_for_a_number() -> None:
    assert value_from_yaml("alpha", 1, 0.05) == 1.0


def test_set_goes_before_the_cohort_file_and_that_before_the_notebook() -> None:
    values, sources = resolve_parameters(LITERALS, {"alpha": 0.1, "seed": 3}, {"alpha": "0.01"})
    assert (values["alpha"], values["seed"], values["visit"]) == (0.01, 3, "")
    assert (sources["alpha"], sources["seed"], sources["visit"]) == ("SET", "cohort.yml", "notebook")
    assert "cohort" not in values


def test_an_unknown_parameter_is_refused_with_a_suggestion_and_the_list() -> None:
    with pytest.raises(
        UsageError, match=r"no parameter 'alhpa'. Did you mean 'alpha'\? There are: alpha, exact, primary, seed, visit"
    ):
        resolve_parameters(LITERALS, {}, {"alhpa": "0.01"})
    with pytest.raises(UsageError, match=r"cohort\.yml: there is no parameter '__class__'"):
        resolve_parameters(LITERALS, {"__class__": 1}, {})


def test_the_cohort_and_the_run_cannot_be_set_as_parameters() -> None:
    with pytest.raises(UsageError, match="is set by COHORT="):
        resolve_parameters(LITERALS, {}, {"cohort": "other"})
