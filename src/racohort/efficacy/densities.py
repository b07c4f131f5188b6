"""The shape of a distribution, for drawing: a smooth density of the values of pairs and of their differences."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from racohort.columns import Numbers, as_columns
from racohort.endpoints import list_endpoints, paired_values, visit_table
from racohort.plan import Plan

#: Points at which a density is given.
POINTS = 80
SHAPE = ["PARAMCD", "part", "x", "density"]


def density(values: Numbers, points: int = POINTS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places and heights of a Gaussian kernel density, bandwidth by Silverman's rule (1986, eq. 3.31).

    It ends at the lowest and the highest value, so that none is drawn where a score cannot be. NaN is left out; empty for
    fewer than three values or where they do not vary.

    >>> place, height = density([1.0, 2.0, 2.0, 3.0])
    >>> float(place[0]), float(place[-1]), round(float(height.max()), 3)
    (1.0, 3.0, 0.783)
    """
    known = np.ravel(as_columns(values)[0])
    known = known[np.isfinite(known)]
    if known.size < 3 or np.ptp(known) == 0:
        return np.empty(0), np.empty(0)
    spread = float(np.diff(np.quantile(known, [0.25, 0.75]))[0]) / 1.34
    width = 0.9 * min(float(known.std(ddof=1)), spread or np.inf) * known.size**-0.2
    place = np.linspace(known.min(), known.max(), points)
    height = [np.exp(-0.5 * ((at - known) / width) ** 2).mean() for at in place]
    return place, np.array(height) / (width * np.sqrt(2 * np.pi))


def derive_densities(values: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The densities of each primary endpoint in the pairs of the primary visit, for drawing.

    Returns
    -------
    PARAMCD, part (`baseline`, `follow_up`, `change`), x, density; no rows where fewer than three pairs vary.
    """
    frames = []
    for endpoint in list_endpoints(values, plan, catalogue):
        if endpoint.role == "primary":
            base, value = paired_values(visit_table(values, endpoint.PARAMCD, plan), plan, plan.primary_visit)
            for part, column in (("baseline", base), ("follow_up", value), ("change", value - base)):
                x, height = density(column)
                frames.append(pd.DataFrame({"PARAMCD": endpoint.PARAMCD, "part": part, "x": x, "density": height}))
    return pd.concat(frames, ignore_index=True)[SHAPE] if frames else pd.DataFrame(columns=SHAPE)
