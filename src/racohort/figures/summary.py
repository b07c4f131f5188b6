"""The picture of the main result: how the primary endpoints changed, and how sure that is."""

from typing import Any

import pandas as pd

from racohort.absence import Absence, absent
from racohort.figures.courses import visit_places
from racohort.figures.points import tell, words_of
from racohort.figures.style import INK, SMALL, Figure, canvas, finish
from racohort.formats import estimate, level_of, listed, number
from racohort.labels import digits_of, label_of
from racohort.plan import Plan
from racohort.results import select_results

#: So many endpoints times visits fit a drawing that a telephone shows whole.
MOST_SMALL = 6


def plot_summary(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure | Absence:
    """The mean change of each primary endpoint at each follow-up visit with its interval, on a true time axis.

    Parameters
    ----------
    results : the rows `mean_change` (`paired_t`) of the efficacy section.
    plan, catalogue : visits and primary endpoints; labels and decimals.
    """
    contrasts = [plan.contrast(visit.AVISIT) for visit in plan.follow_ups]
    rows = select_results(results, section="efficacy", population="efficacy", statistic="mean_change", method="paired_t",
                          contrast=contrasts, PARAMCD=plan.primary, by="").dropna(subset="lower")  # fmt: skip
    codes = [code for code in plan.primary if code in set(rows["PARAMCD"])]
    if not codes:
        return absent("No primary endpoint was measured in the same patients at two visits: no change can be drawn.")
    few = len(codes) * len(plan.visits) <= MOST_SMALL
    fig, axes = canvas(SMALL - 0.1 if few else 7.2, 2.3, 1, len(codes), squeeze=False)
    for ax, code in zip(axes[0], codes, strict=True):
        _draw(ax, select_results(rows, PARAMCD=code).set_index("AVISIT"), label_of(code, catalogue), plan,
              max(digits_of(code, catalogue), 1))  # fmt: skip
    axes[0, 0].set_ylabel("Mean change")
    names = listed([label_of(code, catalogue) for code in codes])
    lacking = "The arms are taken together" if len(plan.arms) > 1 else "There is no control group"
    alone = f" {lacking}: this is a change, not the effect of a treatment." if plan.treated else ""
    caption = (
        f"Mean change of {names} from {plan.baseline.label}: in the patients measured at both visits (n below each visit), "
        f"with its {level_of(plan.level)} confidence interval. Below the line is lower than at {plan.baseline.label}.{alone}"
    )
    alt = " ".join(_words(select_results(rows, PARAMCD=code), code, plan, catalogue) for code in codes)
    return finish(fig, "summary", alt, caption, plan.synthetic, rows)


def _draw(ax: Any, rows: pd.DataFrame, name: str, plan: Plan, digits: int) -> None:
    places, _ = visit_places(plan)
    at = {visit.AVISIT: place for visit, place in zip(plan.visits, places, strict=True)}
    there = [visit for visit in plan.follow_ups if visit.AVISIT in rows.index]
    ax.axhline(0, color=INK["ink"], lw=0.9)
    ax.plot([places[0], *(at[visit.AVISIT] for visit in there)], [0, *(rows.loc[visit.AVISIT, "value"] for visit in there)],
            color=INK["accent"], lw=1.0, ls=(0, (1, 2)))  # fmt: skip
    ax.plot(places[0], 0, "o", color=INK["paper"], mec=INK["accent"], mew=1.4, ms=6, zorder=3)
    for visit in there:
        row: Any = rows.loc[visit.AVISIT]
        place = at[visit.AVISIT]
        ax.plot([place, place], [row["lower"], row["upper"]], color=INK["accent"], lw=2.6, solid_capstyle="butt")
        ax.plot(place, row["value"], "o", color=INK["accent"], ms=7, zorder=3)
        tell(ax, place, row["value"], words_of(row, f"{name}, change to {visit.label}", digits))
    labels = [plan.baseline.label, *(f"{visit.label}\nn = {number(rows.loc[visit.AVISIT, 'n'])}" for visit in there)]
    crowded = {"fontsize": 7.5} if len(labels) > 4 else {}
    ax.set_xticks([places[0], *(at[visit.AVISIT] for visit in there)], labels, **crowded)
    ax.set(title=name, xlim=(places[0] - 0.12 * places[-1], places[-1] * 1.12))
    ax.margins(y=0.12)
    ax.grid(visible=False, axis="x")


def _words(rows: pd.DataFrame, code: str, plan: Plan, catalogue: pd.DataFrame) -> str:
    digits, label = max(digits_of(code, catalogue), 1), {visit.AVISIT: visit.label for visit in plan.visits}
    told = [f"{estimate(one['value'], one['lower'], one['upper'], digits, plan.level)[:-1]}, n = {number(one['n'])}) at "
            f"{label[one['AVISIT']]}" for _, one in rows.iterrows()]  # fmt: skip
    return f"Mean change of {label_of(code, catalogue)}: {listed(told)}."
