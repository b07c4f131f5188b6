"""Several tests at once: Holm, Benjamini-Hochberg, fixed sequence, and families that open one after the other."""

from collections.abc import Sequence
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from racohort.columns import Numbers, as_columns

#: An adjusted p is compared with alpha with this guard, so that 0.05 made of 0.025 x 2 is 0.05.
_GUARD = 1e-12


def _p_values(p: Numbers) -> NDArray[np.float64]:
    return np.atleast_1d(as_columns(p)[0]).astype(float)


def holm(p: Numbers) -> list[float]:
    """Holm's adjusted p values, in the given order; a missing p stays NaN and is not counted. Oracle: R p.adjust("holm").

    >>> [round(q, 3) for q in holm([0.004, 0.011, 0.039, 0.041, 0.09])]
    [0.02, 0.044, 0.117, 0.117, 0.117]
    """
    values = _p_values(p)
    order = np.argsort(values)[: int(np.isfinite(values).sum())]
    adjusted = np.full(values.size, nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(order.size, 0, -1)), 1)
    return [float(q) for q in adjusted]


def benjamini_hochberg(p: Numbers) -> list[float]:
    """Benjamini-Hochberg adjusted p values (false discovery rate), in the given order; NaN as in `holm`. Oracle: R
    p.adjust("BH").

    >>> [round(q, 4) for q in benjamini_hochberg([0.012, 0.004, 0.03])]
    [0.018, 0.012, 0.03]
    """
    values = _p_values(p)
    order = np.argsort(values)[: int(np.isfinite(values).sum())][::-1]
    adjusted = np.full(values.size, nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(values[order] * order.size / np.arange(order.size, 0, -1)), 1)
    return [float(q) for q in adjusted]


def fixed_sequence(p: Numbers, alpha: float = 0.05) -> list[bool]:
    """Which hypotheses are rejected when tested in the stated order until the first that is not; a missing p is not.

    >>> fixed_sequence([0.01, 0.2, 0.001])
    [True, False, False]
    """
    return [bool(rejected) for rejected in np.logical_and.accumulate(_p_values(p) <= alpha + _GUARD)]


def serial_gatekeeping_holm(families: Sequence[Numbers], alpha: float = 0.05) -> list[list[bool]]:
    """Which hypotheses are rejected when a family opens only if all of the one before are rejected, Holm inside each family.

    >>> serial_gatekeeping_holm([[0.02, 0.02], [0.01, 0.04], [0.2]])
    [[True, True], [True, True], [False]]
    >>> serial_gatekeeping_holm([[0.02, 0.06], [0.001]])
    [[True, False], [False]]
    """
    return [[bool(q <= alpha + _GUARD) for q in family] for family in serial_gatekeeping_p(families)]


def serial_gatekeeping_p(families: Sequence[Numbers]) -> list[list[float]]:
    """Adjusted p values of the same procedure, the smallest alpha at which each is rejected: the larger of Holm's p in the
    family and
    of all p of the families before; 1 after a family with a missing p, which can never be rejected whole. A missing p stays NaN.

    >>> serial_gatekeeping_p([[0.01, 0.04], [0.001, 0.03]])
    [[0.02, 0.04], [0.04, 0.04]]
    """
    adjusted, gate = [], 0.0
    for family in families:
        own = [nan if isnan(q) else max(q, gate) for q in holm(family)]
        adjusted.append(own)
        gate = max([gate, *(1.0 if isnan(q) else q for q in own)])
    return adjusted
