"""Pooling of several studies.

Oracle: R 4.2.2, metafor 3.8.1, `rma(yi, vi, method = "REML", test = "knha")` on 13 trials of BCG vaccine (log risk ratios by
`escalc`), with more studies in reference/r_closed_forms.json; a second computation of the restricted likelihood; statsmodels
for Q.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects

from racohort.estimators.pooling import pool_random_effects
from tests.drawn import drawn

BCG = drawn("""tpos | tneg  | cpos | cneg
               4    | 119   | 11   | 128
               6    | 300   | 29   | 274
               3    | 228   | 11   | 209
               62   | 13536 | 248  | 12619
               33   | 5036  | 47   | 5761
               180  | 1361  | 372  | 1079
               8    | 2537  | 10   | 619
               505  | 87886 | 499  | 87892
               29   | 7470  | 45   | 7232
               17   | 1699  | 65   | 1600
               186  | 50448 | 141  | 27197
               5    | 2493  | 3    | 2338
               27   | 16886 | 29   | 17825""")


def bcg() -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = np.array([[float(cell) for cell in row] for row in BCG]).T
    return np.log(a / (a + b)) - np.log(c / (c + d)), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def test_the_trials_of_bcg_are_pooled_as_metafor_pools_them():
    pooled = pool_random_effects(*bcg())
    expected = {"value": -0.714532342158, "se": 0.180791744093, "lower": -1.10844371369, "upper": -0.320620970631,
                "p_value": 0.00192001509606, "tau2": 0.313243258136, "i2": 0.922213845213, "q": 152.233008082,
                "prediction_lower": -2.009057650371, "prediction_upper": 0.579992966055}  # fmt: skip
    assert {name: pooled[name] for name in expected} == pytest.approx(expected, rel=1e-7)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=3, max_size=8))
def test_the_variance_between_studies_maximises_the_restricted_likelihood(studies):
    y, se = np.array(studies).T

    def loss(tau2: float) -> float:
        """Minus twice the log density of contrasts that do not depend on the mean, by their joint covariance."""
        contrast = np.eye(len(y))[1:] - np.eye(len(y))[0]
        covariance = contrast @ np.diag(se**2 + tau2) @ contrast.T
        return -2 * stats.multivariate_normal.logpdf(contrast @ y, cov=covariance)

    grid = np.concatenate([[0], np.geomspace(1e-6, 50, 100)])
    start = grid[int(np.argmin([loss(tau2) for tau2 in grid]))]
    refined = optimize.minimize_scalar(loss, bounds=(start / 2, start * 2 + 1e-9), method="bounded").fun
    tau2 = pool_random_effects(y, se)["tau2"]
    assert loss(tau2) <= min(refined, loss(0.0)) + 1e-6


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=2, max_size=8))
def test_cochrans_q_is_that_of_statsmodels(studies):
    y, se = np.array(studies).T
    assert pool_random_effects(y, se)["q"] == pytest.approx(combine_effects(y, se**2).q, abs=1e-9)


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=3, max_size=8), st.floats(-3, 3), st.floats(0.1, 10))
def test_other_units_give_the_same_answer_in_those_units(studies, shift, scale):
    y, se = np.array(studies).T
    one, other = pool_random_effects(y, se), pool_random_effects(shift + scale * y, scale * se)
    assert other["value"] == pytest.approx(shift + scale * one["value"], abs=1e-3 * scale)
    assert other["se"] == pytest.approx(scale * one["se"], rel=1e-2, abs=1e-6 * scale)


def test_equal_studies_have_no_variance_between_them_and_two_predict_nothing():
    alike = pool_random_effects([0.5, 0.5, 0.5], [0.1, 0.2, 0.3])
    assert (alike["tau2"], alike["value"]) == (0.0, pytest.approx(0.5))
    assert math.isnan(pool_random_effects([0.1, 0.4], [0.1, 0.1])["prediction_lower"])
    assert not math.isnan(pool_random_effects([0.1, 0.4], [0.1, 0.1])["lower"])


@pytest.mark.parametrize(("y", "se"), [([0.5], [0.1]), ([0.5, None], [0.1, 0.1]), ([0.5, 0.4], [0.1, 0.0]), ([], [])])
def test_too_little_gives_no_mean(y, se):
    assert math.isnan(pool_random_effects(y, se)["value"])
