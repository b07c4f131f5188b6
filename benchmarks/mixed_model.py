"""How long the mixed model takes, beside statsmodels MixedLM on the same data: `python -m benchmarks.mixed_model`.

Ours is the unstructured MMRM with both contrasts, Satterthwaite's and Kenward and Roger's degrees of freedom included. MixedLM
has no unstructured covariance and no such degrees of freedom: the nearest it offers, a random coefficient for every visit, is
timed as well as the random intercept that is usually fitted. Processor time, the best of several runs, one thread.
"""

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

from racohort.mmrm import fit_mmrm

#: Patients, visits, and the seconds that a fit may take.
SIZES = ((64, 3, 0.05), (1000, 5, 1.0))
RUNS = 7
#: A random coefficient for every visit takes MixedLM minutes on more patients than this.
LARGEST_RANDOM = 100


def drawn(patients: int, visits: int) -> np.ndarray:
    """Correlated scores of which a fifth of the follow-up is missing; the same for the same size."""
    rng = np.random.default_rng([20191219, patients, visits])
    covariance = 0.5 * np.ones((visits, visits)) + np.diag(np.linspace(0.5, 1.0, visits))
    data = rng.multivariate_normal(np.linspace(5, 4, visits), covariance, patients)
    gone = rng.random(data.shape) < 0.2
    gone[:, 0] = False
    return np.where(gone, np.nan, data)


def ours(data: np.ndarray) -> None:
    """The unstructured fit and every change from baseline."""
    fit = fit_mmrm(data)
    for visit in range(1, data.shape[1]):
        fit.change(visit)


def long(data: np.ndarray) -> pd.DataFrame:
    """One row a value, as MixedLM wants it."""
    frame = pd.DataFrame(data).rename_axis("patient").reset_index().melt("patient", var_name="visit", value_name="value")
    return frame.dropna().assign(visit=lambda rows: rows["visit"].astype(str))


def mixedlm(rows: pd.DataFrame, formula: str | None) -> None:
    """MixedLM by REML with a random intercept, or with what `formula` says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        smf.mixedlm("value ~ C(visit)", rows, groups="patient", re_formula=formula).fit(reml=True)


def seconds(run: Callable[[], None], runs: int = RUNS) -> float:
    """Processor time of the quickest run."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def measure() -> Iterator[tuple[str, str, float, float]]:
    """For each size and way: the size, what was fitted, its seconds, and the seconds it may take (NaN for MixedLM)."""
    for patients, visits, limit in SIZES:
        data, size = drawn(patients, visits), f"{patients} x {visits}"
        rows = long(data)
        yield size, "MMRM, unstructured", seconds(partial(ours, data)), limit
        yield size, "MixedLM, random intercept", seconds(partial(mixedlm, rows, None), 2), float("nan")
        if patients <= LARGEST_RANDOM:
            yield size, "MixedLM, every visit random", seconds(partial(mixedlm, rows, "0 + C(visit)"), 2), float("nan")


def main() -> int:
    """Print the table; 1 where ours takes longer than it may."""
    late = False
    for size, name, taken, limit in measure():
        late |= taken > limit
        print(
            f"{size:>9}  {name:<28} {1000 * taken:9.1f} ms", f"(at most {1000 * limit:g})" if limit == limit else "", flush=True
        )
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
