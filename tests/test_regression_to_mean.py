"""Regression to the mean. Oracles: Barnett 2005 eq. 1 through the vectors; simulation; scipy truncnorm."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from racohort.regression_to_mean import regression_to_mean, regression_to_mean_m_baselines

SETTINGS = st.tuples(st.floats(-3, 8), st.floats(0.2, 4), st.floats(0, 1), st.floats(-3, 8))


@given(SETTINGS)
def test_one_baseline_by_either_formula_is_the_same(setting):
    mu, sigma, rho, cutoff = setting
    for direction in ("above", "below"):
        parts = regression_to_mean(mu, sigma, rho, cutoff, direction)
        assert parts["rtm"] == pytest.approx(regression_to_mean_m_baselines(mu, sigma, rho, cutoff, 1, direction), abs=1e-9)
        assert abs(parts["mean_selected_baseline"] - parts["mean_followup_no_effect"]) == pytest.approx(parts["rtm"], abs=1e-9)


@given(SETTINGS)
def test_more_baselines_regress_less(setting):
    assert regression_to_mean_m_baselines(*setting, m=3) <= regression_to_mean_m_baselines(*setting, m=1) + 1e-9


def test_the_selected_baseline_is_the_mean_of_a_truncated_normal_and_far_out_too():
    assert regression_to_mean(4, 1.5, 0.7, 5.1)["mean_selected_baseline"] == pytest.approx(
        stats.truncnorm.mean(1.1 / 1.5, np.inf, 4, 1.5)
    )
    assert regression_to_mean(0, 1, 0.5, 40)["mean_selected_baseline"] == pytest.approx(40.025, abs=1e-3)


def test_a_simulated_cohort_without_effect_regresses_as_predicted():
    """200 000 pairs, seed fixed; within four standard errors."""
    rng = np.random.default_rng(2)
    first, second = rng.multivariate_normal([4, 4], np.array([[1, 0.7], [0.7, 1]]) * 2.25, 200_000).T
    kept = first > 5.1
    change = (first - second)[kept]
    assert change.mean() == pytest.approx(
        regression_to_mean(4, 1.5, 0.7, 5.1)["rtm"], abs=4 * change.std() / math.sqrt(kept.sum())
    )


def test_a_perfect_correlation_does_not_regress_and_impossible_settings_are_missing():
    assert regression_to_mean(4, 1.5, 1, 5.1)["rtm"] == 0
    assert math.isnan(regression_to_mean(4, 0, 0.5, 5)["rtm"])
    assert math.isnan(regression_to_mean_m_baselines(4, 1, 1.1, 5))
    assert math.isnan(regression_to_mean_m_baselines(4, 1, 0.5, 5, m=0))
