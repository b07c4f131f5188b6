"""What a change of the DAS28 is made of, and whether its two acute-phase forms say the same of a patient."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.endpoints import visit_table
from racohort.estimators import paired_t
from racohort.plan import Plan
from racohort.results import as_results
from racohort.scores import FORMS, das28_parts, das28_state
from racohort.summaries import members, proportion_row

Row = dict[str, Any]

#: Components that the patient or the examiner judges, and those that a laboratory measures.
JUDGED = ("TJC28", "SJC28", "PTGA")
#: The two forms that are compared, and by which cut-offs the second is read.
PAIR = ("DAS28ESR", "DAS28CRP")
CUTOFFS = ("esr", "crp_alt")


def derive_components(values: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The change of each part of the cohort's DAS28, patient by patient.

    Returns
    -------
    USUBJID, AVISIT, COMPONENT, CHG in points of the DAS28: patients with every component at baseline and at the visit, so that
    the parts of a patient add up to the change of his or her score. Empty where the form of the score is unknown or a component
    was not supplied.
    """
    form = FORMS.get(plan.das28)
    needed = {"TJC28", "SJC28", *(("PTGA",) if form and form[1] else ()), *((form[0],) if form else ())}
    if form is None or not needed <= set(values["PARAMCD"].unique()):
        return pd.DataFrame(columns=["USUBJID", "AVISIT", "COMPONENT", "CHG"])
    tables = {code: visit_table(values, code, plan) for code in needed}
    people = sorted(set().union(*(wide.index for wide in tables.values())))
    parts = das28_parts(plan.das28, {code: wide.reindex(people).to_numpy() for code, wide in tables.items()})
    changes = {name: part - part[:, :1] for name, part in parts.items()}
    whole = np.isfinite(sum(changes.values()))
    frames = [
        pd.DataFrame({"USUBJID": people, "AVISIT": visit.AVISIT, "COMPONENT": name, "CHG": change[:, place]})[whole[:, place]]
        for place, visit in enumerate(plan.visits) if place
        for name, change in changes.items()
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def estimate_components(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How much of the mean change of the DAS28 each component makes up.

    Returns
    -------
    Per follow-up visit by COMPONENT: `component_change` (`paired_t`), the mean change in points of the DAS28 with its interval,
    of each component, of `judged` (joints and global assessment) and of `all`, which is their sum; and `component_share`
    (`sum`), its share of the change of all (NaN where that is smaller than half a point: a share of nearly nothing says
    nothing). `n` patients have every component at both visits.
    """
    size, parts = len(members(adsl, "efficacy")), derive_components(values, plan)
    rows: list[Row] = []
    for AVISIT, mine in parts.groupby("AVISIT", sort=False):
        wide = mine.pivot(index="USUBJID", columns="COMPONENT", values="CHG")
        columns = {str(name): wide[name] for name in dict.fromkeys(mine["COMPONENT"])}
        columns |= {"judged": wide[[name for name in JUDGED if name in wide]].sum(axis=1), "all": wide.sum(axis=1)}
        total = float(columns["all"].mean())
        place = {"section": "efficacy", "population": "efficacy", "PARAMCD": plan.das28, "AVISIT": AVISIT, "by": "COMPONENT",
                 "contrast": plan.contrast(str(AVISIT)), "n": len(wide), "n_missing": size - len(wide),
                 "function": "efficacy.estimate_components"}  # fmt: skip
        rows += [place | row for name, change in columns.items() for row in _component_rows(name, change, total, plan.level)]
    return as_results(rows)


def _component_rows(name: str, change: pd.Series, total: float, level: float) -> Iterator[Row]:
    fit = paired_t(change, np.zeros(len(change)), level)
    yield {"statistic": "component_change", "method": "paired_t", "category": name, "value": fit["mean_diff"],
           "lower": fit["ci"][0], "upper": fit["ci"][1], "level": level}  # fmt: skip
    if name != "all":
        share = fit["mean_diff"] / total if abs(total) >= 0.5 else np.nan
        yield {"statistic": "component_share", "method": "sum", "category": name, "value": share}


def derive_forms(values: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """DAS28-ESR and DAS28-CRP of the same patients at the same visits (USUBJID, AVISIT, one column each)."""
    if not set(PAIR) <= set(values["PARAMCD"].unique()):
        return pd.DataFrame(columns=["USUBJID", "AVISIT", *PAIR])
    long = {code: visit_table(values, code, plan).rename_axis(columns="AVISIT").stack() for code in PAIR}
    return pd.DataFrame(long).dropna().reset_index()


def compare_forms(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Agreement of DAS28-CRP with DAS28-ESR at each visit, after Bland and Altman.

    Returns
    -------
    Per visit, difference DAS28-ESR minus DAS28-CRP: `bias` (`bland_altman`); `agreement_limit` by `side`, `lower` and
    `upper`, between which 95 of 100 differences of single patients lie, with the interval of each limit; `slope`, by how much
    the difference grows with the mean of both; and `proportion` by SAME_STATE, patients in the same state of disease activity
    by both, with DAS28-CRP read by the cut-offs `esr` and by its own lower ones, `crp_alt`. Fewer than three patients give no
    limit and no slope.
    """
    pairs, size = derive_forms(values, plan), len(members(adsl, "efficacy"))
    rows: list[Row] = []
    for visit in plan.visits:
        esr, crp = (pairs.loc[pairs["AVISIT"] == visit.AVISIT, code].to_numpy(dtype=float) for code in PAIR)
        place = {"section": "efficacy", "population": "efficacy", "PARAMCD": PAIR[0], "AVISIT": visit.AVISIT, "n": len(esr),
                 "n_missing": size - len(esr), "function": "efficacy.compare_forms"}  # fmt: skip
        if len(esr):
            rows += [place | row for row in (*_agreement_rows(esr, crp, plan.level), *_state_rows(esr, crp, plan.level))]
    return as_results(rows)


def _agreement_rows(esr: np.ndarray, crp: np.ndarray, level: float) -> Iterator[Row]:
    n, fit = len(esr), paired_t(esr, crp, level)
    common = {"method": "bland_altman", "level": level}
    yield common | {"statistic": "bias", "value": fit["mean_diff"], "lower": fit["ci"][0], "upper": fit["ci"][1]}
    if n > 2 and fit["sd_diff"] > 0:
        z = float(stats.norm.isf(0.025))
        reach = z * fit["sd_diff"]
        half = float(stats.t.isf((1 - level) / 2, n - 1)) * fit["se"] * sqrt(1 + z**2 * n / (2 * n - 2))
        for side, limit in (("lower", fit["mean_diff"] - reach), ("upper", fit["mean_diff"] + reach)):
            yield common | {"statistic": "agreement_limit", "by": "side", "category": side, "value": limit,
                            "lower": limit - half, "upper": limit + half}  # fmt: skip
        yield common | _slope((esr + crp) / 2, esr - crp, level)


def _slope(middle: np.ndarray, difference: np.ndarray, level: float) -> Row:
    if not np.ptp(middle) > 0:
        return {"statistic": "slope", "value": np.nan}
    line = stats.linregress(middle, difference)
    half = float(stats.t.isf((1 - level) / 2, len(middle) - 2)) * line.stderr
    return {"statistic": "slope", "value": line.slope, "lower": line.slope - half, "upper": line.slope + half}


def _state_rows(esr: np.ndarray, crp: np.ndarray, level: float) -> Iterator[Row]:
    for cutoffs in CUTOFFS:
        same = int(np.sum(das28_state(esr) == das28_state(crp, cutoffs)))
        yield proportion_row(same, len(esr), level, by="SAME_STATE", category=cutoffs)
