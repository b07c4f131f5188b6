"""Estimators of paired change: against scipy and pingouin where these are right, and at the edges where data run out.

Oracles: scipy.stats; pingouin 0.7.0 (t, effect sizes, Friedman, Bayes factor); R wilcox.test and afex on the RAPPORT cohort
through tests/test_rapport.py; the vectors.
"""

import math
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from racohort.estimators import (
    censored_geometric_mean,
    censored_lognormal_mle,
    cohen_dav_ci_bonett,
    cohen_dz_ci_noncentral_t,
    effect_sizes_change,
    effect_sizes_paired,
    friedman,
    geometric_mean_ratio,
    glass_delta_ci_bonett,
    hodges_lehmann_paired,
    jzs_bf10_paired,
    normal_update,
    paired_frame,
    paired_t,
    probability_of_improvement,
    rank_biserial_paired,
    rm_anova_oneway,
    wilcoxon_signed_rank,
)
from racohort.estimators.ranks import _walsh_average

PAIRS = arrays(float, st.tuples(st.integers(5, 30), st.just(2)), elements=st.floats(0, 100).map(lambda x: round(x, 3)))
SCORES = arrays(float, st.tuples(st.integers(4, 30), st.just(2)), elements=st.integers(0, 6).map(float))
NO_PAIRS = [([], []), ([math.nan], [1.0]), ([1.0, None], [None, 2.0])]


def records(rows: str) -> pd.DataFrame:
    """Drawn as: patient, parameter, visit, visit number, value, ANL01FL."""
    frame = pd.DataFrame([line.split() for line in rows.strip().splitlines()])
    frame.columns = pd.Index(["USUBJID", "PARAMCD", "AVISIT", "AVISITN", "AVAL", "ANL01FL"])
    return frame.astype({"AVISITN": float, "AVAL": float})


RECORDS = """
    B CRP BL 0 10  Y
    B CRP Y1 1  4  Y
    A CRP BL 0 20  Y
    A CRP Y1 1  5  N
    A CRP Y1 1  6  Y
    A CRP Y3 2  7  Y
    C CRP Y1 1  9  Y
    D CRP BL 0 nan Y
    D CRP Y1 1  9  Y
    B ESR BL 0 99  Y
"""


def test_pairs_are_joined_by_patient_from_the_records_that_count():
    pairs = paired_frame(records(RECORDS), "CRP", "Y1")
    assert pairs.to_dict("list") == {"USUBJID": ["A", "B"], "base": [20, 10], "value": [6, 4], "change": [-14, -6]}


def test_two_records_for_one_visit_are_refused_by_patient():
    with pytest.raises(ValueError, match="CRP at baseline: two records flagged ANL01FL for patient B"):
        paired_frame(records(RECORDS + "    B CRP BL 0 11 Y"), "CRP", "Y1")


def test_a_parameter_or_visit_without_records_gives_no_pairs():
    assert paired_frame(records(RECORDS), "RF", "Y1").empty
    assert paired_frame(records(RECORDS), "CRP", "M6").empty


@given(PAIRS)
def test_paired_t_agrees_with_scipy_and_the_interval_meets_the_test(pairs):
    x, y = pairs.T
    assume(np.std(x - y) > 1e-6)
    result, expected = paired_t(x, y), stats.ttest_rel(x, y)
    assert (result["t"], result["df"], result["p"]) == pytest.approx((expected.statistic, expected.df, expected.pvalue))
    assert result["ci"] == pytest.approx(tuple(expected.confidence_interval()))
    assert (result["p"] < 0.05) == (result["ci"][0] > 0 or result["ci"][1] < 0)


def test_paired_t_agrees_with_pingouin():
    rng = np.random.default_rng(1)
    x, y = rng.normal(5, 1, 20), rng.normal(4, 1, 20)
    table, result = pingouin.ttest(x, y, paired=True).iloc[0], paired_t(x, y)
    assert (result["t"], result["p"]) == pytest.approx((table["T"], table["p_val"]))


@pytest.mark.parametrize(("x", "y"), NO_PAIRS)
def test_without_pairs_everything_is_missing_and_n_is_zero(x, y):
    for estimator in (paired_t, effect_sizes_paired, hodges_lehmann_paired, rank_biserial_paired, geometric_mean_ratio):
        result = estimator(x, y)
        numbers = [value for name, value in result.items() if name not in ("n", "df")]
        assert result["n"] == 0
        assert np.isnan(np.hstack(numbers)).all()
    assert wilcoxon_signed_rank(x, y)["n"] == 0
    assert math.isnan(probability_of_improvement(x, y)["estimate"])


def test_one_pair_has_a_difference_and_no_test():
    result = paired_t([4], [5])
    assert result["mean_diff"] == -1
    assert result["n"] == 1
    assert np.isnan([result["t"], result["p"], *result["ci"]]).all()


def test_differences_that_do_not_vary_have_no_t():
    result = paired_t([1.1, 2.1, 3.1], [1, 2, 3])
    assert result["mean_diff"] == pytest.approx(0.1)
    assert math.isnan(result["t"])
    assert math.isnan(result["p"])
    assert math.isnan(effect_sizes_paired([1.1, 2.1, 3.1], [1, 2, 3])["cohen_dz"])


def test_incomplete_pairs_are_left_out_by_position_and_counted():
    assert paired_t([1, None, 3, 5], [2, 2, None, 4]) == paired_t([1, 5], [2, 4])


@given(PAIRS)
def test_effect_sizes_agree_with_pingouin_and_the_change_turns_the_sign(pairs):
    x, y = pairs.T
    assume(min(np.std(x), np.std(y), np.std(x - y)) > 1e-3)
    sizes = effect_sizes_paired(x, y)
    for name, kind in (("cohen_dz", "cohen_dz"), ("hedges_gav_pingouin", "hedges"), ("cohen_dav", "cohen")):
        assert abs(sizes[name]) == pytest.approx(abs(pingouin.compute_effsize(x, y, paired=True, eftype=kind)))
    turned = effect_sizes_change(x, y)
    assert turned["cohen_dz"] == -sizes["cohen_dz"]
    assert turned["r"] == sizes["r"]
    assert turned["n"] == sizes["n"]


@pytest.mark.parametrize("dz", [0, 0.01, -0.4, 1, 5, -30])
@pytest.mark.parametrize("n", [2, 3, 16, 64, 1000])
def test_the_interval_of_dz_inverts_the_noncentral_t(dz, n):
    lower, upper = cohen_dz_ci_noncentral_t(dz, n)
    assert lower <= dz <= upper
    reached = [1 - stats.nct.sf(dz * math.sqrt(n), n - 1, limit * math.sqrt(n)) for limit in (lower, upper)]
    assert reached == pytest.approx([0.975, 0.025], abs=1e-6)


def test_the_interval_of_dz_needs_two_pairs():
    assert np.isnan(cohen_dz_ci_noncentral_t(0.5, 1)).all()
    assert np.isnan(cohen_dz_ci_noncentral_t(math.nan, 10)).all()


def test_bonett_intervals_cover_at_their_level():
    """Monte-Carlo, 1000 repetitions, seed fixed: coverage of 95 % within three standard errors, where pingouin's fails (P2)."""
    rng, hits = np.random.default_rng(7), np.zeros(2)
    for _ in range(1000):
        x, y = rng.multivariate_normal([0.8, 0], [[1, 0.3], [0.3, 1]], 64).T
        summary = (x.mean(), y.mean(), x.std(ddof=1), y.std(ddof=1), np.corrcoef(x, y)[0, 1], 64)
        intervals = [estimate(*summary)["ci"] for estimate in (cohen_dav_ci_bonett, glass_delta_ci_bonett)]
        hits += [lower <= 0.8 <= upper for lower, upper in intervals]
    assert np.abs(hits / 1000 - 0.95).max() < 3 * math.sqrt(0.95 * 0.05 / 1000)


def test_bonett_without_variance_or_pairs_is_missing():
    assert np.isnan(cohen_dav_ci_bonett(1, 2, 0, 0, 0.5, 10)["ci"]).all()
    assert math.isnan(glass_delta_ci_bonett(1, 2, 1, 1, 0.5, 1)["delta"])


@settings(max_examples=60)
@given(SCORES, st.sampled_from(["wilcox", "pratt", "zsplit"]), st.booleans())
def test_the_asymptotic_signed_rank_test_agrees_with_scipy(pairs, zero_method, correction):
    x, y = pairs.T
    assume(np.any(x != y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stats.wilcoxon(x, y, zero_method=zero_method, correction=correction, method="asymptotic")
    result = wilcoxon_signed_rank(x, y, zero_method, correction, "asymptotic")
    assert (result["p"], min(result["W_plus"], result["W_minus"])) == pytest.approx((expected.pvalue, expected.statistic))


@given(st.lists(st.integers(-1000, 1000).filter(bool), min_size=1, max_size=25, unique_by=abs))
def test_the_exact_signed_rank_test_agrees_with_scipy_and_needs_no_asking(differences):
    result = wilcoxon_signed_rank(differences, [0] * len(differences))
    assert result["method"] == "exact"
    assert result["p"] == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
def test_the_exact_test_with_ties_is_the_permutation_test(differences):
    d = np.array(differences)
    d = d[d != 0]
    assume(d.size)
    ranks = stats.rankdata(np.abs(d))
    sums = np.array([ranks[np.array(signs)].sum() for signs in product([True, False], repeat=d.size)])
    observed = ranks[d > 0].sum()
    expected = min(1.0, 2 * min(np.mean(sums <= observed + 1e-9), np.mean(sums >= observed - 1e-9)))
    assert wilcoxon_signed_rank(d, 0 * d, "wilcox", method="exact")["p"] == pytest.approx(expected)


def test_zeros_are_counted_by_every_rule_and_only_zeros_have_no_test():
    x, y = [1, 2, 3, 5], [1, 2, 3, 4]
    assert [wilcoxon_signed_rank(x, y, rule)["W_plus"] for rule in ("wilcox", "pratt", "zsplit")] == [1, 4, 7]
    result = wilcoxon_signed_rank([1, 2], [1, 2])
    assert result["n_eff"] == 0
    assert result["n"] == 2
    assert math.isnan(result["p"])


def test_single_precision_noise_in_a_difference_is_a_tie():
    assert wilcoxon_signed_rank([0.3, 1.0], [0.1 + 0.2, 0.5])["n_eff"] == 1


@given(PAIRS)
def test_the_pseudo_median_is_the_median_of_walsh_averages_within_its_interval(pairs):
    x, y = pairs.T
    d = np.round(x - y, 10)
    result = hodges_lehmann_paired(x, y)
    walsh = [(d[i] + d[j]) / 2 for i in range(d.size) for j in range(i, d.size)]
    assert result["estimate"] == pytest.approx(np.median(walsh))
    assert result["ci"][0] <= result["estimate"] <= result["ci"][1]


def test_the_pseudo_median_says_what_confidence_few_pairs_reach():
    assert hodges_lehmann_paired([1, 2, 3], [0, 0, 0])["achieved_conf"] == pytest.approx(0.75)
    assert hodges_lehmann_paired(range(1, 11), [0] * 10)["achieved_conf"] == pytest.approx(1 - 2 * 25 / 1024)


def test_beyond_the_exact_limit_the_pseudo_median_interval_goes_on_smoothly():
    d = np.random.default_rng(3).normal(size=301)
    exact, approximate = hodges_lehmann_paired(d[:300], 0 * d[:300]), hodges_lehmann_paired(d, 0 * d)
    assert approximate["ci"] == pytest.approx(exact["ci"], abs=0.01)
    assert approximate["achieved_conf"] == pytest.approx(0.95, abs=1e-3)


def test_zeros_may_be_dropped_from_the_pseudo_median_for_parity_with_r():
    assert hodges_lehmann_paired([1, 2, 5], [1, 1, 1], drop_zeros=True)["n"] == 2


@pytest.mark.parametrize("digits", [0, 1, 10])
@pytest.mark.parametrize("n", [1, 2, 7, 301, 1200])
def test_the_walsh_averages_that_are_asked_for_are_those_of_all_of_them(n, digits):
    d = np.round(np.random.default_rng(n).standard_cauchy(n), digits)
    walsh = np.sort(np.concatenate([(d[i:] + d[i]) / 2 for i in range(n)]))
    ranks = sorted({0, walsh.size - 1, *np.linspace(0, walsh.size - 1, 9).astype(int).tolist()})
    assert [_walsh_average(d, rank) for rank in ranks] == walsh[ranks].tolist()
    assert hodges_lehmann_paired(d, 0 * d)["estimate"] == np.median(walsh)


def test_the_pseudo_median_of_many_patients_needs_no_table_of_all_pairs():
    d = np.random.default_rng(1).normal(3, 1, 50_000)  # all Walsh averages would take 10 GB
    error = np.sqrt(np.pi / 3 / 50_000)  # of the pseudo-median of normal values, for many patients
    lower, upper = hodges_lehmann_paired(d, 0 * d)["ci"]
    assert upper - lower == pytest.approx(2 * 1.96 * error, rel=0.02)
    assert abs((lower + upper) / 2 - 3) < 4 * error


@given(SCORES)
def test_rank_biserial_is_between_minus_one_and_one_and_turns_with_the_pairs(pairs):
    x, y = pairs.T
    assume(np.any(x != y))
    result, turned = rank_biserial_paired(x, y), rank_biserial_paired(y, x)
    assert -1 <= result["ci"][0] <= result["rbc"] <= result["ci"][1] <= 1
    assert turned["rbc"] == -result["rbc"]


def test_rank_biserial_of_one_sided_differences_is_one_without_width():
    assert rank_biserial_paired([2, 3], [1, 1])["ci"] == (1, 1)
    assert rank_biserial_paired([1], [1])["n"] == 0


@given(PAIRS.map(lambda pairs: pairs + 0.1))
def test_the_ratio_of_geometric_means_is_the_paired_t_on_logarithms(pairs):
    before, after = pairs.T
    result, logs = geometric_mean_ratio(before, after), paired_t(np.log(after), np.log(before))
    assert (result["gmr"], *result["ci"]) == pytest.approx(tuple(np.exp([logs["mean_diff"], *logs["ci"]])))
    assert result["pct_change"] == pytest.approx(100 * (result["gmr"] - 1), abs=1e-9)


def test_a_zero_has_no_logarithm_and_nothing_is_added_to_it():
    result = geometric_mean_ratio([1, 2, 0], [1, 2, 3])
    assert math.isnan(result["gmr"])
    assert np.isnan(result["ci"]).all()
    assert result["n"] == 3


def test_probability_of_improvement_counts_the_unchanged_by_half_and_follows_the_direction():
    assert probability_of_improvement([5, 5, 5], [4, 5, 6])["estimate"] == 0.5
    assert probability_of_improvement([5, 5], [4, 4])["estimate"] == 1
    assert probability_of_improvement([5], [4], "higher")["estimate"] == 0


VISITS = arrays(float, st.tuples(st.integers(4, 15), st.integers(2, 5)), elements=st.integers(0, 50).map(float))


@settings(max_examples=20)
@given(VISITS)
def test_friedman_agrees_with_scipy_from_three_visits_on(data):
    assume(data.shape[1] > 2 and any(len(set(row)) > 1 for row in data))
    result, expected = friedman(data), stats.friedmanchisquare(*data.T)
    assert (result["Q"], result["p"]) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-9)
    assert result["kendall_w"] == pytest.approx(result["Q"] / (len(data) * (data.shape[1] - 1)), abs=1e-9)


@settings(max_examples=20)
@given(VISITS)
def test_two_visits_in_the_analysis_of_variance_are_the_paired_t(data):
    assume(np.std(data[:, 0] - data[:, 1]) > 0)
    result, t = rm_anova_oneway(data[:, :2]), paired_t(data[:, 0], data[:, 1])
    assert (result["F"], result["p"], result["p_gg"]) == pytest.approx((t["t"] ** 2, t["p"], t["p"]), abs=1e-9)
    assert result["eps_gg"] == result["eps_hf"] == result["mauchly_W"] == 1


def test_patients_with_a_missing_visit_are_left_out_and_counted():
    data = [[3, 2, 1], [5, 5, 2], [4, 3, 3], [6, 2, 1], [2, 2, 2], [5, 4, 1]]
    more = [*data, [9, None, 9], [None, None, None]]
    for test in (friedman, rm_anova_oneway):
        assert test(more) == pytest.approx(test(data) | {"n_dropped": 2})


@pytest.mark.parametrize(
    "data",
    [[[1, 2, 3]], [[1, 2, 3], [2, 3, 1]], [[1], [2], [3]], [[1, 1, 1], [2, 2, 2], [3, 3, 3]], [[None, 1], [1, None]]],
    ids=["one patient", "two patients", "one visit", "nothing varies within patients", "no complete patient"],
)
def test_too_little_for_an_analysis_of_variance_is_missing(data):
    assert math.isnan(rm_anova_oneway(data)["F"])
    assert rm_anova_oneway(data)["n"] + rm_anova_oneway(data)["n_dropped"] == len(data)


def test_values_that_are_all_tied_have_no_friedman_test():
    assert math.isnan(friedman([[1, 1, 1], [2, 2, 2], [3, 3, 3]])["p"])
    assert math.isnan(friedman([[1, 2, 3]])["Q"])


def test_the_censored_fit_without_censoring_is_the_plain_one():
    values = np.array([12.0, 30, 55, 18])
    fit = censored_lognormal_mle(values, 0, 5)
    assert (fit["mu_log"], fit["sigma_log"]) == pytest.approx((np.log(values).mean(), np.log(values).std()))


def test_the_censored_fit_is_where_its_likelihood_is_highest():
    values, lod, below = np.log([22, 35, 18, 90, 140, 61]), math.log(15), 6
    fit = censored_lognormal_mle(np.exp(values), below, 15)

    def loglik(mu: float, sigma: float) -> float:
        return float(stats.norm.logpdf(values, mu, sigma).sum() + below * stats.norm.logcdf(lod, mu, sigma))

    best = loglik(fit["mu_log"], fit["sigma_log"])
    assert all(
        loglik(fit["mu_log"] + a, fit["sigma_log"] + b) < best for a in (-0.01, 0, 0.01) for b in (-0.01, 0, 0.01) if a or b
    )


@pytest.mark.parametrize(
    ("observed", "below", "lod"),
    [([], 5, 10), ([10], 3, 10), ([10, 10], 3, 10), ([12], 0, 10), ([0, 5], 1, 2), ([-3, 5, 6], 0, 2)],
    ids=["all below", "one at the limit", "all at the limit", "one value", "a zero", "a negative"],
)
def test_a_censored_sample_without_a_maximum_is_missing(observed, below, lod):
    assert np.isnan(list(censored_lognormal_mle(observed, below, lod).values())).all()


def test_a_value_above_the_assay_is_at_least_its_limit():
    plain, censored = (censored_geometric_mean([20, 40, 60, 500], ["", "", "", flag]) for flag in ("", "above"))
    assert censored["gm"] > plain["gm"]
    assert censored["n_censored"] == 1
    assert censored["ci"][0] < censored["gm"] < censored["ci"][1]


@pytest.mark.parametrize("t", [0, 0.5, -2, 3.5, 8])
@pytest.mark.parametrize("n", [2, 20, 64])
def test_the_bayes_factor_agrees_with_pingouin(t, n):
    assert jzs_bf10_paired(t, n, 0.707) == pytest.approx(float(pingouin.bayesfactor_ttest(t, n, paired=True, r=0.707)), rel=1e-4)


def test_a_bayes_factor_beyond_any_doubt_is_large_and_one_without_data_missing():
    assert jzs_bf10_paired(1e6, 64) > 1e300
    assert math.isnan(jzs_bf10_paired(2.0, 1))
    assert math.isnan(jzs_bf10_paired(math.nan, 20))


def test_a_wide_prior_leaves_the_estimate_and_a_narrow_one_keeps_its_own():
    assert normal_update(-1, 0.2, prior_mean=0, prior_sd=1e6)["mean"] == pytest.approx(-1)
    assert normal_update(-1, 0.2, prior_mean=0, prior_sd=1e-6)["mean"] == pytest.approx(0, abs=1e-9)
    assert normal_update(-1, 0.5, 0, 0.5)["mean"] == pytest.approx(-0.5)
    assert normal_update(-1, 0.5, 0, 0.5)["p_below"] > 0.5
    assert 0 < normal_update(99, 0.5, 0, 9)["p_below"] < normal_update(-99, 0.5, 0, 9)["p_below"] < 1
