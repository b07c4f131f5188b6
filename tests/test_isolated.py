"""Parsers in a child process: the same table comes back, and whatever goes wrong in the child is a finding, not a failure."""

import io as buffers
import os
import signal
import time

import numpy as np
import pandas as pd
import psutil
import pytest

from racohort.config import parse_cohort
from racohort.io import isolated
from racohort.io.parcels import pack_table, unpack, unpack_table
from racohort.io.raw import parse_file
from racohort.schema import RawTable, Records
from tests.support.cohorts import cleaned, cohort, found

TEXT = "id,visit,crp\nP1,BL,12\nP1,Y1,\nP2,BL,<3\n"


def config(**limits: int):
    return parse_cohort(f"id: a\nfiles: [{{path: a.parquet, shape: visit}}]\nvisits: {{BL: {{}}}}\nlimits: {limits}")


def as_parquet(frame: pd.DataFrame) -> bytes:
    sink = buffers.BytesIO()
    frame.to_parquet(sink, index=False)
    return sink.getvalue()


DATA = as_parquet(pd.read_csv(buffers.StringIO(TEXT), dtype=str, keep_default_na=False))


def parsed(parse, data: bytes = DATA, **limits: int) -> tuple[RawTable, Records]:
    described = config(**limits)
    table, records = RawTable.blank("a.parquet", "visit"), Records()
    isolated.parse_apart(parse, data, described.files[0], described, table, records)
    return table, records


def crash(data, entry, config, table, records):
    os.kill(os.getpid(), signal.SIGSEGV)


def be_killed(data, entry, config, table, records):
    os.kill(os.getpid(), signal.SIGKILL)


def compute(data, entry, config, table, records):
    while True:
        pass


def wait(data, entry, config, table, records):
    time.sleep(60)


def swell(data, entry, config, table, records):
    table.cells = pd.DataFrame({"a": ["x" * 1_000_000_000]})


def stumble(data, entry, config, table, records):
    raise LookupError("P012 Zhang")


def leave(data, entry, config, table, records):
    raise SystemExit(0)


def chatter(data, entry, config, table, records):
    print("P012 Zhang", flush=True)
    parse_file(data, entry, config, table, records)


@pytest.mark.parametrize("forked", [True, False], ids=["forked", "fresh"])
def test_a_table_comes_back_from_a_child_as_it_was_read(monkeypatch, forked):
    monkeypatch.setattr(isolated, "FORKED", forked)
    table, records = parsed(parse_file)
    assert table.cells.to_csv(index=False) == TEXT
    assert table.line.tolist() == [2, 3, 4]
    assert (table.file, table.shape, table.native, table.rows_read) == ("a.parquet", "visit", True, 3)
    assert not records.findings


@pytest.mark.parametrize("forked", [True, False], ids=["forked", "fresh"])
def test_a_finding_comes_back_from_a_child(monkeypatch, forked):
    monkeypatch.setattr(isolated, "FORKED", forked)
    table, records = parsed(parse_file, DATA[:-9])
    assert [finding.rule for finding in records.findings] == ["file_corrupt"]
    assert table.cells.empty


@pytest.mark.parametrize(("parse", "rule", "said"), [
    (crash, "file_corrupt", "SIGSEGV"), (be_killed, "file_size", "MB of memory"), (compute, "file_size", "longer than 1 s"),
    (wait, "file_size", "longer than 1 s"), (swell, "file_size", "100 MB of memory"), (stumble, "file_corrupt", "LookupError"),
    (leave, "file_corrupt", "SystemExit"),
])  # fmt: skip
def test_a_child_that_does_not_finish_is_a_finding_with_a_reason(parse, rule, said):
    table, records = parsed(parse, seconds=1, memory_mb=100)
    assert [finding.rule for finding in records.findings] == [rule]
    assert said in records.findings[0].message
    assert "Zhang" not in records.findings[0].message
    assert table.cells.empty


def test_what_a_parser_prints_is_not_seen(capfd):
    table, _ = parsed(chatter)
    assert len(table.cells) == 3
    assert capfd.readouterr() == ("", "")


def test_no_child_no_pipe_and_no_temporary_file_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(isolated.tempfile, "tempdir", str(tmp_path))
    before, children = len(os.listdir("/dev/fd")), psutil.Process().children()
    for parse in (parse_file, crash, wait):
        parsed(parse, seconds=1)
    assert len(os.listdir("/dev/fd")) == before
    assert not os.listdir(tmp_path)
    assert set(psutil.Process().children()) <= set(children)


def test_limits_grow_with_the_file():
    limits = config().limits
    assert (limits.memory_for(0), limits.memory_for(100_000_000)) == (1_500_000_000, 4_000_000_000)
    assert (limits.seconds_for(2_000_000), limits.seconds_for(50_000_000)) == (50, 1250)
    assert (limits.inflated_for(7_500_000), limits.inflated_for(10_000_000)) == (150_000_000, 200_000_000)


def test_a_file_that_says_it_holds_more_cells_than_the_limit_is_refused_before_they_are_read(tmp_path):
    data = as_parquet(pd.DataFrame({"id": ["P1"] * 100, "visit": ["BL"] * 100, "crp": ["3"] * 100}))
    columns = {"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, "crp": {"paramcd": "CRP"}}
    few, enough = (
        found(cohort(tmp_path / f"{most}", {"a.parquet": data}, columns=columns, limits={"cells": most})) for most in (299, 300)
    )
    assert "100 rows x 3 columns" in few["file_size"]
    assert "file_size" not in enough


def test_a_file_larger_than_the_limit_is_refused_unread(tmp_path):
    text = b"id,visit,crp\n" + b"P1,BL,3\n" * 125_000
    assert "at most 1,000,000 are read" in found(cohort(tmp_path / "a", {"a.csv": text}, limits={"file_mb": 1}))["file_size"]


def test_a_parcel_holds_names_that_occur_twice_lines_and_records_and_no_cut_one_is_taken():
    table, records = RawTable.blank("a.xlsx", "long"), Records()
    table.cells = pd.DataFrame([["a", "", "é"], ["b", "\t", "血"]], columns=["x", "x", ""], dtype="str")
    table.line, table.sheet = np.array([2, 9]), "S"
    cells = pd.DataFrame({"line": [3], "column": [""], "USUBJID": [""], "AVISIT": [""], "value": ["2 fields"]})
    records.hold("short_row", table, cells, "where the header has 3 fields", "row")
    data = pack_table(table, records)
    other, said = RawTable.blank("a.xlsx", "long"), Records()
    unpack_table(data, other, said)
    assert other.cells.to_numpy().tolist() == table.cells.to_numpy().tolist()
    assert (list(other.cells.columns), other.line.tolist(), other.sheet) == (["x", "x", ""], [2, 9], "S")
    assert said.findings == records.findings
    assert said.quarantine().to_dict("records") == records.quarantine().to_dict("records")
    with pytest.raises(ValueError, match="cut"):
        unpack(data[:-1])


def test_a_whole_cohort_is_the_same_from_a_fresh_child(tmp_path, monkeypatch):
    columns = {"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, "crp": {"paramcd": "CRP"}}
    one = cleaned(cohort(tmp_path, {"a.parquet": DATA}, columns=columns))[1]
    monkeypatch.setattr(isolated, "FORKED", False)
    other = cleaned(cohort(tmp_path, {"a.parquet": DATA}, columns=columns))[1]
    pd.testing.assert_frame_equal(one.adlb, other.adlb)
