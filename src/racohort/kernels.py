"""How papermill runs a notebook here: in a kernel of this very interpreter, within the time, memory and output it may use."""

import logging
import math
import os
import resource
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any, ClassVar
from weakref import WeakSet

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from traitlets import Type

from racohort import warm

MB = 1_000_000
#: What a section may use, by the names that `limits` of cohort.yml has; no memory named: all that the machine has.
Limits = Mapping[str, int | None]
#: Seconds after which a channel looks again whether a message has come.
LOOK = 0.5


class OverLimit(Exception):
    """A cell that used more than a section may: which limit it was, and where it is set."""


class Watchful(AsyncZMQSocketChannel):
    """A channel that goes on looking for a message: while it waits to be woken, what is sent may take the waking away.

    So it is where a cell shows widgets: their state is sent to the kernel while its reply is awaited, and the run would hang.
    """

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """The next message; raises Empty where none came in time."""
        left = math.inf if timeout is None else timeout
        while True:
            try:
                return await super().get_msg(min(left, LOOK))
            except Empty:
                left -= LOOK
                if left <= 0:
                    raise


class OwnClient(AsyncKernelClient):
    """What talks to a kernel."""

    shell_channel_class = Type(Watchful)


class OwnKernel(AsyncKernelManager):
    """A kernel of the running interpreter, whatever kernels are registered on the machine, in an environment of its own.

    It talks through sockets in its own folder, which no other user of the machine can open, and needs no network port.
    """

    client_factory = Type(OwnClient, klass=AsyncKernelClient)
    environment: ClassVar[dict[str, str]] = {}
    limits: ClassVar[Limits]
    log_file: ClassVar[Path]
    started: ClassVar[WeakSet["OwnKernel"]] = WeakSet()

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command that starts the kernel: never that of a registered kernel."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        forked = {"kernel_provisioner": {"provisioner_name": "racohort-fork"}} if warm.can_fork() else {}
        plain = {"display_name": "RA cohort (Python)", "language": "python", "env": dict(self.environment)}
        return KernelSpec(argv=argv, metadata=forked, **plain)

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start it in its own folder, with what it writes outside of cells kept in a file, and no more memory than it may use."""
        self.started.add(self)
        with self.log_file.open("ab") as log:
            await self._async_start_kernel(**{**options, "stdout": log, "stderr": log, "cwd": self.log_file.parent})
        with suppress(AttributeError, OSError):  # a system that knows no such limit, or a kernel that has ended already
            process = self.provisioner.pid  # type: ignore[union-attr]
            resource.prlimit(process, resource.RLIMIT_AS, (held(process) + memory(self.limits),) * 2)

    def kill(self) -> None:
        """End it at once; what waits for it ends as well."""
        process = getattr(self.provisioner, "process", None)
        if process is not None:
            process.kill()


def memory(limits: Limits) -> int:
    """Bytes that a section may use: what is declared, or all the memory that the machine has."""
    declared = limits["section_memory_mb"]
    return declared * MB if declared else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def held(process: int) -> int:
    """Bytes of address space that a process has, most of it its libraries."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def stop_kernels() -> None:
    """End every kernel that still runs."""
    for kernel in list(OwnKernel.started):
        kernel.kill()


class Runner(PapermillNotebookClient):
    """Papermill's own way to run cells, each within what a section may use."""

    def __init__(self, notebook: NotebookExecutionManager, limits: Limits, **options: Any) -> None:
        deadline = time.monotonic() + 60 * (limits["section_minutes"] or math.inf)
        super().__init__(notebook, timeout_func=lambda _: max(deadline - time.monotonic(), 1), **options)
        self.limits, self.most, self.put_out = limits, MB * (limits["cell_output_mb"] or math.inf), (-1, 0)

    def execute(self, **options: Any) -> Any:
        """Run every cell; raises OverLimit where one takes too long or puts out too much."""
        try:
            return super().execute(**options)
        except CellTimeoutError:
            raise OverLimit(f"the section takes longer than {_of('section_minutes', self.limits)}") from None
        except DeadKernelError:
            if self.put_out[1] <= self.most:
                raise
            raise OverLimit(f"the cell puts out more than {_of('cell_output_mb', self.limits)}") from None

    def process_message(self, message: Mapping[str, Any], cell: Any, index: int) -> Any:
        """Take what a cell puts out; a kernel that puts out too much is ended."""
        shown = message["content"].get("data", message["content"].get("text", ""))
        self.put_out = index, len(repr(shown)) + (self.put_out[1] if self.put_out[0] == index else 0)
        if self.put_out[1] <= self.most:
            return super().process_message(message, cell, index)
        self.km.kill()
        return None


def _of(name: str, limits: Limits) -> str:
    """A limit in words."""
    unit = "MB" if name.endswith("mb") else "minutes"
    return f"{limits[name]:,} {unit}, which `{name}` under `limits` in cohort.yml may raise"


class WithinLimits(NBClientEngine):
    """Papermill's engine, with a notebook that is written when it has ended, however it ends, and not twice a cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> None:
        """Run every cell."""
        target, nb_man.output_path = nb_man.output_path, None
        own = {name: options[name] for name in ("limits", "kernel_manager_class", "shutdown_kernel")}
        try:
            Runner(nb_man, kernel_name=kernel_name, startup_timeout=60, log=logging.getLogger("papermill"), **own).execute()
        finally:
            nb_man.output_path = target


papermill_engines.register("racohort", WithinLimits)
