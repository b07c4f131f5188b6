"""How much of a report its profile holds back, as result rows."""

from typing import Any

import pandas as pd

from racohort.disclosure.profile import Profile
from racohort.disclosure.rows import release
from racohort.few import Bounded
from racohort.terms import RESULT_COUNTS, RESULT_NUMBERS


def count_hidden(rows: pd.DataFrame, profile: Profile) -> list[dict[str, Any]]:
    """How many numbers and rows a profile hides, with the limits that it keeps to; none for an internal report.

    A number is hidden where only its bounds are told, or nothing; a row is left out where its words are rare ones of the cohort.
    """
    if profile.shows_people:
        return []
    told = release(rows, profile)
    there = sum(int(rows[name].notna().sum()) for name in (*RESULT_COUNTS, *RESULT_NUMBERS))
    exact = sum(int((told[name].notna() & ~told[name].map(_is_bounded)).sum()) for name in (*RESULT_COUNTS, *RESULT_NUMBERS))
    found = {"numbers": (there - exact, there), "rows": (len(rows) - len(told), len(rows))}
    limits = {"suppress_below": profile.suppress_below, "round_to": profile.round_to} if profile.hides_counts else {}
    return [{"category": name, "count": hidden, "n": n, "value": float(hidden)} for name, (hidden, n) in found.items()] + [
        {"category": name, "value": float(limit)} for name, limit in limits.items()]  # fmt: skip


def _is_bounded(one: Any) -> bool:
    return isinstance(one, Bounded)
