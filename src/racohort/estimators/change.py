"""Change between two visits in the same patients: pairs, paired t, geometric mean ratio, probability of improvement."""

from math import exp, expm1, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from racohort.columns import Numbers, as_columns
from racohort.intervals import wilson

#: An estimate by its parts: numbers by name, an interval as a pair.
Estimate = dict[str, Any]


def paired_frame(bds: pd.DataFrame, PARAMCD: str, AVISIT: str) -> pd.DataFrame:
    """The complete pairs of one parameter, baseline and one follow-up visit, joined by patient.

    Parameters
    ----------
    bds : ADLB or ADQS; the records with ANL01FL "Y" and a value count, baseline is AVISITN 0
    PARAMCD, AVISIT : parameter and follow-up visit

    Returns
    -------
    USUBJID, base, value and change (value - base), one row a patient, in the order of USUBJID. Raises ValueError where a
    patient has two records for one visit.

    >>> bds = pd.DataFrame({"USUBJID": ["1", "1", "2"], "PARAMCD": "CRP", "AVISIT": ["BL", "Y1", "BL"], "AVISITN": [0, 1, 0],
    ...                     "AVAL": [12.0, 4.0, 7.0], "ANL01FL": "Y"})
    >>> paired_frame(bds, "CRP", "Y1")
      USUBJID  base  value  change
    0       1  12.0    4.0    -8.0
    """
    records = bds[(bds["PARAMCD"] == PARAMCD) & (bds["ANL01FL"] == "Y") & bds["AVAL"].notna()]
    base = _by_patient(records[records["AVISITN"] == 0], f"{PARAMCD} at baseline")
    value = _by_patient(records[records["AVISIT"] == AVISIT], f"{PARAMCD} at {AVISIT}")
    pairs = pd.concat({"base": base, "value": value}, axis=1, join="inner").sort_index()
    return pairs.assign(change=pairs["value"] - pairs["base"]).rename_axis("USUBJID").reset_index()


def _by_patient(records: pd.DataFrame, what: str) -> pd.Series:
    twice = records.loc[records["USUBJID"].duplicated(), "USUBJID"]
    if len(twice):
        raise ValueError(f"{what}: two records flagged ANL01FL for patient {twice.iloc[0]}; one must represent the visit")
    return records.set_index("USUBJID")["AVAL"].astype("float64")


def complete_pairs(x: Numbers, y: Numbers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pairs of which both members are finite, by position.

    >>> complete_pairs([1, None, 3], [4, 5, 6])
    (array([1., 3.]), array([4., 6.]))
    """
    first, second = as_columns(x, y)
    both = np.isfinite(first) & np.isfinite(second)
    return np.atleast_1d(first)[np.atleast_1d(both)], np.atleast_1d(second)[np.atleast_1d(both)]


def paired_t(x: Numbers, y: Numbers, conf: float = 0.95) -> Estimate:
    """Paired t test and interval of the mean difference x - y.

    Give x = follow-up and y = baseline for a change. Incomplete pairs are left out: `n` is the number used.

    Returns
    -------
    `mean_diff`, `sd_diff`, `se`, `t`, `df`, `p`, `ci`, `n`; NaN for fewer than two pairs, and t and p NaN where no difference
    varies. Oracle: R t.test(paired = TRUE).

    >>> result = paired_t([4, 3, 5, 2], [5, 5, 6, 4])
    >>> result["mean_diff"], round(result["t"], 3), result["df"], result["n"]
    (-1.5, -5.196, 3, 4)
    """
    first, second = complete_pairs(x, y)
    return _one_sample_t(first - second, conf)


def _one_sample_t(d: NDArray[np.float64], conf: float) -> Estimate:
    n = int(d.size)
    mean = float(d.mean()) if n else nan
    sd = float(d.std(ddof=1)) if n > 1 else nan
    se = sd / sqrt(n) if n else nan
    varies = se > 1e-12 * max(1.0, abs(mean))
    t = mean / se if varies else nan
    half = float(stats.t.isf((1 - conf) / 2, n - 1)) * se if n > 1 else nan
    p = 2 * float(stats.t.sf(abs(t), n - 1)) if varies else nan
    return {"mean_diff": mean, "sd_diff": sd, "se": se, "t": t, "df": n - 1, "p": p, "ci": (mean - half, mean + half), "n": n}


def geometric_mean_ratio(baseline: Numbers, followup: Numbers, conf: float = 0.95) -> Estimate:
    """Ratio of geometric means, follow-up over baseline, by the paired t on logarithms.

    Returns
    -------
    `gmr`, `ci`, `p`, `pct_change` (100 (gmr - 1)), `gcv_ratio` (geometric coefficient of variation of the individual ratios),
    `t`,
    `df`, `n`. NaN throughout when any value is not positive: nothing is ever added to a zero.

    >>> result = geometric_mean_ratio([40, 55, 22, 90], [20, 24, 15, 51])
    >>> round(result["gmr"], 3), result["n"]
    (0.539, 4)
    """
    before, after = complete_pairs(baseline, followup)
    positive = bool((before > 0).all() and (after > 0).all())
    logs = np.log(after) - np.log(before) if positive else np.full(before.size, nan)
    fit = _one_sample_t(logs, conf)
    lower, upper = fit["ci"]
    return {
        "gmr": exp(fit["mean_diff"]),
        "ci": (exp(lower), exp(upper)),
        "p": fit["p"],
        "pct_change": 100 * expm1(fit["mean_diff"]),
        "gcv_ratio": sqrt(expm1(fit["sd_diff"] ** 2)),
        "t": fit["t"],
        "df": fit["df"],
        "n": fit["n"],
    }


def probability_of_improvement(
    baseline: Numbers, followup: Numbers, direction: str = "lower", conf: float = 0.95
) -> Estimate:  # fmt: skip
    """The probability that a patient improved, half of the unchanged counted: P(D < 0) + P(D = 0) / 2, D = follow-up - baseline.

    `direction` says which way is better, "lower" or "higher". Differences are rounded to 10 decimals before comparison.

    Returns
    -------
    `estimate`, `ci` (Wilson; a little wide where some are unchanged), `n`; NaN without pairs.

    >>> probability_of_improvement([5, 4, 6, 5], [3, 4, 4, 6])["estimate"]
    0.625
    """
    before, after = complete_pairs(baseline, followup)
    better = np.sign(np.round(before - after, 10)) * {"lower": 1, "higher": -1}[direction]
    wins = float(np.sum((better + 1) / 2))
    return {"estimate": wins / better.size if better.size else nan, "ci": wilson(wins, better.size, conf), "n": int(better.size)}
