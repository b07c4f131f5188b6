"""Packed files: the one data file in a gzip or zip archive, unpacked up to a limit."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from racohort.config import Limits
from racohort.schema import RawTable, Records


def unpacked(data: bytes, name: str, limits: Limits, table: RawTable, records: Records) -> tuple[bytes, str] | None:
    """The bytes and the name of the file in an archive, which is named .gz or .zip; anything else as it is.

    None, with a finding, for an archive that is damaged, protected, holds another number of files than one, or would inflate
    to more than a file of its size can.
    """
    most = limits.inflated_for(len(data))
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".gz" and data.startswith(b"\x1f\x8b"):
        inside = _gunzipped(data, most, table, records)
        return None if inside is None else (inside, name[: -len(ending)])
    if ending == ".zip" and data.startswith(b"PK"):
        return _unzipped(data, most, table, records)
    return data, name


def _gunzipped(data: bytes, most: int, table: RawTable, records: Records) -> bytes | None:
    """All members of a gzip file, one after another, as gunzip does."""
    inside, rest = bytearray(), data
    try:
        while rest.startswith(b"\x1f\x8b"):
            engine = zlib.decompressobj(wbits=31)
            inside += engine.decompress(rest, most + 1 - len(inside))
            if len(inside) > most:
                _too_large(table, len(data), most, records)
                return None
            if not engine.eof:
                raise zlib.error("its end is missing")
            rest = engine.unused_data
        if rest.strip(b"\0"):
            raise zlib.error("something else stands after its end")
    except zlib.error as error:
        _corrupt(table, error, records)
        return None
    return bytes(inside)


def _unzipped(data: bytes, most: int, table: RawTable, records: Records) -> tuple[bytes, str] | None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = [one for one in archive.namelist() if not one.endswith("/") and not _is_left_over(one)]
        if len(names) != 1:
            there = f"{len(names)} files ({', '.join(names[:5])}{' and others' if len(names) > 5 else ''})"
            records.note("file_unsupported", f"{table.file} holds {there}, where one data file is read; unpack it", table)
            return None
        if archive.getinfo(names[0]).flag_bits & 1:
            records.note("file_unsupported", f"{table.file} is protected by a password and cannot be read", table)
            return None
        with archive.open(names[0]) as file:
            inside = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        _corrupt(table, error, records)
        return None
    if len(inside) > most:
        _too_large(table, len(data), most, records)
        return None
    return inside, names[0]


def _is_left_over(name: str) -> bool:
    """Whether a file is one that an operating system keeps for itself in every folder.

    >>> _is_left_over("__MACOSX/._visits.csv"), _is_left_over("data/.DS_Store"), _is_left_over("visits.csv")
    (True, True, False)
    """
    last = PurePosixPath(name).name
    return name.startswith("__MACOSX/") or last.startswith(".") or last in ("Thumbs.db", "desktop.ini")


def _too_large(table: RawTable, size: int, most: int, records: Records) -> None:
    said = f"{table.file} has a size of {size:,} bytes and would inflate to a size of more than {most:,} bytes"
    records.note("file_size", said, table)


def _corrupt(table: RawTable, error: Exception, records: Records) -> None:
    records.note("file_corrupt", f"{table.file} is corrupt or truncated: it cannot be unpacked ({error})", table)
