"""Adverse events: patients and events in each category, system organ class and term, with exact intervals and rates.

A patient counts once in a category, an event each time. Unless said otherwise events are treatment-emergent (TRTEMFL "Y"); a
cohort without a treatment start has no such flag, and all its events count. Denominators come from ADSL.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from racohort.intervals import exposure_adjusted_rate, upper_one_sided_cp
from racohort.judgements import is_discontinuation, is_related, left_for_harm
from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.exposure import DAYS_PER_YEAR, follow_up_days, longest_wait
from racohort.safety.terms import OVERVIEW, WINDOWS, is_fatal, is_serious
from racohort.summaries import members, proportion_row


@dataclass(frozen=True)
class Risk:
    """Who could have an event, and for how long: patients of the safety population and their days of follow-up (NaN unknown)."""

    days: pd.Series
    level: float

    @property
    def n(self) -> int:
        """Patients of the population."""
        return len(self.days)

    @cached_property
    def known(self) -> pd.Series:
        """The days of the patients whose follow-up is known."""
        return self.days.dropna()

    def counts(self, events: pd.DataFrame) -> pd.Series:
        """Which events fall into the time at risk: of patients whose follow-up is known, and not before treatment only."""
        return events["USUBJID"].isin(self.known.index) & ((events["TRTEMFL"] == "Y") | ~(events["ASTDY"] < 1))


def events_supplied(mapping: pd.DataFrame) -> bool:
    """Whether any source column holds adverse events: `mapping` has a row per column, `meaning` is its role or PARAMCD.

    >>> events_supplied(pd.DataFrame({"meaning": ["USUBJID", "AETERM"]}))
    True
    """
    return bool(mapping["meaning"].isin(["AETERM", "AEDECOD"]).any())


def estimate_events(adae: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, supplied: bool) -> pd.DataFrame:
    """Adverse events of the safety population: overview, by system organ class, by term, by grade, by window after treatment.

    Parameters
    ----------
    adae : one row per event. `supplied` is False where the cohort came without any event file: then nothing is known about
        events, which is not the same as none having occurred.

    Returns
    -------
    Result rows `proportion` (method `clopper_pearson`: patients), `events` (method `count`) and, where treatment start and last
    contact are known, `rate` (method `garwood`: events per 100 person-years) and `first_event_rate` (exposure ends at the first
    event), by `overview`, `AEBODSYS`, `AEDECOD` and `window`; `risk_bound` of the overview (method
    `upper_one_sided_cp`); `count` by `AEDECOD>AETOXGR` (patients at their worst grade per term); `body_system` of each term;
    always `supplied` (value_text `yes` or `no`), and only that where nothing was supplied. An overview category of which no event
    is known, and some could not be judged, has a `proportion` without count and value (`n_missing`: patients with such an
    event), no rate and no bound.
    """
    told = {
        "statistic": "supplied",
        "method": "source",
        "by": "source",
        "category": "AE",
        "value_text": "yes" if supplied else "no",
    }
    rows: list[dict[str, Any]] = [told]
    if supplied:
        risk = Risk(follow_up_days(adsl), plan.level)
        events = adae[adae["USUBJID"].isin(members(adsl, "safety"))]
        events = events.assign(at_risk=risk.counts(events))
        emergent = events[events["TRTEMFL"] == "Y"] if plan.treated else events
        rows += [*_overview_rows(events, emergent, adsl, plan, risk), *_class_rows(emergent, risk), *_grade_rows(emergent, risk)]
        rows += _window_rows(emergent, risk, longest_wait(adsl)) if plan.treated else []
    common = {"section": "safety", "population": "safety", "function": "safety.estimate_events"}
    return as_results({**common, **row} for row in rows)


def _overview_rows(
    events: pd.DataFrame, emergent: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, risk: Risk
) -> Iterator[dict[str, Any]]:
    """The seven categories of the overview, each with those for whom it is not known."""
    grade, related, serious = emergent["AETOXGR"], is_related(emergent["AEREL"]), is_serious(emergent)
    kept = {
        "ANY": (events, None), "TEAE": (emergent, None), "RELATED": (emergent[related == "Y"], emergent[related == ""]),
        "SERIOUS": (emergent[serious], emergent[~serious & (emergent["AESER"] == "")]),
        "GRADE3": (emergent[(grade >= 3) | is_fatal(emergent)], emergent[grade.isna()]),
        "DISCONT": (emergent[is_discontinuation(emergent["AEACN"])], None if (emergent["AEACN"] != "").any() else emergent),
        "DEATH": (emergent[emergent["AESDTH"] == "Y"], None),
    }  # fmt: skip
    also = _known_from_adsl(adsl[adsl["USUBJID"].isin(risk.days.index)])
    for category in OVERVIEW if plan.treated else [one for one in OVERVIEW if one != "TEAE"]:
        rows, unknown = kept[category]
        patients = set(rows["USUBJID"]) | also.get(category, set())
        unjudged = 0 if unknown is None else len(set(unknown["USUBJID"]) - patients)
        if unjudged and not patients:
            yield _open_row(unjudged, risk, category)
            continue
        note = f"not known for {unjudged} more" if unjudged else ""
        yield from _event_rows(rows, risk, "overview", category, patients=patients, note=note)
        yield _bound_row(len(patients), risk, category)


def _open_row(unjudged: int, risk: Risk, category: str) -> dict[str, Any]:
    """What is known where no event is known to belong to a category and some could not be judged: neither a share nor a bound."""
    return {"statistic": "proportion", "method": "clopper_pearson", "by": "overview", "category": category,
            "n": risk.n, "n_missing": unjudged, "note": f"not known for {unjudged}"}  # fmt: skip


def _bound_row(count: int, risk: Risk, category: str) -> dict[str, Any]:
    """The risk that is excluded: the one-sided exact upper limit."""
    bound = float(upper_one_sided_cp(count, risk.n, risk.level)) if risk.n else None
    return {"statistic": "risk_bound", "method": "upper_one_sided_cp", "by": "overview", "category": category, "value": bound,
            "upper": bound, "level": risk.level, "count": count, "n": risk.n}  # fmt: skip


def _known_from_adsl(people: pd.DataFrame) -> dict[str, set[str]]:
    """Patients whose death, or whose leaving for harm, ADSL records, whether or not an event row says so too."""
    return {
        "DEATH": set(people.loc[people["DTHFL"] == "Y", "USUBJID"]),
        "DISCONT": set(people.loc[left_for_harm(people["DCSREAS"]), "USUBJID"]),
    }


def _event_rows(
    rows: pd.DataFrame, risk: Risk, by: str, category: str, patients: Iterable[str] | None = None, note: str = ""
) -> Iterator[dict[str, Any]]:
    """Patients, events and rates of one category; no rate where some of the patients have no event row, and so no onset."""
    who = set(rows["USUBJID"] if patients is None else patients)
    named = {"by": by, "category": category, "note": note}
    yield proportion_row(len(who), risk.n, risk.level, **named)
    yield {
        "statistic": "events",
        "method": "count",
        **named,
        "value": len(rows),
        "count": len(rows),
        "n": risk.n,
        "unit": "events",
    }
    if who <= set(rows["USUBJID"]):
        yield from _rate_rows(rows, risk, named)


def _rate_rows(rows: pd.DataFrame, risk: Risk, named: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All events, and first events, per 100 person-years of the patients whose follow-up is known.

    Events before treatment that did not worsen after it are outside this time at risk. A patient whose first onset has no date is
    at risk for the whole follow-up.
    """
    known, rows = risk.known, rows[rows["at_risk"]]
    first = rows.groupby("USUBJID")["ASTDY"].min().sub(1).clip(lower=0).reindex(known.index)
    to_first = pd.concat([known, first], axis=1).min(axis=1)
    for statistic, count, days in (("rate", len(rows), known), ("first_event_rate", rows["USUBJID"].nunique(), to_first)):
        years = float(days.sum()) / DAYS_PER_YEAR
        if years > 0:
            found = exposure_adjusted_rate(count, years, 100, risk.level)
            note = "; ".join(part for part in (f"{years:.1f} person-years", named["note"]) if part)
            yield {**named, "statistic": statistic, "method": "garwood", "value": found["rate"], "lower": found["lower"],
                   "upper": found["upper"], "level": risk.level, "count": count, "n": len(known),
                   "n_missing": risk.n - len(known), "unit": "per 100 person-years", "note": note}  # fmt: skip


def _class_rows(emergent: pd.DataFrame, risk: Risk) -> Iterator[dict[str, Any]]:
    """System organ classes and terms, most patients first; of equals in alphabetical order."""
    for by in ("AEBODSYS", "AEDECOD"):
        coded = emergent[by].mask(emergent[by] == "", "Not coded")
        patients = emergent.groupby(coded)["USUBJID"].nunique().sort_index().sort_values(ascending=False, kind="stable")
        mine = dict(iter(emergent.groupby(coded)))
        for category in patients.index:
            yield from _event_rows(mine[category], risk, by, category)
            if by == "AEDECOD":
                systems = mine[category].loc[mine[category]["AEBODSYS"] != "", "AEBODSYS"].mode()
                yield {"statistic": "body_system", "method": "coded", "by": by, "category": category,
                       "value_text": systems.iloc[0] if len(systems) else "Not coded"}  # fmt: skip


def _grade_rows(emergent: pd.DataFrame, risk: Risk) -> Iterator[dict[str, Any]]:
    """Patients once per term, at their worst grade; a patient all of whose grades are missing counts under `unknown`."""
    coded = emergent["AEDECOD"].mask(emergent["AEDECOD"] == "", "Not coded")
    worst = emergent.groupby([coded, "USUBJID"])["AETOXGR"].max()
    grades = ["unknown" if pd.isna(grade) else f"{grade:.0f}" for grade in worst]
    categories = pd.Series([f"{term}>{grade}" for (term, _), grade in zip(worst.index, grades, strict=True)], dtype="str")
    for category, count in categories.value_counts().sort_index().items():
        yield {"statistic": "count", "method": "worst_grade", "by": "AEDECOD>AETOXGR", "category": category,
               "value": count, "count": count, "n": risk.n, "unit": "patients"}  # fmt: skip


def _window_rows(emergent: pd.DataFrame, risk: Risk, wait: pd.Series) -> Iterator[dict[str, Any]]:
    """Windows after the most recent treatment; the denominator is everyone followed (or perhaps followed) until the window opens.

    `wait` is the last day after a treatment that a patient reached without another one.
    """
    after = (emergent["ASTDT"] - emergent["LDOSEDT"]).dt.days.fillna(emergent["ASTDY"])  # a worsening may have begun before any
    for window in WINDOWS:
        inside = after.isna() if window.undated else after.between(window.first, window.last)
        rows = emergent[inside]
        followed = wait.isna() | (wait >= window.first) | wait.index.isin(rows["USUBJID"])
        named = {"by": "window", "category": window.code}
        yield proportion_row(rows["USUBJID"].nunique(), int(followed.sum()), risk.level, **named)
        yield {**named, "statistic": "events", "method": "count", "value": len(rows), "count": len(rows),
               "n": int(followed.sum()), "unit": "events"}  # fmt: skip


def select_serious(adae: pd.DataFrame, adsl: pd.DataFrame) -> pd.DataFrame:
    """The rows of ADAE that are serious or fatal, of the safety population, in order of patient and onset."""
    mine = adae["USUBJID"].isin(members(adsl, "safety"))
    return adae[mine & is_serious(adae)].sort_values(["USUBJID", "ASTDY"], kind="stable").reset_index(drop=True)
