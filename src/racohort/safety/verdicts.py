"""Verdicts on "remained in the normal range", analyte by analyte and panel by panel, for the group mean and for the individual.

Each yes-or-no rule stands beside the probability that a healthy group of this size passes it (D4): a rule that healthy people
fail says nothing about a treatment. Healthy means here: normal values, 5 % of them outside the range, half on either side;
visits, patients and analytes independent. They are not quite, so the true probability for several visits or analytes is larger.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.intervals import upper_one_sided_cp
from racohort.labels import panel_of
from racohort.plan import Plan
from racohort.results import as_results, select_results
from racohort.safety.ranges import LEAST
from racohort.safety.spread import HEALTHY_SD
from racohort.terms import HEALTHY_SHARE_OUTSIDE
from racohort.tolerance import probability_mean_inside


@dataclass(frozen=True)
class MarginRule:
    """The rule "this is rare": the one-sided limit of a proportion is below a margin set beforehand.

    `share` is the probability that one later value of a healthy patient counts, and `stays` the probability that such a patient
    could still worsen: was not outside at baseline, where the denominator does not see to that.
    """

    method: str
    statistic: str
    category: str
    margin: float
    share: float
    stays: float = 1.0


#: Grades look at one side of the range; no healthy value is taken to reach grade 2.
MARGIN_RULES = (
    MarginRule("new_abnormality_rare", "new_abnormality", "", 0.10, HEALTHY_SHARE_OUTSIDE),
    MarginRule("grade1_rare", "worsened", "GE1", 0.10, HEALTHY_SHARE_OUTSIDE / 2, 1 - HEALTHY_SHARE_OUTSIDE / 2),
    MarginRule("grade2_rare", "worsened", "GE2", 0.05, 0.0),
)

#: All rules, in the order of the table: the first reads group means, the others look at every patient.
RULES = ("mean_inside", "every_value_inside", *(rule.method for rule in MARGIN_RULES))


def estimate_verdicts(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The verdict of each rule for each analyte and panel, over all follow-up visits.

    Parameters
    ----------
    results : rows of `estimate_range_position`, `estimate_out_of_range`, `estimate_new_abnormality` and `estimate_grades`.

    Returns
    -------
    For each analyte, and by `PARCAT1` for each panel (all its analytes): `verdict` (value_text `yes`, `no`, or `not shown` where
    the data exclude neither; for a panel `count` of its `n` analytes have `yes`) and `healthy_pass` (the probability that a
    healthy group passes), methods `mean_inside` (the interval of every mean lies in the range), `every_value_inside` (no value
    outside) and those of `MARGIN_RULES`.
    """
    later = results[results["AVISIT"].ne(plan.baseline.AVISIT) & results["section"].eq("safety")]
    rows = [*_mean_rows(later, plan.level), *_value_rows(later), *_margin_rows(later, plan)]
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_verdicts"}
    rows += list(_panel_rows(pd.DataFrame(rows), catalogue)) if rows else []
    return as_results({**common, **row} for row in rows)


def _pair(code: str, method: str, verdict: str, passes: float, **parts: Any) -> list[dict[str, Any]]:
    named = {"PARAMCD": code, "method": method, **parts}
    return [{**named, "statistic": "verdict", "value_text": verdict}, {**named, "statistic": "healthy_pass", "value": passes}]


def _mean_rows(later: pd.DataFrame, level: float) -> Iterator[dict[str, Any]]:
    for code, rows in select_results(later, statistic="range_position").groupby("PARAMCD", sort=False):
        inside, beyond = rows["lower"].ge(0) & rows["upper"].le(1), rows["upper"].lt(0) | rows["lower"].gt(1)
        verdict = "yes" if inside.all() else "no" if beyond.any() else "not shown"
        passes = np.prod([probability_mean_inside(int(n), HEALTHY_SD, 0.5, level) for n in rows["n"]])
        yield from _pair(str(code), "mean_inside", verdict, float(passes), n=int(rows["n"].min()))


def _value_rows(later: pd.DataFrame) -> Iterator[dict[str, Any]]:
    rows = select_results(later, statistic="out_of_range")
    for code, cells in rows[rows["n"] > 0].groupby("PARAMCD", sort=False):
        outside, values = int(cells["count"].sum()), int(cells["n"].sum())
        passes = max((1 - HEALTHY_SHARE_OUTSIDE) ** values, LEAST)
        yield from _pair(str(code), "every_value_inside", "no" if outside else "yes", passes, n=values, count=outside)


def _margin_rows(later: pd.DataFrame, plan: Plan) -> Iterator[dict[str, Any]]:
    for rule in MARGIN_RULES:
        rows = select_results(later, statistic=rule.statistic, category=rule.category)
        share = rule.stays * (1 - (1 - rule.share) ** len(plan.follow_ups))
        for _, row in rows[rows["n"] > 0].iterrows():
            count, n = int(row["count"]), int(row["n"])
            below = upper_one_sided_cp(count, n, plan.level) < rule.margin
            verdict = "yes" if below else "no" if row["lower"] > rule.margin else "not shown"
            passes = probability_rare(n, share, rule.margin, plan.level)
            yield from _pair(str(row["PARAMCD"]), rule.method, verdict, passes, n=n, count=count)


@cache
def probability_rare(n: int, share: float, margin: float, level: float = 0.95) -> float:
    """The probability that the one-sided limit lies below the margin when each of n patients counts with probability `share`.

    >>> probability_rare(64, 0.0, 0.05), probability_rare(48, 0.0, 0.05)
    (1.0, 0.0)
    """
    passing = bisect_left(range(n), margin, key=lambda count: float(upper_one_sided_cp(count, n, level)))  # limits rise
    return max(float(stats.binom.cdf(passing - 1, n, share)), LEAST) if passing else 0.0


def _panel_rows(rows: pd.DataFrame, catalogue: pd.DataFrame) -> Iterator[dict[str, Any]]:
    rows = rows.assign(panel=[panel_of(code, catalogue) for code in rows["PARAMCD"]])
    wide = rows.pivot(index=["panel", "method", "PARAMCD"], columns="statistic", values=["value_text", "value"])
    for key, cells in wide.groupby(["panel", "method"], sort=False):
        panel, method = map(str, key)
        verdicts, passes = cells["value_text", "verdict"], cells["value", "healthy_pass"].astype("float64")
        whole = "yes" if verdicts.eq("yes").all() else "no" if verdicts.eq("no").any() else "not shown"
        parts = {"by": "PARCAT1", "category": panel, "n": len(cells), "count": int(verdicts.eq("yes").sum())}
        together = float(np.prod(passes))
        yield from _pair("", method, whole, together if (passes == 0).any() else max(together, LEAST), **parts)
