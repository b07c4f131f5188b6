"""When a row is from: its planned visit by label and date, in the planned order, once."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.likeness import likely
from racohort.cleaning.packages import baseline_by_flag
from racohort.cleaning.sheets import Mask, Sheet
from racohort.cleaning.words import missing_words, word_key
from racohort.config import Cohort
from racohort.schema import Records
from racohort.standards import is_apart

#: A visit between two planned ones, by its number in SDTM.
_BETWEEN = re.compile(r"\d+\.\d*[1-9]\d*")
#: Which of several rows stands for a visit, by `records.visit`.
CHOSEN = {"closest": "the one closest to the planned day", "first": "the first", "last": "the last"}


def clean_visits(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Set AVISIT by label; a blank label is "" until the date decides, an unscheduled one UNSCHEDULED, any other quarantined."""
    found = sheet.role("AVISIT")
    if not found:
        return
    name, column = found
    labels = {label: code for code, visit in config.visits.items() for label in (code, *visit.labels)} | (column.codes or {})
    keys = {word_key(label).replace(" ", ""): code for label, code in labels.items()}
    texts, blank = sheet.text(name), missing_words(sheet.text(name), config)
    meaning = {text: _visit(text, labels, keys, text in blank, sheet.table.standard) for text in pd.unique(texts)}
    sheet.AVISIT = np.array([meaning[text] for text in texts], dtype=object)
    flagged = baseline_by_flag(sheet, sheet.AVISIT, config)
    sheet.AVISIT[flagged] = config.baseline
    records.change(
        "baseline_flag", sheet.table, sheet.cells(flagged, name, became=sheet.AVISIT), "is of the record flagged as baseline"
    )
    exact = flagged | np.array([text in blank or text in labels for text in texts], dtype=bool)
    spelled = ~exact & np.isin(sheet.AVISIT.astype(str), list(config.visits)) & sheet.keep
    shown = ", ".join(sorted(set(sheet.AVISIT[spelled])))
    records.change(
        "code_spelling", sheet.table, sheet.cells(spelled, name, became=sheet.AVISIT), f"was read as the visit {shown}"
    )
    coded = np.array([text != (column.codes or {}).get(text, text) for text in texts], dtype=bool) & sheet.keep & ~flagged
    records.change("code_mapped", sheet.table, sheet.cells(coded, name, became=sheet.AVISIT), "was read as the visit declared")
    sheet.hold_rows(sheet.AVISIT == "?", "visit_unknown", name, f"is no visit's label ({', '.join(list(labels)[:12])})", records)
    apart = sheet.cells((sheet.AVISIT == "UNSCHEDULED") & sheet.keep, name)
    if len(apart):
        records.note_cells("visit_unscheduled", sheet.table, apart, "is an unscheduled visit")


def _visit(text: str, labels: dict[str, str], keys: dict[str, str], blank: bool, standard: str) -> str:
    """The code of a visit; of a package, a blank analysis visit and a visit number with decimals are unscheduled."""
    if blank:
        return "UNSCHEDULED" if standard == "adam" else ""
    if text in labels:
        return labels[text]
    key = word_key(text)
    return keys.get(key.replace(" ", ""), "UNSCHEDULED" if is_apart(text) or (standard and _BETWEEN.fullmatch(text)) else "?")


def check_duplicates(sheet: Sheet, records: Records) -> None:
    """Drop rows that repeat another in every cell; quarantine rows of one visit and day with different values."""
    key = pd.DataFrame({"id": sheet.USUBJID, "visit": sheet.AVISIT, "date": sheet.ADT.astype(str)})
    found = sheet.role("AVISIT") or sheet.role("USUBJID")
    if not found or sheet.table.shape not in ("visit", "long"):
        return
    if sheet.table.shape == "long" and sheet.fields:
        key["code"] = sheet.fields[0].PARAMCD
    cells = pd.concat([key, _comparable(sheet)], axis=1)
    repeated = cells.duplicated().to_numpy() & sheet.keep
    _drop_repeated(sheet, repeated, found[0], records)
    named = sheet.keep & (sheet.AVISIT != "") & (sheet.AVISIT != "UNSCHEDULED")
    twice = np.zeros(len(sheet), dtype=bool)
    twice[named] = key[named].duplicated(keep=False)
    values = sheet.fields[0].text if sheet.table.shape == "long" else None
    name = sheet.fields[0].name if sheet.table.shape == "long" else found[0]
    for rows in _groups(key, twice):
        who = f"{sheet.USUBJID[rows][0]}, {sheet.text(found[0])[rows][0]}"
        if values is not None:
            who += f", {sheet.fields[0].PARAMCD[rows][0]}"
        sheet.hold_rows(rows, "visit_twice", name, f"is one of {rows.sum()} rows for {who}, which differ", records)


def _groups(key: pd.DataFrame, rows: Mask) -> list[Mask]:
    """One mask for every group of equal keys."""
    masks = []
    for at in key[rows].groupby(list(key.columns), sort=False).indices.values():
        mask = np.zeros(len(key), dtype=bool)
        mask[np.flatnonzero(rows)[at]] = True
        masks.append(mask)
    return masks


def _comparable(sheet: Sheet) -> pd.DataFrame:
    """What must be equal for two rows to be the same: every measured value, and every fact."""
    columns = {f"v{i}": pd.Series(field.aval).astype(str) + field.censored for i, field in enumerate(sheet.fields)}
    return pd.DataFrame(
        columns | {f"f{role}": values.astype(str) for role, values in sheet.facts.items()}, index=range(len(sheet))
    )


def _drop_repeated(sheet: Sheet, repeated: Mask, name: str, records: Records) -> None:
    if repeated.any():
        cells = sheet.cells(repeated, name, became=np.full(len(sheet), "(row left out)", dtype=object))
        records.change("row_twice", sheet.table, cells, "is a duplicate: the row repeats another in every cell")
        sheet.drop(repeated, "row_twice")


def check_order(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Visits dated in another order than planned: rows whose removal alone restores the order are kept out, else all of them."""
    ranks = {code: rank for rank, code in enumerate(config.visits)}
    use = sheet.keep & ~np.isnat(sheet.ADT) & np.isin(sheet.AVISIT.astype(str), list(ranks))
    if sheet.table.shape != "visit" or not use.any():
        return
    name = (sheet.role("ADT") or ("",))[0]
    frame = pd.DataFrame(
        {
            "row": np.flatnonzero(use),
            "id": sheet.USUBJID[use],
            "rank": [ranks[code] for code in sheet.AVISIT[use]],
            "date": sheet.ADT[use],
        }
    )
    for one, rows in frame.sort_values(["id", "rank", "date"]).groupby("id", sort=False):
        blamed = _out_of_order(rows)
        if len(blamed):
            mask = np.zeros(len(sheet), dtype=bool)
            mask[blamed] = True
            visits = ", ".join(sorted({str(sheet.text((sheet.role("AVISIT") or (name,))[0])[row]) for row in blamed}))
            sheet.hold_rows(mask, "visit_order", name, f"contradicts the order of the visits of {one} ({visits})", records)


def _out_of_order(rows: pd.DataFrame) -> list[int]:
    """Row numbers to blame among one patient's rows, in planned order."""
    if _is_ordered(rows):
        return []
    alone = [row for row in rows["row"] if _is_ordered(rows[rows["row"] != row])]
    return [int(row) for row in alone or rows["row"]]


def _is_ordered(rows: pd.DataFrame) -> bool:
    """Whether every later visit is dated after every earlier one."""
    spans = rows.groupby("rank")["date"].agg(["min", "max"])
    return bool((spans["min"].to_numpy()[1:] > spans["max"].to_numpy()[:-1]).all())


def check_baseline(sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """Rows after baseline of a patient who has no baseline row in any file with rows by visit are kept out."""
    by_visit = [sheet for sheet in sheets if sheet.table.shape in ("visit", "long") and sheet.role("AVISIT")]
    have = {one for sheet in by_visit for one in sheet.USUBJID[sheet.keep & (config.baseline == sheet.AVISIT)]}
    alone = {one for sheet in by_visit for one in sheet.USUBJID[sheet.keep & _planned(sheet, config)]} - have
    hints = likely(alone, by_visit)
    for sheet in by_visit:
        planned = _planned(sheet, config)
        without = planned & ~np.isin(sheet.USUBJID.astype(str), sorted(have)) & sheet.keep
        for one in sorted(set(sheet.USUBJID[without])):
            name = (sheet.role("AVISIT") or ("",))[0]
            reason = f"is a follow-up of {one}, who has no baseline{hints.get(one, '')}"
            sheet.hold_rows(without & (one == sheet.USUBJID), "no_baseline", name, reason, records)


def _planned(sheet: Sheet, config: Cohort) -> Mask:
    return np.isin(sheet.AVISIT.astype(str), list(config.visits))


def check_windows(sheet: Sheet, starts: dict[str, np.datetime64], config: Cohort, records: Records) -> None:
    """Dates against the windows, in days from `starts` (treatment or baseline) by patient.

    A label whose date lies in another visit's window is a contradiction (the row is kept out); a date outside its own window is
    kept with a warning; a row without a label takes the visit whose window holds its date. Labels without a date are warned of.
    """
    found = sheet.role("ADT")
    if not found or sheet.dates:
        return
    days = _days(sheet, starts)
    in_window = {code: (days >= low) & (days <= high) for code, (low, high) in _windows(config).items()}
    _take_by_date(sheet, in_window, records)
    anywhere = np.logical_or.reduce([*in_window.values(), np.zeros(len(sheet), dtype=bool)])
    for code, inside in in_window.items():
        beyond = sheet.keep & (code == sheet.AVISIT) & ~np.isnan(days) & ~inside
        reason = f"lies in another visit's window than that of {code}"
        sheet.hold_rows(beyond & anywhere, "visit_contradiction", found[0], reason, records)
        outside = sheet.cells(beyond & ~anywhere, found[0])
        if len(outside):
            records.note_cells("visit_window", sheet.table, outside, f"lies outside the window of {code}; the row is kept")
    _note_undated(sheet, found[0], config, records)


def _days(sheet: Sheet, starts: dict[str, np.datetime64]) -> np.ndarray:
    """Days since start of every row; NaN without both dates."""
    first = np.array([starts.get(one, np.datetime64("NaT")) for one in sheet.USUBJID], dtype="datetime64[D]")
    days = (sheet.ADT - first).astype("timedelta64[D]").astype("float64")
    return np.where(np.isnat(sheet.ADT) | np.isnat(first), np.nan, days)


def _take_by_date(sheet: Sheet, in_window: dict[str, Mask], records: Records) -> None:
    """Give rows without a label the visit whose window holds their date; in a file that has labels, with a warning."""
    labels = sheet.role("AVISIT")
    if labels and sheet.table.shape in ("visit", "long"):
        nowhere = (sheet.AVISIT == "") & np.isnat(sheet.ADT)
        sheet.hold_rows(nowhere, "visit_nowhere", labels[0], "is no label, and no date tells the visit", records)
    blank = (sheet.AVISIT == "") & sheet.keep
    for code, inside in in_window.items():
        sheet.AVISIT[blank & inside & (sheet.AVISIT == "")] = code
    sheet.AVISIT[blank & (sheet.AVISIT == "")] = "UNSCHEDULED"
    if labels and blank.any() and sheet.table.shape != "event":
        for code in dict.fromkeys(sheet.AVISIT[blank]):
            cells = sheet.cells(blank & (code == sheet.AVISIT), labels[0])
            records.note_cells("visit_unlabelled", sheet.table, cells, f"is no label; the date was taken for {code}")


def note_several(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Warn of rows on different days for one visit of one patient, in a table with one row a visit."""
    found = sheet.role("ADT")
    planned = sheet.keep & np.isin(sheet.AVISIT.astype(str), list(config.visits))
    if sheet.table.shape == "visit" and found:
        key = pd.DataFrame({"id": sheet.USUBJID, "visit": sheet.AVISIT})
        several = np.zeros(len(sheet), dtype=bool)
        several[planned] = key[planned].duplicated(keep=False)
        cells = sheet.cells(several, found[0])
        if len(cells):
            records.note_cells(
                "visit_several",
                sheet.table,
                cells,
                f"is one of several days of this visit; {CHOSEN[config.records.visit]} is used",
            )


def _windows(config: Cohort) -> dict[str, tuple[float, float]]:
    return {code: visit.limits for code, visit in config.visits.items() if visit.limits is not None}


def _note_undated(sheet: Sheet, name: str, config: Cohort, records: Records) -> None:
    blank = missing_words(sheet.text(name), config)
    empty = np.array([text in blank for text in sheet.text(name)], dtype=bool)
    undated = sheet.cells(sheet.keep & empty & np.isin(sheet.AVISIT.astype(str), list(config.visits)), name)
    if len(undated):
        records.note_cells("visit_undated", sheet.table, undated, "is no date; the visit is known by its label")
