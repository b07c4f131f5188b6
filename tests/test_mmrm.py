"""MMRM: against R on real data, against the paired t on complete data, against a search of its likelihood, and where it must
refuse.

Oracles: R lme4, lmerTest and pbkrtest (RAPPORT, `lmm_visit_factor`: a random intercept is compound symmetry); R nlme::gls
through the vectors; scipy minimisation of the likelihood written out patient by patient.
"""

import json
import math
import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize

from racohort.estimators import paired_t
from racohort.mmrm import MmrmFit, fit_mmrm, mmrm_unstructured
from tests.mmrm_corpus import KINDS, draw, written_out, wrong

RAPPORT = Path(os.environ.get("RACOHORT_REFERENCE", Path(__file__).parent.parent.parent / "shared")) / "cohorts" / "rapport"
MONTHS = (0, 3, 6, 9, 12)


def simulated(n: int, visits: int, seed: int, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = np.tril(rng.normal(size=(visits, visits))) + np.eye(visits)
    data = rng.normal(size=(n, visits)) @ mixing.T + rng.normal(size=visits)
    data[rng.random(data.shape) < missing] = np.nan
    return data


@pytest.fixture(scope="module")
def rapport() -> tuple[pd.DataFrame, dict]:
    if not RAPPORT.is_dir():
        pytest.skip(
            f"THE REAL COHORT IS NOT HERE: {RAPPORT} is missing; set RACOHORT_REFERENCE to the folder that holds cohorts/rapport"
        )
    wide = pd.read_csv(RAPPORT / "rapport_wide.csv")
    return wide, json.loads((RAPPORT / "r_reference.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("measure", ["das", "haq"])
def test_compound_symmetry_agrees_with_the_random_intercept_of_r(rapport, measure):
    wide, reference = rapport
    expected = reference[measure]["lmm_visit_factor"]
    fit = fit_mmrm(wide[[f"{measure}_{month}" for month in MONTHS]], "cs")
    assert fit.covariance == "cs"
    assert fit.reason == ""
    assert fit.n_values == expected["n_obs"]
    assert fit.n_patients == expected["n_id"]
    assert -2 * fit.reml_loglik == pytest.approx(expected["reml_criterion"], abs=1e-8)
    assert fit.Sigma[0, 1] == pytest.approx(expected["var_id"], abs=1e-5)
    assert fit.means == pytest.approx(list(expected["emmeans"].values()), abs=1e-7)
    for visit, month in enumerate(MONTHS[1:], start=1):
        change, row = fit.change(visit), expected["coef"][f"tf{month}"]
        assert (change.estimate, change.se) == pytest.approx((row["est"], row["se"]), abs=1e-7)
        assert (change.df_satterthwaite, change.df_kr) == pytest.approx((row["df_satt"], row["df_kr"]), abs=1e-4)
        assert (change.p, change.p_kr) == pytest.approx((row["p_satt"], row["p_kr"]), abs=1e-6)


def test_on_complete_data_every_change_is_the_paired_t():
    data = simulated(20, 4, seed=1)
    fit = fit_mmrm(data)
    for visit in (1, 2, 3):
        change, t = fit.change(visit), paired_t(data[:, visit], data[:, 0])
        assert (change.estimate, change.se, change.t, change.p) == pytest.approx((t["mean_diff"], t["se"], t["t"], t["p"]))
        assert (change.df_satterthwaite, change.df_kr, change.se_kr) == pytest.approx((19, 19, t["se"]))
        assert change.ci == pytest.approx(t["ci"])
    assert fit.Sigma == pytest.approx(np.cov(data.T))


@pytest.mark.parametrize("seed", range(6))
def test_the_unstructured_fit_is_where_a_search_of_the_likelihood_ends(seed):
    data = simulated(30, 3, seed, missing=0.25)
    fit, lower = fit_mmrm(data), np.tril_indices(3)

    def loss(theta: np.ndarray) -> float:
        root = np.zeros((3, 3))
        root[lower] = theta
        return written_out(data, root @ root.T + 1e-12 * np.eye(3))

    assert -2 * fit.reml_loglik == pytest.approx(written_out(data, fit.Sigma), abs=1e-8)
    found = optimize.minimize(loss, np.linalg.cholesky(np.diag(np.nanvar(data, axis=0)))[lower], method="BFGS")
    assert -2 * fit.reml_loglik <= found.fun + 1e-6


@pytest.mark.parametrize("covariance", ["csh", "cs"])
def test_a_simpler_structure_is_at_its_own_maximum(covariance):
    data = simulated(40, 3, seed=2, missing=0.2)
    fit = fit_mmrm(data, covariance)
    best = -2 * fit.reml_loglik
    assert best == pytest.approx(written_out(data, fit.Sigma), abs=1e-8)
    sd, r = np.sqrt(np.diag(fit.Sigma)), fit.Sigma[0, 1] / math.sqrt(fit.Sigma[0, 0] * fit.Sigma[1, 1])
    assert fit.Sigma[1, 2] / (sd[1] * sd[2]) == pytest.approx(r)
    for stretch, turn in ((1.02, 0), (0.98, 0), (1, 0.01), (1, -0.01)):
        other = np.outer(sd, sd) * stretch * ((1 - r - turn) * np.eye(3) + r + turn)
        assert written_out(data, other) > best


def inner(theta: np.ndarray) -> np.ndarray:
    """Heterogeneous compound symmetry by parameters without an edge: logarithms of the SDs, logit of the correlation."""
    lowest = -1 / (len(theta) - 2)
    correlation = lowest + (1 - lowest) / (1 + math.exp(-theta[-1]))
    sd = np.exp(theta[:-1])
    return np.outer(sd, sd) * ((1 - correlation) * np.eye(len(sd)) + correlation)


def satterthwaite_by_differences(data: np.ndarray, covariance: np.ndarray, weights: np.ndarray, h: float = 1e-3) -> float:
    """2 g^2 / (g' H^-1 g') from central differences of the likelihood and of the contrast's variance in those parameters."""
    sd, visits = np.sqrt(np.diag(covariance)), len(covariance)
    share = (covariance[0, 1] / (sd[0] * sd[1]) + 1 / (visits - 1)) / (1 + 1 / (visits - 1))
    at, steps = np.append(np.log(sd), math.log(share / (1 - share))), h * np.eye(visits + 1)

    def variance(theta: np.ndarray) -> float:
        matrix, A = inner(theta), np.zeros((visits, visits))
        for row in data[np.isfinite(data).any(axis=1)]:
            seen = np.flatnonzero(np.isfinite(row))
            A[np.ix_(seen, seen)] += np.linalg.inv(matrix[np.ix_(seen, seen)])
        return float(weights @ np.linalg.solve(A, weights))

    slopes = np.array([variance(at + step) - variance(at - step) for step in steps]) / (2 * h)
    curvature = np.array([[sum(one * other * written_out(data, inner(at + one * i + other * j)) for one in (1, -1)
                               for other in (1, -1)) for j in steps] for i in steps]) / (8 * h * h)  # fmt: skip
    return 2 * variance(at) ** 2 / float(slopes @ np.linalg.solve(curvature, slopes))


@pytest.mark.parametrize(("number", "from_edge"), [(228, 3e-3), (192, 1e-4), (268, 5e-4), (218, 1e-2), (330, 1e-4), (312, 4e-4),
                                                   (168, 0.4), (66, 0.6)])  # fmt: skip
def test_degrees_of_freedom_of_heterogeneous_compound_symmetry_hold_close_to_the_edge(number, from_edge):
    """Oracle: differences in parameters that have no edge. Those of R, in the correlation itself, fail there."""
    data = draw(number)[1]
    fit, visits = fit_mmrm(data, "csh", fall_back=False), data.shape[1]
    correlation = fit.Sigma[0, 1] / math.sqrt(fit.Sigma[0, 0] * fit.Sigma[1, 1])
    assert min(1 - correlation, correlation + 1 / (visits - 1)) < from_edge
    change = np.eye(visits)[-1] - np.eye(visits)[0]
    expected = satterthwaite_by_differences(data / np.nanstd(data), fit.Sigma / np.nanvar(data), change)
    assert fit.change(visits - 1).df_satterthwaite == pytest.approx(expected, rel=2e-4)


def test_structures_are_nested_in_their_likelihood():
    data = simulated(40, 4, seed=3, missing=0.2)
    loglik = [fit_mmrm(data, covariance).reml_loglik for covariance in ("cs", "csh", "us")]
    assert loglik == sorted(loglik)


def test_two_complete_visits_agree_by_every_structure():
    data = simulated(12, 2, seed=4)
    changes = [fit_mmrm(data, covariance).change(1) for covariance in ("us", "csh", "cs")]
    assert all((c.estimate, c.se) == pytest.approx((changes[0].estimate, changes[0].se)) for c in changes)
    assert all(c.df_satterthwaite == pytest.approx(11, abs=1e-4) for c in changes)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-50, 50), st.sampled_from([1e-6, 0.3, 7.0, 1e6]))
def test_the_unit_of_measurement_does_not_matter(seed, shift, scale):
    data = simulated(15, 3, seed, missing=0.15)
    plain, turned = fit_mmrm(data), fit_mmrm(data * scale + shift * scale)
    assume(plain.covariance)
    one, other = plain.change(2), turned.change(2)
    assert turned.covariance == plain.covariance
    assert (other.estimate / scale, other.se / scale) == pytest.approx((one.estimate, one.se), rel=1e-4, abs=1e-6)
    assert (other.df_satterthwaite, other.df_kr, other.se_kr / scale) == pytest.approx(
        (one.df_satterthwaite, one.df_kr, one.se_kr), rel=1e-3
    )


def test_the_order_of_patients_does_not_matter_and_empty_ones_do_not_count():
    data = simulated(25, 3, seed=5, missing=0.2)
    more = np.vstack([data[::-1], np.full((3, 3), np.nan)])
    assert fit_mmrm(more).change(2).estimate == pytest.approx(fit_mmrm(data).change(2).estimate)
    assert fit_mmrm(more).n_patients == np.isfinite(data).any(axis=1).sum()


def refuses(fit: MmrmFit, *words: str) -> bool:
    return fit.covariance == "" and np.isnan(fit.means).all() and all(word in fit.reason for word in words)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ([[1, 2, 3]], "too few"),
        ([[1, 2], [2, 3]], "do not vary|singular"),
        ([[5, 5], [5, 5], [5, 5], [5, 5]], "do not vary"),
        ([[1, 1], [2, 2], [3, 3], [4, 4]], "singular"),
        ([[1, None], [None, 2], [3, None], [None, 4]], "no patient was seen twice"),
        ([[1], [2], [3]], "no patient was seen twice"),
        ([[None, None]], "too few"),
    ],
    ids=["one patient", "two parallel", "constant", "no change varies", "never twice", "one visit", "nothing"],
)
def test_data_that_carry_no_model_are_refused_with_the_reason(data, word):
    fit = fit_mmrm(data)
    assert refuses(fit)
    assert any(part in fit.reason for part in word.split("|"))
    assert len(fit.means) < 2 or math.isnan(fit.change(1).estimate)


def test_too_few_patients_fall_back_to_a_simpler_covariance_and_say_so():
    fit = fit_mmrm(simulated(4, 5, seed=6))
    assert fit.covariance in ("csh", "cs")
    assert "4 patients are too few for 5 visits" in fit.reason
    assert fit.reason.endswith("fitted")
    assert math.isfinite(fit.change(4).p)


def test_visits_that_no_patient_shares_fall_back():
    data = simulated(20, 3, seed=7)
    data[:10, 1], data[10:, 2] = np.nan, np.nan
    fit = fit_mmrm(data)
    assert fit.covariance == "csh"
    assert "two visits share only 0 patients" in fit.reason


def test_a_visit_that_copies_another_is_singular_for_the_unstructured_model():
    data = simulated(20, 3, seed=8)
    data[:, 1] = 2 * data[:, 0] + 1
    assert "unstructured cannot be estimated: the fit is singular" in fit_mmrm(data).reason
    assert refuses(fit_mmrm(data, "us", fall_back=False), "singular")


def test_a_visit_without_values_has_no_mean_and_the_others_keep_theirs():
    data = simulated(20, 3, seed=9)
    without = np.column_stack([data[:, 0], np.full(20, np.nan), data[:, 2]])
    fit = fit_mmrm(without)
    assert math.isnan(fit.means[1])
    assert math.isnan(fit.change(1).estimate)
    assert math.isnan(fit.Sigma[1, 1])
    assert fit.change(2).estimate == pytest.approx(fit_mmrm(data[:, [0, 2]]).change(1).estimate)


@settings(max_examples=60)
@given(
    arrays(
        float,
        st.tuples(st.integers(1, 8), st.integers(1, 4)),
        elements=st.sampled_from([np.nan, 0.0, 1.0, 1.0001, 2.0, 5.0, 1e6]),
    )
)
def test_no_answer_is_given_in_silence(data):
    """Degenerate and near-singular data: finite positive scales, or NaN with a reason; no warning, no error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_mmrm(data)
        changes = [fit.change(visit) for visit in range(1, data.shape[1])]
    assert fit.covariance == "us" or fit.reason
    for change in changes:
        if not math.isnan(change.estimate):
            assert fit.covariance
            assert change.se > 0
            assert change.df_satterthwaite > 0
            assert 0 <= change.p <= 1


@pytest.mark.parametrize("number", range(2 * len(KINDS)))
def test_no_answer_to_a_hard_data_set_is_wrong_in_silence(number):
    """A sample of the corpus; the whole of it is a part of `make torture`."""
    kind, data = draw(number)
    assert not list(wrong(data)), kind


@pytest.mark.parametrize("number", [159, 172])
def test_a_maximum_inside_is_no_answer_where_the_likelihood_is_higher_at_the_edge(number):
    """Seldom overlapping visits: the search finds a nearly singular covariance that is likelier than the maximum inside."""
    data = draw(number)[1]
    fit = fit_mmrm(data)
    assert fit.covariance == "csh"
    assert fit.reason.startswith("unstructured cannot be estimated: the fit is singular")
    assert not list(wrong(data))


@pytest.mark.parametrize("seed", [[1, 1], [20191219, 1021]])
def test_the_likeliest_of_several_maxima_is_found_where_few_patients_share_two_visits(seed):
    """From one correlation for all visits a maximum inside is reached, which another covariance beats by more than 0.8."""
    assert not list(wrong(KINDS[1](np.random.default_rng(seed)), 6))


def test_the_likelier_of_two_maxima_of_compound_symmetry_is_found_at_a_negative_correlation():
    """Oracle: the likelihood written out, on a grid of correlations."""
    data = KINDS[8](np.random.default_rng([1, 236]))
    fit, scaled = fit_mmrm(data, "cs"), (data - np.nanmean(data)) / np.nanstd(data)
    variance, correlation = fit.Sigma[0, 0] / np.nanvar(data), fit.Sigma[0, 1] / fit.Sigma[0, 0]
    grid = [written_out(scaled, variance * ((1 - r) * np.eye(3) + r)) for r in np.linspace(-0.49, 0.99, 75)]
    assert correlation < -0.2
    assert written_out(scaled, variance * ((1 - correlation) * np.eye(3) + correlation)) <= min(grid)


def test_the_corpus_notices_a_wrong_answer(monkeypatch):
    data = draw(1)[1]
    spoiled = replace(fit_mmrm(data), Sigma=1.3 * fit_mmrm(data).Sigma)
    monkeypatch.setattr("tests.mmrm_corpus.fit_mmrm", lambda _: spoiled)
    assert any("likelihood" in fault for fault in wrong(data))


def test_the_named_answers_do_not_fall_back():
    assert math.isnan(mmrm_unstructured([[1, 2, 3], [2, 4, 4]])["v3_minus_v1"]["estimate"])
    named = mmrm_unstructured(simulated(20, 3, seed=10))
    assert set(named) == {"means", "Sigma", "reml_loglik", "reason", "v2_minus_v1", "v3_minus_v1", "v3_minus_v2"}


def test_intervals_of_the_change_cover_under_missing_at_random():
    """300 cohorts of 40 with dropout that depends on the value seen, seed fixed: within three Monte-Carlo standard errors of
    95 %.
    """
    rng, hits = np.random.default_rng(12), 0
    covariance = [[0.8, 0.45, 0.4], [0.45, 1.2, 0.9], [0.4, 0.9, 1.5]]
    for _ in range(300):
        data = rng.multivariate_normal([5, 4, 3.5], covariance, 40)
        data[rng.random(40) < 1 / (1 + np.exp(5.5 - data[:, 1])), 2] = np.nan
        lower, upper = fit_mmrm(data).change(2).ci_kr
        hits += lower <= -1.5 <= upper
    assert abs(hits / 300 - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 300)
