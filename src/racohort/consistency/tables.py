"""A table of printed summaries, row by row through every check that applies to it."""

from collections.abc import Callable, Iterator, Mapping
from math import ceil, floor, isnan
from typing import Any, NamedTuple

import pandas as pd

from racohort.consistency.correlation import implied_r_bounds
from racohort.consistency.counts import debit, grim, grim_applicable, percent_possible_counts
from racohort.consistency.plausibility import bounded_sd_possible, sd_positivity
from racohort.consistency.printed_p import statcheck_t
from racohort.consistency.rounding import rounding_interval
from racohort.consistency.samples import grimmer

CONSISTENT, INCONSISTENT, NOT_APPLICABLE = "consistent", "inconsistent", "not applicable"

#: The columns a table of summaries may have; `what` and `n` are needed, the others may be missing or empty.
COLUMNS = {
    "what": "what the numbers are about, in words",
    "n": "the number of patients",
    "mean": "as printed",
    "sd": "as printed",
    "values": "`whole` for counts and other whole numbers, `yes/no` for a mean of 0 and 1, else empty",
    "items": "the number of items whose mean is each patient's value; 1 if empty",
    "min": "the lowest possible value",
    "max": "the highest possible value",
    "percent": "a printed percentage of the n patients",
    "count": "the count printed beside it",
    "mean2": "the mean of the same patients at a later visit",
    "sd2": "its SD",
    "t": "a printed t",
    "df": "its degrees of freedom; n - 1 if empty",
    "p": "a printed p, such as `0.03`, `<0.001`, `>0.05`: of t, or of the change between the two means",
}


class SummaryError(ValueError):
    """A table of summaries that cannot be read: in which line, which column, and what to do; the command ends with status 1."""

    exit_code = 1


class Finding(NamedTuple):
    """One check of one row."""

    check: str
    verdict: str
    why: str


def check_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Every check of every row of a table of printed summaries.

    Parameters
    ----------
    table : text as printed, columns as in `COLUMNS`; empty text where nothing was printed.

    Returns
    -------
    `line` (2 is the first row below the header), `what`, `check`, `verdict` (consistent, inconsistent, not applicable) and `why`.
    A row to which no check applies has one line that says so. An inconsistency is one of printed numbers and says nothing about
    how it came to be.

    Raises
    ------
    SummaryError for a column that does not exist, and a text that is no number.

    >>> check_summary(pd.DataFrame({"what": ["Flu-like"], "n": ["64"], "percent": ["4"]}))["why"].tolist()
    ['No whole number of 64 patients gives 4 %.']
    """
    unknown = [name for name in table.columns if name not in COLUMNS]
    lost = [name for name in ("what", "n") if name not in table.columns]
    if unknown or lost:
        told = f"there is no column {unknown[0]!r}" if unknown else f"the column {lost[0]!r} is missing"
        raise SummaryError(f"line 1: {told}. The columns are {', '.join(COLUMNS)}.")
    rows: pd.DataFrame = table.reindex(columns=list(COLUMNS), fill_value="").fillna("").map(lambda cell: str(cell).strip())
    found = [
        (line, row["what"], *finding) for line, row in enumerate(rows.to_dict("records"), 2) for finding in _checked(line, row)
    ]
    return pd.DataFrame(found, columns=["line", "what", "check", "verdict", "why"])


Row = Mapping[Any, str]


def _checked(line: int, row: Row) -> list[Finding]:
    _check_cells(line, row)
    found = [finding for needed, check in _CHECKS if all(row[name] for name in needed) for finding in check(row)]
    return found or [Finding("all", NOT_APPLICABLE, "Nothing was printed that any check can use.")]


def _check_cells(line: int, row: Row) -> None:
    """Raise SummaryError for a cell that is not what its column holds."""
    for name in ("n", "items", "count"):
        if row[name] and not row[name].isdecimal():
            raise SummaryError(f"line {line}, column {name}: {row[name]!r} is no whole number. Write digits only, such as 64.")
    for name in ("mean", "sd", "min", "max", "percent", "mean2", "sd2", "t", "df", "p"):
        try:
            rounding_interval(_number(row["p"])) if name == "p" and row["p"] else row[name] and rounding_interval(row[name])
        except ValueError:
            example = "0.03 or <0.001" if name == "p" else "5.10, with its trailing zeros"
            raise SummaryError(
                f"line {line}, column {name}: {row[name]!r} is no number. Write it as printed: {example}."
            ) from None
    if not row["n"] or row["values"] not in ("", "whole", "yes/no"):
        told = f"column values: {row['values']!r} is not one of whole, yes/no" if row["n"] else "column n is empty"
        raise SummaryError(f"line {line}, {told}. Every row needs its number of patients; values may be empty.")


def _number(p: str) -> str:
    return p.lstrip("<>= ")


def _exactly(p: str) -> str:
    """The number of a printed p; what stands after < or > is a limit and not rounded."""
    number = _number(p)
    return number if _sign(p) == "=" else f"{number}{'' if '.' in number else '.'}000000"


def _sign(p: str) -> str:
    return p[0] if p[0] in "<>" else "="


def _size(row: Row) -> tuple[int, int]:
    return int(row["n"]), int(row["items"] or 1)


def _judged(check: str, right: bool, why: str) -> Iterator[Finding]:
    yield Finding(check, CONSISTENT if right else INCONSISTENT, why)


def _check_mean(row: Row) -> Iterator[Finding]:
    n, items = _size(row)
    if not row["values"]:
        yield Finding("GRIM", NOT_APPLICABLE, "Only means of whole numbers can be impossible.")
    elif not grim_applicable(row["mean"], n, items):
        yield Finding("GRIM", NOT_APPLICABLE, f"With {n * items} values every mean of so few decimals is possible.")
    else:
        possible = bool(grim(row["mean"], n, items))
        yield from _judged(
            "GRIM", possible, f"{'A' if possible else 'No'} sum of whole numbers over {n * items} gives {row['mean']}."
        )


def _check_sd(row: Row) -> Iterator[Finding]:
    n, items = _size(row)
    if row["values"] == "yes/no":
        possible = debit(row["mean"], row["sd"], n)
        if possible is not None:
            yield from _judged("DEBIT", possible, _fits(possible, "number of patients with 1"))
    elif row["values"] == "whole" and items == 1:
        low, high = (float(row[end]) if row[end] else None for end in ("min", "max"))
        limits = None if low is None else ceil(low), None if high is None else floor(high)
        answer = grimmer(row["mean"], row["sd"], n, *limits)
        if answer is not None:
            yield from _judged("GRIMMER", answer == CONSISTENT, _fits(answer == CONSISTENT, "sample of whole numbers"))
    else:
        yield Finding("GRIMMER", NOT_APPLICABLE, "Only SDs of whole numbers can be checked against their mean.")


def _fits(possible: bool, what: str) -> str:
    return f"{'A' if possible else 'No'} {what} has this mean and SD."


def _check_bounds(row: Row) -> Iterator[Finding]:
    n, low, high = int(row["n"]), *(float(row[end]) if row[end] else None for end in ("min", "max"))
    if low is not None and high is not None:
        possible = bounded_sd_possible(row["mean"], row["sd"], n, low, high)
        if possible is not None:
            why = f"Values from {row['min']} to {row['max']} {'can' if possible else 'cannot'} have this mean and SD."
            yield from _judged("SD within bounds", possible, why)
    elif low == 0:
        found = sd_positivity(row["mean"], row["sd"], n)
        skew = " The mean is less than two SDs above zero: the values are skewed." if found["flag_skew"] else ""
        can = "cannot" if found["impossible"] else "can"
        yield from _judged("SD above zero", not found["impossible"], f"Values from zero up {can} have this mean and SD.{skew}")


def _check_percent(row: Row) -> Iterator[Finding]:
    counts, n = percent_possible_counts(row["percent"], int(row["n"])), int(row["n"])
    shown = row["percent"].removesuffix("%").strip()
    if not counts:
        yield Finding("percentage", INCONSISTENT, f"No whole number of {n} patients gives {shown} %.")
    elif row["count"]:
        right = int(row["count"]) in counts
        yield from _judged("percentage", right, f"{row['count']} of {n} {'is' if right else 'is not'} {shown} %.")
    else:
        yield Finding("percentage", CONSISTENT, f"It is {' or '.join(map(str, counts))} of {n}.")


def _check_t(row: Row) -> Iterator[Finding]:
    result = statcheck_t(float(row["df"] or int(row["n"]) - 1), row["t"], _number(row["p"]), _sign(row["p"]))
    if result["error"] is None:
        return
    turned = " It turns significance round." if result["decision_error"] else ""
    yield from _judged("p of t", not result["error"], f"That t has p = {result['p_computed']:.3g}.{turned}")


def _check_change(row: Row) -> Iterator[Finding]:
    """The correlation between visits that the printed p of a change implies; one beyond 1 is impossible, below 0 unusual."""
    if row["t"]:
        return
    low, high = implied_r_bounds(row["mean"], row["sd"], row["mean2"], row["sd2"], int(row["n"]), _exactly(row["p"]))
    if isnan(low):
        yield Finding("p of the change", NOT_APPLICABLE, "These numbers imply no correlation between the visits.")
        return
    low, high = {"<": (low, 1.0), ">": (-1.0, high)}.get(_sign(row["p"]), (low, high))
    right = low <= 1 and high >= -1 and low <= high
    said = f"A paired t with that p needs a correlation between the visits of {max(low, -1):.2f} to {min(high, 1):.2f}."
    odd = " A negative one is unusual for the same patients." if right and high < 0 else ""
    never = "No correlation between the visits gives a paired t with that p."
    yield from _judged("p of the change", right, f"{said}{odd}" if right else never)


_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Row], Iterator[Finding]]], ...] = (
    (("mean",), _check_mean),
    (("mean", "sd"), _check_sd),
    (("mean", "sd"), _check_bounds),
    (("percent",), _check_percent),
    (("t", "p"), _check_t),
    (("mean", "sd", "mean2", "sd2", "p"), _check_change),
)
