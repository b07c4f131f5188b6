"""One or several faults put into a clean cohort, the real check run over it, and what must hold of the answer."""

import copy
import random
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from racohort import adam, cleaning, io
from racohort.schema import Clean, CohortError, Finding, found_frame
from racohort.terms import CLASSES
from tests.corruption.drafts import Draft, Place, draw_draft, write_draft
from tests.corruption.faults import FAULTS, KNOWN, Fault

#: So many clean cohorts exist; faults are drawn for each of them.
COHORTS = 24
PLACE = ["file", "sheet", "line", "column"]


@dataclass
class Checked:
    """What a check gave: its findings, and its data where the cohort was not refused; or the traceback of a failure."""

    findings: list[Finding] = field(default_factory=list)
    clean: Clean | None = None
    data: adam.Datasets | None = None
    broken: str = ""

    @property
    def cls(self) -> str:
        """The strongest class; `none` without a finding."""
        found = found_frame(self.findings)["class"]
        return str(max(found, key=CLASSES.index)) if len(found) else "none"

    @property
    def values(self) -> pd.DataFrame:
        """Every value that was read from a file, by whom, what, when and where."""
        assert self.data is not None
        both = pd.concat([self.data.adlb, self.data.adqs], ignore_index=True)
        return both[both["DTYPE"] == ""]


def check(path: str) -> Checked:
    """Read, clean and derive a cohort folder."""
    try:
        raw = io.read_raw(path)
        catalogue = io.read_catalogue(raw.config)
        clean = cleaning.clean_cohort(raw, catalogue)
        return Checked(clean.records.findings, clean, adam.derive_datasets(clean, catalogue))
    except CohortError as error:
        return Checked(error.findings)
    except Exception:
        return Checked(broken=traceback.format_exc())


def checked(draft: Draft) -> Checked:
    """A draft, written and checked."""
    with tempfile.TemporaryDirectory() as folder:
        return check(write_draft(draft, Path(folder) / "cohort"))


@lru_cache(COHORTS)
def clean_cohort(seed: int) -> tuple[Draft, Checked]:
    """A clean cohort and its check."""
    draft = draw_draft(seed)
    return draft, checked(draft)


def corrupted(seed: int, names: Sequence[str] = ()) -> tuple[int, list[Fault], Draft, list[str]]:
    """The cohort of a seed with its faults: the clean cohort's seed, the faults, the draft, and the struck lines as file:line."""
    rng = random.Random(seed)
    base = rng.randrange(COHORTS)
    draft = copy.deepcopy(clean_cohort(base)[0])
    wanted = 1 if names or rng.random() < 0.7 else rng.randint(2, 4)
    chosen = [KNOWN[name] for name in names] or rng.sample(FAULTS, len(FAULTS))
    done: list[Fault] = []
    struck: list[str] = []
    for fault in chosen:
        places = _struck(fault, draft, rng) if draft.kind in fault.kinds and len(done) < wanted else None
        if places is not None:
            done.append(fault)
            struck += [f"{draft.said['files'][number]['path']}:{row + 2}" for number, row, _ in places]
    return base, done, draft, struck


def _struck(fault: Fault, draft: Draft, rng: random.Random) -> list[Place] | None:
    """The cells that a fault has changed; None where there is nothing to strike, or an earlier fault has struck it."""
    try:
        return fault.strike(draft, rng)
    except (ValueError, IndexError):
        return None


def judge(seed: int, names: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """The faults of a seed's cohort by name, and what is wrong with the answer; nothing where all holds."""
    base, faults, draft, struck = corrupted(seed, names)
    if not faults:
        return [], []
    answer, before = checked(draft), clean_cohort(base)[1]
    if answer.broken:
        return [fault.name for fault in faults], ["traceback: " + answer.broken.strip().splitlines()[-1]]
    wrong = [f"the clean cohort has findings: {before.findings[0]}"] if before.findings or before.broken else []
    if len(faults) == 1 and answer.cls not in faults[0].classes:
        said = "; ".join(f"{finding.rule}: {finding.message}" for finding in answer.findings[:3])
        wrong.append(f"class {answer.cls}, right is {' or '.join(faults[0].classes)} ({said})")
    if answer.clean is not None:
        wrong += unaccounted(answer)
        wrong += changed_in_silence(answer, before, struck) if len(faults) == 1 else []
        if all(fault.same for fault in faults) and not same(answer, before):
            wrong.append("the results are not those of the clean cohort")
    return [fault.name for fault in faults], wrong


def unaccounted(answer: Checked) -> list[str]:
    """Cells and rows that are neither used nor missing nor kept out."""
    assert answer.clean is not None
    cells, sources = answer.clean.cells, answer.clean.sources
    lost = cells[cells["cells"] != cells["used"] + cells["missing"] + cells["quarantined"] + cells["in_rows"]]
    fates = sources[["used", "repeated", "quarantined", "filtered", "unread"]].sum(axis=1)
    gone = sources[sources["rows"] != fates]
    wrong = [f"cells of {row['column']} do not add up" for row in lost.to_dict("records")]
    wrong += [f"rows of {row['file']} do not add up" for row in gone.to_dict("records")]
    held = answer.clean.records.quarantine()
    if cells["quarantined"].sum() > len(held):
        wrong.append(f"{cells['quarantined'].sum()} cells are kept out, the quarantine lists {len(held)}")
    if cells["used"].sum() < len(answer.values):
        wrong.append(f"{len(answer.values)} values from {cells['used'].sum()} cells")
    return wrong


def changed_in_silence(answer: Checked, before: Checked, struck: Sequence[str]) -> list[str]:
    """Values of the clean cohort that are gone or others, at a line and about a patient of whom nothing is said."""
    assert answer.clean is not None
    key = ["USUBJID", "AVISIT", "PARAMCD"]
    both = before.values.merge(answer.values, on=key, how="left", suffixes=("", "_now"))
    other = both[~((both["AVAL"] == both["AVAL_now"]) & (both["censored"] == both["censored_now"]))]
    records = answer.clean.records
    written = [row for frame in (records.ledger(), records.quarantine(), records.found()) for row in frame.to_dict("records")]
    lines = {_place(row) for row in written if pd.notna(row["line"])}
    blanked = answer.clean.cells["missing"].sum() > before.clean.cells["missing"].sum() if before.clean else False
    lines |= set(struck) if blanked else set()
    people = {row["USUBJID"] for row in written} - {""}
    columns = {finding.column for finding in answer.findings if finding.line is None} - {""}
    said = " ".join(finding.message for finding in answer.findings)
    silent = [
        row for row in other.to_dict("records")
        if _place(row) not in lines and row["column"] not in columns
        and row["USUBJID"] not in people and row["USUBJID"] not in said
    ]  # fmt: skip
    return [
        f"{row['USUBJID']} {row['PARAMCD']} {row['AVISIT']} was {row['AVAL']}, is {row['AVAL_now']}: not a word"
        for row in silent[:3]
    ]


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['file']}:{int(row['line'])}"


def same(answer: Checked, before: Checked) -> bool:
    """Whether the data sets are those of the clean cohort, but for where each value stood."""
    for name in ("adsl", "adlb", "adqs", "adae"):
        frames = [getattr(one.data, name).drop(columns=PLACE, errors="ignore") for one in (answer, before)]
        one, other = (frame.sort_values(list(frame.columns[:6]), kind="stable").reset_index(drop=True) for frame in frames)
        if not one.equals(other):
            return False
    return True
