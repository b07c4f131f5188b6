"""The paper's claims against cohorts whose answers are known beforehand."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from racohort import claims
from racohort.claims import VERDICTS, claims_frame, count_coverage, judge_claims
from racohort.claims.answers import Answer, Evidence
from racohort.claims.ranges import probability_healthy_passes
from racohort.intervals import clopper_pearson
from racohort.io.paper import read_claims
from racohort.places import project_root
from racohort.printed import ClaimsError, Question, claims_schema, parse_claims
from racohort.report.concordance import coverage_sentence, say_paper
from racohort.results import as_results, select_results
from tests.support.altered import Cohort, cohort
from tests.support.frames import example_catalogue, example_plan

AGREES, DIRECTION, UNDECIDED, CONTRADICTS, UNTESTED = VERDICTS
PAPER = read_claims()
YEAR_1 = {"A9-ESR-1y", "A9-CRP-1y", "A9-RF-1y", "A11-HAQ-1y", "A11-DAS28-1y"}
YEAR_3 = {"A9-ESR-3y", "A9-CRP-3y", "A9-RF-3y", "A10-ACCP-3y", "A11-HAQ-3y", "A11-DAS28-3y"}
SAFETY = {claim.id for claim in PAPER.claims if claim.asks == "range"}


_JUDGED: list[tuple[Cohort, pd.DataFrame]] = []


def judged(one: Cohort) -> pd.DataFrame:
    """The verdicts on a cohort, judged once."""
    for known, rows in _JUDGED:
        if known is one:
            return rows
    _JUDGED.append((one, judge_claims(PAPER, one.results, one.plan, one.catalogue)))
    return _JUDGED[-1][1]


def verdicts(one: Cohort, level: str = "as_printed") -> dict[str, str]:
    rows = select_results(judged(one), method=level)
    return dict(zip(rows["category"], rows["value_text"], strict=True))


def notes(one: Cohort) -> dict[str, str]:
    rows = select_results(judged(one), method="as_printed")
    return dict(zip(rows["category"], rows["note"], strict=True))


# --- the paper's file ---------------------------------------------------------------------------------------------------


def test_every_fact_of_the_abstract_has_a_claim_and_secondary_facts_are_marked():
    facts = {claim.fact for claim in PAPER.claims if claim.source == "paper"}
    assert facts == {f"A{number}" for number in range(1, 15)}
    assert all(claim.fact.startswith("S") for claim in PAPER.claims if claim.source == "secondary")


def test_the_paper_makes_eleven_efficacy_claims_and_none_about_anti_ccp_at_one_year():
    changes = [claim for claim in PAPER.claims if claim.asks == "change"]
    assert {claim.id for claim in changes if not claim.silent} == YEAR_1 | YEAR_3
    assert [claim.id for claim in changes if claim.silent] == ["A10-ACCP-1y"]


def test_the_safety_sentence_is_asked_of_four_panels_at_two_visits_in_two_readings():
    assert len(SAFETY) == 4 * 2 * 2


def test_every_claim_says_what_counts_as_agreement_and_what_as_failure():
    for claim in PAPER.claims:
        rule = claim.rule(PAPER.alpha)
        assert "{" not in rule
        if claim.asks in ("change", "range") and not claim.silent:
            assert {"agrees", "contradicts", "no evidence either way"} <= {verdict for verdict in VERDICTS if verdict in rule}


CLAIM = "  - {id: c1, fact: F1, place: p, words: w, quoted: false, asks: none, why: because}\n"
HEAD = """paper: {id: x, title: t, reference: r, available: abstract}
alpha: 0.05
times: [{year: 1, day: 365, within: 90}]
claims:
"""


def test_another_papers_claims_can_be_put_in(tmp_path):
    (tmp_path / "claims.yml").write_text(HEAD + CLAIM, encoding="utf-8")
    assert [claim.id for claim in read_claims(str(tmp_path)).claims] == ["c1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + CLAIM + CLAIM, "same id"),
        (HEAD + CLAIM.replace("why: because", "why: ''"), "lacks"),
        (HEAD + CLAIM.replace("asks: none", "asks: magic"), "asks"),
        (HEAD + CLAIM.replace("fact: F1", "fact: F1, colour: red"), "colour"),
        (HEAD + CLAIM.replace("asks: none", "asks: change, parameters: [CRP], direction: lower, year: 2"), "times"),
        (HEAD + CLAIM.replace("asks: none", "asks: change, parameters: [CRP], year: 1"), "lacks"),
        (HEAD.replace("alpha: 0.05", "alpha: '0.05'") + CLAIM, "alpha"),
        (HEAD.replace("alpha: 0.05", "alpha: 0.05\nalpha: 0.1") + CLAIM, "duplicate"),
        (HEAD + CLAIM.replace("fact: F1", "fact: !!python/name:os.system x"), "tags"),
        ("a: &b 1\nc: *b\n", "anchors"),
        ("claims: [", "YAML"),
    ],
)
def test_a_claims_file_that_breaks_a_rule_is_refused_by_name(text, told):
    with pytest.raises(ClaimsError, match=told):
        parse_claims(text)


def test_a_missing_claims_file_is_refused_without_naming_a_path_of_this_machine(tmp_path):
    with pytest.raises(ClaimsError, match=r"claims\.yml: cannot be read") as refused:
        read_claims(str(tmp_path))
    assert str(tmp_path) not in str(refused.value)


def test_the_schema_is_made_from_the_code_and_knows_every_key_of_the_file():
    schema = claims_schema()
    assert set(schema["$defs"]["Claim"]["properties"]) >= {"id", "words", "quoted", "asks", "direction", "why"}


def test_the_page_about_claims_files_has_an_example_that_is_accepted_and_names_every_kind_of_question():
    page = (project_root() / "data" / "paper" / "README.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert [claim.id for claim in parse_claims(example).claims] == ["A9-CRP-1y"]
    told = {word for line in page.splitlines() if line.startswith("| `") for word in re.findall("`([a-z]+)`", line.split("|")[1])}
    assert told - {"asks"} == set(get_args(Question))


# --- five cohorts with one thing changed each -----------------------------------------------------------------------------


def test_a_cohort_with_the_papers_pattern_agrees_with_all_eleven_efficacy_claims():
    for level in ("as_printed", "as_planned"):
        found = verdicts(cohort(-0.2), level)
        assert {found[claim] for claim in YEAR_1 | YEAR_3} == {AGREES}


def test_a_cohort_without_a_change_gives_no_evidence_either_way():
    for level in ("as_printed", "as_planned"):
        found = verdicts(cohort(0.0), level)
        assert {found[claim] for claim in YEAR_1 | YEAR_3} == {UNDECIDED}


def test_a_cohort_that_got_worse_contradicts_every_efficacy_claim():
    for level in ("as_printed", "as_planned"):
        found = verdicts(cohort(0.2), level)
        assert {found[claim] for claim in YEAR_1 | YEAR_3} == {CONTRADICTS}


def test_a_cohort_without_the_last_visit_cannot_test_the_claims_about_it():
    found = verdicts(cohort(-0.2, visits=("BL", "Y1")))
    assert {found[claim] for claim in YEAR_1} == {AGREES}
    assert {found[claim] for claim in YEAR_3} == {UNTESTED}
    assert {found[claim] for claim in SAFETY if "-3y-" in claim} == {UNTESTED}
    assert found["A7-visits"] == UNTESTED


def test_a_cohort_without_anti_ccp_cannot_test_the_one_claim_about_it():
    one = cohort(-0.2, without=("ACCP",))
    found = verdicts(one)
    assert found["A10-ACCP-3y"] == UNTESTED
    assert {found[claim] for claim in (YEAR_1 | YEAR_3) - {"A10-ACCP-3y"}} == {AGREES}
    assert notes(one)["A10-ACCP-3y"] == "Anti-CCP was not measured in this cohort."


def test_a_cohort_with_much_drop_out_agrees_on_those_who_stayed_and_says_how_few_they_were():
    one = cohort(-0.2, every=2)
    rows = select_results(judged(one), category="A11-DAS28-3y", method="as_printed")
    assert rows["value_text"].tolist() == [AGREES]
    assert rows["n"].iloc[0] < 24


def test_a_cohort_with_other_visits_is_asked_at_the_visit_nearest_to_the_printed_time():
    one = cohort(0.0, visits=("BL", "M3", "M6", "M9", "M12"), synthetic=False, laboratory=False, events=False, treated=False)
    found = verdicts(one)
    assert {found["A11-DAS28-1y"], found["A11-HAQ-1y"]} == {UNDECIDED}
    assert {found[claim] for claim in YEAR_3 | SAFETY | {"A9-ESR-1y", "A9-CRP-1y", "A9-RF-1y"}} == {UNTESTED}
    rows = judged(one)
    assert set(select_results(rows, category="A11-DAS28-1y")["AVISIT"]) == {"M12"}
    assert "since the first visit" in notes(one)["A11-DAS28-1y"]
    assert "No start of treatment is on record." in notes(one)["A11-DAS28-1y"]
    assert "No start of treatment is on record" in notes(one)["A12-effective"]


@pytest.mark.parametrize(("day", "found"), [(275.0, "V"), (274.9, ""), (455.0, "V"), (455.1, "")])
def test_a_visit_answers_for_a_printed_year_up_to_the_tolerance_and_not_beyond(day, found):
    plan = example_plan(("BL", "Y1"))
    plan = replace(plan, visits=(plan.visits[0], replace(plan.visits[1], AVISIT="V", day=day)))
    visit = Evidence(PAPER, as_results([]), plan, example_catalogue()).visit(1)
    assert (visit.AVISIT if visit else "") == found


# --- single verdicts, by rows made by hand ----------------------------------------------------------------------------------


def crp(t: tuple[float, float], w: float, adjusted: float | None = None, n: int = 40) -> Cohort:
    """CRP at Y1: mean change and its p, the Wilcoxon p, and the p of the ratio after adjustment."""
    parts = {"section": "efficacy", "population": "efficacy", "PARAMCD": "CRP", "AVISIT": "Y1", "contrast": "Y1-BL", "n": n}
    value, p = t
    family = {"p_adjusted": adjusted, "family": "C"} if adjusted is not None else {}
    limits = {"lower": value - 1, "upper": value + 1}
    rows = [
        {**parts, "statistic": "mean_change", "method": "paired_t", "value": value, "p_value": p, **limits},
        {**parts, "statistic": "w", "method": "wilcoxon", "value": 10.0, "p_value": w},
        {**parts, "statistic": "gmr", "method": "paired_t_log", "value": 1 + value / 10, "p_value": p, **family},
    ]
    return Cohort(example_plan(synthetic=False), example_catalogue(), as_results(rows))


@pytest.mark.parametrize(
    ("t", "w", "verdict"),
    [
        ((-2.0, 0.049), 0.049, AGREES), ((-2.0, 0.049), 0.05, DIRECTION), ((-2.0, 0.05), 0.049, DIRECTION),
        ((-2.0, 0.05), 0.05, UNDECIDED), ((2.0, 0.049), 0.05, UNDECIDED), ((2.0, 0.049), 0.049, CONTRADICTS),
        ((0.0, 0.01), 0.5, UNDECIDED), ((-2.0, float("nan")), 0.01, DIRECTION),
    ],
)  # fmt: skip
def test_as_printed_both_tests_must_be_below_the_papers_level_in_one_direction(t, w, verdict):
    assert verdicts(crp(t, w))["A9-CRP-1y"] == verdict


@pytest.mark.parametrize(
    ("t", "adjusted", "verdict"),
    [
        ((-2.0, 0.01), 0.049, AGREES), ((-2.0, 0.01), 0.05, DIRECTION), ((-2.0, 0.06), 0.2, UNDECIDED),
        ((-2.0, 0.01), None, AGREES), ((2.0, 0.01), 0.049, CONTRADICTS), ((2.0, 0.01), 0.05, UNDECIDED),
    ],
)  # fmt: skip
def test_as_planned_the_adjusted_p_decides(t, adjusted, verdict):
    assert verdicts(crp(t, 0.5, adjusted), "as_planned")["A9-CRP-1y"] == verdict


def test_one_pair_is_not_a_test():
    assert verdicts(crp((-2.0, 0.01), 0.01, n=1))["A9-CRP-1y"] == UNTESTED


def liver(outside: int, n: int, position: tuple[float, float, float]) -> Cohort:
    """ALT at Y1: patients outside the range, and the mean position in it with its interval."""
    parts = {"section": "safety", "population": "safety", "PARAMCD": "ALT", "AVISIT": "Y1", "n": n, "level": 0.95}
    mean, lower, upper = position
    low, high = clopper_pearson(outside, n)
    rows = [
        {**parts, "statistic": "out_of_range", "method": "clopper_pearson", "count": outside, "value": outside / n, "lower": low,
         "upper": high},
        {**parts, "statistic": "range_position", "method": "mean", "value": mean, "lower": lower, "upper": upper},
    ]  # fmt: skip
    return Cohort(example_plan(synthetic=False), example_catalogue(), as_results(rows))


@pytest.mark.parametrize(
    ("outside", "n", "printed", "planned"),
    [(0, 64, AGREES, AGREES), (1, 64, CONTRADICTS, AGREES), (2, 64, CONTRADICTS, DIRECTION), (7, 64, CONTRADICTS, UNDECIDED),
     (20, 64, CONTRADICTS, CONTRADICTS), (0, 10, AGREES, DIRECTION)],
)  # fmt: skip
def test_each_value_in_range_is_read_literally_and_against_a_margin_of_ten_per_cent(outside, n, printed, planned):
    one = liver(outside, n, (0.5, 0.4, 0.6))
    assert verdicts(one)["A8-liver-1y-each"] == printed
    assert verdicts(one, "as_planned")["A8-liver-1y-each"] == planned


@pytest.mark.parametrize(
    ("position", "printed", "planned"),
    [((0.5, 0.4, 0.6), AGREES, AGREES), ((0.95, 0.85, 1.05), AGREES, DIRECTION), ((1.02, 0.9, 1.1), CONTRADICTS, UNDECIDED),
     ((1.2, 1.1, 1.3), CONTRADICTS, CONTRADICTS), ((-0.2, -0.3, -0.1), CONTRADICTS, CONTRADICTS),
     ((1.0, 0.9, 1.0), AGREES, AGREES), ((0.5, float("nan"), float("nan")), AGREES, DIRECTION)],
)  # fmt: skip
def test_group_means_in_range_are_judged_by_the_mean_and_by_its_interval(position, printed, planned):
    one = liver(0, 64, position)
    assert verdicts(one)["A8-liver-1y-mean"] == printed
    assert verdicts(one, "as_planned")["A8-liver-1y-mean"] == planned


def test_a_yes_or_no_rule_prints_how_often_a_healthy_group_passes_it():
    told = notes(liver(3, 64, (0.5, 0.4, 0.6)))["A8-liver-1y-each"]
    assert "3 of 64 values (4.7 %)" in told
    assert "none with probability 0.0375" in told  # 0.95 ** 64


def test_the_chance_of_a_healthy_group_is_a_binomial_one_and_multiplies_over_analytes():
    one = probability_healthy_passes(pd.Series([64]), 0.10)
    assert one == pytest.approx(0.95**64 + 64 * 0.05 * 0.95**63)  # at most one outside: 1 of 64 has an upper limit below 10 %
    assert probability_healthy_passes(pd.Series([64, 64]), 0.10) == pytest.approx(one**2)
    assert probability_healthy_passes(pd.Series([10]), 0.10) == 0.0


# --- what can never be tested, and what is only said ----------------------------------------------------------------------


@pytest.mark.parametrize("effect", [-0.2, 0.0, 0.2])
def test_a_single_arm_never_tests_that_the_treatment_is_safe_effective_or_feasible(effect):
    one = cohort(effect)
    found, told = verdicts(one), notes(one)
    for claim in ("A12-safe", "A12-effective", "A12-feasible"):
        assert found[claim] == UNTESTED
        assert "Seen: " in told[claim]


@pytest.mark.parametrize("effect", [-0.2, 0.2])
def test_silence_about_anti_ccp_at_one_year_is_shown_and_is_neither_agreement_nor_contradiction(effect):
    one = cohort(effect)
    rows = select_results(judged(one), category="A10-ACCP-1y")
    assert rows["value_text"].tolist() == [UNTESTED]
    assert "silence is not a claim" in rows["note"].iloc[0]
    assert rows["value"].notna().all()


def test_another_number_of_patients_is_another_cohort_and_contradicts_nothing():
    one = cohort(0.0)
    assert verdicts(one)["A1-patients"] == UNTESTED
    assert "48 patients. It is another cohort" in notes(one)["A1-patients"]


def test_four_per_cent_of_sixty_four_is_no_number_of_patients():
    assert notes(cohort(0.0))["S2-flu"].startswith("No whole number of 64 patients gives it.")


def test_a_synthetic_cohort_says_with_every_verdict_that_it_proves_only_the_pipeline():
    for synthetic in (True, False):
        one = cohort(-0.2) if synthetic else cohort(-0.2, synthetic=False)
        rows = judged(one)
        tested = rows[rows["value_text"] != UNTESTED]
        assert tested["note"].str.contains("proves only the pipeline").all() == synthetic
        assert tested["note"].str.contains("proves only the pipeline").any() == synthetic


# --- the ledger and the coverage ------------------------------------------------------------------------------------------


def test_coverage_counts_answers_and_leaves_out_secondary_facts_and_silence():
    one = cohort(-0.2, visits=("BL", "Y1"))
    rows = judged(one)
    coverage = count_coverage(rows, PAPER)
    headline = select_results(coverage, statistic="coverage", method="as_printed").iloc[0]
    found = {claim: verdict for claim, verdict in verdicts(one).items() if claim.startswith("A") and claim != "A10-ACCP-1y"}
    assert (headline["count"], headline["n"]) == (sum(v != UNTESTED for v in found.values()), len(found))
    for level in ("as_printed", "as_planned"):
        counts = select_results(coverage, statistic="claims", method=level)
        assert counts["value_text"].tolist() == list(VERDICTS)
        assert counts["count"].sum() == len(found)


def test_a_claim_without_a_verdict_or_a_verdict_without_a_reason_stops_the_report():
    one = cohort(0.0)
    rows = judged(one)
    with pytest.raises(ValueError, match="claims without a verdict: A1-patients"):
        count_coverage(rows[rows["category"] != "A1-patients"], PAPER)
    with pytest.raises(ValueError, match="has a reason"):
        Answer(PAPER.claims[0], "as_printed", AGREES, "")
    with pytest.raises(ValueError, match="a verdict is one of"):
        Answer(PAPER.claims[0], "as_printed", "proven", "because")


def test_the_ledger_has_every_claim_once_and_names_result_rows_that_exist():
    one = cohort(-0.2)
    ledger = claims_frame(PAPER, one.results, one.plan, one.catalogue)
    assert ledger["id"].tolist() == [claim.id for claim in PAPER.claims]
    named = {result_id for ids in ledger["result_ids"] for result_id in ids.split()}
    assert named <= set(one.results["result_id"])
    agreeing = ledger[(ledger["verdict"] == AGREES) & (ledger["id"] != "A7-visits")]
    assert not agreeing["result_ids"].eq("").any()
    assert list(ledger.columns) == list(claims.LEDGER)


def test_without_any_result_every_claim_still_has_an_answer():
    nothing = Cohort(example_plan(), example_catalogue(), as_results([]))
    found = verdicts(nothing)
    assert set(found) == {claim.id for claim in PAPER.claims}
    assert {verdict for claim, verdict in found.items() if claim != "A7-visits"} == {UNTESTED}


# --- another paper --------------------------------------------------------------------------------------------------------

EXAMPLE = Path(__file__).parent / "papers" / "example"


def test_an_invented_paper_gets_its_own_verdicts_and_a_changed_claim_the_opposite_one():
    paper, one = read_claims(str(EXAMPLE)), cohort(-0.2, synthetic=False)
    rows = select_results(judge_claims(paper, one.results, one.plan, one.catalogue), method="as_printed").set_index("category")
    assert rows["value_text"].to_dict() == {
        "E1-patients": UNTESTED, "E2-CRP-1y": CONTRADICTS, "E2-ESR-1y": UNTESTED, "E3-kidney-1y": CONTRADICTS,
        "E4-nausea": UNTESTED, "E5-works": UNTESTED,
    }  # fmt: skip
    assert rows.loc["E4-nausea", "note"].startswith("No whole number of 50 patients gives it.")


def test_the_paper_of_a_run_is_the_one_its_surroundings_name(monkeypatch):
    monkeypatch.setenv("RACOHORT_PAPER", str(EXAMPLE))
    assert read_claims().paper.id == "example"
    monkeypatch.setenv("RACOHORT_PAPER", "")
    assert read_claims().paper.id == "wang2019"


def test_the_number_of_claims_says_how_much_of_the_paper_is_known():
    paper, one = read_claims(str(EXAMPLE)), cohort(-0.2)
    coverage = count_coverage(judge_claims(paper, one.results, one.plan, one.catalogue), paper)
    assert "Of 5 claims in the paper's full text" in str(coverage_sentence(coverage))
    assert "An invented trial" in say_paper(paper).plain
