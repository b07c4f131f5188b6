"""The sentences about what a change of the DAS28 is made of, and about its two acute-phase forms."""

import pandas as pd

from racohort.formats import interval, number, percent, proportion
from racohort.plan import Plan, Visit
from racohort.report.text import Sentence, Text, points, quote, say
from racohort.results import pick_result, select_results


def say_components(results: pd.DataFrame, plan: Plan) -> Text:
    """How much of the change is joints and global assessment, and how much is the laboratory's; nothing without components."""
    rows = select_results(results, function="efficacy.estimate_components")
    said = [_components(select_results(rows, AVISIT=visit.AVISIT), visit) for visit in plan.follow_ups]
    shown = [sentence for sentence in said if sentence is not None]
    if not shown:
        return Text(())
    return points(*shown, Sentence("Joints and global assessment are judged by people who know what was given; no part tells why "
                                   "it changed."))  # fmt: skip


def _components(rows: pd.DataFrame, visit: Visit) -> Sentence | None:
    whole, judged = (pick_result(rows, statistic="component_change", category=name) for name in ("all", "judged"))
    share = pick_result(rows, statistic="component_share", category="judged")
    if whole is None or judged is None or share is None or pd.isna(whole["lower"]):
        return None
    what = "joint counts and global assessment" if "PTGA" in set(rows["category"]) else "joint counts"
    part = "" if pd.isna(share["value"]) else f", {percent(share['value'], 0)} of it"
    return quote(
        f"DAS28 at {visit.label}: of a mean change of {number(whole['value'], 2)} "
        f"({interval(whole['lower'], whole['upper'], 2, whole['level'])}; n = {number(whole['n'])}), {what} "
        f"make up {number(judged['value'], 2)} ({interval(judged['lower'], judged['upper'], 2, judged['level'])})"
        f"{part}; the rest is the acute-phase reactant.",
        whole["result_id"], judged["result_id"], share["result_id"],
    )  # fmt: skip


def say_agreement(results: pd.DataFrame, plan: Plan) -> Text:
    """Whether DAS28-ESR and DAS28-CRP agree, in the mean, for a single patient, and on the state; nothing without both."""
    rows = select_results(results, function="efficacy.compare_forms")
    said = [_agreement(select_results(rows, AVISIT=visit.AVISIT), visit) for visit in plan.visits]
    shown = [sentence for sentence in said if sentence is not None]
    if not shown:
        return Text(())
    return say(*shown, "The two are no substitutes for each other, and are never mixed within a patient here.")


def _agreement(rows: pd.DataFrame, visit: Visit) -> Sentence | None:
    bias, low, high = (pick_result(rows, statistic=s, category=c) for s, c in
                       (("bias", ""), ("agreement_limit", "lower"), ("agreement_limit", "upper")))  # fmt: skip
    same = pick_result(rows, statistic="proportion", by="SAME_STATE", category="esr")
    if bias is None or low is None or high is None or same is None:
        return None
    state = proportion(same["count"], same["n"], same["lower"], same["upper"], same["level"])
    return quote(
        f"At {visit.label} DAS28-ESR minus DAS28-CRP is {number(bias['value'], 2)} in the mean "
        f"({interval(bias['lower'], bias['upper'], 2, bias['level'])}; n = {number(bias['n'])}), and from "
        f"{number(low['value'], 2)} to {number(high['value'], 2)} in 95 of 100 patients; by the same cut-offs {state} are in the "
        "same state.",
        *(row["result_id"] for row in (bias, low, high, same)),
    )
