"""Finished runs side by side: what is stated first, what is compared, what is pooled and what is refused.

Oracles: arithmetic that a reader can repeat; the pooling itself is held against R metafor in test_pooling.py.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from racohort import claims, comparing, comparison
from racohort.cli import main
from racohort.comparing import check_apart
from racohort.comparison import Finished
from racohort.comparison.baselines import describe
from racohort.comparison.changes import why_not_pooled
from racohort.estimators.pooling import pool_random_effects
from racohort.figures.comparison import plot_baselines, plot_cohort_events, plot_cohorts
from racohort.io.paper import read_claims
from racohort.places import UsageError
from racohort.plan import Visit
from racohort.report.comparison import say_cohorts, say_comparable, say_definitions, say_pooled
from racohort.results import select_results
from racohort.tables.comparison import (
    tabulate_baselines,
    tabulate_changes,
    tabulate_definitions,
    tabulate_differences,
    tabulate_events,
    tabulate_runs,
    tabulate_times,
    tabulate_verdicts,
)
from tests.support.altered import Cohort, cohort
from tests.support.frames import example_catalogue, example_plan

YEAR_1 = example_plan().visits[1].label


def finished(name: str, one: Cohort, **more: object) -> Finished:
    ledger = claims.claims_frame(read_claims(), one.results, one.plan, one.catalogue)
    told = Finished(
        name, one.plan.title, one.plan.synthetic, one.plan.treated, one.plan.visits, frozenset([name]), one.results, ledger
    )
    return replace(told, **more)


@pytest.fixture(scope="module")
def runs() -> list[Finished]:
    effects = {"a": -0.2, "b": -0.1, "c": 0.0, "d": -0.3, "e": -0.15}
    return [finished(name, cohort(effect, synthetic=False)) for name, effect in effects.items()]


def pooled(runs: list[Finished]) -> tuple[pd.DataFrame, pd.DataFrame]:
    changes = comparison.select_changes(runs, comparison.match_times(runs))
    return changes, comparison.pool_changes(changes, runs)


@pytest.mark.parametrize(
    ("day", "same"), [(365.0, True), (401.5, True), (401.6, False), (332.0, True), (331.0, False)]
)  # fmt: skip
def test_visits_are_at_the_same_time_within_a_tenth_of_the_earlier_day(runs, day, same):
    visits = (runs[0].visits[0], Visit("M12", 1, "month 12", day))
    times = comparison.match_times([runs[0], replace(runs[1], visits=visits)])
    assert {"a": "Y1", "b": "M12"} in [time.visits for time in times] or not same
    assert len(times) == (2 if same else 3)


def test_two_visits_of_one_run_are_never_one_time(runs):
    close = (runs[0].visits[0], Visit("M12", 1, "month 12", 360.0), Visit("M13", 2, "month 13", 370.0))
    times = comparison.match_times([runs[0], replace(runs[1], visits=close)])
    assert [time.visits for time in times if "b" in time.visits] == [{"a": "Y1", "b": "M12"}, {"b": "M13"}]


def test_definitions_that_differ_stand_first_and_are_told_before_any_number(runs):
    other = replace(runs[1], synthetic=True, treated=False, visits=runs[1].visits[:2])
    frame = comparison.compare_definitions([runs[0], other])
    shown = tabulate_definitions(frame).frame
    assert shown["Cohort"].tolist() == ["a", "b"]
    assert shown.columns[:4].tolist() == ["Cohort", "Kind of cohort", "Treatment", "Visits after baseline"]
    assert "differ in 3 definitions" in say_definitions(frame).plain
    same = comparison.compare_definitions(runs[:2])
    assert "the same in all that is compared: kind of cohort, treatment" in say_definitions(same).plain


def test_synthetic_runs_are_named_as_such(runs):
    some = [runs[0], replace(runs[1], synthetic=True)]
    assert "b is synthetic, and proves nothing but the pipeline." in say_cohorts(some).plain
    assert "All of them are synthetic" in say_cohorts([replace(run, synthetic=True) for run in runs]).plain
    assert "synthetic" not in say_cohorts(runs).plain


def test_the_first_table_counts_patients_and_every_claim_once(runs):
    shown = tabulate_runs(runs[:2]).frame
    assert shown["Patients"].tolist() == [f"{runs[0].enrolled}"] * 2
    verdicts = shown.drop(columns=["Cohort", "Patients", "Title"], errors="ignore").astype(int)
    assert verdicts.sum(axis=1).tolist() == [len(runs[0].claims)] * 2


def test_a_standardised_difference_is_the_one_of_a_calculator(runs):
    rows = comparison.compare_baselines(runs[:2])
    assert (rows["value"].abs() < 1e-12).all()  # both cohorts have the same baseline
    moved = runs[1].results.copy()
    at = moved["PARAMCD"].eq("AGE") & moved["statistic"].eq("mean")
    moved.loc[at, "value"] += 10
    row = select_results(comparison.compare_baselines([runs[0], replace(runs[1], results=moved)]), PARAMCD="AGE").iloc[0]
    sd, n = describe(runs[0], "AGE")["sd"], describe(runs[0], "AGE")["n"]
    assert row["value"] == pytest.approx(10 / sd)
    half = 1.959964 * np.sqrt(2 / n + (10 / sd) ** 2 / (4 * n))
    assert (row["upper"] - row["value"]) == pytest.approx(half, rel=1e-5)
    assert row["value_text"] == "not comparable"


def test_few_patients_cannot_show_that_two_cohorts_are_alike(runs):
    rows = comparison.compare_baselines(runs[:2])
    assert set(rows["value_text"]) == {"cannot be told"}
    told = say_comparable(rows, runs[:2]).plain
    assert told == f"b is not shown to be comparable with a at baseline: in all {len(rows)} variables that cannot be told."


def test_three_real_cohorts_are_pooled_and_five_predict_a_next_one(runs):
    changes, found = pooled(runs[:3])
    row = select_results(found, PARAMCD="DAS28", AVISIT=YEAR_1, statistic="pooled_change").iloc[0]
    group = select_results(changes, endpoint="DAS28", time=YEAR_1)
    errors = [select_results(run.results, section="efficacy", PARAMCD="DAS28ESR", AVISIT="Y1", statistic="t", method="paired_t")
              for run in runs[:3]]  # fmt: skip
    by_t = [abs(value / row["value"].iloc[0]) for value, row in zip(group["value"], errors, strict=True)]
    assert row["value"] == pytest.approx(pool_random_effects(group["value"], by_t)["value"])
    assert (row["count"], row["n"]) == (3, group["n"].sum())
    assert select_results(found, statistic="prediction").empty
    predicted = select_results(pooled(runs)[1], statistic="prediction", PARAMCD="DAS28")
    assert len(predicted) == 2
    ratio = select_results(found, PARAMCD="CRP", AVISIT=YEAR_1, statistic="pooled_gmr").iloc[0]
    assert 0 < ratio["lower"] < ratio["value"] < ratio["upper"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"synthetic": True}, "synthetic and real cohorts are never pooled"),
        ({"treated": False}, "have a start of treatment on record"),
        ({"inputs": frozenset(["a"])}, "the same patients"),
    ],
)  # fmt: skip
def test_what_is_not_the_same_thing_is_not_pooled(runs, change, told):
    some = [*runs[:2], replace(runs[2], **change)]
    _, found = pooled(some)
    assert set(found["statistic"]) == {"not_pooled"}
    assert found["value_text"].str.contains(told).all()
    assert told in say_pooled(found).plain


def test_different_scores_units_and_too_few_cohorts_are_not_pooled(runs):
    group = pd.DataFrame({"PARAMCD": ["DAS28ESR", "DAS28CRP", "DAS28ESR"], "unit": ["score"] * 3})
    assert "different scores (DAS28ESR and DAS28CRP)" in why_not_pooled(group, runs[:3])
    group = pd.DataFrame({"PARAMCD": ["CRP"] * 3, "unit": ["mg/L", "mg/dL", "mg/L"]})
    assert "different units" in why_not_pooled(group, runs[:3])
    group = pd.DataFrame({"PARAMCD": ["CRP"] * 2, "unit": ["mg/L"] * 2})
    assert "fewer than three cohorts" in why_not_pooled(group, runs[:2])
    assert why_not_pooled(pd.DataFrame({"PARAMCD": ["CRP"] * 3, "unit": ["mg/L"] * 3}), runs[:3]) == ""


def test_a_cohort_without_an_endpoint_a_visit_or_events_leaves_a_place_and_no_number(runs):
    poor = finished("poor", cohort(-0.2, visits=("BL", "Y1"), without=("ACCP",), synthetic=False, events=False))
    some = [runs[0], poor]
    changes, found = pooled(some)
    assert changes[changes["run"] == "poor"]["endpoint"].tolist().count("ACCP") == 0
    events = tabulate_events(some).frame.set_index("Cohort")["Patients"]
    assert events["poor"].unique().tolist() == ["not supplied"]
    assert events["a"].str.contains("95 % CI|none known; [0-9]+ not judged").all()
    assert plot_cohort_events([poor], synthetic=False) is None
    assert "poor" not in plot_cohort_events(some, synthetic=False).alt
    times = tabulate_times(comparison.match_times(some), some).frame.set_index("Cohort")
    assert times.loc["poor"].tolist() == ["Y1", "–"]
    verdicts = tabulate_verdicts(some).frame.set_index("Claim")
    assert verdicts.loc["A10-ACCP-3y", "poor"] == "not tested"
    assert verdicts.loc["A11-DAS28-1y", "a"] == "agrees"
    shown = tabulate_changes(changes, found, example_catalogue()).frame
    refused = shown[shown["Cohort"].str.startswith("Not pooled: fewer than three cohorts")]
    assert len(refused) == 5  # every endpoint but anti-CCP, at the one time that both have
    assert (refused["Change"] == "").all()


def test_the_tables_and_the_forest_say_every_number_in_words_too(runs):
    changes, found = pooled(runs)
    shown = tabulate_changes(changes, found, example_catalogue()).frame
    numbers = ~shown["Cohort"].str.startswith("Between cohorts: tau² = ")
    assert shown.loc[numbers, "Change"].str.contains("95 % CI").all()
    assert (~numbers).sum() == (shown["Cohort"] == "Pooled, 5 cohorts").sum() > 0
    assert (shown["Cohort"] == "Prediction for a next such cohort").sum() > 0
    figure = plot_cohorts(changes, found, "DAS28", "DAS28", synthetic=False)
    assert f"{YEAR_1}: pooled −" in figure.alt
    assert f"{YEAR_1}: next such cohort" in figure.alt


def test_baselines_stand_side_by_side_and_their_differences_below_each_other(runs):
    differences, catalogue = comparison.compare_baselines(runs[:3]), example_catalogue()
    assert tabulate_baselines(runs[:3], catalogue).frame.columns.tolist() == ["Variable", "a", "b", "c"]
    shown = tabulate_differences(differences, runs[:3], catalogue).frame
    assert len(shown) == len(differences)
    assert shown["Cohort"].tolist()[:2] == ["b", "c"]
    assert shown["Comparable"].unique().tolist() == ["cannot be told"]
    assert "of b and c from a" in plot_baselines(differences, runs[:3], catalogue, synthetic=False).alt
    assert plot_baselines(differences.iloc[:0], runs[:3], catalogue, synthetic=False) is None


def test_a_verdict_of_the_plan_has_a_line_of_its_own_where_it_is_another_one(runs):
    claims = runs[0].claims.copy()
    claims.loc[claims["id"] == "A11-DAS28-1y", "verdict_planned"] = "no evidence either way"
    shown = tabulate_verdicts([replace(runs[0], claims=claims), runs[1]]).frame
    at = shown.index[shown["Claim"] == "A11-DAS28-1y"][0]
    assert shown.loc[at, ["a", "b"]].tolist() == ["agrees", "agrees"]
    assert shown.loc[at + 1, ["Claim", "a", "b"]].tolist() == ["by the plan", "no evidence", "agrees"]


def test_two_reports_to_publish_on_the_same_patients_are_not_set_side_by_side(runs):
    first, second = (replace(run, id=run.name, privacy="publish") for run in runs[:2])
    check_apart([first, second, replace(first, privacy="internal")])
    for other in (replace(second, id="a"), replace(second, inputs=first.inputs)):
        with pytest.raises(UsageError, match="'a' and 'b' are two reports to publish on the same patients"):
            check_apart([first, other])


def test_the_book_says_that_it_is_for_internal_use_where_it_tells_exact_numbers_of_real_patients(runs):
    told = [replace(runs[0], privacy="publish"), replace(runs[1], synthetic=True)]
    assert "internal" not in comparing._announced(told)
    assert "For internal use" in comparing._announced([*told, runs[2]])


@pytest.mark.parametrize(
    ("words", "told"), [("", "fewer than two"), ("a", "fewer than two"), ("a a", "one twice"), ("a b", "'a'")]
)
def test_runs_that_are_not_there_are_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, told: str) -> None:
    monkeypatch.setenv("RACOHORT_BUILD", str(tmp_path))
    said = CliRunner().invoke(main, ["compare", "--cohorts", words])
    assert (said.exit_code, told in said.output) == (2, True), said.exception
