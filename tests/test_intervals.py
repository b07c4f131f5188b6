"""Intervals of counts, and tolerance limits.

Oracles: R binom.test, prop.test, poisson.test, contingencytables (through the vectors), statsmodels, and published values.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import proportion_confint

from racohort import intervals, tolerance
from racohort.intervals import (
    clopper_pearson,
    exposure_adjusted_rate,
    mcnemar,
    newcombe_paired,
    rule_of_three,
    upper_one_sided_cp,
    wilson,
)
from racohort.tolerance import (
    normal_tolerance_k_one_sided,
    normal_tolerance_k_two_sided_howe,
    np_tolerance_content,
    np_tolerance_min_n,
    prob_any_out_of_range,
)

TABLES = st.tuples(*[st.integers(0, 40)] * 4)


def counts_of(draw_n: int = 80) -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(1, draw_n).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts_of(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_intervals_of_a_proportion_agree_with_statsmodels(counts, conf):
    x, n = counts
    for interval, method in ((clopper_pearson, "beta"), (wilson, "wilson")):
        assert interval(x, n, conf) == pytest.approx(proportion_confint(x, n, 1 - conf, method), abs=1e-12)


@given(counts_of())
def test_an_interval_holds_its_proportion_and_mirrors(counts):
    x, n = counts
    for interval in (clopper_pearson, wilson):
        (lower, upper), (mirrored_lower, mirrored_upper) = interval(x, n), interval(n - x, n)
        assert 0 <= lower <= x / n <= upper <= 1
        assert (1 - mirrored_upper, 1 - mirrored_lower) == pytest.approx((lower, upper), abs=1e-12)


def test_no_event_still_has_an_upper_limit_and_all_events_a_lower_one():
    assert clopper_pearson(0, 64) == pytest.approx((0, 1 - 0.025 ** (1 / 64)))
    assert clopper_pearson(64, 64) == pytest.approx((0.025 ** (1 / 64), 1))
    assert wilson(0, 64)[0] == 0
    assert wilson(64, 64)[1] == 1


def test_the_one_sided_limit_after_no_event_is_another_number():
    assert upper_one_sided_cp(0, 64) == pytest.approx(1 - 0.05 ** (1 / 64))
    assert upper_one_sided_cp(64, 64) == 1


@pytest.mark.parametrize(("x", "n"), [(0, 0), (3, 2), (-1, 5), (math.nan, 5), (1, None)])
def test_an_impossible_count_has_no_interval(x, n):
    assert np.isnan([*clopper_pearson(x, n), *wilson(x, n), upper_one_sided_cp(x, n)]).all()


def test_columns_of_counts_give_columns_of_limits():
    lower, upper = clopper_pearson([0, 5, 64], 64)
    assert lower.tolist() == [clopper_pearson(x, 64)[0] for x in (0, 5, 64)]
    assert upper[2] == 1


def test_rule_of_three_is_close_to_the_exact_limit_only_for_many_patients():
    assert rule_of_three(64) == pytest.approx(
        {"approx": 3 / 64, "exact_one_sided_95": 0.0457, "cp_two_sided_95_upper": 0.0560}, abs=5e-5
    )
    assert rule_of_three(10_000)["approx"] == pytest.approx(rule_of_three(10_000)["exact_one_sided_95"], rel=2e-3)
    assert np.isnan(list(rule_of_three(0).values())).all()


@given(st.integers(0, 200), st.floats(0.5, 500))
def test_garwood_limits_are_where_the_poisson_tails_are(events, years):
    rate = exposure_adjusted_rate(events, years)
    assert rate["lower"] <= rate["rate"] <= rate["upper"]
    assert stats.poisson.cdf(events, rate["upper"] * years / 100) == pytest.approx(0.025)
    if events:
        assert stats.poisson.sf(events - 1, rate["lower"] * years / 100) == pytest.approx(0.025)


def test_a_rate_without_exposure_is_missing():
    assert np.isnan(list(exposure_adjusted_rate(3, 0).values())).all()
    assert exposure_adjusted_rate(0, 10)["lower"] == 0


@given(TABLES)
def test_mcnemar_agrees_with_statsmodels_and_mid_p_lies_below_exact(table):
    a, b, c, d = table
    result = mcnemar(a, b, c, d)
    assert result["p_exact"] == pytest.approx(statsmodels_mcnemar([[a, b], [c, d]], exact=True).pvalue if b + c else 1.0)
    assert 0 < result["p_mid"] <= result["p_exact"] <= 1
    assert result["p_asym"] <= result["p_asym_cc"]


def test_mcnemar_where_nobody_changed_or_as_many_each_way():
    assert set(mcnemar(5, 0, 0, 5).values()) == {0.0, 1.0}
    assert mcnemar(20, 10, 10, 24)["p_mid"] == pytest.approx(1 - stats.binom.pmf(10, 20, 0.5) / 2)


@given(TABLES)
def test_newcombe_holds_the_difference_and_turns_with_the_table(table):
    a, b, c, d = table
    result, turned = newcombe_paired(a, b, c, d), newcombe_paired(a, c, b, d)
    if sum(table) == 0:
        assert np.isnan(result["ci"]).all()
        return
    lower, upper = result["ci"]
    assert -1 - 1e-12 <= lower <= result["diff_pre_minus_post"] + 1e-12
    assert result["diff_pre_minus_post"] - 1e-12 <= upper <= 1 + 1e-12
    assert turned["ci"] == pytest.approx((-upper, -lower))


def test_the_range_of_64_values_covers_93_per_cent_and_95_per_cent_needs_93_values():
    content = np_tolerance_content(64)
    assert 64 * content**63 - 63 * content**64 == pytest.approx(0.05)
    assert math.isnan(np_tolerance_content(1))
    assert np_tolerance_content(92) < 0.95 <= np_tolerance_content(93)
    assert np_tolerance_min_n() == 93
    assert np_tolerance_min_n(sides=1) == math.ceil(math.log(0.05) / math.log(0.95)) == 59


def test_tolerance_factors_shrink_towards_the_normal_quantile():
    factors = [normal_tolerance_k_one_sided(n) for n in (2, 20, 64, 5000)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == pytest.approx(26.260, abs=1e-3)
    assert factors[-1] == pytest.approx(1.645, abs=0.05)
    assert normal_tolerance_k_two_sided_howe(5000) == pytest.approx(1.96, abs=0.04)
    assert math.isnan(normal_tolerance_k_one_sided(1))
    assert math.isnan(normal_tolerance_k_two_sided_howe(1))


@settings(max_examples=15)
@given(st.integers(2, 400), st.floats(0.55, 0.99), st.floats(0.8, 0.99))
def test_the_one_sided_factor_solves_its_equation(n, content, conf):
    k = normal_tolerance_k_one_sided(n, content, conf)
    reached = 1 - stats.nct.sf(k * math.sqrt(n), n - 1, stats.norm.ppf(content) * math.sqrt(n))
    assert reached == pytest.approx(conf, abs=1e-8)


def test_healthy_people_leave_some_range_sooner_or_later():
    assert prob_any_out_of_range(0.05, [1, 20, 60]).tolist() == pytest.approx([0.05, 0.6415, 0.9539], abs=1e-4)
    assert prob_any_out_of_range(0.05, 0) == 0


@pytest.mark.parametrize("call", [
    lambda: intervals.exposure_adjusted_rate(None, 10)["rate"], lambda: intervals.exposure_adjusted_rate(5, None)["upper"],
    lambda: intervals.newcombe_paired(None, 1, 1, 1)["p_pre"], lambda: intervals.mcnemar(1, None, 1, 1)["p_mid"],
    lambda: intervals.rule_of_three(None)["approx"], lambda: tolerance.np_tolerance_content(None),
    lambda: tolerance.normal_tolerance_k_one_sided(None), lambda: tolerance.normal_tolerance_k_one_sided(math.nan),
    lambda: tolerance.normal_tolerance_k_two_sided_howe(None),
])  # fmt: skip
def test_what_is_not_known_gives_no_number_and_no_error(call):
    assert math.isnan(call())
