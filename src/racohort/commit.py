"""The commit whose code made a run, and whether that code was as committed, as far as Git tells."""

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

#: What a run's numbers and pages come from besides its cohort.
CODE = ("src", "notebooks", "book", "data/catalogue", "data/paper", "requirements.lock", "pyproject.toml")


@cache
def code_state(root: Path) -> dict[str, Any]:
    """`commit` (empty where Git is missing or `root` is not a clone of its own) and `clean` (None where nothing is known).

    It is asked once a command. A new file among the code counts as a change, one that Git ignores does not. Where a run is
    made again, `$RACOHORT_COMMIT` stands for what Git says: a commit with `clean` or `changed`.
    """
    if "RACOHORT_COMMIT" in os.environ:
        commit, _, state = os.environ["RACOHORT_COMMIT"].partition(" ")
        return {"commit": commit, "clean": state == "clean" if state else None}
    top, _, commit = _git(root, "rev-parse", "--show-toplevel", "HEAD").strip().partition("\n")
    if not commit or Path(top).resolve() != root.resolve():
        return {"commit": "", "clean": None}
    return {"commit": commit, "clean": not _git(root, "status", "--porcelain", "--untracked-files=all", "--", *CODE)}


def as_told(state: dict[str, Any]) -> str:
    """A state as `$RACOHORT_COMMIT` tells it.

    >>> as_told({"commit": "9f8e7d6", "clean": False}), as_told({"commit": "", "clean": None})
    ('9f8e7d6 changed', '')
    """
    return f"{state['commit']} {'clean' if state['clean'] else 'changed'}" if state.get("commit") else ""


def in_words(state: dict[str, Any]) -> str:
    """A state for the foot of a page.

    >>> in_words({"commit": "9f8e7d6c5b4a", "clean": True}), in_words({"commit": "9f8e7d6c5b4a", "clean": False})
    (' of commit 9f8e7d6c', ', changed since commit 9f8e7d6c')
    >>> in_words({"commit": "", "clean": None})
    ' (no commit known)'
    """
    told = state["commit"][:8]
    return (f" of commit {told}" if state["clean"] else f", changed since commit {told}") if told else " (no commit known)"


def _git(root: Path, *words: str) -> str:
    """What Git says of a folder; empty where it is missing or refuses."""
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(["git", "-C", str(root), *words], env=quiet, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
