"""What the verb `cohort` does: files that nobody has described, looked at, and a first `cohort.yml` written."""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from racohort import io
from racohort.config import parse_cohort
from racohort.intake import Source, guess_cohort, write_text
from racohort.io.sources import Unknown, read_source
from racohort.io.tables import write_bytes
from racohort.places import UsageError, check_name, project_root

#: More columns than this of which nothing is known are told in one line.
MANY = 8
#: A blank is told in so many letters; the whole stands in the file.
WIDEST = 160
#: How the verb is called, for messages.
EXAMPLE = 'make cohort NAME=mine FROM="visits.csv patients.xlsx"'


def make_cohort(name: str, files: Sequence[str], copy: bool = False) -> list[str]:
    """Write `data/cohorts/<name>/cohort.yml` from the files; returns the lines to show.

    The files stay where they are, unless `copy` puts them into the folder `raw/`. Raises UsageError, before anything is written,
    for a name that cannot be one, a cohort that exists, and files that cannot be read.
    """
    folder = _new_folder(name)
    paths = _paths(files, folder, copy)
    found = [one for path in paths for one in read_source(path)]
    refused = [reason for one in found for reason in one.refusals]
    if refused:
        raise UsageError("nothing was written: " + "\n".join(refused[:5]))
    sources = [_source(one, _reference(one.path, folder, copy)) for one in found]
    scaffold = guess_cohort(name, sources, [one.table.cells for one in found], io.read_catalogue())
    if not scaffold.sources:
        raise UsageError("nothing was written: every file is a data dictionary. Name the files with the data, too.")
    text = write_text(scaffold)
    parse_cohort(text)
    for path in paths if copy else []:
        write_bytes(folder / "raw" / path.name, path.read_bytes())
    write_bytes(folder / "cohort.yml", text.encode("utf-8"))
    left = [f"The sheet {sheet!r} of {one.path.name} holds no table and was left out." for one in found for sheet in one.left]
    used = [f"{Path(path).name} was used as a data dictionary; it is no file of the cohort." for path in scaffold.dictionaries]
    return _told(name, folder, text, used + left + _lacking(scaffold.sources))


def _new_folder(name: str) -> Path:
    if not name:
        raise UsageError(f"the cohort has no name. Name it: {EXAMPLE}")
    root = (project_root() / "data" / "cohorts").resolve()
    folder = root / check_name(name)
    if os.path.lexists(folder / "cohort.yml"):
        raise UsageError(f"the cohort {name!r} has a cohort.yml, and it is never replaced. Choose another NAME, or remove it.")
    if not folder.resolve().is_relative_to(root):
        raise UsageError(f"{name!r} is a link that leaves data/cohorts. Choose another NAME.")
    return folder


def _paths(files: Sequence[str], folder: Path, copy: bool) -> list[Path]:
    """The files, each once; refused where one is missing or a copy would replace a file."""
    if not files:
        raise UsageError(f"no file was named. Name them: {EXAMPLE}")
    paths = [Path(os.path.abspath(Path(file).expanduser())) for file in dict.fromkeys(files)]
    for folder_named in [path for path in paths if path.is_dir()]:
        inside = sorted(one.name for one in folder_named.iterdir() if one.is_file() and not one.name.startswith((".", "~")))
        named = f"Name its files: {', '.join(map(repr, inside[:8]))}" if inside else "It holds no file"
        raise UsageError(f"{str(folder_named)!r} is a folder. {named}{' and others' if len(inside) > 8 else ''}.")
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise UsageError(f"there is no file {str(missing[0])!r}. In FROM, a name with spaces stands in quotation marks.")
    names = [path.name for path in paths]
    twice = next((name for name in names if names.count(name) > 1 or (folder / "raw" / name).exists()), None)
    if copy and twice:
        raise UsageError(f"raw/{twice} would be written twice, or is there already. Rename one of the files.")
    return paths


def _reference(path: Path, folder: Path, copy: bool) -> str:
    """How `cohort.yml` names the file: relative within the project, else by its whole path."""
    if copy:
        return f"raw/{path.name}"
    inside = path.is_relative_to(project_root().resolve())
    return Path(os.path.relpath(path, folder)).as_posix() if inside else str(path)


def _source(unknown: Unknown, reference: str) -> Source:
    facts: dict[str, str | int | dict[str, str]] = {"sheet": unknown.table.sheet} if unknown.table.sheet else {}
    facts |= {"encoding": unknown.encoding} if unknown.encoding else {}
    facts |= {"header_line": unknown.header_line} if unknown.header_line > 1 else {}
    facts |= {"header_rows": unknown.header_rows} if unknown.header_rows > 1 else {}
    facts |= {"expected_rows": unknown.table.rows_read, "sha256": unknown.table.sha256}
    return Source(reference, facts, "", "", doubts=unknown.doubts, dictionary=unknown.table.dictionary)


def _told(name: str, folder: Path, text: str, notes: list[str]) -> list[str]:
    lines = text.splitlines()
    blanks = [_blank(line, after) for line, after in pairwise([*lines[4:], ""]) if "# choose: " in line]
    guessed = sum("# guessed: " in line for line in lines[4:])
    written = f"Written: {os.path.relpath(folder / 'cohort.yml')}. {guessed} lines are guessed; each says from what."
    left = (
        [f'Left to fill in, {len(blanks)} {"blank" if len(blanks) == 1 else "blanks"} (search for "choose:"):']
        if blanks
        else ["Nothing is left to fill in."]
    )
    return [
        written,
        *notes,
        *left,
        *(f"  {_cut(line)}" for line in _together(blanks)),
        f"Look through it, then: make check COHORT={name}",
    ]


def _together(blanks: list[str]) -> list[str]:
    """Blanks as they are told: columns of which nothing is known stand in one line where they are many."""
    unknown = [line.partition('":')[0] + '"' for line in blanks if '": {paramcd: ...}, {role: COVARIATE}' in line]
    if len(unknown) <= MANY:
        return blanks
    said = f"{len(unknown)} columns: {{paramcd: ...}}, {{role: COVARIATE}} or {{role: IGNORE}}: {', '.join(unknown)}"
    return [*(line for line in blanks if '": {paramcd: ...}, {role: COVARIATE}' not in line), said]


def _lacking(sources: Sequence[Source]) -> list[str]:
    """Which codes of trial packages are not read, because no catalogue knows them."""
    codes = list(dict.fromkeys(one.code for source in sources for one in source.unread))
    named = ", ".join(codes[:12]) + (" and others" if len(codes) > 12 else "")
    said = (
        f"{'Codes' if len(codes) > 1 else 'A code'} of these files that the catalogue lacks and that will not be read: {named}."
    )
    return [f"{said} `analytes` in cohort.yml shows how to take {'them' if len(codes) > 1 else 'it'} up."] if codes else []


def _cut(line: str) -> str:
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1].rstrip()}…"


def _blank(line: str, after: str) -> str:
    """A blank as it is told: the column or word it is about, and the choices.

    >>> _blank("  # choose: unit: mg/L or mg/dL", '  # "CRP": {paramcd: CRP}')
    '"CRP": unit: mg/L or mg/dL'
    >>> _blank("    # encoding:   # choose: cp1252 or gb18030", "columns:")
    'encoding: cp1252 or gb18030'
    """
    before, _, choices = line.partition("# choose: ")
    about = before if before.strip(" #") else after if after.lstrip().startswith('# "') else ""
    name = about.strip(" #").partition('":')[0]
    key = before.strip(" #")
    return f'{name}": {choices}' if name.startswith('"') else f"{key} {choices}" if key.endswith(":") else choices
