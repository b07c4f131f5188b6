"""Change from baseline at one follow-up visit, in patients measured at both: the mean, its tests and its standardised sizes.

Change is always follow-up minus baseline, so that a fall is negative. Pairs are complete cases and say so; the mixed model, which
uses every visit, is in `models`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort import estimators
from racohort.endpoints import Endpoint, list_endpoints, paired_values, visit_table
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import group_summary, members, summary_rows

Row = dict[str, Any]
Values = np.ndarray


def summarise_visits(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The distribution of each efficacy parameter at each planned visit, in everyone measured there.

    Parameters
    ----------
    values : `endpoints.select_values`
    adsl, plan, catalogue : population, visits, units

    Returns
    -------
    Result rows `n mean sd median q1 q3 min max` (method `available`) for each parameter and visit; a visit without any value has
    `n` 0 and no other number.
    """
    size = len(members(adsl, "efficacy"))
    grid = [(e.PARAMCD, visit.AVISIT) for e in list_endpoints(values, plan, catalogue) for visit in plan.visits]
    rows = summary_rows(group_summary(values, ["PARAMCD", "AVISIT"], "AVAL"), grid, size, method="available") if grid else []
    common = {"section": "efficacy", "population": "efficacy", "function": "efficacy.summarise_visits"}
    return as_results({**common, **row, "unit": str(catalogue.loc[row["PARAMCD"], "AVALU"])} for row in rows)


def estimate_changes(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The paired change of each efficacy parameter at each follow-up visit.

    Parameters
    ----------
    values : `endpoints.select_values`
    adsl, plan, catalogue : population, visits and level, scale and unit

    Returns
    -------
    For each parameter and follow-up visit, contrast `Y1-BL`, complete pairs: `n mean sd median` by AVISIT (method `pairs`);
    `mean_change sd_change t df` (`paired_t`); `w` (`wilcoxon`: zeros by Pratt; `wilcoxon_zeros_dropped`: as R's wilcox.test);
    `hodges_lehmann` (`wilcoxon`); `dz` (`noncentral_t`), `gav` (`bonett`), `glass_delta` (`baseline_sd`), `rank_biserial`
    (`kerby`), `probability_of_improvement` (`wilson`); and `gmr` (`paired_t_log`) where the analyte has a log scale.
    `n_missing` are patients of the efficacy population without the pair. With fewer than two pairs nothing but counts (and a
    mean of one) is given.
    """
    size = len(members(adsl, "efficacy"))
    rows = []
    for endpoint in list_endpoints(values, plan, catalogue):
        wide = visit_table(values, endpoint.PARAMCD, plan)
        for visit in plan.follow_ups:
            base, value = paired_values(wide, plan, visit.AVISIT)
            common = _common(endpoint, visit.AVISIT, plan) | {"n": len(base), "n_missing": size - len(base)}
            rows += [{**common, **row} for row in _rows(base, value, endpoint, visit.AVISIT, plan)]
    return as_results(rows)


def _common(endpoint: Endpoint, AVISIT: str, plan: Plan) -> Row:
    return {"section": "efficacy", "population": "efficacy", "PARAMCD": endpoint.PARAMCD, "AVISIT": AVISIT, "unit": endpoint.unit,
            "contrast": plan.contrast(AVISIT), "function": "efficacy.estimate_changes"}  # fmt: skip


def _rows(base: Values, value: Values, endpoint: Endpoint, AVISIT: str, plan: Plan) -> Iterator[Row]:
    yield from _pair_rows(base, plan.baseline.AVISIT)
    yield from _pair_rows(value, AVISIT)
    yield from _t_rows(base, value, plan.level)
    yield from _rank_rows(base, value, plan.level)
    yield from _size_rows(base, value, plan.level)
    yield from _improvement_rows(base, value, endpoint, plan.level)
    if endpoint.log:
        yield _ratio_row(base, value, plan.level)


def _pair_rows(measured: Values, AVISIT: str) -> Iterator[Row]:
    """n, mean, SD and median of the pairs at one of their two visits."""
    column, n = pd.Series(measured, dtype="float64"), len(measured)
    numbers = {"n": float(n), "mean": column.mean(), "sd": column.std(), "median": column.median()}
    for statistic, number in numbers.items():
        yield {"statistic": statistic, "method": "pairs", "by": "AVISIT", "category": AVISIT, "value": number}


def _t_rows(base: Values, value: Values, level: float) -> Iterator[Row]:
    fit = estimators.paired_t(value, base, level)
    yield {
        "statistic": "mean_change",
        "method": "paired_t",
        "value": fit["mean_diff"],
        "p_value": fit["p"],
        **_limits(fit["ci"], level),
    }
    yield {"statistic": "sd_change", "method": "paired_t", "value": fit["sd_diff"]}
    yield {"statistic": "median_change", "method": "pairs", "value": np.median(value - base) if len(base) else np.nan}
    yield {"statistic": "t", "method": "paired_t", "value": fit["t"], "p_value": fit["p"], "unit": ""}
    yield {"statistic": "df", "method": "paired_t", "value": fit["df"] if len(base) > 1 else np.nan, "unit": ""}


def _limits(ci: tuple[float, float], level: float) -> Row:
    return {"lower": ci[0], "upper": ci[1], "level": level}


def _rank_rows(base: Values, value: Values, level: float) -> Iterator[Row]:
    yield _wilcoxon_row(base, value, "wilcoxon", zero_method="pratt")
    yield _wilcoxon_row(
        base, value, "wilcoxon_zeros_dropped", zero_method="wilcox", correction=True, method=_method_of_r(value - base)
    )
    shift = estimators.hodges_lehmann_paired(value, base, level)
    reached = f"The interval reaches {100 * shift['achieved_conf']:.1f} % confidence." if len(base) else ""
    yield {
        "statistic": "hodges_lehmann",
        "method": "wilcoxon",
        "value": shift["estimate"],
        "note": reached,
        **_limits(shift["ci"], level),
    }
    balance = estimators.rank_biserial_paired(value, base, level)
    interval = _limits(balance["ci"], level)
    yield {"statistic": "rank_biserial", "method": "kerby", "value": balance["rbc"], "unit": "", **interval,
           "note": f"{balance['n']} changes other than zero."}  # fmt: skip


def _method_of_r(change: Values) -> str:
    """R's wilcox.test is exact below 50 changes without zeros and ties, else asymptotic with continuity correction."""
    sizes = np.round(np.abs(change), 10)
    return "exact" if len(sizes) < 50 and (sizes > 0).all() and len(np.unique(sizes)) == len(sizes) else "asymptotic"


def _wilcoxon_row(base: Values, value: Values, name: str, **rule: Any) -> Row:
    """W is the rank sum of the rises; the note says how zeros were treated and whether p is exact."""
    test = estimators.wilcoxon_signed_rank(value, base, **rule)
    zeros = "ranked, then left out (Pratt)" if rule["zero_method"] == "pratt" else "left out first, as in R"
    note = f"{test['n'] - test['n_eff']} of {test['n']} changes are zero, {zeros}; p {test['method']}."
    return {"statistic": "w", "method": name, "value": test["W_plus"], "p_value": test["p"], "unit": "", "note": note}


def _size_rows(base: Values, value: Values, level: float) -> Iterator[Row]:
    """Standardised sizes with the sign of the change: d_z, Hedges' g_av, and Glass' delta (by the SD at baseline)."""
    sizes, n = estimators.effect_sizes_change(base, value), len(base)
    dz_limits = estimators.cohen_dz_ci_noncentral_t(sizes["cohen_dz"], n, level)
    moments = (value.mean(), base.mean(), value.std(ddof=1), base.std(ddof=1)) if n > 1 else (np.nan,) * 4
    m2, m1, s2, s1 = moments
    average = estimators.cohen_dav_ci_bonett(m2, m1, s2, s1, sizes["r"], n, level)
    glass = estimators.glass_delta_ci_bonett(m1, m2, s1, s2, sizes["r"], n, level)
    glass_limits = (-glass["ci"][1], -glass["ci"][0])
    gav = sizes["hedges_gav_approx_df_nminus1"]
    yield {"statistic": "dz", "method": "noncentral_t", "value": sizes["cohen_dz"], "unit": "", **_limits(dz_limits, level)}
    yield {"statistic": "gav", "method": "bonett", "value": gav, "unit": "", **_limits(average["ci"], level)}
    yield {
        "statistic": "glass_delta",
        "method": "baseline_sd",
        "value": sizes["glass_delta_pre"],
        "unit": "",
        **_limits(glass_limits, level),
    }


def _improvement_rows(base: Values, value: Values, endpoint: Endpoint, level: float) -> Iterator[Row]:
    if endpoint.direction in ("lower", "higher"):
        chance = estimators.probability_of_improvement(base, value, endpoint.direction, level)
        limits = _limits(chance["ci"], level)
        yield {"statistic": "probability_of_improvement", "method": "wilson", "value": chance["estimate"], "unit": "", **limits}


def _ratio_row(base: Values, value: Values, level: float) -> Row:
    """The geometric mean ratio of the pairs in which both values are above zero; the note counts those left out."""
    positive = (base > 0) & (value > 0)
    ratio = estimators.geometric_mean_ratio(base[positive], value[positive], level)
    left_out = int((~positive).sum())
    note = f"{left_out} of {len(base)} pairs hold a zero, which has no logarithm, and are left out." if left_out else ""
    size = {"n": ratio["n"]} if left_out else {}
    return {"statistic": "gmr", "method": "paired_t_log", "value": ratio["gmr"], "p_value": ratio["p"], "unit": "", "note": note,
            **size, **_limits(ratio["ci"], level)}  # fmt: skip
