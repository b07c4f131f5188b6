"""Kernels that start warm: forked from one process that has paid the imports, each as separate from the others as a new one.

Papermill and the notebooks stay as they are. A kernel provisioner, jupyter_client's own extension point, asks Python's fork
server (`multiprocessing`) for a process instead of starting an interpreter. The fork server imports and computes nothing, so
that it has one thread; where forking after these imports is not sound (macOS), kernels start in the plain way, with the same
results.
"""

import gc
import importlib
import multiprocessing
import multiprocessing.forkserver
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from racohort.schedule import THREADS
from racohort.scratch import scratch_folder

#: What every section imports; `racohort.warm` is first, so that the fork server needs nothing else to serve.
IMPORTED = (
    "racohort.warm", "ipykernel.kernelapp", "ipykernel.zmqshell", "pandas", "pyarrow.parquet", "scipy.stats", "scipy.optimize",
    "statsmodels.api", "pingouin", "seaborn", "racohort.io.preloaded", "racohort.figures", "racohort.tables", "racohort.report",
    "racohort.cleaning", "racohort.adam", "racohort.participants", "racohort.safety", "racohort.efficacy",
    "racohort.robustness", "racohort.claims",
)  # fmt: skip


def can_fork() -> bool:
    """Whether kernels may be forked here: on Linux, unless the variable RACOHORT_KERNELS says `plain`."""
    return sys.platform == "linux" and os.environ.get("RACOHORT_KERNELS", "") != "plain"


def isolated() -> dict[str, str]:
    """Variables that Python and the libraries read once, at their start: no stray modules, one thread, no random order."""
    memory = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
    python = {"PYTHONPATH": str(Path(__file__).resolve().parents[1]), "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1"}
    drawing = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONHASHSEED": "0"}
    return {**memory, **python, **drawing, **dict.fromkeys(THREADS, "1")}


@cache
def start() -> None:
    """Start the fork server, once; it goes on importing by itself, and lives as long as this process."""
    if can_fork():
        multiprocessing.set_forkserver_preload(list(IMPORTED))
        with _for_a_moment(isolated()), _deaf_to_interrupts():
            _place_socket()
            multiprocessing.forkserver.ensure_running()


@contextmanager
def _for_a_moment(surroundings: Mapping[str, str]) -> Iterator[None]:
    """This process with other variables and without its own folder on the path, as a kernel is to see it."""
    variables, path = dict(os.environ), list(sys.path)
    os.environ.update(surroundings)
    sys.path[:] = [surroundings["PYTHONPATH"], *(place for place in path if place not in ("", os.getcwd()))]
    try:
        yield
    finally:
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(variables)


def _place_socket() -> None:
    """Have `multiprocessing` lay its socket into a folder that is swept after a kill, where its own would stay."""
    stack = ExitStack()
    folder = stack.enter_context(scratch_folder())
    multiprocessing.current_process()._config["tempdir"] = str(folder)  # type: ignore[attr-defined]
    Finalize(None, stack.close, exitpriority=-100)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process that starts now ignores Ctrl-C, which is this one's to answer; it ends when this one has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class ForkedKernel(LocalProvisioner):
    """A local kernel that was forked from the fork server."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel with the arguments of the command; `cwd`, `env` and the log as for a new process."""
        forked = Forked(cmd[cmd.index("-f") :], kwargs["env"], str(kwargs["cwd"]), kwargs["stdout"].name)
        self.process, self.pid, self.pgid = cast(subprocess.Popen, forked), forked.pid, forked.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


class Forked:
    """A forked process with the face of `subprocess.Popen` that the provisioner knows."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], variables: dict[str, str], folder: str, log: str) -> None:
        context = multiprocessing.get_context("forkserver")
        self._process = context.Process(target=run_kernel, args=(arguments, variables, folder, log), daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """The exit status, once it has ended."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, where it still runs."""
        if self.poll() is None and self.pid:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)


def run_kernel(arguments: list[str], variables: dict[str, str], folder: str, log: str) -> None:
    """Become a kernel: a session, a folder, variables, random numbers and a log of its own; ends with the process that asked."""
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = [str(importlib.import_module("ipykernel_launcher").__file__), *arguments]
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    _forget()
    gc.freeze()  # what was imported before the fork is never garbage, and need not be looked through
    importlib.import_module("ipykernel.kernelapp").IPKernelApp.launch_instance(argv=sys.argv[1:])


def _forget() -> None:
    """What a forked process must not share with its siblings, or has settled for another place or a terminal."""
    tempfile.tempdir = None
    random.seed()
    importlib.import_module("numpy").random.seed()
    importlib.import_module("pandas").set_option("display.max_columns", 20)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)
