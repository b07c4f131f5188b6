"""Values before and after cleaning: in which units they came, how they spread, and which lie beyond an assay's limits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import analysed, members, proportion_row
from racohort.units import unit_factor, unit_offset

#: Bars of a picture of how values spread.
BARS = 24


def count_units(numbers: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """In which unit the values of each parameter came, and what led to the unit of the report.

    `numbers` has file, column, PARAMCD, unit (empty where none was given), factor and read; those in a unit that cannot be
    converted were kept out, and are left out here. Returns result rows `unit_factor` by
    `unit` (category: the unit written, or `none`): value is the factor, `count` the numbers read in it, `note` the columns,
    `value_text` same, converted, or assumed (no unit was given, and the report's was taken).
    """
    known = numbers[numbers["PARAMCD"].isin(catalogue.index)]
    foreign = [bool(unit) and factor == 1 and unit_factor(catalogue, code, unit) is None
               for code, unit, factor in zip(known["PARAMCD"], known["unit"], known["factor"], strict=True)]  # fmt: skip
    known = known[~np.array(foreign, dtype=bool)]
    units = catalogue["AVALU"].to_dict()
    rows = []
    for (code, unit, factor), some in known.groupby(["PARAMCD", "unit", "factor"], sort=False):
        assumed = not unit and units[code] not in ("", "score", "joints")
        rows.append({
            "PARAMCD": code, "category": unit or "none", "value": factor, "count": some["read"].sum(), "unit": units[code],
            "value_text": "assumed" if assumed else "converted" if factor != 1 else "same",
            "note": "; ".join(dict.fromkeys(some["file"] + ": " + some["column"])),
        })  # fmt: skip
    common = {"section": "cleaning", "statistic": "unit_factor", "by": "unit", "function": "quality.count_units"}
    return as_results({**common, **row} for row in rows)


def count_values(numbers: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """How values spread as they were written and as they are used, in bars of equal width, by parameter.

    Parameters
    ----------
    numbers : PARAMCD, unit, factor, number (as written, before any conversion), read and used: how often.
    catalogue : with the possible and plausible range and the scale; on a log scale bars are of equal width in the logarithm.

    Returns
    -------
    Result rows `values_read` and `values_used` by `bar`: `count` of `n` values between `lower` and `upper` (the last bar with its
    upper limit), empty bars left out; and `values_beyond` by `side`: values read that lie outside the picture, which spans the
    plausible range and round numbers beyond the values used, as used and as written.
    """
    rows: list[dict[str, Any]] = []
    for code, some in numbers[numbers["PARAMCD"].isin(catalogue.index)].groupby("PARAMCD", sort=False):
        facts = catalogue.T[str(code)]
        written: pd.Series = some.groupby("number")["read"].sum()
        kept = some[some["used"] > 0].assign(value=(some["number"] - some["unit"].map(unit_offset)) * some["factor"])
        used: pd.Series = kept.groupby("value")["used"].sum()
        edges = _edges(used, kept["number"] if len(kept) else some["number"], facts)
        for statistic, values in (("values_read", written), ("values_used", used)):
            rows += [{"PARAMCD": code, "statistic": statistic, **row} for row in _bars(values, edges)]
        rows += [{"PARAMCD": code, "statistic": "values_beyond", **row} for row in _beyond(written, edges)]
    units = catalogue["AVALU"].to_dict()
    common = {"section": "cleaning", "function": "quality.count_values"}
    return as_results({**common, "value": row["count"], "unit": units[row["PARAMCD"]], **row} for row in rows)


def _edges(used: pd.Series, written: pd.Series, facts: pd.Series) -> np.ndarray:
    """The limits of the bars: whole numbers stand in the middle of theirs where a scale has few of them."""
    known = [*used.index, *written, facts["plausible_low"], facts["plausible_high"]]
    logarithmic = facts["scale"] == "log" and min(used.index, default=1) > 0
    known = [value for value in known if value > 0] if logarithmic else known
    low, high = _round_outside(float(np.nanmin(known)), facts), _round_outside(float(np.nanmax(known)), facts, up=True)
    whole = all(float(value).is_integer() for value in used.index) and not logarithmic
    if whole and high - low < 2 * BARS:
        return np.arange(np.floor(low) - 0.5, np.ceil(high) + 1.5)
    if logarithmic:
        return np.geomspace(low, high if high > low else 1.1 * low, BARS + 1)
    return np.linspace(low, high if high > low else low + 1, BARS + 1)


def _round_outside(value: float, facts: pd.Series, up: bool = False) -> float:
    """A limit of the catalogue as it is, and a value of the data moved outwards to 1, 2 or 5 times a power of ten.

    >>> facts = pd.Series({"plausible_low": 4.0, "plausible_high": 16.0})
    >>> [_round_outside(value, facts, up) for value, up in ((4.0, False), (3.3, False), (95.0, True), (-3.0, False), (0.0, True))]
    [4.0, 2.0, 100.0, -5.0, 0.0]
    """
    if value == 0 or value in (facts["plausible_low"], facts["plausible_high"]):
        return value
    power = 10.0 ** np.floor(np.log10(abs(value)))
    steps = [float(f"{step * power:.12g}") for step in (1, 2, 5, 10)]
    away = up == (value > 0)
    near = min(step for step in steps if step >= abs(value)) if away else max(step for step in steps if step <= abs(value))
    return float(np.copysign(near, value))


def _bars(values: pd.Series, edges: np.ndarray) -> Iterator[dict[str, Any]]:
    counts, _ = np.histogram(values.index.to_numpy(dtype="float64"), edges, weights=values.to_numpy(dtype="float64"))
    for place in np.flatnonzero(counts):
        bar = {"by": "bar", "category": f"{place + 1:02d}", "lower": edges[place], "upper": edges[place + 1]}
        yield {**bar, "count": int(counts[place]), "n": int(values.sum())}


def _beyond(written: pd.Series, edges: np.ndarray) -> Iterator[dict[str, Any]]:
    sides = {"below": written[written.index < edges[0]], "above": written[written.index > edges[-1]]}
    for side, some in sides.items():
        if len(some):
            yield {"by": "side", "category": side, "count": int(some.sum()), "n": int(written.sum())}


def estimate_censored(data: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The proportion of values below or above what an assay can measure, with its Clopper-Pearson interval.

    `data` holds ADLB and ADQS records. Returns result rows `proportion` by `censored` (below, above) for each parameter and visit
    of a parameter that has any such value, among the enrolled patients with a value.
    """
    known = analysed(data, members(adsl, "all"), [visit.AVISIT for visit in plan.visits])
    limited = known[known["censored"] != ""]
    sides = limited[["PARAMCD", "censored"]].drop_duplicates().itertuples(index=False)
    rows = []
    for code, side in sides:
        for visit in plan.visits:
            here = known[(known["PARAMCD"] == code) & (known["AVISIT"] == visit.AVISIT)]
            place = {"PARAMCD": code, "AVISIT": visit.AVISIT, "by": "censored", "category": side}
            rows.append(proportion_row(int((here["censored"] == side).sum()), len(here), plan.level, **place))
    return as_results(
        {"section": "cleaning", "population": "all", "function": "quality.estimate_censored", **row} for row in rows
    )
