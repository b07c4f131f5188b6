"""What a reader may take along from a page of the book: each table as it stands, and the result rows behind each figure.

`equip` alone decides what is offered. It reads the finished page and the published `results.csv`, nothing else, so that a
download never says more than these two.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import lxml.html
from lxml.html import HtmlElement

from racohort.spreadsheets import Cell, as_csv_rows, as_workbook

#: A figure with the ids of its rows or with what it drew, and a table with the listing it is a part of and with its note, as
#: `figures.style` and `tables.paper` write them.
_FIGURE = re.compile(r'(<figure class="ra-figure" id="fig-([\w-]+)")(?: data-(rows|drawn)="([^"]*)")?([^>]*>.*?)</figure>',
                     re.DOTALL)  # fmt: skip
_TABLE = re.compile(r'(<div class="ra-table" id="tab-([\w-]+)")(?: data-whole="([^"]*)")?'
                    r'(>(<div class="ra-scroll(?:(?!</table>).)*</table></div>)'
                    r'(?:<p class="ra-note">(?:(?!</p>).)*</p>)?)</div>', re.DOTALL)  # fmt: skip
_NUMBER = re.compile(r"[−-]?\d{1,3}(?:,\d{3})*(?:\.\d+)?|[−-]?\d+(?:\.\d+)?")
#: A picture within a page, for one of the themes.
_PICTURE = re.compile(r'(<img class="ra-(light|dark)[^>]* src=")data:image/svg\+xml,([^"]*)"')
#: What "about" says of a figure that draws no rows of the results.
_ITSELF = "The caption says of whom and how; the code below it, by which function."
#: Column of the results -> how "about" calls what stands in it.
_ABOUT = {"population": "Population", "method": "Method", "function": "Computed by"}

Row = Sequence[str]


@dataclass(frozen=True)
class Spine:
    """The published results: the names of their columns, each row by its id, and the claims that rest on a row."""

    columns: Row
    rows: Mapping[str, Row]
    claims: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_spine(path: Path) -> Spine | None:
    """The results of a run from its `results.csv`; None where they were not published."""
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    return Spine(columns, {row[0]: row for row in rows}, _claims(path.with_name("claims.csv")))


def _claims(path: Path) -> dict[str, list[str]]:
    """The claims that rest on each result row, from the `claims.csv` of a run; none where it was not published."""
    found: dict[str, list[str]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for claim in csv.DictReader(file):
                for one in claim["result_ids"].split():
                    found.setdefault(one, []).append(claim["id"])
    return found


def typed(spine: Spine, numbers: Sequence[str]) -> Iterator[list[Cell]]:
    """The header and the rows of the results, numbers as numbers, for a workbook."""
    numeric = [column in numbers for column in spine.columns]
    yield list(spine.columns)
    for row in spine.rows.values():
        yield [float(cell) if cell and is_number else cell for cell, is_number in zip(row, numeric, strict=True)]


def equip(body: str, page: str, spine: Spine | None, write: Callable[[str, bytes], None]) -> str:
    """The body of a page with the downloads of its figures and tables; `write` gets each file's path in the book and its bytes.

    `page` is the page's path without its ending; its files lie under `downloads/` in a folder of its name. Pictures lie there,
    too: a page that holds them within itself is slow to appear.
    """
    folder, up = f"downloads/{page}", "../" * page.count("/")

    def offer(name: str, rows: Sequence[Sequence[Cell]], workbook: Sequence[Sequence[Cell]]) -> str:
        write(f"{folder}/{name}.csv", as_csv_rows(rows))
        write(f"{folder}/{name}.xlsx", as_workbook(workbook, name))
        links = (f'<a href="{up}{folder}/{name}.{kind}" download>{kind.upper()}</a>' for kind in ("csv", "xlsx"))
        return " ".join(links)

    def figure(found: re.Match[str]) -> str:
        start, name, kind, held, rest = found.groups()
        rest = _beside(rest, f"{folder}/fig-{name}", up, write)
        rows, about = _behind(kind, json.loads(unescape(held or "[]")), spine)
        if len(rows) < 2:
            return f'{start}{rest}<div class="ra-tools"></div></figure>'
        data = f'<span class="ra-files">Data: {offer(f"fig-{name}", rows, rows)}</span>'
        about = f'<details class="ra-about"><summary>About</summary><p>{escape(about)}</p></details>'
        return f'{start}{rest}<div class="ra-tools">{data}{about}</div></figure>'

    def table(found: re.Match[str]) -> str:
        start, name, whole, rest, region = found.groups()
        rows, numeric = read_table(lxml.html.fragment_fromstring(region))
        rows, numeric = (_listing(json.loads(unescape(whole)), rows, numeric), numeric) if whole else (rows, numeric)
        called = f"All {len(rows) - 1:,} rows" if whole else "Table"
        links = offer(
            f"tab-{name}", rows, [[_as_number(c) if n else c for c, n in zip(row, numeric, strict=True)] for row in rows]
        )
        return f'{start}{rest}<div class="ra-tools"><span class="ra-files">{called}: {links}</span></div></div>'

    return _TABLE.sub(table, _FIGURE.sub(figure, body))


def _beside(figure: str, stem: str, up: str, write: Callable[[str, bytes], None]) -> str:
    """A figure whose pictures lie in files: `stem` with the colours of each, found `up` from its page."""

    def picture(one: re.Match[str]) -> str:
        file, drawing = f"{stem}-{one[2]}.svg", unquote(unescape(one[3]))
        write(file, drawing.encode("utf-8"))
        return f'{one[1]}{up}{file}" loading="lazy"{_room(drawing)}'

    return _PICTURE.sub(picture, figure)


def _room(drawing: str) -> str:
    """Width and height of a picture, so that a page keeps its place before it is loaded."""
    shape = re.search(r"viewBox='0 0 ([\d.]+) ([\d.]+)'", drawing)
    return f' width="{float(shape[1]):.0f}" height="{float(shape[2]):.0f}"' if shape else ""


def _behind(kind: str | None, told: Sequence[Any], spine: Spine | None) -> tuple[Sequence[Row], str]:
    """The rows behind a figure below their header, and what is said about them: what it drew, or its rows of the results."""
    if kind == "drawn":
        return told, f"{len(told) - 1:,} rows as they are drawn, which are no rows of the results. {_ITSELF}"
    rows = [spine.columns, *(spine.rows[one] for one in told if one in spine.rows)] if spine else []
    return rows, _about(rows)


def _about(rows: Sequence[Row]) -> str:
    """From whom, how and by which function rows of the results, below their header, were computed."""
    said = [f"{len(rows) - 1:,} rows of the results."]
    for column, name in _ABOUT.items() if rows else ():
        place = rows[0].index(column)
        found = sorted({row[place] for row in rows[1:]} - {""})
        said += [f"{name}: {', '.join(found)}."] if found else []
    return " ".join(said)


def _listing(whole: Sequence[Row], shown: Sequence[Row], numeric: Sequence[bool]) -> list[list[str]]:
    """A listing of which a page shows a part, with numbers spelt as in that part, whose columns it has."""
    numbers = {column for column, is_number in zip(shown[0], numeric, strict=True) if is_number}
    head, *rows = whole
    plain = ([_plain(cell) if column in numbers else cell for column, cell in zip(head, row, strict=True)] for row in rows)
    return [list(head), *plain]


def read_table(region: HtmlElement) -> tuple[list[list[str]], list[bool]]:
    """The rows of a table as it is shown, its header first, and which of its columns hold numbers.

    Spanning headers stand before those below them; the headings of groups become a first column. A plain number is spelt as
    other programs read it.
    """
    head = [list(_spread(row)) for row in region.xpath(".//thead/tr")]
    columns = [": ".join(dict.fromkeys(filter(None, parts))) for parts in zip(*head, strict=True)]
    numeric = ["ra-num" in (cell.get("class") or "") for cell in region.xpath(".//thead/tr[last()]/*")]
    rows, group, groups = [], "", bool(region.xpath('.//tr[@class="ra-group"]'))
    for row in region.xpath(".//tbody/tr"):
        cells = [_text(cell) for cell in row]
        if row.get("class") == "ra-group":
            group = cells[0]
        elif len(cells) == len(columns):
            plain = [_plain(cell) if number else cell for cell, number in zip(cells, numeric, strict=True)]
            rows.append([group, *plain] if groups else plain)
    return [["Group", *columns] if groups else columns, *rows], [False, *numeric] if groups else numeric


def _spread(row: HtmlElement) -> Iterator[str]:
    """The texts of a header row, one for each column."""
    return chain.from_iterable([_text(cell)] * int(cell.get("colspan", 1)) for cell in row)


def _text(cell: HtmlElement) -> str:
    """The text of a cell, without the rule and the rows that it opens to."""
    words = cell.xpath('.//text()[not(ancestor::p[@class="ra-basis"])]')
    return " ".join("".join(words).split())


def _plain(text: str) -> str:
    """A number with a plain minus and without commas; any other text as it is.

    >>> _plain("−1,060.50"), _plain("−1.27 (−1.65 to −0.89)")
    ('-1060.50', '−1.27 (−1.65 to −0.89)')
    """
    return text.replace("−", "-").replace(",", "") if _NUMBER.fullmatch(text) else text


def _as_number(text: str) -> Cell:
    return float(text) if _NUMBER.fullmatch(text) else text
