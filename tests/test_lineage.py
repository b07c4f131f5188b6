"""The figure of what was made from what: every section below those it needs, every file named or counted."""

import pytest

from racohort import figures
from racohort.absence import Absence
from racohort.results import as_results
from racohort.terms import NEEDS
from tests.support.frames import example_plan

ROWS = as_results(
    {"section": section, "statistic": "n", "PARAMCD": f"P{number}"}
    for section, rows in (("safety", 2), ("efficacy", 1))
    for number in range(rows)
)


def told(*files: str) -> str:
    figure = figures.plot_lineage({"inputs": [{"file": name} for name in files]}, ROWS, example_plan())
    return figure.alt


def test_every_section_stands_below_those_whose_results_it_reads():
    boxes = told("visits.csv").lower().split("; ")
    level = {section: next(n for n, box in enumerate(boxes) if section in box.split(",")[0] or section in box.split(", from")[0])
             for section in NEEDS}  # fmt: skip
    assert all(level[need] < level[section] for section, needs in NEEDS.items() for need in needs)
    assert level["participants"] == level["safety"] == level["efficacy"]
    assert boxes[level["robustness"]].startswith("robustness, from cleaning and efficacy")


def test_what_a_section_wrote_is_counted_from_the_results():
    assert "which wrote Result rows of safety: 2, Result rows of efficacy: 1" in told("visits.csv")


@pytest.mark.parametrize(
    ("count", "said"), [(1, "Read: 1 file of the cohort, a0.csv, as"), (5, "a4.csv, as"), (7, "a4.csv, and 2 more, as")]
)
def test_files_are_named_up_to_five_and_counted_beyond(count, said):
    assert said in told(*(f"a{number}.csv" for number in range(count)))


def test_without_a_record_there_is_no_figure():
    assert isinstance(figures.plot_lineage({}, ROWS, example_plan()), Absence)
