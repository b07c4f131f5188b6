"""What the change of the DAS28 is made of, and how its two acute-phase forms agree."""

from typing import Any

import numpy as np
import pandas as pd

from racohort.absence import Absence, absent
from racohort.figures.courses import MOST_LINES
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import interval, listed, number
from racohort.plan import Plan, Visit
from racohort.results import pick_result, select_results

#: Components in the order of the stack: what is judged first, then what a laboratory measures.
COMPONENT_INK = {"TJC28": "accent", "SJC28": "moderate", "PTGA": "normal", "ESR": "high", "CRP": "high"}
NAMES = {"TJC28": "tender joints", "SJC28": "swollen joints", "PTGA": "patient's global", "ESR": "ESR", "CRP": "CRP",
         "judged": "joints and global", "all": "all together"}  # fmt: skip
#: Bars that can be told apart, where there are more patients.
MOST_BARS = 200


def plot_components(changes: pd.DataFrame, results: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """What each patient's change of DAS28 is made of at the primary visit, and the mean of each part at every visit.

    Parameters
    ----------
    changes : `efficacy.derive_components`
    results : `efficacy.estimate_components`
    """
    rows = select_results(results, statistic="component_change")
    mine = changes[changes["AVISIT"] == plan.primary_visit]
    if rows.empty:
        return absent("The components of the DAS28 were not supplied, or its form is not known: there is nothing to take apart.")
    visit = next(v for v in plan.visits if plan.primary_visit == v.AVISIT)
    parts = [name for name in dict.fromkeys(rows["category"]) if name in COMPONENT_INK]
    if mine.empty:
        fig, left = canvas(7.2, 3.0)
    else:
        fig, (left, right) = canvas(7.2, 3.4, 1, 2, width_ratios=(1, 1.75))
        _draw_patients(right, mine.pivot(index="USUBJID", columns="COMPONENT", values="CHG")[parts], visit)
    _draw_means(left, rows, [*parts, "all"], plan)
    handles = [left.barh(0, 0, color=INK[COMPONENT_INK[name]], label=NAMES[name]) for name in parts]
    fig.legend(handles=handles, loc="outside upper left", ncols=2)
    alt = f"What the change of DAS28 is made of at {visit.label}: " + ", ".join(
        f"{NAMES[name]} {number(_mean_of(rows, name, visit), 2)}" for name in [*parts, "all"]) + "."  # fmt: skip
    return finish(fig, "components", alt, _components_caption(rows, plan, mine["USUBJID"].nunique()), plan.synthetic, rows)


def _components_caption(rows: pd.DataFrame, plan: Plan, people: int) -> str:
    low, high = number(rows["n"].min()), number(rows["n"].max())
    visits = listed([visit.label for visit in plan.follow_ups])
    means = f"Mean of each part: with its {100 * plan.level:g} % confidence interval, from above {visits}"
    many = f"{MOST_BARS} bars, each for the patient in the middle of an equal group"
    each = "one bar a patient" if people <= MOST_LINES else many
    label = next(visit.label for visit in plan.visits if plan.primary_visit == visit.AVISIT)
    bars = f" {label}: {each}, by change, its parts stacked below and above no change."
    return (
        "Change of DAS28 from baseline by its components, in points of the score, patients with every component at both visits "
        f"(n = {low if low == high else f'{low} to {high}'}). {means}; the parts add up to the change of all."
        f"{bars if people else ''}"
    )


def _mean_of(rows: pd.DataFrame, name: str, visit: Visit) -> Any:
    row = pick_result(rows, category=name, AVISIT=visit.AVISIT)
    return None if row is None else row["value"]


def _draw_means(ax: Any, rows: pd.DataFrame, names: list[str], plan: Plan) -> None:
    step = 0.7 / len(plan.follow_ups)
    for place, name in enumerate(names):
        ink = INK[COMPONENT_INK.get(name, "ink")]
        for k, visit in enumerate(plan.follow_ups):
            row = pick_result(rows, category=name, AVISIT=visit.AVISIT)
            if row is not None:
                at = place + step * (k - (len(plan.follow_ups) - 1) / 2)
                ax.plot([row["lower"], row["upper"]], [at, at], color=ink, lw=1.6)
                ax.plot(row["value"], at, "osD^v"[k % 5], color=ink, ms=4.5)
    ax.axvline(0, color=INK["ink"], lw=0.9)
    ax.set_yticks(range(len(names)), [NAMES[name] for name in names])
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel="Change of DAS28", title="Mean of each part")
    ax.grid(visible=False, axis="y")


def _draw_patients(ax: Any, wide: pd.DataFrame, visit: Visit) -> None:
    wide = wide.loc[wide.sum(axis=1).sort_values(kind="stable").index]
    n, bars = len(wide), len(wide) if len(wide) <= MOST_LINES else MOST_BARS
    drawn = wide.iloc[np.round((np.arange(bars) + 0.5) * n / bars - 0.5).astype(int)]
    below, above = np.zeros(bars), np.zeros(bars)
    for name in drawn:
        part = drawn[name].to_numpy(dtype=float)
        ax.bar(
            np.arange(bars),
            part,
            0.9 if bars == n else 1.0,
            np.where(part < 0, below, above),
            color=INK[COMPONENT_INK[str(name)]],
            lw=0,
        )
        below, above = below + np.minimum(part, 0), above + np.maximum(part, 0)
    ax.plot(np.arange(bars), drawn.sum(axis=1), ".", color=INK["ink"], ms=3)
    ax.axhline(0, color=INK["ink"], lw=0.9)
    ax.set(title=f"{visit.label}, n = {number(n)} (dot: all together)", xlabel="Patients, by change", xlim=(-0.8, bars - 0.2))
    ax.set_xticks([])
    ax.grid(visible=False, axis="x")


def plot_agreement(pairs: pd.DataFrame, results: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """DAS28-ESR against DAS28-CRP at each visit, after Bland and Altman.

    Parameters
    ----------
    pairs : `efficacy.derive_forms`
    results : `efficacy.compare_forms`
    """
    rows = select_results(results, function="efficacy.compare_forms")
    shown = [visit for visit in plan.visits if visit.AVISIT in set(rows["AVISIT"])]
    if not shown:
        return absent("This cohort does not have both DAS28-ESR and DAS28-CRP: their agreement cannot be drawn.")
    fig, axes = canvas(7.2, 2.9, 1, len(shown), sharex=True, sharey=True, squeeze=False)
    for ax, visit in zip(axes[0], shown, strict=True):
        _draw_agreement(ax, pairs[pairs["AVISIT"] == visit.AVISIT], select_results(rows, AVISIT=visit.AVISIT), visit)
    axes[0, 0].set_ylabel("DAS28-ESR minus DAS28-CRP")
    many = pairs["AVISIT"].value_counts().max() > MOST_LINES
    some = f" At most {MOST_LINES} patients of a visit are drawn, at equal steps." if many else ""
    caption = (
        "Agreement of DAS28-ESR with DAS28-CRP in the same patients of the efficacy population: their difference against their "
        "mean. Line: mean difference; dashed: limits between which 95 of 100 differences lie; bands: the "
        f"{100 * plan.level:g} % confidence intervals of the three.{some}"
    )
    alt = "Bland-Altman plot of DAS28-ESR and DAS28-CRP. " + " ".join(_agreement_words(rows, visit) for visit in shown)
    return finish(fig, "agreement", alt, caption, plan.synthetic, rows)


def _draw_agreement(ax: Any, pairs: pd.DataFrame, rows: pd.DataFrame, visit: Visit) -> None:
    drawn = pairs.iloc[:: -(-len(pairs) // MOST_LINES) or 1]
    esr, crp = (drawn[code].to_numpy(dtype=float) for code in ("DAS28ESR", "DAS28CRP"))
    for _, row in select_results(rows, statistic=["bias", "agreement_limit"]).iterrows():
        ax.axhspan(row["lower"], row["upper"], color=INK["band"], lw=0, zorder=1)
        dashes: Any = "-" if row["statistic"] == "bias" else "--"
        ax.axhline(row["value"], color=INK["accent"], lw=1.2, ls=dashes, zorder=2)
    ax.plot((esr + crp) / 2, esr - crp, ".", color=INK["muted"], ms=3.5, alpha=0.8, zorder=3)
    ax.axhline(0, color=INK["ink"], lw=0.8, zorder=2)
    ax.set(title=f"{visit.label}, n = {number(len(pairs))}", xlabel="Mean of both")


def _agreement_words(rows: pd.DataFrame, visit: Visit) -> str:
    row = pick_result(rows, statistic="bias", AVISIT=visit.AVISIT)
    if row is None:
        return ""
    limits = interval(row["lower"], row["upper"], 2, row["level"])
    return f"{visit.label}: mean difference {number(row['value'], 2)} ({limits}; n = {number(row['n'])})."
