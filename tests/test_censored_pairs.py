"""Ratios of pairs with values beyond an assay's limits: the bivariate likelihood against what must hold and what is known."""

import doctest

import numpy as np
import pytest
from scipy import integrate, stats

from racohort.estimators import bivariate_normal_cdf, censored_geometric_mean, censored_ratio, geometric_mean_ratio
from racohort.estimators import censored_pairs as module


def drawn(n: int, seed: int, below: float = 0.0, above: float = 1.0, r: float = 0.85, change: float = -0.3):
    """Lognormal pairs of a known change, cut off at quantiles of the baseline: values (or limits) and flags of both visits."""
    rng = np.random.default_rng(seed)
    logs = 4 + 1.2 * rng.multivariate_normal([0, 0], [[1, r], [r, 1]], n) + [0, change]
    low, high = 4 + 1.2 * stats.norm.ppf([below, above])
    flags = np.where(logs < low, "below", np.where(logs > high, "above", ""))
    amounts = np.exp(np.clip(logs, low, high))
    return amounts[:, 0], amounts[:, 1], flags[:, 0], flags[:, 1]


def test_the_example_holds():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("r", [-0.999, -0.9, -0.3, 0.0, 0.5, 0.9, 0.999])
@pytest.mark.parametrize(("h", "k"), [(0, 0), (-2, -1), (1, -3), (2.5, 2), (-8, 1)])
def test_the_bivariate_normal_agrees_with_scipy(h, k, r):
    expected = stats.multivariate_normal(cov=[[1, r], [r, 1]]).cdf([h, k])
    assert float(bivariate_normal_cdf(h, k, r)) == pytest.approx(expected, abs=2e-7)


@pytest.mark.parametrize("n", [4, 12, 64])
def test_without_censored_values_it_is_the_ratio_of_geometric_means(n):
    base, value, *flags = drawn(n, seed=1)
    fit, plain = censored_ratio(base, value, *flags), geometric_mean_ratio(base, value)
    assert (fit["gmr"], fit["p"], fit["n_censored"]) == (pytest.approx(plain["gmr"]), pytest.approx(plain["p"], rel=1e-5), 0)
    assert fit["ci"] == pytest.approx(plain["ci"], rel=1e-6)


def test_it_is_where_the_likelihood_written_out_by_integrals_is_highest():
    base, value, f1, f2 = drawn(14, seed=3, below=0.3, above=0.9)
    fit = censored_ratio(base, value, f1, f2)

    def likelihood(theta):
        mean, cov = theta[:2], [[theta[2] ** 2, theta[4] * theta[2] * theta[3]], [theta[4] * theta[2] * theta[3], theta[3] ** 2]]
        density, total = stats.multivariate_normal(mean, cov).pdf, 0.0
        for x, y, a, b in zip(np.log(base), np.log(value), f1, f2, strict=True):
            ends = [(v, v) if not s else (v - 12, v) if s == "below" else (v, v + 12) for v, s in ((x, a), (y, b))]
            if not a and not b:
                total += np.log(density([x, y]))
            elif a and b:
                total += np.log(integrate.dblquad(lambda q, p: density([p, q]), *ends[0], *ends[1])[0])
            else:
                total += np.log(integrate.quad(lambda t: density([t, y] if a else [x, t]), *ends[0 if a else 1])[0])  # noqa: B023
        return total

    found = np.array([fit["mu_base"], fit["mu_value"], fit["sd_base"], fit["sd_value"], fit["r"]])
    best = likelihood(found)
    for step in np.vstack([np.eye(5), -np.eye(5)]) * 0.03:
        assert likelihood(found + step) < best


def test_the_two_visits_alone_are_those_of_one_sample_where_they_are_unrelated():
    base, value, f1, f2 = drawn(400, seed=5, below=0.3, r=0.0)
    fit = censored_ratio(base, value, f1, f2)
    assert fit["mu_base"] == pytest.approx(censored_geometric_mean(base, f1)["mu_log"], abs=0.02)
    assert fit["mu_value"] == pytest.approx(censored_geometric_mean(value, f2)["mu_log"], abs=0.02)


def test_it_turns_with_the_visits_and_does_not_depend_on_the_unit():
    base, value, f1, f2 = drawn(40, seed=7, below=0.2, above=0.95)
    fit, turned = censored_ratio(base, value, f1, f2), censored_ratio(value, base, f2, f1)
    other = censored_ratio(base * 17.5, value * 17.5, f1, f2)
    assert turned["gmr"] == pytest.approx(1 / fit["gmr"], rel=1e-5)
    assert (other["gmr"], other["p"]) == (pytest.approx(fit["gmr"], rel=1e-5), pytest.approx(fit["p"], rel=1e-3))


def test_it_covers_the_truth_where_a_substitute_does_not():
    held = {"likelihood": 0, "substitute": 0}
    for seed in range(60):
        base, value, f1, f2 = drawn(60, seed, below=0.4)
        fit = censored_ratio(base, value, f1, f2)
        put = geometric_mean_ratio(base / np.where(f1 == "", 1, 2**0.5), value / np.where(f2 == "", 1, 2**0.5))
        held["likelihood"] += fit["ci"][0] < np.exp(-0.3) < fit["ci"][1]
        held["substitute"] += put["ci"][0] < np.exp(-0.3) < put["ci"][1]
    assert held["likelihood"] >= 52, held
    assert held["substitute"] < 50, held


@pytest.mark.parametrize(
    ("base", "value", "flags"),
    [([], [], []), ([3], [2], [""]), ([3, 4, 5], [2, 3, 4], ["", "", ""]), ([3, 3, 3, 3, 3], [2, 4, 3, 5, 6], [""] * 5),
     ([2, 4, 8, 16, 32], [1, 2, 4, 8, 16], [""] * 5), ([2, 4, 8, 0, 32], [1, 2, 5, 8, 16], [""] * 5),
     ([5] * 8, [5] * 8, ["below"] * 8)],
)  # fmt: skip
def test_pairs_that_carry_no_ratio_give_none_and_no_error(base, value, flags):
    fit = censored_ratio(base, value, flags, [""] * len(base))
    assert np.isnan(fit["gmr"])
    assert np.isnan(fit["ci"]).all()
    assert fit["n"] == len(base)


def test_a_pair_with_a_missing_member_is_left_out():
    base, value, f1, f2 = drawn(30, seed=9, below=0.2)
    fit = censored_ratio(np.append(base, np.nan), np.append(value, 5.0), [*f1, ""], [*f2, ""])
    assert fit["n"] == 30
    assert fit["gmr"] == pytest.approx(censored_ratio(base, value, f1, f2)["gmr"])
