"""One table of what each way of looking says about each endpoint."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.endpoints import Endpoint
from racohort.plan import Plan
from racohort.results import as_results, select_results

#: Result rows of one endpoint at one visit.
Rows = list[dict[str, Any]]

#: The ways of looking, in the order of the table, and what each asks.
CHECKS = {
    "plan": "Plan, adjusted",
    "complete_case": "Complete cases",
    "wilcoxon": "Rank test",
    "assay_limits": "Limits of the assay",
    "locf": "Last value carried",
    "return_to_baseline": "Missing: no change",
    "multiple_imputation": "Missing: imputed",
    "tipping_point": "Missing: worse by an important change",
    "leave_one_out": "Any patient left out",
    "without_escalators": "Without escalated co-treatment",
    "regression_to_mean": "Beyond regression to the mean",
}

#: An important change, in the unit of the score: by how much worse the missing may be before a result must have tipped.
IMPORTANT = {"DAS28": 1.2, "HAQDI": 0.375}


def judge_endpoints(
    efficacy: pd.DataFrame, robustness: pd.DataFrame, endpoints: tuple[Endpoint, ...], plan: Plan
) -> pd.DataFrame:  # fmt: skip
    """What each check says, and how many of them agree on an improvement.

    Parameters
    ----------
    efficacy, robustness : results of the two sections
    endpoints, plan : the endpoints looked at, the plan

    Returns
    -------
    Rows `verdict` by `check` for each endpoint and follow-up visit, value_text `improved`, `worsened`, `no evidence` or `not
    applicable`; and `verdict` (method `all`): count of `improved` among the `n` checks that apply. Checks share their data:
    they are not independent witnesses, and their number is not a probability.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in endpoints:
        for visit in plan.follow_ups:
            at = {"PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT}
            answers = dict(_answers(_records(efficacy, at), _records(robustness, at), endpoint))
            place = {**at, "section": "robustness", "population": "efficacy", "contrast": plan.contrast(visit.AVISIT),
                     "statistic": "verdict", "function": "robustness.judge_endpoints"}  # fmt: skip
            rows += [place | {"method": "rules", "by": "check", "category": c, "value_text": text} for c, text in answers.items()]
            rows.append(place | {"method": "all"} | _tally(answers))
    return as_results(rows)


def _tally(answers: dict[str, str]) -> dict[str, Any]:
    applicable = [text for text in answers.values() if text != "not applicable"]
    count = applicable.count("improved")
    return {
        "count": count,
        "n": len(applicable),
        "value": float(count),
        "value_text": f"improved in {count} of {len(applicable)}",
    }


def _records(results: pd.DataFrame, at: dict[str, str]) -> Rows:
    """The rows of an endpoint at a visit, one mapping each: they are few, and asked a dozen times."""
    rows = select_results(results, **at)
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False)]


def _rows(rows: Rows, **parts: str) -> Rows:
    """The rows whose columns equal the given texts."""
    return [row for row in rows if all(row[column] == wanted for column, wanted in parts.items())]


def _answers(efficacy: Rows, mine: Rows, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    concluded = _rows(efficacy, statistic="conclusion")
    planned = _plain(concluded[0]["value_text"]) if concluded else "not applicable"
    yield "plan", planned
    change = "gmr" if endpoint.log else "mean_change"
    for method in ("complete_case", "locf", "return_to_baseline"):
        yield method, _by_interval(_rows(mine, statistic=change, method=method), endpoint)
        if method == "complete_case":
            yield "wilcoxon", _by_interval(_rows(efficacy, statistic="hodges_lehmann"), endpoint, null=0.0)
            yield "assay_limits", _by_interval(_rows(efficacy, statistic="censored_gmr"), endpoint)
    for method in ("multiple_imputation", "without_escalators"):
        yield method, _upheld(planned, _by_interval(_rows(mine, statistic=change, method=method), endpoint))
    yield "tipping_point", _by_tipping(mine, endpoint)
    yield "leave_one_out", _by_interval(_rows(mine, statistic=change, method="leave_one_out"), endpoint)
    beyond = _by_interval(_rows(mine, statistic="change_beyond_rtm"), endpoint)
    yield "regression_to_mean", "no evidence" if beyond == "worsened" else beyond


def _upheld(planned: str, seen: str) -> str:
    """A sensitivity analysis of the plan's conclusion can take it back, and cannot add one that adjustment did not allow."""
    return seen if seen in (planned, "not applicable") else "no evidence"


def _plain(text: str) -> str:
    """A conclusion as the verdict table says it; one that adjustment took back is no evidence."""
    return "not applicable" if text == "not estimable" else text if text in ("improved", "worsened") else "no evidence"


def _by_interval(rows: Rows, endpoint: Endpoint, null: float | None = None) -> str:
    """The answer on which all intervals agree; `no evidence` where they do not, or where one holds no change."""
    rows = [row for row in rows if not np.isnan([row["lower"], row["upper"]]).any()]
    if not rows or endpoint.direction not in ("lower", "higher"):
        return "not applicable"
    null = (1.0 if endpoint.log else 0.0) if null is None else null
    below, above = all(row["upper"] < null for row in rows), all(row["lower"] > null for row in rows)
    better, worse = (below, above) if endpoint.direction == "lower" else (above, below)
    return "improved" if better else "worsened" if worse else "no evidence"


def _by_tipping(mine: Rows, endpoint: Endpoint) -> str:
    """Whether an improvement would remain if the missing were worse than the observed by the important change."""
    tipping = _rows(mine, statistic="tipping_point", method="closed_form", by="margin", category="0")
    important = IMPORTANT.get("DAS28" if endpoint.PARAMCD.startswith("DAS28") else endpoint.PARAMCD)
    if important is None or not tipping or np.isnan(tipping[0]["value"]):
        return "not applicable"
    observed = _by_interval(_rows(mine, statistic="mean_change", method="complete_case"), endpoint)
    return observed if observed != "improved" or tipping[0]["value"] > important else "no evidence"
