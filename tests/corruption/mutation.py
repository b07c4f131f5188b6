"""Valid files of every kind with some bytes changed: each is read, or refused with a reason; none crashes, hangs or swells."""

import random
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path

from racohort.config import parse_cohort
from racohort.io.raw import read_file
from racohort.schema import RawTable, Records
from tests.corruption.drafts import draw_draft, write_draft

#: What no file may take: seconds, and bytes of memory.
SECONDS, MEMORY = 10, 2_000_000_000
KINDS = ("csv", "xlsx", "parquet", "xpt", "csv.gz", "zip", "sas7bdat")
#: How a SAS data set starts; what follows is noise, for want of a program that writes one.
SAS = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
NUMBERS = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\x80\x00\x00\x00", b"\x00\x00\x01\x00")


@cache
def valid(kind: str, seed: int = 0) -> bytes:
    """A valid file of a kind."""
    if kind == "sas7bdat":
        return SAS + random.Random(seed).randbytes(9000)
    draft = next(draft for draft in map(draw_draft, range(seed, seed + 1000)) if draft.kind == kind)
    with tempfile.TemporaryDirectory() as folder:
        return Path(write_draft(draft, Path(folder) / "cohort"), draft.said["files"][-1]["path"]).read_bytes()


def _move(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    part = data[at : at + length]
    del data[at : at + length]
    to = rng.randrange(len(data) + 1)
    data[to:to] = part


def _flip(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    data[at] ^= 1 << rng.randrange(8)


def _number(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    data[at : at + 4] = rng.choice(NUMBERS)


def _noise(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    data[at : at + length] = rng.randbytes(length)


def _blank(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    data[at : at + length] = bytes(length)


def _cut(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    del data[at : at + length]


def _double(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    data[at:at] = data[at : at + length]


def _end(data: bytearray, at: int, length: int, rng: random.Random) -> None:
    del data[at:]


WAYS: tuple[Callable[[bytearray, int, int, random.Random], None], ...] = (
    _flip,
    _number,
    _noise,
    _blank,
    _cut,
    _double,
    _move,
    _end,
)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes, changed in one to sixteen places."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        if changed:
            rng.choice(WAYS)(changed, rng.randrange(len(changed)), rng.choice([1, 2, 4, 8, 64, 512]), rng)
    return bytes(changed)


def parse(kind: str, data: bytes, **limits: int) -> tuple[RawTable, Records]:
    """A file of a kind, read as `racohort check` reads it."""
    name = {"zip": "a.zip"}.get(kind, f"a.{kind}")
    config = parse_cohort(f"id: a\nfiles: [{{path: {name}, shape: visit}}]\nvisits: {{BL: {{}}}}\nlimits: {limits}")
    table, records = RawTable.blank(name, "visit"), Records()
    read_file(data, config.files[0], config, table, records)
    return table, records


def judge(seed: int) -> tuple[list[str], list[str]]:
    """The kind of a seed's file with what became of it, and what is wrong with that; nothing where all holds."""
    rng = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    data = mutated(valid(kind, 100 * rng.randrange(3)), rng)
    started = time.monotonic()
    try:
        table, records = parse(kind, data)
    except Exception:
        return [f"{kind} broken"], ["traceback: " + traceback.format_exc().strip().splitlines()[-1]]
    took, said = time.monotonic() - started, " ".join(finding.message for finding in records.findings)
    wrong = [f"took {took:.0f} s"] if took > SECONDS or "takes longer than" in said else []
    wrong += [f"{kind}: {said}"] if "broke off" in said or "of memory" in said else []
    if largest() > MEMORY:
        wrong.append(f"took {largest():,} bytes of memory")
    if not len(table.cells) and not records.findings:
        wrong.append("no rows, and no reason")
    return [f"{kind} {'read' if len(table.cells) else 'refused'}"], wrong


def largest() -> int:
    """The most memory that a child of this process has taken until now."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
