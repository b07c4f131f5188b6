"""A sample of the long runs: corrupted cohorts, mutated files, truncated files; `make torture` runs them whole."""

import dataclasses
import hashlib
import json
import random
from pathlib import Path

import pytest

from tests import torture
from tests.corruption import engine, mutation
from tests.corruption.drafts import draw_draft, write_draft
from tests.corruption.faults import EVERY_CLASS, FAULTS

#: So many of each are tried in every run.
COHORTS, FILES = 15, 100


def test_the_clean_cohorts_have_no_finding_and_come_in_every_shape_and_kind_of_file():
    drafts = [draw_draft(seed) for seed in range(60)]
    assert {sheet.shape for draft in drafts for sheet in draft.sheets} == {"subject", "visit", "long", "wide", "event"}
    assert {draft.kind for draft in drafts} >= {"csv", "tsv", "xlsx", "parquet", "xpt", "csv.gz", "zip"}
    assert not engine.clean_cohort(3)[1].findings


def test_corrupted_cohorts_drawn_are_answered_rightly_and_nothing_is_lost_in_silence():
    seeds = random.Random(20191219).sample(range(2_000), COHORTS)
    wrong = {seed: answer for seed in seeds if (answer := engine.judge(seed))[1]}
    assert not wrong


def test_every_fault_names_the_classes_that_are_right_and_leaves_its_mark():
    draft = draw_draft(0)
    assert len(FAULTS) > 100
    for fault in FAULTS:
        assert fault.classes
        assert set(fault.classes) <= set(EVERY_CLASS)
        assert not (fault.same and {"quarantine", "reject"} & set(fault.classes))
    assert engine.corrupted(11)[2] != engine.clean_cohort(engine.corrupted(11)[0])[0]
    assert draft == draw_draft(0)


def test_a_value_that_changes_without_a_word_is_noticed():
    _, before = engine.clean_cohort(3)
    data = before.data
    assert data is not None
    adqs = data.adqs.assign(AVAL=data.adqs["AVAL"].where(data.adqs.index != 0, 7.25))
    other = dataclasses.replace(before, data=dataclasses.replace(data, adqs=adqs))
    assert "not a word" in engine.changed_in_silence(other, before, [])[0]
    assert not engine.same(other, before)
    assert not engine.changed_in_silence(before, before, [])


def test_cells_that_do_not_add_up_are_noticed():
    _, before = engine.clean_cohort(3)
    assert before.clean is not None
    assert not engine.unaccounted(before)
    lost = dataclasses.replace(before.clean, cells=before.clean.cells.assign(used=0))
    assert any("do not add up" in wrong for wrong in engine.unaccounted(dataclasses.replace(before, clean=lost)))


def test_mutated_files_are_read_or_refused_with_a_reason():
    seeds = random.Random(20191219).sample(range(10_000), FILES)
    answers = {seed: mutation.judge(seed) for seed in seeds}
    assert not {seed: wrong for seed, (_, wrong) in answers.items() if wrong}
    assert {kind.split()[0] for what, _ in answers.values() for kind in what} == set(mutation.KINDS)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "xpt", "csv.gz", "zip"])
def test_a_file_with_a_declared_hash_is_refused_for_any_difference_and_with_declared_rows_for_any_row_lost(tmp_path, kind):
    draft = next(draft for draft in map(draw_draft, range(1000)) if draft.kind == kind)
    path = Path(write_draft(draft, tmp_path / "cohort"))
    said = json.loads((path / "cohort.yml").read_text("utf-8"))
    file = path / said["files"][-1]["path"]
    data, rows = file.read_bytes(), len(draft.sheets[-1].rows)
    rng = random.Random(7)
    for number in range(6):
        said["files"][-1] |= (
            {"sha256": hashlib.sha256(data).hexdigest()} if number < 2 else {"sha256": None, "expected_rows": rows}
        )
        (path / "cohort.yml").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
        cut = data[: rng.randrange(1, len(data) - len(data) // rows // 2)]
        file.write_bytes(mutation.mutated(data, rng) + b"\n" if number < 2 else cut)
        assert engine.check(f"{path}").cls == "reject"


def test_a_run_stops_at_its_count_adds_to_what_was_reached_and_names_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setitem(torture.PARTS, "mutation", torture.Part(odd_is_wrong, 10))
    said: list[str] = []
    first = torture.run("mutation", 5, 0, 1, said.append)
    assert (first.count, first.wrong, first.tried) == (5, 2, {"even": 3, "odd": 2})
    assert said == ["mutation 1 (odd): 1 is odd", "mutation 3 (odd): 3 is odd"]
    torture.write([first], tmp_path)
    text = torture.write([torture.run("mutation", 4, 3, 1, lambda _: None)], tmp_path).read_text("utf-8")
    assert "mutation: 7 different cases of 10, 4 wrong" in text
    assert "mutation 3 (odd): 3 is odd" in text


def odd_is_wrong(number: int) -> tuple[list[str], list[str]]:
    return ["odd" if number % 2 else "even"], [f"{number} is odd"] if number % 2 else []
