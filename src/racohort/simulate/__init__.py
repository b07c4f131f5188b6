"""A synthetic cohort: from a parameter file and a seed to the files of a cohort folder, the same bytes every time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from racohort.simulate.description import FILES, describe_cohort, describe_for_people
from racohort.simulate.exports import export_tables
from racohort.simulate.faults import mistype
from racohort.simulate.files import csv_bytes, workbook_bytes
from racohort.simulate.histories import draw_events, draw_medication
from racohort.simulate.parameters import ParametersError, parameter_grounds, parse_parameters
from racohort.simulate.patients import Population, draw_population
from racohort.simulate.values import draw_values

__all__ = [
    "ParametersError",
    "Population",
    "draw_population",
    "draw_values",
    "parameter_grounds",
    "parse_parameters",
    "seed_streams",
    "synthesise",
]

#: Every stochastic step has a stream of its own; a new one is added at the end, so that the others stay as they are.
STREAMS = ("people", "values", "dates", "leaving", "missing", "medication", "events", "faults")


def seed_streams(seed: int) -> dict[str, np.random.Generator]:
    """One independent random generator for each step, all from one seed.

    >>> list(seed_streams(1))[:2]
    ['people', 'values']
    """
    children = np.random.SeedSequence(seed).spawn(len(STREAMS))
    return {name: np.random.default_rng(child) for name, child in zip(STREAMS, children, strict=True)}


def synthesise(parameters_text: str, seed: int | None = None) -> dict[str, bytes]:
    """The files of a synthetic cohort: path in its folder -> content.

    `parameters_text` is the text of a parameter file, which comes back unchanged as `parameters.yml`; `seed` replaces the one in
    the file. The same text and seed give the same bytes. Raises ParametersError where the parameter file cannot
    be used, and CohortError where it is no plain YAML.
    """
    parameters = parse_parameters(parameters_text)
    try:
        return _cohort_files(parameters, parameters_text, seed)
    except ParametersError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise ParametersError(f"the parameter file lacks a parameter, or one has the wrong form: {error}") from error


def _cohort_files(parameters: Mapping[str, Any], text: str, seed: int | None) -> dict[str, bytes]:
    chosen = parameters["seed"] if seed is None else seed
    streams = seed_streams(chosen)
    population = draw_population(parameters, streams)
    medication = draw_medication(parameters, population.patients, streams["medication"])
    events = draw_events(parameters, population.patients, streams["events"])
    tables = export_tables(parameters, population, medication, events)
    faults = mistype(tables, streams["faults"]) if parameters["faults"] else []
    raw = _raw_files(tables)
    files = {"parameters.yml": text.encode(), "cohort.yml": describe_cohort(parameters, chosen, raw, tables).encode()}
    files["README.md"] = describe_for_people(parameters, chosen, population, faults).encode()
    return files | raw | ({"faults.csv": csv_bytes(faults, "utf-8")} if faults else {})


def _raw_files(tables: Mapping[str, Any]) -> dict[str, bytes]:
    files = {}
    for table, (path, _, extra) in FILES.items():
        word = extra.partition(": ")[2]
        if tables[table]:
            files[path] = workbook_bytes(tables[table], word) if path.endswith(".xlsx") else csv_bytes(tables[table], word)
    return files
