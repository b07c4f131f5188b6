"""CTCAE v5.0 grades, shifts and the liver screen, from both sides of each limit. Oracle: pharmaverse/admiral, through the
vectors.
"""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racohort import ctcae
from racohort.ctcae import Fall, Rise, edish, shift_category
from racohort.io import criteria, read_catalogue, read_toxicity
from racohort.schema import CohortError
from racohort.units import unit_factor
from tests.drawn import drawn

VERSION_5, CATALOGUE = read_toxicity(), read_catalogue()
ctcae_v5_grade = partial(ctcae.ctcae_v5_grade, criteria=VERSION_5)

# Every absolute cut-off, in the units that laboratories print: a value at it, the next lower one, and the grades of both.
FALLS = """
test | unit   | lln  | at   | below  | grade_at | grade_below
WBC  | 10^9/L | 4    | 4    | 3.99   | 0        | 1
WBC  | 10^9/L | 4    | 3    | 2.99   | 1        | 2
WBC  | 10^9/L | 4    | 2    | 1.99   | 2        | 3
WBC  | 10^9/L | 4    | 1    | 0.99   | 3        | 4
WBC  | /uL    | 4000 | 4000 | 3999   | 0        | 1
WBC  | /uL    | 4000 | 3000 | 2999   | 1        | 2
WBC  | /uL    | 4000 | 2000 | 1999   | 2        | 3
WBC  | /uL    | 4000 | 1000 | 999    | 3        | 4
NEUT | 10^9/L | 2    | 2    | 1.99   | 0        | 1
NEUT | 10^9/L | 2    | 1.5  | 1.49   | 1        | 2
NEUT | 10^9/L | 2    | 1    | 0.99   | 2        | 3
NEUT | 10^9/L | 2    | 0.5  | 0.49   | 3        | 4
NEUT | /uL    | 2000 | 2000 | 1999   | 0        | 1
NEUT | /uL    | 2000 | 1500 | 1499   | 1        | 2
NEUT | /uL    | 2000 | 1000 | 999    | 2        | 3
NEUT | /uL    | 2000 | 500  | 499    | 3        | 4
LYM  | 10^9/L | 1.2  | 1.2  | 1.19   | 0        | 1
LYM  | 10^9/L | 1.2  | 0.8  | 0.79   | 1        | 2
LYM  | 10^9/L | 1.2  | 0.5  | 0.49   | 2        | 3
LYM  | 10^9/L | 1.2  | 0.2  | 0.19   | 3        | 4
LYM  | /uL    | 1200 | 1200 | 1199   | 0        | 1
LYM  | /uL    | 1200 | 800  | 799    | 1        | 2
LYM  | /uL    | 1200 | 500  | 499    | 2        | 3
LYM  | /uL    | 1200 | 200  | 199    | 3        | 4
PLAT | 10^9/L | 125  | 125  | 124    | 0        | 1
PLAT | 10^9/L | 125  | 75   | 74     | 1        | 2
PLAT | 10^9/L | 125  | 50   | 49     | 2        | 3
PLAT | 10^9/L | 125  | 25   | 24     | 3        | 4
PLAT | 10^3/uL | 125 | 125  | 124    | 0        | 1
PLAT | 10^3/uL | 125 | 75   | 74     | 1        | 2
PLAT | 10^3/uL | 125 | 50   | 49     | 2        | 3
PLAT | 10^3/uL | 125 | 25   | 24     | 3        | 4
HGB  | g/L    | 120  | 120  | 119    | 0        | 1
HGB  | g/L    | 120  | 100  | 99     | 1        | 2
HGB  | g/L    | 120  | 80   | 79     | 2        | 3
HGB  | g/dL   | 12   | 12   | 11.9   | 0        | 1
HGB  | g/dL   | 12   | 10   | 9.9    | 1        | 2
HGB  | g/dL   | 12   | 8    | 7.9    | 2        | 3
"""


@pytest.mark.parametrize(("test", "unit", "lln", "at", "below", "grade_at", "grade_below"), drawn(FALLS))
def test_both_sides_of_every_absolute_cut_off_in_si_and_conventional_units(test, unit, lln, at, below, grade_at, grade_below):
    factor = unit_factor(CATALOGUE, test, unit)
    grades = ctcae_v5_grade(test, [at * factor, below * factor], lln=lln * factor)
    assert grades.tolist() == [grade_at, grade_below]


RISES = """
test  | multiples       | start | at_start
ALT   | 1 3 5 20        | 1.5   | 1
AST   | 1 3 5 20        | 1.5   | 1
ALP   | 1 2.5 5 20      | 2     | 1
GGT   | 1 2.5 5 20      | 2     | 1
BILI  | 1 1.5 3 10      | 1     | 0
"""
LIMITS = {
    "ALT": {"U/L": 40, "ukat/L": 0.67}, "AST": {"U/L": 35, "ukat/L": 0.58}, "ALP": {"U/L": 120, "ukat/L": 2},
    "GGT": {"U/L": 50, "ukat/L": 0.83}, "BILI": {"umol/L": 20.5, "mg/dL": 1.2}, "CREAT": {"umol/L": 106, "mg/dL": 1.2},
}  # fmt: skip


@pytest.mark.parametrize("unit", [0, 1], ids=["SI or U", "conventional or kat"])
@pytest.mark.parametrize("baseline", [None, 1.0, 1.7], ids=["no baseline", "baseline at the limit", "baseline raised"])
@pytest.mark.parametrize(("test", "multiples", "start", "at_start"), drawn(RISES))
def test_both_sides_of_every_multiple_from_a_normal_and_a_raised_baseline(test, multiples, start, at_start, baseline, unit):
    name, limit = list(LIMITS[test].items())[unit]
    uln = limit * unit_factor(CATALOGUE, test, name)
    raised = baseline is not None and baseline > 1
    base = None if baseline is None else uln * baseline
    ends = [float(multiple) for multiple in multiples.split()]
    for grade, end in enumerate(ends):
        reference = base if raised else uln
        cut = (start if raised and grade == 0 else end) * reference
        at, above, below = ctcae_v5_grade(test, [cut, cut * 1.0001, cut * 0.9999], uln=uln, baseline=base)
        assert above == grade + 1
        assert at == (at_start if raised and grade == 0 else grade)
        assert below == grade


CREATININE = """
times_limit | baseline | grade | above
1           | -        | 0     | 1
1.5         | -        | 1     | 2
3           | -        | 2     | 3
6           | -        | 3     | 4
0.9         | 0.6      | 0     | 2
1.5         | 0.5      | 2     | 3
1.5         | 1.2      | 1     | 2
3           | 1.2      | 2     | 3
3.6         | 1.2      | 3     | 3
"""


@pytest.mark.parametrize("unit", ["umol/L", "mg/dL"])
@pytest.mark.parametrize(("times_limit", "baseline", "grade", "above"), drawn(CREATININE))
def test_both_sides_of_every_cut_off_of_creatinine_on_the_limit_and_on_baseline(times_limit, baseline, grade, above, unit):
    uln = LIMITS["CREAT"][unit] * unit_factor(CATALOGUE, "CREAT", unit)
    base = None if baseline is None else baseline * uln
    value = times_limit * uln
    assert ctcae_v5_grade("CREAT", [value, value * 1.0001], uln=uln, baseline=base).tolist() == [grade, above]


def test_the_cut_offs_that_are_tried_are_all_those_of_the_file():
    tried = {(one, unit): [float(at) for test, other, _, at, *_ in drawn(FALLS) if (test, other) == (one, unit)][1:]
             for one, unit, *_ in drawn(FALLS)}  # fmt: skip
    falls = {test: kind for test, kind in VERSION_5.items() if isinstance(kind, Fall)}
    assert {(test, kind.unit): list(kind.below) for test, kind in falls.items() if test not in ("LYMPH", "PLT")}.items() <= (
        tried.items()
    )
    assert (falls["LYMPH"], falls["PLT"]) == (falls["LYM"], falls["PLAT"])  # other names
    rises = {test: (*map(float, multiples.split()), start, bool(at)) for test, multiples, start, at in drawn(RISES)}
    assert rises == {
        test: (1, *kind.multiples, kind.start, kind.inclusive) for test, kind in VERSION_5.items() if isinstance(kind, Rise)
    }
    on_limit = [times for times, base, *_ in drawn(CREATININE) if base is None]
    on_baseline = [round(times / base, 9) for times, base, *_ in drawn(CREATININE) if base is not None]
    assert on_limit == [1, *VERSION_5["CREAT"].uln]
    assert set(VERSION_5["CREAT"].baseline) <= set(on_baseline)
    assert set(VERSION_5) == {*falls, *rises, "CREAT"}


def test_an_absolute_cut_off_follows_the_unit_of_the_analyte_and_is_dropped_where_no_factor_is_known():
    own = CATALOGUE.assign(AVALU=CATALOGUE["AVALU"].mask(CATALOGUE.index == "HGB", "g/dL"))
    own.at["HGB", "units"] = {"g/L": 0.1}
    own.at["WBC", "AVALU"] = "cells per field"
    converted = criteria.add_criteria(own)["toxicity"]
    assert converted["HGB"] == Fall((10.0, 8.0), "g/dL")
    assert converted["WBC"] is None
    assert CATALOGUE["toxicity"]["IGG"] is None


@pytest.mark.parametrize("text", ["sinks:\n- {tests: [ALT], below: [1]}", "falls:\n- {tests: [WBC], below: [a], unit: g/L}",
                                  "falls:\n- {below: [1], unit: g/L}"])  # fmt: skip
def test_criteria_that_are_not_of_a_known_kind_are_refused(monkeypatch, text):
    monkeypatch.setattr(criteria, "_text", lambda name: text)
    with pytest.raises(CohortError, match=r"ctcae_v5\.yml"):
        read_toxicity()


def test_every_cited_variation_names_its_source_and_a_known_analyte():
    cited = CATALOGUE[CATALOGUE["within_cv"].notna()]
    assert set(cited.index) == {"ALT", "AST", "ALP", "GGT", "CREAT", "HGB", "WBC", "PLAT"}
    assert (cited["within_source"].str.len() > 20).all()
    assert cited["within_cv"].between(1, 30).all()


@pytest.mark.parametrize(
    ("test", "value", "uln", "grade"),
    drawn("""test  | value | uln | grade
             ALT   | 40    | 40  | 0
             ALT   | 40.01 | 40  | 1
             ALT   | 120   | 40  | 1
             ALT   | 120.1 | 40  | 2
             ALT   | 200   | 40  | 2
             ALT   | 200.1 | 40  | 3
             ALT   | 800   | 40  | 3
             ALT   | 800.1 | 40  | 4
             GGT   | 125   | 50  | 1
             GGT   | 125.1 | 50  | 2
             BILI  | 30    | 20  | 1
             BILI  | 30.1  | 20  | 2
             BILI  | 200   | 20  | 3
             BILI  | 200.1 | 20  | 4
             CREAT | 150   | 100 | 1
             CREAT | 150.1 | 100 | 2
             CREAT | 600   | 100 | 3
             CREAT | 600.1 | 100 | 4
             ALT   | -     | 40  | nan
             ALT   | 40    | -   | nan
             IGG   | 20    | 16  | nan"""),
)
def test_a_rise_is_graded_by_multiples_of_the_upper_limit(test, value, uln, grade):
    assert ctcae_v5_grade(test, value, uln=uln) == pytest.approx(grade, nan_ok=True)


@pytest.mark.parametrize(
    ("test", "value", "lln", "grade"),
    drawn("""test | value | lln | grade
             WBC  | 4.0   | 4.0 | 0
             WBC  | 3.99  | 4.0 | 1
             WBC  | 3.0   | 4.0 | 1
             WBC  | 2.99  | 4.0 | 2
             WBC  | 0.99  | 4.0 | 4
             NEUT | 1.45  | 1.4 | 2
             NEUT | 1.5   | 1.4 | 0
             HGB  | 80    | 120 | 2
             HGB  | 79    | 120 | 3
             HGB  | 20    | 120 | 3
             LYM  | 0.49  | 1.1 | 3
             PLAT | 24    | 125 | 4
             WBC  | 2.5   | -   | 2
             WBC  | 3.5   | -   | nan
             WBC  | -     | 4.0 | nan"""),
)
def test_a_fall_is_graded_by_absolute_values_below_the_lower_limit(test, value, lln, grade):
    assert ctcae_v5_grade(test, value, lln=lln) == pytest.approx(grade, nan_ok=True)


@pytest.mark.parametrize(
    ("test", "value", "baseline", "uln", "grade"),
    drawn("""test | value | baseline | uln | grade
             ALT  | 119.9 | 80       | 40  | 0
             ALT  | 120   | 80       | 40  | 1
             ALT  | 240.1 | 80       | 40  | 2
             ALT  | 60    | 80       | 40  | 0
             ALT  | 60    | 40       | 40  | 1
             ALP  | 359.9 | 180      | 120 | 0
             ALP  | 360   | 180      | 120 | 1
             BILI | 30    | 30       | 20  | 0
             BILI | 30.1  | 30       | 20  | 1
             CREAT| 90    | 60       | 100 | 0
             CREAT| 90.1  | 60       | 100 | 2
             CREAT| 180.1 | 60       | 200 | 3"""),
)
def test_a_raised_baseline_is_graded_by_multiples_of_itself(test, value, baseline, uln, grade):
    assert ctcae_v5_grade(test, value, uln=uln, baseline=baseline) == grade


def test_the_flag_of_a_high_baseline_wins_over_the_comparison_with_the_limit():
    assert ctcae_v5_grade("ALT", 60, uln=40, baseline=80, baseline_high=False) == 1
    assert ctcae_v5_grade("ALT", 60, uln=40, baseline=80, baseline_high=True) == 0


@given(st.sampled_from(sorted(VERSION_5)), st.floats(0.01, 5000), st.floats(0.01, 5000))
def test_grades_move_one_way_with_the_value(test, one, other):
    low, high = sorted((one, other))
    grades = ctcae_v5_grade(test, [low, high], uln=40, lln=4)
    falls = grades[0] >= grades[1]
    rises = grades[0] <= grades[1]
    assert falls if ctcae_v5_grade(test, 1e-6, uln=40, lln=4) > 0 else rises


def test_columns_are_graded_with_their_own_limits():
    grades = ctcae_v5_grade("ALT", [50, 50, None], uln=[40, 60, 40])
    assert grades[:2].tolist() == [1, 0]
    assert math.isnan(grades[2])


@pytest.mark.parametrize(
    ("baseline", "post", "shift"),
    drawn("""baseline | post | shift
             5        | 40   | normal->normal
             4.9      | 40.1 | low->high
             45       | 40   | high->normal
             4        | 4    | low->low
             -        | 10   | -
             10       | -    | -"""),
)
def test_limits_of_the_range_are_normal_in_a_shift(baseline, post, shift):
    assert shift_category(baseline, post, lln=5, uln=40) == shift


def test_a_one_sided_range_still_shifts_and_a_missing_one_does_not():
    assert shift_category(10, 50, lln=None, uln=40) == "normal->high"
    assert shift_category(10, 50, None, None) is None
    assert list(shift_category([10, None], [50, 50], 5, 40)) == ["normal->high", ""]


@pytest.mark.parametrize(
    ("alt", "ast", "bili", "alp", "quadrant", "candidate", "pattern"),
    drawn("""alt | ast | bili | alp  | quadrant          | candidate | pattern
             3   | 1   | 2.01 | 1    | hys_law_range     | true      | mixed
             3   | 1   | 2.0  | 1    | hys_law_range     | false     | mixed
             2.9 | 2.9 | 2.0  | 1    | cholestasis       | false     | mixed
             1   | 3   | 1.9  | 1    | temples_corollary | false     | cholestatic
             2.9 | 2.9 | 1.9  | 0.5  | normal            | false     | hepatocellular
             10  | 8   | 5    | 2    | hys_law_range     | false     | hepatocellular
             10  | 8   | 5    | 1.99 | hys_law_range     | true      | hepatocellular
             10  | -   | 5    | -    | hys_law_range     | -         | -
             -   | -   | 1    | 1    | -                 | false     | -"""),
)
def test_the_liver_screen_at_its_lines(alt, ast, bili, alp, quadrant, candidate, pattern):
    found = edish(alt, ast, bili, alp)
    assert (found["quadrant"], found["hys_law_candidate"], found["r_pattern"]) == (quadrant, candidate, pattern)


def test_the_liver_screen_of_columns():
    found = edish([8, 1], [6, 1], [3, 1], [1, 0])
    assert list(found["quadrant"]) == ["hys_law_range", "normal"]
    assert found["hys_law_candidate"].tolist() == [1, 0]
    assert found["r_ratio"][0] == 8
    assert np.isnan(found["r_ratio"][1])
