"""Failures as a researcher is told them: what failed, why, what to do, and the exit status of the contract."""

import errno
import os
import re
import shutil
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

_FULL = "Make room on the disk, then give the same command again."
_CLOSED = "Give yourself the right to write there, or set RACOHORT_BUILD to a folder where you may."
_FAULTY = "The disk, or the way to it, is at fault: mend it, or set RACOHORT_BUILD to a folder on another one."
#: What the machine says when it does not write -> what to do.
NO_WRITING = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL, errno.EIO: _FAULTY, errno.ESTALE: _FAULTY,
              errno.EACCES: _CLOSED, errno.EPERM: _CLOSED, errno.EROFS: _CLOSED}  # fmt: skip


def told(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb, with its known failures told in a few lines and turned into the exit status of the contract."""

    @wraps(verb)
    def tried(**options: Any) -> None:
        verbose = options.get("verbose", False)
        try:
            verb(**options)
        except KeyboardInterrupt:
            click.echo("Stopped; the earlier book, if there is one, is as it was.", err=True)
            sys.exit(1)
        except Exception as caught:
            error: Any = caught
            status = getattr(error, "exit_code", None)
            if _errno(error) in NO_WRITING:
                status = 1
            if status is None or isinstance(error, click.ClickException | click.exceptions.Exit):
                raise
            click.echo("\n".join(explain(error)), err=True)
            if verbose and getattr(error, "traceback", ""):
                click.echo(error.traceback, err=True)
            sys.exit(status)

    return tried


def explain(error: Any) -> list[str]:
    """A failure in at most five lines: what failed, why, and what to open."""
    if hasattr(error, "section"):
        where = f"  cell {error.cell} of " if getattr(error, "cell", None) else "  "
        first = f"The section {error.section} failed; the earlier book, if there is one, is as it was."
        why = [f"  why: {line}" for line in _brief(str(error))]
        return [first, *why, f"{where}the notebook to open: {_near(error.notebook)}"]
    if hasattr(error, "faults"):
        faults = [f"  {line[:200]}" for line in error.faults[:3]] or ["  no fault was named"]
        return [
            "The book could not be built; the earlier book, if there is one, is as it was.",
            *faults,
            f"  the whole log: {_near(error.log)}",
        ]
    return _no_writing(error) if isinstance(error, OSError) else _brief(str(error), 8)


def _errno(error: Any) -> int:
    """The number of what the machine would not do, 0 for any other failure; copying a folder tells it in words only."""
    copying = re.search(r"\[Errno (\d+)\]", str(error)) if isinstance(error, shutil.Error) else None
    return int(copying[1]) if copying else getattr(error, "errno", None) or 0


def _no_writing(error: OSError) -> list[str]:
    """A file that the machine would not write, and what to do about it."""
    names = [_near(Path(name)) for name in (error.filename2, error.filename) if isinstance(name, str)]
    return [
        f"A file could not be written{f' ({names[0]})' if names else ''}: {os.strerror(_errno(error))}.",
        f"  {NO_WRITING[_errno(error)]} The earlier book, if there is one, is as it was.",
    ]


def _brief(text: str, most: int = 3) -> list[str]:
    lines = [line.strip()[:300] for line in text.splitlines() if line.strip()]
    return lines[:most] or ["no reason was given"]


def _near(path: Path) -> str:
    return os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else str(path)
