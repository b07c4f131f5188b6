"""What a reader takes along: rows of the results and tables as they stand, in files that no spreadsheet runs.

Oracle for workbooks: openpyxl, which had no part in writing them.
"""

import csv
import doctest
import io
import json
import re
import zipfile
from html import escape
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from racohort import downloads, spreadsheets
from racohort.downloads import Spine, equip, read_spine, typed
from racohort.figures.style import Figure, canvas, finish
from racohort.results import as_results
from racohort.spreadsheets import as_csv_rows, as_workbook
from racohort.tables.paper import table, taken_along
from racohort.terms import RESULT_COUNTS, RESULT_NUMBERS

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")']


def opened(data: bytes) -> list[list[tuple[object, str]]]:
    """Value and type of every cell of a workbook; `f` would be a formula."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    return [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()]


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.fixture
def spine() -> Spine:
    common = {"section": "efficacy", "population": "efficacy", "statistic": "mean_change", "method": "paired_t"}
    rows = as_results(
        [{**common, "PARAMCD": code, "value": value, "n": 50, "function": "efficacy.estimate_changes"}
         for code, value in (("DAS28ESR", -1.0871511140921586), ("HAQDI", -0.4), ("A|B", 0.1))]
    )  # fmt: skip
    lines = rows.to_csv(index=False).splitlines()
    columns, *cells = csv.reader(lines)
    return Spine(columns, {row[0]: row for row in cells})


def equipped(body: str, spine: Spine | None, page: str = "notebooks/04-efficacy") -> tuple[str, dict[str, bytes]]:
    written: dict[str, bytes] = {}
    return equip(body, page, spine, written.__setitem__), written


def a_figure(ids: list[str]) -> Figure:
    fig, ax = canvas(height=1)
    ax.plot([0, 1])
    return finish(fig, "lines", "A line.", "All 64 patients & more.", False, pd.DataFrame({"result_id": ids}))


def drawn(ids: list[str]) -> str:
    return a_figure(ids).html()


def test_the_pictures_of_a_figure_lie_in_files_of_their_own_and_are_those_that_were_drawn(spine):
    body, written = equipped(drawn([]), spine)
    places = re.findall(r' src="\.\./([^"]+)"', body)
    assert "data:" not in body
    figure = a_figure([])
    assert [written[place].decode("utf-8") for place in places] == [
        text.replace('"', "'") for text in (figure.light, figure.dark)
    ]
    assert [Path(place).name for place in places] == ["fig-lines-light.svg", "fig-lines-dark.svg"]
    assert body.count(' width="518" height="72"') == 2  # 7.2 by 1 inches: its place is kept before it is loaded


def test_every_example_in_the_docstrings_holds():
    assert doctest.testmod(downloads).failed == doctest.testmod(spreadsheets).failed == 0


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_is_led_by_an_apostrophe_and_stays_text(text):
    value, kind = opened(as_workbook([["a"], [text]], "x"))[1][0]
    assert kind == "s"
    assert value[0] == "'"
    assert read_csv(as_csv_rows([[text]]))[0][0] == f"'{text}"


@pytest.mark.parametrize("number", [-3.25, 0.0, 1e-300, -1.0871511140921586, 64])
def test_a_number_is_never_touched_and_comes_back_as_it_was(number):
    assert opened(as_workbook([["a"], [number]], "x"))[1][0] == (number, "n")
    assert float(read_csv(as_csv_rows([[number]]))[0][0]) == number


@pytest.mark.parametrize("text", ['<b>&"', "病人信息", "a\x01b", "  two  ", "line\nline"])
def test_any_text_gives_a_workbook_that_opens(text):
    assert opened(as_workbook([["a"], [text]], "a/b:c*?[x]" * 9))[1][0][0] == text.replace("\x01", "")


def test_an_empty_cell_is_empty():
    assert opened(as_workbook([["a", "b", "c"], [None, "", float("nan")]], "x"))[1] == [(None, "n")] * 3


def test_the_same_cells_give_the_same_bytes_and_no_part_holds_a_formula():
    one, other = (as_workbook([["a"], ["=1"]], "x") for _ in range(2))
    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert not any(b"<f>" in archive.read(entry) for entry in archive.infolist())


def test_the_data_of_a_figure_are_the_rows_it_drew_digit_by_digit(spine):
    ids = [one for one in spine.rows if "HAQDI" not in one]
    page, files = equipped(drawn(ids), spine)
    rows = read_csv(files["downloads/notebooks/04-efficacy/fig-lines.csv"])
    assert rows == [spine.columns, *(spine.rows[one] for one in ids)]
    assert 'href="../downloads/notebooks/04-efficacy/fig-lines.xlsx" download' in page
    assert "2 rows of the results. Population: efficacy. Method: paired_t. Computed by: efficacy.estimate_changes." in page
    assert "data-rows" not in page


def test_what_is_no_result_is_offered_as_it_was_drawn_and_what_is_missing_is_empty(spine):
    fig, ax = canvas(height=1)
    ax.plot([0, 1])
    bars = pd.DataFrame({"USUBJID": ["=1", "B"], "CHG": [-1.0871511140921586, None]})
    page, files = equipped(finish(fig, "bars", "Two bars.", "Two patients.", False, drawn=bars).html(), spine)
    assert read_csv(files["downloads/notebooks/04-efficacy/fig-bars.csv"]) == [
        ["USUBJID", "CHG"], ["'=1", "-1.0871511140921586"], ["B", ""]
    ]  # fmt: skip
    assert "2 rows as they are drawn" in page
    assert "data-drawn" not in page


def test_the_workbook_of_the_results_holds_their_numbers_as_numbers(spine):
    first = opened(as_workbook(typed(spine, (*RESULT_NUMBERS, *RESULT_COUNTS)), "results"))[1]
    place = spine.columns.index("value")
    assert first[place] == (-1.0871511140921586, "n")
    assert first[spine.columns.index("n")] == (50, "n")
    assert first[0][1] == "s"


def test_a_figure_offers_no_row_that_was_not_published(spine):
    page, files = equipped(drawn(["efficacy.SECRET"]), spine)
    assert all(name.endswith(".svg") for name in files)
    assert "csv" not in page
    page, files = equipped(drawn(list(spine.rows)), None)
    assert all(name.endswith(".svg") for name in files)
    assert "csv" not in page


def test_a_table_is_taken_along_as_it_stands():
    frame = pd.DataFrame({"Endpoint": ["DAS28", "DAS28", "HAQ"], "Visit": ["1 year", "=x", "1 year"], "n": ["1,064", "46", "–"],
                          "Change": ["−1.27 (−1.65 to −0.89)", "−1.30", "0.1"]})  # fmt: skip
    html = table(frame, "models", "Change.", "A note with <b>.", groups="Endpoint").html()
    page, files = equipped(f"<p>before</p>{html}<p>after</p>", None, "index")
    rows = read_csv(files["downloads/index/tab-models.csv"])
    assert rows == [["Group", "Visit", "n", "Change"], ["DAS28", "1 year", "1064", "−1.27 (−1.65 to −0.89)"],
                    ["DAS28", "'=x", "46", "-1.30"], ["HAQ", "1 year", "–", "0.1"]]  # fmt: skip
    assert opened(files["downloads/index/tab-models.xlsx"])[2] == [("DAS28", "s"), ("'=x", "s"), (46, "n"), (-1.3, "n")]
    assert 'href="downloads/index/tab-models.csv"' in page
    assert page.startswith("<p>before</p>")
    assert page.endswith("<p>after</p>")


@pytest.mark.parametrize(("rows", "called", "held"), [(10_000, "All 10,000 rows: ", 10_000), (10_001, "Table: ", 2)])
def test_of_a_listing_the_page_shows_a_part_and_the_download_holds_the_whole_up_to_a_length(rows, called, held):
    listing = pd.DataFrame({"Patient": map(str, range(rows)), "Value": "−1,000"})
    html = table(taken_along(listing, [0, 7]), "long", "A part.", shown=[0, 7]).html()
    page, files = equipped(html, None, "index")
    assert called in page
    assert (page.count("<tr>"), "data-whole" in page) == (3, False)
    told = read_csv(files["downloads/index/tab-long.csv"])
    assert (len(told), told[0], told[-1]) == (1 + held, ["Patient", "Value"], ["7" if held == 2 else str(rows - 1), "-1000"])
    assert len(opened(files["downloads/index/tab-long.xlsx"])) == held + 1


def test_spanning_headers_stand_before_those_below_and_details_stay_behind():
    columns = pd.MultiIndex.from_tuples([("", "Arm"), ("Year 1", "n"), ("Year 1", "Mean")])
    shown = pd.DataFrame([["A", "3", "1.5.\nBy plan: 2."]], columns=columns)
    html = table(shown, "wide", "Two heads.", details=[["How."]]).html()
    _, files = equipped(html, None)
    assert read_csv(next(iter(files.values()))) == [["Arm", "Year 1: n", "Year 1: Mean"], ["A", "3", "1.5. By plan: 2."]]


def test_a_table_whose_note_was_given_explanations_is_still_found():
    html = table(pd.DataFrame({"a": ["1"]}), "one", "First.", "CI: interval.").html()
    html += table(pd.DataFrame({"a": ["2"]}), "two", "Second.").html()
    page, files = equipped(html.replace("CI:", '<abbr title="confidence interval">CI</abbr>:'), None)
    assert {Path(name).name for name in files} == {f"tab-{n}.{kind}" for n in ("one", "two") for kind in ("csv", "xlsx")}
    assert page.count("ra-tools") == 2


def test_results_that_were_not_published_are_no_spine(tmp_path):
    assert read_spine(tmp_path / "results.csv") is None


def test_a_figure_tells_its_rows_whatever_their_names_hold():
    ids = ['a.b|c."d"<e>', "x y"]
    assert f'data-rows="{escape(json.dumps(ids))}"' in drawn(ids)
