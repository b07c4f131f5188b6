"""The table, the tiles and the record of a run, as a reader sees them."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racohort import claims
from racohort.absence import Absence
from racohort.figures.concordance import plot_verdicts
from racohort.figures.people import of_hundred, plot_people
from racohort.io.paper import read_claims, write_claims
from racohort.io.record import read_run
from racohort.results import as_results, join_results
from racohort.tables.concordance import tabulate_claims, tabulate_coverage, tabulate_rules
from racohort.tables.run import tabulate_files, tabulate_parameters, tabulate_versions
from tests.support.altered import Cohort, cohort

RECORD = {
    "parameters": {"alpha": {"value": 0.05, "source": "SET"}, "primary": {"value": ["DAS28", "HAQDI"], "source": "notebook"},
                   "primary_visit": {"value": "", "source": "notebook"}},
    "inputs": [{"file": "raw/<a>.csv", "sha256": "abc", "rows": None}], "versions": {"python": "3.11.7"},
}  # fmt: skip


@pytest.fixture(scope="module")
def one() -> Cohort:
    return cohort(-0.2)


@pytest.fixture(scope="module")
def ledger(one: Cohort) -> pd.DataFrame:
    return claims.claims_frame(read_claims(), one.results, one.plan, one.catalogue)


def test_the_table_holds_every_claim_with_both_verdicts_and_what_was_seen(one, ledger):
    shown = tabulate_claims(ledger, one.plan)
    assert shown.frame["Claim"].tolist() == ledger["id"].tolist()
    row = shown.frame.set_index("Claim").loc["A9-CRP-1y"]
    assert row["As tested there"] == "agrees"
    assert "n = " in row["What was seen"]
    assert "By the plan: " in row["What was seen"]
    assert "Synthetic cohort." in shown.html()
    assert shown.note.endswith("this proves only the pipeline.")


def test_printed_words_are_in_quotation_marks_and_say_what_they_are_read_as(one, ledger):
    words = tabulate_claims(ledger, one.plan).frame.set_index("Claim")["The paper"]
    assert words["A8-liver-3y-each"] == "“no abnormalities, ... all in the normal range” (Liver function, each value, 3 years)"
    assert words["A1-patients"] == "“64 RA patients”"
    assert "“" not in words["A9-CRP-1y"]


def test_a_row_shows_what_the_paper_would_see_and_opens_to_the_plan_the_rule_and_the_rows(one, ledger):
    row = re.search(r'<tr id="claims-A9-CRP-1y">.*?</tr>', tabulate_claims(ledger, one.plan).html(), re.DOTALL)[0]
    seen, opened = re.search(r"<summary>(.*?)</summary>(.*)</details>", row).groups()
    assert "n = " in seen
    assert "By the plan" not in seen
    assert re.findall(r"<p[^>]*>(\w+)", opened) == ["By", "Rule", "Result"]


def test_what_both_levels_say_is_said_once(one, ledger):
    seen = tabulate_claims(ledger, one.plan).frame.set_index("Claim")["What was seen"]["A8-ig-1y-each"]
    assert seen.count("Most often") == 1


def test_each_rule_is_printed_once_with_the_claims_that_it_judges(ledger):
    shown = tabulate_rules(ledger).frame
    assert shown["What counts as agreement, and what as failure"].is_unique
    assert sorted(", ".join(shown["Claims"]).split(", ")) == sorted(ledger["id"])


def test_coverage_adds_up_at_both_levels(one, ledger):
    paper = read_claims()
    verdicts = claims.judge_claims(paper, one.results, one.plan, one.catalogue)
    shown = tabulate_coverage(join_results(verdicts, claims.count_coverage(verdicts, paper)), one.plan)
    for level in ("As the paper tested it", "By the plan of this report"):
        assert shown.frame[level].astype(int).sum() == 40
    assert "40 claims" in shown.caption


def test_every_tile_says_its_verdict_in_words_and_silence_has_none(one, ledger):
    shown = plot_verdicts(ledger, one.plan)
    assert shown.synthetic
    assert "27 claims" in shown.alt
    assert "agrees 19" in shown.alt
    assert "table of claims" in shown.caption
    assert shown.light != shown.dark


def test_a_paper_without_claims_about_visits_gets_a_sentence_instead_of_tiles(one, ledger):
    shown = plot_verdicts(ledger[ledger["topic"] == ""], one.plan)
    assert isinstance(shown, Absence)


def test_the_record_of_a_run_is_shown_as_tables_and_escaped():
    sources = pd.DataFrame({"file": ["raw/<b>.csv"], "sheet": [""], "shape": ["visit"], "rows": [1234.0], "sha256": ["def"]})
    assert tabulate_parameters(RECORD).frame["Value"].tolist() == ["0.05", "DAS28 and HAQDI", "(empty)"]
    assert tabulate_files(RECORD, sources).frame["Rows"].tolist() == ["1,234"]
    assert tabulate_files(RECORD, sources.iloc[:0]).frame["File"].tolist() == ["raw/<a>.csv"]
    assert "&lt;b&gt;" in tabulate_files(RECORD, sources).html()
    assert tabulate_versions(RECORD).frame["Version"].tolist() == ["3.11.7"]


def test_a_notebook_that_was_run_by_hand_says_that_it_has_no_record():
    sources = pd.DataFrame(columns=["file", "sheet", "shape", "rows", "sha256"])
    for shown in (tabulate_parameters({}), tabulate_versions({}), tabulate_files({}, sources)):
        assert isinstance(shown, Absence)


@dataclass
class Opened:
    """What `read_run` and `write_claims` need of a study."""

    folder: Path


def test_the_ledger_and_the_record_live_in_the_work_folder_of_the_run(tmp_path, ledger):
    study = Opened(tmp_path)
    assert read_run(study) == {}
    (tmp_path / "run.json").write_text(json.dumps(RECORD), encoding="utf-8")
    assert read_run(study) == RECORD
    write_claims(study, ledger)
    written = pd.read_csv(tmp_path / "results" / "claims.csv")
    assert written["id"].tolist() == ledger["id"].tolist()
    assert {"words", "verdict", "why", "result_ids"} <= set(written.columns)


def responses(**counts: int) -> pd.DataFrame:
    """How many patients had which response at the primary visit."""
    common = {"section": "efficacy", "PARAMCD": "DAS28ESR", "AVISIT": "Y1", "statistic": "count", "by": "EULAR"}
    return as_results({**common, "category": name, "count": number, "n": sum(counts.values())} for name, number in counts.items())


def test_a_hundred_people_are_the_patients_in_proportion_with_those_nobody_knows_about(one):
    shown = plot_people(responses(good=13, moderate=20, none=17, missing=14), one.plan)
    assert "20 much better, 31 somewhat better, 27 not better (or worse) and 22 not known" in shown.alt
    assert "From 64 patients" in shown.caption
    assert "without the treatment" in shown.caption
    untreated = plot_people(responses(good=1, moderate=0, none=0, missing=0), replace(one.plan, treated=False))
    assert "without the treatment" not in untreated.caption


def test_without_scores_at_both_times_no_people_are_drawn(one):
    assert isinstance(plot_people(as_results([]), one.plan), Absence)
    assert isinstance(plot_people(responses(good=0, moderate=0, none=0, missing=0), one.plan), Absence)


@given(st.lists(st.integers(0, 300), min_size=4, max_size=4).filter(any))
def test_a_hundred_people_are_always_a_hundred_and_each_share_is_right_to_one(counts):
    found = of_hundred(dict(zip("abcd", counts, strict=True)))
    assert sum(found.values()) == 100
    assert all(abs(found[name] - 100 * count / sum(counts)) < 1 for name, count in zip("abcd", counts, strict=True))
