"""Visits that stand in column names: das_0, das_3 and das_6 are one column `das_{visit}` of three visits."""

import re
from collections.abc import Callable, Sequence

from racohort.intake.visits import UNITS, is_visit_label, label_day

#: A number and a unit of time are one label (6 months, week_12, visit 2); so are two words for before and after; so is any other.
_TIME = "|".join(word for _, words in UNITS.values() for word in words if len(word) > 1)
_AROUND = r"(?:pre|before|post|after)[\s_](?:treatment|therapy|infusion|transplantation|transplant|tx)"
_LABEL = rf"(?P<label>(?i:\d{{1,3}}[\s_](?:{_TIME})|(?:{_TIME}|visit)[\s_]\d{{1,3}}|{_AROUND})|[^\s_.\-]+)"
#: A unit in brackets may stand behind the label; or the label itself stands in brackets.
_UNIT = r"(?P<unit>(?:\s*[(\[（][^()\[\]（）]*[)\]）])?)"
_LAST = re.compile(rf"(?P<stem>.*?[^\W_].*?)(?P<mark>[\s_.\-]+){_LABEL}{_UNIT}")
_FIRST = re.compile(rf"{_LABEL}(?P<mark>[\s_.\-]+)(?P<stem>.*[^\W_].*)(?P<unit>)")
_JOINED = re.compile(rf"(?P<stem>.*[^\W\d_])(?P<mark>)(?P<label>\d{{1,3}}){_UNIT}")
_INSIDE = re.compile(r"(?P<stem>.*[^\W_])(?P<mark>\s*[(\[（]\s*)(?P<label>[^()\[\]（）]+?)(?P<unit>\s*[)\]）])")
#: Chinese labels, and pre and post, stand before or behind the name without a mark between: 治疗前CRP, preCRP, CRPpost.
_CHINESE = r"(?:治疗|术|输注)[前后]|基线|\d{1,3}(?:个月|月|周|年|天)"
_AHEAD = re.compile(rf"(?P<label>{_CHINESE}|[Pp](?:re|ost)(?=[A-Z]))(?P<mark>)(?P<stem>[^\s_.\-].*)(?P<unit>)")
_BEHIND = re.compile(
    rf"(?P<stem>.*[^\s_.\-])(?P<mark>)(?P<label>{_CHINESE}|(?<=[A-Z\d])(?:pre|post)|(?<=[a-z])(?:Pre|Post)){_UNIT}"
)
#: How a name is read, and the pattern that it makes.
_FORMS = (
    (_LAST, "{stem}{mark}{{visit}}{unit}"), (_FIRST, "{{visit}}{mark}{stem}"), (_JOINED, "{stem}{{visit}}{unit}"),
    (_INSIDE, "{stem}{mark}{{visit}}{unit}"), (_AHEAD, "{{visit}}{stem}"), (_BEHIND, "{stem}{{visit}}{unit}"),
)  # fmt: skip

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
    ['{visit}.GE', '{visit}.x']
    >>> find_patterns(["Baseline CRP", "6 months CRP"], lambda text: text == "CRP")
    {'{visit} CRP': {'Baseline CRP': 'Baseline', '6 months CRP': '6 months'}}
    >>> find_patterns(["crp_week_0", "crp_week_12"], lambda text: text == "crp")
    {'crp_{visit}': {'crp_week_0': 'week_0', 'crp_week_12': 'week_12'}}
    >>> list(find_patterns(["治疗前CRP", "治疗后CRP", "preESR", "postESR", "before therapy K", "after therapy K"], str.isupper))
    ['{visit}CRP', '{visit}ESR', '{visit} K']

    Labels that say nothing by themselves are those of visits where each of them stands beside the same three known names.

    >>> list(find_patterns(["ALT.B", "ALT.M", "AST.B", "AST.M", "ALP.B", "ALP.M", "dose"], lambda text: text[:1] == "A"))
    ['ALT.{visit}', 'AST.{visit}', 'ALP.{visit}']

    >>> names = ["CRP_pre (mg/L)", "CRP_post (mg/L)", "ESR (month 0)", "ESR (month 6)", "TJC (28)", "TJC (66)"]
    >>> find_patterns(names, lambda text: text.strip()[:3] in ("CRP", "ESR", "TJC"))
    ... # doctest: +NORMALIZE_WHITESPACE
    {'CRP_{visit} (mg/L)': {'CRP_pre (mg/L)': 'pre', 'CRP_post (mg/L)': 'post'},
     'ESR ({visit})': {'ESR (month 0)': 'month 0', 'ESR (month 6)': 'month 6'}}

    Where some names tell the visits, the same labels stand beside unknown names, too.

    >>> list(find_patterns(["crp_T0", "crp_T1", "swelling_T0", "swelling_T1"], lambda text: text == "crp"))
    ['crp_{visit}', 'swelling_{visit}']
    """
    told = {label for columns in _patterns(names, is_known, frozenset()).values() for label in columns.values()}
    return _patterns(names, is_known, frozenset(label for label in told if not label.isdigit()))


def _patterns(names: Sequence[str], is_known: Callable[[str], bool], told: frozenset[str]) -> dict[str, dict[str, str]]:
    """The patterns, where labels that are already told are those of visits wherever they stand behind or before a mark."""
    found: dict[str, dict[str, str]] = {}
    shared = _shared_labels(names, is_known)
    for name in names:
        for form, pattern in _FORMS:
            parts = form.fullmatch(name)
            marked = parts and parts["mark"] and parts["label"] in told
            if parts and "{" not in name and (marked or parts["label"] in shared or _is_visit(parts, form, is_known)):
                found.setdefault(pattern.format(**parts.groupdict()), {})[name] = parts["label"]
                break
    return {pattern: columns for pattern, columns in found.items() if len(columns) > 1
            and (is_known(_stem(pattern)) or {*columns.values()} <= shared | told
                 or any(label_day(label) == 0 for label in columns.values()))}  # fmt: skip


def _is_visit(parts: re.Match[str], form: re.Pattern[str], is_known: Callable[[str], bool]) -> bool:
    """Whether a name is a known one and a visit's label, or any and a label that says its time."""
    if not is_visit_label(parts["label"]) or (parts["label"].isdigit() and (form is _INSIDE or is_known(parts[0]))):
        return False  # TJC (28), C3 and TJC 28 name joints and proteins
    return is_known(parts["stem"]) or _is_time(parts)


def _shared_labels(names: Sequence[str], is_known: Callable[[str], bool]) -> set[str]:
    """Words behind or before a mark that are no visit's label and stand beside the same known names as another label."""
    for form in (_LAST, _FIRST):
        beside: dict[str, set[str]] = {}
        for match in filter(None, map(form.fullmatch, names)):
            if match["label"].casefold() not in _NO_VISIT and is_known(match["stem"]):
                beside.setdefault(match["label"], set()).add(match["stem"])
        alike = [{label for label, stems in beside.items() if stems == same} for same in beside.values() if len(same) >= ALIKE]
        if best := max(alike, key=len, default=set()):
            return {label for label in best if not is_visit_label(label)} if len(best) > 1 else set()
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
