"""The one way on which frames reach tables, figures and sentences: released rows pass, patients do not."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import pandas as pd

from racohort.absence import absent
from racohort.disclosure.bounds import RATES, as_numbers
from racohort.disclosure.profile import Profile, held_profile
from racohort.disclosure.rows import release
from racohort.few import Between

#: Figures and tables that can do without single patients: they draw the rows, or say what the findings are about.
WITHOUT_PEOPLE = frozenset({"plot_courses", "plot_pairs", "plot_laboratory", "plot_missingness", "plot_values", "plot_timing",
                            "plot_components", "tabulate_findings", "tabulate_units"})  # fmt: skip
#: Columns of a frame whose rows are single patients, cells or numbers.
OF_PEOPLE = ({"USUBJID"}, {"number", "factor", "read"}, {"was", "became"})
#: What is kept of a finding, and of a laboratory record: where the rule looked, and the range it was held against.
OF_FINDINGS = ("class", "rule", "severity", "file", "column", "remedy")
OF_RANGES = ("PARAMCD", "ANRLO", "ANRHI")
WITHHELD = "Shown in the internal report only: single patients could be told apart here."


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that shows frames, held to the profile of the report; the function itself in an internal one."""
    if held_profile().name == "internal":
        return function

    @wraps(function)
    def shown(*given: Any, **named: Any) -> Any:
        profile = held_profile()
        frames = [one for one in (*given, *named.values()) if isinstance(one, pd.DataFrame)]
        if any(len(one) and is_of_people(one) for one in frames) and function.__name__ not in WITHOUT_PEOPLE:
            return absent(WITHHELD)
        drawn = function.__name__.startswith("plot_")
        passed = [_passed(one, profile, drawn) for one in given]
        kept = {name: _passed(one, profile, drawn) for name, one in named.items()}
        made = function(*passed, **kept)
        return _with_a_word(made, [*passed, *kept.values()], profile) if drawn else made

    return shown


def _with_a_word(made: Any, passed: list[Any], profile: Profile) -> Any:
    """A figure whose caption says how hidden counts are drawn, where it draws some, and what is left out of distributions."""
    frames = [one for one in passed if isinstance(one, pd.DataFrame) and {"result_id", "count"} <= set(one.columns)]
    drawn = [one[one["result_id"].isin(getattr(made, "rows", ()))] for one in frames]
    hidden = [one[one["count"].map(lambda count: isinstance(count, Between)).astype(bool)] for one in drawn]
    words = [_hidden_words(hidden, profile)] if any(map(len, hidden)) else []
    words += ["The thin ends of distributions are left out."] if any((one["by"] == "bar").any() for one in drawn) else []
    return replace(made, caption=" ".join([made.caption, *words])) if words else made


def _hidden_words(hidden: list[pd.DataFrame], profile: Profile) -> str:
    few = profile.few
    rates = any(one["statistic"].isin(RATES).any() for one in hidden)
    alone = ", their rates by the interval alone" if rates else ""
    return f"Counts of {few.low} to {few.high} are hidden, and drawn as {int(few)}{alone}."


def judged(function: Callable[..., Any]) -> Any:
    """A function that concludes from results, held to what the profile lets be told, so that no verdict says more.

    What it concludes from exact rows is to be had as `__wrapped__`.
    """

    @wraps(function)
    def concluded(*given: Any, **named: Any) -> Any:
        return guarded(function)(*given, **named)

    return concluded


def is_of_people(frame: pd.DataFrame) -> bool:
    """Whether the rows of a frame are single patients, their cells, or single numbers of theirs."""
    return any(columns <= set(frame.columns) for columns in OF_PEOPLE)


def _passed(given: Any, profile: Profile, drawn: bool) -> Any:
    if not isinstance(given, pd.DataFrame):
        return given
    if "result_id" in given and "statistic" in given:
        rows = release(given, profile)
        return as_numbers(rows) if drawn else rows
    if is_of_people(given):
        return without_people(given)
    return _without_counts(given) if profile.hides_counts else given


def without_people(frame: pd.DataFrame) -> pd.DataFrame:
    """What may be known of a frame about patients: the kinds of findings, the ranges of a laboratory, else its columns alone."""
    kept = next((names for names in (OF_FINDINGS, OF_RANGES) if set(names) <= set(frame.columns)), None)
    if kept is None:
        return frame.iloc[:0]
    known = frame[list(kept)].drop_duplicates()
    texts = [name for name in frame.columns if name not in known and pd.api.types.is_string_dtype(frame[name])]
    return known.assign(**dict.fromkeys(texts, "")).reindex(columns=frame.columns)


def _without_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame that is no result: without its number of rows in a file, and without the thin ends of a density."""
    if {"PARAMCD", "part", "density"} <= set(frame.columns):
        peak = frame.groupby(["PARAMCD", "part"])["density"].transform("max")
        return frame[frame["density"] >= 0.1 * peak]
    return frame.assign(rows=float("nan")) if {"rows", "sha256"} <= set(frame.columns) else frame
