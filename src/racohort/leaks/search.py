"""The search of a finished folder for traces of patients."""

import re
from collections.abc import Iterator
from pathlib import Path

from racohort.leaks.texts import Unreadable, texts_of
from racohort.leaks.traces import DATE, Traces, days_in

#: Findings that a message names.
TOLD = 5
REMEDY = (
    "In cohort.yml give a column of coded terms the role that says so (AEDECOD, CMDECOD), "
    "give other words `codes`, or leave the column out with `role: IGNORE`."
)


class LeakFound(Exception):
    """A report that holds what points to a patient; the command ends with status 1, and the report stays unpublished."""

    exit_code = 1


def check_folder(folder: Path, traces: Traces) -> None:
    """Raise LeakFound where a file of a folder holds a trace; the message names files and kinds, never the trace itself."""
    found = list(dict.fromkeys(search_folder(folder, traces)))
    if found:
        rest = [f"... and {len(found) - TOLD} more"] if len(found) > TOLD else []
        told = [f"  {name} holds {kind}" for name, kind in found[:TOLD]]
        first = "The report was not published: it holds what points to a patient of the cohort."
        raise LeakFound("\n".join([first, *told, *rest, REMEDY]))


def search_folder(folder: Path, traces: Traces) -> Iterator[tuple[str, str]]:
    """Each file of a folder that holds a trace, by its path in the folder, with the kind of trace."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            try:
                for text in [name, *texts_of(path.read_bytes())]:
                    yield from ((name, kind) for kind in kinds_in(text, traces))
            except Unreadable as why:
                yield name, f"text that was not searched: {why}"


def kinds_in(text: str, traces: Traces) -> Iterator[str]:
    """The kinds of trace that a text holds, each once.

    >>> list(kinds_in("seen on 18 March 2014: Zhang, Wei", Traces({"Zhang Wei": "a name"}, {(2014, 3, 18)})))
    ['a name', 'a date']
    """
    folded = text.casefold()
    words, told = set(re.findall(r"\w+", folded)), set()
    for trace, kind in traces.texts.items():
        if kind not in told and _holds(folded, words, trace.casefold()):
            told.add(kind)
            yield kind
    if traces.days and not traces.days.isdisjoint(days_in(text)):
        yield DATE


def _holds(text: str, words: set[str], trace: str) -> bool:
    """Whether a text holds a trace as words of its own; Chinese, which has no spaces, anywhere."""
    if re.search(r"[\u3400-\u9fff]", trace):
        return trace in text
    parts = re.findall(r"\w+", trace)
    if not words.issuperset(parts):
        return False
    # What stands before is looked at afterwards: a pattern that begins with letters is found faster than one that looks back.
    joined = re.finditer(r"\W+".join(map(re.escape, parts)) + r"(?!\w)", text)
    return len(parts) == 1 or any(not re.match(r"\w", text[found.start() - 1 : found.start()]) for found in joined)
