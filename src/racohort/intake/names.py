"""Which analyte or role a name stands for: the words of a header or of a laboratory's item, looked up in every combination."""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from racohort.intake.vocabulary import FILLERS, NAMES, SHORT

#: A name is looked up by its first words, this many.
LONGEST = 8
#: A misspelt name is taken for a known one from this likeness on (difflib's ratio).
ALIKE = 0.86
#: The rank of a match by likeness.
ALMOST = 50
_BRACKETS = re.compile(r"[(\[（]\s*([^()\[\]（）]*)\s*[)\]）]")
_CJK = r"\u3400-\u9fff"

Index = Mapping[str, dict[str, int]]


class Match(NamedTuple):
    """The meanings a name can have, how many of its letters they cover, what was left over, and the evidence."""

    meanings: tuple[str, ...] = ()
    covered: int = 0
    left: str = ""
    why: str = ""
    rank: int = 99

    @property
    def sure(self) -> str:
        """The one meaning, where there is one and nothing of the name contradicts it."""
        return self.meanings[0] if len(self.meanings) == 1 and not self.left else ""


def name_key(name: str) -> str:
    """A name as it is compared: width, case, accents, spaces and punctuation make no difference.

    >>> name_key("ＨＡＱ-DI"), name_key("anti CCP"), name_key("Hémoglobine")
    ('haqdi', 'anticcp', 'hemoglobine')
    """
    return "".join(char for char in plain_letters(name) if char.isalnum())


def plain_letters(text: str) -> str:
    """A text in lower case and usual width, its letters without accents.

    >>> plain_letters("Créatinine (µmol/L)"), plain_letters("Übelkeit"), plain_letters("血红蛋白")
    ('creatinine (μmol/l)', 'ubelkeit', '血红蛋白')
    """
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", "".join(char for char in apart if not unicodedata.combining(char)))


def name_words(name: str) -> list[str]:
    """The words of a name without what stands in brackets, Chinese and Latin letters apart; dt is short for date.

    >>> name_words("白细胞计数WBC (10^9/L)"), name_words("C反应蛋白"), name_words("crp_mg_L"), name_words("death.dt")
    (['白细胞计数', 'wbc'], ['c', '反应蛋白'], ['crp', 'mg', 'l'], ['death', 'date'])
    """
    plain = _BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))
    plain = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", plain)
    words = [word for word in re.findall(rf"[{_CJK}]+|[^\W_{_CJK}]+", plain.casefold()) if word][:LONGEST]
    return ["date" if word == "dt" else word for word in words]


def bracketed(name: str) -> str:
    """What stands in brackets at the end of a name, usually a unit; "" where nothing does."""
    found = _BRACKETS.findall(unicodedata.normalize("NFKC", name))
    return found[-1].strip() if found else ""


def analyte_index(catalogue: pd.DataFrame) -> Index:
    """Every name of every analyte -> its PARAMCD."""
    index: dict[str, dict[str, int]] = {name_key(name): ({code: 0} if code else {}) for name, code in SHORT.items()}
    for code, facts in catalogue.iterrows():
        for name in (code, facts["PARAM"], facts["label_zh"], *facts["synonyms"]):
            if name_key(str(name)):
                index.setdefault(name_key(str(name)), {}).setdefault(str(code), 0)
    return index


def role_index(roles: tuple[str, ...]) -> Index:
    """Every name of these roles -> the roles, each with the place of the name in its list."""
    index: dict[str, dict[str, int]] = {}
    for role in roles:
        for rank, name in enumerate(NAMES.get(role, [])):
            index.setdefault(name_key(name), {}).setdefault(role, rank)
    return index


def look_up(name: str, index: Index, fillers: frozenset[str] = frozenset(FILLERS)) -> Match:
    """What a name stands for, by the longest combinations of its words that are known.

    Words of the same script that are left over, other than fillers, are reported: they may change the meaning.

    >>> index = {"crp": {"CRP": 0}, "protein": {"PROT": 0}, "urineprotein": {"UPRO": 0}}
    >>> look_up("S-CRP", index).sure, look_up("urine protein", index).sure, look_up("milk protein", index).left
    ('CRP', 'UPRO', 'milk')
    """
    words = name_words(name)
    keys = [name_key(word) for word in words]
    hits = _maximal([(at, index["".join(keys[i] for i in at)]) for at in _choices(len(words))
                     if "".join(keys[i] for i in at) in index])  # fmt: skip
    if not any(meanings for _, meanings in hits):
        return _alike(name, index) if not hits else Match()
    meanings = _shared([found for _, found in hits if found])
    used = {i for at, _ in hits for i in at}
    latin = {_is_latin(words[i]) for i in used}
    left = [word for i, word in enumerate(words) if i not in used and word not in fillers and _is_latin(word) in latin]
    said = " ".join(dict.fromkeys(words[i] for i in sorted(used)))
    covered = max(sum(len(words[i]) for i in at) for at, found in hits if found)
    return Match(tuple(meanings), covered, " ".join(left), f"named {said!r}", min(meanings.values()))


def _choices(count: int) -> list[tuple[int, ...]]:
    return [at for size in range(min(count, 5), 0, -1) for at in combinations(range(count), size)]


def _maximal(hits: list[tuple[tuple[int, ...], dict[str, int]]]) -> list[tuple[tuple[int, ...], dict[str, int]]]:
    """The hits whose words are not all part of a longer hit."""
    kept: list[tuple[tuple[int, ...], dict[str, int]]] = []
    for at, meanings in hits:
        if not any(set(at) < set(other) for other, _ in kept):
            kept.append((at, meanings))
    return kept


def _shared(found: list[dict[str, int]]) -> dict[str, int]:
    """What all hits have in common; everything they say where they have nothing in common."""
    common = set.intersection(*(set(one) for one in found))
    names = [name for one in found for name in one if name in common or not common]
    return {name: min(one.get(name, 99) for one in found) for name in names}


def _is_latin(word: str) -> bool:
    return re.match(rf"[{_CJK}]", word) is None


def _alike(name: str, index: Index) -> Match:
    key = "".join(map(name_key, name_words(name)))
    near = difflib.get_close_matches(key, list(index), n=3, cutoff=ALIKE) if len(key) >= 5 else []
    meanings = dict.fromkeys(meaning for one in near for meaning in index[one])
    return Match(tuple(meanings), len(key), "", f"spelled almost like {near[0]!r}", ALMOST) if meanings else Match()
