"""Cross-checks: scores against their components, and parts against their whole."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
#: A score fits a reading of its components where it is typically nearer than this.
CLOSE = 0.05
KEYS = ["USUBJID", "AVISIT"]
#: A whole, its parts, and the share by which these may exceed it.
SUMS = {
    "WBC": (("NEUT", "LYM", "MONO", "EOS", "BASO"), 0.1), "PROT": (("ALB", "GLOBUL"), 0.1), "BILI": (("BILDIR",), 0.1),
    "CHOL": (("HDL", "LDL"), 0.1), "TJC68": (("TJC28",), 0), "SJC66": (("SJC28",), 0), "SYSBP": (("DIABP",), 0),
}  # fmt: skip
#: Shares of one whole: percentages that cannot add up to much more than 100.
SHARES, MOST = ("NEUTLE", "LYMLE", "MONOLE", "EOSLE", "BASOLE"), 103
#: What follows from other values of its visit: these, the formula, and how far it may be from it (a share, and absolute).
FOLLOWS: dict[str, tuple[tuple[str, ...], Callable[..., pd.Series], float, float]] = {
    "BMI": (("WEIGHT", "HEIGHT"), lambda kg, cm: kg / (cm / 100) ** 2, 0.05, 0.1),
    "NEUT": (("WBC", "NEUTLE"), lambda all_, share: all_ * share / 100, 0.15, 0.15),
    "LYM": (("WBC", "LYMLE"), lambda all_, share: all_ * share / 100, 0.15, 0.15),
    "HCT": (("RBC", "MCV"), lambda cells, volume: cells * volume / 1000, 0.1, 0.01),
    "MCH": (("HGB", "RBC"), lambda haemoglobin, cells: haemoglobin / cells, 0.1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Values by patient and visit, one column a PARAMCD; `tidy` has one a row, with the number of its field and its row."""

    wide: pd.DataFrame
    tidy: pd.DataFrame
    fields: Sequence[tuple[Sheet, Field]]

    @cached_property
    def _places(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        names = ("USUBJID", "AVISIT", "PARAMCD", "place", "row")
        return {(who, visit, code): (int(place), int(row)) for who, visit, code, place, row in
                zip(*(self.tidy[name] for name in names), strict=True)}  # fmt: skip

    def cell(self, USUBJID: str, AVISIT: str, PARAMCD: str) -> tuple[Sheet, Field, int]:
        """The sheet, the field and the row of a value."""
        place, row = self._places[USUBJID, AVISIT, PARAMCD]
        return *self.fields[place], row


def table_by_visit(sheets: Sequence[Sheet], codes: Container[str]) -> Table:
    """The values of these parameters by patient and visit; of several for one parameter the first.

    What is unscheduled, and a visit with several records of a parameter, is told apart by its day: "UNSCHEDULED@2014-03-01".
    """
    fields = [(sheet, field) for sheet in sheets for field in sheet.fields if any(code in codes for code in field.codes)]
    parts = [_values(sheet, field, codes).assign(place=place) for place, (sheet, field) in enumerate(fields)]
    blank = pd.DataFrame({name: [] for name in ("USUBJID", "AVISIT", "PARAMCD", "AVAL", "row", "day", "place")})
    rows = _by_day(pd.concat([part for part in parts if len(part)] or [blank], ignore_index=True))
    first = rows.drop_duplicates(["USUBJID", "AVISIT", "PARAMCD"])
    wide = pd.DataFrame(first.set_index(["USUBJID", "AVISIT", "PARAMCD"])["AVAL"].unstack("PARAMCD"))
    return Table(wide, first, fields)


def planned_visit(AVISIT: str) -> str:
    """The visit of a table by visit, without its day."""
    return AVISIT.partition("@")[0]


def _by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the day in AVISIT where a visit alone may be several; without a day, each row is of its own."""
    several = rows.duplicated(["USUBJID", "AVISIT", "PARAMCD"], keep=False)
    if not several.any() and not (rows["AVISIT"] == "UNSCHEDULED").any():
        return rows
    visits = pd.MultiIndex.from_frame(rows[["USUBJID", "AVISIT"]])
    apart = (rows["AVISIT"] == "UNSCHEDULED").to_numpy() | visits.isin(visits[several])
    day = rows["day"].dt.strftime("%Y-%m-%d").fillna("line " + rows["row"].astype("str"))
    return rows.assign(AVISIT=rows["AVISIT"].mask(apart, rows["AVISIT"] + "@" + day))


def _values(sheet: Sheet, field: Field, codes: Container[str]) -> pd.DataFrame:
    wanted = np.array([code in codes for code in field.readings.PARAMCD], dtype=bool) & ~np.isnan(field.readings.aval)
    row = np.flatnonzero(wanted[field.at] & field.good & sheet.keep)
    visit = np.full(len(row), field.column.visit, dtype=object) if field.column.visit else sheet.AVISIT[row]
    return pd.DataFrame({
        "USUBJID": sheet.USUBJID[row], "AVISIT": visit, "PARAMCD": field.PARAMCD[row], "AVAL": field.aval[row], "row": row,
        "day": sheet.day_of(field.column.visit)[row].astype("datetime64[s]"),
    })  # fmt: skip


def computed(wide: pd.DataFrame, code: str) -> pd.Series:
    """A score from its components; NaN where one is missing, and everywhere where a component is not in the cohort."""
    parts, formula = FORMULAS[code]
    if not set(parts) <= set(wide.columns):
        return pd.Series(np.nan, index=wide.index)
    return pd.Series(formula(*(wide[part].to_numpy(float) for part in parts)), index=wide.index)


def _tolerance(catalogue: pd.DataFrame, code: str) -> float:
    return float(catalogue["tolerance"].to_dict()[code])


def _codes(sheets: Sequence[Sheet]) -> set[str]:
    """The parameters that the cohort measures."""
    return {code for sheet in sheets for field in sheet.fields for code in field.codes}


def settle_variant(sheets: Sequence[Sheet], config: Cohort, catalogue: pd.DataFrame, records: Records) -> None:
    """Give a shipped DAS28 of undeclared variant the PARAMCD of the variant that its components tell, or leave it as DAS28."""
    if "DAS28" not in _codes(sheets):
        return
    wide = table_by_visit(sheets, {"DAS28", *(part for code in VARIANTS.values() for part in FORMULAS[code][0])}).wide
    if "DAS28" not in wide:
        return
    fitting = VARIANTS.get(config.das28_variant, "")
    if config.das28_variant == "auto":
        errors = {code: (wide["DAS28"] - computed(wide, code)).abs().dropna() for code in VARIANTS.values()}
        tolerance = _tolerance(catalogue, "DAS28")
        close = {code: float(gap.median()) for code, gap in errors.items() if len(gap) >= 5 and (gap <= tolerance).mean() >= 0.9}
        fitting = min(close, key=lambda code: close[code]) if close else ""
    if fitting:
        for readings in (field.readings for sheet in sheets for field in sheet.fields):
            readings.PARAMCD = np.where(readings.PARAMCD == "DAS28", fitting, readings.PARAMCD)
        records.note(
            "score_variant", f"the shipped DAS28 was taken as {fitting} ({catalogue['PARAM'].to_dict()[fitting]})", value=fitting
        )


def check_scores(sheets: Sequence[Sheet], catalogue: pd.DataFrame, records: Records) -> set[tuple[str, str, str]]:
    """Hold shipped scores that do not follow from their components; returns (USUBJID, AVISIT, score) that nobody can settle.

    Where half of the rows contradict, the columns must be wrong, and the cohort is refused. Where exchanging ESR and CRP
    explains a row, these two are held and the score is kept.
    """
    shipped = [code for code in FORMULAS if code in _codes(sheets)]
    disputed: set[tuple[str, str, str]] = set()
    if not shipped:
        return disputed
    table = table_by_visit(sheets, {*FORMULAS, *(part for parts, _ in FORMULAS.values() for part in parts)})
    for code in [code for code in shipped if code in table.wide]:
        gap = (table.wide[code] - computed(table.wide, code)).abs().dropna()
        wrong = gap[gap > _tolerance(catalogue, code) + 1e-9]
        if len(gap) >= 5 and len(wrong) >= THROUGHOUT * len(gap):
            _refuse(code, wrong, gap, table, catalogue, records)
        else:
            for at, row in table.wide[table.wide.index.isin(wrong.index)].iterrows():
                disputed |= _hold_one(code, at, row, table, catalogue, records)  # type: ignore[arg-type]
    return disputed


def _refuse(
    code: str, wrong: pd.Series, gap: pd.Series, table: Table, catalogue: pd.DataFrame, records: Records
) -> None:  # fmt: skip
    """Refuse the cohort, naming the columns and, where there is one, the reading of them that would fit."""
    USUBJID, AVISIT = wrong.index[0]
    sheet, field, _ = table.cell(USUBJID, AVISIT, code)
    names = {part: table.cell(USUBJID, AVISIT, part)[1].name for part in FORMULAS[code][0]}
    fits = _fitting(code, table.wide, names, catalogue)
    hint = f"; it would fit {fits[0]}" if fits else ""
    said = f"column {field.name} contradicts its components {', '.join(names.values())} in {len(wrong)} of {len(gap)} rows{hint}"
    records.note("score_contradicts", said, sheet.table, column=field.name, count=len(wrong))


def _fitting(code: str, wide: pd.DataFrame, names: Mapping[str, str], catalogue: pd.DataFrame) -> list[str]:
    """What a score would fit: another variant, a component in another unit, or two components exchanged."""
    parts, units = FORMULAS[code][0], catalogue["units"].to_dict()
    tried = [(other, wide, other) for other in VARIANTS.values() if other != code]
    tried += [(f"if {names[part]} were in {unit}", wide.assign(**{part: wide[part] * float(factor)}), code)
              for part in parts for unit, factor in units[part].items()]  # fmt: skip
    measured = [other for other in wide.columns if other not in FORMULAS and other in units]
    swapped = [(one, other) for one in parts for other in measured if other != one]
    tried += [(f"if {names[one]} and {names.get(other, other)} were exchanged",
               wide.rename(columns={one: other, other: one}), code) for one, other in swapped]  # fmt: skip
    return [said for said, frame, variant in tried if (wide[code] - computed(frame, variant)).abs().median() < CLOSE]


def _hold_one(
    code: str, at: tuple[str, str], row: pd.Series, table: Table, catalogue: pd.DataFrame, records: Records
) -> set[tuple[str, str, str]]:
    USUBJID, AVISIT = at
    parts = FORMULAS[code][0]
    swapped = row.rename({"ESR": "CRP", "CRP": "ESR"})
    explained = {"ESR", "CRP"} <= set(row.dropna().index) and {"ESR", "CRP"} & set(parts)
    if explained and abs(row[code] - computed(swapped.to_frame().T, code).iloc[0]) <= _tolerance(catalogue, code) / 2:
        for part in ("ESR", "CRP"):
            hold_cell(
                *table.cell(USUBJID, AVISIT, part),
                "exchanged",
                "looks exchanged between ESR and CRP: the score fits the exchanged values",
                records,
            )
        return set()
    shown = ", ".join(f"{table.cell(USUBJID, AVISIT, part)[1].name} {row[part]:g}" for part in parts)
    value = computed(row.to_frame().T, code).iloc[0]
    hold_cell(
        *table.cell(USUBJID, AVISIT, code), "score_differs", f"does not follow from {shown}, which give {value:.2f}", records
    )
    return {(USUBJID, planned_visit(AVISIT), code)}


def hold_cell(sheet: Sheet, field: Field, row: int, rule: str, reason: str, records: Records) -> None:
    """Quarantine one cell."""
    records.hold(rule, sheet.table, sheet.cells(np.array([row]), field.name), reason)
    field.bad[row] = True


def check_sums(sheets: Sequence[Sheet], records: Records) -> None:
    """Warn where parts exceed their whole, percentages add up to more than 100, and a value does not follow from others."""
    measured = _codes(sheets)
    for whole, (parts, slack) in SUMS.items():
        if whole in measured and measured & set(parts):
            table = table_by_visit(sheets, {whole, *parts})
            there = [part for part in parts if part in table.wide]
            if whole in table.wide and there:
                over = table.wide[there].sum(axis=1) > table.wide[whole] * (1 + slack)
                _doubt(whole, over, "parts_exceed", f"is less than {' and '.join(there)}, which it cannot be", table, records)
    if len(measured & set(SHARES)) > 1:
        table = table_by_visit(sheets, SHARES)
        largest = table.wide.idxmax(axis=1)
        for code in pd.unique(largest):
            over = (table.wide.sum(axis=1) > MOST) & (largest == code)
            _doubt(code, over, "parts_exceed", "and the other shares of its sample add up to more than 100 %", table, records)
    for code, (parts, formula, share, slack) in FOLLOWS.items():
        if {code, *parts} <= measured:
            table = table_by_visit(sheets, {code, *parts})
            if {code, *parts} <= set(table.wide):
                meant = formula(*(table.wide[part] for part in parts))
                odd = (table.wide[code] - meant).abs() > share * meant + slack
                _doubt(code, odd, "derived_differs", f"does not follow from {' and '.join(parts)} of its visit", table, records)


def _doubt(code: str, rows: pd.Series, rule: str, reason: str, table: Table, records: Records) -> None:
    """Warn of the values of a parameter at some patients' visits."""
    wrong = table.tidy[(table.tidy["PARAMCD"] == code) & pd.MultiIndex.from_frame(table.tidy[KEYS]).isin(rows.index[rows])]
    for place, found in wrong.sort_values(KEYS, kind="stable").groupby("place", sort=False)["row"]:
        sheet, field = table.fields[int(place)]  # type: ignore[arg-type]
        records.note_cells(rule, sheet.table, sheet.cells(found.to_numpy(), field.name), reason)


def check_files(sheets: Sequence[Sheet], config: Cohort, records: Records) -> None:
    """Warn where two files give different values of one parameter for one visit, on one day as far as they tell it."""
    there: dict[str, list[tuple[Sheet, Field]]] = {}
    for sheet in sheets:
        for field in sheet.fields:
            for code in field.codes:
                there.setdefault(code, []).append((sheet, field))
    for code, fields in there.items():
        if len({id(sheet) for sheet, _ in fields}) > 1:
            rows = pd.concat([_values(sheet, field, {code}).assign(place=at) for at, (sheet, field) in enumerate(fields)])
            rows = rows[rows["AVISIT"].isin(list(config.visits))]
            both = rows.merge(rows.drop_duplicates(KEYS), on=KEYS, suffixes=("", "_first"))
            same_day = (both["day"] == both["day_first"]) | both["day"].isna() | both["day_first"].isna()
            differs = ~np.isclose(both["AVAL"], both["AVAL_first"], rtol=1e-6, atol=0)
            for place, some in both[differs & same_day].groupby("place", sort=False):
                _note_other(fields, int(place), some, records)  # type: ignore[arg-type]


def _note_other(fields: Sequence[tuple[Sheet, Field]], place: int, rows: pd.DataFrame, records: Records) -> None:
    """Values of one file that are others than those of an earlier one."""
    sheet, field = fields[place]
    firsts = [fields[first] for first in rows["place_first"]]
    told = [f"is another value than {one.name} of {other.table.file} gives for {who} at {visit}"
            for (other, one), who, visit in zip(firsts, rows["USUBJID"], rows["AVISIT"], strict=True)]  # fmt: skip
    apart = [first is not sheet for first, _ in firsts]
    cells = sheet.cells(rows["row"].to_numpy()[apart], field.name)
    records.note_cells("files_differ", sheet.table, cells, [said for said, yes in zip(told, apart, strict=True) if yes])
