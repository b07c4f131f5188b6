"""The tables of the section on participants."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import capitalised, mean_sd, median_iqr, number, percent, signed, span
from racohort.labels import digits_of, label_of, label_with_unit, panel_of, reason_label
from racohort.plan import Plan
from racohort.results import select_results
from racohort.summaries import spread_results
from racohort.tables.paper import Table, table

_SEX = {"F": "Female", "M": "Male"}
_GROUPS = {"CMCLAS": "Medication at baseline, by class", "CMDECOD": "Medication at baseline, by drug",
           "seropositive": "Above the reference range"}  # fmt: skip
_CLASSES = {"csDMARD": "Conventional synthetic DMARD", "bDMARD": "Biologic DMARD", "tsDMARD": "Targeted synthetic DMARD",
            "GC": "Glucocorticoid", "OTHER": "Other"}  # fmt: skip


def _share(count: float, n: float) -> str:
    """A count with its denominator and percentage."""
    return f"{number(count)} of {number(n)} ({percent(count / n)})" if n else "–"


def tabulate_flow(results: pd.DataFrame, plan: Plan) -> Table:
    """Who was seen at each visit, who missed it, and who had left before it and why; from the rows of `count_flow`."""
    rows = select_results(results, statistic="count")
    lines = [_flow_line(select_results(rows, AVISIT=visit.AVISIT), visit.label) for visit in plan.visits]
    return table(
        pd.DataFrame(lines), "participant-flow", "Patients at each planned visit; the denominator is the safety population.",
        "Left before the visit: no record at this or any later visit, counted at the first visit that was not reached.",
        plan.synthetic,
    )  # fmt: skip


def _flow_line(rows: pd.DataFrame, label: str) -> dict[str, str]:
    seen, missed = (select_results(rows, by="flow", category=category).iloc[0] for category in ("SEEN", "MISSED"))
    left = select_results(rows, by="DCSREAS")
    reasons = "; ".join(f"{reason_label(row['category'])}: {number(row['count'])}" for _, row in left.iterrows())
    return {"Visit": capitalised(label), "Seen": _share(seen["count"], seen["n"]), "Missed, seen later": number(missed["count"]),
            "Left before this visit": number(left["count"].sum()), "Reasons": reasons or "–"}  # fmt: skip


def tabulate_baseline(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table:
    """The patients at baseline; from the rows of `summarise_baseline`."""
    baseline = select_results(results, AVISIT=plan.baseline.AVISIT)
    numbers = select_results(baseline, method="available")
    numbers = numbers[~numbers["PARAMCD"].isin(_left_out(catalogue))]
    wide = spread_results(numbers, ["PARAMCD"])
    missing = numbers.drop_duplicates("PARAMCD").set_index("PARAMCD")["n_missing"]
    lines = [_number_line(str(code), row, missing[str(code)], catalogue) for code, row in wide.iterrows()]
    shares = select_results(baseline, statistic="proportion", method="observed")
    lines += [_share_line(row, catalogue) for _, row in shares.iterrows() if row["by"] != "completer"]
    frame = pd.DataFrame(lines).sort_values("Group", key=lambda groups: groups.map(_group_order(lines)), kind="stable")
    return table(
        frame, "baseline", f"Patients at {plan.baseline.label}, safety population.",
        "Mean ± standard deviation and median (quartiles) for numbers, patients for categories. Missing: patients of the "
        "safety population without the value. The laboratory at baseline stands in the section on safety.",
        plan.synthetic, groups="Group",
    )  # fmt: skip


def _left_out(catalogue: pd.DataFrame) -> pd.Index:
    """What a first table need not hold: the safety laboratory, and single items of a questionnaire."""
    return catalogue.index[~catalogue["efficacy"] | (catalogue["scale"] == "ordinal")]


def _group_order(lines: list[dict[str, str]]) -> dict[str, int]:
    return {group: place for place, group in enumerate(dict.fromkeys(["Patients", *(line["Group"] for line in lines)]))}


def _number_line(code: str, row: pd.Series, missing: int, catalogue: pd.DataFrame) -> dict[str, str]:
    digits = digits_of(code, catalogue)
    group = panel_of(code, catalogue) if code in catalogue.index else "Patients"
    return {
        "Group": group, "Characteristic": label_with_unit(code, catalogue), "n": number(row["n"]),
        "Mean ± SD, or patients": mean_sd(row["mean"], row["sd"], max(digits, 1)),
        "Median (quartiles)": median_iqr(row["median"], row["q1"], row["q3"], max(digits, 1)),
        "Range": span(row["min"], row["max"], digits), "Missing": number(missing),
    }  # fmt: skip


def _share_line(row: pd.Series, catalogue: pd.DataFrame) -> dict[str, str]:
    by, category = row["by"], row["category"]
    named = {"SEX": _SEX, "CMCLAS": _CLASSES}.get(by, {}).get(category, category)
    if by == "seropositive":
        named = label_of(category, catalogue)
    elif by not in ("SEX", *_GROUPS):
        named = f"{by.capitalize() if by.isupper() else by}: {category}"
    return {"Group": _GROUPS.get(by, "Patients"), "Characteristic": named, "n": number(row["n"]),
            "Mean ± SD, or patients": _share(row["count"], row["n"]), "Median (quartiles)": "", "Range": "",
            "Missing": number(row["n_missing"])}  # fmt: skip


def tabulate_missing(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """How many patients have a value, by parameter and visit; from the rows of `count_missing`."""
    rows = select_results(results, statistic="completeness")
    if rows.empty:
        return absent("This cohort has no measured value at any planned visit.")
    cells = {(row["PARAMCD"], row["AVISIT"]): f"{number(row['count'])} ({percent(row['value'], 0)})"
             for _, row in rows.iterrows()}  # fmt: skip
    lines = [
        {"Panel": panel_of(code, catalogue), "Parameter": label_of(code, catalogue)}
        | {capitalised(visit.label): cells[code, visit.AVISIT] for visit in plan.visits}
        for code in rows["PARAMCD"].unique()
    ]
    frame = pd.DataFrame(lines)
    order = {panel: place for place, panel in enumerate(frame["Panel"].unique())}
    return table(
        frame.sort_values("Panel", key=lambda panels: panels.map(order), kind="stable"), "missing-values",
        f"Patients with a value at each visit, of the {number(rows['n'].iloc[0])} of the safety population.",
        synthetic=plan.synthetic, groups="Panel",
    )  # fmt: skip


def tabulate_completers(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Those seen at the last visit beside those who were not; from the rows of `compare_completers`."""
    rows = select_results(results, by="completer")
    last = plan.visits[-1].label
    if rows.empty:
        return absent(f"A comparison of those seen at {last} with the others needs both: here all patients are in one group.")
    cells = rows.set_index(["PARAMCD", "category", "statistic"])["value"]
    smd = select_results(results, statistic="smd").set_index("PARAMCD")["value"]
    lines = [_completer_line(code, cells[code], smd.get(code), catalogue) for code in rows["PARAMCD"].unique()]
    return table(
        pd.DataFrame(lines), "completers", f"Patients seen at {last} and the others of the safety population, at baseline.",
        "Mean ± standard deviation, and n. SMD: standardised mean difference, seen minus not seen. Described, not tested.",
        plan.synthetic,
    )  # fmt: skip


def _completer_line(code: str, cells: pd.Series, smd: float | None, catalogue: pd.DataFrame) -> dict[str, str]:
    shown = {group: _completer_cell(code, cells[group], catalogue) if group in cells.index else "–" for group in ("Y", "N")}
    label = "Female (%)" if code == "SEX" else label_with_unit(code, catalogue)
    return {"At baseline": label, "Seen": shown["Y"], "Not seen": shown["N"], "SMD": signed(smd, 2)}


def _completer_cell(code: str, cell: pd.Series, catalogue: pd.DataFrame) -> str:
    if code == "SEX":
        return f"{percent(cell['proportion'])}, n = {number(cell['n'])}"
    digits = max(digits_of(code, catalogue), 1)
    return f"{mean_sd(cell['mean'], cell['sd'], digits)}, n = {number(cell['n'])}" if cell["n"] else "–"
