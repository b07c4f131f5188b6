"""Small multiples of how values spread before and after cleaning, against what is possible and plausible."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from racohort.absence import Absence, absent
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, listed, number
from racohort.labels import label_of, label_with_unit
from racohort.plan import Plan
from racohort.results import select_results

#: Marks of single values in one field; past it only the bars show them.
MOST = 40
_LONGEST, _LETTERS = 33, 7.4  # characters of a title in full size, size of the small letters


def plot_values(results: pd.DataFrame, numbers: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """One field a parameter: bars of the values used, a line around those written, marks for values kept out or doubted.

    Draws the rows of `count_values`; `numbers` (PARAMCD, factor, number, read, used) gives the places of the marks.
    """
    shown = set(select_results(results, by="bar")["PARAMCD"])
    codes = [code for code in catalogue.index if code in shown]
    if not codes:
        return absent("The files hold no number of a parameter, so no distribution can be shown.")
    columns = min(len(codes), 2 if len(codes) <= 4 else 3)
    lines = -(-len(codes) // columns)
    fig, axes = canvas(7.2, 1.02 * lines + 0.45, lines, columns, squeeze=False)
    fig.set_layout_engine("constrained", h_pad=0.1, w_pad=0.1)  # room for the titles
    fields, tallies = (dict(list(frame.groupby("PARAMCD"))) for frame in (results, numbers))
    for ax, code in zip(axes.flat, codes, strict=False):
        _draw_field(ax, fields[code], tallies.get(code, numbers.iloc[:0]), catalogue.loc[code])
        _title(ax, code, catalogue)
    for ax in axes.flat[len(codes) :]:
        ax.axis("off")
    fig.legend(handles=_legend(), loc="outside upper left", ncols=3)
    return finish(fig, "values", _alt(results, codes, catalogue), _CAPTION, plan.synthetic, results)


_CAPTION = (
    "Numbers as they were written in the files, and values as they are used: all visits together. Bars: values used, in the "
    "unit of the report; line: what was written, before any conversion; shaded: the plausible range; broken lines: the limits of "
    "what is possible, where they are in view. Crosses: written, but kept out of the analysis; rings: kept, though outside the "
    "plausible range; arrows: further values beyond the picture. Bars are of equal width, on a logarithmic scale for markers "
    "that are analysed so."
)


def _draw_field(ax: Any, rows: pd.DataFrame, tally: pd.DataFrame, facts: pd.Series) -> None:
    written, used = (select_results(rows, statistic=name) for name in ("values_read", "values_used"))
    both = pd.concat([written, used])
    logarithmic = facts["scale"] == "log" and both["lower"].min() > 0
    low, high = _span([*both["lower"], *both["upper"], facts["plausible_low"], facts["plausible_high"]], logarithmic)
    top = float(both["count"].max())
    half = 0.5 if (both["lower"] % 1 == 0.5).all() else 0.0  # bars around whole numbers: a limit stands beside its bar
    _draw_ranges(ax, facts, low, high, half)
    ax.bar(used["lower"], used["count"], used["upper"] - used["lower"], align="edge", fc=INK["cool"], ec=INK["paper"], lw=0.2)
    _outline(ax, written)
    ax.set_xscale("log" if logarithmic else "linear")
    ax.set(xlim=(low, high), ylim=(-0.28 * top, 1.12 * top), yticks=[])
    _mark(ax, tally, facts, (low, high), -0.14 * top)
    _point_beyond(ax, rows)
    _quiet(ax)
    _few_ticks(ax, logarithmic, low, high)


def _span(known: list[float], logarithmic: bool) -> tuple[float, float]:
    """The picture's edges: bars and plausible range with a margin."""
    inside = [value for value in known if value > 0] if logarithmic else known
    first, last = float(np.nanmin(inside)), float(np.nanmax(inside))
    if logarithmic:
        margin = (last / first) ** 0.04
        return first / margin, last * margin
    margin = 0.04 * (last - first)
    return first - margin, last + margin


def _draw_ranges(ax: Any, facts: pd.Series, low: float, high: float, half: float) -> None:
    """The plausible range as a band, the limits of the possible as rules where they are in view."""
    ends = [facts["plausible_low"], facts["plausible_high"]]
    if not np.isnan(ends).all():
        ax.axvspan(np.nanmax([ends[0], low]), np.nanmin([ends[1], high]), fc=INK["band"], lw=0)
    for limit in (facts["possible_low"] - half, facts["possible_high"] + half):
        if low < limit < high:
            ax.axvline(limit, color=INK["muted"], lw=0.9, ls=(0, (3, 2)))


def _quiet(ax: Any) -> None:
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="x", labelsize=_LETTERS, pad=1.5)


def _outline(ax: Any, bars: pd.DataFrame) -> None:
    """A step line around bars; empty bars are not among the rows, so the line falls to zero where they would be."""
    edges = np.column_stack([bars["lower"], bars["lower"], bars["upper"], bars["upper"]]).ravel()
    heights = np.column_stack([0 * bars["count"], bars["count"], bars["count"], 0 * bars["count"]]).astype("float64")
    touching = np.flatnonzero(np.isclose(bars["lower"].to_numpy()[1:], bars["upper"].to_numpy()[:-1]))
    drop = np.sort(np.concatenate([4 * touching + 3, 4 * (touching + 1)])).astype(int)
    ax.plot(np.delete(edges, drop), np.delete(heights.ravel(), drop), color=INK["ink"], lw=0.9)


def _mark(ax: Any, tally: pd.DataFrame, facts: pd.Series, span: tuple[float, float], height: float) -> None:
    """A cross for each number kept out, a ring for each used one outside the plausible range."""
    value = tally["number"] * tally["factor"]
    doubted = (value < facts["plausible_low"]) | (value > facts["plausible_high"])
    for rows, place, style in (
        (tally["used"] < tally["read"], tally["number"], "x"),
        ((tally["used"] > 0) & doubted, value, "o"),
    ):
        at = place[rows & (place > span[0]) & (place < span[1])].unique()
        ring = {"mfc": "none"} if style == "o" else {}
        if 0 < len(at) <= MOST:
            ax.plot(at, np.full(len(at), height), style, ms=4.2, color=INK["accent2"], mew=1.1, clip_on=False, **ring)


def _point_beyond(ax: Any, rows: pd.DataFrame) -> None:
    for row in select_results(rows, by="side").to_dict("records"):
        text, at, align = (
            (f"◂ {row['count']}", 0.0, "left") if row["category"] == "below" else (f"{row['count']} ▸", 1.0, "right")
        )
        ax.text(
            at, 0.9, text, transform=ax.transAxes, ha=align, va="top", fontsize=_LETTERS, color=INK["accent2"], fontweight="bold"
        )


def _few_ticks(ax: Any, logarithmic: bool, low: float, high: float) -> None:
    """A few round numbers on the axis, written out."""
    if logarithmic:
        powers = [base * 10.0**power for power in range(-4, 7) for base in (1, 2, 5)]
        inside = [tick for tick in powers if low <= tick <= high]
        ticks = [tick for tick in inside if np.isclose(np.log10(tick) % 1, 0)] if len(inside) > 6 else inside
        ax.set_xticks(ticks, [f"{tick:,.10g}" for tick in ticks])
        ax.minorticks_off()
    else:
        ax.locator_params(axis="x", nbins=4)


def _title(ax: Any, code: str, catalogue: pd.DataFrame) -> None:
    """The parameter with its unit; the layout keeps room above a field by itself, so that a long name makes no field narrower."""
    name = label_with_unit(code, catalogue)
    ax.set_title(name, fontsize=7.8 if len(name) <= _LONGEST else 6.6, pad=3).set_in_layout(False)


def _legend() -> list[Any]:
    return [
        Patch(fc=INK["cool"], label="used"),
        Line2D([], [], color=INK["ink"], lw=0.9, label="as written"),
        Patch(fc=INK["band"], label="plausible"),
        Line2D([], [], color=INK["accent2"], marker="x", ls="none", ms=4.2, label="kept out"),
        Line2D([], [], color=INK["accent2"], marker="o", mfc="none", ls="none", ms=4.2, label="doubted, kept"),
        Line2D([], [], color=INK["muted"], lw=0.9, ls=(0, (3, 2)), label="limit of the possible"),
    ]


def _alt(results: pd.DataFrame, codes: list[str], catalogue: pd.DataFrame) -> str:
    sizes = results[results["by"] == "bar"].drop_duplicates(["PARAMCD", "statistic"]).set_index(["PARAMCD", "statistic"])["n"]
    counts = {code: (sizes.get((code, "values_used"), 0), sizes[code, "values_read"]) for code in codes}
    less = [
        f"{label_of(code, catalogue)} {number(used)} of {number(read)}" for code, (used, read) in counts.items() if used < read
    ]
    whole = len(codes) - len(less)
    rest = [f"every number of {count(whole, 'other parameter' if less else 'parameter')}"] if whole else []
    said = "; ".join([listed(less), *rest] if less else rest)
    return (
        f"Distributions of {count(len(codes), 'parameter')} before and after cleaning. Used are, of the numbers written: {said}."
    )
