"""Numbers that are not told exactly: each knows its bounds, prints them, and adds up with them."""

from functools import total_ordering
from numbers import Real
from typing import Any


@total_ordering
class Bounded:
    """A number of which only the bounds are told; wherever one number is needed, for drawing or an order, it is their middle.

    It is no subclass of a number, because pandas would make a plain number of it on the way to a list.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __float__(self) -> float:
        return float(self.low + self.high) / 2

    def __int__(self) -> int:
        return int(float(self))

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Bounded | Real) and float(self) == float(other)

    def __lt__(self, other: Any) -> bool:
        return float(self) < float(other)

    def __hash__(self) -> int:
        return hash(float(self))

    def __abs__(self) -> "Bounded":
        return self

    def __mul__(self, other: Any) -> float:
        return float(self) * float(other)

    def __sub__(self, other: Any) -> float:
        return float(self) - float(other)

    def __rsub__(self, other: Any) -> float:
        return float(other) - float(self)

    def __rtruediv__(self, other: Any) -> float:
        return float(other) / float(self)

    __rmul__ = __mul__


class Between(Bounded):
    """A count from `low` to `high`.

    >>> few = Between(1, 7)
    >>> f"{few} of 65", int(few), f"{few + 10}", f"{few + few}", few == 0
    ('1–7 of 65', 4, '11–17', '2–14', False)
    """

    def __str__(self) -> str:
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,}–{self.high:,}"

    __repr__ = __str__

    def __format__(self, _how: str) -> str:
        return str(self)

    def __add__(self, other: Any) -> "Between":
        """The sum with a count, whose bounds are added where it has some."""
        low, high = (getattr(other, bound, other) for bound in ("low", "high"))
        return Between(self.low + int(low), self.high + int(high))

    __radd__ = __add__

    def __truediv__(self, n: Any) -> "ShareBetween | float":
        """The share of a denominator, with bounds of its own."""
        return ShareBetween(self.low / float(n), min(self.high / float(n), 1.0)) if float(n) else float("nan")


class ShareBetween(Bounded):
    """A share from `low` to `high`.

    >>> share = Between(1, 7) / 70
    >>> round(share.low, 4), share.high, round(float(share), 4)
    (0.0143, 0.1, 0.0571)
    """

    def __add__(self, other: Any) -> float:
        return float(self) + float(other)

    def __truediv__(self, other: Any) -> float:
        return float(self) / float(other)

    __radd__ = __add__


class RateBetween(Bounded):
    """A rate from `low` to `high`.

    >>> rate = RateBetween(0.6, 4.4)
    >>> rate.low, rate.high, float(rate)
    (0.6, 4.4, 2.5)
    """


Real.register(Bounded)


def most(number: Any) -> float:
    """The largest that a number may be.

    >>> most(Between(1, 7)), most(0.5)
    (7.0, 0.5)
    """
    return float(number.high if isinstance(number, Bounded) else number)
