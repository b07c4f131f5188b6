"""Packed files: one data file in a gzip or zip archive is read as the file itself; anything else is refused with a reason."""

import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.support.cohorts import cleaned, cohort, found, table, values

DRAWN = "id visit crp\nP1 BL 12\nP1 Y1 8\nP2 BL 30"
CSV = table(DRAWN).encode()
COLUMNS = {"id": {"role": "USUBJID"}, "visit": {"role": "AVISIT"}, "crp": {"paramcd": "CRP", "unit": "mg/L"}}


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv.gz", gzip.compress(CSV)),
        ("a.csv.gz", gzip.compress(CSV[:20]) + gzip.compress(CSV[20:])),
        ("a.zip", zipped(a__csv=CSV)),
        ("a.csv.zip", zipped(a__csv=CSV)),
        ("a.zip", zipped(a__csv=CSV, **{"__DS_Store": b"\0", "Thumbs__db": b"\0", "__MACOSX/.__a__csv": b"\0"})),
    ],
    ids=["gzip", "gzip in two members", "zip", "zip named after its file", "zip with leftovers"],
)
def test_a_packed_file_gives_what_the_file_itself_gives(tmp_path: Path, name: str, data: bytes) -> None:
    expected = values(cleaned(cohort(tmp_path / "plain", {"a.csv": CSV}))[1]).drop(columns="file")
    got = values(cleaned(cohort(tmp_path / "packed", {name: data}, columns=COLUMNS))[1]).drop(columns="file")
    pd.testing.assert_frame_equal(got, expected)


@pytest.mark.parametrize(
    ("name", "data", "rule", "said"),
    [
        ("a.csv.gz", gzip.compress(CSV)[:-6], "file_corrupt", "its end is missing"),
        ("a.csv.gz", gzip.compress(CSV) + b"\x1f", "file_corrupt", "after its end"),
        ("a.csv.gz", b"\x1f\x8b" + bytes(30), "file_corrupt", "cannot be unpacked"),
        ("a.zip", zipped(a__csv=CSV)[:-9], "file_corrupt", "cannot be unpacked"),
        ("a.zip", zipped(a__csv=CSV, b__csv=CSV), "file_unsupported", "2 files (a.csv, b.csv)"),
        ("a.zip", zipped(), "file_unsupported", "0 files"),
        ("a.zip", zipped(a__xlsx=CSV), "file_kind", "is a file of kind CSV"),
        ("a.csv", gzip.compress(CSV), "file_kind", "kind gzip"),
        (
            "a.sas7bdat",
            bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011") + bytes(4000),
            "file_corrupt",
            "SAS",
        ),
    ],
    ids=[
        "cut gzip",
        "gzip cut in the next member",
        "no gzip",
        "cut zip",
        "two files",
        "no file",
        "false name",
        "gzip as csv",
        "damaged sas7bdat",
    ],
)
def test_an_archive_that_is_not_one_data_file_is_refused_with_a_reason(
    tmp_path: Path, name: str, data: bytes, rule: str, said: str
) -> None:
    assert said in found(cohort(tmp_path, {name: data}, columns=COLUMNS))[rule]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_an_archive_that_inflates_beyond_all_measure_is_refused_before_it_does(tmp_path: Path, name: str) -> None:
    bomb = b"id,visit,crp\n" + b"P1,BL,1\n" * 200_000
    data = gzip.compress(bomb) if name.endswith("gz") else zipped(a__csv=bomb)
    assert (
        "would inflate to a size of more than"
        in found(cohort(tmp_path, {name: data}, columns=COLUMNS, limits={"inflated_mb": 1}))["file_size"]
    )
