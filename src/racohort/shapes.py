"""The shapes a table can have: what a table looks like that is not as declared."""

from racohort.config import Cohort
from racohort.schema import RawTable, Records


def looks_like(table: RawTable, config: Cohort, records: Records) -> None:
    """A finding where a table that lacks its declared columns looks wide (visits in the column names) or long."""
    names = [str(name).casefold() for name in table.cells.columns]
    labels = {label.casefold() for code, visit in config.visits.items() for label in (code, *visit.labels)}
    in_names = {label for label in labels for name in names if name.endswith(label) and name != label}
    if table.shape in ("visit", "long") and len(in_names) > 1:
        visits = ", ".join(sorted(in_names))
        said = f"{table.file} looks wide (visits {visits} stand in the column names), declared is shape {table.shape}"
        records.note("wrong_shape", said, table)
    long = {"param", "paramcd", "parameter", "test", "analyte", "measure", "item"} & set(names)
    if table.shape in ("visit", "wide") and long and {"value", "aval", "result"} & set(names):
        records.note("wrong_shape", f"{table.file} looks long (one row per measurement), declared is shape {table.shape}", table)
