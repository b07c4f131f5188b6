"""Why this number? What a sentence and a card open."""

import pytest

from racohort.downloads import Spine
from racohort.report.cards import Card
from racohort.report.text import quote
from racohort.whys import SHOWN, answer

RESULT_COLUMNS = ("result_id", "value", "lower", "upper", "value_text", "n", "count", "p_value", "unit", "function")
ROW = {"value": "-1.0871511", "lower": "-1.4726806", "upper": "-0.7016215", "n": "50", "function": "efficacy.estimate_changes"}


@pytest.fixture
def spine() -> Spine:
    rows = {name: [({"result_id": name} | ROW).get(column, "") for column in RESULT_COLUMNS] for name in ("r<1", "r2")}
    return Spine(list(RESULT_COLUMNS), rows)


def test_a_sentence_opens_the_rows_it_quotes_with_value_interval_n_and_function(spine):
    page = answer(quote("Lower.", "r<1", "gone").html, spine, "../results.csv")
    assert 'popovertarget="why-1"' in page
    assert "<code>r&lt;1</code></th><td>−1.08715</td><td>−1.47268 to −0.701622</td><td>50</td><td>–</td>" in page
    assert "<td>efficacy.estimate_changes</td>" in page
    assert "gone</code>" not in page


def test_the_same_rows_are_opened_once_however_often_they_are_quoted(spine):
    page = answer(quote("A.", "r2").html + Card("Change", "-1", "", "50 patients", ("r2",)).html, spine, "")
    assert (page.count("<button"), page.count("<div popover")) == (2, 1)


def test_a_sentence_without_published_rows_has_no_button(spine):
    body = quote("A.", "gone").html
    assert "<button" not in answer(body, spine, "")
    assert answer(body, None, "") == body


def test_the_rows_of_a_sentence_lead_to_the_claims_that_rest_on_them(spine):
    resting = Spine(spine.columns, spine.rows, {"r2": ["A9-ESR-1y"]})
    page = answer(quote("A.", "r2").html + quote("B.", "r<1").html, resting, "../../results/results.csv")
    assert page.count("Claims that rest on them") == 1
    assert '<a href="../notebooks/06-concordance.html#claims-A9-ESR-1y">A9-ESR-1y</a>' in page


def test_more_rows_than_fit_are_counted_and_left_to_the_file(spine):
    many = Spine(spine.columns, {f"r{at}": spine.rows["r2"] for at in range(SHOWN + 2)})
    page = answer(quote("A.", *many.rows).html, many, "")
    assert page.count("<tr>") == SHOWN + 1
    assert "2 more rows, and all columns" in page
