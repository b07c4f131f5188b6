"""When the first adverse event came: cumulative incidence, in which a patient who died can no longer have a first event."""

from collections.abc import Iterator
from math import exp, isfinite, log
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.duration.survfunc import CumIncidenceRight

from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.exposure import follow_up_days
from racohort.safety.terms import is_fatal, is_serious
from racohort.summaries import members

#: Days after the treatment up to which first events are told; those beyond the longest follow-up are left out.
HORIZONS = (30, 365, 1095)


def estimate_first_event(adae: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, supplied: bool) -> pd.DataFrame:
    """The share of patients with a first treatment-emergent event by a day, death competing (Aalen-Johansen).

    Time runs from treatment start to the first onset, else to death, else to the last contact. A patient whose follow-up is
    unknown, or all of whose events of the category lack a day of onset, is not used.

    Returns
    -------
    `cumulative_incidence` (method `aalen_johansen`) by `first_event`, categories such as `SERIOUS>365` (kind and day): value with
    the complementary log-log interval of the Marubini-Valsecchi variance, none where nobody had an event or everybody, and
    `count` patients with an event by then; `died_before` and `at_risk` (method `count`: still followed without event on that
    day). Empty without a treatment start or without event file.
    """
    if not (plan.treated and supplied):
        return as_results([])
    emergent = adae[adae["USUBJID"].isin(members(adsl, "safety")) & (adae["TRTEMFL"] == "Y")]
    severe = (emergent["AETOXGR"] >= 3) | is_fatal(emergent)
    kept = {"TEAE": emergent, "SERIOUS": emergent[is_serious(emergent)], "GRADE3": emergent[severe]}
    common = {"section": "safety", "population": "safety", "by": "first_event", "function": "safety.estimate_first_event"}
    rows = (row for kind, rows in kept.items() for row in _rows(kind, derive_first_event(rows, adsl), plan.level))
    return as_results({**common, **row} for row in rows)


def derive_first_event(events: pd.DataFrame, adsl: pd.DataFrame) -> pd.DataFrame:
    """Days from treatment start and `status` of each patient of the safety population, by USUBJID.

    `status` is 1 for a first event, 2 for death before one, 0 for neither; `days` is NaN for who cannot be used.
    """
    followed, people = follow_up_days(adsl), adsl.drop_duplicates("USUBJID").set_index("USUBJID")
    people = people.reindex(followed.index)
    died = (people["DTHDT"] - people["TRTSDT"]).dt.total_seconds() / 86400
    first = events.groupby("USUBJID")["ASTDY"].min().sub(1).clip(lower=0).reindex(followed.index)
    undated = followed.index.isin(events["USUBJID"]) & first.isna()
    status = np.where(first.notna(), 1, np.where(people["DTHFL"] == "Y", 2, 0))
    days = first.fillna(died.where(status == 2).clip(lower=0)).fillna(followed).mask(undated)
    return pd.DataFrame({"days": days, "status": status})


def _rows(kind: str, times: pd.DataFrame, level: float) -> Iterator[dict[str, Any]]:
    known = times.dropna(subset="days")
    curve = incidence_curve(known)
    for day in HORIZONS:
        if len(known) and day <= known["days"].max():
            status = known.loc[known["days"] <= day, "status"]
            value, se = curve.loc[curve.index <= day].iloc[-1]
            lower, upper = _interval(float(value), float(se), level)
            named = {"category": f"{kind}>{day}", "n": len(known), "n_missing": len(times) - len(known)}
            yield {**named, "statistic": "cumulative_incidence", "method": "aalen_johansen", "value": value, "lower": lower,
                   "upper": upper, "level": level, "count": int((status == 1).sum())}  # fmt: skip
            counts = {"died_before": int((status == 2).sum()), "at_risk": int((known["days"] >= day).sum())}
            yield from ({**named, "statistic": statistic, "method": "count", "value": count, "count": count,
                         "unit": "patients"} for statistic, count in counts.items())  # fmt: skip


def incidence_curve(known: pd.DataFrame) -> pd.DataFrame:
    """The cumulative incidence of a first event and its standard error, by day; flat where nobody had one.

    `known` has `days` and `status` as of `derive_first_event`, none missing. The standard error is the root of Marubini and
    Valsecchi's variance; NaN before the first event, and where everybody had it. Oracles: R survival::survfit, cmprsk::cuminc.

    >>> incidence_curve(pd.DataFrame({"days": [5.0, 8.0, 9.0, 20.0], "status": [1, 2, 1, 0]})).round(3)
          value     se
    -1.0   0.00    NaN
     5.0   0.25  0.217
     8.0   0.25  0.217
     9.0   0.50  0.250
     20.0  0.50  0.250
    """
    start = pd.DataFrame({"value": [0.0], "se": [np.nan]}, index=[-1.0])
    if not (known["status"] == 1).any():
        return start
    with np.errstate(divide="ignore", invalid="ignore"):
        found = CumIncidenceRight(known["days"].to_numpy(), known["status"].to_numpy())
    return pd.concat([start, pd.DataFrame({"value": found.cinc[0], "se": found.cinc_se[0]}, index=found.times)])


def _interval(value: float, se: float, level: float) -> tuple[float, float]:
    """The interval on the scale log(-log(1 - value)), which stays between 0 and 1."""
    if not (0 < value < 1 and isfinite(se) and se > 0):
        return float("nan"), float("nan")
    middle = log(-log(1 - value))
    half = float(stats.norm.isf((1 - level) / 2)) * se / ((1 - value) * abs(log(1 - value)))
    return 1 - exp(-exp(middle - half)), 1 - exp(-exp(middle + half))
