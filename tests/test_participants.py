"""Who took part: the flow adds up, denominators come from ADSL, and descriptions equal plain pandas."""

import numpy as np
import pandas as pd
import pytest

from racohort import figures, participants, report, tables
from racohort.absence import Absence
from racohort.results import as_results, join_results, pick_result, select_results
from tests.support.frames import ExampleStudy, adsl, bds, example_catalogue, example_plan, rows_of
from tests.support.frames import example_study_once as example_study

PLAN, CATALOGUE = example_plan(), example_catalogue()


# 1 all visits; 2 missed Y1, came back; 3 left after BL with a reason; 4 left after BL, reason not given; 5 died after Y1 though
# another reason is written; 6 follow-up ongoing after Y1; 7 enrolled, not treated; 8 treated, never seen.
PEOPLE = """
USUBJID | SAFFL | EFFFL | TRTSDT     | BLFL | Y1FL | Y3FL | EOSSTT       | DCSREAS   | DTHFL | AGE | SEX | CENTRE
1       | Y     | Y     | 2014-01-01 | Y    | Y    | Y    | COMPLETED    | -         | N     | 30  | F   | A
2       | Y     | Y     | 2014-01-01 | Y    | N    | Y    | COMPLETED    | -         | N     | 40  | F   | A
3       | Y     | Y     | 2014-01-01 | Y    | N    | N    | DISCONTINUED | Moved     | N     | 50  | M   | B
4       | Y     | Y     | 2014-01-01 | Y    | N    | N    | DISCONTINUED | -         | N     | 60  | F   | -
5       | Y     | N     | 2014-01-01 | Y    | Y    | N    | DISCONTINUED | Withdrew  | Y     | -   | -   | B
6       | Y     | Y     | 2014-01-01 | Y    | Y    | N    | ONGOING      | -         | N     | 44  | F   | A
7       | N     | N     | -          | Y    | N    | N    | DISCONTINUED | Withdrew  | N     | 20  | M   | B
8       | Y     | N     | 2014-01-01 | N    | N    | N    | -            | -         | N     | 33  | F   | A
"""


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return adsl([row | {"FASFL": "Y"} for row in rows_of(PEOPLE)])


@pytest.fixture(scope="module")
def flow(people: pd.DataFrame) -> pd.DataFrame:
    return participants.count_flow(people, PLAN)


def test_populations_and_denominators_come_from_the_flags(flow):
    counts = select_results(flow, by="population").set_index("category")[["count", "n"]]
    assert counts.to_dict("index") == {
        "all": {"count": 8, "n": 8}, "safety": {"count": 7, "n": 8}, "efficacy": {"count": 5, "n": 8},
    }  # fmt: skip
    assert pick_result(flow, by="flow", category="TREATED")["count"] == 7
    assert "TREATED" not in set(participants.count_flow(adsl(rows_of(PEOPLE)), example_plan(treated=False))["category"])


FLOW = """
AVISIT | SEEN | MISSED | left
BL     | 6    | 0      | 1
Y1     | 3    | 1      | 2
Y3     | 2    | 0      | 2
"""


@pytest.mark.parametrize("row", rows_of(FLOW), ids=lambda row: row["AVISIT"])
def test_seen_and_missed_and_left_equal_the_table_counted_by_hand(flow, row):
    here = select_results(flow, AVISIT=row["AVISIT"])
    counts = {name: pick_result(here, by="flow", category=name) for name in ("SEEN", "MISSED")}
    assert {name: found["count"] for name, found in counts.items()} == {name: int(row[name]) for name in ("SEEN", "MISSED")}
    assert select_results(here, by="DCSREAS")["count"].sum() == int(row["left"])
    assert (counts["SEEN"]["n"], counts["MISSED"]["n"]) == (7, 7)


def test_at_each_visit_seen_missed_and_left_so_far_add_up_to_the_population():
    for study in (example_study(), example_study(visits=("M0", "M3", "M6", "M9", "M12"))):
        flow = participants.count_flow(study.adsl, study.plan)
        left = 0
        for visit in study.plan.visits:
            here = select_results(flow, AVISIT=visit.AVISIT)
            left += select_results(here, by="DCSREAS")["count"].sum()
            assert select_results(here, by="flow")["count"].sum() + left == 40


def test_the_reason_is_death_first_then_what_was_given_then_what_the_status_says(flow):
    reasons = {(row["AVISIT"], row["category"], row["count"]) for _, row in select_results(flow, by="DCSREAS").iterrows()}
    assert reasons == {
        ("BL", "Reason not recorded", 1), ("Y1", "Moved", 1), ("Y1", "Reason not recorded", 1), ("Y3", "Died", 1),
        ("Y3", "Follow-up ongoing", 1),
    }  # fmt: skip


def test_whoever_left_is_counted_among_those_still_followed_at_the_visit_before(flow):
    assert pick_result(flow, AVISIT="Y1", by="DCSREAS", category="Moved")["n"] == 6
    assert pick_result(flow, AVISIT="Y3", by="DCSREAS", category="Died")["n"] == 4


def test_the_flow_does_not_depend_on_the_order_of_patients(people, flow):
    pd.testing.assert_frame_equal(participants.count_flow(people.iloc[::-1], PLAN), flow)


# --- baseline --------------------------------------------------------------------------------------------------------------


def baseline_of(study: ExampleStudy, **frames: pd.DataFrame) -> pd.DataFrame:
    used = {name: frames.get(name, getattr(study, name)) for name in ("adsl", "adlb", "adqs", "adcm")}
    return participants.summarise_baseline(*used.values(), study.plan, study.catalogue)


def test_the_baseline_table_equals_plain_pandas():
    study = example_study()
    found = select_results(baseline_of(study), method="available").set_index(["PARAMCD", "statistic"])["value"].unstack()
    records = pd.concat([study.adqs, study.adlb])
    plain = records[records["ABLFL"] == "Y"].groupby("PARAMCD")["AVAL"].describe()
    plain.loc["AGE"] = study.adsl["AGE"].describe()
    told = found.loc[plain.index]
    for ours, theirs in zip(("n", "mean", "sd", "min", "q1", "median", "q3", "max"), plain.columns, strict=True):
        np.testing.assert_allclose(told[ours], plain[theirs], rtol=1e-12)


def test_categories_have_those_as_denominator_for_whom_they_are_known(people):
    nothing = bds([])
    found = participants.summarise_baseline(people, nothing, nothing, example_study().adcm, PLAN, CATALOGUE)
    women = pick_result(found, by="SEX", category="F")
    assert (women["count"], women["n"], women["n_missing"]) == (5, 6, 1)
    centre = pick_result(found, by="CENTRE", category="A")
    assert (centre["count"], centre["n"], centre["n_missing"]) == (4, 6, 1)
    age = pick_result(found, PARAMCD="AGE", statistic="n")
    assert (age["n"], age["n_missing"]) == (6, 1)


def test_a_covariate_with_many_texts_is_not_a_characteristic():
    study = example_study()
    people = study.adsl.assign(COMMENT=[f"remark {i}" for i in range(40)], BMI=22.0)
    found = baseline_of(study, adsl=people)
    assert "COMMENT" not in set(found["by"])
    assert pick_result(found, PARAMCD="BMI", statistic="mean")["value"] == 22


def test_medication_counts_a_patient_once_a_class_and_only_what_was_taken_before_treatment():
    study = example_study()
    taken = pd.DataFrame(rows_of("""
        USUBJID | CMCLAS  | CMDECOD       | CMACT
        X001    | csDMARD | methotrexate  | BASELINE
        X001    | csDMARD | leflunomide   | BASELINE
        X002    | csDMARD | methotrexate  | BASELINE
        X003    | bDMARD  | etanercept    | START
    """))  # fmt: skip
    found = baseline_of(study, adcm=taken)
    assert pick_result(found, by="CMCLAS", category="csDMARD")[["count", "n"]].tolist() == [2, 40]
    assert select_results(found, by="CMDECOD")["category"].tolist() == ["methotrexate", "leflunomide"]
    assert "bDMARD" not in set(found["category"])


def test_serostatus_is_above_the_range_at_baseline():
    study = example_study()
    found = pick_result(baseline_of(study), by="seropositive", category="RF")
    first = study.adlb[(study.adlb["PARAMCD"] == "RF") & (study.adlb["ABLFL"] == "Y")]
    assert (found["count"], found["n"]) == ((first["AVAL"] > 20).sum(), 40)


# --- what is missing ------------------------------------------------------------------------------------------------------


def test_completeness_counts_patients_with_a_number_or_a_word_at_every_visit():
    people = adsl([{"USUBJID": name, "FASFL": "Y", "SAFFL": "Y"} for name in "123"])
    lab = bds(rows_of("""
        USUBJID | PARAMCD | AVISIT | AVAL | AVALC | ANL01FL
        1       | ALT     | BL     | 20   | -     | Y
        1       | ALT     | BL     | 21   | -     | -
        2       | ALT     | BL     | -    | trace | Y
        2       | ALT     | -      | 30   | -     | -
        9       | ALT     | BL     | 30   | -     | Y
    """))  # fmt: skip
    found = participants.count_missing(people, lab, bds([]), PLAN)
    assert found[["AVISIT", "count", "n", "n_missing"]].values.tolist() == [["BL", 2, 3, 1], ["Y1", 0, 3, 3], ["Y3", 0, 3, 3]]


def test_a_cohort_without_any_value_says_so():
    empty = participants.count_missing(example_study().adsl, bds([]), bds([]), PLAN)
    assert isinstance(tables.tabulate_missing(empty, PLAN, CATALOGUE), Absence)
    assert "No value was measured" in report.say_missing(empty, PLAN, CATALOGUE).plain


# --- completers -----------------------------------------------------------------------------------------------------------


def test_the_standardised_difference_is_that_of_the_textbook(people):
    scores = bds(
        [
            {"USUBJID": name, "PARAMCD": "HAQDI", "AVAL": value, "ABLFL": "Y"}
            for name, value in zip("123456", (1, 2, 2, 3, 2, 1), strict=True)
        ]
    )
    found = participants.compare_completers(people, bds([]), scores, PLAN, CATALOGUE)
    # seen at Y3: 1 and 2 (mean 1.5, variance 0.5); not seen: 2, 3, 2, 1 (mean 2, variance 2/3)
    smd = pick_result(found, PARAMCD="HAQDI", statistic="smd")
    assert smd["value"] == pytest.approx((1.5 - 2) / ((0.5 + 2 / 3) / 2) ** 0.5)
    assert smd["n"] == 6
    assert found["p_value"].isna().all()


def test_where_everybody_was_seen_there_is_nothing_to_compare(people):
    all_seen = people.assign(Y3FL="Y")
    found = participants.compare_completers(all_seen, bds([]), bds([]), PLAN, CATALOGUE)
    assert found.empty
    assert isinstance(tables.tabulate_completers(found, PLAN, CATALOGUE), Absence)
    assert "cannot be compared" in report.say_completers(found, PLAN, CATALOGUE).plain


# --- what a reader sees ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("treated", [True, False])
@pytest.mark.parametrize("visits", [("BL", "Y1", "Y3"), ("M0", "M3", "M6", "M9", "M12")], ids=["three visits", "five visits"])
def test_the_whole_section_works_for_any_visits_with_and_without_treatment(visits, treated):
    study = example_study(visits=visits)
    plan, catalogue = example_plan(visits, treated=treated), study.catalogue
    flow = participants.count_flow(study.adsl, plan)
    missing = participants.count_missing(study.adsl, study.adlb, study.adqs, plan)
    baseline = baseline_of(study)
    completers = participants.compare_completers(study.adsl, study.adlb, study.adqs, plan, catalogue)
    found = join_results(flow, missing, baseline, completers)
    shown = [
        tables.tabulate_flow(found, plan), tables.tabulate_baseline(found, plan, catalogue),
        tables.tabulate_missing(found, plan, catalogue), tables.tabulate_completers(found, plan, catalogue),
        figures.plot_flow(found, plan, catalogue),
    ]  # fmt: skip
    said = [
        report.say_flow(found, plan), report.say_baseline(found, plan, catalogue), report.say_missing(found, plan, catalogue),
        report.say_completers(found, plan, catalogue),
    ]  # fmt: skip
    assert all(one.synthetic for one in shown)
    assert ("treatment start" in said[0].plain) is not treated
    assert "nan" not in " ".join(one.plain for one in said).lower()
    assert {one for text in said for one in text.result_ids} <= set(found["result_id"])


def test_the_flow_figure_says_in_words_what_it_shows(flow):
    figure = figures.plot_flow(flow, PLAN, CATALOGUE)
    assert "Enrolled: 8 patients" in figure.alt
    assert "Y1: seen 3 of 7" in figure.alt


def test_a_reason_that_holds_mark_up_is_escaped(people):
    nasty = people.assign(DCSREAS=people["DCSREAS"].replace("Moved", "<b>Moved</b>"))
    found = participants.count_flow(nasty, PLAN)
    assert "<b>" not in tables.tabulate_flow(found, PLAN).html()
    assert "<b>" not in report.say_flow(found, PLAN)._repr_html_()


def test_what_nobody_has_at_a_visit_is_not_called_its_least_complete_value():
    shares = {"BL": (7, 9, 0), "Y1": (8, 9, 0), "Y3": (8, 9, 5)}
    rows = [
        {"statistic": "completeness", "AVISIT": AVISIT, "PARAMCD": code, "count": count, "n": 10, "value": count / 10}
        for AVISIT, counts in shares.items()
        for code, count in zip(("CRP", "ALT", "WBC"), counts, strict=True)
    ]
    said = report.say_missing(as_results(rows), PLAN, CATALOGUE).plain
    assert "The least complete is leucocytes at Y3: 5 of 10" in said
    assert " ".join(said.split()).startswith(
        "Of the values that the 10 patients could have had, 80.0 % at BL, 85.0 % at Y1 and 73.3 % at Y3"
    )


def test_codes_of_a_covariate_are_counted_and_have_no_mean():
    study = example_study()
    people = study.adsl.assign(SMOKING=[0.0, 1.0, 2.0, np.nan] * 10, YEARS=[float(i) for i in range(40)])
    found = baseline_of(study, adsl=people)
    assert pick_result(found, by="SMOKING", category="2")[["count", "n", "n_missing"]].tolist() == [10, 30, 10]
    assert select_results(found, PARAMCD="SMOKING").empty
    assert pick_result(found, PARAMCD="YEARS", statistic="mean")["value"] == 19.5
