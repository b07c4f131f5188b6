"""`codecheck.yml` of a finished run, against what specification 2.0 asks of an author."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from racohort.codecheck import SPECIFICATION, describe
from racohort.pipeline import make_report, prepare

ROOT = Path(__file__).parents[1]


@pytest.fixture
def published(project: Path, quick: list[str]) -> Path:
    (project / "CITATION.cff").write_bytes((ROOT / "CITATION.cff").read_bytes())
    return make_report(prepare("small"), say=lambda line: None).parents[1]


def test_it_names_files_that_are_there_and_has_what_an_author_must_give(published: Path) -> None:
    text = (published / "codecheck.yml").read_text("utf-8")
    assert text.split("\n")[:2] == ["%YAML 1.1", "---"]
    said = YAML(typ="safe", pure=True).load(text)
    assert said["version"] == SPECIFICATION
    named = [entry["file"] for entry in said["manifest"]]
    assert named == ["results/adsl.csv", "html/index.html"]
    assert all((published / name).is_file() for name in named)
    assert said["paper"]["title"] == "Report on A small cohort"
    assert {"title", "authors", "reference"} == set(said["paper"])


def test_a_title_with_signs_of_yaml_is_a_title() -> None:
    run = {"id": "a", "title": "x: [1] # “a” \\ 'b' \"c\"\n- d", "run": "b"}
    assert YAML(typ="safe", pure=True).load(describe(run, {"f": "g"}))["paper"]["title"] == f"Report on {run['title']} b"


def test_the_citation_of_the_program_lies_beside_the_report(published: Path) -> None:
    assert (published / "CITATION.cff").read_bytes() == (ROOT / "CITATION.cff").read_bytes()
