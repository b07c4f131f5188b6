"""From cleaned values to the four analysis data sets and co-medication, with CDISC's names."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from racohort.adam import values
from racohort.adam.events import derive_adae, derive_adcm
from racohort.adam.patients import derive_adsl, flag_populations
from racohort.frames import stacked
from racohort.schema import Clean

__all__ = ["Datasets", "derive_datasets", "derive_parts"]


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
    parts = list(derive_parts(clean, catalogue))
    adsl, adae, adcm = (
        pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in ("adsl", "adae", "adcm")
    )
    return Datasets(adsl, stacked([part.adlb for part in parts]), stacked([part.adqs for part in parts]), adae, adcm)


def derive_parts(clean: Clean, catalogue: pd.DataFrame) -> Iterator[Datasets]:
    """The same of some patients at a time, in alphabetical order: whole, the values take many times the room of their file."""
    turn = pd.Series(range(len(clean.patients)), clean.patients.index) // values.AT_ONCE
    frames = (derive_adsl(clean), derive_adae(clean), derive_adcm(clean))
    turns = [frame["USUBJID"].map(turn).fillna(0) for frame in frames]
    for k, (adlb, adqs) in enumerate(values.derive_bds(clean, catalogue)):
        adsl, adae, adcm = (frame[at == k].reset_index(drop=True) for frame, at in zip(frames, turns, strict=True))
        yield Datasets(flag_populations(adsl, [adlb, adqs], catalogue), adlb, adqs, adae, adcm)
