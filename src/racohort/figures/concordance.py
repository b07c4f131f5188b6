"""The verdicts at a glance: one tile for each claim about a visit, at both levels."""

from typing import Any

import pandas as pd
from matplotlib.patches import Rectangle

from racohort.absence import Absence, absent
from racohort.figures.responses import ON_YELLOW
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, listed, number
from racohort.plan import Plan

#: Verdict -> word on the tile, its colour, the colour of the word.
_TILES = {
    "agrees": ("agrees", "good", "paper"),
    "agrees in direction only": ("direction only", "moderate", "ink"),
    "no evidence either way": ("no evidence", "grid", "ink"),
    "contradicts": ("contradicts", "high", "paper"),
    "cannot be tested here": ("cannot be tested", "paper", "muted"),
}
_LEVELS = {"verdict": "as printed", "verdict_planned": "as planned"}


def plot_verdicts(ledger: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """Claims about visits as rows, printed years and levels as columns; every tile says its verdict in words.

    Parameters
    ----------
    ledger : `claims.claims_frame`; claims with a `topic` are drawn. Where the paper is silent the place of a tile says so.
    plan : whether the cohort is synthetic.
    """
    about = ledger[(ledger["topic"] != "") & ledger["year"].notna()]
    silent = about["test"].str.startswith("Silence")
    drawn, silences = about[~silent], about[silent]
    if drawn.empty:
        return absent("The paper makes no claim about a visit.")
    topics, years = list(dict.fromkeys(drawn["topic"])), sorted(drawn["year"].unique())
    fig, axes = canvas(7.2, 1.0 + 0.27 * len(topics))
    for _, row in drawn.iterrows():
        for place, level in enumerate(_LEVELS):
            _draw_tile(axes, years.index(row["year"]) * 2 + place, topics.index(row["topic"]), row[level])
    for _, row in silences[silences["topic"].isin(topics) & silences["year"].isin(years)].iterrows():
        where = (years.index(row["year"]) * 2 + 1, topics.index(row["topic"]) + 0.52)
        axes.text(*where, "the paper claims nothing", ha="center", va="center", fontsize=7.4, style="italic", color=INK["muted"])
    _finish_axes(axes, topics, years)
    told = drawn[["id", "topic", "year", *_LEVELS, "result_ids"]]
    return finish(fig, "verdicts", _alt(drawn), _caption(drawn), plan.synthetic, drawn=told)


def _draw_tile(axes: Any, x: int, y: int, verdict: str) -> None:
    word, fill, ink = _TILES[verdict]
    axes.add_patch(Rectangle((x + 0.03, y + 0.06), 0.94, 0.88, facecolor=INK[fill], edgecolor=INK["faint"], linewidth=0.6))
    colour = ON_YELLOW if fill == "moderate" else INK[ink]
    axes.text(x + 0.5, y + 0.52, word, ha="center", va="center", fontsize=7.4, color=colour)


def _finish_axes(axes: Any, topics: list[str], years: list[float]) -> None:
    """Topics down the side, years and levels along the top; no grid."""
    axes.set(xlim=(0, 2 * len(years)), ylim=(len(topics), 0), yticks=[y + 0.5 for y in range(len(topics))], yticklabels=topics)
    heads = [f"{count(year, 'year')}\n{level}" for year in years for level in _LEVELS.values()]
    axes.set_xticks([x + 0.5 for x in range(len(heads))], heads)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _tally(drawn: pd.DataFrame, level: str) -> str:
    counts = drawn[level].value_counts()
    return listed([f"{verdict} {number(counts[verdict])}" for verdict in _TILES if verdict in counts.index])


def _alt(drawn: pd.DataFrame) -> str:
    told = "; ".join(f"{name}: {_tally(drawn, level)}" for level, name in _LEVELS.items())
    told = told[:1].upper() + told[1:]
    return f"Tiles of verdicts on {count(len(drawn), 'claim')} about laboratory values and scores, by printed year. {told}."


def _caption(drawn: pd.DataFrame) -> str:
    claims = count(len(drawn), "claim")
    return (f"Verdicts of this cohort on {claims} of the paper about a visit. As printed: the paper's test, "
            "uncorrected, or its words read literally. As planned: the estimate of this report's plan, adjusted for multiple "
            "testing, or a proportion against its margin. Estimates, intervals and n are in the table of claims.")  # fmt: skip
