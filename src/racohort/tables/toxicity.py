"""The table of toxicity grades, and the listing of patients whom no mean shows."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import capitalised, is_missing, level_of, listed, number, percent, proportion, signed
from racohort.labels import SIGNAL_LABELS, digits_of, label_of, label_with_unit
from racohort.plan import Plan
from racohort.results import select_results
from racohort.tables.paper import LISTED, Table, table, taken_along
from racohort.tolerance import reference_change_value

_COLUMNS = {"GE1": "Worsened to grade ≥ 1", "GE2": "Worsened to grade ≥ 2", "GE3": "Worsened to grade ≥ 3"}
_WHOLE = " All stand in adlb.csv of this run."


def tabulate_grades(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Patients whose grade worsened after baseline, with the risk that is excluded; from the rows of `estimate_grades`."""
    rows = select_results(results, statistic="worsened")
    if rows.empty:
        return absent("No analyte of this cohort has toxicity grades both at baseline and later.")
    lines = [_line(code, select_results(results, PARAMCD=code), plan, catalogue) for code in rows["PARAMCD"].unique()]
    return table(
        pd.DataFrame(lines), "grades", "Toxicity grades of the laboratory (CTCAE version 5), worst after baseline.",
        "Grades on the limits of the reference range at both ends; n counts patients graded at both. Intervals: "
        f"{level_of(plan.level)} "
        "Clopper-Pearson. Excluded: one-sided exact limit. Shifts: grade at baseline > worst grade later: patients; "
        "unchanged grade 0 is "
        "left out. Adjusted: worst grade counted from the patient's own baseline where that was above the limit. Anaemia of "
        "grade 4 and "
        "deaths are clinical grades and never derived from values.", plan.synthetic,
    )  # fmt: skip


def _line(code: str, rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> dict[str, str]:
    worsened = select_results(rows, statistic="worsened").set_index("category")
    bound = select_results(rows, statistic="worsened_bound", category="GE2")["upper"]
    line = {"Analyte": label_of(code, catalogue)}
    for category, head in _COLUMNS.items():
        row = worsened.loc[category]
        line[head] = proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)
    line["Excluded for grade ≥ 2 above"] = percent(bound.iloc[0])
    line["Shifts"] = _listing(select_results(rows, by="BTOXGR>ATOXGR"), "0>0")
    return line | {"Adjusted": _listing(select_results(rows, method="baseline_adjusted"), "0")}


def tabulate_signals(signals: pd.DataFrame, results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence | None:
    """Every record that calls for a look at a patient: rows of `select_signals`; `results` are those of `estimate_signals`.

    Past a length only those of the highest grade are shown, and the title says of how many.
    """
    if select_results(results, by="signal").empty:
        return None
    if signals.empty:
        return absent("No patient had such a value after baseline.")
    labels = {visit.AVISIT: capitalised(visit.label) for visit in plan.visits}
    shown = signals["grade"].sort_values(ascending=False, kind="stable").index[:LISTED].sort_values()
    held = taken_along(signals, shown)
    lines = [_signal_line(row, labels.get(row["AVISIT"], "Unscheduled"), catalogue) for _, row in held.iterrows()]
    several = f"The {LISTED} of highest grade of {number(len(signals))} values that call"
    which, more = ("Every value that calls", "") if len(shown) == len(signals) else (several, _WHOLE)
    return table(
        pd.DataFrame(lines, held.index), "signals", f"{which} for a look at a patient, after baseline.",
        f"Records of the safety population, planned or not. Day: from the start of treatment as day 1. {_variation(catalogue)}"
        f"{more}",
        plan.synthetic, shown=shown,
    )  # fmt: skip


def _signal_line(row: pd.Series, visit: str, catalogue: pd.DataFrame) -> dict[str, str]:
    digits = digits_of(row["PARAMCD"], catalogue)
    return {"Patient": row["USUBJID"], "Analyte": label_with_unit(row["PARAMCD"], catalogue),
            "Visit (day)": f"{visit} ({number(row['ADY'])})",
            "At baseline": number(row["BASE"], digits), "Value": number(row["AVAL"], digits),
            "Range": f"{number(row['ANRLO'], digits)} to {number(row['ANRHI'], digits)}",
            "Change": "–" if is_missing(row["change"]) else f"{signed(row['change'], 0)} %", "Grade": number(row["grade"]),
            "Why": "; ".join(label for reason, label in SIGNAL_LABELS.items() if row[reason])}  # fmt: skip


def _variation(catalogue: pd.DataFrame) -> str:
    """The reference change values and the sources behind them."""
    cited = catalogue[catalogue["within_cv"].notna()]
    limits = reference_change_value(cited["within_cv"].to_numpy())
    named = [f"{label} {number(limit, 0)} %" for label, limit in zip(cited["PARAM"], limits, strict=True)]
    sources = "; ".join(dict.fromkeys(cited["within_source"]))
    return (
        "Beyond the reference change value: away from the range by more than 1.96 √2 times the variation within a healthy person "
        f"and of the laboratory (taken as half of it), and outside the range: {listed(named)} ({sources}). For other analytes no "
        "variation is cited here, and nobody is listed for a change."
    )


def _listing(rows: pd.DataFrame, leave_out: str) -> str:
    shown = rows[rows["category"] != leave_out]
    return "; ".join(f"{row['category']}: {number(row['count'])}" for _, row in shown.iterrows()) or "–"
