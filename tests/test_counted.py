"""Visits told by a day alone, units in the codes of items, a cohort without dates, a HAQ-DI beside its categories.

Oracles: rows that were counted by hand.
"""

import pytest

from racohort.report.phrases import no_control
from tests.support.cohorts import cleaned, cohort, found, values
from tests.support.frames import example_plan

LATER = {"BL": {"day": 0, "window": [-30, 30]}, "Y1": {"day": 365, "window": [275, 455]}}


def test_a_day_takes_the_visit_of_its_window_and_the_closest_of_several_stands_for_it(tmp_path):
    rows = "id visit crp\nP1 -10 5\nP1 0 6\nP1 20 7\nP1 275 8\nP1 360 9\nP1 456 10\nP2 12 3\nP2 274 4\nP2 455 4"
    _, data = cleaned(cohort(tmp_path, {"a.csv": rows}, visits=LATER))
    used = values(data)[["USUBJID", "AVISIT", "AVAL", "ANL01FL"]]
    assert used[used["ANL01FL"] == "Y"].drop(columns="ANL01FL").to_numpy().tolist() == [
        ["P1", "BL", 6.0], ["P1", "Y1", 9.0], ["P2", "BL", 3.0], ["P2", "Y1", 4.0],
    ]  # fmt: skip
    assert used["AVISIT"].value_counts().to_dict() == {"UNSCHEDULED": 5, "BL": 2, "Y1": 2}


def test_equal_values_on_two_unplanned_days_are_two_values(tmp_path):
    rows = "id visit crp\nP1 0 6\nP1 100 7\nP1 200 7\nP1 200 7\nP2 0 5\nP2 300 4"
    clean, data = cleaned(cohort(tmp_path, {"a.csv": rows}, visits=LATER))
    assert (values(data)["AVISIT"] == "UNSCHEDULED").sum() == 2
    assert clean.records.ledger()["rule"].tolist().count("row_twice") == 1


def test_numbers_that_are_labels_are_never_taken_for_days(tmp_path):
    rows = "id visit crp\nP1 0 6\nP1 12 7\nP1 13 8"
    visits = {"BL": {"labels": ["0"], **LATER["BL"]}, "Y1": {"labels": ["12"], **LATER["Y1"]}}
    said = found(cohort(tmp_path, {"a.csv": rows}, visits=visits))
    assert "'13' is no visit's label" in said["visit_unknown"]


@pytest.mark.parametrize(("last", "taken"), [(3, False), (52, False), (274, False), (275, True)])
def test_numbers_that_do_not_reach_the_last_visit_are_no_days(tmp_path, last, taken):
    """The visits of a patient numbered, or told in weeks or months: all but the last would lie within the window of baseline."""
    rows = f"id visit crp\nP1 1 6\nP1 2 7\nP1 {last} 8"
    assert ("visit_unknown" in found(cohort(tmp_path, {"a.csv": rows}, visits=LATER))) is not taken


def test_the_code_of_an_item_may_give_its_unit(tmp_path):
    rows = "id | visit | item | result\nP1 | BL | chol | 200\nP1 | BL | CRP | 4"
    columns = {"item": {"codes": {"chol": "CHOL mg/dL", "CRP": "CRP"}}}
    _, data = cleaned(cohort(tmp_path, {"a.csv": rows}, {"a.csv": "long"}, columns=columns))
    assert values(data).set_index("PARAMCD")["AVAL"].round(3).to_dict() == {"CHOL": 5.172, "CRP": 4.0}


def test_without_dates_those_seen_at_the_visit_that_starts_treatment_were_treated(tmp_path):
    rows = "id visit crp\nP1 BL 5\nP1 Y1 4\nP2 BL 6\nP3 Y1 6"
    path = cohort(tmp_path, {"a.csv": rows}, treatment_start={"from": "visit", "visit": "BL"})
    adsl = cleaned(path)[1].adsl.set_index("USUBJID")
    assert adsl["SAFFL"].to_dict() == {"P1": "Y", "P2": "Y", "P3": "N"}
    assert adsl["TRTSDT"].isna().all()


def test_a_cohort_in_which_nothing_is_measured_is_refused_and_says_what_to_declare(tmp_path):
    said = found(cohort(tmp_path, {"a.csv": "id visit age\nP1 BL 50\nP2 BL 60"}))
    assert "no column of any file holds an analyte or an event" in said["column_missing"]


@pytest.mark.parametrize(("unit", "written", "asked"), [("mg/dL", (4600, 4700, 4800), False), ("mmol/L", (150, 180, 200), True)])
def test_another_unit_is_asked_about_only_where_the_values_were_not_converted_from_it(tmp_path, unit, written, asked):
    drawn = "id | visit | chol\n" + "".join(f"P{i} | BL | {value}\n" for i, value in enumerate(written))
    path = cohort(tmp_path, {"a.csv": drawn}, columns={"chol": {"paramcd": "CHOL", "unit": unit}})
    assert ("in mg/dL it would be usual: another unit?" in found(path)["impossible"]) is asked


def test_several_arms_are_said_to_be_taken_together_and_one_to_lack_a_control():
    plan = example_plan(("BL", "Y1"))
    assert no_control(plan) == "There is no control group"
    many = type(plan)(**{**vars(plan), "arms": tuple("abcde")})
    assert no_control(many) == "The 5 arms of this cohort are taken together, and none is compared with another"


def answered(shipped: dict[str, float], categories: int = 1) -> str:
    head = " | ".join(f"h{number}" for number in range(1, 9))
    lines = [f"{who} | BL | {haq} | " + " | ".join([str(categories)] * 8) for who, haq in shipped.items()]
    return "\n".join([f"id | visit | haq | {head}", *lines])


ITEMS = {f"h{number}": {"paramcd": f"HAQ{number:02d}"} for number in range(1, 9)}


@pytest.mark.parametrize(("haq", "differs"), [(1.0, False), (1.06, False), (1.125, True), (2.5, True)])
def test_a_shipped_haq_that_its_categories_contradict_is_held_and_none_is_used(tmp_path, haq, differs):
    clean, data = cleaned(cohort(tmp_path, {"a.csv": answered({"P1": haq, "P2": 1, "P3": 1})}, columns=ITEMS))
    assert ("score_differs" in set(clean.records.quarantine()["rule"])) is differs
    used = values(data)
    used = used[(used["PARAMCD"] == "HAQDI") & (used["ANL01FL"] == "Y")]
    assert used.set_index("USUBJID")["AVAL"].to_dict() == dict.fromkeys(("P1", "P2", "P3")[differs:], 1.0)


def test_a_haq_that_is_higher_than_its_categories_throughout_refuses_the_cohort_and_says_what_may_raise_it(tmp_path):
    said = found(cohort(tmp_path, {"a.csv": answered({f"P{number}": 1.5 for number in range(6)})}, columns=ITEMS))
    assert "in 6 of 6 rows; devices and help raise a category" in said["score_contradicts"]


def test_several_days_of_a_visit_are_told_with_the_visit(tmp_path):
    rows = "id visit date crp\nP1 BL 2014-01-01 5\nP1 Y1 2015-01-01 4\nP1 Y1 2015-01-09 4.5"
    said = found(cohort(tmp_path, {"a.csv": rows}))
    assert "is one of several days of the visit Y1; the one closest to the planned day is used" in said["visit_several"]
