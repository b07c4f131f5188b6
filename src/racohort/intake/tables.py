"""One table of which nothing is known: its shape, and what each of its columns holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from racohort.cleaning.categories import STATES
from racohort.cleaning.dates import STILL_ON
from racohort.cleaning.words import word_key
from racohort.intake.days import by_time
from racohort.intake.dictionary import Entry, checkbox, explained, heard, spoken, understood
from racohort.intake.guesses import Guess, Source, Word
from racohort.intake.measures import factor_units, guess_analyte, guess_unit, header_unit, kin, known_units, possible_units
from racohort.intake.names import Index, Match, analyte_index, look_up, name_key, name_words, role_index
from racohort.intake.package import standard_of, start_of, unread_codes
from racohort.intake.people import find_patients, sex_by_name
from racohort.intake.redcap import is_own
from racohort.intake.values import (
    are_years,
    date_formats,
    decimal_mark,
    given,
    is_numeric,
    missing_codes,
    numbers,
    role_words,
    sex_words,
)
from racohort.intake.vocabulary import NAMES, ROLE_FILLERS, WORDS, YES
from racohort.intake.wide import find_patterns
from racohort.roles import DATES, ROLES

#: The groups of roles that each shape is read for.
GROUPS = {
    "subject": ("patient", "none"), "visit": ("patient", "visit", "none"), "wide": ("patient", "none"),
    "long": ("patient", "visit", "measurement", "none"), "event": ("event", "medication", "none"),
}  # fmt: skip
#: What is told of a medicine in a list of them; a column of medicines beside age or sex, without any of it, is a fact of a visit.
_TAKEN = {"CMDOSE", "CMDOSU", "CMCLAS", "CMACT", "ASTDT", "AENDT"}
#: A visual analogue scale, in English and German, and in the Romance languages.
_SCALES = {"vas", "eva"}
#: From so many cells on, a column of 0 and 1 alone says no and yes, not how much.
BINARY = 10
#: A column that names an analyte in this share of its different words tells a long table.
NAMED = 0.6


def guess_table(
    source: Source, cells: pd.DataFrame, catalogue: pd.DataFrame, entries: Mapping[str, Entry] | None = None
) -> Source:  # fmt: skip
    """The table with its shape, and a guess for every named column; `cells` are texts, `entries` what a dictionary says.

    A trial package (ADaM, SDTM) keeps its own column names, so that it has no columns to declare.
    """
    entries = entries or {}
    cells = cells[[name for name in cells.columns if str(name).strip()]]
    analytes = analyte_index(catalogue)
    patterns = find_patterns(list(cells.columns), lambda text: bool(look_up(text, analytes).sure) or _is_date(text))
    if package := standard_of(cells):
        source.shape, source.why = package, "its columns are named as in " + ("ADaM" if package == "adam" else "SDTM")
        source.start, source.unread = start_of(cells), unread_codes(cells, catalogue)
        return source
    names = {} if patterns else heard(list(cells.columns), entries, understood(cells.columns, analytes))
    boxes = {name: box for name in cells.columns if (box := checkbox(str(name), entries))}
    read = cells
    cells = spoken(cells.drop(columns=list(boxes)), names, entries, analytes)
    source.shape, source.why = _shape(cells, patterns, analytes)
    if source.visit and source.shape == "subject":
        source.shape, source.why = "visit", f"its name says the visit {source.visit!r}"
    source.visit = source.visit if source.shape in ("visit", "long") else ""
    wide = {name for columns in patterns.values() for name in columns} if source.shape == "wide" else set()
    source.columns = [_pattern(pattern, columns, cells, catalogue, analytes) for pattern, columns in patterns.items() if wide]
    source.visits = list(dict.fromkeys(label for columns in patterns.values() for label in columns.values())) if wide else []
    source.columns += _columns([name for name in cells.columns if name not in wide], source.shape, cells, catalogue, analytes)
    find_patients(source, cells)
    source.missing = _missing(source, cells)
    source.columns = [explained(guess, names, entries, read) for guess in source.columns] + list(boxes.values())
    return source


def _is_date(text: str) -> bool:
    return look_up(text, role_index(("ADT",)), ROLE_FILLERS).sure == "ADT"


def _shape(cells: pd.DataFrame, patterns: Mapping[str, Mapping[str, str]], analytes: Index) -> tuple[str, str]:
    """What one row is, with the evidence."""
    every = role_index(tuple(NAMES))
    matches = {name: look_up(str(name), every, ROLE_FILLERS) for name in cells.columns}
    matches = {name: match for name, match in matches.items() if match.sure != "CMDECOD" or not _says_yes(cells[name])}
    roles = {role for match in matches.values() if not match.left for role in match.meanings if match.rank < 99}
    named = [name for name in cells.columns if _names_analytes(cells[name], analytes)]
    if named and roles & {"AVAL"}:
        return "long", f"{named[0]!r} names an analyte in every row"
    if {"PARAM", "AVAL"} <= roles:
        return "long", "it has a column of items and a column of results"
    listed = roles & {"AETERM", "AEDECOD"} or ("CMDECOD" in roles and (roles & _TAKEN or not roles & {"AGE", "SEX"}))
    if listed and not _analyte_columns(cells, analytes):
        return "event", "it has a column of " + ("medicines" if "CMDECOD" in roles else "events")
    if patterns:
        return "wide", f"visits stand in column names, such as {next(iter(next(iter(patterns.values()))))!r}"
    ids = next((name for name, match in matches.items() if match.meanings == ("USUBJID",) and not match.left), None)
    sites = [name for name, match in matches.items() if match.sure == "SITEID"]  # each may count its own patients
    repeated = ids is not None and cells[[ids, *sites]].duplicated().any()
    if "AVISIT" in roles or repeated:
        return "visit", "it has a column of visits" if "AVISIT" in roles else f"{ids!r} repeats"
    return "subject", "every patient has one row" if ids is not None else "no column of visits was found"


def _says_yes(column: pd.Series) -> bool:
    """Whether a column answers with yes and no, or 1 and 0, so that it names nothing."""
    return {word.casefold() for word in given(column.tolist())} <= set(YES) | {"1", "0"}


def _names_analytes(column: pd.Series, analytes: Index) -> bool:
    words = list(dict.fromkeys(given(column.tolist())))[:60]
    named = [word for word in words if any(map(str.isalpha, word))]  # no number names one, and likeness takes long to see that
    if not words or len(named) < NAMED * len(words):
        return False
    return sum(bool(look_up(word, analytes).sure) for word in named) >= NAMED * len(words)


def _analyte_columns(cells: pd.DataFrame, analytes: Index) -> list[str]:
    return [str(name) for name in cells.columns if look_up(str(name), analytes).sure and is_numeric(cells[name].tolist())]


def _columns(
    names: Sequence[str], shape: str, cells: pd.DataFrame, catalogue: pd.DataFrame, analytes: Index
) -> list[Guess]:  # fmt: skip
    """A guess for each column; a role that two columns could have goes to the better name, or is left blank."""
    roles = ("USUBJID", *(role for role, facts in ROLES.items() if facts.group in GROUPS[shape] and role != "USUBJID"))
    matches = {name: look_up(name, role_index(roles), ROLE_FILLERS) for name in names}
    matches = by_time(_by_content(matches, shape, cells, analytes), shape, cells)
    matches = _by_change(matches, shape, cells, catalogue, analytes)
    guesses = []
    for name in names:
        match, texts = matches[name], cells[name].tolist()
        codes, why, doubt = guess_analyte(name, analytes, []) if shape in ("subject", "visit", "wide") else ((), "", "")
        better = bool(codes) and look_up(name, analytes).covered > match.covered
        if better or (codes and not match.meanings):
            guesses.append(_analyte(name, codes, why, doubt, texts, catalogue, analytes))
        else:
            guesses.append(_role(name, match, matches, texts, cells, catalogue, analytes))
    return guesses


def _by_content(matches: dict[str, Match], shape: str, cells: pd.DataFrame, analytes: Index) -> dict[str, Match]:
    """The same, with the column whose words are analytes as that of the items, and one whose words are states as the category.

    Another column of the same items, as of their codes beside their names, is left out.
    """
    named = [name for name in matches if shape == "long" and _names_analytes(cells[name], analytes)]
    if named and not any(match.sure == "PARAM" for match in matches.values()):
        matches = matches | {named[0]: Match(("PARAM",), 99, "", "its words name analytes", 0)}
    item = next((name for name, match in matches.items() if match.sure == "PARAM"), "")
    again = Match(("IGNORE",), 99, "", f"it names the items, as {item!r} does", 0)
    matches = matches | {name: again for name in named if item and not matches[name].meanings}
    states = [name for name, match in matches.items() if shape == "long" and not match.meanings and _names_states(cells[name])]
    return matches | {name: Match(("AVALCAT1",), 99, "", "its words are states of disease activity", 0) for name in states}


def _by_change(
    matches: dict[str, Match], shape: str, cells: pd.DataFrame, catalogue: pd.DataFrame, analytes: Index
) -> dict[str, Match]:
    """The same, but a covariate that is an analyte and changes within a patient (weight at each visit) is measured, no fact.

    The unit in the name of one that is a fact (weight_kg) is understood.
    """
    who = next((name for name, match in matches.items() if match.sure == "USUBJID"), "")
    found = dict(matches)
    for name, match in matches.items():
        if match.meanings != ("COVARIATE",) or len(codes := look_up(name, analytes).meanings) != 1:
            continue
        if shape == "visit" and who and cells.groupby(who)[name].nunique().max() > 1:
            found[name] = Match()
        elif name_key(match.left) == name_key(header_unit(name, codes[0], catalogue)):
            found[name] = match._replace(left="")
    return found


def _names_states(column: pd.Series) -> bool:
    """Whether a column holds a few words of which at least one is a state of disease activity."""
    words = set(given(column.tolist()))
    return 2 <= len(words) <= 6 and any(word_key(word) in STATES for word in words)


def _role(
    name: str, match: Match, matches: Mapping[str, Match], texts: list[str], cells: pd.DataFrame, catalogue: pd.DataFrame,
    analytes: Index,
) -> Guess:  # fmt: skip
    """A column by its name as a role; blank where the name says nothing, or more than one thing."""
    if match.sure != "AVISIT" and is_own(name, set(given(texts))):
        return Guess(name, {"role": "IGNORE"}, "REDCap's own column")
    if not match.meanings or _SCALES & {*name_words(name)}:
        return _unnamed(name, texts)
    if len(match.meanings) > 1 or match.left:
        said = " or ".join(f"{{role: {role}}}" for role in match.meanings)
        return Guess(name, {"role": match.meanings[0]}, match.why, f"{said}; {match.left or name!r} is not understood")
    role = match.meanings[0]
    role = "DTHDT" if role == "DTHFL" and date_formats(texts) and not is_numeric(texts) else role
    rivals = [other for other, found in matches.items() if other != name and found.sure == role]
    if rivals and role not in ("COVARIATE", "IGNORE"):
        best = min(matches[other].rank for other in rivals)
        if match.rank > best:
            return Guess(name, {"role": "IGNORE"}, f"{rivals[0]!r} is the better name for {role}")
        if match.rank == best:
            return Guess(name, {"role": role}, match.why, f"{{role: {role}}} or {{role: IGNORE}}; {rivals[0]!r} may be it, too")
    return _filled(Guess(name, {"role": role}, match.why), texts, cells, catalogue, analytes)


def _filled(guess: Guess, texts: list[str], cells: pd.DataFrame, catalogue: pd.DataFrame, analytes: Index) -> Guess:
    """A role with what it needs besides: a date's format, the meaning of words, the analytes of items."""
    role = guess.role
    if role in DATES:
        return _dated(guess, texts)
    if role == "SEX":
        guess.words = sex_words(texts)
        unread = [word for word in guess.words if not word.meaning]
        return guess.blank(f"codes: {unread[0].choices}") if unread else guess
    if role == "DISDUR" and any(word in guess.name.casefold() for word in ("month", "week", "day", "月")):
        return guess.blank("years are needed; convert the column, or {role: IGNORE}")
    if role == "PARAM":
        guess.words = _items(guess.name, cells, catalogue, analytes)
    elif role in WORDS:
        words = role_words(role, texts)
        if role == "EOSSTT" and words and not any(word.meaning for word in words):
            return _unnamed(guess.name, texts, "{role: EOSSTT} with `codes`, ")
        numbered = role == "AETOXGR" and all(word.text.isdecimal() for word in words)  # 11 is no word, and cleaning will ask
        guess.words = [] if numbered or all(word.text == word.meaning for word in words) else words
    return guess


def _dated(guess: Guess, texts: list[str]) -> Guess:
    texts = [text for text in texts if word_key(text) not in STILL_ON] if guess.role == "AENDT" else texts
    formats = ["%Y"] if guess.role == "BIRTHDT" and are_years(texts) else date_formats(texts)
    if len(formats) == 1:
        return Guess(guess.name, guess.keys | {"format": formats[0]}, f"{guess.why}; this format reads all its dates")
    example = next(iter(given(texts)), "")
    if formats:
        return guess.blank(
            "format: " + " or ".join(f'"{one}"' for one in formats) + f"; every date, such as {example!r}, fits both"
        )
    return guess.blank(f"format: none is known that reads dates such as {example!r}") if example else guess


def _unnamed(name: str, texts: list[str], besides: str = "") -> Guess:
    """A column whose name says nothing of use: a blank with a few of its different words; `besides` is what it may be, too."""
    formats, words = date_formats(texts), list(dict.fromkeys(given(texts)))
    if male := sex_by_name(name, words):
        return male
    if not words:
        return Guess(name, {"role": "IGNORE"}, "it holds nothing")
    example = ", ".join(words[:3]) + (", ..." if len(words) > 3 else "")
    if _SCALES & {*name_words(name)}:
        codes = " or ".join(f"{{paramcd: {code}}}" for code in ("PTGA", "PHGA", "PAIN"))
        return Guess(name, {}, "", f"{codes} or {{role: IGNORE}}; whose assessment, of what, is not said")
    what = "dates: {role: ADT}, {role: TRTSDT}" if formats and not is_numeric(texts) else "{paramcd: ...}, {role: COVARIATE}"
    what = '{role: COVARIATE}, {role: BIRTHDT, format: "%Y"}' if are_years(texts) else what
    return Guess(name, {}, "", f"{besides}{what} or {{role: IGNORE}}; it holds {example[:60]!r}")


def _analyte(
    name: str, codes: Sequence[str], why: str, doubt: str, texts: list[str], catalogue: pd.DataFrame, analytes: Index
) -> Guess:  # fmt: skip
    """A column of values of one analyte, in a unit, with a decimal mark."""
    fillers = " ".join(unit for code in codes for unit in known_units(catalogue, code)) + " vas"
    _, _, doubt = guess_analyte(name, analytes, fillers.split()) if doubt.startswith("what") else (codes, why, doubt)
    guess = Guess(name, {"paramcd": codes[0]}, why)
    if len(codes) > 1 or doubt:
        said = " or ".join(f"{{paramcd: {code}}}" for code in codes)
        return guess.blank(f"{said}, {{role: COVARIATE}} or {{role: IGNORE}}" + (f"; it is not known {doubt}" if doubt else ""))
    mark, question = decimal_mark(texts)
    absent = missing_codes(texts, mark or ".")
    texts = [text for text in texts if text.strip() not in absent]
    if given(texts) and not is_numeric(texts, mark or ",") and catalogue.at[codes[0], "scale"] != "ordinal":
        return guess.blank(f"{{paramcd: {codes[0]}}}, {{role: COVARIATE}} or {{role: IGNORE}}; its cells are no numbers")
    if len(given(texts)) >= BINARY and {*given(texts)} == {"0", "1"} and catalogue.at[codes[0], "scale"] in ("linear", "log"):
        return guess.blank(f"{{role: COVARIATE}}, {{paramcd: {codes[0]}}} or {{role: IGNORE}}; it holds 0 and 1 only")
    guess = guess_unit(guess, numbers(texts, mark or "."), catalogue)
    guess.keys |= {"decimal": ","} if mark == "," else {}
    return guess.blank(question) if question else guess


def _items(name: str, cells: pd.DataFrame, catalogue: pd.DataFrame, analytes: Index) -> list[Word]:
    """Every item of a laboratory with its PARAMCD; blank where the name or the unit cannot be told."""
    every = role_index(tuple(NAMES))
    found = {
        role: column for column in cells.columns if (role := look_up(str(column), every, ROLE_FILLERS).sure) in ("AVAL", "AVALU")
    }
    groups = cells.groupby(name, sort=False)
    return [_item(str(text), rows, found, catalogue, analytes) for text, rows in groups if str(text).strip()]


def _item(text: str, rows: pd.DataFrame, found: Mapping[str, str], catalogue: pd.DataFrame, analytes: Index) -> Word:
    codes, why, doubt = guess_analyte(text, analytes, [])
    if len(codes) == 1 and doubt.startswith("what"):  # crp_mg_l names its unit
        codes, why, doubt = guess_analyte(text, analytes, known_units(catalogue, codes[0]))
    if len(codes) != 1 or doubt:
        return Word(
            text,
            "",
            choices=(", ".join(codes) or "a PARAMCD of data/catalogue/analytes.yml, or IGNORE") + (f"; {doubt}" if doubt else ""),
        )
    units = given(rows[found["AVALU"]].tolist()) if "AVALU" in found else []
    values = numbers(rows[found["AVAL"]].tolist()) if "AVAL" in found else []
    codes = (kin(codes[0], list(dict.fromkeys(units)), values, catalogue),)
    own = str(catalogue.at[codes[0], "AVALU"])
    if not units and own not in ("", "score", "joints") and (unit := header_unit(text, codes[0], catalogue)):
        return Word(text, f"{codes[0]} {unit}", f"{why}; its name says {unit}")
    possible = [own] if units or own in ("", "score", "joints") else possible_units(values, codes[0], catalogue)
    if possible == [own]:
        return Word(text, codes[0], why)
    span = f"{min(values):g} to {max(values):g}" if values else "no number"
    if len(possible) == 1:
        return Word(text, f"{codes[0]} {possible[0]}", f"{why}; {span} is possible in {possible[0]} only")
    said = " or ".join(f'"{codes[0]} {unit}"' for unit in possible or factor_units(catalogue, codes[0]))
    return Word(text, "", choices=f"{said}; the values are {span}")


def _pattern(
    pattern: str, columns: Mapping[str, str], cells: pd.DataFrame, catalogue: pd.DataFrame, analytes: Index
) -> Guess:  # fmt: skip
    """One analyte, or the date, of a wide table: all its visits together tell its unit or format."""
    texts = [text for name in columns for text in cells[name].tolist()]
    stem = pattern.replace("{visit}", " ").strip(" _.-")
    codes, why, doubt = guess_analyte(stem, analytes, [])
    if not codes and not _is_date(stem):
        guess = _unnamed(stem, texts)
    elif not codes:
        guess = _dated(Guess(pattern, {"role": "ADT"}, f"named {stem!r}"), texts)
    else:
        guess = _analyte(stem, codes, why, doubt, texts, catalogue, analytes)
    told = f"{len(columns)} columns, from {next(iter(columns))!r}"
    return replace(guess, name=pattern, why="; ".join(filter(None, (guess.why, told))))


def _missing(source: Source, cells: pd.DataFrame) -> dict[str, str]:
    """Words that stand for no value in columns of numbers, with where they were found."""
    measured = [guess for guess in source.columns if "paramcd" in guess.keys or guess.role in ("AVAL", "AGE", "DISDUR")]
    found: dict[str, str] = {}
    for guess in measured:
        names = [guess.name.replace("{visit}", label) for label in source.visits] if "{visit}" in guess.name else [guess.name]
        texts = [text for name in names if name in cells for text in cells[name].tolist()]
        for word, count in missing_codes(texts, guess.keys.get("decimal", ".")).items():
            found.setdefault(word, f"{count} cells of {guess.name!r}")
    return found
