"""The tables of the section on efficacy."""

from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.formats import interval, mean_sd, median_iqr, number, p_cell, proportion
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results
from racohort.tables.paper import Table, table

Endpoints = tuple[Endpoint, ...]

ROLES = {"primary": "primary", "biomarker": "biomarker, exploratory", "secondary": "secondary", "component": "component of a score"}
NO_ENDPOINT = "This cohort has no efficacy measurement."
NO_PAIR = "No patient of this cohort was measured both at baseline and at a follow-up visit."

_STATES = {"remission": "Remission (below 2.6)", "low": "Low (2.6 to 3.2)", "moderate": "Moderate (above 3.2 to 5.1)",
           "high": "High (above 5.1)", "low_or_remission": "Low or remission (3.2 or below)"}  # fmt: skip
_RESPONSES = {"good": "EULAR good response", "moderate": "EULAR moderate response", "none": "EULAR no response",
              "good_or_moderate": "EULAR good or moderate response", "improved_022": "HAQ-DI improved by 0.22 or more",
              "improved_0375": "HAQ-DI improved by 0.375 or more", "worsened_022": "HAQ-DI worsened by 0.22 or more"}  # fmt: skip


def _at(results: pd.DataFrame, endpoint: Endpoint, visit: Visit, statistic: str, method: str, **more: str) -> Any:
    """One result row of an endpoint and visit; a row of empty numbers where there is none."""
    row = pick_result(results, PARAMCD=endpoint.PARAMCD, AVISIT=visit.AVISIT, statistic=statistic, method=method, **more)
    return pd.Series(dtype=object) if row is None else row


def _with_interval(row: Any, digits: int) -> str:
    """Value and limits without the level, which the header says."""
    if pd.isna(row.get("value")):
        return "–"
    limits = "" if pd.isna(row.get("lower")) else f" ({number(row['lower'], digits)} to {number(row['upper'], digits)})"
    return number(row["value"], digits) + limits


def _ci(plan: Plan) -> str:
    return f"({interval(0, 0, 0, plan.level).split(' CI')[0]} CI)"


def tabulate_endpoints(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Which endpoints this cohort has, what part each plays, and how many patients have it at each visit."""
    if not endpoints:
        return absent(NO_ENDPOINT)
    lines = [
        {"Endpoint": e.name, "Part": ROLES[e.role], "Scale": "logarithmic" if e.log else "linear"}
        | {f"n at {visit.label}": number(_at(results, e, visit, "n", "available").get("value")) for visit in plan.visits}
        for e in endpoints
    ]
    note = "A parameter is listed when at least one patient of the efficacy population has a value of it."
    return table(pd.DataFrame(lines), "endpoints", "Endpoints of this cohort and the number of patients with a value at each visit, "
                 "efficacy population.", note, plan.synthetic)  # fmt: skip


def tabulate_estimands(endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The estimand of each primary endpoint: what exactly is estimated, before anything is shown."""
    primary = [endpoint for endpoint in endpoints if endpoint.role == "primary"]
    if not primary:
        return absent("This cohort has no primary endpoint.")
    visits = ", ".join(visit.label for visit in plan.follow_ups)
    last = f"the primary visit is {next(v.label for v in plan.visits if v.AVISIT == plan.primary_visit)}"
    attributes = {
        "Population": "Everyone kept by cleaning with a baseline value" + (", treated" if plan.treated else ""),
        "Variable": f"Change from {plan.baseline.label} to {visits}; {last}",
        "Change of DMARD, rescue, repeated infusion": "Treatment policy: values count whatever was given",
        "Death": "While alive for means; non-response for responders",
        "Summary": f"Mean change with {interval(0, 0, 0, plan.level).split(' CI')[0]} confidence interval (mixed model, REML)",
        "Comparator": "None: a change under treatment, not a treatment effect",
    }
    lines = [{"Endpoint": e.name, "Attribute": name, "Here": text} for e in primary for name, text in attributes.items()]
    return table(pd.DataFrame(lines), "estimands", "Estimands of the primary endpoints (ICH E9 R1).", "", plan.synthetic, groups="Endpoint")


def tabulate_visits(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Everyone measured at each visit: n, mean and SD, median and quartiles, range."""
    lines = [_visit_line(results, e, visit) for e in endpoints for visit in plan.visits]
    if not lines:
        return absent(NO_ENDPOINT)
    return table(pd.DataFrame(lines), "efficacy-visits", "Efficacy measurements at each visit: everyone of the efficacy population who was "
                 "measured there.", "These are not the same patients at each visit; changes are in the tables of pairs.",
                 plan.synthetic, groups="Endpoint")  # fmt: skip


def _visit_line(results: pd.DataFrame, e: Endpoint, visit: Visit) -> dict[str, str]:
    rows = select_results(results, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, method="available")
    x = rows.set_index("statistic")["value"]
    return {"Endpoint": e.name, "Visit": visit.label, "n": number(x.get("n")), "Mean ± SD": mean_sd(x.get("mean"), x.get("sd"), e.mean_digits),
            "Median (quartiles)": median_iqr(x.get("median"), x.get("q1"), x.get("q3"), e.digits),
            "Lowest": number(x.get("min"), e.digits), "Highest": number(x.get("max"), e.digits)}  # fmt: skip


def tabulate_changes(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Paired changes of the endpoints on a linear scale."""
    lines = [_change_line(results, e, visit, plan) for e in endpoints if not e.log for visit in plan.follow_ups]
    if not lines:
        return absent(NO_PAIR)
    note = ("Change is follow-up minus baseline: where lower is better, a negative change is an improvement. Pairs: patients measured at both, of "
            "the efficacy population. Wilcoxon: zeros ranked and then left out (Pratt). The p here are not adjusted, and nothing is concluded from them: "
            "among many tests a small one is expected.")  # fmt: skip
    return table(pd.DataFrame(lines), "changes", "Change from baseline in patients measured at both visits (complete pairs).", note,
                 plan.synthetic, groups="Endpoint")  # fmt: skip


def _change_line(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    mean = _at(results, e, visit, "mean_change", "paired_t")
    return {"Endpoint": e.name, **_pair_cells(results, e, visit, plan), f"Mean change {_ci(plan)}": _with_interval(mean, e.mean_digits),
            "p, paired t": p_cell(mean.get("p_value")), "p, Wilcoxon": p_cell(_at(results, e, visit, "w", "wilcoxon").get("p_value")),
            f"Hodges-Lehmann {_ci(plan)}": _with_interval(_at(results, e, visit, "hodges_lehmann", "walsh"), e.mean_digits)}  # fmt: skip


def _pair_cells(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    n = _at(results, e, visit, "mean_change", "paired_t")
    of = "–" if "n" not in n else f"{number(n['n'])} of {number(n['n'] + n['n_missing'])}"
    cells = {"Visit": visit.label, "Pairs": of}
    for head, AVISIT in (("Baseline", plan.baseline.AVISIT), ("Follow-up", visit.AVISIT)):
        mean, sd, median = (_at(results, e, visit, s, "pairs", category=AVISIT).get("value") for s in ("mean", "sd", "median"))
        shown = {f"{head}, median": number(median, e.digits)} if e.log else {f"{head}, mean ± SD": mean_sd(mean, sd, e.mean_digits)}
        cells |= shown
    return cells


def tabulate_ratios(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Paired changes of the endpoints on a log scale, as ratios."""
    lines = [_ratio_line(results, e, visit, plan) for e in endpoints if e.log for visit in plan.follow_ups]
    if not lines:
        return absent("This cohort has no biomarker on a logarithmic scale.")
    note = ("Ratio: geometric mean at follow-up over that at baseline, below 1 is a fall; its p is that of the paired t on logarithms. "
            "Wilcoxon on the values as measured. Values below an assay's limit count as the limit over the square root of 2. "
            "The p here are not adjusted.")  # fmt: skip
    return table(pd.DataFrame(lines), "ratios", "Biomarkers: ratio to baseline in patients measured at both visits (complete pairs).", note,
                 plan.synthetic, groups="Endpoint")  # fmt: skip


def _ratio_line(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    ratio = _at(results, e, visit, "gmr", "paired_t_log")
    mean = _at(results, e, visit, "mean_change", "paired_t")
    return {"Endpoint": e.name, **_pair_cells(results, e, visit, plan), f"Ratio {_ci(plan)}": _with_interval(ratio, 2),
            "p, t on logarithms": p_cell(ratio.get("p_value")), "p, Wilcoxon": p_cell(_at(results, e, visit, "w", "wilcoxon").get("p_value")),
            f"Mean change {_ci(plan)}": _with_interval(mean, e.mean_digits)}  # fmt: skip


def tabulate_sizes(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Standardised sizes of the paired changes."""
    sizes = {"d_z": ("dz", "noncentral_t"), "g_av": ("gav", "bonett"), "Glass Δ": ("glass_delta", "bonett"),
             "Rank-biserial": ("rank_biserial", "kerby"), "P(improved)": ("probability_of_improvement", "wilson")}  # fmt: skip
    lines = [
        {"Endpoint": e.label, "Visit": visit.label, "Pairs": number(_at(results, e, visit, "dz", "noncentral_t").get("n"))}
        | {f"{head} {_ci(plan)}": _with_interval(_at(results, e, visit, *where), 2) for head, where in sizes.items()}
        for e in endpoints for visit in plan.follow_ups
    ]  # fmt: skip
    if not lines:
        return absent(NO_PAIR)
    note = ("Negative is a fall. d_z: by the SD of the changes; g_av: by the average SD, Hedges' correction, Bonett's interval; Glass Δ: by "
            "the SD at baseline; rank-biserial: matched pairs, zeros left out; P(improved): half of the unchanged counted.")  # fmt: skip
    return table(pd.DataFrame(lines), "effect-sizes", "Standardised change from baseline, complete pairs.", note, plan.synthetic,
                 groups="Endpoint")  # fmt: skip


def tabulate_models(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The mixed model of the primary endpoints."""
    lines = [_model_line(results, e, visit, plan) for e in endpoints if e.role == "primary" for visit in plan.follow_ups]
    if not lines:
        return absent("This cohort has no primary endpoint to fit a model to.")
    fitted = select_results(results, statistic="mmrm_covariance")
    reasons = " ".join(f"{row['PARAMCD']}: {row['note']}." for _, row in fitted[fitted["note"] != ""].iterrows())
    note = ("Mixed model for repeated measures: one mean a visit, unstructured covariance, REML; n patients with a value at any visit. Valid "
            f"if values are missing at random. {reasons}")  # fmt: skip
    return table(pd.DataFrame(lines), "models", "Change from baseline by the mixed model, efficacy population.", note.strip(), plan.synthetic,
                 groups="Endpoint")  # fmt: skip


def _model_line(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    change = "mmrm_gmr" if e.log else "mmrm_change"
    satterthwaite, kr = (_at(results, e, visit, change, method) for method in ("mmrm_satterthwaite", "mmrm_kr"))
    df = _at(results, e, visit, "mmrm_df", "mmrm_satterthwaite").get("value")
    return {"Endpoint": e.name, "Visit": visit.label, "n": number(satterthwaite.get("n")),
            f"{'Ratio' if e.log else 'Mean change'} {_ci(plan)}": _with_interval(satterthwaite, e.mean_digits), "df": number(df, 1),
            "p, Satterthwaite": p_cell(satterthwaite.get("p_value")), "p, Kenward-Roger": p_cell(kr.get("p_value")),
            "adjusted p": p_cell(satterthwaite.get("p_adjusted")), "Family": satterthwaite.get("family") or "–"}  # fmt: skip


_FAMILIES = {"A": "A: primary endpoints, primary visit (Holm)", "B": "B: primary endpoints, other visits (Holm, after A)",
             "C": "C: biomarkers, exploratory (Benjamini-Hochberg)"}  # fmt: skip


def tabulate_families(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Every test of the plan by family: raw and adjusted p, and what is concluded."""
    rows = select_results(results, statistic="conclusion", family=["A", "B", "C"]).sort_values("family", kind="stable")
    if rows.empty:
        return absent("Nothing could be tested: too few patients were measured twice.")
    known, labels = {e.PARAMCD: e for e in endpoints}, {visit.AVISIT: visit.label for visit in plan.visits}
    lines = [
        {"Family": _FAMILIES[row["family"]], "Endpoint": known[row["PARAMCD"]].label, "Visit": labels[row["AVISIT"]],
         "Scale": "ratio" if known[row["PARAMCD"]].log else "change", "n": number(row["n"]),
         f"Estimate {_ci(plan)}": _with_interval(row, 2 if known[row["PARAMCD"]].log else known[row["PARAMCD"]].mean_digits),
         "p": p_cell(row["p_value"]), "adjusted p": p_cell(row["p_adjusted"]), "Conclusion": row["value_text"]}
        for _, row in rows.iterrows()
    ]  # fmt: skip
    note = ("A and B rest on the mixed model, C on the paired t of logarithms. B opens only if all of A are rejected. Family-wise error "
            "is held for A and B together; C controls the false discovery rate only.")  # fmt: skip
    return table(pd.DataFrame(lines), "families", "The tests of the plan and their adjustment for multiplicity.", note, plan.synthetic,
                 groups="Family")  # fmt: skip


def tabulate_overall(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """All visits together in complete cases: Friedman and repeated-measures analysis of variance."""
    rows = select_results(results, statistic=["friedman", "kendall_w", "rm_anova", "gg_epsilon"])
    lines = [_overall_line(select_results(rows, PARAMCD=e.PARAMCD), e) for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])]
    if not lines:
        return absent("With two visits there is nothing to compare over all visits together.")
    note = ("Left out: patients without a value at every visit. GG: Greenhouse-Geisser. These tests ask whether any visit differs from any "
            "other, in either direction; they are shown for description and nothing is concluded from them.")  # fmt: skip
    return table(pd.DataFrame(lines), "overall", "All visits together, patients seen at every visit.", note, plan.synthetic)


def _overall_line(rows: pd.DataFrame, e: Endpoint) -> dict[str, str]:
    friedman = rows[rows["statistic"] == "friedman"].iloc[0]
    anova = rows[rows["method"].eq("greenhouse_geisser") & rows["statistic"].eq("rm_anova")].iloc[0]
    w, epsilon = (rows.loc[rows["statistic"] == name, "value"].iloc[0] for name in ("kendall_w", "gg_epsilon"))
    return {"Endpoint": e.label, "n": number(friedman["n"]), "Left out": number(friedman["n_missing"]),
            "Friedman χ²": number(friedman["value"], 2), "p": p_cell(friedman["p_value"]), "Kendall W": number(w, 3),
            "F": number(anova["value"], 2), "GG ε": number(epsilon, 2), "p (GG)": p_cell(anova["p_value"])}  # fmt: skip


def tabulate_states(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """States of disease activity at each visit, among the evaluated and of everyone."""
    return _shares(results, plan, plan.visits, "STATE", _STATES, "states", "State of disease activity by DAS28 at each visit.",
                   "No DAS28 was supplied: states of disease activity cannot be given.")  # fmt: skip


def tabulate_responses(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """EULAR response and important change of HAQ-DI at each follow-up visit, among the evaluated and of everyone."""
    return _shares(results, plan, plan.follow_ups, ["EULAR", "HAQ"], _RESPONSES, "responses", "Response at each follow-up visit.",
                   "Neither DAS28 nor HAQ-DI was supplied: response cannot be given.")  # fmt: skip


def _shares(results: pd.DataFrame, plan: Plan, visits: tuple[Visit, ...], by: Any, names: dict[str, str], name: str, caption: str,
            nothing: str) -> Table | Absence:  # fmt: skip
    rows = select_results(results, statistic="proportion", by=by, category=list(names))
    lines = [
        {"Category": names[category], "Visit": visit.label, "Evaluated": _share(at, "clopper_pearson", plan),
         "Everyone, unevaluated as not reached": _share(at, "clopper_pearson_nri", plan)}
        for category in names for visit in visits
        for at in [select_results(rows, category=category, AVISIT=visit.AVISIT)] if len(at)
    ]  # fmt: skip
    if not lines:
        return absent(nothing)
    note = "Exact (Clopper-Pearson) intervals. Everyone: the efficacy population, given for good outcomes only."
    return table(pd.DataFrame(lines), name, caption, note, plan.synthetic, groups="Category")


def _share(rows: pd.DataFrame, method: str, plan: Plan) -> str:
    row = pick_result(rows, method=method)
    return "–" if row is None else proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)
