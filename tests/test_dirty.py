"""The dirty files of tests/reference/dirty_cases.json: each gets its class, its words, and the data it must give."""

import json
import os
import random
from pathlib import Path

import pytest

from tests import dirty

CORPUS = Path(__file__).parent / "reference" / "dirty_cases.json"
MORE = Path(__file__).parent / "reference" / "more_dirty_cases.json"
#: So many of the further cases are tried in every run; all of them where RACOHORT_TORTURE is set.
SAMPLE = 20


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    return dirty.run(json.loads(CORPUS.read_text("utf-8")), tmp_path_factory.mktemp("dirty"))


def test_every_dirty_file_gets_the_right_class_and_words(judged):
    wrong = {case["id"]: faults for case, faults in judged if faults}
    assert len(judged) == 106
    assert not wrong


def test_the_last_line_of_the_report_counts_what_passed(judged):
    lines = dirty.report(judged)
    assert lines[-1] == "106 passed, 0 failed"
    assert len(lines) > 4


def test_a_wrong_class_is_told_in_one_line_and_fails(tmp_path, capsys):
    corpus = json.loads(CORPUS.read_text("utf-8"))
    corpus["cases"] = [{**next(case for case in corpus["cases"] if case["id"] == "C07"), "expected": "reject"}]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(corpus), "utf-8")
    assert dirty.main([f"{file}"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("C07 ")
    assert "expected reject" in said[0]
    assert said[-1] == "0 passed, 1 failed"


def test_every_further_dirty_file_drawn_gets_the_right_class_and_words(tmp_path):
    corpus = json.loads(MORE.read_text("utf-8"))
    names = [case["id"] for case in corpus["cases"]]
    drawn = set(names if os.environ.get("RACOHORT_TORTURE") else random.Random(20191219).sample(names, SAMPLE))
    judged = dirty.run(corpus, tmp_path, drawn)
    assert len(judged) == len(drawn)
    assert not {case["id"]: faults for case, faults in judged if faults}


def test_the_further_cases_have_names_of_their_own_and_reach_every_class():
    cases = json.loads(MORE.read_text("utf-8"))["cases"]
    assert len({case["id"] for case in cases}) == len(cases)
    assert {case["expected"] for case in cases} == {"reject", "normalise", "quarantine", "warn"}
