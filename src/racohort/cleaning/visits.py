"""When a row is from: its planned visit by label and date, in the planned order, once."""

import re
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.counted import visits_by_day
from racohort.cleaning.likeness import likely
from racohort.cleaning.packages import baseline_by_flag
from racohort.cleaning.samples import sample_of
from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.cleaning.words import missing_words, word_key
from racohort.config import Cohort
from racohort.schema import Records
from racohort.standards import is_apart

#: A visit between two planned ones, by its number in SDTM.
_BETWEEN = re.compile(r"\d+\.\d*[1-9]\d*")
#: Of up to so many patients each is told of by itself.
NAMED = 3
#: Which of several rows stands for a visit, by `records.visit`.
CHOSEN = {"closest": "the one closest to the planned day", "first": "the first", "last": "the last"}


def clean_visits(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Set AVISIT by label; a blank label is "" until the date decides, an unscheduled one UNSCHEDULED, any other quarantined."""
    found = sheet.role("AVISIT")
    if not found:
        return
    name, column = found
    labels = {label: code for code, visit in config.visits.items() for label in (code, *visit.labels)} | (column.codes or {})
    texts = sheet.texts(name)
    blank = missing_words(texts.words, config)
    by_day = None if sheet.table.standard else visits_by_day(sheet, texts, labels, config)
    sheet.AVISIT = texts.each(_by_label(sheet, name, labels, blank.keys())) if by_day is None else by_day
    flagged = baseline_by_flag(sheet, sheet.AVISIT, config)
    sheet.AVISIT[flagged] = config.baseline
    records.change(
        "baseline_flag", sheet.table, sheet.cells(flagged, name, became=sheet.AVISIT), "is of the record flagged as baseline"
    )
    exact = flagged | texts.among(blank.keys() | labels.keys())
    spelled = ~exact & sheet.planned(config.visits) & sheet.keep
    shown = f"was read as the visit {', '.join(sorted(set(sheet.AVISIT[spelled])))}"
    told = shown if by_day is None else "is a day and was taken for the visit whose window holds it"
    records.change("code_spelling", sheet.table, sheet.cells(spelled, name, became=sheet.AVISIT), told)
    coded = texts.among({text for text, code in (column.codes or {}).items() if text != code}) & sheet.keep & ~flagged
    records.change("code_mapped", sheet.table, sheet.cells(coded, name, became=sheet.AVISIT), "was read as the visit declared")
    sheet.hold_rows(sheet.AVISIT == "?", "visit_unknown", name, f"is no visit's label ({', '.join(list(labels)[:12])})", records)
    _tell_unscheduled(sheet, name, texts.among(blank), records)


def _by_label(sheet: Sheet, name: str, labels: dict[str, str], blank: Collection[str]) -> dict[str, str]:
    """The visit of each text of a column, by the text itself or else by the words that the file has for it; "?" of neither."""
    keys = {word_key(label).replace(" ", ""): code for label, code in labels.items()}
    standard, said = sheet.table.standard, sheet.labels(name)
    found = {text: _visit(text, labels, keys, text in blank, standard) for text in sheet.texts(name).words}
    others = {
        text: _visit(said[text], labels, keys, False, standard) for text, code in found.items() if code == "?" and text in said
    }
    return found | others


def _tell_unscheduled(sheet: Sheet, name: str, blank: Mask, records: Records) -> None:
    apart = (sheet.AVISIT == "UNSCHEDULED") & sheet.keep
    for rows, told in (
        (~blank, "is an unscheduled visit, outside the plan"),
        (blank, "names no visit, so that it counts as unscheduled"),
    ):
        if (apart & rows).any():
            records.note_cells("visit_unscheduled", sheet.table, sheet.cells(apart & rows, name), told)


def _visit(text: str, labels: dict[str, str], keys: dict[str, str], blank: bool, standard: str) -> str:
    """The code of a visit; of a package, a blank analysis visit and a visit number with decimals are unscheduled."""
    if blank:
        return "UNSCHEDULED" if standard == "adam" else ""
    if text in labels:
        return labels[text]
    key = word_key(text)
    return keys.get(key.replace(" ", ""), "UNSCHEDULED" if is_apart(text) or (standard and _BETWEEN.fullmatch(text)) else "?")


def check_duplicates(sheet: Sheet, records: Records) -> None:
    """Drop rows that repeat another in every cell; quarantine rows of one visit and sample with different values."""
    found = sheet.role("AVISIT")
    name = found[0] if found else sheet.identifier
    if not name or sheet.table.shape not in ("visit", "long"):
        return
    key = pd.DataFrame({"who": sheet.who, "visit": pd.factorize(sheet.AVISIT)[0], "date": sheet.ADT.astype("int64")})
    key["sample"] = sample_of(sheet)
    key["label"] = np.where(sheet.AVISIT == "UNSCHEDULED", sheet.texts(name).at, -1)  # they are told apart by label
    long = sheet.table.shape == "long" and len(sheet.fields) > 0
    if long:
        key["code"] = pd.factorize(sheet.fields[0].PARAMCD)[0]
    key = key[key.duplicated(keep=False)]
    repeated = np.zeros(len(sheet), dtype=bool)
    repeated[key.index[pd.concat([key, _comparable(sheet, key.index)], axis=1).duplicated()]] = True
    _drop_repeated(sheet, repeated & sheet.keep, name, records)
    named = sheet.keep & (sheet.AVISIT != "") & (sheet.AVISIT != "UNSCHEDULED")
    key = key[named[key.index]]
    _hold_twice(sheet, key[key.duplicated(keep=False)], name, sheet.fields[0] if long else None, records)


def _hold_twice(sheet: Sheet, key: pd.DataFrame, name: str, field: Field | None, records: Records) -> None:
    """Quarantine rows that share their key, told by patient, visit and day."""
    ranks = [pd.factorize(key[column])[0] for column in reversed(key.columns)]
    key = key.iloc[np.lexsort(ranks)] if len(key) else key
    same = key.groupby(list(key.columns), sort=False)
    first = pd.Series(key.index, index=key.index).groupby([key[column] for column in key], sort=False).transform("first")
    who = sheet.USUBJID[first], sheet.text(name)[first], *([] if field is None else [field.PARAMCD[first]])
    counts = same["who"].transform("size")
    reasons = [f"is one of {n} rows for {', '.join(parts)}, which differ" for n, *parts in zip(counts, *who, strict=True)]
    sheet.hold_rows(key.index.to_numpy(), "visit_twice", name if field is None else field.name, reasons, records)


def _comparable(sheet: Sheet, rows: pd.Index) -> pd.DataFrame:
    """What must be equal for two rows to be the same: every measured value with its side of an assay's limit, and every fact."""
    at = rows.to_numpy()
    values = {f"v{i}": pd.factorize(field.aval[at])[0] for i, field in enumerate(sheet.fields)}
    sides = {f"s{i}": pd.factorize(field.censored[at])[0] for i, field in enumerate(sheet.fields)}
    facts = {f"f{role}": pd.factorize(values[at])[0] for role, values in sheet.facts.items()}
    return pd.DataFrame(values | sides | facts, index=rows)


def _drop_repeated(sheet: Sheet, repeated: Mask, name: str, records: Records) -> None:
    if repeated.any():
        cells = sheet.cells(repeated, name, became=np.full(len(sheet), "(row left out)", dtype=object))
        records.change("row_twice", sheet.table, cells, "is a duplicate: the row repeats another in every cell")
        sheet.drop(repeated, "row_twice")


def check_order(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Visits dated in another order than planned: rows whose removal alone restores the order are kept out, else all of them."""
    ranks = {code: rank for rank, code in enumerate(config.visits)}
    use = np.flatnonzero(sheet.keep & ~np.isnat(sheet.ADT) & sheet.planned(config.visits))
    if sheet.table.shape != "visit" or not len(use):
        return
    name = (sheet.role("ADT") or ("",))[0]
    rank = pd.Series(sheet.AVISIT[use], dtype=object).map(ranks).to_numpy()
    rows = pd.DataFrame({"row": use, "who": sheet.who[use], "rank": rank, "date": sheet.ADT[use].astype("int64")})
    blamed = [_out_of_order(some) for _, some in _suspects(rows).groupby("who")]
    at = np.sort(np.concatenate([np.array([], dtype=int), *blamed]))
    at = at[np.argsort(sheet.who[at], kind="stable")]
    labels = sheet.text((sheet.role("AVISIT") or (name,))[0])[at]
    visits = pd.Series(labels, dtype=object).groupby(sheet.who[at]).agg(lambda some: ", ".join(sorted(set(some)))).to_dict()
    told = [f"contradicts the order of the visits of {sheet.people[one]} ({visits[one]})" for one in sheet.who[at]]
    sheet.hold_rows(at, "visit_order", name, told, records)


def _suspects(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of patients with any visit that is not dated after an earlier one, in planned order."""
    rows = rows.sort_values(["who", "rank", "date"])
    spans = rows.groupby(["who", "rank"])["date"].agg(["min", "max"]).reset_index()
    before = spans.shift()
    wrong = (spans["who"] == before["who"]) & (spans["min"] <= before["max"])
    return rows[rows["who"].isin(spans.loc[wrong, "who"])]


def _out_of_order(rows: pd.DataFrame) -> np.ndarray:
    """Row numbers to blame among one patient's rows, in planned order."""
    rank, date, row = (rows[name].to_numpy() for name in ("rank", "date", "row"))
    others = ~np.eye(len(row), dtype=bool)
    alone = [one for one, left in zip(row, others, strict=True) if _is_ordered(rank[left], date[left])]
    return np.array(alone or row, dtype=int)


def _is_ordered(rank: np.ndarray, date: np.ndarray) -> bool:
    """Whether every later visit is dated after every earlier one."""
    return all((date[rank > one] > date[rank == one].max()).all() for one in rank)


def check_baseline(sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """Rows after baseline of a patient who has no baseline, in any file with rows by visit or column by visit, are kept out."""
    by_visit = [sheet for sheet in sheets if sheet.table.shape in ("visit", "long") and sheet.role("AVISIT")]
    have, seen = (np.zeros(len(by_visit[0].people) if by_visit else 0, dtype=bool) for _ in range(2))
    for sheet in by_visit:
        have[sheet.who[sheet.keep & (config.baseline == sheet.AVISIT)]] = True
        seen[sheet.who[sheet.keep & sheet.planned(config.visits)]] = True
    for sheet in sheets if by_visit else []:
        for field in (field for field in sheet.fields if field.column.visit == config.baseline):
            have[sheet.who[sheet.keep & field.good]] = True
    hints = likely(by_visit[0].people[seen & ~have], by_visit) if by_visit else {}
    for sheet in by_visit:
        at = sheet.by_person(sheet.planned(config.visits) & ~have[sheet.who] & sheet.keep)
        many = len(set(sheet.who[at])) > NAMED and not hints
        told = [f"is a follow-up of {one}, who has no baseline{hints.get(one, '')}" for one in sheet.people[sheet.who[at]]]
        said = f"is a follow-up of one of {len(set(told))} patients who have no baseline" if many else told
        sheet.hold_rows(at, "no_baseline", (sheet.role("AVISIT") or ("",))[0], said, records)


def check_windows(sheet: Sheet, starts: np.ndarray, config: Cohort, records: Records) -> None:
    """Dates against the windows, in days from `starts` (treatment or baseline) by patient.

    A label whose date lies in another visit's window is a contradiction (the row is kept out); a date outside its own window is
    kept with a warning; a row without a label takes the visit whose window holds its date. Labels without a date are warned of.
    """
    found = sheet.role("ADT")
    if not found or sheet.dates:
        return
    untold = sheet.keep & (sheet.AVISIT == "") & ~np.isnat(sheet.ADT) & (sheet.table.shape in ("visit", "long"))
    if untold.any() and not _windows(config):
        rows = "1 row has" if untold.sum() == 1 else f"{untold.sum()} rows have"
        said = f"{rows} a date and no visit, and no visit of cohort.yml has a window that would tell it"
        records.note("visit_untold", said, sheet.table, column=found[0], count=int(untold.sum()))
    days = _days(sheet, starts)
    if (lost := untold & np.isnan(days)).any() and _windows(config):
        rows = "1 row has" if lost.sum() == 1 else f"{lost.sum()} rows have"
        said = f"{rows} a date and no visit, and no first day of their patients is known from which its window would tell it"
        records.note("visit_untold", said, sheet.table, column=found[0], count=int(lost.sum()))
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


def _days(sheet: Sheet, starts: np.ndarray) -> np.ndarray:
    """Days since start of every row; NaN without both dates."""
    first = starts[sheet.who]
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
    planned = sheet.keep & sheet.planned(config.visits)
    if sheet.table.shape == "visit" and found:
        key = pd.DataFrame({"who": sheet.who, "visit": pd.factorize(sheet.AVISIT)[0]})
        several = np.zeros(len(sheet), dtype=bool)
        several[planned] = key[planned].duplicated(keep=False)
        for code in dict.fromkeys(sheet.AVISIT[several]):
            told = f"is one of several days of the visit {code}; {CHOSEN[config.records.visit]} is used"
            records.note_cells("visit_several", sheet.table, sheet.cells(several & (code == sheet.AVISIT), found[0]), told)


def _windows(config: Cohort) -> dict[str, tuple[float, float]]:
    return {code: visit.limits for code, visit in config.visits.items() if visit.limits is not None}


def _note_undated(sheet: Sheet, name: str, config: Cohort, records: Records) -> None:
    texts = sheet.texts(name)
    empty = texts.among(missing_words(texts.words, config))
    undated = sheet.cells(sheet.keep & empty & sheet.planned(config.visits), name)
    if len(undated):
        records.note_cells("visit_undated", sheet.table, undated, "is no date; the visit is known by its label")
