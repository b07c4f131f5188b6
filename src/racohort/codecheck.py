"""What an independent person would make again and compare: `codecheck.yml` of a finished run (CODECHECK specification 2.0)."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from racohort.fingerprints import read_json
from racohort.places import project_root
from racohort.publish import write_whole

SPECIFICATION = "https://codecheck.org.uk/spec/config/2.0/"
#: Published file -> what it is; those that a run has are its manifest.
MANIFEST = {
    "results/results.csv": "Every statistic of the report, one a row.",
    "results/claims.csv": "Each claim of the paper, and this cohort's answer.",
    "results/adsl.csv": "The patients.",
    "results/adlb.csv": "Laboratory values.",
    "results/adqs.csv": "Scores and joint counts.",
    "results/adae.csv": "Adverse events.",
    "results/adcm.csv": "Background treatment.",
    "html/index.html": "The book; it tells the day on which it was made.",
}


def write_codecheck(folder: Path) -> None:
    """Write `codecheck.yml` into a finished run's folder, and lay the project's `CITATION.cff` beside it."""
    there = {name: words for name, words in MANIFEST.items() if (folder / name).is_file()}
    write_whole(folder / "codecheck.yml", describe(read_json(folder / "run.json"), there).encode())
    citation = project_root() / "CITATION.cff"
    if citation.is_file():
        shutil.copyfile(citation, folder / citation.name)


def describe(run: Mapping[str, Any], manifest: Mapping[str, str]) -> str:
    """The text of a `codecheck.yml`; who deposits the run puts their own names in, which no program knows.

    >>> print(describe({"id": "a", "title": "A cohort", "run": ""}, {"results/results.csv": "Results."}))
    %YAML 1.1
    ---
    version: https://codecheck.org.uk/spec/config/2.0/
    manifest:
      - file: "results/results.csv"
        comment: "Results."
    paper:
      title: "Report on A cohort"
      authors:  # yours: name and ORCID of each
        - name: "The racohort developers"
      reference: "none yet"  # the address of your paper
    # A person who checks makes the run again (make verify COHORT=a), then adds: codechecker, report, summary, certificate.
    <BLANKLINE>
    """
    files = [f"  - file: {_quoted(name)}\n    comment: {_quoted(words)}" for name, words in manifest.items()]
    name = " ".join(filter(None, [run["title"] or run["id"], run["run"]]))
    again = " ".join(filter(None, [f"make verify COHORT={run['id']}", f"RUN={run['run']}" if run["run"] else ""]))
    return "\n".join([
        "%YAML 1.1", "---", f"version: {SPECIFICATION}", "manifest:", *files,
        "paper:", f"  title: {_quoted(f'Report on {name}')}",
        "  authors:  # yours: name and ORCID of each", '    - name: "The racohort developers"',
        '  reference: "none yet"  # the address of your paper',
        f"# A person who checks makes the run again ({again}), then adds: codechecker, report, summary, certificate.", "",
    ])  # fmt: skip


def _quoted(text: str) -> str:
    """A text as YAML in double quotes, which JSON's are."""
    return json.dumps(text, ensure_ascii=False)
