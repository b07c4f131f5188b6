"""What missing follow-up could do: who is missing, the change under other rules, and how bad the missing would have to be."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.endpoints import Endpoint, change_row, list_endpoints, model_row, visit_table, working_table
from racohort.estimators import paired_t
from racohort.missingness import delta_adjusted_mean, tipping_point_delta
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import members

Row = dict[str, Any]

#: How far apart the points of the tipping-point grid lie, and the margins of interest, in the unit of the score.
STEPS = {"HAQDI": 0.11}
MARGINS = {"HAQDI": (0.0, 0.22)}
DAS28_STEP, DAS28_MARGINS = 0.3, (0.0, 0.6, 1.2)
#: Points of the grid, starting at no difference between the missing and the observed.
POINTS = 11


def headline(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> tuple[Endpoint, ...]:
    """The endpoints that robustness is asked of: the primary ones and the biomarkers."""
    return tuple(e for e in list_endpoints(values, plan, catalogue) if e.role in ("primary", "biomarker"))


def count_patterns(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """How many patients have which visits.

    Returns
    -------
    Rows `count` by VISITS for each primary endpoint; the category joins the visits with a value by `+`, `none` where there is
    none. Patterns that nobody has are not listed; counts add up to the efficacy population.
    """
    people, rows = members(adsl, "efficacy"), []
    for endpoint in headline(values, plan, catalogue):
        if endpoint.role == "primary":
            patterns = _patterns(visit_table(values, endpoint.PARAMCD, plan).reindex(people).notna())
            rows += [_pattern_row(endpoint, category, int(count), len(people)) for category, count in patterns.items()]
    return as_results(rows)


def _patterns(seen: pd.DataFrame) -> pd.Series:
    """How many patients have each combination of visits, the most frequent first."""
    bits = 1 << np.arange(seen.shape[1])
    found = pd.Series(seen.to_numpy() @ bits).value_counts()
    return found.set_axis(["+".join(seen.columns[(number & bits) > 0]) or "none" for number in found.index])


def _pattern_row(endpoint: Endpoint, category: Any, count: int, n: int) -> Row:
    return {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "statistic": "count",
        "method": "population",
            "by": "VISITS", "category": category, "value": float(count), "count": count, "n": n,
            "function": "robustness.count_patterns"}  # fmt: skip


def compare_dropouts(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Baseline of patients seen at the last visit against the others.

    Returns
    -------
    For each efficacy parameter at baseline, and age and disease duration: `mean` and `sd` by COMPLETER (Y, N), and `smd`, the
    difference of means, others minus completers, in units of the pooled SD, on the logarithm for markers (values that
    are not positive left out). No p: the groups were not drawn, and small ones
    prove nothing.
    """
    last = plan.visits[-1]
    people = adsl[adsl["USUBJID"].isin(members(adsl, "efficacy"))].set_index("USUBJID")
    done = people[last.flag] == "Y"
    columns = {
        e.PARAMCD: visit_table(values, e.PARAMCD, plan)[plan.baseline.AVISIT] for e in list_endpoints(values, plan, catalogue)
    }
    columns |= {code: people[code] for code in ("AGE", "DISDUR") if people[code].notna().any()}
    common = {
        "section": "robustness",
        "population": "efficacy",
        "AVISIT": plan.baseline.AVISIT,
        "function": "robustness.compare_dropouts",
    }
    logs = {e.PARAMCD for e in list_endpoints(values, plan, catalogue) if e.log}
    rows = [row | {"PARAMCD": code} for code, column in columns.items()
            for row in _group_rows(column.reindex(done.index), done, code in logs)]  # fmt: skip
    return as_results({**common, **row} for row in rows)


def _group_rows(column: pd.Series, done: pd.Series, log: bool) -> Iterator[Row]:
    groups = {"Y": column[done].dropna(), "N": column[~done].dropna()}
    for category, group in groups.items():
        for statistic, number in (("mean", group.mean()), ("sd", group.std())):
            yield {"statistic": statistic, "method": "available", "by": "COMPLETER", "category": category, "value": number,
                   "n": len(group)}  # fmt: skip
    if log:
        groups = {category: np.log(group.where(group > 0)) for category, group in groups.items()}
    pooled = np.sqrt((groups["Y"].var() + groups["N"].var()) / 2)
    smd = (groups["N"].mean() - groups["Y"].mean()) / pooled if pooled > 0 else np.nan
    yield {"statistic": "smd", "method": "pooled_sd", "value": smd, "n": sum(map(len, groups.values()))}


def compare_missing_rules(values: pd.DataFrame, adsl: pd.DataFrame, efficacy: pd.DataFrame, plan: Plan,
    catalogue: pd.DataFrame) -> pd.DataFrame:  # fmt: skip
    """The same change under different rules for missing follow-up, on the scale of the analyte.

    Parameters
    ----------
    values, adsl, plan, catalogue : as everywhere
    efficacy : the efficacy section's results, for the mixed model

    Returns
    -------
    Rows `mean_change`, or `gmr` on a log scale, for each primary endpoint and biomarker and each follow-up visit, by method:
    `complete_case`; `mmrm_satterthwaite`, or `mmrm_kr` with a simpler covariance (linear scales; valid if missing at random);
    `locf` (the last value carried forward, baseline included; sensitivity only, biased); `return_to_baseline` (the missing are
    taken to have no change on average).
    """
    size = len(members(adsl, "efficacy"))
    rows = []
    for endpoint in headline(values, plan, catalogue):
        wide = working_table(values, endpoint, plan)
        for visit in plan.follow_ups:
            common = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                      "contrast": plan.contrast(visit.AVISIT), "function": "robustness.compare_missing_rules"}  # fmt: skip
            found = _rule_rows(wide, visit.AVISIT, endpoint, plan)
            rows += [
                common | row | {"n_missing": size - row["n"]} for row in (*found, *_model_rows(efficacy, endpoint, visit.AVISIT))
            ]
    return as_results(rows)


def _rule_rows(wide: pd.DataFrame, AVISIT: str, endpoint: Endpoint, plan: Plan) -> Iterator[Row]:
    base = wide[plan.baseline.AVISIT]
    complete = paired_t(wide[AVISIT], base, plan.level)
    carried = paired_t(wide.loc[:, :AVISIT].ffill(axis=1)[AVISIT], base, plan.level)
    for method, fit in (("complete_case", complete), ("locf", carried)):
        yield change_row(endpoint, fit["mean_diff"], fit["ci"], plan.level) | {
            "method": method,
            "n": fit["n"],
            "p_value": fit["p"],
        }
    missing = int(base.notna().sum()) - complete["n"]
    back = delta_adjusted_mean(
        complete["mean_diff"], complete["sd_diff"], complete["n"], missing, -complete["mean_diff"], plan.level
    )
    yield change_row(endpoint, back["estimate"], back["ci"], plan.level) | {"method": "return_to_baseline",
        "n": complete["n"] + missing,
                                                                           "p_value": back["p"]}  # fmt: skip


def _model_rows(efficacy: pd.DataFrame, endpoint: Endpoint, AVISIT: str) -> list[Row]:
    """The mixed model's change as the efficacy section has it."""
    row = model_row(efficacy, endpoint.PARAMCD, AVISIT, "mmrm_gmr" if endpoint.log else "mmrm_change")
    if row is None or pd.isna(row["value"]):
        return []
    columns = ["method", "value", "lower", "upper", "level", "p_value", "n", "unit", "note"]
    statistic = "gmr" if endpoint.log else "mean_change"
    return [{"statistic": statistic} | {name: row[name] for name in columns}]


def estimate_tipping(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """How much worse than the observed the missing would have to be.

    Returns
    -------
    For each primary endpoint and follow-up visit: `delta_adjusted` by delta, the mean change if the missing are worse than the
    observed by delta on average (closed form, `delta_adjusted`); and `tipping_point` by margin, the delta at which the
    interval reaches the margin of improvement (`closed_form`), NaN where nobody is missing. A positive delta is worse, in the
    unit of the score.
    """
    rows: list[Row] = []
    for endpoint in headline(values, plan, catalogue):
        if endpoint.role == "primary" and endpoint.direction in ("lower", "higher"):
            wide = working_table(values, endpoint, plan)
            for visit in plan.follow_ups:
                common = {"section": "robustness", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": visit.AVISIT,
                          "contrast": plan.contrast(visit.AVISIT), "unit": endpoint.unit,
                          "function": "robustness.estimate_tipping"}  # fmt: skip
                rows += [common | row for row in _tipping_rows(wide, visit.AVISIT, endpoint, plan)]
    return as_results(rows)


def _tipping_rows(wide: pd.DataFrame, AVISIT: str, endpoint: Endpoint, plan: Plan) -> Iterator[Row]:
    worse = 1 if endpoint.direction == "lower" else -1
    base = wide[plan.baseline.AVISIT]
    fit = paired_t(wide[AVISIT], base, plan.level)
    observed = (worse * fit["mean_diff"], fit["sd_diff"], fit["n"], int(base.notna().sum()) - fit["n"])
    counts = {"n": observed[2] + observed[3], "n_missing": observed[3]}
    for k in range(POINTS):
        delta = round(k * STEPS.get(endpoint.PARAMCD, DAS28_STEP), 10)
        moved = delta_adjusted_mean(fit["mean_diff"], *observed[1:], worse * delta, plan.level)
        yield counts | {"statistic": "delta_adjusted", "method": "delta_adjusted", "by": "delta", "category": f"{delta:g}",
                        "value": moved["estimate"], "lower": moved["ci"][0], "upper": moved["ci"][1], "level": plan.level,
                        "p_value": moved["p"]}  # fmt: skip
    for margin in MARGINS.get(endpoint.PARAMCD, DAS28_MARGINS if endpoint.PARAMCD.startswith("DAS28") else (0.0,)):
        delta = _tipping(*observed, plan.alpha, -margin)
        yield counts | {
            "statistic": "tipping_point",
            "method": "closed_form",
            "by": "margin",
            "category": f"{margin:g}",
            "value": delta,
        }


def _tipping(mean: float, sd: float, n: int, missing: int, alpha: float, margin: float) -> float:
    """The delta at which the worse limit of the interval reaches the margin, wherever the mean lies.

    `tipping_point_delta` answers for a mean beyond the margin; for one that falls short of it the missing must make up for
    both the shortfall and the half width, twice the distance more.
    """
    delta = tipping_point_delta(mean, sd, n, missing, alpha, margin)
    if mean <= margin or np.isnan(delta):
        return delta
    return -delta - 2 * (mean - margin) * (n + missing) / missing
