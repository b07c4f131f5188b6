"""ADAE and ADCM: events and medication, placed on the days since the start of treatment."""

import numpy as np
import pandas as pd

from racohort.adam.frames import COLUMNS, study_day, typed
from racohort.cleaning.events import earliest_and_latest
from racohort.schema import Clean


def derive_adae(clean: Clean) -> pd.DataFrame:
    """One row per adverse event, with TRTEMFL.

    An event is treatment-emergent when it starts on or after the start of treatment; one whose date is partial or missing
    counts as emergent unless it is provably earlier (ICH E9; statistics.md 2.4). A record of a worsening starts when the event
    became worse, as in SDTM, and so is emergent when that was after the start. LDOSEDT is the last day of treatment up to the
    day of onset.
    """
    frame = _dated(clean.events, clean)
    if len(frame):
        terms = frame.get("AETERM", pd.Series("", index=frame.index))
        coded = frame.get("AEDECOD", terms)
        frame = frame.assign(
            LDOSEDT=_last_treated(frame, clean.treatments),
            AETERM=terms.where(terms != "", coded),
            AEDECOD=coded.where(coded != "", terms),
            TRTEMFL=_emergent(frame, clean),
        )
        frame = frame.assign(SITEID=frame["USUBJID"].map(clean.patients["SITEID"]) if "SITEID" in clean.patients else "")
    return typed(frame, COLUMNS["ADAE"])


def derive_adcm(clean: Clean) -> pd.DataFrame:
    """One row per medication period.

    Where the files do not say what was taken at baseline (CMACT), the dates do: what had begun before the day of treatment start
    and had not ended by then.
    """
    frame = _dated(clean.medication, clean)
    if len(frame) and "CMACT" not in frame:
        frame = frame.assign(CMACT=np.where(_taken_at_start(frame, clean), "BASELINE", ""))
    return typed(frame.drop(columns=["ASTDTC", "AENDTC"], errors="ignore"), COLUMNS["ADCM"])


def _taken_at_start(frame: pd.DataFrame, clean: Clean) -> pd.Series:
    """Which periods had begun before the day of treatment start for certain, and had not for certain ended before it."""
    starts = pd.to_datetime(frame["USUBJID"].map(clean.patients["start"]))
    return (_latest(frame, "AST") < starts) & ~(_latest(frame, "AEN") < starts)


def _latest(frame: pd.DataFrame, end: str) -> pd.Series:
    """The day of a start or an end, of a partial date the last one that it can mean; NaT where nothing is known."""
    blank = pd.Series(pd.NaT, index=frame.index)
    days = pd.to_datetime(frame.get(f"{end}DT", blank))
    texts = frame.get(f"{end}DTC", pd.Series("", index=frame.index))
    return days.fillna(pd.to_datetime(texts.map({text: earliest_and_latest(text)[1] for text in texts.unique()})))


def _dated(frame: pd.DataFrame, clean: Clean) -> pd.DataFrame:
    """Rows with their days since start, in order of patient, date and line."""
    if not len(frame):
        return pd.DataFrame()
    starts = pd.to_datetime(frame["USUBJID"].map(clean.patients["start"]))
    frame = frame.assign(STUDYID=clean.config.id, SYNTHFL="Y" if clean.config.synthetic else "N")
    for end in [name for name in ("AST", "AEN") if f"{name}DT" in frame]:
        frame[f"{end}DY"] = study_day(pd.to_datetime(frame[f"{end}DT"]), starts)
    by = ["USUBJID", *(["ASTDT"] if "ASTDT" in frame else []), "line"]
    return frame.sort_values(by, kind="stable").reset_index(drop=True)


def _last_treated(frame: pd.DataFrame, treatments: pd.DataFrame) -> pd.Series:
    """The last day of treatment up to the onset of each event; NaT where there was none, or the onset is not known."""
    if "ASTDT" not in frame:
        return pd.Series(pd.NaT, index=frame.index)
    onsets = pd.DataFrame(
        {"USUBJID": frame["USUBJID"].astype("str"), "at": frame["ASTDT"].astype("datetime64[s]"), "row": frame.index}
    )
    found = pd.merge_asof(onsets.dropna().sort_values("at"), treatments, left_on="at", right_on="TRTSDT", by="USUBJID")
    return found.set_index("row")["TRTSDT"].reindex(frame.index)


def _emergent(frame: pd.DataFrame, clean: Clean) -> np.ndarray:
    starts = pd.to_datetime(frame["USUBJID"].map(clean.patients["start"]))
    return np.where(starts.isna(), "", np.where(_latest(frame, "AST") < starts, "N", "Y"))
