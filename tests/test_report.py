"""Sentences from results: right number, right direction, right grammar, and nothing that a single arm cannot say."""

import doctest
import re
from dataclasses import replace

import pytest

from racohort import claims, report
from racohort.io.paper import read_claims
from racohort.plan import Plan
from racohort.report import text
from racohort.report.phrases import change_sentence, direction_of
from racohort.report.run import say_provenance, say_title
from racohort.report.text import Text, absent, points, quote, say
from racohort.results import as_results, join_results
from tests.support.altered import Cohort, cohort
from tests.support.frames import example_catalogue, example_plan

COHORTS = {
    "as the paper": {"effect": -0.2}, "no change": {"effect": 0.0}, "opposite": {"effect": 0.2},
    "half the visits": {"visits": ("BL", "Y1")},
    "no anti-CCP": {"without": ("ACCP",)}, "drop-out": {"every": 2},
    "observed": {"effect": 0.0, "visits": ("BL", "M3", "M12"), "synthetic": False, "laboratory": False,
                 "events": False, "treated": False,
                     "without": ("ESR", "CRP", "RF", "ACCP")},
}  # fmt: skip


COMPOSED = ("say_abstract_methods", "say_abstract_results", "say_abstract_conclusion", "say_key_findings", "say_plain_summary")


def whole(one: Cohort) -> Cohort:
    """A cohort with the verdicts on the paper among its results."""
    paper = read_claims()
    verdicts = claims.judge_claims(paper, one.results, one.plan, one.catalogue)
    return replace(one, results=join_results(one.results, verdicts, claims.count_coverage(verdicts, paper)))


@pytest.fixture(scope="module")
def cohorts() -> dict[str, Cohort]:
    return {name: whole(cohort(**changes)) for name, changes in COHORTS.items()}


def said(one: Cohort) -> dict[str, str]:
    """Everything that the report composes about a cohort, by the name of its function."""
    about = (one.results, one.plan, one.catalogue)
    texts = {name: getattr(report, name)(*about).plain for name in COMPOSED}
    coverage, untested = report.say_coverage(one.results, one.plan), report.say_untested(one.results)
    return {**texts, "say_coverage": coverage.plain, "say_untested": untested.plain}


# --- the text itself --------------------------------------------------------------------------------------------------------


def test_every_example_in_the_docstrings_holds():
    assert doctest.testmod(text).failed == 0


def test_everything_is_escaped_and_no_markdown_form_exists():
    shown = say(quote('<script>"x"</script> **a** [b](c)', "a.b&c"))
    assert "<script>" not in shown._repr_html_()
    assert "&lt;script&gt;" in shown._repr_html_()
    assert 'data-results="a.b&amp;c"' in shown._repr_html_()
    assert not hasattr(shown, "_repr_markdown_")


def test_a_sentence_leads_to_the_rows_it_quotes():
    shown = say(quote("One.", "r1", "r2"), "Two.", quote("Three.", "r1"))
    assert shown.result_ids == ("r1", "r2")
    assert 'title="Why this number? Result rows: r1 r2"' in shown._repr_html_()
    assert shown.plain == str(shown) == repr(shown) == "One. Two. Three."


def test_texts_add_up_and_empty_sentences_vanish():
    assert (say("One.") + say("Two.")).plain == "One.\n\nTwo."
    assert not say("", "")
    assert (say("") + say("One.")).plain == "One."
    assert points("One.", "", "Two.")._repr_html_().count("<li>") == 2
    assert absent("None.").kind == "absent"


def test_sentences_of_every_section_are_found_by_name_and_no_name_is_given_twice():
    import importlib
    import pkgutil

    modules = [importlib.import_module(f"racohort.report.{module.name}") for module in pkgutil.iter_modules(report.__path__)]
    names = [name for module in modules for name, thing in vars(module).items()
             if name.startswith("say_") and thing.__module__ == module.__name__]  # fmt: skip
    assert len(names) == len(set(names))
    assert all(getattr(report, name).__name__ == name for name in names)
    with pytest.raises(AttributeError, match="say_nothing_at_all"):
        report.say_nothing_at_all  # noqa: B018


def test_glue_keeps_a_thing_under_its_name_without_showing_it(monkeypatch):
    kept = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: kept.append((data, more)))
    monkeypatch.setattr("myst_nb.ext.glue.ipy_display", lambda data, **more: kept.append((data, more)))
    report.glue("greeting", say("Hello."))
    data, more = kept[0]
    assert more["metadata"]["scrapbook"]["name"] == "greeting"
    assert all(mime.startswith("application/papermill.record/") for mime in data)


# --- the wording ---------------------------------------------------------------------------------------------------------------

CAUSAL = r"\b(?:caus\w+|effect of|reduc\w+|improv\w+|due to|thanks to|led to|leads to|result(?:s|ed) in|because of the)\b"


@pytest.mark.parametrize("name", COHORTS)
def test_no_sentence_says_that_the_treatment_did_something_or_is_safe(cohorts, name):
    for function, told in said(cohorts[name]).items():
        assert not re.search(CAUSAL, told, re.IGNORECASE), function
        assert not re.search(r"\bsafe\b|\bsafety of\b|\bwell tolerated\b|\bsignificant", told, re.IGNORECASE), function
        assert "*" not in told, function


@pytest.mark.parametrize("name", COHORTS)
def test_no_p_without_n_and_no_number_is_missing_or_badly_printed(cohorts, name):
    for function, told in said(cohorts[name]).items():
        for place in re.finditer(r"\bp [=<>]", told):
            assert "n = " in told[max(0, place.start() - 120) : place.start()], f"{function}: {told[place.start() - 60 :]}"
        assert not re.search(r"\bnan\b|None(?! of)|<NA>|–\d|\d-\d|\(\)|  | ,| \.", told), f"{function}: {told}"


@pytest.mark.parametrize("name", COHORTS)
def test_sentences_end_with_a_full_stop_and_ones_are_singular(cohorts, name):
    for function, told in said(cohorts[name]).items():
        assert told.endswith("."), function
        assert not re.search(r"(?<!of )\b1 (?:patients|claims|people|years|values|visits)\b", told), function
        assert ".." not in told, function


def test_the_sentences_follow_the_direction_that_the_results_have(cohorts):
    results = {name: said(one)["say_abstract_results"] for name, one in cohorts.items()}
    assert "DAS28-ESR was lower at Y1 than at baseline under treatment: mean change −" in results["as the paper"]
    assert "DAS28-ESR was higher at Y1 than at baseline under treatment: mean change 1." in results["opposite"]
    assert "There was no evidence of a change in DAS28-ESR from baseline to Y1" in results["no change"]
    assert " was lower " not in results["no change"] + results["opposite"]


def test_a_fall_that_does_not_outlast_the_adjustment_is_no_evidence():
    parts = {"section": "efficacy", "PARAMCD": "CRP", "AVISIT": "Y1", "population": "efficacy", "contrast": "Y1-BL",
             "statistic": "mean_change",
                 "method": "paired_t", "value": -2.0, "lower": -3.9,
              "upper": -0.1, "level": 0.95, "n": 1234, "p_value": 0.04, "unit": "mg/L"}  # fmt: skip
    row = as_results([parts]).iloc[0]
    adjusted = as_results([parts | {"p_adjusted": 0.08, "family": "A", "statistic": "mmrm_change", "method": "mmrm_kr"}]).iloc[0]
    assert direction_of(row, None, 0.05) == "lower"
    assert direction_of(row, adjusted, 0.05) == ""
    assert change_sentence(row, adjusted, example_plan(), example_catalogue()).text == (
        "There was no evidence of a change in C-reactive protein from baseline to Y1 under treatment: mean change −2.0 mg/L "
        "(95 % CI −3.9 to −0.1; n = 1,234; p = 0.040; adjusted p = 0.080 by the mixed model).")  # fmt: skip


def test_a_cohort_without_treatment_laboratory_or_events_says_so_and_claims_no_treatment(cohorts):
    told = said(cohorts["observed"])
    assert "no start of treatment is on record" in told["say_abstract_methods"]
    assert "under treatment" not in told["say_abstract_results"]
    assert "ESR, CRP, RF and anti-CCP were not measured" in told["say_abstract_results"]
    assert "No adverse events were supplied" in told["say_abstract_results"]
    assert "No laboratory values with reference ranges were supplied" in told["say_abstract_results"]
    assert "synthetic" not in " ".join(told.values()).lower()
    assert "It says" not in told["say_plain_summary"]


def test_a_synthetic_cohort_is_called_so_wherever_a_reader_may_start(cohorts):
    told = said(cohorts["as the paper"])
    for function in ("say_abstract_methods", "say_coverage"):
        assert "synthetic" in told[function], function
    assert told["say_plain_summary"].startswith("These people do not exist")


def test_each_reason_for_not_testing_is_given_once_with_its_number_of_claims(cohorts):
    told = said(cohorts["half the visits"])["say_untested"]
    assert re.search(r"^\d+ claims: No follow-up visit within 180 days of 3 years; planned is Y1\.", told, re.MULTILINE)
    reasons = [line.split(": ", 1)[1] for line in told.split("\n\n")]
    assert len(reasons) == len(set(reasons))


def test_every_quoted_row_exists(cohorts):
    one = cohorts["as the paper"]
    about = (one.results, one.plan, one.catalogue)
    shown: list[Text] = [report.say_abstract_results(*about), report.say_key_findings(*about), report.say_plain_summary(*about),
                         report.say_coverage(one.results, one.plan), report.say_untested(one.results)]  # fmt: skip
    for some in shown:
        assert some.result_ids
        assert set(some.result_ids) <= set(one.results["result_id"])


def test_plain_words_print_no_digit_that_a_report_to_publish_rounded_away(cohorts):
    one = cohorts["as the paper"]
    code = one.plan.primary[-1]
    its = (one.results["PARAMCD"] == code) & (one.results["AVISIT"] == "Y1") & (one.results["statistic"] == "mean_change")
    for (value, lower, upper), shown in (((-0.4, -0.52, -0.28), "0.40 points"), ((-0.395, -0.524, -0.267), "0.395 points")):
        rows = one.results.copy()
        rows.loc[its, ["value", "lower", "upper"]] = value, lower, upper
        assert shown in report.say_plain_summary(rows, one.plan, one.catalogue).plain


def test_one_patient_alone_gets_grammatical_sentences_and_no_estimate():
    flow = {"section": "participants", "statistic": "count", "method": "", "value": 1.0, "count": 1, "n": 1, "by": "flow"}
    rows = [dict(flow, population="all", category="ENROLLED"), dict(flow, population="all", category="TREATED"),
            dict(flow, population="safety", AVISIT="Y3", category="SEEN")]  # fmt: skip
    plan: Plan = example_plan(synthetic=False)
    about = (as_results(rows), plan, example_catalogue())
    assert report.say_abstract_methods(*about).plain.startswith("1 patient was followed")
    assert "No primary endpoint was measured in at least two patients" in report.say_abstract_results(*about).plain
    assert report.say_plain_summary(*about).plain.startswith("1 person took part")


# --- the run ------------------------------------------------------------------------------------------------------------------


def test_the_title_and_the_provenance_say_what_was_run():
    plan = example_plan()
    assert say_title(plan).plain == "Example (synthetic cohort)"
    assert say_title(replace(plan, synthetic=False)).plain == "Example"
    assert say_title(replace(plan, title="Synthetic example")).plain == "Synthetic example"
    record = {"run": "", "inputs": [{"file": "a.csv"}, {"file": "b.csv"}]}
    assert "the unnamed run of the cohort example. It read 2 files: a.csv and b.csv." in say_provenance(record, plan).plain
    assert say_provenance({}, plan).kind == "absent"


@pytest.mark.parametrize(("upper", "told"), [(0.033, "up to about 3 of 100"), (0.004, "fewer than 1 of 100")])
def test_plain_words_call_a_rounded_limit_about(cohorts, upper, told):
    one = cohorts["as the paper"]
    rows = one.results.copy()
    its = (rows["section"] == "safety") & (rows["statistic"] == "proportion") & (rows["category"] == "SERIOUS")
    rows.loc[its & (rows["by"] == "overview"), "upper"] = upper
    assert told in report.say_plain_summary(rows, one.plan, one.catalogue).plain
