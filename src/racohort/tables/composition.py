"""Tables of what a change of the DAS28 is made of, and of the agreement of its two acute-phase forms."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import capitalised, number, percent, proportion
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results
from racohort.tables.changes import level_shown, with_interval
from racohort.tables.paper import Table, table

COMPONENTS = {"TJC28": "Tender joint count", "SJC28": "Swollen joint count", "PTGA": "Patient's global assessment",
              "judged": "Joints and global together", "ESR": "ESR", "CRP": "CRP", "all": "All components"}  # fmt: skip


def tabulate_components(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """The mean change of each component in points of the DAS28, and its share of the whole."""
    rows = select_results(results, statistic="component_change")
    lines = [_component_line(results, row, name, visit, plan) for visit in plan.follow_ups for name in COMPONENTS
             for row in [pick_result(rows, category=name, AVISIT=visit.AVISIT)] if row is not None]  # fmt: skip
    if not lines:
        return absent("The components of the DAS28 were not supplied, or its form is not known.")
    note = "Patients with every component at baseline and at the visit. No share is given of a change of less than half a point."
    caption = "Change of DAS28 from baseline by its components, in points of the score."
    return table(pd.DataFrame(lines), "components", caption, note, plan.synthetic, groups="Visit")


def _component_line(results: pd.DataFrame, row: pd.Series, name: str, visit: Visit, plan: Plan) -> dict[str, str]:
    share = pick_result(results, statistic="component_share", category=name, AVISIT=visit.AVISIT)
    part = "100 %" if name == "all" else percent(None if share is None else share["value"], 0)
    return {"Visit": visit.label, "Component": COMPONENTS[name], "Patients": number(row["n"]),
            f"Mean change {level_shown(plan)}": with_interval(row, 2), "Share": part}  # fmt: skip


def tabulate_agreement(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """Bias, limits of agreement, slope and common state of DAS28-ESR and DAS28-CRP at each visit."""
    rows = select_results(results, function="efficacy.compare_forms")
    seen = [visit for visit in plan.visits if visit.AVISIT in set(rows["AVISIT"])]
    columns = {capitalised(visit.label): _agreement_of(select_results(rows, AVISIT=visit.AVISIT)) for visit in seen}
    if not seen:
        return absent("This cohort does not have both DAS28-ESR and DAS28-CRP.")
    note = (
        "Difference: DAS28-ESR minus DAS28-CRP. Limits: between them lie 95 of 100 differences of single patients. Slope: by how "
        "much the difference grows with one point of the mean of both. Same state: by the cut-offs of DAS28-ESR for both, and "
        "with DAS28-CRP read by its own lower ones (2.4, 2.9, 4.6)."
    )
    frame = pd.DataFrame(columns).rename_axis("Estimate").reset_index()
    return table(frame, "agreement", "Agreement of DAS28-ESR with DAS28-CRP.", note, plan.synthetic)


def _agreement_of(rows: pd.DataFrame) -> dict[str, str]:
    """The cells of one visit, by what they estimate."""
    limits = {side: pick_result(rows, statistic="agreement_limit", category=side) for side in ("lower", "upper")}
    cells = {"Patients": number(rows["n"].iloc[0]), "Mean difference": with_interval(pick_result(rows, statistic="bias"), 2)}
    cells |= {f"{side.capitalize()} limit": with_interval(row, 2) for side, row in limits.items()}
    cells |= {"Slope": with_interval(pick_result(rows, statistic="slope"), 2)}
    for cutoffs, head in (("esr", "Same state, same cut-offs"), ("crp_alt", "Same state, own cut-offs")):
        row = pick_result(rows, statistic="proportion", category=cutoffs)
        cells[head] = "–" if row is None else proportion(row["count"], row["n"], row["lower"], row["upper"], row["level"])
    return cells
