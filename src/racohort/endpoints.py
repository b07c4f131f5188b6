"""Endpoints: which efficacy parameters a cohort has, what part each plays, and their values as patients by visits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from racohort.frames import stacked
from racohort.labels import shown_unit
from racohort.plan import Plan
from racohort.results import pick_result
from racohort.summaries import analysed, members

#: The biomarkers of the exploratory family, tested on the scale of the analyte.
BIOMARKERS = ("ESR", "CRP", "RF", "ACCP")

#: The forms of the DAS28, the four-variable ones first.
DAS28_FORMS = ("DAS28ESR", "DAS28CRP", "DAS28E3", "DAS28C3", "DAS28")

#: A label up to this many characters fits beside a figure.
SHORT = 20


@dataclass(frozen=True)
class Endpoint:
    """One efficacy parameter of a cohort: its name, unit and scale, which direction is better, and its part in the plan.

    `role` is "primary", "biomarker" (exploratory family), "secondary", or "component" of a composite score.
    """

    PARAMCD: str
    label: str
    unit: str
    scale: str
    direction: str
    digits: int
    role: str

    @property
    def log(self) -> bool:
        """Whether changes are read as ratios, on the log scale."""
        return self.scale == "log"

    @property
    def mean_digits(self) -> int:
        """Decimals of a mean or a change: one more than of single values that are shown with less than two."""
        return self.digits if self.digits >= 2 else self.digits + 1

    @property
    def estimate_digits(self) -> int:
        """Decimals of an estimated change, or of a ratio."""
        return 2 if self.log else self.mean_digits

    @property
    def shown_unit(self) -> str:
        """The unit as it is printed: none for a score."""
        return shown_unit(self.unit)

    @property
    def name(self) -> str:
        """The label with its unit, for the head of a row or an axis."""
        return f"{self.label} ({self.shown_unit})" if self.shown_unit else self.label

    @property
    def short(self) -> str:
        """The label, or the code where the label is long, for the narrow side of a figure."""
        return self.label if len(self.label) <= SHORT else self.PARAMCD


@dataclass(frozen=True)
class Estimand:
    """What is estimated for one endpoint, fixed before anything is computed (ICH E9 R1); the analysis reads it from here.

    `analyses` are statistic and method of the rows that carry the conclusion, in order: the first that has a p. Further
    treatment, repeated or another, follows the treatment-policy strategy; death is while-alive for means (D6).
    """

    endpoint: Endpoint
    population: str
    analyses: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """What is summarised, and how, in words."""
        what = "Ratio of geometric means, follow-up over baseline" if self.endpoint.log else "Mean change"
        return f"{what}: {', else '.join(ANALYSES[method] for _, method in self.analyses)}"


#: How the analyses that conclusions stand on are called.
ANALYSES = {"mmrm_satterthwaite": "mixed model (REML; Satterthwaite, with a simpler covariance Kenward-Roger)",
            "paired_t": "paired t of complete pairs",
            "paired_t_log": "paired t of complete pairs on logarithms"}  # fmt: skip


def estimand_of(endpoint: Endpoint) -> Estimand:
    """The estimand of an endpoint: primary ones stand on the mixed model first, all others on complete pairs.

    >>> estimand_of(Endpoint("CRP", "CRP", "mg/L", "log", "lower", 1, "biomarker")).analyses
    (('gmr', 'paired_t_log'),)
    """
    model, pairs = ("mmrm_gmr", "gmr") if endpoint.log else ("mmrm_change", "mean_change")
    paired = (pairs, "paired_t_log" if endpoint.log else "paired_t")
    return Estimand(endpoint, "efficacy", ((model, "mmrm_satterthwaite"), paired) if endpoint.role == "primary" else (paired,))


def model_row(results: pd.DataFrame, PARAMCD: str, AVISIT: str, statistic: str) -> pd.Series | None:
    """The row of the mixed model on which a conclusion stands, or None without a model.

    Satterthwaite's, and that of Kenward and Roger where the covariance is not the planned one, which the rows' note says
    (statistics.md, D12). Rows that families were adjusted in say by their family which one it was.
    """
    satterthwaite, kr = (
        pick_result(results, PARAMCD=PARAMCD, AVISIT=AVISIT, statistic=statistic, method=method)
        for method in ("mmrm_satterthwaite", "mmrm_kr")
    )
    return kr if kr is not None and (kr["family"] or kr["note"]) else satterthwaite


def select_values(
    adlb: pd.DataFrame, adqs: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> pd.DataFrame:  # fmt: skip
    """The values that stand for each patient, efficacy parameter and planned visit, in the efficacy population.

    A primary endpoint of the plan is one of these parameters, whatever the catalogue says of it.

    Parameters
    ----------
    adlb, adqs, adsl : the analysis data sets (columns of `terms.BDS` and `terms.ADSL`)
    plan, catalogue : visits of this cohort; index PARAMCD with the column `efficacy`

    Returns
    -------
    Tidy rows USUBJID, PARAMCD, AVISIT, AVAL, censored, limit, sorted by patient so that the order of the input rows cannot
    matter; missing values have no row.
    """
    codes = {*catalogue.index[catalogue["efficacy"].astype(bool)], *plan.primary}
    visits = [visit.AVISIT for visit in plan.visits]
    columns = ["USUBJID", "PARAMCD", "AVISIT", "AVAL", "censored", "limit"]
    people = members(adsl, "efficacy")
    kept = stacked([analysed(part, people, visits, codes)[columns] for part in (adqs, adlb)])
    texts = dict.fromkeys(["USUBJID", "PARAMCD", "AVISIT", "censored"], "str")
    return kept.sort_values(["PARAMCD", "USUBJID", "AVISIT"], ignore_index=True).astype(texts)


def list_endpoints(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> tuple[Endpoint, ...]:
    """The endpoints of this cohort: primary ones first, then biomarkers, further scores, and components.

    A parameter is listed when at least one patient has a value of it at any planned visit.
    """
    there = set(values["PARAMCD"].unique())
    known = [*plan.primary, *BIOMARKERS, *DAS28_FORMS, *catalogue.index]
    found = [_endpoint(code, plan, catalogue) for code in dict.fromkeys(known) if code in there and code in catalogue.index]
    order = ("primary", "biomarker", "secondary", "component")
    return tuple(sorted(found, key=lambda endpoint: order.index(endpoint.role)))


def _endpoint(code: str, plan: Plan, catalogue: pd.DataFrame) -> Endpoint:
    row: Any = catalogue.loc[code]
    part = "component" if bool(row["component"]) else "secondary"
    role = "primary" if code in plan.primary else "biomarker" if code in BIOMARKERS else part
    digits = int(row["digits"])
    return Endpoint(code, str(row["PARAM"]), str(row["AVALU"]), str(row["scale"]), str(row["direction"]), digits, role)


def visit_table(values: pd.DataFrame, code: str, plan: Plan) -> pd.DataFrame:
    """Values of one parameter as patients (index USUBJID) by planned visits (columns AVISIT, in time order); NaN is missing.

    Raises ValueError where a patient has two values at one visit: pairs are joined by patient, never by position.
    """
    chosen = values[values["PARAMCD"] == code]
    twice = chosen.duplicated(["USUBJID", "AVISIT"])
    if twice.any():
        raise ValueError(f"{code}: two values at one visit for {', '.join(sorted(set(chosen.loc[twice, 'USUBJID']))[:5])}")
    wide = chosen.pivot(index="USUBJID", columns="AVISIT", values="AVAL").sort_index()
    return wide.reindex(columns=[visit.AVISIT for visit in plan.visits]).astype("float64")


def paired_values(wide: pd.DataFrame, plan: Plan, AVISIT: str) -> tuple[np.ndarray, np.ndarray]:
    """Baseline and follow-up of the patients who have both, in the order of patients.

    >>> table = pd.DataFrame({"BL": [5.0, 4.0], "Y1": [3.0, np.nan]})
    >>> from racohort.plan import Visit
    >>> plan = Plan("a", "A", True, True, (Visit("BL", 0, "BL", 0), Visit("Y1", 1, "Y1", 365)), (), "Y1", "")
    >>> [values.tolist() for values in paired_values(table, plan, "Y1")]
    [[5.0], [3.0]]
    """
    pair = wide[[plan.baseline.AVISIT, AVISIT]].dropna().to_numpy()
    return pair[:, 0], pair[:, 1]


def working_table(values: pd.DataFrame, endpoint: Endpoint, plan: Plan) -> pd.DataFrame:
    """`visit_table` on the scale on which the endpoint is analysed: natural logarithms for a log scale, zero then missing."""
    wide = visit_table(values, endpoint.PARAMCD, plan)
    return wide.where(wide > 0).apply(np.log) if endpoint.log else wide


def change_row(endpoint: Endpoint, value: float, ci: tuple[float, float], level: float) -> dict[str, Any]:
    """A change on the working scale as the start of a result row: `mean_change`, or `gmr` taken back from the logarithm."""
    numbers = [float(number) for number in (value, *ci)]
    value, lower, upper = np.exp(numbers).tolist() if endpoint.log else numbers
    name, unit = ("gmr", "") if endpoint.log else ("mean_change", endpoint.unit)
    return {"statistic": name, "value": value, "lower": lower, "upper": upper, "level": level, "unit": unit}
