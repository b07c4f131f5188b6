"""The rules of cleaning: each has an example in the book that is run here, and none can be switched off unnoticed."""

from functools import cache

import pytest

from racohort.rules import RULES
from tests import rulebook
from tests.rulebook import PAGE, anchor, data_faults, examples, faults
from tests.support import switches

WRITE_ANEW = "run `python -m tests.rulebook` in the project's environment, and look at what changed"
#: This rule is raised while cohort.yml is read, before anything is written down.
RAISED = "cohort_yml"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What comes of an example, of its files in the usual form, and the folder; each is run once."""
    folder = tmp_path_factory.mktemp("rules")

    @cache
    def of(rule):
        example = examples()[rule]
        there = rulebook.lay_out(folder / rule, example, example.files)
        tidy = rulebook.run(rulebook.lay_out(folder / f"{rule}-clean", example, example.clean)) if example.clean else None
        return rulebook.run(there), tidy, there

    return of


def test_every_rule_has_an_example_and_every_example_a_rule():
    assert set(examples()) == set(RULES), "see `A new rule of cleaning` in CONTRIBUTING.md"


def test_every_rule_that_the_code_names_is_a_rule():
    assert switches.raised() <= set(RULES)
    assert len(switches.raised()) > 90


@pytest.mark.parametrize("rule", examples())
def test_the_example_of_a_rule_is_found_by_it_and_by_nothing_else(rule, ran):
    outcome, tidy, _ = ran(rule)
    assert not faults(examples()[rule], outcome, tidy)


def test_what_is_normalised_is_held_against_its_usual_form_where_there_is_one(ran):
    without = {rule for rule, example in examples().items() if RULES[rule].cls == "normalise" and not example.clean}
    assert without == {"censored", "score_variant"}
    censored, variant = (ran(rule)[0].clean.values for rule in ("censored", "score_variant"))
    assert censored.set_index("line").loc[3, ["censored", "limit"]].tolist() == ["below", 5]
    assert list(variant["PARAMCD"]).count("DAS28ESR") == 5


@pytest.mark.parametrize("rule", [rule for rule in examples() if rule != RAISED])
def test_a_rule_that_says_nothing_is_noticed(rule, ran):
    assert not_noticed(rule, ran, switches.silent) is False


@pytest.mark.parametrize("rule", examples())
def test_a_rule_that_is_taken_out_is_noticed(rule, ran):
    assert not_noticed(rule, ran, switches.off) is False


def not_noticed(rule, ran, switch) -> bool:
    """Whether the example passes although its rule is switched off; what is no longer kept out must show in the data."""
    example, (_, tidy, folder) = examples()[rule], ran(rule)
    try:
        with switch(rule):
            outcome = rulebook.run(folder)
    except (AttributeError, KeyError, NameError, TypeError, ValueError):
        return False
    found = data_faults if RULES[rule].cls == "quarantine" else faults
    return not found(example, outcome, tidy)


def test_what_is_switched_off_is_switched_on_again(ran):
    _, tidy, folder = ran("impossible")
    with switches.off("impossible") as count:
        assert count
        assert not rulebook.run(folder).of("impossible")
    assert not faults(examples()["impossible"], rulebook.run(folder), tidy)


def test_the_page_shows_what_the_program_answers(ran):
    assert PAGE.read_text("utf-8") == rulebook.page({rule: ran(rule)[0] for rule in examples()}), WRITE_ANEW


def test_every_rule_has_its_place_in_the_page_and_every_way_to_make_a_file_is_used():
    text = PAGE.read_text("utf-8")
    assert [rule for rule in RULES if f"({anchor(rule)})=\n" not in text] == []
    assert {how for example in examples().values() for how in example.made.values()} == set(rulebook.MADE)
