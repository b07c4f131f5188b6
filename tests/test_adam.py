"""The analysis data sets: visits and their representing records, baselines, ranges, computed scores, populations, events."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from racohort.adam import derive_datasets
from racohort.adam.events import derive_adae
from racohort.cleaning.events import earliest_and_latest
from racohort.terms import ADAE, ADCM, ADSL, BDS
from tests.support.cohorts import cleaned, cohort, rapport, values


def test_every_data_set_has_the_columns_of_the_vocabulary(tmp_path):
    _, data = cleaned(cohort(tmp_path, {"a.csv": "id visit crp\nP1 BL 3\nP1 Y1 2"}))
    for frame, columns in ((data.adsl, ADSL), (data.adlb, BDS), (data.adqs, BDS), (data.adae, ADAE), (data.adcm, ADCM)):
        assert list(frame.columns[: len(columns)]) == list(columns)
    assert list(data.adsl.columns[len(ADSL) :]) == ["BLFL", "Y1FL", "Y3FL"]
    assert data.adlb["AVAL"].dtype == "float64"
    assert data.adlb["AVISIT"].dtype.categories.dtype == "str"
    assert len(data.adae) == 0


def test_change_is_follow_up_minus_baseline_and_baseline_has_none(tmp_path):
    _, data = cleaned(cohort(tmp_path, {"a.csv": "id visit crp\nP1 BL 8\nP1 Y1 2\nP1 Y3 12"}))
    crp = data.adlb.set_index("AVISIT")
    assert crp["BASE"].tolist() == [8, 8, 8]
    assert crp["ABLFL"].tolist() == ["Y", "", ""]
    assert np.isnan(crp.loc["BL", "CHG"])
    assert crp["CHG"].tolist()[1:] == [-6, 4]
    assert crp["PCHG"].tolist()[1:] == [-75, 50]


@pytest.mark.parametrize(("days", "used"), [
    (["2013-12-20", "2013-12-31"], "2013-12-31"), (["2013-12-31", "2014-01-02"], "2013-12-31"), (["2014-01-05", "2014-01-02"],
    "2014-01-02"),
])  # fmt: skip
def test_baseline_is_the_last_value_before_treatment_or_else_the_closest(tmp_path, days, used):
    rows = "\n".join(f"P1 BL {day} {number}" for number, day in enumerate(days, 1))
    path = cohort(tmp_path, {"a.csv": f"id visit date crp\n{rows}", "p.csv": "id infusion\nP1 2014-01-01"}, {"p.csv": "subject"},
                  treatment_start={"from": "column", "column": "infusion"})  # fmt: skip
    _, data = cleaned(path)
    assert str(data.adlb.query("ABLFL == 'Y'")["ADT"].item().date()) == used


@pytest.mark.parametrize(("days", "used"), [
    (["2014-12-20", "2015-01-20"], "2014-12-20"), (["2014-12-27", "2015-01-05"], "2015-01-05"), (["2014-12-30", "2015-01-03"],
    "2014-12-30"),
])  # fmt: skip
def test_a_visit_is_represented_by_the_day_closest_to_plan_and_the_earlier_of_two(tmp_path, days, used):
    rows = "\n".join(f"P1 Y1 {day} {number}" for number, day in enumerate(days, 1))
    path = cohort(tmp_path, {"a.csv": f"id visit date crp\nP1 BL 2014-01-01 9\n{rows}"}, treatment_start={"from": "visit"})
    _, data = cleaned(path)
    chosen = data.adlb.query("AVISIT == 'Y1' and ANL01FL == 'Y'")
    target = pd.Timestamp("2015-01-01")
    gaps = [abs((pd.Timestamp(day) - target).days) for day in days]
    assert str(chosen["ADT"].item().date()) == used == min(zip(gaps, days, strict=True))[1]


@pytest.mark.parametrize(("rule", "days", "used"), [
    ("first", ["2015-01-02", "2014-11-20"], "2014-11-20"), ("first", ["2014-11-20", "2014-11-21"], "2014-11-20"),
    ("last", ["2015-02-20", "2015-01-02"], "2015-02-20"), ("last", ["2015-02-19", "2015-02-20"], "2015-02-20"),
    ("closest", ["2015-02-20", "2015-01-02"], "2015-01-02"),
])  # fmt: skip
def test_a_visit_is_represented_by_its_first_or_last_day_where_the_cohort_says_so(tmp_path, rule, days, used):
    rows = "\n".join(f"P1 Y1 {day} {number}" for number, day in enumerate(days, 1))
    path = cohort(tmp_path, {"a.csv": f"id visit date crp\nP1 BL 2014-01-01 9\n{rows}"}, records={"visit": rule})
    clean, data = cleaned(path)
    chosen = data.adlb.query("AVISIT == 'Y1' and ANL01FL == 'Y'")
    assert str(chosen["ADT"].item().date()) == used
    told = {"first": "the first is used", "last": "the last is used", "closest": "closest to the planned day is used"}[rule]
    assert all(told in finding.message for finding in clean.records.findings if finding.rule == "visit_several")


@pytest.mark.parametrize(("values_", "used"), [
    ([39, 41], 41.0), ([41, 39], 41.0), ([30, 39], 39.0), ([45, 50], 50.0), ([50, 45], 50.0), ([40, 40], 40.0), ([20, 30], 30.0),
])  # fmt: skip
def test_the_worst_record_represents_a_visit_for_safety_alone_where_the_cohort_says_so(tmp_path, values_, used):
    days = ["2015-01-01", "2015-01-20"]
    rows = "\n".join(f"P1 Y1 {day} {value} {value}" for day, value in zip(days, values_, strict=True))
    files = {"a.csv": f"id visit date alt crp\nP1 BL 2014-01-01 20 9\nP1 BL 2013-12-30 90 9\n{rows}"}
    ranges = {"ALT": {"reference": [0, 40]}}
    _, data = cleaned(cohort(tmp_path, files, records={"safety": "worst"}, ranges=ranges))
    used_rows = data.adlb[data.adlb["ANL01FL"] == "Y"].set_index(["PARAMCD", "AVISIT"])
    assert used_rows.loc[("ALT", "Y1"), "AVAL"] == used
    assert used_rows.loc[("ALT", "Y1"), "ADT"] == pd.Timestamp(days[values_.index(used)])
    assert used_rows.loc[("ALT", "BL"), "AVAL"] == 20
    assert used_rows.loc[("CRP", "Y1"), "AVAL"] == values_[0]
    _, data = cleaned(cohort(tmp_path / "plain", files, ranges=ranges))
    assert data.adlb.query("PARAMCD == 'ALT' and AVISIT == 'Y1' and ANL01FL == 'Y'")["AVAL"].item() == values_[0]


def test_days_are_counted_from_treatment_without_a_day_zero(tmp_path):
    path = cohort(tmp_path, {"a.csv": "id visit date crp\nP1 BL 2013-12-31 9\nP1 Y1 2015-01-01 3",
        "p.csv": "id infusion\nP1 2014-01-01"},
                  {"p.csv": "subject"}, treatment_start={"from": "column", "column": "infusion"})  # fmt: skip
    _, data = cleaned(path)
    assert data.adlb["ADY"].tolist() == [-1, 366]


def test_a_row_without_a_label_takes_the_visit_of_its_date(tmp_path):
    clean, data = cleaned(
        cohort(tmp_path, {"a.csv": "id visit date crp\nP1 BL 2014-01-01 9\nP1  2015-01-20 3".replace("P1  ", "P1 NA ")})
    )
    assert data.adlb["AVISIT"].tolist() == ["BL", "Y1"]
    assert clean.records.findings


def test_ranges_are_the_laboratory_s_own_else_the_catalogue_s_by_sex(tmp_path):
    rows = ["P1 BL ALT 41 10 50", "P1 BL HGB 130 NA NA", "P2 BL ALT 41 NA NA", "P2 BL HGB 130 NA NA", "P3 BL HGB 130 NA NA"]
    lab = "\n".join(["id visit item result low high", *rows])
    path = cohort(tmp_path, {"lab.csv": lab, "p.csv": "id sex\nP1 M\nP2 F\nP3 NA"}, {"lab.csv": "long", "p.csv": "subject"})
    _, data = cleaned(path)
    states = data.adlb.set_index(["USUBJID", "PARAMCD"])["ANRIND"].to_dict()
    assert states == {
        ("P1", "ALT"): "NORMAL",
        ("P1", "HGB"): "LOW",
        ("P2", "ALT"): "HIGH",
        ("P2", "HGB"): "NORMAL",
        ("P3", "HGB"): "",
    }


def test_a_range_by_age_holds_from_its_age_on_and_for_nobody_of_unknown_age(tmp_path):
    people = "id sex age\nP1 M 59\nP2 M 60\nP3 F 60\nP4 M NA\nP5 M 71\nP6 M NA"
    lab = "id visit item result low high\n" + "\n".join(f"P{n} BL HGB 125 NA NA" for n in range(1, 6)) + "\nP6 BL HGB 125 130 NA"
    ranges = {"HGB": {"reference_m": [130, 170], "reference_f": [110, 150], "reference_from": [
        {"age": 70, "reference": [126, 150]}, {"age": 60, "reference_m": [120, 170], "reference_f": [126, 150]}]}}  # fmt: skip
    shapes = {"lab.csv": "long", "p.csv": "subject"}
    _, data = cleaned(cohort(tmp_path, {"lab.csv": lab, "p.csv": people}, shapes, ranges=ranges))
    states = data.adlb.set_index("USUBJID")["ANRIND"].to_dict()
    assert states == {"P1": "LOW", "P2": "NORMAL", "P3": "LOW", "P4": "", "P5": "LOW", "P6": "LOW"}


@pytest.mark.parametrize(("value", "state"), [("10", "NORMAL"), ("9.9", "LOW"), ("40", "NORMAL"), ("40.1", "HIGH")])
def test_a_reference_limit_itself_is_normal(tmp_path, value, state):
    _, data = cleaned(cohort(tmp_path, {"a.csv": f"id visit alt\nP1 BL {value}"}))
    assert data.adlb["ANRIND"].item() == state


def test_das28_is_computed_and_the_shipped_score_stays_beside_it(tmp_path):
    _, data = cleaned(
        cohort(tmp_path, {"a.csv": "id visit tjc sjc vas esr crp das\nP1 BL 4 5 12 44 44 4.56\nP1 Y1 4 5 12 NA 44 3.10"})
    )
    das = data.adqs.query("PARAMCD == 'DAS28ESR'").set_index(["AVISIT", "DTYPE"])
    assert das.loc[("BL", "DERIVED"), "AVAL"] == pytest.approx(4.5630, abs=5e-5)
    assert das.loc[("BL", "DERIVED"), "ANL01FL"] == "Y"
    assert das.loc[("BL", ""), ["AVAL", "ANL01FL"]].tolist() == [4.56, ""]
    assert das.loc[("Y1", ""), ["AVAL", "ANL01FL"]].tolist() == [3.1, "Y"]
    crp = data.adqs.query("PARAMCD == 'DAS28CRP'")
    assert crp["AVISIT"].tolist() == ["BL", "Y1"]
    assert crp["AVAL"].iloc[0] == pytest.approx(4.2445, abs=5e-5)


def test_a_score_that_nobody_can_settle_is_neither_shipped_nor_computed(tmp_path):
    rows = "\n".join(f"P{n} BL 4 5 12 44 4.56" for n in range(2, 9))
    _, data = cleaned(cohort(tmp_path, {"a.csv": f"id visit tjc sjc vas esr das\nP1 BL 4 5 12 44 1.00\n{rows}"}))
    assert "P1" not in set(data.adqs.query("PARAMCD == 'DAS28ESR'")["USUBJID"])
    assert "P1" in set(data.adqs["USUBJID"])


def test_a_component_below_its_limit_enters_as_its_substitute_and_is_noted(tmp_path):
    _, data = cleaned(cohort(tmp_path, {"a.csv": "id visit tjc sjc vas crp\nP1 BL 4 5 12 <2"}))
    das = data.adqs.query("PARAMCD == 'DAS28CRP'").iloc[0]
    by_hand = 0.56 * 2 + 0.28 * np.sqrt(5) + 0.36 * np.log1p(2 / np.sqrt(2)) + 0.014 * 12 + 0.96
    assert das["AVAL"] == pytest.approx(by_hand)
    assert das["AVALC"] == "CRP beyond its assay limit"


def test_cdai_and_haq_come_from_their_parts(tmp_path):
    columns = {f"h{n}": {"paramcd": f"HAQ0{n}"} for n in range(1, 9)}
    text = "id visit tjc sjc vas doc h1 h2 h3 h4 h5 h6 h7 h8\nP1 BL 4 5 12 30 0 1 2 3 0 1 2 3\nP2 BL 4 5 12 30 0 1 2 3 0 NA NA NA"
    _, data = cleaned(cohort(tmp_path, {"a.csv": text}, columns=columns))
    made = data.adqs.query("DTYPE == 'DERIVED'").set_index(["USUBJID", "PARAMCD"])["AVAL"]
    assert made["P1", "CDAI"] == pytest.approx(13.2)
    assert made["P1", "HAQDI"] == 1.5
    assert ("P2", "HAQDI") not in made.index


def test_populations_follow_treatment_and_baseline_values(tmp_path):
    people = "id | infusion\nP1 | 2014-01-01\nP2 |\nP3 | 2014-01-01"
    rows = (
        "id | visit | date | crp | alt\nP1 | BL | 2014-01-01 | 4 | 20\nP2 | BL | 2014-01-01 | 4 | 20\nP3 | BL | 2014-01-01 | | 20"
    )
    path = cohort(
        tmp_path, {"a.csv": rows, "p.csv": people}, {"p.csv": "subject"}, treatment_start={"from": "column", "column": "infusion"}
    )
    flags = cleaned(path)[1].adsl.set_index("USUBJID")[["FASFL", "SAFFL", "EFFFL"]].agg("".join, axis=1)
    assert flags.to_dict() == {"P1": "YYY", "P2": "YNN", "P3": "YYN"}


def test_age_comes_from_the_date_of_birth_where_there_is_none(tmp_path):
    path = cohort(tmp_path, {"a.csv": "id visit date crp born\nP1 BL 2014-01-01 4 1960-06-01"})
    assert cleaned(path)[1].adsl["AGE"].item() == 53


@pytest.mark.parametrize(("start", "flag"), [
    ("2014-01-01", "Y"), ("2013-12-31", "N"), ("2014-01", "Y"), ("2013-12", "N"), ("2013", "N"), ("2014", "Y"), ("", "Y"),
])  # fmt: skip
def test_an_event_is_treatment_emergent_unless_provably_earlier(tmp_path, start, flag):
    events = f"id | event | start | grade\nP1 | fever | {start} | 1"
    path = cohort(
        tmp_path,
        {"a.csv": "id visit date crp\nP1 BL 2014-01-01 4", "e.csv": events},
        {"e.csv": "event"},
        treatment_start={"from": "visit"},
    )
    clean, data = cleaned(path)
    assert data.adae["TRTEMFL"].item() == flag
    assert data.adae["ASTDTC"].item() == start
    assert len(derive_adae(clean)) == 1


def test_a_partial_date_spans_its_days():
    assert [str(day) for day in earliest_and_latest("2014-12")] == ["2014-12-01", "2014-12-31"]
    assert [str(day) for day in earliest_and_latest("2014")] == ["2014-01-01", "2014-12-31"]
    assert earliest_and_latest("2014-13") == earliest_and_latest("soon") == (None, None)


def test_medication_is_placed_on_the_days_of_treatment(tmp_path):
    columns = {"drug": {"role": "CMDECOD"}, "class": {"role": "CMCLAS"}, "dose": {"role": "CMDOSE"}, "act": {"role": "CMACT"}}
    drugs = "id drug class dose start act\nP1 Methotrexate csDMARD 10 2013-06-01 Baseline\nP1 Prednisone gc 5 2014-03-01 START"
    path = cohort(
        tmp_path, {"a.csv": "id visit date crp\nP1 BL 2014-01-01 4", "m.csv": drugs}, {"m.csv": "event"}, columns=columns
    )
    adcm = cleaned(path)[1].adcm
    assert adcm["CMACT"].tolist() == ["BASELINE", "START"]
    assert adcm["CMCLAS"].tolist() == ["csDMARD", "GC"]
    assert adcm["ASTDY"].tolist() == [-214, 60]


@pytest.mark.parametrize(("start", "end", "taken"), [
    ("2013-06-01", "", True), ("2013-06-01", "2014-01-01", True), ("2013-06-01", "2013-12-31", False), ("2014-01-01", "", False),
    ("2013", "2014", True), ("2013", "2013-12", False), ("2014", "", False), ("", "", False),
])  # fmt: skip
def test_without_a_mark_what_was_taken_at_baseline_is_told_by_the_dates(tmp_path, start, end, taken):
    drugs = f"id | drug | start | end\nP1 | Methotrexate | {start} | {end}"
    files = {"a.csv": "id visit date crp\nP1 BL 2014-01-01 4", "m.csv": drugs}
    adcm = cleaned(cohort(tmp_path, files, {"m.csv": "event"}, columns={"drug": {"role": "CMDECOD"}}))[1].adcm
    assert adcm["CMACT"].tolist() == ["BASELINE" if taken else ""]


def test_rapport_has_r_s_numbers_at_every_month(tmp_path):
    path = rapport(tmp_path / "rapport")
    reference = json.loads(((Path(path) / "rapport_wide.csv").resolve().parent / "r_reference.json").read_text("utf-8"))
    clean, data = cleaned(path)
    for code, name in (("DAS28", "das"), ("HAQDI", "haq"), ("RADAI", "radai")):
        rows = values(data).query("ANL01FL == 'Y'").query(f"PARAMCD == '{code}'").groupby("AVISIT")["AVAL"]
        for month, n in reference[name]["n_by_month"].items():
            month_values = rows.get_group(f"M{month}")
            assert len(month_values) == n
            assert month_values.mean() == pytest.approx(reference[name]["mean_by_month"][month], rel=1e-5)
            assert month_values.std() == pytest.approx(reference[name]["sd_by_month"][month], rel=1e-5)
    assert data.adsl["SEX"].value_counts().to_dict() == {"F": reference["female"], "M": reference["male"]}
    assert data.adsl["AGE"].mean() == pytest.approx(reference["age_mean"])
    assert (data.adsl["ETHNIC"] == "").sum() == reference["ethnic_missing"]
    assert len(data.adlb) == len(data.adae) == len(data.adcm) == 0
    assert set(clean.records.found()["rule"]) & {"implausible", "score_rounded"}
    assert set(clean.records.found()["class"]) == {"normalise", "warn"}


def test_rapport_s_noise_is_rounded_so_that_a_cut_off_is_a_cut_off(tmp_path):
    clean, data = cleaned(rapport(tmp_path / "rapport"))
    assert (data.adqs["AVAL"] == data.adqs["AVAL"].round(6)).all()
    assert 3.2 in set(data.adqs["AVAL"])
    assert (clean.records.ledger()["rule"] == "score_rounded").sum() == 965


def test_the_same_cohort_gives_the_same_data_twice(tmp_path):
    path = cohort(tmp_path, {"a.csv": "id visit tjc sjc vas esr\nP2 BL 4 5 12 44\nP1 BL 4 5 12 44\nP1 Y1 2 1 12 20"})
    from racohort import cleaning, io

    frames = []
    for _ in range(2):
        raw = io.read_raw(path)
        catalogue = io.read_catalogue(raw.config)
        frames.append(derive_datasets(cleaning.clean_cohort(raw, catalogue), catalogue).adqs)
    pd.testing.assert_frame_equal(*frames)


def test_patients_derived_apart_have_the_values_they_have_together(tmp_path, monkeypatch):
    table = "id visit tjc sjc vas esr das\nP2 BL 4 5 . 44 4.1\nP1 BL 4 5 12 44 .\nP3 Y1 2 1 . 20 2.9\nP1 Y1 2 1 . 20 4"
    events = "id | event | start\nP3 | Rash | 2014-02-01\nP1 | Fever | 2014-03-01\nP3 | Cough | 2014-01-01"
    path = cohort(tmp_path, {"a.csv": table, "e.csv": events}, {"e.csv": "event"})
    together = cleaned(path)[1]
    monkeypatch.setattr("racohort.adam.values.AT_ONCE", 1)
    apart = cleaned(path)[1]
    assert together.adae["AETERM"].tolist() == ["Fever", "Cough", "Rash"]
    for name in ("adsl", "adlb", "adqs", "adae", "adcm"):
        pd.testing.assert_frame_equal(getattr(apart, name), getattr(together, name))
    assert "DAS28E3" not in set(apart.adqs["PARAMCD"])  # P1 has the patient's assessment, which P2 and P3 lack


def test_no_text_of_a_value_is_held_once_a_row(tmp_path):
    _, data = cleaned(cohort(tmp_path, {"a.csv": "id visit crp haq\nP1 BL 3 1\nP1 Y1 2 2"}))
    for frame in (data.adlb, data.adqs):
        assert not [name for name in frame if frame[name].dtype in ("str", "object")]
        assert frame["USUBJID"].cat.categories.tolist() == ["P1"]
