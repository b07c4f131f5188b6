"""Multiple imputation: observed values stay, missing ones come from what the others predict, and the pooled answer is right."""

from types import SimpleNamespace

import numpy as np
import pytest

from racohort.estimators.imputation import DONORS, Column, impute_columns
from racohort.missingness import rubin_pool
from racohort.robustness.imputed import _columns


def correlated(n: int, seed: int = 1) -> np.ndarray:
    """Two columns with correlation 0.8, the second with mean 3."""
    first, noise = np.random.default_rng(seed).standard_normal((2, n))
    return np.column_stack([first, 3 + 0.8 * first + 0.6 * noise])


def lacking(table: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    holed = table.copy()
    holed[chosen, 1] = np.nan
    return holed


def test_observed_values_are_never_changed():
    table = lacking(correlated(60), np.arange(60) < 20)
    copies = impute_columns(table, [Column(1, (0,))], 10, np.random.default_rng(2))
    assert np.isfinite(copies).all()
    assert (copies[:, 20:, 1] == table[20:, 1]).all()
    assert (copies[:, :, 0] == table[:, 0]).all()


def test_a_mean_that_depends_on_who_is_missing_is_recovered():
    """Everybody high in the first column lacks the second: the observed mean is far too low, the imputed one is not."""
    full = correlated(4000)
    table = lacking(full, full[:, 0] > 0.5)
    copies = impute_columns(table, [Column(1, (0,))], 20, np.random.default_rng(3))
    assert np.nanmean(table[:, 1]) < 2.7
    assert copies[:, :, 1].mean() == pytest.approx(3.0, abs=0.05)
    assert copies[:, :, 1].std(axis=1).mean() == pytest.approx(1.0, abs=0.05)


def test_matched_values_are_values_that_somebody_had():
    table = np.round(lacking(correlated(80), np.arange(80) < 30) * 8) / 8
    copies = impute_columns(table, [Column(1, (0,), matched=True)], 8, np.random.default_rng(4))
    assert set(np.unique(copies[:, :30, 1])) <= set(table[30:, 1])
    assert len({tuple(copy[:30, 1]) for copy in copies}) > 1


def test_the_same_seed_gives_the_same_copies_and_another_one_does_not():
    table = lacking(correlated(40), np.arange(40) < 10)
    one, same, other = (impute_columns(table, [Column(1, (0,))], 5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("matched", [False, True])
def test_patients_who_lack_nothing_are_summed_once_and_the_copies_stay_the_same(matched):
    table = lacking(correlated(60), np.arange(60) < 20)
    nobody_is_whole = np.column_stack([table, np.full(60, np.nan)])  # a column that nobody has, which predicts nothing
    chain = [Column(1, (0,), matched)]
    copies, apart = (impute_columns(one, chain, 6, np.random.default_rng(5)) for one in (table, nobody_is_whole))
    np.testing.assert_allclose(copies, apart[:, :, :2], rtol=1e-12)


@pytest.mark.parametrize(("observed", "enough"), [(4, True), (3, False)])
def test_a_regression_needs_two_values_more_than_coefficients(observed, enough):
    table = lacking(correlated(12), np.arange(12) >= observed)
    if enough:
        assert np.isfinite(impute_columns(table, [Column(1, (0,))], 3, np.random.default_rng(1))).all()
    else:
        with pytest.raises(ValueError, match="too few observed values"):
            impute_columns(table, [Column(1, (0,))], 3, np.random.default_rng(1))


def test_matching_draws_from_no_more_donors_than_there_are():
    table = lacking(correlated(DONORS + 3), np.arange(DONORS + 3) >= DONORS - 1)
    assert np.isfinite(impute_columns(table, [Column(1, (0,), matched=True)], 3, np.random.default_rng(1))).all()


def test_pooled_intervals_hold_the_truth_as_often_as_they_say():
    """Two hundred data sets with a third missing at random given the first column; Monte-Carlo error of 95 % is 1.5 points."""
    held = 0
    for seed in range(200):
        full = correlated(80, seed)
        missing = np.random.default_rng(1000 + seed).random(80) < 1 / (1 + np.exp(-full[:, 0] + 0.7))
        copies = impute_columns(lacking(full, missing), [Column(1, (0,))], 20, np.random.default_rng(seed))
        pooled = rubin_pool(copies[:, :, 1].mean(1), copies[:, :, 1].var(1, ddof=1) / 80, df_complete=79)
        held += pooled["ci"][0] < 3.0 < pooled["ci"][1]
    assert 182 <= held <= 198


def test_patients_who_miss_a_visit_whole_do_not_pull_the_means_away():
    """Six outcomes that go together, a quarter lost at the last visit: the answer is that of one regression."""
    rng = np.random.default_rng(5)
    outcomes, visits, n = 6, 3, 300
    person, occasion = rng.normal(0, 1, (n, 1, 1)), rng.normal(0, 0.7, (n, 1, visits))
    values = person + occasion + rng.normal(0, 0.5, (n, outcomes, visits)) - np.array([0.0, 1.0, 1.2])
    lost = values[:, 0, 1] > np.quantile(values[:, 0, 1], 0.75)
    table = values.copy()
    table[lost, :, 2] = np.nan
    flat = table.reshape(n, -1)
    columns = _columns(flat, [SimpleNamespace(PARAMCD=f"X{k}") for k in range(outcomes)], visits)
    imputed = impute_columns(flat, columns, 30, rng)[:, :, 2].mean()
    design = np.column_stack([np.ones(n), flat[:, columns[0].predictors]])
    fitted = design @ np.linalg.lstsq(design[~lost], flat[~lost, 2])[0]
    assert imputed == pytest.approx(np.where(lost, fitted, flat[:, 2]).mean(), abs=0.03)
    assert abs(imputed - values[~lost, 0, 2].mean()) > 0.15
