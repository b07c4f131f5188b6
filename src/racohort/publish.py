"""A run's published folder: held by one run at a time, and there whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from racohort.scratch import sweep

#: So many files of a book are written to the disk at a time.
KEPT_AT_ONCE = 16


class Busy(Exception):
    """Another run holds the folder; the command ends with status 75."""

    exit_code = 75


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """The folder's lock for the length of a `with` block; raises Busy, naming the holder's process, where another run has it.

    The lock is a file beside the run's work folder. The system gives it up when the process ends, however it ends.
    """
    path = lock_file(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = f"another run holds {folder.name} (process {file.read().strip() or 'unknown'})."
            raise Busy(f"{holder} Wait for it to end, or give this run a name of its own with RUN=...") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def lock_file(folder: Path) -> Path:
    """The lock of a published folder."""
    return folder.parent / ".work" / f"{folder.name}.lock"


def new_folder(folder: Path) -> Path:
    """An empty folder beside the published one, in which its successor is made."""
    fresh = folder.parent / f".new-{folder.name}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    return fresh


def replace(folder: Path, fresh: Path) -> None:
    """Put a finished folder in the place of the published one; `recover` mends what a kill between the two renames leaves.

    All of it is on the disk before it takes its name, so that a loss of power leaves no folder with cut files. Files are kept
    side by side: one after another, the disk would finish each before it hears of the next.
    """
    old = _old(folder)
    with ThreadPoolExecutor(KEPT_AT_ONCE) as pool:
        list(pool.map(_keep, (*fresh.rglob("*"), fresh)))
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    _keep(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _keep(path: Path) -> None:
    """Have a file, or the names in a folder, written to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def recover(folder: Path) -> None:
    """Bring back the earlier folder where a run was killed while it published, and sweep away what it left half-made."""
    old = _old(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for rest in (old, folder.parent / f".new-{folder.name}"):
        shutil.rmtree(rest, ignore_errors=True)
    sweep()


def _old(folder: Path) -> Path:
    return folder.parent / f".old-{folder.name}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader, and a kill at any moment, finds either the earlier content or all of the new.

    Several runs may write one file, such as the list of the books: each waits for the other.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    with _alone_in(path.parent):
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The lock of a folder itself, which ends with its process however that ends; none where there are no such locks."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
