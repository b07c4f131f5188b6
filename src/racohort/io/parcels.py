"""A table that was read, with its findings, as bytes that can hold nothing but cells and words: JSON and Arrow."""

import json
from dataclasses import asdict, fields

import pandas as pd
import pyarrow as pa

from racohort.schema import Finding, RawTable, Records


def pack(*parts: bytes) -> bytes:
    """Several byte strings as one.

    >>> unpack(pack(b"one", b"", b"three"))
    [b'one', b'', b'three']
    """
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def unpack(data: bytes) -> list[bytes]:
    """The byte strings that `pack` put together; raises ValueError where one is cut."""
    parts, place = [], 0
    while place < len(data):
        end = place + 8 + int.from_bytes(data[place : place + 8], "big")
        if end > len(data):
            raise ValueError("the answer is cut")
        parts.append(data[place + 8 : end])
        place = end
    return parts


def pack_table(table: RawTable, records: Records) -> bytes:
    """A table and what was written down while it was read."""
    blank = RawTable.blank(table.file, table.shape)
    facts = {one.name: getattr(table, one.name) for one in fields(table) if one.name not in ("cells", "line")}
    said = {
        "facts": {name: value for name, value in facts.items() if value != getattr(blank, name)},
        "findings": [asdict(finding) for finding in records.findings],
    }
    frames = [table.cells, pd.DataFrame({"line": table.line}), records.ledger(), records.quarantine()]
    return pack(json.dumps(said, default=int).encode(), *map(_arrow, frames))


def unpack_table(data: bytes, table: RawTable, records: Records) -> None:
    """Fill the table, and add to the records, what `pack_table` put together."""
    said, cells, line, ledger, quarantine = unpack(data)
    known = json.loads(said)
    for name, value in known["facts"].items():
        setattr(table, name, value)
    table.cells = _frame(cells).astype("str")
    table.line = _frame(line)["line"].to_numpy(dtype="int64")
    records.findings += [Finding(**finding) for finding in known["findings"]]
    for kept, part in ((records.ledgers, _frame(ledger)), (records.quarantines, _frame(quarantine))):
        kept += [part] if len(part) else []


def _arrow(frame: pd.DataFrame) -> bytes:
    columns = [pa.array(frame.iloc[:, place], from_pandas=True) for place in range(frame.shape[1])]
    table = pa.Table.from_arrays(columns, names=[str(name) for name in frame.columns])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _frame(data: bytes) -> pd.DataFrame:
    table = pa.ipc.open_stream(data).read_all()
    table.validate(full=True)
    frame: pd.DataFrame = table.to_pandas(use_threads=False)
    return frame
