"""The patients in a table of which nothing is known: which column tells whose a row is, and a sex that a name asks for."""

import re
from collections.abc import Sequence

import pandas as pd

from racohort.intake.guesses import Guess, Source, Word
from racohort.intake.names import name_key
from racohort.intake.values import as_number, given, is_numeric
from racohort.standards import PATIENT, kind_of

#: What the numbers of the rows are called that some programs write into a file.
ROW_NUMBERS = {"rownames", "unnamed0", "rownumber", "rowid", "index", "序号", "lfdnr", "srno", "slno", "serialno"}

#: What a column is called that holds a value at baseline.
BASELINES = {"baseline", "base", "bl", "bslvalue", "baselinevalue", "base0", "y0", "基线", "基线值"}
#: From this share of rows without an identifier on, blocks are asked about.
BLOCKS = 0.2

#: What an arm is called of people who were screened and got none.
_NO_ARM = re.compile(r"screen(?:ing)?\s*fail\w*|scrnfail|not (?:assigned|treated|randomi[sz]ed)", re.IGNORECASE)


def arms_of(source: Source, cells: pd.DataFrame) -> tuple[str, list[str], list[str]]:
    """The column of the treatment arms, the arms, and its words that say that somebody got none; "" without several words."""
    codes: dict[str, str] = {}
    if source.shape in ("adam", "sdtm"):
        name = next((one for one in PATIENT["ARM"] if one in cells), "") if kind_of(list(cells.columns)) == "patients" else ""
    else:
        guess = next((guess for guess in source.columns if guess.role == "ARM" and not guess.choices), None)
        name, codes = (guess.name, {word.text: word.meaning for word in guess.words}) if guess else ("", {})
    words = sorted({codes.get(word, word) for word in given(cells[name].tolist())}) if name else []
    none = [word for word in words if _NO_ARM.fullmatch(word)]
    return (name, [word for word in words if word not in none], none) if len(words) > 1 else ("", [], [])


def find_patients(source: Source, cells: pd.DataFrame) -> None:
    """Ask for the patient's identifier where no column was taken for it, and leave the numbers of the rows out where one was."""
    known = any(guess.role == "USUBJID" for guess in source.columns)
    source.doubts += _blocks(source, cells)
    for at, guess in enumerate(source.columns if known else []):
        if not guess.keys and name_key(guess.name) in ROW_NUMBERS:
            source.columns[at] = Guess(guess.name, {"role": "IGNORE"}, "the numbers of the rows")
    if known:
        return
    whole = [guess for guess in source.columns if guess.name in cells and not guess.keys and _is_whole(cells[guess.name])]
    if not whole:
        source.doubts.append(
            "USUBJID: no column tells whose a row is; one needs the role USUBJID, else nothing is read. "
            "Take the entry away if it is about no patients"
        )
        return
    whole[0].choices = "{role: USUBJID}, if it tells whose a row is: no other column was found that does; " + whole[0].choices


def own_baseline(source: Source, cells: pd.DataFrame) -> str:
    """The column with a value at baseline beside rows of later visits: named so, a number, the same in all rows of a patient."""
    who = next((guess.name for guess in source.columns if guess.role == "USUBJID" and not guess.choices), None)
    named = [guess for guess in source.columns if guess.choices and name_key(guess.name) in BASELINES and guess.name in cells]
    for guess in named if who in cells and source.shape in ("visit", "long") else []:
        if is_numeric(cells[guess.name].tolist()) and cells.groupby(who)[guess.name].nunique().max() == 1:
            again = f'shape: wide and columns: {{"{guess.name}": {{paramcd: ..., visit: BL}}}}, all others IGNORE'
            guess.choices = (
                f"{{role: COVARIATE}} or {{role: IGNORE}}; of a column's baseline: list the file once more, with {again}"
            )
            return guess.name
    return ""


def _blocks(source: Source, cells: pd.DataFrame) -> list[str]:
    """What is asked where patients seem to be named in the first row of their block only: the columns that are blank below."""
    name = next((guess.name for guess in source.columns if guess.role == "USUBJID" and guess.name in cells), None)
    blank = cells.apply(lambda column: column.str.strip() == "")
    if name is None or blank[name].iloc[:1].any() or not BLOCKS * len(cells) <= (under := _under(name, blank)).sum():
        return []
    same = [str(other) for other in cells.columns if (blank[other] | ~under).all() and not blank.loc[~under, other].all()]
    named = ", ".join(f'"{other}"' for other in same)
    return [f"fill_down: [{named}], if the {int(under.sum())} rows without an identifier belong to the patient above them"]


def _under(name: str, blank: pd.DataFrame) -> "pd.Series[bool]":
    """Rows without an identifier that have other values."""
    return blank[name] & ((~blank).sum(axis="columns") > 1)


def _is_whole(column: pd.Series) -> bool:
    """Whether every row has a word of its own."""
    texts = column.str.strip()
    return bool(len(texts) and (texts != "").all() and not texts.duplicated().any())


def sex_by_name(name: str, words: Sequence[str]) -> Guess | None:
    """The sex, in a column that asks for one of them (male, female) and answers with 1 and 0."""
    sexes = {"male": ("M", "F"), "female": ("F", "M")}.get(name.strip().casefold())
    numbers_ = {word: as_number(word) for word in words}
    if sexes is None or not words or set(numbers_.values()) - {0.0, 1.0}:
        return None
    said = [Word(word, sexes[0] if number else sexes[1], f"{name!r} is {word}") for word, number in numbers_.items()]
    return Guess(name, {"role": "SEX"}, f"named {name!r}", words=said)
