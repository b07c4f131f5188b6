"""Five cohorts from the parameter file of the synthetic one, each with one thing changed, through cleaning and all statistics."""

import re
from collections.abc import Callable
from pathlib import Path

from racohort import io
from racohort.places import project_root
from racohort.simulate import synthesise
from tests.support.altered import Cohort, results_of
from tests.support.cohorts import cleaned

Files = dict[str, bytes]
#: The values of baseline, 1 year and 3 years in the parameter file, for what the paper makes claims about.
BY_VISIT = re.compile(r"(mean|median|shift|sd)(: )\[([^]]+)\]")
CLAIMED = ("TJC28", "SJC28", "PTGA", "PHGA", "PAIN", "ESR", "CRP", "RF", "ACCP", "shift")
#: The selection by baseline activity makes a fall by itself (regression to the mean): where nothing shall change there is none.
SELECTION = ("selection_das28: {value: 3.2", "selection_das28: {value: 0.0")


def _claimed(text: str, change: Callable[[list[str]], list[str]]) -> str:
    """The parameter file with the values by visit changed, in the lines about disease activity, antibodies and disability."""
    head, rest = text.split("# --- disease activity", 1)
    block, tail = rest.split("# --- dependence", 1)
    lines = [BY_VISIT.sub(lambda found: f"{found[1]}{found[2]}[{', '.join(change(found[3].split(', ')))}]", line)
             if line.strip().startswith(CLAIMED) else line for line in block.splitlines()]  # fmt: skip
    shift = next(i for i, line in enumerate(lines) if line.strip().startswith("shift:"))
    values = re.search(r"value: \[([^]]+)\]", lines[shift])
    assert values is not None
    new = ["0", *(change(["0", *values[1].split(", ")[1:]])[1:])]
    lines[shift] = lines[shift].replace(values[1], ", ".join(_opposite_signs(new) if change is _swapped else ["0", "0", "0"]))
    return f"{head.replace(*SELECTION)}# --- disease activity{chr(10).join(lines)}\n# --- dependence{tail}"


def _flat(values: list[str]) -> list[str]:
    return [values[0]] * len(values)


def _swapped(values: list[str]) -> list[str]:
    """Baseline as it was later, later as baseline was."""
    return [values[-1], *[values[0]] * (len(values) - 1)]


def _opposite_signs(values: list[str]) -> list[str]:
    return ["0", "0.6", "0.55"][: len(values)]


def _without(word: bytes) -> Callable[[Files], Files]:
    """The files with the lines of the raw tables that hold a word left out, and no check sums of what they were."""

    def changed(name: str, data: bytes) -> bytes:
        if name == "cohort.yml":
            return re.sub(rb"(,\s*expected_rows: \d+|,\s*sha256: \w+)", b"", data)
        kept = [line for line in data.split(b"\n") if word not in line]
        return b"\n".join(kept) if name.startswith("raw/") and name.endswith(".csv") else data

    return lambda files: {name: changed(name, data) for name, data in files.items()}


def _half_the_visits(files: Files) -> Files:
    kept = [line for line in files["cohort.yml"].decode().splitlines() if not re.match(r"\s+Y3:", line)]
    return files | {"cohort.yml": ("\n".join(kept) + "\n").encode()}


def _as_it_is(files: Files) -> Files:
    return files


#: Name -> the parameter file changed, the files changed.
CHANGES: dict[str, tuple[Callable[[str], str], Callable[[Files], Files]]] = {
    "no effect": (lambda text: _claimed(text, _flat), _as_it_is),
    "opposite effect": (lambda text: _claimed(text, _swapped), _as_it_is),
    "half the visits": (str, _half_the_visits),
    "no anti-CCP": (str, _without(b"anti-CCP")),
    "twice the drop-out": (lambda text: text.replace("value: [-2.45, -1.95]", "value: [-1.55, -0.95]"), _as_it_is),
}  # fmt: skip


def simulated(name: str, folder: Path) -> Cohort:
    """One of the five cohorts, made, read, cleaned and analysed; the surroundings name the folder in which that happens."""
    parameters, files = CHANGES[name]
    text = (project_root() / "data" / "cohorts" / "wang2019-synthetic" / "parameters.yml").read_text("utf-8")
    changed = parameters(text)
    assert name in ("half the visits", "no anti-CCP") or changed != text
    for path, data in files(synthesise(changed)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    clean, data = cleaned(f"{folder}")
    study = io.write_study(f"{folder}", "", [data], clean)
    plan = study.plan()
    return Cohort(plan, study.catalogue, results_of(study, plan, study.adlb, study.adqs, models=True))
