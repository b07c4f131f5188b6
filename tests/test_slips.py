"""What a hand leaves in a file: slipped decimal marks, values filled down, facts and files that contradict each other."""

import datetime
import io
import re
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from pyarrow import parquet

from racohort import quality, tables
from racohort.io.raw import read_raw
from tests.support import packages
from tests.support.cohorts import cleaned, cohort, found, rules, values
from tests.support.frames import example_plan
from tests.test_cleaning import drawn

BASELINE = {"treatment_start": {"from": "visit", "visit": "BL"}}


def told(path: str, rule: str) -> list[str]:
    return [finding.message for finding in cleaned(path)[0].records.findings if finding.rule == rule]


# --- values and their neighbours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "said"), [("270", "about 10 times"), ("2.7", "about 1/10 of"), ("60", ""), ("81", "")])
def test_a_value_ten_times_the_patients_others_is_doubted_and_one_that_rose_threefold_is_not(tmp_path, value, said):
    messages = told(cohort(tmp_path, {"a.csv": drawn(9, alt=value)}), "digit_slip")
    assert [said in message for message in messages] == [True] * bool(said)


def test_a_fall_that_many_patients_share_is_no_slip(tmp_path):
    text = drawn().replace("|24.2|", "|2.42|").replace("|21.2|", "|2.12|").replace("|18.1|", "|1.81|")
    assert told(cohort(tmp_path, {"a.csv": text}), "digit_slip") == []


@pytest.mark.parametrize(("lines", "expected"), [(range(5, 11), True), (range(5, 8), False)])
def test_a_value_filled_down_over_two_patients_or_more_is_doubted(tmp_path, lines, expected):
    rows = [row.split("|") for row in drawn().splitlines()]
    rows += [[f"P{n}", *row[1:]] for n, row in zip((5, 5, 5, 6, 6, 6), rows[1:7], strict=True)]
    rows += [[f"P{n}", *row[1:]] for n, row in zip((7, 7, 7, 8, 8, 8), rows[7:13], strict=True)]
    at = rows[0].index("crp")
    for line in range(lines.start, lines.stop + 3 * expected):
        rows[line - 1][at] = "34.5"
    messages = told(cohort(tmp_path, {"a.csv": "\n".join("|".join(row) for row in rows)}), "filled_run")
    assert bool(messages) == expected


def test_a_file_in_the_order_of_a_value_has_no_run_of_it(tmp_path):
    text = "id visit crp\n" + "\n".join(f"P{n} BL {5 if n < 9 else 6 + n}" for n in range(20))
    assert told(cohort(tmp_path, {"a.csv": text}), "filled_run") == []


@pytest.mark.parametrize(("ids", "crp", "told_of"), [
    ("111222333444555", "39 38 36 34 31 29 28 24 23 21 19 18 16 12 9", True),
    ("111222333444555", "9 12 16 18 19 21 23 24 28 29 31 34 36 38 39", True),
    ("111222333444555", "39 38 36 34 31 29 28 24 21 23 19 18 16 12 9", False),  # one out of order
    ("123451234512345", "39 38 36 34 31 29 28 24 23 21 19 18 16 12 9", False),  # sorted with its rows
    ("111222333444555", "39 39 39 31 31 31 23 23 23 18 18 18 9 9 9", False),  # one value a patient
    ("112233456789abc", "39 38 36 34 31 29 28 24 23 21 19 18 16 12 9", False),  # three steps within a patient
    ("111122223333444", "39 38 36 34 31 29 28 24 23 21 19 18 16 12 9", False),  # four patients who got better
])  # fmt: skip
def test_a_column_sorted_without_its_rows_is_doubted(tmp_path, ids, crp, told_of):
    rows = [f"P{who} V{ids[:at].count(who)} {value}" for at, (who, value) in enumerate(zip(ids, crp.split(), strict=True))]
    visits = {f"V{n}": {"day": 90 * n} for n in range(5)}
    messages = told(cohort(tmp_path, {"a.csv": "\n".join(["id visit crp", *rows])}, visits=visits), "column_sorted")
    assert bool(messages) is told_of


@pytest.mark.parametrize(("codes", "row", "rule"), [
    ({"n": "NEUTLE", "l": "LYMLE"}, "80 25", "parts_exceed"), ({"n": "NEUTLE", "l": "LYMLE"}, "70 30", ""),
    ({"s": "SYSBP", "d": "DIABP"}, "80 120", "parts_exceed"), ({"s": "SYSBP", "d": "DIABP"}, "120 80", ""),
    ({"t": "TJC68", "j": "TJC28"}, "9 10", "parts_exceed"), ({"t": "TJC68", "j": "TJC28"}, "10 10", ""),
    ({"c": "CHOL", "h": "HDL"}, "4.0 5.0", "parts_exceed"), ({"c": "CHOL", "h": "HDL"}, "4.0 1.5", ""),
    ({"w": "WEIGHT", "h": "HEIGHT", "b": "BMI"}, "64 160 31", "derived_differs"),
    ({"w": "WEIGHT", "h": "HEIGHT", "b": "BMI"}, "64 160 25", ""),
    ({"a": "WBC", "s": "NEUTLE", "n": "NEUT"}, "6 60 5.4", "derived_differs"),
    ({"a": "WBC", "s": "NEUTLE", "n": "NEUT"}, "6 60 3.6", ""),
    ({"r": "RBC", "v": "MCV", "h": "HCT"}, "4.6 91 0.42", ""),
    ({"r": "RBC", "v": "MCV", "h": "HCT"}, "4.6 91 0.24", "derived_differs"),
    ({"g": "HGB", "r": "RBC", "m": "MCH"}, "138 4.6 30", ""),
    ({"g": "HGB", "r": "RBC", "m": "MCH"}, "138 4.6 20", "derived_differs"),
])  # fmt: skip
def test_values_of_a_visit_that_cannot_stand_together_are_doubted(tmp_path, codes, row, rule):
    text = f"id visit {' '.join(codes)}\nP1 BL {row}"
    path = cohort(tmp_path, {"a.csv": text}, columns={name: {"paramcd": code} for name, code in codes.items()})
    assert rules(cleaned(path)[0]) & {"parts_exceed", "derived_differs"} == ({rule} if rule else set())


# --- patients, files and packages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "text", "rule", "said"), [
    ({"x": {"role": "SEX"}}, "P1 | M\nP2 | M", "subject_changes", "another sex than in p.csv"),
    ({"x": {"role": "SEX"}}, "P1 | M\nP2 | F", "", ""),
    ({"x": {"role": "AGE"}}, "P1 | 41\nP2 | 64", "age_jumps", "another age than in p.csv"),
    ({"x": {"role": "AGE"}}, "P1 | 41\nP2 | 45", "", ""),
    ({"x": {"role": "DTHDT"}}, "P1 | 2015-01-01", "facts_contradict", "the patient's death"),
    ({"x": {"role": "DTHDT"}}, "P1 | 2016-02-27", "", ""),
    ({"x": {"role": "EOSDT"}}, "P1 | 2016-01-20", "facts_contradict", "the end of the study"),
    ({"x": {"role": "EOSDT"}}, "P1 | 2016-02-01", "", ""),
    ({"x": {"role": "DISDUR"}}, "P2 | 48", "facts_contradict", "longer than the patient is old"),
    ({"x": {"role": "DISDUR"}}, "P2 | 2005", "impossible", "the year in which the disease began"),
    ({"x": {"role": "DISDUR"}}, "P2 | 36个月", "unit_in_cell", "36个月"),
    ({"x": {"role": "BIRTHDT"}}, "P2 | 2013-04-01", "impossible", "makes an age outside"),
    ({"x": {"role": "BIRTHDT"}}, "P2 | 1947-03-01", "facts_contradict", "does not fit the age"),
    ({"x": {"role": "BIRTHDT"}}, "P2 | 1900-01-01", "date_outside", "1900-01-01"),
    ({"x": {"role": "BIRTHDT"}}, "P2 | 1966-09-01", "", ""),
])  # fmt: skip
def test_facts_of_one_patient_are_held_against_each_other(tmp_path, column, text, rule, said):
    others = "\n".join(f"{one} | " for one in ("P1", "P2", "P3", "P4") if f"{one} |" not in text)
    files = {"p.csv": f"id | x\n{text}\n{others}", "a.csv": drawn()}
    path = cohort(tmp_path, files, {"p.csv": "subject"}, columns=column, **BASELINE)
    seen = {one: message for one, message in found(path).items() if one not in ("covariate_missing", "fact_missing")}
    assert set(seen) == ({rule} if rule else set())
    assert said in seen.get(rule, "")


def test_the_first_date_of_a_child_is_no_age_below_zero(tmp_path):
    files = {
        "p.csv": "id | born\nP1 | 2014-01-01\nP2 | 2013-03-18",
        "a.csv": "id visit date crp\nP1 BL 2013-03-01 5\nP2 BL 2013-03-18 5",
    }
    _, data = cleaned(cohort(tmp_path, files, {"p.csv": "subject"}, **BASELINE))
    assert data.adsl["AGE"].isna().tolist() == [True, False]


def test_two_files_with_different_values_of_one_visit_are_doubted_and_the_same_values_are_not(tmp_path):
    second = "id | visit | date | crp\nP1 | BL | 2013-03-01 | 39.6\nP2 | BL | 2013-03-18 | 43.5\nP3 | Y1 | 2014-04-20 | 18.9"
    path = cohort(tmp_path, {"a.csv": drawn(), "b.csv": second})
    assert told(path, "files_differ") == ["line 3, column crp: '43.5' is another value than crp of a.csv gives for P2 at BL"]


def test_a_file_under_a_second_name_is_told(tmp_path):
    assert "b.csv has the same content as a.csv" in found(cohort(tmp_path, {"a.csv": drawn(), "b.csv": drawn()}))["file_twice"]


def changed(path: str, name: str, change) -> str:
    frame = pd.read_csv(f"{path}/{name}", dtype=str, keep_default_na=False)
    change(frame)
    frame.to_csv(f"{path}/{name}", index=False)
    return path


def test_a_standard_result_that_is_not_its_original_is_kept_out_with_either_unit(tmp_path):
    def half_more(frame):
        row = frame.index[(frame["LBTESTCD"] == "HGB")][2]
        frame.loc[row, ["LBSTRESN", "LBSTRESC"]] = f"{1.5 * float(frame.loc[row, 'LBSTRESN']):g}"

    def converted(frame):
        rows = frame["LBTESTCD"] == "HGB"
        frame.loc[rows, ["LBSTRESN", "LBSTRESC"]] = (10 * frame.loc[rows, "LBSTRESN"].astype(float)).map("{:.4g}".format)
        frame.loc[rows, "LBSTRESU"] = "g/L"

    trial = packages.Trial(5)
    wrong = changed(packages.sdtm(trial, tmp_path / "a"), "lb.csv", half_more)
    right = changed(packages.sdtm(trial, tmp_path / "b"), "lb.csv", converted)
    assert [message.endswith("is another value than the original in LBORRES") for message in told(wrong, "original_differs")] == [
        True
    ]
    assert told(right, "original_differs") == []


def test_rows_of_a_file_in_two_shapes_are_counted_once(tmp_path):
    files = [{"path": "a.csv", "shape": "visit"}, {"path": "a.csv", "shape": "subject"}]
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": drawn()}, files=files))
    assert clean.fates["rows"].tolist() == [12]
    rows = quality.count_records(clean.sources, clean.records.ledger(), clean.records.quarantine())
    assert rows.loc[rows["statistic"] == "rows_read", "count"].tolist() == [12]
    shown = tables.tabulate_sources(rows, clean.sources, example_plan())
    assert "as above" in shown.html()


# --- texts, rows and workbooks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("site", "garbled"), [("MÃ¼nchen", True), ("M\ufffdnchen", True), ("München", False), ("北京", False)])
def test_a_word_damaged_by_a_wrong_encoding_is_told(tmp_path, site, garbled):
    path = cohort(tmp_path, {"a.csv": f"id site visit crp\nP1 {site} BL 3\nP2 {site} BL 4"})
    assert ("text_garbled" in found(path)) == garbled


@pytest.mark.parametrize("title", ["Cells and drugs", "参考范围", "Normal range"])
def test_a_title_or_a_row_of_ranges_is_no_patient(tmp_path, title):
    text = "id | visit | crp\nP1 | BL | 3\n{} |  | {}\nP2 | BL | 4"
    clean, data = cleaned(cohort(tmp_path, {"a.csv": text.format(title, "" if "and" in title else "0-8")}))
    assert "totals_row" in rules(clean)
    assert data.adsl["USUBJID"].tolist() == ["P1", "P2"]


def test_a_patient_with_one_blank_row_is_no_title(tmp_path):
    assert "totals_row" not in found(cohort(tmp_path, {"a.csv": "id | visit | crp\nP1 | BL | 3\nP1 |  | \nP2 | BL | 4"}))


@pytest.mark.parametrize(("cells", "expected"), [
    ("39,6 1.234 24,2", ["39.6", "", "24.2"]), ("39,6 0.875 1.234", ["39.6", "0.875", "1.234"]),
    ("39.6 1.234 24.2", ["39.6", "1.234", "24.2"]), ("3,45E+01 1 2", ["34.5", "1", "2"]),
])  # fmt: skip
@pytest.mark.parametrize("mark", [",", ";"])
def test_a_thousand_beside_decimal_commas_is_not_read_as_a_small_number(tmp_path, cells, expected, mark):
    quote = '"' if mark == "," else ""
    text = f"id{mark}visit{mark}crp\n" + "".join(
        f"P{n}{mark}BL{mark}{quote}{cell}{quote}\n" for n, cell in enumerate(cells.split())
    )
    _, data = cleaned(cohort(tmp_path, {"a.csv": text.encode()}, columns={"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"},
                                                                         "crp": {"paramcd": "CRP"}}))  # fmt: skip
    read = {one: f"{value:g}" for one, value in zip(data.adlb["USUBJID"], data.adlb["AVAL"], strict=True)}
    assert [read.get(f"P{n}", "") for n in range(3)] == expected


@pytest.mark.parametrize("header", ["сrp", "СRР", "ＣＲＰ", "crp\u200b"])
def test_a_name_in_letters_that_look_alike_is_read(tmp_path, header):
    path = cohort(tmp_path, {"a.csv": f"id,visit,{header}\nP1,BL,3\n".encode()}, columns={"crp": {"paramcd": "CRP"}})
    assert values(cleaned(path)[1])["AVAL"].tolist() == [3]


def test_names_and_labels_of_turkish_programs_are_read(tmp_path):
    visits = {"BL": {"labels": ["İlk visit"]}}
    columns = {"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}}
    for number, (name, label) in enumerate([("vısıt", "ilk visıt"), ("VİSİT", "İLK VİSİT")]):
        text = f"id,{name},crp\nP1,{label},3\n".encode()
        _, data = cleaned(cohort(tmp_path / f"{number}", {"a.csv": text}, columns=columns, visits=visits))
        assert data.adlb["AVISIT"].tolist() == ["BL"]


def workbook(rows, change=lambda sheet: None) -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    change(book.active)
    book.save(sink)
    return sink.getvalue()


def read(folder, data: bytes, name: str = "a.xlsx", **more) -> pd.DataFrame:
    columns = {"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, **(more or {"crp": {"paramcd": "CRP", "unit": "mg/L"}})}
    return read_raw(cohort(folder, {name: data}, columns=columns)).tables[0].cells


ROWS = [["id", "visit", "crp"], [1, "BL", 39.6], [2, "BL", 34.5], [3, "BL", 29.4]]


def test_what_a_number_format_shows_is_read_with_the_number(tmp_path):
    def shown(sheet):
        for line in (2, 3, 4):
            sheet.cell(line, 1).number_format = '"P"000'
        sheet.cell(2, 3).number_format, sheet.cell(3, 3).number_format = '0.0" mg/dL"', '"<"0.0'
        sheet.cell(4, 3).number_format = "#,##0.00"

    cells = read(tmp_path, workbook(ROWS, shown))
    assert cells["id"].tolist() == ["P001", "P002", "P003"]
    assert cells["crp"].tolist() == ["39.6 mg/dL", "<34.5", "29.4"]


def test_a_raised_figure_in_a_workbook_does_not_join_the_number(tmp_path):
    def raised(sheet):
        sheet["C2"].value = CellRichText("39.6", TextBlock(InlineFont(vertAlign="superscript"), "1"))

    assert read(tmp_path, workbook(ROWS, raised))["crp"].tolist() == ["39.6¹", "34.5", "29.4"]


@pytest.mark.parametrize("size", [b"A1", b"A1:C2", b"A1:B4"])
def test_a_workbook_that_says_it_is_smaller_than_it_is_loses_nothing(tmp_path, size):
    source, sink = zipfile.ZipFile(io.BytesIO(workbook(ROWS))), io.BytesIO()
    with zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            target.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="' + size + b'"', source.read(name)))
    assert read(tmp_path, sink.getvalue())["crp"].tolist() == ["39.6", "34.5", "29.4"]


@pytest.mark.parametrize(("first", "expected"), [(1, True), (13, False)])
def test_dates_that_a_spreadsheet_parted_into_dates_and_texts_are_kept_out(tmp_path, first, expected):
    days = [(day, month) for month, day in enumerate(range(first, first + 6), 1)]
    typed = [[f"P{n}", "BL", datetime.datetime(2014, month, day)] for n, (day, month) in enumerate(days)]
    texts = [[f"T{n}", "BL", f"{20 + n}/0{n + 1}/2014"] for n in range(6)]
    data = workbook([["id", "visit", "date", "crp"], *[[*row, 3] for row in typed + texts]])
    columns = {
        "id": {"role": "USUBJID"},
        "visit": {"role": "AVISIT"},
        "crp": {"paramcd": "CRP"},
        "date": {"role": "ADT", "format": "%d/%m/%Y"},
    }
    clean, _ = cleaned(cohort(tmp_path, {"a.xlsx": data}, columns=columns))
    held = clean.records.quarantine()
    assert len(held[held["rule"] == "date_unreadable"]) == 6 * expected


def test_texts_stored_as_bytes_in_parquet_are_texts(tmp_path):
    sink = io.BytesIO()
    parquet.write_table(pa.table({"id": [b"P1"], "visit": [b"BL"], "crp": [b"3"]}), sink)
    assert read(tmp_path, sink.getvalue(), "a.parquet").iloc[0].tolist() == ["P1", "BL", "3"]


def test_a_transport_file_of_version_8_keeps_its_long_names(tmp_path):
    frame = pd.DataFrame({"id": ["P1"], "visit": ["BL"], "c_reactive_protein_mg_l": [39.6]})
    pyreadstat.write_xport(frame, tmp_path / "made.xpt", table_name="VISITS", file_format_version=8)
    columns = {"c_reactive_protein_mg_l": {"paramcd": "CRP"}}
    cells = read(tmp_path / "c", (tmp_path / "made.xpt").read_bytes(), "a.xpt", **columns)
    assert cells["c_reactive_protein_mg_l"].tolist() == ["39.6"]


@pytest.mark.parametrize(("words", "encoding"), [("서울대학교병원", "euc_kr"), ("東京大学病院", "euc_jp")])
def test_a_file_of_korea_or_japan_is_not_read_as_chinese(tmp_path, words, encoding):
    text = f"id,site,visit,crp\nP1,{words},BL,3\nP2,{words},BL,4\n"
    assert encoding.replace("_", "-").upper() in found(cohort(tmp_path, {"a.csv": text.encode(encoding)}))["encoding"]


@pytest.mark.parametrize(("unnamed", "rule"), [
    (["1", "2", "4"], "row_numbers"), (["", "", ""], "row_numbers"), (["7", "7", "9"], "column_undeclared"),
    (["*", "", "*"], "column_undeclared"),
])  # fmt: skip
def test_a_column_without_a_name_is_row_numbers_only_if_it_numbers_rows(tmp_path, unnamed, rule):
    lines = ["id,visit,,crp", *(f"P{row},BL,{cell},{row}.5" for row, cell in enumerate(unnamed))]
    assert set(found(cohort(tmp_path, {"a.csv": "\n".join(lines).encode()}))) - {"visit_absent"} == {rule}


@pytest.mark.parametrize(("crp", "told"), [
    ("0 0 0 1.0 12.4 39.6", True), ("0 0 0 0.9 12.4 39.6", False), ("0 0 3.1 1.0 12.4 39.6", False), ("0 0 0 10 12 39", True),
    ("0 0 0 9 12 39", False), ("0 0 0 12.4 39.6", False),
])  # fmt: skip
def test_three_zeros_ten_steps_below_every_other_value_are_doubted(tmp_path, crp, told):
    rows = [f"P{row} BL {value}" for row, value in enumerate(crp.split())]
    message = found(cohort(tmp_path, {"a.csv": "\n".join(["id visit crp", *rows])})).get("zeros_doubtful", "")
    assert message.startswith("column crp: 3 of 6 values are 0, and no other is below") is told


@pytest.mark.parametrize(("haq", "rule"), [
    ("0,875 1,375 0,5", "decimal_comma"), ("1,375 1,125 1,5", "decimal_comma"), ("1,375 1,125 1", "number_ambiguous"),
])  # fmt: skip
def test_a_comma_is_decimal_where_others_are_and_thousands_would_be_impossible(tmp_path, haq, rule):
    rows = [f'P{row},BL,"{value}"' for row, value in enumerate(haq.split())]
    path = cohort(tmp_path, {"a.csv": "\n".join(["id,visit,haq", *rows]).encode()})
    assert set(found(path)) - {"visit_absent"} == {rule}


def test_thousands_that_are_possible_stay_ambiguous_beside_decimal_commas(tmp_path):
    path = cohort(tmp_path, {"a.csv": b'id,visit,rf\nP0,BL,"85,5"\nP1,BL,"1,234"'})
    assert {"decimal_comma", "number_ambiguous"} <= set(found(path))


def test_a_dipstick_is_told_as_the_level_that_its_word_names(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": "id visit upro\nP1 BL 阴性"}))
    ledger = clean.records.ledger()
    assert ledger[["was", "became", "rule"]].to_numpy().tolist() == [["阴性", "-", "code_spelling"]]
    assert "was read as the level it names" in found(cohort(tmp_path, {"a.csv": "id visit upro\nP1 BL 阴性"}))["code_spelling"]
