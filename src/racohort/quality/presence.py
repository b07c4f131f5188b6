"""Which values are there, by parameter and visit, as result rows."""

import pandas as pd

from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import members


def count_present(values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How many enrolled patients have a value (a number, or a word of an ordinal one), by parameter and planned visit.

    Parameters
    ----------
    values : ADLB and ADQS records, of which those at planned visits count; the one that stands for a patient, parameter and visit
        has ANL01FL "Y".
    adsl : one row per patient, with a flag per planned visit.

    Returns
    -------
    Result rows `present` (`count` of `n` enrolled) by parameter and visit; by visit `seen` (`count` of `n` enrolled) and
    `absent`: values that are not there (`count`) of those that the patients seen could have had (`n`), which are those of the
    parameters that anybody has there.
    """
    people = members(adsl, "all")
    known = values["AVAL"].notna() | (values["AVALC"] != "")
    there = values[known & (values["ANL01FL"] == "Y") & values["USUBJID"].isin(people)]
    counts = there.groupby(["PARAMCD", "AVISIT"]).size().to_dict()
    codes = list(values.loc[values["AVISIT"].isin([visit.AVISIT for visit in plan.visits]), "PARAMCD"].unique())
    enrolled = adsl[adsl["USUBJID"].isin(people)]
    rows = []
    for visit in plan.visits:
        seen = enrolled.loc[enrolled[visit.flag] == "Y", "USUBJID"]
        here = there[(there["AVISIT"] == visit.AVISIT) & there["USUBJID"].isin(seen)]
        could = len(seen) * sum((code, visit.AVISIT) in counts for code in codes)
        lacking = could - len(here)
        rows += [
            {"AVISIT": visit.AVISIT, "statistic": "seen", "count": len(seen), "n": len(people)},
            {"AVISIT": visit.AVISIT, "statistic": "absent", "count": lacking, "n": could},
            *({"AVISIT": visit.AVISIT, "PARAMCD": code, "statistic": "present", "n": len(people),
               "count": counts.get((code, visit.AVISIT), 0)} for code in codes),
        ]  # fmt: skip
    common = {"section": "cleaning", "population": "all", "function": "quality.count_present"}
    return as_results({**common, "value": row["count"], "n_missing": row["n"] - row["count"], **row} for row in rows)
