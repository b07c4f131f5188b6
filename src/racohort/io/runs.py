"""Finished runs, read from the folders in which they were published."""

import json
from pathlib import Path

import pandas as pd

from racohort.comparison import Finished
from racohort.io.tables import read_frame
from racohort.places import UsageError, build_folder
from racohort.plan import Visit


def read_finished(name: str) -> Finished:
    """A finished run, by its name (`<cohort>` or `<cohort>--<run>`) or the folder that holds its `run.json`.

    Raises UsageError where there is none, where it is a partial report, or where it was made before runs wrote down their visits.
    """
    folder = Path(name) if "/" in name else build_folder() / name
    if not (folder / "run.json").is_file():
        raise UsageError(f"COHORTS: there is no finished run {name!r}. Make it first: make report COHORT={name.split('--')[0]}.")
    record = json.loads((folder / "run.json").read_text("utf-8"))
    results, claims = folder / "results" / "results", folder / "results" / "claims.csv"
    if "visits" not in record or not claims.is_file():
        raise UsageError(f"COHORTS: the run {name!r} is partial or too old to be compared. Make it again with FORCE=1.")
    visits = tuple(Visit(one["AVISIT"], rank, one["label"], one["day"]) for rank, one in enumerate(record["visits"]))
    ledger = pd.read_csv(claims, keep_default_na=False, dtype=str)
    files = frozenset(entry["sha256"] for entry in record["inputs"] if not entry["file"].endswith("claims.yml"))
    return Finished(folder.resolve().name, record["title"], record["synthetic"], record["treated"], visits, files,
                    read_frame(results), ledger, record["id"], record["privacy"])  # fmt: skip
