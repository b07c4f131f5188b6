"""Visits that stand in column names: das_0, das_3 and das_6 are one column `das_{visit}` of three visits."""

import re
from collections.abc import Callable, Sequence

from racohort.intake.visits import UNITS, is_visit_label, label_day

#: A number and a unit of time are one label (6 months, week_12); so is any other word.
_TIME = "|".join(word for _, words in UNITS.values() for word in words if len(word) > 1)
_LABEL = rf"(?P<label>(?i:\d{{1,3}}[\s_](?:{_TIME})|(?:{_TIME})[\s_]\d{{1,3}})|[^\s_.\-]+)"
_LAST = re.compile(rf"(?P<stem>.*?[^\W_].*?)(?P<mark>[\s_.\-]+){_LABEL}")
_FIRST = re.compile(rf"{_LABEL}(?P<mark>[\s_.\-]+)(?P<stem>.*[^\W_].*)")
_JOINED = re.compile(r"(?P<stem>.*[^\W\d_])(?P<mark>)(?P<label>\d{1,3})")

#: What can stand beside many analytes alike and is no visit.
_NO_VISIT = {
    "min", "max", "mean", "median", "sd", "se", "n", "lln", "uln", "low", "high", "lower", "upper", "unit", "units", "flag",
    "ref", "range", "result", "value", "date", "pct", "percent", "abs", "l", "r", "left", "right", "mg", "g", "dl", "ml", "u",
    "iu", "serum", "plasma", "urine",
}  # fmt: skip
#: Beside so many known names the same words are labels of visits.
ALIKE = 3


def find_patterns(names: Sequence[str], is_known: Callable[[str], bool]) -> dict[str, dict[str, str]]:
    """Patterns with `{visit}` -> source column -> the visit's label, of at least two columns each.

    `is_known` says whether a text names an analyte or a date: the part before the visit must, a whole column name must not.
    What is unknown is a pattern where its labels say their times or are numbered visits, baseline among them.

    >>> find_patterns(["id", "das_0", "das_3", "C3", "C4"], lambda text: text in ("das", "C3", "C4"))
    {'das_{visit}': {'das_0': '0', 'das_3': '3'}}
    >>> list(find_patterns(["bdi.pre", "bdi.2m", "q.1", "q.2", "dose.2m", "dose.4m"], lambda text: False))
    ['bdi.{visit}']
    >>> list(find_patterns(["BL.GE", "V3.GE", "V5.GE", "V3.x", "V5.x"], lambda text: False))
    ['{visit}.GE']
    >>> find_patterns(["Baseline CRP", "6 months CRP"], lambda text: text == "CRP")
    {'{visit} CRP': {'Baseline CRP': 'Baseline', '6 months CRP': '6 months'}}
    >>> find_patterns(["crp_week_0", "crp_week_12"], lambda text: text == "crp")
    {'crp_{visit}': {'crp_week_0': 'week_0', 'crp_week_12': 'week_12'}}

    Labels that say nothing by themselves are those of visits where each of them stands beside the same three known names.

    >>> list(find_patterns(["ALT.B", "ALT.M", "AST.B", "AST.M", "ALP.B", "ALP.M", "dose"], lambda text: text[:1] == "A"))
    ['ALT.{visit}', 'AST.{visit}', 'ALP.{visit}']
    """
    found: dict[str, dict[str, str]] = {}
    shared = _shared_labels(names, is_known)
    for name in names:
        for form, pattern in ((_LAST, "{stem}{mark}{{visit}}"), (_FIRST, "{{visit}}{mark}{stem}"), (_JOINED, "{stem}{{visit}}")):
            parts = form.fullmatch(name)
            if parts and parts["label"] in shared and "{" not in name:
                found.setdefault(pattern.format(**parts.groupdict()), {})[name] = parts["label"]
                break
            if parts and is_visit_label(parts["label"]) and (is_known(parts["stem"]) or _is_time(parts)) and "{" not in name:
                if form is _JOINED and is_known(name):
                    continue
                found.setdefault(pattern.format(**parts.groupdict()), {})[name] = parts["label"]
                break
    return {pattern: columns for pattern, columns in found.items() if len(columns) > 1
            and (is_known(_stem(pattern)) or {*columns.values()} <= shared
                 or any(label_day(label) == 0 for label in columns.values()))}  # fmt: skip


def _shared_labels(names: Sequence[str], is_known: Callable[[str], bool]) -> set[str]:
    """Words behind or before a mark that are no visit's label and stand, two of them or more, beside the same known names."""
    for form in (_LAST, _FIRST):
        parts = [match for name in names if (match := form.fullmatch(name)) and not is_visit_label(match["label"])]
        beside: dict[str, set[str]] = {}
        for match in parts:
            if match["label"].casefold() not in _NO_VISIT and is_known(match["stem"]):
                beside.setdefault(match["label"], set()).add(match["stem"])
        alike = [{label for label, stems in beside.items() if stems == same} for same in beside.values() if len(same) >= ALIKE]
        if best := max(alike, key=len, default=set()):
            return best if len(best) > 1 else set()
    return set()


def _stem(pattern: str) -> str:
    return re.sub(r"[\s_.\-]*\{visit\}[\s_.\-]*", "", pattern)


def _is_time(parts: re.Match[str]) -> bool:
    """Whether a label behind or before a mark says a time in words or a numbered visit: 2m, pre or V3, and no bare number."""
    label = parts["label"]
    return (
        bool(parts["mark"])
        and not label.isdigit()
        and (label_day(label) is not None or re.fullmatch(r"[Vv]\d{1,2}", label) is not None)
    )
