"""The paper that tables are printed on: semantic, escaped HTML from frames of display-ready text."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise
from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import capitalised

__all__ = ["LISTED", "Absence", "Table", "absent", "table", "taken_along"]

#: A listing of patients or of their records shows so many, and says of how many: a page does not grow with the cohort.
LISTED = 50
#: Of a longer listing than this the download holds what the page shows: the whole is a file of the run.
TAKEN_ALONG = 10_000

#: A cell that reads as a number: a sign or comparison, digits, and whatever interval, unit or count follows them.
_NUMBER = re.compile(r"[−–<>≤≥±+\-]?\s?\d[\d\s.,]*(?:[%(/;–].*|\s(?:of|to|\().*)?")
_NOTHING = {"", "–", "—"}

#: A column with a longer cell than this holds running text, which may wrap; a table with more rows scrolls by itself; in one
#: with longer lines gaps are narrow, and an interval may stand below its estimate.
_LONG_CELL, _LONG_TABLE, _LONG_LINE = 24, 45, 84
#: A longer cell holds sentences, which say the level of each interval themselves.
_SENTENCE = 80
#: What JupyterLab needs, which sets every cell right; `book/_ext/furnish.py` takes it out of the book's pages.
_LAB = ('<style class="ra-lab">.jp-RenderedHTMLCommon .ra-table :is(th, td, caption) { text-align: left; } '
        '.jp-RenderedHTMLCommon .ra-table .ra-num { text-align: right; font-variant-numeric: tabular-nums; } '
        '.jp-RenderedHTMLCommon .ra-table .ra-group th { padding-top: 1em; }</style>')  # fmt: skip
#: A name of code may break after its points and underscores, a file's not before its kind, words after the stroke between them.
_JOINT = re.compile(r"(?<=[a-z][._])(?=[a-z]{4})|(?<=[^\W\d_]{3}/)(?=[^\W\d_]{3})")
#: The level of an interval, which the head of a column says for all its cells, and the places where a wide cell may break.
_LEVEL, _BREAK = re.compile(r"(?<=[(; ])(\d[\d.]* % CI) "), re.compile(r"(?<=;) | (?=\()")


@dataclass(frozen=True)
class Table:
    """A finished table: its name, its caption that stands alone, a note below it, and the frame of display-ready text.

    `links` leads from the text of a cell to an address; `details` holds for each row the paragraphs to which its last cell opens;
    `whole` is the listing of which `frame` is a part, for the download.
    """

    name: str
    caption: str
    frame: pd.DataFrame = field(repr=False)
    note: str = ""
    synthetic: bool = False
    row_headers: int = 1
    groups: str | None = None
    links: Mapping[str, str] = field(default_factory=dict, repr=False)
    details: tuple[tuple[str, ...], ...] = ()
    whole: pd.DataFrame | None = field(default=None, repr=False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            "text/html": _LAB + self.html(),
            "text/plain": f"{self.caption}\n{self.frame.to_string(index=False)}\n{self.note}".strip(),
        }

    def html(self) -> str:
        """The table in a region that scrolls by itself when it is wider than the page, and its note."""
        mark = '<span class="ra-mark">Synthetic cohort.</span> ' if self.synthetic else ""
        if (frame := _levels_in_heads(self.frame)) is not self.frame:
            return replace(self, frame=frame).html()
        name, columns = escape(self.name), self._columns()
        caption = f'<caption id="tab-{name}-caption"><span class="ra-caption">{mark}{escape(self.caption)}</span></caption>'
        kinds = self._kinds(columns)
        wide = ' class="ra-wide"' if _line(self.frame[columns]) > _LONG_LINE else ""
        inside = caption + _head(columns, kinds) + self._bodies(columns, kinds)
        long = " ra-long" if len(self.frame) > _LONG_TABLE else ""
        note = f'<p class="ra-note">{escape(self.note)}</p>' if self.note else ""
        return (f'<div class="ra-table" id="tab-{name}"{_told(self.whole)}><div class="ra-scroll{long}" role="region" '
                f'tabindex="0" aria-labelledby="tab-{name}-caption"><table{wide}>{inside}</table></div>{note}</div>')  # fmt: skip

    def _columns(self) -> list[Any]:
        return [column for column in self.frame.columns if column != self.groups]

    def _kinds(self, columns: list[Any]) -> list[str]:
        """For each column its class: numbers are set right, running text may wrap, and short words are neither."""
        return [_kind(self.frame[column], heads=index < self.row_headers) for index, column in enumerate(columns)]

    def _bodies(self, columns: list[Any], kinds: list[str]) -> str:
        """One `<tbody>` for the table, or one with a heading row for each run of equal values of the grouping column."""
        if self.frame.empty:
            return f'<tbody><tr><td colspan="{len(columns)}">None.</td></tr></tbody>'
        if self.groups is None:
            return f"<tbody>{self._rows(self.frame, columns, kinds)}</tbody>"
        runs = self.frame[self.groups].ne(self.frame[self.groups].shift()).cumsum()
        return "".join(
            f"<tbody>{_group(rows[self.groups].iloc[0], len(columns))}{self._rows(rows, columns, kinds)}</tbody>"
            for _, rows in self.frame.groupby(runs, sort=False)
        )

    def _rows(self, rows: pd.DataFrame, columns: list[Any], kinds: list[str]) -> str:
        cells = zip(*(rows[column] for column in columns), strict=True)
        lines = ("".join(map(self._cell, range(len(columns)), row, kinds)) for row in cells)
        return "".join(
            f"<tr{self._anchor(place, columns)}>{self._opened(place, line)}</tr>"
            for place, line in zip(rows.index, lines, strict=True)
        )

    def _anchor(self, place: int, columns: list[Any]) -> str:
        """The name by which a row that opens can be reached: that of the table and of the row."""
        return f' id="{escape(self.name)}-{escape(str(self.frame.loc[place, columns[0]]))}"' if self.details else ""

    def _opened(self, place: int, line: str) -> str:
        """A row whose last cell opens, where the table has details: its first line stands, the others and the details do not."""
        if not self.details:
            return line
        cell, _, text = line.removesuffix("</td>").rpartition(">")
        seen, *more = text.split("\n")
        inside = "".join(f" <p>{one}</p>" for one in more)
        inside += "".join(f' <p class="ra-basis">{escape(one)}</p>' for one in self.details[place])
        return f'{cell}><details class="ra-opens"><summary>{seen}</summary>{inside}</details></td>'

    def _cell(self, index: int, value: Any, kind: str) -> str:
        if index < self.row_headers:
            return f'<th scope="row"{_css(kind)}>{self._linked(value)}</th>'
        if kind == "ra-num" and "(" in str(value):
            return f"<td{_css(kind)}>{' '.join(f'<span>{_text(part)}</span>' for part in _BREAK.split(str(value)))}</td>"
        return f"<td{_css(kind)}>{self._linked(value)}</td>"

    def _linked(self, value: Any) -> str:
        target = self.links.get(str(value))
        return f'<a href="{escape(target)}">{_text(value)}</a>' if target else _text(value)


def table(
    frame: pd.DataFrame, name: str, caption: str, note: str = "", synthetic: bool = False,
    row_headers: int = 1, groups: str | None = None, links: Mapping[str, str] | None = None,
    details: Sequence[Sequence[str]] = (), shown: Iterable[Any] | None = None,
) -> Table:  # fmt: skip
    """A table from a frame of display-ready text.

    Column names are the headers (with the unit); two-level column names give spanning headers. The first `row_headers` columns
    head their rows; `groups` names a column whose values become heading rows within the table; a cell whose text `links` knows
    becomes a link; `details` are, for each row, the paragraphs to which its last cell opens, after any lines below the first;
    `shown` are the labels of the rows that the page shows, where the frame is a listing that the download alone holds whole.
    Missing cells are shown as an en dash, and visits begin with a capital. Raises ValueError for a bad name or an empty caption.

    >>> shown = table(pd.DataFrame({"Analyte": ["ALT"], "n": ["64"]}), "labs", "Values per analyte.")
    >>> '<th scope="row">ALT</th><td class="ra-num">64</td>' in shown.html()
    True
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        raise ValueError(f"a table's name has letters, digits and hyphens only, not {name!r}")
    if not caption.strip():
        raise ValueError(f"table {name} needs a caption")
    opened = tuple(map(tuple, details))
    if "Visit" in frame.columns.tolist():
        frame = frame.assign(Visit=frame["Visit"].map(capitalised, na_action="ignore"))
    part = frame if shown is None else frame.loc[list(shown)]
    whole = None if len(part) == len(frame) else frame
    return Table(name, " ".join(caption.split()), part.reset_index(drop=True), note, synthetic, row_headers, groups, links or {},
                 opened, whole)  # fmt: skip


def taken_along(listing: pd.DataFrame, shown: Iterable[Any]) -> pd.DataFrame:
    """The rows of a listing that its download holds: all, or past a length those alone that the page shows."""
    return listing if len(listing) <= TAKEN_ALONG else listing.loc[list(shown)]


def _told(whole: pd.DataFrame | None) -> str:
    """The attribute that holds header and rows of a whole listing, which `racohort.downloads` takes out of the page."""
    if whole is None:
        return ""
    rows = whole.astype(object).where(whole.notna(), "–").astype(str).to_numpy().tolist()
    return f' data-whole="{escape(json.dumps([list(map(str, whole.columns)), *rows], ensure_ascii=False))}"'


def _levels_in_heads(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the level of a column's intervals in its head instead of in each cell; the same frame where none is said."""
    heads: list[Any] = list(frame.columns)
    shown = frame.copy()
    for at, head in enumerate(heads):
        cells = frame.iloc[:, at].astype(object).where(frame.iloc[:, at].notna(), None)
        levels = {level for cell in cells for level in _LEVEL.findall(str(cell))}
        if len(levels) == 1 and max(len(str(cell)) for cell in cells) <= _SENTENCE:
            shown.isetitem(at, [cell and _LEVEL.sub("", str(cell)) for cell in cells])
            last = f"{head[-1] if isinstance(head, tuple) else head} ({levels.pop()})"
            heads[at] = (*head[:-1], last) if isinstance(head, tuple) else last
    if heads == list(frame.columns):
        return frame
    return shown.set_axis(pd.Index(heads, tupleize_cols=False), axis="columns")


def _line(frame: pd.DataFrame) -> int:
    """How many characters stand in a line of the table, running text wrapped."""
    longest = (max((len(str(cell)) for cell in frame.iloc[:, at]), default=0) for at in range(frame.shape[1]))
    return sum(min(length, _LONG_CELL) if length > 40 else length for length in longest)


def _head(columns: list[Any], kinds: list[str]) -> str:
    """The header row, or two of them where the columns have two levels."""
    if not any(isinstance(column, tuple) for column in columns):
        return f"<thead><tr>{''.join(map(_header, columns, kinds))}</tr></thead>"
    upper = "".join(_spans([column[0] for column in columns]))
    return (
        f"<thead><tr>{upper}</tr><tr>{''.join(_header(c[-1], kind) for c, kind in zip(columns, kinds, strict=True))}</tr></thead>"
    )


def _spans(names: list[Any]) -> list[str]:
    """Equal neighbours under one spanning header."""
    starts = [index for index, name in enumerate(names) if index == 0 or name != names[index - 1]] + [len(names)]
    return [_span(names[start], end - start) for start, end in pairwise(starts)]


def _span(name: Any, columns: int) -> str:
    if not str(name):
        return f'<td colspan="{columns}"></td>'
    return f'<th scope="colgroup" colspan="{columns}">{_text(name)}</th>'


def _group(name: Any, columns: int) -> str:
    return f'<tr class="ra-group"><th scope="rowgroup" colspan="{columns}">{_text(name)}</th></tr>'


def _header(name: Any, kind: str) -> str:
    return f'<th scope="col"{_css(kind)}>{_text(name)}</th>'


def _css(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _kind(values: pd.Series, heads: bool) -> str:
    cells = [str(value).strip() for value in values.dropna()]
    shown = [cell for cell in cells if cell not in _NOTHING]
    if shown and not heads and all(_NUMBER.fullmatch(cell) for cell in shown):
        return "ra-num"
    return "ra-words" if any(len(cell) > _LONG_CELL for cell in shown) else ""


def _text(value: Any) -> str:
    """A cell's text, escaped; a dash for none.

    >>> _text("efficacy.compare_forms")
    'efficacy.<wbr>compare_<wbr>forms'
    >>> _text("raw/visits.csv: Bachelor/Master, 5 mg/L")
    'raw/<wbr>visits.csv: Bachelor/<wbr>Master, 5 mg/L'
    """
    return "–" if pd.isna(value) or str(value) == "" else "<wbr>".join(map(escape, _JOINT.split(str(value))))
