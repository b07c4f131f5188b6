"""Rows that are left out of a report to publish: what sets few patients apart, and rare words of the cohort's own."""

import pandas as pd

from racohort.disclosure.profile import Profile
from racohort.terms import REASONS

#: Texts of the cohort's own words, of which a rare one may point to a patient.
OWN_WORDS = frozenset({"AEDECOD", "AEDECOD>AETOXGR", "CMDECOD"})
#: What is moved by a known amount for each missing patient, so that it says how many are missing.
MOVED = frozenset({"tipping_point", "delta_adjusted"})
#: Methods whose estimates leave one patient, or one site, out: what was left out is the difference to all of them.
LEAVING_OUT = frozenset({"leave_one_out", "leave_one_site_out"})
#: The reason that stands for those that few patients gave.
OTHER_REASON = "Various reasons"


def leave_out_rows(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """The rows that may be told at all, in a new order of their own; reasons that few gave are pooled to one row."""
    return _without_rare_words(_pool_reasons(_without_few_apart(rows, profile), profile), profile).reset_index(drop=True)


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
    few, few_missing = (profile.hides(rows[name]).fillna(False).astype(bool) for name in ("count", "n_missing"))
    apart = rows["method"].isin(LEAVING_OUT) & (rows["statistic"] != "overturned")
    apart |= (rows["by"] == "rho|cutoff|mu") & rows["category"].str.contains("|own|", regex=False)
    apart |= (rows["statistic"] == "specification") & rows["category"].str.endswith("|removed")
    apart |= (rows["method"] == "without_escalators") & few
    apart |= rows["statistic"].isin(MOVED) & few_missing
    kept: pd.DataFrame = rows[~(apart | _thin_ends(rows, profile))]
    return kept


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
