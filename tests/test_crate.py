"""A finished run as a research object: one action a notebook, every published result named, no patient's file inside."""

import json
from pathlib import Path
from typing import Any

import pytest

from racohort.crate import PROFILE
from racohort.pipeline import make_report, prepare
from racohort.terms import SECTIONS


@pytest.fixture
def published(project: Path, quick: list[str]) -> Path:
    return make_report(prepare("small"), say=lambda line: None).parents[1]


def entities(folder: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((folder / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    return {entity["@id"]: entity for entity in graph}


def linked(entity: dict[str, Any], name: str) -> list[str]:
    found = entity.get(name, [])
    return [one["@id"] for one in (found if isinstance(found, list) else [found])]


def test_every_notebook_has_its_action_with_tool_input_result_and_end(published: Path) -> None:
    there = entities(published)
    root = there["./"]
    assert linked(root, "conformsTo") == [PROFILE]
    assert linked(root, "mentions") == [f"#run-{section}" for section in SECTIONS]
    for section in SECTIONS:
        action = there[f"#run-{section}"]
        assert action["@type"] == "CreateAction"
        assert linked(action, "instrument") == [f"#notebook-{section}"]
        assert any(path.endswith(f"-{section}.ipynb") for path in linked(action, "result"))
        assert action["endTime"].endswith("+00:00")


def test_later_sections_read_what_cleaning_wrote(published: Path) -> None:
    there = entities(published)
    assert "results/adsl.csv" in linked(there["#run-cleaning"], "result")
    assert "results/adsl.csv" not in linked(there["#run-cleaning"], "object")
    assert {"results/adsl.csv", "#input-raw.csv"} <= set(linked(there["#run-safety"], "object"))


def test_every_result_is_in_the_crate_and_every_entity_that_is_named_is_there(published: Path) -> None:
    there = entities(published)
    files = {path.relative_to(published).as_posix() for path in (published / "results").iterdir()}
    assert files <= set(linked(there["./"], "hasPart"))
    for entity in there.values():
        values = [one for value in entity.values() for one in (value if isinstance(value, list) else [value])]
        named = [one["@id"] for one in values if isinstance(one, dict)]
        assert [name for name in named if name not in there and not name.startswith("https://w3id.org/ro/crate")] == []


def test_a_source_file_is_named_by_its_check_sum_and_stays_out(published: Path) -> None:
    source = entities(published)["#input-raw.csv"]
    assert source["@type"] == "CreativeWork"
    assert source["identifier"].startswith("sha256:")
    assert not list(published.rglob("raw.csv"))


def test_nobody_is_granted_a_licence_to_patients_data(published: Path, project: Path) -> None:
    assert entities(published)["#licence"]["name"] == "GPL-3.0-or-later"
    described = project / "data" / "cohorts" / "small" / "cohort.yml"
    described.write_text(described.read_text().replace("synthetic: true", "synthetic: false"))
    real = make_report(prepare("small"), say=lambda line: None).parents[1]
    assert entities(real)["#licence"]["name"] == "None granted"
