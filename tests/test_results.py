"""The results spine: ids, types, and what it refuses."""

import pandas as pd
import pytest

from racohort.results import as_results, join_results, pick_result, result_id, select_results
from racohort.terms import RESULTS

T_TEST = {
    "section": "efficacy",
    "PARAMCD": "DAS28ESR",
    "AVISIT": "Y1",
    "population": "efficacy",
    "contrast": "Y1-BL",
    "statistic": "mean_change",
    "method": "paired_t",
}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (T_TEST, "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.mean_change.paired_t"),
        (T_TEST | {"statistic": "w", "method": "wilcoxon"}, "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.w.wilcoxon"),
        (
            {
                "section": "safety",
                "PARAMCD": "ALT",
                "AVISIT": "Y1",
                "population": "safety",
                "statistic": "proportion",
                "method": "clopper_pearson",
                "by": "ANRIND",
                "category": "HIGH",
            },
            "safety.ALT.Y1.safety.-.proportion.clopper_pearson.ANRIND.HIGH",
        ),
        (
            {
                "section": "safety",
                "population": "safety",
                "statistic": "proportion",
                "method": "clopper_pearson",
                "by": "overview",
                "category": "SERIOUS",
            },
            "safety.-.-.safety.-.proportion.clopper_pearson.overview.SERIOUS",
        ),
    ],
)
def test_ids_are_those_of_the_contract(row, expected):
    assert result_id(row) == expected


def test_what_a_row_leaves_out_is_empty_text_or_missing():
    row = as_results([T_TEST | {"value": -1.3, "n": 58}]).iloc[0]
    assert row["by"] == ""
    assert row["note"] == ""
    assert pd.isna(row["lower"])
    assert pd.isna(row["count"])
    assert row["n"] == 58


def test_columns_and_types_are_the_same_with_and_without_rows():
    empty, full = as_results([]), as_results([T_TEST])
    assert list(empty.columns) == list(full.columns) == list(RESULTS)
    assert (empty.dtypes == full.dtypes).all()


def test_an_unknown_column_is_refused_by_name():
    with pytest.raises(ValueError, match="no column estimate"):
        as_results([T_TEST | {"estimate": 1.0}])


def test_two_rows_with_one_id_are_refused_within_and_between_frames():
    with pytest.raises(ValueError, match=r"twice: efficacy\.DAS28ESR\.Y1"):
        as_results([T_TEST, T_TEST])
    with pytest.raises(ValueError, match="twice"):
        join_results(as_results([T_TEST]), as_results([T_TEST]))


def test_selecting_keeps_order_and_picking_wants_one_row():
    rows = as_results([T_TEST | {"AVISIT": visit} for visit in ("Y3", "Y1")])
    assert list(select_results(rows, statistic="mean_change", AVISIT=["Y1", "Y3"])["AVISIT"]) == ["Y3", "Y1"]
    assert pick_result(rows, AVISIT="Y1")["AVISIT"] == "Y1"
    assert pick_result(rows, AVISIT="Y9") is None
    with pytest.raises(ValueError, match="2 rows match"):
        pick_result(rows, statistic="mean_change")
