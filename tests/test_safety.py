"""Harm: adverse events against hand-counted tables, the laboratory against plain pandas, and what zero and nothing mean."""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from racohort import figures, report, safety, tables
from racohort.absence import Absence
from racohort.adam.patients import longest_gap
from racohort.claims.ranges import probability_healthy_passes
from racohort.disclosure import Profile, release
from racohort.frames import as_categories
from racohort.intervals import clopper_pearson, upper_one_sided_cp
from racohort.results import as_results, join_results, pick_result, select_results
from racohort.safety.exposure import follow_up_days, longest_wait
from racohort.safety.special import SPECIAL, is_special
from racohort.safety.verdicts import RULES, probability_rare
from racohort.tolerance import normal_tolerance_k_two_sided_howe
from tests.support.frames import adae, adsl, bds, example_catalogue, example_plan, rows_of
from tests.support.frames import example_study_once as example_study

PLAN, CATALOGUE = example_plan(), example_catalogue()
ROOT = Path(__file__).parents[1]
#: The modules that speak of harm.
SAID = {"safety", "special", "events", "verdicts", "laboratory", "toxicity", "liver", "worst", "equivalence"}


# --- twelve patients with every trap ------------------------------------------------------------------------------------
# 01 two terms of one class; 02 the same term twice, worse the second time; 03 an event before infusion that never worsened;
# 04 one that worsened after it (emergent by cleaning's rule); 05 onset known to the month only (taken as emergent, no day);
# 06 grade missing; 07 relation not known; 08 serious, related, fatal; 09 left because of an event; 10 an event without any date;
# 11 no event; 12 enrolled, not treated: outside the safety population, whatever happened.

PEOPLE = """
USUBJID | SAFFL | TRTSDT     | LSTCNTDT   | DTHFL | EOSSTT       | DCSREAS
01      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
02      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
03      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
04      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
05      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
06      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
07      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
08      | Y     | 2014-01-01 | 2014-07-20 | Y     | DISCONTINUED | Death
09      | Y     | 2014-01-01 | 2014-03-01 | N     | DISCONTINUED | Adverse event
10      | Y     | 2014-01-01 | 2017-01-01 | N     | COMPLETED    | -
11      | Y     | 2014-01-01 | -          | N     | -            | -
12      | N     | -          | 2014-02-01 | N     | DISCONTINUED | Withdrew
"""

EVENTS = """
USUBJID | AEDECOD   | AEBODSYS   | ASTDY | AETOXGR | AESER | AEREL       | AESDTH | TRTEMFL
01      | Pyrexia   | General    | 1     | 1       | N     | RELATED     | N      | Y
01      | Chills    | General    | 2     | 1       | N     | RELATED     | N      | Y
02      | Pyrexia   | General    | 1     | 1       | N     | RELATED     | N      | Y
02      | Pyrexia   | General    | 40    | 2       | N     | NOT RELATED | N      | Y
03      | Cough     | Infections | -30   | 1       | N     | NOT RELATED | N      | N
04      | Cough     | Infections | -10   | 2       | N     | UNLIKELY    | N      | Y
05      | Pneumonia | Infections | -     | 3       | Y     | NOT RELATED | N      | Y
06      | Rash      | Skin       | 400   | -       | N     | NOT RELATED | N      | Y
07      | Rash      | Skin       | 20    | 1       | N     | -           | N      | Y
08      | Sepsis    | Infections | 200   | 5       | Y     | POSSIBLE    | Y      | Y
09      | Pyrexia   | General    | 30    | 3       | N     | NOT RELATED | N      | Y
10      | Headache  | Nervous    | -     | 1       | N     | NOT RELATED | N      | Y
12      | Pyrexia   | General    | -     | 1       | Y     | RELATED     | N      | N
"""


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return adsl([row | {"FASFL": "Y"} for row in rows_of(PEOPLE)])


@pytest.fixture(scope="module")
def drawn_events(people: pd.DataFrame) -> pd.DataFrame:
    return safety.estimate_events(adae(rows_of(EVENTS)), people, PLAN, supplied=True)


OVERVIEW = """
category | patients | events
ANY      | 10       | 12
TEAE     | 9        | 11
RELATED  | 3        | 4
SERIOUS  | 2        | 2
GRADE3   | 3        | 3
DISCONT  | 1        | 0
DEATH    | 1        | 1
"""


@pytest.mark.parametrize("row", rows_of(OVERVIEW), ids=lambda row: row["category"])
def test_the_overview_equals_the_table_counted_by_hand(drawn_events, row):
    patients = pick_result(drawn_events, by="overview", category=row["category"], statistic="proportion")
    events = pick_result(drawn_events, by="overview", category=row["category"], statistic="events")
    assert (patients["count"], patients["n"]) == (int(row["patients"]), 11)
    assert events["value"] == int(row["events"])


TERMS = """
by       | category   | patients | events
AEBODSYS | General    | 3        | 5
AEBODSYS | Infections | 3        | 3
AEBODSYS | Skin       | 2        | 2
AEBODSYS | Nervous    | 1        | 1
AEDECOD  | Pyrexia    | 3        | 4
AEDECOD  | Rash       | 2        | 2
AEDECOD  | Chills     | 1        | 1
AEDECOD  | Cough      | 1        | 1
AEDECOD  | Headache   | 1        | 1
AEDECOD  | Pneumonia  | 1        | 1
AEDECOD  | Sepsis     | 1        | 1
"""


def test_terms_and_classes_equal_the_table_counted_by_hand_and_come_most_frequent_first(drawn_events):
    wanted = [(row["by"], row["category"], int(row["patients"])) for row in rows_of(TERMS)]
    found = select_results(drawn_events, statistic="proportion", by=["AEBODSYS", "AEDECOD"])
    assert list(zip(found["by"], found["category"], found["count"], strict=True)) == wanted
    events = select_results(drawn_events, statistic="events", by=["AEBODSYS", "AEDECOD"])
    assert events["value"].tolist() == [int(row["events"]) for row in rows_of(TERMS)]


def test_a_patient_counts_once_a_term_at_the_worst_grade_and_a_missing_grade_is_told():
    people = adsl([row | {"FASFL": "Y"} for row in rows_of(PEOPLE)])
    found = safety.estimate_events(adae(rows_of(EVENTS)), people, PLAN, supplied=True)
    grades = select_results(found, by="AEDECOD>AETOXGR").set_index("category")["count"]
    assert grades.to_dict() == {
        "Chills>1": 1, "Cough>2": 1, "Headache>1": 1, "Pneumonia>3": 1, "Pyrexia>1": 1, "Pyrexia>2": 1, "Pyrexia>3": 1,
        "Rash>1": 1, "Rash>unknown": 1, "Sepsis>5": 1,
    }  # fmt: skip


def test_what_the_form_does_not_say_is_counted_as_not_judged(drawn_events):
    def note(category):
        return pick_result(drawn_events, by="overview", category=category, statistic="proportion")["note"]

    assert note("RELATED") == "not known for 1 more"  # patient 07
    assert note("GRADE3") == "not known for 1 more"  # patient 06
    assert note("SERIOUS") == ""


WINDOWS = """
category | patients | n  | events
DAY1     | 2        | 11 | 3
LE30D    | 4        | 11 | 5
LE1Y     | 5        | 11 | 7
GT1Y     | 1        | 9  | 1
ALL      | 7        | 11 | 9
UNDATED  | 2        | 11 | 2
"""


@pytest.mark.parametrize("row", rows_of(WINDOWS), ids=lambda row: row["category"])
def test_windows_count_from_the_infusion_and_keep_who_was_followed_as_denominator(drawn_events, row):
    patients = pick_result(drawn_events, by="window", category=row["category"], statistic="proportion")
    events = pick_result(drawn_events, by="window", category=row["category"], statistic="events")
    assert (patients["count"], patients["n"], events["value"]) == tuple(int(row[name]) for name in ("patients", "n", "events"))


@pytest.mark.parametrize(
    ("day", "window"), [(2, "DAY1"), (3, "LE30D"), (31, "LE30D"), (32, "LE1Y"), (366, "LE1Y"), (367, "GT1Y")]
)
def test_both_sides_of_each_end_of_a_window(people, day, window):
    one = adae([{"USUBJID": "01", "AEDECOD": "A", "AEBODSYS": "B", "ASTDY": day, "TRTEMFL": "Y"}])
    found = select_results(safety.estimate_events(one, people, PLAN, supplied=True), by="window", statistic="events")
    hit = found.loc[found["value"] == 1, "category"].tolist()
    assert hit[0] == window


REPEATED = """
USUBJID | TRTSDT     | TRTEDT     | LSTCNTDT
01      | 2014-01-01 | 2014-07-01 | 2015-12-01
02      | 2014-01-01 | 2014-07-01 | 2014-07-20
03      | 2014-01-01 | 2014-01-01 | 2015-12-01
"""


@pytest.mark.parametrize(
    ("onset", "last", "window", "followed"),
    [("2014-07-02", "2014-07-01", "DAY1", 3), ("2014-07-31", "2014-07-01", "LE30D", 3), ("2014-08-01", "2014-07-01", "LE1Y", 3),
     ("2015-07-02", "2014-07-01", "GT1Y", 2), ("2015-01-01", "2014-01-01", "LE1Y", 3)],
)  # fmt: skip
def test_windows_count_from_the_most_recent_treatment(onset, last, window, followed):
    """Oracle: counted on a calendar; patient 02 was never followed for a year after one treatment."""
    patients = adsl([{**row, "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"} for row in rows_of(REPEATED)])
    row = {"USUBJID": "01", "AEDECOD": "A", "AEBODSYS": "B", "ASTDT": onset, "LDOSEDT": last, "ASTDY": 9.0, "TRTEMFL": "Y"}
    found = safety.estimate_events(adae([row]), patients, PLAN, supplied=True)
    hit = select_results(found, by="window", statistic="proportion").query("count == 1")
    assert hit.iloc[0][["category", "n"]].tolist() == [window, followed]
    again = pick_result(safety.summarise_exposure(patients, PLAN), category="REPEATED")
    assert (again["count"], again["n"]) == (2, 3)


SEVERAL = """
patient | treated on days | last contact | last day of its own | later than 1 year
A       | 0 200 400       | 500          | 199                 | no
B       | 0 367 400       | 401          | 366                 | yes
C       | 0 366 400       | 401          | 365                 | no
D       | 0 100 200       | 566          | 366                 | yes
E       | 0 100 200       | 565          | 365                 | no
F       | 0 100 200 300   | -            | -                   | yes
G       | 0               | 365          | 365                 | no
H       | 0               | 366          | 366                 | yes
"""


def test_a_window_counts_whom_it_saw_before_the_next_of_any_number_of_treatments():
    """Oracle: counted by hand; the day of a treatment is day 0 of a new stretch, and who was perhaps followed is counted."""
    start, rows = pd.Timestamp("2014-01-01"), []
    for row in rows_of(SEVERAL):
        days = start + pd.to_timedelta([float(day) for day in row["treated on days"].split()], unit="D")
        gap = longest_gap(pd.DataFrame({"USUBJID": row["patient"], "TRTSDT": days}))[row["patient"]]
        seen = None if row["last contact"] is None else start + pd.Timedelta(days=int(row["last contact"]))
        rows.append({"USUBJID": row["patient"], "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N", "TRTSDT": days[0], "TRTEDT": days[-1],
                     "TRTGAP": gap, "LSTCNTDT": seen})  # fmt: skip
    patients, drawn = adsl(rows), rows_of(SEVERAL)
    reached = longest_wait(patients).to_numpy()
    np.testing.assert_array_equal(reached, [float(row["last day of its own"] or "nan") for row in drawn])
    found = select_results(safety.estimate_events(adae([]), patients, PLAN, supplied=True), by="window", statistic="proportion")
    later = sum(row["later than 1 year"] == "yes" for row in drawn)
    assert found.set_index("category")["n"].to_dict() == dict.fromkeys(found["category"], 8) | {"GT1Y": later}


def test_person_years_run_from_treatment_to_last_contact_of_the_safety_population(people):
    exposure = safety.summarise_exposure(people, PLAN)
    years = pick_result(exposure, statistic="person_years")
    assert years["value"] == pytest.approx((8 * 1096 + 200 + 59) / 365.25)
    assert (years["n"], years["n_missing"]) == (10, 1)
    assert np.isnan(follow_up_days(people)["11"])
    assert "12" not in follow_up_days(people).index


def test_a_rate_has_garwood_limits_and_leaves_out_what_came_before_treatment(people, drawn_events):
    # R: poisson.test(11, T = (8*1096 + 200 + 59) / 36525)
    rate = pick_result(drawn_events, by="overview", category="ANY", statistic="rate")
    years = (8 * 1096 + 200 + 59) / 365.25
    assert rate["count"] == 11
    assert rate["value"] == pytest.approx(1100 / years)
    assert rate["lower"] == pytest.approx(549.1161 / years, rel=1e-6)
    assert rate["upper"] == pytest.approx(1968.204 / years, rel=1e-6)


def test_exposure_to_the_first_event_ends_at_it(people):
    one = adae([{"USUBJID": "01", "AEDECOD": "A", "AEBODSYS": "B", "ASTDY": 97.0, "TRTEMFL": "Y"}])
    found = safety.estimate_events(one, people, PLAN, supplied=True)
    rate = pick_result(found, by="AEDECOD", category="A", statistic="first_event_rate")
    assert rate["value"] == pytest.approx(100 * 365.25 / (7 * 1096 + 96 + 200 + 59))


# --- zero and nothing -----------------------------------------------------------------------------------------------------


def test_zero_of_sixty_four_has_an_upper_limit_of_each_kind():
    study = example_study(n=64)
    found = safety.estimate_events(study.adae.iloc[:0], study.adsl, study.plan, supplied=True)
    row = pick_result(found, by="overview", category="SERIOUS", statistic="proportion")
    bound = pick_result(found, by="overview", category="SERIOUS", statistic="risk_bound")
    assert row["result_id"] == "safety.-.-.safety.-.proportion.clopper_pearson.overview.SERIOUS"
    assert (row["count"], row["n"], row["value"], row["lower"]) == (0, 64, 0, 0)
    assert row["upper"] == pytest.approx(0.0560090893866)  # vector clopper_pearson-01
    assert bound["upper"] == pytest.approx(0.0457297023308)  # vector upper_one_sided_cp-01
    said = report.say_events(found, study.plan).plain
    assert "Serious: 0 of 64 (0 %; 95 % CI 0 to 5.6 %)." in said
    assert "a risk above 4.6 % is excluded with 95 % confidence in 64 patients" in said


def test_events_that_were_not_supplied_are_not_zero_events():
    study = example_study()
    nothing = safety.estimate_events(study.adae.iloc[:0], study.adsl, study.plan, supplied=False)
    assert nothing["statistic"].tolist() == ["supplied"]
    assert "not the same as none having occurred" in str(tables.tabulate_events(nothing, study.plan))
    none = safety.estimate_events(study.adae.iloc[:0], study.adsl, study.plan, supplied=True)
    assert not isinstance(tables.tabulate_events(none, study.plan), Absence)
    assert "none was recorded" in str(tables.tabulate_terms(none, study.plan))
    assert "No serious adverse event was recorded" in str(tables.tabulate_serious(study.adae.iloc[:0], none, study.plan))


def test_a_follow_up_visit_without_laboratory_is_left_out_of_the_sentence():
    study, plan = example_study(), example_plan()
    lab = safety.summarise_laboratory(study.adlb, study.adsl, plan, study.catalogue)
    last = plan.follow_ups[-1]
    said = report.say_laboratory(lab[lab["AVISIT"] != last.AVISIT], plan, study.catalogue).plain
    assert last.label in report.say_laboratory(lab, plan, study.catalogue).plain
    assert last.label not in said


def test_a_cohort_without_laboratory_and_events_says_so_once_and_shows_nothing_else():
    study = example_study()
    plan = example_plan(treated=False)
    lab = safety.summarise_laboratory(study.adlb.iloc[:0], study.adsl, plan, study.catalogue)
    events = safety.estimate_events(study.adae.iloc[:0], study.adsl, plan, supplied=False)
    both = join_results(lab, events, safety.summarise_exposure(study.adsl, plan))
    assert "nothing can be said about harm" in report.say_safety_data(both, plan, study.catalogue).plain
    assert isinstance(figures.plot_laboratory(lab, study.adlb.iloc[:0], plan, study.catalogue), Absence)
    assert isinstance(tables.tabulate_excursions(lab, plan, study.catalogue), Absence)
    assert isinstance(tables.tabulate_grades(lab, plan, study.catalogue), Absence)
    assert isinstance(figures.plot_liver(safety.derive_liver(study.adlb.iloc[:0], study.adsl), plan), Absence)
    shown = [
        tables.tabulate_laboratory(lab, plan, study.catalogue), tables.tabulate_laboratory_detail(lab, plan, study.catalogue),
        tables.tabulate_out_of_range(lab, plan, study.catalogue), tables.tabulate_shifts(lab, plan, study.catalogue),
        tables.tabulate_new_abnormality(lab, plan, study.catalogue),
        tables.tabulate_terms(events, plan), tables.tabulate_windows(events, plan), figures.plot_events(events, plan),
    ]  # fmt: skip
    assert shown == [None] * len(shown)
    said = [
        report.say_laboratory(lab, plan, study.catalogue), report.say_normal_range(lab, plan),
        report.say_out_of_range(lab, plan, study.catalogue), report.say_new_abnormality(lab, plan, study.catalogue),
        report.say_grades(lab, plan, study.catalogue), report.say_liver(lab, plan), report.say_events(events, plan),
        report.say_windows(events, plan),
    ]  # fmt: skip
    assert not any(said)


def test_every_function_of_an_empty_laboratory_gives_empty_results():
    study = example_study()
    empty = study.adlb.iloc[:0]
    shifts = safety.count_shifts(empty, study.adsl, study.plan, study.catalogue)
    ranges = safety.estimate_out_of_range(empty, study.adsl, study.plan, study.catalogue)
    found = [
        shifts, ranges, safety.estimate_new_abnormality(shifts, study.plan), safety.compare_out_of_range(shifts, study.plan),
        safety.estimate_excursions(ranges, study.plan), safety.estimate_grades(empty, study.adsl, study.plan, study.catalogue),
        safety.estimate_range_position(empty, study.adsl, study.plan, study.catalogue),
        safety.estimate_liver(safety.derive_liver(empty, study.adsl), study.adsl, study.plan),
    ]  # fmt: skip
    assert [len(frame) for frame in found] == [0] * len(found)


def test_an_untreated_cohort_counts_all_its_events_and_has_no_rate():
    study = example_study()
    bare = study.adsl.assign(TRTSDT=pd.NaT)
    found = safety.estimate_events(study.adae.assign(TRTEMFL=""), bare, example_plan(treated=False), supplied=True)
    assert "TEAE" not in set(found["category"])
    assert pick_result(found, by="overview", category="ANY", statistic="events")["value"] == 5
    assert select_results(found, statistic=["rate", "first_event_rate"]).empty
    assert "no treatment start" in str(tables.tabulate_windows(found, example_plan(treated=False)))


# --- laboratory: equality with plain pandas ------------------------------------------------------------------------------


def generated(analytes: int = 20, visits: int = 10, patients: int = 40, seed: int = 7) -> tuple:
    """A study with many analytes and visits, a tenth of the values missing, some records that stand for no visit."""
    rng = np.random.default_rng(seed)
    plan = example_plan(("BL", *(f"M{month}" for month in range(1, visits))))
    codes = [f"LAB{number:02d}" for number in range(analytes)]
    grid = pd.MultiIndex.from_product(
        [[f"P{i}" for i in range(patients)], codes, range(visits)], names=["USUBJID", "PARAMCD", "AVISITN"]
    )
    data = grid.to_frame(index=False).assign(AVAL=rng.lognormal(3, 0.4, len(grid)), ANRLO=10.0, ANRHI=35.0, ANL01FL="Y", ABLFL="")
    data["AVISIT"] = data["AVISITN"].map(lambda place: plan.visits[place].AVISIT)
    data = data[rng.random(len(data)) > 0.1]
    base = data[data["AVISITN"] == 0].set_index(["USUBJID", "PARAMCD"])["AVAL"].rename("BASE")
    data = data.join(base, on=["USUBJID", "PARAMCD"])
    data["CHG"] = (data["AVAL"] - data["BASE"]).where(data["AVISITN"] > 0)
    data["ANRIND"] = np.select([data["AVAL"] < 10, data["AVAL"] > 35], ["LOW", "HIGH"], "NORMAL")
    extra = data.sample(30, random_state=1).assign(ANL01FL="", AVAL=999.0)
    people = adsl([{"USUBJID": f"P{i}", "FASFL": "Y", "SAFFL": "N" if i == 0 else "Y", "DTHFL": "N"} for i in range(patients)])
    return bds(pd.concat([data, extra]).to_dict("records")), people, plan


def test_the_laboratory_summary_of_a_generated_study_equals_plain_pandas_row_for_row():
    adlb, people, plan = generated()
    found = safety.summarise_laboratory(adlb, people, plan, CATALOGUE)
    mine = adlb[(adlb["ANL01FL"] == "Y") & (adlb["USUBJID"] != "P0")]
    for value, contrast in (("AVAL", False), ("CHG", True)):
        rows = found[(found["contrast"] != "") == contrast]
        told = rows.set_index(["PARAMCD", "AVISIT", "statistic"])["value"].unstack()
        plain = mine.dropna(subset=[value]).groupby(["PARAMCD", "AVISIT"])[value].describe()
        plain = plain.loc[told.index]
        assert len(told) == 20 * (9 if contrast else 10)
        for ours, theirs in zip(("n", "mean", "sd", "min", "q1", "median", "q3", "max"), plain.columns, strict=True):
            np.testing.assert_allclose(told[ours], plain[theirs], rtol=1e-12)
    sizes = found[found["statistic"] == "n"]
    assert (sizes["n"] + sizes["n_missing"] == 39).all()


def test_the_proportions_of_a_generated_study_add_up_and_equal_plain_pandas():
    adlb, people, plan = generated()
    found = select_results(safety.estimate_out_of_range(adlb, people, plan, CATALOGUE), statistic="proportion")
    told = found.set_index(["PARAMCD", "AVISIT", "category"])["count"].unstack()
    mine = adlb[(adlb["ANL01FL"] == "Y") & (adlb["USUBJID"] != "P0")]
    plain = pd.crosstab([mine["PARAMCD"], mine["AVISIT"]], mine["ANRIND"]).loc[told.index, told.columns]
    assert (told.to_numpy(dtype=int) == plain.to_numpy()).all()


def test_the_ids_of_the_laboratory_are_those_of_the_contract():
    study = example_study()
    ranges = safety.estimate_out_of_range(study.adlb, study.adsl, study.plan, study.catalogue)
    assert "safety.ALT.Y1.safety.-.proportion.clopper_pearson.ANRIND.HIGH" in set(ranges["result_id"])
    summary = safety.summarise_laboratory(study.adlb, study.adsl, study.plan, study.catalogue)
    assert {"safety.ALT.Y1.safety.-.mean.available", "safety.ALT.Y3.safety.Y3-BL.median.available"} <= set(summary["result_id"])
    shifts = safety.count_shifts(study.adlb, study.adsl, study.plan, study.catalogue)
    assert {("BNRIND>ANRIND", "NORMAL>HIGH")} <= set(zip(shifts["by"], shifts["category"], strict=True))


def test_outcomes_of_the_disease_are_not_in_the_safety_laboratory_but_unknown_analytes_are():
    study = example_study()
    assert safety.laboratory_codes(study.adlb, study.catalogue) == ["WBC", "HGB", "ALT", "CREAT", "IGG"]
    more = pd.concat([study.adlb, study.adlb.head(1).assign(PARAMCD="FERRITIN")])
    assert safety.laboratory_codes(more, study.catalogue)[-1] == "FERRITIN"


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_the_order_of_rows_and_of_patients_changes_no_result(seed):
    study = example_study(n=12)

    def run(lab, ae, people):
        shifts = safety.count_shifts(lab, people, study.plan, study.catalogue)
        return join_results(
            safety.summarise_laboratory(lab, people, study.plan, study.catalogue), shifts,
            safety.estimate_out_of_range(lab, people, study.plan, study.catalogue),
            safety.estimate_new_abnormality(shifts, study.plan),
            safety.estimate_grades(lab, people, study.plan, study.catalogue),
            safety.estimate_events(ae, people, study.plan, supplied=True),
        ).sort_values("result_id", ignore_index=True)  # fmt: skip

    mixed = (frame.sample(frac=1, random_state=seed) for frame in (study.adlb, study.adae, study.adsl))
    pd.testing.assert_frame_equal(run(study.adlb, study.adae, study.adsl), run(*mixed), rtol=1e-12)


# --- ranges, shifts, the worst value -------------------------------------------------------------------------------------

SHIFTS = """
USUBJID | AVISIT | AVISITN | ADY  | AVAL | ANRIND | BNRIND | ABLFL | ANL01FL
1       | BL     | 0       | 1    | 20   | NORMAL | NORMAL | Y     | Y
1       | Y1     | 1       | 366  | 30   | NORMAL | NORMAL | -     | Y
1       | Y3     | 3       | 1096 | 41   | HIGH   | NORMAL | -     | Y
2       | BL     | 0       | 1    | 50   | HIGH   | HIGH   | Y     | Y
2       | Y1     | 1       | 366  | 39   | NORMAL | HIGH   | -     | Y
2       | -      | -       | 500  | 90   | HIGH   | HIGH   | -     | -
3       | BL     | 0       | 1    | 40   | NORMAL | NORMAL | Y     | Y
3       | Y1     | 1       | 366  | 9    | LOW    | NORMAL | -     | Y
3       | Y3     | 3       | 1096 | 45   | HIGH   | NORMAL | -     | Y
4       | BL     | 0       | 1    | 22   | NORMAL | NORMAL | Y     | Y
5       | Y1     | 1       | 366  | 60   | HIGH   | -      | -     | Y
"""


@pytest.fixture(scope="module")
def few() -> tuple[pd.DataFrame, pd.DataFrame]:
    base = {"1": 20, "2": 50, "3": 40, "4": 22}
    lab = bds([row | {"PARAMCD": "ALT", "ANRLO": 10, "ANRHI": 40, "BASE": base.get(row["USUBJID"])} for row in rows_of(SHIFTS)])
    return lab, adsl([{"USUBJID": name, "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"} for name in "12345"])


def test_shifts_equal_the_table_counted_by_hand_at_each_visit_and_to_the_worst_value(few):
    found = safety.count_shifts(*few, PLAN, CATALOGUE)
    moved = found[found["count"] > 0]
    assert set(zip(moved["AVISIT"], moved["category"], moved["count"], strict=True)) == {
        ("Y1", "NORMAL>NORMAL", 1), ("Y1", "HIGH>NORMAL", 1), ("Y1", "NORMAL>LOW", 1), ("Y3", "NORMAL>HIGH", 2),
        ("", "NORMAL>HIGH", 2), ("", "HIGH>HIGH", 1),
    }  # fmt: skip
    assert found.groupby("AVISIT")["n"].first().to_dict() == {"": 3, "Y1": 3, "Y3": 2}


def test_the_worst_value_is_the_one_farthest_outside_and_may_be_unscheduled(few):
    worst = safety.derive_worst(*few, CATALOGUE).set_index("USUBJID")["AVAL"]
    assert worst.to_dict() == {"1": 41, "2": 90, "3": 45, "5": 60}


def test_new_abnormality_has_as_denominator_the_normal_at_baseline_with_a_later_value(few):
    found = safety.estimate_new_abnormality(safety.count_shifts(*few, PLAN, CATALOGUE), PLAN)
    two_sided = pick_result(found, statistic="new_abnormality")
    assert (two_sided["count"], two_sided["n"]) == (2, 2)
    assert pick_result(found, statistic="new_abnormality_bound")["upper"] == 1


def test_the_paired_change_has_the_sign_follow_up_minus_baseline():
    # vector newcombe_paired-01 with before and after exchanged: 7 left, 1 entered; p_pre 8/21, p_post 2/21
    states = [("HIGH", "HIGH")] * 1 + [("HIGH", "NORMAL")] * 7 + [("NORMAL", "LOW")] * 1 + [("NORMAL", "NORMAL")] * 12
    same = {"PARAMCD": "ALT", "AVISIT": "Y1", "AVISITN": 1, "AVAL": 1, "ANL01FL": "Y"}
    rows = [same | {"USUBJID": str(i), "BNRIND": was, "ANRIND": now} for i, (was, now) in enumerate(states)]
    people = adsl([{"USUBJID": str(i), "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"} for i in range(21)])
    plan = example_plan(("BL", "Y1"))
    row = pick_result(safety.compare_out_of_range(safety.count_shifts(bds(rows), people, plan, CATALOGUE), plan), AVISIT="Y1")
    assert (row["contrast"], row["n"]) == ("Y1-BL", 21)
    assert row["value"] == pytest.approx(-0.285714285714)
    assert (row["lower"], row["upper"]) == pytest.approx((-0.506920226686, -0.0255591241649))


def test_excursions_are_set_beside_the_number_that_healthy_people_would_show():
    study = example_study()
    ranges = safety.estimate_out_of_range(study.adlb, study.adsl, study.plan, study.catalogue)
    found = safety.estimate_excursions(ranges, study.plan)
    seen = pick_result(found, AVISIT="BL", statistic="excursions", method="observed")
    outside = study.adlb[(study.adlb["AVISIT"] == "BL") & study.adlb["PARAMCD"].isin(["WBC", "HGB", "ALT", "CREAT", "IGG"])]
    assert (seen["count"], seen["n"]) == (outside["ANRIND"].isin(["LOW", "HIGH"]).sum(), 200)
    assert pick_result(found, AVISIT="BL", statistic="excursions", method="healthy")["value"] == 10
    assert pick_result(found, AVISIT="BL", statistic="no_excursion")["value"] == pytest.approx(0.95**200)


def test_means_within_the_range_do_not_make_single_values_normal():
    study = example_study()
    ranges = safety.estimate_out_of_range(study.adlb, study.adsl, study.plan, study.catalogue)
    positions = safety.estimate_range_position(study.adlb, study.adsl, study.plan, study.catalogue)
    said = report.say_normal_range(join_results(safety.estimate_excursions(ranges, study.plan), positions), study.plan).plain
    assert "Group means within the range: 5 of 5 at Y1 and 5 of 5 at Y3." in said
    assert "holds for the group means and does not hold for single values" in said
    inside = study.adlb.assign(ANRIND="NORMAL")
    none = safety.estimate_excursions(safety.estimate_out_of_range(inside, study.adsl, study.plan, study.catalogue), study.plan)
    assert "a question about the data" in report.say_normal_range(join_results(none, positions), study.plan).plain


def test_the_position_of_a_mean_uses_each_patients_own_range():
    rows = [{"USUBJID": "m", "AVAL": 130, "ANRLO": 140, "ANRHI": 180}, {"USUBJID": "f", "AVAL": 130, "ANRLO": 120, "ANRHI": 160}]
    lab = bds([row | {"PARAMCD": "HGB", "AVISIT": "BL", "ANL01FL": "Y"} for row in rows])
    people = adsl([{"USUBJID": name, "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"} for name in "mf"])
    row = pick_result(safety.estimate_range_position(lab, people, PLAN, CATALOGUE), PARAMCD="HGB")
    assert (row["value"], row["value_text"]) == (0, "inside")  # -0.25 and +0.25 of the width


LABORATORIES = """
patient | visit | ALT | low | high
1       | BL    | 45  | 10  | 50
1       | Y1    | 45  | 7   | 40
2       | BL    | 45  | 7   | 40
2       | Y1    | 45  | 10  | 50
3       | BL    | 30  | 10  | 50
3       | Y1    | 130 | 10  | 50
4       | BL    | 30  | 7   | 40
4       | Y1    | 130 | 7   | 40
"""


def test_a_value_is_read_against_the_range_of_the_laboratory_that_measured_it():
    """Oracle: by hand; upper limits 50 and 40, so 130 is 2.6 and 3.25 times them: grades 1 and 2."""
    rows = [{"USUBJID": row["patient"], "PARAMCD": "ALT", "AVISIT": row["visit"], "AVISITN": float(row["visit"] == "Y1"),
             "AVAL": float(row["ALT"]), "ANRLO": float(row["low"]), "ANRHI": float(row["high"]), "ANL01FL": "Y",
             "ABLFL": "Y" if row["visit"] == "BL" else ""} for row in rows_of(LABORATORIES)]  # fmt: skip
    for row in rows:
        row["ANRIND"] = "HIGH" if row["AVAL"] > row["ANRHI"] else "NORMAL"
    base = {row["USUBJID"]: row for row in rows if row["ABLFL"] == "Y"}
    lab = bds([row | {"BASE": base[row["USUBJID"]]["AVAL"], "BNRIND": base[row["USUBJID"]]["ANRIND"]} for row in rows])
    people, plan = (
        adsl([{"USUBJID": one, "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"} for one in "1234"]),
        example_plan(("BL", "Y1")),
    )
    outside = select_results(safety.estimate_out_of_range(lab, people, plan, CATALOGUE), statistic="out_of_range")
    assert outside.set_index("AVISIT")["count"].to_dict() == {"BL": 1, "Y1": 3}
    shifts = select_results(safety.count_shifts(lab, people, plan, CATALOGUE), method="worst").set_index("category")["count"]
    assert shifts[shifts > 0].to_dict() == {"NORMAL>HIGH": 3, "HIGH>NORMAL": 1}
    assert safety.derive_grades(lab, people, CATALOGUE).set_index("USUBJID")[["BTOXGR", "ATOXGR"]].to_numpy().tolist() == [
        [0, 1], [1, 0], [0, 1], [0, 2],
    ]  # fmt: skip
    assert safety.select_signals(lab, people, CATALOGUE).query("TRANSAMINASE")["USUBJID"].tolist() == ["4"]
    mean = pick_result(safety.estimate_range_position(lab, people, plan, CATALOGUE), PARAMCD="ALT", AVISIT="Y1")
    assert mean["value"] == pytest.approx((38 / 33 + 35 / 40 + 120 / 40 + 123 / 33) / 4)


# --- grades and liver ------------------------------------------------------------------------------------------------------


def test_grades_at_both_ends_are_on_the_limit_and_the_adjusted_grade_is_apart():
    # ALT, upper limit 40, baseline 80 (grade 1 on the limit); later 115: grade 1 on the limit, 0 from baseline (below 1.5 x 80)
    rows = [{"AVISIT": "BL", "AVISITN": 0, "AVAL": 80, "ABLFL": "Y"}, {"AVISIT": "Y1", "AVISITN": 1, "AVAL": 115}]
    lab = bds(
        [
            row | {"USUBJID": "1", "PARAMCD": "ALT", "BASE": 80, "ANRLO": 10, "ANRHI": 40, "BNRIND": "HIGH", "ANL01FL": "Y"}
            for row in rows
        ]
    )
    people = adsl([{"USUBJID": "1", "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"}])
    assert safety.derive_grades(lab, people, CATALOGUE)[["BTOXGR", "ATOXGR", "adjusted"]].iloc[0].tolist() == [1, 1, 0]
    found = safety.estimate_grades(lab, people, PLAN, CATALOGUE)
    assert pick_result(found, statistic="worsened", category="GE1")["count"] == 0
    assert pick_result(found, by="BTOXGR>ATOXGR")["category"] == "1>1"
    assert pick_result(found, method="baseline_adjusted")["category"] == "0"


@pytest.mark.parametrize(("alt", "listed"), [(120, False), (120.4, True)])
def test_a_transaminase_above_three_times_its_limit_is_listed_whichever_visit_it_is_from(alt, listed):
    row = {"USUBJID": "1", "PARAMCD": "ALT", "AVISIT": "", "ADY": 200, "AVAL": alt, "ANRLO": 10, "ANRHI": 40}
    first = row | {"AVISIT": "BL", "AVISITN": 0, "ADY": 1, "AVAL": 20, "ABLFL": "Y"}
    lab, people = bds([first, row]), adsl([{"USUBJID": "1", "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"}])
    signals = safety.select_signals(lab, people, CATALOGUE)
    assert (len(signals) == 1) is listed
    counted = safety.estimate_signals(signals, lab, people, PLAN, CATALOGUE)
    assert pick_result(counted, by="signal", category="TRANSAMINASE")["count"] == listed
    shown = tables.tabulate_signals(signals, counted, PLAN, CATALOGUE)
    assert isinstance(shown, Absence) is not listed


@pytest.mark.parametrize(("n", "said"), [(50, "Every value"), (51, "The 50 of highest grade of 51 values")])
def test_a_listing_of_patients_does_not_grow_without_end(n, said):
    alt = {"PARAMCD": "ALT", "ADY": 200, "ANRLO": 10, "ANRHI": 40}
    rows = [alt | {"USUBJID": f"{i:03d}", "AVAL": 130 + 1000 * (i == n - 1)} for i in range(n)]
    lab, people = bds(rows), adsl([{"USUBJID": row["USUBJID"], "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"} for row in rows])
    signals = safety.select_signals(lab, people, CATALOGUE)
    page = tables.tabulate_signals(
        signals, safety.estimate_signals(signals, lab, people, PLAN, CATALOGUE), PLAN, CATALOGUE
    ).html()
    assert said in page
    assert page.count("<tr") == 51
    assert page.count("&quot;Grade&quot;") == (n == 51)  # all are in the download
    assert ("All stand in adlb.csv" in page) is (n == 51)
    assert f"{n - 1:03d}" in page  # the highest grade is the last patient's


@pytest.mark.parametrize(("code", "base", "value", "low", "high", "listed"), [
    ("ALT", 35, 45.2, 10, 40, True), ("ALT", 35, 45.0, 10, 40, False),  # 1.96 sqrt(2) 9.3 sqrt(1.25) = 28.8 %: from 45.09 on
    ("ALT", 20, 39.9, 10, 40, False),  # larger than that, but inside the range
    ("ALT", 110, 60, 10, 40, False),  # larger, outside, but towards the range
    ("HGB", 121, 110.4, 120, 160, True), ("HGB", 121, 110.6, 120, 160, False),  # 2.8: 8.68 %, below 110.50
    ("IGG", 10, 30, 7, 16, False),  # no variation is cited
])  # fmt: skip
def test_a_change_is_listed_beyond_the_reference_change_value_and_outside_the_range(code, base, value, low, high, listed):
    side = "LOW" if value < low else "HIGH" if value > high else "NORMAL"
    later = {"USUBJID": "1", "PARAMCD": code, "AVISIT": "Y1", "AVISITN": 1, "ADY": 366, "AVAL": value, "BASE": base, "ANRLO": low,
             "ANRHI": high, "ANRIND": side}  # fmt: skip
    lab, people = bds([later]), adsl([{"USUBJID": "1", "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"}])
    signals = safety.select_signals(lab, people, CATALOGUE)
    assert signals["CHANGE"].tolist() == [True] * listed
    counted = select_results(safety.estimate_signals(signals, lab, people, PLAN, CATALOGUE), by="signal", category="CHANGE")
    assert counted["count"].tolist() == ([] if code == "IGG" else [int(listed)])
    if listed:
        assert "beyond the reference change value" in tables.tabulate_signals(signals, counted, PLAN, CATALOGUE).html()


LIVER_DAYS = """
alt_day | alt | bili_day | bili | alp | concurrent
100     | 120 | 100      | 40.1 | 60  | 1
100     | 120 | 130      | 40.1 | 60  | 1
100     | 120 | 131      | 40.1 | 60  | -
100     | 120 | 99       | 40.1 | 60  | -
100     | 119 | 100      | 40.1 | 60  | 0
100     | 120 | 100      | 40   | 60  | 0
100     | 120 | 100      | 40.1 | 240 | 0
100     | 120 | 100      | 40.1 | 239 | 1
100     | 120 | 100      | 40.1 | -   | 1
"""


@pytest.mark.parametrize("row", rows_of(LIVER_DAYS), ids=str)
def test_the_screen_of_hys_law_asks_for_both_tests_within_thirty_days(row):
    limits = {"ALT": ("alt_day", "alt", 40), "BILI": ("bili_day", "bili", 20), "ALP": ("alt_day", "alp", 120)}
    values = [(code, row[day], row[value], limit) for code, (day, value, limit) in limits.items()]
    lab = bds([{"USUBJID": "1", "PARAMCD": code, "ADY": float(day), "AVAL": float(value), "ANRHI": limit}
               for code, day, value, limit in values if value is not None])  # fmt: skip
    people = adsl([{"USUBJID": "1", "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"}])
    liver = safety.derive_liver(lab, people)
    assert liver["concurrent"].fillna(-1).tolist() == [-1 if row["concurrent"] is None else float(row["concurrent"])]
    found = pick_result(safety.estimate_liver(liver, people, PLAN), statistic="hys_law_concurrent")
    assert found["n"] == (row["concurrent"] is not None)


def test_the_screen_of_hys_law_is_undecided_for_as_many_patients_as_there_are_where_no_day_is_known():
    rows = [{"USUBJID": f"P{n:03d}", "PARAMCD": code, "AVAL": 100.0, "ANRHI": 20.0, "AVISITN": 1.0}
            for n in range(200) for code in ("ALT", "BILI")]  # fmt: skip
    people = adsl([{"USUBJID": f"P{n:03d}", "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"} for n in range(200)])
    liver = safety.derive_liver(as_categories(bds(rows)), people)
    assert (len(liver), liver["concurrent"].count()) == (200, 0)


def test_the_panels_that_a_cohort_lacks_are_named():
    study = example_study()
    lab = study.adlb[~study.adlb["PARAMCD"].isin(["IGG", "CREAT"])]
    found = safety.summarise_laboratory(lab, study.adsl, study.plan, study.catalogue)
    said = report.say_safety_data(found, study.plan, study.catalogue).plain
    assert "3 analytes (blood count 2 and liver 1). Absent, so that nothing is known of it: kidney and immunoglobulins." in said


@pytest.mark.parametrize(("alt", "bilirubin", "quadrant"), [
    (120, 40, "hys_law_range"), (119, 40, "cholestasis"), (120, 39, "temples_corollary"), (119, 39, "normal"),
])  # fmt: skip
def test_both_sides_of_the_lines_of_the_liver_chart(alt, bilirubin, quadrant):
    values = {"ALT": (alt, 40), "BILI": (bilirubin, 20), "ALP": (60, 120)}
    lab = bds([{"USUBJID": "1", "PARAMCD": code, "AVISIT": "Y1", "AVISITN": 1, "AVAL": value, "BASE": 20, "ANRHI": limit}
               for code, (value, limit) in values.items()])  # fmt: skip
    people = adsl([{"USUBJID": "1", "FASFL": "Y", "SAFFL": "Y", "DTHFL": "N"}])
    liver = safety.derive_liver(lab, people)
    assert liver["quadrant"].tolist() == [quadrant]
    found = safety.estimate_liver(liver, people, PLAN)
    assert pick_result(found, by="edish", category=quadrant)["count"] == 1
    assert "screen, not a diagnosis" in report.say_liver(found, PLAN).plain
    assert figures.plot_liver(liver, PLAN).caption.startswith("Liver chart, safety population (n = 1 ")


# --- what a reader sees ----------------------------------------------------------------------------------------------------


def both_liver_tests(lab: pd.DataFrame) -> pd.DataFrame:
    """The laboratory with a bilirubin beside every ALT, at half its limit."""
    alt = lab[lab["PARAMCD"] == "ALT"]
    return pd.concat([lab, alt.assign(PARAMCD="BILI", AVAL=10.0, BASE=10.0, ANRLO=5.0, ANRHI=20.0)], ignore_index=True)


@cache
def everything(n: int = 40, visits: tuple[str, ...] = ("BL", "Y1", "Y3")) -> tuple[pd.DataFrame, list, list]:
    study = example_study(n=n, visits=visits)
    lab, people, plan, catalogue = study.adlb, study.adsl, study.plan, study.catalogue
    ranges = safety.estimate_out_of_range(lab, people, plan, catalogue)
    shifts = safety.count_shifts(lab, people, plan, catalogue)
    found = join_results(
        safety.summarise_laboratory(lab, people, plan, catalogue), ranges, shifts, safety.compare_out_of_range(shifts, plan),
        safety.estimate_new_abnormality(shifts, plan), safety.estimate_excursions(ranges, plan),
        safety.estimate_range_position(lab, people, plan, catalogue), safety.estimate_grades(lab, people, plan, catalogue),
        safety.estimate_events(study.adae, people, plan, supplied=True), safety.summarise_exposure(people, plan),
        safety.estimate_equivalence(lab, people, plan, catalogue), safety.estimate_tolerance(lab, people, plan, catalogue),
        safety.estimate_special(study.adae, lab, people, plan, True), safety.estimate_first_event(study.adae, people, plan, True),
    )  # fmt: skip
    signals, liver = safety.select_signals(lab, people, catalogue), safety.derive_liver(both_liver_tests(lab), people)
    found = join_results(
        found, safety.estimate_verdicts(found, plan, catalogue), safety.estimate_liver(liver, people, plan),
        safety.estimate_signals(signals, lab, people, plan, catalogue),
    )  # fmt: skip
    shown = [
        tables.tabulate_signals(signals, found, plan, catalogue), figures.plot_liver(liver, plan),
        tables.tabulate_laboratory(found, plan, catalogue), tables.tabulate_laboratory_detail(found, plan, catalogue),
        tables.tabulate_out_of_range(found, plan, catalogue), tables.tabulate_shifts(found, plan, catalogue),
        tables.tabulate_new_abnormality(found, plan, catalogue), tables.tabulate_excursions(found, plan, catalogue),
        tables.tabulate_grades(found, plan, catalogue), tables.tabulate_events(found, plan), tables.tabulate_terms(found, plan),
        tables.tabulate_windows(found, plan), tables.tabulate_serious(safety.select_serious(study.adae, people), found, plan),
        figures.plot_laboratory(found, lab, plan, catalogue), figures.plot_out_of_range(found, plan, catalogue),
        figures.plot_worst(safety.derive_worst(lab, people, catalogue), plan, catalogue), figures.plot_events(found, plan),
        tables.tabulate_equivalence(found, plan, catalogue), tables.tabulate_tolerance(found, plan, catalogue),
        tables.tabulate_verdicts(found, plan, catalogue), tables.tabulate_verdicts_detail(found, plan, catalogue),
        tables.tabulate_special(found, plan), tables.tabulate_first_event(found, plan),
        figures.plot_equivalence(found, plan, catalogue),
    ]  # fmt: skip
    said = [
        report.say_safety_data(found, plan, catalogue), report.say_laboratory(found, plan, catalogue),
        report.say_normal_range(found, plan), report.say_signals(found, plan), report.say_liver(found, plan),
        report.say_out_of_range(found, plan, catalogue), report.say_new_abnormality(found, plan, catalogue),
        report.say_grades(found, plan, catalogue), report.say_events(found, plan), report.say_windows(found, plan),
        report.say_safety_limits(found, plan), report.say_equivalence(found, plan, catalogue),
        report.say_verdicts(found, plan), report.say_tolerance(found, plan), report.say_special(found, plan),
        report.say_first_event(found, plan),
    ]  # fmt: skip
    return found, shown, said


SAFE = re.compile(r"\bsafe(?:ly|r|st)?\b|well.tolerated|no (?:safety )?concern|harmless", re.IGNORECASE)


def test_nothing_that_notebook_or_package_says_about_harm_calls_it_safe():
    notebook = json.loads((ROOT / "notebooks" / "03-safety.ipynb").read_text("utf-8"))
    prose = [line for cell in notebook["cells"] if cell["cell_type"] == "markdown" for line in cell["source"]]
    code = [path.read_text("utf-8") for folder in ("report", "tables", "figures")
            for path in (ROOT / "src" / "racohort" / folder).glob("*.py") if path.stem in SAID]  # fmt: skip
    assert len(code) >= 10
    for text in (*prose, *code):
        assert not SAFE.search(text), text[:200]


@pytest.mark.parametrize("visits", [("BL", "Y1", "Y3"), ("M0", "M3", "M6", "M9", "M12")], ids=["three visits", "five visits"])
def test_the_whole_section_works_for_any_visits_and_never_calls_anything_safe(visits):
    _, shown, said = everything(visits=visits)
    text = " ".join([*(one.plain for one in said), *(one.caption for one in shown)])
    assert all(said)
    assert not SAFE.search(text)
    assert "*" not in text
    assert not re.search(r"\bnan\b", text.lower())
    assert all(one.synthetic for one in shown)


def test_the_section_works_for_a_cohort_of_two_patients():
    found, shown, _ = everything(n=2)
    assert found["result_id"].is_unique
    assert all(one is not None for one in shown)


def test_every_sentence_quotes_rows_that_exist():
    found, _, said = everything()
    quoted = {result_id for one in said for result_id in one.result_ids}
    assert quoted
    assert quoted <= set(found["result_id"])


def test_a_risk_is_not_called_excluded_where_the_form_did_not_ask():
    study = example_study()
    found = safety.estimate_events(study.adae.assign(AEACN=""), study.adsl, study.plan, supplied=True)
    row = pick_result(found, by="overview", category="DISCONT", statistic="proportion")
    assert (row["n"], row["n_missing"], row["note"]) == (40, 4, "not known for 4")
    assert row[["count", "value", "lower", "upper"]].isna().all()
    assert set(select_results(found, by="overview", category="DISCONT")["statistic"]) == {"proportion"}
    for told in (found, release(found, Profile("publish"))):
        assert "(death)" in report.say_events(told, study.plan).plain
    shown = tables.tabulate_events(found, study.plan).frame.set_index("Category")
    assert shown.loc["Leading to discontinuation", "Patients"] == "none known; 4 not judged"


def test_a_form_without_a_word_on_seriousness_does_not_say_that_nothing_was_serious():
    study = example_study()
    found = safety.estimate_events(study.adae.assign(AESER=""), study.adsl, study.plan, supplied=True)
    assert "Serious: none known; 4 not judged." in report.say_events(found, study.plan).plain
    assert "serious" not in report.say_safety_limits(found, study.plan).plain.lower()


@pytest.mark.parametrize(("AESER", "AESDTH", "grade", "serious"), [
    ("Y", "", 1, 1), ("N", "Y", 3, 1), ("", "", 5, 1), ("N", "", 4, 0),
])  # fmt: skip
def test_a_fatal_event_counts_as_serious_in_the_overview_as_in_the_list(AESER, AESDTH, grade, serious):
    event = {"USUBJID": "01", "AEDECOD": "A", "ASTDY": 9.0, "TRTEMFL": "Y", "AESER": AESER, "AESDTH": AESDTH, "AETOXGR": grade}
    study = example_study()
    who = study.adsl["USUBJID"].iloc[0]
    events = adae([event | {"USUBJID": who}])
    found = safety.estimate_events(events, study.adsl, study.plan, supplied=True)
    counted = pick_result(found, by="overview", category="SERIOUS", statistic="proportion")["count"]
    assert counted == serious
    assert len(safety.select_serious(events, study.adsl)) == serious
    severe = pick_result(found, by="overview", category="GRADE3", statistic="proportion")["count"]
    assert severe == (grade >= 3 or AESDTH == "Y")


def test_who_left_for_harm_by_the_patients_record_alone_gives_no_rate_of_nought():
    study = example_study()
    left = study.adsl.assign(DCSREAS=["ADVERSE EVENT", *[""] * (len(study.adsl) - 1)])
    events = study.adae.assign(AEACN="DOSE NOT CHANGED")
    found = safety.estimate_events(events, left, study.plan, supplied=True)
    shown = tables.tabulate_events(found, study.plan).frame.set_index("Category").loc["Leading to discontinuation"]
    assert shown["Patients"].startswith("1 of ")
    assert shown["First events per 100 person-years"] == "–"


def test_steps_of_an_ordinal_scale_have_no_tolerance_interval_and_no_mean_change_in_widths():
    study = example_study()
    steps = CATALOGUE.assign(scale=CATALOGUE["scale"].mask(CATALOGUE.index == "WBC", "ordinal"))
    for estimate in (safety.estimate_tolerance, safety.estimate_equivalence):
        codes = set(estimate(study.adlb, study.adsl, study.plan, CATALOGUE)["PARAMCD"])
        assert codes - set(estimate(study.adlb, study.adsl, study.plan, steps)["PARAMCD"]) == {"WBC"}


def test_terms_that_a_file_has_in_capitals_are_shown_as_sentences():
    study = example_study()
    loud = study.adae.assign(AEDECOD="BLOOD ALT INCREASED", AEBODSYS="INVESTIGATIONS")
    found = safety.estimate_events(loud, study.adsl, study.plan, supplied=True)
    shown = tables.tabulate_terms(found, study.plan).frame
    assert shown[["System", "Term"]].iloc[1].tolist() == ["Investigations", "Blood ALT increased"]
    assert "the most frequent term is Blood ALT increased" in figures.plot_events(found, study.plan).alt


def test_the_steps_of_a_dipstick_are_no_mean_that_moved():
    study = example_study()
    found = safety.summarise_laboratory(study.adlb, study.adsl, study.plan, study.catalogue)
    steps = study.catalogue.assign(scale="ordinal")
    assert report.say_laboratory(found, study.plan, study.catalogue).plain.startswith("The mean that moved most")
    assert report.say_laboratory(found, study.plan, steps).plain == ""


def test_a_term_that_holds_mark_up_is_escaped():
    study = example_study()
    nasty = study.adae.assign(AEDECOD="<script>alert(1)</script>")
    found = safety.estimate_events(nasty, study.adsl, study.plan, supplied=True)
    assert "<script>" not in tables.tabulate_terms(found, study.plan).html()
    assert "<script>" not in figures.plot_events(found, study.plan).html()


@pytest.mark.parametrize(("most", "words"), [(39, "5th to 95th percentile"), (40, "one grey line a patient")])
def test_past_a_number_of_patients_a_fan_takes_the_place_of_single_lines(monkeypatch, most, words):
    monkeypatch.setattr("racohort.figures.laboratory.MOST_LINES", most)
    study = example_study()
    found = safety.summarise_laboratory(study.adlb, study.adsl, study.plan, study.catalogue)
    few = select_results(found, PARAMCD=["WBC", "ALT"])
    assert words in figures.plot_laboratory(few, study.adlb, study.plan, study.catalogue).caption


@pytest.mark.parametrize(("visits", "drawn"), [(5, 5), (6, 3)])
def test_past_a_number_of_visits_a_mark_stands_for_the_first_the_primary_and_the_last(visits, drawn):
    adlb, people, plan = generated(analytes=2, visits=visits)  # the first follow-up visit is the primary one
    found = join_results(
        safety.estimate_out_of_range(adlb, people, plan, CATALOGUE), safety.estimate_equivalence(adlb, people, plan, CATALOGUE)
    )
    outside, same = figures.plot_out_of_range(found, plan, CATALOGUE), figures.plot_equivalence(found, plan, CATALOGUE)
    assert (len(outside.rows), len(same.rows)) == (2 * drawn, 2 * (drawn - 1))
    told = [f"Of {visits} visits {drawn} are drawn; the table has all." in one.caption for one in (outside, same)]
    assert told == [drawn < visits] * 2


def test_past_a_number_of_patients_the_liver_chart_draws_squares_and_says_so(monkeypatch):
    study = example_study()
    liver = safety.derive_liver(both_liver_tests(study.adlb), study.adsl)
    assert "squares" not in figures.plot_liver(liver, study.plan).caption
    monkeypatch.setattr("racohort.figures.liver.MOST_POINTS", len(liver) - 1)
    assert "Larger squares hold more patients" in figures.plot_liver(liver, study.plan).caption


def test_the_liver_chart_does_not_grow_with_the_patients_beyond_a_line(monkeypatch):
    liver = safety.derive_liver(both_liver_tests(example_study().adlb), example_study().adsl)
    high = {"transaminase": 40.0, "bilirubin": np.geomspace(3, 50, 3 * len(liver))}
    raised = pd.concat([liver] * 3).assign(**high, **{f"{name}_base": values for name, values in high.items()})
    monkeypatch.setattr("racohort.figures.liver.MOST_POINTS", len(liver))
    once, often = (figures.plot_liver(pd.concat([raised] * times), example_plan()).light for times in (1, 4))
    assert once.count("<use") == often.count("<use")


def test_past_a_number_of_pairs_squares_take_the_place_of_points(monkeypatch):
    study = example_study()
    worst = safety.derive_worst(study.adlb, study.adsl, study.catalogue)
    assert "Triangles" in figures.plot_worst(worst, study.plan, study.catalogue).caption
    monkeypatch.setattr("racohort.figures.worst.MOST_POINTS", len(worst) - 1)
    assert "Larger squares hold more pairs" in figures.plot_worst(worst, study.plan, study.catalogue).caption


def test_the_panels_of_the_worst_values_do_not_depend_on_how_texts_are_held():
    study = example_study()
    worst = safety.derive_worst(study.adlb, study.adsl, study.catalogue)
    there, catalogue = set(worst["PARAMCD"]), study.catalogue.iloc[::-1]
    assert list(catalogue.index[catalogue.index.isin(there)]) != sorted(there)
    held = (worst.astype({"PARAMCD": "str"}), as_categories(worst))
    assert len({figures.plot_worst(frame, study.plan, catalogue).html() for frame in held}) == 1


def test_events_are_supplied_where_a_source_column_holds_them():
    assert safety.events_supplied(pd.DataFrame({"meaning": ["USUBJID", "AEDECOD"]}))
    assert not safety.events_supplied(pd.DataFrame({"meaning": ["USUBJID", "CMDECOD", "ASTDT"]}))


def test_results_of_nothing_are_a_results_frame():
    assert (
        as_results([]).columns.tolist()
        == safety.summarise_exposure(example_study().adsl, example_plan(treated=False)).columns.tolist()
    )


# --- events of special interest -------------------------------------------------------------------------------------------

SPECIAL_EVENTS = """
AETERM                    | AEDECOD                              | AEBODSYS                    | ASTDY | category
DVT left leg              | Deep vein thrombosis                 | Vascular disorders          | 40    | THROMBO
low platelets             | Thrombocytopenia                     | Blood disorders             | 40    | -
bleeding into the brain   | Haemorrhagic stroke                  | Nervous system disorders    | 40    | -
缺血性脑卒中              | -                                    | -                           | 40    | THROMBO
fever                     | Pyrexia                              | General disorders           | 1     | INFUSION
fever                     | Pyrexia                              | General disorders           | 2     | INFUSION
fever                     | Pyrexia                              | General disorders           | 3     | -
fever, day unknown        | Pyrexia                              | General disorders           | -     | -
hives                     | Urticaria                            | Skin disorders              | 300   | INFUSION
a cold                    | Viral upper respiratory tract ailment | Infections and infestations | 90    | INFECTION
pneumonia                 | Pneumonia                            | -                           | 90    | INFECTION
shingles                  | Herpes zoster                        | Infections and infestations | 90    | INFECTION REACTIVATION
TB                        | Pulmonary tuberculosis               | Infections and infestations | 90    | INFECTION REACTIVATION
breast cancer             | Breast cancer                        | Neoplasms                   | 900   | MALIGNANCY
lump                      | Benign neoplasm of skin              | Neoplasms                   | 900   | -
肺恶性肿瘤                | -                                    | -                           | 900   | MALIGNANCY
bone in muscle            | Heterotopic ossification             | Musculoskeletal disorders   | 900   | ECTOPIC
extra beats               | Ventricular extrasystoles            | Cardiac disorders           | 900   | -
HLA antibodies            | Anti-HLA antibody test positive      | Investigations              | 400   | ALLOIMMUNE
broken wrist              | Radius fracture                      | Injury                      | 400   | -
"""


@pytest.mark.parametrize("row", rows_of(SPECIAL_EVENTS), ids=lambda row: f"{row['AETERM']} day {row['ASTDY']}")
def test_an_event_of_special_interest_is_found_by_its_words_and_a_look_alike_is_not(row):
    event = adae([{name: row[name] for name in ("AETERM", "AEDECOD", "AEBODSYS", "ASTDY")}])
    found = [one.code for one in SPECIAL if is_special(event, one).item()]
    assert found == (row["category"] or "").split()


@pytest.mark.parametrize(("term", "codes"), [
    ("Herpes zóster", ["INFECTION", "REACTIVATION"]), ("Gürtelrose", ["INFECTION", "REACTIVATION"]),
    ("Zona", ["INFECTION", "REACTIVATION"]), ("Infección urinaria", ["INFECTION"]), ("Lungenentzündung", ["INFECTION"]),
    ("Nasofaringitis", ["INFECTION"]), ("Zystitis", ["INFECTION"]), ("Trombosis venosa profunda", ["THROMBO"]),
    ("Infarto de miocardio", ["THROMBO"]), ("Trombocitopenia", []), ("Thrombopénie", []), ("Leukämie", ["MALIGNANCY"]),
    ("Linfoma", ["MALIGNANCY"]), ("Karzinom der Brust", ["MALIGNANCY"]), ("Reacción a la infusión", ["INFUSION"]),
    ("Überempfindlichkeit", ["INFUSION"]), ("Náuseas", []), ("Cefalea", []), ("Diarrhö", []),
    ("Elevación de transaminasas", []),
])  # fmt: skip
def test_an_event_of_special_interest_is_found_in_the_languages_of_its_forms(term, codes):
    event = pd.DataFrame({"AETERM": [term], "AEDECOD": [""], "AEBODSYS": [""], "ASTDY": [40.0]})
    assert [one.code for one in SPECIAL if is_special(event, one).item()] == codes


def special_of(events: list[dict], laboratory: list[dict] = [], supplied: bool = True) -> pd.DataFrame:  # noqa: B006
    people = adsl([row | {"FASFL": "Y"} for row in rows_of(PEOPLE)])
    return safety.estimate_special(adae(events), bds(laboratory), people, PLAN, supplied)


def test_special_events_equal_the_table_counted_by_hand():
    found = special_of(rows_of(EVENTS))
    patients = select_results(found, statistic="proportion").set_index("category")
    assert patients["count"].to_dict() == {"INFUSION": 2, "THROMBO": 0, "INFECTION": 3, "REACTIVATION": 0, "MALIGNANCY": 0}
    assert set(patients["n"]) == {11}
    events = select_results(found, statistic="events").set_index("category")["value"]
    assert events["INFUSION"] == 3  # 01 fever and chills, 02 fever on the day of infusion; patient 12 was not treated
    assert pick_result(found, statistic="risk_bound", category="THROMBO")["upper"] == pytest.approx(1 - 0.05 ** (1 / 11))


def test_what_only_a_test_would_show_is_not_collected_until_somebody_tested():
    def collected(found: pd.DataFrame) -> dict:
        return select_results(found, statistic="collected").set_index("category")["value_text"].to_dict()

    silent = collected(special_of([]))
    assert {code for code, answer in silent.items() if answer == "no"} == {"ECTOPIC", "DONOR", "ALLOIMMUNE"}
    assert set(collected(special_of([], supplied=False)).values()) == {"no"}
    reported = [{"USUBJID": "01", "AEDECOD": "Teratoma", "TRTEMFL": "Y", "ASTDY": 500}]
    assert collected(special_of(reported))["ECTOPIC"] == "reported"
    tested = [{"USUBJID": one, "PARAMCD": "HLAAB", "AVISIT": "Y1", "AVISITN": 1, "AVAL": 0.0} for one in ("01", "02", "12")]
    found = special_of([], tested)
    assert collected(found)["ALLOIMMUNE"] == "yes"
    assert pick_result(found, statistic="proportion", category="ALLOIMMUNE")["n"] == 2


def test_special_events_that_were_not_collected_are_neither_zero_nor_excluded():
    found = special_of([], supplied=False)
    cells = tables.tabulate_special(found, PLAN).frame
    assert cells["Patients"].str.startswith("not collected").all()
    said = report.say_special(found, PLAN).plain
    assert "excluded" not in said
    assert "Not collected, so that nothing is known:" in said
    assert "How long the patients were followed is not known" in said


def test_the_length_of_follow_up_is_told_where_the_longest_is_hidden_and_where_it_is_not():
    told = []
    for longest in (4.1, float("nan")):
        followed = {"median": 3.0, "max": longest}
        rows = as_results([{"by": "exposure", "statistic": name, "value": value} for name, value in followed.items()])
        told.append(report.say_special(join_results(special_of([]), rows), PLAN).plain)
    assert "A follow-up of 3.0 years in the median, 4.1 at most, is too short" in told[0]
    assert "A follow-up of 3.0 years in the median is too short" in told[1]


# --- the first event --------------------------------------------------------------------------------------------------------


def test_the_first_event_is_dated_from_the_infusion_and_death_before_it_is_an_outcome_of_its_own(people):
    emergent = adae([row for row in rows_of(EVENTS) if row["TRTEMFL"] == "Y"])
    times = safety.derive_first_event(emergent, people)
    assert times["status"].to_dict() == {
        "01": 1, "02": 1, "03": 0, "04": 1, "05": 0, "06": 1, "07": 1, "08": 1, "09": 1, "10": 0, "11": 0,
    }  # fmt: skip
    assert times["days"].dropna().to_dict() == {
        "01": 0, "02": 0, "03": 1096, "04": 0, "06": 399, "07": 19, "08": 199, "09": 29,
    }  # fmt: skip
    dead = safety.derive_first_event(emergent[emergent["USUBJID"] != "08"], people)
    assert dead.loc["08"].tolist() == [200, 2]


def test_cumulative_incidence_equals_the_estimate_by_hand():
    # six patients: event day 10, death day 20, left day 40, event day 60, two followed to day 400
    # by hand: 1/6; at day 60 three are at risk and survival is 4/6, so 1/6 + 4/6 * 1/3 = 7/18
    days = {"1": 400, "2": 20, "3": 40, "4": 400, "5": 400, "6": 400}
    people = adsl([
        {"USUBJID": one, "FASFL": "Y", "SAFFL": "Y", "TRTSDT": "2014-01-01", "DTHFL": "Y" if one == "2" else "N",
         "LSTCNTDT": pd.Timestamp("2014-01-01") + pd.Timedelta(days=last)} for one, last in days.items()
    ])  # fmt: skip
    first = {"AEDECOD": "A", "AESER": "Y", "TRTEMFL": "Y"}
    events = adae([{"USUBJID": "1", "ASTDY": 11, **first}, {"USUBJID": "4", "ASTDY": 61, **first}])
    found = safety.estimate_first_event(events, people, PLAN, supplied=True)
    value = {row["category"]: row for _, row in select_results(found, statistic="cumulative_incidence").iterrows()}
    assert value["SERIOUS>30"]["value"] == pytest.approx(1 / 6)
    assert value["SERIOUS>365"]["value"] == pytest.approx(7 / 18)
    assert value["SERIOUS>365"]["lower"] < 7 / 18 < value["SERIOUS>365"]["upper"]
    assert "SERIOUS>1095" not in value
    assert np.isnan(value["GRADE3>365"]["lower"])
    counts = select_results(found, method="count", category="SERIOUS>365").set_index("statistic")["value"].to_dict()
    assert counts == {"died_before": 1, "at_risk": 2}
    assert "; 1 died before one; 2 still followed without one)" in report.say_first_event(found, PLAN).plain


def test_without_death_the_interval_is_that_of_the_kaplan_meier_estimate():
    # oracle: Greenwood's variance, S^2 * sum d / (n (n - d)), written out
    start = pd.Timestamp("2014-01-01")
    people = adsl([{"USUBJID": str(one), "FASFL": "Y", "SAFFL": "Y", "TRTSDT": start, "DTHFL": "N",
                    "LSTCNTDT": start + pd.Timedelta(days=370 if one > 3 else 15 * one)} for one in range(1, 21)])  # fmt: skip
    events = adae([{"USUBJID": str(one), "AEDECOD": "A", "ASTDY": 10.0 * one, "TRTEMFL": "Y"} for one in range(8, 14)])
    found = safety.estimate_first_event(events, people, PLAN, supplied=True)
    row = pick_result(found, category="TEAE>365", statistic="cumulative_incidence")
    surviving, total, at_risk = 1.0, 0.0, 17
    for _ in range(6):
        surviving *= 1 - 1 / at_risk
        total += 1 / (at_risk * (at_risk - 1))
        at_risk -= 1
    half = 1.959964 * np.sqrt(total) / abs(np.log(surviving))
    assert row["value"] == pytest.approx(1 - surviving)
    assert row["lower"] == pytest.approx(1 - surviving ** np.exp(-half), rel=1e-5)
    assert row["upper"] == pytest.approx(1 - surviving ** np.exp(half), rel=1e-5)


# --- remained in the normal range, by rule --------------------------------------------------------------------------------


def test_the_change_in_widths_of_the_range_equals_plain_pandas_row_for_row():
    study = example_study()
    found = safety.estimate_equivalence(study.adlb, study.adsl, study.plan, study.catalogue)
    rows = select_results(found, statistic="range_change")
    assert set(rows["PARAMCD"]) == {"WBC", "HGB", "ALT", "CREAT", "IGG"}
    for _, row in rows.iterrows():
        lab = study.adlb[(study.adlb["PARAMCD"] == row["PARAMCD"]) & (study.adlb["AVISIT"] == row["AVISIT"])]
        change = (lab["CHG"] / (lab["ANRHI"] - lab["ANRLO"])).dropna()
        low, high = stats.ttest_1samp(change, 0).confidence_interval(0.90)
        p = max(stats.ttest_1samp(change, -0.25, alternative="greater").pvalue,
                stats.ttest_1samp(change, 0.25, alternative="less").pvalue)  # fmt: skip
        assert [row["value"], row["lower"], row["upper"], row["p_value"]] == pytest.approx([change.mean(), low, high, p])
        assert (row["n"], row["level"]) == (len(change), pytest.approx(0.90))
        assert (row["value_text"] == "yes") == (p < 0.05)


@pytest.mark.parametrize(("shift", "answer"), [(0, "yes"), (0.22, "not shown"), (-0.22, "not shown"), (0.5, "no"), (-0.5, "no")])
def test_a_mean_change_is_small_not_shown_to_be_or_large(shift, answer):
    changes = [shift + noise for noise in (-0.1, -0.05, 0.0, 0.05, 0.1)]
    alt = {"PARAMCD": "ALT", "AVISIT": "Y1", "AVISITN": 1, "AVAL": 20, "ANRLO": 10, "ANRHI": 40, "ANL01FL": "Y"}
    lab = bds([alt | {"USUBJID": f"{i:02d}", "CHG": 30 * change} for i, change in enumerate(changes, 1)])
    people = adsl([{"USUBJID": f"{i:02d}", "FASFL": "Y", "SAFFL": "Y"} for i in range(1, 6)])
    row = pick_result(safety.estimate_equivalence(lab, people, PLAN, CATALOGUE), statistic="range_change")
    assert row["value_text"] == answer


def test_tolerance_intervals_equal_the_published_factors_and_carry_no_verdict():
    study = example_study()
    found = safety.estimate_tolerance(study.adlb, study.adsl, study.plan, study.catalogue)
    values = study.adlb[(study.adlb["PARAMCD"] == "HGB") & (study.adlb["AVISIT"] == "Y1")]["AVAL"]
    n = len(values)
    hgb = select_results(found, PARAMCD="HGB", AVISIT="Y1").set_index("method")
    assert hgb.loc["range", ["lower", "upper"]].tolist() == [values.min(), values.max()]
    content = hgb.loc["range", "value"]
    assert n * content ** (n - 1) - (n - 1) * content**n == pytest.approx(0.05)  # Wilks' equation
    k = normal_tolerance_k_two_sided_howe(n)
    assert hgb.loc["normal", "upper"] == pytest.approx(values.mean() + k * values.std())
    assert "lognormal" in set(select_results(found, PARAMCD="ALT")["method"])
    assert set(found["value_text"]) == {""}
    assert "verdict" not in tables.tabulate_tolerance(found, study.plan, study.catalogue).frame.to_string()


def test_limits_below_zero_give_way_to_the_logarithm_where_no_value_is_below_zero():
    lab = bds([{"USUBJID": f"{i:02d}", "PARAMCD": "WBC", "AVISIT": "Y1", "AVISITN": 1, "AVAL": value, "ANL01FL": "Y"}
               for i, value in enumerate([1, 1, 1, 2, 9], 1)])  # fmt: skip
    people = adsl([{"USUBJID": f"{i:02d}", "FASFL": "Y", "SAFFL": "Y"} for i in range(1, 6)])
    found = select_results(safety.estimate_tolerance(lab, people, PLAN, CATALOGUE), statistic="tolerance")
    assert found["method"].tolist() == ["range", "lognormal"]
    assert (found["lower"] > 0).all()


def ruled(n: int, new: int) -> pd.DataFrame:
    """The verdicts on ALT when `new` of n patients, all normal at baseline, are above three times the limit at year 1."""
    alt = {"PARAMCD": "ALT", "ANRLO": 10, "ANRHI": 40, "BNRIND": "NORMAL", "ANRIND": "NORMAL", "ANL01FL": "Y"}
    values = []
    for i in range(n):
        before = alt | {"USUBJID": f"{i:03d}", "AVISIT": "BL", "AVISITN": 0, "ADY": 1, "AVAL": 25.0 + i % 3, "BASE": 25.0 + i % 3}
        after = before | {"AVISIT": "Y1", "AVISITN": 1, "ADY": 366} | ({"AVAL": 130.0, "ANRIND": "HIGH"} if i < new else {})
        values += [before | {"ABLFL": "Y"}, after]
    lab, people = bds(values), adsl([{"USUBJID": f"{i:03d}", "FASFL": "Y", "SAFFL": "Y"} for i in range(n)])
    plan = example_plan(("BL", "Y1"))
    shifts = safety.count_shifts(lab, people, plan, CATALOGUE)
    rows = join_results(
        safety.estimate_range_position(lab, people, plan, CATALOGUE), safety.estimate_out_of_range(lab, people, plan, CATALOGUE),
        safety.estimate_new_abnormality(shifts, plan), safety.estimate_grades(lab, people, plan, CATALOGUE),
    )  # fmt: skip
    return safety.estimate_verdicts(rows, plan, CATALOGUE)


VERDICTS = """
n  | new | mean_inside | every_value_inside | new_abnormality_rare | grade1_rare | grade2_rare
64 | 0   | yes         | yes                | yes                  | yes         | yes
58 | 0   | yes         | yes                | yes                  | yes         | not shown
64 | 1   | yes         | no                 | yes                  | yes         | not shown
64 | 2   | yes         | no                 | yes                  | yes         | not shown
64 | 3   | yes         | no                 | not shown            | not shown   | not shown
64 | 10  | not shown   | no                 | not shown            | not shown   | no
64 | 20  | no          | no                 | no                   | no          | no
64 | 60  | no          | no                 | no                   | no          | no
"""


@pytest.mark.parametrize("row", rows_of(VERDICTS), ids=lambda row: f"{row['new']} of {row['n']}")
def test_each_rule_has_its_verdict_for_the_analyte_and_for_its_panel(row):
    found = ruled(int(row["n"]), int(row["new"]))
    wanted = {rule: row[rule] for rule in RULES}
    for part in ({"PARAMCD": "ALT"}, {"by": "PARCAT1", "category": "Liver"}):
        verdicts = select_results(found, statistic="verdict", **part).set_index("method")["value_text"].to_dict()
        assert verdicts == wanted


@pytest.mark.parametrize("n", [0, 1, 59, 64, 200, 3_000])
def test_the_counts_that_pass_a_rule_are_found_as_if_each_of_them_were_tried(n):
    counts = np.arange(n + 1)
    one_sided = upper_one_sided_cp(counts, np.full(n + 1, n), 0.95) < 0.05
    assert probability_rare(n, 0.02, 0.05) == pytest.approx(stats.binom.cdf(one_sided.sum() - 1, n, 0.02))
    both_sides = np.asarray(clopper_pearson(counts, np.full(n + 1, n), 0.95)[1]) <= 0.1
    assert probability_healthy_passes(pd.Series([n]), 0.1) == pytest.approx(stats.binom.cdf(both_sides.sum() - 1, n, 0.05))


def test_a_healthy_group_passes_each_rule_as_often_as_when_it_is_drawn_at_random():
    # oracle: 4000 healthy groups of 64, normal values with 5 % outside, one follow-up visit; Monte-Carlo error below 0.008
    rng = np.random.default_rng(64)
    outside = rng.random((4000, 64)) < 0.05
    found = select_results(ruled(64, 0), statistic="healthy_pass", PARAMCD="ALT").set_index("method")["value"]
    assert found["every_value_inside"] == pytest.approx(0.95**64)
    assert found["new_abnormality_rare"] == pytest.approx((outside.sum(axis=1) <= 2).mean(), abs=0.025)
    assert found["grade2_rare"] == 1.0
    assert found["mean_inside"] > 0.999
    assert probability_rare(58, 0.0, 0.05) == 0.0  # 1 - 0.05 ** (1 / 58) is 5.03 %
    assert probability_rare(59, 0.0, 0.05) == 1.0
    assert 0 < probability_rare(200_000, 0.5, 0.1) < 1e-200  # too small for a float, and not impossible


def test_a_panel_says_yes_only_when_every_analyte_of_it_does_and_multiplies_the_healthy_chances():
    found = everything()[0]
    mine = select_results(found, statistic="verdict", by="")
    panels = select_results(found, statistic="verdict", by="PARCAT1", method="every_value_inside").set_index("category")
    blood = mine[mine["PARAMCD"].isin(["WBC", "HGB"]) & (mine["method"] == "every_value_inside")]
    assert panels.loc["Blood count", "n"] == 2
    assert (panels.loc["Blood count", "value_text"] == "yes") == blood["value_text"].eq("yes").all()
    chances = select_results(found, statistic="healthy_pass", by="", method="every_value_inside").set_index("PARAMCD")["value"]
    whole = pick_result(found, statistic="healthy_pass", by="PARCAT1", method="every_value_inside", category="Blood count")
    assert whole["value"] == pytest.approx(chances["WBC"] * chances["HGB"])


def test_a_cohort_without_laboratory_events_or_treatment_has_no_verdict_and_no_table_of_them():
    people, plan = adsl([{"USUBJID": "1", "FASFL": "Y", "SAFFL": "Y"}]), example_plan(treated=False)
    none = bds([])
    same, reach = (one(none, people, plan, CATALOGUE) for one in (safety.estimate_equivalence, safety.estimate_tolerance))
    verdicts = safety.estimate_verdicts(as_results([]), plan, CATALOGUE)
    special = safety.estimate_special(adae([]), none, people, plan, supplied=False)
    onset = safety.estimate_first_event(adae([]), people, plan, supplied=False)
    assert all(one.empty for one in (same, reach, verdicts, special, onset))
    shown = [
        tables.tabulate_equivalence(same, plan, CATALOGUE), tables.tabulate_tolerance(reach, plan, CATALOGUE),
        tables.tabulate_verdicts(verdicts, plan, CATALOGUE), tables.tabulate_verdicts_detail(verdicts, plan, CATALOGUE),
        tables.tabulate_special(special, plan), tables.tabulate_first_event(onset, plan),
        figures.plot_equivalence(same, plan, CATALOGUE),
    ]  # fmt: skip
    assert shown == [None] * 7
    said = (report.say_equivalence(same, plan, CATALOGUE), report.say_verdicts(verdicts, plan), report.say_tolerance(reach, plan),
            report.say_special(special, plan), report.say_first_event(onset, plan))  # fmt: skip
    assert not any(said)


def test_no_words_take_the_treatment_of_a_cohort_for_an_infusion_of_cells():
    allowed = ("cells given by infusion", "count as an infusion reaction", '"INFUSION": "Infusion reaction or hypersensitivity"')
    rooms = [
        path
        for room in ("tables", "report", "figures", "comparison", "claims")
        for path in (ROOT / "src/racohort" / room).glob("*.py")
    ]
    lines = [line for path in (*rooms, ROOT / "src/racohort/labels.py") for line in path.read_text("utf-8").splitlines()]
    said = [line for line in lines if re.search("infusion|cell product|cell therap", line, re.IGNORECASE)]
    assert [line for line in said if not any(words in line for words in allowed)] == []
    assert len(said) == 3  # the table of events of special interest says whose harms these are


def test_vital_signs_alone_are_called_so_and_no_range_is_named_that_is_not_there():
    study = example_study()
    bare = study.adlb.assign(ANRLO=np.nan, ANRHI=np.nan, ANRIND="")
    vital = study.catalogue.assign(PARCAT1="Vital signs")
    found = select_results(safety.summarise_laboratory(bare, study.adsl, study.plan, study.catalogue), PARAMCD="ALT")
    shown = figures.plot_laboratory(found, bare, study.plan, vital)
    assert shown.caption.startswith("Vital signs over time")
    assert "range" not in shown.caption + shown.alt.replace("without reference ranges", "")
