"""Visits that have a file or a sheet each: told from the names of those that have the same columns."""

from collections.abc import Sequence

import pandas as pd

from racohort.intake.guesses import Source
from racohort.intake.names import look_up, role_index
from racohort.intake.visits import is_visit_label
from racohort.intake.vocabulary import ROLE_FILLERS

#: Two tables are alike that share this part of their columns.
ALIKE = 0.6
_SEPARATORS = " _-.（(【[第"


def name_visits(pairs: Sequence[tuple[Source, pd.DataFrame]]) -> None:
    """Set the visit of tables that are alike and whose names, without what they have in common, are labels of visits.

    >>> sources = [Source(f"xian_{name}.csv", {}, "", "") for name in ("baseline", "week12", "people")]
    >>> cells = pd.DataFrame({"id": ["1"], "crp": ["3"]})
    >>> name_visits([(sources[0], cells), (sources[1], cells), (sources[2], cells.rename(columns={"crp": "sex"}))])
    >>> [source.visit for source in sources]
    ['baseline', 'week12', '']
    """
    for source, cells in pairs:
        group = [other for other, rows in pairs if _alike(list(cells.columns), list(rows.columns))]
        if source.visit or len(group) < 2 or any(_tells_visit(str(name)) for name in cells.columns):
            continue
        labels = _labels([_name(other) for other in group])
        if len(set(labels)) == len(labels) and all(map(is_visit_label, labels)):
            for other, label in zip(group, labels, strict=True):
                other.visit = label


def _name(source: Source) -> str:
    return str(source.facts.get("sheet") or source.path.rpartition("/")[2].partition(".")[0])


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    return len({*one} & {*other}) >= ALIKE * len({*one} | {*other}) > 1


def _tells_visit(name: str) -> bool:
    return look_up(name, role_index(("AVISIT", "ADT")), ROLE_FILLERS).sure == "AVISIT"


def _labels(names: Sequence[str]) -> list[str]:
    """Names without the start and the end that all of them share.

    >>> _labels(["visit_bl", "visit_m12"]), _labels(["基线随访", "3个月随访"]), _labels(["V1", "V2"])
    (['bl', 'm12'], ['基线', '3个月'], ['V1', 'V2'])
    """
    start = _whole(_shared(names), names)
    end = _shared([name[len(start) :][::-1] for name in names])
    end = end if not end[:1].isalnum() or not end.isascii() else ""
    return [name[len(start) : len(name) - len(end)].strip(_SEPARATORS) for name in names]


def _shared(names: Sequence[str]) -> str:
    """The start that all names have in common."""
    same = [set(letters) for letters in zip(*names, strict=False)]
    return names[0][: next((place for place, letters in enumerate(same) if len(letters) > 1), len(same))]


def _whole(start: str, names: Sequence[str]) -> str:
    """A shared start up to its last separator, so that no word is cut."""
    while start and start[-1] not in _SEPARATORS and start.isascii():
        start = start[:-1]
    return "" if start in names else start
