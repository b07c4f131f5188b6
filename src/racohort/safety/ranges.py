"""Each patient against the reference range: shifts from baseline, the worst value, and what a healthy group would show."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from racohort.intervals import mcnemar, newcombe_paired, upper_one_sided_cp
from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.laboratory import after_baseline, laboratory_codes
from racohort.summaries import analysed, members, proportion_row, range_excess
from racohort.terms import HEALTHY_SHARE_OUTSIDE, RANGE_STATES

#: The least that is told of a probability that is not 0: in a large cohort a float would be 0, which says that it cannot happen.
LEAST = 1e-300


def derive_worst(adlb: pd.DataFrame, adsl: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The worst record after baseline of each patient and laboratory analyte.

    All records after baseline with a reference range count, planned visits and unscheduled ones alike. Worst is
    farthest outside the range, in widths of the range; where none is outside, the value nearest to a limit; of equals the
    earlier. One row per patient and analyte, columns as in ADLB.
    """
    codes = laboratory_codes(adlb, catalogue)
    mine = adlb["USUBJID"].isin(members(adsl, "safety")) & adlb["PARAMCD"].isin(codes) & adlb["ANRIND"].isin(RANGE_STATES)
    rows = adlb[mine & after_baseline(adlb)].reset_index(drop=True)
    order = {"USUBJID": True, "PARAMCD": True, "outside": False, "excess": False, "ADY": True}
    judged = rows[["USUBJID", "PARAMCD", "ADY"]].assign(
        outside=rows["ANRIND"] != "NORMAL", excess=range_excess(rows).fillna(-np.inf)
    )
    ranked = judged.sort_values(list(order), ascending=list(order.values()), kind="stable")
    return rows.loc[ranked.drop_duplicates(["USUBJID", "PARAMCD"]).index].reset_index(drop=True)


def count_shifts(adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Shifts low, normal, high from baseline to each visit and to the worst value after baseline.

    Returns
    -------
    Result rows `count` by `BNRIND>ANRIND`, all nine categories (`NORMAL>HIGH`), for each analyte and follow-up visit (method
    `visit`) and without visit for the worst value (method `worst`). `n` counts patients with both states.
    """
    people, codes = members(adsl, "safety"), laboratory_codes(adlb, catalogue)
    keys = ["PARAMCD", "AVISIT", "BNRIND", "ANRIND"]
    at_visit = analysed(adlb, people, [visit.AVISIT for visit in plan.follow_ups], codes)[keys]
    worst = derive_worst(adlb, adsl, catalogue)[keys].assign(AVISIT="")
    both = pd.concat([at_visit, worst])
    both = both[both["BNRIND"].isin(RANGE_STATES) & both["ANRIND"].isin(RANGE_STATES)]
    counts, known = both.value_counts(keys), set(both["PARAMCD"].unique())
    visits = [*(visit.AVISIT for visit in plan.follow_ups), ""]
    grid = ((code, AVISIT) for code in codes if code in known for AVISIT in visits)
    return as_results(row for group in grid for row in _shift_rows(counts, group, len(people)))


def _shift_rows(counts: pd.Series, group: tuple[str, str], size: int) -> Iterator[dict[str, Any]]:
    cells = {pair: int(counts.get((*group, *pair), 0)) for pair in product(RANGE_STATES, repeat=2)}
    n = sum(cells.values())
    for (before, after), count in cells.items():
        yield {"section": "safety", "population": "safety", "PARAMCD": group[0], "AVISIT": group[1], "statistic": "count",
               "method": "visit" if group[1] else "worst", "by": "BNRIND>ANRIND", "category": f"{before}>{after}", "value": count,
               "count": count, "n": n, "n_missing": size - n, "unit": "patients", "function": "safety.count_shifts"}  # fmt: skip


def estimate_new_abnormality(shifts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How many patients who were normal at baseline ever had a value outside the range later, and the risk that is excluded.

    Parameters
    ----------
    shifts : the rows of `count_shifts`; those of method `worst` are used.

    Returns
    -------
    For each analyte `new_abnormality` (method `clopper_pearson`, two-sided interval) and, a statistic of its own,
    `new_abnormality_bound` (method `upper_one_sided_cp`; value and upper: risks above it are excluded with confidence 1 - alpha).
    Denominator: normal at baseline and at least one later value.
    """
    worst = shifts[(shifts["method"] == "worst") & shifts["category"].str.startswith("NORMAL>")]
    rows = [row for code, cells in worst.groupby("PARAMCD", sort=False) for row in _new_rows(str(code), cells, plan.level)]
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_new_abnormality"}
    return as_results({**common, **row} for row in rows)


def _new_rows(code: str, cells: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    n = int(cells["count"].sum())
    new = n - int(cells.loc[cells["category"] == "NORMAL>NORMAL", "count"].sum())
    bound = float(upper_one_sided_cp(new, n, level)) if n else None
    return [
        proportion_row(new, n, level, PARAMCD=code, statistic="new_abnormality"),
        {"PARAMCD": code, "statistic": "new_abnormality_bound", "method": "upper_one_sided_cp", "value": bound, "upper": bound,
         "level": level, "count": new, "n": n},
    ]  # fmt: skip


def compare_out_of_range(shifts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The paired change in the proportion outside the range, follow-up minus baseline.

    Returns
    -------
    Result rows `out_of_range_change` (method `newcombe_paired`: value, lower, upper; p_value is McNemar's mid-p) for each analyte
    and follow-up visit, from the patients of `count_shifts` with both states; nothing where there are none.
    """
    at_visits = shifts[shifts["method"] == "visit"]
    groups = [(str(key[0]), str(key[1]), cells) for key, cells in at_visits.groupby(["PARAMCD", "AVISIT"], sort=False)]
    return as_results(_paired_row(code, AVISIT, cells, plan) for code, AVISIT, cells in groups if cells["n"].iloc[0] > 0)


def _paired_row(code: str, AVISIT: str, cells: pd.DataFrame, plan: Plan) -> dict[str, Any]:
    was, now = (cells["category"].str.split(">").str[side] != "NORMAL" for side in (0, 1))
    pairs = (was & now, was & ~now, ~was & now, ~was & ~now)
    both, before, after, neither = (int(cells.loc[pair, "count"].sum()) for pair in pairs)
    difference: dict[str, Any] = newcombe_paired(both, before, after, neither, plan.level)
    lower, upper = difference["ci"]
    return {"section": "safety", "population": "safety", "PARAMCD": code, "AVISIT": AVISIT, "contrast": plan.contrast(AVISIT),
            "statistic": "out_of_range_change", "method": "newcombe_paired", "value": 0.0 - difference["diff_pre_minus_post"],
            "lower": -upper, "upper": -lower, "level": plan.level, "n": int(cells["count"].sum()),
            "p_value": mcnemar(both, before, after, neither)["p_mid"],
            "note": "p is the mid-p of McNemar's test", "function": "safety.compare_out_of_range"}  # fmt: skip


def estimate_excursions(ranges: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Values outside the range at each visit, beside the number expected if every patient were healthy.

    Parameters
    ----------
    ranges : the rows of `estimate_out_of_range`.

    Returns
    -------
    For each visit with classified values: `excursions` (method `observed`; count of values outside, n classified values),
    `excursions` (method `healthy`; 5 % of them) and `no_excursion` (method `healthy_independent`; the probability that such a
    healthy group shows none at all, if analytes and patients were independent).
    """
    outside = ranges[ranges["statistic"] == "out_of_range"].groupby("AVISIT")[["count", "n"]].sum()
    visits = [visit.AVISIT for visit in plan.visits if visit.AVISIT in outside.index and outside.loc[visit.AVISIT, "n"]]
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_excursions"}
    rows = (row for AVISIT in visits for row in _excursion_rows(AVISIT, *outside.loc[AVISIT].astype(int)))
    return as_results({**common, **row} for row in rows)


def _excursion_rows(AVISIT: str, count: int, n: int) -> list[dict[str, Any]]:
    none = max((1 - HEALTHY_SHARE_OUTSIDE) ** n, LEAST)
    rows = [
        {"statistic": "excursions", "method": "observed", "value": count, "count": count, "n": n, "unit": "values"},
        {"statistic": "excursions", "method": "healthy", "value": HEALTHY_SHARE_OUTSIDE * n, "n": n, "unit": "values"},
        {"statistic": "no_excursion", "method": "healthy_independent", "value": none, "n": n},
    ]
    return [{"AVISIT": AVISIT, **row} for row in rows]
