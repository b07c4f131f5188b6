"""Power of the paired t. Oracles: statsmodels TTestPower; R power.t.test through the vectors."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import TTestPower

from racohort.power import detectable_dz, n_paired_t, power_paired_t


@settings(max_examples=50)
@given(st.floats(-0.5, 0.5), st.integers(3, 100))
def test_power_agrees_with_statsmodels(dz, n):
    assert power_paired_t(dz, n) == pytest.approx(TTestPower().power(abs(dz), n, 0.05), abs=1e-7)


def test_power_holds_where_scipy_and_statsmodels_alone_give_nothing():
    assert power_paired_t(5, 64) == pytest.approx(1)
    assert power_paired_t(0, 64) == pytest.approx(0.05)
    assert math.isnan(power_paired_t(1, 1))


@settings(max_examples=40)
@given(st.floats(0.08, 2), st.floats(0.2, 0.98))
def test_n_is_the_smallest_that_reaches_the_power(dz, power):
    n = n_paired_t(dz, power)
    assert power_paired_t(dz, n) >= power
    assert n == 2 or power_paired_t(dz, n - 1) < power


def test_no_number_of_pairs_finds_nothing():
    assert math.isnan(n_paired_t(0))
    assert math.isnan(n_paired_t(0.5, power=1))


@settings(max_examples=30)
@given(st.integers(2, 500), st.floats(0.1, 0.99))
def test_the_detectable_effect_has_the_power(n, power):
    assert power_paired_t(detectable_dz(n, power), n) == pytest.approx(power, abs=1e-6)


def test_a_power_below_alpha_detects_nothing():
    assert math.isnan(detectable_dz(64, power=0.04))
    assert math.isnan(detectable_dz(1))
