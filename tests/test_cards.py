"""The front page at a glance: every card and badge is made of result rows, and a cohort without something says so."""

import re
from dataclasses import replace

import pytest

from racohort import figures, report
from racohort.absence import Absence
from racohort.report.cards import Badge, Card
from racohort.terms import SECTIONS
from tests.support.altered import Cohort, cohort
from tests.test_report import whole

COHORTS = {
    "all": {}, "no harm": {"events": False, "laboratory": False}, "no serology": {"without": ("ESR", "CRP", "RF", "ACCP")},
    "observed": {"treated": False, "synthetic": False}, "one endpoint": {"without": ("HAQDI",)},
}  # fmt: skip


@pytest.fixture(scope="module")
def cohorts() -> dict[str, Cohort]:
    made = {name: whole(cohort(**changes)) for name, changes in COHORTS.items()}
    plan = made["all"].plan
    made["one visit"] = replace(made["all"], plan=replace(plan, visits=plan.visits[:1], primary_visit=""))
    return made


def cards(one: Cohort) -> tuple[Card, ...]:
    return report.say_cards(one.results, one.plan, one.catalogue).items


def test_a_card_shows_the_estimate_the_interval_and_the_n_of_its_row(cohorts):
    one = cohorts["all"]
    first = cards(one)[0]
    row = one.results.set_index("result_id").loc[first.result_ids[0]]
    assert first.value == f"−{abs(row['value']):.2f}"
    assert first.range == f"95 % CI −{abs(row['lower']):.2f} to −{abs(row['upper']):.2f}"
    assert first.basis == f"{row['n']} patients measured both times"


@pytest.mark.parametrize("name", [*COHORTS, "one visit"])
def test_a_front_page_has_three_to_five_cards_and_every_known_one_names_rows_that_exist(cohorts, name):
    one = cohorts[name]
    shown = cards(one)
    assert 3 <= len(shown) <= 5
    known = [card for card in shown if card.value != "Not known"]
    assert all(card.result_ids and set(card.result_ids) <= set(one.results["result_id"]) for card in known)


def test_harm_that_nobody_recorded_is_not_known_and_not_zero(cohorts):
    unknown = [card for card in cards(cohorts["no harm"]) if not card.result_ids]
    assert [(card.value, card.range) for card in unknown] == [("Not known", "Nothing is recorded about it")]
    assert "ra-unknown" in unknown[0].html


def test_without_a_second_visit_the_cards_claim_no_change(cohorts):
    one = cohorts["one visit"]
    assert "no change can be estimated" in cards(one)[0].basis
    assert isinstance(figures.plot_summary(one.results, one.plan, one.catalogue), Absence)


def test_the_picture_of_the_main_result_draws_the_rows_of_the_primary_changes(cohorts):
    one = cohorts["all"]
    drawn = figures.plot_summary(one.results, one.plan, one.catalogue)
    assert len(drawn.rows) == len(one.plan.primary) * len(one.plan.follow_ups)
    assert all(".mean_change.paired_t" in one_id for one_id in drawn.rows)
    assert cards(one)[0].range in drawn.alt


def test_the_badges_say_what_is_answered_and_that_there_is_no_control_group(cohorts):
    shown = {
        name: [str(badge.figure) for badge in report.say_badges(one.results, one.plan).items] for name, one in cohorts.items()
    }
    assert all("No control group:" in badges for badges in shown.values())
    assert "Synthetic:" in shown["all"]
    assert "Synthetic:" not in shown["observed"]
    row = cohorts["no harm"].results.set_index("result_id").loc["concordance.-.-.-.-.coverage.as_printed"]
    assert shown["no harm"][0] == f"{row['count']} of {row['n']}"


def test_everything_on_a_card_and_a_badge_is_escaped():
    assert "<b>" not in Card("<b>", "<b>", "<b>", "<b>", ('"<b>',)).html
    assert "<b>" not in Badge("<b>", "<b>", '"<b>', ('"<b>',)).html


def test_the_tally_of_the_claims_adds_up_to_those_that_were_answered(cohorts):
    for one in cohorts.values():
        badge = report.say_badges(one.results, one.plan).items[0]
        told = [int(number) for number in re.findall(r"\d+", badge.words)]
        assert sum(told) == int(badge.figure.split()[0])


@pytest.mark.parametrize("name", [*COHORTS, "one visit"])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_opens_with_cards_of_its_own_rows_or_with_none(cohorts, name, section):
    one = cohorts[name]
    rows = one.results[one.results["section"] == section]
    shown = report.say_opening(rows, one.plan, one.catalogue, section)
    assert len(shown.items) <= 4
    assert all(card.result_ids and set(card.result_ids) <= set(rows["result_id"]) for card in shown.items)
    assert bool(shown.items) == ("<ul" in shown._repr_html_()), "an empty list would be read aloud"


def test_the_section_on_cleaning_opens_with_the_values_that_the_front_page_tells(cohorts):
    one = cohorts["all"]
    told = {card.name: card.value for card in report.say_opening(one.results, one.plan, one.catalogue, "cleaning").items}
    badges = {badge.words: badge.figure for badge in report.say_badges(one.results, one.plan).items}
    assert told.get("Measured values used") == badges.get("measured values used")


def test_the_section_on_efficacy_opens_with_the_change_that_the_front_page_shows(cohorts):
    one = cohorts["all"]
    opening = report.say_opening(one.results, one.plan, one.catalogue, "efficacy").items
    assert opening[:2] == cards(one)[:2]
