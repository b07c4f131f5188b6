"""The catalogue of analytes as a frame, with what a cohort adds or overrides."""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from racohort.config import AgeRange, Analyte, Cohort, Ranges, read_yaml
from racohort.io.criteria import add_criteria
from racohort.places import project_root
from racohort.schema import CohortError, Finding

COLUMNS = (
    "PARAM", "label_zh", "AVALU", "PARCAT1", "domain", "scale", "direction", "digits", "efficacy", "safety", "component",
    "possible_low", "possible_high", "plausible_low", "plausible_high",
    "range_low_m", "range_high_m", "range_low_f", "range_high_f", "range_from",
    "synonyms", "units", "step", "levels", "tolerance", "source",
)  # fmt: skip
#: A shipped score may differ by this much from what its components give.
TOLERANCE = 0.1


def read_catalogue(config: Cohort | None = None) -> pd.DataFrame:
    """The analytes, index PARAMCD: those of data/catalogue/analytes.yml, then the cohort's own, with the cohort's ranges.

    Limits are float64, NaN where there is none. `range_from` holds, from the lowest age on, pairs of an age in years and the four
    limits (`range_low_m` to `range_high_f`) that hold from that age at baseline on. `toxicity` holds the CTCAE criteria of an
    analyte in its own unit, None without any; `within_cv` (percent) and `within_source` its variation within a healthy person,
    NaN and "" where none is cited.
    Raises CohortError for ranges of an analyte that nobody declared.
    """
    analytes = dict(_analytes((project_root() / "data" / "catalogue" / "analytes.yml").read_text("utf-8")))
    if config is not None:
        analytes |= {code: _placed(facts) for code, facts in config.analytes.items()}
    rows = {code: _row(facts) for code, facts in analytes.items()}
    if config is not None:
        _override(rows, config)
        for code in set(_primary(config)) & set(rows):
            rows[code]["efficacy"] = True
    frame = pd.DataFrame(list(rows.values()), columns=list(COLUMNS), index=pd.Index(list(rows), name="PARAMCD", dtype="str"))
    return add_criteria(frame)


@lru_cache(maxsize=2)
def _analytes(text: str) -> dict[str, Analyte]:
    """The analytes of a catalogue's text; read once, because strict YAML takes a second."""
    return {code: _checked(code, facts) for code, facts in read_yaml(text, "analytes.yml").items()}


def _checked(code: str, facts: Any) -> Analyte:
    try:
        return Analyte.model_validate(facts)
    except ValidationError as error:
        raise CohortError([Finding("cohort_yml", f"analytes.yml, {code}: {error.errors()[0]['msg']}")]) from None


def _placed(analyte: Analyte) -> Analyte:
    """A cohort's own analyte: a score in efficacy, a laboratory value in safety, where it does not say in which section."""
    if {"efficacy", "safety"} & analyte.model_fields_set:
        return analyte
    return analyte.model_copy(update={"efficacy": analyte.domain == "QS", "safety": analyte.domain == "LB"})


def _primary(config: Cohort) -> list[str]:
    """The primary endpoints that a cohort declares: each belongs to efficacy, whatever else it is."""
    named = config.parameters.get("primary", [])
    return [named] if isinstance(named, str) else [str(code) for code in named] if isinstance(named, list) else []


def _row(analyte: Analyte) -> dict[str, Any]:
    limits = {"possible": analyte.possible, "plausible": analyte.plausible}
    row: dict[str, Any] = {
        f"{name}_{end}": _limit(pair, i) for name, pair in limits.items() for i, end in enumerate(("low", "high"))
    }
    row |= _reference(analyte) | {"range_from": _by_age(analyte.reference_from)}
    same = (
        "label_zh",
        "domain",
        "scale",
        "direction",
        "digits",
        "efficacy",
        "safety",
        "component",
        "synonyms",
        "units",
        "levels",
        "source",
    )
    row |= {name: getattr(analyte, name) for name in same}
    step = np.nan if analyte.step is None else analyte.step
    return row | {"PARAM": analyte.label, "AVALU": analyte.unit, "PARCAT1": analyte.panel, "step": step, "tolerance": TOLERANCE}


def _reference(given: Analyte | AgeRange) -> dict[str, float]:
    """The four limits of a reference range."""
    pairs = {"m": given.reference_m or given.reference, "f": given.reference_f or given.reference}
    return {f"range_{end}_{sex}": _limit(pair, i) for sex, pair in pairs.items() for i, end in enumerate(("low", "high"))}


def _by_age(given: list[AgeRange]) -> list[tuple[float, dict[str, float]]]:
    """Ages with the limits that hold from them on, the lowest first."""
    return [(one.age, _reference(one)) for one in sorted(given, key=lambda one: one.age)]


def _limit(pair: list[float | None] | None, end: int) -> float:
    return np.nan if pair is None or pair[end] is None else float(pair[end])  # type: ignore[arg-type]


def _override(rows: dict[str, dict[str, Any]], config: Cohort) -> None:
    for code, ranges in config.ranges.items():
        if code in rows:
            rows[code] |= _overrides(ranges)
        elif code != "AGE":
            raise CohortError([Finding("analyte_unknown", f"cohort.yml, ranges.{code}: no analyte is called {code}", value=code)])


def _overrides(ranges: Ranges) -> dict[str, Any]:
    pairs = {
        "possible": ("possible",),
        "plausible": ("plausible",),
        "reference": ("m", "f"),
        "reference_m": ("m",),
        "reference_f": ("f",),
    }
    found: dict[str, Any] = {} if ranges.tolerance is None else {"tolerance": ranges.tolerance}
    if any((ranges.reference, ranges.reference_m, ranges.reference_f, ranges.reference_from)):
        found["range_from"] = _by_age(ranges.reference_from)  # those of the catalogue belong to its own ranges
    for name, parts in pairs.items():
        pair = getattr(ranges, name)
        for part in parts if pair is not None else ():
            low, high = (f"range_low_{part}", f"range_high_{part}") if len(part) == 1 else (f"{part}_low", f"{part}_high")
            found |= {low: _limit(pair, 0), high: _limit(pair, 1)}
    return found
