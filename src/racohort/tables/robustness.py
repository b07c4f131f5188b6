"""The tables of the section on robustness."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.formats import estimate, number, p_cell, percent
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results
from racohort.tables.changes import Endpoints, level_shown, with_interval
from racohort.tables.checks import (
    tabulate_controls,
    tabulate_cotreatment,
    tabulate_factors,
    tabulate_posteriors,
    tabulate_without_escalators,
)
from racohort.tables.missing import NOTHING, tabulate_dropouts, tabulate_missing_rules, tabulate_patterns, tabulate_tipping
from racohort.tables.paper import LISTED, Table, table

__all__ = [
    "tabulate_benchmarks",
    "tabulate_controls",
    "tabulate_cotreatment",
    "tabulate_diagnostics",
    "tabulate_dropouts",
    "tabulate_factors",
    "tabulate_influence",
    "tabulate_missing_rules",
    "tabulate_overturning",
    "tabulate_patterns",
    "tabulate_posteriors",
    "tabulate_published",
    "tabulate_regression",
    "tabulate_sites",
    "tabulate_tipping",
    "tabulate_verdict",
    "tabulate_without_escalators",
]


def tabulate_regression(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """Regression to the mean over the grid of assumptions, and what is left of the change at each follow-up visit."""
    expected = select_results(results, statistic="rtm_change", method="barnett")
    beyond = select_results(results, statistic="change_beyond_rtm")
    if expected.empty:
        return absent("No DAS28 was supplied: regression to the mean cannot be gauged.")
    lines = [_regression_line(row, beyond, plan) for _, row in expected.iterrows()]
    note = (
        "Expected: what selection alone would show, with no effect of anything; population SD 1.5 (assumption). Beyond it: "
        "mean change minus the expected, the interval moved alike. Own lowest: the lowest baseline in this cohort."
        + _oldham(results, plan)
    )
    return table(
        pd.DataFrame(lines),
        "regression-to-mean",
        "Change of DAS28 beyond regression to the mean, complete pairs.",
        note,
        plan.synthetic,
        groups="Enrolled from DAS28",
    )


def _oldham(results: pd.DataFrame, plan: Plan) -> str:
    """Whether the change grows with the level, as the mean of both visits gives it; empty where no visit can tell."""
    rows = select_results(results, statistic="oldham").dropna(subset="value")
    said = [f"{estimate(row['value'], row['lower'], row['upper'], 2, plan.level)}, n = {number(row['n'])}, at {visit.label}"
            for visit in plan.follow_ups for _, row in select_results(rows, AVISIT=visit.AVISIT).iterrows()]  # fmt: skip
    what = "Oldham's correlation of the change with the mean of both visits (negative: larger falls at higher levels)"
    return f" {what}: {'; '.join(said)}." if said else ""


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
        cells |= {f"Beyond it at {visit.label} {level_shown(plan)}": with_interval(left, 2)}
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
    shown, extremes = _without_untold(pd.DataFrame(lines))
    return table(
        shown,
        "influence",
        f"Change with each patient left out in turn, complete pairs{extremes}.",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def _without_untold(shown: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The lines without the two extremes where a report to publish tells none, and what a caption says of them."""
    told = shown.loc[:, (shown != "–").any()]
    return told, ": the two extremes" if len(told.columns) == len(shown.columns) else ""


def tabulate_overturning(patients: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence | None:
    """The patients who overturn a reading, by name; nothing where there is none. From the rows of `select_overturning`.

    Limits have a digit more than elsewhere, because one of them lies close to no change.
    """
    if patients.empty:
        return None
    lines = [{"Endpoint": f"{e.label}, {'ratio' if e.log else 'change'}", "Visit": visit.label, "Patient": row["USUBJID"],
              "Own": number(row["own"], e.estimate_digits), f"Without that patient {level_shown(plan)}":
              with_interval(row, e.estimate_digits + 1)}
             for e in endpoints for visit in plan.follow_ups
             for _, row in select_results(patients, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT).iterrows()]  # fmt: skip
    more = f" The first {LISTED} of {number(len(lines))}." if len(lines) > LISTED else ""
    return table(
        pd.DataFrame(lines),
        "overturning",
        f"The patients without whom a reading would change.{more}",
        "Whom a reading hangs on is a reason to look at that patient's record again, never to leave the patient out.",
        plan.synthetic,
        groups="Endpoint",
        shown=range(min(len(lines), LISTED)),
    )


def _influence(
    rows: pd.DataFrame, e: Endpoint, label: str, plan: Plan, units: str = "Pairs", who: str = "Patients who overturn it"
) -> list[dict[str, str]]:  # fmt: skip
    if rows.empty:
        return []
    low, high = (pick_result(rows, category=category) for category in ("lowest", "highest"))
    overturned = rows[rows["statistic"] == "overturned"].iloc[0]
    return [{"Endpoint": f"{e.label}, {'ratio' if e.log else 'change'}", "Visit": label, units: number(overturned["n"]),
             f"Lowest {level_shown(plan)}": with_interval(low, e.estimate_digits),
             f"Highest {level_shown(plan)}": with_interval(high, e.estimate_digits),
             who: number(overturned["count"])}]  # fmt: skip


def tabulate_sites(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The two extremes of leaving out one site, and how many sites overturn the reading."""
    rows = select_results(results, method="leave_one_site_out")
    lines = [line for e in endpoints for visit in plan.follow_ups
             for line in _influence(select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT), e, visit.label, plan,
                                    "Sites", "Sites that overturn it")]  # fmt: skip
    if not lines:
        return absent("Fewer than two sites are recorded, or one of them has nearly all patients: no site can be left out.")
    note = "Overturning: without that site the interval would change sides of no change."
    caption = "Change with each site left out in turn, complete pairs: the two extremes."
    return table(pd.DataFrame(lines), "sites", caption, note, plan.synthetic, groups="Endpoint")


def tabulate_diagnostics(results: pd.DataFrame, endpoints: Endpoints, plan: Plan, checks: dict[str, str]) -> Table | Absence:
    """Pass or fail of each diagnostic, and the shape of the changes; `checks` names them (`robustness.DIAGNOSTICS`)."""
    rows = select_results(results, function="robustness.check_diagnostics")
    if rows.empty:
        return absent(NOTHING)
    lines = [{"Endpoint": e.label, "Visit": visit.label}
             | {name: _diagnosis(select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT), check)
                for check, name in checks.items()}
             | {head: number(_moment(rows, e, visit, statistic), 2) for head, statistic in
                (("Skewness", "skewness"), ("Excess kurtosis", "excess_kurtosis"))}
             for e in endpoints for visit in plan.follow_ups]  # fmt: skip
    note = (
        "Declared beforehand. In brackets: pairs; share without a pair; patients for each parameter of the covariance; how far "
        "the standard errors of Kenward and Roger and of Satterthwaite differ; share of controls not within the margin. Skewness "
        "and kurtosis of the changes (markers: of their logarithms) are described, and never choose a test."
    )
    return table(pd.DataFrame(lines), "diagnostics", "What the analysis needs, and whether it is there.", note, plan.synthetic,
                 groups="Endpoint")  # fmt: skip


def _diagnosis(rows: pd.DataFrame, check: str) -> str:
    row = pick_result(rows, statistic="diagnostic", category=check)
    if row is None or row["value_text"] == "not applicable":
        return "–"
    shown = number(row["value"], 0 if check == "pairs" else 1) if check in ("pairs", "covariance") else percent(row["value"], 0)
    return f"{row['value_text']} ({shown})"


def _moment(rows: pd.DataFrame, e: Endpoint, visit: Visit, statistic: str) -> float | None:
    row = pick_result(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, statistic=statistic)
    return None if row is None else row["value"]


def tabulate_benchmarks(results: pd.DataFrame, efficacy: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table:
    """Published changes beside this cohort's."""
    rows = select_results(results, statistic="benchmark")
    lines = [{"Where": "Published elsewhere", "Measure": row["value_text"], "Who": row["note"].rsplit("; ", 1)[0],
              "n": number(row["n"]), "Change": number(row["value"], 2), "Source": row["note"].rsplit("; ", 1)[1]}
             for _, row in rows.iterrows()]  # fmt: skip
    lines += [line for e in endpoints for visit in plan.follow_ups for line in _own_change(efficacy, e, visit)]
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


def _own_change(efficacy: pd.DataFrame, e: Endpoint, visit: Visit) -> list[dict[str, str]]:
    """This cohort's change of an endpoint that has a published one beside it."""
    statistic, method = ("gmr", "paired_t_log") if e.log else ("mean_change", "paired_t")
    row = pick_result(efficacy, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, statistic=statistic, method=method)
    if row is None or not (e.role == "primary" or e.PARAMCD == "RF"):
        return []
    measure = f"{e.label} (ratio of geometric means)" if e.log else e.label
    return [{"Where": "This cohort", "Measure": measure, "Who": f"baseline to {visit.label}", "n": number(row["n"]),
             "Change": with_interval(row, e.estimate_digits), "Source": "this report"}]  # fmt: skip


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
        name in checks.items()} | {"Diagnostics": _failed(results, e.PARAMCD, visit.AVISIT)}
        for e in endpoints for visit in plan.follow_ups
    ]  # fmt: skip
    note = (
        "Improved: the interval, or every interval of that column, lies on the better side of no change; biomarkers as ratios. "
        "Limits of the assay: ratio by a likelihood that knows them. Imputed, and without escalated co-treatment: whether the "
        "conclusion of the plan is upheld; neither can add one. Diagnostics: how many of those that apply failed. The columns "
        "share their data: how many agree is no probability."
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


def _failed(results: pd.DataFrame, code: str, AVISIT: str) -> str:
    """How many diagnostics failed, of those that apply."""
    rows = select_results(results, statistic="diagnostic", PARAMCD=code, AVISIT=AVISIT)
    asked = rows[rows["value_text"] != "not applicable"]
    return f"{number((asked['value_text'] == 'fail').sum())} of {number(len(asked))} failed" if len(asked) else "–"
