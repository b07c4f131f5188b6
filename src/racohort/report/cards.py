"""The front page at a glance: key figures as cards, and how far to trust them as badges. Each is made from result rows."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import pandas as pd

from racohort.formats import MISSING, count, interval, is_missing, level_of, number, percent, signed, told_digits
from racohort.labels import digits_of, label_of, shown_unit
from racohort.plan import Plan, Visit
from racohort.report.phrases import change_row, label_of_visit, row_of
from racohort.results import select_results

#: Primary endpoints with a card; there is room for no more.
MOST = 2


def _ids(result_ids: tuple[str, ...]) -> str:
    return escape(json.dumps(result_ids, ensure_ascii=False))


@dataclass(frozen=True)
class Card:
    """One figure: what it is, its value, its interval or what it is to be read against, whom it is about, and its result rows."""

    name: str
    value: str
    range: str
    basis: str
    result_ids: tuple[str, ...] = ()

    @property
    def html(self) -> str:
        """The card as an item of a list, every text escaped; without a value it is marked as unknown."""
        css = "ra-card" if self.result_ids else "ra-card ra-unknown"
        parts = (("name", self.name), ("value", self.value), ("range", self.range), ("basis", self.basis))
        lines = "".join(f'<span class="ra-card-{part}">{escape(text)}</span> ' for part, text in parts if text)
        return f'<li class="{css}" data-results="{_ids(self.result_ids)}">{lines}</li>'


@dataclass(frozen=True)
class Badge:
    """One fact about how far to trust the report, in a few words, and the page that says more."""

    figure: str
    words: str
    page: str
    result_ids: tuple[str, ...] = ()

    @property
    def html(self) -> str:
        """The badge as an item of a list, every text escaped."""
        words = f"<strong>{escape(self.figure)}</strong> {escape(self.words)}"
        return f'<li data-results="{_ids(self.result_ids)}"><a href="{escape(self.page)}">{words}</a></li>'


@dataclass(frozen=True)
class Glance:
    """A list of cards or badges that shows itself in a notebook and in the book."""

    items: tuple[Card | Badge, ...]
    kind: str

    def _repr_html_(self) -> str:
        return f'<ul class="ra-{self.kind}">{"".join(item.html for item in self.items)}</ul>' if self.items else ""


def say_cards(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Glance:
    """Four or five figures that a reader takes away: primary endpoints, harm, and how many were seen to the end.

    Parameters
    ----------
    results : rows of all sections.
    plan, catalogue : visits and primary endpoints; labels, units and decimals.
    """
    endpoints, seen = change_cards(results, plan, catalogue), seen_card(results, plan.visits[-1])
    cards = [*endpoints, _serious(results), excursions_card(results, plan), seen]
    return Glance(tuple(card for card in cards if card), "key")


def change_cards(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Iterable[Card | None]:
    """The change of each primary endpoint at the primary visit, or its baseline where nothing can be said about a change."""
    for code in plan.primary[:MOST]:
        row = change_row(results, code, plan.primary_visit, plan) if plan.follow_ups else None
        lacking = f"; no change{f' to {label_of_visit(plan.primary_visit, plan)}' if plan.primary_visit else ''} can be estimated"
        yield baseline_card(results, code, plan, catalogue, lacking) if row is None else _change(row, plan, catalogue)


def _change(row: pd.Series, plan: Plan, catalogue: pd.DataFrame) -> Card:
    digits, unit = max(digits_of(row["PARAMCD"], catalogue), 1), shown_unit(row["unit"])
    digits = told_digits(row["value"], row["lower"], row["upper"], digits)
    value = " ".join(filter(None, (signed(row["value"], digits), unit)))
    name = f"{label_of(row['PARAMCD'], catalogue)}, mean change to {label_of_visit(row['AVISIT'], plan)}"
    between = interval(row["lower"], row["upper"], digits, plan.level if is_missing(row["level"]) else row["level"])
    return Card(name, value, between, f"{count(row['n'], 'patient')} measured both times", (row["result_id"],))


def baseline_card(results: pd.DataFrame, code: str, plan: Plan, catalogue: pd.DataFrame, besides: str = "") -> Card | None:
    """The mean and standard deviation of a parameter at baseline; None where it was not measured."""
    at = {"section": "participants", "PARAMCD": code, "AVISIT": plan.baseline.AVISIT, "method": "available"}
    mean, spread = (row_of(results, statistic=name, **at) for name in ("mean", "sd"))
    if mean is None:
        return None
    digits = max(digits_of(code, catalogue), 1)
    told = f"standard deviation {number(spread['value'], digits)}" if spread is not None else ""
    ids = tuple(row["result_id"] for row in (mean, spread) if row is not None)
    name = f"{label_of(code, catalogue)}, mean at {plan.baseline.label}"
    return Card(name, number(mean["value"], digits), told, f"{count(mean['n'], 'patient')}{besides}", ids)


def _serious(results: pd.DataFrame) -> Card:
    row = row_of(results, section="safety", statistic="proportion", by="overview", category="SERIOUS")
    name = "Patients with a serious adverse event"
    if row is None:
        return Card(name, "Not known", "Nothing is recorded about it", "")
    return share_card(row, name, "safety population")


def share_card(row: pd.Series, name: str, basis: str) -> Card:
    """A number of patients out of all, with its share and the interval of the share."""
    bounds = f"{percent(row['lower']).removesuffix(' %')} to {percent(row['upper'])}"
    share = f"{percent(row['value'])}; {level_of(row['level'])} CI {bounds}"
    return Card(name, f"{number(row['count'])} of {number(row['n'])}", share, basis, (row["result_id"],))


def excursions_card(results: pd.DataFrame, plan: Plan) -> Card | None:
    """Values outside the range at the last visit that has any, against the number a healthy group would have."""
    rows = select_results(results, section="safety", statistic="excursions", AVISIT=[visit.AVISIT for visit in plan.follow_ups])
    if rows.empty:
        return None
    last = rows[rows["AVISIT"] == rows["AVISIT"].iloc[-1]].set_index("method")
    seen, healthy = last.loc["observed"], last.loc["healthy"]
    when = label_of_visit(seen["AVISIT"], plan)
    expected = f"about {number(healthy['value'])} expected in a healthy group"
    beside = f"{percent(seen['count'] / seen['n'])}; {expected}" if seen["n"] else MISSING
    name = f"Laboratory values outside their range at {when}"
    return Card(name, f"{number(seen['count'])} of {number(seen['n'])}", beside, "safety population", tuple(last["result_id"]))


def seen_card(results: pd.DataFrame, visit: Visit) -> Card | None:
    """How many of the safety population were seen at a visit; None where that is not known."""
    row = row_of(results, section="participants", statistic="count", by="flow", category="SEEN", AVISIT=visit.AVISIT)
    if row is None or not row["n"]:
        return None
    shown = f"{number(row['count'])} of {number(row['n'])}"
    return Card(
        f"Patients seen at {visit.label}", shown, percent(row["count"] / row["n"]), "safety population", (row["result_id"],)
    )


def say_badges(results: pd.DataFrame, plan: Plan) -> Glance:
    """How far to trust the report: claims answered, values kept out, what the design cannot show, and whether it is real.

    Parameters
    ----------
    results : rows of all sections.
    plan : whether the cohort is synthetic.
    """
    lacking = "Arms not compared:" if len(plan.arms) > 1 else "No control group:"
    alone = Badge(lacking, "a change is not an effect", "discussion.html")
    invented = Badge("Synthetic:", "says nothing about the therapy", "reference/provenance.html") if plan.synthetic else None
    return Glance(tuple(filter(None, (_claims(results), values_used(results), alone, invented))), "badges")


def _claims(results: pd.DataFrame) -> Badge | None:
    row = row_of(results, section="concordance", statistic="coverage", method="as_printed")
    if row is None:
        return None
    verdicts = select_results(results, section="concordance", statistic="claims", method="as_printed", by="verdict")
    told = verdicts[verdicts["value_text"].isin(_VERBS) & verdicts["count"].gt(0)]
    tally = ", ".join(f"{number(one['count'])} {_VERBS[one['value_text']][one['count'] > 1]}" for _, one in told.iterrows())
    words = f"claims answered{f': {tally}' if tally else ''}"
    ids = (row["result_id"], *told["result_id"])
    return Badge(f"{number(row['count'])} of {number(row['n'])}", words, "notebooks/06-concordance.html", ids)


#: Verdict -> how a badge tells it of one claim, and of several.
_VERBS = {
    "agrees": ("agrees", "agree"), "agrees in direction only": ("only in direction", "only in direction"),
    "no evidence either way": ("undecided", "undecided"), "contradicts": ("contradicts", "contradict"),
}  # fmt: skip


def values_used(results: pd.DataFrame) -> Badge | None:
    """How many of the measured values are used; None where none was read."""
    rows = select_results(results, section="cleaning", statistic="cells")
    if rows.empty:
        return None
    used = rows.loc[rows["category"] == "used", "count"].sum()
    measured = rows.loc[rows["category"] != "missing", "count"].sum()
    shown = f"{number(used)} of {number(measured)}"
    return Badge(shown, "measured values used", "notebooks/01-cleaning.html", tuple(rows["result_id"]))
