"""Baselines of finished runs side by side: standardised differences with their intervals, and whether they are comparable."""

from collections.abc import Iterator, Sequence
from math import nan, sqrt
from typing import Any

import pandas as pd
from scipy import stats

from racohort.comparison.runs import Finished
from racohort.results import as_results, pick_result, select_results

#: A standardised difference within this margin is taken as none that matters.
MARGIN = 0.25
COMPARABLE, DIFFERENT, UNKNOWN = "comparable", "not comparable", "cannot be told"

#: What a baseline is compared on, where two runs have it: who they are, how ill, and their serology.
VARIABLES = (
    "AGE", "DISDUR", "BMI", "DAS28ESR", "DAS28CRP", "DAS28E3", "DAS28C3", "DAS28", "HAQDI", "CDAI", "SDAI", "TJC28", "SJC28",
    "PTGA", "PAIN", "ESR", "CRP", "RF", "ACCP",
)  # fmt: skip


def compare_baselines(runs: Sequence[Finished], level: float = 0.95) -> pd.DataFrame:
    """The standardised difference of every later run from the first one, for each variable that both have in the same unit.

    Returns
    -------
    Result rows `smd` (section `comparison`, contrast `<run>-<first run>`; for the share of women `by` is SEX): value, interval
    and `value_text`: comparable (the whole interval lies within 0.25), not comparable (the difference itself is larger), or
    cannot be told. Continuous: difference of means over the pooled SD; shares: over the mean binomial variance.
    """
    rows = [row for run in runs[1:] for row in _differences(runs[0], run, level)]
    return as_results(rows)


def _differences(first: Finished, other: Finished, level: float) -> Iterator[dict[str, Any]]:
    common = {"section": "comparison", "statistic": "smd", "contrast": f"{other.name}-{first.name}", "level": level}
    for code in VARIABLES:
        pair = [describe(run, code) for run in (first, other)]
        if all(len(one) for one in pair) and pair[0]["unit"] == pair[1]["unit"]:
            a, b = pair
            sd = sqrt((a["sd"] ** 2 + b["sd"] ** 2) / 2)
            yield {**common, "method": "pooled_sd", "PARAMCD": code, **_judged(b["mean"] - a["mean"], sd, a["n"], b["n"], level)}
    one, two = women_of(first), women_of(other)
    if one is not None and two is not None:
        p, q = one["value"], two["value"]
        sd = sqrt((p * (1 - p) + q * (1 - q)) / 2)
        found = _judged(q - p, sd, one["n"], two["n"], level)
        yield {**common, "method": "binomial", "by": "SEX", "category": "F", **found}


def describe(run: Finished, code: str) -> dict[str, Any]:
    """Mean, SD, n and unit of a variable at baseline; empty where a run has fewer than two patients with it."""
    parts = {"section": "participants", "PARAMCD": code, "AVISIT": run.visits[0].AVISIT, "method": "available", "by": ""}
    found = {statistic: pick_result(run.results, statistic=statistic, **parts) for statistic in ("mean", "sd")}
    mean, sd = found["mean"], found["sd"]
    if mean is None or sd is None or pd.isna(sd["value"]) or mean["n"] < 2:
        return {}
    return {"mean": mean["value"], "sd": sd["value"], "n": int(mean["n"]), "unit": mean["unit"]}


def women_of(run: Finished) -> pd.Series | None:
    """The row of the share of women; None where sex was not supplied."""
    found = select_results(run.results, section="participants", statistic="proportion", by="SEX", category="F")
    return found.iloc[0] if len(found) else None


def _judged(difference: float, sd: float, n1: int, n2: int, level: float) -> dict[str, Any]:
    """A standardised difference with its large-sample interval and what it says about being comparable."""
    smd = difference / sd if sd > 0 else (0.0 if difference == 0 else nan)
    half = float(stats.norm.isf((1 - level) / 2)) * sqrt((n1 + n2) / (n1 * n2) + smd**2 / (2 * (n1 + n2)))
    inside, outside = abs(smd) + half <= MARGIN, abs(smd) > MARGIN
    word = COMPARABLE if inside else DIFFERENT if outside else UNKNOWN
    return {"value": smd, "lower": smd - half, "upper": smd + half, "n": n1 + n2, "value_text": word,
            "function": "comparison.compare_baselines"}  # fmt: skip
