"""Result rows as a profile lets them be told: small counts hidden, others rounded, and whatever would give them back with them.

Every count and denominator is rounded by itself, sums and parts alike, so that neither a complement nor a difference of two
tables gives a hidden count back. Shares and their intervals are computed again from the counts that are told.
"""

import numpy as np
import pandas as pd

from racohort.disclosure.bounds import RATES, with_chances, with_counts, with_rates
from racohort.disclosure.coarse import coarse, significant
from racohort.disclosure.counts import Numbers, middle, rounded, tell
from racohort.disclosure.profile import Profile
from racohort.disclosure.withheld import leave_out_rows
from racohort.intervals import clopper_pearson, exposure_adjusted_rate, upper_one_sided_cp, wilson
from racohort.terms import RESULT_COUNTS

#: Statistics that are a count over `n`; the bounds are the one-sided limits of such a share.
SHARES = frozenset({"proportion", "completeness", "out_of_range", "new_abnormality", "worsened", "censored_share",
                    "censored_route", "hys_law_candidate", "hys_law_concurrent", "present"})  # fmt: skip
BOUNDS = frozenset({"risk_bound", "new_abnormality_bound", "worsened_bound"})
#: Statistics whose value is a count of its own, beside `count`.
COUNTS = frozenset({"count", "events", "overturned", "at_risk", "died_before", "excursions"})
#: Bars of a distribution, whose edges belong to the drawing and not to a patient.
BARS = frozenset({"bar"})
#: The value of one patient.
EXTREMES = frozenset({"min", "max"})
#: Order statistics and the share of patients on their thinner side.
QUANTILES = {"p05": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "p95": 0.95}
#: Whatever gives the number of patients or of discordant pairs back.
GIVING_BACK = frozenset({"df", "mmrm_df", "difference", "mcnemar", "out_of_range_change", "cochran_q",
                         "stuart_maxwell", "bowker", "kendall_w"})  # fmt: skip
#: What is counted is no patient: claims, tests, analytes, published studies.
NO_PATIENTS = frozenset({"tests", "familywise_risk", "benchmark", "coverage", "claims", "hidden"})
#: Notes without a number of the cohort; every other note is left out.
TELLING = frozenset({"body_system", "collected", "unit_factor", "benchmark", "conclusion", "as_published", "tolerance",
                     "correlate", "bayes_factor"})  # fmt: skip
#: Chances that are neither none nor certain, whatever rounding makes of them.
UNCERTAIN, NEARLY = frozenset({"posterior_probability", "no_excursion"}), 0.0001


def release(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Result rows as the profile lets them be told; all but rare words of the cohort's own and what sets few patients apart.

    Parameters
    ----------
    rows : a results frame.
    profile : `internal` and `share` tell the rows as they are.

    Returns
    -------
    A frame with the same columns. A hidden count is a `Between`, its share a `ShareBetween` with the interval that reaches from
    the lower limit of the smallest to the upper limit of the largest count it may be; other numbers that a rule hides are NaN.
    """
    if not profile.hides_counts or rows.empty:
        return rows
    told = leave_out_rows(rows, profile)
    patients = ~(told["statistic"].isin(NO_PATIENTS) | (told["section"] == "concordance") | (told["by"] == "PARCAT1")
                 | ((told["section"] == "robustness") & (told["statistic"] == "verdict")))  # fmt: skip
    if patients.any():
        told = pd.concat([_released(told[patients], profile), told[~patients]]).sort_index()
    return with_chances(told, rows)


def _released(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Rows about patients, every number of them as it may be told."""
    n, count = (rows[name].astype("Float64").to_numpy(dtype="float64", na_value=np.nan) for name in ("n", "count"))
    exact = {name: rows[name].astype("float64").to_numpy(copy=True) for name in ("value", "lower", "upper")}
    statistic = rows["statistic"].to_numpy(dtype=object)
    share = np.isin(statistic, list(SHARES)) & ~np.isnan(exact["value"])
    count = np.where(share & np.isnan(count), np.round(exact["value"] * n), count)
    numbers = coarse(statistic, exact)
    bars = rows["by"].isin(BARS).to_numpy()
    numbers |= {name: np.where(bars, exact[name], numbers[name]) for name in ("lower", "upper")}
    uncertain = np.isin(statistic, list(UNCERTAIN)) & (exact["value"] > 0) & (exact["value"] < 1)
    numbers["value"] = np.where(uncertain, np.clip(numbers["value"], NEARLY, 1 - NEARLY), numbers["value"])
    _hide_small_groups(numbers, rows, n, profile)
    tally = _tallies(statistic, exact["value"], n, count)
    numbers["value"] = np.where(np.isnan(tally), numbers["value"], middle(tally, profile))
    _tell_shares(numbers, rows, n, count, profile)
    _tell_rates(numbers, rows, exact, count, profile)
    told = rows.assign(**numbers, **{p: significant(rows[p].to_numpy(dtype="float64"), 2) for p in ("p_value", "p_adjusted")})
    hidden = np.isin(statistic, list(GIVING_BACK)) | ~(n >= profile.suppress_below) & ~np.isnan(n)
    told.loc[hidden, ["p_value", "p_adjusted"]] = np.nan
    told["note"] = rows["note"].where(rows["statistic"].isin(TELLING), "")
    for name in RESULT_COUNTS:
        told[name] = tell(rows[name], profile)
    told = with_counts(told, tally, count, n, share | (statistic == "cumulative_incidence"), profile)
    return with_rates(told, profile)


def _hide_small_groups(numbers: dict[str, Numbers], rows: pd.DataFrame, n: Numbers, profile: Profile) -> None:
    """No number of a group that is too small, no value of a single patient, no quantile with too few patients beyond it.

    A standardised difference of two shares goes as well: with the shares it would give the counts back.
    """
    statistic = rows["statistic"].to_numpy(dtype=object)
    least = np.full(len(n), float(profile.suppress_below))
    for name, place in QUANTILES.items():
        least[statistic == name] = profile.suppress_below / min(place, 1 - place)
    of_shares = (statistic == "smd") & rows["PARAMCD"].eq("SEX").to_numpy()
    hidden = (n < least) | np.isin(statistic, [*EXTREMES, *GIVING_BACK]) | of_shares
    for number in numbers.values():
        number[hidden] = np.nan


def _tallies(statistic: Numbers, value: Numbers, n: Numbers, count: Numbers) -> Numbers:
    """The values that are counts: of events, of patients, of what `count` counts; NaN for other values."""
    is_n = np.isin(statistic, ["n", "diagnostic"]) & (value == n)
    return np.where(np.isin(statistic, list(COUNTS)) | (value == count) | is_n, value, np.nan)


def _tell_shares(numbers: dict[str, Numbers], rows: pd.DataFrame, n: Numbers, count: Numbers, profile: Profile) -> None:
    """Shares and their intervals, computed again from the counts that are told."""
    statistic, bounded = rows["statistic"], ~np.isnan(numbers["upper"])
    told_n, told = rounded(n, profile), middle(count, profile)
    enough = n >= profile.suppress_below
    share = (statistic.isin(SHARES) & enough).to_numpy() & ~np.isnan(count)
    numbers["value"][share] = told[share] / told_n[share]
    few = profile.hides(count)
    low, high = np.where(few, profile.few.low, told), np.where(few, profile.few.high, told)
    level = float(rows["level"].dropna().iloc[0]) if rows["level"].notna().any() else 0.95
    incidence = (statistic == "cumulative_incidence").to_numpy() & few
    for method, names in ((wilson, ["wilson"]), (clopper_pearson, [])):
        chosen = (
            (share | incidence) & bounded & (rows["method"].isin(names).to_numpy() if names else (rows["method"] != "wilson"))
        )
        numbers["lower"][chosen] = np.ravel(method(low[chosen], told_n[chosen], level)[0])
        numbers["upper"][chosen] = np.ravel(method(high[chosen], told_n[chosen], level)[1])
    numbers["value"][incidence] = told[incidence] / told_n[incidence]
    bound = (statistic.isin(BOUNDS) & enough).to_numpy()
    for name in ("value", "upper"):
        there = bound & ~np.isnan(numbers[name])
        numbers[name][there] = np.ravel(upper_one_sided_cp(high[there], told_n[there], level))


def _tell_rates(
    numbers: dict[str, Numbers], rows: pd.DataFrame, exact: dict[str, Numbers], count: Numbers, profile: Profile
) -> None:
    """Events over patient-time, from the counts that are told; a rate of none stays as it is.

    The time is told with two digits: what patients with an event lost of it would say how many they are.
    """
    for place in np.flatnonzero(rows["statistic"].isin(RATES).to_numpy() & (count > 0) & ~np.isnan(numbers["value"])):
        years = significant(100 * count[[place]] / exact["value"][place], 2)[0]
        told = middle(count[[place]], profile)[0]
        events = (profile.few.low, told, profile.few.high) if profile.hides(count[place]) else (told, told, told)
        rates = [exposure_adjusted_rate(one, years) for one in events]
        for name, rate in zip(("lower", "value", "upper"), rates, strict=True):
            numbers[name][place] = significant(np.array([rate["rate" if name == "value" else name]]), 3)[0]
