"""Visits told by a day alone: the visit in whose window the day lies, of several such rows the one closest to the planned day."""

import re

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Sheet, Texts
from racohort.config import Cohort

_DAY = re.compile(r"[-+]?\d+(?:\.\d+)?")


def visits_by_day(sheet: Sheet, texts: Texts, labels: dict[str, str], config: Cohort) -> np.ndarray | None:
    """The visit of every row of a column of days counted from the start; None where it holds anything else.

    It holds days where none of its words is a visit's label (`labels`), all that are no blank are numbers, visits have windows,
    and the highest number reaches the last of them: visits numbered 1, 2, 3, weeks and months do not. A day in no window, and a
    second row in one, are UNSCHEDULED. At baseline the last row up to day 0 stands for it.
    """
    words = [text for text in texts.words if text.strip()]
    windows = {code: visit.limits for code, visit in config.visits.items() if visit.limits is not None}
    if not windows or not words or any(word in labels or not _DAY.fullmatch(word.strip()) for word in words):
        return None
    if max(map(float, words)) < max(low for low, _ in windows.values()):
        return None
    days = texts.each({text: float(text) if text.strip() else np.nan for text in texts.words}, "float64")
    visits = np.full(len(sheet), "UNSCHEDULED", dtype=object)
    for code, (low, high) in windows.items():
        visits[(days >= low) & (days <= high) & (visits == "UNSCHEDULED")] = code
    visits[_beside(sheet, visits, days, config)] = "UNSCHEDULED"
    visits[np.isnan(days)] = ""
    return visits


def _beside(sheet: Sheet, visits: np.ndarray, days: np.ndarray, config: Cohort) -> np.ndarray:
    """Rows that do not stand for their visit: a row of the same patient, item and visit is closer to its planned day."""
    planned = pd.Series(visits, dtype=object).map({code: visit.day for code, visit in config.visits.items()}).to_numpy("float64")
    item = sheet.role("PARAM")
    rows = pd.DataFrame({
        "who": sheet.who, "visit": visits, "item": sheet.texts(item[0]).at if item else 0, "day": days,
        "late": (visits == config.baseline) & (days > 0), "far": np.abs(days - np.nan_to_num(planned)),
    })  # fmt: skip
    ordered = rows.sort_values(["late", "far", "day"], kind="stable")
    same = ordered.duplicated(["who", "visit", "item"]) & ~ordered.duplicated(["who", "visit", "item", "day"])
    return same.reindex(rows.index).to_numpy(dtype=bool)
