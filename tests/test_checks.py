"""The further checks: imputation, posteriors, censored values, co-treatment, negative controls, specifications, pairs."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from racohort import efficacy, robustness
from racohort.efficacy.densities import density
from racohort.estimators import jzs_bf10_paired, normal_update
from racohort.figures import efficacy as efficacy_figures
from racohort.figures import robustness as figures
from racohort.report import checks as report
from racohort.results import as_results, join_results, pick_result, select_results
from racohort.tables import efficacy as efficacy_tables
from racohort.tables import robustness as tables
from tests.support.frames import ExampleStudy, bds, example_study
from tests.support.rapport import rapport_catalogue, rapport_frames, rapport_plan
from tests.test_efficacy import CAUSAL, analyse, drawn, endpoints_of, needs_rapport


def medication(rows: str) -> pd.DataFrame:
    """ADCM from lines of patient, class, action and day; `.` is an unknown day."""
    cells = [line.split() for line in rows.strip().splitlines()]
    frame = pd.DataFrame(cells, columns=["USUBJID", "CMCLAS", "CMACT", "ASTDY"])
    return frame.assign(ASTDY=pd.to_numeric(frame["ASTDY"].replace(".", None)).astype("float64"))


def values_of(study: ExampleStudy) -> pd.DataFrame:
    return efficacy.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)


def examine(study: ExampleStudy) -> tuple[pd.DataFrame, tuple]:
    """All rows of the checks, in the order of the notebook, and the endpoints."""
    plan, catalogue, adsl, values, main = study.plan, study.catalogue, study.adsl, values_of(study), analyse(study)
    endpoints, common = robustness.headline(values, plan, catalogue), (values, adsl, plan, catalogue)
    rules = join_results(robustness.compare_missing_rules(values, adsl, main, plan, catalogue),
                         robustness.impute_changes(*common))  # fmt: skip
    regression = robustness.compare_regression_to_mean(values, plan)
    found = join_results(
        rules,
        robustness.estimate_tipping(values, plan, catalogue),
        regression,
        robustness.estimate_posteriors(values, main, regression, endpoints, plan),
        robustness.count_cotreatment(study.adcm, adsl),
        robustness.compare_without_escalators(values, study.adcm, adsl, plan, catalogue),
        robustness.compare_specifications(values, adsl, rules, plan, catalogue),
        robustness.compare_negative_controls(study.adlb, adsl, plan, catalogue),
        efficacy.estimate_censored(values, adsl, plan),
    )
    return join_results(found, robustness.judge_endpoints(main, found, endpoints, plan)), endpoints


def shown(rows: pd.DataFrame, endpoints: tuple, study: ExampleStudy) -> list:
    """Every table and figure of the checks."""
    plan, catalogue = study.plan, study.catalogue
    named = ("posteriors", "factors", "without_escalators", "missing_rules", "tipping")
    drawn_tables = [getattr(tables, f"tabulate_{name}")(rows, endpoints, plan) for name in named]
    drawn_tables += [tables.tabulate_cotreatment(rows, plan), tables.tabulate_controls(rows, plan, catalogue)]
    drawn_tables += [efficacy_tables.tabulate_censored(rows, endpoints, plan)]
    drawn_tables += [tables.tabulate_verdict(rows, endpoints, plan, robustness.CHECKS)]
    pictures = [figures.plot_missing_rules(rows, endpoints, plan), figures.plot_tipping(rows, endpoints, plan)]
    return [*drawn_tables, *pictures, figures.plot_specifications(rows, endpoints, plan, catalogue)]


def all_text(rows: pd.DataFrame, endpoints: tuple, study: ExampleStudy) -> str:
    three = (report.say_censored, report.say_imputed, report.say_posteriors, report.say_cotreatment, report.say_specifications)
    said = [say(rows, endpoints, study.plan).plain for say in three]
    return "\n\n".join([*said, report.say_controls(rows, study.plan, study.catalogue).plain])


@pytest.fixture(scope="module")
def study() -> ExampleStudy:
    adcm = medication("X001 GC BASELINE -30\nX001 GC INCREASE 100\nX002 bDMARD START 500\nX003 csDMARD STOP 50\nX004 GC START .")
    return replace(example_study(), adcm=adcm)


@pytest.fixture(scope="module")
def examined(study: ExampleStudy) -> tuple[pd.DataFrame, tuple]:
    return examine(study)


@pytest.fixture(scope="module")
def rows(examined: tuple[pd.DataFrame, tuple]) -> pd.DataFrame:
    return examined[0]


# --- imputation -------------------------------------------------------------------------------------------------------


def test_the_imputed_change_covers_everybody_and_lies_near_the_mixed_model(rows, study):
    imputed = pick_result(rows, PARAMCD="DAS28ESR", AVISIT="Y1", method="multiple_imputation", statistic="mean_change")
    model = pick_result(rows, PARAMCD="DAS28ESR", AVISIT="Y1", method="mmrm_satterthwaite", statistic="mean_change")
    assert imputed["n"] == len(study.adsl)
    assert imputed["value"] == pytest.approx(model["value"], abs=0.15)
    assert 0.5 < (imputed["upper"] - imputed["lower"]) / (model["upper"] - model["lower"]) < 2


def test_at_the_imputed_tipping_point_the_interval_reaches_no_change(rows):
    mine = select_results(rows, PARAMCD="DAS28ESR", AVISIT="Y3", method="multiple_imputation")
    tip = pick_result(mine, statistic="tipping_point")["value"]
    grid = select_results(mine, statistic="delta_adjusted")
    upper = np.interp(tip, grid["category"].astype(float), grid["upper"])
    assert upper == pytest.approx(0, abs=0.02) or tip > grid["category"].astype(float).max()


def test_imputation_does_not_depend_on_the_order_of_the_rows(study):
    mixed = replace(study, adqs=study.adqs.sample(frac=1, random_state=1), adlb=study.adlb.sample(frac=1, random_state=2))
    first, second = (robustness.impute_changes(values_of(s), s.adsl, s.plan, s.catalogue) for s in (study, mixed))
    pd.testing.assert_frame_equal(first, second)


def test_too_few_values_are_not_imputed_and_that_is_said():
    small = drawn("5 3\n6 .\n7 4\n8 5")
    rows = robustness.impute_changes(values_of(small), small.adsl, small.plan, small.catalogue)
    assert rows.empty
    assert "was not done" in report.say_imputed(rows, endpoints_of(small), small.plan).plain


# --- posteriors -------------------------------------------------------------------------------------------------------


def test_bayes_factors_and_posteriors_are_those_of_the_estimators(rows, study):
    main = analyse(study)
    at = {"PARAMCD": "DAS28ESR", "AVISIT": "Y1"}
    t = pick_result(main, statistic="t", method="paired_t", **at)
    wide = pick_result(rows, statistic="bayes_factor", category="1", **at)
    assert wide["value"] == pytest.approx(jzs_bf10_paired(t["value"], int(t["n"]), 1.0))
    change, se = (pick_result(main, statistic=s, method="mmrm_satterthwaite", **at)["value"] for s in ("mmrm_change", "mmrm_se"))
    chance = pick_result(rows, statistic="posterior_probability", method="weak_prior", category="0.6", **at)
    assert chance["value"] == pytest.approx(normal_update(change, se, 0.0, 2.0, -0.6)["p_below"])


def test_the_sceptical_prior_stands_on_regression_to_the_mean_and_is_more_cautious(rows):
    at = {"PARAMCD": "DAS28ESR", "AVISIT": "Y1"}
    expected = select_results(rows, statistic="rtm_change", method="barnett")["value"].median()
    stable = select_results(rows, statistic="rtm_change", method="stable_mean")["value"]
    centre = pick_result(rows, statistic="prior_mean", method="sceptical_prior", **at)["value"]
    assert centre == (0.0 if (stable > 0).all() else expected)
    spread = {m: pick_result(rows, statistic="prior_sd", method=m, **at)["value"] for m in ("weak_prior", "sceptical_prior")}
    assert spread["sceptical_prior"] < spread["weak_prior"]


def test_probabilities_fall_as_the_change_asked_for_grows(rows):
    for _, mine in select_results(rows, statistic="posterior_probability").groupby(["PARAMCD", "AVISIT", "method"]):
        assert mine["value"].is_monotonic_decreasing
        assert mine["value"].between(0, 1).all()


# --- censored values --------------------------------------------------------------------------------------------------


def censored_study(below: int) -> ExampleStudy:
    """Twenty patients with RF at two visits, the first `below` of them under 20 at follow-up."""
    table = "\n".join(f"{100 + 10 * i} {20 / 2**0.5 if i < below else 60 + 10 * i}" for i in range(20))
    study = drawn(table, "RF")
    late = (study.adlb["AVISIT"] == "Y1") & (study.adlb["AVAL"] < 20)
    adlb = study.adlb.assign(censored=np.where(late, "below", ""), limit=np.where(late, 20.0, np.nan))
    return replace(study, adlb=adlb)


@pytest.mark.parametrize(("below", "route"), [(0, "substitution"), (1, "censored likelihood"), (10, "censored likelihood"),
                                              (11, "ranks and shares")])  # fmt: skip
def test_the_share_of_censored_values_decides_the_route(below, route):
    study = censored_study(below)
    rows = efficacy.estimate_censored(values_of(study), study.adsl, study.plan)
    assert pick_result(rows, statistic="censored_route")["value_text"] == route
    assert pick_result(rows, statistic="censored_share", AVISIT="Y1")["count"] == below


def test_without_censored_values_the_geometric_mean_is_the_plain_one_and_with_them_it_is_lower():
    study = censored_study(0)
    plain = np.exp(np.log(values_of(study).query("AVISIT == 'Y1'")["AVAL"]).mean())
    fit = efficacy.estimate_censored(values_of(study), study.adsl, study.plan)
    assert pick_result(fit, statistic="geometric_mean", AVISIT="Y1")["value"] == pytest.approx(plain)
    half = censored_study(10)
    cut = efficacy.estimate_censored(values_of(half), half.adsl, half.plan)
    assert pick_result(cut, statistic="geometric_mean", AVISIT="Y1")["value"] < plain


def test_two_censored_values_differ_by_nothing():
    study = drawn("14.14 7.07\n14.14 7.07\n50 40\n60 45\n80 30", "RF")
    adlb = study.adlb.assign(censored=np.where(study.adlb["AVAL"] < 20, "below", ""))
    rows = efficacy.estimate_censored(values_of(replace(study, adlb=adlb)), study.adsl, study.plan)
    alone = drawn("7 7\n7 7\n50 40\n60 45\n80 30", "RF")
    tied = efficacy.estimate_changes(values_of(alone), alone.adsl, alone.plan, alone.catalogue)
    here, there = pick_result(rows, statistic="w"), pick_result(tied, statistic="w", method="wilcoxon")
    assert here["p_value"] == pytest.approx(there["p_value"])


# --- co-treatment -----------------------------------------------------------------------------------------------------


def test_escalation_is_a_start_or_an_increase_after_baseline_and_an_unknown_day_counts(rows):
    counts = select_results(rows, by="ESCALATED").set_index("category")["count"]
    assert counts.to_dict() == {"csDMARD": 0, "bDMARD": 1, "tsDMARD": 0, "GC": 2, "any": 3}
    assert pick_result(rows, by="CMCLAS>CMACT", category="csDMARD>STOP")["count"] == 1


def test_a_start_on_the_day_of_treatment_is_no_escalation_and_one_the_day_after_is(study):
    for day, count in ((1, 0), (2, 1)):
        found = robustness.count_cotreatment(medication(f"X001 GC START {day}"), study.adsl)
        assert pick_result(found, by="ESCALATED", category="any")["count"] == count


def test_only_those_escalated_before_the_visit_are_left_out(rows, study):
    wide = values_of(study).query("PARAMCD == 'DAS28ESR'").pivot(index="USUBJID", columns="AVISIT", values="AVAL")
    for visit, out in (("Y1", ["X001", "X004"]), ("Y3", ["X001", "X002", "X004"])):
        pairs = wide.dropna(subset=["BL", visit])
        kept = pairs.drop(index=[name for name in out if name in pairs.index])
        row = pick_result(rows, PARAMCD="DAS28ESR", AVISIT=visit, method="without_escalators")
        assert (row["n"], row["count"]) == (len(kept), len(pairs) - len(kept))
        assert row["value"] == pytest.approx((kept[visit] - kept["BL"]).mean())


# --- negative controls ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shift", "answer"), [(0, "within margin"), (20, "beyond margin"), (11.5, "not decided")])
def test_a_negative_control_is_judged_by_its_whole_interval(shift, answer):
    """Creatinine: mean width of the ranges 53, margin 13.25 less what the two sexes' ranges give."""
    wobble = [-3, 3, -2, 2, -3, 3, -2, 2]
    study = drawn("\n".join(f"{70 + i} {70 + i + shift + w}" for i, w in enumerate(wobble)), "CREAT")
    rows = robustness.compare_negative_controls(study.adlb, study.adsl, study.plan, study.catalogue)
    assert pick_result(rows, statistic="margin")["value"] == pytest.approx(0.25 * 53)
    assert pick_result(rows, statistic="negative_control")["value_text"] == answer


def test_no_liver_test_and_no_acute_phase_analyte_is_a_negative_control():
    assert not {"ALT", "AST", "CRP", "ESR", "MCV", "PLAT", "ALB", "HGB"} & set(robustness.controls.NEGATIVE_CONTROLS)


# --- specifications ---------------------------------------------------------------------------------------------------


def test_each_specification_is_there_once_and_the_first_is_the_plain_mean(rows, study):
    mine = select_results(rows, statistic="specification", PARAMCD="DAS28ESR")
    assert len(mine) == 2 * (3 + 1) * 2 + 2
    plain = pick_result(mine, category="mean|complete_pairs|everyone|kept")
    complete = pick_result(rows, PARAMCD="DAS28ESR", AVISIT="Y1", method="complete_case")
    assert (plain["value"], plain["n"]) == (pytest.approx(complete["value"]), complete["n"])


def test_an_outlier_is_removed_and_missing_without_change_counts_as_zero():
    study = drawn("5 4\n5 3.9\n5 4.1\n5 3.8\n5 4.2\n9 1\n6 .")
    rows = examine(study)[0]
    kept, removed, none = (
        pick_result(rows, statistic="specification", category=f"mean|{way}")
        for way in ("complete_pairs|everyone|kept", "complete_pairs|everyone|removed", "no_change|everyone|kept")
    )
    assert (kept["n"], removed["n"], none["n"]) == (6, 5, 7)
    assert removed["value"] == pytest.approx(-1.0)
    assert none["value"] == pytest.approx(kept["value"] * 6 / 7)


# --- pairs and waterfall ----------------------------------------------------------------------------------------------


def test_a_density_has_an_area_of_one_but_for_its_tails():
    place, height = density(np.random.default_rng(1).standard_normal(500))
    assert np.trapezoid(height, place) == pytest.approx(1, abs=0.03)
    assert all(len(part) == 0 for part in density([1.0, 1.0, 1.0]))
    assert all(len(part) == 0 for part in density([1.0, 2.0]))


def test_pairs_are_drawn_and_a_large_cohort_is_drawn_without_single_patients():
    sizes = []
    for n in (40, 1200):
        study, values = enlarged(n)
        changes = means_of(values, study)
        shapes = efficacy.derive_densities(values, study.plan, study.catalogue)
        endpoints = efficacy.list_endpoints(values, study.plan, study.catalogue)
        pairs = efficacy_figures.plot_pairs(values, shapes, changes, endpoints, study.plan)
        bars = efficacy_figures.plot_waterfall(efficacy.derive_changes(values, study.adsl, study.plan), study.plan)
        sizes.append((len(pairs.light), len(bars.light)))
        assert "joined" in pairs.caption
    assert sizes[1][0] < sizes[0][0]
    assert sizes[1][1] < 150_000


def enlarged(n: int) -> tuple[ExampleStudy, pd.DataFrame]:
    """The example study with each of 40 patients as often as makes `n`, and its primary values."""
    study = example_study(40)
    few = values_of(study)
    few = few[few["PARAMCD"].isin(study.plan.primary)]
    values = pd.concat([few.assign(USUBJID=few["USUBJID"] + f"-{k}", AVAL=few["AVAL"] + k / 1000) for k in range(n // 40)])
    people = pd.concat([study.adsl.assign(USUBJID=study.adsl["USUBJID"] + f"-{k}") for k in range(n // 40)])
    return replace(study, adsl=people), values


def means_of(values: pd.DataFrame, study: ExampleStudy) -> pd.DataFrame:
    """The mean changes alone, which is all that the figure asks for."""
    wide = values.pivot(index=["PARAMCD", "USUBJID"], columns="AVISIT", values="AVAL")
    common = {"section": "efficacy", "AVISIT": "Y1", "statistic": "mean_change", "method": "paired_t"}
    changes = {code: (one["Y1"] - one["BL"]).dropna() for code, one in wide.groupby("PARAMCD")}
    return as_results({**common, "PARAMCD": code, "n": len(d), "value": d.mean(), "lower": d.mean() - 1, "upper": d.mean() + 1}
                      for code, d in changes.items())  # fmt: skip


# --- what a reader sees -----------------------------------------------------------------------------------------------


def test_sentences_claim_no_cause_and_quote_rows(examined, study):
    rows, endpoints = examined
    text = all_text(rows, endpoints, study)
    assert not CAUSAL.search(text)
    assert "significant" not in text
    assert "nan" not in re.sub(r"\w*nan\w+|\w+nan\w*", "", text)
    assert set(report.say_posteriors(rows, endpoints, study.plan).result_ids) <= set(rows["result_id"])


def test_every_table_and_figure_is_drawn(examined, study):
    assert all("synthetic cohort" in thing.html().lower() for thing in shown(*examined, study))


@pytest.mark.parametrize("n", [0, 2])
def test_a_tiny_cohort_is_said_to_be_too_small_and_nothing_fails(n):
    study = example_study(max(n, 1))
    study = study if n else replace(study, adsl=study.adsl[:0], adlb=study.adlb[:0], adqs=study.adqs[:0])
    rows, endpoints = examine(replace(study, adcm=bds([])))
    assert all_text(rows, endpoints, study)
    assert all(shown(rows, endpoints, study))


@needs_rapport
def test_rapport_has_no_laboratory_and_no_medication_and_its_sections_say_so():
    lb, qs, sl = rapport_frames()
    study = ExampleStudy(rapport_plan(), rapport_catalogue(), sl, lb, qs, bds([]), bds([]))
    rows, endpoints = examine(study)
    text = all_text(rows, endpoints, study)
    assert "No co-medication was supplied" in text
    assert "No analyte that could serve as a negative control was supplied" in text
    assert (select_results(rows, statistic="verdict", method="all")["count"] == 0).all()
    chances = select_results(rows, statistic="posterior_probability", category=["0.6", "0.22"])["value"]
    assert (chances < 0.01).all()
