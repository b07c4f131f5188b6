"""De-identification at intake: pseudonyms for patients, days for dates, and no text as the files have it."""

import hmac
from base64 import b32encode
from collections.abc import Mapping
from typing import Any

import pandas as pd

from racohort.rules import RULES

#: Everybody's days are counted from here, when their treatment starts (else from their baseline visit). Nobody was seen then.
DAY_ZERO = pd.Timestamp("1900-01-01")
#: Higher ages are told as this one. Source: 45 CFR 164.514(b)(2)(i)(C), which pools ages over 89.
OLDEST = 90
#: Columns that hold a text as the files have it, by the record of cleaning.
WRITTEN = {"findings": ("value",), "ledger": ("was", "became"), "quarantine": ("value",)}
#: Dates as text, of which a part can be missing; and dates that point to a person.
PARTIAL, BIRTH = ("ASTDTC", "AENDTC"), "BIRTHDT"


def pseudonym(USUBJID: str, secret: bytes) -> str:
    """A name that stays the same for the same patient and the same secret, and from which nobody without it gets back.

    It has 60 bits: two of a million patients get the same one in fewer than one of a million cohorts.

    >>> pseudonym("QX-70017", b"secret"), pseudonym("QX-70017", b"another"), pseudonym("", b"secret")
    ('P-XLRYYR33J5GF', 'P-53IXCE7BXKYQ', '')
    """
    return f"P-{b32encode(hmac.digest(secret, USUBJID.encode(), 'sha256')).decode()[:12]}" if USUBJID else ""


def deidentify(frames: Mapping[str, pd.DataFrame], starts: pd.Series, secret: bytes) -> dict[str, pd.DataFrame]:
    """The data sets and records of a cohort without names, dates, or texts of the files.

    Parameters
    ----------
    frames : by name; each may have USUBJID, any columns of dates (datetime64), AGE, and the columns of cleaning's records.
    starts : by USUBJID the day that days are counted from; who has none loses every date.
    secret : makes the pseudonyms.

    Intervals between dates of one patient stay as they are, and so do study days. A finding keeps its file, line and column, and
    is told by the title of its rule. Raises ValueError where two patients would have one pseudonym.
    """
    named = {one for frame in frames.values() if "USUBJID" in frame for one in frame["USUBJID"].unique()}
    known = {one: pseudonym(one, secret) for one in named}
    if len(set(known.values())) < len(known):
        raise ValueError("two patients would have the same pseudonym; give another secret")
    away = pd.to_datetime(starts) - DAY_ZERO
    return {name: _deidentified(name, frame, known, away) for name, frame in frames.items()}


def _deidentified(name: str, frame: pd.DataFrame, known: Mapping[str, str], away: pd.Series) -> pd.DataFrame:
    frame = frame.drop(columns=[BIRTH], errors="ignore")
    blank: dict[str, Any] = {column: "" for column in (*PARTIAL, *WRITTEN.get(name, ())) if column in frame}
    if "message" in frame:
        blank["message"] = frame["rule"].map(lambda rule: RULES[rule].title)
    if "AGE" in frame:
        blank["AGE"] = frame["AGE"].clip(upper=OLDEST)
    if "USUBJID" not in frame:
        return frame.assign(**blank)
    who = frame["USUBJID"].astype("str")
    back = who.map(away)
    dates = [str(column) for column in frame if pd.api.types.is_datetime64_any_dtype(frame[column])]
    moved = {column: (frame[column] - back).astype(frame[column].dtype) for column in dates}
    kind: Any = "category" if isinstance(frame["USUBJID"].dtype, pd.CategoricalDtype) else frame["USUBJID"].dtype
    return frame.assign(**blank, **moved, USUBJID=who.map(known).astype(kind))
