"""The figures of the laboratory: every patient over time, the share outside the range, and baseline against the worst value."""

from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from racohort.absence import Absence, absent
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, level_of, listed, percent
from racohort.labels import NO_LABORATORY, NO_RANGES, label_of, label_with_unit, panel_of, shown_unit, unit_of
from racohort.plan import Plan
from racohort.results import select_results
from racohort.summaries import largest, spread_results

#: From this many patients on, single lines would be a smear: the central nine tenths are drawn as a fan instead.
MOST_LINES = 150

_COLUMNS = 4
_MARKERS = "osD^vP*Xhp"


def plot_laboratory(results: pd.DataFrame, adlb: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """Every analyte over time: reference band, one line a patient, values outside the range marked, median and quartiles.

    `results` holds the rows of `summarise_laboratory`; `adlb` the records. Past `MOST_LINES` patients a fan of percentiles takes
    the place of the lines.
    """
    rows = select_results(results, method="available", contrast="")
    codes = list(rows["PARAMCD"].unique())
    if not codes:
        return absent(NO_LABORATORY)
    wide = spread_results(rows, ["PARAMCD", "AVISIT"])
    values = adlb[(adlb["ANL01FL"] == "Y") & adlb["AVISIT"].isin([visit.AVISIT for visit in plan.visits])]
    lines = -(-len(codes) // _COLUMNS)
    fig, axes = canvas(7.4, 1.55 * lines + 0.55, lines, _COLUMNS, squeeze=False)
    for code, ax in zip_longest(codes, axes.flat):
        if code is None:
            ax.axis("off")
        else:
            _draw_analyte(
                ax, values[values["PARAMCD"] == code], wide.loc[code], plan, label_of(code, catalogue), unit_of(code, catalogue)
            )
    fig.legend(handles=_laboratory_legend(_patients(values) > MOST_LINES), loc="outside upper center", ncols=5, fontsize=7.6)
    return finish(
        fig,
        "laboratory",
        _laboratory_alt(codes, values, plan, catalogue),
        _laboratory_caption(rows, values, plan),
        plan.synthetic,
    )


def _patients(values: pd.DataFrame) -> int:
    return int(values["USUBJID"].nunique())


def _times(plan: Plan) -> dict[str, float]:
    """Where each visit stands on the time axis: years after baseline where days are planned, else its number."""
    days = [visit.day for visit in plan.visits]
    if any(day is None for day in days):
        return {visit.AVISIT: float(place) for place, visit in enumerate(plan.visits)}
    return {visit.AVISIT: float(visit.day or 0) / 365.25 for visit in plan.visits}


def _draw_analyte(ax: Any, values: pd.DataFrame, summary: pd.DataFrame, plan: Plan, label: str, unit: str) -> None:
    times = _times(plan)
    summary = summary[summary["n"] > 0]
    x = np.array([times[AVISIT] for AVISIT in summary.index])
    _draw_band(ax, values)
    if values["USUBJID"].nunique() <= MOST_LINES:
        _draw_lines(ax, values, times)
    else:
        ax.fill_between(x, summary["p05"], summary["p95"], color=INK["faint"], alpha=0.45, lw=0)
    ax.vlines(x, summary["q1"], summary["q3"], color=INK["accent"], lw=3.2, alpha=0.9)
    ax.plot(x, summary["median"], "o-", color=INK["accent"], mfc=INK["paper"], ms=4, lw=1.5)
    ax.set_title(_wrapped(label), fontsize=7.8)
    ax.set_ylabel(shown_unit(unit), fontsize=7.2, labelpad=1)
    _label_visits(ax, plan, times)


def _wrapped(label: str) -> str:
    """A label cut into two lines where it is long."""
    if len(label) <= 24:
        return label
    cut = label.rfind(" ", 0, 25)
    return f"{label[:cut]}\n{label[cut + 1 :]}" if cut > 0 else label


def _draw_band(ax: Any, values: pd.DataFrame) -> None:
    """The range of every patient dark, and what only some patients' ranges include pale."""
    low, high = values["ANRLO"], values["ANRHI"]
    if high.notna().any():
        ax.axhspan(low.min() if low.notna().any() else 0, high.max(), color=INK["band"], alpha=0.45, lw=0)
        ax.axhspan(low.max() if low.notna().any() else 0, high.min(), color=INK["band"], lw=0)


def _draw_lines(ax: Any, values: pd.DataFrame, times: dict[str, float]) -> None:
    """One line a patient, all in one stroke, and a mark on every value outside its range."""
    wide = values.pivot_table(index="USUBJID", columns="AVISIT", values="AVAL", sort=False).reindex(columns=list(times))
    x = np.array([*times.values(), np.nan])
    y = np.column_stack([wide.to_numpy(), np.full(len(wide), np.nan)])
    ax.plot(np.tile(x, len(wide)), y.ravel(), color=INK["faint"], lw=0.5, alpha=0.75)
    for state, colour, marker in (("LOW", INK["low"], "v"), ("HIGH", INK["high"], "^")):
        out = values[values["ANRIND"] == state]
        ax.plot(out["AVISIT"].map(times), out["AVAL"], marker, color=colour, ms=3.4, mew=0, alpha=0.9)


def _label_visits(ax: Any, plan: Plan, times: dict[str, float]) -> None:
    ax.set_xticks(list(times.values()), [visit.AVISIT for visit in plan.visits], fontsize=7)
    ax.tick_params(axis="y", labelsize=7)
    ax.grid(False)
    ax.margins(x=0.1)


def _laboratory_legend(fan: bool) -> list[Any]:
    single = (
        Patch(fc=INK["faint"], alpha=0.45, label="5th to 95th percentile")
        if fan
        else Line2D([], [], color=INK["faint"], lw=0.8, label="one patient")
    )
    out = [] if fan else [Line2D([], [], color=INK["low"], marker="v", ls="", ms=4, label="below range"),
                          Line2D([], [], color=INK["high"], marker="^", ls="", ms=4, label="above range")]  # fmt: skip
    middle = Line2D([], [], color=INK["accent"], marker="o", mfc=INK["paper"], ms=4, label="median, quartiles")
    return [Patch(fc=INK["band"], label="reference range"), single, *out, middle]


def _laboratory_caption(rows: pd.DataFrame, values: pd.DataFrame, plan: Plan) -> str:
    sizes = select_results(rows, statistic="n").groupby("AVISIT", sort=False)["n"].max()
    seen = listed([f"{sizes[visit.AVISIT]} at {visit.label}" for visit in plan.visits if visit.AVISIT in sizes.index])
    each = (
        "the 5th to 95th percentile in grey"
        if _patients(values) > MOST_LINES
        else "one grey line a patient, values outside the patient's own range marked"
    )
    return (
        f"Laboratory values over time, safety population (patients with values: {seen}). Blue band: reference range (pale "
        "where it depends "
        f"on sex or laboratory); {each}; median with quartiles in blue."
    )


def _laboratory_alt(codes: list[str], values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> str:
    shown = values[values["PARAMCD"].isin(codes) & values["ANRIND"].isin(["LOW", "HIGH"])]["PARAMCD"].value_counts()
    most = listed([f"{label_of(str(code), catalogue)} ({count(n, 'value')})" for code, n in shown.head(3).items()])
    said = f"most values outside their range: {most}" if most else "no value lies outside its range"
    span = f"from {plan.visits[0].label} to {plan.visits[-1].label}"
    return f"{count(len(codes), 'small chart')} of laboratory values {span} with reference bands; {said}."


def plot_out_of_range(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """The share of patients outside the range, per analyte and visit, with exact intervals; from `estimate_out_of_range`."""
    rows = select_results(results, statistic="out_of_range", method="clopper_pearson")
    if rows.empty:
        return absent(NO_RANGES)
    codes = list(rows["PARAMCD"].unique())[::-1]
    step = 0.78 / len(plan.visits)
    fig, ax = canvas(7.2, 0.9 + len(codes) * max(0.26, 0.1 * len(plan.visits)))
    for place, visit in enumerate(plan.visits):
        here = rows[rows["AVISIT"] == visit.AVISIT].set_index("PARAMCD").reindex(codes)
        y = np.arange(len(codes)) + 0.39 - step * (place + 0.5)
        _draw_intervals(ax, here, y, _shade(place, len(plan.visits)), _MARKERS[place % len(_MARKERS)], visit.label)
    ax.axvline(5, color=INK["accent2"], lw=1, ls=(0, (4, 3)))
    ax.text(5, len(codes) - 0.42, " 5 %: a healthy group", color=INK["accent2"], fontsize=7.2, va="bottom")
    ax.set_yticks(range(len(codes)), [label_of(code, catalogue) for code in codes], fontsize=8)
    ax.set(ylim=(-0.6, len(codes) - 0.1), xlabel="Patients outside their reference range (%)")
    ax.set_xlim(left=0)
    ax.grid(axis="y", visible=False)
    fig.legend(loc="outside upper center", ncols=min(len(plan.visits), 5))
    return finish(fig, "out-of-range", _out_alt(rows, plan, catalogue), _out_caption(rows, plan), plan.synthetic)


def _shade(place: int, visits: int) -> str:
    """Baseline grey, follow-up in the house colours by turns."""
    return INK["muted"] if place == 0 else [INK[name] for name in ("accent", "accent2", "good", "none", "cool")][(place - 1) % 5]


def _draw_intervals(ax: Any, rows: pd.DataFrame, y: np.ndarray, colour: str, marker: str, label: str) -> None:
    ax.hlines(y, 100 * rows["lower"], 100 * rows["upper"], color=colour, lw=1.2)
    ax.plot(100 * rows["value"], y, marker, color=colour, ms=4, label=label, clip_on=False, zorder=3)


def _out_caption(rows: pd.DataFrame, plan: Plan) -> str:
    n = rows.loc[rows["n"] > 0, "n"]
    return (
        f"Patients with a value outside their reference range, per analyte and visit, safety population (n between {n.min()} "
        f"and {n.max()} with a value). "
        f"Bars: {level_of(plan.level)} Clopper-Pearson intervals, which also stand where nobody was outside. Dashed: the one "
        "in twenty that a reference "
        "range leaves out among healthy people."
    )


def _out_alt(rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> str:
    said = []
    for visit in plan.visits:
        here = rows[(rows["AVISIT"] == visit.AVISIT) & (rows["n"] > 0)]
        if len(here):
            top = largest(here)
            said.append(f"at {visit.label} {label_of(top['PARAMCD'], catalogue)} is highest with {percent(top['value'])}")
    analytes = count(rows["PARAMCD"].nunique(), "analyte")
    return f"Dot plot of the share of patients outside the reference range for {analytes}: {listed(said)}."


def plot_worst(worst: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """Baseline against the worst later value, both as multiples of the patient's own upper limit, one chart a panel.

    `worst` holds the records of `derive_worst`; those with an upper limit and positive values can be drawn. On the diagonal
    nothing changed; to the upper left a value rose from inside to outside the range.
    """
    drawn = worst[(worst["ANRHI"] > 0) & (worst["BASE"] > 0) & (worst["AVAL"] > 0)]
    if drawn.empty:
        return absent(NO_RANGES)
    drawn = drawn.assign(
        x=drawn["BASE"] / drawn["ANRHI"],
        y=drawn["AVAL"] / drawn["ANRHI"],
        panel=[panel_of(code, catalogue) for code in drawn["PARAMCD"]],
    )
    panels = list(dict.fromkeys(panel_of(code, catalogue) for code in catalogue.index if code in set(drawn["PARAMCD"]))) or [
        "Other"
    ]
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    fig, axes = canvas(7.2, 2.55 * lines, lines, columns, squeeze=False)
    for panel, ax in zip_longest(panels, axes.flat):
        if panel is None:
            ax.axis("off")
        else:
            _draw_worst(ax, drawn[drawn["panel"] == panel], panel)
    fig.supxlabel("Baseline (multiple of the upper limit)", fontsize=8.5)
    fig.supylabel("Worst later value (multiple of the upper limit)", fontsize=8.5)
    return finish(fig, "worst", _worst_alt(drawn), _worst_caption(drawn), plan.synthetic)


def _draw_worst(ax: Any, rows: pd.DataFrame, panel: str) -> None:
    low, high = min(rows["x"].min(), rows["y"].min()) * 0.85, max(rows["x"].max(), rows["y"].max(), 1.1) * 1.15
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    ax.plot([low, high], [low, high], color=INK["faint"], lw=0.8)
    ax.axhline(1, color=INK["muted"], lw=0.8, ls=(0, (4, 3)))
    ax.axvline(1, color=INK["muted"], lw=0.8, ls=(0, (4, 3)))
    for state, colour, marker in (("NORMAL", INK["normal"], "o"), ("LOW", INK["low"], "v"), ("HIGH", INK["high"], "^")):
        some = rows[rows["ANRIND"] == state]
        ax.plot(some["x"], some["y"], marker, color=colour, ms=3.2, mew=0, alpha=0.7)
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50) if low <= tick <= high]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
        axis.set_minor_locator(FixedLocator([]))
    ax.set_title(f"{panel} ({count(rows['PARAMCD'].nunique(), 'analyte')})", fontsize=8.5)
    ax.set_aspect("equal")


def _worst_caption(drawn: pd.DataFrame) -> str:
    return (
        f"Each patient's baseline value against the worst later one ({count(drawn['USUBJID'].nunique(), 'patient')}, "
        f"{count(len(drawn), 'pair of values', 'pairs of values')}), as "
        "multiples of the patient's own upper limit of normal, on logarithmic axes. Diagonal: no change. Dashed: the upper "
        "limit. Triangles: "
        "worst value above (orange) or below (blue) the range. Without an upper limit a value cannot be drawn."
    )


def _worst_alt(drawn: pd.DataFrame) -> str:
    new = ((drawn["BNRIND"] == "NORMAL") & (drawn["ANRIND"] == "HIGH")).sum()
    return (
        f"Scatter charts of baseline against worst later value: of {count(len(drawn), 'pair', 'pairs')}, "
        f"{count(int(new), 'rises', 'rise')} from within "
        f"the range to above it, and the highest worst value is {drawn['y'].max():.1f} times the upper limit "
        f"({label_with_unit(largest(drawn, 'y')['PARAMCD'], pd.DataFrame())})."
    )
