"""In which unit an analyte is: what the header says, else what the values leave possible; never one of two in silence."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.intake.guesses import Guess
from racohort.intake.names import ALMOST, Index, bracketed, look_up, name_key, name_words
from racohort.units import UNITLESS, unit_factor, unit_key, unit_offset

#: What tells a share from a count, and what is a share by itself.
_SHARE = "%"
#: A scale of 0 to 10 (cm) or to 100 (mm).
_SCALE = re.compile(r"0\s*[-–~]\s*(100?)(?:\s*[cm]m)?")
#: What one name stands for in two units that no factor joins: the other analyte.
KIN = {"HBA1C": "HBA1CHGB"}
SHARES = {"HCT", "NEUTLE", "LYMLE", "MONOLE", "EOSLE", "BASOLE", "HBA1C"}


def known_units(catalogue: pd.DataFrame, code: str) -> list[str]:
    """The catalogue's unit of an analyte, then the others it can be converted from."""
    units = catalogue["units"].to_dict()[code]
    return [str(catalogue.at[code, "AVALU"]), *map(str, units)]


def header_unit(name: str, code: str, catalogue: pd.DataFrame) -> str:
    """The unit that a column name says: in brackets, or as its last words; "" where it says none.

    A unit in brackets that the catalogue cannot convert is returned as it stands.
    """
    inside, words = bracketed(name), name_words(name)
    if str(catalogue.at[code, "AVALU"]) == "mm" and (scale := _SCALE.fullmatch(inside)):
        return "cm" if scale[1] == "10" else "mm"
    said = {unit_key(inside), unit_key(inside.split()[-1] if inside else "")} - {""}  # (VAS cm)
    for unit in known_units(catalogue, code):
        ends = {"".join(words[i:]) for i in range(1, len(words))}
        if unit and (unit_key(unit) in said or name_key(unit) in ends - {""}):
            return unit
    return inside if "/" in inside else ""


def possible_units(values: Sequence[float], code: str, catalogue: pd.DataFrame) -> list[str]:
    """The units, one for each factor, that the values can be in.

    A unit is ruled out where it would make more than one value in a hundred impossible, or every value less than a tenth of
    the upper reference limit; of what is left, where it makes more than one in ten implausible and another unit does not.
    """
    facts = catalogue.loc[code]
    found: dict[float, str] = {}
    likely: dict[float, str] = {}
    for unit in known_units(catalogue, code):
        factor = unit_factor(catalogue, code, unit) or 1.0
        converted = (np.asarray(values, dtype="float64") - unit_offset(unit)) * factor
        inside = (converted >= facts["possible_low"] - 1e-9) & (converted <= facts["possible_high"] + 1e-9)
        high = facts["range_high_m"]
        tiny = high == high and len(converted) > 0 and converted.max() < high / 10
        if factor not in found and (not len(converted) or (inside.mean() >= 0.99 and not tiny)):
            found[factor] = unit
            doubtful = (converted < facts["plausible_low"]) | (converted > facts["plausible_high"])
            if not len(converted) or doubtful.mean() <= 0.1:
                likely[factor] = unit
    return list((likely or found).values())


def guess_unit(guess: Guess, values: Sequence[float], catalogue: pd.DataFrame) -> Guess:
    """The column of an analyte with its unit, or left blank with the units it may have."""
    code = guess.keys["paramcd"]
    if str(catalogue.at[code, "AVALU"]) in UNITLESS:
        return guess
    unit = header_unit(guess.name, code, catalogue)
    code = guess.keys["paramcd"] = kin(code, [unit] if unit else [], values, catalogue)
    if unit and unit_factor(catalogue, code, unit) is not None:
        return Guess(guess.name, guess.keys | {"unit": unit}, f"{guess.why}; its name says {unit}")
    if unit:
        return guess.blank(f"unit: its name says {unit!r}, known are {_or(known_units(catalogue, code))}")
    units = possible_units(values, code, catalogue)
    span = f"{min(values):g} to {max(values):g}" if values else "no number"
    if len(units) == 1:
        return Guess(guess.name, guess.keys | {"unit": units[0]}, f"{guess.why}; {span} is possible in {units[0]} only")
    doubt = "" if units or not values else f", which {code} cannot be in any of them; or {{role: IGNORE}}"
    return guess.blank(f"unit: {_or(units or factor_units(catalogue, code))}; the values are {span}{doubt}")


def kin(code: str, units: Sequence[str], values: Sequence[float], catalogue: pd.DataFrame) -> str:
    """The analyte, or its kin where the units, or for want of units the values, are possible for that one only.

    HbA1c is told in % and in mmol/mol, which no factor joins.
    """
    other = KIN.get(code, "")
    if not other:
        return code
    if units:
        known = [all(unit_factor(catalogue, one, unit) is not None for unit in units) for one in (code, other)]
        return other if known == [False, True] else code
    return other if values and possible_units(values, other, catalogue) and not possible_units(values, code, catalogue) else code


def factor_units(catalogue: pd.DataFrame, code: str) -> list[str]:
    """The units of an analyte, one for each factor."""
    found: dict[float | None, str] = {}
    for unit in known_units(catalogue, code):
        found.setdefault(unit_factor(catalogue, code, unit), unit)
    return list(found.values())


def _or(words: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(words))


def guess_analyte(name: str, index: Index, units: Sequence[str]) -> tuple[tuple[str, ...], str, str]:
    """The PARAMCDs a name can stand for, the evidence, and what speaks against the match ("" where nothing does)."""
    fillers = frozenset(word for unit in units for word in (*name_words(unit.replace("/", " ")), name_key(unit)))
    from_words = look_up(name, index)
    left = " ".join(word for word in from_words.left.split() if word not in fillers)
    doubt = f"what {left!r} says" if left else ""
    if from_words.rank == ALMOST:
        doubt = f"whether it is this one, as it is {from_words.why}"
    if _SHARE in name and not SHARES.issuperset(from_words.meanings):
        doubt = "a share (%) or a count"
    return from_words.meanings, from_words.why, doubt
