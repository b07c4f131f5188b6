"""What a data dictionary handed along with the files, or a column's own name, says of the column's label, unit and codes."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from racohort.intake.guesses import Guess, Word
from racohort.intake.names import Index, bracketed, look_up, name_key, role_index
from racohort.intake.vocabulary import NAMES, ROLE_FILLERS, WORDS

#: What the columns of a data dictionary are called, the surest first; REDCap's own names lead.
_NAMES = {
    "variable": ("variablefieldname", "variable", "variablename", "fieldname", "columnname", "column", "name", "变量", "变量名"),
    "label": ("fieldlabel", "variablelabel", "label", "description", "meaning", "标签", "说明"),
    "unit": ("unit", "units", "fieldnote", "einheit", "单位"),
    "codes": ("choicescalculationsorsliderlabels", "valuelabels", "values", "codes", "choices", "categories", "编码"),
}
_CHECKBOX = re.compile(r"(?P<field>.+)___(?P<choice>\w+)")
#: A code and its word in a column's name, either first: 1=male, female: 2, 1男.
_NAMED = re.compile(
    r"(?P<code>\d{1,2})(?:\s*[=:：]\s*|(?=[\u3400-\u9fff]))(?P<word>[^\W\d_][^\d=:：,;，；、/|()\[\]（）]*)"
    r"|(?P<first>[^\W\d_][^\d=:：,;，；、/|()\[\]（）]*?)\s*[=:：]\s*(?P<second>\d{1,2})(?!\d)"
)
_CHOICE = re.compile(r"\s*([^,=:]+?)\s*[,=:]\s*(.+?)\s*")


class Entry(NamedTuple):
    """What is said of one column: its label, its unit, and the meaning of its codes; and by whom."""

    label: str = ""
    unit: str = ""
    codes: Mapping[str, str] = {}
    by: str = "the dictionary"


def read_dictionary(cells: pd.DataFrame, columns: Collection[str]) -> dict[str, Entry]:
    """The entries of a data dictionary by column; empty where the table is none.

    A table is a dictionary where it has a column of names and one of labels, and half of its names are `columns` of other files.
    """
    keys = {name_key(str(name)): str(name) for name in cells.columns}
    found = {what: next((keys[name] for name in names if name in keys), "") for what, names in _NAMES.items()}
    if not found["variable"] or not (found["label"] or found["codes"]):
        return {}
    rows = [{what: str(row[name]).strip() if name else "" for what, name in found.items()} for _, row in cells.iterrows()]
    plain = {name.partition("___")[0] for name in columns}
    if sum(row["variable"] in plain for row in rows) < max(1, len(rows) / 2):
        return {}
    return {row["variable"]: Entry(row["label"], row["unit"], choices(row["codes"])) for row in rows}


def choices(text: str) -> dict[str, str]:
    """The codes of a column with their words.

    >>> choices("1, Female | 2, Male"), choices("0=no; 1=yes"), choices("sum([a], [b])")
    ({'1': 'Female', '2': 'Male'}, {'0': 'no', '1': 'yes'}, {})
    """
    parts = [_CHOICE.fullmatch(part) for part in re.split(r"[|;\n]", text)]
    return {part[1]: part[2] for part in parts if part} if len(parts) > 1 and all(parts) else {}


def named_codes(names: Iterable[str]) -> dict[str, Entry]:
    """The columns whose own names say what their codes mean, two or more of them.

    >>> said = named_codes(["Sex (1=male, 2=female)", "性别（男=1，女=2）", "VAS (0-100)", "CRP=1"])
    >>> [(entry.label, entry.codes) for entry in said.values()]
    [('Sex', {'1': 'male', '2': 'female'}), ('性别', {'1': '男', '2': '女'})]
    """
    said = {}
    for name in names:
        found = list(_NAMED.finditer(name))
        codes = {one["code"] or one["second"]: (one["word"] or one["first"]).strip() for one in found}
        if len(codes) > 1:
            said[name] = Entry(name[: found[0].start()].strip(" _-:：([（"), "", codes, "its name")
    return said


def heard(names: Sequence[str], entries: Mapping[str, Entry], understood: Collection[str]) -> dict[str, str]:
    """The columns that the dictionary explains, each under the name that it is looked up by.

    That is its label where its own name is not `understood`, and its name with the dictionary's unit where the label lacks one.
    """
    said: dict[str, str] = {}
    for name in (name for name in names if name in entries):
        label, unit = entries[name].label, entries[name].unit
        text = name if name in understood or not label else label
        unit = unit if unit and not bracketed(text) else bracketed(label) if text == name else ""
        said[name] = f"{text} ({unit})" if unit else text
    texts = [*names, *said.values()]
    return {name: text for name, text in said.items() if text != name and texts.count(text) == 1}


def understood(names: Iterable[str], analytes: Index) -> set[str]:
    """The column names that say by themselves what the column holds."""
    every = role_index(tuple(NAMES))
    return {name for name in names if look_up(str(name), analytes).sure or look_up(str(name), every, ROLE_FILLERS).sure}


def spoken(cells: pd.DataFrame, names: Mapping[str, str], entries: Mapping[str, Entry], analytes: Index) -> pd.DataFrame:
    """The cells under the names they are looked up by; codes of words, not of an analyte's values, as the dictionary's words."""
    every = role_index(("SEX", *WORDS))
    worded = [name for name in cells.columns if name in entries and entries[name].codes
              and (look_up(said := names.get(name, name), every, ROLE_FILLERS).sure
                   or (is_coded(cells[name], entries[name]) and not look_up(said, analytes).meanings))]  # fmt: skip
    spoken = {name: cells[name].map(lambda text, name=name: entries[name].codes.get(text.strip(), text)) for name in worded}
    return cells.assign(**spoken).rename(columns=names)


def is_coded(column: pd.Series, entry: Entry) -> bool:
    """Whether the dictionary has a word for everything that a column holds."""
    texts = set(column.str.strip()) - {""}
    return bool(texts) and texts <= set(entry.codes)


def explained(guess: Guess, names: Mapping[str, str], entries: Mapping[str, Entry], cells: pd.DataFrame) -> Guess:
    """A guess made from the dictionary's words under the column's own name and codes; any other guess as it is.

    Codes of an arm, a site or another fact about the patient, of which every one has a word, are declared to mean these.
    """
    name = next((name for name, said in names.items() if said == guess.name), guess.name)
    if name not in entries:
        return guess
    entry = entries[name]
    codes = {word: code for code, word in entry.codes.items()}
    words = [_coded(word, codes) for word in guess.words]
    if not words and guess.role in ("ARM", "SITEID", "COVARIATE") and is_coded(cells[name], entry):
        words = [Word(code, word, entry.by) for code, word in entry.codes.items()]
    label = entry.label if entry.by != "its name" else ""
    why = "; ".join(filter(None, (guess.why or "not known", label and f"{entry.by} says {label!r}")))
    return replace(guess, name=name, words=words, why=why)


def _coded(word: Word, codes: Mapping[str, str]) -> Word:
    """A word under its code; where it is asked for, with the word."""
    if word.text not in codes:
        return word
    choices = f"{word.text!r}: {word.choices}" if word.choices else ""
    return replace(word, text=codes[word.text], choices=choices)


def checkbox(name: str, entries: Mapping[str, Entry]) -> Guess | None:
    """One box of a REDCap checkbox field (comorb___1) that the dictionary explains, as a fact about the patient."""
    found = _CHECKBOX.fullmatch(name)
    entry = entries.get(found["field"]) if found else None
    if found is None or entry is None or found["choice"] not in entry.codes:
        return None
    return Guess(name, {"role": "COVARIATE"}, f"the dictionary says {entry.label}: {entry.codes[found['choice']]}")
