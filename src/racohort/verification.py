"""A finished run made again elsewhere, and compared with what was recorded of it: file by file, then row by row, in words.

It is made in a scratch folder, in another time zone and locale, one section after another and in plain kernels, so that
nothing but the files, the parameters and the versions is the same.
"""

import calendar
import shlex
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from racohort import pipeline, record
from racohort.commit import as_told
from racohort.fingerprints import folder_hashes, read_json
from racohort.places import UsageError
from racohort.record import RESULT_FILES
from racohort.reports import Request, report_apart
from racohort.scratch import scratch_folder

#: What differs from the surroundings in which the run was made.
ELSEWHERE = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "RACOHORT_WORKERS": "1", "RACOHORT_KERNELS": "plain"}
#: Under other versions two numbers count as equal within this multiple of the larger one.
TOLERANCE = 1e-6
#: Differences told of one file.
TOLD = 5


class Differs(Exception):
    """A run that could not be made again as it was; the command ends with status 1."""

    exit_code = 1


def verify_run(cohort: str, name: str = "", say: pipeline.Say = print) -> str:
    """Make a published run again and compare; returns the line that says what is the same.

    Raises UsageError where there is no published run, Differs where a file read, a published file or a result is another one.
    """
    run = pipeline.prepare(cohort, "", name)
    recorded = read_json(run.published / "run.json")
    if not recorded.get("results"):
        raise UsageError(f"there is no finished run of {run.cohort['id']!r} to verify. Make one first with `make report`.")
    _raise_for([*changed_inputs(run, recorded), *changed_files(run.published, recorded)])
    versions = changed_versions(recorded["versions"], record.versions())
    for line in versions:
        say(f"  {line}: numbers are compared within {TOLERANCE:g}")
    with scratch_folder() as scratch:
        say("Making the run again in a scratch folder, in another time zone and locale ...")
        again = _make_again(run, recorded, scratch)
        found = [*compare_results(run.published / "results", again / "results", exact=not versions)]
        pages = folder_hashes(run.published / "html")
        found += [] if versions else compare_pages(pages, folder_hashes(again / "html"))
    _raise_for(found)
    rows = sum(entry["rows"] for entry in recorded["results"])
    same = f"The same: {rows:,} rows in {len(recorded['results'])} files of results"
    return f"{same}." if versions else f"{same}, and {len(pages)} files of the book."


def _raise_for(differences: list[str]) -> None:
    if differences:
        raise Differs("\n".join(["This run is not what was recorded:", *differences]))


def changed_inputs(run: pipeline.Run, recorded: Mapping[str, Any]) -> list[str]:
    """The source files that are not those the run read, in words."""
    then = {entry["file"]: entry["sha256"] for entry in recorded["inputs"]}
    now = {record.shown(name): value for name, value in run.inputs.items()}
    return [
        f"{name}: the file is {'not in cohort.yml now' if name not in now else 'another one'} (then SHA-256 {value[:12]}...)"
        for name, value in then.items()
        if now.get(name) != value
    ] + [f"{name}: cohort.yml did not name this file then" for name in now if name not in then]


def changed_files(published: Path, recorded: Mapping[str, Any]) -> list[str]:
    """The published results that were changed or removed after they were published."""
    now = {entry["file"]: entry["sha256"] for entry in record.results_written(published / "results")}
    return [
        f"results/{entry['file']}: the published file was {'changed' if entry['file'] in now else 'removed'} afterwards"
        for entry in recorded["results"]
        if now.get(entry["file"]) != entry["sha256"]
    ]


def changed_versions(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The packages whose version is another one, in words.

    >>> changed_versions({"pandas": "3.1.1", "scipy": "1.17.1"}, {"pandas": "3.1.2", "scipy": "1.17.1"})
    ['pandas was 3.1.1 and is 3.1.2']
    """
    return [f"{name} was {then.get(name, 'absent')} and is {value}" for name, value in now.items() if then.get(name) != value]


def _make_again(run: pipeline.Run, recorded: Mapping[str, Any], scratch: Path) -> Path:
    """The run made with the recorded parameters in the scratch folder; returns its published folder there."""
    given = {name: told["value"] for name, told in recorded["parameters"].items() if told["source"] == "SET"}
    settings = " ".join(shlex.quote(f"{name}={_as_text(value)}") for name, value in given.items())
    again = Request(str(run.folder), settings, run.run, recorded["privacy"])
    said = {"RACOHORT_MADE": str(_moment(recorded)), "RACOHORT_COMMIT": as_told(recorded.get("code", {}))}
    done = report_apart(again, **ELSEWHERE, RACOHORT_BUILD=str(scratch), **said)
    if done.returncode:
        raise Differs("\n".join(["The run could not be made again:", *done.stderr.strip().splitlines()[-6:]]))
    return scratch / run.published.name


def _moment(recorded: Mapping[str, Any]) -> int:
    """When the recorded run began, in seconds: its book says the day."""
    return calendar.timegm(time.strptime(recorded["times"]["started"], "%Y-%m-%dT%H:%M:%SZ"))


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def compare_results(then: Path, now: Path, exact: bool = True) -> list[str]:
    """The differences between two folders of results, in words: a few of each file, by result id or row."""
    names = [path.name for path in sorted(then.glob(RESULT_FILES))]
    extra = [path.name for path in sorted(now.glob(RESULT_FILES)) if path.name not in names]
    found = [f"results/{name}: there is such a file only now" for name in extra]
    for name in names:
        if not (now / name).is_file():
            found.append(f"results/{name}: there is no such file now")
            continue
        told = list(compare_tables(_read(then / name), _read(now / name), exact))
        rest = [f"results/{name}: and {len(told) - TOLD} more differences"] if len(told) > TOLD else []
        found += [*(f"results/{name}: {difference}" for difference in told[:TOLD]), *rest]
    return found


def _read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    index = frame["result_id"] if "result_id" in frame else pd.Index([f"row {number}" for number in range(1, len(frame) + 1)])
    return frame.set_index(index)


def compare_tables(then: pd.DataFrame, now: pd.DataFrame, exact: bool = True) -> Iterator[str]:
    """What differs between two tables of text with the same kind of index, one difference a text.

    Where they need not be exactly equal, two numbers are equal within `TOLERANCE`.

    >>> compared = compare_tables(pd.DataFrame({"n": ["64"]}, ["a"]), pd.DataFrame({"n": ["63"]}, ["a"]))
    >>> next(compared)
    "a: n was '64' and is '63'"
    """
    yield from (f"{name}: the column is there only then" for name in then.columns.difference(now.columns))
    yield from (f"{name}: the column is there only now" for name in now.columns.difference(then.columns))
    yield from (f"{one}: the row was there and is not" for one in then.index.difference(now.index, sort=False))
    yield from (f"{one}: the row is new" for one in now.index.difference(then.index, sort=False))
    columns, rows = then.columns.intersection(now.columns), then.index.intersection(now.index, sort=False)
    old, new = then.loc[rows, columns], now.loc[rows, columns]
    other = old.ne(new)
    for name in columns[other.any()]:
        for one in rows[other[name]]:
            was, became = str(old.at[one, name]), str(new.at[one, name])
            if exact or not _close(was, became):
                yield f"{one}: {name} was {was!r} and is {became!r}"


def _close(was: str, became: str) -> bool:
    """Whether two texts are numbers that are equal within the tolerance.

    >>> _close("0.5", "0.50000001"), _close("0.5", "0.51"), _close("0.5", "")
    (True, False, False)
    """
    try:
        one, other = float(was), float(became)
    except ValueError:
        return False
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def compare_pages(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The files of the book that differ, by their hashes: at most a few by name.

    >>> compare_pages({"a.html": "1", "b.html": "2"}, {"a.html": "1", "b.html": "3"})
    ['html/b.html: the page is another one']
    """
    differing = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    rest = [f"html: and {len(differing) - TOLD} more files"] if len(differing) > TOLD else []
    return [f"html/{name}: the page is another one" for name in differing[:TOLD]] + rest
