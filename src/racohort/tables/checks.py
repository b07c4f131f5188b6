"""Tables of the further checks: censored markers, Bayesian readings, co-treatment, negative controls."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.formats import mean_sd, number, p_cell, percent, proportion
from racohort.labels import digits_of, label_with_unit
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results
from racohort.summaries import only
from racohort.tables.changes import Endpoints, level_shown, with_interval
from racohort.tables.paper import Table, table

PRIORS = {"weak_prior": "weak", "sceptical_prior": "sceptical"}
ACTIONS = {"BASELINE": "At baseline", "START": "Started", "INCREASE": "Raised", "DECREASE": "Lowered", "STOP": "Stopped"}
CLASSES = {"csDMARD": "Conventional DMARD", "bDMARD": "Biologic DMARD", "tsDMARD": "Targeted DMARD", "GC": "Glucocorticoid"}


def tabulate_censored(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """How many values lie beyond an assay's limits, what that calls for, and what needs no substitute."""
    rows = select_results(results, function="efficacy.estimate_censored")
    lines = [_censored_line(select_results(rows, PARAMCD=e.PARAMCD), e.label, visit, plan)
             for e in endpoints if e.PARAMCD in set(rows["PARAMCD"]) for visit in plan.visits]  # fmt: skip
    if not lines:
        return absent("None of the markers that assays cut off (CRP, rheumatoid factor, anti-CCP) was supplied.")
    note = (
        "Route: substitution below 5 % of values beyond the limit at either visit of the pairs, censored likelihood up to half, "
        "ranks and shares above. Geometric mean: lognormal, maximum likelihood, each visit by itself. Ratio to baseline: the "
        "pairs, by a bivariate lognormal likelihood in which a censored value is only known to lie beyond its limit. Wilcoxon: "
        "two censored values differ by nothing. The p are not adjusted. The ratios of the table before are made with "
        "substitutes: where the route is another, these belong beside them."
    )
    caption = "Markers beyond the limits of their assay, efficacy population."
    return table(pd.DataFrame(lines), "censored", caption, note, plan.synthetic, groups="Marker")


def _censored_line(rows: pd.DataFrame, label: str, visit: Visit, plan: Plan) -> dict[str, str]:
    at = select_results(rows, AVISIT=visit.AVISIT)
    share, mean = pick_result(at, statistic="censored_share"), pick_result(at, statistic="geometric_mean")
    route, test, ratio = (pick_result(at, statistic=name) for name in ("censored_route", "w", "censored_gmr"))
    return {"Marker": label, "Visit": visit.label,
            "Beyond a limit": "–" if share is None or not share["n"] else proportion(share["count"], share["n"]),
            f"Geometric mean {level_shown(plan)}": with_interval(mean, 1),
            "Route": "" if route is None else route["value_text"],
            "Pairs": "" if test is None else number(test["n"]),
            f"Ratio to baseline {level_shown(plan)}": "" if test is None else with_interval(ratio, 2),
            "p, Wilcoxon, censored tied": "" if test is None else p_cell(test["p_value"])}  # fmt: skip


def tabulate_posteriors(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """How probable a change beyond an important one is, under a weak and under a sceptical prior."""
    rows = select_results(results, function="robustness.estimate_posteriors")
    lines = [_posterior_line(select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT), e, visit, prior, plan)
             for e in endpoints if e.PARAMCD in set(rows["PARAMCD"])
             for visit in plan.follow_ups for prior in PRIORS]  # fmt: skip
    shown = [line for line in lines if line]
    if not shown:
        return absent("Neither DAS28 nor HAQ-DI can be estimated as a primary endpoint: there is no posterior.")
    note = (
        "Normal prior and likelihood (mixed model). P: probability that the mean change is larger than that, in the direction "
        "of improvement; of any at all it is 50 % where the estimate is no change, and nothing is adjusted for looking at "
        "several visits. Smaller and larger: 0.6 and 1.2 for DAS28, 0.22 and 0.375 for HAQ-DI. No probability here says why "
        "anything changed."
    )
    caption = "Posterior of the mean change from baseline."
    return table(pd.DataFrame(shown), "posteriors", caption, note, plan.synthetic, groups="Endpoint")


def _posterior_line(rows: pd.DataFrame, e: Endpoint, visit: Visit, prior: str, plan: Plan) -> dict[str, str]:
    mine = select_results(rows, method=prior)
    if mine.empty:
        return {}
    centre, sd = (only(mine, statistic=s)["value"] for s in ("prior_mean", "prior_sd"))
    chances = select_results(mine, statistic="posterior_probability")["value"]
    change = with_interval(only(mine, statistic="posterior_change"), e.mean_digits)
    return {"Endpoint": e.label, "Visit": visit.label, "Prior": PRIORS[prior], "Its mean ± SD": mean_sd(centre, sd, 2),
            f"Change ({100 * plan.level:g} % credible)": change,
            **dict(zip(("P, any", "P, smaller", "P, larger"), map(percent, chances), strict=True))}  # fmt: skip


def tabulate_factors(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The Bayes factor of each primary change for three scales of its prior."""
    rows = select_results(results, statistic="bayes_factor")
    lines = [
        {"Endpoint": e.label, "Visit": visit.label, "Pairs": number(mine["n"].iloc[0])}
        | {f"r = {row['category']}": _factor(row["value"]) for _, row in mine.iterrows()}
        for e in endpoints for visit in plan.follow_ups
        if len(mine := select_results(rows, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT))
    ]  # fmt: skip
    if not lines:
        return absent("No primary change could be tested: there is no Bayes factor.")
    note = (
        "How many times likelier the data are if there is some change than if there is exactly none (JZS, Cauchy prior of "
        "scale r on d_z). It compares with a change of exactly zero, which nobody expects."
    )
    return table(pd.DataFrame(lines), "bayes-factors", "Bayes factors, complete pairs.", note, plan.synthetic, groups="Endpoint")


def _factor(value: float) -> str:
    return "> 1,000" if value > 1000 else "< 0.001" if value < 0.001 else number(value, 2)


def tabulate_cotreatment(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """Patients with each class of background treatment at baseline, and with changes of it afterwards."""
    rows = select_results(results, by="CMCLAS>CMACT")
    if rows.empty:
        return absent("No co-medication was supplied: whether background treatment changed cannot be said.")
    counts = {row["category"]: number(row["count"]) for _, row in rows.iterrows()}
    risen = {row["category"]: number(row["count"]) for _, row in select_results(results, by="ESCALATED").iterrows()}
    lines = [{"Class": label, **{head: counts[f"{code}>{act}"] for act, head in ACTIONS.items()}, "Escalated": risen[code]}
             for code, label in CLASSES.items()]  # fmt: skip
    note = (
        "Patients, each once in a cell. Started to stopped: after baseline. Escalated: started or raised. "
        f"In all, {risen['any']} patients were escalated in some class."
    )
    caption = f"Background treatment of {number(rows['n'].iloc[0])} patients of the efficacy population."
    return table(pd.DataFrame(lines), "cotreatment", caption, note, plan.synthetic)


def tabulate_without_escalators(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Table | Absence:
    """The change with and without patients whose background treatment was escalated."""
    lines = [
        {"Endpoint": f"{e.label}, {'ratio' if e.log else 'change'}", "Visit": visit.label, "Left out": number(row["count"]),
         "Pairs": number(row["n"]), f"Without them {level_shown(plan)}": with_interval(row, e.estimate_digits),
         f"All pairs {level_shown(plan)}": with_interval(every, e.estimate_digits)}
        for e in endpoints for visit in plan.follow_ups for at in [{"PARAMCD": e.PARAMCD, "AVISIT": visit.AVISIT}]
        for row, every in [[pick_result(results, method=m, **at) for m in ("without_escalators", "complete_case")]]
        if row is not None
    ]  # fmt: skip
    if not lines:
        return absent("Without co-medication the change cannot be looked at without the patients who were escalated.")
    note = "Left out: background treatment started or raised before that visit. Who that is was not known at baseline."
    caption = "Change from baseline without patients whose background treatment was escalated."
    return table(pd.DataFrame(lines), "without-escalators", caption, note, plan.synthetic, groups="Endpoint")


def tabulate_controls(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Analytes that should not move, against their margin."""
    rows = select_results(results, statistic="negative_control")
    margins = select_results(results, statistic="margin").set_index(["PARAMCD", "AVISIT"])["value"]
    names = {visit.AVISIT: visit.label for visit in plan.visits}
    lines = [
        {"Analyte": label_with_unit(row["PARAMCD"], catalogue), "Visit": names[row["AVISIT"]],
         "Pairs": number(row["n"]),
         f"Mean change {level_shown(plan)}": with_interval(row, digits_of(row["PARAMCD"], catalogue) + 1),
         "Margin": f"±{number(margins[row['PARAMCD'], row['AVISIT']], digits_of(row['PARAMCD'], catalogue) + 1)}",
         "The interval lies": row["value_text"]}
        for _, row in rows.iterrows()
    ]  # fmt: skip
    if not lines:
        return absent("No analyte that could serve as a negative control was supplied.")
    note = "Margin: a quarter of the width of the reference range, either way. Declared before looking."
    caption = "Negative controls: change of analytes that should stand still, complete pairs."
    return table(pd.DataFrame(lines), "negative-controls", caption, note, plan.synthetic, groups="Analyte")
