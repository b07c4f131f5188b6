"""Categories that a file ships beside its values: a state or a label that contradicts the value is doubted."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Mask, Sheet
from racohort.cleaning.words import word_key
from racohort.schema import Records
from racohort.scores import cdai_state, das28_state, sdai_state

#: Word -> its state of disease activity, as `scores` calls it.
STATES = {
    **dict.fromkeys(("remission", "in remission", "rem", "缓解", "临床缓解"), "remission"),
    **dict.fromkeys(("low", "low disease activity", "lda", "mild", "低", "低疾病活动度", "轻度"), "low"),
    **dict.fromkeys(("moderate", "moderate disease activity", "mda", "medium", "中", "中疾病活动度", "中度"), "moderate"),
    **dict.fromkeys(("high", "high disease activity", "hda", "severe", "active", "高", "高疾病活动度", "重度"), "high"),
}
ORDER = ("remission", "low", "moderate", "high")
#: How each score that has published states gets its state.
SCORES: dict[str, Callable[..., np.ndarray]] = {
    **dict.fromkeys(("DAS28ESR", "DAS28CRP", "DAS28E3", "DAS28C3", "DAS28"), das28_state),
    "CDAI": cdai_state,
    "SDAI": sdai_state,
}


def check_categories(sheets: Sequence[Sheet], catalogue: pd.DataFrame, records: Records) -> None:
    """Warn where a column with the role AVALCAT1 contradicts the values it stands beside.

    A state of DAS28, CDAI or SDAI is compared with the published cut-offs, cell by cell. Any other label is compared as a
    whole: where less is better, values called remission must not lie above the others. The value counts, never the label.
    """
    for sheet in sheets:
        for name, column in sheet.table.columns.items():
            if column.role == "AVALCAT1":
                for field, rows in _values_beside(sheet, column.of):
                    _check_one(sheet, name, field, rows, catalogue, records)


def _values_beside(sheet: Sheet, of: str | None) -> list[tuple[Field, Mask]]:
    """The values that the category is about: those of the analyte named, else of each analyte of a long table's rows."""
    usable = [(field, field.good & sheet.keep) for field in sheet.fields]
    if of:
        return [(field, rows & np.equal(field.PARAMCD, of)) for field, rows in usable]
    if not sheet.role("PARAM"):
        return []
    return [(field, rows & np.equal(field.PARAMCD, code)) for field, rows in usable for code in pd.unique(field.PARAMCD[rows])]


def _check_one(sheet: Sheet, name: str, field: Field, rows: Mask, catalogue: pd.DataFrame, records: Records) -> None:
    texts = sheet.text(name)
    states = np.array([STATES.get(word_key(text), "") for text in texts], dtype=object)
    labelled = rows & np.array([bool(text.strip()) for text in texts], dtype=bool)
    if not labelled.any():
        return
    code = str(field.PARAMCD[labelled][0])
    if code in SCORES:
        _check_states(sheet, name, field, labelled & (states != ""), code, states, records)
    elif catalogue.at[code, "direction"] == "lower":
        _check_order(sheet, name, field, labelled, texts, states, records)


def _check_states(
    sheet: Sheet, name: str, field: Field, rows: Mask, code: str, states: np.ndarray, records: Records
) -> None:  # fmt: skip
    differs = rows.copy()
    differs[rows] = SCORES[code](field.aval[rows]) != states[rows]
    records.note_cells("category_differs", sheet.table, sheet.cells(differs, name), f"is not the state of the {code} beside it")


def _check_order(
    sheet: Sheet, name: str, field: Field, rows: Mask, texts: np.ndarray, states: np.ndarray, records: Records
) -> None:
    """One finding where values with a better label lie above those with a worse one; an unknown label is worse than remission."""
    frame = pd.DataFrame({"label": texts[rows], "state": states[rows], "value": field.aval[rows]})
    groups = {str(label): some["value"] for label, some in frame.groupby("label")}
    states_of = dict(zip(frame["label"], frame["state"], strict=True))
    rank = {label: ORDER.index(states_of[label]) if states_of[label] else 0.5 for label in groups}
    for better, worse in combinations(sorted(groups, key=lambda label: rank[label]), 2):
        if states_of[better] and rank[better] < rank[worse] and groups[better].median() > groups[worse].median():
            first = int(np.flatnonzero(rows)[0])
            said = (
                f"column {name}: {field.PARAMCD[first]} labelled {better!r} ({_spread(groups[better])}) lies above that labelled "
                f"{worse!r} ({_spread(groups[worse])}); the labels look exchanged"
            )
            where = {"line": int(sheet.table.line[first]), "column": name, "value": better}
            records.note("category_differs", said, sheet.table, **where, count=len(frame))


def _spread(values: pd.Series) -> str:
    return f"{values.min():g} to {values.max():g}"
