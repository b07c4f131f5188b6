"""A small project tree: six notebooks of a few lines, a one-page book and a cohort, for tests of what runs."""

import json
import textwrap
from pathlib import Path

from racohort.config.model import Limits
from racohort.pipeline import STEMS

#: What a section may use, where nothing is declared.
LIMITS = Limits.model_validate({}).model_dump()

COHORT = """\
id: {id}
title: A small cohort
synthetic: true
privacy: internal
files:
  - {{path: raw.csv, shape: visit}}
columns:
  patient: {{role: USUBJID}}
  visit: {{role: AVISIT}}
  crp: {{paramcd: CRP, unit: mg/L}}
visits:
  BL: {{labels: [baseline], day: 0}}
  Y1: {{labels: [1y], day: 365}}
{parameters}"""

LITERALS = {
    "cleaning": "",
    "participants": "",
    "safety": "alpha: float = 0.05  # two-sided",
    "efficacy": 'alpha: float = 0.05  # two-sided\nprimary = ["DAS28", "HAQDI"]  # outcomes',
    "robustness": "seed = 20191219  # of every random draw",
    "concordance": 'primary_visit = ""  # empty: the first follow-up',
}

WRITE = """\
import os, pathlib
work = pathlib.Path(os.environ["RACOHORT_WORK"])
said = repr(sorted((name, value) for name, value in globals().items() if name in {names}))
(work / "results").mkdir(exist_ok=True)
_ = (work / "results" / "{section}.parquet").write_text(said)
"""

CLEAN = """\
raw = pathlib.Path(os.environ["RACOHORT_FOLDER"], "raw.csv").read_text()
for name in ("data", "records"): (work / name).mkdir()
_ = (work / "data" / "adsl.csv").write_text(raw)
_ = (work / "records" / "ledger.csv").write_text("file,line")
"""

END = """\
from racohort import manifests
from racohort.config import parse_cohort
from racohort.hashes import file_hash
from racohort.places import run_name
folder = pathlib.Path(os.environ["RACOHORT_FOLDER"])
config = parse_cohort((folder / "cohort.yml").read_text(), "cohort.yml")
inputs = manifests.inputs_of(config.described(), {{"raw.csv": file_hash(folder / "raw.csv")}})
name = run_name(config.id, run)
for stage in {stages}:
    made = manifests.gathered(work, stage, name, inputs, ["results/{section}.parquet"])
    manifests.path_of(work, stage).parent.mkdir(exist_ok=True)
    _ = manifests.path_of(work, stage).write_bytes(made.as_bytes())
print(manifests.sentinel("{section}", name, inputs))
"""


def section_notebook(section: str, extra: str = "") -> str:
    """A section's notebook that writes its parameters as its results."""
    literals = f'cohort = "small"  # the cohort\nrun = ""  # the run\n{LITERALS[section]}'
    names = {"alpha", "primary", "seed", "primary_visit"}
    body = WRITE.format(section=section, names=names) + (CLEAN if section == "cleaning" else "") + extra
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {section.title()}"},
        _code("parameters", literals, ["parameters"]),
        _code("work", body, ["remove-cell"]),
        _code("look", f"print('{section} was run')", []),
        _code("end", END.format(section=section, stages=["data", section][section != "cleaning" :]), ["remove-cell"]),
    ]
    kernel = {"name": "racohort", "display_name": "RA cohort (Python)", "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})


def _code(id: str, source: str, tags: list[str]) -> dict[str, object]:
    made = {"cell_type": "code", "id": id, "metadata": {"tags": tags}, "source": source}
    return {**made, "outputs": [], "execution_count": None}


def small_project(root: Path) -> Path:
    """Write the small project under a folder and return it."""
    for section, stem in STEMS.items():
        _write(root / "notebooks" / f"{stem}.ipynb", section_notebook(section))
    chapters = "".join(f"- file: notebooks/{stem}\n" for stem in STEMS.values())
    _write(root / "book" / "_toc.yml", f"format: jb-book\nroot: index\nchapters:\n{chapters}")
    _write(root / "book" / "_config.yml", "title: A small book\nauthor: Nobody\nlogo: ''\n")
    _write(root / "book" / "index.md", "# A small book\n\nIts first page.\n")
    _write(root / "data" / "catalogue" / "analytes.yml", "CRP: {unit: mg/L}\n")
    _write(root / "requirements.lock", "numpy==2.4.6\n")
    small_cohort(root / "data" / "cohorts" / "small", "small")
    return root


def small_cohort(folder: Path, id: str, parameters: str = "") -> Path:
    """Write a cohort folder of two patients and return it."""
    _write(folder / "cohort.yml", COHORT.format(id=id, parameters=textwrap.dedent(parameters)))
    _write(folder / "raw.csv", "patient,visit,crp\n1,baseline,12\n1,1y,8\n2,baseline,30\n2,1y,9\n")
    return folder


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
