"""The report on one page: its chapters in their order with a cover and contents, and no link that leads nowhere."""

import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import lxml.html
from lxml.html import HtmlElement
from ruamel.yaml import YAML

from racohort.book import JUPYTER_BOOK, BookFailed
from racohort.child import run_python
from racohort.folds import title_of

#: Pages of the part Reference that a reader of the report needs; the others describe the project.
KEPT = ("reference/parameters", "reference/provenance", "reference/glossary")
#: What is listed below the contents, and where its captions are; those in a closed fold do not stand on paper.
LISTED = {"Figure": ".//figure/figcaption", "Table": ".//table/caption"}
HIDDEN = 'ancestor::details[contains(@class, "hide")]'
STYLE = """\
@page {{ size: A4; margin: 17mm 18mm 18mm; @top-center {{ content: "{mark}"; font: 600 8pt sans-serif; color: #a94a12; }}
  @bottom-center {{ content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #55626f; }} }}
.ra-contents:not(:has(+ .ra-contents)) {{ break-after: page; }}
html {{ font-size: 10pt !important; }} .ra-chapter > section:last-child *:last-child {{ margin-bottom: 0; }}
.ra-contents ul {{ padding: 0; max-width: none !important; }} .ra-contents li.ra-h3 {{ padding-left: 1.4rem; }}
.ra-contents li {{ list-style: none; margin: 0.15rem 0; display: flex; align-items: last baseline; gap: 0.4rem; }}
.bd-article .ra-contents + .ra-contents li {{ font-size: 0.88em; margin: 0.05rem 0; line-height: 1.4; }}
.bd-article .ra-contents a {{ color: inherit; text-decoration: none; max-width: 44rem; }}
.ra-contents li::after {{ content: attr(data-page); order: 2; min-width: 1.6rem; text-align: right; }}
.ra-contents li::before {{ content: ""; order: 1; flex: 1; border-bottom: 1px dotted; opacity: 0.6; }}
.ra-chapter > :is(h2, h3):first-of-type {{ font-size: 1.75rem !important; margin-top: 0; }}
.ra-chapter:not(.ra-first) > :is(h2, h3):first-of-type {{ margin-top: 3rem; }}
.ra-chapter > section:not(.ra-chapter) > :is(h3, h4) {{ font-size: 1.3rem !important; margin: 1.7rem 0 0.5rem; }}
.ra-chapter > section:not(.ra-chapter) > section > :is(h4, h5) {{ font-size: 1.05rem !important; margin: 1.3rem 0 0.4rem; }}
html .bd-header-announcement {{ display: none !important; }}
"""


def build_single(pages: Path, mark: str, log: Path) -> Path:
    """Build the laid-out book as one page and return its path; raises BookFailed where that does not succeed."""
    _shorten(pages / "_toc.yml")
    made = pages.parent / "single"
    shutil.rmtree(made, ignore_errors=True)
    options = ["--path-output", str(made), "--builder", "custom", "--custom-builder", "singlehtml"]
    with log.open("ab") as file:
        run_python(JUPYTER_BOOK, ["build", str(pages), *options], file)
    page = made / "_build" / "singlehtml" / "index.html"
    if not page.is_file():
        raise BookFailed(["the report on one page was not made"], log)
    root = lxml.html.parse(str(page)).getroot()
    _tidy(root, mark)
    page.write_bytes(lxml.html.tostring(root, encoding="utf-8", doctype="<!doctype html>"))
    return page


def _shorten(contents: Path) -> None:
    """Leave the project's own pages out of the table of contents."""
    yaml = YAML()
    toc: Any = yaml.load(contents)
    for part in toc.get("parts", []):
        if part.get("caption") == "Reference":
            part["chapters"] = [entry for entry in part["chapters"] if entry.get("file") in KEPT]
    yaml.dump(toc, contents)


def article(root: HtmlElement) -> HtmlElement:
    """The element that holds the text of the page."""
    return root.xpath('//article[contains(@class, "bd-article")]')[0]


def _tidy(root: HtmlElement, mark: str) -> None:
    text = article(root)
    for link in text.xpath(".//a[@href]"):
        _settle(link)
    for folded in text.xpath('.//*[contains(@class, "tag_printed")]//details[contains(@class, "hide")]'):
        folded.set("class", "ra-folded")
    for folded in text.xpath('.//details[not(contains(@class, "hide") or contains(@class, "ra-opens"))]'):
        folded.set("open", "")
    for told in text.xpath(".//*[@data-whole or @data-drawn]"):  # for downloads, which paper has none of
        told.attrib.pop("data-whole", told.attrib.pop("data-drawn", None))
    for mistaken in text.xpath('.//*[contains(@class, "headerlink")]'):
        mistaken.drop_tree()
    style = lxml.html.fromstring(f"<style>{STYLE.format(mark=mark.replace(chr(34), chr(39)))}</style>")
    root.find("head").append(style)
    for onward in text.xpath('.//section[@id="read-on"]'):
        onward.drop_tree()
    chapters = _chapters(text)
    for before, chapter in pairwise([None, *chapters]):
        first = before is not None and _level(before) < _level(chapter)  # below the heading that it belongs to
        chapter.insert(0, chapter.getprevious())  # where links to the chapter lead: on its page, not on the one before
        chapter.set("class", f"{chapter.get('class') or ''} ra-chapter{' ra-first' if first else ''}")
    lists = [_contents(chapters), *(_listed(text, kind, path) for kind, path in LISTED.items())]
    cover = text.xpath(".//section")[0]
    at = max([2, *(cover.index(one) + 1 for one in cover.xpath('./*[descendant-or-self::*[@class="ra-made"]]'))])
    cover[at:at] = [one for one in lists if len(one[1])]


def _settle(link: HtmlElement) -> None:
    """A link within the page keeps its anchor, one to the world its address; any other becomes plain text."""
    target = link.get("href")
    if target.startswith(("http://", "https://", "mailto:")):
        return
    anchor = target.partition("#")[2]
    if anchor:
        link.set("href", f"#{anchor}")
    else:
        link.drop_tag()


def _chapters(text: HtmlElement) -> list[HtmlElement]:
    """The sections that were pages of the book, in their order."""
    found: list[HtmlElement] = text.xpath('.//section[preceding-sibling::*[1][self::span][starts-with(@id, "document-")]]')
    return found


def _level(chapter: HtmlElement) -> str:
    """The kind of the heading of a chapter."""
    return str(chapter.xpath("./*[self::h2 or self::h3]")[0].tag)


def _contents(chapters: list[HtmlElement]) -> HtmlElement:
    """The list of chapters, those within a chapter set in, each a link."""
    made = _list("Contents", 'TOC \\o "1-2" \\h')
    for chapter in chapters:
        heading = chapter.xpath("./*[self::h2 or self::h3]")[0]
        place = chapter[0].get("id")  # a heading elsewhere may have the name of a chapter
        entry = lxml.html.fromstring(f'<li class="ra-{heading.tag}"><a href="#{place}"></a></li>')
        entry[0].text = " ".join(heading.text_content().split())
        made[1].append(entry)
    return made


def _listed(text: HtmlElement, kind: str, path: str) -> HtmlElement:
    """The list of figures or tables that stand on paper, numbered as they are there, each a link."""
    made = _list(f"{kind}s", f'TOC \\h \\c "{kind}"')
    for number, caption in enumerate(text.xpath(f"{path}[not({HIDDEN})]"), 1):
        words = " ".join(caption.text_content().removeprefix("Synthetic cohort.").split())
        place = caption.xpath("ancestor-or-self::*[@id][1]/@id")
        entry = lxml.html.fromstring(f'<li><a href="#{place[0] if place else ""}"></a></li>')
        entry[0].text = f"{kind} {number}. {title_of(words)}"
        made[1].append(entry)
    return made


def number_lists(page: Path, places: Mapping[str, int]) -> None:
    """Write into the lists of contents, figures and tables on which page of a print each entry stands."""
    root = lxml.html.parse(str(page)).getroot()
    for entry in root.xpath('//nav[@class="ra-contents"]//li'):
        entry.set("data-page", str(places.get(entry[0].get("href").removeprefix("#"), "")))
    page.write_bytes(lxml.html.tostring(root, encoding="utf-8", doctype="<!doctype html>"))


def _list(title: str, field: str) -> HtmlElement:
    """An empty list with its title, and the field by which Word makes it anew."""
    made = lxml.html.fromstring(f'<nav class="ra-contents"><h2>{title}</h2><ul></ul></nav>')
    made.set("data-field", field)
    return made
