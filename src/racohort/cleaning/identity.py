"""Who a row is about: identifiers stay text, their spellings are joined, and what cannot be one person is kept out."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from racohort.cleaning.likeness import likely
from racohort.cleaning.sheets import Mask, Sheet, Texts, people_of
from racohort.cleaning.words import NOTHING, tidy
from racohort.config import Cohort
from racohort.schema import OF_FILE, Records

_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2,}")
_FLOAT = re.compile(r"[0-9]+\.0+")
_NUMBER = re.compile(r"(|.*\D)0*([0-9]+)")
_LATIN = re.compile(r"[A-Za-z]")
#: Capital letters of the Greek and the Cyrillic alphabet that nobody can tell from Latin ones, and these.
ALIKE = str.maketrans(
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408",
    "ABEZHIKMNOPTYX" "ABEKMHOPCTYXSIJ",
)  # fmt: skip
#: Mark-up or a formula: kept as text, but no name of a site that a table could be made by.
_NO_NAME = re.compile(r"[<>{}\[\]`|\\]|^[=+@-]")
#: What stands in the identifier's column where there is none.
_NOBODY = NOTHING | {"na", "n/a", "#ref!", "#value!", "#name?", "#num!", "#div/0!"}
#: Words in the identifier's column that say the row is no patient.
_TOTALS = {
    "total", "totals", "subtotal", "grand total", "sum", "mean", "average", "median", "n", "合计", "总计", "小计", "平均",
    "平均值", "平均数", "均值", "中位数", "标准差", "gesamt", "summe", "mittelwert", "promedio", "média", "moyenne", "somme",
    "参考范围", "参考值", "参考区间", "正常范围", "正常值", "单位", "normal range", "normal values", "reference range",
    "reference values", "ref. range", "units", "unit", "referenzbereich", "normbereich", "normwerte", "einheit",
    "valores de referencia", "rango normal", "valores normales", "valeurs normales", "valeurs de référence",
    "valores de referência",
}  # fmt: skip
#: How a note under a table begins.
_NOTE = re.compile(
    r"[*†‡※]|(?:注|备注|说明|数据来源|来源|制表|notes?|remarks?|anmerkung|legende?|nota|source|quelle|stand)\s*\d*\s*[:：.。]"
)
#: What parts such a word from what is said besides, as in "Total (n = 18)" and "Mean ± SD".
_BESIDES = re.compile(r"\s*[(:：±（]")


def clean_ids(sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """Set USUBJID in every sheet: one spelling for one identifier over all files; rows without a usable one are quarantined."""
    read = [_read(sheet) for sheet in sheets]
    plain = _in_latin([[_plain(text) for text in texts.words] for texts in read])
    usual = _usual(plain, [texts.counts().tolist() for texts in read])
    spelled = [np.array([usual[word.casefold()] for word in words], dtype=object) for words in plain]
    people = _set_people(sheets, [Texts(words, texts.at) for words, texts in zip(spelled, read, strict=True)])
    forms = np.array([form_of(word) for word in people], dtype=object)
    for sheet, texts in zip(sheets, read, strict=True):
        _check_forms(sheet, texts, forms, records)
    _hold_titles(sheets, records)
    if any(sheet.people is not people for sheet in sheets):
        _set_people(sheets, [Texts(sheet.people, sheet.who) for sheet in sheets])
    _check_zeros(sheets, records)


def _usual(plain: Sequence[Sequence[str]], counts: Sequence[Sequence[int]]) -> dict[str, str]:
    """For every identifier, without regard to case, the spelling that most rows have; the first in the alphabet of several."""
    every = {word for words in plain for word in words}
    folded = {word.casefold(): word for word in every}
    if len(folded) == len(every):
        return folded
    total: Counter[str] = Counter()
    for words, times in zip(plain, counts, strict=True):
        for word, count in zip(words, times, strict=True):
            total[word] += count
    best: dict[str, str] = {}
    for word, count in total.items():
        other = best.setdefault(word.casefold(), word)
        if (-count, word) < (-total[other], other):
            best[word.casefold()] = word
    return best


def _set_people(sheets: Sequence[Sheet], read: Sequence[Texts]) -> np.ndarray:
    """Give all sheets one list of people, which is returned, and every row its place in it."""
    people = np.array(sorted({word for texts in read for word in texts.words}), dtype=object)
    places = {word: place for place, word in enumerate(people)}
    for sheet, texts in zip(sheets, read, strict=True):
        sheet.people, sheet.who = people, texts.each(places, "int32")
    return people


def _plain(text: str) -> str:
    """An identifier without differences of width, without what cannot be seen, and without a spreadsheet's text mark."""
    if text.isascii() and text.isalnum():
        return text
    return tidy(unicodedata.normalize("NFKC", text)).removeprefix("'")


def _in_latin(plain: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Identifiers with the Latin letters that their Greek or Cyrillic ones look like, where most are written in Latin letters.

    >>> _in_latin([["P001", "P002", "\u03a1003"]]), _in_latin([["\u0420\u0410-1", "\u0420\u0410-2", "P3"]])[0][2]
    ([['P001', 'P002', 'P003']], 'P3')
    """
    known = {word for words in plain for word in words}
    latin = {word: read for word in known if not word.isascii() and (read := word.translate(ALIKE)).isascii()}
    if not latin or 2 * len(latin) > sum(bool(_LATIN.search(word)) for word in known):
        return plain
    return [[latin.get(word, word) for word in words] for words in plain]


def _read(sheet: Sheet) -> Texts:
    """The identifier of every row, as it stands there, or the site and the number within it; "" of a row without either."""
    site = sheet.role("SITEID")
    if not sheet.identifier:
        return Texts(np.array([""], dtype=object), np.zeros(len(sheet), dtype="int32"))
    if sheet.role("USUBJID") or site is None:
        return sheet.texts(sheet.identifier)
    numbers, sites = sheet.texts(sheet.identifier), sheet.texts(site[0])
    at, pairs = pd.factorize(numbers.at.astype("int64") * len(sites.words) + sites.at)
    words = [_within(sites.words[pair % len(sites.words)], numbers.words[pair // len(sites.words)]) for pair in pairs]
    return Texts(np.array(words, dtype=object), at.astype("int32"))


def _within(site: str, number: str) -> str:
    """The identifier of a patient whose number is one within the site.

    >>> _within("Xi'an", " 07"), _within("A", "3.0"), _within("A", "Total"), _within("", "3")
    ("Xi'an-07", 'A-3', 'Total', '')
    """
    place, plain = tidy(site), tidy(number)
    plain = plain.split(".")[0] if _FLOAT.fullmatch(plain) else plain
    return plain if form_of(plain) else f"{place}-{plain}" if place else ""


def form_of(word: str) -> str:
    """What an identifier is instead of one: `missing`, `total`, `rounded`, `float`, or "".

    >>> form_of("NA"), form_of("Total (n = 18)"), form_of("1.2E+11"), form_of("12.0"), form_of("P012")
    ('missing', 'total', 'rounded', 'float', '')
    >>> form_of("注：CRP 检测下限 3 mg/L"), form_of("* k.A. = keine Angabe"), form_of("Stand07")
    ('total', 'total', '')
    """
    folded = word.casefold()
    if folded in _NOBODY or not any(map(str.isalnum, word)):
        return "missing"
    if word.isascii() and word.isalnum() and word[0].isalpha():
        return "total" if folded in _TOTALS else ""
    return (
        "total"
        if _BESIDES.split(folded)[0] in _TOTALS or _NOTE.match(folded)
        else "rounded"
        if _ROUNDED.fullmatch(word)
        else "float"
        if _FLOAT.fullmatch(word)
        else ""
    )


def _check_forms(sheet: Sheet, texts: Texts, forms: np.ndarray, records: Records) -> None:
    """Missing and damaged identifiers, rows of totals, and identifiers whose spelling was changed; `forms` has all people's."""
    name = sheet.identifier
    if not name:
        return
    of = {form: (forms == form)[sheet.who] for form in ("missing", "total", "rounded", "float")}
    told = (
        "is no identifier" if sheet.role("USUBJID") else "names nobody: it is no number, or its site is not there (role SITEID)"
    )
    sheet.hold_rows(of["missing"], "id_missing", name, told, records)
    sheet.hold_rows(of["total"], "totals_row", name, "stands where an identifier should be", records)
    _check_rounded(sheet, of["rounded"], name, records)
    _check_floats(sheet, of["float"], name, records)
    changed = sheet.keep & (texts.words[texts.at] != sheet.USUBJID)
    became = ", ".join(sorted(set(sheet.USUBJID[changed]))[:5])
    records.change("id_spelling", sheet.table, sheet.cells(changed, name, became=sheet.USUBJID), f"was read as {became}")


def _hold_titles(sheets: Sequence[Sheet], records: Records) -> None:
    """Rows with an identifier and nothing else, of nobody of whom any file says more: a title or a note, no patient."""
    alone = [_alone(sheet) for sheet in sheets]
    told = people_of(sheets, [np.delete(sheet.who, rows) for sheet, rows in zip(sheets, alone, strict=True)])
    for sheet, rows in zip(sheets, alone, strict=True):
        reason = "stands alone in its row: a title or a note, no patient"
        sheet.hold_rows(rows[~told[sheet.who[rows]]], "totals_row", sheet.identifier, reason, records)


def _alone(sheet: Sheet) -> np.ndarray:
    """The rows of a table of visits or measurements that hold an identifier and nothing else that is read."""
    rows = np.flatnonzero(sheet.keep) if sheet.identifier and sheet.table.shape in ("visit", "long") else np.array([], dtype=int)
    for name, column in sheet.table.columns.items():
        if name not in (sheet.identifier, OF_FILE) and column.role != "IGNORE" and len(rows):
            rows = rows[sheet.table.cells[name].iloc[rows].astype("str").str.strip().to_numpy() == ""]
    return rows


def _check_rounded(sheet: Sheet, rounded: Mask, name: str, records: Records) -> None:
    if rounded.sum() * 2 > len(rounded):
        first = int(np.flatnonzero(rounded)[0])
        line, word, count = int(sheet.table.line[first]), sheet.USUBJID[first], int(rounded.sum())
        said = f"line {line}, column {name}: identifiers such as {word!r} were rounded and no longer tell patients apart"
        records.note("id_damaged", said, sheet.table, line=line, column=name, value=word, count=count)
    else:
        sheet.hold_rows(rounded, "id_damaged_row", name, "is a rounded number, not an identifier", records)


def _check_floats(sheet: Sheet, floats: Mask, name: str, records: Records) -> None:
    """2.0 is 2 where all identifiers have a .0; among others nobody can tell."""
    if floats[sheet.keep].all():
        whole = [word.split(".")[0] if _FLOAT.fullmatch(word) else word for word in sheet.people]
        sheet.people = np.array(whole, dtype=object)
    else:
        sheet.hold_rows(floats, "id_float", name, "looks like an identifier that was turned into a decimal number", records)


def _check_zeros(sheets: Sequence[Sheet], records: Records) -> None:
    """002 and 2 (P002 and P2) in one cohort: rows with the shorter form are kept out, because zeros may have been lost."""
    keys = {word: (parts[1].casefold(), parts[2]) for word in _kept(sheets) if (parts := _NUMBER.fullmatch(word))}
    if len(set(keys.values())) == len(keys):
        return
    longest = {keys[word]: word for word in sorted(keys, key=len)}
    reasons = {word: f"may be {longest[key]} without its leading zeros" for word, key in keys.items() if longest[key] != word}
    _hold_people(sheets, "id_zeros", reasons, records)


def _kept(sheets: Sequence[Sheet]) -> np.ndarray:
    """The people of the rows that are kept."""
    there = (
        np.unique(np.concatenate([np.unique(sheet.who[sheet.keep]) for sheet in sheets])) if sheets else np.array([], dtype=int)
    )
    return sheets[0].people[there] if sheets else there


def _hold_people(sheets: Sequence[Sheet], rule: str, reasons: Mapping[str, str], records: Records, scope: str = "row") -> None:
    """Quarantine all rows of some people, in every sheet, each for a reason of its own."""
    held = np.array([word in reasons for word in sheets[0].people], dtype=bool) if reasons else np.array([])
    for sheet in sheets if reasons else []:
        at = sheet.by_person(held[sheet.who] & sheet.keep)
        sheet.hold_rows(at, rule, sheet.identifier, [reasons[word] for word in sheet.people[sheet.who[at]]], records, scope)


def check_sites(sheets: Sequence[Sheet], records: Records) -> None:
    """One identifier at two sites: all its rows are kept out. A site with one patient is warned of, the patient not named."""
    rows = [
        pd.DataFrame({"who": sheet.who[sheet.keep], "site": sheet.facts["SITEID"][sheet.keep]})
        for sheet in sheets
        if "SITEID" in sheet.facts
    ]
    if not rows:
        return
    seen = pd.concat(rows, ignore_index=True).drop_duplicates()
    people = sheets[0].people
    seen = seen[(seen["site"] != "") & (people[seen["who"]] != "")]
    twice = seen[seen["who"].duplicated(keep=False)].sort_values(["who", "site"])
    at = twice.groupby("who")["site"].agg(", ".join)
    reasons = {people[who]: f"stands for patients at several sites ({sites})" for who, sites in at.items()}
    _hold_people(sheets, "id_two_sites", reasons, records, "patient")
    _note_small(seen[~seen["who"].isin(twice["who"])], sheets, records)


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
    known = people_of(sheets, [sheet.who[sheet.keep | (sheet.why == "row_twice")] for sheet in lists or others])
    everybody = known | people_of(sheets, [sheet.who for sheet in others])
    for sheet in sheets:
        if lists and sheet.table.shape not in ("subject", "event"):
            _hold_strangers(sheet, known, "id_unknown", "is not in the list of patients", [*lists, *others], records)
        elif sheet.table.shape == "event" and any(sheet.roles()):
            _hold_strangers(sheet, everybody, "event_unknown_patient", "is nobody in the cohort", [*lists, *others], records)


def _hold_strangers(sheet: Sheet, known: Mask, rule: str, reason: str, sheets: Sequence[Sheet], records: Records) -> None:
    """Keep out the rows of those who are not known; one whose identifier looks like a patient's is told with it."""
    stranger = ~known[sheet.who]
    for one, hint in likely(set(sheet.USUBJID[stranger & sheet.keep]), sheets).items():
        sheet.hold_rows(np.asarray(one == sheet.USUBJID), rule, sheet.identifier, reason + hint, records)
    sheet.hold_rows(stranger, rule, sheet.identifier, reason, records)
