"""The shape of a section: thin notebooks in which the words outnumber the code and no number is typed."""

import ast
import re
from importlib import import_module
from inspect import getsource
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from racohort.io.studies import USED
from racohort.places import project_root
from racohort.terms import ADSL, BDS, SECTIONS

NOTEBOOKS = project_root() / "notebooks"
NAMES = [f"{number:02d}-{section}" for number, section in enumerate(SECTIONS, start=1)]

#: What a section may not hold: whatever decides, repeats or defines belongs in a module.
BANNED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.AsyncFor, ast.While, ast.If, ast.IfExp,
    ast.Try, ast.With, ast.Match, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Assert, ast.Raise, ast.Global,
)  # fmt: skip

#: Digits that are names and not results: a year, a numbered section of a guideline, a code or score such as DAS28.
NOT_RESULTS = [
    r"`[^`]*`", r"\$[^$]*\$", r"\{[a-z:]+\}`[^`]*`", r"\]\([^)]*\)", r"\b(?:19|20)\d\d\b", r"(?i)\b(?:section|chapter)s? \d\S*",
    r"\b[A-Za-z][\w-]*\d[\w-]*", r"\bv\d+(?:\.\d+)*",
]  # fmt: skip


#: Each cell but the parameters has one of these: the code on request, the result on request, words alone, or nothing to see.
FOLDED = {"hide-input", "hide-output", "hide-cell", "remove-input", "remove-cell"}


@pytest.fixture(params=NAMES, scope="module")
def section(request: pytest.FixtureRequest) -> tuple[str, nbformat.NotebookNode]:
    path = NOTEBOOKS / f"{request.param}.ipynb"
    return request.param, nbformat.read(path, as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: nbformat.NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def tagged(notebook: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in code_cells(notebook) if tag in cell.metadata.get("tags", [])]


def says(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell ends with sentences."""
    return cell.source.rpartition("\n")[2].startswith("report.say_")


def test_a_cell_that_computes_offers_its_code(section):
    name, notebook = section
    for cell in tagged(notebook, "remove-input"):
        assert not any(isinstance(part, ast.Assign) for part in ast.parse(cell.source).body), f"{name}: {cell.source!r}"


def test_the_report_has_the_six_sections_and_no_other():
    assert [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))] == NAMES


def test_a_section_is_a_valid_notebook_for_the_projects_own_kernel(section):
    name, notebook = section
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert notebook.metadata.kernelspec.name == "racohort", name
    assert notebook.metadata.kernelspec.display_name == "RA cohort (Python)"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_a_section_is_stored_without_outputs(section):
    name, notebook = section
    for cell in code_cells(notebook):
        assert cell.outputs == [], name
        assert cell.execution_count is None, name


def test_a_section_begins_with_its_title_and_the_question_it_answers(section):
    _, notebook = section
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "?" in first.source
    assert not re.match(r"# [\d.]", first.source), "the book numbers its sections itself"


def test_the_second_cell_holds_the_parameters_each_a_typed_literal_with_a_comment(section):
    name, notebook = section
    assert [cell.id for cell in tagged(notebook, "parameters")] == [notebook.cells[1].id]
    lines = notebook.cells[1].source.splitlines()
    assert lines[0].startswith('cohort = "wang2019-synthetic"'), name
    assert lines[1].startswith('run = ""'), name
    for line in lines:
        assert "  # " in line, f"{name}: {line} has no comment"
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        assert statement.value is not None
        ast.literal_eval(statement.value)


def test_a_section_imports_from_the_project_alone_in_one_hidden_cell(section):
    name, notebook = section
    importing = [cell for cell in code_cells(notebook) if re.search(r"^\s*(?:from|import)\s", cell.source, re.M)]
    assert len(importing) == 1, name
    assert "remove-cell" in importing[0].metadata.tags
    for statement in ast.parse(importing[0].source).body:
        assert isinstance(statement, ast.ImportFrom), name
        assert statement.module == "racohort", name


def test_a_section_defines_decides_and_repeats_nothing(section):
    name, notebook = section
    for cell in code_cells(notebook):
        found = [type(node).__name__ for node in ast.walk(ast.parse(cell.source)) if isinstance(node, BANNED)]
        assert not found, f"{name}: {cell.source!r} holds {found}"
        assert not re.search(r"^\s*[%!]", cell.source, re.M), f"{name}: {cell.source!r} is not plain Python"


def test_no_cell_is_longer_than_eight_lines(section):
    name, notebook = section
    for cell in code_cells(notebook):
        assert len([line for line in cell.source.splitlines() if line.strip()]) <= 8, f"{name}: {cell.source}"


def test_no_number_is_typed_in_the_prose(section):
    name, notebook = section
    text = prose(notebook)
    for pattern in NOT_RESULTS:
        text = re.sub(pattern, " ", text)
    typed = [line.strip() for line in text.splitlines() if re.search(r"\d", line) and not re.match(r"\s*\d+\. ", line)]
    assert not typed, f"{name}: {typed}"


def test_a_section_has_more_prose_than_code(section):
    name, notebook = section
    words = len(prose(notebook).split())
    code = sum(len(cell.source.split()) for cell in code_cells(notebook))
    assert words > code, f"{name}: {words} words of prose, {code} of code"


def test_code_that_is_shown_on_request_is_tagged_so_and_the_rest_is_hidden(section):
    name, notebook = section
    for cell in code_cells(notebook)[1:]:
        tags = set(cell.metadata.get("tags", []))
        assert len(tags & FOLDED) == 1, f"{name}: {cell.source!r} has the tags {tags}"


def test_no_more_than_two_results_follow_each_other_without_a_word_between(section):
    name, notebook = section
    silent = 0
    for cell in notebook.cells:
        spoken = cell.cell_type == "markdown" or says(cell)
        silent = 0 if spoken else silent + ("hide-input" in cell.metadata.get("tags", []))
        assert silent <= 2, f"{name}: nothing is said before {cell.source!r}"


def test_every_heading_is_followed_by_a_sentence(section):
    name, notebook = section
    for cell, following in pairwise(notebook.cells):
        heading, _, rest = cell.source.partition("\n")
        if cell.cell_type == "markdown" and heading.startswith("#") and not rest.strip():
            spoken = following.cell_type == "markdown" or says(following)
            assert spoken, f"{name}: {heading}"


def test_a_section_ends_with_its_limits_and_writes_its_results_last(section):
    name, notebook = section
    headings = re.findall(r"^## (.+)$", prose(notebook), re.M)
    assert headings[-1] == "Limits", name
    last = notebook.cells[-1]
    assert last.cell_type == "code"
    assert f'io.write_results(study, "{name[3:]}", ' in last.source or f'io.write_results(study, "{name[3:]}",\n' in last.source


def test_no_section_names_a_path_of_a_machine(section):
    name, notebook = section
    written = nbformat.writes(notebook)
    assert not re.search(r"(?<![\w.])/(?:home|Users|work|tmp|root)/|[A-Z]:\\\\", written), name
    assert str(Path.home()) not in written or str(Path.home()) == "/"


#: Columns that only a measured value has, not a patient, a parameter of the catalogue, or a line of a file.
OF_VALUES = {*BDS} - {*ADSL, "PARAM", "PARCAT1", "AVALU", "ADT", "file", "sheet", "line", "column"}


def test_a_section_reads_every_column_that_its_functions_name_of_a_measured_value(section):
    name, notebook = section
    calls = [part for cell in code_cells(notebook) for part in ast.walk(ast.parse(cell.source)) if isinstance(part, ast.Call)]
    given = [call.func for call in calls if re.search(r"study\.(adlb|adqs|values)\b|\(signals\b", ast.unparse(call))]
    functions = [getattr(import_module(f"racohort.{module}"), one) for module, one in (ast.unparse(f).split(".") for f in given)]
    assert functions or name.endswith("concordance")
    for function in functions:
        words = (part.value for part in ast.walk(ast.parse(getsource(import_module(function.__module__))))
                 if isinstance(part, ast.Constant))  # fmt: skip
        assert OF_VALUES & {word for word in words if isinstance(word, str)} <= {*USED[name[3:]]}, function.__qualname__
