"""ADLB and ADQS: every value with its visit, its baseline, its reference range, and the scores computed from components."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from racohort.adam.derived import derive_scores
from racohort.adam.frames import COLUMNS, study_day, typed
from racohort.adam.patients import derive_ages
from racohort.config import Cohort
from racohort.frames import as_categories
from racohort.schema import Clean
from racohort.summaries import range_excess

#: Patients whose values are derived at a time.
AT_ONCE = 2_000
#: Limits themselves are normal; comparisons have this guard.
GUARD = 1e-9
#: The limits of a reference range in the catalogue, for men and for women.
RANGES = ("range_low_m", "range_high_m", "range_low_f", "range_high_f")


def derive_bds(clean: Clean, catalogue: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """ADLB and ADQS of some patients at a time, in alphabetical order: what is made on the way takes several times the room."""
    people = clean.patients.index.sort_values()
    for start in range(0, max(len(people), 1), AT_ONCE):
        frame = _derived(replace(clean, patients=clean.patients.loc[people[start : start + AT_ONCE]]), catalogue)
        lb, qs = (frame[frame["domain"] == domain].drop(columns="domain") for domain in ("LB", "QS"))
        yield as_categories(lb), as_categories(qs)


def _derived(clean: Clean, catalogue: pd.DataFrame) -> pd.DataFrame:
    """One row per value of ADLB and ADQS together, with a column `domain` (LB or QS)."""
    config, values = clean.config, clean.values
    measured = _placed(values[~values["disputed"]].assign(DTYPE=""), clean.patients, config)
    measured["ANL01FL"] = representing(measured, config)
    frame = derive_scores(measured, values[values["disputed"]], clean.planned)
    frame = _described(frame, clean, catalogue)
    frame = _ranged(frame, catalogue, pd.Series(derive_ages(clean.patients), index=clean.patients.index))
    frame["ANL01FL"] = worst_of_visits(frame, catalogue) if config.records.safety == "worst" else frame["ANL01FL"]
    frame = _from_baseline(frame, config)
    order = {code: rank for rank, code in enumerate(catalogue.index)}
    frame = frame.assign(order=frame["PARAMCD"].map(order)).sort_values(
        ["USUBJID", "order", "AVISITN", "ADT", "line"], kind="stable"
    )
    return typed(frame.drop(columns=["order", "disputed"]), [*COLUMNS["BDS"], "domain"])


def _placed(frame: pd.DataFrame, patients: pd.DataFrame, config: Cohort) -> pd.DataFrame:
    """Values with the number of their visit and the days since start: ADY (CDISC) and `day` (start is 0)."""
    ranks = {code: float(rank) for rank, code in enumerate(config.visits)}
    starts = pd.to_datetime(frame["USUBJID"].map(patients["start"]))
    dates = pd.to_datetime(frame["ADT"])
    return frame.assign(
        AVISITN=frame["AVISIT"].map(ranks),
        ADT=dates,
        ADY=study_day(dates, starts),
        day=(dates - starts).dt.days.astype("float64"),
    )


def representing(frame: pd.DataFrame, config: Cohort) -> pd.Series:
    """ANL01FL: the record that represents a patient's visit for a parameter, exactly one.

    At baseline it is the last one on or before day 0 (else the one closest to it); later, by `records.visit`, the one closest to
    the planned day (of two equally close the earlier), the first or the last; without dates the first in the file.
    """
    rule = config.records.visit
    target = frame["AVISIT"].map({code: visit.day for code, visit in config.visits.items()}).astype("float64")
    baseline = frame["AVISIT"] == config.baseline
    late = (frame["day"] > 0) & baseline
    later = {"closest": (frame["day"] - target).abs(), "first": frame["day"], "last": -frame["day"]}[rule]
    distance = np.where(baseline, frame["day"].abs(), later)
    order = frame.assign(late=late, distance=distance, planned=frame["AVISITN"].notna())
    ordered = order[order["planned"]].sort_values(["late", "distance", "day", "line"], kind="stable", na_position="last")
    first = ordered.drop_duplicates(["USUBJID", "PARAMCD", "AVISIT"]).index
    return pd.Series(np.where(frame.index.isin(first), "Y", ""), index=frame.index)


def worst_of_visits(frame: pd.DataFrame, catalogue: pd.DataFrame) -> pd.Series:
    """ANL01FL where the record furthest outside its range represents a follow-up visit, for laboratory values of safety alone.

    Where none is outside it is the one nearest to a limit, and of equals the earlier. Values that efficacy is judged by,
    baseline, and records without a range keep the record they have.
    """
    of_safety = catalogue.index[catalogue["safety"] & ~catalogue["efficacy"] & (catalogue["domain"] == "LB")]
    mine = frame["PARAMCD"].isin(of_safety) & (frame["AVISITN"] > 0) & (frame["ANRIND"] != "")
    keys = ["USUBJID", "PARAMCD", "AVISIT"]
    rows = frame[mine].assign(excess=range_excess(frame[mine]).fillna(-np.inf))
    worst = rows.sort_values(["excess", "day", "line"], ascending=[False, True, True], kind="stable").drop_duplicates(keys)
    decided = pd.MultiIndex.from_frame(frame[keys]).isin(pd.MultiIndex.from_frame(worst[keys]))
    return frame["ANL01FL"].where(~decided, np.where(frame.index.isin(worst.index), "Y", ""))


def _described(frame: pd.DataFrame, clean: Clean, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Values with the facts of their parameter and of their patient."""
    facts = catalogue.loc[frame["PARAMCD"], ["PARAM", "PARCAT1", "AVALU", "domain"]].reset_index(drop=True)
    facts.index = frame.index
    people = {name: frame["USUBJID"].map(clean.patients[name]) for name in ("SITEID", "SEX") if name in clean.patients}
    mark = "Y" if clean.config.synthetic else "N"
    return pd.concat([frame, facts], axis=1).assign(STUDYID=clean.config.id, SYNTHFL=mark, **people)


def _ranged(frame: pd.DataFrame, catalogue: pd.DataFrame, ages: pd.Series) -> pd.DataFrame:
    """Values with a reference range: the laboratory's where it gives one, else the catalogue's for sex and age; and ANRIND.

    `ages` are years at baseline by USUBJID. Who is of unknown sex, or age, has a range only where it does not depend on it.
    """
    ranges = _by_age(frame, catalogue, frame["USUBJID"].map(ages).to_numpy(float))
    sex = frame["SEX"].to_numpy() if "SEX" in frame else np.full(len(frame), "")
    frame = frame.copy()
    given = frame[["ANRLO", "ANRHI"]].notna().any(axis=1).to_numpy()
    for column, end in (("ANRLO", "low"), ("ANRHI", "high")):
        men, women = (ranges[f"range_{end}_{one}"].to_numpy(float) for one in "mf")
        own = np.where(sex == "M", men, np.where(sex == "F", women, np.where(men == women, men, np.nan)))
        frame[column] = np.where(given, frame[column], own)
    frame["ANRIND"] = range_state(frame["AVAL"], frame["ANRLO"], frame["ANRHI"])
    return frame


def _by_age(frame: pd.DataFrame, catalogue: pd.DataFrame, age: np.ndarray) -> pd.DataFrame:
    """The reference range of each value for either sex, at the patient's age."""
    ranges = catalogue.loc[frame["PARAMCD"], list(RANGES)].reset_index(drop=True)
    by_age = catalogue["range_from"].to_dict()
    for code in frame["PARAMCD"].unique():
        own = (frame["PARAMCD"] == code).to_numpy()
        for first, limits in by_age[code]:
            for name, limit in limits.items():
                ranges.loc[own & (age >= first), name] = limit
                ranges.loc[own & np.isnan(age), name] = np.nan
    return ranges


def range_state(aval: pd.Series, low: pd.Series, high: pd.Series) -> np.ndarray:
    """LOW, NORMAL or HIGH; "" without a value or without any limit. A limit itself is normal.

    >>> range_state(pd.Series([4.0, 3.9, 11.1]), pd.Series([4.0] * 3), pd.Series([11.0] * 3)).tolist()
    ['NORMAL', 'LOW', 'HIGH']
    """
    unknown = aval.isna() | (low.isna() & high.isna())
    return np.select([unknown, aval < low - GUARD, aval > high + GUARD], ["", "LOW", "HIGH"], "NORMAL")


def _from_baseline(frame: pd.DataFrame, config: Cohort) -> pd.DataFrame:
    """ABLFL, BASE and BNRIND of every value, and its change from baseline where it was measured after it."""
    chosen = (frame["ANL01FL"] == "Y") & (frame["AVISIT"] == config.baseline)
    first = frame[chosen].set_index(["USUBJID", "PARAMCD"])[["AVAL", "ANRIND"]]
    keys = pd.MultiIndex.from_frame(frame[["USUBJID", "PARAMCD"]])
    base = first["AVAL"].reindex(keys).to_numpy(float)
    after = (frame["AVISITN"] > 0).to_numpy() | (frame["AVISITN"].isna() & (frame["ADY"] > 1)).to_numpy()
    change = np.where(after, frame["AVAL"].to_numpy(float) - base, np.nan)
    percent = 100 * change / np.where(base == 0, np.nan, base)
    state = first["ANRIND"].reindex(keys).fillna("").to_numpy()
    return frame.assign(ABLFL=np.where(chosen, "Y", ""), BASE=base, BNRIND=state, CHG=change, PCHG=percent)
