"""The figures of the laboratory: every patient over time, and the share of patients outside the range."""

from itertools import zip_longest
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from racohort.absence import Absence, absent
from racohort.figures.points import tell
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import capitalised, count, level_of, listed, median_iqr, number, percent, proportion
from racohort.labels import (
    NO_LABORATORY,
    NO_RANGES,
    digits_of,
    label_of,
    label_with_unit,
    shown_unit,
    unit_of,
    values_of,
    within_sentence,
)
from racohort.plan import MOST_MARKS, Plan
from racohort.results import select_results
from racohort.summaries import largest, spread_results
from racohort.terms import HEALTHY_SHARE_OUTSIDE

#: From this many patients on, single lines would be a smear: the central nine tenths are drawn as a fan instead.
MOST_LINES = 150

#: The share of the time axis that the name of a visit takes in a small chart.
NAME_ROOM = 0.3

_COLUMNS = 5
_MARKERS = "osD^vP*Xhp"


def plot_laboratory(results: pd.DataFrame, adlb: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """Every analyte over time: reference band, one line a patient, values outside the range marked, median and quartiles.

    `results` holds the rows of `summarise_laboratory`; `adlb` the records. Past `MOST_LINES` patients a fan of percentiles takes
    the place of the lines; where no record has a value (a report without single patients), medians and quartiles stand alone.
    """
    rows = select_results(results, method="available", contrast="")
    codes = list(rows["PARAMCD"].unique())
    if not codes:
        return absent(NO_LABORATORY)
    wide = spread_results(rows, ["PARAMCD", "AVISIT"])
    values = _drawn(adlb, plan)
    lines = -(-len(codes) // _COLUMNS)
    fig, axes = canvas(7.4, 1.2 * lines + 0.45, lines, _COLUMNS, squeeze=False)
    for code, ax in zip_longest(codes, axes.flat):
        if code is None:
            ax.axis("off")
        else:
            _draw_analyte(ax, values[values["PARAMCD"] == code], wide.loc[code], plan, code, catalogue)
    fig.legend(
        handles=_laboratory_legend(_patients(values) > MOST_LINES, bool(values["AVAL"].notna().any()), _ranged(values)),
        loc="outside upper left",
        ncols=3,
        fontsize=7.6,
    )
    return finish(
        fig,
        "laboratory",
        _laboratory_alt(codes, values, plan, catalogue),
        _laboratory_caption(rows, values, plan, catalogue),
        plan.synthetic,
        rows,
    )


def _drawn(adlb: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The records that stand for a planned visit; where no record has a value, all of them for their reference ranges."""
    planned = adlb["AVISIT"].isin([visit.AVISIT for visit in plan.visits])
    return adlb[(adlb["ANL01FL"] == "Y") & planned] if adlb["AVAL"].notna().any() else adlb


def _patients(values: pd.DataFrame) -> int:
    return int(values["USUBJID"].nunique())


def _ranged(values: pd.DataFrame) -> bool:
    """Whether any value has a reference range."""
    return bool(values[["ANRLO", "ANRHI"]].notna().to_numpy().any())


def _times(plan: Plan) -> dict[str, float]:
    """Where each visit stands on the time axis: years after baseline where days are planned, else its number."""
    days = [visit.day for visit in plan.visits]
    if any(day is None for day in days):
        return {visit.AVISIT: float(place) for place, visit in enumerate(plan.visits)}
    return {visit.AVISIT: float(visit.day or 0) / 365.25 for visit in plan.visits}


def _draw_analyte(ax: Any, values: pd.DataFrame, summary: pd.DataFrame, plan: Plan, code: str, catalogue: pd.DataFrame) -> None:
    times = _times(plan)
    summary = summary[summary["n"] > 0]
    x = np.array([times[AVISIT] for AVISIT in summary.index])
    _draw_band(ax, values)
    if values["USUBJID"].nunique() <= MOST_LINES:
        _draw_lines(ax, values, times)
    else:
        ax.fill_between(x, summary["p05"], summary["p95"], color=INK["faint"], alpha=0.45, lw=0)
    bar, mark = (3.2, 4) if len(plan.visits) <= MOST_MARKS else (1.8, 2.6)
    ax.vlines(x, summary["q1"], summary["q3"], color=INK["accent"], lw=bar, alpha=0.9)
    ax.plot(x, summary["median"], "o-", color=INK["accent"], mfc=INK["paper"], ms=mark, lw=1.5)
    _tell_medians(ax, summary, plan, code, catalogue)
    ax.set_title(_wrapped(label_of(code, catalogue)), fontsize=7.2, x=-0.25)  # over the axis too
    ax.set_ylabel(shown_unit(unit_of(code, catalogue)), fontsize=7.2, labelpad=3.5)
    _label_visits(ax, times)


def _tell_medians(ax: Any, summary: pd.DataFrame, plan: Plan, code: str, catalogue: pd.DataFrame) -> None:
    times, labels = _times(plan), {visit.AVISIT: visit.label for visit in plan.visits}
    for AVISIT, here in summary.iterrows():
        shown = median_iqr(here["median"], here["q1"], here["q3"], digits_of(code, catalogue))
        words = f"{label_with_unit(code, catalogue)}, {labels[str(AVISIT)]}: median {shown}; n = {number(here['n'])}"
        tell(ax, times[str(AVISIT)], here["median"], words)


def _wrapped(label: str) -> str:
    """A label in lines that fit above a small chart."""
    return "\n".join(wrap(label, 19))


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
        ax.plot(out["AVISIT"].astype("str").map(times), out["AVAL"], marker, color=colour, ms=3.4, mew=0, alpha=0.9)


def _label_visits(ax: Any, times: dict[str, float]) -> None:
    """A tick at every visit, and names where there is room."""
    named = _apart(times)
    ax.set_xticks(list(times.values()), [AVISIT if AVISIT in named else "" for AVISIT in times], fontsize=7)
    ax.tick_params(axis="y", labelsize=7)
    ax.grid(False)
    ax.margins(x=0.1)


def _apart(times: dict[str, float]) -> list[str]:
    """The visits that are named on an axis: the first, the last, and between them those whose names leave each other room.

    >>> _apart({"BL": 0, "M1": 1, "M2": 2, "M3": 3, "M6": 6, "M9": 9, "M12": 12})
    ['BL', 'M6', 'M12']
    """
    *others, last = sorted(times, key=lambda name: times[name])
    kept = others[:1]
    room = NAME_ROOM * (times[last] - times[kept[0]]) if kept else 0.0
    for name in others[1:]:
        if min(times[name] - times[kept[-1]], times[last] - times[name]) >= room:
            kept.append(name)
    return [*kept, last]


def _laboratory_legend(fan: bool, singly: bool, ranged: bool) -> list[Any]:
    single = (
        Patch(fc=INK["faint"], alpha=0.45, label="5th to 95th percentile")
        if fan
        else Line2D([], [], color=INK["faint"], lw=0.8, label="one patient")
    )
    out = [] if fan or not ranged else [Line2D([], [], color=INK["low"], marker="v", ls="", ms=4, label="below range"),
                          Line2D([], [], color=INK["high"], marker="^", ls="", ms=4, label="above range")]  # fmt: skip
    middle = Line2D([], [], color=INK["accent"], marker="o", mfc=INK["paper"], ms=4, label="median, quartiles")
    band = [Patch(fc=INK["band"], label="reference range")] if ranged else []
    return [*band, *([single, *out] if singly else []), middle]


def _laboratory_caption(rows: pd.DataFrame, values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> str:
    what = capitalised(values_of(values["PARAMCD"].unique(), catalogue))
    sizes = select_results(rows, statistic="n").groupby("AVISIT", sort=False)["n"].max()
    seen = listed([f"{number(sizes[visit.AVISIT])} at {visit.label}" for visit in plan.visits if visit.AVISIT in sizes.index])
    marks = "; ".join(filter(None, [_band(values), _each(values), "median with quartiles in blue"]))
    return f"{what} over time, safety population (patients with values: {seen}). {capitalised(marks)}."


def _band(values: pd.DataFrame) -> str:
    return "blue band: reference range (pale where it depends on sex, age or laboratory)" if _ranged(values) else ""


def _each(values: pd.DataFrame) -> str:
    """What stands for the patients, where they are drawn."""
    if values["AVAL"].isna().all():
        return ""
    if _patients(values) > MOST_LINES:
        return "the 5th to 95th percentile in grey"
    return "one grey line a patient" + (", values outside the patient's own range marked" if _ranged(values) else "")


def _laboratory_alt(codes: list[str], values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> str:
    shown = values[values["PARAMCD"].isin(codes) & values["ANRIND"].isin(["LOW", "HIGH"])]["PARAMCD"].astype("str").value_counts()
    span = f"from {plan.visits[0].label} to {plan.visits[-1].label}"
    what, bands = values_of(codes, catalogue), " with reference bands" if _ranged(values) else ""
    if values["AVAL"].isna().all():
        return f"{count(len(codes), 'small chart')} of medians and quartiles of {what} {span}{bands}."
    if not bands:
        return f"{count(len(codes), 'small chart')} of {what} {span}, without reference ranges."
    most = listed(
        [f"{within_sentence(label_of(str(code), catalogue))} ({count(n, 'value')})" for code, n in shown.head(3).items()]
    )
    said = f"most values outside their range: {most}" if most else "no value lies outside its range"
    return f"{count(len(codes), 'small chart')} of {what} {span}{bands}; {said}."


def plot_out_of_range(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """The share of patients outside the range, per analyte and visit, with exact intervals; from `estimate_out_of_range`."""
    rows = select_results(results, statistic="out_of_range", method="clopper_pearson")
    if rows.empty:
        return absent(NO_RANGES)
    visits = plan.marked_visits
    rows = rows[rows["AVISIT"].isin([visit.AVISIT for visit in visits])]
    codes = list(rows["PARAMCD"].unique())[::-1]
    step = 0.78 / len(visits)
    fig, ax = canvas(7.2, 0.9 + len(codes) * max(0.26, 0.1 * len(visits)))
    for place, visit in enumerate(visits):
        here = rows[rows["AVISIT"] == visit.AVISIT].set_index("PARAMCD").reindex(codes)
        y = np.arange(len(codes)) + 0.39 - step * (place + 0.5)
        _draw_intervals(ax, here, y, _shade(place), _MARKERS[place % len(_MARKERS)], capitalised(visit.label))
        for (code, row), at in [(line, at) for line, at in zip(here.iterrows(), y, strict=True) if line[1]["n"] > 0]:
            shown = proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)
            tell(ax, 100 * row["value"], at, f"{label_of(str(code), catalogue)}, {visit.label}: {shown}")
    ax.axvline(100 * HEALTHY_SHARE_OUTSIDE, color=INK["accent2"], lw=1, ls=(0, (4, 3)))
    ax.text(5, len(codes) - 0.42, " 5 %: a healthy group", color=INK["accent2"], fontsize=7.2, va="bottom")
    ax.set_yticks(range(len(codes)), [label_of(code, catalogue) for code in codes], fontsize=8)
    ax.set(ylim=(-0.6, len(codes) - 0.1), xlabel="Patients outside their reference range (%)")
    ax.set_xlim(left=0)
    ax.grid(axis="y", visible=False)
    fig.legend(loc="outside upper left", ncols=len(visits))
    return finish(fig, "out-of-range", _out_alt(rows, plan, catalogue), _out_caption(rows, plan), plan.synthetic, rows)


def _shade(place: int) -> str:
    """Baseline grey, follow-up in the house colours by turns."""
    return INK["muted"] if place == 0 else [INK[name] for name in ("accent", "accent2", "good", "none", "cool")][(place - 1) % 5]


def _draw_intervals(ax: Any, rows: pd.DataFrame, y: np.ndarray, colour: str, marker: str, label: str) -> None:
    ax.hlines(y, 100 * rows["lower"], 100 * rows["upper"], color=colour, lw=1.2)
    ax.plot(100 * rows["value"], y, marker, color=colour, ms=4, label=label, clip_on=False, zorder=3)


def _out_caption(rows: pd.DataFrame, plan: Plan) -> str:
    n = rows.loc[rows["n"] > 0, "n"]
    return (
        f"Patients with a value outside their reference range, per analyte and visit, safety population (n between "
        f"{number(n.min())} and {number(n.max())} with a value). "
        f"Bars: {level_of(plan.level)} Clopper-Pearson intervals, which also stand where nobody was outside. Dashed: the one "
        "in twenty that a reference "
        f"range leaves out among healthy people.{plan.said_of_marks}"
    )


def _out_alt(rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> str:
    said = []
    for visit in plan.marked_visits:
        here = rows[(rows["AVISIT"] == visit.AVISIT) & (rows["n"] > 0)].dropna(subset="value")
        if len(here):
            top = largest(here)
            said.append(
                f"at {visit.label} {within_sentence(label_of(top['PARAMCD'], catalogue))} is highest with {percent(top['value'])}"
            )
    analytes = count(rows["PARAMCD"].nunique(), "analyte")
    told = listed(said) or "no share is told"
    return f"Dot plot of the share of patients outside the reference range for {analytes}: {told}."
