"""Numbers so coarse that they do not give back what is hidden."""

import numpy as np

from racohort.disclosure.counts import Numbers
from racohort.formats import step_of

#: Told with two digits; other numbers without an interval with three.
SPREADS = frozenset({"sd", "sd_change", "mmrm_se", "t", "lundex", "diagnostic", "dz", "gav", "glass_delta", "w", "friedman",
                     "rm_anova", "detectable_correlation"})  # fmt: skip
#: Told with one digit, because it may be made of the lowest value of a patient.
ROUGH = frozenset({"prior_mean"})


def coarse(statistic: Numbers, exact: dict[str, Numbers]) -> dict[str, Numbers]:
    """Numbers so coarse that the width of an interval does not give the number of patients back.

    An estimate and its limits go to a multiple of a tenth to a twenty-fifth of the half-width (1, 2 or 5 times a power of ten).
    """
    step = np.array([step_of(half) for half in (exact["upper"] - exact["lower"]) / 2])
    wide = step > 0
    kept = np.select([np.isin(statistic, list(ROUGH)), np.isin(statistic, list(SPREADS))], [1, 2], 3)
    plain = significant(exact["value"], kept)
    found = {
        name: np.where(wide, np.round(np.round(number / np.where(wide, step, 1)) * step, 12), significant(number, 3))
        for name, number in exact.items()
    }
    return found | {"value": np.where(wide, found["value"], plain)}


def significant(numbers: Numbers, digits: int | Numbers) -> Numbers:
    """Numbers with so many significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        step = 10.0 ** (np.floor(np.log10(np.abs(numbers))) + 1 - digits)
        return np.where(numbers == 0, 0.0, np.round(np.round(numbers / step) * step, 12))
