"""Result rows as a profile lets them be told: small counts hidden, others rounded, and whatever would give them back with them.

Every count and denominator is rounded by itself, sums and parts alike, so that neither a complement nor a difference of two
tables gives a hidden count back. Shares and their intervals are computed again from the counts that are told.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from racohort.disclosure.profile import Profile
from racohort.few import Between, Bounded, RateBetween, ShareBetween
from racohort.formats import step_of
from racohort.intervals import clopper_pearson, exposure_adjusted_rate, upper_one_sided_cp, wilson
from racohort.terms import REASONS, RESULT_COUNTS

Numbers = NDArray[Any]

#: Statistics that are a count over `n`; the bounds are the one-sided limits of such a share.
SHARES = frozenset({"proportion", "completeness", "out_of_range", "new_abnormality", "worsened", "censored_share",
                    "censored_route", "hys_law_candidate", "hys_law_concurrent", "present"})  # fmt: skip
BOUNDS = frozenset({"risk_bound", "new_abnormality_bound", "worsened_bound"})
RATES = frozenset({"rate", "first_event_rate"})
#: Statistics whose value is a count of its own, beside `count`.
COUNTS = frozenset({"count", "events", "overturned", "at_risk", "died_before", "excursions"})
#: Bars of a distribution, whose edges belong to the drawing and not to a patient.
BARS = frozenset({"bar"})
#: The chance that a healthy cohort of this size passes a rule: exact, it would give the size. Told between two multiples.
CHANCES, CHANCE_STEP = frozenset({"healthy_pass"}), 0.05
#: The value of one patient.
EXTREMES = frozenset({"min", "max"})
#: Order statistics and the share of patients on their thinner side.
QUANTILES = {"p05": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "p95": 0.95}
#: Whatever gives the number of patients or of discordant pairs back.
GIVING_BACK = frozenset({"df", "mmrm_df", "difference", "mcnemar", "out_of_range_change", "cochran_q",
                         "stuart_maxwell", "bowker", "kendall_w"})  # fmt: skip
#: Told with two digits; other numbers without an interval with three.
SPREADS = frozenset({"sd", "sd_change", "mmrm_se", "t", "lundex", "diagnostic", "dz", "gav", "glass_delta", "w", "friedman",
                     "rm_anova", "detectable_correlation"})  # fmt: skip
#: What is counted is no patient: claims, tests, analytes, published studies.
NO_PATIENTS = frozenset({"tests", "familywise_risk", "benchmark", "coverage", "claims", "hidden"})
#: Texts of the cohort's own words, of which a rare one may point to a patient.
OWN_WORDS = frozenset({"AEDECOD", "AEDECOD>AETOXGR", "CMDECOD"})
#: Notes without a number of the cohort; every other note is left out.
TELLING = frozenset({"body_system", "collected", "unit_factor", "benchmark", "conclusion", "as_published", "tolerance",
                     "correlate", "bayes_factor"})  # fmt: skip
#: What is moved by a known amount for each missing patient, so that it says how many are missing.
MOVED = frozenset({"tipping_point", "delta_adjusted"})
#: Methods whose estimates leave one patient, or one site, out: what was left out is the difference to all of them.
LEAVING_OUT = frozenset({"leave_one_out", "leave_one_site_out"})
#: Chances that are neither none nor certain, whatever rounding makes of them.
UNCERTAIN, NEARLY = frozenset({"posterior_probability", "no_excursion"}), 0.0001
#: Told with one digit, because it may be made of the lowest value of a patient.
ROUGH = frozenset({"prior_mean"})
#: The reason that stands for those that few patients gave.
OTHER_REASON = "Various reasons"


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
    told = _without_rare_words(_pool_reasons(_without_few_apart(rows, profile), profile), profile).reset_index(drop=True)
    patients = ~(told["statistic"].isin(NO_PATIENTS) | (told["section"] == "concordance") | (told["by"] == "PARCAT1")
                 | ((told["section"] == "robustness") & (told["statistic"] == "verdict")))  # fmt: skip
    if patients.any():
        told = pd.concat([_released(told[patients], profile), told[~patients]]).sort_index()
    return _between_steps(told, rows)


def _pool_reasons(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Reasons of the cohort's own words that few patients gave, added up to one at each visit; a death stays by name."""
    named = rows["category"].isin(REASONS) | rows["category"].str.contains("(?i)death|死亡")
    few = (rows["by"] == "DCSREAS") & (rows["count"] < profile.suppress_below) & ~named
    if not few.any():
        return rows
    pooled = rows[few].groupby("AVISIT", sort=False, as_index=False).agg(dict.fromkeys(rows, "first") | {"count": "sum"})
    pooled = pooled.assign(category=OTHER_REASON, value=pooled["count"].astype("float64"))
    pooled["result_id"] = pooled["result_id"].str.replace(r"\.DCSREAS\..*", f".DCSREAS.{OTHER_REASON}", regex=True)
    return pd.concat([rows[~few], pooled[rows.columns]]).sort_index(kind="stable")


def _without_few_apart(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """The rows without those that a subtraction, or a formula turned round, makes the values of one patient or of few.

    The estimates without one patient, without outliers or without a few who were escalated, held beside those of all; what
    selection from the lowest baseline upwards would show, which gives that baseline; what is moved by an amount for each of a few
    missing patients; and the thin ends of a distribution.
    """
    few, few_missing = (((rows[name] > 0) & (rows[name] < profile.suppress_below)).fillna(False).astype(bool)
                        for name in ("count", "n_missing"))  # fmt: skip
    apart = rows["method"].isin(LEAVING_OUT) & (rows["statistic"] != "overturned")
    apart |= (rows["by"] == "rho|cutoff|mu") & rows["category"].str.contains("|own|", regex=False)
    apart |= (rows["statistic"] == "specification") & rows["category"].str.endswith("|removed")
    apart |= (rows["method"] == "without_escalators") & few
    apart |= rows["statistic"].isin(MOVED) & few_missing
    return rows[~(apart | _thin_ends(rows, profile))]


def _thin_ends(rows: pd.DataFrame, profile: Profile) -> pd.Series:
    """Bars before the first and after the last that is not thin: they would tell where the lowest and the highest value lie."""
    bars, field = rows["by"] == "bar", [rows["PARAMCD"], rows["statistic"]]
    thick = bars & (rows["count"] >= profile.suppress_below).fillna(False).astype(bool)
    begun = thick.groupby(field, sort=False).cumsum() > 0
    going = thick[::-1].groupby([one[::-1] for one in field], sort=False).cumsum()[::-1] > 0
    return bars & ~(begun & going)


def _without_rare_words(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """The rows without the terms and names that fewer patients than the limit share; sums of classes stay."""
    own = rows["by"].isin(OWN_WORDS)
    if not own.any():
        return rows
    word = rows["category"].where(rows["by"] != "AEDECOD>AETOXGR", rows["category"].str.rpartition(">")[0])
    common = rows.loc[own & (rows["statistic"] == "proportion") & (rows["count"] >= profile.suppress_below), "category"]
    return rows[~own | word.isin(set(common))]


def _released(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Rows about patients, every number of them as it may be told."""
    n, count = (rows[name].astype("Float64").to_numpy(dtype="float64", na_value=np.nan) for name in ("n", "count"))
    exact = {name: rows[name].astype("float64").to_numpy(copy=True) for name in ("value", "lower", "upper")}
    statistic = rows["statistic"].to_numpy(dtype=object)
    share = np.isin(statistic, list(SHARES)) & ~np.isnan(exact["value"])
    count = np.where(share & np.isnan(count), np.round(exact["value"] * n), count)
    numbers = _coarse(statistic, exact)
    bars = rows["by"].isin(BARS).to_numpy()
    numbers |= {name: np.where(bars, exact[name], numbers[name]) for name in ("lower", "upper")}
    uncertain = np.isin(statistic, list(UNCERTAIN)) & (exact["value"] > 0) & (exact["value"] < 1)
    numbers["value"] = np.where(uncertain, np.clip(numbers["value"], NEARLY, 1 - NEARLY), numbers["value"])
    _hide_small_groups(numbers, rows, n, profile)
    tally = _tallies(statistic, exact["value"], n, count)
    numbers["value"] = np.where(np.isnan(tally), numbers["value"], _middle(tally, profile))
    _tell_shares(numbers, rows, n, count, profile)
    _tell_rates(numbers, rows, exact, count, profile)
    told = rows.assign(**numbers, **{p: _digits(rows[p].to_numpy(dtype="float64"), 2) for p in ("p_value", "p_adjusted")})
    hidden = np.isin(statistic, list(GIVING_BACK)) | ~(n >= profile.suppress_below) & ~np.isnan(n)
    told.loc[hidden, ["p_value", "p_adjusted"]] = np.nan
    told["note"] = rows["note"].where(rows["statistic"].isin(TELLING), "")
    for name in RESULT_COUNTS:
        told[name] = tell(rows[name], profile)
    told = _with_bounds(told, tally, count, n, share | (statistic == "cumulative_incidence"), profile)
    return _between_rates(told, profile)


def tell(counts: pd.Series, profile: Profile) -> pd.Series:
    """Counts as they may be told: none, a `Between`, or rounded to a multiple.

    >>> tell(pd.Series([0, 1, 7, 8, 64, pd.NA], dtype="Int64"), Profile("publish")).tolist()
    [0, 1–7, 1–7, 10, 65, nan]
    """
    if not any(0 < one < profile.suppress_below for one in counts.dropna()):
        return pd.Series(_rounded(counts.astype("Float64"), profile), index=counts.index).astype("Int64")
    return pd.Series([_told(one, profile) for one in counts], index=counts.index, dtype=object)


def _told(count: Any, profile: Profile) -> Any:
    if isinstance(count, Between) or pd.isna(count):
        return np.nan if not isinstance(count, Between) else count
    few = 0 < count < profile.suppress_below
    return Between(1, profile.suppress_below - 1) if few else int(_rounded(float(count), profile))


def _rounded(counts: Any, profile: Profile) -> Any:
    """To the nearest multiple, halves upwards."""
    return (counts / profile.round_to + 0.5) // 1 * profile.round_to


def _digits(numbers: Numbers, digits: int | Numbers) -> Numbers:
    """Numbers with so many significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        step = 10.0 ** (np.floor(np.log10(np.abs(numbers))) + 1 - digits)
        return np.where(numbers == 0, 0.0, np.round(np.round(numbers / step) * step, 12))


def _coarse(statistic: NDArray[Any], exact: dict[str, Numbers]) -> dict[str, Numbers]:
    """Numbers so coarse that the width of an interval does not give the number of patients back.

    An estimate and its limits go to a multiple of a tenth to a twenty-fifth of the half-width (1, 2 or 5 times a power of ten).
    """
    step = np.array([step_of(half) for half in (exact["upper"] - exact["lower"]) / 2])
    wide = step > 0
    kept = np.select([np.isin(statistic, list(ROUGH)), np.isin(statistic, list(SPREADS))], [1, 2], 3)
    plain = _digits(exact["value"], kept)
    found = {
        name: np.where(wide, np.round(np.round(number / np.where(wide, step, 1)) * step, 12), _digits(number, 3))
        for name, number in exact.items()
    }
    return found | {"value": np.where(wide, found["value"], plain)}


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


def _tallies(statistic: NDArray[Any], value: Numbers, n: Numbers, count: Numbers) -> Numbers:
    """The values that are counts: of events, of patients, of what `count` counts; NaN for other values."""
    is_n = np.isin(statistic, ["n", "diagnostic"]) & (value == n)
    return np.where(np.isin(statistic, list(COUNTS)) | (value == count) | is_n, value, np.nan)


def _middle(counts: Numbers, profile: Profile) -> Numbers:
    """Counts as they may be drawn: rounded, and a hidden one in the middle of what it may be."""
    few = (counts > 0) & (counts < profile.suppress_below)
    return np.where(few, float(Between(1, profile.suppress_below - 1)), _rounded(counts, profile))


def _tell_shares(numbers: dict[str, Numbers], rows: pd.DataFrame, n: Numbers, count: Numbers, profile: Profile) -> None:
    """Shares and their intervals, computed again from the counts that are told."""
    statistic, bounded = rows["statistic"], ~np.isnan(numbers["upper"])
    told_n, told = _rounded(n, profile), _middle(count, profile)
    enough = n >= profile.suppress_below
    share = (statistic.isin(SHARES) & enough).to_numpy() & ~np.isnan(count)
    numbers["value"][share] = told[share] / told_n[share]
    few = (count > 0) & (count < profile.suppress_below)
    low, high = np.where(few, 1, told), np.where(few, profile.suppress_below - 1, told)
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
        few, years = count[place] < profile.suppress_below, _digits(100 * count[[place]] / exact["value"][place], 2)[0]
        told = _middle(count[[place]], profile)[0]
        rates = [
            exposure_adjusted_rate(events, years) for events in ((1, told, profile.suppress_below - 1) if few else [told] * 3)
        ]
        for name, rate in zip(("lower", "value", "upper"), rates, strict=True):
            numbers[name][place] = _digits(np.array([rate["rate" if name == "value" else name]]), 3)[0]


def _with_bounds(
    told: pd.DataFrame, tally: Numbers, count: Numbers, n: Numbers, share: NDArray[np.bool_], profile: Profile
) -> pd.DataFrame:
    """The rows whose hidden counts and shares stand in `value` as such, so that words and tables print their bounds."""
    as_count, few = ((of > 0) & (of < profile.suppress_below) for of in (tally, count))
    as_share = few & share & ~as_count & (n >= profile.suppress_below)
    if not (as_count | as_share).any():
        return told
    value, hidden = told["value"].astype(object), Between(1, profile.suppress_below - 1)
    value[as_count] = hidden
    value[as_share] = [hidden / _rounded(one, profile) for one in n[as_share]]
    return told.assign(value=value)


def _between_rates(told: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """The rows whose rates of a hidden count stand in `value` as all that they may be: the middle would read as an estimate."""
    rate = told["statistic"].isin(RATES) & told["count"].map(lambda one: isinstance(one, Between)) & told["value"].notna()
    if not rate.any():
        return told
    value, few = told["value"].astype(object), Between(1, profile.suppress_below - 1)
    value[rate] = [RateBetween(few.low / float(few) * one, few.high / float(few) * one) for one in value[rate]]
    return told.assign(value=value)


def _between_steps(told: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose chances stand in `value` as the two multiples of a step between which they lie; 0 and 1 as they are."""
    exact = told["result_id"].map(dict(zip(rows["result_id"], rows["value"], strict=True)))
    chance = told["statistic"].isin(CHANCES) & told["value"].notna() & (exact > 0) & (exact < 1)
    if not chance.any():
        return told
    steps = np.clip(np.ceil(np.round(exact[chance].astype("float64") / CHANCE_STEP, 9)), 1, None)
    low, high = (np.round(one * CHANCE_STEP, 12) for one in (steps - 1, steps))
    value = told["value"].astype(object)
    value[chance] = [ShareBetween(*bounds) for bounds in zip(low, high, strict=True)]
    return told.assign(value=value, lower=told["lower"].mask(chance, low), upper=told["upper"].mask(chance, high))


def as_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Released rows as plain numbers, for drawing: a hidden count is drawn in the middle of what it may be, a rate of it not."""
    if rows["value"].dtype != object:
        return rows
    rates = rows["value"].map(lambda one: isinstance(one, RateBetween))
    return rows.assign(value=rows["value"].where(~rates, np.nan).astype("float64"))


def as_file(rows: pd.DataFrame) -> pd.DataFrame:
    """Released rows as they are written to a file: a hidden number is empty, and `value_text` says between which bounds it lies.

    >>> rows = pd.DataFrame({"value": [Between(1, 7), 10.0], "n": [65, 65], "count": [Between(1, 7), 10], "n_missing": [0, 0],
    ...                      "value_text": ["", ""]})
    >>> as_file(rows)[["value", "count", "value_text"]].values.tolist()
    [[nan, <NA>, 'count 1–7'], [10.0, 10, '']]
    """
    told = rows["value_text"]
    for name in RESULT_COUNTS:
        hidden = rows[name].map(lambda one: isinstance(one, Between))
        told = told.where(
            ~hidden, [" ".join(filter(None, [text, f"{name} {one}"])) for text, one in zip(told, rows[name], strict=True)]
        )
        rows = rows.assign(**{name: rows[name].where(~hidden, None).astype("Int64")})
    plain = ~rows["value"].map(lambda one: isinstance(one, Bounded))
    return rows.assign(value=rows["value"].where(plain, np.nan).astype("float64"), value_text=told)
