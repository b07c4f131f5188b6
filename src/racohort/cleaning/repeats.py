"""Values that repeat where they should not: one person under two identifiers, visits copied from another, items that are one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from racohort.cleaning.ranges import FEW
from racohort.cleaning.sheets import Field, Sheet
from racohort.config import Cohort
from racohort.schema import Records

#: So many equal values are no chance, whatever the date; fewer need the same day.
MANY = 10
#: A visit with fewer equal values than this is no copy of another.
FEWEST = 5
#: Two samples of two patients are a copy where fewer such pairs than this are to be expected by chance in the whole file.
CHANCE = 1e-6
#: What follows from other values of the same sample, so that its being equal says nothing more.
FOLLOWS = {"MCV", "MCH", "MCHC", "NEUTLE", "LYMLE", "MONOLE", "EOSLE", "BASOLE", "GLOBUL", "BILIND", "UREAN", "EGFR", "INR"}


def check_repeats(sheet: Sheet, config: Cohort, catalogue: pd.DataFrame, records: Records) -> None:
    """Warn of two identifiers with the same values, and of a visit that repeats another, of the same or of another patient."""
    if sheet.table.shape in ("subject", "event") or not sheet.fields or not len(sheet):
        return
    told: set[tuple[str, ...]] = set()
    if sheet.table.shape == "visit" and len(sheet.fields) >= FEWEST:
        fields = {field.codes[0]: field for field in sheet.fields}
        given = np.zeros(len(sheet), dtype="int32")
        for field in fields.values():
            given += field.good & ~np.isnan(field.aval)
        told = _same_person(sheet, fields, given, records)
        _copied(sheet, fields, given, config, catalogue, records)
    samples = _samples(sheet, catalogue)
    same = samples.frame[samples.frame["count"] >= FEWEST]
    same = same[same.duplicated(["mark", "count"], keep=False)]
    _copied_to_another(sheet, samples, same, told, records)
    if sheet.table.shape != "visit":
        _copied_forward(sheet, same, config, records)
    if sheet.table.shape == "long":
        _note_items(sheet, catalogue, records)


def _same_person(
    sheet: Sheet, fields: Mapping[str, Field], given: np.ndarray, records: Records
) -> set[tuple[str, ...]]:  # fmt: skip
    """Warn of rows of two patients that are equal in every value; returns these patients."""
    codes, days = list(fields), sheet.ADT.astype("int64")
    rows = np.flatnonzero(sheet.keep & (given >= max(FEWEST, min(MANY, len(codes)))))
    marks = np.zeros(len(rows), dtype="uint64") if len(codes) >= MANY else pd.util.hash_array(days[rows])
    for field in fields.values():
        marks = marks * np.uint64(31) + pd.util.hash_array(_given(field, rows))
    rows = rows[pd.Series(marks).duplicated(keep=False).to_numpy()]
    same = pd.DataFrame({code: _given(field, rows) for code, field in fields.items()}, index=rows)
    same = same.assign(USUBJID=sheet.USUBJID[rows], ADT=days[rows])
    by = codes if len(codes) >= MANY else [*codes, "ADT"]
    same = same[same.duplicated(by, keep=False)]
    pairs: Counter[tuple[str, ...]] = Counter()
    for _, who in same.groupby(by, dropna=False, sort=False)["USUBJID"]:
        pairs[tuple(sorted(set(who)))] += 1
    first = dict(zip(same["USUBJID"][::-1], same.index[::-1], strict=True))
    found = {people: times for people, times in pairs.items() if len(people) > 1}
    for people, times in found.items():
        in_rows = "1 row" if times == 1 else f"{times} rows"
        said = f"{' and '.join(people)} have the same values in {in_rows}: one person under two identifiers?"
        _note_people(people, said, int(first[people[-1]]), times, sheet, records)
    return set(found)


def _note_people(people: tuple[str, ...], said: str, row: int, times: int, sheet: Sheet, records: Records) -> None:
    column = sheet.identifier
    where = {"line": int(sheet.table.line[row]), "column": column, "USUBJID": people[-1], "value": people[-1]}
    records.note("same_person", said, sheet.table, **where, count=times)


def _given(field: Field, rows: np.ndarray) -> np.ndarray:
    """The usable values of some rows of a field, NaN where there is none."""
    at, readings = field.at[rows], field.readings
    return np.where(readings.missing[at] | field.bad[rows], np.nan, readings.aval[at]) + 0.0


def _tells_apart(code: str, catalogue: pd.DataFrame) -> bool:
    """Whether a value of this analyte can tell patients apart: it is measured, not counted, graded or answered on a few steps."""
    return bool(catalogue.at[code, "scale"] in ("linear", "log") and np.isnan(catalogue["step"].to_dict()[code]))


def _copied(
    sheet: Sheet, fields: Mapping[str, Field], given: np.ndarray, config: Cohort, catalogue: pd.DataFrame, records: Records
) -> None:
    """Warn of visits that repeat every laboratory value, or else every value, of the patient's visit before."""
    ranks = {code: rank for rank, code in enumerate(config.visits)}
    rows = np.flatnonzero(sheet.keep & (given >= FEWEST) & sheet.planned(ranks))
    rank = pd.Series(sheet.AVISIT[rows], dtype=object).map(ranks).to_numpy(dtype="int64")
    rows = rows[np.lexsort((rank, sheet.who[rows]))]
    followed = sheet.who[rows[1:]] == sheet.who[rows[:-1]]
    before, after = rows[:-1][followed], rows[1:][followed]
    for kind in ([code for code in fields if catalogue.at[code, "domain"] == "LB"], list(fields)):
        equal, compared = np.ones(len(after), dtype=bool), np.zeros(len(after), dtype="int32")
        for code in kind:
            one, other = _given(fields[code], before), _given(fields[code], after)
            both = ~np.isnan(one) & ~np.isnan(other)
            equal &= ~both | (one == other)
            compared += both & (one != 0) if _tells_apart(code, catalogue) else 0
        same = equal & (compared >= FEWEST)
        for row in after[same]:
            _note_copy(sheet, int(row), sheet.AVISIT[row], "the visit before", records)
        if same.any():
            return


def _note_copy(sheet: Sheet, row: int, AVISIT: str, earlier: str, records: Records) -> None:
    line, USUBJID = int(sheet.table.line[row]), sheet.people[sheet.who[row]]
    said = f"line {line}: the visit {AVISIT} of {USUBJID} repeats every value of {earlier}"
    records.note("copied_visit", said, sheet.table, line=line, USUBJID=USUBJID)


@dataclass(frozen=True)
class Samples:
    """The laboratory values of each patient at a visit and day, as far as they tell patients apart.

    `frame` has who, AVISIT, row (the first), count of values and `mark`, which is the same where the values are: a sum, over
    them, of numbers that stand for analyte and value. `ids` gives the place in it of each row of a field, `shares` how often
    each value of an analyte occurs.
    """

    frame: pd.DataFrame
    ids: Sequence[np.ndarray]
    used: Sequence[np.ndarray]
    fields: Sequence[Field]

    @cached_property
    def shares(self) -> dict[str, "pd.Series[int]"]:
        """How often each value of an analyte occurs, by PARAMCD."""
        rows = [pd.DataFrame({"code": field.PARAMCD[at], "value": field.aval[at]})
                for field, at in zip(self.fields, self.used, strict=True)]  # fmt: skip
        return {str(code): some["value"].value_counts() for code, some in pd.concat(rows).groupby("code")}

    def values(self, sample: int) -> Iterator[tuple[str, float]]:
        """The analytes and values of one sample."""
        for field, ids, used in zip(self.fields, self.ids, self.used, strict=True):
            for row in used[ids == sample]:
                yield field.readings.PARAMCD[field.at[row]], float(field.readings.aval[field.at[row]])

    def expected(self, sample: int) -> float:
        """How many pairs of samples with just these values there would be by chance.

        The pairs there are, times the share of the other samples with each value; a value that no other has counts as one.
        """
        n = int((self.frame["count"] >= FEWEST).sum())
        chance = n * (n - 1) / 2
        for code, value in self.values(sample):
            counts = self.shares[code]
            chance *= max(counts[value] - 1, 1) / max(counts.sum() - 1, 1)
        return chance


def _samples(sheet: Sheet, catalogue: pd.DataFrame) -> Samples:
    visits = list(dict.fromkeys(field.column.visit for field in sheet.fields))
    place, n = _places(sheet)
    marks, count = np.zeros(n * len(visits), dtype="uint64"), np.zeros(n * len(visits), dtype="int64")
    row, label = np.zeros(n * len(visits), dtype="int64"), np.full(n * len(visits), "", dtype=object)
    ids, used = [], []
    for field in sheet.fields:
        number, tells = _marks(field, catalogue)
        rows = np.flatnonzero(tells[field.at] & field.good & sheet.keep)
        at = place[rows] + n * visits.index(field.column.visit)
        np.add.at(marks, at, number[field.at[rows]])
        np.add.at(count, at, 1)
        row[at[::-1]], label[at] = rows[::-1], field.column.visit or sheet.AVISIT[rows]
        ids.append(at)
        used.append(rows)
    frame = pd.DataFrame({"mark": marks, "count": count, "row": row, "AVISIT": label, "who": sheet.who[row]})
    return Samples(frame, ids, used, sheet.fields)


def _places(sheet: Sheet) -> tuple[np.ndarray, int]:
    """The sample of each row, and how many there are: a row is one, or all rows of a patient, visit and day in a long table."""
    if sheet.table.shape != "long":
        return np.arange(len(sheet)), len(sheet)
    rows = pd.DataFrame({"who": sheet.who, "visit": pd.factorize(sheet.AVISIT)[0], "day": sheet.ADT.astype("int64")})
    rows["label"] = sheet.texts(found[0]).at if (found := sheet.role("AVISIT")) else 0
    place = rows.groupby(list(rows.columns), sort=False).ngroup().to_numpy()
    return place, int(place.max()) + 1


def _marks(field: Field, catalogue: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A number for every reading of a field that stands for its analyte and value, and whether it tells samples apart."""
    readings = field.readings
    told = {code: bool(code) and catalogue.at[code, "domain"] == "LB" and _tells_apart(code, catalogue)
            and code not in FOLLOWS for code in field.codes}  # fmt: skip
    code = pd.util.hash_array(readings.PARAMCD.astype(object)) | np.uint64(1)
    used = pd.Series(readings.PARAMCD).map(told).to_numpy(dtype=bool) & ~np.isnan(readings.aval)
    return pd.util.hash_array(readings.aval + 0.0) * code, used


def _copied_to_another(sheet: Sheet, samples: Samples, same: pd.DataFrame, told: set[tuple[str, ...]], records: Records) -> None:
    """Warn of samples of two patients that are equal in every value, where that is no chance."""
    pairs: dict[tuple[str, ...], list[pd.DataFrame]] = {}
    for _, group in same.groupby(["mark", "count"], sort=False):
        people = tuple(sheet.people[np.unique(group["who"])])
        if len(people) > 1 and people not in told and samples.expected(int(group.index[0])) < CHANCE:
            pairs.setdefault(people, []).append(group)
    for people, groups in pairs.items():
        visits = " and ".join(dict.fromkeys(visit for group in groups for visit in group["AVISIT"] if visit))
        which = f"{groups[0]['count'].iloc[0]} measured values" + (f" at {visits}" if visits else "")
        asked = "one person under two identifiers" if len(groups) > 1 else "copied from one to the other"
        last = groups[0][sheet.people[groups[0]["who"]] == people[-1]]
        said = f"{' and '.join(people)} have the same {which}: {asked}?"
        _note_people(people, said, int(last["row"].iloc[0]), len(groups), sheet, records)


def _copied_forward(sheet: Sheet, same: pd.DataFrame, config: Cohort, records: Records) -> None:
    """Warn of samples that repeat every value of the same patient's sample of an earlier visit."""
    ranks = {code: rank for rank, code in enumerate(config.visits)}
    planned = same[same["AVISIT"].isin(list(ranks))].sort_values("AVISIT", key=lambda codes: codes.map(ranks), kind="stable")
    for _, group in planned.groupby(["who", "mark", "count"], sort=False):
        first = str(group["AVISIT"].iloc[0])
        for row, visit in zip(group["row"], group["AVISIT"], strict=True):
            if visit != first:
                _note_copy(sheet, int(row), str(visit), f"the visit {first}", records)


def _note_items(sheet: Sheet, catalogue: pd.DataFrame, records: Records) -> None:
    """Warn of two items of a long table that have the same results at every visit: one was filled with the other."""
    field, place = sheet.fields[0], _places(sheet)[0]
    rows = np.flatnonzero(field.good & sheet.keep)
    words = pd.util.hash_array(field.readings.text.astype(object))[field.at[rows]]
    items = pd.DataFrame(
        {"code": field.PARAMCD[rows], "text": field.at[rows], "mark": words * (2 * place[rows].astype("uint64") + 1)}
    )
    of = items.groupby("code", sort=False)
    found = pd.DataFrame({"mark": of["mark"].sum(), "n": of.size(), "different": of["text"].nunique()})
    measured = found.index.map(lambda code: _tells_apart(str(code), catalogue))
    found = found[(found["different"] >= FEW) & np.asarray(measured, dtype=bool)]
    for _, group in found.groupby(["mark", "n"], sort=False):
        for code in group.index[1:]:
            said = f"{group.index[0]} and {code} have the same results in all {group['n'].iloc[0]} rows"
            records.note("columns_equal", said, sheet.table, column=field.name, value=code, count=int(group["n"].iloc[0]))
