"""Values that repeat where they should not: samples copied to another patient or visit, in every shape, and what is chance."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from racohort import cleaning, io
from racohort.cleaning.repeats import CHANCE
from tests.support.cohorts import cleaned, cohort

MEANS = {"HGB": 120, "ALT": 30, "AST": 28, "CREAT": 70, "ALB": 40, "PLAT": 250, "GLUC": 5.2, "URATE": 310}
WATCHED = {"same_person", "copied_visit", "columns_equal"}


def laboratory(patients: int = 30) -> pd.DataFrame:
    """Values of 30 patients at two visits, with the digits that a laboratory prints."""
    rng = np.random.default_rng(7)
    who = [f"P{number:02}" for number in range(1, patients + 1) for _ in range(2)]
    values = {code: np.round(mean * rng.lognormal(0, 0.2, len(who)), 1) for code, mean in MEANS.items()}
    return pd.DataFrame({"id": who, "visit": ["BL", "Y1"] * patients, **values}).set_index(["id", "visit"])


def doubts(folder: Path, frame: pd.DataFrame, shape: str) -> dict[str, list[str]]:
    """What is found of repeats in a table of this shape, by rule."""
    if shape == "long":
        rows = frame.stack().rename_axis([*frame.index.names, "item"]).rename("result").reset_index()
        columns = {}
    elif shape == "wide":
        rows = frame.unstack("visit")
        rows.columns = [f"{code}_{visit}" for code, visit in rows.columns]
        rows, columns = rows.reset_index(), {f"{code}_{{visit}}": {"paramcd": code} for code in frame}
    else:
        rows, columns = frame.reset_index(), {code: {"paramcd": code} for code in frame}
    raw = io.read_raw(cohort(folder, {"a.csv": rows.to_csv(index=False).encode()}, {"a.csv": shape}, columns=columns))
    clean = cleaning.clean_cohort(raw, io.read_catalogue(raw.config))
    found: dict[str, list[str]] = {}
    for finding in clean.records.findings:
        if finding.rule in WATCHED:
            found.setdefault(finding.rule, []).append(finding.message)
    return found


@pytest.mark.parametrize("shape", ["visit", "long", "wide"])
def test_a_sample_copied_to_another_patient_is_told_and_one_that_differs_in_a_digit_is_not(tmp_path, shape):
    frame = laboratory()
    assert doubts(tmp_path / "clean", frame, shape) == {}
    frame.loc[("P17", "Y1")] = frame.loc[("P03", "Y1")]
    said = doubts(tmp_path / "copied", frame, shape)
    told = "1 row: one person" if shape == "visit" else "8 measured values at Y1: copied from one to the other?"
    assert list(said) == ["same_person"]
    assert said["same_person"][0].startswith("P03 and P17 have the same")
    assert told in said["same_person"][0]
    frame.loc[("P17", "Y1"), "GLUC"] += 0.1
    assert doubts(tmp_path / "digit", frame, shape) == {}


def test_two_patients_with_the_same_samples_throughout_may_be_one_person(tmp_path):
    frame = laboratory()
    frame.loc["P17"] = frame.loc["P03"].to_numpy()
    said = doubts(tmp_path, frame, "long")
    assert said == {
        "same_person": ["P03 and P17 have the same 8 measured values at BL and Y1: one person under two identifiers?"]
    }


def test_a_copied_sample_is_told_though_the_row_holds_the_other_patients_own_scores(tmp_path):
    frame = laboratory()
    frame["PTGA"] = range(10, 70)
    frame.loc[("P17", "Y1"), list(MEANS)] = frame.loc[("P03", "Y1"), list(MEANS)]
    assert list(doubts(tmp_path, frame, "visit")) == ["same_person"]


@pytest.mark.parametrize(("kinds", "told"), [(2, False), (30, True)])
def test_values_that_many_share_are_equal_by_chance(tmp_path, kinds, told):
    frame = laboratory()
    for place, code in enumerate(MEANS):  # values that go round, out of step with each other
        frame[code] = [MEANS[code] + (row * (place + 1) + row // kinds) % kinds for row in range(len(frame))]
    frame.loc[("P17", "Y1")] = frame.loc[("P03", "Y1")]
    assert ("same_person" in doubts(tmp_path, frame, "long")) == told
    assert CHANCE < 60 * 59 / 2 * 0.5**8


@pytest.mark.parametrize("shape", ["long", "wide", "visit"])
def test_a_sample_carried_forward_is_told_in_every_shape(tmp_path, shape):
    frame = laboratory()
    frame.loc[("P05", "Y1")] = frame.loc[("P05", "BL")]
    (said,) = doubts(tmp_path / "copied", frame, shape)["copied_visit"]
    assert "the visit Y1 of P05 repeats every value of the visit" in said
    frame.loc[("P05", "Y1"), "HGB"] += 1
    assert doubts(tmp_path / "digit", frame, shape) == {}


def test_negative_dipsticks_and_scores_of_nought_repeat_without_a_doubt(tmp_path):
    codes = {
        "UPRO": "-",
        "UGLUC": "-",
        "UBLOOD": "-",
        "UKETONE": "-",
        "ULEUK": "-",
        "UNITRITE": "-",
        "TJC28": 0,
        "SJC28": 0,
        "PTGA": 0,
    }
    rows = "\n".join(
        f"P{number},{visit}," + ",".join(map(str, codes.values())) for number in range(1, 4) for visit in ("BL", "Y1")
    )
    text = "id,visit," + ",".join(codes) + "\n" + rows
    path = cohort(tmp_path, {"a.csv": text.encode()}, columns={code: {"paramcd": code} for code in codes})
    assert not WATCHED - {"same_person"} & {finding.rule for finding in cleaned(path)[0].records.findings}


def test_two_items_of_a_long_table_with_the_same_results_are_told_and_two_that_differ_once_are_not(tmp_path):
    frame = laboratory()
    frame["AST"] = frame["ALT"]
    assert doubts(tmp_path / "same", frame, "long") == {"columns_equal": ["ALT and AST have the same results in all 60 rows"]}
    frame.loc[("P30", "Y1"), "AST"] += 1
    assert doubts(tmp_path / "once", frame, "long") == {}
