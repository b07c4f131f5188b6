"""Three and more visits of complete cases: description, not the main model. The analysis of variance is pingouin's.

pingouin drops incomplete patients without a word and rounds what it returns; here they are left out beforehand and counted,
and its rounding is off.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import nan
from types import ModuleType

import numpy as np
import pandas as pd
from scipy import stats

from racohort.columns import Numbers, as_columns
from racohort.estimators.change import Estimate

_ANOVA = ("F", "df1", "df2", "p", "eps_gg", "p_gg", "eps_hf", "p_hf", "mauchly_W", "np2", "ng2")
_FRIEDMAN = ("Q", "df", "p", "kendall_w")


@contextmanager
def _pingouin() -> Iterator[ModuleType]:
    """pingouin, loaded when it is first needed (it takes seconds), without rounding and without its warnings about pandas."""
    import pingouin

    for option in ("round", "round.column.CI95", "round.column.BF10"):
        pingouin.options[option] = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield pingouin


def _complete_patients(data: Numbers) -> tuple[pd.DataFrame, int]:
    """The patients seen at every visit (rows x visits) and how many were left out."""
    values = np.atleast_2d(as_columns(data)[0])
    complete = np.isfinite(values).all(axis=1) & (values.shape[1] > 0)
    return pd.DataFrame(values[complete]), int((~complete).sum()) if values.shape[1] else 0


def _long(wide: pd.DataFrame) -> pd.DataFrame:
    long = wide.rename_axis("patient").reset_index().melt("patient", var_name="visit", value_name="value")
    return long.astype({"visit": int})


def rm_anova_oneway(data: Numbers) -> Estimate:
    """Repeated-measures analysis of variance over visits, with Greenhouse-Geisser and Huynh-Feldt corrections.

    Parameters
    ----------
    data : patients x visits; patients with a missing visit are left out

    Returns
    -------
    `F`, `df1`, `df2`, `p`, `eps_gg`, `p_gg`, `eps_hf`, `p_hf`, `mauchly_W`, `np2`, `ng2`, `n`, `n_dropped`; NaN for fewer than
    three patients or two visits, or where nothing varies within patients. Oracle: R afex.

    >>> result = rm_anova_oneway([[3, 2, 1], [5, 5, 2], [4, 3, 3], [6, 2, 1], [2, 2, 2], [5, 4, 1], [5, None, 2]])
    >>> round(result["F"], 3), round(result["p_gg"], 4), result["n"], result["n_dropped"]
    (7.478, 0.015, 6, 1)
    """
    wide, dropped = _complete_patients(data)
    counts = {"n": len(wide), "n_dropped": dropped}
    if len(wide) < 3 or wide.shape[1] < 2 or not _varies_within(wide):
        return {**dict.fromkeys(_ANOVA, nan), **counts}
    with _pingouin() as pingouin:
        columns = {"dv": "value", "within": "visit", "subject": "patient"}
        table = pingouin.rm_anova(_long(wide), **columns, correction=False, detailed=True, effsize="ng2")
        gg = float(pingouin.epsilon(wide, correction="gg"))
    visit, error = table.iloc[0], table.iloc[1]
    f, df1, df2 = float(visit["F"]), int(visit["DF"]), int(error["DF"])
    hf = _huynh_feldt(gg, *wide.shape)
    p, p_gg, p_hf = (float(stats.f.sf(f, df1 * eps, df2 * eps)) for eps in (1.0, gg, hf))
    np2 = float(visit["SS"] / (visit["SS"] + error["SS"]))
    found = (f, df1, df2, p, gg, p_gg, hf, p_hf, _mauchly(wide), np2, float(visit["ng2"]))
    return {**dict(zip(_ANOVA, found, strict=True)), **counts}


def _huynh_feldt(gg: float, patients: int, visits: int) -> float:
    """Huynh and Feldt's epsilon from Greenhouse and Geisser's, at most 1; also 1 for too few patients for its formula."""
    denominator = (visits - 1) * (patients - 1 - (visits - 1) * gg)
    return min(1.0, (patients * (visits - 1) * gg - 2) / denominator) if denominator > 1e-9 else 1.0


def _mauchly(wide: pd.DataFrame) -> float:
    """Mauchly's W; 1 for two visits, NaN where there are too few patients for it."""
    if wide.shape[1] == 2:
        return 1.0
    if len(wide) < wide.shape[1]:
        return nan
    with _pingouin() as pingouin:
        return float(pingouin.sphericity(wide).W)


def _varies_within(wide: pd.DataFrame) -> bool:
    """Whether anything is left when the means of patients and of visits are taken out."""
    values = wide.to_numpy()
    residuals = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    return bool(np.abs(residuals).max() > 1e-12 * max(1.0, float(np.abs(values).max())))


def friedman(data: Numbers) -> Estimate:
    """Friedman's rank test over visits, corrected for ties, with Kendall's W; patients with a missing visit are left out.

    Returns
    -------
    `Q`, `df`, `p`, `kendall_w`, `n`, `n_dropped`; NaN for fewer than two patients or visits, or where every patient's values are
    all tied. Oracle: R friedman.test.

    >>> result = friedman([[3, 2, 1], [5, 5, 2], [4, 3, 3], [6, 2, 1], [2, 2, 2], [5, 4, 1]])
    >>> round(result["Q"], 3), round(result["p"], 4), round(result["kendall_w"], 2)
    (9.0, 0.0111, 0.75)
    """
    wide, dropped = _complete_patients(data)
    values, (n, k), counts = wide.to_numpy(), wide.shape, {"n": len(wide), "n_dropped": dropped}
    if min(n, k) < 2 or bool((np.ptp(values, axis=1) == 0).all()):
        return {**dict.fromkeys(_FRIEDMAN, nan), **counts}
    sums = stats.rankdata(values, axis=1).sum(axis=0)
    alike = sum((values == values[:, [visit]]).sum(axis=1) ** 2 for visit in range(k))  # t values that are tied add t cubed
    ties = int(np.sum(alike)) - n * k
    w = float((12 * np.sum(sums**2) - 3 * n**2 * k * (k + 1) ** 2) / (n**2 * k * (k - 1) * (k + 1) - n * ties))
    q = n * (k - 1) * w
    return {"Q": q, "df": k - 1, "p": float(stats.chi2.sf(q, k - 1)), "kendall_w": w, **counts}
