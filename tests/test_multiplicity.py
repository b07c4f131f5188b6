"""Adjusted p values and families that open in turn. Oracles: statsmodels multipletests, R p.adjust through the vectors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from racohort.multiplicity import benjamini_hochberg, fixed_sequence, holm, serial_gatekeeping_holm, serial_gatekeeping_p

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@settings(max_examples=20)
@given(P_VALUES)
def test_holm_and_benjamini_hochberg_agree_with_statsmodels(p):
    assert holm(p) == pytest.approx(list(multipletests(p, method="holm")[1]))
    assert benjamini_hochberg(p) == pytest.approx(list(multipletests(p, method="fdr_bh")[1]))


@given(P_VALUES)
def test_an_adjusted_p_is_never_smaller_and_holm_never_below_benjamini_hochberg(p):
    assert all(raw - 1e-12 <= bh <= h + 1e-12 <= 1 + 1e-9 for raw, bh, h in zip(p, benjamini_hochberg(p), holm(p), strict=True))


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_a_missing_p_stays_missing_and_is_not_counted(adjust):
    adjusted = adjust([0.02, None, 0.01])
    assert math.isnan(adjusted[1])
    assert [adjusted[0], adjusted[2]] == adjust([0.02, 0.01])
    assert adjust([]) == []
    assert np.isnan(adjust([math.nan])).all()


def test_a_sequence_stops_at_the_first_that_is_not_rejected():
    assert fixed_sequence([0.05, 0.0500001, 0.001]) == [True, False, False]
    assert fixed_sequence([None, 0.001]) == [False, False]
    assert fixed_sequence([]) == []


def test_the_second_family_opens_only_when_all_of_the_first_are_rejected():
    assert serial_gatekeeping_holm([[0.025, 0.05], [0.01, 0.04]]) == [[True, True], [True, True]]
    assert serial_gatekeeping_holm([[0.026, 0.06], [0.0001, 0.0001]]) == [[False, False], [False, False]]
    assert serial_gatekeeping_holm([[0.01, 0.06], [0.0001]]) == [[True, False], [False]]


def test_a_missing_test_closes_the_gate_behind_it():
    assert serial_gatekeeping_holm([[0.001, None], [0.001]]) == [[True, False], [False]]
    assert serial_gatekeeping_p([[0.001, None], [0.001]])[1] == [1.0]


@given(st.lists(P_VALUES, min_size=1, max_size=4), st.floats(0.001, 0.3))
def test_the_adjusted_p_of_families_rejects_what_the_procedure_rejects(families, alpha):
    """The procedure written out: Holm in each family, the next only where all were rejected."""
    open_, expected = True, []
    for family in families:
        expected.append([open_ and q <= alpha + 1e-12 for q in holm(family)])
        open_ = all(expected[-1])
    assert serial_gatekeeping_holm(families, alpha) == expected


def test_the_family_wise_error_of_two_families_stays_below_alpha():
    """4000 data sets without any effect, seed fixed: at most 5 % plus three Monte-Carlo standard errors reject anything."""
    draws = np.random.default_rng(11).uniform(size=(4000, 4))
    wrong = np.mean([any(serial_gatekeeping_holm([p[:2], p[2:]])[0]) for p in draws])
    assert wrong < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 4000)
