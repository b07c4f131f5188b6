"""Many reports: one warm process for all, or the workers of a Dask cluster; one that fails never stops the others."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from racohort import pipeline
from racohort.places import UsageError, build_folder, cohort_folder
from racohort.schedule import Schedule, workers

#: The columns of a table of runs; all but the first may be left out.
COLUMNS = ("cohort", "set", "run")
#: The exit status of a report whose folder another run holds.
BUSY = 75
#: Seconds between two tries to get a folder that another run holds.
PAUSE = 5.0


@dataclass(frozen=True)
class Request:
    """One report that was asked for, and what became of it: `page` where it was made, else `why` not."""

    cohort: str
    settings: str = ""
    run: str = ""
    privacy: str = ""
    page: str = ""
    why: str = ""
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """How the report is called in what is said."""
        return " ".join(filter(None, [Path(self.cohort).name or self.cohort, self.run]))


def read_requests(text: str, words: Sequence[str]) -> list[Request]:
    """What was asked for: names of cohorts and folders, a folder that holds cohorts, or a table of runs (CSV).

    Raises UsageError for a folder without cohorts, a table with other columns, and a report that is asked for twice.
    """
    if not words:
        raise UsageError('COHORTS names no cohort. Write COHORTS="a b", a folder that holds cohorts, or a table of runs.')
    requests = [request for word in words for request in _requests(word)]
    keys = [(request.cohort, request.run) for request in requests]
    twice = next((request for request, key in zip(requests, keys, strict=True) if keys.count(key) > 1), None)
    if twice is not None:
        raise UsageError(f"COHORTS={text!r} asks for {twice.name!r} twice. Give each run a name of its own in the column run.")
    return requests


def _requests(word: str) -> list[Request]:
    path = Path(word)
    if path.suffix.lower() == ".csv" and path.is_file():
        return list(_table(path))
    if path.is_dir() and not (path / "cohort.yml").is_file():
        found = sorted(str(entry.parent) for entry in path.glob("*/cohort.yml"))
        if not found:
            raise UsageError(f"COHORTS: no folder in {word!r} holds a cohort.yml. Give a cohort, or a folder of cohorts.")
        return [Request(f"./{one}" if "/" not in one else one) for one in found]
    return [Request(word)]


def _table(path: Path) -> Iterator[Request]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = list(rows.fieldnames or [])
        if "cohort" not in names or set(names) - set(COLUMNS):
            raise UsageError(f"{path.name} has the columns {', '.join(names)}; a table of runs has {', '.join(COLUMNS)}.")
        for row in rows:
            yield Request(row["cohort"].strip(), (row.get("set") or "").strip(), (row.get("run") or "").strip())


def make_reports(requests: Sequence[Request], say: pipeline.Say = print, scheduler: str = "") -> list[Request]:
    """Make the reports, several at a time, and return them in their order with what became of each.

    A report that is up to date costs nothing, so that a list that was interrupted goes on where it stopped. `scheduler` is the
    address of a Dask scheduler whose workers have this project installed and see the same folders.
    """
    done = _with_dask(requests, say, scheduler) if scheduler else _with_threads(requests, say)
    return [next(one for one in done if (one.cohort, one.run) == (asked.cohort, asked.run)) for asked in requests]


def _with_threads(requests: Sequence[Request], say: pipeline.Say) -> list[Request]:
    """As many reports at a time as there are cores; the cores that remain go to the sections of each."""
    from racohort import warm

    warm.start()
    cores, by_name = workers(), {str(number): request for number, request in enumerate(requests)}
    at_once = min(cores, len(requests))
    given = os.environ.get("RACOHORT_WORKERS")
    os.environ["RACOHORT_WORKERS"] = str(max(1, cores // at_once))
    schedule = Schedule(
        by_name, dict.fromkeys(by_name, ()), lambda name: partial(_make, by_name[name], say), at_once, pipeline.stop_sections
    )
    try:
        return [_told(by_name[name], ended, say) for name, ended in schedule if ended is not None]
    finally:
        os.environ.pop("RACOHORT_WORKERS")
        os.environ.update({"RACOHORT_WORKERS": given} if given is not None else {})


def _make(request: Request, say: pipeline.Say) -> float:
    started = time.monotonic()
    run = pipeline.prepare(request.cohort, request.settings, request.run)
    pipeline.make_report(run, say=lambda line: say(f"  {request.name}: {line.strip()}"))
    return time.monotonic() - started


def _told(request: Request, ended: Future[float], say: pipeline.Say) -> Request:
    """The report with what became of it, which is said at once."""
    error = ended.exception()
    if error is None:
        run = pipeline.prepare(request.cohort, request.settings, request.run)
        done = replace(request, page=str(run.published / "html" / "index.html"), seconds=ended.result())
    else:
        done = replace(request, why=_reason(str(error)))
    say(f"{done.name}: {'done' if done.page else f'failed: {done.why}'}")
    return done


def _reason(text: str) -> str:
    """Why a report failed, in one line: the first that was said, or the last of a traceback.

    >>> _reason("The section safety failed.\\n  why: odd"), _reason("Traceback (most recent call last):\\n  File\\nOSError: odd")
    ('The section safety failed.', 'OSError: odd')
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no reason was given"]
    return lines[-1 if lines[0].startswith("Traceback") else 0]


def _with_dask(requests: Sequence[Request], say: pipeline.Say, scheduler: str) -> list[Request]:
    """Each report as one task of the cluster; a task whose worker was lost is given to another."""
    from distributed import Client, as_completed

    done = []
    with Client(scheduler) as client:
        build = str(build_folder())
        asked = {client.submit(make_apart, _placed(request), build, retries=3, pure=False): request for request in requests}
        for future in as_completed(list(asked)):
            request = asked.pop(future)
            error = future.exception()
            done.append(future.result() if error is None else replace(request, why=_reason(str(error))))
            future.release()  # what the cluster no longer keeps, it does not make again where a worker is lost
            done[-1] = replace(done[-1], cohort=request.cohort)
            say(f"{request.name}: {'done' if done[-1].page else f'failed: {done[-1].why}'}")
    return done


def _placed(request: Request) -> Request:
    """The request with the cohort's whole path, which every worker must see."""
    return replace(request, cohort=str(cohort_folder(request.cohort)))


def make_apart(request: Request, build: str) -> Request:
    """A report made by a process of its own, which a Dask worker waits for; the task of a lost worker waits for what still runs.

    Two runs never write into one folder: the second waits until the first has ended, and then finds its work done.
    """
    started = time.monotonic()
    while (ended := report_apart(request, RACOHORT_BUILD=build)).returncode == BUSY:
        time.sleep(PAUSE)
    seconds = time.monotonic() - started
    if ended.returncode:
        return replace(request, why=_reason(ended.stderr), seconds=seconds)
    return replace(request, page=ended.stdout.strip().splitlines()[-1], seconds=seconds)


def report_apart(request: Request, **given: str) -> subprocess.CompletedProcess[str]:
    """The verb `report` in a process of its own: with these variables, and with none of those that make gave to this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RC_")}
    surroundings = {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), **given}
    options = ["--cohort", request.cohort, "--set", request.settings, "--run", request.run, "--privacy", request.privacy]
    command = [sys.executable, "-m", "racohort", "report", *options]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)


def summarise_reports(done: Sequence[Request]) -> list[str]:
    """The lines that a list of reports ends with: each with its seconds and its page, or why there is none."""
    width = max(len(one.name) for one in done)
    told = [f"{one.seconds:6.1f} s  {one.page}" if one.page else f"  failed  {one.why}" for one in done]
    lines = [f"{one.name:<{width}}  {what}" for one, what in zip(done, told, strict=True)]
    made = sum(bool(one.page) for one in done)
    return [*lines, f"{made} of {len(done)} reports are there."]
