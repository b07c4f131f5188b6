"""How time and memory grow with the number of patients, stage by stage: `python -m benchmarks.growth [SIZE ...]`.

The cohorts are those of `benchmarks.cleaning`. Reading, cleaning and the data sets are measured in one process, and every
section's notebook, with its tables and figures, in one of its own, as a report runs them; what a report imports before it
forks is imported before the clock starts. Sizes that are not measured anew keep their rows. The rows are written to
`book/reference/growth.csv`, and the figure of the reference page from them.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.cleaning import lay_out
from benchmarks.measured import in_child

REFERENCE = Path("book") / "reference"
#: Larger ones are measured where they are asked for.
SIZES = (64, 1_000, 10_000)
NOTEBOOKS = ("01-cleaning", "02-participants", "03-safety", "04-efficacy", "05-robustness", "06-concordance")
STAGES = ("read", "clean", "data sets", *NOTEBOOKS)


def once(what: str, folder: str) -> dict[str, Any]:
    """Seconds of processor time and the peak of memory (MB) of a section, or of each stage of `data`, and the machine's load."""
    from racohort import adam, cleaning, io, warm

    for module in warm.IMPORTED:
        import_module(module)
    rows: dict[str, Any] = {"load": os.getloadavg()[0]}
    if what != "data":
        _timed(rows, what, lambda: _run(what, folder))
        return rows
    catalogue = io.read_catalogue()
    raw = _timed(rows, "read", lambda: io.read_raw(folder))
    clean = _timed(rows, "clean", lambda: cleaning.clean_cohort(raw, catalogue))
    _timed(rows, "data sets", lambda: io.write_study(folder, "", adam.derive_parts(clean, catalogue), clean))
    return rows


def _timed(rows: dict[str, Any], stage: str, work: Callable[[], Any]) -> Any:
    start = time.process_time()
    found = work()
    rows[stage] = [time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]
    return found


def _run(name: str, folder: str) -> None:
    """The code of a notebook in this process. Section 1 starts after what it shares with the stages before."""
    cells = json.loads(Path("notebooks", f"{name}.ipynb").read_text("utf-8"))["cells"]
    scope: dict[str, Any] = {}
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and "io.read_raw" in source:
            source = "study = io.open_study(cohort, run, 'cleaning')\ncatalogue, plan = study.catalogue, study.plan()"
        if cell["cell_type"] == "code":
            exec(compile(source, name, "exec"), scope)
            scope |= {"cohort": folder} if "cohort" in scope else {}


def measured(n: int) -> pd.DataFrame:
    """The rows of one size."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RACOHORT_WORK"] = f"{folder}/work"
        (cohort := Path(folder, "cohort")).mkdir()
        lay_out(cohort, n)
        parts = [in_child("benchmarks.growth", "--once", what, f"{cohort}") for what in ("data", *NOTEBOOKS)]
    found: dict[str, Any] = {stage: numbers for part in parts for stage, numbers in part.items()}
    load = max(part["load"] for part in parts) / (os.cpu_count() or 1)
    rows = [{"patients": n, "stage": stage, "processor": round(found[stage][0], 2), "memory": round(found[stage][1]),
             "load": round(load, 1)} for stage in STAGES if stage in found]  # fmt: skip
    return pd.DataFrame(rows)


def draw(rows: pd.DataFrame) -> str:
    """The figure as HTML: processor time of the stages, and the peak of memory, over the number of patients."""
    from matplotlib.ticker import NullFormatter

    from racohort.figures.style import INK, canvas, finish

    fig, (left, right) = canvas(7.2, 4.0, 1, 2, width_ratios=(1.4, 1))
    inks, dashes = ("accent", "accent2", "good", "moderate", "none"), ("-", "--")
    for k, (stage, some) in enumerate(rows.groupby("stage", sort=False)):
        left.plot(some["patients"], some["processor"].clip(lower=0.01), dashes[k // 5], marker="o", ms=3, lw=1.3,
                  color=INK[inks[k % 5]], label=str(stage).lstrip("0123456-"))  # fmt: skip
    peaks = rows.groupby("patients")["memory"].max()
    right.plot(peaks.index, peaks, "o-", ms=3, lw=1.3, color=INK["accent"])
    left.set(xscale="log", yscale="log", xlabel="Patients", title="Processor time (s)")
    right.set(xscale="log", yscale="log", xlabel="Patients", title="Peak of memory (MB)")
    sizes = [int(n) for n in peaks.index]
    for ax in (left, right):
        ax.set_xticks(sizes, [f"{n:,}" if following >= 5 * n else "" for n, following in pairwise([*sizes, np.inf])])
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_minor_formatter(NullFormatter())
    right.set_ylim(100, 10 * peaks.max())
    left.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.2), ncols=3)
    totals = rows.groupby("patients")["processor"].sum()
    told = "; ".join(f"{n:,} patients {totals[n]:.0f} s and {peaks[n]:,.0f} MB" for n in totals.index)
    alt = f"Two line charts on logarithmic axes, processor time of each stage and peak of memory: {told}."
    caption = "Processor time of each stage, and the peak of memory of the largest process, by patients (3 visits, 25 columns)."
    return finish(fig, "growth", alt, caption, False, drawn=rows).html()


def tabulate(rows: pd.DataFrame) -> str:
    """The table as HTML: a line for each stage, its time and memory side by side for each number of patients."""
    from racohort.formats import number
    from racohort.tables.paper import table

    shown = pd.DataFrame({("", "Stage"): [stage.lstrip("0123456-").capitalize() for stage in rows["stage"].unique()]})
    for head, column, digits in (("Processor time (s)", "processor", 2), ("Memory (MB)", "memory", 0)):
        for n, some in rows.groupby("patients"):
            shown[(head, f"{n:,}")] = [number(value, digits) for value in some[column]]
    note = (f"Memory: the peak of the process by then. Before a measurement {number(rows['load'].min(), 1)} to "
            f"{number(rows['load'].max(), 1)} programs were at work for each core.")  # fmt: skip
    return table(shown, "growth", "Processor time and memory of each stage, by the number of patients.", note).html()


def main(arguments: list[str]) -> None:
    """Measure these sizes (all, if none is named; none with `--draw`), keep the other rows, write figure and table."""
    if arguments[:1] == ["--once"]:
        print(json.dumps(once(*arguments[1:])))
        return
    path = REFERENCE / "growth.csv"
    rows = pd.read_csv(path) if path.is_file() else pd.DataFrame()
    for n in map(int, [] if arguments == ["--draw"] else arguments or SIZES):
        kept = rows[rows["patients"] != n] if len(rows) else rows
        rows = pd.concat([kept, measured(n)], ignore_index=True).sort_values("patients", kind="stable")
        rows.to_csv(path, index=False)
        print(rows[rows["patients"] == n].to_string(index=False), flush=True)
    for name, made in (("growth", draw(rows)), ("growth-table", tabulate(rows))):
        (REFERENCE / f"{name}.html").write_text(made, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
