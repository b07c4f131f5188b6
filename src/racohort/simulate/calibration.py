"""Whether a drawn cohort shows the abstract's pattern, and how the seed of the default cohort was found."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from racohort.ctcae import Criteria, ctcae_v5_grade
from racohort.scores import haq_di_from_categories
from racohort.simulate.patients import Population
from racohort.simulate.values import HAQ

Array = NDArray[np.float64]
Parameters = Mapping[str, Any]

#: The abstract's efficacy claims A9 to A11: what is lower than before treatment, after one year (1) and after three (2).
LOWER = {"ESR": (1, 2), "CRP": (1, 2), "RF": (1, 2), "ACCP": (2,), "DAS28ESR": (1, 2), "HAQDI": (1, 2)}
#: What the abstract is silent about: the default cohort shows no evidence of a change there.
SILENT = {"ACCP": (1,)}
#: Efficacy values that are analysed on the log scale as well.
LOGGED = ("ESR", "CRP", "RF", "ACCP")
#: Analytes that active disease moves (D18); the others are those of healthy people at every visit.
ACUTE_PHASE = ("HGB", "PLAT", "ALB", "GLOBUL", "IGG", "IGA", "IGM")
#: Women, and patients who come at one and at three years: fewest and most in a default cohort.
WOMEN = (50, 54)
RETAINED = {1: (56, 60), 2: (48, 52)}
#: A default cohort's p-values are below this, so that the pattern outlives the values that cleaning sets aside.
MARGIN = 0.025


def measured_values(parameters: Parameters, population: Population) -> dict[str, Array]:
    """What an analysis sees: limits of the assay for values beyond them (lower limit / sqrt 2), HAQDI from its categories."""
    values = dict(population.values)
    for code, analyte in parameters["laboratory"].items():
        floor, ceiling = analyte.get("floor", -np.inf), analyte.get("ceiling", np.inf)
        below = values[code] < floor
        values[code] = np.where(below, floor / np.sqrt(2), np.minimum(values[code], ceiling))
    return values | {"HAQDI": haq_di(values)}


def haq_di(values: Mapping[str, Array]) -> Array:
    """HAQ-DI of (patients, visits) from the eight categories."""
    answers = np.stack([values[item] for item in HAQ], axis=-1)
    return np.column_stack([haq_di_from_categories(answers[:, visit]) for visit in range(answers.shape[1])])


def change_p_values(values: Mapping[str, Array], code: str, visit: int) -> list[float]:
    """Two-sided p of the change in complete pairs: paired t, Wilcoxon (zeros ranked, zeros dropped), paired t of the logs."""
    pairs = values[code][:, [0, visit]]
    before, after = pairs[~np.isnan(pairs).any(axis=1)].T
    tests = [stats.ttest_rel(after, before)]
    tests += [stats.wilcoxon(after - before, zero_method=zeros) for zeros in ("pratt", "wilcox")]
    if code in LOGGED:
        tests.append(stats.ttest_rel(np.log(after), np.log(before)))
    return [float(test.pvalue) for test in tests]


def missed_claims(values: Mapping[str, Array], below: float = 0.05) -> list[str]:
    """Efficacy claims that the values do not show: `ESR 1 lower` where a p is not `below`, or the mean is not lower.

    Where the abstract is silent no p may be under 0.05 (`ACCP 1 silent`).
    """
    falls = {(code, visit): change_p_values(values, code, visit) for code, visits in LOWER.items() for visit in visits}
    missed = [f"{code} {visit} lower" for (code, visit), p in falls.items() if max(p) >= below or _rises(values[code], visit)]
    silent = {(code, visit): change_p_values(values, code, visit) for code, visits in SILENT.items() for visit in visits}
    return missed + [f"{code} {visit} silent" for (code, visit), p in silent.items() if min(p) < 0.05]


def _rises(values: Array, visit: int) -> bool:
    return bool(np.nanmean(values[:, visit] - values[:, 0]) >= 0)


def missed_safety(
    parameters: Parameters, population: Population, values: Mapping[str, Array], criteria: Criteria
) -> list[str]:  # fmt: skip
    """What speaks against claim A8 at a follow-up visit: a mean outside the range, a CTCAE grade 2, more or no values outside."""
    missed, outside, counted = [], 0, 0
    female = population.patients["SEX"].to_numpy() == "F"
    for code, analyte in parameters["laboratory"].items():
        if analyte["shape"] == "activity":
            continue
        low, high = reference_limits(analyte, female)
        later = values[code][:, 1:]
        if not np.all(np.nanmean(low) <= np.nanmean(later, axis=0)) or not np.all(np.nanmean(later, axis=0) <= np.nanmean(high)):
            missed.append(f"{code} mean")
        if code in criteria and np.nanmax(_grades(code, values[code], low, high, criteria)) >= 2:
            missed.append(f"{code} grade")
        if code not in ACUTE_PHASE:
            outside += int(np.sum((later < low) | (later > high)))
            counted += int(np.sum(~np.isnan(later)))
    least, most = stats.binom.interval(0.95, counted, 0.05)
    return missed + ([] if least <= outside <= most else [f"{outside} of {counted} outside"])


def reference_limits(analyte: Mapping[str, Any], female: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Lower and upper reference limit of each patient, as columns (patients, 1)."""
    limits = np.where(female[:, None], analyte["female"], analyte["male"]).astype(float)
    return limits[:, :1], limits[:, 1:]


def _grades(code: str, values: Array, low: Array, high: Array, criteria: Criteria) -> Array:
    low, high = (np.broadcast_to(limit, values[:, 1:].shape) for limit in (low, high))
    before = np.broadcast_to(values[:, :1], low.shape)
    return np.asarray(ctcae_v5_grade(code, values[:, 1:], uln=high, lln=low, baseline=before, criteria=criteria), dtype=float)


def missed_numbers(population: Population) -> list[str]:
    """Numbers of women, and of patients who came to a follow-up visit, that a default cohort should not have."""
    women = int((population.patients["SEX"] == "F").sum())
    came = population.seen.sum(axis=0)
    bounds = {"women": (women, *WOMEN)} | {f"visit {visit}": (int(came[visit]), *most) for visit, most in RETAINED.items()}
    return [f"{what}: {count}" for what, (count, least, most) in bounds.items() if not least <= count <= most]


def missed_targets(parameters: Parameters, population: Population, criteria: Criteria) -> Iterator[str]:
    """Everything in which a drawn cohort departs from the default cohort's pattern; nothing where the pattern holds."""
    yield from missed_numbers(population)
    values = measured_values(parameters, population)
    yield from missed_claims(values, below=MARGIN)
    yield from missed_safety(parameters, population, values, criteria)
