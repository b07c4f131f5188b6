"""Temporary folders that nobody inherits: each is locked by the process that made it, and the next run sweeps away what is free.

A run that is killed by force cannot tidy up. The system gives up its locks, and that is what the sweeping goes by: it needs no
process ids, and never touches the folder of a run that goes on, nor that of another user.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX, LOCK = "racohort-", ".lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder for the length of a `with` block, locked by this process."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "lock").rename(folder / LOCK)  # under the name that is looked for it has never been free
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove this user's folders whose process has ended without removing them."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError), path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.parent.stat().st_uid == os.getuid():
                shutil.rmtree(path.parent, ignore_errors=True)
