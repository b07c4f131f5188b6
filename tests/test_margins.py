"""Conversions for simulation. Oracles: simulation with a fixed seed, scipy, inverse formulas."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from racohort.margins import (
    copula_r_from_kendall,
    copula_r_from_spearman,
    lognormal_from_mean_sd,
    lognormal_from_median_iqr,
    mc_standard_error,
    mean_sd_from_lognormal,
    norta_lognormal_r,
    spearman_from_copula_r,
    truncnorm_moments,
)


@given(st.floats(-1, 1))
def test_rank_correlations_convert_and_come_back(rho):
    assert spearman_from_copula_r(copula_r_from_spearman(rho)) == pytest.approx(rho, abs=1e-9)
    assert abs(copula_r_from_spearman(rho)) <= 1
    assert abs(copula_r_from_kendall(rho)) <= 1
    assert copula_r_from_kendall(-rho) == -copula_r_from_kendall(rho)


def test_a_correlation_beyond_one_is_missing():
    assert math.isnan(copula_r_from_spearman(1.01))
    assert math.isnan(copula_r_from_kendall(-2))
    assert math.isnan(spearman_from_copula_r(2))


def test_the_latent_correlation_gives_lognormals_theirs():
    """200 000 pairs, seed fixed."""
    r, sigma = norta_lognormal_r(0.4, 0.5, 0.9), np.sqrt(np.log1p(np.square([0.5, 0.9])))
    z = np.random.default_rng(4).multivariate_normal([0, 0], [[1, r], [r, 1]], 200_000)
    assert np.corrcoef(np.exp(z * sigma).T)[0, 1] == pytest.approx(0.4, abs=0.02)


def test_skewed_margins_cannot_be_correlated_at_will():
    assert math.isnan(norta_lognormal_r(-0.9, 2, 2))
    assert math.isnan(norta_lognormal_r(0.99, 0.2, 3))
    assert math.isnan(norta_lognormal_r(0.5, 0, 1))


@given(st.floats(0.1, 500), st.floats(0.01, 500))
def test_a_lognormal_comes_back_from_its_moments(mean, sd):
    fit = lognormal_from_mean_sd(mean, sd)
    back = mean_sd_from_lognormal(fit["mu"], fit["sigma"])
    assert (back["mean"], back["sd"]) == pytest.approx((mean, sd), rel=1e-6)
    assert fit["median"] <= mean


@given(st.floats(-2, 6), st.floats(0.1, 2))
def test_a_lognormal_comes_back_from_its_quartiles(mu, sigma):
    q1, median, q3 = stats.lognorm.ppf([0.25, 0.5, 0.75], sigma, scale=math.exp(mu))
    assert lognormal_from_median_iqr(median, q1, q3) == pytest.approx({"mu": mu, "sigma": sigma}, abs=1e-9)


def test_a_lognormal_needs_positive_numbers_in_order():
    assert math.isnan(lognormal_from_mean_sd(0, 1)["mu"])
    assert math.isnan(lognormal_from_mean_sd(1, -1)["mu"])
    assert math.isnan(lognormal_from_median_iqr(5, 0, 9)["mu"])
    assert math.isnan(lognormal_from_median_iqr(5, 9, 4)["sigma"])


def test_a_normal_that_is_not_cut_off_keeps_its_moments():
    assert truncnorm_moments(5, 2, None, None) == pytest.approx({"mean": 5, "sd": 2})
    assert truncnorm_moments(0, 1, 0, None)["mean"] == pytest.approx(math.sqrt(2 / math.pi))
    assert math.isnan(truncnorm_moments(0, 1, 2, 1)["mean"])
    assert math.isnan(truncnorm_moments(0, 0, 1, 2)["sd"])


def test_monte_carlo_error_takes_columns_and_refuses_impossible_proportions():
    errors = mc_standard_error([0.05, 0, 1.2], [10_000, 100, 100])
    assert errors[:2] == pytest.approx([0.0021794, 0], abs=1e-6)
    assert math.isnan(errors[2])
    assert math.isnan(mc_standard_error(0.5, 0))
