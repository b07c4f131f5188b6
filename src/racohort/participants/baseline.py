"""Who the patients were before treatment, and whether those who stayed to the last visit differed from those who did not."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from racohort.labels import unit_of
from racohort.plan import Plan
from racohort.results import as_results
from racohort.summaries import SUMMARY, group_summary, members, summary_rows
from racohort.terms import ADSL

#: Numbers that ADSL itself holds.
_OWN_NUMBERS = ("AGE", "DISDUR")

#: A text covariate with more categories than this is an identifier or free text, not a characteristic.
MOST_CATEGORIES = 12
#: A number with up to so many values, all of them single figures, is a code, and has no mean.
MOST_CODES = 5


def summarise_baseline(
    adsl: pd.DataFrame, adlb: pd.DataFrame, adqs: pd.DataFrame, adcm: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:
    """The safety population before treatment.

    Parameters
    ----------
    adsl : one row per patient; columns besides those of `terms.ADSL` and the visit flags are covariates of this cohort.
    adlb, adqs : records; those with ABLFL "Y" are baseline.
    adcm : medication; CMACT "BASELINE" is what a patient took before treatment.
    plan, catalogue : the visits; the units.

    Returns
    -------
    Result rows at the baseline visit: `n mean sd median q1 q3 min max` (method `available`) of age, disease duration, covariates
    and every parameter with a baseline value; `proportion` (method `observed`) of each category, with those whose category is
    known as denominator; of RF and anti-CCP above their range by `seropositive`; of medication by `CMCLAS` and `CMDECOD`.
    """
    people = adsl[adsl["USUBJID"].isin(members(adsl, "safety"))]
    values = _baseline_values(people, adlb, adqs, plan)
    rows = [*_number_rows(values, len(people), catalogue), *_category_rows(people, plan)]
    rows += [*_serostatus_rows(people, adlb), *_medication_rows(people, adcm)]
    common = {"section": "participants", "population": "safety", "AVISIT": plan.baseline.AVISIT,
              "function": "participants.summarise_baseline"}  # fmt: skip
    return as_results({**common, **row} for row in rows)


def _baseline_values(people: pd.DataFrame, adlb: pd.DataFrame, adqs: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """USUBJID, PARAMCD and AVAL of every number known before treatment, ADSL's own first."""
    own = people.melt("USUBJID", [*_OWN_NUMBERS, *_covariates(people, plan, numbers=True)], "PARAMCD", "AVAL")
    records = [data.loc[data["ABLFL"] == "Y", ["USUBJID", "PARAMCD", "AVAL"]] for data in (adqs, adlb)]
    values = pd.concat([own.astype({"AVAL": "float64"}), *records], ignore_index=True)
    return values[values["USUBJID"].isin(people["USUBJID"]) & values["AVAL"].notna()]


def _covariates(adsl: pd.DataFrame, plan: Plan, numbers: bool) -> list[str]:
    """Columns of ADSL that only this cohort has: numbers, or texts with few categories."""
    extra = adsl.columns.difference([*ADSL, *(visit.flag for visit in plan.visits)], sort=False)
    if numbers:
        return [column for column in extra if pd.api.types.is_numeric_dtype(adsl[column]) and not _are_codes(adsl[column])]
    texts = [column for column in extra if pd.api.types.is_string_dtype(adsl[column]) or _are_codes(adsl[column])]
    return [column for column in texts if 0 < adsl.loc[adsl[column] != "", column].nunique() <= MOST_CATEGORIES]


def _are_codes(values: pd.Series) -> bool:
    """Whether the numbers of a covariate stand for categories: few single figures, such as the 0 and 1 of a box that is ticked.

    >>> _are_codes(pd.Series([0.0, 1.0, 1.0, None])), _are_codes(pd.Series([22.5, 31.0])), _are_codes(pd.Series(range(7)))
    (True, False, False)
    """
    known = values.dropna().unique() if pd.api.types.is_numeric_dtype(values) else np.array([])
    return 0 < len(known) <= MOST_CODES and bool(np.isin(known, range(10)).all())


def _number_rows(values: pd.DataFrame, size: int, catalogue: pd.DataFrame) -> list[dict[str, Any]]:
    codes = list(values["PARAMCD"].unique())
    rows = summary_rows(group_summary(values, ["PARAMCD"], "AVAL"), codes, size, SUMMARY, method="available")
    return [{**row, "unit": unit_of(row["PARAMCD"], catalogue)} for row in rows]


def _category_rows(people: pd.DataFrame, plan: Plan) -> Iterator[dict[str, Any]]:
    arms = ["ARM"] if people.loc[people["ARM"] != "", "ARM"].nunique() > 1 else []
    for column in ["SEX", *arms, *_covariates(people, plan, numbers=False)]:
        words = people[column].map(
            lambda value: "" if pd.isna(value) else f"{value:g}" if isinstance(value, float) else f"{value}"
        )
        known = words[words != ""]
        for category, count in known.value_counts().sort_index().items():
            yield _share(column, category, count, len(known), len(people))


def _share(by: str, category: Any, count: int, n: int, size: int) -> dict[str, Any]:
    return {"statistic": "proportion", "method": "observed", "by": by, "category": category, "value": count / n if n else None,
            "count": count, "n": n, "n_missing": size - n}  # fmt: skip


def _serostatus_rows(people: pd.DataFrame, adlb: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """RF and anti-CCP above the upper limit of their range at baseline."""
    baseline = adlb[(adlb["ABLFL"] == "Y") & adlb["USUBJID"].isin(people["USUBJID"]) & (adlb["ANRIND"] != "")]
    for code in ("RF", "ACCP"):
        state = baseline.loc[baseline["PARAMCD"] == code, "ANRIND"]
        if len(state):
            yield _share("seropositive", code, int((state == "HIGH").sum()), len(state), len(people))


def _medication_rows(people: pd.DataFrame, adcm: pd.DataFrame) -> Iterator[dict[str, Any]]:
    taken = adcm[(adcm["CMACT"] == "BASELINE") & adcm["USUBJID"].isin(people["USUBJID"])]
    for column in ("CMCLAS", "CMDECOD"):
        users = taken[taken[column] != ""].groupby(column)["USUBJID"].nunique()
        for category, count in users.sort_values(ascending=False, kind="stable").items():
            yield _share(column, category, count, len(people), len(people))


def compare_completers(
    adsl: pd.DataFrame, adlb: pd.DataFrame, adqs: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:
    """Patients seen at the last planned visit against the others, at baseline; described, not tested.

    Returns
    -------
    Result rows by `completer` (Y, N): `n mean sd` of age, disease duration, covariates and outcomes (no safety laboratory, no
    single items of a questionnaire), `proportion` of women under PARAMCD `SEX`; and `smd`, the mean
    of those seen minus that of the others over the root of the mean of the two variances (NaN where a group has fewer than two
    values or both variances are zero). Empty where everybody or nobody was seen at the last visit.
    """
    people = adsl[adsl["USUBJID"].isin(members(adsl, "safety"))]
    completer = people.set_index("USUBJID")[plan.visits[-1].flag].eq("Y").map({True: "Y", False: "N"})
    if completer.nunique() < 2:
        return as_results([])
    values = _baseline_values(people, adlb, adqs, plan)
    values = pd.concat([_women(people), values[~values["PARAMCD"].isin(_left_out(catalogue))]], ignore_index=True)
    values["completer"] = values["USUBJID"].map(completer)
    summary = group_summary(values, ["PARAMCD", "completer"], "AVAL")
    codes = list(values["PARAMCD"].unique())
    rows = [row for code in codes for row in _completer_rows(summary, code, completer.value_counts())]
    common = {"section": "participants", "population": "safety", "AVISIT": plan.baseline.AVISIT,
              "function": "participants.compare_completers"}  # fmt: skip
    return as_results({**common, "unit": _unit(row, catalogue), **row} for row in rows)


def _left_out(catalogue: pd.DataFrame) -> pd.Index:
    return catalogue.index[~catalogue["efficacy"] | (catalogue["scale"] == "ordinal")]


def _unit(row: dict[str, Any], catalogue: pd.DataFrame) -> str:
    return unit_of(row["PARAMCD"], catalogue) if row["statistic"] in ("mean", "sd") else ""


def _women(people: pd.DataFrame) -> pd.DataFrame:
    known = people[people["SEX"] != ""]
    return pd.DataFrame({"USUBJID": known["USUBJID"], "PARAMCD": "SEX", "AVAL": known["SEX"].eq("F").astype("float64")})


def _completer_rows(summary: pd.DataFrame, code: str, sizes: pd.Series) -> Iterator[dict[str, Any]]:
    used = 0
    for group in ("Y", "N"):
        for row in summary_rows(summary, [(code, group)], int(sizes[group]), _compared(code), method="observed"):
            row["by"], row["category"] = "completer", row.pop("completer")
            row["statistic"] = "proportion" if code == "SEX" and row["statistic"] == "mean" else row["statistic"]
            used += row["n"] if row["statistic"] == "n" else 0
            yield row
    yield {"PARAMCD": code, "statistic": "smd", "method": "pooled_sd", "value": _smd(summary, code), "n": used}


def _compared(code: str) -> tuple[str, ...]:
    return ("n", "mean") if code == "SEX" else ("n", "mean", "sd")


def _smd(summary: pd.DataFrame, code: str) -> float:
    """The standardised mean difference, those seen minus the others."""
    found = summary.reindex([(code, "Y"), (code, "N")])
    pooled = float(np.sqrt((found["sd"] ** 2).sum(skipna=False) / 2))
    return float(found["mean"].iloc[0] - found["mean"].iloc[1]) / pooled if pooled > 0 else float("nan")
