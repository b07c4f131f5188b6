"""Units of measurement: the same unit in many spellings, and the factor that converts one into the catalogue's."""

import re
import unicodedata
from functools import lru_cache

import pandas as pd

#: What stands in the catalogue for an analyte that has no unit to choose.
UNITLESS = ("", "score", "joints")
#: Counts, shares and the iron of haemoglobin as CDISC's terminology abbreviates them.
_CDISC = {
    "gi/l": "109/l",
    "ti/l": "1012/l",
    "/nl": "109/l",
    "/pl": "1012/l",
    "tsd/ul": "103/ul",
    "mio/ul": "106/ul",
    "1": "fractionof1",
    "fraction": "fractionof1",
    "fmolfe": "fmol",
}
#: What is taken from a value before it is multiplied: 98.6 °F are (98.6 - 32) x 5/9 °C.
_OFFSETS = {"f": 32.0}
#: What units are called in words.
_WORDS = {
    "国际单位": "iu", "微摩尔": "umol", "毫摩尔": "mmol", "微克": "ug", "毫克": "mg", "千克": "kg", "毫升": "ml", "微升": "ul",
    "毫米汞柱": "mmhg", "毫米": "mm",
    "小时": "h", "单位": "u", "升": "l", "克": "g", "每": "/", "hour": "h", "hr": "h", "percent": "%", "per": "/",
    "mcmol": "umol", "mcg": "ug", "mcl": "ul", "micromol": "umol", "beats/min": "/min", "breaths/min": "/min", "bpm": "/min",
    "beatsperminute": "/min", "breathsperminute": "/min",
    "次/分钟": "/min", "次/分": "/min", "degrees": "", "deg": "", "°": "", "celsius": "c", "摄氏度": "c", "fahrenheit": "f",
    "华氏度": "f", "公斤": "kg",
    "厘米": "cm", "米": "m", "周": "week", "lbs": "lb", "inches": "in", "inch": "in", "minute": "min",
}  # fmt: skip
_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))
#: A power of ten as it is written: 10^9, 10*9, 10E9, 10E+09, 1e9.
_POWER = re.compile(r"10[\^*e]*\+?0*(?=[1-9])|1e\+?0*(?=[1-9])")


@lru_cache(maxsize=4096)
def unit_key(unit: str) -> str:
    """A unit as it is compared: case, width, spaces, signs of multiplication and the usual spellings make no difference.

    Units that differ by a factor keep different keys.

    >>> unit_key("×10⁹/L") == unit_key("10^9/L") == unit_key("10*9/l") == unit_key("10E+09/L") == unit_key("1e9/L")
    True
    >>> unit_key("µmol/L"), unit_key("mg / dL"), unit_key("[iU]/mL"), unit_key("mm/hr"), unit_key("毫克/升"), unit_key("mg%")
    ('umol/l', 'mg/dl', 'iu/ml', 'mm/h', 'mg/l', 'mg/dl')
    >>> unit_key("/nl") == unit_key("10^9/L"), unit_key("/pl") == unit_key("10^12/L")
    (True, True)
    >>> unit_key("UI/mL") == unit_key("IU/ml"), unit_key("ml/min/1,73 m²") == unit_key("mL/min/1.73m2")
    (True, True)
    """
    text = re.sub(r"(?<=\d),(?=\d)", ".", unicodedata.normalize("NFKC", unit).casefold().replace("μ", "u"))
    text = _WORD.sub(lambda found: _WORDS[found[0]], re.sub(r"[\s\[\]()]|\{[^}]*\}", "", text))
    text = re.sub(r"^(k?)ui(?=/)", r"\1iu", text)
    text = _POWER.sub("10", text.lstrip("x×*")).replace("^", "").replace("/1h", "/h")
    return _CDISC.get(text, re.sub(r"(?<=[mu]g)%|(?<=^g)%|(?<=g)/100ml", "/dl", text))


def unit_offset(unit: str | None) -> float:
    """What is taken from a value in `unit` before it is multiplied with the unit's factor; 0 but for °F.

    >>> (98.6 - unit_offset("°F")) * 5 / 9, unit_offset("mg/L")
    (37.0, 0.0)
    """
    return _OFFSETS.get(unit_key(unit), 0.0) if unit else 0.0


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
