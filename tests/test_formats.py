"""Numbers as words: signs, digits, denominators, intervals, p-values, grammar."""

import doctest
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racohort import formats
from racohort.formats import (
    capitalised,
    count,
    estimate,
    interval,
    level_of,
    listed,
    mean_sd,
    median_iqr,
    number,
    p_cell,
    p_value,
    percent,
    plural_of,
    proportion,
    signed,
)  # fmt: skip

MISSING = [None, float("nan"), np.nan, pd.NA, pd.NaT, np.float32("nan")]


def test_every_example_in_the_docstrings_holds():
    assert doctest.testmod(formats).failed == 0


@pytest.mark.parametrize("missing", MISSING)
def test_a_missing_number_is_an_en_dash_and_never_nan(missing):
    assert number(missing, 2) == percent(missing) == p_cell(missing) == mean_sd(missing, 1, 1) == "–"
    assert p_value(missing) == "p not computed"
    assert median_iqr(missing, 1, 2, 0) == "–"


@pytest.mark.parametrize(
    ("x", "digits", "shown"),
    [
        (-1.5, 1, "−1.5"), (-0.04, 1, "0.0"), (-0.05, 1, "−0.1"), (-0.0, 2, "0.00"), (-0.004999, 2, "0.00"), (-0.005, 2, "−0.01"),
        (0.125, 2, "0.13"), (2.675, 2, "2.68"), (999.96, 1, "1,000.0"), (1234567, 0, "1,234,567"), (math.inf, 1, "∞"),
        (-math.inf, 1, "−∞"),
        (np.int64(64), 0, "64"), (1e20, 0, "100,000,000,000,000,000,000"), (1e-12, 2, "0.00"),
    ],
)  # fmt: skip
def test_numbers_have_a_true_minus_fixed_digits_and_no_minus_zero(x, digits, shown):
    assert number(x, digits) == shown


@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.integers(0, 6))
def test_no_number_is_shown_with_a_hyphen_or_as_minus_zero(x, digits):
    shown = number(x, digits)
    assert not set("-e") & set(shown)
    assert not (shown.startswith("−") and not shown.strip("−0.,"))


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_a_number_shown_reads_back_within_half_its_last_digit(x, digits):
    read = float(number(x, digits).replace("−", "-").replace(",", ""))
    assert abs(read - x) <= 0.5 * 10**-digits * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize(
    ("p", "cell", "said"),
    [
        (0.0009999, "< 0.001", "p < 0.001"), (0.001, "0.0010", "p = 0.0010"), (0.02341, "0.0234", "p = 0.0234"),
        (0.0470, "0.047", "p = 0.047"), (0.04701, "0.0470", "p = 0.0470"), (0.5, "0.50", "p = 0.50"),
        (0.999, "0.999", "p = 0.999"), (0.99901, "> 0.999", "p > 0.999"), (0.0, "< 0.001", "p < 0.001"),
        (1.0, "> 0.999", "p > 0.999"),
    ],
)  # fmt: skip
def test_p_has_three_significant_digits_or_its_own_two_and_is_never_zero_or_one(p, cell, said):
    assert (p_cell(p), p_value(p)) == (cell, said)


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0, "0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.0004, "< 0.1 %"), (0.0005, "0.1 %"), (0.9996, "> 99.9 %"),
        (-0.12, "−12.0 %"), (1.5, "150.0 %"),
    ],
)  # fmt: skip
def test_percentages_round_to_nought_or_a_hundred_only_when_they_are(x, shown):
    assert percent(x) == shown


def test_a_proportion_says_numerator_denominator_percentage_and_interval():
    assert proportion(0, 64, 0.0, 0.05600) == "0 of 64 (0 %; 95 % CI 0 to 5.6 %)"
    assert proportion(64, 64, 0.944, 1.0) == "64 of 64 (100 %; 95 % CI 94.4 to 100 %)"
    assert proportion(4, 64, 0.0173, 0.1524, noun="patients") == "4 of 64 patients (6.3 %; 95 % CI 1.7 to 15.2 %)"
    assert proportion(1, 64, 0.0004, 0.0840, level=0.9) == "1 of 64 (1.6 %; 90 % CI < 0.1 to 8.4 %)"
    assert proportion(0, 0, noun="patients") == "0 of 0 patients"
    assert proportion(pd.NA, pd.NA) == "– of –"


def test_an_interval_names_its_level_and_says_when_there_is_none():
    assert interval(-0.28, 0.13, 2) == "95 % CI −0.28 to 0.13"
    assert interval(-0.28, 0.13, 2, level=1 - 0.1) == "90 % CI −0.28 to 0.13"
    assert interval(None, 0.13, 2) == "95 % CI – to 0.13"
    assert estimate(1, math.nan, math.nan, 1, unit="mg/L") == "1.0 mg/L (95 % CI not estimable)"
    assert (level_of(1 - 0.05), level_of(0.999)) == ("95 %", "99.9 %")


def test_signs_can_be_shown_on_both_sides_of_zero():
    assert [signed(x, 1) for x in (1, 0.04, 0, -0.04, -1)] == ["+1.0", "0.0", "0.0", "0.0", "−1.0"]


@pytest.mark.parametrize(
    ("n", "shown"), [(0, "0 patients"), (1, "1 patient"), (2, "2 patients"), (1000, "1,000 patients"), (pd.NA, "– patients")]
)
def test_one_thing_is_singular_and_every_other_number_plural(n, shown):
    assert count(n, "patient") == shown if n is not pd.NA else count(None, "patient") == shown


def test_nouns_and_lists_follow_english_grammar():
    assert [plural_of(noun) for noun in ("visit", "biopsy", "day", "dose", "class", "index")] == [
        "visits", "biopsies", "days", "doses", "classes", "indexes"]  # fmt: skip
    assert count(3, "analysis", "analyses") == "3 analyses"
    assert [listed(list("abc")[:k]) for k in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert listed(["one, two", "three"], "or") == "one, two or three"
    assert capitalised("eSR") == "ESR"
