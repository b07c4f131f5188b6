"""States before and after in the same patients: who entered and who left remission, and every move between states."""

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd

from racohort.columns import at_most
from racohort.efficacy.responders import STATES, derive_states
from racohort.endpoints import visit_table
from racohort.estimators import bowker, cochran_q, stuart_maxwell
from racohort.intervals import mcnemar, newcombe_paired
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import members

Row = dict[str, Any]


def compare_states(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Remission, low disease activity and normal function before and after, in the same patients.

    Returns
    -------
    For each follow-up visit, contrast `Y1-BL`: `difference` of proportions, follow-up minus baseline (`newcombe_paired`), and
    `mcnemar` by mid-p (`mcnemar_midp`) and exact (`mcnemar_exact`), for STATE `remission` and `low_or_remission` (the
    cohort's DAS28) and HAQ `normal` (HAQ-DI 0.5 or below), with `cochran_q` of each over all visits where there are three or
    more; for each step `stuart_maxwell` (whether the shares of the four states changed) and `bowker` (whether moves were as many
    either way) of the patients with both scores; and `count` by `BSTATE>STATE`, the transitions with `missing`
    included, also from each follow-up visit to the next (contrast `Y3-Y1`).
    """
    rows: list[Row] = []
    for code, by, category, limit in _targets(plan):
        if code in set(values["PARAMCD"].unique()):
            wide = visit_table(values, code, plan)
            rows += [row | {"PARAMCD": code} for visit in plan.follow_ups
                     for row in _paired_rows(wide, visit.AVISIT, limit, by, category, plan)]  # fmt: skip
            rows += [row | {"PARAMCD": code, "by": by, "category": category} for row in _overall_rows(wide, limit, plan)]
    if plan.das28 in set(values["PARAMCD"].unique()):
        rows += list(_transition_rows(derive_states(values, adsl, plan), plan))
    size = len(members(adsl, "efficacy"))
    common = {"section": "efficacy", "population": "efficacy", "function": "efficacy.compare_states"}
    return as_results({**common, **row, "n_missing": size - row["n"]} for row in rows)


def _targets(plan: Plan) -> list[tuple[str, str, str, float]]:
    """Code, grouping, name and upper limit of the states; remission is below 2.6, so its limit lies just under it."""
    below = 2.6 - 2e-9
    return [
        (plan.das28, "STATE", "remission", below),
        (plan.das28, "STATE", "low_or_remission", 3.2),
        ("HAQDI", "HAQ", "normal", 0.5),
    ]


def _paired_rows(wide: pd.DataFrame, AVISIT: str, limit: float, by: str, category: str, plan: Plan) -> Iterator[Row]:
    pair = wide[[plan.baseline.AVISIT, AVISIT]].dropna()
    before, after = (at_most(pair[visit].to_numpy(), limit) for visit in (plan.baseline.AVISIT, AVISIT))
    cells = [int(np.sum(a & b)) for a, b in ((before, after), (before, ~after), (~before, after), (~before, ~after))]
    place = {"AVISIT": AVISIT, "contrast": plan.contrast(AVISIT), "by": by, "category": category, "n": len(pair)}
    a, b, c, d = cells
    change, test = newcombe_paired(a, b, c, d, plan.level), mcnemar(a, b, c, d)
    lower, upper = (-float(limit) for limit in reversed(np.atleast_1d(change["ci"])))
    fall, note = float(np.atleast_1d(change["diff_pre_minus_post"])[0]), f"{b} left and {c} entered the state."
    yield place | {"statistic": "difference", "method": "newcombe_paired", "value": -fall, "lower": lower, "upper": upper,
                   "level": plan.level, "note": note}  # fmt: skip
    for method, name in (("mcnemar_midp", "p_mid"), ("mcnemar_exact", "p_exact")):
        yield place | {"statistic": "mcnemar", "method": method, "p_value": test[name] if len(pair) else np.nan, "note": note}


def _overall_rows(wide: pd.DataFrame, limit: float, plan: Plan) -> Iterator[Row]:
    """Cochran's Q of one state over all visits, of the patients seen at each."""
    values = wide[[visit.AVISIT for visit in plan.visits]].to_numpy()
    if len(plan.visits) > 2:
        test = cochran_q(np.where(np.isnan(values), np.nan, at_most(values, limit)))
        yield {"statistic": "cochran_q", "method": "cochran", "value": test["Q"], "p_value": test["p"], "n": test["n"],
               "note": f"Chi-squared with {len(plan.visits) - 1} degrees of freedom."}  # fmt: skip


def _square_rows(moves: pd.Series) -> Iterator[Row]:
    """Tests of a step between the four states, of the patients with both scores."""
    known = STATES[:-1]
    table = np.array([[moves.get(f"{one}>{other}", 0) for other in known] for one in known])
    for name, test in (("stuart_maxwell", stuart_maxwell(table)), ("bowker", bowker(table))):
        note = f"Chi-squared with {test['df']} degrees of freedom." if test["n"] else ""
        yield {"statistic": name, "method": name, "value": test["chi2"], "p_value": test["p"], "n": test["n"], "note": note}


def _transition_rows(states: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    """Moves from baseline to each follow-up visit, and from each visit to the next."""
    steps = [(plan.baseline, visit) for visit in plan.follow_ups] + list(pairwise(plan.follow_ups))
    for before, after in steps:
        moves = (states[before.AVISIT] + ">" + states[after.AVISIT]).value_counts()
        place = {"PARAMCD": plan.das28, "AVISIT": after.AVISIT, "contrast": f"{after.AVISIT}-{before.AVISIT}"}
        yield from (place | row for row in _square_rows(moves))
        common = place | {"statistic": "count", "method": "population", "by": "BSTATE>STATE", "n": len(states)}
        for move in product(STATES, STATES):
            count = int(moves.get(">".join(move), 0))
            yield common | {"category": ">".join(move), "count": count, "value": float(count)}
