"""Blocks of imagined trials, each computed from its place alone, and what they add up to."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from racohort.margins import mc_standard_error
from racohort.operating.methods import analyse, truth_of
from racohort.operating.scenarios import Scenario
from racohort.operating.trials import draw_trial

#: What is counted or summed over the trials of a block, so that blocks add up.
COUNTS = ("trials", "answered", "rejected", "covered", "judged", "estimate", "squared", "width", "missing")
ALPHA = 0.05


def run_block(scenario: Scenario, place: int, block: int, trials: int, seed: int) -> pd.DataFrame:
    """One block of trials of one scenario: a row a method, with the columns `scenario`, `block`, `method` and COUNTS.

    The random numbers come from the seed, the scenario's place in its table and the block's number, and from nothing that ran
    before: blocks may be computed anywhere, in any order, or again. A trial in which a method gives no p counts as not
    `answered`, and is in no other number but `trials`.
    """
    assert scenario.n is not None
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place, block)))
    rows = []
    for _ in range(trials):
        scores = draw_trial(scenario, scenario.n, rng)
        missing = float(np.isnan(scores[:, 2]).mean())
        for method, answer in analyse(scores, scenario, rng).items():
            rows.append({"method": method, **_counted(answer, truth_of(method, scenario)), "missing": missing})
    summed = pd.DataFrame(rows).groupby("method", sort=False)[list(COUNTS)].sum().reset_index()
    summed.insert(0, "block", block)
    summed.insert(0, "scenario", scenario.scenario)
    return summed


def _counted(answer: tuple[float, float, float, float], truth: float) -> dict[str, float]:
    """One trial's part in the numbers of COUNTS."""
    estimate, lower, upper, p = answer
    if np.isnan(p):
        return {**dict.fromkeys(COUNTS, 0.0), "trials": 1}
    judged = not np.isnan(truth)
    return {"trials": 1, "answered": 1, "rejected": float(p < ALPHA), "covered": float(judged and lower <= truth <= upper),
            "judged": float(judged), "estimate": estimate, "squared": estimate**2, "width": upper - lower}  # fmt: skip


def summarise_blocks(blocks: Sequence[pd.DataFrame], scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """What the blocks add up to: a row a scenario and method, with each number's Monte-Carlo standard error.

    Returns
    -------
    Columns of the scenario, `method`, `trials`, `answered`, `missing` (mean share without a last visit), `truth`, and `rejected`
    (the share of trials with p < 0.05: the error of the first kind where the truth is 0, else the power), `bias`, `coverage`
    and `width`, each with its `_se`. NaN where no trial was answered or the method has no truth of its own.
    """
    order = {scenario.scenario: place for place, scenario in enumerate(scenarios)}
    summed = pd.concat(blocks, ignore_index=True).groupby(["scenario", "method"], sort=False)[list(COUNTS)].sum().reset_index()
    summed = summed.sort_values("scenario", key=lambda names: names.map(order), kind="stable")
    by_name = {scenario.scenario: scenario for scenario in scenarios}
    return pd.DataFrame([_summary(by_name[str(row["scenario"])], row) for _, row in summed.iterrows()])


def _summary(scenario: Scenario, row: pd.Series) -> dict[str, Any]:
    n, judged, truth = row["answered"], row["judged"], truth_of(str(row["method"]), scenario)
    told = {**scenario.model_dump(exclude={"power"}), "method": row["method"], "trials": int(row["trials"]), "answered": int(n),
            "missing": row["missing"] / row["trials"], "truth": truth}  # fmt: skip
    mean = row["estimate"] / n if n else np.nan
    spread = sqrt(max(row["squared"] / n - mean**2, 0.0) / n) if n else np.nan
    shares = {"rejected": (row["rejected"], n), "coverage": (row["covered"], judged)}
    for name, (count, of) in shares.items():
        share = count / of if of else np.nan
        told |= {name: share, f"{name}_se": float(mc_standard_error(share, of)) if of else np.nan}
    return {**told, "bias": mean - truth, "bias_se": spread, "width": row["width"] / n if n else np.nan}
