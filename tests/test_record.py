"""What is published: notebooks without traces of this machine, a book with its mark, and a log where it could not be built."""

import re
from pathlib import Path

import nbformat
import pytest

from racohort import book, record
from racohort.pipeline import make_report, prepare
from racohort.record import rows_read, versions


def executed(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    metadata = {"papermill": {"input_path": "/mnt/ward/Secret Hospital/x.ipynb"}}
    return nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)


def cell(source: str, *outputs: nbformat.NotebookNode, tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    metadata = {"papermill": {"duration": 1}, "execution": {"x": "2020"}, "tags": list(tags)}
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=metadata, execution_count=1)


def stream(text: str, name: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text)


def test_a_published_notebook_holds_no_times_and_no_paths_of_papermill() -> None:
    clean, _ = book.publishable(executed(nbformat.v4.new_markdown_cell("# x"), cell("1 + 1")))
    text = nbformat.writes(clean)
    assert "Secret" not in text
    assert "duration" not in text
    assert "2020" not in text


def test_warnings_leave_the_page_and_go_into_the_record() -> None:
    noise = stream("/tmp/ipykernel_1/123.py:4: RuntimeWarning: mean of nothing\n  x.mean()\n", "stderr")
    clean, warnings = book.publishable(executed(cell("x.mean()", stream("kept", "stdout"), noise)))
    assert [output.text for output in clean.cells[0].outputs] == ["kept"]
    assert warnings == ["RuntimeWarning: mean of nothing"]


def test_the_parameters_of_the_default_run_do_not_stand_in_another_runs_book() -> None:
    """The page on the parameters of this run shows those that were used, with where each came from."""
    literals = cell('cohort = "wang2019-synthetic"\nalpha = 0.05\n', tags=("parameters",))
    injected = cell('# Parameters\ncohort = "a"\nalpha = 0.01\n', tags=("injected-parameters",))
    clean, _ = book.publishable(executed(literals, injected, cell("1 + 1")))
    assert ["remove-cell" in entry.metadata.get("tags", []) for entry in clean.cells] == [True, True, False]


def test_rows_of_several_sheets_are_added(tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text("file,sheet,rows\na.xlsx,1,10\na.xlsx,2,5\nb.csv,,\n")
    assert rows_read(tmp_path / "sources.csv") == {"a.xlsx": 15, "b.csv": 0}
    assert rows_read(tmp_path / "missing.csv") == {}


def test_a_package_that_is_not_there_is_said_to_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("racohort.record.PACKAGES", ("no-such-package",))
    assert versions()["no-such-package"] == "not installed"


def test_the_foot_says_by_what_code_and_whether_it_was_as_committed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACOHORT_COMMIT", "9f8e7d6c5b4a changed")
    told = record.foot(prepare("small"), "Made today", whole=False)
    assert re.search(r"racohort [\d.]+, code [0-9a-f]{8}, changed since commit 9f8e7d6c · environment [0-9a-f]{8} ·", told)


def test_a_small_project_becomes_a_book_that_is_marked_synthetic(project: Path) -> None:
    page = make_report(prepare("small", "alpha=0.01"), say=lambda line: None)
    folder = page.parent
    assert book.SYNTHETIC in page.read_text("utf-8")
    safety = (folder / "notebooks" / "03-safety.html").read_text("utf-8")
    assert "safety was run" in safety
    assert book.paths_of_this_machine(folder.parent, [str(project)]) == []
    assert not list((project / "book" / "_build").glob(".new-*"))
    assert not (project / "book" / "_build" / ".work" / "small" / "book").exists()
    with (project / "book" / "index.md").open("a") as index:
        index.write("\n[](nowhere.md)\n")
    with pytest.raises(book.BookFailed) as error:
        make_report(prepare("small", "alpha=0.01"), say=lambda line: None)
    assert "nowhere.md" in error.value.faults[0]
    assert error.value.log.is_file()
    assert book.SYNTHETIC in page.read_text("utf-8")


SHOWN, GONE = '<div class="ra-said ra-paragraphs"><p>1 of 2.</p></div>', '<p class="ra-absent">Nothing was supplied.</p>'


@pytest.mark.parametrize(("first", "second", "kept"), [
    (SHOWN, SHOWN, ["A", "B", "C", "Limits"]), (SHOWN, GONE, ["A", "B", "Limits"]), (GONE, SHOWN, ["A", "B", "C", "Limits"]),
    (GONE, GONE, ["A", "Limits"]), ("", '<div class="ra-said ra-paragraphs"></div>', ["A", "Limits"]),
])  # fmt: skip
def test_a_section_tagged_to_need_data_leaves_the_page_where_it_shows_none(first, second, kept):
    def told(html: str) -> list:
        output = nbformat.v4.new_output("display_data", {"text/html": html})
        return [nbformat.v4.new_code_cell("x", outputs=[output] if html else [])]

    def heading(text: str, **metadata) -> nbformat.NotebookNode:
        return nbformat.v4.new_markdown_cell(text, metadata=metadata)

    needs = {"tags": ["needs-data"]}
    parts = [heading("# A"), heading("## B", **needs), *told(first), heading("### C", **needs), *told(second)]
    cells = [*parts, heading("## Limits"), *told(GONE)]
    left = [cell.source.lstrip("# ") for cell in book.without_empty_sections(cells) if cell.cell_type == "markdown"]
    assert left == kept
