"""What a laboratory value is judged by beyond its range: the grades of CTCAE, and the variation within a healthy person."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from racohort.config import read_yaml
from racohort.ctcae import Creatinine, Criteria, Criterion, Fall, Rise
from racohort.places import project_root
from racohort.schema import CohortError, Finding
from racohort.units import unit_factor

CTCAE, VARIATION = "ctcae_v5.yml", "biological_variation.yml"
_KINDS = {"rises": Rise, "falls": Fall, "creatinine": Creatinine}


def read_toxicity() -> Criteria:
    """The laboratory criteria of CTCAE version 5, by PARAMCD and other usual short names, from data/catalogue/ctcae_v5.yml.

    Raises CohortError for a criterion that is not one of the three kinds.
    """
    return dict(_criteria(_text(CTCAE)))


def add_criteria(catalogue: pd.DataFrame) -> pd.DataFrame:
    """The catalogue with `toxicity`, `within_cv` and `within_source`.

    An absolute cut-off is converted to the analyte's unit; where the catalogue knows no factor, the analyte has no criteria.
    """
    criteria, variation = read_toxicity(), _variation(_text(VARIATION))
    own = [_in_unit(criteria.get(code), code, catalogue) for code in catalogue.index]
    within = [variation.get(code, (np.nan, "")) for code in catalogue.index]
    return catalogue.assign(
        toxicity=pd.Series(own, index=catalogue.index, dtype=object),
        within_cv=[cv for cv, _ in within], within_source=[source for _, source in within],
    )  # fmt: skip


def _in_unit(criterion: Criterion | None, code: str, catalogue: pd.DataFrame) -> Criterion | None:
    if not isinstance(criterion, Fall):
        return criterion
    factor = unit_factor(catalogue, code, criterion.unit)
    unit = str(catalogue.at[code, "AVALU"])
    return None if factor is None else replace(criterion, below=tuple(limit * factor for limit in criterion.below), unit=unit)


def _text(name: str) -> str:
    return (project_root() / "data" / "catalogue" / name).read_text("utf-8")


@lru_cache(maxsize=2)
def _criteria(text: str) -> dict[str, Criterion]:
    said = read_yaml(text, CTCAE)
    return {code: criterion for kind, rows in said.items() for row in rows for code, criterion in _parsed(kind, dict(row))}


def _parsed(kind: str, row: dict[str, Any]) -> Iterator[tuple[str, Criterion]]:
    tests = row.pop("tests", None)
    if kind not in _KINDS or not tests:
        raise CohortError([Finding("cohort_yml", f"{CTCAE}: {kind} is not one of {', '.join(_KINDS)}, or names no tests")])
    try:
        criterion: Criterion = TypeAdapter(_KINDS[kind]).validate_python(row)
    except ValidationError as error:
        raise CohortError([Finding("cohort_yml", f"{CTCAE}, {tests[0]}: {error.errors()[0]['msg']}")]) from None
    yield from ((code, criterion) for code in tests)


@lru_cache(maxsize=2)
def _variation(text: str) -> dict[str, tuple[float, str]]:
    return {code: (float(facts["within"]), str(facts["source"])) for code, facts in read_yaml(text, VARIATION).items()}
