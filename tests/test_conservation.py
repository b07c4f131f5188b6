"""Whatever a file holds, every cell that was read is analysed, kept out, or said to be nothing: held cell by cell on drawn files.

The oracle is the file itself: its cells by line and column, against the data sets, the quarantine and the ledger as written.
"""

import csv
import io
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from racohort.schema import CohortError
from tests.support.cohorts import cleaned, cohort

#: Texts of a measured cell; those of `NOTHING` mean that there is no value.
NOTHING = ("", "NA", ".", "-", "未查")
CELLS = st.sampled_from(
    [*NOTHING, "12", "12.5", "<3", ">99", "x", "1,234", "-4", "9999", "１２", "12..5", "3 mg/L", " 7 ", "7 H", "(5)", "3-5", "2+"]
)
IDS = st.sampled_from(["P1", "p1", "P2", "P2 ", "", "P03", "P3", "Total", "?", "1E+17"])
VISITS = st.sampled_from(["BL", "bl", "Y1", "12 months", "Y3", "??", ""])
DATES = st.sampled_from(["2013-03-01", "2014-03-01", "2014-02-30", "01/03/2014", "", "2016-03-01"])
#: Header and rows of a table of each shape.
TABLES = {
    "visit": ("id,visit,date,crp,alt,haq", (IDS, VISITS, DATES, CELLS, CELLS, CELLS)),
    "long": ("id,visit,item,result,unit", (IDS, VISITS, st.sampled_from(["CRP", "ALT", "hb", "?", ""]), CELLS,
             st.sampled_from(["", "mg/L", "mg/dL", "U/L"]))),
    "wide": ("id,sex,crp_BL,crp_Y1,alt_BL", (IDS, st.sampled_from(["M", "F", "x", ""]), CELLS, CELLS, CELLS)),
    "event": ("id,event,start,grade", (IDS, st.sampled_from(["fever", "Fever", "none", "", "rash"]), DATES,
              st.sampled_from(["1", "II", "9", "", "mild"]))),
}  # fmt: skip
WIDE = {"crp_{visit}": {"paramcd": "CRP"}, "alt_{visit}": {"paramcd": "ALT"}}


def _text(header: str, rows: list[tuple[str, ...]]) -> str:
    """The table as CSV; a row may have lost its last cell."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header.split(","), *rows])
    return out.getvalue()


def _places(frame: pd.DataFrame, file: str) -> Counter[tuple[int, str]]:
    own = frame[(frame["file"] == file) & frame["line"].notna()]
    return Counter(zip(own["line"].astype(int), own.get("column", pd.Series("", index=own.index)), strict=True))


@pytest.mark.parametrize("shape", list(TABLES))
def test_every_cell_of_a_file_is_analysed_or_kept_out_once_or_is_nothing(tmp_path_factory, shape):
    header, kinds = TABLES[shape]
    rows_drawn = st.lists(st.tuples(st.tuples(*kinds), st.booleans() | st.just(True)), min_size=6, max_size=16)

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
    @given(rows_drawn)
    def holds(drawn: list[tuple[tuple[str, ...], bool]]) -> None:
        rows = [row if whole else row[:-1] for row, whole in drawn]
        _hold(tmp_path_factory.mktemp(shape), shape, header, rows)

    holds()


def _hold(folder: Path, shape: str, header: str, rows: list[tuple[str, ...]]) -> None:
    files = {"a.csv": _text(header, rows).encode("utf-8")}
    shapes = {"a.csv": shape}
    if shape == "event":
        files["v.csv"] = b"id,visit,date,crp\nP1,BL,2013-03-01,3\nP2,BL,2013-03-01,4\nP3,BL,2013-03-01,4\n"
    path = cohort(folder, files, shapes, **({"columns": WIDE} if shape == "wide" else {}))
    try:
        clean, data = cleaned(path)
    except CohortError:
        return  # refused with a reason, which other tests hold
    values = pd.concat([data.adlb, data.adqs])
    used = _places(values[values["DTYPE"] == ""], "a.csv")
    held = clean.records.quarantine()
    out = _places(held[held["scope"] == "cell"], "a.csv")
    gone = set(held.loc[(held["scope"] != "cell") & (held["file"] == "a.csv"), "line"].astype(int))
    told = clean.records.ledger()
    twice = set(told.loc[told["rule"].isin(["row_twice", "event_twice"]), "line"].astype(int))
    assert max([*used.values(), 0]) <= 1
    measured = [name for name in header.split(",") if name.split("_")[0] in ("crp", "alt", "haq", "result")]
    for line, row in enumerate(rows, 2):
        cells = dict(zip(header.split(","), row, strict=False))
        if shape == "event":
            listed = (data.adae["line"] == line).sum()
            assert listed + (line in gone | twice) == 1 or not any(cell.strip() for cell in row), (line, row)
        for name in measured:
            text, place = cells.get(name, ""), (line, name)
            fates = [used[place] == 1, out[place] > 0, line in gone, line in twice, text.strip() in NOTHING]
            assert any(fates), (place, text)
            assert not (used[place] and (out[place] or line in gone | twice)), (place, text)
    assert set(used) <= {(line, name) for line in range(2, len(rows) + 2) for name in measured}
