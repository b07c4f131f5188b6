"""Laboratory toxicity: CTCAE grades, shift categories, and the liver screen of Hy's law.

The criteria are data (`data/catalogue/ctcae_v5.yml`) that `io` reads: this layer opens no file, so every function that grades is
given them. Another version of CTCAE is another such file.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from racohort.columns import Answer, Numbers, as_columns, as_given, as_words


@dataclass(frozen=True)
class Rise:
    """Criteria of a test that rises: upper ends of grades 1 to 3 as multiples of the upper limit (baseline normal) or of
    baseline.

    `start` is where grade 1 begins, in multiples of baseline, when baseline is already high; it belongs to the grade if
    `inclusive`.
    """

    multiples: tuple[float, float, float]
    start: float
    inclusive: bool = True


@dataclass(frozen=True)
class Fall:
    """Criteria of a test that falls: grade 1 is below the lower limit, grades 2, 3, 4 below these absolute values in `unit`."""

    below: tuple[float, ...]
    unit: str


@dataclass(frozen=True)
class Creatinine:
    """Multiples of the upper limit that end grades 1 to 3, and of baseline above which grades 2 and 3 begin."""

    uln: tuple[float, float, float]
    baseline: tuple[float, float]


Criterion = Rise | Fall | Creatinine

#: The criteria of each test that has any, by PARAMCD.
Criteria = Mapping[str, Criterion]


def ctcae_v5_grade(
    test: str,
    value: Numbers,
    uln: Numbers = None,
    lln: Numbers = None,
    baseline: Numbers = None,
    baseline_high: Numbers = None,
    *,
    criteria: Criteria,
) -> Answer:
    """CTCAE grade of a laboratory value, 0 to 4.

    Parameters
    ----------
    test : PARAMCD
    value, uln, lln : the value and the laboratory's limits, in the unit of the criteria
    baseline, baseline_high : the value before treatment, and whether it was above its limit (default: compared with `uln`); leave
        both out to grade on the limits alone, as a shift table does
    criteria : what decides, by PARAMCD; `io.read_toxicity()` reads those of version 5

    Returns
    -------
    The grade; values at a limit are normal, the upper end of a grade belongs to it, products are compared to 12 digits. NaN
    where a value or the limit that decides is missing, and for a test without CTCAE criteria (immunoglobulins). Grade 4
    anaemia and grade 5 are clinical and never derived.

    >>> version_5 = {"ALT": Rise((3.0, 5.0, 20.0), start=1.5)}
    >>> ctcae_v5_grade("ALT", [40, 40.4, 120.4], uln=40, criteria=version_5)
    array([0., 1., 2.])
    >>> ctcae_v5_grade("ALT", 115, uln=40, baseline=80, criteria=version_5)
    0.0
    """
    result, upper, lower, before = as_columns(value, uln, lln, baseline)
    criterion = criteria.get(test)
    if isinstance(criterion, Fall):
        return as_given(_fallen(criterion, result, lower))
    if isinstance(criterion, Creatinine):
        return as_given(_creatinine(criterion, result, upper, before))
    if isinstance(criterion, Rise):
        (flag,) = as_columns(baseline_high)
        return as_given(_risen(criterion, result, upper, before, np.where(np.isnan(flag), before > upper, flag == 1)))
    return as_given(np.full(result.shape, np.nan))


def _digits(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers to 12 significant digits, so that 40 x 3.0 is 120."""
    size = np.where((numbers == 0) | ~np.isfinite(numbers), 1.0, numbers)
    scale = 10.0 ** (11 - np.floor(np.log10(np.abs(size))))
    return np.round(numbers * scale) / scale


def _exceeds(value: NDArray[np.float64], limit: NDArray[np.float64]) -> NDArray[np.bool_]:
    return _digits(value) > _digits(limit)


def _count(value: NDArray[np.float64], *reached: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The grade as the number of thresholds passed, NaN for a missing value."""
    return np.where(np.isnan(value), np.nan, np.sum(reached, axis=0))


def _fallen(criterion: Fall, value: NDArray[np.float64], lln: NDArray[np.float64]) -> NDArray[np.float64]:
    """Absolute cut-offs win over the laboratory's limit, also where that lies below them; without a limit, 0 and 1 are
    undecided.
    """
    deeper = [_exceeds(np.asarray(limit, float), value) for limit in criterion.below]
    grade = _count(value, _exceeds(lln, value) | deeper[0], *deeper)
    return np.where(np.isnan(lln) & (grade < 2), np.nan, grade)


def _risen(
    criterion: Rise,
    value: NDArray[np.float64],
    uln: NDArray[np.float64],
    baseline: NDArray[np.float64],
    high: NDArray[np.bool_],
) -> NDArray[np.float64]:
    reference = np.where(high, baseline, uln)
    first = np.where(high, criterion.start, 1.0) * reference
    begun = _exceeds(value, first) | (high & criterion.inclusive & (_digits(value) == _digits(first)))
    grade = _count(value, begun, *(_exceeds(value, multiple * reference) for multiple in criterion.multiples))
    return np.where(np.isnan(reference), np.nan, grade)


def _creatinine(
    criterion: Creatinine, value: NDArray[np.float64], uln: NDArray[np.float64], baseline: NDArray[np.float64]
) -> NDArray[np.float64]:  # fmt: skip
    """The higher of the grades on the limit and on baseline; a rise over baseline counts inside the reference range too."""
    on_limit = _count(value, *(_exceeds(value, multiple * uln) for multiple in (1.0, *criterion.uln)))
    on_baseline = np.sum([_exceeds(value, multiple * baseline) for multiple in criterion.baseline], axis=0)
    grade = np.maximum(on_limit, np.where(on_baseline > 0, on_baseline + 1.0, 0.0))
    return np.where(np.isnan(uln), np.nan, grade)


def shift_category(baseline: Numbers, post: Numbers, lln: Numbers, uln: Numbers) -> Answer:
    """The shift from baseline to a later value against the range, as "normal->high"; limits are normal, a missing limit does
    not bound.

    Missing where either value is, or both limits are: None for one patient, "" in a column.

    >>> shift_category(45, 40, lln=5, uln=40)
    'high->normal'
    """
    before, after, lower, upper = as_columns(baseline, post, lln, uln)
    known = np.isfinite(before) & np.isfinite(after) & ~(np.isnan(lower) & np.isnan(upper))
    states = ("low", "normal", "high")
    was, now = (_range_state(value, lower, upper) for value in (before, after))
    conditions = [known & (was == i) & (now == j) for i in range(3) for j in range(3)]
    return as_words(conditions, [f"{one}->{other}" for one in states for other in states])


def _range_state(value: NDArray[np.float64], lln: NDArray[np.float64], uln: NDArray[np.float64]) -> NDArray[np.int_]:
    """0 low, 1 normal, 2 high."""
    return np.asarray(1 - _exceeds(lln, value).astype(int) + _exceeds(value, uln).astype(int))


def edish(alt_xuln: Numbers, ast_xuln: Numbers, tbl_xuln: Numbers, alp_xuln: Numbers) -> dict[str, Answer]:
    """Where a patient's liver tests lie in the eDISH plot, all as multiples of the upper limit of normal.

    The higher of ALT and AST is taken, or the one that was measured. This is a screen to be adjudicated, not a diagnosis; whether
    bilirubin rose with the transaminase must be looked up.

    Returns
    -------
    `quadrant` (hys_law_range, temples_corollary, cholestasis, normal; lines at 3 and 2 belong to the upper side),
    `hys_law_candidate` (transaminase >= 3, bilirubin > 2, ALP < 2), `r_ratio` (ALT / ALP), `r_pattern` (hepatocellular from 5,
    cholestatic to 2, else mixed). Missing: None or NaN for one patient, "" or NaN in a column; an unknown candidate is NaN.

    >>> edish(alt_xuln=8, ast_xuln=6, tbl_xuln=2.0, alp_xuln=1.1)["quadrant"]
    'hys_law_range'
    """
    alt, ast, bilirubin, alp = as_columns(alt_xuln, ast_xuln, tbl_xuln, alp_xuln)
    peak = np.fmax(alt, ast)
    ratio = np.divide(alt, alp, out=np.full(alt.shape, np.nan), where=alp > 0)
    return {
        "quadrant": _quadrant(peak, bilirubin),
        "hys_law_candidate": _candidate(peak, bilirubin, alp),
        "r_ratio": as_given(ratio),
        "r_pattern": as_words([ratio >= 5, ratio <= 2, ratio > 2], ["hepatocellular", "cholestatic", "mixed"]),
    }


def _quadrant(peak: NDArray[np.float64], bilirubin: NDArray[np.float64]) -> Answer:
    right, up, known = peak >= 3, bilirubin >= 2, np.isfinite(peak) & np.isfinite(bilirubin)
    conditions = [known & right & up, known & right, known & up, known]
    return as_words(conditions, ["hys_law_range", "temples_corollary", "cholestasis", "normal"])


def _candidate(peak: NDArray[np.float64], bilirubin: NDArray[np.float64], alp: NDArray[np.float64]) -> Answer:
    """True or False where it is decided: one component outside is enough for False."""
    unmet = (peak < 3) | (bilirubin <= 2) | (alp >= 2)
    missing = np.isnan(peak) | np.isnan(bilirubin) | np.isnan(alp)
    if np.ndim(unmet):
        return np.where(unmet, 0.0, np.where(missing, np.nan, 1.0))
    return None if missing and not unmet else bool(not unmet)
