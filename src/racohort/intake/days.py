"""Visits told by a number alone: a column of days or of times, and a plan for days that differ from patient to patient."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from racohort.intake.names import Match, name_key, name_words
from racohort.intake.values import as_number, is_numeric
from racohort.intake.visits import Planned

#: What a column is called that counts the visits or the time of a patient's rows.
TIMES = {
    "day", "days", "studyday", "dayofstudy", "time", "times", "wave", "occasion", "visitno", "visitnr", "visitnum", "visitnumber",
    "followup", "followupmonth", "fu", "fup", "tag", "tage", "dia", "dias", "天", "天数", "随访天数",
}  # fmt: skip
#: How such a name begins where it also says from when it counts.
_COUNTED = {"day", "days", "week", "weeks", "month", "months", "time"}
_FROM = {"after", "since", "from", "post"}
#: More different days than this are no plan, but what became of one.
MANY = 24
#: The days that are looked for among such days, and the share of patients who must have been seen about that time.
PLAN = {"BL": 0, "M3": 91, "M6": 183, "Y1": 365, "Y2": 730, "Y3": 1095, "Y4": 1460, "Y5": 1825}
SEEN = 0.25


def by_time(matches: dict[str, Match], shape: str, cells: pd.DataFrame) -> dict[str, Match]:
    """The same, with a column of days or times as that of the visits, where no other tells the rows of a patient apart."""
    who = next((name for name, match in matches.items() if match.sure == "USUBJID"), "")
    if shape not in ("visit", "long") or not who or any(match.sure in ("AVISIT", "ADT") for match in matches.values()):
        return matches
    name = _time_column(cells, who)
    return matches | ({name: Match(("AVISIT",), 99, "", "its numbers tell the rows of a patient apart", 0)} if name else {})


def _time_column(cells: pd.DataFrame, who: str) -> str:
    """The column of numbers that tells the rows of a patient apart by time; "" where none does."""
    named = [str(name) for name in cells.columns if _is_time(str(name)) and is_numeric(cells[name].tolist())]
    return next((name for name in named if cells.groupby(who)[name].nunique().max() > 1), "")


def _is_time(name: str) -> bool:
    """Whether a column's name says that it counts time.

    >>> _is_time("Days.after.TI"), _is_time("weeks_since_start"), _is_time("Day"), _is_time("days late")
    (True, True, True, False)
    """
    words = name_words(name)
    return name_key(name) in TIMES or (len(words) > 2 and words[0] in _COUNTED and words[1] in _FROM)


def are_days(labels: Sequence[str]) -> bool:
    """Whether so many different whole numbers can only be days counted from a start.

    >>> are_days([str(day) for day in range(0, 900, 30)]), are_days(["0", "1", "2"])
    (True, False)
    """
    return len(labels) > MANY and all(re.fullmatch(r"-?\d+(?:\.0+)?", label) for label in labels)


def plan_days(rows: pd.DataFrame) -> list[Planned]:
    """Baseline and the usual visits about which a quarter of the patients were seen, each with the days between it and the next.

    `rows` has who and label (a day as text).

    >>> rows = pd.DataFrame({"who": [1, 1, 2, 2], "label": ["0", "190", "1", "170"]})
    >>> [(visit.code, visit.day, visit.window) for visit in plan_days(rows)]
    [('BL', 0.0, (-45, 45)), ('M6', 183.0, (92, 274))]
    """
    days = rows.assign(day=rows["label"].map(as_number)).dropna(subset="day")
    people = days["who"].nunique()
    near = {code: max(45.0, 0.2 * day) for code, day in PLAN.items()}
    seen = {code: days[(days["day"] - day).abs() <= near[code]]["who"].nunique() for code, day in PLAN.items()}
    kept = [code for code in PLAN if code == "BL" or (people and seen[code] >= SEEN * people)]
    return [_planned(code, kept, seen[code], people) for code in kept]


def _planned(code: str, kept: Sequence[str], seen: int, people: int) -> Planned:
    told = f"{seen} of {people} patients have a row about that day"
    return Planned(code, [], float(PLAN[code]), told, window=half_way(PLAN[code], [PLAN[other] for other in kept]))


def half_way(day: float, days: Sequence[float]) -> tuple[int, int]:
    """The days that are nearer to a planned day than to any other; about baseline 45 days at most.

    >>> half_way(0, [0, 91, 365]), half_way(91, [0, 91, 365]), half_way(365, [0, 91, 365])
    ((-45, 45), (46, 228), (229, 501))
    """
    below, above = [other for other in days if other < day], [other for other in days if other > day]
    first = int((day + max(below)) // 2 + 1) if below else -45
    last = int((day + min(above)) // 2) if above else int(2 * day - first)
    return first, last if below else min(last, 45)


def with_windows(visits: list[Planned]) -> list[Planned]:
    """The visits with windows half way to the next, where every planned day is known; the evidence says so."""
    days = [visit.day for visit in visits if visit.day is not None]
    if len(days) < len(visits):
        return visits
    why = "the window reaches half way to the next visit, as a file has dates and no visits"
    return [replace(visit, window=half_way(visit.day or 0.0, days), why=f"{visit.why}; {why}") for visit in visits]
