"""Markers beyond an assay's limits: how many values are, what that calls for, and a rank test that needs no substitute."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.endpoints import visit_table
from racohort.estimators import censored_geometric_mean, censored_ratio, wilcoxon_signed_rank
from racohort.intervals import mcnemar
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import members

Row = dict[str, Any]

#: Markers that assays cut off, and the shares of censored values up to which substitution, then likelihood, is used.
MARKERS = ("CRP", "RF", "ACCP")
SUBSTITUTED_BELOW, LIKELIHOOD_UP_TO = 0.05, 0.5


def route_of(share: float) -> str:
    """Which analysis the share of censored values calls for.

    >>> [route_of(share) for share in (0.0, 0.049, 0.05, 0.5, 0.51)]
    ['substitution', 'substitution', 'censored likelihood', 'censored likelihood', 'ranks and shares']
    """
    if share < SUBSTITUTED_BELOW:
        return "substitution"
    return "censored likelihood" if share <= LIKELIHOOD_UP_TO else "ranks and shares"


def estimate_censored(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The censored-data route of CRP, rheumatoid factor and anti-CCP.

    Parameters
    ----------
    values : `endpoints.select_values`, with the columns `censored` and `limit`
    adsl, plan : population, visits and level

    Returns
    -------
    Per marker and visit `censored_share` (count of n) and `geometric_mean` (`censored_lognormal`, Wald interval on the
    logarithm; a substituted value enters as known only to lie beyond its limit). Per follow-up visit `censored_route`, the
    analysis that the larger share of the two visits calls for, in words; `w` (`wilcoxon_censored_tied`), with censored values
    tied at the lowest or highest rank, so that two of them differ by nothing; `censored_gmr` (`bivariate_lognormal`), the ratio
    of geometric means of the pairs by a likelihood that knows the limits, count of n pairs with a censored value, where there
    are any and at most half at a visit; and `mcnemar` (`mcnemar_midp`) by CENSORED
    `below`, the change of the share below the limit.
    """
    size, rows = len(members(adsl, "efficacy")), []
    for code in (code for code in MARKERS if code in set(values["PARAMCD"].unique())):
        mine = values[values["PARAMCD"] == code]
        amounts, flags = visit_table(values, code, plan), _flags(mine, plan)
        bounds = visit_table(mine.assign(AVAL=_bounds(mine)), code, plan)
        found = [*_visit_rows(mine, plan), *_pair_rows(_tied(amounts, flags), flags, plan), *_ratio_rows(bounds, flags, plan)]
        common = {"section": "efficacy", "population": "efficacy", "PARAMCD": code, "function": "efficacy.estimate_censored"}
        rows += [common | row | {"n_missing": size - row["n"]} for row in found]
    return as_results(rows)


def _flags(mine: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Patients by visits: "below", "above", "" measured, and NaN where there is no value."""
    wide = mine.pivot(index="USUBJID", columns="AVISIT", values="censored").sort_index()
    return wide.reindex(columns=[visit.AVISIT for visit in plan.visits])


def _visit_rows(mine: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    for visit in plan.visits:
        at = mine[mine["AVISIT"] == visit.AVISIT]
        n, count = len(at), int((at["censored"] != "").sum())
        yield {"AVISIT": visit.AVISIT, "statistic": "censored_share", "method": "count", "n": n, "count": count,
               "value": count / n if n else np.nan}  # fmt: skip
        fit = censored_geometric_mean(_bounds(at).to_numpy(), at["censored"].to_numpy(), plan.level)
        yield {"AVISIT": visit.AVISIT, "statistic": "geometric_mean", "method": "censored_lognormal", "n": n, "value": fit["gm"],
               "lower": fit["ci"][0], "upper": fit["ci"][1], "level": plan.level}  # fmt: skip


def _bounds(rows: pd.DataFrame) -> pd.Series:
    """The value, or the limit that a censored one lies beyond (its substitute where the limit is not known)."""
    return rows["AVAL"].where((rows["censored"] == "") | rows["limit"].isna(), rows["limit"])


def _ratio_rows(bounds: pd.DataFrame, flags: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    for visit in plan.follow_ups:
        both = bounds[[plan.baseline.AVISIT, visit.AVISIT]].dropna()
        known = flags.loc[both.index, both.columns]
        share = (known != "").mean()
        if len(both) and 0 < share.max() <= LIKELIHOOD_UP_TO:
            fit = censored_ratio(both.iloc[:, 0], both.iloc[:, 1], known.iloc[:, 0], known.iloc[:, 1], plan.level)
            yield {"AVISIT": visit.AVISIT, "contrast": plan.contrast(visit.AVISIT), "statistic": "censored_gmr",
                   "method": "bivariate_lognormal", "value": fit["gmr"], "lower": fit["ci"][0], "upper": fit["ci"][1],
                   "level": plan.level, "p_value": fit["p"], "n": fit["n"], "count": fit["n_censored"]}  # fmt: skip


def _tied(amounts: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """The values with all censored ones of a side at one place, beyond every other."""
    lowest, highest = amounts.min().min(), amounts.max().max()
    return amounts.mask(flags == "below", lowest).mask(flags == "above", highest)


def _pair_rows(amounts: pd.DataFrame, flags: pd.DataFrame, plan: Plan) -> Iterator[Row]:
    for visit in plan.follow_ups:
        both = amounts[[plan.baseline.AVISIT, visit.AVISIT]].dropna()
        known = flags.loc[both.index, both.columns]
        place = {"AVISIT": visit.AVISIT, "contrast": plan.contrast(visit.AVISIT), "n": len(both)}
        share = float((known != "").mean().max()) if len(both) else np.nan
        words = route_of(share) if len(both) else "not applicable"
        yield place | {"statistic": "censored_route", "method": "share", "value": share, "value_text": words}
        test = wilcoxon_signed_rank(both.iloc[:, 1], both.iloc[:, 0], zero_method="pratt")
        yield place | {"statistic": "w", "method": "wilcoxon_censored_tied", "value": test["W_plus"], "p_value": test["p"]}
        yield place | _below_row(known == "below")


def _below_row(below: pd.DataFrame) -> Row:
    """McNemar's test of the share below the limit, and who moved."""
    before, after = (below.iloc[:, k].to_numpy(dtype=bool) for k in (0, 1))
    cells = [int(np.sum(a & b)) for a, b in ((before, after), (before, ~after), (~before, after), (~before, ~after))]
    test = mcnemar(*cells)["p_mid"] if below.size else np.nan
    return {"statistic": "mcnemar", "method": "mcnemar_midp", "by": "CENSORED", "category": "below", "p_value": test,
            "note": f"{cells[1]} rose above the limit and {cells[2]} fell below it."}  # fmt: skip
