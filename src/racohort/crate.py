"""The finished run as a research object: `ro-crate-metadata.json` says what was made from what, by which notebook, and when.

The profile is Process Run Crate 0.5, of the Workflow Run RO-Crate family: one CreateAction a notebook. Source files with
patients' data are named with their check sums; they are not in the crate.
"""

import datetime
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity, DataEntity, File
from rocrate.rocrate import ROCrate

from racohort.commit import in_words
from racohort.fingerprints import read_json
from racohort.publish import write_whole

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
#: Section -> the results that its notebook writes, beside its page.
WRITTEN = {
    "cleaning": ("adsl", "adlb", "adqs", "adae", "adcm", "findings", "ledger", "quarantine"),
    "concordance": ("results", "claims"),
}
KINDS = {".csv": "text/csv", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
         ".parquet": "application/vnd.apache.parquet", ".json": "application/json",
         ".ipynb": "application/x-ipynb+json", ".html": "text/html"}  # fmt: skip


def write_crate(folder: Path) -> None:
    """Write `ro-crate-metadata.json` into a finished run's folder, from its `run.json` and the files that are there."""
    run = read_json(folder / "run.json")
    told = json.dumps(describe_run(run, folder), indent=1, ensure_ascii=False, sort_keys=True)
    write_whole(folder / "ro-crate-metadata.json", (told + "\n").encode())


def describe_run(run: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The run as RO-Crate metadata (JSON-LD)."""
    crate = ROCrate(version="1.1")
    name = " ".join(filter(None, [run["title"] or run["id"], run["run"]]))
    crate.name = f"Report on {name}"
    crate.description = "Cleaning, safety, efficacy and robustness of one cohort, held against the claims of a paper."
    crate.license = crate.add(ContextEntity(crate, "#licence", {"@type": "CreativeWork", **_licence(run)}))
    crate.datePublished = _moment(run["times"]["finished"])
    crate.root_dataset["conformsTo"] = crate.add(
        ContextEntity(crate, PROFILE, {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"})
    )
    files = {path: _file(crate, folder, path) for path in _listed(folder)}
    crate.add(DataEntity(crate, "html/", {"@type": "Dataset", "name": "The book"}))
    inputs = [_input(crate, entry) for entry in run["inputs"]]
    tools = {section: _notebook(crate, section, run) for section in run["sections"]}
    before: list[Any] = list(inputs)
    for section, tool in tools.items():
        made = [file for path, file in files.items() if _made_by(section, path)]
        crate.root_dataset.append_to("mentions", _action(crate, section, tool, before, made, run))
        before = [*before, *(file for path, file in files.items() if section == "cleaning" and _made_by(section, path))]
    crate.root_dataset.append_to("hasPart", [files[path] for path in files])
    metadata: dict[str, Any] = crate.metadata.generate()
    return metadata


def _licence(run: Mapping[str, Any]) -> dict[str, str]:
    if run["synthetic"]:
        return {"name": "GPL-3.0-or-later", "description": "A synthetic cohort, made by a program."}
    return {"name": "None granted", "description": "The licence of the patients' data is their holder's to give."}


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def _listed(folder: Path) -> Iterator[str]:
    for pattern in ("run.json", "html/index.html", "notebooks/*", "results/*"):
        yield from (path.relative_to(folder).as_posix() for path in sorted(folder.glob(pattern)))


def _file(crate: ROCrate, folder: Path, path: str) -> File:
    kind = KINDS.get(Path(path).suffix, "application/octet-stream")
    size = (folder / path).stat().st_size
    return crate.add(
        File(crate, dest_path=path, properties={"name": Path(path).name, "encodingFormat": kind, "contentSize": str(size)})
    )


def _input(crate: ROCrate, entry: Mapping[str, Any]) -> ContextEntity:
    """A source file by its name and check sum only: it stays where it is."""
    facts = {"@type": "CreativeWork", "name": entry["file"], "identifier": f"sha256:{entry['sha256']}"}
    return crate.add(ContextEntity(crate, f"#input-{entry['file']}", facts))


def _notebook(crate: ROCrate, section: str, run: Mapping[str, Any]) -> ContextEntity:
    """The notebook of a section, run by papermill, as the tool of its action."""
    versions = run["versions"]
    facts = {
        "@type": "SoftwareApplication",
        "name": f"racohort, notebook {section}",
        "softwareVersion": f"{versions['racohort']}, code {run['code']['key'][:8]}{in_words(run['code'])}",
        "softwareRequirements": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return crate.add(ContextEntity(crate, f"#notebook-{section}", facts))


def _made_by(section: str, path: str) -> bool:
    place = Path(path)
    if place.suffix == ".ipynb":
        return place.stem.endswith(f"-{section}")
    return path.startswith("results/") and place.stem in WRITTEN.get(section, ())


def _action(
    crate: ROCrate, section: str, tool: ContextEntity, read: list[Any], made: list[Any], run: Mapping[str, Any]
) -> ContextEntity:
    """A section's run: its notebook, what it read, what it made, and when it ended."""
    facts = {
        "@type": "CreateAction",
        "name": f"Run of the section {section}",
        "description": f"The notebook of the section {section}, executed by papermill in a kernel of its own.",
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "endTime": _moment(run["times"]["ended"][section]).isoformat(),
    }
    action = crate.add(ContextEntity(crate, f"#run-{section}", facts))
    action["instrument"] = tool
    action["object"] = read
    action["result"] = made if len(made) > 1 else made[0]
    return action
