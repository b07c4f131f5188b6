"""De-identification at intake: what is written of a cohort holds no name and no date of its files, and the same numbers."""

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from racohort import io
from racohort.adam import derive_datasets
from racohort.checking import check_cohort
from racohort.cleaning import clean_cohort
from racohort.disclosure.pseudonyms import DAY_ZERO, deidentify
from racohort.places import UsageError
from racohort.secret import read_secret, secret_file
from tests.support.canary import CANARIES, write_canaries
from tests.support.cohorts import table

#: What a de-identified report may hold: words that `cohort.yml` gives a role of their own.
NAMED = {"reason", "reported event", "term"}


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACOHORT_SECRET", str(tmp_path / "settings" / "secret"))
    return secret_file()


@pytest.fixture
def cohort(tmp_path: Path, secret: Path) -> Path:
    """The cohort of canaries, with an impossible value and a date that nobody can read in the marked patient's rows."""
    folder = write_canaries(tmp_path / "canary", "internal")
    described = folder / "cohort.yml"
    described.write_text(described.read_text("utf-8") + "deidentify: true\n", "utf-8")
    visits = (folder / "visits.csv").read_text("utf-8").splitlines()
    place = next(n for n, line in enumerate(visits) if line.startswith(CANARIES["identifier"]) and ",year," in line)
    case, visit, day, das, haq, _, alt = visits[place].split(",")
    visits[place] = ",".join([case, visit, day, das, haq, CANARIES["telephone"], alt])
    (folder / "visits.csv").write_text("\n".join([*visits, ""]), "utf-8")
    return folder


def test_no_file_of_a_check_holds_a_name_a_date_or_a_text_of_the_files(cohort: Path, tmp_path: Path) -> None:
    check_cohort(f"{cohort}", tmp_path / "out")
    written = b"\n".join(path.read_bytes() for path in sorted((tmp_path / "out").iterdir())).decode("utf-8", "replace")
    held = {kind for kind, canary in CANARIES.items() if canary in written}
    assert held <= NAMED
    found = pd.read_csv(tmp_path / "out" / "findings.csv")
    held = pd.read_csv(tmp_path / "out" / "quarantine.csv")
    assert "impossible" in set(found["rule"]) & set(held["rule"])
    assert held["USUBJID"].str.fullmatch(r"P-[A-Z2-7]{12}").all()
    assert held["line"].notna().all()
    assert held["value"].isna().all()


def test_numbers_and_study_days_are_those_of_the_same_cohort_with_its_names(cohort: Path, tmp_path: Path) -> None:
    raw = io.read_raw(f"{cohort}")
    catalogue = io.read_catalogue(raw.config)
    clean = clean_cohort(raw, catalogue)
    known = derive_datasets(clean, catalogue)
    check_cohort(f"{cohort}", tmp_path / "out")
    for name, columns in {"adqs": ["PARAMCD", "AVISIT", "AVAL", "CHG", "ADY"], "adae": ["AEDECOD", "ASTDY", "TRTEMFL"]}.items():
        told = io.tables.read_frame(tmp_path / "out" / name, categories=name == "adqs")
        pd.testing.assert_frame_equal(told[columns], getattr(known, name)[columns])
    adsl = io.tables.read_frame(tmp_path / "out" / "adsl")
    assert (adsl["TRTSDT"] == DAY_ZERO).all()
    assert adsl["USUBJID"].nunique() == len(known.adsl)
    assert ((adsl["LSTCNTDT"] - DAY_ZERO).dt.days == (known.adsl["LSTCNTDT"] - known.adsl["TRTSDT"]).dt.days).all()


def test_dates_of_who_has_no_start_are_gone_high_ages_are_pooled_and_birth_is_left_out() -> None:
    drawn = """
        USUBJID  AGE  TRTSDT      BIRTHDT     SEX
        a        89   2014-01-01  1925-01-01  F
        b        90   2014-01-01  1924-01-01  F
        c        97   NaT         1917-01-01  M
    """
    people = pd.read_csv(StringIO(table(drawn)), parse_dates=["TRTSDT", "BIRTHDT"])
    starts = pd.Series({"a": pd.Timestamp("2014-01-01"), "b": pd.Timestamp("2013-12-31"), "c": pd.NaT})
    told = deidentify({"adsl": people}, starts, b"secret")["adsl"]
    assert told["AGE"].tolist() == [89, 90, 90]
    assert told["TRTSDT"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["1900-01-01", "1900-01-02", ""]
    assert list(told.columns) == ["USUBJID", "AGE", "TRTSDT", "SEX"]


def test_the_secret_is_made_once_and_is_nobody_elses(secret: Path) -> None:
    first = read_secret()
    assert read_secret() == first
    assert len(first) == 64
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.write_text("short")
    with pytest.raises(UsageError, match="too few for pseudonyms"):
        read_secret()


def test_another_secret_gives_other_pseudonyms(cohort: Path, tmp_path: Path, secret: Path) -> None:
    check_cohort(f"{cohort}", tmp_path / "one")
    secret.unlink()
    check_cohort(f"{cohort}", tmp_path / "two")
    one, two = (io.tables.read_frame(tmp_path / name / "adsl") for name in ("one", "two"))
    assert not set(one["USUBJID"]) & set(two["USUBJID"])
