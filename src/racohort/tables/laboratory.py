"""The tables of the laboratory.

Where a cohort has no such data, the figure in front of a table says so once, and the table is None: nothing is shown twice.
"""

from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import (
    capitalised,
    interval,
    is_missing,
    mean_sd,
    median_iqr,
    number,
    p_cell,
    percent,
    proportion,
    signed,
    span,
    spread,
)
from racohort.labels import NO_RANGES, digits_of, label_of, label_with_unit, panel_of, values_of
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results
from racohort.summaries import only, spread_results
from racohort.tables.paper import Table, table
from racohort.terms import RANGE_STATES


def tabulate_laboratory(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """The laboratory on one page: mean and SD at each visit, and the change; from the rows of `summarise_laboratory`."""
    rows = select_results(results, method="available")
    if rows.empty:
        return None
    cells, what = _by_visit(rows), _values(rows, catalogue)
    lines = [_short_line(code, cells, plan, catalogue) for code in rows["PARAMCD"].unique()]
    return table(
        pd.DataFrame(lines), "laboratory", f"{what} at each visit and their change from baseline, safety population.",
        "Mean ± standard deviation (number of patients). Change: follow-up minus baseline, patients with both values.",
        plan.synthetic, groups="Panel",
    )  # fmt: skip


def _values(rows: pd.DataFrame, catalogue: pd.DataFrame) -> str:
    return capitalised(values_of(rows["PARAMCD"].unique(), catalogue))


def _by_visit(rows: pd.DataFrame) -> dict[Any, pd.Series]:
    """The statistics of each PARAMCD, AVISIT and contrast."""
    return dict(spread_results(rows, ["PARAMCD", "AVISIT", "contrast"]).iterrows())


def _short_line(code: str, cells: dict[Any, pd.Series], plan: Plan, catalogue: pd.DataFrame) -> dict[Any, str]:
    digits = max(digits_of(code, catalogue), 1)
    line: dict[Any, str] = {"Panel": panel_of(code, catalogue), ("", "Analyte"): label_with_unit(code, catalogue)}
    for visit in plan.visits:
        here = cells[code, visit.AVISIT, ""]
        line["Value", capitalised(visit.label)] = (
            f"{mean_sd(here['mean'], here['sd'], digits)} ({number(here['n'])})" if here["n"] else "–"
        )
    for visit in plan.follow_ups:
        line["Change", visit.label] = _change_cell(cells[code, visit.AVISIT, plan.contrast(visit.AVISIT)], digits)
    return line


def tabulate_laboratory_detail(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """Each analyte at each visit with median, quartiles and range; from the rows of `summarise_laboratory`."""
    rows = select_results(results, method="available")
    if rows.empty:
        return None
    cells = _by_visit(rows)
    codes = rows["PARAMCD"].unique()
    lines = [_laboratory_line(code, visit, cells, plan, catalogue) for code in codes for visit in plan.visits]
    return table(
        pd.DataFrame(lines), "laboratory-detail", f"{_values(rows, catalogue)} at each visit in full, safety population.",
        "Mean ± standard deviation; n counts patients with a value. Change: follow-up minus baseline, patients with both.",
        plan.synthetic, groups="Analyte",
    )  # fmt: skip


def _laboratory_line(code: str, visit: Visit, cells: dict[Any, pd.Series], plan: Plan, catalogue: pd.DataFrame) -> dict[str, str]:
    digits, here = digits_of(code, catalogue), cells[code, visit.AVISIT, ""]
    change = cells[code, visit.AVISIT, plan.contrast(visit.AVISIT)] if visit != plan.baseline else pd.Series(dtype="float64")
    return {
        "Analyte": label_with_unit(code, catalogue), "Visit": capitalised(visit.label), "n": number(here["n"]),
        "Mean ± SD": mean_sd(here["mean"], here["sd"], max(digits, 1)),
        "Median (quartiles)": median_iqr(here["median"], here["q1"], here["q3"], digits),
        "Range": span(here["min"], here["max"], digits),
        "Change, mean ± SD (n)": _change_cell(change, max(digits, 1)),
    }  # fmt: skip


def _change_cell(change: pd.Series, digits: int) -> str:
    if change.empty or not change["n"]:
        return "–"
    return f"{signed(change['mean'], digits)} ± {spread(change['sd'], digits)} ({number(change['n'])})"


def tabulate_out_of_range(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """Patients below and above the reference range at each visit; from `estimate_out_of_range` and `compare_out_of_range`."""
    rows = select_results(results, statistic="proportion", by="ANRIND")
    if rows.empty:
        return None
    lines = [_range_line(code, visit, results, plan, catalogue) for code in rows["PARAMCD"].unique() for visit in plan.visits]
    return table(
        pd.DataFrame(lines), "out-of-range", "Patients below and above the reference range at each visit, safety population.",
        f"Out of range: {interval(0, 1, 0, plan.level).split(' CI')[0]} Clopper-Pearson interval. Change from baseline in "
        "percentage "
        "points, patients with both values, Newcombe's paired interval; p is McNemar's mid-p, not adjusted. Values on a "
        "limit are "
        "normal.", plan.synthetic, groups="Analyte",
    )  # fmt: skip


def _range_line(code: str, visit: Visit, results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> dict[str, str]:
    here = select_results(results, PARAMCD=code, AVISIT=visit.AVISIT)
    counts = select_results(here, by="ANRIND", statistic="proportion").set_index("category")["count"]
    outside = only(here, statistic="out_of_range", method="clopper_pearson")
    change = pick_result(here, statistic="out_of_range_change")
    return {
        "Analyte": label_of(code, catalogue), "Visit": capitalised(visit.label), "Below": number(counts["LOW"]),
        "Within": number(counts["NORMAL"]), "Above": number(counts["HIGH"]),
        "Out of range": proportion(outside["count"], outside["n"], outside["lower"], outside["upper"], plan.level),
        "Change (percentage points)": _points(change), "p": p_cell(change["p_value"]) if change is not None else "–",
    }  # fmt: skip


def _points(change: pd.Series | None) -> str:
    if change is None or is_missing(change["value"]):
        return "–"
    return f"{signed(100 * change['value'], 1)} ({number(100 * change['lower'], 1)} to {number(100 * change['upper'], 1)})"


def tabulate_shifts(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """Low, normal or high at baseline against each visit and the worst value; from the rows of `count_shifts`."""
    rows = select_results(results, by="BNRIND>ANRIND", statistic="count")
    if rows.empty:
        return None
    labels = {visit.AVISIT: visit.label for visit in plan.follow_ups} | {"": "Worst value"}
    groups = rows.set_index("category").groupby(["PARAMCD", "AVISIT"], sort=False)["count"]
    lines = [_shift_line(str(key[0]), labels[str(key[1])], counts, catalogue) for key, counts in groups]
    return table(
        pd.DataFrame(lines), "shifts", "Reference range at baseline and later: number of patients, safety population.",
        "From the state at baseline to the state at the visit; n counts patients with both. Worst value: farthest outside the "
        "range at any time after baseline.", plan.synthetic, row_headers=2,
    )  # fmt: skip


def _shift_line(code: str, label: str, counts: pd.Series, catalogue: pd.DataFrame) -> dict[tuple[str, str], str]:
    line = {("", "Analyte"): label_of(code, catalogue), ("", "Visit"): label, ("", "n"): number(counts.sum())}
    pairs = ((before, after) for before in RANGE_STATES for after in RANGE_STATES)
    return line | {
        (f"{before.capitalize()} at baseline", after.lower()): number(counts[f"{before}>{after}"]) for before, after in pairs
    }


def tabulate_new_abnormality(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | None:
    """Normal before, outside the range at some time after; from the rows of `estimate_new_abnormality`."""
    rows = select_results(results, statistic="new_abnormality")
    if rows.empty:
        return None
    bounds = select_results(results, statistic="new_abnormality_bound").set_index("PARAMCD")["upper"]
    lines = [
        {"Panel": panel_of(row["PARAMCD"], catalogue), "Analyte": label_of(row["PARAMCD"], catalogue),
         "Newly out of range": proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level),
         "Risks excluded above": percent(bounds[row["PARAMCD"]])}
        for _, row in rows.iterrows()
    ]  # fmt: skip
    return table(
        pd.DataFrame(lines), "new-abnormality", "Patients normal at baseline with any later value outside the reference range.",
        "Denominator: normal at baseline and at least one later value. Interval: Clopper-Pearson, two-sided. Excluded: "
        "the exact "
        "one-sided upper limit; larger risks are excluded with the same confidence.", plan.synthetic, groups="Panel",
    )  # fmt: skip


def tabulate_excursions(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Table | Absence:
    """Both readings of "all in the normal range", by visit; from `estimate_excursions` and `estimate_range_position`."""
    rows = select_results(results, statistic="excursions", method="observed")
    if rows.empty:
        return absent(NO_RANGES)
    labels = {visit.AVISIT: visit.label for visit in plan.visits}
    lines = [_excursion_line(row, labels[row["AVISIT"]], results) for _, row in rows.iterrows()]
    return table(
        pd.DataFrame(lines), "excursions", "Two readings of “all in the normal range”: group means, and single values.",
        "Expected: a reference range leaves out one healthy value in twenty. A group without a single value outside would be a "
        "question about the data, not a finding about safety. The laboratory of active rheumatoid arthritis is not that of "
        "healthy "
        "people: acute-phase effects on haemoglobin, platelets, albumin, globulins are part of the disease.", plan.synthetic,
    )  # fmt: skip


def _excursion_line(row: pd.Series, label: str, results: pd.DataFrame) -> dict[str, str]:
    here = select_results(results, AVISIT=row["AVISIT"])
    means = select_results(here, statistic="range_position")["value_text"]
    healthy = only(here, statistic="excursions", method="healthy")
    none = only(here, statistic="no_excursion")
    inside = f"{(means == 'inside').sum()} of {len(means)}"
    return {"Visit": capitalised(label), "Analytes whose group mean is within the range": inside,
            "Values outside the range": f"{number(row['count'])} of {number(row['n'])} ({percent(row['count'] / row['n'])})",
            "Expected if all were healthy": number(healthy["value"], 1),
            "Chance that a healthy group has none": percent(none["value"])}  # fmt: skip
