"""The figure of the page on provenance: what a run read, which section needed which, and what each wrote."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from racohort.absence import NO_RECORD, Absence, absent
from racohort.figures.boxes import draw_levels
from racohort.figures.style import Figure, finish
from racohort.formats import capitalised, count, listed, number
from racohort.plan import Plan
from racohort.terms import NEEDS

#: So many files are named; of more the first ones are.
_NAMED = 5
#: What a section reads beside what others wrote, and writes beside its result rows.
_READS = {"cleaning": "the files and the catalogue of analytes", "concordance": "the paper's claims"}
_WRITES = {
    "cleaning": ("Data sets: adsl, adlb, adqs, adae", "Records: ledger, quarantine, findings"),
    "concordance": ("results.csv: the rows of all sections", "claims.csv: each claim and its answer"),
}


def plot_lineage(record: Mapping[str, Any], results: pd.DataFrame, plan: Plan) -> Figure | Absence:
    """What was made from what, from the files that were read to the book.

    Parameters
    ----------
    record : `run.json` as `io.read_run` gives it; without one there is no figure.
    results : the rows of all sections, of which each section's are counted.
    """
    if not record:
        return absent(NO_RECORD)
    boxes = [_read(record), *_sections(results), (["The book", "its pages, its downloads, run.json"], [])]
    said = "; ".join(", ".join(main) + (f", which wrote {', '.join(side)}" if side else "") for main, side in boxes)
    caption = (
        "What was made from what, from top to bottom. Left: what was read, and the sections in the order in which they need each "
        "other; those of one box need nothing of each other. Right: what they wrote."
    )
    drawn = pd.DataFrame([{"level": level, "box": box, "text": text} for level, sides in enumerate(boxes, 1)
                          for box, lines in zip(("main", "beside"), sides, strict=True) for text in lines])  # fmt: skip
    alt = f"Flow diagram, from top to bottom: {said}."
    return finish(draw_levels(boxes), "lineage", alt, caption, plan.synthetic, drawn=drawn)


def _read(record: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    names = [str(entry["file"]) for entry in record["inputs"]]
    more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return [f"Read: {count(len(names), 'file')} of the cohort", *names[:_NAMED], *more, "as cohort.yml describes them"], []


def _sections(results: pd.DataFrame) -> Iterator[tuple[list[str], list[str]]]:
    """A box for the sections of each depth, and beside it what they wrote."""
    rows = results["section"].value_counts()
    for depth in range(max(map(_depth, NEEDS)) + 1):
        names = [section for section in NEEDS if _depth(section) == depth]
        needs = list(dict.fromkeys(need for name in names for need in NEEDS[name]))
        above = listed(needs) if len(needs) < 4 else "all sections above"
        reads = [above] * bool(needs) + [_READS[name] for name in names if name in _READS]
        side = [what for name in names for what in _WRITES.get(name, ())]
        side += [f"Result rows of {name}: {number(int(rows[name]))}" for name in names if name in rows.index]
        yield [capitalised(listed(names)), f"from {listed(reads)}"], side


def _depth(section: str) -> int:
    """How many sections must have run, one after another, before this one."""
    return 1 + max(map(_depth, NEEDS[section])) if NEEDS[section] else 0
