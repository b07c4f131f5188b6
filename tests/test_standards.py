"""Trial packages: an ADaM or SDTM folder needs a few lines of cohort.yml and gives what the same data give as plain tables."""

from pathlib import Path

import pandas as pd
import pytest

from racohort.standards import kind_of
from tests.support.cohorts import cleaned, cohort, found, rules
from tests.support.packages import Trial, adam, plain, sdtm

KEYS = ["USUBJID", "PARAMCD", "AVISIT"]


def compared(path: str) -> list[pd.DataFrame]:
    """What is compared of a study: laboratory values at planned visits, patients, adverse events."""
    _, data = cleaned(path)
    used = data.adlb[data.adlb["AVISIT"].isin(["BL", "W12", "W24"])].sort_values(KEYS).reset_index(drop=True)
    return [
        used[[*KEYS, "ADY", "AVAL", "censored", "limit", "BASE", "CHG", "ABLFL", "ANL01FL"]],
        data.adsl[["USUBJID", "AGE", "SEX", "TRTSDT", "SAFFL", "W24FL"]].reset_index(drop=True),
        data.adae[["USUBJID", "AEDECOD", "AEBODSYS", "AETOXGR", "AESER", "TRTEMFL"]],
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_package_gives_the_values_of_the_same_study_as_plain_tables(tmp_path: Path, seed: int) -> None:
    trial = Trial(seed)
    expected = compared(plain(trial, tmp_path / "plain"))
    for package, kind in ((adam, "csv"), (adam, "xpt"), (sdtm, "csv"), (sdtm, "xpt")):
        got = compared(package(trial, tmp_path / f"{package.__name__}-{kind}", kind))
        for ours, theirs in zip(got, expected, strict=True):
            pd.testing.assert_frame_equal(ours, theirs)


def test_every_row_of_a_package_is_used_or_told_of_with_a_rule(tmp_path: Path) -> None:
    for package in (adam, sdtm):
        clean, _ = cleaned(package(Trial(1), tmp_path / package.__name__))
        sources = clean.sources
        assert (sources["rows"] == sources[["used", "repeated", "quarantined", "filtered", "unread"]].sum(axis=1)).all()
        told = {*clean.records.ledger()["rule"], *clean.records.quarantine()["rule"]}
        assert told >= ({"row_derived", "row_unflagged", "baseline_flag", "param_unknown"} if package is adam else {"specimen"})


def test_a_derived_row_is_asked_for_no_visit_and_a_blank_one_is_told_in_words(tmp_path: Path) -> None:
    rows = "Baseline,12,\nWeek 12,9,\nOverall,9,MAXIMUM\n,8,\nWeek 12,30,\n".splitlines()
    path = adam(Trial(1), tmp_path)
    (tmp_path / "adlb.csv").write_text(
        "USUBJID,PARAMCD,AVISIT,AVAL,DTYPE\n" + "".join(f"RA-01-001,CRP,{row}\n" for row in rows), "utf-8"
    )
    clean, _ = cleaned(path)
    told = {finding.rule: finding.message for finding in clean.records.findings}
    assert "visit_unknown" not in told
    assert told["visit_unscheduled"].endswith("'' names no visit, so that it counts as unscheduled")


def test_ranges_of_the_laboratory_come_with_the_package_in_its_own_unit(tmp_path: Path) -> None:
    _, data = cleaned(sdtm(Trial(1), tmp_path))
    limits = data.adlb.groupby("PARAMCD")[["ANRLO", "ANRHI"]].first()
    assert limits.loc["HGB"].tolist() == [120, 170]


@pytest.mark.parametrize(("package", "column"), [(adam, "TRT01A"), (sdtm, "ARM"), (sdtm, "ARMCD")])
def test_one_arm_is_chosen_for_all_data_sets_by_a_column_of_one(tmp_path: Path, package, column: str) -> None:
    value = "CELL" if column == "ARMCD" else "Cells"
    clean, data = cleaned(package(Trial(1), tmp_path, filter={column: value}))
    assert len(data.adsl) == 4
    assert set(data.adlb["USUBJID"]) == set(data.adsl["USUBJID"]) >= set(data.adae["USUBJID"])
    assert clean.sources["filtered"].sum() > 0


@pytest.mark.parametrize(
    ("chosen", "said"), [({"ARMX": "Cells"}, "'ARMX' is no column"), ({"ARM": "Cell"}, "there are 'Cells', 'Con")]
)
def test_a_filter_that_chooses_nobody_refuses_the_cohort(tmp_path: Path, chosen: dict[str, str], said: str) -> None:
    assert said in found(sdtm(Trial(1), tmp_path, filter=chosen))["filter_unknown"]


def test_a_unit_that_is_none_of_the_analyte_keeps_the_rows_out_and_no_unit_is_told(tmp_path: Path) -> None:
    trial = Trial(1)
    trial.values.loc[trial.values["code"] == "WBC", "unit"] = "%"
    trial.values.loc[trial.values["code"] == "ALT", "unit"] = ""
    clean, data = cleaned(sdtm(trial, tmp_path))
    assert {"unit_row_unknown", "unit_assumed"} <= rules(clean)
    assert "WBC" not in set(data.adlb["PARAMCD"])
    assert "ALT" in set(data.adlb["PARAMCD"])


def test_a_data_set_of_another_kind_is_told_of_and_left(tmp_path: Path) -> None:
    path = sdtm(Trial(1), tmp_path)
    described = (tmp_path / "cohort.yml").read_text("utf-8")
    (tmp_path / "sv.csv").write_text("STUDYID,DOMAIN,USUBJID,SVSTDTC\nS1,SV,RA-01-001,2014-01-06\n", "utf-8")
    (tmp_path / "cohort.yml").write_text(
        described.replace('"files": [', '"files": [{"path": "sv.csv", "shape": "sdtm"}, '), "utf-8"
    )
    assert "sv.csv" in found(path)["dataset_unread"]
    clean, _ = cleaned(path)
    rows = clean.sources.set_index("file").loc["sv.csv"]
    assert rows["unread"] == rows["rows"] > rows["used"] == rows["filtered"] == 0
    assert clean.fates.loc[clean.fates["file"] == "sv.csv", "fate"].tolist() == ["dataset_unread"]


def test_the_kind_of_a_data_set_is_told_from_its_columns() -> None:
    assert kind_of(["USUBJID", "EXTRT", "EXSTDTC"]) == "exposure"
    assert kind_of(["USUBJID", "CMTRT"]) == "medication"
    assert kind_of(["USUBJID", "DSDECOD"]) == "disposition"
    assert kind_of(["USUBJID", "PARAMCD", "AVAL", "CNSR"]) == ""
    assert kind_of(["USUBJID", "VSTESTCD", "VSORRES"]) == "measurements"


def beside(path: str, name: str, text: str) -> None:
    """One more data set in a package."""
    described = Path(path, "cohort.yml").read_text("utf-8")
    Path(path, name).write_text(text, "utf-8")
    listed = f'"files": [{{"path": "{name}", "shape": "sdtm"}}, '
    Path(path, "cohort.yml").write_text(described.replace('"files": [', listed), "utf-8")


DS = """\
STUDYID,DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC
S1,DS,RA-01-001,INFORMED CONSENT OBTAINED,PROTOCOL MILESTONE,2014-12-01
S1,DS,RA-01-001,COMPLETED,DISPOSITION EVENT,2014-07-01
S1,DS,RA-01-002,COMPLETED,DISPOSITION EVENT,2014-01-02
S1,DS,RA-01-002,ADVERSE EVENT,DISPOSITION EVENT,2014-05-02
S1,DS,RA-01-003,DEATH,DISPOSITION EVENT,2014-06-03
S1,DS,RA-01-004,DEATH,DISPOSITION EVENT,2014-06
"""


def test_disposition_and_death_reach_the_patients_from_ds_by_the_latest_event(tmp_path: Path) -> None:
    path = sdtm(Trial(1), tmp_path)
    beside(path, "ds.csv", DS)
    _, data = cleaned(path)
    facts = data.adsl.set_index("USUBJID")[["EOSSTT", "DCSREAS", "EOSDT", "DTHFL", "DTHDT"]].astype("str").fillna("")
    assert facts.loc["RA-01-001"].tolist() == ["COMPLETED", "", "2014-07-01", "", ""]
    assert facts.loc["RA-01-002"].tolist() == ["DISCONTINUED", "ADVERSE EVENT", "2014-05-02", "", ""]
    assert facts.loc["RA-01-003"].tolist() == ["DISCONTINUED", "DEATH", "2014-06-03", "Y", "2014-06-03"]
    assert facts.loc["RA-01-004"].tolist() == ["DISCONTINUED", "DEATH", "", "Y", ""]
    assert "2014-06" in found(path)["date_partial"]


def test_visits_between_the_planned_ones_are_unscheduled_by_word_and_by_number(tmp_path: Path) -> None:
    for kind in ("VISIT", "VISITNUM"):
        trial = Trial(1)
        path = sdtm(trial, tmp_path / kind)
        lb = pd.read_csv(Path(path, "lb.csv"), dtype=str, keep_default_na=False)
        label = {"VISIT": "UNSCHEDULED 2.1", "VISITNUM": "2.01"}[kind]
        lb = lb.drop(columns="VISIT").rename(columns={"VISIT": "x"}) if kind == "VISITNUM" else lb
        codes = {"1": "Baseline", "2": "Week 12", "3": "Week 24"}
        lb[kind] = lb[kind].replace(codes)
        pd.concat([lb, lb.head(1).assign(**{kind: label})]).to_csv(Path(path, "lb.csv"), index=False)
        clean, data = cleaned(path)
        assert (data.adlb["AVISIT"] == "UNSCHEDULED").sum() == 1
        assert "visit_unknown" not in rules(clean)


def test_units_of_cdisc_are_known_and_a_number_in_brackets_is_no_unit(tmp_path: Path) -> None:
    trial = Trial(1)
    trial.values.loc[trial.values["code"] == "WBC", "unit"] = "GI/L"
    clean, data = cleaned(sdtm(trial, tmp_path / "sdtm"))
    assert "WBC" in set(data.adlb["PARAMCD"])
    path = adam(Trial(1), tmp_path / "adam")
    rows = "\n".join(f"RA-01-00{n},{code},{label},Baseline,{value},Y,Y" for n in (1, 2)
                     for code, label, value in (("TJC28", "Tender Joint Count (28)", 8), ("PTGA", "Patient Global (mm)", 45),
                                                ("HAQDI", "HAQ-DI", 1.5), ("PAIN", "Pain (cm)", 4.5)))  # fmt: skip
    beside(path, "adqs.csv", f"USUBJID,PARAMCD,PARAM,AVISIT,AVAL,ABLFL,ANL01FL\n{rows}\n")
    described = Path(path, "cohort.yml")
    described.write_text(
        described.read_text("utf-8").replace('"adqs.csv", "shape": "sdtm"', '"adqs.csv", "shape": "adam"'), "utf-8"
    )
    clean, data = cleaned(path)
    assert data.adqs.groupby("PARAMCD")["AVAL"].first().to_dict() == {"TJC28": 8, "PTGA": 45, "HAQDI": 1.5, "PAIN": 45}
    assert "unit_assumed" not in rules(clean)


def test_a_count_s_label_tells_no_unit_and_a_numbered_test_is_known_by_its_questionnaire_s_name(tmp_path: Path) -> None:
    path = adam(Trial(1), tmp_path)
    rows = [("SJC28", "Swollen Joint Count (28 Joints)", 9), ("PTPAIN", "Patient's Assessment of Arthritis Pain (mm)", 61),
            ("HAQ0155", "HAQ01-HAQ-DI Score", 1.5), ("DAS28C", "DAS28-CRP", 5.1)]  # fmt: skip
    pd.DataFrame(
        [("RA-01-001", code, label, "Baseline", value) for code, label, value in rows],
        columns=["USUBJID", "PARAMCD", "PARAM", "AVISIT", "AVAL"],
    ).to_csv(tmp_path / "adlb.csv", index=False)
    clean, data = cleaned(path)
    values = data.adqs[data.adqs["AVISIT"] == "BL"].set_index("PARAMCD")["AVAL"]
    assert {code: values[code] for code in ("SJC28", "PAIN", "HAQDI", "DAS28CRP")} == {
        "SJC28": 9, "PAIN": 61, "HAQDI": 1.5, "DAS28CRP": 5.1,
    }  # fmt: skip
    assert not len(clean.records.quarantine())


def test_a_package_s_partial_date_of_birth_stands_for_its_middle_and_is_told(tmp_path: Path) -> None:
    path = sdtm(Trial(1), tmp_path)
    people = pd.read_csv(tmp_path / "dm.csv", dtype=str)
    people.assign(BRTHDTC=["1960", "1960-03"] * (len(people) // 2)).drop(columns="AGE").to_csv(tmp_path / "dm.csv", index=False)
    clean, data = cleaned(path)
    ledger = clean.records.ledger()
    assert set(ledger.loc[ledger["column"] == "BRTHDTC", "became"]) == {"1960-07-01", "1960-03-15"}
    assert data.adsl["AGE"].notna().all()


def test_repeated_treatments_give_the_last_of_them_and_the_last_before_each_event(tmp_path: Path) -> None:
    """Oracle: a calendar; the EX of the package has a dose at the start and one 84 days later, the later one first."""
    path, start = sdtm(Trial(1), tmp_path), pd.Timestamp(Trial(1).patients["start"].iloc[0])
    days = {"before": -1, "first": 83, "second": 84}
    rows = [f"S1,AE,RA-01-001,{term},{start + pd.Timedelta(days=day):%Y-%m-%d}\n" for term, day in days.items()]
    beside(path, "ae2.csv", "STUDYID,DOMAIN,USUBJID,AEDECOD,AESTDTC\n" + "".join(rows) + f"S1,AE,RA-01-001,partial,{start:%Y}\n")
    _, data = cleaned(path)
    assert ((data.adsl["TRTEDT"] - data.adsl["TRTSDT"]).dt.days == 84).all()
    assert (data.adsl["TRTGAP"] == 84).all()
    last = data.adae[data.adae["AEDECOD"].isin([*days, "partial"])].set_index("AEDECOD")["LDOSEDT"]
    assert last[["first", "second"]].tolist() == [start, start + pd.Timedelta(days=84)]
    assert last[["before", "partial"]].isna().all()


def test_the_record_flagged_as_baseline_is_it_beside_one_that_is_labelled(tmp_path: Path) -> None:
    rows = [
        ("Baseline", "2014-01-01", 64, ""), ("Unscheduled 1.1", "2014-01-05", 61, "Y"), ("Week 12", "2014-04-01", 43, ""),
    ]  # fmt: skip
    lines = "".join(f"RA-01-001,ALT,Alanine Aminotransferase (U/L),{v},{d},{x},{f}\n" for v, d, x, f in rows)
    (tmp_path / "adlb.csv").write_text("USUBJID,PARAMCD,PARAM,AVISIT,ADT,AVAL,ABLFL\n" + lines, "utf-8")
    (tmp_path / "adsl.csv").write_text("USUBJID,SEX,AGE,TRTSDT,SAFFL\nRA-01-001,F,50,2014-01-06,Y\n", "utf-8")
    (tmp_path / "cohort.yml").write_text(
        "id: flagged\nfiles: [{path: adsl.csv, shape: adam}, {path: adlb.csv, shape: adam}]\n"
        "visits: {BL: {labels: [Baseline], day: 0}, W12: {labels: [Week 12], day: 84}}\n"
        "treatment_start: {from: column, column: TRTSDT}\n", "utf-8",
    )  # fmt: skip
    _, data = cleaned(f"{tmp_path}")
    used = data.adlb[data.adlb["ANL01FL"] == "Y"].set_index("AVISIT")
    assert (used.loc["BL", "AVAL"], used.loc["W12", "CHG"]) == (61, -18)


def test_variables_that_are_used_without_a_role_are_not_called_unread(tmp_path: Path) -> None:
    rows = "".join(f"VS,RA1,SYSBP,Systolic Blood Pressure,{value},mmHg,BASELINE,2014-01-02,{way},Y\n"
                   for value, way in ((128, "SUPINE"), (135, "STANDING")))  # fmt: skip
    header = "DOMAIN,USUBJID,VSTESTCD,VSTEST,VSSTRESN,VSSTRESU,VISIT,VSDTC,VSPOS,VSBLFL\n"
    path = cohort(tmp_path, {"vs.csv": (header + rows).encode()}, {"vs.csv": "sdtm"}, columns={},
                  visits={"BL": {"labels": ["BASELINE"], "day": 0}})  # fmt: skip
    clean, _ = cleaned(path)
    meant = clean.mapping.set_index("column")["meaning"]
    assert meant[["VSTEST", "VSPOS", "VSBLFL", "DOMAIN"]].tolist() == ["label", "sample", "baseline", "IGNORE"]
    assert rules(clean) == {"visit_samples"}


def test_a_file_listed_for_two_kinds_of_row_is_told_of_once_where_a_column_is_in_neither(tmp_path: Path) -> None:
    text = "id,form,visit,crp,event,note,more\nP1,,BL,39.6,,a,b\nP1,ae,,,fever,c,d\n"
    path = cohort(tmp_path, {"a.csv": text.encode()}, columns={}, files=[
        {"path": "a.csv", "shape": "visit", "rows": {"form": ""},
         "columns": {"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, "crp": {"paramcd": "CRP"}}},
        {"path": "a.csv", "shape": "event", "rows": {"form": "ae"},
         "columns": {"id": {"role": "USUBJID"}, "event": {"role": "AETERM"}}},
    ])  # fmt: skip
    clean, _ = cleaned(path)
    said = [finding.message for finding in clean.records.findings if finding.rule == "column_undeclared"]
    assert said == ["a.csv: not declared, so not read: 'note', 'more'"]


def test_degrees_of_fahrenheit_are_converted_with_their_limits_and_an_impossible_one_is_told_in_them(tmp_path: Path) -> None:
    """Oracle: 98.6 °F is 37 °C, 95 is 35 and 99.5 is 37.5; 36.5 in a row that says F is none of a living body."""
    rows = [("P1", "98.6", "F", "95", "99.5"), ("P2", "37", "C", "35", "37.5"), ("P3", "36.5", "F", "95", "99.5")]
    text = "USUBJID,PARAMCD,AVISIT,AVAL,AVALU,ANRLO,ANRHI\n" + "".join(
        f"{who},TEMP,BL,{value},{unit},{low},{high}\n" for who, value, unit, low, high in rows
    )
    clean, data = cleaned(cohort(tmp_path, {"advs.csv": text.encode()}, {"advs.csv": "adam"}, columns={}))
    assert data.adlb[["AVAL", "ANRLO", "ANRHI"]].to_numpy().tolist() == [[37, 35, 37.5]] * 2
    told = [finding.message for finding in clean.records.findings if finding.rule == "impossible"]
    assert told == ["line 4, column AVAL: '36.5' is outside what is possible (TEMP 68 to 114.8 F)"]
    assert set(clean.numbers["number"]) == {98.6, 37, 36.5}
