"""The forest of standardised changes."""

from typing import Any

import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint
from racohort.figures.courses import NO_ENDPOINT, Endpoints
from racohort.figures.points import tell, words_of
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, number, p_cell, sizes
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results

#: Ratios that the logarithmic axis names.
RATIOS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3, 5, 10, 20)


def plot_forest(results: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Figure | Absence:
    """Standardised change of every endpoint at every visit, with ratios of the biomarkers beside it and the adjusted p."""
    every = [(e, visit) for e in endpoints for visit in plan.follow_ups]
    items = [(e, visit) for e, visit in every if _pairs(results, e, visit)] or every
    if not items:
        return absent(NO_ENDPOINT)
    logs = [e for e in endpoints if e.log]
    fig, axes = canvas(7.2, 1.1 + 0.19 * len(items), 1, 2 if logs else 1, sharey=True, squeeze=False,
                       **({"width_ratios": (1.25, 1)} if logs else {}))  # fmt: skip
    for place, (e, visit) in enumerate(items):
        at = {"PARAMCD": e.PARAMCD, "AVISIT": visit.AVISIT}
        colour = INK["accent"] if e.role == "primary" else INK["muted"]
        name = f"{e.short}, {visit.label}"
        _draw_estimate(axes[0, 0], pick_result(results, statistic="glass_delta", **at), place, colour, f"{name}, in SD")
        if logs:
            ratio = pick_result(results, statistic="gmr", method="paired_t_log", **at)
            _draw_estimate(axes[0, 1], ratio, place, colour, f"{name}, ratio")
        _draw_p(axes[0, -1], pick_result(results, statistic="conclusion", **at), place)
    _finish_axes(axes[0], items, bool(logs))
    said = "; ".join(_forest_words(results, e, visit) for e, visit in items)
    alt = f"Forest plot of {count(len(items), 'change')} from baseline: {said}."
    drawn = select_results(results, PARAMCD=[e.PARAMCD for e in endpoints], statistic=["glass_delta", "gmr", "conclusion"])
    return finish(fig, "forest", alt, _forest_caption(results, bool(logs), plan), plan.synthetic, drawn)


def _pairs(results: pd.DataFrame, e: Endpoint, visit: Visit) -> int:
    row = pick_result(results, PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT, statistic="glass_delta")
    return 0 if row is None else int(row["n"])


def _forest_caption(results: pd.DataFrame, logs: bool, plan: Plan) -> str:
    n = select_results(results, statistic="glass_delta")["n"]
    n = n[n > 0] if n.any() else n
    ratio = " Ratio to baseline: geometric mean ratio of the biomarkers, logarithmic axis."
    return (
        f"Change from baseline, complete pairs of the efficacy population ({sizes(n.min(), n.max())}), with "
        f"{100 * plan.level:g} % confidence intervals. Change / SD at baseline: Glass' delta.{ratio if logs else ''} "
        "Left of the line is lower than at baseline. Column: adjusted p of the plan's families; unadjusted p in "
        "brackets elsewhere."
    )


def _draw_estimate(ax: Any, row: pd.Series | None, place: int, colour: str, name: str) -> None:
    if row is not None and pd.notna(row["value"]):
        ax.plot([row["lower"], row["upper"]], [place, place], color=colour, lw=1.6, solid_capstyle="butt")
        ax.plot(row["value"], place, "s", color=colour, ms=4.8)
        tell(ax, row["value"], place, words_of(row, name, 2))


def _draw_p(ax: Any, row: pd.Series | None, place: int) -> None:
    if row is not None and pd.notna(row["p_value"]):
        text = p_cell(row["p_adjusted"]) if row["family"] else f"({p_cell(row['p_value'])})"
        ax.annotate(
            text, (1, place), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center", fontsize=8
        )


def _finish_axes(axes: Any, items: list[Any], logs: bool) -> None:
    labels = [f"{e.short}, {visit.label}" for e, visit in items]
    axes[0].set_yticks(range(len(items)), labels)
    axes[0].set_ylim(len(items) - 0.4, -0.8)
    axes[0].axvline(0, color=INK["ink"], lw=0.9)
    axes[0].set_xlabel("Change / SD at baseline\n← lower      higher →")
    axes[-1].annotate(
        "adj. p", (1, 1), (6, 4), xycoords="axes fraction", textcoords="offset points", fontsize=8, fontweight="bold"
    )
    starts = [place for place in range(1, len(items)) if items[place][0] is not items[place - 1][0]]
    for ax in axes:
        ax.grid(visible=False, axis="y")
        for start in starts:
            ax.axhline(start - 0.5, color=INK["grid"], lw=0.7)
    if logs:
        axes[1].set_xscale("log")
        axes[1].axvline(1, color=INK["ink"], lw=0.9)
        axes[1].xaxis.set_major_locator(FixedLocator(RATIOS))
        axes[1].xaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:g}"))
        axes[1].xaxis.set_minor_locator(NullLocator())
        axes[1].set_xlabel("Ratio to baseline\n← lower      higher →")


def _forest_words(results: pd.DataFrame, e: Endpoint, visit: Any) -> str:
    row = pick_result(results, statistic="glass_delta", PARAMCD=e.PARAMCD, AVISIT=visit.AVISIT)
    return f"{e.short} at {visit.label} {number(None if row is None else row['value'], 2)}"
