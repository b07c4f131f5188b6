"""CTCAE v5.0 grades, shifts and the liver screen, from both sides of each limit. Oracle: pharmaverse/admiral, through the
vectors.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racohort.ctcae import CTCAE_V5, ctcae_v5_grade, edish, shift_category
from tests.drawn import drawn


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


@given(st.sampled_from(sorted(CTCAE_V5)), st.floats(0.01, 5000), st.floats(0.01, 5000))
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
