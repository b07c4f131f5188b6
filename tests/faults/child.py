"""Runs of `racohort` whose n-th change on the disk fails, each forked from a process that has paid the imports.

A change is an opening to write, a write, a copy, an fsync, a renaming or a new folder, under the project. Sections and book are
made in the process itself, without kernels and Sphinx, so that every change is counted.
"""

import builtins
import errno
import io
import itertools
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from racohort import cli, crate, engine, leaks, pipeline, record  # noqa: F401
from tests.conftest import _quick_book, _quick_section

COUNTED = itertools.count(1)
LOCK = threading.Lock()


def change(fail_at: int, fault: str, path: Any) -> None:
    """Count a change of a path, and fail where it is the one that must fail."""
    with LOCK:
        number = next(COUNTED)
    if number != fail_at:
        return
    print(f"fault at change {number}: {fault}", file=sys.stderr, flush=True)
    if fault == "KILL":
        os.kill(os.getpid(), signal.SIGKILL)
    code = getattr(errno, fault)
    raise OSError(code, os.strerror(code), str(path))


def install(fail_at: int, fault: str, root: str) -> None:
    """Put the fault in place, in this process."""

    def told(path: Any) -> None:
        if not isinstance(path, (str, os.PathLike)) or os.fspath(path).startswith(root):
            change(fail_at, fault, path)

    class Faulty(io.FileIO):
        def write(self, data: Any) -> int:
            with memoryview(data) as view:
                try:
                    told(self.name)
                except OSError:
                    super().write(view[: len(view) // 2])
                    raise
                return super().write(view)

    opened = io.open

    def open_(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
        ours = isinstance(file, (str, os.PathLike)) and str(os.fspath(file)).startswith(root)
        if not ours or not set(mode) & set("wax+"):
            return opened(file, mode, buffering, *rest, **named)
        told(file)
        raw = Faulty(file, mode.replace("b", "").replace("t", ""))
        if buffering == 0:
            return raw
        buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else _as_text(buffered, mode, *rest, **named)

    builtins.open = io.open = open_  # type: ignore[assignment]
    for name in ("rename", "replace", "mkdir", "fsync", "sendfile", "link", "symlink"):
        setattr(os, name, _counting(getattr(os, name), told))


def _as_text(
    raw: Any, mode: str, encoding: str | None = None, errors: str | None = None, newline: str | None = None, *_: Any
) -> Any:
    return io.TextIOWrapper(raw, encoding, errors, newline)


def _counting(call: Callable, told: Callable[[Any], None]) -> Callable:
    def counted(*given: Any, **named: Any) -> Any:
        told(given[0])
        return call(*given, **named)

    return counted


def quick() -> None:
    """Sections and book without kernels and Sphinx."""
    patch = pytest.MonkeyPatch()
    patch.setattr("racohort.warm.start", lambda: None)
    patch.setattr("racohort.engine.run_section", _quick_section([]))
    patch.setattr("racohort.book.build_book", _quick_book)


def command(words: list[str], at: int, fault: str, root: str, out: str) -> NoReturn:
    """Be `racohort` with these words on the project `root`, with a fault, and say everything into the file `out`."""
    said = os.open(out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ.update(RACOHORT_ROOT=root, RACOHORT_WORKERS="1")
    os.chdir(root)
    install(at, fault, root)
    status = 70
    try:
        cli.main(words, prog_name="racohort")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def serve() -> None:
    """For each task that stands on a line of standard input, fork the command; answers with its exit status."""
    quick()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            command(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
