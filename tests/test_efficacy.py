"""Efficacy: the rows that outside checks read, parity with R on a real cohort, and sentences that claim no more than they."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from racohort import efficacy
from racohort.endpoints import paired_values, visit_table
from racohort.estimators import friedman, wilcoxon_signed_rank
from racohort.figures import efficacy as figures
from racohort.figures.courses import visit_places
from racohort.frames import as_categories
from racohort.multiplicity import benjamini_hochberg, holm
from racohort.report import efficacy as report
from racohort.results import as_results, join_results, pick_result, select_results
from racohort.tables import efficacy as tables
from tests.support.frames import ExampleStudy, adsl, bds, example_catalogue, example_plan, example_study
from tests.support.rapport import NAMES, rapport_catalogue, rapport_folder, rapport_frames, rapport_plan, read_reference

HAS_RAPPORT = (rapport_folder() / "rapport_wide.csv").exists()
needs_rapport = pytest.mark.skipif(
    not HAS_RAPPORT, reason=f"RAPPORT IS NOT THERE ({rapport_folder()}): set RACOHORT_REFERENCE; parity with R is NOT tested."
)


def analyse(study: ExampleStudy) -> pd.DataFrame:
    """All rows of the section, in the order of the notebook."""
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)
    endpoints = efficacy.list_endpoints(values, study.plan, study.catalogue)
    common = (values, study.adsl, study.plan, study.catalogue)
    parts = (efficacy.summarise_visits, efficacy.estimate_changes, efficacy.estimate_models, efficacy.compare_visits)
    tested = efficacy.adjust_families(join_results(*(part(*common) for part in parts)), endpoints, study.plan)
    concluded = efficacy.conclude_changes(tested, endpoints, study.plan)
    unadjusted = efficacy.count_unadjusted(tested, endpoints, study.plan)
    shares = (efficacy.estimate_states, efficacy.estimate_responses, efficacy.compare_states)
    return join_results(tested, concluded, unadjusted, *(share(values, study.adsl, study.plan) for share in shares))


def endpoints_of(study: ExampleStudy) -> tuple[efficacy.Endpoint, ...]:
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)
    return efficacy.list_endpoints(values, study.plan, study.catalogue)


def drawn(table: str, code: str = "DAS28ESR", visits: tuple[str, ...] = ("BL", "Y1")) -> ExampleStudy:
    """A study from a text table: one line a patient, one column a visit, `.` missing."""
    lines = [line.split() for line in table.strip().splitlines()]
    domain = example_catalogue().loc[code, "domain"]
    everyone = {"AGE": 50.0, "FASFL": "Y", "SAFFL": "Y", "EFFFL": "Y"}
    people, rows = [], []
    for i, line in enumerate(lines):
        seen = {f"{visit}FL": "N" if cell == "." else "Y" for visit, cell in zip(visits, line, strict=True)}
        people.append({"USUBJID": f"P{i}", **everyone, **seen})
        rows += [{"USUBJID": f"P{i}", "PARAMCD": code, "AVISIT": visit, "AVISITN": float(j), "AVAL": float(cell), "ANL01FL": "Y"}
                 for j, (visit, cell) in enumerate(zip(visits, line, strict=True)) if cell != "."]  # fmt: skip
    lb, qs = (bds(rows), bds([])) if domain == "LB" else (bds([]), bds(rows))
    plan = example_plan(visits, primary=(code,) if domain == "QS" else ())
    return ExampleStudy(plan, example_catalogue(), adsl(people), lb, qs, bds([]), bds([]))


@pytest.fixture(scope="module")
def study() -> ExampleStudy:
    return example_study()


@pytest.fixture(scope="module")
def rows(study: ExampleStudy) -> pd.DataFrame:
    return analyse(study)


@pytest.mark.parametrize(
    "result_id",
    [
        "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.mean_change.paired_t",
        "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.w.wilcoxon",
        "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.w.wilcoxon_zeros_dropped",
        "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.t.paired_t",
        "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.df.paired_t",
        "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.mean.pairs.AVISIT.BL",
        "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.sd.pairs.AVISIT.Y1",
        "efficacy.DAS28ESR.Y3.efficacy.Y3-BL.median.pairs.AVISIT.Y3",
        "efficacy.DAS28ESR.Y3.efficacy.Y3-BL.n.pairs.AVISIT.BL",
        "efficacy.HAQDI.Y3.efficacy.Y3-BL.mmrm_change.mmrm_satterthwaite",
        "efficacy.HAQDI.Y3.efficacy.Y3-BL.mmrm_change.mmrm_kr",
        "efficacy.CRP.Y3.efficacy.Y3-BL.gmr.paired_t_log",
        "efficacy.DAS28ESR.Y1.efficacy.-.q1.available",
    ],
)
def test_the_ids_that_outside_checks_read_are_there(rows, result_id):
    assert result_id in set(rows["result_id"])


@pytest.mark.parametrize("statistic", ["hodges_lehmann", "dz", "gav", "glass_delta"])
def test_every_endpoint_and_follow_up_has_each_size_of_change_once(rows, study, statistic):
    found = select_results(rows, statistic=statistic, population="efficacy")
    assert len(found) == len(endpoints_of(study)) * len(study.plan.follow_ups)
    assert set(found["contrast"]) == {"Y1-BL", "Y3-BL"}


def test_patients_without_the_pair_are_counted_against_the_population(rows, study):
    pairs = select_results(rows, function="efficacy.estimate_changes")
    assert (pairs["n"] + pairs["n_missing"] == len(study.adsl)).all()


def test_a_fall_is_a_negative_change_and_an_improvement_where_lower_is_better():
    study = drawn("5 3\n6 5\n5 4\n7 4\n6 4")
    rows = analyse(study)
    assert pick_result(rows, statistic="mean_change", method="paired_t")["value"] == -1.8
    assert all(pick_result(rows, statistic=name)["value"] < 0 for name in ("dz", "gav", "glass_delta", "hodges_lehmann"))
    assert pick_result(rows, statistic="probability_of_improvement")["value"] == 1
    assert pick_result(rows, statistic="w", method="wilcoxon")["value"] == 0
    assert pick_result(rows, statistic="conclusion")["value_text"] == "improved"


def test_a_rise_is_worse_where_lower_is_better_and_the_sentence_says_so():
    study = drawn("3 5\n5 6\n4 5.1\n4 7\n4 6")
    rows = analyse(study)
    assert pick_result(rows, statistic="conclusion")["value_text"] == "worsened"
    said = report.say_changes(rows, endpoints_of(study), study.plan).plain
    assert "worse than at baseline (higher)" in said
    assert "no evidence" not in said


def test_a_ratio_below_one_is_a_fall_on_the_log_scale():
    rows = analyse(drawn("40 20\n60 30\n20 12\n30 14", "ESR"))
    ratio = pick_result(rows, statistic="gmr", method="paired_t_log")
    assert ratio["upper"] < 1
    assert pick_result(rows, statistic="conclusion")["value_text"] == "improved"
    assert pick_result(rows, statistic="conclusion")["family"] == "C"


def test_a_zero_has_no_logarithm_and_the_pair_is_left_out_aloud():
    row = pick_result(analyse(drawn("12 4\n9 0\n8 5\n7 3", "CRP")), statistic="gmr", method="paired_t_log")
    assert row["n"] == 3
    assert "1 of 4 pairs" in row["note"]


def test_the_log_ratio_does_not_depend_on_the_unit():
    one = analyse(drawn("12 4\n9 2\n8 5\n7 3", "CRP"))
    ten = analyse(drawn("1.2 .4\n.9 .2\n.8 .5\n.7 .3", "CRP"))
    found = [pick_result(rows, statistic="gmr", method="paired_t_log")["value"] for rows in (one, ten)]
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_the_order_of_rows_and_patients_changes_nothing(study, rows):
    def mix(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sample(frac=1, random_state=7).reset_index(drop=True)

    mixed = replace(study, adlb=mix(study.adlb), adqs=mix(study.adqs), adsl=mix(study.adsl))
    again = analyse(mixed).set_index("result_id").reindex(rows["result_id"])
    for column in ("value", "lower", "upper", "p_value", "p_adjusted"):
        np.testing.assert_allclose(again[column], rows.set_index("result_id")[column], rtol=1e-9, atol=1e-12)


def test_two_values_of_a_patient_at_one_visit_are_refused(study):
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)
    with pytest.raises(ValueError, match="two values at one visit"):
        visit_table(pd.concat([values, values.head(1)]), values["PARAMCD"].iloc[0], study.plan)


def test_values_are_selected_alike_whether_their_texts_are_held_once_each_or_once_a_row(study):
    once_a_row, once_each = (
        efficacy.select_values(held(study.adlb), held(study.adqs), study.adsl, study.plan, study.catalogue)
        for held in (pd.DataFrame.copy, as_categories)
    )
    assert len(once_a_row)
    pd.testing.assert_frame_equal(once_each, once_a_row)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_tiny_cohort_gives_counts_and_no_error(n):
    study = example_study(max(n, 1))
    study = study if n else replace(study, adsl=study.adsl[:0], adlb=study.adlb[:0], adqs=study.adqs[:0])
    rows, endpoints, plan = analyse(study), endpoints_of(study), study.plan
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, plan, study.catalogue)
    assert len(rows) == 0 if n == 0 else (rows["n"].dropna() <= max(n, 18)).all()
    for name in ("endpoints", "visits", "changes", "ratios", "sizes", "models", "families", "overall"):
        assert getattr(tables, f"tabulate_{name}")(rows, endpoints, plan)
    assert tables.tabulate_estimands(endpoints, plan)
    assert tables.tabulate_states(rows, plan)
    assert tables.tabulate_responses(rows, plan)
    for say in (report.say_changes, report.say_biomarkers, report.say_secondary, report.say_overall, report.say_endpoints):
        assert say(rows, endpoints, plan).plain
    for say in (report.say_families, report.say_states, report.say_responses):
        assert say(rows, plan).plain
    assert figures.plot_courses(values, rows, endpoints, plan) is not None
    assert figures.plot_forest(rows, endpoints, plan) is not None


def test_one_pair_has_a_change_and_no_interval():
    row = pick_result(analyse(drawn("5 4\n6 .")), statistic="mean_change", method="paired_t")
    assert (row["value"], row["n"], row["n_missing"]) == (-1, 1, 1)
    assert np.isnan(row["lower"])
    assert np.isnan(row["p_value"])


# --- several tests at once ------------------------------------------------------------------------------------------


def with_p(rows: pd.DataFrame, p: dict[tuple[str, str], float]) -> pd.DataFrame:
    """The rows with other p on the mixed model of some endpoints and visits."""
    changed = rows.copy()
    for (code, visit), value in p.items():
        here = changed["result_id"] == f"efficacy.{code}.{visit}.efficacy.{visit}-BL.mmrm_change.mmrm_satterthwaite"
        assert here.sum() == 1
        changed.loc[here, "p_value"] = value
    return changed


def adjusted(rows: pd.DataFrame, study: ExampleStudy) -> dict[tuple[str, str], float]:
    found = efficacy.adjust_families(rows[rows["statistic"] != "conclusion"], endpoints_of(study), study.plan)
    return {(row["PARAMCD"], row["AVISIT"]): row["p_adjusted"] for _, row in found[found["family"].isin(["A", "B"])].iterrows()}


def test_family_b_opens_only_when_all_of_a_are_rejected(rows, study):
    shut = adjusted(with_p(rows, {("DAS28ESR", "Y1"): 0.001, ("HAQDI", "Y1"): 0.2, ("DAS28ESR", "Y3"): 1e-9}), study)
    assert shut[("DAS28ESR", "Y1")] == pytest.approx(0.002)
    assert shut[("DAS28ESR", "Y3")] == pytest.approx(0.2)
    p = {("DAS28ESR", "Y1"): 0.001, ("HAQDI", "Y1"): 0.02, ("DAS28ESR", "Y3"): 0.01, ("HAQDI", "Y3"): 0.03}
    opened = adjusted(with_p(rows, p), study)
    assert opened[("DAS28ESR", "Y3")] == pytest.approx(0.02)
    assert opened[("HAQDI", "Y3")] == pytest.approx(0.03)


def test_what_a_run_names_primary_is_analysed_though_the_catalogue_keeps_it_for_safety(study):
    asked = replace(study.plan, primary=("CREAT",))
    assert not study.catalogue.loc["CREAT", "efficacy"]
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, asked, study.catalogue)
    assert {"CREAT", "DAS28ESR"} <= set(values["PARAMCD"])
    rows = efficacy.estimate_changes(values, study.adsl, asked, study.catalogue)
    assert not rows[(rows["PARAMCD"] == "CREAT") & (rows["statistic"] == "mean_change")].empty


def test_a_primary_test_that_could_not_be_done_keeps_the_gate_shut(study, rows):
    blind = rows.copy()
    here = (blind["PARAMCD"] == "HAQDI") & (blind["AVISIT"] == "Y1")
    blind.loc[here, ["value", "p_value"]] = np.nan
    tests = efficacy.list_hypotheses(blind, endpoints_of(study), study.plan)
    assert tests.loc[(tests["PARAMCD"] == "HAQDI") & (tests["AVISIT"] == "Y1"), "result_id"].tolist() == [""]
    assert adjusted(blind, study)[("DAS28ESR", "Y3")] == 1


def test_adjusted_p_are_monotone_in_the_p_they_adjust_and_never_smaller(rows):
    tested = rows[(rows["family"] != "") & (rows["statistic"] != "conclusion")]
    assert set(tested["family"]) == {"A", "B", "C"}
    for _, family in tested.groupby("family"):
        assert family.sort_values("p_value")["p_adjusted"].is_monotonic_increasing
    assert (tested["p_adjusted"] >= tested["p_value"] - 1e-15).all()


def test_the_adjusted_p_stands_on_the_mixed_model_and_for_biomarkers_on_their_scale(rows):
    tested = rows[(rows["family"] != "") & (rows["statistic"] != "conclusion")]
    where = {family: set(zip(part["statistic"], part["method"], strict=True)) for family, part in tested.groupby("family")}
    model = {("mmrm_change", "mmrm_satterthwaite")}
    assert where == {"A": model, "B": model, "C": {("gmr", "paired_t_log")}}
    assert rows.loc[rows["family"] == "", "p_adjusted"].isna().all()


def test_with_a_simpler_covariance_the_conclusion_stands_on_kenward_and_roger():
    study = drawn("5 4 .\n6 4 .\n5 3 4\n7 5 .\n6 5 4\n5 . 3", visits=("BL", "Y1", "Y3"))
    rows, endpoints, at = analyse(study), endpoints_of(study), {"PARAMCD": "DAS28ESR", "AVISIT": "Y1"}
    assert pick_result(rows, statistic="mmrm_covariance", PARAMCD="DAS28ESR")["value_text"] != "unstructured"
    satterthwaite, kr = (pick_result(rows, statistic="mmrm_change", method=m, **at) for m in ("mmrm_satterthwaite", "mmrm_kr"))
    concluded = pick_result(rows, statistic="conclusion", **at)
    assert (satterthwaite["family"], kr["family"]) == ("", "A")
    assert concluded["note"] == kr["result_id"]
    assert concluded["upper"] == kr["upper"] != satterthwaite["upper"]
    model = report.say_changes(rows, endpoints, study.plan)
    assert kr["result_id"] in model.result_ids
    assert satterthwaite["result_id"] not in model.result_ids
    shown = tables.tabulate_models(rows, endpoints, study.plan).html()
    assert f"{kr['p_adjusted']:#.3g}" in shown
    assert "are then those of Kenward and Roger" in shown


def test_a_small_p_that_adjustment_takes_back_is_not_an_improvement(rows, study):
    endpoints, plan = endpoints_of(study), study.plan
    p = {("DAS28ESR", "Y1"): 0.03, ("HAQDI", "Y1"): 0.9, ("DAS28ESR", "Y3"): 0.01}
    tested = efficacy.adjust_families(with_p(rows[rows["statistic"] != "conclusion"], p), endpoints, plan)
    found = join_results(tested, efficacy.conclude_changes(tested, endpoints, plan))
    row = pick_result(found, statistic="conclusion", PARAMCD="DAS28ESR", AVISIT="Y3")
    assert row["value_text"] == "no evidence after adjustment"
    said = report.say_changes(found, endpoints, plan).plain
    assert "mean change from baseline to Y3, no evidence of a change after adjustment for multiple tests: −1.18" in said


def test_visits_at_which_an_endpoint_was_not_measured_are_told_once_and_have_no_line():
    visits = ("BL", "M3", "M6", "Y1")
    study = drawn("\n".join(f"{6 + i / 10} . . {4 + i / 7:.2f}" for i in range(8)), visits=visits)
    rows, endpoints = analyse(study), endpoints_of(study)
    said = report.say_changes(rows, endpoints, study.plan).plain
    assert said.count("can be estimated") == said.count("nobody was measured both at baseline and at M3 and M6") == 1
    for made in (tables.tabulate_changes, tables.tabulate_sizes, tables.tabulate_models, tables.tabulate_visits):
        shown = made(rows, endpoints, study.plan).html()
        assert ">M3<" not in shown
        assert ">Y1<" in shown
        assert "A visit at which an endpoint was not measured has no line." in shown
    caption = figures.plot_forest(rows, endpoints, study.plan).caption
    assert "(n = 8)" in caption
    assert "Change / SD at baseline: Glass' delta." in caption
    assert "Ratio to baseline" not in caption  # no biomarker, no such panel


@pytest.mark.parametrize(("fell", "told"), [(0, "none of 12 tests fall"), (1, "1 of 12 tests falls"), (2, "2 of 12 tests fall")])
def test_how_many_tests_fell_below_the_level_is_said_in_words_that_agree_with_the_number(fell, told):
    counted = [{"method": method, "count": fell} for method in ("unadjusted", "holm_all", "plan")]
    risk = {"statistic": "familywise_risk", "method": "independent", "value": 0.46, "n": 12}
    common = {"section": "efficacy", "statistic": "tests", "n": 12}
    said = report.say_families(
        as_results([*(common | one for one in counted), {"section": "efficacy"} | risk]), example_study(1).plan
    )
    assert told in said.plain


def test_twelve_unadjusted_tests_would_find_something_in_half_of_all_idle_studies(rows):
    risk = pick_result(rows, statistic="familywise_risk")
    assert (risk["n"], round(risk["value"], 3)) == (12, 0.460)


# --- states and responses -------------------------------------------------------------------------------------------


def test_states_add_up_to_the_population_with_the_missing_visible(rows, study):
    counts = select_results(rows, statistic="count", by="STATE")
    assert (counts.groupby("AVISIT")["count"].sum() == len(study.adsl)).all()


@pytest.mark.parametrize(
    ("baseline", "current", "state", "response"),
    [(5.2, 2.599, "remission", "good"), (5.2, 2.6, "low", "good"), (4.4, 3.2, "low", "moderate"), (4.41, 3.2, "low", "good"),
     (5.7, 5.1, "moderate", "none"), (5.71, 5.1, "moderate", "moderate"), (7.0, 5.11, "high", "moderate")],
)  # fmt: skip
def test_states_and_responses_on_both_sides_of_each_cut_off(baseline, current, state, response):
    study = drawn(f"{baseline} {current}")
    rows = analyse(study)
    assert pick_result(rows, statistic="count", by="STATE", AVISIT="Y1", category=state)["count"] == 1
    assert pick_result(rows, statistic="count", by="EULAR", category=response)["count"] == 1


def test_the_unevaluated_count_as_non_responders_of_everyone():
    rows = analyse(drawn("5 3\n5 4.8\n5 ."))
    at = {"by": "EULAR", "category": "good_or_moderate"}
    exact, nri = (pick_result(rows, method=method, **at) for method in ("clopper_pearson", "clopper_pearson_nri"))
    assert (exact["count"], exact["n"], exact["n_missing"]) == (1, 2, 1)
    assert (nri["count"], nri["n"]) == (1, 3)


def test_the_unevaluated_are_never_counted_as_not_worsened(rows):
    worse = select_results(rows, category=["worsened_022", "worsened_0375", "none", "high"], statistic="proportion")
    assert "clopper_pearson_nri" not in set(worse["method"])


def test_haq_of_one_eighth_is_no_important_change_and_a_quarter_is():
    rows = analyse(drawn("1 0.875\n1 0.75\n1 1.25", "HAQDI"))
    shares = {
        way: pick_result(rows, category=f"{way}_022", method="clopper_pearson")["count"] for way in ("improved", "worsened")
    }
    assert shares == {"improved": 1, "worsened": 1}


def test_transitions_keep_the_missing():
    rows = analyse(drawn("5.2 3\n5.2 ."))
    moves = select_results(rows, by="BSTATE>STATE")
    assert moves.set_index("category")["count"][["high>low", "high>missing"]].tolist() == [1, 1]
    assert moves["count"].sum() == 2


def test_moves_between_the_four_states_are_tested_without_the_missing():
    """Four of five went down by one state and one up: (4 - 1)^2 / 5 is McNemar's chi-squared, p as R's pchisq has it."""
    rows = analyse(drawn("5.2 3\n5.2 3\n5.2 3\n5.2 3\n3 5.2\n5.2 ."))
    for name in ("stuart_maxwell", "bowker"):
        row = pick_result(rows, statistic=name)
        assert (row["value"], row["n"]) == (pytest.approx((4 - 1) ** 2 / 5), 5)
        assert row["p_value"] == pytest.approx(0.1797124949)


def test_lundex_is_retention_times_response_among_the_evaluated():
    rows = analyse(drawn("5 3\n5 4.8\n5 .\n5 ."))
    assert pick_result(rows, statistic="lundex")["value"] == pytest.approx(2 / 4 * 1 / 2)


def test_the_table_of_responses_tells_lundex_at_each_follow_up(rows, study):
    told = tables.tabulate_responses(rows, study.plan).html().partition("LUNDEX")[2]
    values = select_results(rows, statistic="lundex")["value"]
    assert len(values) == 2
    assert all(f"{100 * value:.1f} % at " in told for value in values)


# --- words and pictures ---------------------------------------------------------------------------------------------

CAUSAL = re.compile(
    r"\b(caus|because of the|due to (?:the )?(?:treat|cell)|effect of (?:the )?(?:treat|cell)|reduc|improved by treat)", re.I
)


def all_text(rows: pd.DataFrame, study: ExampleStudy) -> str:
    endpoints, plan = endpoints_of(study), study.plan
    one = (report.say_endpoints, report.say_changes, report.say_biomarkers, report.say_secondary, report.say_overall)
    two = (report.say_families, report.say_states, report.say_responses)
    return "\n\n".join([*(say(rows, endpoints, plan).plain for say in one), *(say(rows, plan).plain for say in two)])


def test_sentences_quote_rows_claim_no_cause_and_give_no_p_without_n(rows, study):
    text = all_text(rows, study)
    assert not CAUSAL.search(text)
    assert "significant" not in text
    assert "*" not in text
    for sentence in re.split(r"(?<=\.)\s", text):
        assert not re.search(r"\bp [=<>]", sentence) or re.search(r"n = \d|\d+ patients|\d of \d", sentence), sentence
    quoted = report.say_changes(rows, endpoints_of(study), study.plan).result_ids
    assert set(quoted) <= set(rows["result_id"])


def test_every_table_is_drawn_and_marked_synthetic(rows, study):
    endpoints, plan = endpoints_of(study), study.plan
    drawn_tables = [getattr(tables, f"tabulate_{name}")(rows, endpoints, plan) for name in
                    ("endpoints", "visits", "changes", "ratios", "sizes", "models", "families", "overall")]  # fmt: skip
    drawn_tables += [
        tables.tabulate_estimands(endpoints, plan),
        tables.tabulate_states(rows, plan),
        tables.tabulate_responses(rows, plan),
    ]
    assert all("Synthetic cohort" in table.html() for table in drawn_tables)


def test_every_figure_has_words_that_stand_alone(rows, study):
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)
    endpoints, plan = endpoints_of(study), study.plan
    shown = [figures.plot_courses(values, rows, endpoints, plan), figures.plot_forest(rows, endpoints, plan),
             figures.plot_courses(values, rows, endpoints, plan, role="biomarker"), figures.plot_states(rows, plan),
             figures.plot_waterfall(efficacy.derive_changes(values, study.adsl, plan), plan)]  # fmt: skip
    for figure in shown:
        assert len(figure.alt) > 60
        assert "population" in figure.caption or "patients" in figure.caption
        assert "SYNTHETIC COHORT" in figure.html().upper()


def test_visits_without_a_planned_day_stand_at_equal_steps():
    plan = example_plan()
    loose = replace(plan, visits=tuple(replace(visit, day=None) for visit in plan.visits))
    assert visit_places(loose) == ([0.0, 1.0, 2.0], "visits")
    assert visit_places(example_plan(("M0", "M3", "M6")))[1] == "months"


# --- a real cohort against R ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rapport() -> ExampleStudy:
    lb, qs, sl = rapport_frames()
    return ExampleStudy(rapport_plan(), rapport_catalogue(), sl, lb, qs, bds([]), bds([]))


@pytest.fixture(scope="module")
def rapport_rows(rapport) -> pd.DataFrame:
    return analyse(rapport)


@needs_rapport
@pytest.mark.parametrize("name", list(NAMES))
def test_rapport_pairs_agree_with_r(rapport_rows, name):
    reference = read_reference()[name]
    for month in (3, 6, 9, 12):
        expected = reference["paired"][f"m0_vs_m{month}"]
        at = {"PARAMCD": NAMES[name], "AVISIT": f"M{month}"}
        change = pick_result(rapport_rows, statistic="mean_change", method="paired_t", **at)
        found = {
            "n": change["n"], "mean_change": change["value"], "p_t": change["p_value"],
            "t": pick_result(rapport_rows, statistic="t", **at)["value"],
            "cohen_dz": pick_result(rapport_rows, statistic="dz", **at)["value"],
            "hedges_g_av_J_df_n_minus_1": pick_result(rapport_rows, statistic="gav", **at)["value"],
            "cohen_d_baseline_sd": pick_result(rapport_rows, statistic="glass_delta", **at)["value"],
        }  # fmt: skip
        for place, visit in (("baseline", "M0"), ("followup", f"M{month}")):
            for statistic in ("mean", "sd", "median"):
                row = pick_result(rapport_rows, statistic=statistic, method="pairs", category=visit, **at)
                found[f"{statistic}_{place}"] = row["value"]
        assert found == pytest.approx({key: expected[key] for key in found}, rel=1e-5)
        assert [change["lower"], change["upper"]] == pytest.approx(expected["ci95_mean_change"], rel=1e-4, abs=1e-7)


@needs_rapport
@pytest.mark.parametrize("name", list(NAMES))
def test_rapport_visits_agree_with_r(rapport_rows, name):
    reference = read_reference()[name]
    for month in (0, 3, 6, 9, 12):
        at = {"PARAMCD": NAMES[name], "AVISIT": f"M{month}", "method": "available"}
        for statistic in ("n", "mean", "sd", "median"):
            found = pick_result(rapport_rows, statistic=statistic, **at)["value"]
            assert found == pytest.approx(reference[f"{statistic}_by_month"][str(month)], rel=1e-5), (name, month, statistic)


@needs_rapport
def test_rapport_haq_wilcoxon_agrees_with_r_to_the_last_digit(rapport_rows):
    reference = read_reference()["haq"]["paired"]
    for month in (3, 6, 9, 12):
        expected = reference[f"m0_vs_m{month}"]["wilcoxon"]
        row = pick_result(rapport_rows, PARAMCD="HAQDI", AVISIT=f"M{month}", statistic="w", method="wilcoxon_zeros_dropped")
        assert (row["value"], row["p_value"]) == pytest.approx(
            (expected["V_plus"], expected["p_normal_with_continuity"]), rel=1e-9
        )


@needs_rapport
@pytest.mark.parametrize(("month", "decimals"), [(3, 8), (6, 8), (9, 9), (12, 8)])
def test_rapport_das28_wilcoxon_agrees_with_r_on_data_that_keep_its_ties(rapport_rows, month, decimals):
    """R worked on unrounded single-precision data, whose noise decides ties; the book's six decimals (D1) repair them."""
    lb, qs, sl = rapport_frames(decimals=decimals)
    plan = rapport_plan()
    wide = visit_table(efficacy.select_values(lb, qs, sl, plan, rapport_catalogue()), "DAS28", plan)
    base, value = paired_values(wide, plan, f"M{month}")
    expected = read_reference()["das"]["paired"][f"m0_vs_m{month}"]["wilcoxon"]["p_normal_with_continuity"]
    test = wilcoxon_signed_rank(value, base, zero_method="wilcox", correction=True, method="asymptotic")
    assert test["p"] == pytest.approx(expected, rel=1e-9)
    row = pick_result(rapport_rows, PARAMCD="DAS28", AVISIT=f"M{month}", statistic="w", method="wilcoxon_zeros_dropped")
    assert row["p_value"] == pytest.approx(expected, rel=0.004)


@needs_rapport
@pytest.mark.parametrize("name", list(NAMES))
def test_rapport_over_all_visits_agrees_with_r(rapport_rows, name):
    reference = read_reference()[name]
    anova = pick_result(rapport_rows, PARAMCD=NAMES[name], statistic="rm_anova", method="greenhouse_geisser")
    plain = pick_result(rapport_rows, PARAMCD=NAMES[name], statistic="rm_anova", method="uncorrected")
    epsilon = pick_result(rapport_rows, PARAMCD=NAMES[name], statistic="gg_epsilon")
    found = (anova["n"], anova["value"], anova["p_value"], plain["p_value"], epsilon["value"])
    expected = reference["rm_anova"]
    assert found == pytest.approx([expected[key] for key in ("n", "F", "p_gg", "p_uncorrected", "gg_eps")], rel=1e-5)


@needs_rapport
def test_rapport_friedman_is_that_of_repaired_ties_and_on_eight_decimals_that_of_r(rapport_rows):
    row = pick_result(rapport_rows, PARAMCD="DAS28", statistic="friedman")
    assert round(row["p_value"], 4) == 0.0492
    assert (row["n"], row["n_missing"]) == (98, 61)
    lb, qs, sl = rapport_frames(decimals=8)
    wide = visit_table(efficacy.select_values(lb, qs, sl, rapport_plan(), rapport_catalogue()), "DAS28", rapport_plan())
    expected = read_reference()["das"]["friedman"]
    found = friedman(wide.to_numpy())
    assert (found["Q"], found["p"], found["kendall_w"]) == pytest.approx(
        [expected[k] for k in ("chisq", "p", "kendall_W")], rel=1e-9
    )
    haq = pick_result(rapport_rows, PARAMCD="HAQDI", statistic="friedman")
    assert haq["p_value"] == pytest.approx(read_reference()["haq"]["friedman"]["p"], rel=1e-9)


@needs_rapport
def test_rapport_proportions_and_mcnemar_agree_with_r(rapport_rows):
    reference = read_reference()
    for key, by, category in (("das_remission_lt2.6", "STATE", "remission"), ("haq_le_0.5", "HAQ", "normal")):
        for month in (0, 3, 6, 9, 12):
            expected = reference[key][f"m{month}"]
            for method, name in (("clopper_pearson", "clopper_pearson_95"), ("wilson", "wilson_95")):
                row = pick_result(
                    rapport_rows, statistic="proportion", by=by, category=category, AVISIT=f"M{month}", method=method
                )
                assert (row["count"], row["n"]) == (expected["x"], expected["n"])
                assert [row["lower"], row["upper"]] == pytest.approx(expected[name], rel=1e-5)
    exact = pick_result(rapport_rows, method="mcnemar_exact", category="remission", AVISIT="M12")
    assert exact["p_value"] == pytest.approx(reference["mcnemar_remission_0_12"]["p_exact"], rel=1e-9)


@needs_rapport
def test_holm_over_rapports_four_paired_tests_agrees_with_r(rapport_rows):
    for name, code in NAMES.items():
        reference = read_reference()[name].get("multiplicity")
        if reference:
            p = [pick_result(rapport_rows, PARAMCD=code, AVISIT=f"M{m}", statistic="t")["p_value"] for m in (3, 6, 9, 12)]
            assert holm(p) == pytest.approx(reference["holm_t"], rel=1e-5)
            assert benjamini_hochberg(p) == pytest.approx(reference["bh_t"], rel=1e-5)


@needs_rapport
def test_rapport_claims_no_improvement_and_sells_none_of_its_traps(rapport, rapport_rows):
    conclusions = select_results(rapport_rows, statistic="conclusion")
    assert set(conclusions["value_text"]) <= {"no evidence", "no evidence after adjustment"}
    text = all_text(rapport_rows, rapport)
    assert "no evidence of a change: −0.08 (95 % CI −0.28 to 0.13; n = 118; p = 0.458)" in text
    assert "lower than at baseline" not in text
    assert "p = 0.0217" not in text
    assert "p = 0.0218" not in text
    assert re.search(r"Friedman p = 0\.0492.*nothing from it", text, re.S)


@needs_rapport
def test_rapports_three_visits_are_no_improvement_either():
    lb, qs, sl = rapport_frames((0, 6, 12))
    study = ExampleStudy(rapport_plan((0, 6, 12)), rapport_catalogue(), sl, lb, qs, bds([]), bds([]))
    rows = analyse(study)
    haq = pick_result(rows, PARAMCD="HAQDI", statistic="friedman")
    assert haq["p_value"] == pytest.approx(read_reference()["haq"]["three_visit_0_6_12"]["friedman_p"], rel=1e-9)
    assert "lower than at baseline" not in all_text(rows, study)
