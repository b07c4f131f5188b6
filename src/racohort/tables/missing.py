"""Tables of missing follow-up: who is missing, other rules for them, and tipping points."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.few import Between
from racohort.formats import mean_sd, number, p_cell, percent, signed
from racohort.labels import digits_of, label_of
from racohort.plan import Plan
from racohort.results import pick_result, select_results
from racohort.tables.changes import Endpoints, level_shown, with_interval
from racohort.tables.paper import Table, table

RULES = {
    "complete_case": "Complete pairs",
    "mmrm_satterthwaite": "Mixed model (missing at random)",
    "mmrm_kr": "Mixed model (missing at random)",
    "locf": "Last value carried forward",
    "return_to_baseline": "Missing: no change on average",
    "multiple_imputation": "Multiple imputation",
}
METHODS = {"closed_form": "closed form", "multiple_imputation": "imputation"}
NOTHING = "No endpoint of this cohort was measured twice: there is nothing whose robustness could be asked."


def tabulate_patterns(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Which visits patients have, by primary endpoint."""
    rows = select_results(results, by="VISITS")
    if rows.empty:
        return absent("This cohort has no primary endpoint: there is no pattern of missing visits to show.")
    names = {visit.AVISIT: visit.label for visit in plan.visits}
    lines = [line for e in endpoints for line in _pattern_lines(select_results(rows, PARAMCD=e.PARAMCD), e.label, names)]
    return table(
        pd.DataFrame(lines),
        "missing-patterns",
        f"Patterns of visits with a value, {number(rows['n'].max())} patients of the efficacy population.",
        "",
        plan.synthetic,
        groups="Endpoint",
    )


def _pattern_lines(rows: pd.DataFrame, label: str, names: dict[str, str]) -> list[dict[str, str]]:
    """A line for each pattern; patterns whose number of patients is not told share one."""
    few = rows["count"].map(lambda one: isinstance(one, Between))
    lines = [
        {
            "Endpoint": label,
            "Visits with a value": ", ".join(names.get(visit, visit) for visit in row["category"].split("+")),
            "Patients": number(row["count"]),
            "Share": percent(row["count"] / row["n"]),
        }
        for _, row in rows[~few].iterrows()
    ]
    if few.any():
        told = f"{rows.loc[few, 'count'].iloc[0]} each"
        lines.append({"Endpoint": label, "Visits with a value": f"Other patterns: {few.sum()}", "Patients": told, "Share": "–"})
    return lines


def tabulate_dropouts(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Baseline of the patients seen at the last visit and of the others."""
    rows = select_results(results, function="robustness.compare_dropouts")
    if rows.empty:
        return absent("This cohort has no baseline measurement to compare completers and others by.")
    lines = [_dropout_line(select_results(rows, PARAMCD=code), code, catalogue) for code in rows["PARAMCD"].unique()]
    note = (
        "SMD: difference of means, others minus completers, over the pooled SD (markers: of logarithms). Completers were seen at "
        f"{plan.visits[-1].label}. No p: a small group proves no similarity."
    )
    return table(pd.DataFrame(lines), "dropouts", "Baseline of completers and of the others, mean ± SD.", note, plan.synthetic)


def _dropout_line(rows: pd.DataFrame, code: str, catalogue: pd.DataFrame) -> dict[str, str]:
    digits, cells = max(1, digits_of(code, catalogue)), {"At baseline": label_of(code, catalogue)}
    for head, category in (("Completers", "Y"), ("Others", "N")):
        mean, sd = (pick_result(rows, statistic=statistic, category=category) for statistic in ("mean", "sd"))
        if mean is not None and sd is not None:
            cells |= {f"{head}, n": number(mean["n"]), head: mean_sd(mean["value"], sd["value"], digits)}
    smd = pick_result(rows, statistic="smd")
    return cells | {"SMD": "–" if smd is None else signed(smd["value"], 2)}


def tabulate_missing_rules(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The same change under each rule for the missing."""
    rows = select_results(results, statistic=["mean_change", "gmr"], method=RULES)
    lines = [
        {"Endpoint": f"{e.label}, {'ratio' if e.log else 'change'}", "Visit": visit.label, "Rule": name, "n": number(row["n"]),
         f"Estimate {level_shown(plan)}": with_interval(row, e.estimate_digits), "p": p_cell(row["p_value"])}
        for e in endpoints for visit in plan.follow_ups for method, name in RULES.items()
        for row in [pick_result(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, method=method)] if row is not None
    ]  # fmt: skip
    if not lines:
        return absent(NOTHING)
    note = (
        "Carrying the last value forward is biased whenever change goes on between visits, and is shown because it is "
        "common. No change on average: the missing are taken to be back at baseline. The p are not adjusted."
    )
    return table(
        pd.DataFrame(lines),
        "missing-rules",
        "Change from baseline under different rules for missing follow-up.",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def tabulate_tipping(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """How much worse than the observed the missing would have to be."""
    rows = select_results(results, statistic="tipping_point")
    lines = [
        {"Endpoint": e.label, "Visit": visit.label, "By": METHODS[row["method"]],
         "Missing": f"{number(row['n_missing'])} of {number(row['n'])}",
         "Limit reaches an improvement of": number(float(row["category"]), 2), "Tipping point": _tipping(row, e)}
        for e in endpoints for visit in plan.follow_ups
        for _, row in select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT).iterrows()
    ]  # fmt: skip
    if not lines:
        return absent(NOTHING)
    note = (
        "Tipping point: how much worse than the observed patients the missing would have to be, on average, for the "
        "interval to reach that improvement. Negative: the interval of the observed alone already reaches it, and the "
        "missing would have to be that much better."
    )
    return table(
        pd.DataFrame(lines),
        "tipping",
        "Tipping points of the primary endpoints, in closed form and by multiple imputation.",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def _tipping(row: pd.Series, e: Endpoint) -> str:
    if not pd.isna(row["value"]):
        return number(row["value"], e.mean_digits)
    return "nobody is missing" if row["n_missing"] == 0 else "too few, or further than was tried"
