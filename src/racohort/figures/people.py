"""One hundred people like those of the cohort: how many were better, without a number that needs training."""

from collections.abc import Mapping

import pandas as pd

from racohort.absence import Absence, absent
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import count, listed
from racohort.plan import Plan
from racohort.results import select_results

#: Response -> what it is called without jargon, and its colour; every patient of the population is in one of them.
WORDS = {
    "good": ("much better", "good"),
    "moderate": ("somewhat better", "moderate"),
    "none": ("not better (or worse)", "none"),
    "missing": ("not known", "missing"),
}


def plot_people(results: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """One dot for each of a hundred people, by response of the joint disease at the primary visit.

    Parameters
    ----------
    results : the rows `count` by EULAR of the efficacy section, whose four categories together are the whole population.
    plan : the primary visit and the cohort's DAS28.
    """
    rows = select_results(
        results, section="efficacy", PARAMCD=plan.das28, AVISIT=plan.primary_visit, statistic="count", by="EULAR"
    )
    counts = rows.set_index("category")["count"].reindex(list(WORDS)).dropna()
    if len(counts) < len(WORDS) or not counts.sum():
        return absent("Whether single people got better cannot be drawn: joint disease was not scored both times.")
    dots = of_hundred({str(name): int(value) for name, value in counts.items()})
    fig, ax = canvas(4.2, 2.0)
    _draw(ax, dots)
    when = {visit.AVISIT: visit.label for visit in plan.visits}[plan.primary_visit]
    said = listed([f"{number} {WORDS[name][0]}" for name, number in dots.items()])
    alone = " Nobody can say how many of them would have been better without the treatment." if plan.treated else ""
    caption = (
        f"Of 100 people like these, at {when}: {said}. From {count(counts.sum(), 'patient')}; better means a response by the "
        f"EULAR criteria on DAS28, much better a good one; not known: no score at both times.{alone}"
    )
    return finish(fig, "people", f"One hundred dots, one a person, at {when}: {said}.", caption, plan.synthetic, rows)


def of_hundred(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts as whole numbers of a hundred that add up to it, by largest remainders.

    >>> of_hundred({"good": 13, "moderate": 20, "none": 17, "missing": 14})
    {'good': 20, 'moderate': 31, 'none': 27, 'missing': 22}
    """
    total = sum(counts.values())
    whole = {name: value * 100 // total for name, value in counts.items()}
    largest = sorted(counts, key=lambda name: -(counts[name] * 100 % total))
    for name in largest[: 100 - sum(whole.values())]:
        whole[name] += 1
    return whole


def _draw(ax, dots: Mapping[str, int]) -> None:  # type: ignore[no-untyped-def]
    """Twenty dots a row in the order of the responses, and beside them what each colour is."""
    names = [name for name, number in dots.items() for _ in range(number)]
    for place, name in enumerate(names):
        hatch = "////" if name == "missing" else ""
        ax.scatter(
            place % 20, -(place // 20), s=72, color=INK[WORDS[name][1]], edgecolor=INK["muted"], linewidth=0.5, hatch=hatch
        )
    for place, (name, number) in enumerate(dots.items()):
        hatch = "////" if name == "missing" else ""
        x, y = (place % 2) * 10.5, -6.0 - 1.1 * (place // 2)
        ax.scatter(x, y, s=72, color=INK[WORDS[name][1]], edgecolor=INK["muted"], linewidth=0.5, hatch=hatch)
        ax.text(x + 0.7, y, f"{number} {WORDS[name][0]}", va="center", fontsize=9)
    ax.set(xlim=(-0.8, 20), ylim=(-7.7, 0.7))
    ax.axis("off")
