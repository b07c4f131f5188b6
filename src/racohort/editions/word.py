"""The report as a Word file that a colleague can edit: headings, paragraphs, tables, figures and formulas of Word's own kind."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml.html import HtmlElement
from PIL import Image

from racohort.editions.browser import SCALE
from racohort.editions.equations import to_omml
from racohort.editions.single import article

#: Tables with more columns than this stand in small type, with twice as many in smaller.
WIDE = 6
WIDTH = Cm(16.5)
#: A picture is no higher, so that its caption stands on its page.
HEIGHT = Cm(20)
#: The inks of the book.
INK, MUTED, LINE_INK, MARK = "1D2733", "55626F", "DDE3E8", "A94A12"
#: A picture has `browser.SCALE` pixels for one of 96 to the inch; Word takes 72 pixels for an inch.
NATURAL = 72 / 96 / SCALE
#: Letters: what a cell may ask for in a line, by the root of their number up to the most; what its edges take.
LONG, MOST, EDGE = 90, 250, 3
#: Letters of a whole line, in the type of a table and in the small one.
LINE, SMALL_LINE = 105, 127
#: Twentieths of a point on both sides of a cell.
MARGIN = "55"
#: Letters of the longest word that a column keeps whole; a longer one is a check sum or an address.
WHOLE = 30
#: What a reader of the file does not need, such as code.
LEFT_OUT = re.compile(r"\b(cell_input|hide|headerlink|ra-dark|ra-basis|ra-onscreen|admonition-title)\b")
EMPHASIS = {"strong": "bold", "b": "bold", "em": "italic", "i": "italic", "sub": "subscript", "sup": "superscript"}


def write_word(page: HtmlElement, mark: str, target: Path) -> None:
    """Write the text of a page whose figures are PNG pictures into a Word file; `mark` stands at the head of its pages."""
    document = Document()
    _set_up(document, mark)
    Writer(document).write(article(page))
    document.save(str(target))


def _set_up(document: Word, mark: str) -> None:
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.PORTRAIT, Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Cambria", Pt(10.5)
    document.styles["Normal"].element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    head = section.header.paragraphs[0].add_run(mark)
    head.bold, head.font.size, head.font.color.rgb = True, Pt(8), RGBColor.from_string(MARK)
    for name in ("Title", *(f"Heading {level}" for level in range(1, 6))):
        document.styles[name].font.color.rgb = RGBColor.from_string(INK)
    caption = document.styles["Caption"].font
    caption.bold, caption.size, caption.color.rgb = False, Pt(9), RGBColor.from_string(MUTED)
    _field(section.footer.paragraphs[0], "PAGE", "1")


def _field(paragraph: Paragraph, code: str, shown: str) -> None:
    """A field that Word fills in: a page number, the number of a figure."""
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = shown
    run.append(text)
    element.append(run)
    paragraph._p.append(element)


def _enclose(lines: list[Paragraph], code: str) -> None:
    """Make paragraphs the shown text of a field."""
    start, end = lines[0]._p, lines[-1]._p
    parts = []
    for kind in ("begin", "separate", "end"):
        run, mark = OxmlElement("w:r"), OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        run.append(mark)
        parts.append(run)
    told, words = OxmlElement("w:r"), OxmlElement("w:instrText")
    words.text = code
    told.append(words)
    for place, part in enumerate((parts[0], told, parts[1])):
        start.insert(place + (start.pPr is not None), part)
    end.append(parts[2])


class Writer:
    """Writes the blocks of a page into a document, one after another; figures and tables are numbered through."""

    def __init__(self, document: Word) -> None:
        self.document, self.numbers = document, {"Figure": 0, "Table": 0}
        self.blocks: dict[str, Callable[[HtmlElement], None]] = {
            **{f"h{level}": self.heading for level in range(1, 7)}, "p": self.paragraph, "ul": self.items, "ol": self.items,
            "dt": self.term, "dd": self.definition, "table": self.table, "figure": self.figure, "pre": self.listing,
            "nav": self.contents,
        }  # fmt: skip

    def write(self, element: HtmlElement) -> None:
        """The blocks within an element."""
        for child in element:
            if not isinstance(child.tag, str) or LEFT_OUT.search(child.get("class") or ""):
                continue
            if child.tag == "math" or "ra-formula" in (child.get("class") or ""):
                self.formula(child)
            elif child.get("class") == "citation":
                self.reference(child)
            else:
                self.blocks.get(child.tag, self.write)(child)

    def heading(self, element: HtmlElement) -> None:
        """A heading of its own level; the first is the title."""
        first = not self.document.paragraphs
        self.document.add_heading(_words(element), 0 if first else min(int(element.tag[1]) - 1, 5))

    def paragraph(self, element: HtmlElement, style: str | None = None) -> None:
        """A paragraph, where it says anything."""
        if _words(element):
            _write_inline(self.document.add_paragraph(style=style), element)

    def reference(self, element: HtmlElement) -> None:
        """An entry of the references behind its number."""
        number, words = element
        words.text = f"{_words(number)} {words.text or ''}"
        self.paragraph(words)

    def items(self, element: HtmlElement) -> None:
        """A list."""
        for item in element.xpath("./li"):
            if "ra-card" in (item.get("class") or ""):
                name, *told = (_words(part) for part in item.xpath("./span"))
                self.document.add_paragraph(f"{name}: {'; '.join(told)}", style="List Bullet")
                continue
            inner = item.xpath("./p") or [item]
            for one in inner:
                self.paragraph(one, "List Bullet" if element.tag == "ul" else "List Number")

    def term(self, element: HtmlElement) -> None:
        """What a definition defines."""
        paragraph = self.document.add_paragraph()
        paragraph.add_run(_words(element)).bold = True
        paragraph.paragraph_format.keep_with_next = True

    def definition(self, element: HtmlElement) -> None:
        """A definition, set in."""
        before = len(self.document.paragraphs)
        if element.xpath("./p|./ul|./ol|./table|./div"):
            self.write(element)
        else:
            self.paragraph(element)
        for paragraph in self.document.paragraphs[before:]:
            paragraph.paragraph_format.left_indent = Cm(0.8)

    def contents(self, element: HtmlElement) -> None:
        """A list of chapters, figures or tables, as a field that Word makes anew with the numbers of pages."""
        head = self.document.add_paragraph()
        head.add_run(_words(element[0])).bold = True
        head.paragraph_format.space_before = Pt(14)
        lines = [self.document.add_paragraph(_words(entry)) for entry in element.xpath(".//li")]
        for line in lines:
            line.paragraph_format.space_after, line.runs[0].font.size = Pt(1), Pt(9)
        if lines:
            _enclose(lines, element.get("data-field"))
        if (after := element.getnext()) is None or after.tag != "nav":
            self.document.add_page_break()

    def listing(self, element: HtmlElement) -> None:
        """Something typed or printed, in letters of one width."""
        run = self.document.add_paragraph().add_run(element.text_content().rstrip())
        run.font.name, run.font.size = "Courier New", Pt(8.5)

    def formula(self, element: HtmlElement) -> None:
        """A formula on a line of its own."""
        math = element if element.tag == "math" else element.xpath(".//math")[0]
        self.document.add_paragraph()._p.append(to_omml(math))

    def caption(self, kind: str, words: str) -> None:
        """A caption with its number, which Word keeps up to date."""
        self.numbers[kind] += 1
        paragraph = self.document.add_paragraph(style="Caption")
        paragraph.add_run(f"{kind} ")
        form = paragraph.paragraph_format
        form.keep_together, form.keep_with_next = True, kind == "Table"
        _field(paragraph, f"SEQ {kind} \\* ARABIC", str(self.numbers[kind]))
        paragraph.add_run(f". {words}")

    def figure(self, element: HtmlElement) -> None:
        """A figure with its caption and, for who cannot see it, its description."""
        image = element.xpath(".//img")[0]
        data = image.get("src").partition("base64,")[2]
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(_lighter(base64.b64decode(data)))
        shown = min(NATURAL, WIDTH / picture.width, HEIGHT / picture.height)
        picture.width, picture.height = Length(int(picture.width * shown)), Length(int(picture.height * shown))
        picture._inline.docPr.set("descr", image.get("alt") or "")
        for caption in element.xpath(".//figcaption"):
            self.caption("Figure", _words(caption))

    def table(self, element: HtmlElement) -> None:
        """A table, its head repeated on every page; cells over several columns or rows are merged."""
        for caption in element.xpath("./caption"):
            self.caption("Table", _words(caption))
        rows = element.xpath("./thead/tr|./tbody/tr|./tfoot/tr|./tr")
        places = list(_places(rows))
        if not places:
            return
        columns = max(column + wide for _, column, _, wide, _ in places)
        table = self.document.add_table(len(rows), columns, style="Normal Table")
        _rule(table, len(element.xpath("./thead/tr")))
        size = Pt(8.5 if columns <= WIDE else 7 if columns <= 2 * WIDE else 6)
        grid = [list(row.cells) for row in table.rows]
        table.autofit = False
        for at, width in enumerate(_widths(places, columns)):
            table.columns[at].width = width
            for line in grid:
                line[at].width = width
        for row, column, high, wide, source in places:
            cell = grid[row][column]
            if (high, wide) != (1, 1):
                cell = cell.merge(grid[min(row + high, len(rows)) - 1][column + wide - 1])
            _fill(cell, source, size)
        self.document.add_paragraph()


def _lighter(picture: bytes) -> io.BytesIO:
    """A PNG picture in 256 colours, which is what a figure needs; a third of its weight."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(light := io.BytesIO(), "PNG")
    light.seek(0)
    return light


def _rule(table: Table, heads: int) -> None:
    """Lines as in the book: strong above, below the head and at the end, thin between rows; no row is broken over two pages."""
    borders = OxmlElement("w:tblBorders")
    for side, size, ink in (("top", "8", INK), ("bottom", "8", INK), ("insideH", "4", LINE_INK)):
        borders.append(_border(side, size, ink))
    table._tbl.tblPr.insert_element_before(borders, "w:tblLayout", "w:tblLook")
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), MARGIN)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    for number, row in enumerate(table.rows):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        if number < heads:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell in table.rows[heads - 1].cells if heads else ():
        edges = OxmlElement("w:tcBorders")
        edges.append(_border("bottom", "6", INK))
        cell._tc.get_or_add_tcPr().append(edges)


def _border(side: str, size: str, ink: str) -> Any:
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", size), ("space", "0"), ("color", ink)):
        line.set(qn(f"w:{name}"), value)
    return line


def _places(rows: list[HtmlElement]) -> Iterator[tuple[int, int, int, int, HtmlElement]]:
    """Row, column, height and width of each cell of a table."""
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        column = 0
        for cell in row.xpath("./td|./th"):
            while (number, column) in taken:
                column += 1
            high, wide = int(cell.get("rowspan") or 1), int(cell.get("colspan") or 1)
            taken |= {(number + down, column + right) for down in range(high) for right in range(wide)}
            yield number, column, high, wide, cell
            column += wide


def _widths(places: list[tuple[int, int, int, int, HtmlElement]], columns: int) -> list[Length]:
    """The width of each column: no less than its longest word, and of the rest of the line the more, the more it has to say."""
    least, asked = [0] * columns, [0] * columns
    for _, column, _, wide, source in places:
        if wide == 1:
            words = _words_shown(source)
            least[column] = max(least[column], min(WHOLE, max(map(len, re.split(r"[ /_-]", words)))))
            asked[column] = max(asked[column], int(min(len(words), (len(words) * LONG) ** 0.5, MOST)))
    beyond = [max(one - word, 0) for one, word in zip(asked, least, strict=True)]
    spare = max((SMALL_LINE if columns > WIDE else LINE) - sum(least) - EDGE * columns, 0) / max(sum(beyond), 1)
    letters = [word + EDGE + spare * more for word, more in zip(least, beyond, strict=True)]
    return [Length(int(WIDTH * one / sum(letters))) for one in letters]


def _fill(cell: _Cell, source: HtmlElement, size: Pt) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
    paragraph.paragraph_format.keep_with_next = source.get("scope") == "rowgroup" or None
    _write_inline(paragraph, source)
    for run in paragraph.runs:
        run.font.size, run.bold = size, (source.tag == "th" and source.get("scope") != "row") or run.bold
    if "ra-num" in (source.get("class") or ""):
        paragraph.alignment = 2


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _words_shown(element: HtmlElement) -> str:
    """The words of an element that the file holds."""
    kept = element.xpath('.//text()[not(ancestor::*[contains(@class, "ra-basis")])]')
    return " ".join("".join(kept).split())


def _write_inline(paragraph: Paragraph, element: HtmlElement, look: tuple[str, ...] = ()) -> None:
    """The text of an element with its emphasis, formulas and addresses."""
    _write_text(paragraph, element.text, look)
    for child in element:
        if isinstance(child.tag, str) and not LEFT_OUT.search(child.get("class") or ""):
            _write_child(paragraph, child, look)
        _write_text(paragraph, child.tail, look)


def _write_child(paragraph: Paragraph, child: HtmlElement, look: tuple[str, ...]) -> None:
    if child.tag == "math":
        paragraph._p.append(to_omml(child))
    elif child.tag == "br":
        paragraph.add_run().add_break()
    elif "ra-tag" in (child.get("class") or ""):
        paragraph.add_run(f"[{_words(child)}]")
    elif child.tag == "a" and (child.get("href") or "").startswith("http"):
        _write_link(paragraph, child)
    else:
        _write_inline(paragraph, child, (*look, EMPHASIS[child.tag]) if child.tag in EMPHASIS else look)


def _write_text(paragraph: Paragraph, text: str | None, look: tuple[str, ...]) -> None:
    if not text:
        return
    words = re.sub(r"[ \t\r\n]+", " ", text)
    run = paragraph.add_run(words if paragraph.text else words.lstrip(" "))
    for name in look:
        _set(run, name)


def _set(run: Run, name: str) -> None:
    setattr(run if name in ("bold", "italic") else run.font, name, True)


def _write_link(paragraph: Paragraph, link: HtmlElement) -> None:
    """A link to an address in the world."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    element = OxmlElement("w:hyperlink")
    element.set(qn("r:id"), paragraph.part.relate_to(link.get("href"), relation, is_external=True))
    run = paragraph.add_run(_words(link))
    run.font.underline, run.font.color.rgb = True, RGBColor(0x0B, 0x6A, 0x94)
    element.append(run._r)
    paragraph._p.append(element)
