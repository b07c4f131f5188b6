"""Reading files as they come, refusing what is no file of the cohort, and writing what the sections read."""

import csv
import datetime
import hashlib
import io as buffers
import os
import struct
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from openpyxl.chart import LineChart, Reference

from racohort import io
from racohort.adam import derive_parts
from racohort.disclosure import hold_profile
from racohort.frames import as_categories
from racohort.io.headers import header_key, leave_out_headers
from racohort.io.studies import USED
from racohort.io.tables import as_csv, as_parquet, read_frame, write_frame
from racohort.manifests import NotHandedOn, gathered, inputs_of, path_of, sentinel
from racohort.places import UsageError
from racohort.results import as_results
from racohort.schema import CohortError, RawTable, Records, shorten
from racohort.units import unit_factor, unit_key
from tests.support.cohorts import cleaned, cohort, found, rules, table

DRAWN = """
id | site   | visit | date       | crp  | haq
P1 | 协和   | BL    | 2014-01-01 | 39.6 | 1.75
P1 | 协和   | Y1    | 2015-01-03 | 24.2 | 1
P2 | 协和   | BL    | 2014-02-01 | <2   | 1.5
P2 | 协和   | Y1    | 2015-02-02 |      | 0.5
"""
TEXT = table(DRAWN)


def as_workbook(change=None, typed=False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for number, line in enumerate(TEXT.splitlines()):
        cells = line.split(",")
        if typed and number:
            cells[3] = datetime.datetime.fromisoformat(cells[3])
            cells[4:] = [float(cell) if cell[:1].isdigit() else cell or None for cell in cells[4:]]
        sheet.append(cells)
    if change:
        change(book, sheet)
    data = buffers.BytesIO()
    book.save(data)
    return data.getvalue()


def as_xpt(folder, frame) -> bytes:
    path = f"{folder}/made.xpt"
    pyreadstat.write_xport(frame, path, table_name="MADE", file_format_version=5)
    with open(path, "rb") as file:
        return file.read()


def values(path: str) -> pd.DataFrame:
    _, data = cleaned(path)
    both = pd.concat([data.adlb, data.adqs])
    return both.drop(columns=["file", "sheet", "line", "column"]).reset_index(drop=True)


@pytest.mark.parametrize(("data", "rule"), [
    (TEXT.encode("utf-8"), None), (TEXT.replace("\n", "\r\n").encode("utf-8"), None), (TEXT.replace("\n",
    "\r").encode("utf-8"), None),
    (b"\xef\xbb\xbf" + TEXT.encode("utf-8"), "bom"), (b"\xef\xbb\xbf" * 2 + TEXT.encode("utf-8"), "bom"),
    (TEXT.encode("utf-16"), "encoding_read"),
    (TEXT.encode("gb18030"), "encoding_read"), (TEXT.replace(",", "\t").encode("utf-8"), "delimiter"), (TEXT.replace(",",
    "|").encode("utf-8"), "delimiter"),
    (TEXT.replace(",", ";").replace(".", ",").encode("utf-8"), "delimiter"), ((TEXT + ",,,,,\n").encode("utf-8"), "blank_rows"),
    ("\n".join([*TEXT.splitlines()[:3], TEXT.splitlines()[0], *TEXT.splitlines()[3:], ""]).encode("utf-8"), "header_repeated"),
    (TEXT.replace("haq", "ＨＡＱ").encode("utf-8"), "header_spelling"), (TEXT.replace("crp", "C反应蛋白").encode("utf-8"),
    "header_spelling"),
    ("\n".join(f"{number},{line}" if number else f",{line}" for number, line in enumerate(TEXT.splitlines())).encode("utf-8"),
    "row_numbers"), (TEXT.encode("utf-8") + b"\x1a", "spaces"),
])  # fmt: skip
def test_the_same_table_in_another_dress_gives_the_same_values(tmp_path, data, rule):
    columns = {name: {} for name in TEXT.splitlines()[0].split(",")}
    plain = values(cohort(tmp_path / "a", {"a.csv": TEXT.encode("utf-8")}))
    path = cohort(tmp_path / "b", {"a.csv": data}, columns=columns | {name: _own(name) for name in columns})
    pd.testing.assert_frame_equal(values(path), plain)
    assert (set(found(path)) - {"censored", "visit_absent"}) == ({rule} if rule else set())


def _own(name):
    from tests.support.cohorts import COLUMNS

    return COLUMNS[name]


def test_workbook_parquet_and_xpt_are_the_csv(tmp_path):
    plain = values(cohort(tmp_path / "csv", {"a.csv": TEXT.encode("utf-8")}))
    frame = pd.read_csv(buffers.StringIO(TEXT), dtype=str, keep_default_na=False)
    sink = buffers.BytesIO()
    frame.set_index("id").to_parquet(sink)
    made = {
        "a.xlsx": as_workbook(),
        "b.xlsx": as_workbook(typed=True),
        "c.parquet": sink.getvalue(),
        "d.xpt": as_xpt(tmp_path, frame),
    }
    for name, data in made.items():
        columns = {column: _own(column) for column in frame.columns}
        pd.testing.assert_frame_equal(values(cohort(tmp_path / name, {name: data}, columns=columns)), plain)


@pytest.mark.parametrize(("data", "rule", "said"), [
    (b"", "file_empty", "empty"), (b" \n ", "file_empty", "empty"), (TEXT.splitlines()[0].encode() + b"\n", "no_rows", "no rows"),
    (TEXT.replace("P2", "P\x002", 1).encode(), "nul_bytes", "line 4"), (TEXT.replace("39.6", "39,6", 1).encode(),
    "too_many_fields", "7 fields"),
    (TEXT.replace(",0.5\n", "").encode(), "truncated", "truncated"), (b"PK\x03\x04" + TEXT.encode(), "file_kind", "XLSX"),
    (b"%PDF-1.4", "file_kind", "PDF"),
    (("Export\n\n\n" + TEXT).encode(), "header_not_first", "line 4"), (TEXT.replace("协和", '"协和', 1).encode(), "quoting",
    "quotation"),
    (TEXT.replace("crp", "haq").encode(), "column_twice", "haq"), (TEXT.replace("haq", "crp (nmol/L)").replace(",crp,",
    ",x,").encode(), "unit_unknown", "nmol/L"),
    (TEXT.encode().replace("协和".encode(), "协和".encode("gb18030"), 2), "encoding", "two encodings"),
    (TEXT.replace("协和", "臺灣大學醫院").encode("big5"), "encoding", "encoding"), (TEXT.replace("协和",
    "Besançon").encode("latin-1"), "encoding", "encoding"),
    (TEXT.replace("crp", "other").encode(), "column_missing", "'crp'"), (b"id,crp_BL,crp_Y1\nP1,3,4\n", "wrong_shape", "wide"),
    (b"id,visit,test,result\nP1,BL,CRP,4\n", "wrong_shape", "long"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(tmp_path, data, rule, said):
    columns = {name: _own(name) for name in TEXT.splitlines()[0].split(",")}
    path = cohort(tmp_path, {"a.csv": TEXT.encode()}, columns=columns)
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(CohortError) as error:
        cleaned(path)
    told = {finding.rule: finding.message for finding in error.value.findings}
    assert rule in told
    assert said in told[rule]


def test_a_short_row_is_kept_out_and_the_rest_used(tmp_path):
    path = cohort(tmp_path, {"a.csv": TEXT.replace(",24.2,1", "").encode()})
    clean, data = cleaned(path)
    assert "short_row" in rules(clean)
    assert "3" in found(path)["short_row"]
    assert len(data.adqs) == 3
    assert clean.sources.loc[0, ["rows", "used", "quarantined"]].tolist() == [4, 3, 1]


@pytest.mark.parametrize(("files", "rule"), [
    ([{"path": "b.csv", "shape": "visit"}], "file_missing"), ([{"path": "http://x.org/a.csv", "shape": "visit"}], "file_outside"),
    ([{"path": "a.csv", "shape": "visit", "expected_rows": 5}], "row_count"), ([{"path": "a.csv", "shape": "visit",
    "sha256": "0" * 64}], "file_corrupt"),
    ([{"path": "a.csv", "shape": "visit", "encoding": "ascii"}], "encoding"), ([{"path": "a.csv", "shape": "visit",
    "encoding": "klingon"}], "encoding"),
    ([{"path": ".", "shape": "visit"}], "file_missing"),
])  # fmt: skip
def test_a_file_that_is_not_the_declared_one_is_refused(tmp_path, files, rule):
    assert rule in found(cohort(tmp_path, {"a.csv": TEXT.encode()}, files=files))


def test_a_header_further_down_can_be_declared(tmp_path):
    files = [{"path": "a.csv", "shape": "visit", "header_line": 4}]
    path = cohort(tmp_path, {"a.csv": TEXT.encode()}, files=files)
    (tmp_path / "a.csv").write_bytes(("Export\n\n\n" + TEXT).encode())
    assert set(found(path)) == {"censored", "visit_absent"}
    assert values(path)["AVAL"].notna().all()


def test_a_unit_in_the_header_converts_the_column(tmp_path):
    plain = values(cohort(tmp_path / "a", {"a.csv": TEXT.encode()}))
    other = TEXT.replace("crp", "CRP (mg/dL)").replace("39.6", "3.96").replace("24.2", "2.42").replace("<2", "<0.2")
    path = cohort(tmp_path / "b", {"a.csv": other.encode()}, columns={"crp": _own("crp")})
    pd.testing.assert_frame_equal(values(path), plain)
    assert "mg/dL" in found(path)["header_unit"]


def far(_, sheet):
    sheet.cell(1048576, 16384, "x")


def formula(_, sheet):
    sheet["E2"] = "=1+1"


def commented(_, sheet):
    sheet["E2"].comment = openpyxl.comments.Comment("exclude", "me")


@pytest.mark.parametrize(("change", "rule", "said"), [
    (far, "file_size", "size"), (formula, "number_unreadable", "=1+1"), (commented, "workbook_comment", "comment"),
    (lambda book, sheet: book.create_sheet("more"), "workbook_hidden", "more"), (lambda book,
    sheet: sheet.merge_cells("B2:B3"), "workbook_hidden", "merged"),
    (lambda book, sheet: setattr(sheet.row_dimensions[3], "hidden", True), "workbook_hidden", "hidden rows"),
    (lambda book, sheet: sheet.delete_rows(1, 9), "file_empty", "empty"), (lambda book, sheet: sheet.delete_rows(2, 9),
    "no_rows", "no rows"),
])  # fmt: skip
def test_what_a_workbook_hides_is_told(tmp_path, change, rule, said):
    columns = {name: _own(name) for name in TEXT.splitlines()[0].split(",")}
    told = found(cohort(tmp_path, {"a.xlsx": as_workbook(change)}, columns=columns))
    assert rule in told
    assert said in told[rule]


def charted(book, sheet):
    """A sheet that holds a chart alone, before the first."""
    chart = LineChart()
    chart.add_data(Reference(sheet, min_col=5, min_row=1, max_row=3))
    book.create_chartsheet("Chart", 0).add_chart(chart)


def test_a_sheet_that_holds_a_chart_alone_is_no_table(tmp_path):
    path = cohort(
        tmp_path / "b", {"a.xlsx": as_workbook(charted)}, columns={name: _own(name) for name in TEXT.splitlines()[0].split(",")}
    )
    pd.testing.assert_frame_equal(values(path), values(cohort(tmp_path / "a", {"a.csv": TEXT.encode("utf-8")})))
    assert "workbook_hidden" not in found(path)


@pytest.mark.parametrize("sheet", [2, "Other"])
def test_a_sheet_that_is_not_there_refuses_the_cohort(tmp_path, sheet):
    columns = {name: _own(name) for name in TEXT.splitlines()[0].split(",")}
    files = [{"path": "a.xlsx", "shape": "visit", "sheet": sheet}]
    assert "sheet_missing" in found(cohort(tmp_path, {"a.xlsx": as_workbook()}, columns=columns, files=files))


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet", "a.xpt"])
def test_a_damaged_file_is_refused_and_never_breaks_the_reader(tmp_path, name):
    frame = pd.read_csv(buffers.StringIO(TEXT), dtype=str, keep_default_na=False)
    sink = buffers.BytesIO()
    frame.to_parquet(sink)
    whole = {"a.xlsx": as_workbook(), "a.parquet": sink.getvalue(), "a.xpt": as_xpt(tmp_path, frame)}[name]
    rng = np.random.default_rng(7)
    columns = {column: _own(column) for column in frame.columns}
    path = cohort(tmp_path / "c", {name: whole}, columns=columns)
    for cut in (len(whole) // 3, len(whole) // 2, len(whole) - 41):
        (tmp_path / "c" / name).write_bytes(whole[:cut])
        assert found(path)
    for _ in range(12):
        broken = bytearray(whole)
        for place in rng.integers(8, len(whole), 6):
            broken[place] = rng.integers(0, 256)
        (tmp_path / "c" / name).write_bytes(bytes(broken))
        found(path)


def test_a_file_of_an_unread_kind_is_refused(tmp_path):
    columns = {name: _own(name) for name in TEXT.splitlines()[0].split(",")}
    assert "file_unsupported" in found(cohort(tmp_path, {"a.pdf": b"%PDF-1.7\n" + TEXT.encode()}, columns=columns))


def test_special_missing_values_and_cut_names_of_xpt_are_told(tmp_path):
    frame = pd.DataFrame({"PATIENTI": ["P1", "P2"], "VISIT": ["BL", "BL"], "CRP": [4.0, 5.0]})
    data = bytearray(as_xpt(tmp_path, frame))
    five = struct.pack(">BB6x", 0x41, 0x50)
    assert data.count(five) == 1
    data[data.index(five) :][:8]
    place = data.index(five)
    data[place : place + 8] = b"A" + b"\x00" * 7
    path = cohort(
        tmp_path / "c",
        {"a.xpt": bytes(data)},
        columns={"patient_id": {"role": "USUBJID"}} | {name: _own(name) for name in ("visit", "crp")},
    )
    described = (tmp_path / "c" / "cohort.yml").read_text("utf-8")
    assert "patient_id" in described
    import json

    said = json.loads(described)
    said["columns"] = {"patient_id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, "crp": {"paramcd": "CRP"}}
    (tmp_path / "c" / "cohort.yml").write_text(json.dumps(said), "utf-8")
    told = found(path)
    assert ".A" in told["special_missing"]
    assert "PATIENTI" in told["name_cut"]


def test_adam_and_long_tables_are_read_by_their_own_names(tmp_path):
    adlb = "USUBJID PARAMCD AVISIT AVAL AVALU ANRLO ANRHI\nP1 ALT BL 41 U/L 10 50\nP1 CRP BL 1.2 mg/dL 0 0.8"
    _, data = cleaned(cohort(tmp_path, {"adlb.csv": adlb}, {"adlb.csv": "adam"}))
    assert data.adlb.set_index("PARAMCD")["AVAL"].to_dict() == {"ALT": 41, "CRP": 12}


def test_an_analyte_that_nobody_knows_refuses_the_cohort_unless_declared(tmp_path):
    columns = {"il6": {"paramcd": "IL6"}}
    path = cohort(tmp_path / "a", {"a.csv": "id visit il6\nP1 BL 7"}, columns=columns)
    assert "analyte_unknown" in found(path)
    own = {"IL6": {"label": "Interleukin 6", "unit": "pg/mL", "direction": "lower", "possible": [0, 1000]}}
    _, data = cleaned(cohort(tmp_path / "b", {"a.csv": "id visit il6\nP1 BL 7"}, columns=columns, analytes=own))
    assert data.adlb[["PARAM", "AVALU", "AVAL"]].iloc[0].tolist() == ["Interleukin 6", "pg/mL", 7]
    assert "analyte_unknown" in found(
        cohort(tmp_path / "c", {"a.csv": "id visit crp\nP1 BL 7"}, ranges={"CRPX": {"possible": [0, 1]}})
    )


def test_the_catalogue_holds_the_analytes_with_names_units_and_sources():
    catalogue = io.read_catalogue()
    assert len(catalogue) >= 45
    assert catalogue.index.is_unique
    assert (catalogue.index.str.len() <= 8).all()
    assert (catalogue[["PARAM", "label_zh", "PARCAT1", "source"]] != "").all().all()
    limits = catalogue[["possible_low", "possible_high"]].to_numpy()
    assert (limits[:, 0] < limits[:, 1]).all()
    inside = catalogue.dropna(subset=["range_high_m"])
    assert (inside["range_high_m"] <= inside["plausible_high"].fillna(np.inf)).all()
    assert (inside["range_high_f"] <= inside["possible_high"]).all()
    assert set(catalogue["scale"]) == {"linear", "log", "ordinal", "count"}
    assert set(catalogue["domain"]) == {"LB", "QS"}


@pytest.mark.parametrize(("code", "unit", "factor"), [
    ("CRP", "mg/dL", 10), ("HGB", "g/dl", 10), ("CREAT", "mg/dL", 88.4), ("WBC", "×10⁹/L", 1), ("WBC", "10*9/L", 1), ("ALT",
    "µkat/L", 60),
    ("CRP", "", 1), ("CRP", "mmHg", None), ("NOSUCH", "g", None),
])  # fmt: skip
def test_units_are_known_in_their_spellings(code, unit, factor):
    assert unit_factor(io.read_catalogue(), code, unit) == factor


def test_spelling_makes_no_difference_to_a_name_or_unit():
    assert header_key("DAS-28 (ESR)") == header_key("das28_esr")
    assert unit_key("µmol / L") == unit_key("umol/l")
    assert len(shorten("x" * 500)) < 70
    assert shorten("a\nb") == "a\\nb"


def test_a_study_is_written_and_opened_again(tmp_path, monkeypatch):
    monkeypatch.setattr("racohort.io.studies.LARGE", 0)
    monkeypatch.setenv("RACOHORT_WORK", f"{tmp_path / 'work'}")
    path = cohort(tmp_path / "c", {"a.csv": TEXT.encode()}, treatment_start={"from": "visit"})
    with pytest.raises(UsageError, match="01-cleaning"):
        io.open_study(path)
    clean, data = cleaned(path)
    study = io.write_study(path, "", [data], clean)
    for name in ("adsl", "adlb", "adqs", "adae", "adcm"):
        pd.testing.assert_frame_equal(getattr(study, name), getattr(data, name), check_dtype=False)
    assert study.adlb.dtypes.to_dict() == data.adlb.dtypes.to_dict()
    assert list(study.findings["rule"]) == list(clean.records.found()["rule"])
    assert len(study.mapping) == 6
    assert len(study.visits) == 4
    assert len(study.values) == len(study.adlb) + len(study.adqs)


def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, io.Study]:
    """A small cohort's folder, and its study as cleaning wrote it."""
    monkeypatch.setenv("RACOHORT_WORK", f"{tmp_path / 'work'}")
    path = cohort(tmp_path / "c", {"a.csv": TEXT.encode()}, treatment_start={"from": "visit"})
    clean, data = cleaned(path)
    return path, io.write_study(path, "", [data], clean)


def test_what_cleaning_did_not_finish_is_not_opened(tmp_path, monkeypatch):
    path, study = written(tmp_path, monkeypatch)
    monkeypatch.setattr("racohort.io.studies.write_frame", lambda *given: 1 / 0)
    clean, data = cleaned(path)
    with pytest.raises(ZeroDivisionError):  # the data sets are written anew by then, the records are not
        io.write_study(path, "", [data], clean)
    with pytest.raises(UsageError, match="has not been cleaned in this run"):
        io.open_study(path)
    path_of(study.folder, "data").write_text('{"stage": "data"')
    with pytest.raises(UsageError, match="has not been cleaned in this run"):
        io.open_study(path)


@pytest.mark.parametrize("name", ["data/adlb", "records/ledger"])
def test_a_file_that_was_changed_or_removed_after_cleaning_is_refused_where_it_is_read(tmp_path, monkeypatch, name):
    path, study = written(tmp_path, monkeypatch)
    file = study.folder / f"{name}.parquet"
    content = file.read_bytes()
    file.write_bytes(content + b" ")
    with pytest.raises(NotHandedOn, match=f"{name}.parquet is not the file that the section wrote.*01-cleaning again"):
        getattr(io.open_study(path), name.partition("/")[2])
    file.unlink()
    with pytest.raises(NotHandedOn, match=name):
        getattr(io.open_study(path), name.partition("/")[2])
    file.write_bytes(content)
    assert getattr(io.open_study(path), name.partition("/")[2]) is not None


def test_data_of_another_description_or_of_other_files_are_refused_by_name(tmp_path, monkeypatch):
    path, _ = written(tmp_path, monkeypatch)
    raw, described = Path(path, "a.csv"), Path(path, "cohort.yml")
    before = raw.read_bytes(), described.read_bytes()
    raw.write_bytes(before[0] + b"\n")
    with pytest.raises(NotHandedOn, match=r"^a\.csv changed after the cohort"):
        io.open_study(path)
    raw.write_bytes(before[0])
    described.write_bytes(before[1].replace(b'"id"', b'"title": "Another", "id"', 1))
    with pytest.raises(NotHandedOn, match=r"^cohort\.yml changed after"):
        io.open_study(path)
    described.write_bytes(before[1].replace(b'"id"', b'"parameters": {"alpha": 0.1}, "id"', 1))
    io.open_study(path)


def test_a_report_to_publish_on_fewer_patients_than_it_may_tell_of_is_refused(tmp_path, monkeypatch):
    path, _ = written(tmp_path, monkeypatch)
    monkeypatch.setenv("RACOHORT_PRIVACY", "publish")
    with pytest.raises(UsageError, match=r"nothing of fewer than 8 patients, and the cohort .* has .*PRIVACY=share"):
        io.open_study(path)
    monkeypatch.setenv("RACOHORT_PRIVACY", "share")
    io.open_study(path)
    hold_profile("internal")


def test_a_section_says_at_its_end_what_it_was_made_from_and_is_not_joined_to_other_data(tmp_path, monkeypatch, capsys):
    path, study = written(tmp_path, monkeypatch)
    rows = as_results([{"section": "safety", "statistic": "n", "value": 3, "count": 3}])
    io.write_results(study, "safety", rows)
    hashes = {"a.csv": hashlib.sha256(Path(path, "a.csv").read_bytes()).hexdigest()}
    assert capsys.readouterr().out.strip() == sentinel("safety", study.config.id, inputs_of(study.config.described(), hashes))
    clean, data = cleaned(path)
    data.adlb.loc[data.adlb.index[0], "AVAL"] += 1
    again = io.write_study(path, "", [data], clean)
    with pytest.raises(NotHandedOn, match="03-safety rest on data that were made anew since"):
        io.read_results(again)
    io.write_results(again, "safety", rows)
    assert len(io.read_results(again)) == 1
    path_of(study.folder, "safety").unlink()
    with pytest.raises(UsageError, match="03-safety are not there"):
        io.read_results(again, "safety")


def test_a_visit_of_an_analyte_that_is_declared_and_not_there_is_missed_though_another_visit_is_there(tmp_path):
    columns = {"id": {"role": "USUBJID"}, "ESR 1": {"paramcd": "ESR", "visit": "BL"}, "ESR 2": {"paramcd": "ESR", "visit": "Y1"}}
    there, gone = (f"id,{name},ESR 2\n1,20,10\n2,30,20\n".encode() for name in ("ESR 1", "QQQ"))
    about = {"columns": columns, "shapes": {"a.csv": "wide"}}
    assert set(io.read_raw(cohort(tmp_path / "c", {"a.csv": there}, **about)).tables[0].columns) == set(columns)
    with pytest.raises(CohortError, match="'ESR 1' is in none of the files"):
        io.read_raw(cohort(tmp_path / "d", {"a.csv": gone}, **about))


def test_the_plan_names_what_this_cohort_has(tmp_path, monkeypatch):
    monkeypatch.setenv("RACOHORT_WORK", f"{tmp_path / 'work'}")
    path = cohort(tmp_path / "c", {"a.csv": TEXT.encode()}, treatment_start={"from": "visit"})
    clean, data = cleaned(path)
    study = io.write_study(path, "", [data], clean)
    plan = study.plan(primary=["DAS28", "HAQDI"])
    assert plan.primary == ("HAQDI",)
    assert "adlb" not in vars(study)  # a plan of a large cohort needs no measured value
    with pytest.raises(AttributeError, match="no 'adxx'"):
        study.adxx  # noqa: B018
    assert plan.primary_visit == "Y1"
    assert plan.treated
    assert plan.visits[1].window == (305, 425)
    for wrong in ({"alpha": 1.5}, {"primary": ["NOSUCH"]}, {"primary_visit": "BL"}, {"primary_visit": "M6"}):
        with pytest.raises(UsageError):
            study.plan(**wrong)


def test_the_primary_visit_is_the_first_at_which_every_primary_endpoint_was_measured_unless_it_is_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("RACOHORT_WORK", f"{tmp_path / 'work'}")
    path = cohort(tmp_path / "c", {"a.csv": b"id,visit,haq,crp\nP1,BL,1,9\nP1,Y1,,8\nP1,Y3,0.5,7\n"})
    clean, data = cleaned(path)
    study = io.write_study(path, "", [data], clean)
    chosen = [study.plan(primary=primary).primary_visit for primary in (["HAQDI", "CRP"], ["CRP"], ["ESR"])]
    assert chosen == ["Y3", "Y1", "Y1"]
    assert study.plan(primary=["HAQDI"], primary_visit="Y1").primary_visit == "Y1"


def test_results_are_joined_section_by_section(tmp_path, monkeypatch):
    monkeypatch.setenv("RACOHORT_WORK", f"{tmp_path / 'work'}")
    path = cohort(tmp_path / "c", {"a.csv": TEXT.encode()})
    clean, data = cleaned(path)
    study = io.write_study(path, "", [data], clean)
    assert len(io.read_results(study)) == 0
    rows = as_results([{"section": "safety", "statistic": "n", "value": 3, "count": 3}])
    io.write_results(study, "safety", rows)
    pd.testing.assert_frame_equal(io.read_results(study), rows)
    pd.testing.assert_frame_equal(io.read_results(study, "safety"), rows)
    with pytest.raises(UsageError, match="04-efficacy are not there in this run: run that notebook first, or `make report`"):
        io.read_results(study, "safety", "efficacy")
    with pytest.raises(ValueError, match="section"):
        io.write_results(study, "efficacy", rows)
    io.write_spine(study)
    spine = pd.read_csv(tmp_path / "work" / "results" / "results.csv")
    assert spine["result_id"].tolist() == ["safety.-.-.-.-.n.-"]
    assert spine["count"].tolist() == [3]


@pytest.mark.parametrize("columns", [["text"], ["text", "number"], ["number"]])
def test_what_is_written_as_csv_is_what_the_csv_module_writes(columns):
    texts = ["plain", "a, b", 'a "b"', "a\nb", "a\rb", "", " ", "Ärztin", "漢字", None]
    frame = pd.DataFrame({"text": texts, "number": [1.0, -0.5, 1e-7, 1e22, 0.1 + 0.2, np.nan, 3, 4, 5, 6]})[columns]
    expected = buffers.StringIO()
    lines = csv.writer(expected, lineterminator="\r\n")
    lines.writerow(columns)
    lines.writerows(["" if cell is None or cell != cell else cell for cell in row] for row in frame.to_numpy(dtype=object))
    assert b"".join(as_csv(frame)).decode("utf-8") == expected.getvalue().replace("\r\n", "\n")


def test_a_spreadsheet_runs_nothing_that_was_written():
    frame = pd.DataFrame({"text": ["=1+1", "@x", "-3.2", "+++", "plain", "-"], "number": [-1.5, 2, 3, 4, 5, 6]})
    lines = b"".join(as_csv(frame)).decode("utf-8").splitlines()
    assert lines[1:] == ["'=1+1,-1.5", "'@x,2.0", "-3.2,3.0", "'+++,4.0", "plain,5.0", "-,6.0"]


def test_parquet_keeps_no_path_no_index_and_no_extremes(tmp_path):
    frame = pd.DataFrame({"who": ["Zhang Secret", "Aaron Secret"], "n": [1.0, np.nan]}, index=[7, 8])
    frame.attrs = {"path": "/mnt/ward"}
    data = as_parquet(frame)
    assert b"somebody" not in data
    assert data == as_parquet(frame)
    write_frame(tmp_path / "x", frame)
    assert read_frame(tmp_path / "x")["who"].tolist() == ["Zhang Secret", "Aaron Secret"]
    assert sorted(os.listdir(tmp_path)) == [
        "x.csv",
        "x.parquet",
    ]


def test_a_large_frame_is_written_in_parts_and_read_column_by_column_as_it_was(tmp_path, monkeypatch):
    days = pd.Series(["2014-01-01", None, "2014-01-03", "2014-01-01", "2015-01-01"]).astype("datetime64[s]")
    frame = as_categories(pd.DataFrame({"who": ["b", "a", "", "b", "c"], "n": [1.0, np.nan, 0.1 + 0.2, 3, 1e22], "day": days}))
    whole = b"".join(as_csv(frame))
    monkeypatch.setattr("racohort.io.tables.PART", 2)
    assert b"".join(as_csv(frame)) == whole
    write_frame(tmp_path / "x", frame)
    pd.testing.assert_frame_equal(read_frame(tmp_path / "x", categories=True), frame)
    assert read_frame(tmp_path / "x")["who"].tolist() == ["b", "a", "", "b", "c"]


@pytest.mark.parametrize("large", [0, 500_000])
def test_a_section_reads_of_values_only_what_it_uses_and_parts_are_written_as_the_whole(tmp_path, monkeypatch, large):
    monkeypatch.setattr("racohort.io.studies.LARGE", large)
    monkeypatch.setenv("RACOHORT_WORK", f"{tmp_path / 'work'}")
    path = cohort(tmp_path / "c", {"a.csv": TEXT.encode()}, treatment_start={"from": "visit"})
    whole = io.write_study(path, "", [cleaned(path)[1]], cleaned(path)[0])
    written = {file.name: file.read_bytes() for file in (whole.folder / "data").glob("*.csv")}
    first = {name: getattr(whole, name) for name in ("adlb", "adsl")}
    monkeypatch.setattr("racohort.adam.values.AT_ONCE", 1)
    clean = cleaned(path)[0]
    parts = list(derive_parts(clean, whole.catalogue))
    assert len(parts) > 1
    io.write_study(path, "", parts, clean)
    assert written == {file.name: file.read_bytes() for file in (whole.folder / "data").glob("*.csv")}
    safety, all_of_it = io.open_study(path, "", "safety"), io.open_study(path)
    pd.testing.assert_frame_equal(all_of_it.adlb, first["adlb"])
    pd.testing.assert_frame_equal(safety.adlb, first["adlb"][list(USED["safety"])])
    pd.testing.assert_frame_equal(safety.adsl, first["adsl"])


@pytest.mark.parametrize(("large", "kind"), [(3, "category"), (4, "str")])
def test_the_texts_of_a_data_set_are_categories_from_so_many_rows_on(tmp_path, monkeypatch, large, kind):
    monkeypatch.setattr("racohort.io.studies.LARGE", large)
    write_frame(tmp_path / "data" / "adlb", pd.DataFrame({"USUBJID": ["b", "a", "b"], "AVAL": [1.0, 2.0, 3.0]}))
    study = io.Study(None, "", tmp_path, pd.DataFrame(), gathered(tmp_path, "data", "x", {}, ["data/adlb.parquet"]))
    assert study.adlb["USUBJID"].dtype == kind
    assert study.adlb["USUBJID"].tolist() == ["b", "a", "b"]


def test_a_carriage_return_in_a_cell_does_not_break_its_row():
    frame = pd.DataFrame({"value": ["12\r13", "a\nb", ""], "n": [1.0, 2.5, np.nan], "mixed": ["x", None, 3]})
    back = pd.read_csv(buffers.BytesIO(b"".join(as_csv(frame))), keep_default_na=False)
    assert back["value"].tolist() == ["12\r13", "a\nb", ""]
    assert back["n"].tolist() == ["1.0", "2.5", ""]


def test_the_line_of_the_header_is_told_where_a_title_stands_above_it(tmp_path):
    def above(book, sheet) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "Follow-up 2014"

    columns = {name: _own(name) for name in TEXT.splitlines()[0].split(",")}
    path = cohort(tmp_path, {"a.xlsx": as_workbook(above)}, columns=columns)
    with pytest.raises(CohortError) as refused:
        io.read_raw(path)
    assert "header" in str(refused.value)


@pytest.mark.parametrize(("second", "rule"), [
    ("id,visit,esr,crp", "header_repeated"), ("Id,Visit,ESR,crp", "header_repeated"),
    ("\ufeffID,VISIT,ESR,CRP", "header_repeated"),
    ("id,visit,crp,esr", "header_changes"), ("id,visit,esr,hb", "header_changes"), ("id,visit,56,39", None),
])  # fmt: skip
def test_a_header_among_the_rows_is_left_out_and_another_one_refuses_the_file(second, rule):
    names, rows = ["id", "visit", "esr", "crp"], [["P1", "BL", "56", "39"], second.split(","), ["P2", "BL", "52", "34"]]
    table = RawTable("a.csv", "", "visit", pd.DataFrame(rows, columns=names), np.array([2, 3, 4]), rows_read=3)
    records = Records()
    leave_out_headers(table, records)
    assert [finding.rule for finding in records.findings] == ([rule] if rule else [])
    assert table.rows_read == len(table.cells) == (2 if rule == "header_repeated" else 3)
