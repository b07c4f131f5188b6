"""A child process that ends with the one that asked for it, however that ends."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

_CODE = "from racohort.child import end_with_parent; end_with_parent(); {}"


def run_python(code: str, arguments: list[str], log: IO[bytes]) -> int:
    """The exit status of Python code run in a fresh interpreter, which sees no stray module; `log` gets its words.

    The child holds the end of a pipe whose other end the system closes when this process ends, even by SIGKILL.
    """
    command = [sys.executable, "-P", "-c", _CODE.format(code), *arguments]
    surroundings = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, env=surroundings)
    try:
        return child.wait()
    finally:
        child.kill()
        child.wait()


def end_with_parent() -> None:
    """End this process as soon as the one that holds the other end of its standard input has ended."""
    threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)
