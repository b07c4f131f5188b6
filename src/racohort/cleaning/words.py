"""Words and codes: the same word in its many spellings, and what a code stands for."""

import unicodedata
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Sheet, Texts
from racohort.config import Cohort, Column
from racohort.schema import Records

_YES = {
    "y": "Y",
    "yes": "Y",
    "true": "Y",
    "1": "Y",
    "是": "Y",
    "有": "Y",
    "n": "N",
    "no": "N",
    "false": "N",
    "0": "N",
    "否": "N",
    "无": "N",
}
#: Words that have one meaning in every file, by role.
KNOWN: dict[str, dict[str, str]] = {
    "SEX": {"m": "M", "male": "M", "man": "M", "男": "M", "男性": "M", "f": "F", "female": "F", "woman": "F", "女": "F",
    "女性": "F"},
    "AESER": _YES | {"serious": "Y", "sae": "Y", "严重": "Y", "non-serious": "N", "not serious": "N", "非严重": "N"},
    "DTHFL": _YES, "AESDTH": _YES,
    "EOSSTT": {"completed": "COMPLETED", "complete": "COMPLETED", "discontinued": "DISCONTINUED", "withdrawn": "DISCONTINUED",
               "ongoing": "ONGOING", "完成": "COMPLETED", "退出": "DISCONTINUED"},
    "CMACT": {word: word.upper() for word in ("baseline", "start", "stop", "increase", "decrease")},
    "CMCLAS": {"csdmard": "csDMARD", "bdmard": "bDMARD", "tsdmard": "tsDMARD", "gc": "GC", "other": "OTHER"},
}  # fmt: skip
#: Roles for which another word than the known ones cannot be used.
CLOSED = ("SEX", "AESER", "DTHFL", "AESDTH", "EOSSTT", "CMACT", "CMCLAS")
#: What programs write where there is nothing, and words that say nothing else than that.
NOTHING = {
    "null",
    "nan",
    "none",
    "<na>",
    "#n/a",
    "nil",
    "not done",
    "missing",
    "缺失",
    "未查",
    "未做",
    "未测",
    "未检",
    "不详",
    "未知",
    "unknown",
    "unk",
    "nat",
    "#null!",
    "-",
    "--",
    "—",
    "–",
    "/",
}
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad")
)
#: Signs that stand for a minus or a hyphen.
DASHES = dict.fromkeys(map(ord, "−–—‐‑"), "-")


def tidy(text: str) -> str:
    """A text without spaces around it, line breaks, doubled spaces or invisible characters.

    >>> tidy(" Beijing\\nA "), tidy("\\u200bx")
    ('Beijing A', 'x')
    """
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return " ".join(text.translate(_INVISIBLE).split())


#: What Turkish programs make of i and I; the dot is what is left of their capital İ.
_TURKISH = {ord("ı"): "i", 0x307: None}


def word_key(text: str) -> str:
    """A word as it is compared: width, case (of Turkish programs, too) and spaces make no difference.

    >>> word_key("ＤＭＡＲＤ ") == word_key("dmard"), word_key("BASELİNE") == word_key("baselıne") == "baseline"
    (True, True)
    """
    if text.isascii():
        return tidy(text).casefold()
    return tidy(unicodedata.normalize("NFKC", text)).casefold().translate(_TURKISH)


def is_garbled(text: str) -> bool:
    """Whether a text holds a lost character, or is UTF-8 that was once read as Windows-1252.

    >>> is_garbled("MÃ¼nchen"), is_garbled("M\ufffdnchen"), is_garbled("München"), is_garbled("北京")
    (True, True, False, False)
    """
    if text.isascii() or "\ufffd" in text:
        return not text.isascii()
    try:
        return bool(text.encode("cp1252").decode("utf-8"))
    except UnicodeError:
        return False


def missing_words(texts: np.ndarray, config: Cohort | None, strict: bool = False) -> dict[str, bool]:
    """Which texts mean "no value", each with whether that needs to be told.

    Blank cells and the codes of `cohort.yml` are missing; so are their spellings (N/A for NA), and unless `strict` what programs
    write for nothing. Only an empty cell goes without saying. Without a `config` only blank cells are missing.
    """
    declared = set(config.missing) if config is not None else set()
    strict = strict or config is None
    loose = {_bare(code) for code in declared if _bare(code)}
    found = {}
    for text in pd.unique(texts):
        plain = tidy(text)
        known = text in declared or plain in declared or (not strict and (word_key(text) in NOTHING or _bare(text) in loose))
        if plain == "" or known:
            found[text] = text != ""
    return found


def missing_labels(texts: np.ndarray, labels: Mapping[str, str]) -> dict[str, bool]:
    """Which codes mean "no value" by the word that the file itself has for them."""
    return {text: True for text in texts if word_key(labels.get(text, "")) in NOTHING}


def _bare(text: str) -> str:
    """A word without the marks in it, a number with one kind of minus and without .0.

    >>> _bare("N/A"), _bare("n.a."), _bare("−99.0"), _bare("9.9")
    ('na', 'na', '-99', '9.9')
    """
    key = word_key(text)
    if any(map(str.isdigit, key)):
        return key.translate(DASHES).removesuffix(".0")
    bare = "".join(filter(str.isalnum, key))
    return bare if len(bare) > 1 else ""


def translate(sheet: Sheet, role: str, name: str, column: Column, config: Cohort, records: Records) -> np.ndarray:
    """A column of words as their meanings; "" where missing or quarantined.

    With `codes` every word must be one of them, up to spelling; a role with known words accepts these, too. Otherwise words are
    kept, their rarer spellings replaced by the most frequent one. A code for which the file has a word stands for it.
    """
    texts = sheet.texts(name)
    words = texts.words
    free = column.codes is None and role not in CLOSED
    labels = sheet.labels(name)
    missing = missing_words(words, None if role == "SITEID" else config, strict=free or _means_something(words, column))
    missing |= missing_labels(words, labels)
    labels = labels if all(text in labels or text in missing for text in words) else {}
    known = KNOWN.get(role, {})
    missing = {text: told for text, told in missing.items() if text not in (column.codes or {}) and word_key(text) not in known}
    meanings, rules = {}, {}
    usual = _usual(texts) if free else {}
    for text in words:
        if text in missing:
            meanings[text], rules[text] = "", "missing_code" if missing[text] and tidy(text) else ""
        else:
            meanings[text], rules[text] = _meaning(text, column.codes, known, role in CLOSED, usual)
            if text in labels and text not in (column.codes or {}):
                meanings[text], rule = _meaning(labels[text], column.codes, known, role in CLOSED, {})
                rules[text] = rule if rule == "code_unknown" else "code_mapped"
    _tell(sheet, name, texts, meanings, rules, records)
    garbled = texts.among({text for text in words if is_garbled(text)}) & sheet.keep
    if garbled.any():
        records.note_cells("text_garbled", sheet.table, sheet.cells(garbled, name), "was damaged by a wrong encoding")
    return texts.each(meanings)


def _means_something(words: np.ndarray, column: Column) -> bool:
    return column.codes is not None and any(text in column.codes and word_key(text) in NOTHING for text in words)


def _usual(texts: Texts) -> dict[str, str]:
    """For every word, compared by its key, the spelling that occurs most often; the first of several."""
    counts: Counter[str] = Counter()
    for text, times in zip(texts.words, texts.counts().tolist(), strict=True):
        counts[tidy(text)] += times
    best: dict[str, str] = {}
    for word in counts:
        key = word_key(word)
        if key not in best or counts[word] > counts[best[key]]:
            best[key] = word
    return best


def _meaning(
    text: str, codes: Mapping[str, str] | None, known: Mapping[str, str], closed: bool, usual: Mapping[str, str]
) -> tuple[str, str]:
    """What a word means, and the rule that says why it is not simply itself."""
    codes = codes or {}
    if text in codes:
        return codes[text], "code_mapped" if codes[text] != text else ""
    keys = {word_key(word): meaning for word, meaning in codes.items()}
    ends = {word_key(meaning): meaning for meaning in codes.values()}
    for words in (keys, ends, known):
        key = word_key(text) if word_key(text) in words else word_key(text).removesuffix(".0")
        if key in words:
            meaning = words[key]
            return meaning, "code_spelling" if text != meaning else ""
        apart = {word.replace(" ", ""): word for word in words}  # UC-MSC + DMARD
        if len(apart) == len(words) and (word := apart.get(key.replace(" ", ""))):
            return words[word], "code_spelling"
    if codes or closed:
        return "", "code_unknown"
    word = usual.get(word_key(text), tidy(text))
    return word, "" if word == text else "spaces" if word == tidy(text) else "code_spelling"


def _tell(sheet: Sheet, name: str, texts: Texts, meanings: Mapping[str, str], rules: Mapping[str, str], records: Records) -> None:
    became = texts.each(meanings)
    for rule in sorted(set(rules.values()) - {""}):
        rows = texts.among({text for text in rules if rules[text] == rule}) & sheet.keep
        shown = sorted(set(became[rows]))
        if rule == "code_unknown":
            records.hold(rule, sheet.table, sheet.cells(rows, name), "is none of the words declared for this column")
        else:
            told = "was read as" if len(shown) == 1 else "and other words were read as"
            reason = f"{told} {', '.join(map(repr, shown[:5]))}"
            records.change(rule, sheet.table, sheet.cells(rows, name, became=became), reason)
    used = sheet.keep & (became != "")
    unknown = [text for text in texts.words if rules[text] == "code_unknown"]
    if unknown and not used.any():
        line = int(sheet.table.line[texts.among({unknown[0]})][0])
        said = f"no row has a usable value in the column {name}: line {line} holds {unknown[0]!r}"
        records.note("column_unusable", said, sheet.table, line=line, column=name, value=unknown[0])
