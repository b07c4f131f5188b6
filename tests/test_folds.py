"""What is folded away keeps its number and says what it is."""

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from racohort.book import publishable
from racohort.folds import MARK, fold

SYNTHETIC = '<span class="ra-mark">Synthetic cohort.</span> '
TABLE = f'<caption><span class="ra-caption">{SYNTHETIC}Events by term, safety population.</span></caption>'
FOLD = (
    '<details class="admonition hide below-input"><summary><p class="collapsed admonition-title">Show the details</p>'
    '<p class="expanded admonition-title">Hide the details</p></summary>{}</details>\n</div>'
)


def test_a_fold_is_called_by_the_number_and_title_of_what_it_holds():
    page = fold(FOLD.format(TABLE))
    assert page.count('admonition-title">Table 1. Events by term</p>') == 2
    assert "details</p>" not in page


def test_a_fold_without_a_caption_is_not_called_by_the_next_one():
    page = fold(FOLD.format("<p>Nothing.</p>") + TABLE)
    assert 'admonition-title">Show the details</p>' in page


@pytest.mark.parametrize(
    ("caption", "title"),
    [
        (
            "Change if they are worse by the amount below (closed form; one row a visit).",
            "Change if they are worse by the amount below",
        ),
        ("Change from baseline, complete pairs of all (n = 4), with intervals.", "Change from baseline"),
        ("Change of the score, patients with every part.", "Change of the score"),
        ("Estimand of the primary endpoints (ICH E9 R1).", "Estimand of the primary endpoints (ICH E9 R1)"),
        ("Patients measured at both visits (n = 4). Left: values.", "Patients measured at both visits (n = 4)"),
    ],
)
def test_the_title_on_a_fold_ends_before_what_explains_it_and_never_within_a_bracket(caption, title):
    page = fold(FOLD.format(TABLE.replace("Events by term, safety population.", caption)))
    assert f'admonition-title">Table 1. {title}</p>' in page


def test_a_part_of_sentences_alone_says_so():
    assert "<summary>Open this part</summary>" in fold(f"<section><h2>A</h2>{MARK}<p>One.</p></section>")


def test_numbers_count_what_is_folded_and_figures_apart_from_tables():
    page = fold(FOLD.format(TABLE) + "<figcaption>Dots.</figcaption>" + TABLE)
    assert [number in page for number in ("Table 1.", "Figure 1.", "Table 2.", "Figure 2.")] == [True, True, True, False]


def test_a_marked_section_stands_behind_one_choice_that_says_how_much_there_is():
    page = fold(f"<section><h2>A</h2>{MARK}{TABLE}{TABLE}</section><section><h2>B</h2></section>")
    assert "<h2>A</h2><details" in page
    assert "<summary>Open this part: 2 tables</summary>" in page
    assert page.endswith("</details>\n</section><section><h2>B</h2></section>")


def test_a_heading_that_is_tagged_marks_its_section():
    cells = [new_markdown_cell("## A", metadata={"tags": ["fold"]}), new_markdown_cell("## B")]
    published, _ = publishable(new_notebook(cells=cells))
    assert [MARK in cell.source for cell in published.cells] == [True, False]
    nbformat.validate(published)
