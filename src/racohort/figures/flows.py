"""Who moved where: states of disease activity at every visit, and the streams of patients between them."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from racohort.absence import Absence, absent
from racohort.few import Between
from racohort.figures.responses import ON_YELLOW, STATE_INK, state_legend
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import number
from racohort.plan import Plan, Visit
from racohort.results import select_results

#: Half the width of a visit's column, and the smallest share of the population whose number is written.
HALF, SHOWN = 0.09, 0.03


def plot_flows(results: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """An alluvial diagram of states of disease activity: every patient at every visit, the missing as a state of their own.

    `results` are the rows of `efficacy.compare_states`. A stream has the colour of the state that it leaves.
    """
    moves = [_moves(results, *step) for step in pairwise(plan.visits)]
    if not moves or any(not len(step) for step in moves) or not moves[0].astype(int).to_numpy().sum():
        return absent("No DAS28 was supplied: moves between states of disease activity cannot be drawn.")
    n = int(results["n"].max())
    fig, ax = canvas(7.2, 4.2)
    for place, step in enumerate(moves):
        _draw_streams(ax, step, place, n)
    columns = [_whole(moves[0].T), *map(_whole, moves)]
    for place, column in enumerate(columns):
        _draw_column(ax, column, place, n)
    ax.set_xticks(range(len(plan.visits)), [visit.label for visit in plan.visits])
    ax.set(xlim=(-0.25, len(plan.visits) - 0.75), ylim=(n, 0), ylabel=f"Patients of the efficacy population (n = {number(n)})")
    ax.yaxis.set_major_formatter(lambda patients, _: number(patients))
    ax.grid(visible=False)
    fig.legend(*state_legend(ax), loc="outside upper left", ncols=5, columnspacing=1.2)
    caption = (
        f"States of disease activity by DAS28 and the moves between them, all {number(n)} patients of the efficacy population "
        f"at every visit; hatched: no DAS28. Streams have the colour of the state they leave; numbers are patients, written from "
        f"{100 * SHOWN:g} % of the population on. Columns stand at equal steps, not at their times."
    )
    alt = "Alluvial diagram of states of disease activity. " + " ".join(
        _step_words(step, before, after) for step, (before, after) in zip(moves, pairwise(plan.visits), strict=True)
    )
    rows = select_results(
        results, by="BSTATE>STATE", contrast=[f"{after.AVISIT}-{before.AVISIT}" for before, after in pairwise(plan.visits)]
    )
    return finish(fig, "flows", alt, caption, plan.synthetic, rows)


def _moves(results: pd.DataFrame, before: Visit, after: Visit) -> pd.DataFrame:
    """Patients by state before (rows) and after (columns), in the order of the states; a hidden number knows its bounds."""
    rows = select_results(results, by="BSTATE>STATE", contrast=f"{after.AVISIT}-{before.AVISIT}")
    if rows.empty:
        return pd.DataFrame()
    ends = rows["category"].str.split(">", expand=True)
    wide = rows.assign(before=ends[0], after=ends[1]).pivot(index="before", columns="after", values="count")
    return wide.loc[list(STATE_INK), list(STATE_INK)]


def _scaled(drawn: np.ndarray, n: int) -> np.ndarray:
    """Patients as they are drawn: every step fills the height of the population, also where some numbers are hidden."""
    scaled: np.ndarray = drawn * (n / drawn.sum())
    return scaled


def _whole(step: pd.DataFrame) -> pd.Series:
    """The patients of each state at the end of a step."""
    return pd.Series({state: sum(some) for state, some in step.items()}, dtype=object)


def _draw_column(ax: Any, column: pd.Series, place: int, n: int) -> None:
    top = 0.0
    for state, told, size in zip(map(str, column.index), column, _scaled(column.astype(int).to_numpy(), n), strict=True):
        missing = state == "missing"
        ax.bar(place, size, 2 * HALF, top, color=INK[STATE_INK[state]], hatch="////" if missing else None,
               edgecolor=INK["muted"] if missing else INK["paper"], lw=0.6, zorder=3)  # fmt: skip
        if size >= SHOWN * n and not isinstance(told, Between):
            ax.text(place, top + size / 2, number(told), ha="center", va="center", fontsize=8.5, zorder=4,
                    color={"moderate": ON_YELLOW, "missing": INK["ink"]}.get(state, INK["paper"]))  # fmt: skip
        top += size


def _draw_streams(ax: Any, step: pd.DataFrame, place: int, n: int) -> None:
    """The streams of one step: they leave in the order of where they go, and arrive in the order of where they come from."""
    told, sizes = step.to_numpy(), _scaled(step.astype(int).to_numpy(), n)
    leave = np.cumsum(sizes.ravel()).reshape(sizes.shape) - sizes
    arrive = (np.cumsum(sizes.T.ravel()).reshape(sizes.T.shape) - sizes.T).T
    for i, before in enumerate(step.index):
        for j in range(len(step.columns)):
            if sizes[i, j]:
                path = _stream(place + HALF, place + 1 - HALF, leave[i, j], arrive[i, j], sizes[i, j])
                ax.add_patch(PathPatch(path, fc=INK[STATE_INK[str(before)]], ec="none", alpha=0.38, zorder=1))
                if sizes[i, j] >= SHOWN * n:
                    ax.text(place + HALF + 0.03, leave[i, j] + sizes[i, j] / 2, number(told[i, j]), va="center", fontsize=7.5,
                            color=INK["ink"], zorder=2)  # fmt: skip


def _stream(left: float, right: float, top: float, bottom: float, size: float) -> Path:
    """A band of constant height from one column to the next."""
    middle = (left + right) / 2
    points = [(left, top), (middle, top), (middle, bottom), (right, bottom), (right, bottom + size), (middle, bottom + size),
              (middle, top + size), (left, top + size), (left, top)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)


def _step_words(step: pd.DataFrame, before: Visit, after: Visit) -> str:
    """Where the patients of each state went, the empty moves left out."""
    names = {state: "no DAS28" if state == "missing" else state for state in STATE_INK}
    told = [f"{number(step.loc[a, b])} from {names[a]} to {names[b]}" for a in STATE_INK for b in STATE_INK if step.loc[a, b]]
    return f"{before.label} to {after.label}: {', '.join(told)}."
