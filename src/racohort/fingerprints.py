"""What a section's results rest on, as hashes of content: two equal keys mean that running it again would change nothing."""

import hashlib
import json
import platform
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from racohort.places import build_folder, project_root
from racohort.publish import write_whole

#: Modules that decide what runs and where it is published, but no number in a report.
AROUND = {
    "cli.py", "checking.py", "verification.py", "reports.py", "shelf.py", "comparing.py", "pipeline.py", "publish.py",
    "environment.py", "fingerprints.py",
}  # fmt: skip


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes; empty where there is no such file."""
    if not path.is_file():
        return ""
    state = path.stat()
    return _content_hash(path, state.st_ino, state.st_size, state.st_mtime_ns)


@cache
def _content_hash(path: Path, *_state: int) -> str:
    """The hash of the content, read once a command for each state of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key(facts: Any) -> str:
    """The SHA-256 of plain facts (texts, numbers, lists, mappings), whatever the order of a mapping's names."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def files_in(folder: Path, leave: Iterable[str] = ()) -> list[Path]:
    """Every file under a folder, sorted, but for hidden ones, compiled ones and top-level names to leave."""
    left = {"__pycache__", *leave}
    found = (path for path in folder.rglob("*") if path.is_file() and not left & set(path.relative_to(folder).parts))
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def folder_hashes(folder: Path, leave: Iterable[str] = ()) -> dict[str, str]:
    """The hash of every file under a folder, by its path in the folder."""
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in files_in(folder, leave)}


def code_key() -> str:
    """The key of all that computes: the package, the catalogue, the paper's claims, every version, and Python's own."""
    root = project_root()
    package = folder_hashes(Path(__file__).parent, AROUND)
    facts = {name: folder_hashes(root / "data" / name) for name in ("catalogue", "paper")}
    return key([package, facts, file_hash(root / "requirements.lock"), platform.python_version()])


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
    parameters = {name: value for name, value in (said.pop("parameters", None) or {}).items() if value is not None}
    kept = ("id", "title", "synthetic", "privacy", "deidentify", "suppress_below", "round_to", "limits")
    plain = {name: said[name] for name in kept}
    planned = [{"AVISIT": code, "label": config.visit_label(code), "day": visit.day} for code, visit in config.visits.items()]
    plain |= {"treated": said["treatment_start"] is not None, "visits": planned}
    return {**plain, "files": [file["path"] for file in said["files"]], "parameters": parameters, "mapping": key(said)}


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
