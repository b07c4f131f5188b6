"""Runs killed at a random moment, several one after another, and the run that follows."""

import os
import random
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.faults.books import Project, copied, is_free, outlived, pattern, survivors, whole

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP)
#: So many kills, one after another, make a case; each finds what the one before left.
KILLS = 8


@cache
def _pattern() -> tuple[tempfile.TemporaryDirectory, Path]:
    """The project that the cases of this process copy; it goes with the process."""
    folder = tempfile.TemporaryDirectory()
    return folder, pattern(Path(folder.name))


def judge(number: int, kills: int = KILLS) -> tuple[list[str], list[str]]:
    """A case: kills at moments drawn with the number, each followed by what must hold; then a run that must succeed."""
    rng, made = random.Random(number), _pattern()[1]
    tried: list[str] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        project = copied(made, Path(folder))
        names = set(project.book())
        surroundings = {"RACOHORT_KERNELS": rng.choice(["", "plain"])}
        for attempt in range(kills):
            alpha, before = 0.001 * (attempt + 1), project.book()
            force = ["--force"] if rng.random() < 0.3 else []
            process = project.start("--set", f"alpha={alpha}", *force, **surroundings)
            what = kill(process, project, rng, float((made / "seconds").read_text()))
            said = process.communicate()[0]
            tried.append(what)
            faults = whole(project, before, alpha, names)
            left = outlived(process.mark)
            faults += [f"outlived: {one}" for one in left] + ([] if is_free(project) else ["the lock is held"])
            faults += whole(project, before, alpha, names) if not faults else []
            faults += ["traceback: " + said.strip().splitlines()[-1]] if "Traceback" in said else []
            wrong += [f"kill {attempt} ({what}): {fault}" for fault in faults]
        wrong += follows(project, names, 0.5, surroundings)
    return tried, wrong


def kill(process: subprocess.Popen, project: Project, rng: random.Random, seconds: float) -> str:
    """Send a signal at a moment of the run, to the parent or to its group; says which: that is what was tried.

    Half of the moments are drawn from the whole time of a run, half from the time in which the book is built and published.
    """
    number, grouped = rng.choice(SIGNALS), rng.random() < 0.5
    late, moment = rng.random() < 0.5, rng.random()
    while late and process.poll() is None and not (project.built / ".new-small").exists():
        time.sleep(0.01)
    deadline = time.monotonic() + moment * seconds * (0.5 if late else 1.0)
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    if process.poll() is None:
        (os.killpg if grouped else os.kill)(process.pid, number)
        return f"{number.name} {'group' if grouped else 'parent'}"
    return "ended before"


def follows(project: Project, names: set[str], alpha: float, surroundings: dict[str, str]) -> list[str]:
    """What is wrong with the run that follows: it must publish, and leave nothing of those before."""
    process = project.start("--set", f"alpha={alpha}", **surroundings)
    said = process.communicate()[0]
    if process.returncode:
        return [f"the next run ended with {process.returncode}: {said.strip().splitlines()[-1]}"]
    faults = whole(project, {}, alpha, names) + [f"left over: {name}" for name in project.leftovers()]
    return faults + [f"outlived: {one}" for one in outlived(process.mark) or survivors(process.mark)]
