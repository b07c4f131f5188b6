"""Several samples of one day, in tables with one row a measurement: told apart by their time of day or planned time point."""

import re

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Sheet
from racohort.config import Cohort
from racohort.schema import Records
from racohort.standards import besides

#: The time of day behind a date; midnight is what programs write that know none.
_CLOCK = re.compile(r"[T\s]\s*(?!0?0:00(?::00(?:\.0+)?)?(?![:\d]))([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")


def clock(text: str) -> str:
    """The time of day that a date carries, "" for none or midnight.

    >>> clock("2014-01-02T08:30"), clock("2014-01-02 00:00:00"), clock("02/01/2014")
    ('08:30', '', '')
    """
    found = _CLOCK.search(text)
    return found[1] if found else ""


def sample_of(sheet: Sheet) -> np.ndarray:
    """A number that differs between samples of one day: by their time, in a trial package by time point and position."""
    if sheet.table.shape != "long":
        return np.zeros(len(sheet), dtype="int64")
    parts = [sheet.texts(name).at for name in (_told(sheet) if sheet.table.standard else [])]
    if dated := sheet.role("ADT"):
        texts = sheet.texts(dated[0])
        clocks = {text: clock(text) for text in texts.words}
        parts += [texts.each(clocks)] if any(clocks.values()) else []
    if not parts:
        return np.zeros(len(sheet), dtype="int64")
    frame = pd.DataFrame(dict(enumerate(parts)))
    return frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy()


def _told(sheet: Sheet) -> list[str]:
    """The variables of a package that tell the samples of a visit apart."""
    return [name for name, use in besides(list(sheet.table.cells.columns)).items() if use == "sample"]


def note_samples(sheet: Sheet, config: Cohort, records: Records) -> None:
    """Warn of several samples of one day for a planned visit: the first in the file represents it."""
    if sheet.table.shape != "long" or not sheet.fields:
        return
    field = sheet.fields[0]
    rows = np.flatnonzero(sheet.keep & sheet.planned(config.visits) & field.good)
    key = pd.DataFrame({"who": sheet.who, "visit": pd.factorize(sheet.AVISIT)[0], "date": sheet.ADT.astype("int64")}).loc[rows]
    key["code"] = field.PARAMCD[rows]
    several = key[key.duplicated(keep=False)].index.to_numpy()
    told = "is one of several samples of a day for its visit; the first in the file represents it, all are kept"
    if len(several):
        records.note_cells("visit_samples", sheet.table, sheet.cells(several, field.name), told)
