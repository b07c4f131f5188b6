"""Forked kernels: the same outputs as plain ones, nothing shared between them, and none left when the run is gone."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from racohort import warm
from racohort.engine import run_section
from tests.support.project import LIMITS

pytestmark = pytest.mark.skipif(not warm.can_fork(), reason="kernels are forked on Linux only")

#: What forking is known to spoil: figures, the display of frames, variables read at an import, threads, random numbers.
HAZARDS = [
    "alpha = 0.05",
    "import pandas, os, sys, pingouin, threading\npandas.DataFrame([[n] * 30 for n in range(70)])",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.gca().figure.get_size_inches().tolist()",
    "plt.get_backend(), os.environ.get('OMP_NUM_THREADS'), os.getcwd() == os.environ['IPYTHONDIR'], sys.argv[0].endswith('.py')",
    "print('told'); print('warned', file=sys.stderr)\nhash('word'), os.getsid(0) == os.getpid(), sys.flags.safe_path",
    "pandas.get_option('display.max_columns'), pandas.get_option('display.width'), sys.modules['__main__'].__name__",
    "import racohort\nos.path.dirname(racohort.__file__), [place for place in sys.path if 'pytest' in place], __name__",
]
RANDOM = ["alpha = 0.05", "import numpy, random\nnumpy.random.random(), random.random()"]


def run(folder: Path, sources: list[str]) -> list[list[dict]]:
    """The outputs of the notebook's cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.cells[0].metadata["tags"] = ["parameters"]
    folder.mkdir()
    nbformat.write(notebook, folder / "03-safety.ipynb")
    target = folder / "work" / "notebooks" / "03-safety.ipynb"
    run_section("safety", folder / "03-safety.ipynb", target, {"alpha": 0.01}, {}, LIMITS)
    return [json.loads(json.dumps(cell.get("outputs", []))) for cell in nbformat.read(target, as_version=4).cells]


def test_a_forked_kernel_gives_the_outputs_of_a_plain_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forked = run(tmp_path / "forked", HAZARDS)
    monkeypatch.setenv("RACOHORT_KERNELS", "plain")
    assert forked == run(tmp_path / "plain", HAZARDS)
    assert "image/png" in json.dumps(forked)


def test_two_forked_kernels_draw_different_random_numbers(tmp_path: Path) -> None:
    assert run(tmp_path / "a", RANDOM) != run(tmp_path / "b", RANDOM)


ALONE = """
import os, pathlib, sys, time
from multiprocessing import forkserver
from racohort import warm
warm.start()
process = warm.Forked(['-f', {file!r}], dict(os.environ, IPYTHONDIR={folder!r}), {folder!r}, {folder!r} + "/log")
server = forkserver._forkserver._forkserver_pid
threads = len(os.listdir(f"/proc/{{server}}/task"))
print(process.pid, server, threads, flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def wait_for(happened: Callable[[], bool]) -> None:
    """Until it has happened, or for as long as the busiest machine could need."""
    deadline = time.monotonic() + 180
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_the_fork_server_has_one_thread_and_everything_ends_with_the_process_that_asked(tmp_path: Path) -> None:
    script = ALONE.format(file=str(tmp_path / "kernel.json"), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        kernel, server, threads = map(int, asking.stdout.readline().split())
        wait_for((tmp_path / "kernel.json").exists)
        os.kill(asking.pid, signal.SIGKILL)
    wait_for(lambda: gone(kernel) and gone(server))
    assert (threads, gone(kernel), gone(server)) == (1, True, True)
