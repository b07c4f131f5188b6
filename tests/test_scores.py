"""Scores: every cut-off from both sides, what is refused, and columns beside single patients.

Oracles: das-score.nl and the 4s-DAWN and MDCalc values quoted in statistics.md section 1; published HAQ value of Awell (2.25).
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from racohort.scores import (
    HAQ_CATEGORIES,
    acr_level,
    boolean_remission,
    cdai,
    cdai_state,
    check_das28_units,
    das28_crp3,
    das28_crp4,
    das28_esr3,
    das28_esr4,
    das28_state,
    esr_floored,
    eular_response,
    haq_di,
    haq_di_from_categories,
    haq_response,
    lundex,
    sdai,
    sdai_state,
)
from tests.drawn import drawn

JOINTS = st.integers(0, 28)


@pytest.mark.parametrize(
    ("tjc", "sjc", "reactant", "gh", "esr4", "crp4"),
    drawn("""tjc | sjc | esr or crp | gh | published ESR | published CRP
             4   | 5   | 44         | 12 | 4.56          | 4.24
             4   | 5   | 7          | 50 | 3.81          | 4.15"""),
)
def test_das28_reproduces_published_values(tjc, sjc, reactant, gh, esr4, crp4):
    assert round(das28_esr4(tjc, sjc, reactant, gh), 2) == esr4
    assert round(das28_crp4(tjc, sjc, reactant, gh), 2) == crp4


@given(JOINTS, JOINTS, st.floats(1, 150), st.floats(0, 100))
def test_das28_grows_with_every_component(tjc, sjc, esr, gh):
    score = das28_esr4(tjc, sjc, esr, gh)
    assert score <= das28_esr4(min(tjc + 1, 28), sjc, esr, gh)
    assert score <= das28_esr4(tjc, min(sjc + 1, 28), esr, gh)
    assert score <= das28_esr4(tjc, sjc, esr + 1, gh)
    assert score <= das28_esr4(tjc, sjc, esr, min(gh + 1, 100))


@pytest.mark.parametrize(
    ("tjc", "sjc", "value", "gh"),
    drawn("""tjc | sjc | esr or crp | gh
             29  | 5   | 20         | 50
             -1  | 5   | 20         | 50
             2.5 | 5   | 20         | 50
             4   | 29  | 20         | 50
             4   | 5   | -0.1       | 50
             4   | 5   | inf        | 50
             4   | 5   | 20         | 100.1
             4   | 5   | 20         | -1
             -   | 5   | 20         | 50
             4   | 5   | -          | 50
             4   | 5   | 20         | -"""),
)
def test_das28_is_missing_where_a_component_is_missing_or_impossible(tjc, sjc, value, gh):
    assert math.isnan(das28_esr4(tjc, sjc, value, gh))
    assert math.isnan(das28_crp4(tjc, sjc, value, gh))


def test_an_esr_below_one_counts_as_one_and_is_flagged():
    assert das28_esr4(4, 5, 0, 50) == das28_esr4(4, 5, 0.9, 50) == das28_esr4(4, 5, 1, 50)
    assert das28_esr3(4, 5, 0) == das28_esr3(4, 5, 1)
    assert list(esr_floored([0, 0.9, 1, None, -1])) == [True, True, False, False, False]


def test_three_variable_forms_need_no_global_assessment():
    assert das28_esr3(0, 0, 1) == pytest.approx(0.16)
    assert das28_crp3(0, 0, 0) == pytest.approx(1.15)


def test_a_column_gives_what_each_patient_gives():
    frame = pd.DataFrame({"t": [4, 4, None], "s": [5, 5, 5], "e": [44, 7, 7], "g": [12, 50, 50]}, dtype=float)
    column = das28_esr4(frame["t"], frame["s"], frame["e"], frame["g"])
    assert column[:2] == pytest.approx([das28_esr4(4, 5, 44, 12), das28_esr4(4, 5, 7, 50)])
    assert math.isnan(column[2])


@pytest.mark.parametrize(
    ("score", "esr", "crp_alt"),
    drawn("""score     | esr cut-offs | crp cut-offs
             2.3999999 | remission    | remission
             2.4       | remission    | low
             2.5999999 | remission    | low
             2.6       | low          | low
             2.9       | low          | low
             2.91      | low          | moderate
             3.2       | low          | moderate
             3.2000001 | moderate     | moderate
             4.6       | moderate     | moderate
             4.61      | moderate     | high
             5.1       | moderate     | high
             5.11      | high         | high
             -         | -            | -"""),
)
def test_das28_states_change_at_their_cut_offs(score, esr, crp_alt):
    assert das28_state(score) == esr
    assert das28_state(score, cutoffs="crp_alt") == crp_alt


def test_a_missing_state_in_a_column_is_empty_text():
    assert list(das28_state([2.0, None, 6.0])) == ["remission", "", "high"]


@pytest.mark.parametrize(
    ("baseline", "current", "response"),
    drawn("""baseline | current | response
             4.4      | 3.2     | moderate
             4.41     | 3.2     | good
             5.8      | 3.2     | good
             5.8      | 3.21    | moderate
             5.7      | 5.1     | none
             5.71     | 5.1     | moderate
             3.2      | 2.6     | none
             3.21     | 2.6     | moderate
             6.4      | 5.2     | none
             6.41     | 5.2     | moderate
             6.0      | 5.11    | none
             3.0      | 4.0     | none
             -        | 3.0     | -
             5.0      | -       | -"""),
)
def test_eular_response_changes_at_its_boundaries_and_not_by_binary_accident(baseline, current, response):
    assert eular_response(baseline, current) == response


@given(st.floats(0, 9), st.floats(0, 9), st.floats(0, 1))
def test_a_lower_current_score_never_worsens_the_eular_response(baseline, current, less):
    order = ["none", "moderate", "good"]
    better = eular_response(baseline, max(current - less, 0))
    assert order.index(better) >= order.index(eular_response(baseline, current))


@pytest.mark.parametrize(
    ("score", "cdai_word", "sdai_word"),
    drawn("""score | cdai      | sdai
             2.8   | remission | remission
             2.81  | low       | remission
             3.3   | low       | remission
             3.31  | low       | low
             10    | low       | low
             10.1  | moderate  | low
             11    | moderate  | low
             11.1  | moderate  | moderate
             22    | moderate  | moderate
             22.1  | high      | moderate
             26    | high      | moderate
             26.1  | high      | high
             -     | -         | -"""),
)
def test_cdai_and_sdai_states_change_at_their_cut_offs(score, cdai_word, sdai_word):
    assert cdai_state(score) == cdai_word
    assert sdai_state(score) == sdai_word


def test_sdai_takes_crp_in_mg_per_litre():
    assert sdai(4, 5, 5, 6, crp_mg_l=70) - cdai(4, 5, 5, 6) == pytest.approx(7)
    assert math.isnan(sdai(4, 5, 5, 6, None))
    assert math.isnan(cdai(4, 5, 10.5, 6))


@pytest.mark.parametrize(
    ("tjc", "sjc", "ptga", "crp", "two", "one"),
    drawn("""tjc | sjc | ptga | crp  | 2.0   | 1.0
             1   | 1   | 1.0  | 1.0  | true  | true
             1   | 1   | 1.01 | 1.0  | true  | false
             1   | 1   | 2.0  | 1.0  | true  | false
             1   | 1   | 2.01 | 1.0  | false | false
             2   | 0   | 0    | 0    | false | false
             0   | 2   | 0    | 0    | false | false
             0   | 0   | 0    | 1.01 | false | false
             0   | 0   | -    | 0.5  | -     | -
             5   | 0   | -    | 0.5  | false | false"""),
)
def test_boolean_remission_needs_every_component_and_fails_by_one(tjc, sjc, ptga, crp, two, one):
    assert boolean_remission(tjc, sjc, ptga, crp) is two
    assert boolean_remission(tjc, sjc, ptga, crp, version="1.0") is one


def test_boolean_remission_of_a_column_is_one_zero_or_missing():
    column = boolean_remission([0, 5, 0], [0, 0, 0], [1, 1, None], [0, 0, 0])
    assert column[:2].tolist() == [1.0, 0.0]
    assert math.isnan(column[2])


def test_haq_reproduces_the_published_worked_example():
    items = {"dressing": [2, 1], "arising": [0, 3], "eating": [1, 0, 2], "walking": [0, 1], "hygiene": [0, 1, 1],
             "reach": [3, 3], "grip": [1, 1, 3], "activities": [0, 0, 1]}  # fmt: skip
    ticked = ["dressing", "arising", "hygiene"]
    assert haq_di(items, aids=ticked, help=[*ticked, "walking"]) == 2.25
    assert haq_di(items, aids=ticked, help=[*ticked, "walking"], use_aids=False) == 2.0


def test_haq_without_a_word_on_devices_and_help_is_haq_without_them():
    assert haq_di(haq_items(8, 0), aids=None, help=None) == haq_di(haq_items(8, 0)) == 0.0


def haq_items(answered: int, score: float = 1) -> dict:
    return {name: [score, score if k < answered else None] if k < answered else [None] for k, name in enumerate(HAQ_CATEGORIES)}


def test_haq_needs_six_categories_or_seven_where_asked():
    assert haq_di(haq_items(6)) == 1.0
    assert math.isnan(haq_di(haq_items(5)))
    assert haq_di(haq_items(7), min_cat=7) == 1.0
    assert math.isnan(haq_di(haq_items(6), min_cat=7))
    assert math.isnan(haq_di({}))


def test_a_help_raises_zero_and_one_to_two_and_never_lowers_three():
    for score, raised in ((0, 2), (1, 2), (2, 2), (3, 3)):
        assert haq_di(haq_items(8, score), help=HAQ_CATEGORIES) == raised


def test_a_help_ticked_in_an_unanswered_category_does_not_answer_it():
    assert haq_di(haq_items(7), aids=["activities"]) == 1.0


def test_a_category_with_a_missing_item_counts_by_its_answered_ones_unless_complete_items_are_asked_for():
    items = {name: [1, 1] for name in HAQ_CATEGORIES} | {"eating": [2, None]}
    assert haq_di(items) == pytest.approx(9 / 8)
    assert haq_di(items, complete_items=True) == 1.0


def test_impossible_items_give_no_haq_and_unknown_categories_are_refused():
    assert math.isnan(haq_di(haq_items(8, 4)))
    assert math.isnan(haq_di(haq_items(8, 1.5)))
    with pytest.raises(ValueError, match="no category gardening"):
        haq_di({"gardening": [1]})


def test_haq_of_columns_takes_raised_categories_and_missing_ones():
    scores = [[0, 1, 2, 3, 0, 1, None, None], [0] * 8, [0, 1, 2, 3, 0, None, None, None], [4] + [0] * 7]
    raised = np.zeros((4, 8), bool)
    raised[1, :4] = True
    assert haq_di_from_categories(scores, raised).tolist() == pytest.approx([7 / 6, 1.0, math.nan, math.nan], nan_ok=True)


@given(st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_a_complete_haq_is_a_multiple_of_one_eighth(categories):
    assert (haq_di_from_categories([categories])[0] * 8) % 1 == 0


@pytest.mark.parametrize(
    ("baseline", "current", "response", "strict"),
    drawn("""baseline | current | 0.22      | 0.375
             1.5      | 1.28    | improved  | unchanged
             1.5      | 1.29    | unchanged | unchanged
             1.5      | 1.125   | improved  | improved
             1.5      | 1.72    | worsened  | unchanged
             1.5      | 1.71    | unchanged | unchanged
             1.5      | 1.875   | worsened  | worsened
             -        | 1.0     | -         | -"""),
)
def test_haq_response_changes_at_its_mcid(baseline, current, response, strict):
    assert haq_response(baseline, current) == response
    assert haq_response(baseline, current, mcid=0.375) == strict


BEFORE = {"tjc": 20, "sjc": 15, "ptga": 60, "phga": 55, "pain": 70, "haq": 1.5, "apr": 40}


@pytest.mark.parametrize(
    ("tjc", "sjc", "ptga", "phga", "pain", "haq", "apr", "level"),
    drawn("""tjc | sjc | ptga | phga | pain | haq  | apr | level
             16  | 12  | 48   | 44   | 56   | 1.5  | 40  | 20
             17  | 12  | 48   | 44   | 56   | 1.5  | 40  | 0
             16  | 13  | 48   | 44   | 56   | 1.5  | 40  | 0
             16  | 12  | 48   | 44   | 57   | 1.5  | 40  | 0
             10  | 7.5 | 30   | 27.5 | 35   | 1.5  | 40  | 50
             6   | 4.5 | 18   | 16.5 | 21   | 1.5  | 40  | 70
             6   | 4.5 | 18   | 16.5 | -    | -    | -   | 0
             6   | 4.5 | 18   | 16.5 | -    | -    | 12  | 70
             -   | 0   | 0    | 0    | 0    | 0    | 0   | 0"""),
)
def test_acr_wants_both_joint_counts_and_three_of_five(tjc, sjc, ptga, phga, pain, haq, apr, level):
    now = {"tjc": tjc, "sjc": sjc, "ptga": ptga, "phga": phga, "pain": pain, "haq": haq, "apr": apr}
    assert acr_level(BEFORE, now) == level


def test_a_component_that_was_zero_cannot_improve_and_columns_work():
    assert acr_level({**BEFORE, "sjc": 0}, dict.fromkeys(BEFORE, 0)) == 0
    assert acr_level({k: [v, v] for k, v in BEFORE.items()}, {k: [0, v] for k, v in BEFORE.items()}).tolist() == [70, 0]


def test_lundex_is_responders_over_starters_and_missing_where_counts_do_not_nest():
    assert lundex(64, 48, 24) == pytest.approx(48 / 64 * 24 / 48)
    assert lundex(64, 0, 0) == 0
    assert all(math.isnan(lundex(*counts)) for counts in ((0, 0, 0), (64, 65, 1), (64, 10, 11), (64, None, 3)))


def test_units_that_look_wrong_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="mg/dL; give mg/L"):
        check_das28_units(crp_mg_l=[0.4, 0.9, 2.0])
    with pytest.raises(ValueError, match="cm; give mm"):
        check_das28_units(gh_mm=[3.0, 10.0])
    check_das28_units(crp_mg_l=[1.0, 12.0], gh_mm=[5, 10.5])
    check_das28_units()
