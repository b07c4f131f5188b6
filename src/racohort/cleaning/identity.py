"""Who a row is about: identifiers stay text, their spellings are joined, and what cannot be one person is kept out."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.likeness import likely
from racohort.cleaning.sheets import Sheet
from racohort.cleaning.words import tidy
from racohort.config import Cohort
from racohort.schema import Records

_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2,}")
_FLOAT = re.compile(r"[0-9]+\.0+")
_NUMBER = re.compile(r"0*[0-9]+")
#: Mark-up or a formula: kept as text, but no name of a site that a table could be made by.
_NO_NAME = re.compile(r"[<>{}\[\]`|\\]|^[=+@-]")
#: What stands in the identifier's column where there is none.
_NOBODY = {
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "none",
    "<na>",
    "#ref!",
    "#value!",
    "#name?",
    "#null!",
    "#num!",
    "#div/0!",
    "unknown",
}
#: Words in the identifier's column that say the row is no patient.
_TOTALS = {"total", "totals", "sum", "mean", "average", "n", "合计", "总计", "平均", "平均值"}


def clean_ids(sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """Set USUBJID in every sheet: one spelling for one identifier over all files; rows without a usable one are quarantined."""
    read = [_read(sheet) for sheet in sheets]
    counts = Counter(_plain(text) for texts in read for text in texts)
    usual: dict[str, str] = {}
    for word, times in sorted(counts.items()):
        key = word.casefold()
        if key not in usual or times > counts[usual[key]]:
            usual[key] = word
    for sheet, texts in zip(sheets, read, strict=True):
        plain = [_plain(text) for text in texts]
        sheet.USUBJID = np.array([usual[word.casefold()] for word in plain], dtype=object)
        _check_forms(sheet, texts, records)
    _check_zeros(sheets, records)


def _plain(text: str) -> str:
    """An identifier without differences of width, without what cannot be seen, and without a spreadsheet's text mark."""
    return tidy(unicodedata.normalize("NFKC", text)).removeprefix("'")


def _read(sheet: Sheet) -> np.ndarray:
    found = sheet.role("USUBJID")
    return sheet.text(found[0]) if found else np.full(len(sheet), "", dtype=object)


def _id_name(sheet: Sheet) -> str:
    found = sheet.role("USUBJID")
    return found[0] if found else ""


def _check_forms(sheet: Sheet, texts: np.ndarray, records: Records) -> None:
    """Missing and damaged identifiers, rows of totals, and identifiers whose spelling was changed."""
    name = _id_name(sheet)
    if not name:
        return
    ids = sheet.USUBJID
    nobody = np.array([word == "" or word.casefold() in _NOBODY for word in ids], dtype=bool)
    sheet.hold_rows(nobody, "id_missing", name, "is no identifier", records)
    totals = np.array([word.casefold() in _TOTALS for word in ids], dtype=bool)
    sheet.hold_rows(totals, "totals_row", name, "stands where an identifier should be", records)
    _check_rounded(sheet, name, records)
    _check_floats(sheet, name, records)
    changed = sheet.keep & np.array([text != word for text, word in zip(texts, sheet.USUBJID, strict=True)], dtype=bool)
    became = ", ".join(sorted(set(sheet.USUBJID[changed]))[:5])
    records.change("id_spelling", sheet.table, sheet.cells(changed, name, became=sheet.USUBJID), f"was read as {became}")


def _check_rounded(sheet: Sheet, name: str, records: Records) -> None:
    rounded = np.array([_ROUNDED.fullmatch(word) is not None for word in sheet.USUBJID], dtype=bool)
    if rounded.sum() * 2 > len(rounded):
        first = int(np.flatnonzero(rounded)[0])
        where = f"line {sheet.table.line[first]}, column {name}: identifiers such as {sheet.USUBJID[first]!r}"
        said = f"{where} were rounded and no longer tell patients apart"
        records.note(
            "id_damaged",
            said,
            sheet.table,
            line=int(sheet.table.line[first]),
            column=name,
            value=sheet.USUBJID[first],
            count=int(rounded.sum()),
        )
    else:
        sheet.hold_rows(rounded, "id_damaged_row", name, "is a rounded number, not an identifier", records)


def _check_floats(sheet: Sheet, name: str, records: Records) -> None:
    """2.0 is 2 where all identifiers have a .0; among others nobody can tell."""
    floats = np.array([_FLOAT.fullmatch(word) is not None for word in sheet.USUBJID], dtype=bool)
    if floats[sheet.keep].all():
        sheet.USUBJID = np.array(
            [word.split(".")[0] if is_float else word for word, is_float in zip(sheet.USUBJID, floats, strict=True)], dtype=object
        )
    else:
        sheet.hold_rows(floats, "id_float", name, "looks like an identifier that was turned into a decimal number", records)


def _check_zeros(sheets: Sequence[Sheet], records: Records) -> None:
    """002 and 2 in one cohort: rows with the shorter form are kept out, because zeros may have been lost."""
    words = {word for sheet in sheets for word in sheet.USUBJID[sheet.keep] if _NUMBER.fullmatch(word)}
    longest: dict[str, str] = {}
    for word in sorted(words, key=len):
        longest[word.lstrip("0")] = word
    for sheet in sheets:
        for short in sorted(word for word in words if longest[word.lstrip("0")] != word):
            reason = f"may be {longest[short.lstrip('0')]} without its leading zeros"
            sheet.hold_rows(short == sheet.USUBJID, "id_zeros", _id_name(sheet), reason, records)


def check_sites(sheets: Sequence[Sheet], records: Records) -> None:
    """One identifier at two sites: all its rows are kept out. A site with one patient is warned of, the patient not named."""
    rows = [
        pd.DataFrame({"id": sheet.USUBJID[sheet.keep], "site": sheet.facts["SITEID"][sheet.keep]})
        for sheet in sheets
        if "SITEID" in sheet.facts
    ]
    seen = pd.concat(rows, ignore_index=True).drop_duplicates() if rows else pd.DataFrame({"id": [], "site": []}, dtype="str")
    seen = seen[(seen["site"] != "") & (seen["id"] != "")]
    twice = sorted(seen.loc[seen["id"].duplicated(), "id"].unique())
    for sheet in sheets:
        for one in twice:
            at = ", ".join(sorted(seen.loc[seen["id"] == one, "site"]))
            sheet.hold_rows(
                one == sheet.USUBJID,
                "id_two_sites",
                _id_name(sheet),
                f"stands for patients at several sites ({at})",
                records,
                "patient",
            )
    _note_small(seen[~seen["id"].isin(twice)], sheets, records)


def _note_small(seen: pd.DataFrame, sheets: Sequence[Sheet], records: Records) -> None:
    counts = seen.loc[~seen["site"].astype("str").str.contains(_NO_NAME), "site"].value_counts()
    table = next((sheet.table for sheet in sheets if "SITEID" in sheet.facts), None)
    for site in sorted(counts.index[counts == 1]) if len(counts) > 1 else []:
        records.note(
            "small_site", f"the site {site} has one patient: any table by site shows a person", table, column="site", value=site
        )


def check_known(sheets: Sequence[Sheet], records: Records) -> None:
    """Where a file lists the patients, rows about anybody else are kept out; events need a patient in any of the files."""
    lists = [sheet for sheet in sheets if sheet.table.shape == "subject"]
    others = [sheet for sheet in sheets if sheet.table.shape not in ("subject", "event")]
    known = {word for sheet in lists or others for word in sheet.USUBJID[sheet.keep | (sheet.why == "row_twice")]}
    everybody = known | {word for sheet in others for word in sheet.USUBJID}
    for sheet in sheets:
        if lists and sheet.table.shape not in ("subject", "event"):
            _hold_strangers(sheet, known, "id_unknown", "is not in the list of patients", [*lists, *others], records)
        elif sheet.table.shape == "event" and any(sheet.roles()):
            _hold_strangers(sheet, everybody, "event_unknown_patient", "is nobody in the cohort", [*lists, *others], records)


def _hold_strangers(sheet: Sheet, known: set[str], rule: str, reason: str, sheets: Sequence[Sheet], records: Records) -> None:
    """Keep out the rows of those who are not known; one whose identifier looks like a patient's is told with it."""
    stranger = ~np.isin(sheet.USUBJID.astype(str), sorted(known))
    for one, hint in likely(set(sheet.USUBJID[stranger & sheet.keep]), sheets).items():
        sheet.hold_rows(np.asarray(one == sheet.USUBJID), rule, _id_name(sheet), reason + hint, records)
    sheet.hold_rows(stranger, rule, _id_name(sheet), reason, records)
