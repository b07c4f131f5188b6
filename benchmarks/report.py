"""A whole report beside one plain script of the same functions: `python -m benchmarks.report [TURNS] [fresh]`.

The plain script is a process that runs the code of the six notebooks one after another, tables and figures included, and makes no
page. The other ways are what users do: the report, the same again, after a section or a word was changed, two more runs; and the
notebooks through papermill's command line with jupyter-book at the end. The ways take turns, and each is held against what was
measured in the same turn. Counted is the clock, as a user counts; so the machine must have nothing else to do. `fresh` also
measures, once, a first `make report` on a new clone beside `pip install` of the same lock (needs the network).
"""

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat

from racohort.book import JUPYTER_BOOK, copy_notebooks, lay_out
from racohort.cli import DEFAULT
from racohort.pipeline import STEMS

ROOT = Path(__file__).resolve().parents[1]
#: What is measured, beside what, and the ratio that performance is held to; the first is in seconds.
ROWS = {
    "nothing changed (seconds)": 0.05, "whole report, by the script": 1.25, "its notebooks, by the script": 1.1,
    "whole report, by papermill's command line and jupyter-book": 0.25, "one section changed, by it as a script": 1.4,
    "a word changed, by one jupyter-book build": 1.2, "each further run, by the script": 0.55,
}  # fmt: skip


@dataclass
class Place:
    """A copy of the project in a folder, whose runs are made with the code of this one."""

    root: Path

    def __post_init__(self) -> None:
        for name in ("book", "notebooks", "data"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("_build"))
        shutil.copy(ROOT / "requirements.lock", self.root)

    def seconds(self, *command: str, cwd: Path | None = None, **variables: str) -> tuple[float, str]:
        """How long a command of Python took, and what it said."""
        surroundings = {**os.environ, "RACOHORT_ROOT": str(self.root), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **variables}
        started = time.perf_counter()
        done = subprocess.run([sys.executable, *command], cwd=cwd or self.root, env=surroundings, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return time.perf_counter() - started, done.stdout

    def report(self, *words: str) -> tuple[float, float]:
        """Seconds of a report, and of its book."""
        whole, said = self.seconds("-m", "racohort", "report", *words)
        book = re.search(r"^  book +([\d.]+) s$", said, re.MULTILINE)
        return whole, float(book[1]) if book else 0.0

    def change(self, name: str) -> None:
        """Change a notebook, or a page, by a word."""
        path = self.root / name
        if path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            notebook.cells[-1].source += "\n# changed"
            nbformat.write(notebook, path)
        else:
            path.write_text(f"{path.read_text('utf-8')}\nChanged.\n", "utf-8")


def script(stems: list[str]) -> None:
    """The code of notebooks in this process; the last value of a cell is drawn, as a notebook draws it."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    for stem in stems:
        cells = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells
        for cell in (cell for cell in cells if cell.cell_type == "code"):
            done = shell.run_cell(cell.source, silent=True)
            done.raise_error()
            if done.result is not None:
                shell.display_formatter.format(done.result)


def turn(place: Place) -> dict[str, float]:
    """Each row once: seconds, or the ratio to what it is held against."""
    work = {"RACOHORT_WORK": str(place.root / "work")}
    plain, _ = place.seconds("-m", "benchmarks.report", "--script", *STEMS.values(), **work)
    section, _ = place.seconds("-m", "benchmarks.report", "--script", STEMS["robustness"], **work)
    by_hand, build = _papermill(place, work)
    whole, book = place.report("--force")
    nothing, _ = place.report()
    place.change(f"notebooks/{STEMS['robustness']}.ipynb")
    changed = place.report()
    place.change("book/discussion.md")
    word, _ = place.report()
    table = place.root / "runs.csv"
    table.write_text("cohort,run\n" + "".join(f"{DEFAULT},{name}\n" for name in ("a", "b", "c")), "utf-8")
    elsewhere = {"RACOHORT_BUILD": str(place.root / "elsewhere")}
    many, _ = place.seconds("-m", "racohort", "reports", "--cohorts", str(table), **elsewhere)
    shutil.rmtree(place.root / "elsewhere")
    found = [nothing, whole / plain, (whole - book) / plain, whole / by_hand, (changed[0] - changed[1]) / section, word / build,
             (many - whole) / 2 / plain]  # fmt: skip
    return dict(zip(ROWS, found, strict=True)) | {"script": plain}


def _papermill(place: Place, work: dict[str, str]) -> tuple[float, float]:
    """Seconds of the notebooks by papermill's command line with the book behind them, and of the book alone."""
    out, pages = place.root / "by-hand", place.root / "pages"
    for folder in (out, pages):
        shutil.rmtree(folder, ignore_errors=True)
    out.mkdir()
    made = [(ROOT / "notebooks" / f"{stem}.ipynb", out / f"{stem}.ipynb") for stem in STEMS.values()]
    notebooks = sum(place.seconds("-m", "papermill", str(source), str(target), **work)[0] for source, target in made)
    copy_notebooks([target for _, target in made], pages / "notebooks")
    os.environ["RACOHORT_ROOT"] = str(place.root)
    lay_out(pages, (), "")
    built, _ = place.seconds("-c", JUPYTER_BOOK, "build", str(pages), "--path-output", str(place.root / "made"), cwd=pages)
    shutil.rmtree(place.root / "made")
    return notebooks + built, built


def fresh() -> float:
    """A first `make report` on a new clone by `pip install` of the same lock into a new environment, both without a cache."""
    with tempfile.TemporaryDirectory() as folder:
        clone, other = Path(folder, "clone"), Path(folder, "other")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        subprocess.run([sys.executable, "-m", "venv", str(other)], check=True)
        lock = str(ROOT / "requirements.lock")
        install = [str(other / "bin" / "pip"), "install", "--quiet", "--no-deps", "--requirement", lock]
        own = {name: value for name, value in os.environ.items() if name not in ("RACOHORT_ROOT", "PYTHONPATH")}
        own |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
        took = []
        for command in (["make", "--silent", "report"], install):
            started = time.perf_counter()
            subprocess.run(command, cwd=clone, env=own, check=True, capture_output=True)
            took.append(time.perf_counter() - started)
    return took[0] / took[1]


def main(arguments: list[str]) -> None:
    """Print the table: of each row the median of the turns, the least and the most, and what it is held to."""
    turns = next((int(word) for word in arguments if word.isdecimal()), 5)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder) / "project")
        place.report()
        found = []
        for number in range(turns):
            found.append(turn(place))
            print(f"turn {number + 1} of {turns}: {found[-1]}", file=sys.stderr, flush=True)
    plain = statistics.median(one["script"] for one in found)
    load = os.getloadavg()[0]
    print(f"The default report: medians of {turns} turns (least to most); the plain script took {plain:.1f} s; "
          f"{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")  # fmt: skip
    print("| what | reached | range | to reach |\n|---|---|---|---|")
    for row, bar in ROWS.items():
        each = [one[row] for one in found]
        print(f"| {row} | {statistics.median(each):.2f} | {min(each):.2f} to {max(each):.2f} | {bar} |")
    if "fresh" in arguments:
        print(f"| first `make report` on a new clone, by pip install of the lock | {fresh():.2f} | one turn | 0.6 |")


if __name__ == "__main__":
    script(sys.argv[2:]) if sys.argv[1:2] == ["--script"] else main(sys.argv[1:])
