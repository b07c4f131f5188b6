"""The tables of adverse events.

Where no events were supplied, the overview says so once and the other tables are None: nothing is shown twice.
"""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import MISSING, level_of, number, proportion, share_or_none_known
from racohort.labels import NO_EVENTS, OVERVIEW_LABELS, WINDOW_LABELS, term_label
from racohort.plan import Plan
from racohort.results import pick_result, select_results
from racohort.summaries import only, were_supplied
from racohort.tables.paper import LISTED, Table, table, taken_along


def _columns(results: pd.DataFrame, by: str, category: str) -> dict[str, str]:
    """Patients, events and rate of one category."""
    here = select_results(results, by=by, category=category)
    patients = only(here, statistic="proportion")
    events = pick_result(here, statistic="events")
    rate = pick_result(here, statistic="first_event_rate")
    return {
        "Patients": share_or_none_known(patients),
        "Events": MISSING if events is None else number(events["value"]),
        "First events per 100 person-years": MISSING if rate is None else
        f"{number(rate['value'], 1)} ({number(rate['lower'], 1)} to {number(rate['upper'], 1)})",
    }  # fmt: skip


def tabulate_events(results: pd.DataFrame, plan: Plan) -> Table | Absence:
    """The overview of adverse events; from the rows of `estimate_events`."""
    if not were_supplied(results):
        return absent(NO_EVENTS)
    rows = select_results(results, statistic="proportion", by="overview")
    lines = [
        {
            "Category": OVERVIEW_LABELS[row["category"]],
            **_columns(results, "overview", row["category"]),
            "Not judged": row["note"],
        }
        for _, row in rows.iterrows()
    ]
    frame = pd.DataFrame(lines)
    return table(
        frame if frame["Not judged"].any() else frame.drop(columns="Not judged"), "events-overview",
        "Adverse events in the safety population: patients, events, and rate.", _note(plan), plan.synthetic,
    )  # fmt: skip


def _note(plan: Plan) -> str:
    kind = (
        "Rows after the first count treatment-emergent events" if plan.treated else "Without a treatment start all events count"
    )
    return (
        f"{kind}. A patient counts once in a row. Patients: {level_of(plan.level)} Clopper-Pearson interval, also where "
        "nobody had an "
        "event. Rates: first events, exact Poisson limits (Garwood), time at risk from treatment start to the event or the last "
        "contact. Not judged: "
        "patients with an "
        "event of which the form does not say whether it belongs in the row. A fatal event counts as serious. No rate (–): of "
        "some of the patients no event tells it, but their own record."
    )


def _kind(plan: Plan) -> str:
    return "Treatment-emergent adverse events" if plan.treated else "Adverse events"


def tabulate_terms(results: pd.DataFrame, plan: Plan) -> Table | Absence | None:
    """Adverse events by system organ class and term, with the worst grade; from the rows of `estimate_events`."""
    if not were_supplied(results):
        return None
    systems = select_results(results, statistic="proportion", by="AEBODSYS")["category"]
    terms = select_results(results, statistic="body_system", by="AEDECOD")
    lines = [line for system in systems for line in _system_lines(system, results, terms)]
    if not lines:
        return absent(f"{_kind(plan)}: none was recorded in the safety population.")
    return table(
        pd.DataFrame(lines), "events-by-term", f"{_kind(plan)} by system organ class and preferred term, safety population.",
        "A patient counts once per row, at the worst grade; “Worst grade” lists grade: patients. Intervals as in the overview.",
        plan.synthetic, groups="System",
    )  # fmt: skip


def _system_lines(system: str, results: pd.DataFrame, terms: pd.DataFrame) -> list[dict[str, str]]:
    own = terms.loc[terms["value_text"] == system, "category"]
    first = {
        "System": term_label(system),
        "Term": "Any term of this class",
        **_columns(results, "AEBODSYS", system),
        "Worst grade": "",
    }
    return [first] + [
        {
            "System": term_label(system),
            "Term": term_label(term),
            **_columns(results, "AEDECOD", term),
            "Worst grade": _grades(results, term),
        }
        for term in own
    ]


def _grades(results: pd.DataFrame, term: str) -> str:
    rows = select_results(results, by="AEDECOD>AETOXGR")
    mine = rows[rows["category"].str.rpartition(">")[0] == term] if len(rows) else rows
    return "; ".join(f"{row['category'].rpartition('>')[2]}: {row['count']}" for _, row in mine.iterrows())


def tabulate_windows(results: pd.DataFrame, plan: Plan) -> Table | Absence | None:
    """Adverse events by time after the treatment; from the rows of `estimate_events`."""
    rows = select_results(results, statistic="proportion", by="window")
    if not were_supplied(results):
        return None
    if rows.empty:
        return absent("Time after the treatment cannot be given: this cohort has no treatment start.")
    events = select_results(results, statistic="events", by="window").set_index("category")["value"]
    lines = [
        {"Time after treatment": WINDOW_LABELS[row["category"]], "Events": number(events[row["category"]]),
         "Patients": proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)}
        for _, row in rows.iterrows()
    ]  # fmt: skip
    return table(
        pd.DataFrame(lines), "events-windows", f"{_kind(plan)} by time after the treatment, safety population.",
        "The first windows overlap: each includes the one before. Dates carry no time, so the first 24 hours are within the "
        "first row. "
        "Days count from the most recent treatment. Denominator: patients followed until the window opens.", plan.synthetic,
    )  # fmt: skip


def tabulate_serious(serious: pd.DataFrame, results: pd.DataFrame, plan: Plan) -> Table | Absence | None:
    """The listing of serious events, past a length only its start; from the rows of `select_serious`."""
    if not were_supplied(results):
        return None
    if serious.empty:
        return absent("No serious adverse event was recorded in the safety population.")
    several = len(serious) > LISTED
    which = f"The first {LISTED} of {number(len(serious))} serious adverse events" if several else "Every serious adverse event"
    shown = serious.index[:LISTED]
    serious = taken_along(serious, shown)
    frame = pd.DataFrame({
        "Patient": serious["USUBJID"],
        "Event": serious["AEDECOD"].where(serious["AEDECOD"] != "", serious["AETERM"]).map(term_label),
        "System organ class": serious["AEBODSYS"].map(term_label), "Day": serious["ASTDY"].map(number),
        "Grade": serious["AETOXGR"].map(number), "Related": serious["AEREL"], "Outcome": serious["AEOUT"],
        "Emergent": serious["TRTEMFL"].map({"Y": "yes", "N": "no"}).fillna(""),
    })  # fmt: skip
    return table(
        frame, "serious-events", f"{which} of the safety population, by patient and day.",
        "Day: counted from the day of treatment start as day 1. Emergent: began or worsened after treatment "
        f"started.{' All stand in adae.csv of this run.' if several else ''}", plan.synthetic, shown=shown,
    )  # fmt: skip
