"""What a change is made of, how two forms of a score agree, who fulfils which criterion, and what goes with a larger change."""

import doctest
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from racohort import efficacy
from racohort.efficacy import correlates
from racohort.efficacy.correlates import slope_hc3
from racohort.endpoints import visit_table
from racohort.figures import efficacy as figures
from racohort.report import composition, responders
from racohort.results import pick_result, select_results
from racohort.scores import FORMS, das28, das28_crp3, das28_crp4, das28_esr3, das28_esr4, das28_parts
from racohort.tables import efficacy as tables
from tests.support.frames import ExampleStudy, adsl, bds, example_catalogue, example_plan, example_study

FORMULAS = {"DAS28ESR": das28_esr4, "DAS28CRP": das28_crp4, "DAS28E3": das28_esr3, "DAS28C3": das28_crp3}
CONSTANTS = {"DAS28ESR": 0.0, "DAS28CRP": 0.96, "DAS28E3": 0.16, "DAS28C3": 1.15}


def measured(table: str) -> ExampleStudy:
    """A study from a text table: patient, visit and then named measurements, `.` missing."""
    head, *lines = (line.split() for line in table.strip().splitlines())
    order = {visit: float(place) for place, visit in enumerate(("BL", "Y1", "Y3"))}
    rows = [{"USUBJID": line[0], "PARAMCD": code, "AVISIT": line[1], "AVISITN": order[line[1]], "AVAL": float(cell),
             "ANL01FL": "Y"} for line in lines for code, cell in zip(head[2:], line[2:], strict=True) if cell != "."]  # fmt: skip
    known, laboratory = example_catalogue(), ("ESR", "CRP", "RF", "ACCP")
    further = dict.fromkeys(("PHGA", "PAIN", "CDAI", "SDAI", "DAS28CRP"), known.loc["PTGA"])
    catalogue = pd.concat([known, pd.DataFrame(further).T.infer_objects()])
    everyone = {"FASFL": "Y", "SAFFL": "Y", "EFFFL": "Y", "AGE": 50.0}
    people = [{"USUBJID": who, **everyone} for who in dict.fromkeys(line[0] for line in lines)]
    lb, qs = ([row for row in rows if (row["PARAMCD"] in laboratory) == wanted] for wanted in (True, False))
    return ExampleStudy(example_plan(("BL", "Y1")), catalogue, adsl(people), bds(lb), bds(qs), bds([]), bds([]))


def values_of(study: ExampleStudy) -> pd.DataFrame:
    return efficacy.select_values(study.adlb, study.adqs, study.adsl, study.plan, study.catalogue)


def with_both_forms(study: ExampleStudy, seed: int = 2) -> ExampleStudy:
    """The example study with DAS28 computed from its components in both forms."""
    values = values_of(study)
    parts = {code: visit_table(values, code, study.plan).stack() for code in ("TJC28", "SJC28", "ESR", "CRP", "PTGA")}
    wide = pd.DataFrame(parts).dropna()
    made = {"DAS28ESR": das28_esr4(wide["TJC28"], wide["SJC28"], wide["ESR"], wide["PTGA"]),
            "DAS28CRP": das28_crp4(wide["TJC28"], wide["SJC28"], wide["CRP"], wide["PTGA"])}  # fmt: skip
    long = wide.index.to_frame(index=False).set_axis(["USUBJID", "AVISIT"], axis=1)
    order = {visit.AVISIT: float(visit.AVISITN) for visit in study.plan.visits}
    rows = [long.assign(PARAMCD=code, AVAL=score, ANL01FL="Y", AVISITN=long["AVISIT"].map(order)) for code, score in made.items()]
    kept = study.adqs[study.adqs["PARAMCD"] != "DAS28ESR"]
    catalogue = pd.concat([study.catalogue, study.catalogue.loc[["DAS28ESR"]].rename(index={"DAS28ESR": "DAS28CRP"})])
    return replace(study, adqs=pd.concat([kept, *(bds(part.to_dict("records")) for part in rows)]), catalogue=catalogue)


@pytest.fixture(scope="module")
def study() -> ExampleStudy:
    return with_both_forms(example_study())


# --- components -------------------------------------------------------------------------------------------------------


def test_the_examples_hold():
    assert doctest.testmod(das28).failed == 0
    assert doctest.testmod(correlates).failed == 0


@pytest.mark.parametrize("form", FORMS)
def test_the_parts_of_each_form_and_its_constant_are_the_score(form):
    rng = np.random.default_rng(3)
    known = {"TJC28": rng.integers(0, 29, 50), "SJC28": rng.integers(0, 29, 50), "ESR": rng.uniform(0, 120, 50),
             "CRP": rng.uniform(0, 90, 50), "PTGA": rng.uniform(0, 100, 50)}  # fmt: skip
    acute, with_global, _ = FORMS[form]
    asked = [known[code] for code in ("TJC28", "SJC28", acute, *(["PTGA"] if with_global else []))]
    parts = das28_parts(form, known)
    np.testing.assert_allclose(sum(parts.values()) + CONSTANTS[form], FORMULAS[form](*asked), atol=1e-12)


def test_the_parts_of_the_change_add_up_to_the_change_of_the_score(study):
    values = values_of(study)
    rows = efficacy.estimate_components(values, study.adsl, study.plan)
    wide = visit_table(values, "DAS28ESR", study.plan)
    for AVISIT in ("Y1", "Y3"):
        mine = select_results(rows, AVISIT=AVISIT, statistic="component_change").set_index("category")
        change = (wide[AVISIT] - wide["BL"]).dropna()
        assert mine.loc["all", "value"] == pytest.approx(change.mean(), abs=1e-12)
        assert mine.loc["all", "n"] == len(change)
        assert mine.loc[["TJC28", "SJC28", "ESR", "PTGA"], "value"].sum() == pytest.approx(change.mean(), abs=1e-12)
        assert mine.loc["judged", "value"] + mine.loc["ESR", "value"] == pytest.approx(change.mean(), abs=1e-12)
    shares = select_results(rows, AVISIT="Y1", statistic="component_share").set_index("category")["value"]
    assert shares[["judged", "ESR"]].sum() == pytest.approx(1)


def test_a_patient_without_one_component_has_no_parts_and_a_small_change_has_no_shares():
    study = measured("""
        who visit TJC28 SJC28 ESR PTGA DAS28ESR
        a   BL    9     4     20  50   5.0
        a   Y1    9     4     20  40   4.9
        b   BL    4     4     20  50   4.5
        b   Y1    4     .     20  50   4.5
        c   BL    16    1     20  50   5.6
        c   Y1    16    1     20  50   5.6""")
    rows = efficacy.estimate_components(values_of(study), study.adsl, study.plan)
    whole = pick_result(rows, statistic="component_change", category="all")
    assert (whole["n"], whole["n_missing"]) == (2, 1)
    assert whole["value"] == pytest.approx(-0.07)
    assert select_results(rows, statistic="component_share")["value"].isna().all()


def test_a_score_of_unknown_form_or_without_components_is_said_to_have_no_parts(study):
    values, unknown = values_of(study), replace(study.plan, das28="DAS28")
    for plan, kept in ((unknown, values), (study.plan, values[values["PARAMCD"] != "ESR"])):
        rows = efficacy.estimate_components(kept, study.adsl, plan)
        assert rows.empty
        assert not composition.say_components(rows, plan)
        said = figures.plot_components(efficacy.derive_components(kept, plan), rows, plan)
        assert "were not supplied" in said._repr_html_()


# --- agreement --------------------------------------------------------------------------------------------------------


def test_bias_and_limits_of_agreement_are_those_of_bland_and_altman(study):
    values = values_of(study)
    rows = select_results(efficacy.compare_forms(values, study.adsl, study.plan), AVISIT="BL")
    pairs = efficacy.derive_forms(values, study.plan).query("AVISIT == 'BL'")
    d = pairs["DAS28ESR"] - pairs["DAS28CRP"]
    assert pick_result(rows, statistic="bias")["value"] == pytest.approx(d.mean())
    upper = pick_result(rows, statistic="agreement_limit", category="upper")
    assert upper["value"] == pytest.approx(d.mean() + 1.959964 * d.std(), abs=1e-6)
    se = d.std() * np.sqrt(1 / len(d) + 1.959964**2 / (2 * (len(d) - 1)))
    assert upper["upper"] - upper["value"] == pytest.approx(stats.t.ppf(0.975, len(d) - 1) * se, abs=1e-6)
    line = sm.OLS(d, sm.add_constant((pairs["DAS28ESR"] + pairs["DAS28CRP"]) / 2)).fit()
    slope = pick_result(rows, statistic="slope")
    assert (slope["value"], slope["lower"]) == (pytest.approx(line.params.iloc[1]), pytest.approx(line.conf_int().iloc[1, 0]))


@pytest.mark.parametrize(("esr", "crp", "same", "own"), [(3.2, 2.9, 1, 1), (3.2, 3.0, 1, 0), (5.2, 5.1, 0, 1), (2.5, 2.59, 1, 0)])
def test_states_are_compared_by_the_same_and_by_their_own_cut_offs(esr, crp, same, own):
    study = measured(f"who visit DAS28ESR DAS28CRP\na BL {esr} {crp}\nb BL 4.0 4.0\nc BL 6.0 6.0")
    rows = select_results(efficacy.compare_forms(values_of(study), study.adsl, study.plan), by="SAME_STATE")
    counts = rows.set_index("category")["count"]
    assert (counts["esr"] - 2, counts["crp_alt"] - 2) == (same, own)


@pytest.mark.parametrize(("n", "told"), [(300, False), (301, True)])
def test_of_more_patients_than_can_be_told_apart_some_are_drawn_and_the_caption_says_so(study, n, told):
    plan, few = study.plan, efficacy.derive_forms(values_of(study), study.plan)
    one = few[few["AVISIT"] == "BL"].iloc[[0] * n].assign(USUBJID=[str(number) for number in range(n)])
    pairs = pd.concat([one, few[few["AVISIT"] == "Y1"]])
    forms = efficacy.compare_forms(values_of(study), study.adsl, plan)
    caption = figures.plot_agreement(pairs, forms, plan).caption
    assert ("At most 300 patients of a visit are drawn" in caption) is told


def test_one_patient_has_no_limits_of_agreement_and_no_error():
    study = measured("who visit DAS28ESR DAS28CRP\na BL 4.0 3.5\na Y1 3.0 3.0")
    rows = efficacy.compare_forms(values_of(study), study.adsl, study.plan)
    assert set(rows["statistic"]) == {"bias", "proportion"}
    assert not composition.say_agreement(rows, study.plan)


# --- criteria ---------------------------------------------------------------------------------------------------------

CORE = "who visit TJC28 SJC28 PTGA PHGA PAIN HAQDI CRP"


@pytest.mark.parametrize(
    ("follow_up", "level"),
    [("8 8 40 40 40 1.5 20", 20), ("8 8 40 40 41 1.5 20", 0), ("8 9 10 10 10 0 1", 0), ("5 5 25 25 25 1.5 20", 50),
     ("3 3 15 15 15 1.5 20", 70), ("3 3 15 15 16 1.5 20", 50)],
)  # fmt: skip
def test_the_acr_response_on_both_sides_of_each_cut_off(follow_up, level):
    study = measured(f"{CORE}\na BL 10 10 50 50 50 1.5 20\na Y1 {follow_up}")
    rows = efficacy.estimate_criteria(values_of(study), study.adsl, study.plan)
    reached = select_results(rows, method="clopper_pearson", category=["acr20", "acr50", "acr70"]).set_index("category")["count"]
    assert reached.to_dict() == {"acr20": int(level >= 20), "acr50": int(level >= 50), "acr70": int(level >= 70)}


@pytest.mark.parametrize(("ptga", "crp", "two", "one"), [(20, 10, 1, 0), (10, 10, 1, 1), (21, 10, 0, 0), (10, 10.1, 0, 0)])
def test_boolean_remission_takes_millimetres_and_milligrams_per_litre(ptga, crp, two, one):
    study = measured(f"who visit TJC28 SJC28 PTGA CRP\na BL 1 1 {ptga} {crp}")
    rows = select_results(efficacy.estimate_criteria(values_of(study), study.adsl, study.plan), AVISIT="BL", method="wilson")
    assert rows.set_index("category")["count"].to_dict() == {"boolean_2": two, "boolean_1": one}


def test_the_evaluated_have_every_component_and_a_certain_response_counts_for_everyone():
    """Counting the sure failures among the incomplete, but not their possible responses, would shrink the share."""
    study = measured(f"""{CORE}
        a BL 10 10 50 50 50 1.5 20
        a Y1 2  2  5  5  5  .   20
        b BL 10 10 50 50 50 1.5 20
        b Y1 2  2  5  5  5  1.5 20
        c BL 10 10 50 50 50 1.5 20""")
    rows = select_results(efficacy.estimate_criteria(values_of(study), study.adsl, study.plan), category="acr70")
    counts = {row["method"]: (row["count"], row["n"]) for _, row in rows.iterrows()}
    assert counts == {"clopper_pearson": (1, 1), "wilson": (1, 1), "clopper_pearson_nri": (2, 3)}


def test_criteria_without_their_measurements_are_left_out_and_that_is_said():
    study = measured("who visit TJC28 SJC28\na BL 1 1\na Y1 0 0")
    rows = efficacy.estimate_criteria(values_of(study), study.adsl, study.plan)
    assert rows.empty
    assert "does not have" in responders.say_criteria(rows, study.plan).plain


# --- moves and the distribution of change ------------------------------------------------------------------------------


def test_moves_lead_from_visit_to_visit_and_every_step_holds_everybody(study):
    moves = efficacy.compare_states(values_of(study), study.adsl, study.plan)
    counted = select_results(moves, by="BSTATE>STATE").groupby("contrast")["count"].sum()
    assert counted.to_dict() == dict.fromkeys(("Y1-BL", "Y3-BL", "Y3-Y1"), len(study.adsl))
    picture = figures.plot_flows(moves, study.plan)
    told = [int(n) for n in re.findall(r"(\d+) from", picture.alt)]
    assert sum(told) == 2 * len(study.adsl)


def test_the_cumulative_curve_is_of_everyone_and_says_how_many_went_the_better_way(study):
    values, endpoints = values_of(study), efficacy.list_endpoints(values_of(study), study.plan, study.catalogue)
    picture = figures.plot_cumulative(values, study.adsl, endpoints, study.plan)
    wide = visit_table(values, "DAS28ESR", study.plan)
    assert f"{int((wide['Y1'] < wide['BL']).sum())} of {len(study.adsl)} in the better direction at Y1" in picture.alt
    assert "not evaluated" in picture.caption


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_tiny_cohort_is_drawn_or_said_to_be_too_small(n):
    lines = "\n".join(f"p{i} {visit} 6 5 30 40 5.0 4.5" for i in range(n) for visit in ("BL", "Y1"))
    study = measured(f"who visit TJC28 SJC28 ESR PTGA DAS28ESR DAS28CRP\n{lines}")
    values, plan = values_of(study), study.plan
    components, forms = efficacy.estimate_components(values, study.adsl, plan), efficacy.compare_forms(values, study.adsl, plan)
    rows = efficacy.estimate_correlates(values, study.adsl, study.adcm, plan, study.catalogue)
    assert figures.plot_components(efficacy.derive_components(values, plan), components, plan)
    assert figures.plot_agreement(efficacy.derive_forms(values, plan), forms, plan)
    assert "nothing can be said" in responders.say_correlates(rows, plan).plain  # the table above it says why
    assert bool(composition.say_components(components, plan)) == (n == 2)


# --- correlates -------------------------------------------------------------------------------------------------------


def test_the_robust_standard_error_is_that_of_statsmodels():
    rng = np.random.default_rng(4)
    design = np.column_stack([rng.normal(size=30), np.ones(30), rng.normal(size=30)])
    outcome = design[:, 0] * rng.normal(1, 2, 30)
    fit = sm.OLS(outcome, design).fit(cov_type="HC3")
    assert slope_hc3(design, outcome) == (pytest.approx(fit.params[0]), pytest.approx(fit.bse[0]))
    assert np.isnan(slope_hc3(np.ones((5, 2)), np.arange(5.0))[0])


def test_a_characteristic_that_carries_the_change_is_found_and_its_p_adjusted(study):
    values, plan = values_of(study), study.plan
    wide = visit_table(values, "DAS28ESR", plan)
    change = (wide["Y1"] - wide["BL"]).reindex(study.adsl["USUBJID"]).to_numpy()
    told = replace(study, adsl=study.adsl.assign(AGE=50 + 10 * np.nan_to_num(change) + 5 * np.sin(np.arange(len(change)))))
    rows = efficacy.estimate_correlates(values, told.adsl, study.adcm, plan, study.catalogue)
    age = pick_result(rows, statistic="correlate", category="AGE")
    assert age["lower"] > 0.2
    assert age["p_value"] < age["p_adjusted"] < 0.001
    assert (rows["family"].iloc[0], rows["n"].iloc[0]) == ("correlates", int(np.isfinite(change).sum()))
    assert "strongest is age" in responders.say_correlates(rows, plan).plain


@pytest.mark.parametrize(("reach", "few"), [(0.31, True), (0.29, False)])
def test_patients_are_said_to_be_few_where_a_moderate_correlation_would_be_missed(study, reach, few):
    rows = efficacy.estimate_correlates(values_of(study), study.adsl, study.adcm, study.plan, study.catalogue)
    rows.loc[rows["statistic"] == "detectable_correlation", "value"] = reach
    text = responders.say_correlates(rows, study.plan).plain
    assert ("So few patients show little" in text) is few
    assert f"a correlation of {reach} or more would be seen 8 times in 10" in text


def test_what_so_many_patients_can_show_is_computed_and_baseline_itself_is_no_correlate(study):
    rows = efficacy.estimate_correlates(values_of(study), study.adsl, study.adcm, study.plan, study.catalogue)
    reach = pick_result(rows, statistic="detectable_correlation")
    assert reach["value"] == pytest.approx(np.tanh((1.959964 + 0.841621) / np.sqrt(reach["n"] - 3)), abs=1e-6)
    assert not any("DAS28" in category for category in rows["category"])


def test_every_table_is_drawn(study):
    values, plan = values_of(study), study.plan
    components, forms = efficacy.estimate_components(values, study.adsl, plan), efficacy.compare_forms(values, study.adsl, plan)
    rows = efficacy.estimate_correlates(values, study.adsl, study.adcm, plan, study.catalogue)
    criteria = efficacy.estimate_criteria(values, study.adsl, plan)
    shown = [tables.tabulate_components(components, plan), tables.tabulate_agreement(forms, plan),
             tables.tabulate_correlates(rows, plan), tables.tabulate_criteria(criteria, plan)]  # fmt: skip
    assert all("Synthetic cohort" in table.html() for table in shown)
