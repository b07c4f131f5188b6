"""Hashes of content: of a file's bytes, and of plain facts."""

import hashlib
import json
import os
import stat
from functools import cache
from pathlib import Path
from typing import Any


def file_hash(path: Path | str) -> str:
    """The SHA-256 of a file's bytes; empty where there is no such file."""
    try:
        state = os.stat(path)
    except OSError:
        return ""
    return _content_hash(str(path), state.st_ino, state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else ""


@cache
def _content_hash(path: str, *_state: int) -> str:
    """The hash of the content, read once a command for each state of the file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key(facts: Any) -> str:
    """The SHA-256 of plain facts (texts, numbers, lists, mappings), whatever the order of a mapping's names."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
