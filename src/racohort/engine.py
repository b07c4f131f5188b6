"""One section: its notebook run by papermill in a fresh kernel of this very interpreter, kept only if it ran to its end."""

import logging
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill import execute_notebook
from papermill.exceptions import PapermillExecutionError

from racohort import warm
from racohort.kernels import Limits, OverLimit, OwnKernel
from racohort.scratch import scratch_folder

ANSI = re.compile(r"\x1b\[[0-9;]*m")
#: The tags of cells that papermill adds.
ADDED = {"injected-parameters", "papermill-error-cell-tag"}
#: What is added to the error of a cell that was refused memory.
MEMORY = " (the section needs more memory than the machine has, or than `section_memory_mb` under `limits` in cohort.yml allows)"


class SectionFailed(Exception):
    """A section that did not run to its end: what went wrong, in which cell, and the notebook as far as it came."""

    exit_code = 1

    def __init__(self, section: str, why: str, cell: int | None, notebook: Path, traceback: str = "") -> None:
        super().__init__(why)
        self.section, self.why, self.cell, self.notebook, self.traceback = section, why, cell, notebook, traceback
        if why.startswith("UsageError: "):  # a parameter whose value only the cohort can judge
            self.exit_code = 2


def kernel_environment(neutral: Path, **given: str) -> dict[str, str]:
    """What a section's kernel sees besides the user's environment: no start-up files, no stray modules, one thread.

    Its temporary files lie in its own folder, and go with it.
    """
    return {"IPYTHONDIR": str(neutral), "TMPDIR": str(neutral), **warm.isolated(), **given}


def run_section(
    section: str, notebook: Path, target: Path, parameters: Mapping[str, Any], given: Mapping[str, str], limits: Limits,
    ending: str = "",
) -> float:  # fmt: skip
    """Run a notebook with its parameters, keep the executed one as `target`, and say how many seconds it took.

    `given` holds environment variables of the kernel, `limits` what it may use. The notebook runs under a temporary name; it
    takes its own only if no cell raised, every cell that holds code was executed, no output is an error, and the last cell
    said `ending` (`manifests.sentinel`: the run and the hash of what it read). Raises SectionFailed otherwise, and leaves the
    notebook as far as it came in the folder `failed` beside the target's folder.
    """
    started = time.monotonic()
    partial = target.parent.parent / "failed" / target.name
    for folder in (partial.parent, target.parent):
        folder.mkdir(parents=True, exist_ok=True)
    partial.unlink(missing_ok=True)
    warm.start()
    trace = over = ""
    with scratch_folder() as neutral:
        try:
            _execute(notebook, partial, dict(parameters), kernel_environment(neutral, **given), limits)
        except OverLimit as error:
            over = str(error)
        except PapermillExecutionError as error:
            trace = ANSI.sub("", str(error))
        except Exception as error:  # a kernel that died or never came: its words are the reason
            trace = f"{type(error).__name__}: {error}"
    _check_complete(section, partial, trace, over, ending)
    partial.replace(target)
    return time.monotonic() - started


def _execute(notebook: Path, target: Path, parameters: dict[str, Any], environment: dict[str, str], limits: Limits) -> None:
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    neutral = Path(environment["IPYTHONDIR"])
    private = {"transport": "ipc", "connection_file": str(neutral / "kernel.json")}
    facts = {"environment": environment, "limits": limits, "log_file": neutral / "kernel.log", **private}
    options = {"progress_bar": False, "kernel_name": "racohort", "language": "python", "engine_name": "racohort"}
    own = {"kernel_manager_class": type("SectionKernel", (OwnKernel,), facts), "shutdown_kernel": "immediate", "limits": limits}
    execute_notebook(notebook, target, parameters, **options, **own)


def _check_complete(section: str, partial: Path, trace: str, over: str, ending: str) -> None:
    if not partial.exists():
        raise SectionFailed(section, trace or "the notebook was not written", None, partial, trace)
    try:
        notebook = nbformat.read(partial, as_version=4)
    except ValueError:  # cut short, as by a full disk
        raise SectionFailed(section, trace or "the notebook was not written to its end", None, partial, trace) from None
    cells = [cell for cell in notebook.cells if not ADDED & set(cell.metadata.get("tags", []))]
    for number, cell in enumerate(cells, start=1):
        fault = cell_fault(cell)
        if fault:
            raise SectionFailed(section, over or fault, number, partial, trace)
    if trace:
        raise SectionFailed(section, trace.strip().splitlines()[-1], None, partial, trace)
    said = "".join(output.get("text", "") for output in cells[-1].get("outputs", []))
    if ending not in said:
        raise SectionFailed(section, _unsaid(ending, said), len(cells), partial)


def _unsaid(ending: str, said: str) -> str:
    """Why a notebook that ended otherwise than it should does not count: it read something else, or wrote no results."""
    if ending.partition(", from inputs ")[0] in said:
        return "cohort.yml or a file of the cohort was changed while the report was made. Run it again"
    return "its last cell did not write its results"


def cell_fault(cell: NotebookNode) -> str:
    """Why an executed cell does not count as executed; empty where it does."""
    if cell.cell_type != "code" or not cell.source.strip():
        return ""
    for output in cell.outputs:
        if output.output_type == "error":
            return ANSI.sub("", f"{output.ename}: {output.evalue}") + (MEMORY if "MemoryError" in output.ename else "")
    replied = "shell.execute_reply" in cell.metadata.get("execution", {})
    if cell.execution_count is None or not replied:  # a dying kernel may still have counted its last cell
        return "the kernel ended in this cell (out of memory, or stopped from outside)"
    return ""
