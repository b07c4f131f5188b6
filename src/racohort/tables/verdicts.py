"""The tables on "remained in the normal range": verdicts by panel and analyte, equivalence of the mean, tolerance intervals.

Where no value can be held against a range, the section has said so before, and these tables are None.
"""

from typing import Any

import pandas as pd

from racohort.formats import capitalised, is_missing, level_of, number, p_cell, percent, signed
from racohort.labels import RULE_LABELS, digits_of, label_of, label_with_unit, panel_of
from racohort.plan import Plan
from racohort.results import pick_result, select_results
from racohort.summaries import only
from racohort.tables.paper import Table, table

_RULES = (
    "Group means inside: the interval of the mean lies within the range at every visit. Shares below a margin: their exact "
    "one-sided limit does. “Not shown”: neither shown nor refuted. In brackets the probability that a healthy group of this "
    "size passes the rule, if values are normal, one in twenty outside, none of grade 2, and patients, visits and analytes "
    "unrelated; 0 %: with so few patients the rule cannot hold."
)


def tabulate_verdicts(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """The verdict of each rule for each panel; from the rows of `estimate_verdicts`."""
    rows = select_results(results, statistic="verdict", by="PARCAT1")
    if rows.empty:
        return None
    order = [*dict.fromkeys(catalogue["PARCAT1"]), "Other"]
    panels = sorted(rows["category"].unique(), key=order.index)
    cells = _cells(results, "category", "PARCAT1")
    return table(
        pd.DataFrame([_line({"Panel": panel}, panel, cells) for panel in panels]), "verdicts",
        "“Remained in the normal range”, panel by panel and rule by rule, over all follow-up visits.",
        f"“Yes” needs “yes” for every analyte of the panel, “no” one “no”. {_RULES}", plan.synthetic,
    )  # fmt: skip


def tabulate_verdicts_detail(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """The verdict of each rule for each analyte; from the rows of `estimate_verdicts`."""
    rows = select_results(results, statistic="verdict", by="")
    if rows.empty:
        return None
    cells = _cells(results, "PARAMCD", "")
    lines = [
        _line({"Panel": panel_of(code, catalogue), "Analyte": label_of(code, catalogue)}, code, cells)
        for code in rows["PARAMCD"].unique()
    ]
    return table(
        pd.DataFrame(lines), "verdicts-detail", "“Remained in the normal range”, analyte by analyte and rule by rule.", _RULES,
        plan.synthetic, groups="Panel",
    )  # fmt: skip


def _cells(results: pd.DataFrame, key: str, by: str) -> dict[tuple[str, str], str]:
    """What is written for each analyte or panel and rule."""
    mine = select_results(results, by=by, method=list(RULE_LABELS))
    healthy = {(row[key], row["method"]): row["value"] for _, row in select_results(mine, statistic="healthy_pass").iterrows()}
    verdicts = select_results(mine, statistic="verdict")
    places = zip(verdicts[key], verdicts["method"], verdicts["value_text"], strict=True)
    return {(name, rule): f"{verdict} ({percent(healthy[name, rule])})" for name, rule, verdict in places}


def _line(head: dict[str, str], key: str, cells: dict[tuple[str, str], str]) -> dict[str, str]:
    return head | {label: cells.get((key, rule), "–") for rule, label in RULE_LABELS.items()}


def tabulate_equivalence(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """The mean change against a quarter of the range; from the rows of `estimate_equivalence`."""
    rows = select_results(results, statistic="range_change", method="tost")
    if rows.empty:
        return None
    labels = {visit.AVISIT: capitalised(visit.label) for visit in plan.visits}
    lines = [_equivalence_line(row, labels[row["AVISIT"]], results, catalogue) for _, row in rows.iterrows()]
    return table(
        pd.DataFrame(lines), "equivalence", "Mean change from baseline in widths of the reference range.",
        "Each change is divided by the width of the patient's own range. Within a quarter: the interval, at the level of two "
        "one-sided tests, lies between −0.25 and 0.25; p is the larger of the two. In brackets the probability that a healthy "
        "group of this size passes, if its values at the two visits are unrelated.", plan.synthetic, groups="Analyte",
    )  # fmt: skip


def _equivalence_line(row: pd.Series, visit: str, results: pd.DataFrame, catalogue: pd.DataFrame) -> dict[str, str]:
    healthy = only(results, statistic="healthy_pass", method="tost", PARAMCD=row["PARAMCD"], AVISIT=row["AVISIT"])
    return {"Analyte": label_of(row["PARAMCD"], catalogue), "Visit": visit, "n": number(row["n"]),
            f"Mean change ({level_of(row['level'])} CI)":
            f"{signed(row['value'], 2)} ({number(row['lower'], 2)} to {number(row['upper'], 2)})",
            "Within a quarter": f"{row['value_text']} ({percent(healthy['value'])})", "p": p_cell(row["p_value"])}  # fmt: skip


def tabulate_tolerance(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """How far values of such a population reach; from the rows of `estimate_tolerance`."""
    rows = select_results(results, statistic="tolerance", method="range")
    if rows.empty:
        return None
    labels = {visit.AVISIT: capitalised(visit.label) for visit in plan.visits}
    lines = [_tolerance_line(row, labels[row["AVISIT"]], results, catalogue) for _, row in rows.iterrows()]
    return table(
        pd.DataFrame(lines), "tolerance", "Tolerance intervals of the laboratory after baseline.",
        f"With {level_of(plan.level)} confidence the smallest and the largest value hold at least the share given of the "
        "population between them, whatever its distribution; the other interval holds 95 % of it if values (“log”: their "
        "logarithms) are normal. No verdict is drawn: of healthy groups hardly any has an interval within the range.",
        plan.synthetic, groups="Analyte",
    )  # fmt: skip


def _tolerance_line(row: pd.Series, visit: str, results: pd.DataFrame, catalogue: pd.DataFrame) -> dict[str, str]:
    code, digits = row["PARAMCD"], max(digits_of(row["PARAMCD"], catalogue), 1)
    here = select_results(results, PARAMCD=code, AVISIT=row["AVISIT"])
    shaped = select_results(here, statistic="tolerance", method=["normal", "lognormal"]).iloc[0]
    scale = " (log)" if shaped["method"] == "lognormal" else ""
    return {"Analyte": label_with_unit(code, catalogue), "Visit": visit, "n": number(row["n"]),
            "Smallest to largest": f"{_span(row, digits)} (holds {percent(row['value'])})",
            "Holds 95 % if normal": f"{_span(shaped, digits)}{scale}",
            "Reference range": _span(pick_result(here, statistic="reference_range"), digits)}  # fmt: skip


def _span(row: Any, digits: int) -> str:
    if row is None or (is_missing(row["lower"]) and is_missing(row["upper"])):
        return "–"
    return f"{number(row['lower'], digits)} to {number(row['upper'], digits)}"
