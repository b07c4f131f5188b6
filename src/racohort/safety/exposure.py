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


def summarise_exposure(adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Exposure: person-years from treatment start to last contact, and follow-up per patient.

    Returns
    -------
    Result rows `person_years` (method `sum`) and, per patient, `median min max` of follow-up in years (method `follow_up`); `n`
    counts patients with both dates. Empty for a cohort without a treatment start.
    """
    if not plan.treated:
        return as_results([])
    years = follow_up_days(adsl) / DAYS_PER_YEAR
    known = years.dropna()
    values = {("person_years", "sum"): known.sum(), ("median", "follow_up"): known.median(),
              ("min", "follow_up"): known.min(), ("max", "follow_up"): known.max()}  # fmt: skip
    return as_results(
        {"section": "safety", "population": "safety", "PARAMCD": "", "statistic": statistic, "method": method, "value": value,
         "n": len(known), "n_missing": len(years) - len(known), "unit": "years", "by": "exposure", "category": "FOLLOWUP",
         "function": "safety.summarise_exposure"}
        for (statistic, method), value in values.items()
    )  # fmt: skip
