"""The figure of adverse events: patients per term with exact intervals, and the rate beside them."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.figures.points import tell, words_of
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, level_of, number, percent, proportion
from racohort.labels import OVERVIEW_LABELS, term_label
from racohort.plan import Plan
from racohort.results import pick_result, select_results
from racohort.summaries import were_supplied

#: Terms beyond these are in the table only.
MOST_TERMS = 30


def plot_events(results: pd.DataFrame, plan: Plan) -> Figure | None:
    """Overview categories and terms, most frequent first: share of patients, and first events per 100 person-years.

    Draws the rows of `estimate_events`; a category in which nobody had an event is drawn with its upper limit. None where no
    events were supplied.
    """
    if not were_supplied(results):
        return None
    overview = select_results(results, by="overview", statistic="proportion")
    terms = select_results(results, by="AEDECOD", statistic="proportion").head(MOST_TERMS)
    rows = pd.concat([overview, terms], ignore_index=True)
    rates = select_results(results, statistic="first_event_rate").set_index(["by", "category"])
    rates = rates.reindex(pd.MultiIndex.from_frame(rows[["by", "category"]]))
    y = _places(len(overview), len(terms))
    fig, axes = canvas(7.2, 0.75 + 0.185 * (y.max() + 1), 1, 2, sharey=True, width_ratios=(1.35, 1))
    _draw_dots(axes[0], rows, y, 100, INK["accent"], "Patients (%)")
    _draw_dots(axes[1], rates, y, 1, INK["accent2"], "First events\nper 100 person-years")
    _name_rows(axes[0], rows, y)
    _tell_events(axes, rows, rates, y)
    return finish(fig, "events", _alt(results, terms), _caption(overview, plan), plan.synthetic, pd.concat([rows, rates]))


def _places(overview: int, terms: int) -> np.ndarray:
    """Heights of the rows, a gap between the overview and the terms."""
    return np.concatenate([np.arange(overview), np.arange(terms) + overview + 0.8])


def _draw_dots(ax: Any, rows: pd.DataFrame, y: np.ndarray, scale: float, colour: str, label: str) -> None:
    ax.hlines(y, scale * rows["lower"].to_numpy(), scale * rows["upper"].to_numpy(), color=colour, lw=1.4)
    none = (rows["count"].fillna(0) == 0).to_numpy()
    known = rows["value"].notna().to_numpy()
    for some, fill in ((none & known, INK["paper"]), (~none & known, colour)):
        if some.any():  # a line without points would stand in the corner of the picture, and the axes make room for it
            ax.plot(scale * rows["value"].to_numpy()[some], y[some], "o", color=colour, mfc=fill, ms=5, clip_on=False, zorder=3)
    ax.set_xlabel(label)
    ax.set_xlim(left=0)
    ax.margins(x=0.05)
    ax.grid(axis="y", visible=False)


def _words(rows: pd.DataFrame) -> pd.Series:
    """What the rows are called."""
    return rows["category"].map(OVERVIEW_LABELS).where(rows["by"] == "overview", rows["category"].map(term_label))


def _name_rows(ax: Any, rows: pd.DataFrame, y: np.ndarray) -> None:
    words = _words(rows)
    shown = [f"{number(row['count'])}/{number(row['n'])}" if pd.notna(row["value"]) else f"{number(row['n_missing'])} not judged"
             for _, row in rows.iterrows()]  # fmt: skip
    names = [f"{word}  {share}" for word, share in zip(words, shown, strict=True)]
    ax.set_yticks(y, names, fontsize=8)
    ax.set_ylim(y.max() + 0.7, -0.7)


def _tell_events(axes: Any, rows: pd.DataFrame, rates: pd.DataFrame, y: np.ndarray) -> None:
    names = _words(rows)
    for name, (_, row), (_, rate), place in zip(names, rows.iterrows(), rates.iterrows(), y, strict=True):
        shown = proportion(row["count"], row["n"], row["lower"], row["upper"], row["level"])
        tell(axes[0], 100 * row["value"], place, f"{name}: {shown}")
        tell(axes[1], rate["value"], place, words_of(rate, f"{name}, first events per 100 person-years", 1))


def _caption(overview: pd.DataFrame, plan: Plan) -> str:
    return (
        f"Adverse events, safety population (n = {number(overview['n'].iloc[0])}). Patients: with at least one event, "
        f"{level_of(plan.level)} Clopper-Pearson interval. First events: per 100 person-years at risk, Garwood interval. "
        "Open circles: nobody had such an event; the bar ends at the largest risk compatible with that."
    )


def _alt(results: pd.DataFrame, terms: pd.DataFrame) -> str:
    anyone = pick_result(results, by="overview", category="ANY", statistic="proportion")
    some = "" if anyone is None else f"{number(anyone['count'])} of {number(anyone['n'])} patients"
    share = "" if anyone is None else f"{some} ({percent(anyone['value'])}) had any event; "
    most = terms.iloc[0] if len(terms) else None
    first = (
        "no term was recorded"
        if most is None
        else f"the most frequent term is {term_label(most['category'])} ({count(most['count'], 'patient')})"
    )
    return f"Dot plot of adverse events with exact intervals: {share}{first}."
