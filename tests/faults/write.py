"""Runs whose n-th change on the disk fails: the disk is full, it is at fault, or the run is killed just there."""

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.faults.books import Project, copied, is_free, surroundings, whole

FAULTS = ("ENOSPC", "EIO", "KILL")


@cache
def _pattern() -> tuple[tempfile.TemporaryDirectory, Path]:
    """The project that the cases of this process copy; it goes with the process."""
    folder = tempfile.TemporaryDirectory()
    status, said = report(Project(Path(folder.name)), 0.05)
    assert status == 0, said
    return folder, Path(folder.name)


def pattern_folder() -> Path:
    """The folder of a project with a finished book."""
    return _pattern()[1]


@cache
def _server() -> subprocess.Popen[str]:
    """The process that forks the runs; it ends with this one, which holds its standard input."""
    command = [sys.executable, "-P", "-m", "tests.faults.child"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings())


def report(project: Project, alpha: float, at: int = 0, fault: str = "EIO") -> tuple[int, str]:
    """A report of the project whose change number `at` fails: its exit status and what it said."""
    server, out = _server(), project.root.parent / "said"
    assert server.stdin is not None
    assert server.stdout is not None
    words = ["report", "--cohort", "small", "--set", f"alpha={alpha}"]
    print(json.dumps([words, at, fault, str(project.root), str(out)]), file=server.stdin, flush=True)
    return int(server.stdout.readline()), out.read_text("utf-8")


def judge(number: int) -> tuple[list[str], list[str]]:
    """A case: the number says which change fails, and how; what must hold then, and that the next run succeeds."""
    at, fault = number // len(FAULTS) + 1, FAULTS[number % len(FAULTS)]
    with tempfile.TemporaryDirectory() as folder:
        project = copied(pattern_folder(), Path(folder))
        before = project.book()
        status, said = report(project, 0.01, at, fault)
        wrong = whole(project, before, 0.01, set(before)) + ([] if is_free(project) else ["the lock is held"])
        if "fault at change" not in said:
            return ["past the last change"], wrong + ([] if status == 0 else [f"ended with {status}: {said}"])
        wrong += [] if fault == "KILL" else told(said, status)
        if fault != "KILL" and not project.published.exists():
            wrong.append("the earlier book is gone")
        status, said = report(project, 0.5)
        wrong += [f"the next run ended with {status}: {said.splitlines()[-2:]}"] if status else []
        wrong += whole(project, {}, 0.5, set(before)) + [f"left over: {name}" for name in project.leftovers()]
    return [fault], wrong


def told(said: str, status: int) -> list[str]:
    """What is wrong with what a researcher is told of a write that failed."""
    lines = [line for line in said.splitlines() if not line.startswith("fault at")]
    if "Traceback" in said:
        return [f"a traceback: {lines[-1]}"]
    if status not in (0, 1):
        return [f"ended with {status}: {lines[-1]}"]
    return [] if status == 0 or "could not" in said else [f"not said: {lines}"]
