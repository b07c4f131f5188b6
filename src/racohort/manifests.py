"""What a stage of a run hands to the next: its files with the hashes of their content, written down last.

A stage withdraws its manifest before it writes and writes a new one when all its files are there. What was stopped half-way,
changed afterwards or made from another cohort is therefore refused, also by a notebook that is opened by itself.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from racohort.hashes import file_hash, key
from racohort.terms import SECTIONS

#: What the first section writes besides its results: the data sets and cleaning's records.
DATA = "data"


class NotHandedOn(Exception):
    """Files of an earlier stage that cannot be built on: not finished, changed since, or made from something else."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence alone."""
        return [str(self)]


@dataclass(frozen=True)
class Manifest:
    """The files of one stage: their hashes by path in the work folder, and what they were made from.

    `inputs` are the hashes of what `cohort.yml` says and of the files it names; `data` is the key of the data's manifest that a
    section's results rest on.
    """

    stage: str
    run: str
    inputs: dict[str, str]
    files: dict[str, str]
    data: str = ""

    @property
    def key(self) -> str:
        """One hash for all of it."""
        return key(asdict(self))

    def as_bytes(self) -> bytes:
        """The manifest as JSON."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()

    def check(self, work: Path, name: str) -> None:
        """Raise NotHandedOn where a file of the work folder is not the one that the stage wrote."""
        if name not in self.files or self.files[name] != file_hash(work / name):
            told = f"{name} is not the file that the section wrote: it was changed or removed afterwards"
            raise NotHandedOn(f"{told}. Run the notebook {notebook_of(self.stage)} again, or `make report`.")


def inputs_of(described: Mapping[str, Any], hashes: Mapping[str, str]) -> dict[str, str]:
    """What the data sets of a cohort rest on, as hashes: what its `cohort.yml` says (`Cohort.described`), and its files."""
    return {"cohort.yml": key(described), **hashes}


def notebook_of(stage: str) -> str:
    """The notebook that writes a stage's files.

    >>> notebook_of("data"), notebook_of("safety")
    ('01-cleaning', '03-safety')
    """
    number = 1 if stage == DATA else 1 + SECTIONS.index(stage)
    return f"{number:02d}-{SECTIONS[number - 1]}"


def path_of(work: Path, stage: str) -> Path:
    """Where the manifest of a stage lies."""
    return work / "manifests" / f"{stage}.json"


def withdraw(work: Path, stage: str) -> None:
    """Take back a stage's manifest, before any of its files is written anew."""
    path_of(work, stage).unlink(missing_ok=True)


def gathered(work: Path, stage: str, run: str, inputs: Mapping[str, str], names: Iterable[str], data: str = "") -> Manifest:
    """The manifest of a stage whose files are all written."""
    return Manifest(stage, run, dict(inputs), {name: file_hash(work / name) for name in sorted(names)}, data)


def read_manifest(work: Path, stage: str) -> Manifest | None:
    """The manifest of a stage; None where it was not finished."""
    try:
        return Manifest(**json.loads(path_of(work, stage).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def changed(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names under which two sets of hashes differ.

    >>> changed({"cohort.yml": "1", "raw/a.csv": "2"}, {"cohort.yml": "1", "raw/a.csv": "3"})
    ['raw/a.csv']
    """
    return [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]


def sentinel(section: str, run: str, inputs: Mapping[str, str]) -> str:
    """The sentence with which a section's notebook ends, and without which it does not count as run to its end.

    >>> sentinel("safety", "xian-2014", {})
    'The section safety of xian-2014 is complete, from inputs 44136fa355b3.'
    """
    return f"The section {section} of {run} is complete, from inputs {key(dict(inputs))[:12]}."
