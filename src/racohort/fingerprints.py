"""What a section's results rest on, as hashes of content: two equal keys mean that running it again would change nothing."""

import json
import os
import platform
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from racohort.hashes import file_hash, key
from racohort.places import build_folder, project_root
from racohort.publish import write_whole

#: Modules that decide what runs and where it is published, but no number in a report.
AROUND = {
    "cli.py", "checking.py", "verification.py", "reports.py", "shelf.py", "comparing.py", "pipeline.py", "publish.py",
    "environment.py", "fingerprints.py", "reach.py",
}  # fmt: skip


def files_in(folder: Path, leave: Iterable[str] = ()) -> list[Path]:
    """Every file under a folder, sorted, but for hidden ones, compiled ones and names to leave."""
    return [folder / path for path in _paths_in(folder, leave)]


def folder_hashes(folder: Path, leave: Iterable[str] = ()) -> dict[str, str]:
    """The hash of every file under a folder, by its path in the folder."""
    return {path: file_hash(f"{folder}/{path}") for path in _paths_in(folder, leave)}


def _paths_in(folder: Path, leave: Iterable[str]) -> list[str]:
    left, found = {"__pycache__", *leave}, []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in left and not name.startswith(".")]
        found += [f"{place}/{name}" for name in files if name not in left and not name.startswith(".")]
    return sorted((path[len(str(folder)) + 1 :] for path in found), key=lambda path: path.split("/"))


def code_hashes() -> dict[str, str]:
    """The hash of all that computes, by name: the package, the catalogue, the paper's claims, every version, and Python's own."""
    root, package = project_root(), Path(__file__).parent
    found = folder_hashes(package)
    for name in ("catalogue", "paper"):
        found |= {f"data/{name}/{path}": value for path, value in folder_hashes(root / "data" / name).items()}
    return found | {"lock": file_hash(root / "requirements.lock"), "python": platform.python_version()}


def code_key(hashes: Mapping[str, str], modules: Collection[str] | None = None) -> str:
    """The key of what computes: all but the modules around it, or only these modules with everything that is no module.

    A module that comes or goes changes every key, because it may take another's place.
    """
    left = AROUND if modules is None else {name for name in hashes if name.endswith(".py") and name not in modules}
    return key({name: "" if name in left else value for name, value in hashes.items()})


def describe_cohort(folder: Path, code: str) -> dict[str, Any]:
    """A cohort's id, title, visits, files and parameters, and the key of everything else its `cohort.yml` says.

    They are kept beside the runs, so that a run with nothing to do reads no YAML. Raises CohortError for a faulty `cohort.yml`.
    """
    source = folder / "cohort.yml"
    kept = build_folder() / ".work" / ".cohorts" / f"{key(str(folder))[:16]}.json"
    stamp = key([file_hash(source), code])
    known = read_json(kept)
    if known.get("stamp") != stamp:
        known = {"stamp": stamp, **_described(source)}
        write_whole(kept, json.dumps(known, ensure_ascii=False).encode())
    return known


def _described(source: Path) -> dict[str, Any]:
    from racohort.config import parse_cohort

    config = parse_cohort(source.read_text("utf-8-sig"), "cohort.yml")
    said = config.model_dump(mode="json")
    parameters = {name: value for name, value in (said["parameters"] or {}).items() if value is not None}
    kept = ("id", "title", "synthetic", "privacy", "deidentify", "suppress_below", "round_to", "limits")
    plain = {name: said[name] for name in kept}
    planned = [{"AVISIT": code, "label": config.visit_label(code), "day": visit.day} for code, visit in config.visits.items()]
    plain |= {"treated": said["treatment_start"] is not None, "visits": planned}
    return {
        **plain,
        "files": [file["path"] for file in said["files"]],
        "parameters": parameters,
        "mapping": key(config.described()),
    }


def read_json(path: Path) -> dict[str, Any]:
    """The mapping in a JSON file; empty where the file is missing or cut short."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a mapping as a JSON file, whole or not at all."""
    write_whole(path, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())


def clock(seconds: float) -> str:
    """A moment in UTC as ISO 8601.

    >>> clock(0)
    '1970-01-01T00:00:00Z'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
