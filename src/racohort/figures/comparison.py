"""Finished runs side by side, as figures: baselines, the changes of one endpoint, and adverse events."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from racohort.comparison import Finished
from racohort.comparison.baselines import MARGIN, VARIABLES
from racohort.comparison.events import event_of
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, listed, number, proportion
from racohort.labels import OVERVIEW_LABELS, label_of
from racohort.results import select_results

#: How the runs are told apart, by colour and by mark; beyond these the marks stand for all further ones.
LOOKS = (("accent", "o"), ("accent2", "s"), ("good", "D"), ("none", "^"), ("cool", "v"), ("moderate", "P"))

#: What is drawn of a row.
VALUES = ("value", "lower", "upper")


def plot_baselines(
    differences: pd.DataFrame, runs: Sequence[Finished], catalogue: pd.DataFrame, synthetic: bool
) -> Figure | None:
    """The standardised difference of every later run from the first, variable by variable; None where nothing can be compared."""
    codes = [code for code in VARIABLES if code in set(differences["PARAMCD"])]
    keys = [*codes, *(["SEX"] if (differences["by"] == "SEX").any() else [])]
    if not keys:
        return None
    names = [label_of(code, catalogue) if code in codes else "Women" for code in keys]
    first, later = runs[0].name, [run.name for run in runs[1:]]
    fig, ax = canvas(7.2, 1.3 + (0.2 + 0.06 * len(later)) * len(keys))
    _draw_apart(ax, differences, keys, first, later)
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel(f"Standardised difference from {first}\n← lower      higher →")
    if len(later) > 1:
        fig.legend(loc="outside upper left", ncols=min(len(later), 4))
    largest = differences["value"].iloc[int(differences["value"].abs().argmax())]
    alt = (
        f"Standardised differences of {listed(later)} from {first} in {count(len(keys), 'variable')} at baseline; "
        f"the largest is {number(largest, 2)}."
    )
    caption = (
        f"Baselines: difference of means from {first} in standard deviations, with its interval. Shaded: within a quarter "
        "of a standard deviation."
    )
    return finish(
        fig, "baselines", alt, caption, synthetic, drawn=differences[["contrast", "PARAMCD", "by", "category", *VALUES]]
    )


def _draw_apart(ax: Any, differences: pd.DataFrame, keys: Sequence[str], first: str, later: Sequence[str]) -> None:
    """A line for each variable, and on it a mark for each later run, with its interval."""
    ax.axvspan(-MARGIN, MARGIN, fc=INK["band"], lw=0)
    ax.axvline(0, color=INK["ink"], lw=0.9)
    for place, name in enumerate(later):
        rows = select_results(differences, contrast=f"{name}-{first}")
        at = [keys.index("SEX" if row["by"] == "SEX" else row["PARAMCD"]) for row in rows.to_dict("records")]
        _dots(ax, rows, np.array(at) + _offset(place, len(later)), place, name)
    ax.set_ylim(len(keys) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")


def _offset(place: int, runs: int) -> float:
    """Where within a line the mark of a run stands."""
    return (place - (runs - 1) / 2) * min(0.22, 0.7 / runs)


def _dots(ax: Any, rows: pd.DataFrame, y: np.ndarray, place: int, name: str, scale: float = 1.0) -> None:
    """One run's values with their intervals."""
    colour, mark = LOOKS[min(place, len(LOOKS) - 1)]
    values, lower, upper = (scale * rows[column].astype("float64").to_numpy() for column in ("value", "lower", "upper"))
    ax.hlines(y, lower, upper, color=INK[colour], lw=1.3)
    ax.plot(values, y, mark, color=INK[colour], ms=4.4, label=name, clip_on=False, zorder=3)


def plot_cohorts(changes: pd.DataFrame, pooled: pd.DataFrame, endpoint: str, label: str, synthetic: bool) -> Figure:
    """Every cohort's change of one endpoint at each time, and below them the pooled one with its prediction, where there is one.

    Parameters
    ----------
    changes, pooled : rows of `comparison.select_changes` and `comparison.pool_changes`.
    endpoint, label : which endpoint, and what it is called.
    synthetic : whether all cohorts are.
    """
    rows = changes[changes["endpoint"] == endpoint]
    ratio = bool(rows["log"].iloc[0])
    lines = [line for time in rows["time"].unique() for line in _lines(rows[rows["time"] == time], pooled, endpoint, str(time))]
    fig, ax = canvas(7.2, 0.9 + 0.27 * len(lines))
    for place, line in enumerate(lines):
        _draw(ax, place, line)
    ax.axvline(1 if ratio else 0, color=INK["ink"], lw=0.9)
    ax.set_yticks(range(len(lines)), [line["label"] for line in lines])
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    kind = "Ratio to baseline" if ratio else "Mean change from baseline"
    ax.set_xlabel(f"{kind}\n← lower      higher →")
    told = "; ".join(f"{line['label']} {line['said']}" for line in lines)
    caption = (
        f"{label}: {kind.lower()} in complete pairs with confidence intervals, each cohort by itself; no effect of a treatment."
    )
    alt, drawn = f"Forest plot of {count(len(rows), 'change')}: {told}.", pd.DataFrame(lines)[["label", *VALUES]]
    return finish(fig, f"forest-{endpoint.lower()}", alt, caption, synthetic, drawn=drawn)


def _lines(group: pd.DataFrame, pooled: pd.DataFrame, endpoint: str, time: str) -> list[dict[str, Any]]:
    rows = [
        {**row, "label": f"{time}: {row['run']} (n = {number(row['n'])})", "kind": "cohort"} for row in group.to_dict("records")
    ]
    names = {"pooled_change": "pooled", "pooled_gmr": "pooled", "prediction": "next such cohort"}
    below = select_results(pooled, PARAMCD=endpoint, AVISIT=time, statistic=list(names)).to_dict("records")
    rows += [{**row, "label": f"{time}: {names[row['statistic']]}", "kind": row["statistic"]} for row in below]
    return [{str(name): value for name, value in row.items()} | {"said": _said(row)} for row in rows]


def _said(row: Mapping[Any, Any]) -> str:
    limits = f"{number(row['lower'], 2)} to {number(row['upper'], 2)}"
    return limits if row["kind"] == "prediction" else f"{number(row['value'], 2)} ({limits})"


def _draw(ax: Any, place: int, line: dict[str, Any]) -> None:
    colour = INK["accent"] if line["kind"] == "cohort" else INK["accent2"]
    style = ":" if line["kind"] == "prediction" else "-"
    ax.plot([line["lower"], line["upper"]], [place, place], style, color=colour, lw=1.6, solid_capstyle="butt")
    if line["kind"] != "prediction":
        ax.plot(line["value"], place, "s" if line["kind"] == "cohort" else "D", color=colour, ms=4.8)


def plot_cohort_events(runs: Sequence[Finished], synthetic: bool) -> Figure | None:
    """The share of patients with each kind of event in each run, with exact intervals; None where no run has any."""
    found = {run.name: [event_of(run, category) for category in OVERVIEW_LABELS] for run in runs}
    known = {name: rows for name, rows in found.items() if any(row is not None for row in rows)}
    if not known:
        return None
    fig, ax = canvas(7.2, 1.3 + (0.25 + 0.08 * len(known)) * len(OVERVIEW_LABELS))
    told = []
    for place, (name, rows) in enumerate(known.items()):
        there = [(at, row) for at, row in enumerate(rows) if row is not None]
        y = np.array([at for at, _ in there]) + _offset(place, len(known))
        _dots(ax, pd.DataFrame([row for _, row in there]), y, place, name, 100)
        told.append(f"{name}: any event in {proportion(there[0][1]['count'], there[0][1]['n'])}")
    ax.set_yticks(range(len(OVERVIEW_LABELS)), list(OVERVIEW_LABELS.values()))
    ax.set_ylim(len(OVERVIEW_LABELS) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("Patients (%)")
    fig.legend(loc="outside upper left", ncols=min(len(known), 4))
    caption = "Patients with adverse events, share of the safety population with its exact interval. Nothing is pooled."
    drawn = pd.DataFrame([{**row, "run": name} for name, rows in known.items() for row in rows if row is not None])
    alt = f"Shares of patients with adverse events. {'; '.join(told)}."
    return finish(fig, "events", alt, caption, synthetic, drawn=drawn[["run", "category", *VALUES]])
