"""What printed means and SDs before and after say about p: the curve over the correlation that is hardly ever printed."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.consistency import implied_r_bounds, p_bounds_paired, p_curve_paired, rounding_interval
from racohort.consistency.rounding import Printed
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import number, p_cell

#: Where the correlation between two visits of the same patients usually lies.
USUAL = (0.2, 0.8)
_TICKS = (1, 0.1, 0.01, 0.001, 0.0001)  # below the last one p is not drawn


def plot_p_against_r(
    m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int, p: Printed = None, *, where: str, alpha: float = 0.05
) -> Figure:
    """The p of the paired t of printed means and SDs, over the correlation between the visits.

    Parameters
    ----------
    m1, sd1, m2, sd2 : the printed numbers before and after; a band shows all that round to them.
    n : patients.
    p : the printed p, if there is one, drawn with all that round to it.
    where : where the numbers stand, for the caption.
    """
    r = np.linspace(-1, 0.995, 400)
    curve = p_curve_paired(m1, sd1, m2, sd2, n, r)
    fig, ax = canvas(7.2, 3.4)
    ax.axvspan(*USUAL, fc=INK["band"], lw=0)
    ax.fill_between(r, np.maximum(curve["lower"], _TICKS[-1]), curve["upper"], color=INK["faint"], alpha=0.45, lw=0)
    ax.plot(r, curve["p"], color=INK["accent"], lw=1.8)
    ax.axhline(alpha, color=INK["muted"], lw=0.9, ls=(0, (3, 2)))
    ax.text(-0.99, alpha * 1.1, f"{alpha:g}", fontsize=8, color=INK["muted"], va="bottom")
    if p is not None:
        _draw_printed(ax, p)
    ax.set(
        yscale="log", ylim=(_TICKS[-1], 1.3), xlim=(-1, 1), xlabel="Correlation between the visits", ylabel="p of the paired t"
    )
    ax.set_yticks(_TICKS, [f"{tick:g}" if tick > _TICKS[-1] else "0.0001" for tick in _TICKS])
    ax.minorticks_off()
    bounds = p_bounds_paired(m1, sd1, m2, sd2, n)
    largest, none, half = (p_cell(bounds[name]) for name in ("p_at_rmin", "p_at_r0", "p_at_r05"))
    told = f"The p of the paired t is at most {largest} at a correlation of −1, {none} at 0 and {half} at 0.5."
    caption = (
        f"The p of the paired t for means of {m1} (SD {sd1}) and {m2} (SD {sd2}) in {n} patients, {where}. Grey: for all numbers "
        f"that round to these. Shaded: correlations of {USUAL[0]} to {USUAL[1]}, as two visits of the same patients usually have."
        f"{_about(m1, sd1, m2, sd2, n, p)}"
    )
    return finish(fig, "p-against-r", told + _about(m1, sd1, m2, sd2, n, p), caption, synthetic=False,
                  drawn=pd.DataFrame({"r": r, **curve}))  # fmt: skip


def _draw_printed(ax: Any, p: Printed) -> None:
    low, high, _ = rounding_interval(p)
    ax.axhspan(max(float(low), _TICKS[-1]), float(high), fc=INK["accent2"], alpha=0.35, lw=0)
    ax.text(0.99, float(high) * 1.1, f"printed: p = {p}", fontsize=8.5, color=INK["accent2"], ha="right", va="bottom")


def _about(m1: Printed, sd1: Printed, m2: Printed, sd2: Printed, n: int, p: Printed) -> str:
    """What the printed p asks of the correlation."""
    if p is None:
        return ""
    low, high = implied_r_bounds(m1, sd1, m2, sd2, n, p)
    if not low <= 1 or not high >= -1:
        return f" No correlation gives the printed p = {p}."
    return f" The printed p = {p} asks for a correlation between {number(max(low, -1), 2)} and {number(min(high, 1), 2)}."
