"""One patient or a whole column: every formula of this package takes either, and gives back what it was given."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: A number, None, or a column of numbers (list, array, Series); None and NaN are missing.
Numbers = ArrayLike | Sequence[float | None] | None

#: The same shape back: a float (or text, or bool) for one patient, an array for a column.
Answer = Any

#: Thresholds are compared on unrounded scores with this absolute guard (statistics.md G4).
GUARD = 1e-9


def as_columns(*values: Numbers) -> tuple[NDArray[np.float64], ...]:
    """Float arrays of one common shape; None becomes NaN.

    >>> as_columns([1, None], 2.0)
    (array([ 1., nan]), array([2., 2.]))
    """
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype="float64") for value in values)))


def as_number(value: float | None) -> float:
    """One number; NaN for None.

    >>> as_number(None), as_number(2)
    (nan, 2.0)
    """
    return float("nan") if value is None else float(value)


def is_missing(*values: object) -> bool:
    """Whether any of these values is None or NaN.

    >>> is_missing("5.10", None), is_missing(1, float("nan")), is_missing("5.10", 1.2)
    (True, True, False)
    """
    return any(value is None or value != value for value in values)


def as_given(numbers: NDArray[Any]) -> Answer:
    """A single number as a plain Python number, a column as it is.

    >>> as_given(np.array(2.5)), as_given(np.array([2.5]))
    (2.5, array([2.5]))
    """
    return numbers.item() if numbers.ndim == 0 else numbers


def as_words(conditions: list[NDArray[np.bool_]], words: list[str]) -> Answer:
    """The word of the first condition that holds; where none holds None for one patient and "" in a column.

    >>> as_words([np.array(False), np.array(True)], ["low", "high"])
    'high'
    """
    chosen = np.select(conditions, [np.array(word, dtype=object) for word in words], default="")
    if chosen.ndim:
        return chosen
    return chosen.item() or None


def at_most(numbers: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
    """Whether numbers are <= limit, within the guard; False for NaN.

    >>> at_most(np.array([3.2, 3.2000000001, 3.21]), 3.2)
    array([ True,  True, False])
    """
    return numbers <= limit + GUARD


def above(numbers: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
    """Whether numbers are > limit by more than the guard; False for NaN.

    >>> above(np.array([4.4 - 3.2]), 1.2)
    array([False])
    """
    return numbers > limit + GUARD
