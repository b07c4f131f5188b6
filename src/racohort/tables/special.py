"""The tables of adverse events of special interest, and of the time to the first event."""

import pandas as pd

from racohort.formats import interval, is_missing, number, percent, proportion
from racohort.labels import OVERVIEW_LABELS, SPECIAL_LABELS
from racohort.plan import Plan
from racohort.results import select_results
from racohort.summaries import only
from racohort.tables.paper import Table, table


def tabulate_special(results: pd.DataFrame, plan: Plan) -> Table | None:
    """Events of special interest, and which of them nobody looked for; from `estimate_special`.

    None for a cohort without a treatment.
    """
    rows = select_results(results, statistic="collected", by="special")
    if rows.empty:
        return None
    lines = [_line(row, select_results(results, by="special", category=row["category"]), plan) for _, row in rows.iterrows()]
    return table(
        pd.DataFrame(lines), "events-special", "Adverse events of special interest, safety population.",
        "The rows are the harms that are feared of what the paper studies, cells given by infusion, whatever the treatment of "
        "this cohort. Treatment-emergent events, found by the words of their terms; a patient counts once in a row, and an event "
        "can belong to several rows. Fever, chills, rash and similar signs count as an infusion reaction on the day of treatment "
        "and the day after. Not collected: no record shows that anybody looked.", plan.synthetic,
    )  # fmt: skip


def _line(told: pd.Series, here: pd.DataFrame, plan: Plan) -> dict[str, str]:
    line = {"Event of special interest": SPECIAL_LABELS[told["category"]], "Patients": "not collected", "Events": "–",
            "Risks excluded above": "–"}  # fmt: skip
    if told["value_text"] == "no":
        return line | ({"Patients": f"not collected; needs {told['note']}"} if told["note"] else {})
    events = only(here, statistic="events")
    if told["value_text"] == "reported":
        return line | {"Patients": f"reported in {events['count']}; not looked for in all", "Events": number(events["value"])}
    row = only(here, statistic="proportion")
    return line | {
        "Patients": proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level), "Events": number(events["value"]),
        "Risks excluded above": percent(only(here, statistic="risk_bound")["upper"]),
    }  # fmt: skip


def tabulate_first_event(results: pd.DataFrame, plan: Plan) -> Table | None:
    """The share of patients with a first event by a day; from the rows of `estimate_first_event`."""
    rows = select_results(results, statistic="cumulative_incidence", by="first_event")
    if rows.empty:
        return None
    return table(
        pd.DataFrame([_first_line(row, results, plan) for _, row in rows.iterrows()]), "first-event",
        "Time to the first adverse event: patients with an event by a day after the treatment, safety population.",
        "Aalen-Johansen estimate with death as competing event, in per cent; complementary log-log interval, none where nobody "
        "had an event. Patients whose follow-up or whose day of onset is unknown are left out; an event of unknown grade or "
        "seriousness does not count.", plan.synthetic,
        groups="First event",
    )  # fmt: skip


def _first_line(row: pd.Series, results: pd.DataFrame, plan: Plan) -> dict[str, str]:
    kind, _, day = row["category"].partition(">")
    here = select_results(results, by="first_event", category=row["category"])
    share = percent(row["value"]).removesuffix(" %")
    bounds = "" if is_missing(row["lower"]) else f" ({interval(100 * row['lower'], 100 * row['upper'], 1, plan.level)})"
    return {"First event": OVERVIEW_LABELS[kind], "By day": number(float(day)), "Patients with an event": f"{row['count']}",
            "Share (%)": f"{share}{bounds}",
            "Died before": number(only(here, statistic="died_before")["value"]),
            "Still followed without": number(only(here, statistic="at_risk")["value"]),
            "n": number(row["n"])}  # fmt: skip
