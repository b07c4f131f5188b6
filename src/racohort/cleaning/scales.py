"""Columns whose values, overall or at one site, would fit another unit better than the declared one."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.config import Cohort
from racohort.schema import Records

#: Values of two visits that differ more than this many times suggest another unit, if nearly all do.
APART = 4
#: Of so many values or more not one reaches the upper reference limit divided by this: no laboratory's healthy people are so low.
LOW, ENOUGH = 50, 10


def check_units(sheets: Sequence[Sheet], site: np.ndarray, catalogue: pd.DataFrame, config: Cohort, records: Records) -> None:
    """Warn of analytes whose values would fit another unit; `site` names the site of each of the people."""
    _doubt_crp(sheets, config, records)
    others, facts, named = catalogue["units"].to_dict(), catalogue.T, pd.Categorical(site)
    every = _Visit("", _kept(sheets))
    for code in dict.fromkeys(code for sheet in sheets for field in sheet.fields for code in field.codes if code):
        factors = [float(factor) for factor in others[code].values() if not 0.2 < factor < 5]
        column, values, who = _usable(sheets, code, every) if factors else ("", np.array([]), np.array([]))
        if len(values) >= 4:
            _doubt_all(column, values, factors, facts[code], records)
            _doubt_sites(code, column, values, named[who], factors, records)


def check_unit_changes(sheets: Sequence[Sheet], catalogue: pd.DataFrame, config: Cohort, records: Records) -> None:
    """Warn of a visit from which on nearly everybody's values differ by about a unit's factor from those of the visit before.

    A drug can do that to CRP, and then ESR falls, too: CRP is doubted only where there is an ESR that does not.
    """
    others = catalogue["units"].to_dict()
    visits = [_Visit(visit, _kept(sheets, visit)) for visit in config.visits]
    for code in dict.fromkeys(code for sheet in sheets for field in sheet.fields for code in field.codes if code):
        factors = [float(factor) for factor in others[code].values() if not 0.2 < factor < 5]
        for before, visit in pairwise(visits) if factors else []:
            column, ratio = _ratios(sheets, code, before, visit)
            typical = float(np.median(ratio)) if len(ratio) >= 5 else 1.0
            fits = any(0.4 < typical * factor < 2.5 or 0.4 < typical / factor < 2.5 for factor in factors)
            far = max((ratio < 1 / APART).mean(), (ratio > APART).mean()) if fits else 0
            if far >= 0.9 and (code != "CRP" or _stays(sheets, before, visit)):
                said = f"column {column}: {code} at the visit {visit.code} is typically {typical:.2g} times that at {before.code}"
                records.note("unit_doubt_visit", f"{said}: another unit?", column=column, value=visit.code, count=len(ratio))


class _Visit(NamedTuple):
    """A visit by its code, "" for all, and the rows of it that each table keeps."""

    code: str
    rows: Sequence[np.ndarray]


def _kept(sheets: Sequence[Sheet], visit: str = "") -> list[np.ndarray]:
    return [np.flatnonzero(sheet.keep & (visit == sheet.AVISIT) if visit else sheet.keep) for sheet in sheets]


def _ratios(sheets: Sequence[Sheet], code: str, before: _Visit, visit: _Visit) -> tuple[str, np.ndarray]:
    """An analyte's column, and its values at a visit over those at the visit before, patient by patient."""
    (column, was, who), (_, became, later) = (_usable(sheets, code, one) for one in (before, visit))
    (who, first), (later, second) = (np.unique(places, return_index=True) for places in (who, later))
    _, at, then = np.intersect1d(who, later, assume_unique=True, return_indices=True)
    was, became = was[first[at]], became[second[then]]
    known = (was > 0) & (became > 0)
    return column, became[known] / was[known]


def _stays(sheets: Sequence[Sheet], before: _Visit, visit: _Visit) -> bool:
    """Whether there is an ESR that does not fall by half."""
    ratio = _ratios(sheets, "ESR", before, visit)[1]
    return bool(len(ratio) and np.median(ratio) > 0.5)


def _usable(sheets: Sequence[Sheet], code: str, visit: _Visit) -> tuple[str, np.ndarray, np.ndarray]:
    """The first column with usable values of an analyte (at a visit), all these values, and the place of their patients.

    Values beyond an assay's limit count at a single visit only.
    """
    fields = [(sheet, field, rows) for sheet, rows in zip(sheets, visit.rows, strict=True)
              for field in sheet.fields if code in field.codes]  # fmt: skip
    found = [(sheet, field, _rows(sheet, field, code, visit.code, rows)) for sheet, field, rows in fields]
    found = [(sheet, field, rows) for sheet, field, rows in found if len(rows)]
    values = [np.array([]), *(field.readings.aval[field.at[rows]] for _, field, rows in found)]
    who = [np.array([], dtype=int), *(sheet.who[rows] for sheet, _, rows in found)]
    return found[0][1].name if found else "", np.concatenate(values), np.concatenate(who)


def _rows(sheet: Sheet, field: Field, code: str, visit: str, kept: np.ndarray) -> np.ndarray:
    """Of the kept rows of a visit, or of all where the column is a visit's own, those with a usable value of an analyte."""
    readings = field.readings
    fits: Mask = (code == readings.PARAMCD) & ~np.isnan(readings.aval) & ((readings.censored == "") | (visit != ""))
    if not fits.any() or (visit and field.column.visit not in (None, visit)):
        return np.array([], dtype=int)
    rows = np.flatnonzero(sheet.keep) if field.column.visit else kept
    return np.asarray(rows[fits[field.at[rows]] & field.good_at(rows)])


def _doubt_all(column: str, values: np.ndarray, factors: Sequence[float], facts: pd.Series, records: Records) -> None:
    """The whole column: a scale of 0-100 mm that never exceeds 10, values far below every range, or an implausible median."""
    median, top, limit = float(np.median(values)), float(values.max()), float(facts["range_high_m"])
    if len(values) >= ENOUGH and 0 < top * LOW < limit:
        said = f"column {column}: the highest {facts['PARAM']} is {top:g}, far below the upper reference limit of {limit:g}"
        records.note("unit_doubt", f"{said} {facts['AVALU']}: another unit?", column=column, value=f"{top:g}", count=len(values))
        return
    low, high = facts["plausible_low"], facts["plausible_high"]
    far = any(low <= median * factor <= high for factor in factors) and not low <= median <= high
    if far or (facts["AVALU"] == "mm" and values.max() <= 10):
        said = f"column {column}: the median of {facts['PARAM']} is {median:g}, which suggests another unit than {facts['AVALU']}"
        records.note("unit_doubt", said, column=column, value=f"{median:g}", count=len(values))


def _doubt_crp(sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """CRP in mg/dL: a baseline median below 1, or ten times below the ESR's, is not that of active disease in mg/L."""
    baseline = _Visit(config.baseline, _kept(sheets, config.baseline))
    column, crp, _ = _usable(sheets, "CRP", baseline)
    if len(crp) < 4:
        return
    median, esr = float(np.median(crp)), _usable(sheets, "ESR", baseline)[1]
    if median < 1 or (len(esr) >= 4 and np.median(esr) > 10 * median):
        said = f"column {column}: the median of CRP at baseline is {median:g}, which suggests mg/dL instead of mg/L"
        records.note("unit_doubt", said, column=column, value=f"{median:g}", count=len(crp))


def _doubt_sites(
    code: str, column: str, values: np.ndarray, sites: pd.Categorical, factors: Sequence[float], records: Records
) -> None:
    """One site: its median differs from the others' by about a unit's factor, and its values do not overlap theirs."""
    known = sites != ""
    values, sites = values[known], sites[known]
    for name in _far_sites(values, sites):
        here, others = values[sites == name], values[sites != name]
        median, elsewhere = float(np.median(here)), float(np.median(others))
        if min(median, elsewhere) <= 0 or not (here.max() < 0.5 * elsewhere or here.min() > 2 * elsewhere):
            continue
        ratio = elsewhere / median
        if any(0.4 < ratio / factor < 2.5 or 0.4 < ratio * factor < 2.5 for factor in factors):
            said = (
                f"column {column}: the median of {code} at the site {name} is {median:g}, elsewhere {elsewhere:g}: another unit?"
            )
            records.note("unit_doubt_site", said, column=column, value=f"{median:g}", count=len(here))


def _far_sites(values: np.ndarray, sites: pd.Categorical) -> list[str]:
    """Sites with three or more values that may all lie below half or above twice the median of the other sites.

    Without m of n sorted values, the median lies between the values number (n - m) / 2 and (n + m) / 2.
    """
    codes, size = np.unique(sites.codes, return_counts=True)
    by_site, start, rest = values[np.argsort(sites.codes, kind="stable")], np.cumsum(size) - size, len(values) - size
    spans = (codes, size, rest, np.minimum.reduceat(by_site, start), np.maximum.reduceat(by_site, start))
    codes, size, rest, smallest, largest = (span[(size >= 3) & (rest >= 3)] for span in spans)
    ordered = np.sort(values)
    least, most = ordered[(rest - 1) // 2], ordered[rest // 2 + size]
    return [str(name) for name in sites.categories[codes[(largest < 0.5 * most) | (smallest > 2 * least)]]]
