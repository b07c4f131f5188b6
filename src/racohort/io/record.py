"""The record of a run, as the pipeline wrote it before the sections ran."""

import json
from typing import Any

from racohort.io.studies import Study


def read_run(study: Study) -> dict[str, Any]:
    """What `run.json` says: id, run, parameters, inputs, versions, seed; empty where the notebooks were run by hand."""
    path = study.folder / "run.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
