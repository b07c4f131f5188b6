"""The synthetic cohort: what it must hold, whether the committed files are what the parameter file makes, and the generator."""

import csv
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from scipy import stats

from racohort.cleaning import clean_cohort
from racohort.config import parse_cohort
from racohort.io.catalogue import read_catalogue
from racohort.io.criteria import read_toxicity
from racohort.io.raw import read_raw
from racohort.margins import mc_standard_error
from racohort.schema import CohortError
from racohort.scores import das28_esr4
from racohort.simulate import (
    ParametersError,
    draw_population,
    draw_values,
    parameter_grounds,
    parse_parameters,
    seed_streams,
    synthesise,
)
from racohort.simulate.calibration import (
    ACUTE_PHASE,
    LOWER,
    change_p_values,
    haq_di,
    measured_values,
    missed_claims,
    missed_safety,
    missed_targets,
    reference_limits,
)
from racohort.simulate.faults import FAULTS, TWICE
from racohort.simulate.latent import nearest_correlation
from racohort.simulate.shapes import joint_count
from racohort.simulate.values import HAQ, spearman_pairs

FOLDER = Path(__file__).parent.parent / "data" / "cohorts" / "wang2019-synthetic"
TEXT = (FOLDER / "parameters.yml").read_text(encoding="utf-8")
#: Two hundred light replicates of 64 patients who were not selected.
REPLICATES, PATIENTS = 200, 64


@pytest.fixture(scope="module")
def parameters():
    return parse_parameters(TEXT)


@pytest.fixture(scope="module")
def files():
    return synthesise(TEXT)


@pytest.fixture(scope="module")
def population(parameters):
    return draw_population(parameters, seed_streams(parameters["seed"]))


@pytest.fixture(scope="module")
def values(parameters, population):
    return measured_values(parameters, population)


@pytest.fixture(scope="module")
def female():
    return np.random.default_rng(1).random(REPLICATES * PATIENTS) < 0.806


@pytest.fixture(scope="module")
def drawn(parameters, female):
    return draw_values(parameters, female, np.random.default_rng(3))


def table_of(files, name):
    encoding = {"laboratory": "gb18030", "visits": "utf-8-sig"}.get(name, "utf-8")
    return list(csv.DictReader(io.StringIO(files[f"raw/{name}.csv"].decode(encoding))))


# --- the committed files (5.2 h) -----------------------------------------------------------------------------------------


def test_the_committed_files_are_what_the_parameter_file_and_seed_make(files):
    committed = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    assert sorted(committed) == sorted(files)
    assert [name for name in files if files[name] != committed[name]] == []


def test_another_seed_makes_another_cohort_with_an_id_of_its_own():
    other = synthesise(TEXT, seed=7)
    assert b"id: wang2019-synthetic-7\n" in other["cohort.yml"]
    assert b"This seed was given by whoever made the cohort" in other["README.md"]
    assert other == synthesise(TEXT, seed=7)
    assert other["raw/visits.csv"] != (FOLDER / "raw" / "visits.csv").read_bytes()


def test_the_workbook_holds_no_time_of_its_making(files):
    with zipfile.ZipFile(io.BytesIO(files["raw/demographics.xlsx"])) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(2019, 12, 19, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


def test_the_workbook_opens_and_has_a_row_for_each_patient(files, population):
    sheet = openpyxl.load_workbook(io.BytesIO(files["raw/demographics.xlsx"]))["病人信息"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("住院号 Patient ID", "性别 Sex", "年龄 Age (years)")
    assert [row[0] for row in rows[1:]] == population.patients["USUBJID"].tolist()
    assert [row[2] for row in rows[1:]] == population.patients["AGE"].tolist()


def test_cohort_yml_is_accepted_and_declares_a_synthetic_cohort(files):
    cohort = parse_cohort(files["cohort.yml"].decode(), "cohort.yml")
    assert (cohort.id, cohort.synthetic, cohort.title) == ("wang2019-synthetic", True, "Synthetic cohort after Wang 2019")
    assert list(cohort.visits) == ["BL", "Y1", "Y3"]
    assert cohort.parameters == {"alpha": 0.05, "primary_visit": "Y1", "primary": ["DAS28", "HAQDI"], "seed": 20191219}


def test_every_heading_of_the_raw_files_is_declared(files):
    cohort = parse_cohort(files["cohort.yml"].decode(), "cohort.yml")
    sheet = openpyxl.load_workbook(io.BytesIO(files["raw/demographics.xlsx"]))["病人信息"]
    headings = {cell.value for cell in sheet[1]}
    for name in ("visits", "laboratory", "adverse_events", "medication"):
        headings |= set(table_of(files, name)[0])
    assert headings == set(cohort.columns)


# --- the parameter file ---------------------------------------------------------------------------------------------------


def test_every_number_says_what_it_rests_on_and_what_is_no_assumption_names_its_source():
    grounds = parameter_grounds(TEXT)
    assert {row["basis"] for row in grounds} == {"abstract", "external anchor", "assumption"}
    assert [row["parameter"] for row in grounds if row["basis"] != "assumption" and not row["source"]] == []
    written = re.findall(r"basis:", TEXT.split("\nid:")[1])
    assert len(grounds) == len(written)


def test_only_facts_of_the_abstract_are_marked_abstract():
    facts = {row["parameter"]: row["value"] for row in parameter_grounds(TEXT) if row["basis"] == "abstract"}
    assert facts == {"patients.n": 64, "patients.age_low": 18, "patients.age_high": 64, "visits.labels": ["BL", "Y1", "Y3"],
                     "visits.days": [0, 365, 1095]}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n: 64", "has no ground"),
        ("n: {value: 64}", "a parameter has value, basis"),
        ("n: {value: 64, basis: guess}", "a parameter has value, basis"),
        ("n: {value: 64, basis: abstract}", "needs its source"),
    ],
)
def test_a_parameter_without_a_ground_is_refused(text, message):
    with pytest.raises(ParametersError, match=message):
        parse_parameters(text)


@pytest.mark.parametrize("text", ["- 64", "n: {value: 64, basis: assumption", "n: {value: !!int 64, basis: assumption}"])
def test_a_parameter_file_that_is_no_plain_yaml_is_refused(text):
    with pytest.raises(CohortError, match=r"parameters\.yml"):
        synthesise(text)


def test_a_negative_seed_is_refused():
    with pytest.raises(ParametersError, match="non-negative"):
        synthesise(TEXT, seed=-1)


@pytest.mark.parametrize(("was", "becomes"), [("\ndropout: ", "\nleaving: "), ("n: {value: 64,", "n: {value: many,")])
def test_a_parameter_that_is_missing_or_has_the_wrong_form_is_refused(was, becomes):
    with pytest.raises(ParametersError, match="lacks a parameter, or one has the wrong form"):
        synthesise(TEXT.replace(was, becomes))


# --- hard facts (5.2 a) ---------------------------------------------------------------------------------------------------


def test_there_are_64_patients_between_18_and_64_years_at_three_visits(population):
    ages = population.patients["AGE"]
    assert len(population.patients) == 64
    assert ages.between(18, 64).all()
    assert (ages == ages.round()).all()
    assert population.seen.shape == (64, 3)


def test_every_visit_is_inside_its_window_and_before_the_end_of_the_study(parameters, population):
    start = population.patients["TRTSDT"].to_numpy().astype("datetime64[D]")
    days = (population.dates - start[:, None]).astype(int)
    for visit, (low, high) in enumerate(
        zip(*(parameters["visits"][end] for end in ("lower_windows", "upper_windows")), strict=True)
    ):
        assert days[:, visit].min() >= low
        assert days[:, visit].max() <= high
    assert population.dates.max() <= np.datetime64(parameters["visits"]["study_end"])


def test_whoever_leaves_does_not_come_back_and_has_a_reason(population):
    assert (np.diff(population.seen.astype(int), axis=1) <= 0).all()
    left = ~population.seen[:, 2]
    assert (population.patients["DCSREAS"] != "").tolist() == left.tolist()
    assert (population.patients["EOSSTT"] == "DISCONTINUED").tolist() == left.tolist()


# --- the pattern of the abstract (5.2 b) ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "visit"), [(code, visit) for code, visits in LOWER.items() for visit in visits])
def test_what_the_abstract_calls_lower_is_lower_by_paired_t_and_by_wilcoxon(values, code, visit):
    assert np.nanmean(values[code][:, visit] - values[code][:, 0]) < 0
    assert max(change_p_values(values, code, visit)) < 0.05


def test_anti_ccp_at_one_year_shows_no_evidence_of_a_change(values):
    assert min(change_p_values(values, "ACCP", 1)) >= 0.05


def _wobble(column):
    """Changes of 1 on average at the first follow-up visit and of -5 at the second, not all alike."""
    return np.array([0.0, 1.0, -5.0]) + 0.1 * np.sign(np.sin(np.arange(len(column))))[:, None] * [0, 1, 1]


def test_an_unreported_change_and_a_missing_one_are_both_noticed(values):
    assert missed_claims({**values, "ESR": values["ESR"][:, [0, 0, 0]] + _wobble(values["ESR"])}) == ["ESR 1 lower"]
    assert missed_claims({**values, "ACCP": values["ACCP"] * [1.0, 0.5, 0.5]}) == ["ACCP 1 silent"]


def test_the_change_of_das28_is_of_the_size_that_was_published(values):
    change = np.nanmean(values["DAS28ESR"][:, 1:] - values["DAS28ESR"][:, :1], axis=0)
    assert np.all(np.abs(change - -1.28) < 0.4)


def test_the_seed_is_the_first_from_the_date_of_publication_on_with_which_everything_holds(parameters):
    tried = range(20191219, parameters["seed"] + 1)
    holds = [
        seed
        for seed in tried
        if next(missed_targets(parameters, draw_population(parameters, seed_streams(seed)), read_toxicity()), None) is None
    ]
    assert holds == [parameters["seed"]]


# --- safety (5.2 g) -------------------------------------------------------------------------------------------------------


def test_no_mean_leaves_its_range_no_value_is_of_grade_2_and_about_one_in_twenty_is_outside(parameters, population, values):
    assert missed_safety(parameters, population, values, read_toxicity()) == []


def test_a_cohort_without_any_value_outside_the_ranges_is_noticed(parameters, population, values):
    female = population.patients["SEX"].to_numpy() == "F"
    tame = dict(values)
    for code, analyte in parameters["laboratory"].items():
        low, high = reference_limits(analyte, female)
        tame[code] = np.clip(values[code], low, high)
    assert [said for said in missed_safety(parameters, population, tame, read_toxicity()) if said.startswith("0 of")] != []


def healthy_rate(analyte, limits):
    """The share outside a range whose central 95 % is healthy, given that a rounded value at the limit is inside."""
    half = 0.5 * 10.0 ** -analyte["digits"]
    log = np.log if analyte["shape"] == "lognormal" else np.asarray
    low, high = log(limits)
    curve = stats.norm((low + high) / 2, (high - low) / (2 * stats.norm.ppf(0.975)))
    return curve.cdf(log(limits[0] - half)) + curve.sf(log(limits[1] + half))


@pytest.mark.parametrize("code", ["NEUT", "LYM", "MCV", "ALT", "AST", "ALP", "GGT", "BILI", "UREA", "CREAT", "URATE", "C3", "C4"])
def test_a_healthy_range_has_its_share_of_values_outside(parameters, drawn, female, code):
    analyte = parameters["laboratory"][code]
    low, high = reference_limits(analyte, female)
    outside = (drawn[code][:, 0] < low[:, 0]) | (drawn[code][:, 0] > high[:, 0])
    for sex, who in (("female", female), ("male", ~female)):
        rate = healthy_rate(analyte, analyte[sex])
        assert abs(outside[who].mean() - rate) < 3 * mc_standard_error(rate, int(who.sum()))


@pytest.mark.parametrize("code", ACUTE_PHASE)
def test_active_disease_moves_the_acute_phase_at_baseline_and_little_later(parameters, drawn, female, code):
    low, high = reference_limits(parameters["laboratory"][code], female)
    outside = ((drawn[code] < low) | (drawn[code] > high)).mean(axis=0)
    assert outside[0] > max(outside[1:])
    assert max(outside[1:]) < 0.08


# --- margins, dependence, bounds (5.2 c, d, e, f) -------------------------------------------------------------------------


def lognormal_of(mean, sd):
    sigma = np.sqrt(np.log1p((sd / mean) ** 2))
    return stats.lognorm(sigma, scale=mean / np.sqrt(1 + (sd / mean) ** 2))


def beta_binomial_of(mean, sd):
    p = mean / 28
    strength = (28 - sd**2 / (28 * p * (1 - p))) / (sd**2 / (28 * p * (1 - p)) - 1)
    return stats.betabinom(28, p * strength, (1 - p) * strength)


def beta_of(mean, sd):
    m, s = mean / 100, sd / 100
    strength = m * (1 - m) / s**2 - 1
    return stats.beta(m * strength, (1 - m) * strength, scale=100)


MARGINS = {
    "TJC28": (beta_binomial_of, "counts", 0.0), "SJC28": (beta_binomial_of, "counts", 0.0), "PTGA": (beta_of, "scales", 0.5),
    "PHGA": (beta_of, "scales", 0.5), "PAIN": (beta_of, "scales", 0.5), "ESR": (lognormal_of, "acute", 0.5),
    "CRP": (lognormal_of, "acute", 0.05),
}  # fmt: skip


@pytest.mark.parametrize("code", MARGINS)
@pytest.mark.parametrize("visit", [0, 1, 2])
def test_quantiles_are_those_of_the_parameter_file_within_monte_carlo_error(parameters, drawn, code, visit):
    shape, group, half = MARGINS[code]
    margin = parameters[group][code]
    target = shape(margin["mean"][visit], margin["sd"][visit])
    for p in (0.1, 0.25, 0.5, 0.75, 0.9):
        cut = np.round(target.ppf(p), 1 if code == "CRP" else 0)
        expected = target.cdf(cut + half)
        assert abs((drawn[code][:, visit] <= cut).mean() - expected) < 3 * mc_standard_error(expected, REPLICATES * PATIENTS)


@pytest.mark.parametrize("code", ["RF", "ACCP"])
@pytest.mark.parametrize("visit", [0, 1, 2])
def test_antibodies_are_a_mixture_of_positive_and_negative_patients(parameters, drawn, code, visit):
    margin = parameters["antibodies"][code]
    high = stats.lognorm(margin["sdlog"], scale=margin["median"][visit])
    low = stats.lognorm(margin["negative_sdlog"], scale=margin["negative_median"])
    for cut in (12.0, 20.0, 60.0, 200.0, 600.0):
        expected = margin["positive"] * high.cdf(cut + 0.05) + (1 - margin["positive"]) * low.cdf(cut + 0.05)
        assert abs((drawn[code][:, visit] <= cut).mean() - expected) < 3 * mc_standard_error(expected, REPLICATES * PATIENTS)


def test_spearman_correlations_are_the_ones_asked_for_within_a_tenth(parameters, drawn):
    known = {**drawn, "HAQ": haq_di(drawn), "DAS28": drawn["DAS28ESR"]}
    pairs = [pair for pair in spearman_pairs(parameters) if pair[0] in known and pair[1] in known]
    assert len(pairs) > 50
    for visit in range(3):
        errors = {
            (one, other): stats.spearmanr(known[one][:, visit], known[other][:, visit])[0] - rho for one, other, rho in pairs
        }
        assert {pair: error for pair, error in errors.items() if abs(error) >= 0.1} == {}


def test_published_correlations_with_das28_hold_in_patients_who_were_selected_too(drawn):
    enrolled = drawn["DAS28ESR"][:, 0] > 3.2
    das28 = drawn["DAS28ESR"][enrolled, 0]
    published = {"ESR": 0.82, "CRP": 0.51, "HAQ": 0.45}
    values = {"ESR": drawn["ESR"][enrolled, 0], "CRP": drawn["CRP"][enrolled, 0], "HAQ": haq_di(drawn)[enrolled, 0]}
    assert all(abs(stats.spearmanr(values[name], das28)[0] - rho) < 0.1 for name, rho in published.items())


def test_counts_scales_and_categories_are_whole_numbers_within_their_bounds(values):
    for codes, low, high in ((("TJC28", "SJC28"), 0, 28), (("PTGA", "PHGA", "PAIN"), 0, 100), (("ESR",), 1, 140), (HAQ, 0, 3)):
        for code in codes:
            there = values[code][~np.isnan(values[code])]
            assert (there == np.round(there)).all()
            assert there.min() >= low
            assert there.max() <= high


def test_a_complete_haq_di_moves_in_eighths(values):
    complete = ~np.isnan([values[item] for item in HAQ]).any(axis=0)
    eighths = 8 * values["HAQDI"][complete]
    np.testing.assert_allclose(eighths, np.round(eighths), atol=1e-9)
    assert values["HAQDI"][complete].min() >= 0
    assert values["HAQDI"][complete].max() <= 3


def test_das28_is_its_formula_of_the_components(values):
    tender, swollen, esr, ptga = (values[code] for code in ("TJC28", "SJC28", "ESR", "PTGA"))
    written_out = 0.56 * tender**0.5 + 0.28 * swollen**0.5 + 0.70 * np.log(esr) + 0.014 * ptga
    np.testing.assert_allclose(values["DAS28ESR"], written_out, atol=1e-9, rtol=0)


def test_leucocytes_are_at_least_their_parts_and_protein_is_albumin_and_globulin(values):
    parts = values["NEUT"] + values["LYM"]
    assert (values["WBC"] > parts)[~np.isnan(values["WBC"] - parts)].all()
    together = values["PROT"] - values["ALB"] - values["GLOBUL"]
    assert np.nanmax(np.abs(together)) < 1e-9


# --- selection, regression to the mean, leaving ---------------------------------------------------------------------------


def test_only_patients_with_an_observed_das28_above_the_limit_are_enrolled(population):
    assert population.values["DAS28ESR"][:, 0].min() > 3.2


def test_regression_to_the_mean_is_in_the_cohort(parameters):
    unchanged = {
        **parameters,
        "counts": {code: {part: [both[0]] * 3 for part, both in margin.items()} for code, margin in parameters["counts"].items()},
        "scales": {code: {part: [both[0]] * 3 for part, both in margin.items()} for code, margin in parameters["scales"].items()},
        "acute": {
            code: {part: [both[0]] * 3 if isinstance(both, list) else both for part, both in margin.items()}
            for code, margin in parameters["acute"].items()
        },
    }
    das28 = draw_values(unchanged, np.ones(6400, dtype=bool), np.random.default_rng(3))["DAS28ESR"]
    enrolled = das28[das28[:, 0] > 3.2]
    assert abs(das28[:, 1].mean() - das28[:, 0].mean()) < 0.05
    assert enrolled[:, 1].mean() < enrolled[:, 0].mean() - 0.05


def test_too_few_active_candidates_are_refused(parameters):
    strict = {**parameters, "patients": {**parameters["patients"], "selection_das28": 9.0}}
    with pytest.raises(ParametersError, match="64 needed"):
        draw_population(strict, seed_streams(1))


def test_patients_with_more_active_disease_leave_more_often(parameters):
    many = {**parameters, "patients": {**parameters["patients"], "n": 1500, "candidates": 2000}}
    population = draw_population(many, seed_streams(4))
    left = ~population.seen[:, 1]
    assert 0.05 < left.mean() < 0.13
    assert population.values["DAS28ESR"][left, 0].mean() > population.values["DAS28ESR"][~left, 0].mean() + 0.2


# --- the typing errors ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faults(files):
    return list(csv.DictReader(io.StringIO(files["faults.csv"].decode())))


def test_every_kind_of_fault_stands_in_the_raw_files_where_the_list_says(files, faults):
    assert [fault["kind"] for fault in faults] == [fault.kind for fault in (*FAULTS, *TWICE)]
    for fault in faults:
        if fault["table"] != "demographics":
            row = table_of(files, fault["table"])[int(fault["line"]) - 2]
            assert not fault["column"] or row[fault["column"]] == fault["typed"] != fault["was"]


def test_double_rows_are_doubles_of_the_row_above(files, faults):
    doubles = [fault for fault in faults if fault["kind"] == "row that stands twice"]
    assert len(doubles) == 5
    for fault in doubles:
        rows, place = table_of(files, fault["table"]), int(fault["line"]) - 2
        assert rows[place] == rows[place - 1]


def test_a_cohort_of_a_few_patients_has_what_it_can_hold():
    few = synthesise(TEXT.replace("n: {value: 64,", "n: {value: 2,"), seed=1)
    cohort = parse_cohort(few["cohort.yml"].decode(), "cohort.yml")
    assert {file.path for file in cohort.files} == {name for name in few if name.startswith("raw/")}
    assert len(list(csv.DictReader(io.StringIO(few["faults.csv"].decode())))) < len(FAULTS) + len(TWICE)


def test_a_cohort_can_be_made_without_faults():
    clean = synthesise(TEXT.replace("faults: {value: true", "faults: {value: false"))
    assert "faults.csv" not in clean
    assert "溶血" not in clean["raw/laboratory.csv"].decode("gb18030")


def test_results_beyond_the_assay_are_written_with_its_limit(files):
    results = {row["结果 Result"] for row in table_of(files, "laboratory")}
    assert {result for result in results if result[0] in "<>"} == {"<0.8", "<10", "<7", ">1000", ">1600"}


# --- what cleaning makes of it --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cleaned():
    raw = read_raw("wang2019-synthetic")
    return clean_cohort(raw, read_catalogue(raw.config))


def places_of(frame):
    return {(row.file, row.line, row.column) for row in frame.itertuples()}


def place_of(fault):
    ending = "xlsx" if fault["table"] == "demographics" else "csv"
    return f"raw/{fault['table']}.{ending}", int(fault["line"]), fault["column"]


def test_cleaning_sets_aside_exactly_the_faults_that_cannot_be_mended(faults, cleaned):
    expected = {place_of(fault) for fault in faults if fault["expected"] == "quarantine"}
    assert places_of(cleaned.records.quarantine()) == expected


def test_cleaning_writes_every_mended_fault_into_its_ledger(faults, cleaned):
    ledger = cleaned.records.ledger()
    lines = {place[:2] for place in places_of(ledger)}
    for fault in faults:
        if fault["expected"] == "normalise":
            assert place_of(fault)[:2] in lines
            assert not fault["column"] or place_of(fault) in places_of(ledger)


def test_cleaning_doubts_nothing_else(cleaned):
    found = cleaned.records.found()
    assert set(found.loc[found["rule"] != "visit_absent", "class"]) == {"normalise", "quarantine"}


def test_a_mended_value_is_the_value_that_was_there(faults, cleaned):
    values = cleaned.values.set_index(["file", "line", "column"])
    mended = [fault for fault in faults if fault["kept"] == "yes" and place_of(fault) in values.index]
    assert len(mended) == 7
    for fault in mended:
        row = values.loc[[place_of(fault)]].iloc[0]
        assert row["limit"] == 10 if fault["was"] == "<10" else row["AVAL"] == float(fault["was"])


def test_the_pattern_of_the_abstract_holds_in_the_cleaned_values(cleaned):
    table = cleaned.values.pivot(index="USUBJID", columns=["PARAMCD", "AVISIT"], values="AVAL")
    values = {code: table[code][["BL", "Y1", "Y3"]].to_numpy() for code in table.columns.unique(0)}
    values["DAS28ESR"] = das28_esr4(values["TJC28"], values["SJC28"], values["ESR"], values["PTGA"])
    values["HAQDI"] = haq_di(values)
    assert missed_claims(values) == []


def test_every_patient_keeps_the_facts_that_were_drawn(population, cleaned):
    kept = cleaned.patients.loc[population.patients["USUBJID"]]
    for fact in ("SEX", "AGE", "DISDUR", "BMI", "EOSSTT"):
        assert kept[fact].tolist() == population.patients[fact].tolist()
    assert (kept["TRTSDT"].to_numpy() == population.patients["TRTSDT"].to_numpy()).all()


# --- building blocks ------------------------------------------------------------------------------------------------------


def test_the_nearest_correlation_matrix_is_highams():
    # Higham 2002, section 4: beside the diagonal 0.7607, in the corner 0.1573
    matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    near = nearest_correlation(matrix)
    np.testing.assert_allclose(near, [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]], atol=5e-5)
    assert np.linalg.eigvalsh(near).min() > 0


def test_a_matrix_that_is_a_correlation_matrix_stays_as_it_is():
    matrix = np.array([[1.0, 0.3, 0.2], [0.3, 1.0, 0.4], [0.2, 0.4, 1.0]])
    np.testing.assert_allclose(nearest_correlation(matrix), matrix, atol=1e-12)


def test_joint_counts_have_the_mean_and_sd_they_were_given():
    z = stats.norm.ppf((np.arange(20000) + 0.5) / 20000)
    counts = joint_count(z, 7.0, 4.4)
    assert counts.mean() == pytest.approx(7.0, abs=0.01)
    assert counts.std() == pytest.approx(4.4, abs=0.01)
