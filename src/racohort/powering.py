"""`make power`: blocks of imagined trials on all cores or on a Dask cluster, kept as they are done, and what they add up to."""

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from racohort.io.tables import read_frame, write_frame
from racohort.operating import Scenario, find_patients, ladder_of, parse_scenarios, run_block, summarise_blocks
from racohort.places import UsageError, build_folder, project_root
from racohort.schedule import THREADS, workers
from racohort.tables.paper import Table
from racohort.tables.power import tabulate_characteristics

#: Trials of one block: the unit that a worker computes, and that is kept.
BLOCK = 250
#: Columns of the printed table, with their decimals.
SHOWN = {"rejected": 3, "bias": 3, "coverage": 3, "width": 2}
ONE_THREAD = dict.fromkeys(THREADS, "1")


@dataclass(frozen=True)
class Block:
    """One unit of work: which trials of which scenario."""

    scenario: Scenario
    place: int
    number: int
    trials: int
    seed: int

    def file(self, folder: Path) -> Path:
        """Where its rows are kept: named by everything that they depend on, the code included."""
        said = f"{self.scenario.model_dump_json()} {self.place} {self.number} {self.trials} {self.seed} {_code()}"
        return folder / f"block-{hashlib.sha256(said.encode()).hexdigest()[:24]}"


@cache
def _code() -> str:
    """A fingerprint of the modules that a block's rows come from."""
    own = Path(__file__).parent
    rooms = ("operating", "estimators", "mmrm")
    files = sorted([path for room in rooms for path in (own / room).glob("*.py")] + [own / "missingness.py", own / "margins.py"])
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def make_power(table: str, repetitions: int, seed: int, scheduler: str, say: Callable[[str], Any]) -> list[str]:
    """Run the scenarios of a table (CSV; the default is `data/power/scenarios.csv`), and return what is to be printed.

    A scenario with `power` instead of `n` is run at a ladder of sizes, and ends in a number of patients. Blocks that an earlier
    call has done are taken as they are, so that a call that was stopped goes on. `characteristics.csv`, the same as a table
    in HTML, and `patients.csv` are written to `book/_build/.power`.
    """
    if repetitions < 2:
        raise UsageError(f"REPS={repetitions}: a scenario needs at least two trials.")
    asked = read_scenarios(table)
    scenarios = [step for scenario in asked for step in ladder_of(scenario)]
    folder = build_folder() / ".power"
    blocks = list(_blocks(scenarios, repetitions, seed))
    rows = compute(blocks, folder / "blocks", scheduler, say)
    summary = summarise_blocks(rows, scenarios)
    wanted = pd.DataFrame([find_patients(one, summary) for one in asked if one.power is not None])
    write_frame(folder / "characteristics", summary, ("csv",))
    if len(wanted):
        write_frame(folder / "patients", wanted, ("csv",))
    fixed = summary[summary["scenario"].isin([one.scenario for one in asked])]
    if isinstance(shown := tabulate_characteristics(fixed), Table):
        (folder / "characteristics.html").write_text(shown.html(), "utf-8")
    return [*tell_characteristics(fixed), *tell_patients(wanted), f"{folder / 'characteristics.csv'}"]


def read_scenarios(table: str) -> list[Scenario]:
    """The scenarios of a CSV file; UsageError where it cannot be read, or a row of it makes no sense."""
    path = Path(table) if table else project_root() / "data" / "power" / "scenarios.csv"
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"SCENARIOS={table!r} cannot be read: {error}. Give a CSV file in UTF-8.") from None
    return parse_scenarios(csv.DictReader(io.StringIO(text)), path.name)


def _blocks(scenarios: Sequence[Scenario], repetitions: int, seed: int) -> Iterator[Block]:
    for place, scenario in enumerate(scenarios):
        for number, first in enumerate(range(0, repetitions, BLOCK)):
            yield Block(scenario, place, number, min(BLOCK, repetitions - first), seed)


def compute(blocks: Sequence[Block], folder: Path, scheduler: str, say: Callable[[str], Any]) -> list[pd.DataFrame]:
    """The rows of each block, in the order of the blocks: those that are kept, and the others computed and kept."""
    left = [block for block in blocks if not _kept(block, folder)]
    say(f"{len(blocks)} blocks of up to {BLOCK} trials; {len(blocks) - len(left)} are there from before.")
    folder.mkdir(parents=True, exist_ok=True)
    for done, (block, rows) in enumerate(_with_dask(left, scheduler) if scheduler else _with_processes(left), 1):
        write_frame(block.file(folder), rows, ("parquet",))
        if done % 10 == 0 or done == len(left):
            say(f"  {done} of {len(left)}")
    return [read_frame(block.file(folder)) for block in blocks]


def _kept(block: Block, folder: Path) -> bool:
    path = block.file(folder)
    return path.with_name(f"{path.name}.parquet").is_file()


def _run(block: Block) -> pd.DataFrame:
    return run_block(block.scenario, block.place, block.number, block.trials, block.seed)


def _with_processes(blocks: Sequence[Block]) -> Iterator[tuple[Block, pd.DataFrame]]:
    """Each core works on one block at a time, in a process of its own with one thread."""
    if not blocks:
        return
    os.environ.update({name: os.environ.get(name, one) for name, one in ONE_THREAD.items()})
    with ProcessPoolExecutor(min(workers(), len(blocks)), get_context("spawn")) as pool:
        yield from _ended({pool.submit(_run, block): block for block in blocks}, as_completed)


def _with_dask(blocks: Sequence[Block], scheduler: str) -> Iterator[tuple[Block, pd.DataFrame]]:
    """The same on the workers of a Dask cluster; the block of a lost worker is given to another."""
    from distributed import Client
    from distributed import as_completed as as_dask_completed

    with Client(scheduler) as client:
        yield from _ended({client.submit(_run, block, retries=3, pure=False): block for block in blocks}, as_dask_completed)


def _ended(asked: dict[Any, Block], in_order: Callable[[Any], Iterable[Any]]) -> Iterator[tuple[Block, pd.DataFrame]]:
    for future in in_order(list(asked)):
        yield asked[future], future.result()


def tell_characteristics(summary: pd.DataFrame) -> list[str]:
    """The table as text: each scenario with its methods, and how exact the numbers are."""
    head = f"{'':<22}{'answered':>9}{'p < 0.05':>10}{'bias':>9}{'coverage':>10}{'width':>8}"
    if summary.empty:
        return []
    lines = ["", head]
    for name, rows in summary.groupby("scenario", sort=False):
        one = rows.iloc[0]
        left = f", {one['missing']:.0%} without a last visit" if one["missing"] else ""
        lines += ["", f"{name}: n = {one['n']}, change {one['change']:g}{left}"]
        lines += [_line(row) for _, row in rows.iterrows()]
    largest = summary[["rejected_se", "coverage_se"]].max().max()
    return [*lines, "", f"Shares are exact to about {1.96 * largest:.3f} (1.96 Monte Carlo standard errors, at most)."]


def _line(row: pd.Series) -> str:
    cells = [f"{row[name]:z.{digits}f}" if pd.notna(row[name]) else "-" for name, digits in SHOWN.items()]
    return f"  {row['method']:<20}{row['answered']:>9}{cells[0]:>10}{cells[1]:>9}{cells[2]:>10}{cells[3]:>8}"


def tell_patients(wanted: pd.DataFrame) -> list[str]:
    """How many patients each question came to."""
    return ["", *map(_answer, wanted.to_dict("records"))] if len(wanted) else []


def _answer(row: Mapping[Any, Any]) -> str:
    tried = f"(tried {row['tried']}: power {row['reached']})"
    if row["note"]:
        return f"{row['scenario']}: no answer, {row['note']} {tried}."
    return (
        f"{row['scenario']}: {row['n']} patients for a power of {row['power']:g} by {row['method']}; "
        f"by chance of the simulation {row['n_low']} to {row['n_high']} {tried}."
    )
