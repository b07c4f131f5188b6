"""Who is enrolled, when each visit takes place, who leaves and why, and what is not measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from racohort.simulate.parameters import ParametersError
from racohort.simulate.shapes import ordinal
from racohort.simulate.values import HAQ, draw_values

Array = NDArray[np.float64]
Parameters = Mapping[str, Any]

#: What must be measured before treatment: the primary outcomes and the claims of the abstract.
NEEDED = ("TJC28", "SJC28", "PTGA", "ESR", "CRP", "RF", "ACCP", *HAQ)


@dataclass(frozen=True)
class Population:
    """Patients and what was measured in them: `patients` one row each, `values` variable -> (patients, visits), NaN missing.

    `seen` is (patients, visits): who came. `dates` is (patients, visits), the dates of the visits, whether or not they came.
    """

    patients: pd.DataFrame
    values: dict[str, Array]
    seen: NDArray[np.bool_]
    dates: NDArray[np.datetime64]


def draw_population(parameters: Parameters, streams: Mapping[str, np.random.Generator]) -> Population:
    """The enrolled patients with their visits: drawn, selected by observed baseline DAS28, followed, and partly lost.

    Raises ParametersError when too few of the candidates are active enough to be enrolled.
    """
    people = draw_people(parameters, parameters["patients"]["candidates"], streams["people"])
    values = draw_values(parameters, people["SEX"].to_numpy() == "F", streams["values"])
    enrolled = select_active(parameters, values["DAS28ESR"][:, 0])
    people = people.iloc[enrolled].reset_index(drop=True)
    values = {name: drawn[enrolled] for name, drawn in values.items()}
    dates = draw_dates(parameters, len(people), streams["dates"])
    people["USUBJID"] = [f"RA-{number:03d}" for number in range(1, len(people) + 1)]
    people["TRTSDT"] = dates[:, 0]
    visits = dates[:, 1:]
    leaving = draw_leaving(parameters, values["DAS28ESR"], streams["leaving"])
    people = people.join(end_of_study(parameters, leaving, dates, streams["leaving"]))
    seen = np.arange(visits.shape[1]) < leaving[:, None]
    return Population(people, with_gaps(parameters, values, seen, streams["missing"]), seen, visits)


def draw_people(parameters: Parameters, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Sex, age (whole years within the limits of enrolment), disease duration (years) and body mass index of n candidates."""
    p = parameters["patients"]
    female = rng.random(n) < p["female"]
    low, high = ((p[limit] + extra - p["age_mean"]) / p["age_sd"] for limit, extra in (("age_low", 0), ("age_high", 1)))
    age = np.floor(stats.truncnorm.ppf(rng.random(n), low, high, loc=p["age_mean"], scale=p["age_sd"]))
    duration = p["duration_median"] * np.exp(p["duration_sdlog"] * rng.standard_normal(n))
    duration = np.round(np.clip(duration, 0.5, age - p["youngest_onset"]), 1)
    bmi = np.round(p["bmi_mean"] + p["bmi_sd"] * np.clip(rng.standard_normal(n), -2, 3), 1)
    return pd.DataFrame({"SEX": np.where(female, "F", "M"), "AGE": age, "DISDUR": duration, "BMI": bmi})


def select_active(parameters: Parameters, das28: Array) -> NDArray[np.intp]:
    """The first n candidates whose observed baseline DAS28 is above the limit, by position."""
    p = parameters["patients"]
    active = np.flatnonzero(das28 > p["selection_das28"])[: p["n"]]
    if len(active) < p["n"]:
        raise ParametersError(
            f"{len(active)} of {len(das28)} candidates have DAS28 above {p['selection_das28']}; {p['n']} needed"
        )
    return active


def draw_dates(parameters: Parameters, n: int, rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Dates of infusion and of each planned visit, (patients, 1 + visits), on working days, in the order of infusion."""
    v = parameters["visits"]
    infusion = working_day(np.datetime64(v["first_infusion"]) + np.sort(rng.integers(0, v["recruitment_days"], n)))
    screening = infusion - rng.integers(0, v["screening_days"] + 1, n)
    columns = [infusion, screening]
    for day, sd, most in list(zip(v["days"], v["jitter_sd"], v["jitter_most"], strict=True))[1:]:
        jitter = np.clip(np.round(sd * rng.standard_normal(n)), -most, most).astype(int)
        columns.append(working_day(infusion + day + jitter))
    return np.column_stack(columns)


def working_day(dates: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """The date itself, or the Monday after a weekend.

    >>> working_day(np.array(["2013-04-20", "2013-04-22"], dtype="datetime64[D]")).astype(str).tolist()
    ['2013-04-22', '2013-04-22']
    """
    return np.busday_offset(dates.astype("datetime64[D]"), 0, roll="forward")


def draw_leaving(parameters: Parameters, das28: Array, rng: np.random.Generator) -> NDArray[np.intp]:
    """How many visits each patient came to: leaving is a logistic hazard on the DAS28 of the visit before."""
    p = parameters["dropout"]
    visits = np.full(len(das28), das28.shape[1])
    for later in range(das28.shape[1] - 1, 0, -1):
        logit = p["intercept"][later - 1] + p["slope"] * (das28[:, later - 1] - p["centre"][later - 1])
        visits[rng.random(len(das28)) < 1 / (1 + np.exp(-logit))] = later
    return visits


def end_of_study(
    parameters: Parameters, leaving: NDArray[np.intp], dates: NDArray[np.datetime64], rng: np.random.Generator
) -> pd.DataFrame:
    """EOSSTT, EOSDT and DCSREAS of each patient: the last visit, or a day between the last visit and the one that was missed."""
    n, planned = len(leaving), dates.shape[1] - 1
    rows = np.arange(n)
    left = leaving < planned
    last = np.where(leaving == 1, dates[:, 0], dates[rows, leaving])
    missed = dates[rows, np.minimum(leaving + 1, planned)]
    days = np.round((0.1 + 0.8 * rng.random(n)) * (missed - last).astype(int)).astype(int)
    reasons = parameters["dropout"]["reasons"]
    reason = np.array(list(reasons))[ordinal(rng.standard_normal(n), list(reasons.values())).astype(int)]
    return pd.DataFrame({"EOSSTT": np.where(left, "DISCONTINUED", "COMPLETED"), "EOSDT": np.where(left, last + days, last),
                         "DCSREAS": np.where(left, reason, "")})  # fmt: skip


def with_gaps(
    parameters: Parameters, values: Mapping[str, Array], seen: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, Array]:
    """The values that were measured: NaN where nobody came, where a panel was not drawn, and here and there at random."""
    gaps = parameters["missing"]
    panel = rng.random(seen.shape) < gaps["panel"]
    panel[:, 0] = False
    measured = {}
    for name, drawn in values.items():
        lost = rng.random(seen.shape) < gaps["single"]
        if name in NEEDED:
            lost[:, 0] = False
        if name in parameters["laboratory"]:
            lost |= panel
        measured[name] = np.where(seen & ~lost, drawn, np.nan)
    components = [measured[name] for name in ("TJC28", "SJC28", "ESR", "PTGA")]
    measured["DAS28ESR"] = np.where(np.isnan(components).any(axis=0), np.nan, values["DAS28ESR"])
    return measured
