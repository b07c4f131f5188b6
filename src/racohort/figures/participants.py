"""The figure of the section on participants: the flow of patients."""

import pandas as pd

from racohort.figures.boxes import draw_levels
from racohort.figures.style import Figure, finish
from racohort.formats import capitalised, count, number
from racohort.labels import label_of, reason_label
from racohort.plan import Plan
from racohort.results import pick_result, select_results


def plot_flow(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure:
    """The flow of patients: one box a visit with those seen, one beside it with those who were not and why.

    Draws the rows of `count_flow`; where those of `count_missing` are there too, each visit's box says for how many patients each
    primary outcome is known.
    """
    flow = select_results(results, section="participants")
    boxes = _boxes(flow, plan, catalogue)
    said = "; ".join(", ".join(main) for main, _ in boxes)
    return finish(
        draw_levels(boxes), "flow", f"Flow diagram, from top to bottom: {said}.", _flow_caption(plan), plan.synthetic, flow
    )


def _flow_caption(plan: Plan) -> str:
    return (
        "Flow of patients through the planned visits. Left column: enrolled, treated and seen, with the number of patients "
        "for whom each "
        "primary outcome is known. Right column: patients not seen, by the reason recorded; who left is counted at the first "
        "visit not reached."
    )


def _boxes(rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> list[tuple[list[str], list[str]]]:
    """The lines of the main and the side box of each level, from top to bottom."""
    sizes = select_results(rows, by="population").set_index("category")["count"]
    enrolled, safety, efficacy = int(sizes["all"]), int(sizes["safety"]), int(sizes["efficacy"])
    levels: list[tuple[list[str], list[str]]] = [([f"Enrolled: {count(enrolled, 'patient')}"], [])]
    outside = [f"{count(enrolled - safety, 'patient')} not treated"] if enrolled > safety else []
    told = (
        [f"Treated: safety population, n = {number(safety)}"]
        if plan.treated
        else [f"Safety population, n = {number(safety)}", "No treatment start recorded"]
    )
    levels.append(([*told, f"Efficacy population, n = {number(efficacy)}"], outside))
    return levels + [_visit_box(select_results(rows, AVISIT=visit.AVISIT), visit.label, plan, catalogue) for visit in plan.visits]


def _visit_box(rows: pd.DataFrame, label: str, plan: Plan, catalogue: pd.DataFrame) -> tuple[list[str], list[str]]:
    seen, missed = (select_results(rows, by="flow", category=category).iloc[0] for category in ("SEEN", "MISSED"))
    main = [f"{capitalised(label)}: seen {number(seen['count'])} of {number(seen['n'])}"]
    known = (pick_result(rows, statistic="completeness", PARAMCD=code) for code in plan.primary)
    main += [f"{label_of(row['PARAMCD'], catalogue)} known in {number(row['count'])}" for row in known if row is not None]
    left = select_results(rows, by="DCSREAS")
    side = [f"Left before this visit: {number(left['count'].sum())}"] if len(left) else []
    side += [f"   {reason_label(row['category'])}: {number(row['count'])}" for _, row in left.iterrows()]
    return main, side + ([f"Missed this visit, seen later: {number(missed['count'])}"] if missed["count"] else [])
