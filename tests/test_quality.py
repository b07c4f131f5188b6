"""The section on cleaning: what its rows count, and what its tables, figure and sentences say of them."""

import re

import numpy as np
import pandas as pd
import pytest

from racohort import figures, quality, report, tables
from racohort.places import project_root
from racohort.plan import Visit
from racohort.results import join_results, pick_result, select_results
from racohort.rules import RULES
from racohort.terms import FINDINGS, LEDGER, QUARANTINE
from tests.support.frames import bds, example_catalogue, example_plan, example_study, rows_of

SOURCES = pd.DataFrame(
    {
        "file": ["visits.xlsx", "labs.csv"],
        "sheet": ["1", ""],
        "shape": ["visit", "long"],
        "rows": [192, 900],
        "sha256": ["a" * 64, "b" * 64],
    }
)
WINDOWED = tuple(Visit(v.AVISIT, v.AVISITN, v.label, v.day, (v.day - 60, v.day + 60)) for v in example_plan().visits)
PLAN = example_plan().__class__(**(example_plan().__dict__ | {"visits": WINDOWED}))


def records(columns, rows):
    blank = dict.fromkeys(columns, "") | {"line": np.nan, "count": 1}
    return pd.DataFrame([blank | row for row in rows], columns=list(columns))


@pytest.fixture
def quarantine():
    rule = next(name for name, rule in RULES.items() if rule.cls == "quarantine")
    return records(
        QUARANTINE,
        [
            {
                "file": "labs.csv",
                "line": 7,
                "column": "crp",
                "USUBJID": "X1",
                "AVISIT": "Y1",
                "value": "<b>12..5",
                "scope": "cell",
                "rule": rule,
                "remedy": "Correct it.",
            }
        ],
    )


@pytest.fixture
def findings():
    names = {cls: next(name for name, rule in RULES.items() if rule.cls == cls) for cls in ("quarantine", "warn", "normalise")}
    rows = [
        {
            "class": "quarantine",
            "rule": names["quarantine"],
            "file": "labs.csv",
            "line": 7,
            "column": "crp",
            "value": "12..5",
            "count": 1,
        },
        {
            "class": "quarantine",
            "rule": names["quarantine"],
            "file": "labs.csv",
            "line": 9,
            "column": "esr",
            "value": "x",
            "count": 1,
        },
        {
            "class": "normalise",
            "rule": names["normalise"],
            "file": "labs.csv",
            "line": 3,
            "column": "crp",
            "value": " 5",
            "count": 40,
        },
    ]
    return records(FINDINGS, rows)


def test_each_file_counts_its_own_rows_changes_and_exclusions(quarantine):
    ledger = records(LEDGER, [{"file": "visits.xlsx", "sheet": "1", "line": 2, "rule": "x"}] * 3)
    rows = quality.count_records(SOURCES, ledger, quarantine)
    counts = rows.pivot(index="category", columns="statistic", values="count").astype(int)
    assert counts.loc["visits.xlsx (sheet 1)"].to_dict() == {"changed": 3, "kept_out": 0, "rows_read": 192}
    assert counts.loc["labs.csv"].to_dict() == {"changed": 0, "kept_out": 1, "rows_read": 900}
    said = report.say_sources(rows).plain
    assert said == "1,092 rows were read from 2 files. 1 entry stands in the quarantine."
    sheets = SOURCES.assign(file="visits.xlsx", sheet=["1", "2"])
    assert "were read from 2 sheets." in report.say_sources(quality.count_records(sheets, ledger, quarantine)).plain


def test_findings_are_counted_in_cells_by_rule(findings):
    rows = quality.count_findings(findings)
    assert list(rows["count"]) == [2, 40]
    assert list(rows["value_text"]) == ["quarantine", "normalise"]
    assert report.say_findings(rows).plain == (
        "2 cells were kept out under 1 rule. 40 cells were rewritten without a change of meaning under 1 rule."
    )
    shown = tables.tabulate_findings(rows, findings, PLAN).html()
    assert "labs.csv, line 7, column crp: 12..5" in shown
    assert "labs.csv, line 9" not in shown
    unlined = pd.concat([findings, findings.tail(1).assign(line=np.nan, rule="bom")])  # lines become floats where one is missing
    assert "line 7, column" in tables.tabulate_findings(quality.count_findings(unlined), unlined, PLAN).html()


def test_a_clean_cohort_is_told_in_one_sentence_each():
    nothing = quality.count_findings(records(FINDINGS, []))
    assert nothing.empty
    assert "no cause for doubt" in report.say_findings(nothing).plain
    assert "No rule of cleaning" in str(tables.tabulate_findings(nothing, records(FINDINGS, []), PLAN))
    assert "Nothing was kept out" in str(tables.tabulate_quarantine(records(QUARANTINE, []), PLAN))


def test_values_of_a_cohort_are_escaped_in_the_quarantine_table(quarantine):
    shown = tables.tabulate_quarantine(quarantine, PLAN).html()
    assert "&lt;b&gt;12..5" in shown
    assert "<b>12" not in shown


def test_a_long_quarantine_shows_its_start_and_says_how_much_there_is(quarantine):
    many = pd.concat([quarantine] * 60, ignore_index=True)
    shown = tables.tabulate_quarantine(many, PLAN)
    assert len(shown.frame) == 50
    assert "Of 60 entries 50, the first of every rule" in shown.caption
    assert shown.note.startswith("10 more are not shown here.")
    assert "more are" not in tables.tabulate_quarantine(many.head(50), PLAN).note


def test_a_rule_that_keeps_much_out_does_not_hide_the_others_in_the_quarantine(quarantine):
    many = pd.concat([quarantine] * 60, ignore_index=True)
    last = many.tail(1).assign(rule="id_missing", value="seen")
    shown = tables.tabulate_quarantine(pd.concat([many, last], ignore_index=True), PLAN).frame
    assert len(shown) == 50
    assert shown["Value"].iloc[-1] == "seen"


def test_visits_on_the_edge_of_a_window_are_inside_it():
    days = pd.DataFrame({"USUBJID": list("abcd"), "AVISIT": "Y1", "day": [305.0, 425.0, 425.5, np.nan]})
    rows = quality.summarise_timing(days, PLAN)
    outside = pick_result(rows, AVISIT="Y1", statistic="outside_window")
    median = pick_result(rows, AVISIT="Y1", statistic="median")
    assert (outside["count"], outside["n"]) == (1, 3)
    assert (median["value"], median["n"], median["n_missing"]) == (425.0, 3, 1)
    assert report.say_timing(rows, PLAN).plain == "Dated visits outside their planned window: 1 of 3 at Y1."
    assert "1 outside the window" in figures.plot_timing(rows, days, PLAN).alt


def test_visits_without_dates_give_a_sentence_instead_of_a_figure():
    days = pd.DataFrame({"USUBJID": ["a"], "AVISIT": ["Y1"], "day": [np.nan]})
    rows = quality.summarise_timing(days, PLAN)
    assert "carry no dates" in str(figures.plot_timing(rows, days, PLAN))
    assert "timing was not checked" in report.say_timing(rows, PLAN).plain


def test_very_many_visits_are_drawn_as_their_summary():
    days = pd.DataFrame({"USUBJID": [str(i) for i in range(3000)], "AVISIT": "Y1", "day": np.linspace(300, 430, 3000)})
    drawn = figures.plot_timing(quality.summarise_timing(days, PLAN), days, PLAN)
    assert len(drawn.light) < 40_000


def test_censored_values_are_counted_among_patients_with_a_value():
    study = example_study(n=4)
    data = bds(
        [
            {"USUBJID": f"X00{i}", "PARAMCD": "CRP", "AVISIT": "BL", "AVAL": 0.35, "censored": side, "ANL01FL": "Y"}
            for i, side in enumerate(("below", "", ""), start=1)
        ]
    )
    rows = quality.estimate_censored(data, study.adsl, PLAN)
    row = pick_result(rows, AVISIT="BL")
    assert (row["count"], row["n"], row["category"]) == (1, 3, "below")
    assert set(select_results(rows, by="censored")["AVISIT"]) == {"BL", "Y1", "Y3"}
    said = report.say_assay_limits(rows, example_catalogue()).plain
    assert "1 parameter has values beyond the limits of the assay (C-reactive protein)" in said
    assert "1 of 3" in tables.tabulate_assay_limits(rows, PLAN, example_catalogue()).html()


def test_without_censored_values_the_table_is_a_sentence():
    study = example_study(n=4)
    rows = quality.estimate_censored(study.adlb, study.adsl, PLAN)
    assert rows.empty
    assert "No value lies" in str(tables.tabulate_assay_limits(rows, PLAN, study.catalogue))
    assert "No value" in report.say_assay_limits(rows, study.catalogue).plain


CELLS = pd.DataFrame(
    {
        "PARAMCD": ["CRP", "CRP", "ESR"],
        "cells": [10, 5, 8],
        "used": [7, 5, 8],
        "missing": [2, 0, 0],
        "quarantined": [1, 0, 0],
        "in_rows": [0, 0, 0],
    }
)


def test_every_cell_read_is_used_or_its_fate_is_said():
    rows = quality.count_cells(CELLS)
    crp = rows[rows["PARAMCD"] == "CRP"].set_index("category")
    assert crp["count"].astype(int).to_dict() == {"used": 12, "missing": 2, "kept out": 1, "in other rows": 0}
    assert set(crp["n"]) == {15}
    shown = tables.tabulate_cells(rows, PLAN, example_catalogue()).frame
    assert list(shown["Parameter"]) == ["C-reactive protein (mg/L)"]  # every cell of the other one is used
    whole = quality.count_cells(CELLS[CELLS["PARAMCD"] == "ESR"])
    assert str(tables.tabulate_cells(whole, PLAN, example_catalogue())) == "Every cell with a measured value is used."
    assert report.say_cells(rows).plain == "20 of 23 cells with a measured value are used; 2 declared missing and 1 kept out."


def test_every_column_of_the_files_is_explained_in_the_mapping():
    mapping = pd.DataFrame(
        {
            "file": "a.csv",
            "sheet": "",
            "column": ["id", "crp", "colour"],
            "meaning": ["USUBJID", "CRP", ""],
            "unit": ["", "mg/dL", ""],
        }
    )
    shown = tables.tabulate_mapping(mapping, example_catalogue(), PLAN).frame
    assert list(shown["Understood as"])[1:] == ["C-reactive protein (mg/L)", "not declared, not read"]
    assert shown["Understood as"][0] == "The patient's identifier (USUBJID)"
    sheets = pd.concat([mapping.assign(sheet=sheet) for sheet in ("baseline", "week 4")])
    told = tables.tabulate_mapping(sheets, example_catalogue(), PLAN).html()
    assert told.count("a.csv (sheet baseline)") == told.count("a.csv (sheet week 4)") == 1


def test_days_count_from_treatment_start_or_from_the_baseline_visit():
    dates = pd.to_datetime(["2014-01-02", "2015-01-02", None])
    visits = pd.DataFrame({"USUBJID": "a", "AVISIT": ["BL", "Y1", "Y3"], "ADT": dates})
    people = pd.DataFrame({"USUBJID": ["a"], "TRTSDT": pd.to_datetime(["2014-01-01"])})
    untreated = PLAN.__class__(**(PLAN.__dict__ | {"treated": False}))
    assert list(quality.derive_days(visits, people, PLAN)["day"])[:2] == [1.0, 366.0]
    days = quality.derive_days(visits, people.assign(TRTSDT=pd.NaT), untreated)["day"]
    assert list(days)[:2] == [0.0, 365.0]
    assert np.isnan(days[2])
    undated = visits.assign(ADT=pd.NaT)
    assert quality.derive_days(undated, people, untreated)["day"].isna().all()
    assert quality.derive_days(undated.assign(ADT=""), people, untreated)["day"].isna().all()


def test_the_table_of_files_shows_counts_and_fingerprints(quarantine):
    rows = quality.count_records(SOURCES, records(LEDGER, []), quarantine)
    shown = tables.tabulate_sources(rows, SOURCES, PLAN).frame
    assert list(shown["Rows"]) == ["192", "900"]
    assert list(shown["Kept out"]) == ["0", "1"]
    assert shown["Fingerprint"][0] == "a" * 12


# --- rows, units, values, presence ------------------------------------------------------------------------------------

FATES = pd.DataFrame(
    {
        "file": ["a.csv", "a.csv", "b.csv", "b.csv"],
        "sheet": "",
        "fate": ["used", "row_twice", "used", "filter"],
        "rows": [5, 1, 9, 2],
    }
)


def tallied(text):
    """A tally of numbers from a drawn table."""
    frame = pd.DataFrame(rows_of(text)).fillna({"unit": ""})
    return frame.assign(
        **{name: pd.to_numeric(frame[name]) for name in ("factor", "number", "read", "used")}, file="a.csv", column="crp"
    )


NUMBERS = tallied("""
    PARAMCD | unit  | factor | number | read | used
    CRP     | mg/dL | 10     | 0.4    | 3    | 3
    CRP     | mg/dL | 10     | 1.5    | 4    | 4
    CRP     | mg/dL | 10     | 90     | 1    | 0
    TJC28   | -     | 1      | 0      | 2    | 2
    TJC28   | -     | 1      | 5      | 3    | 3
    PTGA    | -     | 1      | 40     | 2    | 2
""")


def test_every_row_read_is_used_or_left_out_for_a_reason_and_the_picture_says_so():
    rows = quality.count_fates(FATES)
    assert rows[["category", "count", "n"]].values.tolist() == [["used", 14, 17], ["filter", 2, 17], ["row_twice", 1, 17]]
    drawn = figures.plot_use(join_results(rows, quality.count_cells(CELLS)), PLAN)
    assert "Rows read: 17, Rows left out: 3, " in drawn.alt
    assert "Not chosen by the filter of cohort.yml: 2" in drawn.alt
    assert "Declared missing: 2, Kept out by a rule: 1; Values used: 20." in drawn.alt


def test_where_every_row_and_value_is_used_a_sentence_stands_for_the_flow():
    cells = CELLS.assign(used=CELLS["cells"], missing=0, quarantined=0)
    rows = join_results(quality.count_fates(FATES[FATES["fate"] == "used"]), quality.count_cells(cells))
    assert str(figures.plot_use(rows, PLAN)) == "All 14 rows that were read are used, and so is every value in them."


def test_a_unit_is_the_same_converted_or_assumed():
    rows = quality.count_units(NUMBERS, example_catalogue())
    told = rows.set_index("PARAMCD")[["category", "value", "count", "value_text"]]
    assert told.loc["CRP"].tolist() == ["mg/dL", 10.0, 8, "converted"]
    assert told.loc["TJC28"].tolist() == ["none", 1.0, 5, "same"]
    assert told.loc["PTGA"].tolist() == ["none", 1.0, 2, "assumed"]
    shown = tables.tabulate_units(rows, records(FINDINGS, []), PLAN, example_catalogue()).frame
    assert list(shown["Decision"]) == ["multiplied by 10", "taken to be the unit of the report"]
    assert report.say_units(rows).plain == (
        "Of 15 numbers read, 5 came in the unit of the report, 8 were converted and 2 had no unit and were taken to be in that "
        "of the report."
    )


def test_a_doubted_unit_stands_beside_the_decisions_and_without_any_a_sentence_does():
    same = quality.count_units(NUMBERS[NUMBERS["PARAMCD"] == "TJC28"], example_catalogue())
    doubt = records(FINDINGS, [{"rule": "unit_doubt", "column": "hb", "message": "column hb: the median is 13.", "count": 9}])
    assert "doubted: the median is 13." in tables.tabulate_units(same, doubt, PLAN, example_catalogue()).html()
    assert "No unit was converted" in str(tables.tabulate_units(same, records(FINDINGS, []), PLAN, example_catalogue()))


def test_values_are_counted_as_written_and_as_used():
    rows = quality.count_values(NUMBERS, example_catalogue())
    crp = rows[rows["PARAMCD"] == "CRP"]
    written, used = (crp[crp["statistic"] == name] for name in ("values_read", "values_used"))
    assert (written["count"].sum(), used["count"].sum()) == (7, 7)  # 90 was written once, and lies beyond the picture
    assert ((used["lower"] <= 15) & (used["upper"] >= 15)).sum() >= 1
    assert pick_result(crp, statistic="values_beyond", category="above")["count"] == 1
    joints = select_results(rows, PARAMCD="TJC28", statistic="values_used")
    assert joints[["lower", "upper", "count"]].values.tolist() == [[-0.5, 0.5, 2], [4.5, 5.5, 3]]


def test_the_picture_of_values_says_how_many_are_used_and_marks_what_is_beyond():
    catalogue = example_catalogue()
    drawn = figures.plot_values(quality.count_values(NUMBERS, catalogue), NUMBERS, PLAN, catalogue)
    assert "C-reactive protein 7 of 8; every number of 2 other parameters." in drawn.alt
    assert "no distribution" in str(figures.plot_values(quality.count_values(NUMBERS[:0], catalogue), NUMBERS, PLAN, catalogue))


@pytest.mark.parametrize("analytes", [1, 4, 40])
def test_the_picture_of_values_stays_small_whatever_was_written(analytes):
    facts = example_catalogue().loc["ALT"]
    catalogue = pd.DataFrame({f"A{i}": facts for i in range(analytes)}).T
    tally = pd.DataFrame({"number": np.geomspace(1, 4000, 900), "read": 100, "used": 100, "unit": "U/L", "factor": 1.0})
    numbers = pd.concat([tally.assign(PARAMCD=code, file="a", column="b") for code in catalogue.index])
    rows = quality.count_values(numbers, catalogue)
    assert len(rows) == 2 * 24 * analytes
    assert len(figures.plot_values(rows, numbers, PLAN, catalogue).light) < 40_000 + 12_000 * analytes


def test_presence_counts_enrolled_patients_and_what_those_seen_lack():
    study = example_study(n=6)
    values = study.adqs[study.adqs["PARAMCD"].isin(["HAQDI", "TJC28"])]
    values = values[~((values["USUBJID"] == "X001") & (values["AVISIT"] == "BL") & (values["PARAMCD"] == "HAQDI"))]
    rows = quality.count_present(values, study.adsl, PLAN)
    assert pick_result(rows, AVISIT="BL", PARAMCD="HAQDI")[["count", "n", "n_missing"]].tolist() == [5, 6, 1]
    assert pick_result(rows, AVISIT="BL", statistic="absent")[["count", "n"]].tolist() == [1, 12]
    assert report.say_present(rows, PLAN).plain.startswith(
        "At BL 6 of 6 patients were seen; 1 of 12 values are missing in those seen."
    )
    nobody = values[(values["AVISIT"] != "Y1") | (values["PARAMCD"] != "TJC28")]  # was not measured there, so nobody lacks it
    rest = quality.count_present(nobody, study.adsl, PLAN)
    seen, could = (pick_result(rest, AVISIT="Y1", statistic=name) for name in ("seen", "absent"))
    assert could["n"] == seen["count"]
    few = figures.plot_missingness(rows, values, study.adsl, PLAN, study.catalogue)
    assert "each column is a patient" in few.caption
    assert "at BL 6 of 6 patients were seen and 1 of their values is missing" in few.alt


def test_many_patients_are_drawn_as_shares_and_nobody_by_a_sentence(monkeypatch):
    study = example_study(n=6)
    rows = quality.count_present(study.adqs, study.adsl, PLAN)
    monkeypatch.setattr("racohort.figures.missingness.FEW", 5)
    assert "share of patients" in figures.plot_missingness(rows, study.adqs, study.adsl, PLAN, study.catalogue).caption
    nothing = quality.count_present(bds([]), study.adsl, PLAN)
    assert "no measured value" in str(figures.plot_missingness(nothing, bds([]), study.adsl, PLAN, study.catalogue))


def test_every_rule_found_leads_to_its_place_in_the_page_of_rules(findings, quarantine):
    anchors = set(re.findall(r"\((rule-[a-z0-9-]+)\)=", (project_root() / "book" / "reference" / "rules.md").read_text("utf-8")))
    shown = tables.tabulate_findings(quality.count_findings(findings), findings, PLAN).html()
    shown += tables.tabulate_quarantine(quarantine, PLAN).html()
    targets = re.findall(r'href="\.\./reference/rules\.html#([^"]+)"', shown)
    assert len(targets) == 3
    assert set(targets) <= anchors
    assert {f"rule-{rule.replace('_', '-')}" for rule in RULES} <= anchors
