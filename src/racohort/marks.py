"""The decimal mark of numbers that stand together: a comma where some can be nothing else and no point can be one."""

import re
from collections.abc import Iterable

_COMMA = re.compile(r"[+-]?\d+,\d+")
_POINT = re.compile(r"[+-]?\d+\.\d+")
#: What may be thousands as well as thousandths, whatever the mark.
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def has_decimal_commas(texts: Iterable[str]) -> bool:
    """Whether numbers are written with a decimal comma; those that may be thousands (1.234) prove nothing beside others.

    >>> has_decimal_commas(["39,6", "1.234"]), has_decimal_commas(["39,6", "0.875"]), has_decimal_commas(["1,234", "1.5"])
    (True, False, False)
    """
    numbers = [text for text in texts if "," in text or "." in text]
    commas, points = ({text for text in numbers if mark.fullmatch(text)} for mark in (_COMMA, _POINT))
    clear = [any(not GROUPED.fullmatch(text) for text in some) for some in (commas, points)]
    return bool(commas) and (not points or (clear[0] and not clear[1]))
