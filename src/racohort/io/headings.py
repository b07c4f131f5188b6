"""Headings of several lines: groups above the names and units below them, as forms and spreadsheets have them."""

import re
from collections.abc import Sequence

#: A number, a date or a value beyond a limit: no name of a column.
_FIGURE = re.compile(r"[<>≤≥＜＞]?\s*[+-]?\d[\d.,:/\- ]*|\d{4}年.*")
#: What stands at the start of a line of units.
_UNITS = {"", "单位", "unit", "units", "einheit", "einheiten", "unité", "unités", "unidad", "unidade"}
#: Of the columns with a unit so many hold figures below it.
MOSTLY = 0.5
#: A header is looked for down to this line.
DEEPEST = 12


def join_header(rows: Sequence[Sequence[str]]) -> list[str]:
    """One name a column from the lines of a heading; of one line, the line itself.

    The names stand in the first line that has no groups (merged cells, of which only the first has text). What stands below a
    name is its unit, in brackets; a column without a name takes what stands above. A group leads names that several groups have.

    >>> join_header([["id", "lab", "", "joints"], ["", "CRP", "ESR", "TJC"], ["", "mg/L", "mm/h", ""]])
    ['id', 'CRP (mg/L)', 'ESR (mm/h)', 'TJC']
    >>> join_header([["id", "baseline", "", "week 4", ""], ["", "CRP", "ESR", "CRP", "ESR"]])
    ['id', 'baseline CRP', 'baseline ESR', 'week 4 CRP', 'week 4 ESR']
    >>> join_header([["id", "joints", "", "ESR"], ["", "tender", "swollen", ""], ["", "", "", "mm/h"]])
    ['id', 'tender', 'swollen', 'ESR (mm/h)']
    """
    texts = [[" ".join(cell.split()) for cell in row] for row in rows] if len(rows) > 1 else [list(row) for row in rows]
    width = max(map(len, texts), default=0)
    texts = [[*row, *[""] * width][:width] for row in texts]
    if len(texts) < 2:
        return texts[0] if texts else []
    named = [[any(cells) for cells in zip(*texts[: place + 1], strict=True)] for place in range(len(texts))]
    at = next((place for place in range(len(texts) - 1) if not _has_groups(named[place], texts[place + 1])), len(texts) - 1)
    names = [_name([row[column] for row in texts], at) for column in range(width)]
    groups = _filled(texts[at - 1], texts[at]) if at else [""] * width
    bare = list(texts[at])
    twice = {name for name in names if name and names.count(name) > 1}
    return [
        f"{group} {name}".strip() if name in twice and group and bare[place] else name
        for place, (name, group) in enumerate(zip(names, groups, strict=True))
    ]


def _has_groups(named: Sequence[bool], below: Sequence[str]) -> bool:
    """Whether any text of the lines so far stands over several names of the next; `named` says which columns have one yet."""
    return any(name and not has and any(named[:place]) for place, (has, name) in enumerate(zip(named, below, strict=True)))


def _name(column: Sequence[str], at: int) -> str:
    """The name in a column of a heading whose names stand in line `at`, with what stands below it in brackets."""
    name = next((text for text in reversed(column[: at + 1]) if text), "")
    below = [text for text in column[at + 1 :] if text]
    return f"{name} ({', '.join(below)})" if name and below else name or next(iter(below), "")


def _filled(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """The group of every column: its own text, else that to the left where the column has a name."""
    found, last = [], ""
    for group, name in zip(groups, names, strict=True):
        last = group or (last if name else "")
        found.append(last)
    return found


def find_header(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, int]:
    """The line of the header and how many lines it takes, among the rows of a sheet (line and cells) of which nothing is known.

    The heading is that with most columns named, each by a name of its own and no figure; of equal ones the shortest, highest.

    >>> body = [(n, ["P1", f"{n}", f"{n}.5"]) for n in range(4, 9)]
    >>> find_header([(1, ["Report", "", ""]), (2, ["id", "CRP", "ESR"]), (3, ["", "mg/L", "mm/h"]), *body])
    (2, 2)
    """
    tried = []
    for place, (line, row) in enumerate(rows[:DEEPEST]):
        for lead in (0, 1):
            if sum(map(bool, row)) < 2 or place + lead >= len(rows) or (lead and _has_figure(rows[place + 1][1])):
                continue
            more = units_below([cells for _, cells in rows[place + 1 + lead :]])
            count = 1 + lead + more
            names = join_header([cells for _, cells in rows[place : place + count]])
            tried.append((-_named(names, [cells for _, cells in rows]), count, line))
    _, count, line = min(tried, default=(0, 1, 1))
    return line, count


def units_below(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows belong to the heading: no figure, no identifier, and figures below what they hold."""
    count = 0
    while count < min(2, len(rows) - 1) and _is_units(rows[count], rows[count + 1 :]):
        count += 1
    return count


def _is_units(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    told = [place for place, cell in enumerate(row) if cell.strip()]
    if not told or _has_figure(row) or row[0].strip().casefold() not in _UNITS:
        return False
    figures = sum(_are_figures([cells[place] for cells in below[:50]]) for place in told)
    return 4 * len(told) >= len(row) and figures >= MOSTLY * len(told)


def _are_figures(cells: Sequence[str]) -> bool:
    given = [cell for cell in cells if cell.strip()]
    return bool(given) and sum(_FIGURE.fullmatch(cell.strip()) is not None for cell in given) >= MOSTLY * len(given)


def _has_figure(row: Sequence[str]) -> bool:
    return any(_FIGURE.fullmatch(cell.strip()) for cell in row)


def _named(names: Sequence[str], rows: Sequence[Sequence[str]]) -> float:
    """The share of the columns that hold anything that have a name of their own."""
    filled = [name for place, name in enumerate(names) if any(cells[place] for cells in rows)]
    return len({name for name in filled if name and not _FIGURE.fullmatch(name)}) / len(filled) if filled else 0.0
