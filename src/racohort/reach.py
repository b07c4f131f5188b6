"""Which modules of this package a piece of code rests on, read from what looks like an import; nothing is imported for it."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
_COMMENT = re.compile(r"#[^\n]*|\\\n")
_IMPORT = re.compile(r"\bfrom\s+(racohort[\w.]*)\s+import\s*(\([^)]*\)|[^\n]*)|\bimport\s+([^\n]*)")


def reached(code: str) -> set[str]:
    """The modules that code imports, and those they import in turn, by their files' paths in the package.

    An import within a function counts, and so does one that a text only mentions: rather one module too many. A package that
    looks its modules up by name counts whole.

    >>> sorted(reached("from racohort.formats import number"))
    ['__init__.py', 'few.py', 'formats.py']
    """
    found: set[str] = set()
    ahead = {"__init__.py", *_files(names_of(code))}
    while ahead:
        path = ahead.pop()
        found.add(path)
        ahead |= _imported(PACKAGE / path) - found
    return found


@cache
def _imported(module: Path) -> set[str]:
    """The modules that a module of the package imports."""
    code = module.read_text("utf-8")
    by_name = module.name == "__init__.py" and "def __getattr__(" in code
    beside = {file.relative_to(PACKAGE).as_posix() for file in module.parent.glob("*.py")} if by_name else set()
    return beside | set(_files(names_of(code)))


def names_of(code: str) -> Iterator[str]:
    """Every name that may be a module's in the imports of code."""
    for origin, wanted, plain in _IMPORT.findall(_COMMENT.sub(" ", code)):
        yield from (f"{origin}.{name}" for name in re.findall(r"\w+", wanted))
        yield from re.findall(r"racohort[\w.]*", plain)


def _files(names: Iterable[str]) -> Iterator[str]:
    """The files of the package that are run when these are imported: a module's own, and those of the packages around it."""
    for name in names:
        parts = name.split(".")[1:]
        for depth in range(1, len(parts) + 1):
            place = "/".join(parts[:depth])
            yield from (file for file in (f"{place}.py", f"{place}/__init__.py") if (PACKAGE / file).is_file())
