"""Several tests at once: the families of the plan, their gate, and what unadjusted testing would have done.

Family A holds the primary endpoints at the primary visit (Holm). Family B, the primary endpoints at the other follow-up visits,
opens only if all of A are rejected (Holm again); family-wise error is held for A and B together. Family C, the biomarkers on
their own scale, is exploratory (Benjamini-Hochberg). The adjusted p stands on the row whose p it adjusts.
"""

from typing import Any

import numpy as np
import pandas as pd

from racohort.endpoints import Endpoint, estimand_of, model_row
from racohort.multiplicity import benjamini_hochberg, holm, serial_gatekeeping_p
from racohort.plan import Plan
from racohort.results import as_results, pick_result


def list_hypotheses(results: pd.DataFrame, endpoints: tuple[Endpoint, ...], plan: Plan) -> pd.DataFrame:
    """The tests of the three families and the result row that each stands on.

    Parameters
    ----------
    results : rows of `estimate_changes` and `estimate_models`
    endpoints, plan : `endpoints.list_endpoints`, the plan

    Returns
    -------
    family, PARAMCD, AVISIT, result_id, p_value: one row a test, in the order of the plan. A and B stand on the mixed model
    (`endpoints.model_row`), or on the paired t where the model has no p; C on the paired t of the analyte's scale. `result_id` is
    empty where there is neither.
    """
    tests = [
        (_family(endpoint, visit.AVISIT, plan), endpoint, visit.AVISIT) for endpoint in endpoints for visit in plan.follow_ups
    ]
    columns = ["family", "PARAMCD", "AVISIT", "result_id", "p_value"]
    rows = [(family, e.PARAMCD, AVISIT, *basis_of(results, e, AVISIT)) for family, e, AVISIT in tests if family]
    return pd.DataFrame(rows, columns=columns).sort_values("family", kind="stable", ignore_index=True)


def _family(endpoint: Endpoint, AVISIT: str, plan: Plan) -> str:
    if endpoint.role == "primary":
        return "A" if plan.primary_visit == AVISIT else "B"
    return "C" if endpoint.role == "biomarker" else ""


def basis_of(results: pd.DataFrame, endpoint: Endpoint, AVISIT: str) -> tuple[str, float]:
    """The id and p of the row of the estimand that a conclusion about one visit stands on; ("", NaN) where there is none."""
    for statistic, method in estimand_of(endpoint).analyses:
        at = {"PARAMCD": endpoint.PARAMCD, "AVISIT": AVISIT, "statistic": statistic}
        row = model_row(results, **at) if method == "mmrm_satterthwaite" else pick_result(results, method=method, **at)
        if row is not None and pd.notna(row["p_value"]):
            return str(row["result_id"]), float(row["p_value"])
    return "", np.nan


def adjust_families(results: pd.DataFrame, endpoints: tuple[Endpoint, ...], plan: Plan) -> pd.DataFrame:
    """The same rows with `p_adjusted` and `family` on those that a family of the plan tests.

    An adjusted p of B is never below the largest of A: the gate. Rows outside the families keep neither.
    """
    tests = list_hypotheses(results, endpoints, plan)
    adjusted = dict(zip(tests["result_id"], _adjusted(tests), strict=True))
    family = dict(zip(tests["result_id"], tests["family"], strict=True))
    tested = results["result_id"].isin([name for name in family if name])
    return results.assign(
        p_adjusted=results["result_id"].map(adjusted).where(tested, results["p_adjusted"]).astype("float64"),
        family=results["result_id"].map(family).where(tested, results["family"]).astype("str"),
    )


def _adjusted(tests: pd.DataFrame) -> list[float]:
    """Adjusted p of each test, in the order of `list_hypotheses`: A, B, C."""
    p = {family: tests.loc[tests["family"] == family, "p_value"].to_numpy() for family in "ABC"}
    a, b = serial_gatekeeping_p([p["A"], p["B"]])
    return [*a, *b, *benjamini_hochberg(p["C"])] if len(p["C"]) else [*a, *b]


def count_unadjusted(results: pd.DataFrame, endpoints: tuple[Endpoint, ...], plan: Plan) -> pd.DataFrame:
    """What testing every endpoint at every visit, each at alpha, would have done.

    Parameters
    ----------
    results : rows after `adjust_families`
    endpoints, plan : as there

    Returns
    -------
    `tests` by method: `unadjusted` (count of p below alpha), `holm_all` (Holm over all of them), `plan` (the families'
    adjusted p); and `familywise_risk` (`independent`): the probability of at least one false finding among that many
    independent tests.
    """
    tests = list_hypotheses(results, endpoints, plan).dropna(subset="p_value")
    p, n = tests["p_value"].to_numpy(), len(tests)
    planned = results.set_index("result_id")["p_adjusted"].reindex(tests["result_id"]).to_numpy()
    below = {"unadjusted": p, "holm_all": np.array(holm(p)) if n else p, "plan": planned}
    common = {"section": "efficacy", "population": "efficacy", "function": "efficacy.count_unadjusted", "n": n}
    rows: list[dict[str, Any]] = [
        {
            **common,
            "statistic": "tests",
            "method": method,
            "count": int(np.sum(q <= plan.alpha)),
            "value": float(np.sum(q <= plan.alpha)),
        }
        for method, q in below.items()
    ]
    risk = {"statistic": "familywise_risk", "method": "independent", "value": 1 - plan.level**n}
    return as_results([*rows, common | risk] if n else [])


def conclude_changes(results: pd.DataFrame, endpoints: tuple[Endpoint, ...], plan: Plan) -> pd.DataFrame:
    """One conclusion for each endpoint and follow-up visit, by rules fixed beforehand.

    Returns
    -------
    Rows `conclusion` (method `plan`) that repeat estimate, interval, p and adjusted p of the row they stand on (its id is the
    note), with `value_text`: `improved` or `worsened` (`fell` or `rose` where no direction is better) if the interval
    excludes no change and the adjusted p, or for an endpoint outside the families the p, is at most alpha; `no evidence after
    adjustment` if only the adjusted p says no; `no evidence`; or `not estimable`.
    """
    index = results.set_index("result_id")
    rows: list[dict[str, Any]] = []
    for endpoint in endpoints:
        for visit in plan.follow_ups:
            basis = basis_of(results, endpoint, visit.AVISIT)[0]
            found: dict[str, Any] = {**index.loc[basis], "note": basis} if basis else {}
            place = {"section": "efficacy", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                     "contrast": plan.contrast(visit.AVISIT), "statistic": "conclusion", "method": "plan",
                     "function": "efficacy.conclude_changes"}  # fmt: skip
            rows.append(found | place | {"value_text": _conclusion(found, endpoint, plan.alpha)})
    return as_results(rows)


def _conclusion(row: dict[str, Any], endpoint: Endpoint, alpha: float) -> str:
    if not row:
        return "not estimable"
    null = 1.0 if endpoint.log else 0.0
    if row["lower"] <= null <= row["upper"] or row["p_value"] > alpha:
        return "no evidence"
    if row["family"] != "" and not row["p_adjusted"] <= alpha:
        return "no evidence after adjustment"
    words = {"lower": ("improved", "worsened"), "higher": ("worsened", "improved")}.get(endpoint.direction, ("fell", "rose"))
    return words[0 if row["value"] < null else 1]
