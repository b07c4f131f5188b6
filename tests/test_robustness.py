"""Robustness: each way of looking gives what its definition says, and none of them sells more than the plan."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from racohort import robustness
from racohort.disclosure.profile import Profile
from racohort.disclosure.rows import release
from racohort.endpoints import visit_table
from racohort.estimators import paired_t
from racohort.figures import robustness as figures
from racohort.missingness import delta_adjusted_mean, tipping_point_delta
from racohort.report import checks as checks_report
from racohort.report import robustness as report
from racohort.results import join_results, pick_result, select_results
from racohort.tables import robustness as tables
from tests.support.frames import ExampleStudy, bds, example_study
from tests.support.rapport import rapport_catalogue, rapport_frames, rapport_plan, read_reference
from tests.test_efficacy import CAUSAL, analyse, drawn, needs_rapport


def examine(study: ExampleStudy, efficacy: pd.DataFrame) -> tuple[pd.DataFrame, tuple]:
    """All rows of the section, in the order of the notebook, and its endpoints."""
    plan, catalogue, adsl = study.plan, study.catalogue, study.adsl
    values = robustness.select_values(study.adlb, study.adqs, adsl, plan, catalogue)
    endpoints = robustness.headline(values, plan, catalogue)
    found = join_results(
        robustness.count_patterns(values, adsl, plan, catalogue),
        robustness.compare_dropouts(values, adsl, plan, catalogue),
        robustness.compare_missing_rules(values, adsl, efficacy, plan, catalogue),
        robustness.estimate_tipping(values, plan, catalogue),
        robustness.compare_regression_to_mean(values, plan),
        robustness.estimate_leave_one_out(values, plan, catalogue),
        robustness.list_benchmarks(),
        robustness.compare_published_tests(efficacy, endpoints, plan),
    )
    return join_results(found, robustness.judge_endpoints(efficacy, found, endpoints, plan)), endpoints


def all_text(rows: pd.DataFrame, endpoints: tuple, study: ExampleStudy) -> str:
    three = (report.say_patterns, report.say_missing_rules, report.say_tipping, report.say_influence, report.say_verdict)
    two = (report.say_regression, report.say_benchmarks, report.say_published)
    said = [*(say(rows, endpoints, study.plan).plain for say in three), *(say(rows, study.plan).plain for say in two)]
    return "\n\n".join([*said, report.say_dropouts(rows, study.plan, study.catalogue).plain])


@pytest.fixture(scope="module")
def study() -> ExampleStudy:
    return example_study()


@pytest.fixture(scope="module")
def efficacy(study: ExampleStudy) -> pd.DataFrame:
    return analyse(study)


@pytest.fixture(scope="module")
def examined(study: ExampleStudy, efficacy: pd.DataFrame) -> tuple[pd.DataFrame, tuple]:
    return examine(study, efficacy)


@pytest.fixture(scope="module")
def rows(examined: tuple[pd.DataFrame, tuple]) -> pd.DataFrame:
    return examined[0]


def values_of(study: ExampleStudy) -> pd.DataFrame:
    return robustness.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)


def rows_of(study: ExampleStudy) -> pd.DataFrame:
    return examine(study, analyse(study))[0]


def test_patterns_add_up_to_the_population(rows, study):
    counts = select_results(rows, by="VISITS")
    assert (counts.groupby("PARAMCD")["count"].sum() == len(study.adsl)).all()
    assert set(counts["PARAMCD"]) == set(study.plan.primary)


def test_a_patient_without_any_value_has_the_pattern_none():
    study = drawn("5 3\n5 4\n. .")
    assert pick_result(rows_of(study), by="VISITS", category="none")["count"] == 1


def test_the_standardised_difference_is_others_minus_completers():
    smd = pick_result(rows_of(drawn("5 3\n6 4\n7 5\n8 .\n9 .\n10 .")), statistic="smd", PARAMCD="DAS28ESR")
    assert smd["value"] == pytest.approx(3.0)


def test_rules_for_the_missing_give_what_they_say():
    rows = rows_of(drawn("5 3\n6 5\n7 4\n8 ."))
    found = {
        row["method"]: (row["value"], row["n"])
        for _, row in rows[rows["function"] == "robustness.compare_missing_rules"].iterrows()
    }
    assert found["complete_case"] == (-2.0, 3)
    assert found["locf"] == (-1.5, 4)
    assert found["return_to_baseline"] == (-1.5, 4)


def test_the_mixed_model_is_that_of_the_efficacy_section(rows, efficacy):
    here = pick_result(rows, PARAMCD="HAQDI", AVISIT="Y3", method="mmrm_satterthwaite", statistic="mean_change")
    there = pick_result(efficacy, PARAMCD="HAQDI", AVISIT="Y3", method="mmrm_satterthwaite", statistic="mmrm_change")
    assert (here["value"], here["p_value"]) == (there["value"], there["p_value"])


def test_without_missing_patients_every_rule_gives_the_complete_pairs():
    rows = rows_of(drawn("5 3\n6 5\n7 4\n8 6"))
    values = rows.loc[rows["function"] == "robustness.compare_missing_rules", "value"]
    np.testing.assert_allclose(values, -2.0)
    assert np.isnan(pick_result(rows, statistic="tipping_point", category="0")["value"])


def test_at_the_tipping_point_the_interval_reaches_no_change():
    study = drawn("5 3\n6 5\n7 4\n8 6.5\n6 3.9\n7 .\n4 .")
    tip = pick_result(rows_of(study), statistic="tipping_point", category="0")
    change = paired_t([3, 5, 4, 6.5, 3.9], [5, 6, 7, 8, 6])
    again = delta_adjusted_mean(change["mean_diff"], change["sd_diff"], 5, 2, tip["value"])
    assert again["ci"][1] == pytest.approx(0, abs=1e-9)
    assert tip["value"] == pytest.approx(tipping_point_delta(change["mean_diff"], change["sd_diff"], 5, 2))


@pytest.mark.parametrize("table", ["3 5\n5 6\n4 5.1\n4 7\n4 .", "5 5.2\n5 4.9\n5 5.1\n5 4.7\n4 ."])
def test_where_the_observed_show_no_improvement_the_missing_would_have_to_be_better(table):
    study = drawn(table)
    rows, endpoints = examine(study, analyse(study))
    tip = pick_result(rows, statistic="tipping_point", category="0")
    assert tip["value"] < 0
    base, value = np.array([line.split() for line in table.splitlines() if "." not in line.split()]).astype(float).T
    change = paired_t(value, base)
    again = delta_adjusted_mean(change["mean_diff"], change["sd_diff"], 4, 1, tip["value"])
    assert again["ci"][1] == pytest.approx(0, abs=1e-9)
    assert "would have to be" in report.say_tipping(rows, endpoints, study.plan).plain


@pytest.mark.parametrize(("missing", "expected"), [(0, "nobody is missing"), (1, "too few, or further than was tried")])
def test_a_tipping_point_that_was_not_found_says_that_nobody_is_missing_only_where_nobody_is(missing, expected):
    study = drawn("5 3\n6 5\n7 4\n8 6")
    rows, endpoints = examine(study, analyse(study))
    table = tables.tabulate_tipping(rows.assign(value=np.nan, n_missing=missing), endpoints, study.plan)
    assert set(table.frame["Tipping point"]) == {expected}


def test_regression_to_the_mean_is_that_of_the_specification(rows):
    """statistics.md 3.7: mu 4, sigma 1.5: 0.99, 0.59 and 0.30 above 5.1; 0.37, 0.22 and 0.11 above 3.2."""
    expected = {("0.5", "5.1"): 0.99, ("0.7", "5.1"): 0.59, ("0.85", "5.1"): 0.30, ("0.5", "3.2"): 0.37, ("0.7", "3.2"): 0.22,
                ("0.85", "3.2"): 0.11}  # fmt: skip
    for (rho, cutoff), fall in expected.items():
        row = pick_result(rows, statistic="rtm_change", method="barnett", category=f"{rho}|{cutoff}|4")
        assert round(-row["value"], 2) == fall


def test_the_change_beyond_it_is_the_change_minus_it_with_the_interval_moved_alike(rows, efficacy):
    change = pick_result(efficacy, PARAMCD="DAS28ESR", AVISIT="Y1", statistic="mean_change", method="paired_t")
    expected = pick_result(rows, statistic="rtm_change", method="barnett", category="0.7|3.2|4")["value"]
    beyond = pick_result(rows, statistic="change_beyond_rtm", AVISIT="Y1", category="0.7|3.2|4")
    for part in ("value", "lower", "upper"):
        assert beyond[part] == pytest.approx(change[part] - expected)


def test_leaving_out_each_patient_in_closed_form_is_leaving_out_each_patient():
    rows = rows_of(drawn("5 3\n6 5\n7 4\n8 6.5\n6 3.9"))
    base, value = np.array([[5, 3], [6, 5], [7, 4], [8, 6.5], [6, 3.9]]).T
    fits = [paired_t(np.delete(value, i), np.delete(base, i)) for i in range(5)]
    lowest, highest = min(fits, key=lambda fit: fit["mean_diff"]), max(fits, key=lambda fit: fit["mean_diff"])
    for category, fit in (("lowest", lowest), ("highest", highest)):
        row = pick_result(rows, method="leave_one_out", category=category)
        assert (row["value"], row["p_value"]) == pytest.approx((fit["mean_diff"], fit["p"]))
        assert (row["lower"], row["upper"]) == pytest.approx(fit["ci"])


def test_a_patient_who_carries_the_result_is_counted_and_named_with_what_the_others_show():
    study = drawn("5 4\n6 5.1\n7 6\n8 7.2\n6 6.8")
    changes = {"P0": -1, "P1": -0.9, "P2": -1, "P3": -0.8, "P4": 0.8}
    rows, endpoints = examine(study, analyse(study))
    values = robustness.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)
    named = robustness.select_overturning(values, study.plan, study.catalogue)
    fits = {name: paired_t([one for other, one in changes.items() if other != name], [0] * 4) for name in changes}
    expected = [name for name in changes if fits[name]["ci"][1] < 0]  # with everybody the interval holds no change
    assert expected == ["P4"] == named["USUBJID"].tolist()
    assert pick_result(rows, statistic="overturned")["count"] == 1
    assert named.loc[0, ["own", "value", "lower", "upper"]].tolist() == pytest.approx([0.8, -0.925, *fits["P4"]["ci"]])
    shown = tables.tabulate_overturning(named, endpoints, study.plan).frame
    assert shown.iloc[0, 2:].tolist() == ["P4", "0.80", "−0.925 (−1.077 to −0.773)"]


def test_where_nobody_overturns_a_reading_nobody_is_named():
    study = drawn("5 3\n6 4\n7 5\n8 6.1\n6 3.9")
    values = robustness.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)
    named = robustness.select_overturning(values, study.plan, study.catalogue)
    assert tables.tabulate_overturning(named, (), study.plan) is None


def test_the_verdict_counts_only_the_checks_that_apply(rows):
    for (code, visit), part in select_results(rows, statistic="verdict", method="rules").groupby(["PARAMCD", "AVISIT"]):
        total = pick_result(rows, statistic="verdict", method="all", PARAMCD=code, AVISIT=visit)
        assert total["n"] == (part["value_text"] != "not applicable").sum()
        assert total["count"] == (part["value_text"] == "improved").sum()


def test_published_tests_stand_on_rows_of_the_efficacy_section(rows, efficacy):
    published = select_results(rows, statistic="as_published")
    assert set(published["note"]) <= set(efficacy["result_id"])
    assert set(published["value_text"]) <= {"lower", "higher", "no difference shown", "not testable"}


def test_benchmarks_name_their_source(rows):
    assert all("; " in note for note in select_results(rows, statistic="benchmark")["note"])


@pytest.mark.parametrize("n", [0, 2])
def test_a_tiny_cohort_is_said_to_be_too_small_and_nothing_fails(n):
    study = example_study(max(n, 1))
    study = study if n else replace(study, adsl=study.adsl[:0], adlb=study.adlb[:0], adqs=study.adqs[:0])
    efficacy = analyse(study)
    rows, endpoints = examine(study, efficacy)
    assert all_text(rows, endpoints, study)
    for name in ("patterns", "missing_rules", "tipping", "influence"):
        assert getattr(tables, f"tabulate_{name}")(rows, endpoints, study.plan)
    assert tables.tabulate_verdict(rows, endpoints, study.plan, robustness.CHECKS)
    assert figures.plot_tipping(rows, endpoints, study.plan)
    assert figures.plot_missing_rules(rows, endpoints, study.plan)
    assert figures.plot_regression(rows, efficacy, study.plan)


def test_sentences_claim_no_cause_and_quote_rows(examined, study):
    rows, endpoints = examined
    text = all_text(rows, endpoints, study)
    assert not CAUSAL.search(text)
    assert "significant" not in text
    assert set(report.say_verdict(rows, endpoints, study.plan).result_ids) <= set(rows["result_id"])


def test_the_table_of_regression_to_the_mean_tells_whether_the_change_grows_with_the_level(examined, study):
    rows = select_results(examined[0], statistic="oldham")
    told = tables.tabulate_regression(examined[0], study.plan).html().partition("Oldham")[2]
    assert len(rows) == len(study.plan.follow_ups)
    assert all(f"{abs(row['value']):.2f} (95 % CI" in told and f"n = {row['n']:.0f}" in told for _, row in rows.iterrows())


def test_every_table_and_figure_is_drawn(examined, efficacy, study):
    rows, endpoints = examined
    plan = study.plan
    shown = [tables.tabulate_patterns(rows, endpoints, plan), tables.tabulate_dropouts(rows, plan, study.catalogue),
             tables.tabulate_missing_rules(rows, endpoints, plan), tables.tabulate_tipping(rows, endpoints, plan),
             tables.tabulate_regression(rows, plan), tables.tabulate_influence(rows, endpoints, plan),
             tables.tabulate_benchmarks(rows, efficacy, endpoints, plan),
             tables.tabulate_published(rows, efficacy, endpoints, plan),
             tables.tabulate_verdict(rows, endpoints, plan, robustness.CHECKS)]  # fmt: skip
    shown += [figures.plot_missing_rules(rows, endpoints, plan), figures.plot_tipping(rows, endpoints, plan),
              figures.plot_regression(rows, efficacy, plan)]  # fmt: skip
    assert all("synthetic cohort" in thing.html().lower() for thing in shown)


def test_patterns_whose_number_is_hidden_stand_in_one_line(examined, study):
    rows, endpoints = examined
    few = select_results(rows, by="VISITS", PARAMCD=endpoints[0].PARAMCD).query("0 < count < 8")
    shown = tables.tabulate_patterns(release(rows, Profile("publish")), endpoints, study.plan).html()
    assert len(few) > 1
    assert f"Other patterns: {len(few)}<" in shown
    assert shown.count("1–7") == shown.count("1–7 each") > 0
    assert "Other patterns" not in tables.tabulate_patterns(rows, endpoints, study.plan).html()


@needs_rapport
def test_rapport_survives_no_check_as_an_improvement_and_its_locf_is_that_of_r():
    lb, qs, sl = rapport_frames()
    study = ExampleStudy(rapport_plan(), rapport_catalogue(), sl, lb, qs, bds([]), bds([]))
    rows, endpoints = examine(study, analyse(study))
    assert (select_results(rows, statistic="verdict", method="all")["count"] == 0).all()
    expected = read_reference()["das"]["locf_m0_vs_m12"]
    row = pick_result(rows, PARAMCD="DAS28", AVISIT="M12", method="locf")
    assert (row["n"], row["value"], row["p_value"]) == pytest.approx(
        (expected["n"], expected["mean_change"], expected["p_t"]), rel=1e-5
    )
    text = all_text(rows, endpoints, study)
    assert "not selected for high activity" in text
    assert "in this order: DAS28 0 of 8, 0 of 8, 0 of 8 and 0 of 8; HAQ-DI 0 of 7" in text


# --- sites and diagnostics --------------------------------------------------------------------------------------------


def at_sites(table: str, sites: str) -> ExampleStudy:
    study = drawn(table)
    return replace(study, adsl=study.adsl.assign(SITEID=sites.split()))


def test_leaving_out_a_site_is_the_change_of_the_others_and_one_site_can_carry_a_result():
    study = at_sites("5 1\n5 1.5\n6 2\n5 5\n4 4.5\n6 6\n5 4.8\n7 7", "A A A B B B C C")
    rows = robustness.estimate_leave_one_site_out(values_of(study), study.adsl, study.plan, study.catalogue)
    change = np.array([-4, -3.5, -4, 0, 0.5, 0, -0.2, 0])
    highest = pick_result(rows, category="highest")
    assert highest["value"] == pytest.approx(change[3:].mean())
    assert (highest["n"], highest["note"]) == (5, "Without site A.")
    assert highest["upper"] == pytest.approx(paired_t(change[3:], np.zeros(5))["ci"][1])
    where = np.array(list("AAABBBCC"))
    fits = [paired_t(change[where != site], np.zeros(int((where != site).sum())))["ci"] for site in ".ABC"]
    sides = [np.sign(lower) * (lower * upper > 0) for lower, upper in fits]
    overturned = pick_result(rows, statistic="overturned")
    assert (overturned["count"], overturned["n"]) == (sum(side != sides[0] for side in sides[1:]), 3)
    assert "single site" in checks_report.say_sites(rows, robustness.headline(values_of(study), study.plan, study.catalogue),
                                                    study.plan).plain  # fmt: skip


@pytest.mark.parametrize("sites", ["A A A A A", "A A A A B"])
def test_one_site_or_one_that_holds_nearly_everybody_cannot_be_left_out(sites):
    study = at_sites("5 1\n5 2\n6 2\n5 5\n4 4", sites)
    rows = robustness.estimate_leave_one_site_out(values_of(study), study.adsl, study.plan, study.catalogue)
    assert rows.empty
    endpoints = robustness.headline(values_of(study), study.plan, study.catalogue)
    assert "no site can be left out" in str(tables.tabulate_sites(rows, endpoints, study.plan))


def diagnose(study: ExampleStudy) -> pd.DataFrame:
    controls = robustness.compare_negative_controls(study.adlb, study.adsl, study.plan, study.catalogue)
    common = (values_of(study), study.adsl, analyse(study), controls, study.plan, study.catalogue)
    return robustness.check_diagnostics(*common)


@pytest.mark.parametrize(("n", "missing", "pairs", "share"), [(20, 0, "pass", "pass"), (19, 0, "fail", "pass"),
                                                              (25, 5, "pass", "pass"), (25, 6, "fail", "fail")])  # fmt: skip
def test_pairs_and_missing_pass_on_one_side_of_their_threshold(n, missing, pairs, share):
    rng = np.random.default_rng(1)
    lines = [f"{5 + rng.normal():.2f} {'.' if i < missing else f'{4 + rng.normal():.2f}'}" for i in range(n)]
    rows = diagnose(drawn("\n".join(lines))).set_index("category")
    assert (rows.loc["pairs", "value_text"], rows.loc["missing", "value_text"]) == (pairs, share)
    assert rows.loc["pairs", "value"] == n - missing


def test_a_covariance_that_had_to_be_simplified_fails_and_controls_that_move_fail(study):
    few = drawn("5 4 4\n6 4 5\n5 3 4\n7 5 .", visits=("BL", "Y1", "Y3"))
    rows = select_results(diagnose(few), category="covariance")
    assert set(rows["value_text"]) == {"fail"}
    moved = study.adlb.assign(
        AVAL=study.adlb["AVAL"] + 100 * ((study.adlb["PARAMCD"] == "CREAT") & (study.adlb["AVISIT"] == "Y1"))
    )
    for adlb, answer in ((study.adlb, "pass"), (moved, "fail")):
        found = select_results(diagnose(replace(study, adlb=adlb)), category="controls", AVISIT="Y1")
        assert set(found["value_text"]) == {answer}


def test_diagnostics_describe_the_shape_and_stand_beside_the_verdict(study, examined):
    rows, endpoints = diagnose(study), examined[1]
    wide = visit_table(values_of(study), "DAS28ESR", study.plan)
    change = (wide["Y1"] - wide["BL"]).dropna()
    shape = pick_result(rows, PARAMCD="DAS28ESR", AVISIT="Y1", statistic="skewness")["value"]
    assert shape == pytest.approx(change.skew())
    both = join_results(examined[0], rows)
    assert "failed" in tables.tabulate_verdict(both, endpoints, study.plan, robustness.CHECKS).html()
    assert "never choose a test" in tables.tabulate_diagnostics(rows, endpoints, study.plan, robustness.DIAGNOSTICS).html()
    assert "passed" in checks_report.say_diagnostics(rows, endpoints, study.plan, robustness.DIAGNOSTICS).plain


def test_skewed_markers_are_compared_at_baseline_on_the_logarithm(study):
    rows = robustness.compare_dropouts(values_of(study), study.adsl, study.plan, study.catalogue)
    base = np.log(visit_table(values_of(study), "CRP", study.plan)["BL"])
    done = (study.adsl.set_index("USUBJID")["Y3FL"] == "Y").reindex(base.index)
    pooled = np.sqrt((base[done].var() + base[~done].var()) / 2)
    found = pick_result(rows, statistic="smd", PARAMCD="CRP")["value"]
    assert found == pytest.approx((base[~done].mean() - base[done].mean()) / pooled)
