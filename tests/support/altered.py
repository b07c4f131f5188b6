"""Cohorts that differ from each other in one thing, with the results that the sections would hand to concordance.

The change after baseline is set, not drawn: each efficacy value is its own baseline times (1 + effect + noise), where the noise
alternates between patients and cancels. So it is known beforehand what every test must say.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from racohort import efficacy, participants, safety
from racohort.plan import Plan
from racohort.results import join_results
from tests.support.frames import ExampleStudy, example_study


@dataclass(frozen=True)
class Cohort:
    """A plan, a catalogue and the results of the sections before concordance."""

    plan: Plan
    catalogue: pd.DataFrame
    results: pd.DataFrame


@cache
def cohort(
    effect: float = -0.2, visits: tuple[str, ...] = ("BL", "Y1", "Y3"), without: tuple[str, ...] = (), every: int = 0,
    synthetic: bool = True, laboratory: bool = True, events: bool = True, treated: bool = True,
) -> Cohort:  # fmt: skip
    """A cohort of 48 whose efficacy values change by `effect` (a share of baseline) at every follow-up visit.

    `without` names parameters that were not measured; every `every`-th patient is not seen at the last visit.
    """
    study = _study(visits)
    primary = tuple(code for code in study.plan.primary if code not in without)
    plan = replace(study.plan, synthetic=synthetic, treated=treated, primary=primary)
    changed = [_changed(frame, study, effect, without, every) for frame in (study.adlb, study.adqs)]
    adlb, adqs = changed[0] if laboratory else changed[0].iloc[:0], changed[1]
    return Cohort(plan, study.catalogue, results_of(study, plan, adlb, adqs, events))


@cache
def _study(visits: tuple[str, ...]) -> ExampleStudy:
    return example_study(48, visits=visits)


def _changed(frame: pd.DataFrame, study: ExampleStudy, effect: float, without: tuple[str, ...], every: int) -> pd.DataFrame:
    number = frame["USUBJID"].str[1:].astype(int)
    gone = (number % every == 0) & (frame["AVISIT"] == study.plan.visits[-1].AVISIT) if every else pd.Series(False, frame.index)
    frame = frame[~frame["PARAMCD"].isin(without) & ~gone].copy()
    moved = frame["PARAMCD"].isin(study.catalogue.index[study.catalogue["efficacy"]]) & frame["AVISITN"].gt(0)
    noise = np.where(number.loc[frame.index] // 2 % 2, 0.15, -0.15)
    frame["AVAL"] = frame["AVAL"].where(~moved, frame["BASE"] * (1 + effect + noise))
    frame["CHG"] = (frame["AVAL"] - frame["BASE"]).where(frame["AVISITN"] > 0)
    return frame.reset_index(drop=True)


def results_of(
    study: Any, plan: Plan, adlb: pd.DataFrame, adqs: pd.DataFrame, events: bool = True, models: bool = False
) -> pd.DataFrame:  # fmt: skip
    """The results that the sections hand to concordance, with or without the mixed models that the plan rests on."""
    adsl, catalogue = study.adsl, study.catalogue
    values = efficacy.select_values(adlb, adqs, adsl, plan, catalogue)
    ranges = safety.estimate_out_of_range(adlb, adsl, plan, catalogue)
    changes = efficacy.estimate_changes(values, adsl, plan, catalogue)
    if models:
        changes = join_results(changes, efficacy.estimate_models(values, adsl, plan, catalogue))
    return join_results(
        participants.count_flow(adsl, plan), participants.count_missing(adsl, adlb, adqs, plan),
        participants.summarise_baseline(adsl, adlb, adqs, study.adcm, plan, catalogue),
        ranges, safety.estimate_excursions(ranges, plan), safety.estimate_range_position(adlb, adsl, plan, catalogue),
        safety.estimate_events(study.adae if events else study.adae.iloc[:0], adsl, plan, events),
        efficacy.adjust_families(changes, efficacy.list_endpoints(values, plan, catalogue), plan),
    )  # fmt: skip
