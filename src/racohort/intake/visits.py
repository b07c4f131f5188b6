"""The visits of a cohort: what a label says of its time, the order, and the planned day, held against the dates."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from racohort.standards import is_apart

#: Days in a unit of time, and the words for the unit.
UNITS = {
    "Y": (365.0, ("y", "yr", "yrs", "year", "years", "jahr", "jahre", "ano", "anos", "año", "años", "年")),
    "M": (30.4375, ("m", "mo", "mon", "month", "months", "monat", "monate", "mes", "mês", "meses", "个月", "月", "月份")),
    "W": (7.0, ("w", "wk", "wks", "week", "weeks", "woche", "wochen", "semana", "semanas", "周")),
    "D": (1.0, ("d", "day", "days", "tag", "tage", "dia", "dias", "día", "días", "天", "日")),
}
_BASELINE = {
    "baseline",
    "bl",
    "base",
    "basal",
    "inicial",
    "基线",
    "entry",
    "t0",
    "v0",
    "day0",
    "preop",
    "术前",
    "0",
    "治疗前",
    "入组",
    "首诊",
    "初诊",
    "inclusion",
    "enrolment",
    "enrollment",
}
#: Words for baseline where no later time is said (week 4 pre-dose), and words for a visit after it whose day they do not say.
_BEFORE = {"pre", "before", "pretreatment", "vorher", "antes", "avant"}
_AFTER = {
    "post", "after", "posttreatment", "postop", "术后", "治疗后", "nachher", "despues", "después", "depois", "après", "fu",
    "followup", "随访",
}  # fmt: skip
#: The end of an event's name in REDCap, which names the arm: _arm_1, and in an export of labels (Arm 1: Cohort).
_REDCAP_ARM = re.compile(r"_arm_\d+$|\s*\(arm \d+:.*\)$")
_WORDS = {word: unit for unit, (_, words) in UNITS.items() for word in words}


#: Why a label that says no time is taken for baseline.
FIRST = "the first of the labels"


@dataclass
class Planned:
    """One planned visit as it is guessed: code, labels, planned day (None if unknown), evidence, choices for the day, window."""

    code: str
    labels: list[str] = field(default_factory=list)
    day: float | None = None
    why: str = ""
    choices: str = ""
    window: tuple[int, int] | None = None


def label_day(label: str, unit: str = "") -> float | None:
    """The day after baseline that a label means; None where it does not say; -1 for a visit outside the plan.

    `unit` (Y, M, W or D) is that of labels that are bare numbers.

    >>> label_day("基线 Baseline"), label_day("12个月"), label_day("3年"), label_day("Week 12")
    (0.0, 365.0, 1095.0, 84.0)
    >>> label_day("Weeks 4-24"), label_day("visit-2")
    (None, None)
    >>> label_day("pre"), label_day("Week 4 pre-dose"), label_day("post")
    (0.0, 28.0, None)
    >>> label_day("3"), label_day("3", "M"), label_day("unscheduled"), label_day("12_months_arm_1")
    (None, 91.0, -1.0, 365.0)
    """
    text = _REDCAP_ARM.sub("", unicodedata.normalize("NFKC", label).casefold().strip()).replace("_", " ")
    words = [word for word in re.split(r"[\s_\-./]+", text) if word]
    if is_apart(label):
        return -1.0
    if text in _BASELINE or set(words) & (_BASELINE - {"0", "entry"}) or re.fullmatch(r"0+(\.0+)?", text):
        return 0.0
    if re.search(r"\d\s*(?:-|–|~|to|bis)\s*\d", text):
        return None  # a span of time is no planned day
    count, kind = _span_said(text, unit)
    if set(words) & _BEFORE and not count:
        return 0.0
    if kind == "M" and count % 12 == 0:
        kind, count = "Y", count / 12
    return float(round(count * UNITS[kind][0])) if kind else None


def _span_said(text: str, unit: str) -> tuple[float, str]:
    """The number in a label and its unit of time, which stands behind or before it; "" for no unit."""
    after = re.search(r"(\d+(?:\.\d+)?)\s*([a-zà-ÿ]+(?![\w])|个月|月份|月|年|周|天|日|(?![\w]))", text)
    before = re.match(r"([a-zà-ÿ]+|第)?\s*(\d+(?:\.\d+)?)", text)
    if not after and not before:
        return 0.0, ""
    count = float(after[1] if after else before[2])  # type: ignore[index]
    kinds = [_WORDS.get(after[2] or "") if after else None, _WORDS.get(before[1] or "") if before else None, unit]
    return count, next((kind for kind in kinds if kind), "")


def is_visit_label(text: str) -> bool:
    """Whether a word can be the label of a visit: a bare number, or a word that says a time."""
    text = text.casefold()
    numbered = re.fullmatch(r"\d{1,3}|(?:[vt]|visit[\s_]?)\d{1,2}", text) is not None
    return numbered or re.split(r"[\s_]", text)[0] in _AFTER or label_day(text) is not None


def header_time(name: str) -> str:
    """The unit of time that a column's name says (month -> M); "" where it says none."""
    words = re.split(r"[^\w]+|_", unicodedata.normalize("NFKC", name).casefold())
    return next((_WORDS[word] for word in words if len(word) > 2 and word in _WORDS), _WORDS.get(name.strip(), ""))


def time_unit(name: str) -> str:
    """The unit of time that is all that a column's name says (month, time_months -> M); "" for any other name.

    >>> time_unit("month"), time_unit("time (weeks)"), time_unit("age_months")
    ('M', 'W', '')
    """
    words = set(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", name).casefold())) - {"time", "visit", "study", "in"}
    return _WORDS.get(words.pop(), "") if len(words) == 1 else ""


def plan_visits(labels: Iterable[tuple[str, str]], observed: Mapping[str, Sequence[float]]) -> list[Planned]:
    """The planned visits in the order of time.

    `labels` are labels with the unit that their column's name says, of every file; one file's word counts for a label that
    another file has without a unit, and files that differ leave it open. `observed` are the days after the patient's first day,
    by label.

    >>> [(visit.code, visit.labels, visit.day) for visit in plan_visits([("基线", ""), ("1年", ""), ("12 months", "")], {})]
    [('BL', ['基线'], 0.0), ('Y1', ['1年', '12 months'], 365.0)]

    >>> [visit.day for visit in plan_visits([("0", "M"), ("6", "M"), ("0", ""), ("6", "")], {})]
    [0.0, 183.0]
    >>> [visit.day for visit in plan_visits([("0", "M"), ("6", "M"), ("0", "W"), ("6", "W")], {})]
    [0.0, None]

    Where no label says a time, the first in the order of time is taken for baseline, and the guess says so.

    >>> visits = plan_visits([("Call A", ""), ("Call B", "")], {"Call B": [90, 95, 88]})
    >>> [(visit.day, visit.why) for visit in visits]
    [(0.0, 'the first of the labels'), (90.0, 'the days since the first have a median of 90 days (88 to 95)')]
    """
    units: dict[str, set[str]] = {}
    for label, unit in labels:
        units.setdefault(label, set()).update({unit} - {""})
    fitting = _fitting_unit(list(units), observed)
    days = {label: label_day(label, _only(told) if told else fitting) for label, told in units.items()}
    said = {label: day for label, day in days.items() if day is not None and day >= 0}
    visits = [_said(day, [label for label in said if said[label] == day], said, observed) for day in sorted(set(said.values()))]
    unsaid = sorted((label for label, day in days.items() if day is None), key=lambda label: _order(label, observed))
    visits += [_unsaid(label, observed) for label in unsaid]
    visits.sort(key=lambda visit: 0.0 if visit.day is None else visit.day) if not unsaid else None
    if unsaid and not any(visit.day == 0 for visit in visits):
        visits.insert(0, visits.pop(len(visits) - len(unsaid)))
        visits[0] = Planned("BL", visits[0].labels, 0.0, FIRST, "")
    return visits or [Planned("BL", [], 0.0, "no column with visits was found: all rows stand for baseline")]


def _only(told: set[str]) -> str:
    """The unit that is told; "" where files tell different ones."""
    return next(iter(told)) if len(told) == 1 else ""


def before_all(visits: list[Planned], name: str, observed: Mapping[str, Sequence[float]]) -> list[Planned]:
    """The visits after a baseline whose values stand in a column of their own, where the first label was taken for baseline.

    >>> [(visit.code, visit.labels) for visit in before_all(plan_visits([("1", ""), ("3", "")], {}), "baseline", {})]
    [('BL', []), ('V1', ['1']), ('V3', ['3'])]
    """
    if visits[0].why != FIRST:
        return visits
    own = Planned("BL", [], 0.0, f"the column {name!r} seems to hold values at baseline")
    return [own, *(_unsaid(label, observed) for label in visits[0].labels), *visits[1:]]


#: What is asked where patients have several rows, and no column tells which visit each is of.
UNTOLD = "which column tells the visit: {role: AVISIT}, or a date {role: ADT}? Else all rows of a patient stand for baseline"


def _fitting_unit(labels: Sequence[str], observed: Mapping[str, Sequence[float]]) -> str:
    """The unit of time in which labels that are bare numbers agree with their dates, to 15 %; "" where not exactly one does.

    >>> _fitting_unit(["0", "12", "36"], {"12": [360, 366, 371], "36": [1080, 1100, 1090]}), _fitting_unit(["2"], {"2": [31] * 3})
    ('M', '')
    """
    counts = {label: int(label) for label in labels if re.fullmatch(r"[1-9]\d{0,2}", label)}
    middles = {label: float(np.median(observed[label])) for label in counts if len(observed.get(label, ())) >= 3}
    units = [unit for unit in "WMY"
             if all(abs(counts[label] * UNITS[unit][0] - day) <= 0.15 * day for label, day in middles.items())]  # fmt: skip
    return units[0] if middles and len(units) == 1 else ""


def _said(day: float, labels: list[str], said: Mapping[str, float], observed: Mapping[str, Sequence[float]]) -> Planned:
    seen = [value for label in labels for value in observed.get(label, ())]
    why = f"the labels say day {day:g}" + (f"; the dates {_span(seen)}" if seen and day else "")
    wrong = bool(seen) and day > 0 and abs(float(np.median(seen)) - day) > max(30.0, 0.25 * day)
    choices = f"the labels say day {day:g}, the dates day {np.median(seen):.0f}" if wrong else ""
    return Planned(_code(day, list(said.values())), labels, None if wrong else day, why, choices)


def _unsaid(label: str, observed: Mapping[str, Sequence[float]]) -> Planned:
    seen = observed.get(label, ())
    code = re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", label).upper())[:6]
    code = code if re.match(r"[A-Z]", code) else f"V{code}" if code else f"V{abs(hash_of(label)) % 10000}"
    if len(seen) >= 3 and np.median(seen) > 0:
        return Planned(code, [label], float(round(np.median(seen))), f"the days since the first {_span(seen)}")
    number = re.fullmatch(r"\s*(\d+)\s*", label)
    times = [f"{round(int(number[0]) * UNITS[unit][0])} if {unit_word} are meant" for unit, unit_word in
             (("W", "weeks"), ("M", "months"), ("Y", "years"))] if number else []  # fmt: skip
    return Planned(code, [label], None, "", " or ".join(times) or "the planned day after baseline")


def hash_of(label: str) -> int:
    """A number that stands for a label, the same in every run."""
    return sum(ord(char) * (place + 1) for place, char in enumerate(label))


def _order(label: str, observed: Mapping[str, Sequence[float]]) -> tuple[float, float, str]:
    seen, number = observed.get(label, ()), re.search(r"\d+", label)
    return (float(np.median(seen)) if len(seen) else 0.0, float(number[0]) if number else 1e9, label)


def _span(days: Sequence[float]) -> str:
    return f"have a median of {np.median(days):.0f} days ({min(days):.0f} to {max(days):.0f})"


def _code(day: float, days: Sequence[float]) -> str:
    """A short code for a planned day: years where all are whole years, else months, weeks or days."""
    if day == 0:
        return "BL"
    for unit in ("Y", "M", "W"):
        if all(abs(one / UNITS[unit][0] - round(one / UNITS[unit][0])) * UNITS[unit][0] <= 1 for one in days):
            return f"{unit}{round(day / UNITS[unit][0])}"
    return f"D{day:g}"
