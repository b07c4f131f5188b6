"""The notebooks beside the report: the guide on which JupyterLab opens, and the one to play with."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from racohort import adam, cleaning, io, play
from racohort.absence import Absence
from racohort.engine import SectionFailed, run_section
from racohort.places import project_root
from tests.support.project import LIMITS

EXTRAS = project_root() / "notebooks" / "extras"
COHORT = "wang2019-synthetic"
#: What a user does: the plan of the report, a wider level, another visit, one endpoint, and none.
CHOICES = """\
shown = _
print(shown.result.html())
alpha, primary_visit, primary, _ = shown.children
alpha.value = 0.2; print(shown.result.html())
primary_visit.value = "Y3"; print(shown.result.html())
primary.value = ("CRP",); print(shown.result.html())
primary.value = (); print(shown.result)"""


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, io.Study]:
    """The default cohort after cleaning and before any section, and the folder in which it lies."""
    build = tmp_path_factory.mktemp("build")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RACOHORT_BUILD", str(build))
        raw = io.read_raw(COHORT)
        catalogue = io.read_catalogue(raw.config)
        clean = cleaning.clean_cohort(raw, catalogue)
        return build, io.write_study(COHORT, "", adam.derive_parts(clean, catalogue), clean)


def execute(notebook: NotebookNode, folder: Path, build: Path) -> NotebookNode:
    """The notebook after a run in a kernel of this interpreter."""
    nbformat.write(notebook, folder / "play.ipynb")
    run_section("play", folder / "play.ipynb", folder / "done" / "play.ipynb", {}, {"RACOHORT_BUILD": str(build)}, LIMITS)
    return nbformat.read(folder / "done" / "play.ipynb", as_version=4)


def read(name: str) -> NotebookNode:
    return nbformat.read(EXTRAS / f"{name}.ipynb", as_version=4)


def test_the_table_of_changes_changes_with_every_widget_and_begins_as_that_of_the_report(cleaned, tmp_path):
    build, study = cleaned
    notebook = read("play")
    place = 1 + next(index for index, cell in enumerate(notebook.cells) if "choose_plan" in cell.source)
    notebook.cells.insert(place, new_code_cell(CHOICES))
    executed = execute(notebook, tmp_path, build)
    (made,) = (cell for cell in executed.cells if cell.source == CHOICES)
    first, wider, later, other, none = "".join(output.text for output in made.outputs).splitlines()
    assert first == play.tabulate_plan(study, study.plan()).html()
    assert "95 %" in first
    assert "80 %" in wider
    families = [re.findall(r">([AB])</td>", shown) for shown in (wider, later)]
    assert families == [["A", "B", "A", "B"], ["B", "A", "B", "A"]]
    assert "HAQ" in later
    assert "HAQ" not in other
    assert "C-reactive protein" in other
    assert none == "Choose an endpoint."


def test_without_cleaning_the_notebook_says_in_one_sentence_what_to_run(tmp_path):
    with pytest.raises(SectionFailed) as failed:
        execute(read("play"), tmp_path, tmp_path / "nothing")
    (told,) = (output for cell in nbformat.read(failed.value.notebook, as_version=4).cells for output in cell.get("outputs", [])
               if output.output_type == "error")  # fmt: skip
    assert told.traceback == [
        f"the cohort {COHORT!r} has not been cleaned in this run: run the notebook 01-cleaning first, or `make report`."
    ]


def test_the_table_is_that_of_the_section_on_efficacy_for_endpoints_that_share_a_family(cleaned):
    _, study = cleaned
    both, one = (play.tabulate_plan(study, study.plan(primary=chosen)) for chosen in (["DAS28", "HAQDI"], ["DAS28"]))
    assert both.caption == one.caption
    assert both.frame["p, Satterthwaite"].tolist()[: len(one.frame)] == one.frame["p, Satterthwaite"].tolist()


def test_where_nothing_can_have_changed_there_is_nothing_to_choose(cleaned):
    _, study = cleaned
    plan = study.plan()
    shown = play.choose_plan(study, type(plan)(**(vars(plan) | {"visits": plan.visits[:1], "primary_visit": ""})))
    assert isinstance(shown, Absence)
    assert "no change to show" in shown.sentence


@pytest.mark.parametrize("name", ["start", "play"])
def test_a_notebook_beside_the_report_is_stored_without_outputs_and_leads_only_to_what_is_there(name):
    notebook = read(name)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "racohort"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert all(len(cell.source.splitlines()) <= 8 for cell in code)
    assert not re.search(r"^\s*(?:def|for|while|if|class|with|try)\b", "\n".join(cell.source for cell in code), re.M)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert all((EXTRAS / target).is_file() for target in re.findall(r"\]\(([^)]+)\)", text))


def test_the_guide_names_every_notebook():
    text = "\n".join(cell.source for cell in read("start").cells)
    others = [
        path for path in EXTRAS.parent.rglob("*.ipynb") if path.name != "start.ipynb" and ".ipynb_checkpoints" not in path.parts
    ]
    assert len(others) == 7
    assert all(f"{path.name})" in text for path in others)
