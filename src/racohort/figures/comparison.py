"""The forest of one endpoint across cohorts, with the pooled change where there is one."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, number
from racohort.results import select_results


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
    return finish(fig, f"forest-{endpoint.lower()}", f"Forest plot of {count(len(rows), 'change')}: {told}.", caption, synthetic)


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
