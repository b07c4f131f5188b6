"""Five cohorts from one parameter file, each with one thing changed: the verdict on every claim, and what the report says.

What they say was read by eye and is kept in `snapshots/five-cohorts.md`; after a wanted change write it anew with
`python -m tests.test_five_cohorts`, and read the difference.
"""

import os
import tempfile
from pathlib import Path

import pytest

from racohort.claims import VERDICTS
from racohort.results import select_results
from tests.support.altered import Cohort
from tests.support.simulated import CHANGES, simulated
from tests.test_claims import SAFETY, YEAR_1, YEAR_3
from tests.test_report import said, whole

AGREES, DIRECTION, UNDECIDED, CONTRADICTS, UNTESTED = VERDICTS
CHANGED, SILENT = YEAR_1 | YEAR_3, "A10-ACCP-1y"
SNAPSHOT = Path(__file__).parent / "snapshots" / "five-cohorts.md"


def made() -> dict[str, Cohort]:
    """The five cohorts, with the verdicts on the paper among their results."""
    found = {}
    for name in CHANGES:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as surroundings:
            surroundings.setenv("RACOHORT_BUILD", f"{folder}/build")
            surroundings.delenv("RACOHORT_WORK", raising=False)
            found[name] = whole(simulated(name, Path(folder) / "cohort"))
    return found


def told(cohorts: dict[str, Cohort]) -> str:
    """Everything that the report composes about the five."""
    parts = []
    for name, one in cohorts.items():
        parts += [f"# {name[:1].upper()}{name[1:]}", *(f"## {function}\n\n{text}" for function, text in said(one).items())]
    return "\n\n".join(parts) + "\n"


@pytest.fixture(scope="module")
def cohorts() -> dict[str, Cohort]:
    return made()


def verdicts(one: Cohort, level: str) -> dict[str, str]:
    rows = select_results(one.results, section="concordance", statistic="verdict", method=level)
    return dict(zip(rows["category"], rows["value_text"], strict=True))


EXPECTED = {
    "no effect": {**dict.fromkeys(CHANGED, UNDECIDED)},
    "opposite effect": {**dict.fromkeys(CHANGED, CONTRADICTS)},
    "half the visits": {**dict.fromkeys(YEAR_1, AGREES), **dict.fromkeys(YEAR_3, UNTESTED)},
    "no anti-CCP": {**dict.fromkeys(CHANGED, AGREES), "A10-ACCP-3y": UNTESTED},
    "twice the drop-out": {**dict.fromkeys(CHANGED, AGREES)},
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_claim_about_a_change_gets_the_verdict_that_the_cohort_was_made_for(cohorts, name):
    planned, printed = verdicts(cohorts[name], "as_planned"), verdicts(cohorts[name], "as_printed")
    found = {claim: planned.get(claim, printed[claim]) for claim in CHANGED}
    assert found == EXPECTED[name]


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_the_cohort_silence_and_the_conclusion_are_never_judged(cohorts, name):
    printed = verdicts(cohorts[name], "as_printed")
    assert {printed[claim] for claim in (SILENT, "A12-safe", "A12-effective", "A12-feasible")} == {UNTESTED}


def test_claims_about_the_laboratory_cannot_be_tested_where_the_visit_is_missing_and_are_answered_elsewhere(cohorts):
    for name, one in cohorts.items():
        printed = verdicts(one, "as_printed")
        untested = {claim for claim in SAFETY if printed[claim] == UNTESTED}
        assert untested == ({claim for claim in SAFETY if "-3y-" in claim} if name == "half the visits" else set()), name


def test_twice_the_drop_out_leaves_fewer_and_says_how_few(cohorts):
    rows = select_results(cohorts["twice the drop-out"].results, by="flow", category="SEEN", AVISIT="Y3")
    assert rows["count"].iloc[0] < 42  # the default cohort keeps about 50
    assert f"{rows['count'].iloc[0]} of 64 patients" in told({"x": cohorts["twice the drop-out"]})


def test_what_is_said_about_the_five_is_what_was_read_by_eye(cohorts):
    assert told(cohorts) == SNAPSHOT.read_text("utf-8")


if __name__ == "__main__":
    os.makedirs(SNAPSHOT.parent, exist_ok=True)
    SNAPSHOT.write_text(told(made()), "utf-8")
