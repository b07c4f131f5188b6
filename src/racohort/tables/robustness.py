"""The tables of the section on robustness."""

from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.formats import level_of, mean_sd, number, p_cell, percent, signed
from racohort.labels import digits_of, label_of
from racohort.plan import Plan
from racohort.results import pick_result, select_results
from racohort.tables.paper import Table, table

Endpoints = tuple[Endpoint, ...]

RULES = {"complete_case": "Complete pairs", "mmrm_satterthwaite": "Mixed model (missing at random)",
    "locf": "Last value carried forward",
         "return_to_baseline": "Missing: no change on average"}  # fmt: skip
NOTHING = "No endpoint of this cohort was measured twice: there is nothing whose robustness could be asked."


def _ci(plan: Plan) -> str:
    return f"({level_of(plan.level)} CI)"


def _with_interval(row: Any, digits: int) -> str:
    if row is None or pd.isna(row["value"]):
        return "–"
    limits = "" if pd.isna(row["lower"]) else f" ({number(row['lower'], digits)} to {number(row['upper'], digits)})"
    return number(row["value"], digits) + limits


def tabulate_patterns(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Which visits patients have, by primary endpoint."""
    rows = select_results(results, by="VISITS")
    if rows.empty:
        return absent("This cohort has no primary endpoint: there is no pattern of missing visits to show.")
    labels = {e.PARAMCD: e.label for e in endpoints}
    names = {visit.AVISIT: visit.label for visit in plan.visits}
    lines = [
        {"Endpoint": labels[row["PARAMCD"]], "Visits with a value": ", ".join(names.get(v,
        v) for v in row["category"].split("+")),
         "Patients": number(row["count"]), "Share": percent(row["count"] / row["n"])}
        for _, row in rows.iterrows()
    ]  # fmt: skip
    return table(
        pd.DataFrame(lines),
        "missing-patterns",
        f"Patterns of visits with a value, {number(rows['n'].max())} patients of the efficacy population.",
        "",
        plan.synthetic,
        groups="Endpoint",
    )


def tabulate_dropouts(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Baseline of the patients seen at the last visit and of the others."""
    rows = select_results(results, function="robustness.compare_dropouts")
    if rows.empty:
        return absent("This cohort has no baseline measurement to compare completers and others by.")
    lines = [_dropout_line(select_results(rows, PARAMCD=code), code, catalogue) for code in rows["PARAMCD"].unique()]
    note = (
        "SMD: difference of means, others minus completers, over the pooled SD. Completers were seen at "
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
    rows = select_results(results, function="robustness.compare_missing_rules")
    lines = [
        {"Endpoint": f"{e.label}, {'ratio' if e.log else 'change'}", "Visit": visit.label, "Rule": name, "n": number(row["n"]),
         f"Estimate {_ci(plan)}": _with_interval(row, e.estimate_digits), "p": p_cell(row["p_value"])}
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
        {"Endpoint": e.label, "Visit": visit.label, "Missing": f"{number(row['n_missing'])} of {number(row['n'])}",
         "Limit reaches an improvement of": number(float(row["category"]), 2), "Tipping point": _tipping(row["value"], e)}
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
        "Tipping points of the primary endpoints (closed form).",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def _tipping(value: float, e: Endpoint) -> str:
    return "nobody is missing" if pd.isna(value) else number(value, e.mean_digits)


def tabulate_regression(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """Regression to the mean over the grid of assumptions, and what is left of the change at each follow-up visit."""
    expected = select_results(results, statistic="rtm_change", method="barnett")
    beyond = select_results(results, statistic="change_beyond_rtm")
    if expected.empty:
        return absent("No DAS28 was supplied: regression to the mean cannot be gauged.")
    lines = [_regression_line(row, beyond, plan) for _, row in expected.iterrows()]
    note = (
        "Expected: what selection alone would show, with no effect of anything; population SD 1.5 (assumption). Beyond it: "
        "mean change minus the expected, the interval moved alike. `Own` is the lowest baseline in this cohort."
    )
    return table(
        pd.DataFrame(lines),
        "regression-to-mean",
        "Change of DAS28 beyond regression to the mean, complete pairs.",
        note,
        plan.synthetic,
        groups="Enrolled from DAS28",
    )


def _regression_line(row: pd.Series, beyond: pd.DataFrame, plan: Plan) -> dict[str, str]:
    rho, cutoff, mu = row["category"].split("|")
    cells = {
        "Enrolled from DAS28": "Own lowest" if cutoff == "own" else cutoff,
        "Reliability": rho,
        "Population mean": mu,
        "Expected change": number(row["value"], 2),
    }
    for visit in plan.follow_ups:
        left = pick_result(beyond, AVISIT=visit.AVISIT, category=row["category"])
        cells |= {f"Beyond it at {visit.label} {_ci(plan)}": _with_interval(left, 2)}
    return cells


def tabulate_influence(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The two extremes of leaving out one patient, and how many patients overturn the reading."""
    rows = select_results(results, method="leave_one_out")
    lines = [line for e in endpoints for visit in plan.follow_ups
             for line in _influence(select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT), e, visit.label,
             plan)]  # fmt: skip
    if not lines:
        return absent("Fewer than three patients were measured twice: nobody can be left out.")
    note = "Overturning: without that patient the interval would change sides of no change."
    return table(
        pd.DataFrame(lines),
        "influence",
        "Change with each patient left out in turn, complete pairs: the two extremes.",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def _influence(rows: pd.DataFrame, e: Endpoint, label: str, plan: Plan) -> list[dict[str, str]]:
    if rows.empty:
        return []
    low, high = (pick_result(rows, category=category) for category in ("lowest", "highest"))
    overturned = rows[rows["statistic"] == "overturned"].iloc[0]
    return [{"Endpoint": f"{e.label}, {'ratio' if e.log else 'change'}", "Visit": label, "Pairs": number(overturned["n"]),
             f"Lowest {_ci(plan)}": _with_interval(low, e.estimate_digits),
             f"Highest {_ci(plan)}": _with_interval(high, e.estimate_digits),
             "Patients who overturn it": number(overturned["count"])}]  # fmt: skip


def tabulate_benchmarks(results: pd.DataFrame, efficacy: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table:
    """Published changes beside this cohort's."""
    rows = select_results(results, statistic="benchmark")
    lines = [{"Where": "Published elsewhere", "Measure": row["value_text"], "Who": row["note"].rsplit("; ", 1)[0],
              "n": number(row["n"]), "Change": number(row["value"], 2), "Source": row["note"].rsplit("; ", 1)[1]}
             for _, row in rows.iterrows()]  # fmt: skip
    for e in endpoints:
        for visit in plan.follow_ups:
            statistic, method = ("gmr", "paired_t_log") if e.log else ("mean_change", "paired_t")
            row = pick_result(efficacy, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, statistic=statistic, method=method)
            if row is not None and (e.role == "primary" or e.PARAMCD == "RF"):
                measure = f"{e.label} (ratio of geometric means)" if e.log else e.label
                lines.append({"Where": "This cohort", "Measure": measure, "Who": f"baseline to {visit.label}",
                    "n": number(row["n"]),
                              "Change": _with_interval(row, e.estimate_digits), "Source": "this report"})  # fmt: skip
    note = (
        "Other people's numbers, in other patients: nothing is tested against them. The first shows how large a fall can "
        "follow on ordinary care alone."
    )
    return table(
        pd.DataFrame(lines),
        "benchmarks",
        "Changes reported elsewhere beside this cohort's.",
        note,
        plan.synthetic,
        groups="Where",
    )


def tabulate_published(results: pd.DataFrame, efficacy: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The tests a paper of this kind runs, beside the conclusion of the plan."""
    lines = [
        {"Endpoint": e.label, "Visit": visit.label, "n": number(t["n"]), "p, paired t": p_cell(t["p_value"]),
        "Paired t says": t["value_text"],
         "p, Wilcoxon": p_cell(w["p_value"]), "Wilcoxon says": w["value_text"],
         "The plan concludes": "–" if (c := pick_result(efficacy, statistic="conclusion", **at)) is None else c["value_text"]}
        for e in endpoints for visit in plan.follow_ups for at in [{"PARAMCD": e.PARAMCD, "AVISIT": visit.AVISIT}]
        for t, w in [[pick_result(results, statistic="as_published", method=m, **at) for m in ("paired_t", "wilcoxon")]]
        if t is not None and w is not None
    ]  # fmt: skip
    if not lines:
        return absent(NOTHING)
    note = (
        f"Unadjusted, each at {plan.alpha:g}, on values as measured. The plan: mixed model for primary endpoints, "
        "logarithms for biomarkers, adjusted p."
    )
    return table(
        pd.DataFrame(lines),
        "as-published",
        "The same data tested as in the abstract, and by the plan.",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def tabulate_verdict(results: pd.DataFrame, endpoints: Endpoints, plan: Plan, checks: dict[str, str]) -> Table | Absence:
    """What each way of looking says about each endpoint; `checks` names them (`robustness.CHECKS`)."""
    rows = select_results(results, statistic="verdict")
    if rows.empty:
        return absent(NOTHING)
    lines = [
        {"Endpoint": e.label, "Visit": visit.label} | {name: _answer(rows, e.PARAMCD, visit.AVISIT, c) for c,
        name in checks.items()}
        for e in endpoints for visit in plan.follow_ups
    ]  # fmt: skip
    note = (
        "Improved: the interval, or every interval of that column, lies on the better side of no change; biomarkers as "
        "ratios. The columns share their data: how many agree is no probability."
    )
    return table(
        pd.DataFrame(lines),
        "verdict",
        "What each way of looking at the change from baseline says.",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def _answer(rows: pd.DataFrame, code: str, AVISIT: str, check: str) -> str:
    row = pick_result(rows, PARAMCD=code, AVISIT=AVISIT, category=check)
    return "–" if row is None or row["value_text"] == "not applicable" else row["value_text"]
