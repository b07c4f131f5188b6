"""Numbers as words: one place that decides on signs, digits, intervals, denominators and p-values.

Whatever is missing is shown as an en dash, a minus is a true minus, and nothing is shown as minus zero. Rounding happens here
and nowhere below.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from racohort.few import Between, Bounded, RateBetween, ShareBetween

#: What stands where a number is missing.
MISSING = "–"


def is_missing(x: Any) -> bool:
    """Whether a value is None, NaN or pandas' NA.

    >>> is_missing(None), is_missing(float("nan")), is_missing(0)
    (True, True, False)
    """
    return x is None or str(x) in {"nan", "NaT", "<NA>"}


def number(x: Any, digits: int = 0) -> str:
    """A number with a fixed count of decimals, a true minus and a comma between thousands; an en dash for a missing one.

    Halves are rounded away from zero, as readers do.

    >>> number(-1.234, 2), number(-0.001, 2), number(float("nan"), 1), number(12345.6, 1), number(6.25, 1)
    ('−1.23', '0.00', '–', '12,345.6', '6.3')
    """
    if is_missing(x) or isinstance(x, Between):
        return str(x) if isinstance(x, Between) else MISSING
    if isinstance(x, RateBetween):
        return f"{number(x.low, digits)}–{number(x.high, digits)}"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    text = f"{_rounded(abs(float(x)), digits):,f}"
    return f"−{text}" if x < 0 and text.strip("0.,") else text


def how_many(n: Any) -> str:
    """A count within a sentence, zero as a word.

    >>> how_many(0), how_many(1234)
    ('none', '1,234')
    """
    return number(n) if is_missing(n) or n != 0 else "none"


def _rounded(x: float, digits: int) -> Decimal:
    return Decimal(repr(x)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, Context(prec=400))


def signed(x: Any, digits: int = 0) -> str:
    """A number that carries its sign, plus or minus, unless it is shown as zero.

    >>> signed(0.5, 1), signed(-0.5, 1), signed(0.01, 1)
    ('+0.5', '−0.5', '0.0')
    """
    text = number(x, digits)
    return f"+{text}" if not is_missing(x) and x > 0 and text.strip("0.,") else text


def level_of(level: float) -> str:
    """A confidence level as a percentage.

    >>> level_of(0.95), level_of(0.975)
    ('95 %', '97.5 %')
    """
    return f"{100 * level:.4g} %"


def interval(lower: Any, upper: Any, digits: int, level: float = 0.95) -> str:
    """A confidence interval with its level; says so where there is none.

    >>> interval(-0.28, 0.13, 2)
    '95 % CI −0.28 to 0.13'
    >>> interval(float("nan"), float("nan"), 2)
    '95 % CI not estimable'
    """
    if is_missing(lower) and is_missing(upper):
        return f"{level_of(level)} CI not estimable"
    return f"{level_of(level)} CI {number(lower, digits)} to {number(upper, digits)}"


def step_of(half: float) -> float:
    """The step to which a report to publish rounds an estimate and its limits: a tenth to a twenty-fifth of the half-width.

    It is 1, 2 or 5 times a power of ten, and 0 where there is no width.

    >>> step_of(0.386), step_of(0.129), step_of(57.0), step_of(0.0)
    (0.02, 0.01, 5.0, 0.0)
    """
    if not (0 < half < math.inf):
        return 0.0
    power = math.floor(math.log10(half / 10))
    times = next(step for step in (5, 2, 1) if step == 1 or half / 10 >= step * 10.0**power)
    return float(f"{times}e{power}")


def told_digits(value: Any, lower: Any, upper: Any, digits: int) -> int:
    """The decimals of an estimate: fewer than `digits` where it and its limits were rounded to a step of the interval.

    They are more, up to two, where a limit would be shown as 0 that is not: the reader must see on which side of 0 it lies.

    >>> told_digits(-0.4, -0.52, -0.27, 3), told_digits(-120.0, -175.0, -60.0, 1), told_digits(-0.395, -0.524, -0.267, 3)
    (2, 0, 3)
    >>> told_digits(0.17, -0.018, 0.36, 1), told_digits(0.17, 0.0, 0.36, 1)
    (2, 1)
    """
    numbers = (value, lower, upper)
    if any(is_missing(x) or isinstance(x, Bounded) for x in numbers):
        return digits
    step = step_of(float(upper - lower) / 2)
    if step and all(abs(x / step - round(x / step)) <= 1e-6 for x in numbers):
        return min(digits, max(0, -math.floor(math.log10(step) + 1e-9)))
    seen = (more for more in range(3) if all(x == 0 or number(x, digits + more).strip("−0.,") for x in (lower, upper)))
    return digits + next(seen, 0)


def estimate(value: Any, lower: Any, upper: Any, digits: int, level: float = 0.95, unit: str = "") -> str:
    """An estimate with its unit and interval.

    >>> estimate(-0.08, -0.28, 0.13, 2)
    '−0.08 (95 % CI −0.28 to 0.13)'
    >>> estimate(-12, -20.4, -3.6, 1, unit="mm/h")
    '−12.0 mm/h (95 % CI −20.4 to −3.6)'
    """
    digits = told_digits(value, lower, upper, digits)
    shown = " ".join(part for part in (number(value, digits), unit) if part)
    return f"{shown} ({interval(lower, upper, digits, level)})"


def p_cell(p: Any) -> str:
    """A p-value for a table cell: three significant digits or the two that it has, `< 0.001` below and `> 0.999` above.

    >>> p_cell(0.02341), p_cell(0.047), p_cell(0.5), p_cell(0.0009), p_cell(0.9995), p_cell(None)
    ('0.0234', '0.047', '0.50', '< 0.001', '> 0.999', '–')
    """
    if is_missing(p):
        return MISSING
    if p < 0.001:
        return "< 0.001"
    return "> 0.999" if p > 0.999 else f"{float(p):#.{2 if float(f'{p:.2g}') == p else 3}g}"


def p_value(p: Any) -> str:
    """A p-value for a sentence.

    >>> p_value(0.02341), p_value(1e-9), p_value(float("nan"))
    ('p = 0.0234', 'p < 0.001', 'p not computed')
    """
    if is_missing(p):
        return "p not computed"
    text = p_cell(p)
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def percent(x: Any, digits: int = 1) -> str:
    """A proportion as a percentage; exact 0 and 1 carry no decimals, and nothing else is rounded to them.

    >>> percent(0), percent(0.046875), percent(1), percent(0.0001), percent(0.9999), percent(None)
    ('0 %', '4.7 %', '100 %', '< 0.1 %', '> 99.9 %', '–')
    """
    if isinstance(x, ShareBetween):
        return f"{_percent(x.low, digits)} to {_percent(x.high, digits)} %"
    text = _percent(x, digits)
    return text if text == MISSING else f"{text} %"


def _percent(x: Any, digits: int) -> str:
    """The figure before the percent sign."""
    if is_missing(x) or x in (0, 1):
        return MISSING if is_missing(x) else number(100 * x)
    step = 10.0**-digits
    if 0 < x < 1 and 100 * x < step / 2:
        return f"< {number(step, digits)}"
    if 0 < x < 1 and 100 * x > 100 - step / 2:
        return f"> {number(100 - step, digits)}"
    return number(100 * x, digits)


def proportion(
    count: Any, n: Any, lower: Any = None, upper: Any = None, level: float = 0.95, digits: int = 1, noun: str = ""
) -> str:  # fmt: skip
    """A numerator with its denominator, percentage and interval (bounds as proportions); `noun` names what is counted, in plural.

    >>> proportion(0, 64, 0, 0.0560)
    '0 of 64 (0 %; 95 % CI 0 to 5.6 %)'
    >>> proportion(3, 64, noun="patients"), proportion(0, 0)
    ('3 of 64 patients (4.7 %)', '0 of 0')
    """
    shown = f"{number(count)} of {number(n)} {noun}".rstrip()
    if is_missing(n) or is_missing(count) or n == 0:
        return shown
    share = percent(count / n, digits)
    if is_missing(lower) and is_missing(upper):
        return f"{shown} ({share})"
    return f"{shown} ({share}; {level_of(level)} CI {_percent(lower, digits)} to {_percent(upper, digits)} %)"


def share_or_none_known(row: Any) -> str:
    """A share of patients; where none is known and some could not be judged there is no share, and that is said."""
    if is_missing(row["value"]) and row["n"]:
        return f"none known; {number(row['n_missing'])} not judged"
    return proportion(row["count"], row["n"], row["lower"], row["upper"], row["level"])


def span(low: Any, high: Any, digits: int) -> str:
    """The lowest and the highest of some values; an en dash where neither is told.

    >>> span(2, 7.25, 1), span(None, None, 1)
    ('2.0 to 7.3', '–')
    """
    return MISSING if is_missing(low) and is_missing(high) else f"{number(low, digits)} to {number(high, digits)}"


def sizes(low: Any, high: Any) -> str:
    """The numbers of patients behind several results.

    >>> sizes(45, 55), sizes(50, 50)
    ('n = 45 to 55', 'n = 50')
    """
    return f"n = {number(low)}" if number(low) == number(high) else f"n = {number(low)} to {number(high)}"


def mean_sd(mean: Any, sd: Any, digits: int) -> str:
    """A mean with its standard deviation, with no more digits than a report to publish has left them.

    >>> mean_sd(4.722, 0.831, 2), mean_sd(176.0, 220.0, 1), mean_sd(1.02, 0.61, 3), mean_sd(None, None, 2)
    ('4.72 ± 0.83', '176 ± 220', '1.02 ± 0.61', '–')
    """
    if is_missing(mean):
        return MISSING
    rounded = not is_missing(sd) and sd and mean and float(f"{sd:.2g}") == sd and float(f"{mean:.3g}") == mean
    kept = max(0, min(digits, 2 - math.floor(math.log10(abs(mean))))) if rounded else digits
    return f"{number(mean, kept)} ± {spread(sd, digits)}"


def spread(sd: Any, digits: int) -> str:
    """A standard deviation with no more digits than it has, where a report to publish has left it two.

    >>> spread(1.2345, 2), spread(1.2, 2), spread(14.0, 1), spread(2.0, 2), spread(0.5, 1), spread(None, 2)
    ('1.23', '1.2', '14', '2.0', '0.5', '–')
    """
    if is_missing(sd) or not sd or float(f"{sd:.2g}") != sd:
        return number(sd, digits)
    return number(sd, max(0, min(digits, 1 - math.floor(math.log10(abs(sd))))))


def median_iqr(median: Any, q1: Any, q3: Any, digits: int) -> str:
    """A median with its quartiles.

    >>> median_iqr(12.4, 5, 30, 1)
    '12.4 (5.0 to 30.0)'
    """
    if is_missing(median) or (is_missing(q1) and is_missing(q3)):
        return number(median, digits)
    return f"{number(median, digits)} ({number(q1, digits)} to {number(q3, digits)})"


def plural_of(singular: str) -> str:
    """The regular plural of an English noun.

    >>> plural_of("patient"), plural_of("therapy"), plural_of("day"), plural_of("loss")
    ('patients', 'therapies', 'days', 'losses')
    """
    if singular.endswith("y") and singular[-2:-1] not in "aeiou":
        return f"{singular[:-1]}ies"
    return f"{singular}es" if singular.endswith(("s", "x", "ch", "sh")) else f"{singular}s"


def count(n: Any, singular: str, plural: str | None = None) -> str:
    """A number of things, in the right grammatical number.

    >>> count(1, "patient"), count(0, "patient"), count(1234, "visit"), count(2, "analysis", "analyses")
    ('1 patient', '0 patients', '1,234 visits', '2 analyses')
    """
    return f"{number(n)} {singular if n == 1 else plural or plural_of(singular)}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as an English list.

    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed(["a"]), listed([])
    ('a, b and c', 'a or b', 'a', '')
    """
    words = [str(word) for word in words]
    return f" {last} ".join([part for part in (", ".join(words[:-1]), *words[-1:]) if part])


def capitalised(text: str) -> str:
    """A text whose first letter is a capital, the rest untouched.

    >>> capitalised("no DAS28 value"), capitalised("")
    ('No DAS28 value', '')
    """
    return text[:1].upper() + text[1:]
