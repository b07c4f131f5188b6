"""The long runs: `python -m tests.torture [--part P] [--count N] [--seed S] [--minutes M]` tries them and writes what it reached.

Each part is a function of a number: it makes a case from it, tries it, and says what was tried and what is wrong. A wrong case is
tried again with `--part P --seed <number> --count 1`.
"""

import argparse
import functools
import json
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from racohort.places import build_folder
from racohort.schedule import workers
from tests import dirty, mmrm_corpus
from tests.corruption import engine, mutation
from tests.faults import kill, write

REFERENCE = Path(__file__).parent / "reference"
Judge = Callable[[int], tuple[list[str], list[str]]]


@functools.cache
def _corpora() -> list[tuple[dict, dict]]:
    """Every dirty case with the corpus it belongs to."""
    corpora = [json.loads((REFERENCE / name).read_text("utf-8")) for name in ("dirty_cases.json", "more_dirty_cases.json")]
    return [(case, corpus) for corpus in corpora for case in corpus["cases"]]


@functools.cache
def _base(number: int) -> tuple[tempfile.TemporaryDirectory, Path]:
    """The clean cohort of a corpus, checked; the folder goes with the process."""
    folder = tempfile.TemporaryDirectory()
    corpus = _corpora()[number][1]
    clean = {"id": "base", "filename": "cohort.csv", "content": corpus["base_csv"], "expected": "normalise"}
    dirty.judge(clean, Path(folder.name) / "base", corpus, Path(folder.name) / "base")
    return folder, Path(folder.name) / "base"


def judge_dirty(number: int) -> tuple[list[str], list[str]]:
    """One case of the dirty corpora."""
    case, corpus = _corpora()[number]
    first = next(place for place, (_, other) in enumerate(_corpora()) if other is corpus)
    with tempfile.TemporaryDirectory() as folder:
        faults = dirty.judge(case, Path(folder) / "case", corpus, _base(first)[1])
    return [case["expected"]], [f"{case['id']} {fault}" for fault in faults]


@dataclass(frozen=True)
class Part:
    """One kind of long run: how a case is judged, and how many there are to reach."""

    judge: Judge
    count: int
    at_once: int = 4  # how many a process takes at a time


PARTS = {
    "corruption": Part(engine.judge, 2_000),
    "mutation": Part(mutation.judge, 10_000),
    "dirty": Part(judge_dirty, len(_corpora())),
    "kill": Part(kill.judge, 125, 1),
    "write": Part(write.judge, 700),
    "mixed_model": Part(mmrm_corpus.judge, 1_000),
}


@dataclass
class Reached:
    """What a run of one part reached."""

    part: str
    seed: int
    count: int = 0
    wrong: int = 0
    seconds: float = 0
    tried: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The run in one line."""
        return f"{self.part}: {self.count} cases from {self.seed} on, {self.wrong} wrong, {self.seconds:.0f} s"


def run(name: str, count: int, seed: int, minutes: float, say: Callable[[str], None] = print) -> Reached:
    """Try cases of a part until the count or the time is reached, or Ctrl-C ends the part; faults are said at once."""
    reached, tried, started = Reached(name, seed), Counter[str](), time.monotonic()
    said = started
    for number, (what, wrong) in _judged(PARTS[name], range(seed, seed + count)):
        reached.count, reached.wrong = reached.count + 1, reached.wrong + bool(wrong)
        tried.update(what)
        faults = [f"{name} {number} ({', '.join(what)}): {fault}" for fault in wrong]
        reached.faults += faults
        for fault in faults:
            say(fault)
        if time.monotonic() - said > 20:
            said = time.monotonic()
            say(f"  {name}: {reached.count} of {count}, {reached.wrong} wrong")
        if time.monotonic() - started > 60 * minutes:
            break
    reached.seconds, reached.tried = round(time.monotonic() - started, 1), dict(sorted(tried.items()))
    return reached


def _tried(judge: Judge, number: int) -> tuple[list[str], list[str]]:
    try:
        return judge(number)
    except Exception:
        return ["not tried"], ["traceback: " + traceback.format_exc().strip().splitlines()[-1]]


def _judged(part: Part, numbers: Sequence[int]) -> Iterator[tuple[int, tuple[list[str], list[str]]]]:
    """Every case's outcome, in order, from as many processes as there are workers."""
    pool = ProcessPoolExecutor(workers())
    try:
        yield from zip(numbers, pool.map(functools.partial(_tried, part.judge), numbers, chunksize=part.at_once), strict=True)
    except KeyboardInterrupt:
        return
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def write(runs: Sequence[Reached], folder: Path) -> Path:
    """Add runs to what earlier ones have reached: `torture.json`, and for reading `torture.txt` and `torture.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "torture.json"
    known = json.loads(file.read_text("utf-8")) if file.is_file() else []
    known += [asdict(reached) for reached in runs]
    file.write_text(json.dumps(known, indent=1, ensure_ascii=False), "utf-8")
    reached = [Reached(**one) for one in known]
    rows = [f"{name},{count},{PARTS[name].count},{wrong}" for name, count, wrong in summary(reached)]
    (folder / "torture.csv").write_text("\n".join(["Part,Cases tried,Cases to reach,Wrong", *rows]) + "\n", "utf-8")
    text = folder / "torture.txt"
    text.write_text("\n".join(report(reached)) + "\n", "utf-8")
    return text


def summary(runs: Sequence[Reached]) -> Iterator[tuple[str, int, int]]:
    """For each part how many different cases were tried, and how many runs of a case went wrong."""
    for name in PARTS:
        own = [reached for reached in runs if reached.part == name]
        numbers = {number for reached in own for number in range(reached.seed, reached.seed + reached.count)}
        yield name, len(numbers), sum(reached.wrong for reached in own)


def report(runs: Sequence[Reached]) -> list[str]:
    """What was reached: the sum of each part, the runs, and every fault."""
    lines = [f"{name}: {count} different cases of {PARTS[name].count}, {wrong} wrong" for name, count, wrong in summary(runs)]
    lines += ["", *(reached.line() for reached in runs), ""]
    return [*lines, *(fault for reached in runs for fault in reached.faults)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--part", choices=list(PARTS), action="append", help="a part [all of them]")
    parser.add_argument("--count", type=int, help="how many cases of a part [as many as it shall reach]")
    parser.add_argument("--seed", type=int, default=0, help="the first case's number")
    parser.add_argument("--minutes", type=float, default=120, help="stop a part after this time")
    asked = parser.parse_args(arguments)
    runs = []
    for name in asked.part or PARTS:
        most = PARTS[name].count - (asked.seed if name == "dirty" else 0)
        runs.append(
            run(name, min(asked.count or most, most) if name == "dirty" else asked.count or most, asked.seed, asked.minutes)
        )
        print(runs[-1].line())
    print(f"Written to {write(runs, build_folder() / '.torture')}")
    return int(any(reached.wrong for reached in runs))


if __name__ == "__main__":
    raise SystemExit(main())
