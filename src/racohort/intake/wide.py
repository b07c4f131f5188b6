"""Visits that stand in column names: das_0, das_3 and das_6 are one column `das_{visit}` of three visits."""

import re
from collections.abc import Callable, Sequence

from racohort.intake.visits import is_visit_label, label_day

_LAST = re.compile(r"(?P<stem>.*?[^\W_].*?)(?P<mark>[\s_.\-]+)(?P<label>[^\s_.\-]+)")
_FIRST = re.compile(r"(?P<label>[^\s_.\-]+)(?P<mark>[\s_.\-]+)(?P<stem>.*[^\W_].*)")
_JOINED = re.compile(r"(?P<stem>.*[^\W\d_])(?P<mark>)(?P<label>\d{1,3})")


def find_patterns(names: Sequence[str], is_known: Callable[[str], bool]) -> dict[str, dict[str, str]]:
    """Patterns with `{visit}` -> source column -> the visit's label, of at least two columns each.

    `is_known` says whether a text names an analyte or a date: the part before the visit must, a whole column name must not.
    What is unknown is a pattern where its labels say their times, baseline among them.

    >>> find_patterns(["id", "das_0", "das_3", "C3", "C4"], lambda text: text in ("das", "C3", "C4"))
    {'das_{visit}': {'das_0': '0', 'das_3': '3'}}
    >>> list(find_patterns(["bdi.pre", "bdi.2m", "q.1", "q.2", "dose.2m", "dose.4m"], lambda text: False))
    ['bdi.{visit}']
    """
    found: dict[str, dict[str, str]] = {}
    for name in names:
        for form, pattern in ((_LAST, "{stem}{mark}{{visit}}"), (_FIRST, "{{visit}}{mark}{stem}"), (_JOINED, "{stem}{{visit}}")):
            parts = form.fullmatch(name)
            if parts and is_visit_label(parts["label"]) and (is_known(parts["stem"]) or _is_time(parts)) and "{" not in name:
                if form is _JOINED and is_known(name):
                    continue
                found.setdefault(pattern.format(**parts.groupdict()), {})[name] = parts["label"]
                break
    return {pattern: columns for pattern, columns in found.items() if len(columns) > 1
            and (is_known(_stem(pattern)) or any(label_day(label) == 0 for label in columns.values()))}  # fmt: skip


def _stem(pattern: str) -> str:
    return re.sub(r"[\s_.\-]*\{visit\}[\s_.\-]*", "", pattern)


def _is_time(parts: re.Match[str]) -> bool:
    """Whether a label behind or before a mark says a time in words: 2m or pre, and no bare number."""
    return bool(parts["mark"]) and not parts["label"].isdigit() and label_day(parts["label"]) is not None
