"""How long patients were followed: the person-years behind every rate."""

import pandas as pd

from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import members

DAYS_PER_YEAR = 365.25


def follow_up_days(adsl: pd.DataFrame) -> pd.Series:
    """Days from treatment start to last contact of each patient of the safety population, by USUBJID.

    NaN where one of the two dates is missing; 0 where the last contact is before the start.
    """
    people = adsl[adsl["USUBJID"].isin(members(adsl, "safety"))].drop_duplicates("USUBJID").set_index("USUBJID")
    days = (people["LSTCNTDT"] - people["TRTSDT"]).dt.total_seconds() / 86400
    return days.clip(lower=0)


def longest_wait(adsl: pd.DataFrame) -> pd.Series:
    """The last day after a treatment, its own being 0, that each patient of the safety population reached before the next one.

    By USUBJID, for any number of treatments: between two of them up to the day before the later (TRTGAP), after the last (TRTEDT)
    up to the last contact, whichever is longer. NaN where the follow-up is not known.
    """
    people = adsl[adsl["USUBJID"].isin(members(adsl, "safety"))].drop_duplicates("USUBJID").set_index("USUBJID")
    between, treated = people["TRTGAP"] - 1, (people["TRTEDT"] - people["TRTSDT"]).dt.days
    afterwards = (follow_up_days(adsl) - treated).clip(lower=0)
    return between.where(between > afterwards, afterwards)


def summarise_exposure(adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Exposure: person-years from treatment start to last contact, follow-up per patient, and who was treated again.

    Returns
    -------
    Result rows `person_years` (method `sum`) and, per patient, `median min max` of follow-up in years (method `follow_up`); `n`
    counts patients with both dates; `count` by `exposure`, `REPEATED` (method `count`) the patients treated on more than one day.
    Empty for a cohort without a treatment start.
    """
    if not plan.treated:
        return as_results([])
    years = follow_up_days(adsl) / DAYS_PER_YEAR
    known = years.dropna()
    values = {("person_years", "sum"): known.sum(), ("median", "follow_up"): known.median(),
              ("min", "follow_up"): known.min(), ("max", "follow_up"): known.max()}  # fmt: skip
    common = {"section": "safety", "population": "safety", "by": "exposure", "function": "safety.summarise_exposure"}
    followed = {**common, "category": "FOLLOWUP", "n": len(known), "n_missing": len(years) - len(known), "unit": "years"}
    people = adsl[adsl["USUBJID"].isin(members(adsl, "safety"))]
    again = int((people["TRTEDT"] > people["TRTSDT"]).sum())
    repeated = {**common, "category": "REPEATED", "statistic": "count", "method": "count", "value": again, "count": again,
                "n": len(people), "unit": "patients"}  # fmt: skip
    rows = (
        {**followed, "statistic": statistic, "method": method, "value": value} for (statistic, method), value in values.items()
    )
    return as_results([*rows, repeated])
