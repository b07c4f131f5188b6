"""Tables of paired changes: means, ratios, standardised sizes."""

from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint, Estimand, estimand_of
from racohort.formats import level_of, listed, mean_sd, median_iqr, number, p_cell, told_digits
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results
from racohort.tables.paper import Table, table

Endpoints = tuple[Endpoint, ...]
ROLES = {
    "primary": "primary",
    "biomarker": "biomarker, exploratory",
    "secondary": "secondary",
    "component": "component of a score",
}
NO_ENDPOINT = "This cohort has no efficacy measurement."
NO_PAIR = "No patient of this cohort was measured both at baseline and at a follow-up visit."


def row_at(results: pd.DataFrame, endpoint: Endpoint, visit: Visit, statistic: str, method: str, **more: str) -> Any:
    """One result row of an endpoint and visit; a row of empty numbers where there is none."""
    row = pick_result(results, PARAMCD=endpoint.PARAMCD, AVISIT=visit.AVISIT, statistic=statistic, method=method, **more)
    return pd.Series(dtype=object) if row is None else row


def with_interval(row: Any, digits: int) -> str:
    """Value and limits without the level, which the header says."""
    if row is None or pd.isna(row.get("value")):
        return "–"
    digits = told_digits(row["value"], row.get("lower"), row.get("upper"), digits)
    limits = "" if pd.isna(row.get("lower")) else f" ({number(row['lower'], digits)} to {number(row['upper'], digits)})"
    return number(row["value"], digits) + limits


def leave_out_empty(lines: list[dict[str, str]]) -> tuple[list[dict[str, str]], str]:
    """The lines without those of visits at which an endpoint was not measured, and a note where there are any.

    An endpoint that was measured at none of the visits keeps all its lines.
    """
    told = [{text for name, text in line.items() if name not in ("Endpoint", "Visit", "n", "Pairs")} != {"–"} for line in lines]
    known = {line["Endpoint"] for line, some in zip(lines, told, strict=True) if some}
    kept = [line for line, some in zip(lines, told, strict=True) if some or line["Endpoint"] not in known]
    return kept, " A visit at which an endpoint was not measured has no line." if len(kept) < len(lines) else ""


def level_shown(plan: Plan) -> str:
    """The level of the intervals, for a column's header."""
    return f"({level_of(plan.level)} CI)"


def tabulate_endpoints(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Which endpoints this cohort has, what part each plays, and how many patients have it at each visit."""
    if not endpoints:
        return absent(NO_ENDPOINT)
    lines = [
        {"Endpoint": e.name, "Part": ROLES[e.role], "Scale": "logarithmic" if e.log else e.scale}
        | {f"n at {visit.label}": number(row_at(results, e, visit, "n", "available").get("value")) for visit in plan.visits}
        for e in endpoints
    ]
    note = "A parameter is listed when at least one patient of the efficacy population has a value of it."
    return table(
        pd.DataFrame(lines),
        "endpoints",
        "Endpoints of this cohort and the number of patients with a value at each visit, efficacy population.",
        note,
        plan.synthetic,
    )


def tabulate_estimands(endpoints: Endpoints, plan: Plan, role: str = "primary") -> Table | Absence:
    """The estimand of the endpoints of one role: what exactly is estimated, before anything is shown."""
    chosen = [estimand_of(endpoint) for endpoint in endpoints if endpoint.role == role]
    if not chosen:
        return absent(f"This cohort has no {role} endpoint." if role == "primary" else "This cohort has no biomarker.")
    alike: dict[str, list[Estimand]] = {}
    for estimand in chosen:
        alike.setdefault(estimand.summary, []).append(estimand)
    lines = [{"Endpoint": listed([one.endpoint.label for one in same]), "Attribute": name, "Here": text}
             for same in alike.values() for name, text in _attributes(same[0], plan).items()]  # fmt: skip
    caption = f"Estimand of the {'primary endpoints' if role == 'primary' else 'biomarkers'} (ICH E9 R1)."
    return table(pd.DataFrame(lines), f"estimands-{role}", caption, "", plan.synthetic, groups="Endpoint")


def _attributes(estimand: Estimand, plan: Plan) -> dict[str, str]:
    visits = listed([visit.label for visit in plan.follow_ups])
    first = next(v.label for v in plan.visits if plan.primary_visit == v.AVISIT)
    return {
        "Population": "Everyone kept by cleaning with a baseline value" + (", treated" if plan.treated else ""),
        "Variable": f"{'Logarithm of the ratio' if estimand.endpoint.log else 'Change'} from {plan.baseline.label} to {visits}; "
                    f"the primary visit is {first}",
        "Change of DMARD, rescue, repeated treatment": "Treatment policy: values count whatever was given",
        "Death": "While alive for means; non-response for responders",
        "Summary": f"{estimand.summary}; {level_of(plan.level)} confidence interval",
        "Comparator": f"None: a change{' under treatment' if plan.treated else ''}, not a treatment effect",
    }  # fmt: skip


def tabulate_visits(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Everyone measured at each visit: n, mean and SD, median and quartiles, range."""
    lines, gone = leave_out_empty([_visit_line(results, e, visit) for e in endpoints for visit in plan.visits])
    if not lines:
        return absent(NO_ENDPOINT)
    return table(
        pd.DataFrame(lines),
        "efficacy-visits",
        "Efficacy measurements at each visit: everyone of the efficacy population who was measured there.",
        f"These are not the same patients at each visit; changes are in the tables of pairs.{gone}",
        plan.synthetic,
        groups="Endpoint",
    )


def _visit_line(results: pd.DataFrame, e: Endpoint, visit: Visit) -> dict[str, str]:
    rows = select_results(results, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, method="available")
    x = rows.set_index("statistic")["value"]
    return {"Endpoint": e.name, "Visit": visit.label, "n": number(x.get("n")), "Mean ± SD": mean_sd(x.get("mean"),
        x.get("sd"), e.mean_digits),
            "Median (quartiles)": median_iqr(x.get("median"), x.get("q1"), x.get("q3"), e.digits),
            "Lowest": number(x.get("min"), e.digits), "Highest": number(x.get("max"), e.digits)}  # fmt: skip


def tabulate_changes(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Paired changes of the endpoints on a linear scale."""
    every = [_change_line(results, e, visit, plan) for e in endpoints if not e.log for visit in plan.follow_ups]
    lines, gone = leave_out_empty(every)
    if not lines:
        return absent(NO_PAIR)
    note = (
        "Change is follow-up minus baseline: where lower is better, a negative change is an improvement. Pairs: patients "
        "measured at both, of the efficacy population. Wilcoxon: zeros ranked and then left out (Pratt). The p here are "
        f"not adjusted, and nothing is concluded from them: among many tests a small one is expected.{gone}"
    )
    return table(
        pd.DataFrame(lines),
        "changes",
        "Change from baseline in patients measured at both visits (complete pairs).",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def _change_line(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    mean = row_at(results, e, visit, "mean_change", "paired_t")
    return {"Endpoint": e.name, **_pair_cells(results, e, visit, plan), f"Mean change {level_shown(plan)}": with_interval(mean,
        e.mean_digits),
            "p, paired t": p_cell(mean.get("p_value")), "p, Wilcoxon": p_cell(row_at(results, e, visit, "w",
            "wilcoxon").get("p_value")),
            f"Hodges-Lehmann {level_shown(plan)}": with_interval(row_at(results, e, visit, "hodges_lehmann", "wilcoxon"),
            e.mean_digits)}  # fmt: skip


def _pair_cells(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    n = row_at(results, e, visit, "mean_change", "paired_t")
    of = "–" if "n" not in n else f"{number(n['n'])} of {number(n['n'] + n['n_missing'])}"
    cells = {"Visit": visit.label, "Pairs": of}
    for head, AVISIT in (("Baseline", plan.baseline.AVISIT), ("Follow-up", visit.AVISIT)):
        mean, sd, median = (row_at(results, e, visit, s, "pairs", category=AVISIT).get("value") for s in ("mean", "sd", "median"))
        shown = (
            {f"{head}, median": number(median, e.digits)} if e.log else {f"{head}, mean ± SD": mean_sd(mean, sd, e.mean_digits)}
        )
        cells |= shown
    return cells


def tabulate_ratios(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Paired changes of the endpoints on a log scale, as ratios."""
    lines, gone = leave_out_empty([_ratio_line(results, e, visit, plan) for e in endpoints if e.log for visit in plan.follow_ups])
    if not lines:
        return absent("This cohort has no biomarker on a logarithmic scale.")
    note = (
        "Ratio: geometric mean at follow-up over that at baseline, below 1 is a fall; its p is that of the paired t on "
        "logarithms. Wilcoxon on the values as measured. Values below an assay's limit count as the limit over the square "
        f"root of 2. The p here are not adjusted.{gone}"
    )
    return table(
        pd.DataFrame(lines),
        "ratios",
        "Biomarkers: ratio to baseline in patients measured at both visits (complete pairs).",
        note,
        plan.synthetic,
        groups="Endpoint",
    )


def _ratio_line(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    ratio = row_at(results, e, visit, "gmr", "paired_t_log")
    mean = row_at(results, e, visit, "mean_change", "paired_t")
    return {"Endpoint": e.name, **_pair_cells(results, e, visit, plan), f"Ratio {level_shown(plan)}": with_interval(ratio, 2),
            "p, t on logarithms": p_cell(ratio.get("p_value")), "p, Wilcoxon": p_cell(row_at(results, e, visit, "w",
            "wilcoxon").get("p_value")),
            f"Mean change {level_shown(plan)}": with_interval(mean, e.mean_digits)}  # fmt: skip


def tabulate_sizes(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Standardised sizes of the paired changes."""
    sizes = {"d_z": ("dz", "noncentral_t"), "g_av": ("gav", "bonett"), "Glass Δ": ("glass_delta", "baseline_sd"),
             "Rank-biserial": ("rank_biserial", "kerby"), "P(improved)": ("probability_of_improvement", "wilson")}  # fmt: skip
    lines, gone = leave_out_empty([
        {"Endpoint": e.label, "Visit": visit.label, "Pairs": number(row_at(results, e, visit, "dz", "noncentral_t").get("n"))}
        | {f"{head} {level_shown(plan)}": with_interval(row_at(results, e, visit, *where), 2) for head, where in sizes.items()}
        for e in endpoints for visit in plan.follow_ups
    ])  # fmt: skip
    if not lines:
        return absent(NO_PAIR)
    note = (
        "Negative is a fall. d_z: by the SD of the changes; g_av: by the average SD, Hedges' correction, Bonett's "
        "interval; Glass Δ: by the SD at baseline; rank-biserial: matched pairs, zeros left out; P(improved): half of the "
        f"unchanged counted.{gone}"
    )
    return table(
        pd.DataFrame(lines),
        "effect-sizes",
        "Standardised change from baseline, complete pairs.",
        note,
        plan.synthetic,
        groups="Endpoint",
    )
