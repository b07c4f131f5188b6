"""Several samples of one day, vital signs, and quantities whose unit has to be asked.

Oracles: rows that were counted by hand; the definitions of units.
"""

from io import StringIO

import pandas as pd
import pytest

from racohort.config import Cohort
from racohort.intake.guesses import Source
from racohort.intake.tables import guess_table
from racohort.io import read_catalogue
from racohort.labels import values_of
from racohort.participants import count_missing
from racohort.quality import count_findings, count_present
from racohort.safety import summarise_laboratory
from racohort.tables import tabulate_mapping
from racohort.units import unit_key
from tests.support.cohorts import cleaned, cohort, found, table, values
from tests.support.frames import example_plan

CATALOGUE = read_catalogue()
ADVS = """USUBJID | PARAMCD | AVISIT | ADT | ATPT | AVAL | AVALU
P1 | SYSBP | BL | 2014-01-02 | LYING    | 142 | mmHg
P1 | SYSBP | BL | 2014-01-02 | STANDING | 131 | mmHg
P1 | SYSBP | Y1 | 2015-01-02 | LYING    | 138 | mmHg
P1 | SYSBP | Y1 | 2015-01-02 | STANDING | 138 | mmHg"""


def used(data):
    """Visit and value of each record, the one that represents its visit first."""
    rows = values(data).sort_values(["AVISITN", "ANL01FL"], ascending=[True, False])
    return rows[["AVISIT", "AVAL", "ANL01FL"]].to_numpy().tolist()


def test_of_a_packages_time_points_the_first_represents_the_visit_and_all_are_kept(tmp_path):
    clean, data = cleaned(cohort(tmp_path, {"advs.csv": ADVS}, {"advs.csv": "adam"}, columns={}))
    assert used(data) == [["BL", 142.0, "Y"], ["BL", 131.0, ""], ["Y1", 138.0, "Y"], ["Y1", 138.0, ""]]
    assert [finding.line for finding in clean.records.findings if finding.rule == "visit_samples"] == [2, 3, 4, 5]
    assert clean.records.quarantine().empty


def test_without_a_time_point_the_same_rows_contradict_each_other(tmp_path):
    said = found(cohort(tmp_path, {"advs.csv": ADVS.replace("ATPT", "NOTE")}, {"advs.csv": "adam"}, columns={}))
    assert "is one of 2 rows for P1, BL, SYSBP, which differ" in said["visit_twice"]


@pytest.mark.parametrize(("first", "second", "kept"), [
    ("08:10", "19:45", 3), ("08:10", "08:10", 1), ("00:00", "00:00:00", 1), ("00:00", "08:10", 3),
])  # fmt: skip
def test_the_time_of_day_tells_two_samples_of_a_laboratory_apart(tmp_path, first, second, kept):
    rows = "\n".join(["id | visit | date | item | result", "P2 | BL | 2014-01-02 09:00 | CRP | 6",
                      f"P1 | BL | 2014-01-02 {first} | CRP | 4", f"P1 | BL | 2014-01-02 {second} | CRP | 5"])  # fmt: skip
    _, data = cleaned(cohort(tmp_path, {"lab.csv": rows}, {"lab.csv": "long"}))
    assert len(values(data)) == kept


def guessed(drawn: str) -> dict[str, dict[str, str]]:
    read = pd.read_csv(StringIO(table(drawn)), dtype="str", keep_default_na=False)
    source = guess_table(Source("a.csv", {}, "", ""), read, CATALOGUE)
    return {guess.name: dict(guess.keys) | ({"asked": guess.choices} if guess.choices else {}) for guess in source.columns}


def test_weight_at_each_visit_is_measured_and_height_that_never_changes_is_a_fact():
    told = guessed(
        "id | visit | Weight kg | height_cm | SBP\n1 | BL | 70 | 171 | 130\n1 | Y1 | 72 | 171 | 128\n2 | BL | 61 | 160 | 117"
    )
    assert told["Weight kg"] == {"paramcd": "WEIGHT", "unit": "kg"}
    assert told["height_cm"] == {"role": "COVARIATE"}
    assert told["SBP"] == {"paramcd": "SYSBP", "unit": "mmHg"}


def test_whether_a_d_dimer_is_in_fibrinogen_equivalents_is_asked_where_the_name_does_not_say_it():
    told = guessed("id | visit | D-dimer | Ddimer mg/L FEU\n1 | BL | 0.4 | 0.4\n1 | Y1 | 0.7 | 0.8\n2 | BL | 1.1 | 1.2")
    assert told["D-dimer"]["asked"] == "unit: mg/L FEU or mg/L DDU; the values are 0.4 to 1.1"
    assert told["Ddimer mg/L FEU"] == {"paramcd": "DDIMER", "unit": "mg/L FEU"}


@pytest.mark.parametrize(("one", "other"), [
    ("bpm", "beats/min"), ("次/分", "beats per minute"), ("℃", "C"), ("毫米汞柱", "mmHg"), ("公斤", "kg"), ("kg/m²", "kg/m^2"),
    ("mg/L (FEU)", "mg/L FEU"), ("inches", "in"),
])  # fmt: skip
def test_units_of_vital_signs_have_many_spellings(one, other):
    assert unit_key(one) == unit_key(other)


def test_values_are_called_what_they_are():
    told = [values_of(codes, CATALOGUE) for codes in (["ALT"], ["PULSE"], ["ALT", "PULSE"])]
    assert told == ["laboratory values", "vital signs", "laboratory values and vital signs"]


def test_what_was_measured_outside_the_plan_alone_is_no_gap_of_the_planned_visits(tmp_path):
    rows = ADVS + "\nP1 | HEIGHT | Screening | 2013-12-20 | | 171 | cm"
    _, data = cleaned(cohort(tmp_path, {"advs.csv": rows}, {"advs.csv": "adam"}, columns={}))
    assert set(data.adlb["PARAMCD"]) == {"SYSBP", "HEIGHT"}
    plan = example_plan(("BL", "Y1"))
    told = [
        count_missing(data.adsl, data.adlb, data.adqs, plan),
        count_present(data.adlb, data.adsl, plan),
        summarise_laboratory(data.adlb, data.adsl, plan, CATALOGUE),
    ]
    assert [set(rows["PARAMCD"]) - {""} for rows in told] == [{"SYSBP"}] * 3


def test_many_rows_whose_parts_exceed_their_whole_are_told_together(tmp_path):
    people = [f"P{number} | BL | {4 + number % 5} | 5 | 2" for number in range(100)]
    columns = {"wbc": {"paramcd": "WBC"}, "neut": {"paramcd": "NEUT"}, "lym": {"paramcd": "LYM"}}
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": "\n".join(["id | visit | wbc | neut | lym", *people])}, columns=columns))
    said = [finding for finding in clean.records.findings if finding.rule == "parts_exceed"]
    assert [(finding.line, finding.count) for finding in said] == [(2, 60)]  # 4, 5 and 6 are less than 7 by more than a tenth


@pytest.mark.parametrize(("code", "labels", "day", "said"), [
    ("W24", ["WEEK 24"], 168, "week 24"), ("W26", [], 182, "week 26"), ("Y1", ["Week 52"], 364, "week 52"),
    ("Y1", ["Week 52"], 365, "1 year"), ("M6", ["6 months"], 183, "6 months"), ("V3", ["V3"], 14, "day 14"),
])  # fmt: skip
def test_a_visit_that_is_named_by_its_week_is_called_so(code, labels, day, said):
    visits = {"BL": {"day": 0}, code: {"labels": labels, "day": day}}
    columns = {"id": {"role": "USUBJID"}}
    config = Cohort.model_validate(
        {"id": "a", "files": [{"path": "a.csv", "shape": "visit"}], "columns": columns, "visits": visits}
    )
    assert config.visit_label(code) == said


def test_the_gravest_finding_of_a_class_stands_first():
    found = pd.DataFrame({"class": ["warn", "warn", "warn", "normalise"], "count": 1,
                          "rule": ["visit_unscheduled", "event_fatal", "small_site", "encoding_read"]})  # fmt: skip
    assert count_findings(found)["category"].tolist() == ["event_fatal", "small_site", "visit_unscheduled", "encoding_read"]


def test_many_columns_that_are_not_read_stand_in_one_row():
    names = [f"X{number}" for number in range(6)]
    mapping = pd.DataFrame(
        {"file": "dm.csv", "sheet": "", "column": ["ID", *names], "meaning": ["USUBJID", *["IGNORE"] * 6], "unit": ""}
    )
    few = mapping.iloc[:6].assign(file="ae.csv")
    shown = tabulate_mapping(pd.concat([mapping, few]), CATALOGUE, example_plan()).frame
    assert shown["Column"].tolist() == ["ID", ", ".join(names), "ID", *names[:5]]


def test_a_year_of_birth_gives_the_age_and_one_among_the_ages_is_called_so(tmp_path):
    rows = "id visit date yob crp\nP1 BL 2014-07-01 1954 5\nP2 BL 2014-07-01 1980 6"
    columns = {"yob": {"role": "BIRTHDT", "format": "%Y"}}
    _, data = cleaned(cohort(tmp_path / "born", {"a.csv": rows}, columns=columns))
    assert data.adsl["AGE"].tolist() == [60, 34]
    assert guessed(rows)["yob"] == columns["yob"]
    said = found(cohort(tmp_path / "aged", {"a.csv": rows.replace("yob", "age")}, columns={"age": {"role": "AGE"}}))
    assert 'a year of birth? That is {role: BIRTHDT, format: "%Y"}' in said["impossible"]


@pytest.mark.parametrize(("day", "age"), [("2014-03-04", 33), ("2014-03-05", 34), ("2014-03-06", 34), ("2015-03-04", 34)])
def test_an_age_changes_on_the_birthday(tmp_path, day, age):
    rows = f"id visit date born crp\nP1 BL {day} 1980-03-05 5"
    _, data = cleaned(cohort(tmp_path, {"a.csv": rows}, columns={"born": {"role": "BIRTHDT", "format": "%Y-%m-%d"}}))
    assert data.adsl["AGE"].tolist() == [age]
