"""How many patients a trial needs: the power of the main method at a ladder of sizes, and the size at which it is reached."""

from collections.abc import Iterator
from math import ceil, inf, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from racohort.operating.scenarios import Scenario
from racohort.power import n_paired_t

#: The method whose power is planned for: the report's main model.
PLANNED = "mmrm_satterthwaite"
#: Sizes tried, as multiples of what a paired t test would need without drop-out and without skewness.
LADDER = (0.6, 0.8, 1.0, 1.25, 1.6, 2.1)


def ladder_of(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario at sizes around the one that a formula for complete normal pairs gives; itself where `n` is known."""
    if scenario.power is None:
        yield scenario
        return
    dz = scenario.change / sqrt(2 * (1 - scenario.correlation))
    formula = n_paired_t(dz, scenario.power) / (1 - scenario.dropout)
    for n in sorted({max(8, ceil(formula * factor)) for factor in LADDER}):
        yield scenario.model_copy(update={"scenario": f"{scenario.scenario}, n = {n}", "n": n, "power": None})


def find_patients(scenario: Scenario, summary: pd.DataFrame, method: str = PLANNED) -> dict[str, Any]:
    """The number of patients at which a method reaches the power wanted, from its power at the sizes of the ladder.

    The normal quantile of power is linear in the square root of the size, exactly so for a z test; the line is fitted by
    weighted least squares. `n` is NaN, with the reason in `note`, where the powers seen do not reach both sides of the one
    wanted: a number beyond what was tried would be a guess.
    """
    assert scenario.power is not None
    names = [one.scenario for one in ladder_of(scenario)]
    seen = summary[summary["scenario"].isin(names) & (summary["method"] == method)].sort_values("n")
    power = seen["rejected"].to_numpy(dtype=float)
    told = {"scenario": scenario.scenario, "method": method, "power": scenario.power, "tried": ", ".join(map(str, seen["n"])),
            "reached": ", ".join(f"{one:.3f}" for one in power)}  # fmt: skip
    if not power.min(initial=inf) <= scenario.power <= power.max(initial=-inf):
        return {**told, "n": nan, "n_low": nan, "n_high": nan, "note": "the power wanted lies outside the powers reached"}
    trials = seen["answered"].to_numpy(dtype=float)
    inside = (power * trials + 0.5) / (trials + 1)  # a power of 0 or 1 has no quantile
    weight = trials * stats.norm.pdf(stats.norm.ppf(inside)) ** 2 / (inside * (1 - inside))
    design = np.column_stack([np.ones(len(seen)), np.sqrt(seen["n"].to_numpy(dtype=float))])
    precision = design.T @ (weight[:, None] * design)
    intercept, slope = np.linalg.solve(precision, design.T @ (weight * stats.norm.ppf(inside)))
    root = (stats.norm.ppf(scenario.power) - intercept) / slope
    gradient = np.array([-1, -root]) / slope
    se = sqrt(float(gradient @ np.linalg.solve(precision, gradient)))
    low, middle, high = (ceil((root + side * 1.959964 * se) ** 2 - 1e-9) for side in (-1, 0, 1))
    return {**told, "n": middle, "n_low": low, "n_high": high, "note": ""}
