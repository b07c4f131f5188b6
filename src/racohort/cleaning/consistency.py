"""Cross-checks: scores against their components, parts against their whole, and rows that repeat where they should not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from racohort.cleaning.sheets import Field, Sheet
from racohort.config import Cohort
from racohort.schema import Records
from racohort.scores.activity import cdai, sdai
from racohort.scores.das28 import das28_crp3, das28_crp4, das28_esr3, das28_esr4

#: PARAMCD of a score: its components in the order of the formula, and the formula.
FORMULAS: dict[str, tuple[tuple[str, ...], Callable[..., np.ndarray]]] = {
    "DAS28ESR": (("TJC28", "SJC28", "ESR", "PTGA"), das28_esr4),
    "DAS28CRP": (("TJC28", "SJC28", "CRP", "PTGA"), das28_crp4),
    "DAS28E3": (("TJC28", "SJC28", "ESR"), das28_esr3),
    "DAS28C3": (("TJC28", "SJC28", "CRP"), das28_crp3),
    "CDAI": (("TJC28", "SJC28", "PTGA", "PHGA"), lambda t, s, p, d: cdai(t, s, p / 10, d / 10)),
    "SDAI": (("TJC28", "SJC28", "PTGA", "PHGA", "CRP"), lambda t, s, p, d, c: sdai(t, s, p / 10, d / 10, c)),
}
VARIANTS = {"ESR4": "DAS28ESR", "CRP4": "DAS28CRP", "ESR3": "DAS28E3", "CRP3": "DAS28C3"}
#: From this share of contradicting rows on (and from five rows on) the columns are wrong, not the rows.
THROUGHOUT = 0.5
#: So many equal values are no chance, whatever the date; fewer need the same day.
MANY = 10


@dataclass(frozen=True)
class Cell:
    """Where a value stands: its sheet, its field, its row."""

    sheet: Sheet
    field: Field
    row: int


def table_by_visit(sheets: Sequence[Sheet]) -> tuple[pd.DataFrame, dict[tuple[str, str, str], Cell]]:
    """Values by patient and visit, one column a PARAMCD (the first where there are several), and where each stands."""
    cells: dict[tuple[str, str, str], Cell] = {}
    for sheet in sheets:
        for field in sheet.fields:
            rows = np.flatnonzero(field.good & sheet.keep & ~np.isnan(field.aval))
            visits = np.full(len(sheet), field.column.visit, dtype=object) if field.column.visit else sheet.AVISIT
            for row in rows:
                cells.setdefault((sheet.USUBJID[row], visits[row], field.PARAMCD[row]), Cell(sheet, field, int(row)))
    if not cells:
        return pd.DataFrame(), cells
    keys = pd.MultiIndex.from_tuples(list(cells), names=["USUBJID", "AVISIT", "PARAMCD"])
    return pd.Series([cell.field.aval[cell.row] for cell in cells.values()], index=keys).unstack("PARAMCD"), cells


def computed(wide: pd.DataFrame, code: str) -> pd.Series:
    """A score from its components; NaN where one is missing, and everywhere where a component is not in the cohort."""
    parts, formula = FORMULAS[code]
    if not set(parts) <= set(wide.columns):
        return pd.Series(np.nan, index=wide.index)
    return pd.Series(formula(*(wide[part].to_numpy(float) for part in parts)), index=wide.index)


def _tolerance(catalogue: pd.DataFrame, code: str) -> float:
    return float(catalogue["tolerance"].to_dict()[code])


def settle_variant(sheets: Sequence[Sheet], config: Cohort, catalogue: pd.DataFrame, records: Records) -> None:
    """Give a shipped DAS28 of undeclared variant the PARAMCD of the variant that its components tell, or leave it as DAS28."""
    wide, _ = table_by_visit(sheets)
    if "DAS28" not in wide:
        return
    fitting = VARIANTS.get(config.das28_variant, "")
    if config.das28_variant == "auto":
        errors = {code: (wide["DAS28"] - computed(wide, code)).abs().dropna() for code in VARIANTS.values()}
        tolerance = _tolerance(catalogue, "DAS28")
        close = {code: float(gap.median()) for code, gap in errors.items() if len(gap) >= 5 and (gap <= tolerance).mean() >= 0.9}
        fitting = min(close, key=lambda code: close[code]) if close else ""
    if fitting:
        for sheet in sheets:
            for field in sheet.fields:
                field.PARAMCD = np.where(field.PARAMCD == "DAS28", fitting, field.PARAMCD)
        records.note(
            "score_variant", f"the shipped DAS28 was taken as {fitting} ({catalogue['PARAM'].to_dict()[fitting]})", value=fitting
        )


def check_scores(sheets: Sequence[Sheet], catalogue: pd.DataFrame, records: Records) -> set[tuple[str, str, str]]:
    """Hold shipped scores that do not follow from their components; returns (USUBJID, AVISIT, score) that nobody can settle.

    Where half of the rows contradict, the columns must be wrong, and the cohort is refused. Where exchanging ESR and CRP
    explains a row, these two are held and the score is kept.
    """
    wide, cells = table_by_visit(sheets)
    disputed: set[tuple[str, str, str]] = set()
    for code in [code for code in FORMULAS if code in wide]:
        gap = (wide[code] - computed(wide, code)).abs().dropna()
        wrong = gap[gap > _tolerance(catalogue, code) + 1e-9]
        if len(gap) >= 5 and len(wrong) >= THROUGHOUT * len(gap):
            _refuse(code, wrong, gap, wide, cells, records)
        else:
            for USUBJID, AVISIT in wrong.index:
                disputed |= _hold_one(code, USUBJID, AVISIT, wide, cells, catalogue, records)
    return disputed


def _refuse(
    code: str, wrong: pd.Series, gap: pd.Series, wide: pd.DataFrame, cells: dict[tuple[str, str, str], Cell], records: Records
) -> None:
    """Refuse the cohort, naming the columns and, where one fits, the variant that would fit."""
    first = cells[(*wrong.index[0], code)]
    parts = [cells[(*wrong.index[0], part)].field.name for part in FORMULAS[code][0]]
    fits = [other for other in VARIANTS.values() if other != code and (wide[code] - computed(wide, other)).abs().median() < 0.05]
    hint = f"; it would fit {fits[0]}" if fits else ""
    said = f"column {first.field.name} contradicts its components {', '.join(parts)} in {len(wrong)} of {len(gap)} rows{hint}"
    records.note("score_contradicts", said, first.sheet.table, column=first.field.name, count=len(wrong))


def _hold_one(
    code: str, USUBJID: str, AVISIT: str, wide: pd.DataFrame, cells: dict[tuple[str, str, str], Cell],
        catalogue: pd.DataFrame, records: Records
) -> set[tuple[str, str, str]]:  # fmt: skip
    row, parts = wide.loc[[(USUBJID, AVISIT)]].iloc[0], FORMULAS[code][0]
    swapped = row.rename({"ESR": "CRP", "CRP": "ESR"})
    explained = {"ESR", "CRP"} <= set(row.dropna().index) and {"ESR", "CRP"} & set(parts)
    if explained and abs(row[code] - computed(swapped.to_frame().T, code).iloc[0]) <= _tolerance(catalogue, code) / 2:
        for part in ("ESR", "CRP"):
            _hold_cell(
                cells[(USUBJID, AVISIT, part)],
                "exchanged",
                "looks exchanged between ESR and CRP: the score fits the exchanged values",
                records,
            )
        return set()
    shown = ", ".join(f"{cells[(USUBJID, AVISIT, part)].field.name} {row[part]:g}" for part in parts)
    value = computed(row.to_frame().T, code).iloc[0]
    _hold_cell(cells[(USUBJID, AVISIT, code)], "score_differs", f"does not follow from {shown}, which give {value:.2f}", records)
    return {(USUBJID, AVISIT, code)}


def _hold_cell(cell: Cell, rule: str, reason: str, records: Records) -> None:
    rows = np.zeros(len(cell.sheet), dtype=bool)
    rows[cell.row] = True
    records.hold(rule, cell.sheet.table, cell.sheet.cells(rows, cell.field.name), reason)
    cell.field.bad = cell.field.bad | rows


def check_sums(sheets: Sequence[Sheet], records: Records) -> None:
    """Warn where parts exceed their whole: white cells, proteins, bilirubin."""
    wide, cells = table_by_visit(sheets)
    sums = {"WBC": (("NEUT", "LYM", "MONO", "EOS", "BASO"), 0.1), "PROT": (("ALB", "GLOBUL"), 0.1), "BILI": (("BILDIR",), 0.1)}
    for whole, (parts, slack) in sums.items():
        there = [part for part in parts if part in wide]
        if whole not in wide or not there:
            continue
        over = wide[there].sum(axis=1) > wide[whole] * (1 + slack)
        for USUBJID, AVISIT in wide.index[over & wide[whole].notna()]:
            cell = cells[(USUBJID, AVISIT, whole)]
            rows = np.arange(len(cell.sheet)) == cell.row
            reason = f"is less than its parts together ({', '.join(there)})"
            records.note_cells("parts_exceed", cell.sheet.table, cell.sheet.cells(rows, cell.field.name), reason)


def check_repeats(sheet: Sheet, config: Cohort, catalogue: pd.DataFrame, records: Records) -> None:
    """Warn of two identifiers with the same values on the same days, and of a visit that repeats the visit before."""
    if sheet.table.shape != "visit" or len(sheet.fields) < 5:
        return
    values = pd.DataFrame(
        {field.PARAMCD[0]: np.where(field.good, field.aval, np.nan) for field in sheet.fields if len(field.PARAMCD)}
    )
    frame = values.assign(USUBJID=sheet.USUBJID, AVISIT=sheet.AVISIT, ADT=sheet.ADT)[
        sheet.keep & (values.notna().sum(axis=1) >= 5).to_numpy()
    ]
    codes = [str(code) for code in values.columns]
    _same_person(sheet, frame, codes, records)
    _copied(sheet, frame, codes, config, catalogue, records)


def _same_person(sheet: Sheet, frame: pd.DataFrame, codes: list[str], records: Records) -> None:
    by = codes if len(codes) >= MANY else [*codes, "ADT"]
    same = frame[frame.duplicated(by, keep=False) & (frame[codes].notna().sum(axis=1) >= min(MANY, len(codes)))]
    pairs: dict[tuple[str, ...], int] = {}
    for _, rows in same.groupby(by, dropna=False, sort=False):
        who = tuple(sorted(set(rows["USUBJID"])))
        if len(who) > 1:
            pairs[who] = pairs.get(who, 0) + 1
    for who, times in pairs.items():
        line = int(sheet.table.line[same.index[same["USUBJID"] == who[-1]][0]])
        said = f"{' and '.join(who)} have the same values in {times} rows: one person under two identifiers?"
        records.note(
            "same_person",
            said,
            sheet.table,
            line=line,
            column=(sheet.role("USUBJID") or ("",))[0],
            USUBJID=who[-1],
            value=who[-1],
            count=times,
        )


def _copied(
    sheet: Sheet, frame: pd.DataFrame, codes: list[str], config: Cohort, catalogue: pd.DataFrame, records: Records
) -> None:
    laboratory = [code for code in codes if catalogue.at[code, "domain"] == "LB"]
    ranks = {code: rank for rank, code in enumerate(config.visits)}
    ordered = frame.assign(rank=frame["AVISIT"].map(ranks)).dropna(subset=["rank"]).sort_values(["USUBJID", "rank"])
    before = ordered.groupby("USUBJID")[codes].shift()
    for kind in (laboratory, codes):
        both = ordered[kind].notna() & before[kind].notna()
        same = ((ordered[kind] == before[kind]) | ~both).all(axis=1) & (both.sum(axis=1) >= 5)
        for row in ordered.index[same]:
            visit = f"line {sheet.table.line[row]}: the visit {sheet.AVISIT[row]} of {sheet.USUBJID[row]}"
            said = f"{visit} repeats every value of the visit before"
            records.note(
                "copied_visit",
                said,
                sheet.table,
                line=int(sheet.table.line[row]),
                USUBJID=sheet.USUBJID[row],
                count=int(both.loc[row].sum()),
            )
        if same.any():
            return
