"""Parsing in a child process with limits: a file that makes a parser crash, hang or swell ends the child, not the run.

On Linux the child is forked: that costs milliseconds, and the child starts no thread. Elsewhere forking after these imports is
not sound, and the child is a fresh interpreter, which costs about a second a file. What comes back are cells and findings, as
Arrow and JSON and never as pickle: a parser that a hostile file has taken over can hand over nothing else.
"""

import contextlib
import faulthandler
import gc
import importlib
import io
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from racohort.config import Cohort, File
from racohort.io.parcels import pack, pack_table, unpack, unpack_table
from racohort.schema import RawTable, Records

Parser = Callable[[bytes, File, Cohort, RawTable, Records], None]

#: Whether a child is forked; otherwise it is a fresh interpreter.
FORKED = sys.platform == "linux"
#: A child may take this many times longer than it may compute.
PATIENCE = 3
#: Exit statuses of a child whose parser wanted more memory, or broke.
OUT_OF_MEMORY, BROKEN = 3, 4
_SERVE = "from racohort.io.isolated import serve; serve()"


@dataclass(frozen=True)
class Bounds:
    """Seconds to compute, bytes of memory beyond what the process holds, and a folder for temporary files."""

    seconds: int
    memory: int
    scratch: str

    def enter(self) -> None:
        """Put this process under the bounds, as far as the system knows them; the memory of a crash is never written down."""
        tempfile.tempdir = self.scratch
        for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(PATIENCE * self.seconds + 1)
        for what, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, self.seconds),
            (resource.RLIMIT_AS, _held() + self.memory),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def _held() -> int:
    """Bytes of address space that this process holds already; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def parse_apart(parse: Parser, data: bytes, entry: File, config: Cohort, table: RawTable, records: Records) -> None:
    """Fill the table as `parse` does, in a child process within the cohort's limits.

    A child that dies, takes too long or wants too much memory leaves the table empty, with a finding of class `reject`.
    """
    limits, size = config.limits, len(data)
    entry = entry.model_copy(update={"path": table.file})
    with tempfile.TemporaryDirectory() as scratch:
        bounds = Bounds(limits.seconds_for(size), limits.memory_for(size), scratch)
        child = (_fork if FORKED else _start)(parse, data, entry, config, bounds)
        answer, status = _outcome(*child, bounds)
    if status == 0:
        unpack_table(answer, table, records)
    else:
        records.note(*_reason(status, answer, table.file, bounds), table)


def _fork(parse: Parser, data: bytes, entry: File, config: Cohort, bounds: Bounds) -> tuple[int, int]:
    """A forked child: its process id, and where its answer can be read."""
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns wherever a thread exists
        child = os.fork()
    if child == 0:
        os.close(ours)
        _answer(parse, data, entry, config, bounds, theirs)
    os.close(theirs)
    return child, ours


def _start(parse: Parser, data: bytes, entry: File, config: Cohort, bounds: Bounds) -> tuple[int, int]:
    """A fresh interpreter, given its work: its process id, and where its answer can be read."""
    task = {
        "parse": [parse.__module__, parse.__qualname__],
        "entry": entry.model_dump_json(),
        "config": config.model_dump_json(by_alias=True),
        "bounds": [bounds.seconds, bounds.memory, bounds.scratch],
    }
    ours, theirs = os.pipe()
    with open(f"{bounds.scratch}/task", "w+b") as file:
        file.write(pack(json.dumps(task).encode(), data))
        file.seek(0)
        child = subprocess.Popen([sys.executable, "-P", "-c", _SERVE], stdin=file, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    child.returncode = 0  # it is waited for here, by its process id
    return child.pid, ours


def serve() -> None:
    """Be a fresh child: do the work that stands on standard input, and answer on standard output."""
    task, data = unpack(sys.stdin.buffer.read())
    given = json.loads(task)
    parse = getattr(importlib.import_module(given["parse"][0]), given["parse"][1])
    entry, config = File.model_validate_json(given["entry"]), Cohort.model_validate_json(given["config"])
    _answer(parse, data, entry, config, Bounds(*given["bounds"]), os.dup(1))


def _answer(parse: Parser, data: bytes, entry: File, config: Cohort, bounds: Bounds, target: int) -> NoReturn:
    """Parse as a child process, write the answer, and end without anything that the parent would do at its end."""
    status = BROKEN
    try:
        gc.freeze()
        _silence()
        bounds.enter()
        table, records = RawTable.blank(entry.path, entry.shape), Records()
        parse(data, entry, config, table, records)
        _write(target, pack_table(table, records))
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    except BaseException as error:
        _write(target, type(error).__name__.encode())
    finally:
        os._exit(status)


def _silence() -> None:
    """Nothing is said: neither by the parser, nor by Python, nor about a crash; a notebook's streams belong to the parent."""
    faulthandler.disable()
    sys.stdout = sys.stderr = io.StringIO()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)


def _write(target: int, answer: bytes) -> None:
    rest = memoryview(answer)
    while rest:
        rest = rest[os.write(target, rest) :]


def _outcome(child: int, source: int, bounds: Bounds) -> tuple[bytes, int]:
    """A child's answer, and its exit status (negative: the signal that ended it); a child that gives none in time is ended."""
    with _ending(child, source):
        parts, room, ends = [], bounds.memory, time.monotonic() + PATIENCE * bounds.seconds
        with selectors.DefaultSelector() as waiting:
            waiting.register(source, selectors.EVENT_READ)
            while waiting.select(max(0, ends - time.monotonic())):
                parts.append(os.read(source, 1 << 20))
                room -= len(parts[-1])
                if room < 0:
                    return b"", OUT_OF_MEMORY
                if not parts[-1]:
                    return b"".join(parts), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return b"", -signal.SIGALRM


@contextmanager
def _ending(child: int, source: int) -> Iterator[None]:
    """No child and no pipe stays, whatever happens."""
    try:
        yield
    finally:
        os.close(source)
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _reason(status: int, answer: bytes, file: str, bounds: Bounds) -> tuple[str, str]:
    """The rule and the words for a child that did not finish."""
    if status in (-signal.SIGALRM, -signal.SIGXCPU):
        said = f"{file}: reading it takes longer than {bounds.seconds} s, the limit for a file of its size (`limits`: seconds)"
        return "file_size", said
    if status in (OUT_OF_MEMORY, -signal.SIGKILL):
        said = f"{file}: reading it takes more than {bounds.memory // 1_000_000:,} MB of memory, the limit for a file of its size"
        return "file_size", f"{said} (`limits`: memory_mb)"
    how = answer.decode("ascii", "replace")[:60] if status == BROKEN else signal.Signals(-status).name if status < 0 else status
    return "file_corrupt", f"{file} is corrupt: the program that reads it broke off ({how})"
