"""Tables of the mixed model, of the families of tests, and of all visits together."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint, model_row
from racohort.formats import number, p_cell
from racohort.plan import Plan, Visit
from racohort.results import select_results
from racohort.tables.changes import Endpoints, leave_out_empty, level_shown, row_at, with_interval
from racohort.tables.paper import Table, table

_FAMILIES = {"A": "A: primary endpoints, primary visit (Holm)", "B": "B: primary endpoints, other visits (Holm, after A)",
             "C": "C: biomarkers, exploratory (Benjamini-Hochberg)"}  # fmt: skip


def tabulate_models(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The mixed model of the primary endpoints."""
    every = [_model_line(results, e, visit, plan) for e in endpoints if e.role == "primary" for visit in plan.follow_ups]
    lines, gone = leave_out_empty(every)
    if not lines:
        return absent("This cohort has no primary endpoint to fit a model to.")
    fitted = select_results(results, statistic="mmrm_covariance")
    reasons = " ".join(f"{row['PARAMCD']}: {row['note']}." for _, row in fitted[fitted["note"] != ""].iterrows())
    note = (
        "Mixed model for repeated measures: one mean a visit, unstructured covariance, REML; n patients with a value at "
        f"any visit. Valid if values are missing at random. {reasons}"
        + (" Interval, degrees of freedom and adjusted p are then those of Kenward and Roger." if reasons else "")
        + gone
    )
    return table(
        pd.DataFrame(lines),
        "models",
        "Change from baseline by the mixed model, efficacy population.",
        note.strip(),
        plan.synthetic,
        groups="Endpoint",
    )


def _model_line(results: pd.DataFrame, e: Endpoint, visit: Visit, plan: Plan) -> dict[str, str]:
    change = "mmrm_gmr" if e.log else "mmrm_change"
    satterthwaite, kr = (row_at(results, e, visit, change, method) for method in ("mmrm_satterthwaite", "mmrm_kr"))
    basis = model_row(results, e.PARAMCD, visit.AVISIT, change)
    carrying = satterthwaite if basis is None else basis
    df = row_at(results, e, visit, "mmrm_df", carrying.get("method", "")).get("value")
    return {"Endpoint": e.name, "Visit": visit.label, "n": number(carrying.get("n")),
            f"{'Ratio' if e.log else 'Mean change'} {level_shown(plan)}": with_interval(carrying, e.mean_digits),
            "df": number(df, 1),
            "p, Satterthwaite": p_cell(satterthwaite.get("p_value")), "p, Kenward-Roger": p_cell(kr.get("p_value")),
            "adjusted p": p_cell(carrying.get("p_adjusted")), "Family": carrying.get("family") or "–"}  # fmt: skip


def tabulate_families(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """Every test of the plan by family: raw and adjusted p, and what is concluded."""
    rows = select_results(results, statistic="conclusion", family=["A", "B", "C"]).sort_values("family", kind="stable")
    if rows.empty:
        return absent("Nothing could be tested: too few patients were measured twice.")
    known, labels = {e.PARAMCD: e for e in endpoints}, {visit.AVISIT: visit.label for visit in plan.visits}
    lines = [
        {"Family": _FAMILIES[row["family"]], "Endpoint": known[row["PARAMCD"]].label, "Visit": labels[row["AVISIT"]],
         "Scale": "ratio" if known[row["PARAMCD"]].log else "change", "n": number(row["n"]),
         f"Estimate {level_shown(plan)}": with_interval(row, known[row["PARAMCD"]].estimate_digits),
         "p": p_cell(row["p_value"]), "adjusted p": p_cell(row["p_adjusted"]), "Conclusion": row["value_text"]}
        for _, row in rows.iterrows()
    ]  # fmt: skip
    note = (
        "A and B rest on the mixed model, C on the paired t of logarithms. B opens only if all of A are rejected. "
        "Family-wise error is held for A and B together; C controls the false discovery rate only."
    )
    return table(
        pd.DataFrame(lines),
        "families",
        "The tests of the plan and their adjustment for multiplicity.",
        note,
        plan.synthetic,
        groups="Family",
    )


def tabulate_overall(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """All visits together in complete cases: Friedman and repeated-measures analysis of variance."""
    rows = select_results(results, statistic=["friedman", "kendall_w", "rm_anova", "gg_epsilon"])
    lines = [_overall_line(select_results(rows, PARAMCD=e.PARAMCD), e) for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])]
    if not lines:
        return absent("With two visits there is nothing to compare over all visits together.")
    note = (
        "Left out: patients without a value at every visit. GG: Greenhouse-Geisser. These tests ask whether any visit "
        "differs from any other, in either direction; they are shown for description and nothing is concluded from them."
    )
    return table(pd.DataFrame(lines), "overall", "All visits together, patients seen at every visit.", note, plan.synthetic)


def _overall_line(rows: pd.DataFrame, e: Endpoint) -> dict[str, str]:
    friedman = rows[rows["statistic"] == "friedman"].iloc[0]
    anova = rows[rows["method"].eq("greenhouse_geisser") & rows["statistic"].eq("rm_anova")].iloc[0]
    w, epsilon = (rows.loc[rows["statistic"] == name, "value"].iloc[0] for name in ("kendall_w", "gg_epsilon"))
    return {"Endpoint": e.label, "n": number(friedman["n"]), "Left out": number(friedman["n_missing"]),
            "Friedman χ²": number(friedman["value"], 2), "p": p_cell(friedman["p_value"]), "Kendall W": number(w, 3),
            "F": number(anova["value"], 2), "GG ε": number(epsilon, 2), "p (GG)": p_cell(anova["p_value"])}  # fmt: skip
