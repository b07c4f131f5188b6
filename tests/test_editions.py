"""The report to hand on: one page without dead links, a PDF that is the book, a Word file of Word's own parts."""

import base64
import io
import re
import zipfile
from pathlib import Path

import lxml.html
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image
from pypdf import PdfReader

from racohort import editions
from racohort.editions import browser, single, word
from racohort.editions.equations import to_omml
from racohort.environment import browser as installed
from racohort.parameters import read_formats
from racohort.pipeline import make_report, prepare
from racohort.places import UsageError
from racohort.report.cards import Card

DOT = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fea72d9c"
        "240000000049454e44ae426082"
    )
).decode()
PAGE = f"""<html><head></head><body><article class="bd-article"><section id="top"><h1>A report<a class="headerlink">#</a></h1>
<p>Seen in <em>both</em> years, <strong>n = 50</strong>; see <a href="#two">two</a> and
<a href="https://doi.org/10.1/x">a paper</a>, not <a href="reference/rules.html">the rules</a>.</p>
<span id="document-two"></span><section id="two"><h2>1. Two</h2><ul><li><p>first</p></li><li>second</li></ul>
<div class="ra-formula"><math><mfrac><mi>a</mi><msqrt><mi>n</mi></msqrt></mfrac></math></div>
<figure><img class="ra-light" alt="a dot" src="data:image/png;base64,{DOT}"><figcaption>A dot.</figcaption></figure>
<table><caption>Counts.</caption><thead><tr><th rowspan="2">Who</th><th colspan="2">Seen</th></tr><tr><th>1 y</th>
<th>3 y</th></tr></thead>
<tbody><tr><th>All</th><td class="ra-num">56</td><td class="ra-num">49</td></tr></tbody></table>
<p><span class="ra-tag">assumed</span> By us.</p>
<div class="citation"><span class="label"><span>[</span>1<span>]</span></span><p>A. <em>Paper</em>.</p></div>
<div class="cell_input"><pre>code</pre></div></section></section></article></body></html>"""


def document(tmp_path: Path) -> Document:
    page = lxml.html.fromstring(PAGE)
    single._tidy(page, "Synthetic cohort")
    word.write_word(page, "Synthetic cohort", tmp_path / "x.docx")
    return Document(str(tmp_path / "x.docx"))


def test_formats_are_named_in_any_order_and_unknown_ones_refused() -> None:
    assert read_formats("docx, PDF") == ("pdf", "docx")
    assert read_formats("html") == ()
    with pytest.raises(UsageError, match=r"no format 'odt'\. There are: html, pdf, docx"):
        read_formats("odt")


def test_a_word_file_has_real_headings_lists_links_and_its_mark(tmp_path: Path) -> None:
    made = document(tmp_path)
    said = [(paragraph.style.name, paragraph.text) for paragraph in made.paragraphs if paragraph.text]
    assert said[0] == ("Title", "A report")
    assert ("Heading 1", "1. Two") in said
    assert [text for style, text in said if style == "List Bullet"] == ["first", "second"]
    assert said[1][1].startswith("Seen in both years, n = 50; see two and a paper,")
    assert [run.text for run in made.paragraphs[1].runs if run.bold] == ["n = 50"]
    assert "https://doi.org/10.1/x" in [one.target_ref for one in made.part.rels.values() if one.is_external]
    assert made.sections[0].header.paragraphs[0].text == "Synthetic cohort"
    assert not any("code" in text for _, text in said)


def test_in_word_the_lists_of_contents_figures_and_tables_are_fields_that_word_makes_anew(tmp_path: Path) -> None:
    body = document(tmp_path).element
    codes = [code.text for code in body.xpath("//w:instrText")]
    assert codes == ['TOC \\o "1-2" \\h', 'TOC \\h \\c "Figure"', 'TOC \\h \\c "Table"']
    assert [mark.get(qn("w:fldCharType")) for mark in body.xpath("//w:fldChar")] == ["begin", "separate", "end"] * 3
    assert "Figure 1. A dot" in [paragraph.text for paragraph in document(tmp_path).paragraphs]


def test_in_word_a_reference_has_its_number_and_a_mark_of_origin_is_told_from_the_sentence(tmp_path: Path) -> None:
    assert [paragraph.text for paragraph in document(tmp_path).paragraphs][-2:] == ["[assumed] By us.", "[1] A. Paper."]


def test_a_word_table_has_its_caption_repeats_its_head_and_merges_cells(tmp_path: Path) -> None:
    made = document(tmp_path)
    table = made.tables[0]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Who", "Seen", "Seen"],
        ["Who", "1 y", "3 y"],
        ["All", "56", "49"],
    ]
    assert [bool(row._tr.xpath("./w:trPr/w:tblHeader")) for row in table.rows] == [True, True, False]
    captions = [paragraph for paragraph in made.paragraphs if paragraph.style.name == "Caption"]
    assert [lxml.html.fromstring(f"<p>{one._p.xml}</p>").text_content().split() for one in captions][1][:2] == ["Table", "1"]


def test_in_word_a_table_has_the_lines_of_the_book_and_no_row_is_broken_over_two_pages(tmp_path: Path) -> None:
    table = document(tmp_path).tables[0]
    lines = [one.tag for one in table._tbl.tblPr.xpath("./w:tblBorders/*")]
    assert lines == [qn(f"w:{side}") for side in ("top", "bottom", "insideH")]
    assert table._tbl.tblPr[-1].tag == qn("w:tblLook")  # Word refuses a file whose properties stand in another order
    assert all(row._tr.xpath("./w:trPr/w:cantSplit") for row in table.rows)
    assert [bool(row._tr.xpath(".//w:tcBorders")) for row in table.rows] == [False, True, False]


def test_in_word_the_name_of_a_group_stays_with_its_first_row(tmp_path: Path) -> None:
    rows = '<tr><th colspan="1" scope="rowgroup">DAS28</th></tr><tr><td>1 year</td></tr>'
    page = lxml.html.fromstring(f'<body><article class="bd-article"><table><tbody>{rows}</tbody></table></article></body>')
    word.write_word(page, "", tmp_path / "one.docx")
    cells = [row.cells[0] for row in Document(str(tmp_path / "one.docx")).tables[0].rows]
    assert [cell.paragraphs[0].paragraph_format.keep_with_next for cell in cells] == [True, None]


def test_a_word_figure_keeps_room_for_its_caption_and_weighs_little(tmp_path: Path) -> None:
    Image.effect_noise((400, 4000), 40).convert("RGB").save(made := io.BytesIO(), "PNG")
    source = base64.b64encode(made.getvalue()).decode()
    figure = f'<figure><img src="data:image/png;base64,{source}" alt="noise"></figure>'
    page = lxml.html.fromstring(f'<body><article class="bd-article">{figure}</article></body>')
    word.write_word(page, "", tmp_path / "one.docx")
    shown = Document(str(tmp_path / "one.docx")).inline_shapes[0]
    assert shown.height == word.HEIGHT
    assert abs(shown.width * 10 - shown.height) < 20
    with zipfile.ZipFile(tmp_path / "one.docx") as parts:
        held = next(name for name in parts.namelist() if "media" in name)
        assert Image.open(io.BytesIO(parts.read(held))).mode == "P"  # a palette


def test_in_word_a_column_of_running_text_is_wider_than_one_of_numbers_and_holds_no_rule(tmp_path: Path) -> None:
    said = "Lower than at baseline by both tests, in so many words."
    opens = f'<details class="ra-opens"><summary>{said}</summary><p class="ra-basis">{"Rule. None. " * 99}</p></details>'
    table = f"<table><tr><th>n</th><th>Seen</th></tr><tr><td>50</td><td>{opens}</td></tr></table>"
    page = f'<body><article class="bd-article">{table}</article></body>'
    word.write_word(lxml.html.fromstring(page), "", tmp_path / "one.docx")
    cells = Document(str(tmp_path / "one.docx")).tables[0].rows[1].cells
    assert cells[1].text == said
    assert 5 < cells[1].width / cells[0].width < 30


def test_in_word_a_key_figure_is_a_point_with_its_interval_and_whom_it_is_about(tmp_path: Path) -> None:
    card = Card("Seen", "49 of 64", "76.6 %", "safety population").html
    page = f'<body><article class="bd-article"><ul class="ra-key">{card}</ul></article></body>'
    word.write_word(lxml.html.fromstring(page), "", tmp_path / "one.docx")
    assert Document(str(tmp_path / "one.docx")).paragraphs[0].text == "Seen: 49 of 64; 76.6 %; safety population"


def test_in_word_of_two_long_texts_the_longer_has_more_room(tmp_path: Path) -> None:
    table = f"<table><tr><th>A</th><th>B</th></tr><tr><td>{'word ' * 10}</td><td>{'word ' * 90}</td></tr></table>"
    word.write_word(
        lxml.html.fromstring(f'<body><article class="bd-article">{table}</article></body>'), "", tmp_path / "one.docx"
    )
    cells = Document(str(tmp_path / "one.docx")).tables[0].rows[1].cells
    assert 2 < cells[1].width / cells[0].width < 4


def test_in_word_no_word_is_broken_to_give_a_long_text_room(tmp_path: Path) -> None:
    row = f"<td>A1</td><td>contradicts</td><td>undecidable</td><td>{'word ' * 200}</td>"
    page = f'<body><article class="bd-article"><table><tr>{row}</tr></table></article></body>'
    word.write_word(lxml.html.fromstring(page), "", tmp_path / "one.docx")
    cells = Document(str(tmp_path / "one.docx")).tables[0].rows[0].cells
    assert cells[1].width == cells[2].width
    assert cells[1].width > word.WIDTH * 11 / word.LINE
    assert cells[3].width > word.WIDTH / 2


def test_in_word_a_check_sum_leaves_the_words_beside_it_whole_and_a_term_stays_with_what_it_means(tmp_path: Path) -> None:
    row = f"{'<td>measurement</td>' * 5}<td>{'a' * 64}</td>"
    page = f"<table><tr>{row}</tr></table><dl><dt>CRP</dt><dd>A marker.</dd></dl>"
    word.write_word(lxml.html.fromstring(f'<body><article class="bd-article">{page}</article></body>'), "", tmp_path / "one.docx")
    made = Document(str(tmp_path / "one.docx"))
    assert made.tables[0].rows[0].cells[0].width > word.WIDTH * 12 / word.LINE
    assert [one.paragraph_format.keep_with_next for one in made.paragraphs if one.text] == [True, None]


def test_a_word_figure_has_its_description_and_a_formula_is_one_of_words_own(tmp_path: Path) -> None:
    made = document(tmp_path)
    assert made.inline_shapes[0]._inline.docPr.get("descr") == "a dot"
    assert len(made.element.body.xpath(".//m:f/m:den//m:rad")) == 1


def test_in_word_a_caption_stays_whole_and_on_the_page_of_its_figure_or_table(tmp_path: Path) -> None:
    made = document(tmp_path)
    kept = [one.paragraph_format for one in made.paragraphs if one._p.xpath(".//pic:pic") or one.style.name == "Caption"]
    assert [form.keep_with_next for form in kept] == [True, False, True]  # picture, its caption, a table's caption
    assert [form.keep_together for form in kept] == [None, True, True]


@pytest.mark.parametrize(
    ("mathml", "office"),
    [("<msub><mi>d</mi><mi>z</mi></msub>", "m:sSub"), ("<msup><mi>x</mi><mn>2</mn></msup>", "m:sSup"),
     ("<mover><mi>d</mi><mo>¯</mo></mover>", "m:bar"), ("<msubsup><mi>a</mi><mi>b</mi><mi>c</mi></msubsup>", "m:sSubSup"),
     ("<mtable><mtr><mtd><mi>a</mi></mtd></mtr><mtr><mtd><mi>b</mi></mtd></mtr></mtable>", "m:eqArr")],
)  # fmt: skip
def test_every_part_of_a_formula_keeps_its_letters(mathml: str, office: str) -> None:
    source = lxml.html.fromstring(f"<math>{mathml}</math>")
    made = to_omml(source)
    assert made[0].tag.endswith(office.removeprefix("m:"))
    assert "".join(made.itertext()) == source.text_content().replace("¯", "")  # the bar is the element itself


def test_the_single_page_has_contents_and_no_link_that_leads_nowhere() -> None:
    root = lxml.html.fromstring(PAGE)
    single._tidy(root, 'Synthetic "cohort"')
    links = {link.text_content(): link.get("href") for link in root.xpath("//article//a")}
    lists = {"1. Two": "#document-two", "Figure 1. A dot": "#two", "Table 1. Counts": "#two"}
    assert links == {**lists, "two": "#two", "a paper": "https://doi.org/10.1/x"}
    assert "Synthetic 'cohort'" in root.xpath("//style")[0].text
    assert "the rules" in root.text_content()


def test_the_lists_of_a_print_say_on_which_page_each_entry_stands(tmp_path: Path) -> None:
    root = lxml.html.fromstring(PAGE)
    single._tidy(root, "")
    page = tmp_path / "x.html"
    page.write_bytes(lxml.html.tostring(root))
    single.number_lists(page, {"document-two": 12, "two": 13})
    assert lxml.html.parse(str(page)).xpath("//nav//li/@data-page") == ["12", "13", "13"]


def test_without_a_browser_an_edition_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(browser, "browser", lambda: "")
    with pytest.raises(browser.NoBrowser, match="make doctor"):
        browser.print_page(tmp_path / "x.html", tmp_path / "x.pdf")


def test_nothing_is_built_where_no_edition_is_asked_for(tmp_path: Path) -> None:
    editions.make_editions(tmp_path / "missing", tmp_path, (), "", tmp_path / "log")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.browser
def test_a_report_can_be_had_as_pdf_and_word_and_is_not_up_to_date_without_them(project: Path) -> None:
    if not installed():
        pytest.skip("NO BROWSER FOUND: NO PDF WAS PRINTED. Install Chromium (make doctor says how) and run the tests again.")
    run = prepare("small")
    run.formats = ("pdf", "docx")
    folder = make_report(run, say=lambda line: None).parents[1]
    pdf = PdfReader(folder / "report.pdf")
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert "safety was run" in text
    there = next(n for n, page in enumerate(pdf.pages, 1) if "safety was run" in page.extract_text())
    assert f"\nSafety {there}\n" in pdf.pages[0].extract_text()
    assert all("Synthetic cohort" in page.extract_text() for page in pdf.pages)
    addresses = [note.get_object().get("/A", {}).get("/URI", "") for page in pdf.pages for note in page.get("/Annots", [])]
    assert not any(address.startswith("file:") for address in addresses)
    assert "Safety" in zipfile.ZipFile(io.BytesIO((folder / "report.docx").read_bytes())).read("word/document.xml").decode()
    (folder / "report.pdf").unlink()
    again = prepare("small")
    again.formats = ("pdf",)
    assert not again.is_published()
    assert prepare("small").is_published()


FOLDED = """<html><head></head><body><article class="bd-article"><section id="top"><h1>A report</h1><p></p>
<span id="document-results"></span><section id="results"><h2>3. Results</h2>
<span id="document-a"></span><section id="a"><h3>3.1. Cleaning</h3>
<div class="cell tag_hide-output tag_printed"><details class="admonition hide below-input"><summary>Table 1</summary>
<p>conclusion</p></details></div>
<details class="admonition hide below-input"><summary>Table 2</summary><div id="tab-sizes"><p>detail</p></div></details></section>
<span id="document-b"></span><section id="b"><h3>3.2. Participants</h3></section></section></section></article></body></html>"""


def test_on_paper_stand_the_tables_that_carry_a_conclusion_and_other_folds_stay_closed(tmp_path: Path) -> None:
    page = lxml.html.fromstring(FOLDED)
    single._tidy(page, "")
    word.write_word(page, "", tmp_path / "x.docx")
    said = [paragraph.text for paragraph in Document(str(tmp_path / "x.docx")).paragraphs]
    assert ("conclusion" in said, "detail" in said) == (True, False)


def test_a_chapter_follows_the_one_before_it_on_its_page_and_its_first_section_stands_right_below_its_heading() -> None:
    page = lxml.html.fromstring(FOLDED)
    single._tidy(page, "")
    assert ["ra-first" in page.get_element_by_id(name).get("class") for name in ("results", "a", "b")] == [False, True, False]
    breaks = re.findall(r"^(.*?)\s*{[^}]*break-before: page", page.xpath("//style")[-1].text, re.MULTILINE)
    assert not breaks
