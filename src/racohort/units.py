"""Units of measurement: the same unit in many spellings, and the factor that converts one into the catalogue's."""

import re
import unicodedata

import pandas as pd


def unit_key(unit: str) -> str:
    """A unit as it is compared.

    >>> unit_key("×10⁹/L") == unit_key("10^9/L") == unit_key("10*9/l") == unit_key("10E9/L")
    True
    >>> unit_key("µmol/L"), unit_key("mg / dL")
    ('umol/l', 'mg/dl')
    """
    text = (
        unicodedata.normalize("NFKC", unit)
        .casefold()
        .replace("μ", "u")
        .replace("per", "/")
        .replace("毫克", "mg")
        .replace("升", "l")
    )
    text = re.sub(r"\s+", "", text).replace("hour", "h").replace("hr", "h").replace("小时", "h")
    return re.sub(r"10[\^*e]", "10", text).lstrip("x×*")


def unit_factor(catalogue: pd.DataFrame, PARAMCD: str, unit: str | None) -> float | None:
    """What a value in `unit` is multiplied with to have the catalogue's unit; None where that is not known.

    No unit at all means the catalogue's unit.
    """
    if PARAMCD not in catalogue.index:
        return None
    own, others = str(catalogue.at[PARAMCD, "AVALU"]), catalogue["units"].to_dict()[PARAMCD]
    if not unit or unit_key(unit) == unit_key(own):
        return 1.0
    return next((float(factor) for other, factor in others.items() if unit_key(other) == unit_key(unit)), None)
