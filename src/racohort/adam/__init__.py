"""From cleaned values to the four analysis data sets and co-medication, with CDISC's names."""

from dataclasses import dataclass

import pandas as pd

from racohort.adam.events import derive_adae, derive_adcm
from racohort.adam.frames import stacked
from racohort.adam.patients import derive_adsl, flag_populations
from racohort.adam.values import derive_bds
from racohort.schema import Clean

__all__ = ["Datasets", "derive_datasets"]


@dataclass(frozen=True)
class Datasets:
    """ADSL (one row a patient), ADLB and ADQS (one row a value), ADAE (one row an event), ADCM (one row a medication period)."""

    adsl: pd.DataFrame
    adlb: pd.DataFrame
    adqs: pd.DataFrame
    adae: pd.DataFrame
    adcm: pd.DataFrame


def derive_datasets(clean: Clean, catalogue: pd.DataFrame) -> Datasets:
    """The analysis data sets of a cleaned cohort; columns and order as in `terms`, text "" and numbers NaN where missing."""
    adsl = derive_adsl(clean)
    adlb, adqs = map(stacked, zip(*derive_bds(clean, catalogue), strict=True))
    return Datasets(flag_populations(adsl, [adlb, adqs], catalogue), adlb, adqs, derive_adae(clean), derive_adcm(clean))
