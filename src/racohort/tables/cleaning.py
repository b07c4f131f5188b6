"""The tables of the section on cleaning."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import capitalised, number, proportion
from racohort.labels import label_with_unit, panel_of, shown_unit
from racohort.plan import Plan
from racohort.quality import file_name
from racohort.results import select_results
from racohort.roles import BESIDES, ROLES
from racohort.rules import RULES
from racohort.tables.paper import LISTED, Table, table, taken_along

#: Columns of a file that are not read, from one more on in one row.
MOST_IGNORED = 5
_WHAT_HAPPENED = {"reject": "Refused", "quarantine": "Kept out", "warn": "Kept, doubted", "normalise": "Rewritten, same meaning"}
_SHAPES = {
    "subject": "one row per patient",
    "visit": "one row per patient and visit",
    "long": "one row per measurement",
    "wide": "one row per patient, visits in columns",
    "event": "one row per event",
    "adam": "ADaM data set",
    "sdtm": "SDTM data set",
}


def tabulate_sources(results: pd.DataFrame, sources: pd.DataFrame, plan: Plan) -> Table:
    """The files that were read, what came of them, and the start of each file's fingerprint; from the rows of `count_records`."""
    rows = select_results(results, by="file")
    counts = rows.pivot(index="category", columns="statistic", values="count").to_dict("index")
    lines = [_source_line(source, counts[file_name(source["file"], source["sheet"])]) for source in sources.to_dict("records")]
    return table(
        pd.DataFrame(lines),
        "sources",
        "Files read, and what became of what they hold.",
        "Kept out counts cells, rows and patients as they are listed in the quarantine; rewritten counts cells whose "
        "spelling was changed without changing what they mean. The fingerprint is the start of the file's SHA-256.",
        plan.synthetic,
    )


def _source_line(source: Mapping[Hashable, Any], counts: Mapping[Hashable, Any]) -> dict[str, str]:
    return {
        "File": file_name(source["file"], source["sheet"]),
        "What a row is": _SHAPES.get(source["shape"], source["shape"]),
        "Rows": "as above" if pd.isna(counts["rows_read"]) else number(counts["rows_read"]),
        "Rewritten": number(counts["changed"]),
        "Kept out": number(counts["kept_out"]),
        "Fingerprint": str(source["sha256"])[:12],
    }


def tabulate_mapping(mapping: pd.DataFrame, catalogue: pd.DataFrame, plan: Plan) -> Table:
    """What every source column was understood to hold; `mapping` has file, sheet, column, meaning (role or PARAMCD), unit."""
    named = [file_name(file, sheet) for file, sheet in zip(mapping["file"], mapping["sheet"], strict=True)]
    lines = [
        {
            "file": row["file"],
            "Column": row["column"],
            "Understood as": _meaning(row["meaning"], catalogue),
            "Unit in the file": shown_unit(row["unit"]) or "–",
        }
        for row in _gathered(mapping.assign(file=named)).to_dict("records")
    ]
    return table(
        pd.DataFrame(lines),
        "mapping",
        "What each column of the source files was understood to hold.",
        "Values in another unit are converted to the unit of the report.",
        plan.synthetic,
        groups="file",
    )


def _gathered(mapping: pd.DataFrame) -> pd.DataFrame:
    """The same, with the columns of a file that are not read in one row at its end where they are many."""
    left = mapping["meaning"] == "IGNORE"
    many = left & (left.groupby(mapping["file"]).transform("sum") > MOST_IGNORED)
    others = (
        mapping[many].groupby("file", sort=False).agg({"column": ", ".join, "meaning": "first", "unit": "first"}).reset_index()
    )
    files = mapping["file"].unique()
    return pd.concat([mapping[~many], others]).sort_values("file", key=lambda one: one.map(list(files).index), kind="stable")


def _meaning(meaning: str, catalogue: pd.DataFrame) -> str:
    if meaning in ROLES:
        return f"{capitalised(re.split('[;(]', ROLES[meaning].meaning)[0].strip())} ({meaning})"
    if meaning in BESIDES:
        return capitalised(BESIDES[meaning])
    return label_with_unit(meaning, catalogue) if meaning in catalogue.index else "not declared, not read"


def tabulate_units(results: pd.DataFrame, findings: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Units that were converted, assumed or doubted, from the rows of `count_units` and the findings about units."""
    rows = select_results(results, statistic="unit_factor", value_text=["converted", "assumed"])
    doubts = findings[findings["rule"].isin(["unit_doubt", "unit_doubt_site", "unit_doubt_visit"])]
    lines = [_decided(row, catalogue) for row in rows.to_dict("records")] + [_doubted(row) for row in doubts.to_dict("records")]
    if not lines:
        return absent("No unit was converted, assumed or doubted.")
    note = "Parameters that are not listed came in the unit of the report."
    return table(pd.DataFrame(lines), "units", "Units that were converted, assumed or doubted.", note, plan.synthetic)


def _decided(row: Mapping[Hashable, Any], catalogue: pd.DataFrame) -> dict[str, str]:
    converted = row["value_text"] == "converted"
    return {
        "Parameter or column": label_with_unit(row["PARAMCD"], catalogue),
        "Unit written": shown_unit(row["category"]) or row["category"],
        "Decision": f"multiplied by {row['value']:.6g}" if converted else "taken to be the unit of the report",
        "Values": number(row["count"]),
        "Where": row["note"],
    }


def _doubted(finding: Mapping[Hashable, Any]) -> dict[str, str]:
    message = finding["message"].removeprefix(f"column {finding['column']}: ")
    return {
        "Parameter or column": finding["column"],
        "Unit written": "as declared",
        "Decision": f"doubted: {message}",
        "Values": number(finding["count"]),
        "Where": finding["file"] or "all files",
    }


def tabulate_cells(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """What became of the cells with measured values, by parameter; from the rows of `count_cells`."""
    rows = select_results(results, statistic="cells")
    if rows.empty:
        return absent("No column of the files was declared to hold a measured value.")
    counts = rows.pivot(index="PARAMCD", columns="category", values="count").to_dict("index")
    read = rows.drop_duplicates("PARAMCD").set_index("PARAMCD")["n"].to_dict()
    lines = [
        {"panel": panel_of(code, catalogue), **_cell_line(code, read[code], counts[code], catalogue)}
        for code in rows["PARAMCD"].unique()
        if counts[code]["used"] < read[code]
    ]
    if not lines:
        return absent("Every cell with a measured value is used.")
    frame = pd.DataFrame(lines)
    order = {panel: place for place, panel in enumerate(frame["panel"].unique())}
    return table(
        frame.sort_values("panel", key=lambda panels: panels.map(order), kind="stable"),
        "cells",
        "Cells with measured values, from reading to use, of the parameters of which some are not used. Each row adds up to the "
        "cells read.",
        "In other rows: cells of rows that repeat another row, or of rows or patients that were kept out whole.",
        plan.synthetic,
        groups="panel",
    )


def _cell_line(code: str, read: int, counts: dict[Hashable, Any], catalogue: pd.DataFrame) -> dict[str, str]:
    """The cells of one parameter by what became of them."""
    return {
        "Parameter": label_with_unit(code, catalogue) if code else "Analyte not known",
        "Cells read": number(read),
        "Used": number(counts["used"]),
        "Declared missing": number(counts["missing"]),
        "Kept out": number(counts["kept out"]),
        "In other rows": number(counts["in other rows"]),
    }


def tabulate_findings(results: pd.DataFrame, findings: pd.DataFrame, plan: Plan) -> Table | Absence:
    """Each rule that found something, how often, and its first example; from the rows of `count_findings` and the findings."""
    rows = select_results(results, statistic="findings")
    if rows.empty:
        return absent("No rule of cleaning found anything to change, to doubt or to keep out.")
    first = findings.drop_duplicates("rule").set_index("rule")
    lines = [
        {
            "class": _WHAT_HAPPENED[row["value_text"]],
            "Rule": RULES[row["category"]].title,
            "Severity": RULES[row["category"]].severity,
            "Cells": number(row["count"]),
            "First example": _place(first.loc[row["category"]]),
            "What to do": "–" if row["value_text"] == "normalise" else first.loc[row["category"], "remedy"].replace("`", ""),
        }
        for row in rows.to_dict("records")
    ]
    return table(
        pd.DataFrame(lines),
        "findings",
        "What the rules of cleaning found, the gravest first.",
        "Each rule leads to its page with an example. Cells: how many cells (rows or files, where the rule is about these) the "
        "finding stands for. Severity: how far a result would be off had nobody noticed.",
        plan.synthetic,
        groups="class",
        links=_pages(rows["category"]),
    )


def _pages(rules: Iterable[str]) -> dict[str, str]:
    """The title of each rule with the place where the book explains it."""
    return {RULES[rule].title: f"../reference/rules.html#rule-{rule.replace('_', '-')}" for rule in rules}


def _place(finding: pd.Series) -> str:
    line = "" if pd.isna(finding["line"]) else f", line {int(finding['line'])}"
    column = f", column {finding['column']}" if finding["column"] else ""
    value = f": {finding['value']}" if finding["value"] else ""
    return f"{file_name(finding['file'], finding['sheet'])}{line}{column}{value}".removeprefix(": ")


def tabulate_quarantine(quarantine: pd.DataFrame, plan: Plan) -> Table | Absence:
    """Everything that was kept out of the analysis, one line each; all is in quarantine.csv.

    Past a length only the first of each rule and column, as many of each as there is room for.
    """
    if quarantine.empty:
        return absent("Nothing was kept out of the analysis.")
    turn = quarantine.groupby(["rule", "file", "column"], dropna=False, sort=False).cumcount()
    shown = turn.sort_values(kind="stable").index[:LISTED].sort_values()
    held = taken_along(quarantine, shown)
    lines = [
        {
            "File": file_name(row["file"], row["sheet"]),
            "Line": "–" if pd.isna(row["line"]) else str(int(row["line"])),
            "Column": row["column"] or "whole row",
            "Patient": row["USUBJID"] or "–",
            "Visit": row["AVISIT"] or "–",
            "Value": row["value"] or "–",
            "Kept out": row["scope"],
            "Why": RULES[row["rule"]].title,
        }
        for row in held.to_dict("records")
    ]
    more = len(quarantine) - len(shown)
    some = f"Of {number(len(quarantine))} entries {len(shown)}, the first of every rule and column" if more else "All entries"
    return table(
        pd.DataFrame(lines, held.index),
        "quarantine",
        f"What was kept out of the analysis, and why. {some}.",
        f"{f'{number(more)} more are not shown here. ' if more else ''}"
        "Every entry stands in quarantine.csv of this run, with what to do about it. The rest of the patient's data is analysed "
        "unless the whole patient was kept out.",
        plan.synthetic,
        row_headers=2,
        links=_pages(quarantine.loc[shown, "rule"].unique()),
        shown=shown,
    )


def tabulate_assay_limits(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Values below or above what an assay can measure, by visit; from the rows of `estimate_censored`."""
    rows = select_results(results, by="censored")
    if rows.empty:
        return absent("No value lies below or above what its assay can measure.")
    cells = {(row["PARAMCD"], row["category"], row["AVISIT"]): row for row in rows.to_dict("records")}
    lines = [
        {"Parameter": label_with_unit(code, catalogue), "Side": side}
        | {capitalised(visit.label): _censored_cell(cells[code, side, visit.AVISIT]) for visit in plan.visits}
        for code, side in dict.fromkeys((code, side) for code, side, _ in cells)
    ]
    return table(
        pd.DataFrame(lines),
        "censored",
        "Values below or above the limits of their assay, of the enrolled patients with a value; "
        f"{100 * plan.level:.4g} % Clopper-Pearson intervals.",
        "",
        plan.synthetic,
    )


def _censored_cell(row: Mapping[Hashable, Any]) -> str:
    return proportion(row["count"], row["n"], row["lower"], row["upper"], row["level"])
