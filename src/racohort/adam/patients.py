"""ADSL: one row per patient, with the populations that every denominator comes from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from racohort.adam.frames import COLUMNS, typed
from racohort.schema import Clean
from racohort.terms import visit_flag


def derive_adsl(clean: Clean) -> pd.DataFrame:
    """One row per patient of the cohort: facts at baseline, FASFL, SAFFL and one flag per planned visit; EFFFL is still to come.

    FASFL is Y for everyone of whom cleaning kept a row. SAFFL is Y for those of FAS whose treatment started (on a known day, or
    at a visit at which they were seen), and for all of FAS in a cohort without a treatment.
    """
    people, config = clean.patients, clean.config
    frame = people.drop(columns=["kept", "start"]).reset_index()
    treated = _treated(clean)
    kept = people["kept"].to_numpy(dtype=bool)
    frame = frame.assign(
        STUDYID=config.id, SYNTHFL="Y" if config.synthetic else "N", FASFL=_flag(kept), SAFFL=_flag(kept & treated)
    )
    frame["AGE"] = derive_ages(people)
    frame["TRTEDT"] = clean.treatments.groupby("USUBJID")["TRTSDT"].max().reindex(people.index).to_numpy()
    frame["TRTGAP"] = longest_gap(clean.treatments).reindex(people.index).to_numpy()
    frame["EOSSTT"] = frame.get("EOSSTT", "")
    frame["LSTCNTDT"] = _last_contact(people, clean.visits)
    if "DTHFL" not in frame:
        frame["DTHFL"] = _flag(people["DTHDT"].notna().to_numpy()) if "DTHDT" in people else ""
    for code in config.visits:
        seen = set(clean.visits.loc[clean.visits["AVISIT"] == code, "USUBJID"])
        frame[visit_flag(code)] = _flag(people.index.isin(sorted(seen)))
    return typed(frame, COLUMNS["ADSL"])


def longest_gap(treatments: pd.DataFrame) -> pd.Series:
    """The longest time in days from a treatment to the next one, by USUBJID; NaN for who was treated once.

    `treatments` has USUBJID and TRTSDT, one row per patient and day of treatment, in order of the day.

    >>> days = pd.to_datetime(["2014-01-01", "2014-01-01", "2014-03-02", "2014-04-01"])
    >>> longest_gap(pd.DataFrame({"USUBJID": ["1", "2", "1", "1"], "TRTSDT": days})).to_dict()
    {'1': 60.0, '2': nan}
    """
    gaps = treatments.groupby("USUBJID")["TRTSDT"].diff().dt.days
    longest: pd.Series = gaps.groupby(treatments["USUBJID"]).max()
    return longest


def _treated(clean: Clean) -> np.ndarray:
    """Whether each patient's treatment started: on a known day, or at the visit it is said to start with; all without one."""
    people, start = clean.patients, clean.config.treatment_start
    if start is None:
        return np.ones(len(people), dtype=bool)
    known = people["TRTSDT"].notna().to_numpy()
    if start.source != "visit":
        return known
    visit = start.visit or clean.config.baseline
    return known | people.index.isin(clean.visits.loc[clean.visits["AVISIT"] == visit, "USUBJID"])


def _flag(yes: np.ndarray) -> np.ndarray:
    return np.where(yes, "Y", "N")


def derive_ages(people: pd.DataFrame) -> np.ndarray:
    """Age as given, else the birthdays from the date of birth to the start of treatment (or baseline)."""
    age = people["AGE"].to_numpy(float) if "AGE" in people else np.full(len(people), np.nan)
    if "BIRTHDT" in people:
        now, born = pd.to_datetime(people["start"]).dt, pd.to_datetime(people["BIRTHDT"]).dt
        ahead = 100 * now.month + now.day < 100 * born.month + born.day
        age = np.where(np.isnan(age), (now.year - born.year - ahead).to_numpy(float), age)
    return age


def _last_contact(people: pd.DataFrame, visits: pd.DataFrame) -> pd.Series:
    """The date of last contact: the latest of what the file gives, the end of the study, the visits kept, and death."""
    last = pd.to_datetime(visits.groupby("USUBJID")["ADT"].max().reindex(people.index))
    dates = [pd.to_datetime(people[name]) for name in ("LSTCNTDT", "EOSDT", "DTHDT") if name in people]
    return pd.concat([last, *dates], axis=1).max(axis=1).reset_index(drop=True)


def flag_populations(adsl: pd.DataFrame, values: Sequence[pd.DataFrame], catalogue: pd.DataFrame) -> pd.DataFrame:
    """ADSL with EFFFL: those of SAFFL with at least one efficacy value at baseline in one of these data sets."""
    codes = catalogue.index[catalogue["efficacy"]]
    first = [rows[(rows["ABLFL"] == "Y") & rows["PARAMCD"].isin(codes)] for rows in values]
    measured = {one for rows in first for one in rows["USUBJID"].unique()}
    yes = (adsl["SAFFL"] == "Y") & adsl["USUBJID"].isin(measured)
    return adsl.assign(EFFFL=_flag(yes.to_numpy()).astype(object)).astype({"EFFFL": "str"})
