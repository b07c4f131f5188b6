"""Scores computed from their components, beside the scores that came with the file."""

from collections.abc import Container

import numpy as np
import pandas as pd

from racohort.cleaning.consistency import FORMULAS, computed
from racohort.cleaning.haq import HAQ, haq_of

#: A three-variable DAS28 is computed only where the cohort has no patient's global assessment for the four-variable one.
INSTEAD = {"DAS28E3": "PTGA", "DAS28C3": "PTGA"}


def derive_scores(measured: pd.DataFrame, disputed: pd.DataFrame, planned: Container[str]) -> pd.DataFrame:
    """Measured values and, below them, the scores computed from the records that represent each visit (DTYPE `DERIVED`).

    A computed score represents its visit; the shipped one stays beside it without ANL01FL. Scores in `disputed` contradict their
    components, so that neither is used. A component below its assay limit enters as its substitute, noted in AVALC. `planned` are
    the parameters of which the cohort has a value at a planned visit, these patients or others.
    """
    used = measured[measured["ANL01FL"] == "Y"]
    wide = used.pivot(index=["USUBJID", "AVISIT"], columns="PARAMCD", values="AVAL")
    scores = {code: computed(wide, code) for code in FORMULAS if INSTEAD.get(code, "") not in planned}
    scores["HAQDI"] = haq_of(wide)
    parts = [_rows(code, score.dropna(), used) for code, score in scores.items() if score.notna().any()]
    made = pd.concat(parts, ignore_index=True) if parts else measured.iloc[:0]
    out = pd.MultiIndex.from_frame(disputed[["USUBJID", "AVISIT", "PARAMCD"]])
    made = made[~_keys(made).isin(out)]
    superseded = _keys(measured).isin(_keys(made)) & (measured["ANL01FL"] == "Y")
    kept = measured.assign(ANL01FL=np.where(superseded, "", measured["ANL01FL"]))
    return pd.concat([kept, made], ignore_index=True) if len(made) else kept


def _keys(frame: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(frame[["USUBJID", "AVISIT", "PARAMCD"]])


def _rows(code: str, score: pd.Series, used: pd.DataFrame) -> pd.DataFrame:
    """Rows of one computed score: dated by its latest component, and noted where a component is beyond an assay limit."""
    parts = HAQ if code == "HAQDI" else FORMULAS[code][0]
    components = used[used["PARAMCD"].isin(parts)]
    by = components.groupby(["USUBJID", "AVISIT"])
    facts = by.agg(ADT=("ADT", "max"), ADY=("ADY", "max"), day=("day", "max"), AVISITN=("AVISITN", "first"))
    beyond = components[components["censored"] != ""].groupby(["USUBJID", "AVISIT"])["PARAMCD"].agg(", ".join)
    frame = facts.reindex(score.index).assign(AVAL=score).reset_index()
    words = beyond.reindex(score.index).add(" beyond its assay limit").fillna("").to_numpy(dtype=object)
    return frame.assign(PARAMCD=code, AVALC=words, DTYPE="DERIVED", ANL01FL="Y", censored="", file="", sheet="", column="",
        limit=np.nan,
                        line=np.nan, ANRLO=np.nan, ANRHI=np.nan, disputed=False)  # fmt: skip
