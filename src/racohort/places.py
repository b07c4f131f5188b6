"""Where things lie: the project, a cohort's folder, a run's work folder and its published folder."""

import os
import re
from pathlib import Path

#: The rule for the name of a cohort and of a run (contract: it names a folder).
NAME = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9_.\-\u4e00-\u9fff]{0,63}")
NAME_RULE = "1 to 64 letters, digits, Chinese characters, points, hyphens or underscores, and begins with none of the last three"


class UsageError(Exception):
    """A name, a path or a parameter that cannot be used; the command ends with status 2."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence alone, as the reader's part in it is not the program's."""
        return [str(self)]


def project_root() -> Path:
    """The folder that holds `data/`, `notebooks/` and `book/`: `$RACOHORT_ROOT` if set, else where this package lies."""
    given = os.environ.get("RACOHORT_ROOT")
    return Path(given).resolve() if given else Path(__file__).resolve().parents[2]


def check_name(text: str) -> str:
    """The text itself, where it may name a cohort or a run; raises UsageError otherwise.

    >>> check_name("xian-2014")
    'xian-2014'
    >>> check_name("../x")
    Traceback (most recent call last):
    ...
    racohort.places.UsageError: '../x' cannot be a name: a name has 1 to 64 letters, digits, ...
    """
    if not NAME.fullmatch(text):
        raise UsageError(f"{text!r} cannot be a name: a name has {NAME_RULE}. Choose another name.")
    return text


def cohort_folder(cohort: str) -> Path:
    """The folder of a cohort, given its name under `data/cohorts` or (where the text holds a `/`) the folder itself.

    Inside a section the running report has said which folder its cohort's id stands for (`RACOHORT_ID`, `RACOHORT_FOLDER`).
    Raises UsageError for a text that is no name, a name that leads elsewhere, and a folder without `cohort.yml`.
    """
    if cohort and cohort == os.environ.get("RACOHORT_ID") and os.environ.get("RACOHORT_FOLDER"):
        return Path(os.environ["RACOHORT_FOLDER"])
    folder = _given_folder(cohort) if "/" in cohort else _named_folder(cohort)
    if not (folder / "cohort.yml").is_file():
        raise UsageError(f"the cohort {cohort!r} has no file cohort.yml in its folder. Write one; data/README.md shows how.")
    return folder


def _given_folder(cohort: str) -> Path:
    if not cohort.isprintable():
        raise UsageError(f"{cohort!r} cannot be a folder: it holds a character that cannot be printed. Rename the folder.")
    folder = Path(cohort)
    if not folder.is_dir():
        raise UsageError(f"there is no folder {cohort!r}. Give a name in data/cohorts, or a folder that holds a cohort.yml.")
    return folder.resolve(strict=True)


def _named_folder(cohort: str) -> Path:
    root = (project_root() / "data" / "cohorts").resolve()
    folder = root / check_name(cohort)
    if not folder.is_dir():
        known = ", ".join(sorted(path.parent.name for path in root.glob("*/cohort.yml"))) or "none yet"
        raise UsageError(
            f"there is no cohort {cohort!r} in data/cohorts (there: {known}). A folder elsewhere is written ./{cohort}."
        )
    if not folder.resolve(strict=True).is_relative_to(root):
        raise UsageError(f"the cohort {cohort!r} is a link that leaves data/cohorts. Give the folder it points to instead.")
    return folder.resolve(strict=True)


def paper_folder(given: str = "") -> Path:
    """The folder of the paper whose claims are asked about: as given, else `$RACOHORT_PAPER`, else `data/paper`.

    Raises UsageError where it holds no `claims.yml`.
    """
    named = given or os.environ.get("RACOHORT_PAPER", "")
    folder = Path(named).resolve() if named else project_root() / "data" / "paper"
    if named and not (folder / "claims.yml").is_file():
        raise UsageError(f"PAPER: the folder {named!r} holds no claims.yml. Write one; data/paper/README.md shows how.")
    return folder


def run_name(id: str, run: str = "") -> str:
    """The name of a run's folders.

    >>> run_name("xian-2014"), run_name("xian-2014", "strict")
    ('xian-2014', 'xian-2014--strict')
    """
    return f"{check_name(id)}--{check_name(run)}" if run else check_name(id)


def build_folder() -> Path:
    """The folder that holds everything runs make: `$RACOHORT_BUILD` if set, else `book/_build`."""
    given = os.environ.get("RACOHORT_BUILD")
    return Path(given).resolve() if given else project_root() / "book" / "_build"


def work_folder(id: str, run: str = "") -> Path:
    """The folder in which a run is made: inside a section `$RACOHORT_WORK`, else `book/_build/.work/<run name>`."""
    given = os.environ.get("RACOHORT_WORK")
    return Path(given) if given else build_folder() / ".work" / run_name(id, run)


def report_folder(id: str, run: str = "") -> Path:
    """The folder in which a finished run is published, `book/_build/<run name>`."""
    return build_folder() / run_name(id, run)
