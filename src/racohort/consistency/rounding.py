"""What a printed number stands for."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import nan
from typing import NamedTuple

from racohort.columns import is_missing

#: A number as it was printed; a number proper is taken as Python writes it. None and NaN are missing.
Printed = str | int | float | Decimal | None


class Rounded(NamedTuple):
    """A printed number: the closed interval of values that round to it, and its decimals."""

    lower: Fraction
    upper: Fraction
    decimals: int


def rounding_interval(printed: Printed) -> Rounded:
    """The values that a printed number stands for: half a unit of its last decimal either way, both ends included.

    Raises ValueError for text that is not a number.

    >>> rounding_interval("5.10")
    Rounded(lower=Fraction(1019, 200), upper=Fraction(1021, 200), decimals=2)
    """
    text = str(printed).strip().replace("\u2212", "-").removesuffix("%").strip()
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{printed!r} is not a printed number; give it as text, as in the table ('5.10')") from error
    if not number.is_finite():
        raise ValueError(f"{printed!r} is not a finite number")
    decimals = max(0, -int(number.as_tuple().exponent))
    half = Fraction(1, 2 * 10**decimals)
    return Rounded(Fraction(number) - half, Fraction(number) + half, decimals)


def as_number(printed: Printed) -> float:
    """A printed number as a float; NaN where it is missing.

    >>> as_number("5.10")
    5.1
    """
    if is_missing(printed):
        return nan
    lower, upper, _ = rounding_interval(printed)
    return float((lower + upper) / 2)
