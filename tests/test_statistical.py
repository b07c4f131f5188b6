"""Files of other programs: SAS data sets, SPSS, Stata and workbooks of old Excel, each against the same table as CSV."""

import datetime
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner

from racohort.cli import main
from racohort.places import project_root
from racohort.schema import CohortError
from tests.support.cohorts import cleaned, cohort, found

#: Made by LibreOffice 7.4 of a workbook with a comment in D2, a line through D4, a hidden column F and a second sheet.
OLD_WORKBOOK = (Path(__file__).parent / "reference" / "old_workbook.xls").read_bytes()
ROWS = pd.DataFrame(
    {
        "id": ["007", "007", "012", "012"],
        "visit": [1, 2, 1, 2],
        "date": [datetime.date(2014, 3, 1), datetime.date(2015, 3, 2), datetime.date(2014, 4, 1), datetime.date(2015, 4, 7)],
        "sex": [2, 2, 1, 1],
        "crp": [39.6, -9.0, 34.5, 12.0],
    }
)
LABELS = {"id": "住院号", "visit": "随访", "date": "访视日期", "sex": "性别", "crp": "C反应蛋白 (mg/L)"}
WORDS = {"visit": {1: "基线", 2: "1年"}, "sex": {1: "男", 2: "女"}}
COLUMNS = {
    "id": {"role": "USUBJID"},
    "visit": {"role": "AVISIT"},
    "date": {"role": "ADT"},
    "sex": {"role": "SEX", "codes": {"1": "M", "2": "F"}},
    "crp": {"paramcd": "CRP", "unit": "mg/L"},
}
VISITS = {"BL": {"labels": ["1"], "day": 0}, "Y1": {"labels": ["2"], "day": 365}}


def spss(folder: Path) -> bytes:
    """The rows as SPSS saves them, -9 declared missing."""
    path = folder / "made.sav"
    more = {"column_labels": LABELS, "variable_value_labels": WORDS, "missing_ranges": {"crp": [{"lo": -99, "hi": -1}]}}
    pyreadstat.write_sav(ROWS, path, **more)
    return path.read_bytes()


def stata(folder: Path) -> bytes:
    """The rows as Stata saves them, with the special missing value .b in place of -9."""
    path, crp = folder / "made.dta", ROWS["crp"].astype(object).replace(-9.0, "b")
    more = {"column_labels": LABELS, "variable_value_labels": WORDS, "missing_user_values": {"crp": ["b"]}}
    pyreadstat.write_dta(ROWS.assign(crp=crp), path, **more)
    return path.read_bytes()


def values(path: str) -> list[tuple[str, str, str, float]]:
    _, data = cleaned(path)
    return [tuple(row) for row in data.adlb[["USUBJID", "AVISIT", "ADT", "AVAL"]].astype({"ADT": "str"}).itertuples(index=False)]


@pytest.mark.parametrize(("make", "name", "gone"), [(spss, "a.sav", "-9"), (stata, "a.dta", ".b")])
def test_the_values_of_spss_and_stata_are_read_as_they_are_stored_and_declared_missing_ones_told(tmp_path, make, name, gone):
    as_text = ROWS.assign(crp=["39.6", "", "34.5", "12"]).to_csv(index=False).encode()
    plain = cohort(tmp_path / "plain", {"a.csv": as_text}, columns=COLUMNS, visits=VISITS)
    theirs = cohort(tmp_path / "theirs", {name: make(tmp_path)}, columns=COLUMNS, visits=VISITS)
    assert values(theirs) == values(plain)
    assert len(values(plain)) == 3
    assert f"line 3, column crp: {gone}, which the file declares missing" in found(theirs)["special_missing"]


@pytest.mark.parametrize(("make", "name"), [(spss, "a.sav"), (stata, "a.dta")])
def test_a_cohort_is_described_by_the_labels_in_its_own_file(tmp_path, monkeypatch, make, name):
    (tmp_path / "project" / "data" / "cohorts").mkdir(parents=True)
    (tmp_path / "project" / "data" / "catalogue").symlink_to(project_root() / "data" / "catalogue")
    monkeypatch.setenv("RACOHORT_ROOT", str(tmp_path / "project"))
    (tmp_path / name).write_bytes(make(tmp_path))
    said = CliRunner().invoke(main, ["cohort", "--name", "mine", str(tmp_path / name)])
    assert said.exit_code == 0, said.output
    text = (tmp_path / "project" / "data" / "cohorts" / "mine" / "cohort.yml").read_text("utf-8")
    assert '"crp": {paramcd: CRP, unit: mg/L}' in text
    assert '"2": F' in text
    assert 'BL: {labels: ["1"], day: 0}' in text
    assert 'Y1: {labels: ["2"], day: 365}' in text
    assert "its codes mean '1年'" in text


@pytest.mark.parametrize(("make", "name", "kind"), [(spss, "a.sav", "SPSS"), (stata, "a.dta", "Stata")])
def test_a_file_cut_short_is_refused_and_its_kind_named(tmp_path, make, name, kind):
    data = make(tmp_path)
    with pytest.raises(CohortError) as refused:
        cleaned(cohort(tmp_path / "cut", {name: data[: len(data) - 40]}, columns=COLUMNS, visits=VISITS))
    assert [finding.rule for finding in refused.value.findings] == ["file_corrupt"]
    assert kind in str(refused.value)


def test_a_workbook_of_old_excel_is_read_with_what_is_hidden_in_it(tmp_path):
    columns = {name: COLUMNS[name] for name in ("id", "date", "crp")} | {"visit": {"role": "AVISIT"}, "haq": {"paramcd": "HAQDI"}}
    columns["note"] = {"role": "IGNORE"}
    path = cohort(tmp_path, {"a.xls": OLD_WORKBOOK}, columns=columns)
    told = found(path)
    assert [row[2:] for row in values(path)] == [
        ("2014-03-01", 39.6),
        ("2015-03-02", pytest.approx(3 / 2**0.5)),
        ("2014-04-01", 34.5),
        ("2015-04-07", 12),
    ]
    assert "D2" in told["workbook_comment"]
    assert "D4" in told["workbook_struck"]
    assert "hidden columns" in told["workbook_hidden"]
    assert "#DIV/0!" in told["number_unreadable"]


@pytest.mark.parametrize("kept", [700, 3000, 6000])
def test_a_workbook_of_old_excel_that_is_cut_short_is_refused(tmp_path, kept):
    with pytest.raises(CohortError) as refused:
        cleaned(cohort(tmp_path, {"a.xls": OLD_WORKBOOK[:kept]}, columns={"id": COLUMNS["id"], "crp": COLUMNS["crp"]}))
    assert "a.xls is corrupt or truncated: the XLS workbook cannot be opened" in str(refused.value)


#: Codes with their words as SPSS has them: items of a laboratory, an arm, a site, a fact about the patient, a code for nothing.
CODED = pd.DataFrame(
    [
        [pid, arm, smoke, centre, visit, test, result]
        for pid, arm, smoke, centre in (("007", 0, 1, 2), ("012", 1, 9, 1))
        for visit, crp, esr in ((1, 3.96, 40.0), (2, 1.2, 30.0))
        for test, result in ((1, crp), (2, esr))
    ],
    columns=["pid", "arm", "smoke", "centre", "visit", "test", "result"],
)
CODES = {
    "arm": {0: "MTX", 1: "MTX + cells"}, "smoke": {0: "never", 1: "former", 9: "unknown"}, "centre": {1: "Bonn", 2: "Köln"},
    "visit": {1: "Baseline", 2: "12 months"}, "test": {1: "CRP (mg/dL)", 2: "ESR (mm/h)"},
}  # fmt: skip
COLUMN_LABELS = dict(zip(CODED, ["Patient", "Arm", "Smoking status", "Centre", "Visit", "Test", "Result"], strict=True))


def coded(folder: Path) -> bytes:
    path = folder / "coded.sav"
    pyreadstat.write_sav(CODED, path, column_labels=COLUMN_LABELS, variable_value_labels=CODES)
    return path.read_bytes()


def test_codes_are_shown_and_mapped_by_the_words_that_the_file_has_for_them(tmp_path):
    roles = {"pid": "USUBJID", "arm": "ARM", "smoke": "COVARIATE", "centre": "SITEID", "visit": "AVISIT", "test": "PARAM",
             "result": "AVAL"}  # fmt: skip
    visits = {"BL": {"labels": ["Baseline"], "day": 0}, "Y1": {"labels": ["12 months"], "day": 365}}
    columns = {name: {"role": role} for name, role in roles.items()}
    path = cohort(tmp_path, {"a.sav": coded(tmp_path)}, {"a.sav": "long"}, columns=columns, visits=visits)
    clean, data = cleaned(path)
    assert data.adsl[["USUBJID", "ARM", "SITEID", "SMOKE"]].fillna("").to_numpy().tolist() == [
        ["007", "MTX", "Köln", "former"], ["012", "MTX + cells", "Bonn", ""],
    ]  # fmt: skip
    assert data.adlb.set_index(["USUBJID", "AVISIT", "PARAMCD"])["AVAL"].xs("007").to_dict() == {
        ("BL", "CRP"): 39.6, ("BL", "ESR"): 40, ("Y1", "CRP"): 12, ("Y1", "ESR"): 30,
    }  # fmt: skip
    assert set(clean.records.found()["class"]) == {"normalise", "warn"}
    assert set(clean.records.ledger()["was"]) >= {"0", "1", "2", "9"}


def test_codes_are_declared_with_the_words_that_the_file_has_for_them(tmp_path, monkeypatch):
    (tmp_path / "project" / "data" / "cohorts").mkdir(parents=True)
    (tmp_path / "project" / "data" / "catalogue").symlink_to(project_root() / "data" / "catalogue")
    monkeypatch.setenv("RACOHORT_ROOT", str(tmp_path / "project"))
    (tmp_path / "a.sav").write_bytes(coded(tmp_path))
    said = CliRunner().invoke(main, ["cohort", "--name", "mine", str(tmp_path / "a.sav")])
    assert said.exit_code == 0, said.output
    text = (tmp_path / "project" / "data" / "cohorts" / "mine" / "cohort.yml").read_text("utf-8")
    for line in ('"0": MTX', '"2": "Köln"', '"1": former', '"1": CRP mg/dL', '"2": ESR mm/h', 'filter: {"arm": "MTX"}'):
        assert line in text


@pytest.mark.parametrize(("label", "unit", "expected"), [
    ("CRP (mg/dL)", "mg/L", True), ("CRP (mg/L)", "mg/L", False), ("CRP (mg/L)", "mg/dL", True), ("CRP (serum)", "mg/dL", False),
])  # fmt: skip
def test_a_label_that_says_another_unit_than_the_column_of_units_is_told(tmp_path, label, unit, expected):
    rows = f"USUBJID,PARAMCD,PARAM,AVISIT,AVAL,AVALU\nP1,CRP,{label},BL,3.9,{unit}\nP2,CRP,{label},BL,9.1,{unit}\n"
    path = cohort(tmp_path / "adam", {"adlb.csv": rows.encode()}, {"adlb.csv": "adam"}, columns={})
    assert ("unit_label" in found(path)) is expected
    columns = {"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, label: {"paramcd": "CRP", "unit": unit}}
    wide = f"id,visit,{label}\nP1,BL,3.9\nP2,BL,9.1\n"
    assert ("unit_label" in found(cohort(tmp_path / "wide", {"a.csv": wide.encode()}, columns=columns))) is expected


def test_numbers_in_single_precision_have_the_digits_that_were_typed(tmp_path):
    rows = ROWS.assign(crp=ROWS["crp"].abs().astype("float32"), date=pd.to_datetime(ROWS["date"]))
    rows.to_stata(tmp_path / "made.dta", write_index=False)
    rows.to_parquet(tmp_path / "made.parquet")
    for name in ("dta", "parquet"):
        told = cohort(tmp_path / name, {f"a.{name}": (tmp_path / f"made.{name}").read_bytes()}, columns=COLUMNS, visits=VISITS)
        assert [value for *_, value in values(told)] == [39.6, 9, 34.5, 12]
