"""What the sections on efficacy and robustness may say: no cause, nothing significant without its size, no p without its n.

Every sentence that they can compose is read for cohorts that fall, that rise, that do nothing, that are nearly empty, and for
the real one. A sentence is what one `Sentence` holds, so that a number and its denominator stand together wherever it is quoted.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
import pytest

from racohort import efficacy, robustness
from racohort.places import project_root
from racohort.report import checks, composition, responders
from racohort.report import efficacy as told
from racohort.report import robustness as doubts
from racohort.report.text import Text
from racohort.results import join_results
from tests.support.frames import ExampleStudy, bds, example_study
from tests.support.rapport import rapport_catalogue, rapport_frames, rapport_plan
from tests.test_checks import examine as examine_checks
from tests.test_checks import medication
from tests.test_composition import with_both_forms
from tests.test_efficacy import analyse, endpoints_of, needs_rapport
from tests.test_robustness import examine

#: Words that say that something was brought about. "With no effect of anything" denies it, and is the one exception.
CAUSAL = re.compile(
    r"\bcaus\w*|\bbecause of\b|\bdue to\b|\bowing to\b|\bthanks to\b|\bled to\b|\bleads? to\b|\bresult(?:s|ed)? (?:in|from)\b"
    r"|\breduc(?:es|ed|tion|ing)\b|\blower(?:s|ed)\b|\brais(?:es|ed) the\b|\beffects? of (?!anything\b)|\beffective\w*"
    r"|\befficacious"
    r"|\brespond(?:s|ed)? to\b|\bbenefit(?:s|ed)? from\b|\bwork(?:s|ed)\b|\bcur(?:es|ed)\b|\bprevent\w*|\bachiev\w*|\bimproves\b"
    r"|\bimproved by (?:the|treatment|cells)\b|\bpromot\w*|\binduc\w*",
    re.IGNORECASE,
)
P = re.compile(r"\bp\s?[=<>]|mid-p\b")
N = re.compile(r"\bn = \d|\b\d[\d,]* (?:patients|pairs)\b|\b\d[\d,]* of \d")
SIZE = re.compile(r"\bCI\b")
#: Tests that have no size of their own in the sentence: they say so, or are said beside the estimate of the same change.
BARE = re.compile(r"Friedman|Cochran's Q|Wilcoxon's test with censored values tied")


def shifted(study: ExampleStudy, factor: float) -> ExampleStudy:
    """The example study with every follow-up value multiplied."""
    adqs, adlb = (
        frame.assign(AVAL=frame["AVAL"] * np.where(frame["AVISITN"] > 0, factor, 1.0)) for frame in (study.adqs, study.adlb)
    )
    return replace(study, adqs=adqs, adlb=adlb)


def with_medication(study: ExampleStudy) -> ExampleStudy:
    given = medication("X001 GC BASELINE -30\nX001 GC INCREASE 100\nX002 bDMARD START 500\nX004 GC START .")
    return replace(study, adcm=given, adsl=study.adsl.assign(SITEID=np.where(np.arange(len(study.adsl)) % 3, "A", "B")))


def real() -> ExampleStudy:
    lb, qs, people = rapport_frames()
    return ExampleStudy(rapport_plan(), rapport_catalogue(), people, lb, qs, bds([]), bds([]))


COHORTS = {
    "falls": lambda: with_medication(with_both_forms(example_study(40))),
    "does nothing": lambda: shifted(example_study(), 1.25),
    "rises": lambda: with_medication(shifted(example_study(), 1.8)),
    "two patients": lambda: example_study(2),
    "RAPPORT": real,
}


def rows_of(study: ExampleStudy) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The rows of both sections as their notebooks make them: efficacy, robustness, and the shares and parts."""
    plan, catalogue, adsl = study.plan, study.catalogue, study.adsl
    values = efficacy.select_values(study.adlb, study.adqs, adsl, plan, catalogue)
    main = analyse(study)
    parts = join_results(efficacy.estimate_components(values, adsl, plan), efficacy.compare_forms(values, adsl, plan),
                         efficacy.estimate_criteria(values, adsl, plan), efficacy.estimate_censored(values, adsl, plan),
                         efficacy.estimate_correlates(values, adsl, study.adcm, plan, catalogue))  # fmt: skip
    controls = robustness.compare_negative_controls(study.adlb, adsl, plan, catalogue)
    sites = robustness.estimate_leave_one_site_out(values, adsl, plan, catalogue)
    diagnostics = robustness.check_diagnostics(values, adsl, main, controls, plan, catalogue)
    return main, parts, join_results(sites, diagnostics)


def texts(study: ExampleStudy) -> Iterator[Text]:
    """Everything that the two sections say about a cohort."""
    main, parts, further = rows_of(study)
    plan, catalogue, every = study.plan, study.catalogue, endpoints_of(study)
    for say in (told.say_endpoints, told.say_changes, told.say_biomarkers, told.say_secondary, told.say_overall):
        yield say(main, every, plan)
    for say in (told.say_families, told.say_states, told.say_responses):
        yield say(main, plan)
    for say in (composition.say_components, composition.say_agreement, responders.say_criteria, responders.say_correlates):
        yield say(parts, plan)
    yield checks.say_censored(parts, every, plan)
    doubted, endpoints = examine(study, main)
    checked, _ = examine_checks(study)
    for say in (doubts.say_patterns, doubts.say_missing_rules, doubts.say_tipping, doubts.say_influence, doubts.say_verdict):
        yield say(doubted, endpoints, plan)
    for say in (doubts.say_regression, doubts.say_benchmarks, doubts.say_published):
        yield say(doubted, plan)
    yield doubts.say_dropouts(doubted, plan, catalogue)
    for say in (checks.say_imputed, checks.say_posteriors, checks.say_cotreatment, checks.say_specifications):
        yield say(checked, endpoints, plan)
    yield checks.say_controls(checked, plan, catalogue)
    yield checks.say_sites(further, endpoints, plan)
    yield checks.say_diagnostics(further, endpoints, plan, robustness.DIAGNOSTICS)


@pytest.fixture(scope="module", params=[pytest.param(name, marks=needs_rapport if name == "RAPPORT" else ()) for name in COHORTS])
def sentences(request) -> list[str]:
    said = (sentence.text for text in texts(COHORTS[request.param]()) for sentence in chain.from_iterable(text.paragraphs))
    return [sentence for sentence in said if sentence]


def test_no_sentence_says_that_anything_brought_a_change_about(sentences):
    assert len(sentences) > 15
    assert not [sentence for sentence in sentences if CAUSAL.search(sentence)]


def test_nothing_is_significant_without_its_estimate_and_interval(sentences):
    assert not [s for s in sentences if re.search(r"\bsignifican", s, re.IGNORECASE) and not SIZE.search(s)]


def test_no_p_stands_without_its_n_nor_without_the_size_it_is_about(sentences):
    tested = [sentence for sentence in sentences if P.search(sentence)]
    assert not [sentence for sentence in tested if not N.search(sentence)]
    assert not [sentence for sentence in tested if not SIZE.search(sentence) and not BARE.search(sentence)]


def test_a_change_that_is_no_evidence_is_never_called_no_change_or_stable(sentences):
    for sentence in sentences:
        assert not re.search(r"\b(?:did not change|unchanged|no change was|stable|was maintained|remained)\b", sentence), sentence


def test_every_sentence_is_printed_properly(sentences):
    for sentence in sentences:
        assert sentence.endswith("."), sentence
        assert not re.search(
            r"\bnan\b|None(?! of)|<NA>|\(\)|  | ,|\.\.| \.|\b1 (?:patients|pairs|sites|visits|changes)\b", sentence
        ), sentence


@pytest.mark.parametrize("name", ["04-efficacy", "05-robustness"])
def test_the_prose_between_the_numbers_claims_no_cause_either(name):
    notebook = json.loads((project_root() / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    prose = [" ".join("".join(cell["source"]).split()) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    denied = ("cannot tell who responds to a treatment",)
    for text in prose:
        kept = text
        for words in denied:
            kept = kept.replace(words, "")
        assert not re.search(r"\bsignifican", kept, re.IGNORECASE), text
        assert not re.search(r"(?:treatment|cells|infusion)\s+(?:caus|reduc|improv|lower|work|led|induc)\w*", kept), text
        assert not re.search(r"\brespond(?:s|ed)? to\b|\beffective", kept), text
