"""Pooling of imputations, and the closed forms of the delta adjustment. Oracle: R mice::pool.scalar, through the vectors."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from racohort.estimators import paired_t
from racohort.missingness import delta_adjusted_mean, rubin_pool, tipping_point_delta


def test_imputations_that_agree_pool_to_one_of_them():
    pooled = rubin_pool([-0.5] * 5, [0.04] * 5)
    assert pooled["B"] == 0
    assert pooled["T"] == pytest.approx(0.04)
    assert pooled["df"] == math.inf
    assert pooled["ci"] == pytest.approx((-0.5 - 1.959964 * 0.2, -0.5 + 1.959964 * 0.2))


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=20), st.floats(0.01, 1))
@example(estimates=[0.0, 3e-113], variance=1.0)  # a variance between imputations whose square is too small for a float
def test_disagreement_between_imputations_only_adds_variance(estimates, variance):
    pooled = rubin_pool(estimates, [variance] * len(estimates), df_complete=63)
    assert pooled["T"] >= variance - 1e-12
    assert 0 <= pooled["lambda_"] <= 1  # below 1 but for rounding
    assert pooled["df"] <= 63
    assert pooled["ci"][0] <= pooled["qbar"] <= pooled["ci"][1]


@pytest.mark.parametrize(("q", "u"), [([], []), ([1.0], [0.1]), ([1, math.nan], [1, 1])])
def test_fewer_than_two_imputations_cannot_be_pooled(q, u):
    assert np.isnan(np.hstack(list(rubin_pool(q, u).values()))).all()


def test_without_missing_patients_the_adjusted_mean_is_the_plain_one():
    d = np.random.default_rng(5).normal(-1, 1, 40)
    plain, adjusted = paired_t(d, 0 * d), delta_adjusted_mean(d.mean(), d.std(ddof=1), 40, 0, delta=3)
    assert (adjusted["estimate"], *adjusted["ci"]) == pytest.approx((plain["mean_diff"], *plain["ci"]))


@given(st.floats(-3, 3), st.floats(0.1, 2), st.integers(3, 80), st.integers(1, 40))
def test_at_the_tipping_point_the_interval_touches_no_change(mean, sd, n_obs, n_missing):
    delta = tipping_point_delta(mean, sd, n_obs, n_missing)
    ci = delta_adjusted_mean(mean, sd, n_obs, n_missing, delta)["ci"]
    assert min(abs(limit) for limit in ci) == pytest.approx(0, abs=1e-9)


def test_the_tipping_point_is_later_for_a_clearer_fall_and_earlier_for_a_margin():
    assert tipping_point_delta(-2, 1, 50, 10) > tipping_point_delta(-1, 1, 50, 10) > 0
    assert tipping_point_delta(-1, 1, 50, 10, margin=-0.6) < tipping_point_delta(-1, 1, 50, 10)
    assert tipping_point_delta(-0.1, 1, 50, 10) < 0


def test_without_missing_or_without_observed_patients_there_is_no_tipping_point():
    assert math.isnan(tipping_point_delta(-1, 1, 50, 0))
    assert math.isnan(tipping_point_delta(-1, 1, 1, 5))
    assert math.isnan(delta_adjusted_mean(-1, 1, 1, 5, 0.3)["estimate"])
