"""Data-free checks: enumeration shows no false flag, and every cut-off from both sides.

Oracles: exhaustive enumeration of small samples; scipy ttest_ind_from_stats and combine_pvalues; R scrutiny and statcheck
through the vectors.
"""

import math
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from racohort.consistency import (
    bounded_sd_possible,
    debit,
    grim,
    grim_applicable,
    grimmer,
    implied_r_bounds,
    implied_r_from_p,
    implied_r_from_t,
    indep_t_from_summary,
    p_bounds_paired,
    paired_t_from_summary,
    percent_possible_counts,
    rounding_interval,
    sd_positivity,
    sprite_sd_bounds,
    statcheck_t,
    stouffer,
)
from tests.drawn import drawn


def printed(value: Fraction | float, decimals: int, rounding: str = ROUND_HALF_UP) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(value)
    return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=rounding))


def samples(n: int, low: int, high: int):
    return combinations_with_replacement(range(low, high + 1), n)


def test_a_printed_number_keeps_its_trailing_zeros():
    assert rounding_interval("5.10") == (Fraction(5095, 1000), Fraction(5105, 1000), 2)
    assert rounding_interval("5.1") == (Fraction(505, 100), Fraction(515, 100), 1)
    assert rounding_interval(".015").decimals == 3
    assert rounding_interval("\u22121.5").upper == Fraction(-145, 100)
    assert rounding_interval("12 %").decimals == 0


@pytest.mark.parametrize("text", ["", "n.s.", "nan", "1,5", "inf"])
def test_text_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="number"):
        rounding_interval(text)


@given(st.integers(1, 200), st.integers(0, 3), st.data(), st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]))
def test_no_possible_mean_or_percentage_is_ever_flagged(n, decimals, data, rounding):
    total = data.draw(st.integers(0, 50 * n))
    assert grim(printed(Fraction(total, n), decimals, rounding), n)
    count = data.draw(st.integers(0, n))
    assert count in percent_possible_counts(printed(Fraction(100 * count, n), decimals, rounding), n)


@given(st.integers(2, 40), st.integers(0, 999))
def test_grim_flags_exactly_what_no_total_gives(n, hundredths):
    mean = f"{hundredths / 100:.2f}"
    possible = {
        printed(Fraction(total, n), 2, rule) for total in range(10 * n + 1) for rule in (ROUND_HALF_UP, "ROUND_HALF_DOWN")
    }
    assert grim(mean, n) == (mean in possible)


@pytest.mark.parametrize(
    ("mean", "n", "items", "applicable"),
    drawn("""mean  | n  | items | applicable
             46.33 | 64 | 1     | true
             46.33 | 99 | 1     | true
             46.33 | 100| 1     | false
             46.3  | 64 | 1     | false
             1.25  | 64 | 8     | false
             1.253 | 64 | 8     | true"""),
)
def test_grim_can_only_fail_with_fewer_values_than_decimals_tell_apart(mean, n, items, applicable):
    text = f"{mean:.3f}" if items == 8 and mean == 1.253 else f"{mean:g}"
    assert grim_applicable(text, int(n), int(items)) is applicable


def test_samples_too_small_to_judge_have_no_verdict():
    assert grim("1.0", 0) is None
    assert grimmer("1.0", "0.5", 1) is None
    assert debit("0.5", "0.5", 1) is None
    assert percent_possible_counts("50", 0) == []
    assert bounded_sd_possible("1", "1", 1, 0, 3) is None


@pytest.mark.parametrize("decimals", [1, 2])
def test_enumeration_of_small_samples_shows_no_false_flag_of_grimmer(decimals):
    for sample in samples(5, 1, 5):
        mean, sd = printed(Fraction(sum(sample), 5), decimals), printed(float(np.std(sample, ddof=1)), decimals)
        assert grimmer(mean, sd, 5) == grimmer(mean, sd, 5, 1, 5) == "consistent", sample


def test_grimmer_finds_exactly_what_no_sample_gives():
    """Oracle: all samples of 8 values from 1 to 5, 417 pairs however ties are rounded (statistics.md section 4)."""
    real = {
        (printed(Fraction(sum(s), 8), 2, ties), printed(float(np.std(s, ddof=1)), 2))
        for s in samples(8, 1, 5)
        for ties in (ROUND_HALF_UP, ROUND_HALF_DOWN)
    }
    pairs = [(mean, f"{sd / 100:.2f}") for mean in {mean for mean, _ in real} for sd in range(240)]
    assert len(real) == 417
    assert {pair for pair in pairs if grimmer(*pair, 8, 1, 5) == "consistent"} == real


@given(st.integers(2, 200), st.integers(-50, 50), st.integers(0, 60), st.data())
def test_no_real_sample_is_flagged_by_grimmer_at_the_size_of_a_trial(n, low, width, data):
    sample = data.draw(st.lists(st.integers(low, low + width), min_size=n, max_size=n))
    mean, sd = printed(Fraction(sum(sample), n), 2), printed(float(np.std(sample, ddof=1)), 2)
    assert grimmer(mean, sd, n) == grimmer(mean, sd, n, low, low + width) == "consistent"


@pytest.mark.parametrize(("sd", "verdict"), [("23.18", "consistent"), ("23.17", "grimmer_inconsistent")])
def test_close_to_the_largest_sd_only_some_are_possible(sd, verdict):
    """32 values of 0 and 32 of 46 have 23.18; moving one by one gives 23.15."""
    assert grimmer("23.00", sd, 64, 0, 46) == verdict


def test_grimmer_says_which_number_is_impossible():
    assert grimmer("5.19", "1.60", 28) == "grim_inconsistent"
    assert grimmer("5.21", "1.60", 28) == "consistent"
    assert grimmer("3.00", "2.45", 8, 1, 5) == "grimmer_inconsistent"
    assert grimmer("3.00", "2.45", 8) == "consistent"
    assert grimmer("6.00", "0.00", 8, 1, 5) == "grim_inconsistent"
    assert grimmer("3", "-1", 8) == "grimmer_inconsistent"


def test_enumeration_shows_no_false_flag_of_debit():
    for n in (2, 7, 30):
        for k in range(n + 1):
            sd = math.sqrt(k * (n - k) / (n * (n - 1)))
            assert debit(printed(Fraction(k, n), 2), printed(sd, 2), n)
    assert debit("0.50", "0.60", 30) is False
    assert debit("0.51", "0.50", 10) is False


@given(st.integers(2, 6), st.integers(0, 3), st.integers(1, 3), st.data())
def test_sd_bounds_are_those_of_all_samples_with_the_total(n, low, width, data):
    total = data.draw(st.integers(n * low, n * (low + width)))
    sds = [np.std(sample, ddof=1) for sample in samples(n, low, low + width) if sum(sample) == total]
    assert sprite_sd_bounds(total, n, low, low + width) == pytest.approx((min(sds), max(sds)), abs=1e-12)


@pytest.mark.parametrize(
    ("total", "n", "low", "high"), [(5, 1, 0, 9), (50, 4, 0, 9), (-1, 4, 0, 9), (3.5, 4, 0, 9), (5, 4, 9, 0)]
)
def test_an_impossible_total_has_no_sd_bounds(total, n, low, high):
    assert np.isnan(sprite_sd_bounds(total, n, low, high)).all()


def test_a_range_of_one_value_has_no_spread():
    assert sprite_sd_bounds(12, 4, 3, 3) == (0, 0)


SUMMARY = st.tuples(*[st.decimals(1, 50, places=1).map(str)] * 4)


@given(SUMMARY, st.integers(3, 100))
def test_p_is_largest_at_the_most_negative_correlation(summary, n):
    m1, sd1, m2, sd2 = summary
    curve = paired_t_from_summary(m1, sd1, m2, sd2, n, np.linspace(-1, 0.95, 14))["p"]
    assert (np.diff(curve) <= 1e-12).all()
    bounds = p_bounds_paired(m1, sd1, m2, sd2, n)
    assert bounds["p_at_rmin"] == curve[0] >= bounds["p_at_r0"] >= bounds["p_at_r05"]


@given(SUMMARY, st.integers(3, 100), st.floats(-0.95, 0.95))
def test_the_implied_correlation_comes_back_from_t_and_from_p(summary, n, r):
    m1, sd1, m2, sd2 = summary
    result = paired_t_from_summary(m1, sd1, m2, sd2, n, r)
    if abs(result["t"]) > 0.05:
        assert implied_r_from_t(m1, sd1, m2, sd2, n, result["t"]) == pytest.approx(r, abs=1e-6)
    if 1e-12 < result["p"] < 0.9:
        assert implied_r_from_p(m1, sd1, m2, sd2, n, result["p"]) == pytest.approx(r, abs=1e-5)


@pytest.mark.parametrize("r", [1.1, -1.1, math.nan])
def test_an_impossible_correlation_gives_no_t(r):
    assert math.isnan(paired_t_from_summary("5", "1", "4", "1", 20, r)["t"])


def test_differences_without_spread_or_pairs_give_no_t():
    assert math.isnan(paired_t_from_summary("5", "1", "4", "1", 20, 1.0)["p"])
    assert math.isnan(paired_t_from_summary("5", "1", "4", "1", 1, 0)["p"])
    assert math.isnan(implied_r_from_t("5", "1", "4", "1", 20, 0))
    assert math.isnan(implied_r_from_t("5", "0", "4", "1", 20, 2))
    assert all(math.isnan(implied_r_from_p("5", "1", "4", "1", 20, p)) for p in (0, 1, 1.2))


def test_the_range_of_the_implied_correlation_holds_the_one_of_the_printed_numbers():
    lower, upper = implied_r_bounds("5.8", "1.0", "5.4", "1.2", 64, "0.0055")
    assert lower < implied_r_from_p("5.8", "1.0", "5.4", "1.2", 64, 0.0055) < upper
    assert implied_r_bounds("5.8", "1.00", "5.4", "1.20", 64, "0.0055")[1] < upper
    assert np.isnan(implied_r_bounds("5.8", "0", "5.4", "0", 1, "0.05")).all()
    assert implied_r_bounds("5.8", "1.0", "5.8", "1.2", 64, "0.9")[1] == pytest.approx(1.02, abs=0.05)


@pytest.mark.parametrize("welch", [True, False])
@given(summary=SUMMARY, n1=st.integers(2, 50), n2=st.integers(2, 50))
def test_the_test_of_independent_groups_agrees_with_scipy(welch, summary, n1, n2):
    m1, sd1, m2, sd2 = map(float, summary)
    result = indep_t_from_summary(m1, sd1, n1, m2, sd2, n2, welch)
    expected = stats.ttest_ind_from_stats(m1, sd1, n1, m2, sd2, n2, equal_var=not welch)
    assert (result["t"], result["p"]) == pytest.approx((expected.statistic, expected.pvalue))


def test_independent_groups_without_spread_or_patients_have_no_test():
    assert math.isnan(indep_t_from_summary(1, 0, 9, 2, 0, 9)["t"])
    assert math.isnan(indep_t_from_summary(1, 1, 1, 2, 1, 9)["t"])


@pytest.mark.parametrize(
    ("t", "p", "comparison", "error", "decision"),
    drawn("""t    | p    | comparison | error | decision
             2.50 | .015 | =          | false | false
             2.50 | .014 | =          | true  | false
             2.50 | .02  | =          | false | false
             2.50 | .05  | <          | false | false
             2.50 | .01  | <          | true  | false
             2.50 | .06  | =          | true  | true
             2.50 | .05  | >          | true  | true
             1.50 | .05  | <          | true  | true
             1.50 | .05  | >          | false | false
             1.50 | .04  | =          | true  | true
             -2.50| .015 | =          | false | false
             0.00 | 1.00 | =          | false | false
             9.00 | .000 | =          | true  | false"""),
)
def test_a_printed_p_is_held_against_every_t_that_rounds_to_the_printed_one(t, p, comparison, error, decision):
    result = statcheck_t(63, f"{t:.2f}", f"{p:.3f}" if round(p, 2) != p or p == 0 else f"{p:.2f}", comparison)
    assert (result["error"], result["decision_error"]) == (error, decision)
    assert result["p_range"][0] <= result["p_computed"] <= result["p_range"][1]


@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=10))
def test_combined_p_values_agree_with_scipy(p):
    result = stouffer(p)
    assert (result["z"], result["p"]) == pytest.approx(tuple(stats.combine_pvalues(p, "stouffer")), abs=1e-12)


def test_nothing_or_a_contradiction_cannot_be_combined():
    assert all(math.isnan(stouffer(p)["p"]) for p in ([], [0.0, 1.0], [0.1, None]))


@pytest.mark.parametrize(
    ("mean", "sd", "skew", "impossible"),
    drawn("""mean | sd   | skew  | impossible
             8.0  | 4.0  | false | false
             8.0  | 4.1  | true  | false
             8.0  | 64.0 | true  | false
             8.0  | 64.1 | true  | true
             -1.0 | 1.0  | true  | true
             0.0  | 0.0  | false | false
             0.0  | 0.1  | true  | true
             8.0  | -1.0 | false | true"""),
)
def test_an_sd_beyond_half_the_mean_means_skew_and_beyond_its_maximum_cannot_be(mean, sd, skew, impossible):
    result = sd_positivity(mean, sd, 64)
    assert (result["flag_skew"], result["impossible"]) == (skew, impossible)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=12))
def test_no_real_sample_breaks_a_bound(sample):
    mean, sd = f"{np.mean(sample):.12f}", f"{np.std(sample, ddof=1):.12f}"
    low, high = float(Decimal(mean)), float(Decimal(sd))
    assert not sd_positivity(mean, f"{max(high - 1e-9, 0):.12f}", len(sample))["impossible"]
    assert bounded_sd_possible(mean, f"{max(high - 1e-6, 0):.12f}", len(sample), 0, 3)
    assert 0 <= low <= 3


def test_a_bounded_score_has_a_largest_sd():
    assert bounded_sd_possible("1.5", "1.51", 64, 0, 3)
    assert not bounded_sd_possible("1.5", "1.52", 64, 0, 3)
    assert bounded_sd_possible("3.5", "0.1", 64, 0, 3) is False
