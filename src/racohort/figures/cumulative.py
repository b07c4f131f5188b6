"""The cumulative distribution of change: every cut-off of a responder rule at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from racohort.absence import Absence, absent
from racohort.endpoints import Endpoint, visit_table
from racohort.figures.courses import Endpoints
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import listed, number
from racohort.labels import within_sentence
from racohort.plan import Plan
from racohort.summaries import members

#: Changes that count as important by the usual rules, drawn as upright lines.
IMPORTANT = {"DAS28": (0.6, 1.2), "HAQDI": (0.22, 0.375)}
#: A curve of more patients than this is drawn through this many of its steps.
MOST_STEPS = 300


def plot_cumulative(values: pd.DataFrame, adsl: pd.DataFrame, endpoints: Endpoints, plan: Plan) -> Figure | Absence:
    """The share of everyone whose primary endpoint changed by at most so much, at each follow-up visit.

    Everyone is the efficacy population of ADSL: a curve ends below 100 % by those who were not evaluated.
    """
    size = len(members(adsl, "efficacy"))
    primary = [e for e in endpoints if e.role == "primary" and e.direction in ("lower", "higher")]
    changes = {e: {visit.AVISIT: _change(values, e, visit.AVISIT, plan) for visit in plan.follow_ups} for e in primary}
    shown = [e for e in primary if any(len(change) for change in changes[e].values())]
    if not shown:
        return absent("No primary endpoint was measured at baseline and at a follow-up visit: there is no change to accumulate.")
    fig, axes = canvas(7.2, 3.1, 1, len(shown), squeeze=False, sharey=True)
    for ax, e in zip(axes[0], shown, strict=True):
        _draw_curves(ax, changes[e], size, e, plan)
    axes[0, 0].set_ylabel("Share of everyone")
    names = listed([within_sentence(e.label) for e in shown])
    caption = (
        f"Cumulative distribution of the change of {names} from baseline, all {number(size)} patients "
        "of the efficacy population: the height at a change is the share who changed by that or went lower. Where a curve ends "
        "below 100 % the rest was not evaluated, and counts as not having changed by so much."
        + (" Upright dashed lines: the usual important changes, either way." if any(map(_important, shown)) else "")
    )
    alt = "Cumulative distribution of change. " + " ".join(_words(changes[e], size, e, plan) for e in shown)
    steps = [_steps(changes[e][visit.AVISIT], size, e.PARAMCD, visit.AVISIT) for e in shown for visit in plan.follow_ups]
    return finish(fig, "cumulative", alt, caption, plan.synthetic, drawn=pd.concat(steps))


def _steps(change: np.ndarray, size: int, PARAMCD: str, AVISIT: str) -> pd.DataFrame:
    """A curve: each change, and the share of everyone who changed by that or went lower."""
    share = np.arange(1, len(change) + 1) / max(size, 1)
    return pd.DataFrame({"PARAMCD": PARAMCD, "AVISIT": AVISIT, "change": change, "share": share})


def _change(values: pd.DataFrame, e: Endpoint, AVISIT: str, plan: Plan) -> np.ndarray:
    wide = visit_table(values, e.PARAMCD, plan)
    return np.sort((wide[AVISIT] - wide[plan.baseline.AVISIT]).dropna().to_numpy())


def _draw_curves(ax: Any, changes: dict[str, np.ndarray], size: int, e: Endpoint, plan: Plan) -> None:
    for level in (sign * level for level in _important(e) for sign in (-1, 1)):
        ax.axvline(level, color=INK["muted"], lw=0.8, ls="--")
    ax.axvline(0, color=INK["ink"], lw=0.9)
    inks = ("accent", "accent2", "good", "none")
    for k, visit in enumerate(plan.follow_ups):
        change = changes[visit.AVISIT]
        kept = np.unique(np.linspace(0, max(len(change) - 1, 0), MOST_STEPS).astype(int)) if len(change) else np.empty(0, int)
        ax.step(change[kept], 100 * (kept + 1) / max(size, 1), where="post", color=INK[inks[k % 4]], lw=1.7,
                ls=("-", "--", "-.", ":")[k % 4], label=f"{visit.label}, n = {number(len(change))}")  # fmt: skip
    ax.set(title=e.name, xlabel="Change from baseline", ylim=(0, 102))
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0f} %")
    ax.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor=INK["paper"])


def _important(e: Endpoint) -> Sequence[float]:
    """The changes of an endpoint that are usually called important; none where none is agreed on."""
    return IMPORTANT.get("DAS28" if e.PARAMCD.startswith("DAS28") else e.PARAMCD, ())


def _words(changes: dict[str, np.ndarray], size: int, e: Endpoint, plan: Plan) -> str:
    better = {v.AVISIT: int(np.sum(np.sign(changes[v.AVISIT]) == (-1 if e.direction == "lower" else 1))) for v in plan.follow_ups}
    told = [f"{number(better[v.AVISIT])} of {number(size)} in the better direction at {v.label}" for v in plan.follow_ups]
    return f"{e.label}: {listed(told)}."
