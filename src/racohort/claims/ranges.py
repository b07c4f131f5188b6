"""Claims that laboratory values stayed in the normal range, in the two readings such a sentence has.

A group mean can lie inside while patients lie outside, and of twenty tests of a healthy person one is outside on average: each
yes-or-no rule therefore comes with the probability that a healthy group of this size passes it (statistics.md D4).
"""

from bisect import bisect_right
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.claims.answers import (
    AGREES,
    AS_PLANNED,
    AS_PRINTED,
    CONTRADICTS,
    DIRECTION,
    UNDECIDED,
    Answer,
    Evidence,
    untested,
)  # fmt: skip
from racohort.claims.changes import no_visit
from racohort.few import most
from racohort.formats import count, interval, is_missing, number, p_cell, percent, proportion
from racohort.intervals import clopper_pearson
from racohort.printed import Claim
from racohort.terms import HEALTHY_SHARE_OUTSIDE

_STATISTIC = {"mean": "range_position", "each": "out_of_range"}


def judge_range(claim: Claim, evidence: Evidence) -> list[Answer]:
    """The answers to a claim about one panel at one printed time, in the reading that the claim names."""
    visit = evidence.visit(claim.year or 0)
    if visit is None:
        return untested(claim, no_visit(claim, evidence), {"population": "safety"})
    parts = {"AVISIT": visit.AVISIT, "population": "safety"}
    rows = evidence.rows(section="safety", statistic=_STATISTIC[claim.reading or "mean"], PARAMCD=claim.parameters, **parts)
    if rows.empty:
        why = f"{claim.panel}: this cohort has no value with a reference range at {visit.label}."
        return untested(claim, why, parts)
    judge = _judge_means if claim.reading == "mean" else _judge_each
    return judge(claim, rows.reset_index(drop=True), evidence, parts)


def _first(rows: pd.DataFrame, index: int) -> tuple[pd.Series, ...]:
    """The rows, the one that decides in front."""
    return (rows.iloc[index], *(row for place, row in rows.iterrows() if place != index))


def _part_of_panel(claim: Claim, rows: pd.DataFrame) -> str:
    """Says so where not every analyte of the panel was measured."""
    whole = len(claim.parameters)
    measured = f"{number(len(rows))} {'was' if len(rows) == 1 else 'were'} measured"
    return f" Of the {whole} analytes of this panel {measured}." if len(rows) < whole else ""


def _judge_means(claim: Claim, rows: pd.DataFrame, evidence: Evidence, parts: dict[str, str]) -> list[Answer]:
    """By the place of each group mean in the range, 0 at the lower and 1 at the upper limit."""
    inside = rows["value"].between(0, 1)
    worst = int((rows["value"] - 0.5).abs().argmax())
    shown = rows.iloc[worst]
    lead = f"{number(inside.sum())} of {count(len(rows), 'group mean')} inside the range.{_part_of_panel(claim, rows)}"
    bounds = "" if is_missing(shown["lower"]) else f" ({interval(shown['lower'], shown['upper'], 2, shown['level'])})"
    why = (f"{lead} Nearest to a limit or beyond it: {evidence.named(shown['PARAMCD'])}, at {number(shown['value'], 2)}{bounds} "
           f"of the way from the lower to the upper limit, n = {number(shown['n'])}.")  # fmt: skip
    verdicts = {AS_PRINTED: AGREES if inside.all() else CONTRADICTS, AS_PLANNED: _means_as_planned(rows)}
    return [Answer(claim, level, verdict, why, _first(rows, worst), **parts) for level, verdict in verdicts.items()]


def _means_as_planned(rows: pd.DataFrame) -> str:
    """The verdict by the intervals of the means; a mean without interval (one patient) decides nothing."""
    if (rows["lower"].ge(0) & rows["upper"].le(1)).all():
        return AGREES
    if (rows["upper"].lt(0) | rows["lower"].gt(1)).any():
        return CONTRADICTS
    return DIRECTION if rows["value"].between(0, 1).all() else UNDECIDED


def _judge_each(claim: Claim, rows: pd.DataFrame, evidence: Evidence, parts: dict[str, str]) -> list[Answer]:
    """By the patients outside: literally none, and as proportions against the claim's margin."""
    outside, values, worst = rows["count"].sum(), rows["n"].sum(), int(rows["value"].argmax())
    most = f" Most often: {evidence.named(rows['PARAMCD'].iloc[worst])}, {_share(rows.iloc[worst])}." if outside else ""
    seen = f"{proportion(outside, values, noun='values')} outside the range.{_part_of_panel(claim, rows)}{most}"
    whys = {AS_PRINTED: f"{seen} {_healthy(values)}", AS_PLANNED: f"{seen} {_rule(rows, claim.margin, evidence.plan.level)}"}
    verdicts = {AS_PRINTED: CONTRADICTS if outside else AGREES, AS_PLANNED: _each_as_planned(rows, claim.margin)}
    return [Answer(claim, level, verdicts[level], whys[level], _first(rows, worst), **parts) for level in whys]


def _healthy(values: Any) -> str:
    """What the literal reading asks of a healthy group, whose values are outside with probability 0.05 each, independently."""
    expected, none = HEALTHY_SHARE_OUTSIDE * values, (1 - HEALTHY_SHARE_OUTSIDE) ** values
    return f"In a healthy group about {number(expected)} would be expected, and none with probability {p_cell(none)}."


def _rule(rows: pd.DataFrame, margin: float, level: float) -> str:
    """What the planned reading asks, and of how many healthy groups it would hold."""
    passes = p_cell(probability_healthy_passes(rows["n"], margin, level))
    limit = f"Largest upper limit {percent(rows['upper'].max())}, margin {percent(margin, 0)}"
    return f"{limit}; a healthy group of this size passes that rule with probability {passes}."


def _share(row: pd.Series) -> str:
    return proportion(row["count"], row["n"], row["lower"], row["upper"], row["level"])


def _each_as_planned(rows: pd.DataFrame, margin: float) -> str:
    if rows["upper"].le(margin).all():
        return AGREES
    if rows["lower"].gt(margin).any():
        return CONTRADICTS
    return DIRECTION if rows["value"].map(most).le(margin).all() else UNDECIDED


def probability_healthy_passes(n: pd.Series, margin: float, level: float = 0.95) -> float:
    """The probability that a healthy group passes the rule "every upper limit at or below the margin".

    Parameters
    ----------
    n : patients with a value, one number per analyte; analytes and patients are taken as independent, each value outside with
        probability 0.05.
    margin, level : the rule's margin, and the level of its Clopper-Pearson intervals.

    >>> round(probability_healthy_passes(pd.Series([64]), 0.10), 4)
    0.1639
    """
    return float(np.prod([_passes(int(size), margin, level) for size in n]))


@cache
def _passes(size: int, margin: float, level: float) -> float:
    """The same of one analyte: limits rise with the count, so that those that pass are the lowest ones."""
    passing = bisect_right(range(size), margin, key=lambda count: float(clopper_pearson(count, size, level)[1]))
    return float(stats.binom.cdf(passing - 1, size, HEALTHY_SHARE_OUTSIDE)) if passing else 0.0
