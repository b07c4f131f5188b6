"""Six notebooks run in other ways than ours, beside one plain script: `python -m benchmarks.notebooks [RUNS]`.

Each notebook imports what a section imports and draws one figure, so that what differs is what a way of running costs. Counted
is the processor time of every process that a way starts, also of those that it leaves to themselves; the ways take turns. A way
that is not installed is left out: papermill and nbconvert are here; ploomber-engine and Snakemake may be put beside them.
"""

import ctypes
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

CODE = """from racohort import cleaning, figures, io, report, safety, efficacy, robustness, tables, claims
import pandas, pingouin, seaborn, scipy.stats, statsmodels.api
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.savefig("figure.png")"""
NAMES = tuple(f"n{number}" for number in range(6))
OURS = """import sys
from pathlib import Path
from racohort import warm
warm.start()
from racohort.engine import run_section
limits = {"section_minutes": 240, "section_memory_mb": None, "cell_output_mb": 20}
for name in sys.argv[1:]:
    run_section(name, Path(f"{name}.ipynb"), Path("work/notebooks") / f"{name}.ipynb", {}, {}, limits)
"""
CACHED = """import sys
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
cache = get_cache("cache")
for name in sys.argv[1:]:
    cache.add_nb_to_project(f"{name}.ipynb")
done = load_executor("local-serial", cache).run_and_cache()
assert len(done.succeeded) == len(sys.argv) - 1, done
"""
SNAKEFILE = """rule all:
    input: expand("out-{n}.ipynb", n=%r)
rule one:
    input: "{n}.ipynb"
    output: "out-{n}.ipynb"
    shell: "%s -m papermill -k python3 {input} {output}"
"""
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux


def ways() -> dict[str, list[list[str]]]:
    """The commands of each way that is installed, by name; the first is what the others are held against."""
    here, every = sys.executable, [f"{name}.ipynb" for name in NAMES]
    found = {
        "one plain script": [[here, "-c", "\n".join([CODE] * len(NAMES))]],
        "racohort": [[here, "-c", OURS, *NAMES]],
        "papermill, command line": [[here, "-m", "papermill", "-k", "python3", name, f"out-{name}"] for name in every],
        "nbconvert --execute": [[here, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", "out", *every]],
        "jupyter-cache": [[here, "-c", CACHED, *NAMES]],
    }
    if engine := shutil.which("ploomber-engine"):
        found["ploomber-engine"] = [[engine, name, f"out-{name}"] for name in every]
    if snakemake := shutil.which("snakemake"):
        found["Snakemake with papermill"] = [[snakemake, "--cores", "2", "--quiet", "all"]]
    return found


def lay_out(folder: Path) -> None:
    """The notebooks, as each way wants to find them."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in NAMES:
        nbformat.write(notebook, folder / f"{name}.ipynb")
    (folder / "Snakefile").write_text(SNAKEFILE % (list(NAMES), sys.executable), "utf-8")


def spent(commands: list[list[str]]) -> float:
    """Seconds of processor time of the commands and of all that they start."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        for command in commands:
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: list[str]) -> None:
    """Print the table: the median of the ratios to the script of the same turn, and of the seconds."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SUBREAPER, 1)
    runs, known = int(arguments[0]) if arguments else 5, ways()
    turns = [{name: spent(commands) for name, commands in known.items()} for _ in range(runs)]
    first = next(iter(known))
    print(f"Six notebooks beside one plain script: processor time, medians of {runs} turns\n{'':<26} seconds  ratio")
    for name in known:
        seconds, ratio = (statistics.median(turn[name] / (turn[first] if by else 1) for turn in turns) for by in (False, True))
        print(f"{name:<26} {seconds:7.1f} {ratio:6.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
