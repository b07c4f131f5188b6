"""Response of the disease: EULAR, ACR20/50/70, and LUNDEX."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from racohort.columns import GUARD, Answer, Numbers, above, as_columns, as_given, as_words, at_most

#: The five further components of which ACR wants three: patient's and physician's global, pain, function, acute-phase reactant.
ACR_OTHERS = ("ptga", "phga", "pain", "haq", "apr")


def eular_response(das28_baseline: Numbers, das28_current: Numbers) -> Answer:
    """EULAR response: good, moderate or none.

    Good is an improvement of more than 1.2 to 3.2 or below; none is 0.6 or less, or up to 1.2 while still above 5.1; moderate
    is the rest. An improvement of exactly 1.2 or 0.6 counts as not more than it, whatever binary arithmetic makes of it.
    Missing: None for one patient, "" in a column. Source: van Gestel.

    >>> eular_response(4.4, 3.2), eular_response(5.8, 3.2), eular_response(5.7, 5.1)
    ('moderate', 'good', 'none')
    """
    before, now = as_columns(das28_baseline, das28_current)
    improvement = np.round(before - now, 9)
    large, some = above(improvement, 1.2), above(improvement, 0.6)
    good = large & at_most(now, 3.2)
    moderate = large | (some & at_most(now, 5.1))
    return as_words([good, moderate, np.isfinite(improvement)], ["good", "moderate", "none"])


def acr_level(baseline: Mapping[str, Numbers], current: Mapping[str, Numbers]) -> Answer:
    """The highest ACR response reached: 0, 20, 50 or 70 (per cent).

    Parameters
    ----------
    baseline, current : `tjc`, `sjc`, `ptga`, `phga`, `pain`, `haq`, `apr` (one acute-phase reactant, named beforehand), one
        patient or columns. A missing component, or one that was 0 at baseline, counts as not improved.

    With 28-joint counts it is to be labelled "ACR20 (28-joint)". Source: OMERACT, ACR core set.

    >>> before = {"tjc": 20, "sjc": 15, "ptga": 60, "phga": 55, "pain": 70, "haq": 1.5, "apr": 40}
    >>> acr_level(before, {**before, "tjc": 16, "sjc": 12, "ptga": 48, "phga": 44, "pain": 56})
    20
    """
    reached = [np.where(_acr(baseline, current, level), level, 0) for level in (20, 50, 70)]
    return as_given(np.max(np.broadcast_arrays(*reached), axis=0))


def _acr(baseline: Mapping[str, Numbers], current: Mapping[str, Numbers], level: int) -> NDArray[np.bool_]:
    def improved(part: str) -> NDArray[np.bool_]:
        before, now = as_columns(baseline.get(part), current.get(part))
        return (before > 0) & (before - now >= level / 100 * before - GUARD)

    others = sum(improved(part).astype(int) for part in ACR_OTHERS)
    return np.asarray(improved("tjc") & improved("sjc") & (others >= 3))


def lundex(n_started: Numbers, n_still_on_study: Numbers, n_responders_among_still_on: Numbers) -> Answer:
    """LUNDEX: the proportion still in the study times the proportion of responders among them.

    0 where nobody is left; NaN where nobody started or the counts do not nest. Source: Kristensen 2006.

    >>> lundex(n_started=100, n_still_on_study=52, n_responders_among_still_on=26)
    0.26
    """
    started, still, responders = as_columns(n_started, n_still_on_study, n_responders_among_still_on)
    nested = (responders >= 0) & (responders <= still) & (still <= started) & (started > 0)
    return as_given(np.where(nested, responders / np.where(nested, started, 1), np.nan))
