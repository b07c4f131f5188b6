"""What happened between the visits: medication with its changes, and adverse events."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from racohort.simulate.shapes import ordinal

Parameters = Mapping[str, Any]
Row = dict[str, Any]

#: A year in days, for rates.
YEAR = 365.25


def draw_medication(parameters: Parameters, patients: pd.DataFrame, rng: np.random.Generator) -> list[Row]:
    """Medication periods: CMTRT CMDECOD CMCLAS CMDOSE CMDOSU ASTDT AENDT CMACT, in the order of patient, drug and start.

    CMACT says how a period began: BASELINE, START, INCREASE, DECREASE, or STOP (dose 0, no end).
    """
    rows: list[Row] = []
    for patient in patients.to_dict("records"):
        for name, drug in parameters["medication"].items():
            if rng.random() < drug["share"]:
                rows += _periods(parameters, patient, name, drug, rng)
        for name, drug in parameters["rescue"].items():
            first = int(drug["first_day"] + rng.exponential(300))
            if rng.random() < drug["share"] and first < (patient["EOSDT"] - patient["TRTSDT"]).days:
                rows.append(_period(patient, name, drug, drug["doses"][0], patient["TRTSDT"] + pd.Timedelta(days=first), "START"))
    return rows


def _period(patient: Mapping[Any, Any], name: str, drug: Mapping[str, Any], dose: float, start: pd.Timestamp, action: str) -> Row:
    return {"USUBJID": patient["USUBJID"], "CMTRT": name, "CMDECOD": drug["decod"], "CMCLAS": drug["class"], "CMDOSE": dose,
            "CMDOSU": drug["unit"], "ASTDT": start, "AENDT": pd.NaT, "CMACT": action}  # fmt: skip


def _periods(
    parameters: Parameters, patient: Mapping[Any, Any], name: str, drug: Mapping[str, Any], rng: np.random.Generator
) -> list[Row]:
    step = int(ordinal(rng.standard_normal(), [share / 100 for share in drug["p"]]))
    before = int((0.1 + 0.8 * rng.random()) * min(patient["DISDUR"], 6) * YEAR)
    rows = [_period(patient, name, drug, drug["doses"][step], patient["TRTSDT"] - pd.Timedelta(days=before), "BASELINE")]
    day = rng.exponential(YEAR / drug["change"])
    while step >= 0 and day < (patient["EOSDT"] - patient["TRTSDT"]).days - 30:
        down = rng.random() < parameters["decrease"] or step == len(drug["doses"]) - 1
        step += -1 if down else 1
        start = patient["TRTSDT"] + pd.Timedelta(days=int(day) + 1)
        rows[-1]["AENDT"] = start - pd.Timedelta(days=1)
        action = "STOP" if step < 0 else "DECREASE" if down else "INCREASE"
        rows.append(_period(patient, name, drug, drug["doses"][step] if step >= 0 else 0, start, action))
        day += 60 + rng.exponential(YEAR / drug["change"])
    return rows


def draw_events(parameters: Parameters, patients: pd.DataFrame, rng: np.random.Generator) -> list[Row]:
    """Adverse events: AETERM AEDECOD AEBODSYS ASTDT AENDT AETOXGR AESER AEREL AEOUT, in the order of patient and onset."""
    rows: list[Row] = []
    for patient in patients.to_dict("records"):
        found = [*_infusion_events(parameters, patient, rng), *_later_events(parameters, patient, rng)]
        rows += sorted(found, key=lambda row: row["ASTDT"])
    return rows


def _infusion_events(parameters: Parameters, patient: Mapping[Any, Any], rng: np.random.Generator) -> Iterator[Row]:
    for name, event in parameters["infusion_events"].items():
        if rng.random() < event["share"]:
            yield _event(parameters, patient, name, {**event, "related": 1.0}, 0, rng)


def _later_events(parameters: Parameters, patient: Mapping[Any, Any], rng: np.random.Generator) -> Iterator[Row]:
    followed = (patient["EOSDT"] - patient["TRTSDT"]).days
    for name, event in parameters["events"].items():
        for _ in range(rng.poisson(event["rate"] * followed / YEAR)):
            yield _event(parameters, patient, name, event, 1 + int(rng.random() * (followed - 1)), rng)


def _event(
    parameters: Parameters, patient: Mapping[Any, Any], name: str, event: Mapping[str, Any], day: int, rng: np.random.Generator
) -> Row:
    shortest, longest = event["days"]
    onset = patient["TRTSDT"] + pd.Timedelta(days=day)
    end = onset + pd.Timedelta(days=int(rng.integers(shortest, longest + 1)))
    grade = 1 + int(ordinal(rng.standard_normal(), [share / 100 for share in event["grades"]]))
    ongoing = longest == 0 or end > patient["EOSDT"]
    return {"USUBJID": patient["USUBJID"], "AETERM": name, "AEDECOD": event["decod"], "AEBODSYS": event["system"], "ASTDT": onset,
            "AENDT": pd.NaT if ongoing else end, "AETOXGR": grade, "AESER": "Y" if grade >= parameters["serious_from"] else "N",
            "AEREL": "RELATED" if rng.random() < event["related"] else "NOT RELATED",
            "AEOUT": "NOT RECOVERED" if ongoing else "RECOVERED"}  # fmt: skip
