"""From text to typed, unit-converted, visit-mapped values, with a ledger of every change and a quarantine of every exclusion."""

import numpy as np
import pandas as pd

from racohort.cleaning.attendance import check_left, note_absent
from racohort.cleaning.categories import check_categories
from racohort.cleaning.consistency import check_files, check_scores, check_sums, settle_variant
from racohort.cleaning.courses import check_ends, check_fatal, check_overlaps, check_sexes
from racohort.cleaning.dates import clean_dates
from racohort.cleaning.events import check_deaths, check_onsets, clean_events, is_medication
from racohort.cleaning.gathering import (
    gather_mapping,
    gather_sources,
    gather_treatments,
    gather_values,
    gather_visits,
    planned_parameters,
)
from racohort.cleaning.haq import check_haq
from racohort.cleaning.identity import check_known, check_sites, clean_ids
from racohort.cleaning.labels import note_labels
from racohort.cleaning.measurements import read_measurements
from racohort.cleaning.packages import check_originals, clean_package, leave_out_derived
from racohort.cleaning.patients import check_facts, chosen, gather_patients, note_covariates, read_facts
from racohort.cleaning.people import check_people
from racohort.cleaning.ranges import check_columns_whole, check_ranges, round_scores
from racohort.cleaning.repeats import check_repeats
from racohort.cleaning.samples import note_samples
from racohort.cleaning.scales import check_unit_changes, check_units
from racohort.cleaning.sheets import Sheet, open_sheet, people_of
from racohort.cleaning.slips import check_runs, check_slips
from racohort.cleaning.tallies import tally_cells, tally_fates, tally_numbers
from racohort.cleaning.visits import check_baseline, check_duplicates, check_order, check_windows, clean_visits, note_several
from racohort.cleaning.wide import check_wide_dates
from racohort.config import Cohort
from racohort.schema import Clean, Raw, Records

__all__ = ["clean_cohort"]

#: What a cohort is refused with in which nothing is measured and no event listed, and what to do.
NOTHING = "no column of any file holds an analyte or an event, so that there is nothing to analyse"
DECLARE = "Say in cohort.yml what is measured: `paramcd` for a column of values, or the roles PARAM and AVAL for one row a value."


def clean_cohort(raw: Raw, catalogue: pd.DataFrame) -> Clean:
    """A cohort as typed values, with everything written down that was changed, excluded or doubted.

    `catalogue` is what `io.read_catalogue(raw.config)` gives. Raises CohortError where a finding refuses the cohort. Every cell
    of a measured column is used, missing, in quarantine or in a row that is (`Clean.cells` counts them).
    """
    config, records = raw.config, raw.records
    sheets = [open_sheet(table) for table in raw.tables]
    events = _clean_rows(sheets, config, catalogue, records)
    if not events and not any(sheet.fields for sheet in sheets):
        records.note("column_missing", NOTHING, column="paramcd", remedy=DECLARE)
    records.stop_if_rejected()
    starts = _clean_order(sheets, config, catalogue, records)
    for sheet, frame in events:
        check_onsets(sheet, frame, starts, records)
        check_deaths(sheet, frame, sheets, records)
        if not is_medication(sheet):
            check_overlaps(sheet, frame, records)
            check_ends(sheet, frame, config, records)
            check_fatal(sheet, frame, records)
            check_sexes(sheet, frame, sheets, records)
    disputed = _clean_values(sheets, config, catalogue, records)
    records.stop_if_rejected()
    return _gather(sheets, events, starts, disputed, config, catalogue, records)


def _clean_rows(
    sheets: list[Sheet], config: Cohort, catalogue: pd.DataFrame, records: Records
) -> list[tuple[Sheet, pd.DataFrame]]:
    """Cell by cell: identifiers, visits, dates, facts and measurements of every sheet; the event tables are returned."""
    clean_ids(sheets, config, records)
    events = []
    for sheet in sheets:
        leave_out_derived(sheet, records)
        clean_visits(sheet, config, records)
        clean_package(sheet, config, records)
        for name, column in [(name, column) for role, name, column in sheet.roles() if role == "ADT"]:
            days = clean_dates(sheet, "ADT", name, column, config, records)
            sheet.dates |= {column.visit: days} if column.visit else {}
            sheet.ADT = sheet.ADT if column.visit else days
        read_facts(sheet, config, catalogue, records)
        if sheet.table.shape == "event":
            events.append((sheet, clean_events(sheet, config, catalogue, records)))
        else:
            read_measurements(sheet, config, catalogue, records)
    return events


def _clean_order(sheets: list[Sheet], config: Cohort, catalogue: pd.DataFrame, records: Records) -> np.ndarray:
    """Row by row: who, at which visit, once; returns the first day of treatment (else of baseline) of all people."""
    check_sites(sheets, records)
    for sheet in sheets:
        check_duplicates(sheet, records)
        check_order(sheet, config, records)
        check_facts(sheet, records)
    check_known(sheets, records)
    starts = treatment_starts(sheets, config)
    for sheet in sheets:
        check_windows(sheet, starts, config, records)
        check_wide_dates(sheet, starts, config, records)
        note_several(sheet, config, records)
        note_samples(sheet, config, records)
    check_baseline(sheets, config, records)
    check_people(sheets, starts, config, records)
    return starts


def treatment_starts(sheets: list[Sheet], config: Cohort) -> np.ndarray:
    """The day that days are counted from, for each of `Sheet.people`: the treatment's start, else the first date of baseline.

    Where no table tells visits, but dates alone, it is the patient's first date.
    """
    visit = (config.treatment_start.visit if config.treatment_start else None) or config.baseline
    starts = pd.Series(np.datetime64("NaT"), index=range(max((len(sheet.people) for sheet in sheets), default=0)))
    for sheet in sheets:
        if "TRTSDT" in sheet.facts:
            days = pd.Series(sheet.facts["TRTSDT"]).groupby(sheet.who).min()
            starts = pd.concat([starts, days.reindex(starts.index)], axis=1).min(axis=1)
    for sheet in sheets:
        dates = sheet.day_of(visit)
        rows = sheet.keep & ((visit == sheet.AVISIT) | (visit in sheet.dates)) & ~np.isnat(dates)
        days = pd.Series(dates[rows], index=sheet.who[rows])
        starts = starts.fillna(days[~days.index.duplicated()])
    by_visit = [sheet for sheet in sheets if sheet.table.shape in ("visit", "long")]
    if by_visit and not any(sheet.role("AVISIT") for sheet in by_visit):
        dated = [(sheet, sheet.keep & ~np.isnat(sheet.ADT)) for sheet in by_visit]
        seen = pd.concat([pd.Series(sheet.ADT[rows], index=sheet.who[rows]) for sheet, rows in dated])
        starts = starts.fillna(seen.groupby(level=0).min())
    return starts.to_numpy().astype("datetime64[D]")


def _clean_values(sheets: list[Sheet], config: Cohort, catalogue: pd.DataFrame, records: Records) -> set[tuple[str, str, str]]:
    """Value by value: what is possible, what is plausible, what fits together; returns the scores that nobody can settle."""
    for sheet in sheets:
        for field in sheet.fields:
            note_labels(sheet, field, catalogue, records)
            round_scores(sheet, field, catalogue, records)
            check_ranges(sheet, field, catalogue, records)
            check_originals(sheet, field, catalogue, records)
        check_columns_whole(sheet, catalogue, records)
        check_repeats(sheet, config, catalogue, records)
        check_runs(sheet, catalogue, records)
    check_slips(sheets, catalogue, records)
    settle_variant(sheets, config, catalogue, records)
    disputed = check_scores(sheets, catalogue, records) | check_haq(sheets, records)
    check_sums(sheets, records)
    check_files(sheets, config, records)
    check_categories(sheets, catalogue, records)
    return disputed


def _gather(
    sheets: list[Sheet], events: list[tuple[Sheet, pd.DataFrame]], starts: np.ndarray, disputed: set[tuple[str,
        str, str]],
    config: Cohort, catalogue: pd.DataFrame, records: Records,
) -> Clean:  # fmt: skip
    patients = gather_patients(sheets, config)
    check_left(patients, sheets, records)
    who = patients.pop("who").to_numpy()
    days = pd.Series(starts[who].astype("datetime64[ns]"), index=patients.index)
    patients = patients.assign(TRTSDT=_treated(patients, days, config), start=days)
    keep = chosen(patients, config.filter, {column: key for sheet in sheets for key, column in sheet.names.items()}, records)
    records.stop_if_rejected()
    site = np.full(len(sheets[0].people), "", dtype=object)
    site[who] = patients["SITEID"].fillna("") if "SITEID" in patients else ""
    check_units(sheets, site, catalogue, config, records)
    check_unit_changes(sheets, catalogue, config, records)
    note_covariates(patients[keep], sheets, records)
    everyone, people = pd.Index(sheets[0].people), people_of(sheets, [who[keep]])
    rows = [frame[sheet.keep & people[sheet.who]] for sheet, frame in events if not is_medication(sheet)]
    drugs = [frame[sheet.keep & people[sheet.who]] for sheet, frame in events if is_medication(sheet)]
    visits = gather_visits(sheets, people, starts)
    note_absent(visits, people_of(sheets, [who[keep & patients["kept"]]]), int(people.sum()), sheets, config, records)
    return Clean(
        config, patients[keep],
        lambda some: gather_values(sheets, people & people_of(sheets, [everyone.get_indexer(some)]), disputed),
        planned_parameters(sheets, people, config), visits.drop(columns="who"),
        gather_treatments(sheets, people, patients[keep]), _joined(rows), _joined(drugs), gather_sources(sheets, people),
        gather_mapping(sheets), tally_cells(sheets), tally_fates(sheets, people), tally_numbers(sheets), records,
    )  # fmt: skip


def _treated(patients: pd.DataFrame, days: pd.Series, config: Cohort) -> pd.Series:
    """The first day of treatment: the declared column's, or the declared visit's; NaT in a cohort without a treatment."""
    never = pd.Series(pd.NaT, index=patients.index, dtype="datetime64[ns]")
    if config.treatment_start is None:
        return never
    return days if config.treatment_start.source == "visit" else days.where(patients.get("TRTSDT", never).notna())


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
