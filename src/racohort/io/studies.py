"""A study: the analysis data sets of one run with everything that belongs to them, as the notebooks open it."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from racohort import manifests
from racohort.adam import Datasets
from racohort.config import Cohort, parse_cohort
from racohort.disclosure import as_file, deidentify, held_profile, hold_profile, release
from racohort.frames import stacked
from racohort.hashes import file_hash
from racohort.interpreter import check_interpreter
from racohort.io.catalogue import read_catalogue
from racohort.io.tables import count_rows, read_frame, write_bytes, write_frame, written_in_parts
from racohort.manifests import DATA, Manifest, NotHandedOn
from racohort.places import UsageError, cohort_folder, run_name, work_folder
from racohort.plan import Plan, Visit
from racohort.results import as_results, join_results
from racohort.schema import Clean, as_text, check_columns, check_one_row
from racohort.secret import read_secret
from racohort.terms import RESULT_COUNTS, RESULTS, SECTIONS

DATASETS = ("adsl", "adlb", "adqs", "adae", "adcm")
#: Those with one row a value. From so many rows on their texts are held as categories, a third of the room; below it as text,
#: because categories that differ from frame to frame are easily mistaken for one another.
VALUES, LARGE = ("adlb", "adqs"), 500_000
#: What the analyses of a section read of a value. Other columns of the two data sets say where it came from, and stay on disk.
_VALUE = ("USUBJID", "PARAMCD", "AVISIT", "AVAL", "ANL01FL")
USED = {
    "cleaning": (*_VALUE, "AVALC", "censored"),
    "participants": (*_VALUE, "AVALC", "ABLFL", "ANRIND"),
    "safety": (*_VALUE, "AVISITN", "ADY", "BASE", "CHG", "ANRLO", "ANRHI", "ANRIND", "BNRIND", "ABLFL"),
    "efficacy": (*_VALUE, "censored", "limit"),
    "robustness": (*_VALUE, "censored", "limit"),
}
RECORDS = ("findings", "ledger", "quarantine", "sources", "mapping", "visits", "cells", "fates", "numbers")
#: The variants of DAS28, the paper's own first.
DAS28 = ("DAS28ESR", "DAS28CRP", "DAS28E3", "DAS28C3", "DAS28")
_CHOSEN = {"ESR4": "DAS28ESR", "CRP4": "DAS28CRP", "ESR3": "DAS28E3", "CRP3": "DAS28C3", "unknown": "DAS28"}


Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Study:
    """One run's data: the cohort's description, the catalogue, the data sets, and what cleaning wrote down.

    The data sets `adsl`, `adlb`, `adqs`, `adae` and `adcm`, and the records `findings`, `ledger`, `quarantine`, `sources`,
    `mapping`, `visits`, `cells`, `fates` and `numbers`, are read when they are first asked for.

    `sources` has one row a file; `mapping` one row a source column with what it was understood to hold; `visits` one row per
    patient and visit read, with the days since treatment start or baseline; `cells` one row a column with what became of its
    cells; `fates` how many rows of a file were used or left out, by reason; `numbers` how often each number was written.
    """

    config: Cohort
    run: str
    folder: Path
    catalogue: pd.DataFrame
    handed: Manifest
    section: str = ""

    def __getattr__(self, name: str) -> pd.DataFrame:
        """A data set or a record, read once; a section does not hold in memory what it does not use."""
        if name not in (*DATASETS, *RECORDS):
            raise AttributeError(f"a study has no {name!r}")
        path, values = self._path(name), name in VALUES
        frame = read_frame(path, USED.get(self.section) if values else None, values and count_rows(path) >= LARGE)
        object.__setattr__(self, name, frame)
        return frame

    def _path(self, name: str) -> Path:
        """A data set or record without its ending; raises NotHandedOn where it is not the one that cleaning wrote."""
        kind = "data" if name in DATASETS else "records"
        self.handed.check(self.folder, f"{kind}/{name}.parquet")
        return self.folder / kind / name

    @property
    def values(self) -> pd.DataFrame:
        """Laboratory values and scores together."""
        return stacked([self.adlb.copy(deep=False), self.adqs.copy(deep=False)])

    def plan(
        self, alpha: float = 0.05, primary: Sequence[str] = ("DAS28", "HAQDI"), primary_visit: str = "", seed: int = 20191219
    ) -> Plan:
        """The analysis plan of this run.

        `primary` may name DAS28 for the cohort's own variant; parameters the cohort does not have are left out. An empty
        `primary_visit` is the first follow-up at which every primary endpoint was measured that was at any. Raises UsageError
        for a visit or parameter that nobody knows, or an alpha outside 0 to 1.
        """
        planned = self.config.visits.items()
        visits = tuple(
            Visit(code, rank, self.config.visit_label(code), visit.day, visit.limits)
            for rank, (code, visit) in enumerate(planned)
        )
        self._check_plan(alpha, primary, primary_visit)
        das28, there = self.das28, {*self._codes("adlb"), *self._codes("adqs")}
        wanted = [das28 if code == "DAS28" else code for code in primary]
        primary = tuple(dict.fromkeys(code for code in wanted if code in there))
        follow_up = primary_visit or self._first_measured(primary)
        arms = self.adsl.loc[self.adsl["SAFFL"] == "Y", "ARM"]
        return Plan(
            self.config.id, self.config.title or self.config.id, self.config.synthetic,
                self.config.treatment_start is not None, visits,
            primary, follow_up, das28, float(alpha), int(seed),
            tuple(sorted(arms[arms.notna() & (arms != "")].unique())),
        )  # fmt: skip

    def _first_measured(self, primary: Sequence[str]) -> str:
        """The first follow-up with a value of every primary endpoint that any of them has; the first one where there is none."""
        follow_ups = list(self.config.visits)[1:]
        read = [read_frame(self._path(name), ["PARAMCD", "AVISIT"], categories=True) for name in VALUES]
        found = pd.concat([some.drop_duplicates().astype("str") for some in read]).drop_duplicates()
        codes = found[found["PARAMCD"].isin(primary)].groupby("AVISIT")["PARAMCD"].agg(set).reindex(follow_ups).dropna()
        most = set().union(*codes)
        return next((str(visit) for visit, some in codes.items() if some == most), next(iter(follow_ups), ""))

    def _check_plan(self, alpha: float, primary: Sequence[str], primary_visit: str) -> None:
        follow_ups = list(self.config.visits)[1:]
        if not 0 < alpha < 1:
            raise UsageError(f"alpha is {alpha}, but must lie between 0 and 1.")
        if primary_visit and primary_visit not in follow_ups:
            raise UsageError(
                f"primary_visit is {primary_visit!r}; the follow-up visits of this cohort are {', '.join(follow_ups) or 'none'}."
            )
        unknown = [code for code in primary if code not in self.catalogue.index]
        if unknown:
            raise UsageError(f"primary names {', '.join(unknown)}, which is in neither the catalogue nor cohort.yml.")

    @property
    def das28(self) -> str:
        """The PARAMCD of this cohort's primary DAS28; DAS28ESR where it has none at all."""
        there = self._codes("adqs")
        order = (_CHOSEN.get(self.config.das28_variant, ""), *DAS28)
        return next((code for code in order if code in there), "DAS28ESR")

    def _codes(self, name: str) -> set[str]:
        """The PARAMCDs of a data set, which need not be read whole for them."""
        return set(read_frame(self._path(name), ["PARAMCD"], categories=True)["PARAMCD"].unique())


def write_study(cohort: str, run: str, parts: Iterable[Datasets], clean: Clean) -> Study:
    """Write the data sets and cleaning's records of a run into its work folder, and open them as a study.

    `parts` are the data sets of some patients at a time, so that those of a large cohort never stand in memory whole.
    """
    folder, records = work_folder(clean.config.id, run), _told_records(clean)
    manifests.withdraw(folder, DATA)
    _write_data(folder / "data", parts, clean)
    for name, frame in records.items():
        write_frame(folder / "records" / name, frame)
    read = dict(zip((entry.path for entry in clean.config.files), clean.sources["sha256"], strict=True))
    names = [f"{kind}/{name}.parquet" for kind, known in (("data", DATASETS), ("records", RECORDS)) for name in known]
    inputs = manifests.inputs_of(clean.config.described(), read)
    _hand_on(folder, DATA, run_name(clean.config.id, run), inputs, names)
    return open_study(cohort, run)


def _hand_on(folder: Path, stage: str, run: str, inputs: dict[str, str], names: Sequence[str], data: str = "") -> None:
    made = manifests.gathered(folder, stage, run, inputs, names, data)
    write_bytes(manifests.path_of(folder, stage), made.as_bytes())


def _write_data(folder: Path, parts: Iterable[Datasets], clean: Clean) -> None:
    with ExitStack() as files:
        add = {name: files.enter_context(written_in_parts(folder / name)) for name in DATASETS}
        for part in parts:
            for name, frame in _told(check_datasets(part), clean).items():
                add[name](frame)


def _told(frames: Frames, clean: Clean) -> Frames:
    """What is written of a cohort: everything, or all of it de-identified where its `cohort.yml` says so."""
    return deidentify(frames, clean.patients["start"], read_secret()) if clean.config.deidentify else frames


def _told_records(clean: Clean) -> Frames:
    """Cleaning's records as they are told; beside everybody, no two of whom may come to have one name."""
    told = _told({"everybody": clean.patients.index.to_frame(index=False), **records_of(clean)}, clean)
    return {name: frame for name, frame in told.items() if name in RECORDS}


def check_datasets(datasets: Datasets) -> dict[str, pd.DataFrame]:
    """The data sets by name; raises ValueError where one breaks its promise (columns, one row a patient, one record a visit)."""
    frames = {name: getattr(datasets, name) for name in DATASETS}
    check_one_row(frames["adsl"], ["USUBJID"], "ADSL")
    for name in ("adlb", "adqs"):
        used = frames[name][frames[name]["ANL01FL"] == "Y"]
        check_one_row(used, ["USUBJID", "PARAMCD", "AVISIT"], name.upper())
    return frames


def records_of(clean: Clean) -> dict[str, pd.DataFrame]:
    """What cleaning wrote down, by name; lines are whole numbers or empty."""
    frames = {"findings": clean.records.found(), "ledger": clean.records.ledger(), "quarantine": clean.records.quarantine(),
              "sources": clean.sources, "mapping": clean.mapping, "visits": clean.visits, "cells": clean.cells,
              "fates": clean.fates, "numbers": clean.numbers}  # fmt: skip
    return {name: _tidy(frame) for name, frame in frames.items()}


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    if "line" in frame:
        frame["line"] = pd.to_numeric(frame["line"]).astype("Int64")
    texts = [
        name
        for name in frame.columns
        if name not in ("line", "count", "ADT", "day") and not pd.api.types.is_numeric_dtype(frame[name])
    ]
    return frame.assign(**{name: as_text(frame[name]) for name in texts})


def write_check(folder: Path, parts: Iterable[Datasets], findings: pd.DataFrame, clean: Clean | None = None) -> None:
    """Write what a check found; after a refusal only the findings exist."""
    records = {"findings": _tidy(findings)}
    if clean is not None:
        records = _told_records(clean)
        _write_data(folder, parts, clean)
    for name, frame in records.items():
        write_frame(folder / name, frame, ("csv",))


def open_study(cohort: str, run: str = "", section: str = "") -> Study:
    """The study of a run whose cleaning section is finished.

    Of measured values a section has the columns that it uses, and who names none has all: they are what takes the room.
    Raises UsageError where cleaning is not finished, or a report to publish would hide everything; NotHandedOn where `cohort.yml`
    or a file has changed since it ran.
    """
    check_interpreter()
    source = cohort_folder(cohort)
    config = parse_cohort((source / "cohort.yml").read_text("utf-8-sig"), "cohort.yml")
    folder = work_folder(config.id, run)
    handed = manifests.read_manifest(folder, DATA)
    if handed is None:
        raise UsageError(
            f"the cohort {config.id!r} has not been cleaned in this run: run the notebook 01-cleaning first, or `make report`."
        )
    now = manifests.inputs_of(config.described(), {entry.path: file_hash(source / entry.path) for entry in config.files})
    if other := manifests.changed(handed.inputs, now):
        told = f"{', '.join(other)} changed after the cohort {config.id!r} was cleaned in this run"
        raise NotHandedOn(f"{told}: run the notebook 01-cleaning again, or `make report`.")
    hold_profile(config.privacy, config.suppress_below, config.round_to)
    study = Study(config, run, folder, read_catalogue(config), handed, section)
    check_columns(study.adsl, ["USUBJID", "FASFL", "SAFFL", "EFFFL"], "ADSL")
    _check_size(study)
    return study


def _check_size(study: Study) -> None:
    """Raise UsageError where a report that hides small counts would hide everything."""
    few, n = study.config.suppress_below, len(study.adsl)
    if held_profile().hides_counts and n < few:
        raise UsageError(
            f"a report to publish tells nothing of fewer than {few} patients, and the cohort {study.config.id!r} has {n}: "
            "make an internal report, or one to share (PRIVACY=share)."
        )


def write_results(study: Study, section: str, results: pd.DataFrame) -> None:
    """Write the result rows of a section, hand them on, and say so, as the section's last cell does.

    Raises ValueError for an unknown section or rows of another one.
    """
    if section not in SECTIONS or not (results["section"] == section).all():
        raise ValueError(f"results of {section!r}: the sections are {', '.join(SECTIONS)}, and every row must carry its own")
    name, path = run_name(study.config.id, study.run), f"results/{section}"
    manifests.withdraw(study.folder, section)
    write_frame(study.folder / path, as_file(check_columns(results, RESULTS, "results")[list(RESULTS)]), ("parquet",))
    _hand_on(study.folder, section, name, study.handed.inputs, [f"{path}.parquet"], study.handed.key)
    print(manifests.sentinel(section, name, study.handed.inputs))


def read_results(study: Study, *sections: str) -> pd.DataFrame:
    """The result rows of these sections; of all that are finished, if none is named.

    Raises UsageError where a named one is not finished, NotHandedOn where one rests on data that have been made anew since.
    """
    first = "run that notebook first, or `make report`."
    known = {section: manifests.read_manifest(study.folder, section) for section in SECTIONS}
    for section in sections:
        if known[section] is None:
            raise UsageError(f"the results of {manifests.notebook_of(section)} are not there in this run: {first}")
    finished = {section: manifest for section, manifest in known.items() if manifest and section in (sections or known)}
    for section, manifest in finished.items():
        manifest.check(study.folder, f"results/{section}.parquet")
        if manifest.data != study.handed.key:
            raise NotHandedOn(f"the results of {manifests.notebook_of(section)} rest on data that were made anew since: {first}")
    frames = [read_frame(study.folder / "results" / section) for section in sections or finished]
    joined = join_results(*frames) if frames else as_results([])
    return joined.astype(dict.fromkeys(RESULT_COUNTS, "Int64"))


def write_spine(study: Study) -> Path:
    """Join the results of all finished sections into `results.csv` and `results.parquet`; returns the path without its ending.

    They hold what the profile of the report lets be told; the sections' own files, which stay in the work folder, hold all.
    """
    path = study.folder / "results" / "results"
    write_frame(path, as_file(release(read_results(study), held_profile())))
    return path
