"""The edges of every function of scores and of efficacy: what no vector shows, against answers that can be had by hand.

A null answer is NaN or None, never an exception, and no function warns. Oracles: definitions worked out on paper, binomial and
beta quantiles of scipy, numpy.
"""

import json
import math
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats

from racohort import estimators, intervals, missingness, mmrm, multiplicity, power, regression_to_mean, scores
from tests.vectors import FUNCTIONS

NAN = float("nan")
PAIRED = (estimators.paired_t, estimators.wilcoxon_signed_rank, estimators.hodges_lehmann_paired, estimators.rank_biserial_paired,
          estimators.effect_sizes_paired, estimators.geometric_mean_ratio, estimators.probability_of_improvement)  # fmt: skip
HARD_PAIRS = {
    "none": ([], []), "one": ([1.0], [2.0]), "two": ([1.0, 2.0], [2.0, 4.0]), "equal": ([3.0] * 4, [3.0] * 4),
    "one shift": ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]), "all missing": ([NAN, NAN], [1.0, NAN]), "None": ([None, 2.0], [1.0, None]),
    "zeros": ([0.0] * 5, [0.0, 1.0, 0.0, 2.0, 0.0]), "infinite": ([math.inf, 1.0, 2.0], [1.0, 2.0, 4.0]),
    "noise": ([0.1 + 0.2, 5.0], [0.3, 5.0]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("pair", HARD_PAIRS)
@pytest.mark.parametrize("function", PAIRED, ids=lambda f: f.__name__)
def test_paired_functions_answer_every_pair_and_say_how_many_they_used(function, pair):
    x, y = (np.array(column, dtype=float) for column in HARD_PAIRS[pair])
    used = int((np.isfinite(x) & np.isfinite(y)).sum())
    answer = function(x, y)
    nonzero = int(np.sum(np.abs((x - y)[np.isfinite(x) & np.isfinite(y)]) > 1e-10))
    assert answer["n"] == (nonzero if function is estimators.rank_biserial_paired else used)
    assert "p" not in answer or math.isnan(answer["p"]) or 0 <= answer["p"] <= 1


@pytest.mark.parametrize("data", [[], [[1, 2, 3]], [[1, 1, 1]] * 3, [[NAN] * 3] * 4, [[1], [2], [3]], [[1, 2], [2, 4]]])
@pytest.mark.parametrize("function", [estimators.friedman, estimators.rm_anova_oneway, mmrm.mmrm_unstructured])
def test_functions_of_several_visits_answer_every_table(function, data):
    answer = function(data)
    complete = sum(bool(row) and all(value == value for value in row) for row in data)
    assert answer.get("n", complete) == complete


@pytest.mark.parametrize(("values", "visits"), [(2, 3), (4, 4), (1000, 2)])
def test_friedman_is_pingouin_s_to_the_last_digit_whatever_is_tied(values, visits):
    wide = np.random.default_rng(values).integers(0, values, (40, visits)).astype(float)
    mine, theirs = estimators.friedman(wide), pingouin.friedman(pd.DataFrame(wide)).iloc[0]
    assert (mine["Q"], mine["p"], mine["kendall_w"]) == (theirs["Q"], theirs["p_unc"], theirs["W"])


@pytest.mark.parametrize(("x", "n"), [(0, 0), (-1, 5), (6, 5), (NAN, 5), (2, NAN)])
def test_impossible_counts_have_no_interval(x, n):
    for interval in (intervals.clopper_pearson, intervals.wilson):
        assert np.isnan(interval(x, n)).all()
    assert math.isnan(intervals.upper_one_sided_cp(x, n))


@pytest.mark.parametrize(("x", "n"), [(0, 1), (1, 1), (0, 64), (64, 64), (1, 64), (63, 64)])
def test_exact_limits_are_the_beta_quantiles_of_the_definition(x, n):
    lower, upper = intervals.clopper_pearson(x, n)
    assert lower == pytest.approx(0.0 if x == 0 else stats.beta.ppf(0.025, x, n - x + 1))
    assert upper == pytest.approx(1.0 if x == n else stats.beta.ppf(0.975, x + 1, n - x))


def test_all_tables_of_ten_patients_have_a_mcnemar_p_and_a_newcombe_interval_that_holds_the_difference():
    for a, b, c in product(range(11), repeat=3):
        if a + b + c <= 10:
            d = 10 - a - b - c
            test, change = intervals.mcnemar(a, b, c, d), intervals.newcombe_paired(a, b, c, d)
            exact = stats.binomtest(min(b, c), b + c, 0.5).pvalue if b + c else 1.0
            assert test["p_exact"] == pytest.approx(exact)
            assert 0 < test["p_mid"] <= test["p_exact"] + 1e-12
            assert change["ci"][0] - 1e-12 <= (b - c) / 10 <= change["ci"][1] + 1e-12
            assert -1 - 1e-12 <= change["ci"][0] <= change["ci"][1] <= 1 + 1e-12


@pytest.mark.parametrize("function", [multiplicity.holm, multiplicity.benjamini_hochberg])
def test_adjustment_of_none_one_and_missing_p(function):
    assert function([]) == []
    assert function([0.03]) == [0.03]
    assert math.isnan(function([NAN])[0])
    with_missing, without = function([0.01, NAN, 0.04]), function([0.01, 0.04])
    assert [with_missing[0], with_missing[2]] == without


def test_every_eular_boundary_in_tenths_is_decided_by_decimal_arithmetic():
    """Every pair of scores with one decimal, decided in whole tenths: 4.4 to 3.2 is moderate, 5.7 to 5.1 is none."""
    for before, now in product(range(0, 95), repeat=2):
        fall = before - now
        good, some = fall > 12 and now <= 32, fall > 12 or (fall > 6 and now <= 51)
        expected = "good" if good else "moderate" if some else "none"
        assert scores.eular_response(before / 10, now / 10) == expected, (before, now)


def test_every_state_boundary_in_hundredths():
    for hundredths in range(0, 950):
        expected = (
            "remission" if hundredths < 260 else "low" if hundredths <= 320 else "moderate" if hundredths <= 510 else "high"
        )
        assert scores.das28_state(hundredths / 100) == expected


def test_every_haq_change_in_eighths_against_both_important_changes():
    for before, now in product(range(25), repeat=2):
        for mcid, eighths in ((0.22, 2), (0.375, 3)):
            fall = before - now
            expected = "improved" if fall >= eighths else "worsened" if fall <= -eighths else "unchanged"
            assert scores.haq_response(before / 8, now / 8, mcid) == expected


@pytest.mark.parametrize("missing", ["tjc28", "sjc28", "esr_mm_h", "gh_mm"])
def test_a_missing_or_impossible_component_leaves_no_score(missing):
    whole = {"tjc28": 4, "sjc28": 5, "esr_mm_h": 44, "gh_mm": 12}
    for wrong in (None, NAN, -1, {"tjc28": 29, "sjc28": 3.5, "esr_mm_h": -0.1, "gh_mm": 100.1}[missing]):
        assert math.isnan(scores.das28_esr4(**(whole | {missing: wrong})))


@pytest.mark.parametrize("esr", [0, 0.5, 1])
def test_an_esr_below_one_counts_as_one(esr):
    assert scores.das28_esr4(0, 0, esr, 0) == 0.0


def test_power_has_the_size_alpha_at_no_effect_and_never_exceeds_one():
    for n, dz in product((2, 3, 64, 5000), (0.0, 0.2, 1.0, 20.0)):
        assert 0.05 - 1e-9 <= power.power_paired_t(dz, n) <= 1
    assert power.power_paired_t(0.0, 64) == pytest.approx(0.05)
    assert math.isnan(power.power_paired_t(0.5, 1))


#: What sets how an answer is made, not what is known of the patients.
SETTINGS = {"conf", "alpha", "level", "per", "items", "mcid", "sides", "welch", "correction", "r"}
WHOLE = {v["function"]: v["inputs"] for name in ("vectors", "r_closed_forms") for v in
         json.loads((Path(__file__).parent / "reference" / f"{name}.json").read_text("utf-8"))["vectors"]}  # fmt: skip


@pytest.mark.parametrize("missing", [None, NAN], ids=str)
@pytest.mark.parametrize("function", WHOLE)
def test_no_function_of_the_reference_values_fails_for_want_of_a_number(function, missing):
    inputs = {name: value for name, value in WHOLE[function].items() if name != "name"}
    for name, value in inputs.items():
        if isinstance(value, int | float) and name not in SETTINGS:
            FUNCTIONS[function](**inputs | {name: missing})


@pytest.mark.parametrize(("n", "conf", "rank", "achieved"), [
    (301, 0.95, 19765, 0.950017426312), (301, 0.99, 18840, 0.990006107464), (400, 0.9, 36294, 0.900029501719),
    (400, 0.99, 34148, 0.990010860943), (800, 0.95, 147388, 0.950001608024)])  # fmt: skip
def test_many_pairs_have_the_signed_rank_limits_of_r(n, conf, rank, achieved):
    """R: qsignrank((1 - conf) / 2, n) and 1 - 2 psignrank(q - 1, n), for the differences 1 to n."""
    found = estimators.hodges_lehmann_paired(np.arange(1, n + 1), np.zeros(n), conf)
    walsh = np.sort(np.add.outer(np.arange(1, n + 1), np.arange(1, n + 1))[np.triu_indices(n)] / 2)
    assert found["ci"] == (walsh[rank - 1], walsh[len(walsh) - rank])
    assert found["achieved_conf"] == pytest.approx(achieved, abs=2e-6)


def test_perfectly_correlated_measurements_have_no_standardised_change_of_the_repeated_kind():
    """R: cor(c(1, 2, 4), c(2, 4, 8)) is 1, so that d_rm = d_z sqrt(2 (1 - r)) is 0."""
    sizes = estimators.effect_sizes_paired([0.3, 0.6, 1.2, 2.1], [0.6, 1.2, 2.4, 4.2])
    assert sizes["cohen_drm"] == 0
    assert sizes["cohen_dz"] == pytest.approx(-1.05 / np.std([0.3, 0.6, 1.2, 2.1], ddof=1))


def test_regression_to_the_mean_without_reliability_goes_all_the_way_and_with_it_nowhere():
    assert regression_to_mean.regression_to_mean(4, 1.5, 0, 5.1)["mean_followup_no_effect"] == pytest.approx(4)
    assert regression_to_mean.regression_to_mean(4, 1.5, 1, 5.1)["rtm"] == pytest.approx(0)
    assert math.isnan(regression_to_mean.regression_to_mean(4, 0, 0.5, 5.1)["rtm"])


@pytest.mark.parametrize(("q", "u"), [([], []), ([1.0], [1.0]), ([1.0, NAN], [1.0, 1.0])])
def test_fewer_than_two_imputations_pool_to_nothing(q, u):
    assert math.isnan(missingness.rubin_pool(q, u)["qbar"])


def test_a_tipping_point_is_where_the_moved_interval_ends_at_the_margin():
    for mean, margin in product((-1.7, -0.4, 0.0), (0.0, -0.1)):
        delta = missingness.tipping_point_delta(mean, 0.9, 52, 12, margin=margin)
        ends = missingness.delta_adjusted_mean(mean, 0.9, 52, 12, delta)["ci"]
        assert min(abs(end - margin) for end in ends) == pytest.approx(0, abs=1e-9)
    assert math.isnan(missingness.tipping_point_delta(-1, 1, 10, 0))
