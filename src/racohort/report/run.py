"""What this run is: its title, and where its results come from."""

from collections.abc import Mapping
from typing import Any

from racohort.absence import NO_RECORD
from racohort.formats import count, listed
from racohort.plan import Plan
from racohort.report.text import Text, absent, say

_UNNAMED = (
    "The data are de-identified: patients have pseudonyms, dates count from 1 January 1900, everybody's first day of treatment "
    "(without one, of baseline), ages above 90 are told as 90, and what stands in doubtful cells is not shown."
)


def say_title(plan: Plan) -> Text:
    """The cohort's title, marked where it is synthetic and does not say so itself."""
    marked = plan.synthetic and "synthetic" not in plan.title.lower()
    return say(f"{plan.title} (synthetic cohort)" if marked else plan.title)


def say_provenance(record: Mapping[str, Any], plan: Plan) -> Text:
    """The cohort, the run, the files, and the seed.

    Parameters
    ----------
    record : `run.json` as `io.read_run` gives it; empty where a notebook was run by hand.
    plan : the cohort and the seed.
    """
    if not record:
        return absent(NO_RECORD)
    run = f"the run {record['run']}" if record["run"] else "the unnamed run"
    files = [entry["file"] for entry in record["inputs"]]
    read = f"It read {count(len(files), 'file')}: {listed(files)}." if files else ""
    seed = f"Every random step started from the seed {plan.seed}."
    made = "The cohort is synthetic: its files were written by this project." if plan.synthetic else ""
    return say(f"This is {run} of the cohort {plan.id}.", read, seed, made, _UNNAMED if record.get("deidentify") else "")
