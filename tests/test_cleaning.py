"""Cleaning: what each cell, row, visit and patient becomes, and that nothing is lost in silence."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from racohort.cleaning.numbers import read_number
from racohort.cleaning.words import missing_words, tidy, word_key
from racohort.config import parse_cohort
from racohort.rules import RULES
from racohort.schema import CohortError
from tests.support.cohorts import cleaned, cohort, found, rules, values

SOURCE = Path(__file__).resolve().parents[1] / "src" / "racohort"
BASE = """
id   site sex age visit date       tjc sjc vas esr crp  das  haq  alt hb  upro
P1   A    M   41  BL    2013-03-01 14  10  70  56  39.6 6.78 1.75 18  118 -
P1   A    M   42  Y1    2014-03-01 8   6   42  35  24.2 5.35 1.00 20  119 -
P1   A    M   44  Y3    2016-02-27 6   4   28  25  16.6 4.58 0.75 24  121 1+
P2   A    F   46  BL    2013-03-18 13  9   67  52  34.5 6.56 1.625 21 120 -
P2   A    F   47  Y1    2014-03-19 8   5   40  33  21.2 5.22 1.00 23  122 -
P2   A    F   49  Y3    2016-03-23 5   4   27  23  14.5 4.39 0.625 27 123 -
P3   B    F   51  BL    2013-04-04 12  8   64  48  29.4 6.34 1.50 24  122 -
P3   B    F   52  Y1    2014-03-30 7   5   38  30  18.1 5.02 0.875 26 124 -
P3   B    F   54  Y3    2016-03-31 5   3   26  22  12.5 4.26 0.625 30 125 -
P4   B    M   56  BL    2013-04-21 11  7   61  44  24.3 6.10 1.375 27 126 -
P4   B    M   57  Y1    2014-04-24 7   4   37  28  15.1 4.89 0.875 29 127 -
P4   B    M   59  Y3    2016-04-17 4   3   24  20  10.4 4.04 0.50 33  128 -
"""
STUDY = {"start": "2012-01-01", "end": "2018-12-31", "timezone": "Asia/Shanghai"}


def drawn(line: int = 0, **cells: str) -> str:
    """The clean table with some cells of one line (header is 1) replaced."""
    rows = [row.split() for row in BASE.strip().splitlines()]
    for name, value in cells.items():
        rows[line - 1][rows[0].index(name)] = value
    return "\n".join("|".join(row) for row in rows)


def check(folder, line: int = 0, more=None, **cells: str):
    settings_ = {"study": STUDY, "treatment_start": {"from": "visit", "visit": "BL"}} | (more or {})
    return cleaned(cohort(folder, {"a.csv": drawn(line, **cells)}, **settings_))


def test_the_clean_table_gives_no_finding_and_every_value(tmp_path):
    clean, data = check(tmp_path)
    assert not clean.records.findings
    assert len(clean.records.ledger()) == 0
    assert len(values(data).query("DTYPE == ''")) == 12 * 10
    assert list(data.adsl["EFFFL"]) == ["Y"] * 4


@pytest.mark.parametrize(("text", "is_code"), [
    ("-99", True), ("−99", True), ("-99.0", True), ("999", True), ("999.0", True),
    ("99", False), ("9.9", False), ("-9.9", False), ("99.9", False), ("9990", False),
])  # fmt: skip
def test_a_number_is_a_missing_code_only_where_it_is_that_number(text, is_code):
    described = {"id": "x", "files": [{"path": "a.csv", "shape": "visit"}], "columns": {"id": {"role": "USUBJID"}}}
    config = parse_cohort(json.dumps(described | {"visits": {"BL": {}}, "missing": ["-99", "999"]}), "cohort.yml")
    assert (text in missing_words(np.array([text], dtype=object), config)) is is_code


def test_a_table_in_which_nobody_has_a_baseline_is_kept_out_row_by_row_and_nothing_is_left_to_analyse(tmp_path):
    rows = [row for row in drawn().split("\n") if "|BL|" not in row]
    with pytest.raises(CohortError, match="no patient is left: all 8 rows are kept out: follow-up without a baseline") as refused:
        cleaned(cohort(tmp_path, {"a.csv": "\n".join(rows)}, study=STUDY))
    assert Counter(finding.rule for finding in refused.value.findings) == {"no_baseline": 8, "nobody_left": 1}


@pytest.mark.parametrize(("line", "cells", "rule"), [
    (5, {"crp": "N/A"}, "missing_code"), (5, {"crp": "."}, "missing_code"), (5, {"crp": "NULL"}, "missing_code"),
    (5, {"crp": "34..5"}, "number_unreadable"), (5, {"crp": "45%"}, "number_unreadable"), (5, {"crp": "TRUE"},
    "number_unreadable"),
    (5, {"crp": "(5)"}, "number_unreadable"), (5, {"crp": "1_2.5"}, "number_unreadable"), (5, {"crp": "10-May"},
    "number_unreadable"),
    (5, {"crp": "1,234"}, "number_ambiguous"), (5, {"crp": "34,5"}, "decimal_comma"), (5, {"crp": "1.234,5"}, "decimal_comma"),
    (5, {"crp": "3" * 300}, "cell_too_long"), (5, {"crp": "３４.５"}, "number_spelling"), (5, {"crp": "'34.5"},
    "number_spelling"),
    (5, {"crp": "34.5mg/L"}, "unit_in_cell"), (5, {"crp": "3.45mg/dL"}, "unit_in_cell"), (5, {"crp": "34.5U/L"},
    "number_unreadable"),
    (5, {"crp": "34.5↑"}, "laboratory_flag"), (5, {"crp": "<5"}, "censored"), (5, {"crp": ">320"}, "censored"),
    (5, {"crp": "−3"}, "impossible"), (5, {"esr": "0"}, "impossible"), (5, {"esr": "201"}, "impossible"), (5, {"vas": "101"},
    "impossible"),
    (5, {"tjc": "13.5"}, "joint_fraction"), (5, {"haq": "1.64"}, "off_grid"), (5, {"crp": "301"}, "implausible"),
    (5, {"sex": "3"}, "code_unknown"), (5, {"sex": "女"}, "code_spelling"), (6, {"sex": "M"}, "subject_changes"),
    (5, {"age": "130"}, "impossible"), (6, {"age": "64"}, "age_jumps"), (5, {"site": "a"}, "code_spelling"),
    (5, {"date": "2013.03.18"}, "date_spelling"), (5, {"date": "20130318"}, "date_spelling"), (5,
    {"date": "2013-03-17T16:00:00Z"}, "date_spelling"),
    (5, {"date": "2013-02-30"}, "date_unreadable"), (5, {"date": "05/03/2013"}, "date_unreadable"), (5, {"date": "13-03-18"},
    "date_unreadable"),
    (5, {"date": "2019-01-01"}, "date_outside"), (6, {"date": ""}, "visit_undated"), (6, {"visit": ""}, "visit_unlabelled"),
    (6, {"visit": "Month6"}, "visit_unknown"), (6, {"visit": "y1"}, "code_spelling"), (6, {"visit": "unscheduled"},
    "visit_unscheduled"),
    (6, {"date": "2014-08-01"}, "visit_window"), (6, {"date": "2016-03-20", "age": "49"}, "visit_contradiction"),
    (5, {"date": "2016-09-01", "age": "49"}, "visit_order"), (5, {"id": "P9"}, "no_baseline"), (5, {"id": "p2"}, "id_spelling"),
    (5, {"id": "\u03a12"}, "id_spelling"),  # a Greek Rho
    (5, {"id": "2.0"}, "id_float"), (5, {"id": ""}, "id_missing"), (5, {"id": "3.1E+17"}, "id_damaged_row"), (5,
    {"id": "Total"}, "totals_row"), (5, {"id": "Mean ± SD"}, "totals_row"),
    (6, {"das": "0.40"}, "score_differs"), (5, {"esr": "34.5", "crp": "52"}, "exchanged"), (5, {"site": "B"}, "id_two_sites"),
    (4, {"upro": "++"}, "code_spelling"), (4, {"upro": "much"}, "number_unreadable"),
    (4, {"upro": "阴性(-)"}, "code_spelling"), (4, {"upro": "阳性(++)"}, "code_spelling"),
    (5, {"crp": "<0"}, "impossible"),
    (4, {"upro": "阴性(+)"}, "number_unreadable"), (4, {"upro": "positive(-)"}, "number_unreadable"),
])  # fmt: skip
def test_one_fault_is_found_by_its_rule(tmp_path, line, cells, rule):
    clean, _ = check(tmp_path, line, **cells)
    assert rule in rules(clean)
    told = [finding for finding in clean.records.findings if finding.rule == rule]
    assert any(str(line) in finding.message or "P" in finding.message for finding in told)
    assert all(finding.row()["remedy"] for finding in told)


@pytest.mark.parametrize(("text", "level"), [
    ("阴性(-)", 0), ("NEG (-)", 0), ("弱阳性(±)", 1), ("阳性（+）", 2), ("Positive(3+)", 4), ("pos ++++", 5),
])  # fmt: skip
def test_a_sign_in_brackets_behind_the_word_that_says_the_same_is_the_level(tmp_path, text, level):
    clean, _ = check(tmp_path, 4, upro=text)
    assert clean.values.set_index(["USUBJID", "AVISIT", "PARAMCD"]).loc[("P1", "Y3", "UPRO"), "AVAL"] == level


@pytest.mark.parametrize(("text", "value", "side", "unit", "rule"), [
    ("12.5", 12.5, "", "", ""), ("-3", -3, "", "", ""), (".5", 0.5, "", "", ""), ("+7", 7, "", "", "number_spelling"),
    ("1.25E+01", 12.5, "", "", "number_spelling"), ("1,234,567", 1234567, "", "", "number_spelling"), ("0,234", 0.234, "", "",
    "decimal_comma"),
    ("12,5", 12.5, "", "", "decimal_comma"), ("< 10.4", 10.4, "below", "", "censored"), ("＞3200", 3200, "above", "", "censored"),
    ("≤0.5mg/L", 0.5, "below", "mg/L", "censored"), ("6.4×10^9/L", 6.4, "", "×10^9/L", "unit_in_cell"), ("12.5 H", 12.5, "",
    "", "laboratory_flag"),
    ("39.6 mg/L H", 39.6, "", "mg/L", "laboratory_flag"), ("H 39.6 mg/L", 39.6, "", "mg/L", "laboratory_flag"),
    ("39.6 H mg/L", 39.6, "", "mg/L", "unit_in_cell"), ("39.6mg/L↑", 39.6, "", "mg/L", "laboratory_flag"),
    ("▲39.6", 39.6, "", "", "laboratory_flag"), ("L <5.0", 5, "below", "", "censored"), ("5 L/L", 5, "", "L/L", "unit_in_cell"),
    ("39.6↑↑", 39.6, "", "", "laboratory_flag"), ("39.6 (H) mg/L", 39.6, "", "mg/L", "unit_in_cell"),
    ("39.6 H (repeat)", None, "", "", "number_unreadable"), ("HL", None, "", "", "number_unreadable"),
    ("1,234", None, "", "", "number_ambiguous"), ("12-15", None, "", "", "number_unreadable"), ("inf", None, "", "",
    "number_unreadable"),
    ("nan", None, "", "", "number_unreadable"), ("0x1F", None, "", "", "number_unreadable"), ("", None, "", "",
    "number_unreadable"),
])  # fmt: skip
def test_a_text_means_one_number_or_none(text, value, side, unit, rule):
    reading = read_number(text)
    assert (reading.side, reading.unit, reading.rule) == (side, unit, rule)
    assert np.isnan(reading.value) if value is None else reading.value == value


def test_a_decimal_comma_file_has_no_ambiguous_thousands():
    assert read_number("1,750", ",").value == 1.75
    assert read_number("1.750", ",").rule == "number_ambiguous"


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reader_of_numbers(text):
    reading = read_number(text)
    assert reading.rule or float(text) == reading.value
    assert tidy(tidy(text)) == tidy(text)
    assert word_key(word_key(text)) == word_key(text)


@given(st.floats(-1e6, 1e6, allow_nan=False))
@settings(max_examples=200, deadline=None)
def test_a_number_as_python_writes_it_is_read_back_exactly(number):
    assert read_number(repr(number)).value == number


def test_missing_are_the_declared_codes_and_no_number():
    config = parse_cohort("id: a\nfiles: [{path: a.csv, shape: visit}]\nvisits: {BL: {}}\nmissing: ['', '-9', NA]")
    texts = np.array(["", " ", "-9", "-99", "NA", "n/a", "0", "-", "+"], dtype=object)
    assert set(missing_words(texts, config)) == {"", " ", "-9", "NA", "n/a", "-"}


def test_a_value_below_the_assay_keeps_side_and_limit(tmp_path):
    _, data = check(tmp_path, 7, crp="<10.4")
    row = data.adlb.query("PARAMCD == 'CRP' and line == 7").iloc[0]
    assert (row["censored"], row["limit"]) == ("below", 10.4)
    assert row["AVAL"] == pytest.approx(10.4 / np.sqrt(2))


def test_declared_assay_limits_censor_values_and_words(tmp_path):
    columns = {"crp": {"lower_limit": 15.0, "upper_limit": 30.0, "below": "half"}}
    _, data = check(tmp_path, 2, {"columns": columns}, crp="BLQ")
    crp = data.adlb.query("PARAMCD == 'CRP'").set_index("line")
    assert crp.loc[2, ["censored", "limit", "AVAL"]].tolist() == ["below", 15, 7.5]
    assert crp.loc[5, ["censored", "AVAL"]].tolist() == ["above", 30]
    assert crp.loc[3, "censored"] == ""


def test_units_are_converted_by_what_is_declared_and_exactly(tmp_path):
    _, plain = check(tmp_path / "a")
    _, other = check(
        tmp_path / "b",
        5,
        {"columns": {"hb": {"unit": "g/dL"}}, "ranges": {"HGB": {"possible": [0, 2000], "plausible": [0, 2000]}}},
    )
    assert list(other.adlb.query("PARAMCD == 'HGB'")["AVAL"]) == [10 * hb for hb in plain.adlb.query("PARAMCD == 'HGB'")["AVAL"]]


def test_a_value_of_a_long_table_is_held_against_its_own_analyte_s_range_and_a_row_left_out_lends_none(tmp_path):
    rows = "id|v|item|result\nP1|BL|HGB|900\nP1|Y1|ALB|900\nP1|BL|ALB|900\nP1|BL|ALB|900\nP2|BL|HGB|39"
    columns = {"id": {"role": "USUBJID"}, "v": {"role": "AVISIT"}, "item": {"role": "PARAM"}, "result": {"role": "AVAL"}}
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": rows}, {"a.csv": "long"}, columns=columns))
    said = {
        finding.line: finding.message.partition("(")[2].split()[0]
        for finding in clean.records.findings
        if finding.rule == "impossible"
    }
    assert said == {2: "HGB", 3: "ALB", 4: "ALB"}
    assert [finding.line for finding in clean.records.findings if finding.rule == "implausible"] == [6]


def test_a_unit_nobody_can_convert_refuses_the_cohort(tmp_path):
    with pytest.raises(CohortError, match="cannot be converted"):
        check(tmp_path, 5, {"columns": {"hb": {"unit": "mmHg"}}})


@pytest.mark.parametrize(("name", "factor", "rule"), [("crp", 0.1, "unit_doubt"), ("vas", 0.1, "score_contradicts")])
def test_a_column_in_another_unit_is_doubted(tmp_path, name, factor, rule):
    rows = [row.split() for row in BASE.strip().splitlines()]
    at = rows[0].index(name)
    text = "\n".join(
        "|".join([*row[:at], row[at] if i == 0 else f"{float(row[at]) * factor:g}", *row[at + 1 :]]) for i, row in enumerate(rows)
    )
    path = cohort(tmp_path, {"a.csv": text}, treatment_start={"from": "visit"})
    assert rule in found(path)


@pytest.mark.parametrize(("top", "doubted"), [(0.39, True), (0.41, False)])
def test_a_column_is_doubted_whose_every_value_lies_below_a_fiftieth_of_the_upper_limit(tmp_path, top, doubted):
    """The catalogue's upper limit of RF is 20 IU/mL."""
    rows = [f"P{n:02d}|BL|{top * (n + 10) / 22:.4f}" for n in range(1, 13)]
    path = cohort(tmp_path, {"a.csv": "\n".join(["id|visit|rf", *rows])}, treatment_start=None)
    assert ("unit_doubt" in rules(cleaned(path)[0])) is doubted


def test_exchanged_columns_refuse_the_cohort_and_name_both(tmp_path):
    swapped = BASE.replace("esr crp ", "crp esr ")
    with pytest.raises(CohortError, match=r"das contradicts its components tjc, sjc, esr, vas .*if esr and CRP were exchanged"):
        cleaned(cohort(tmp_path, {"a.csv": swapped}))


def test_the_variant_of_a_shipped_das28_is_told_from_its_components(tmp_path):
    _, data = cleaned(cohort(tmp_path / "a", {"a.csv": BASE.replace(" das ", " das28 ")}))
    shipped = data.adqs.query("column == 'das28'")
    assert set(shipped["PARAMCD"]) == {"DAS28ESR"}
    _, data = cleaned(cohort(tmp_path / "b", {"a.csv": BASE.replace(" das ", " das28 ")}, das28_variant="unknown"))
    assert set(data.adqs.query("column == 'das28'")["PARAMCD"]) == {"DAS28"}


@pytest.mark.parametrize(("label", "also"), [("unscheduled", "visit_unscheduled"), ("Y1", "visit_several")])
@pytest.mark.parametrize(("score", "held"), [("4.58", set()), ("1.58", {"score_differs"})])
def test_a_score_is_held_against_the_components_of_its_own_day(tmp_path, label, also, score, held):
    """Two more days of one patient: components alone on the first, on the second a score with other components of its own."""
    more = [
        f"P1|A|M|42|{label}|2014-03-11|14|10|70|56|39.6||1.75|20|119|-",
        f"P1|A|M|42|{label}|2014-03-21|6|4|28|25|16.6|{score}|0.75|21|119|-",
    ]
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": "\n".join([drawn(), *more])}, study=STUDY))
    assert rules(clean) == {also} | held


def test_rows_that_repeat_are_dropped_and_rows_that_differ_are_kept_out(tmp_path):
    lines = drawn().splitlines()
    clean, data = cleaned(cohort(tmp_path / "a", {"a.csv": "\n".join([*lines, lines[4]])}))
    assert rules(clean) == {"row_twice"}
    assert len(data.adqs.query("USUBJID == 'P2' and PARAMCD == 'TJC28'")) == 3
    clean, data = cleaned(cohort(tmp_path / "b", {"a.csv": "\n".join([*lines, lines[4].replace("34.5", "3.45")])}))
    assert {"visit_twice", "no_baseline"} <= rules(clean)
    assert "P2" not in set(data.adqs["USUBJID"])
    assert data.adsl.set_index("USUBJID").loc["P2", "FASFL"] == "N"


def test_one_person_under_two_identifiers_and_a_copied_visit_are_warned_of(tmp_path):
    lines = drawn().splitlines()
    clean, _ = cleaned(cohort(tmp_path / "a", {"a.csv": "\n".join([*lines, *(line.replace("P1", "P9") for line in lines[1:4])])}))
    assert rules(clean) == {"same_person"}
    assert "P1 and P9" in clean.records.findings[0].message
    copied = lines[5].split("|")[6:]
    lines[6] = "|".join([*lines[6].split("|")[:6], *copied])
    clean, _ = cleaned(cohort(tmp_path / "b", {"a.csv": "\n".join(lines)}))
    assert rules(clean) == {"copied_visit"}


def test_zeros_lost_from_an_identifier_keep_its_rows_out(tmp_path):
    text = drawn(6, id="2").replace("P", "00")
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": text}))
    assert "id_zeros" in rules(clean)
    assert any("002" in finding.message for finding in clean.records.findings)


def test_a_site_with_one_patient_is_warned_of_without_the_patient_s_name(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": drawn().replace("P4|B", "P4|C")}))
    assert rules(clean) == {"small_site"}
    assert "P4" not in str(clean.records.findings[0])


def test_a_site_with_another_unit_is_found(tmp_path):
    rows = [line.split("|") for line in drawn().splitlines()]
    for row in rows[1:]:
        row[8] = row[8] if row[1] == "A" else f"{float(row[8]) / 10:g}"
    text = "\n".join("|".join([*row[:11], *row[12:]]) for row in rows)
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": text}))
    assert rules(clean) == {"unit_doubt_site"}
    assert any("site B" in finding.message for finding in clean.records.findings)


def test_most_values_missing_and_one_value_throughout_are_warned_of(tmp_path):
    rows = [line.split("|") for line in drawn().splitlines()]
    for number, row in enumerate(rows[1:]):
        row[13] = "25"
        row[12] = row[12] if number < 5 else ""
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": "\n".join("|".join(row) for row in rows)}))
    assert rules(clean) == {"mostly_missing", "constant"}
    assert "7 of 12 values are missing (58 %)" in clean.records.findings[0].message


def test_several_days_for_one_visit_are_warned_of_and_the_closest_is_used(tmp_path):
    lines = drawn().splitlines()
    extra = lines[5].replace("2014-03-19", "2014-04-30").replace("21.2", "99")
    clean, data = cleaned(cohort(tmp_path, {"a.csv": "\n".join([*lines, extra])}, treatment_start={"from": "visit"}))
    assert rules(clean) == {"visit_several"}
    crp = data.adlb.query("USUBJID == 'P2' and PARAMCD == 'CRP' and AVISIT == 'Y1'")
    assert list(crp.sort_values("ADT")["ANL01FL"]) == ["Y", ""]
    assert len(crp) == 2


def test_dates_that_only_one_order_of_day_and_month_explains_are_read_by_it(tmp_path):
    text = re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\2/\3/\1", drawn())
    clean, data = cleaned(cohort(tmp_path / "a", {"a.csv": text}))
    assert rules(clean) == {"date_spelling"}
    assert str(data.adlb["ADT"].min().date()) == "2013-03-01"
    with pytest.raises(CohortError, match="format"):
        cleaned(
            cohort(
                tmp_path / "b", {"a.csv": re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"0\g<2>/01/\1".replace("0\\g<2>", r"\2"), drawn())}
            )
        )


def test_a_list_of_patients_decides_who_is_known_and_a_filter_who_is_kept(tmp_path):
    people = "id | sex | arm\nP1 | M | cells\nP2 | F | control\nP3 | F | cells"
    text = "\n".join("|".join(cell for i, cell in enumerate(line.split("|")) if i != 2) for line in drawn().splitlines())
    path = cohort(tmp_path, {"a.csv": text, "p.csv": people}, {"p.csv": "subject"}, filter={"ARM": "cells"})
    clean, data = cleaned(path)
    assert "id_unknown" in rules(clean)
    assert list(data.adsl["USUBJID"]) == ["P1", "P3"]
    assert clean.sources.set_index("file").loc["a.csv", ["used", "filtered", "quarantined"]].tolist() == [6, 3, 3]


EVENTS = "id | event | start | end | grade | fatal\n{}"


@pytest.mark.parametrize(("row", "rule"), [
    ("P1 | fever | 2013-03-02 | 2013-02-01 | 1 | N", "event_ends_first"), ("P1 | fever | 2012-12-01 | 2012-12-03 | 1 | N",
    "event_before"),
    ("P1 | fever | 2013-03-02 | 2013-03-03 | 7 | N", "event_grade"), ("P7 | fever | 2013-03-02 | | 1 | N",
    "event_unknown_patient"),
    ("P1 | fever | --11-10 | | 1 | N", "date_unreadable"),
    ("P1 | fever | | | 1 | N", "event_undated"), ("P1 | fever | 2013-03-05 | | 5 | Y", "event_death"),
    ("P1 | fever | 2013-03-02 | | 1 | N\nP1 | fever | 2013-03-02 | | 1 | N", "event_twice"),
    ("P1 | fever | 2013-03-02 | | 1 | N\nP2 | 发热 | 2013-03-22 | | 1 | N", "event_term"),
])  # fmt: skip
def test_an_event_that_cannot_be_is_found_by_its_rule(tmp_path, row, rule):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": drawn(), "e.csv": EVENTS.format(row)}, {"e.csv": "event"}))
    assert rules(clean) == {rule}


def test_an_event_list_without_faults_gives_no_finding(tmp_path):
    rows = "P1 | fever | 2013-03-02 | 2013-03-04 | 1 | N\nP2 | rash | 2013-05-07 | | 2 | N"
    clean, data = cleaned(cohort(tmp_path, {"a.csv": drawn(), "e.csv": EVENTS.format(rows)}, {"e.csv": "event"}))
    assert not clean.records.findings
    assert list(data.adae["TRTEMFL"]) == ["Y", "Y"]


def test_a_start_that_is_said_to_be_unknown_is_no_start(tmp_path):
    rows = "P1 | fever | UNK | 2013-03-04 | 1 | N"
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": drawn(), "e.csv": EVENTS.format(rows)}, {"e.csv": "event"}))
    assert rules(clean) == {"missing_code", "event_undated"}


@pytest.mark.parametrize("start", ["2013-05", "2013", "2013---07"])
def test_a_start_without_its_day_is_no_fault_and_the_event_counts(tmp_path, start):
    rows = f"P1 | fever | 2013-03-02 | 2013-03-04 | 1 | N\nP2 | rash | {start} | | 2 | N"
    clean, data = cleaned(cohort(tmp_path, {"a.csv": drawn(), "e.csv": EVENTS.format(rows)}, {"e.csv": "event"}))
    assert not clean.records.findings
    assert list(data.adae["TRTEMFL"]) == ["Y", "Y"]


CELLS = st.sampled_from(["", "NA", ".", "12", "12.5", "<3", ">99", "x", "1,234", "-4", "9999", "１２", "12..5", "3 mg/L", " 7 "])


@given(
    st.lists(
        st.tuples(st.sampled_from(["P1", "p1", "P2", "", "P3"]), st.sampled_from(["BL", "Y1", "??"]), CELLS, CELLS),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_cell_is_used_missing_kept_out_or_in_a_row_that_is(tmp_path_factory, rows):
    text = "\n".join(["id,visit,crp,alt", *(",".join(f'"{cell}"' for cell in row) for row in rows)]) + "\n"
    path = cohort(tmp_path_factory.mktemp("cells"), {"a.csv": text.encode("utf-8")})
    try:
        clean, data = cleaned(path)
    except CohortError:
        return
    cells = clean.cells
    assert (cells["cells"] == cells["used"] + cells["missing"] + cells["quarantined"] + cells["in_rows"]).all()
    assert cells["cells"].sum() <= 2 * len(rows)
    assert cells["cells"].sum() >= sum(cell != "" for row in rows for cell in row[2:])
    assert len(data.adlb) == cells["used"].sum()
    held = clean.records.quarantine()
    assert (held["scope"] == "cell").sum() == cells["quarantined"].sum() or (held["scope"] != "cell").any()


def test_a_baseline_in_a_column_of_its_own_counts_as_one_where_the_file_is_listed_for_it_too(tmp_path):
    rows = "id|visit|before|crp\nP1|Y1|9|5\nP1|Y3|9|4\nP2|Y1|8|3\nP2|Y3|8|6"
    path = cohort(
        tmp_path, {"a.csv": rows}, columns={"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, "crp": {"paramcd": "CRP"}}
    )
    described = json.loads((tmp_path / "cohort.yml").read_text("utf-8"))
    again = {"before": {"paramcd": "CRP", "visit": "BL"}, "visit": {"role": "IGNORE"}, "crp": {"role": "IGNORE"}}
    described["files"] = [*described["files"], {"path": "a.csv", "shape": "wide", "columns": again}]
    described["columns"]["before"] = {"role": "IGNORE"}
    (tmp_path / "cohort.yml").write_text(json.dumps(described), "utf-8")
    clean, data = cleaned(path)
    assert "no_baseline" not in rules(clean)
    assert clean.sources["sheet"].tolist() == ["", "rows with shape wide"]
    changes = values(data).query("AVISIT != 'BL'").set_index(["USUBJID", "AVISIT"])["CHG"]
    assert changes.to_dict() == {("P1", "Y1"): -4, ("P1", "Y3"): -5, ("P2", "Y1"): -5, ("P2", "Y3"): -2}


def test_every_rule_is_applied_somewhere_and_says_what_to_do():
    text = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py") if path.name != "rules.py")
    unused = [rule for rule in RULES if f'"{rule}"' not in text]
    assert not unused
    assert all(rule.remedy.endswith(".") and rule.severity in ("low", "medium", "high", "critical") for rule in RULES.values())


def test_rows_and_columns_in_another_order_give_the_same_data(tmp_path):
    _, plain = check(tmp_path / "a")
    rows = [line.split("|")[::-1] for line in drawn().splitlines()]
    text = "\n".join("|".join(row) for row in [rows[0], *rows[:0:-1]])
    clean, turned = cleaned(
        cohort(tmp_path / "b", {"a.csv": text}, study=STUDY, treatment_start={"from": "visit", "visit": "BL"})
    )
    assert not clean.records.findings
    place = ["line", "file", "sheet", "column"]
    for name in ("adsl", "adlb", "adqs"):
        pd.testing.assert_frame_equal(
            getattr(plain, name).drop(columns=place, errors="ignore"), getattr(turned, name).drop(columns=place, errors="ignore")
        )


def test_a_file_listed_once_for_each_kind_of_row_is_read_whole_and_rows_of_no_kind_are_told_of(tmp_path):
    table = "id|form|visit|crp|event|start\nP1||BL|39.6||\nP1||Y1|24.2||\nP1|ae|||fever|2014-01-01\nP1|x|||rash|2014-01-02"
    path = cohort(tmp_path, {"a.csv": table})
    described = json.loads((Path(path) / "cohort.yml").read_text())
    visits, events = (
        {"path": "a.csv", "shape": shape, "rows": {"form": form}} for shape, form in (("visit", ""), ("event", "ae"))
    )
    (Path(path) / "cohort.yml").write_text(json.dumps(described | {"files": [visits, events]}))
    clean, data = cleaned(path)
    assert data.adlb["AVAL"].tolist() == [39.6, 24.2]
    assert data.adae["AETERM"].tolist() == ["fever"]
    assert clean.sources["rows"].tolist() == [2, 1]
    assert "1 row, the first on line 5" in next(one.message for one in clean.records.findings if one.rule == "rows_unread")
    (Path(path) / "cohort.yml").write_text(json.dumps(described | {"files": [visits, events | {"rows": {"form": ["ae", "x"]}}]}))
    assert "rows_unread" not in rules(cleaned(path)[0])


@pytest.mark.parametrize(("second", "said", "used"), [
    ("2015-01-01", set(), 2), ("2014-01-02", {"visit_contradiction"}, 1), ("2014-06-01", {"visit_window"}, 2),
    ("2013-01-01", {"visit_order", "visit_window"}, 0), ("2014-01-01", {"visit_contradiction"}, 1), ("", {"visit_undated"}, 2),
])  # fmt: skip
def test_the_dates_of_a_wide_file_are_held_against_windows_and_order(tmp_path, second, said, used):
    columns = {"id": {"role": "USUBJID"}, "crp_{visit}": {"paramcd": "CRP", "unit": "mg/L"}, "on_{visit}": {"role": "ADT"}}
    visits = {"BL": {"day": 0, "window": [-30, 30]}, "Y1": {"day": 365, "window": [300, 430]}}
    path = cohort(tmp_path, {"a.csv": f"id|crp_BL|crp_Y1|on_BL|on_Y1\nP1|39.6|24.2|2014-01-01|{second}"}, {"a.csv": "wide"},
                  columns=columns, visits=visits)  # fmt: skip
    clean, data = cleaned(path)
    assert rules(clean) - {"visit_absent"} == said
    assert len(data.adlb) == used


SITES = """
    id | site | visit | date | crp
    1 | North | BL | 2014-03-01 | 9
    1 | North | Y1 | 2015-03-01 | 5
    1 | South | BL | 2014-03-01 | 8
    02 | South | BL | 2014-03-01 | 7
    3 |  | BL | 2014-03-01 | 6"""


def test_a_number_that_each_site_counts_anew_names_a_patient_together_with_its_site(tmp_path):
    events = "id | site | event | start\n1 | South | rash | 2014-04-01\n1 | North | fever | 2014-04-02"
    path = cohort(tmp_path, {"a.csv": SITES, "e.csv": events}, {"e.csv": "event"}, columns={"id": {"role": "SUBJID"}})
    clean, data = cleaned(path)
    assert data.adsl["USUBJID"].tolist() == ["North-1", "South-02", "South-1"]
    assert data.adae[["USUBJID", "AETERM"]].to_numpy().tolist() == [["North-1", "fever"], ["South-1", "rash"]]
    (missing,) = (finding.message for finding in clean.records.findings if finding.rule == "id_missing")
    assert missing.endswith("names nobody: it is no number, or its site is not there (role SITEID)")


@pytest.mark.parametrize(("column", "word", "unclear"), [
    ("relation", "2", True), ("relation", "unlikely", False), ("relation", "not assessable", False), ("relation", "?", False),
    ("action", "B", True), ("action", "Dose reduced", False), ("action", "停药", False), ("action", "none", False),
])  # fmt: skip
def test_a_judgement_of_an_event_that_nobody_understands_is_told(tmp_path, column, word, unclear):
    columns = {column: {"role": {"relation": "AEREL", "action": "AEACN"}[column]}}
    events = f"id | event | start | {column}\nP1 | rash | 2014-04-01 | {word}"
    visits = "id | visit | date | crp\nP1 | BL | 2014-03-01 | 9"
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": visits, "e.csv": events}, {"e.csv": "event"}, columns=columns))
    assert ("event_unclear" in rules(clean)) is unclear


def test_a_number_within_a_site_tells_nobody_in_a_file_without_sites(tmp_path):
    with pytest.raises(CohortError, match="no column has the role USUBJID, beside SUBJID none has SITEID"):
        cleaned(cohort(tmp_path, {"a.csv": "id | visit | crp\n1 | BL | 9"}, columns={"id": {"role": "SUBJID"}}))
