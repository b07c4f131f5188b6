"""A small project whose runs are ended by force, and what must hold afterwards: an old or a new book, whole, and nothing left."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

from racohort.fingerprints import read_json
from racohort.publish import lock_file
from tests.support.project import small_project

ROOT = Path(__file__).resolve().parents[2]
#: Marks every process of a run, whatever session it is in and whatever it is called.
MARK = "RACOHORT_CASE"
#: Seconds that the processes of a killed run have to end: the fork server first finishes what it is importing.
GRACE = 60.0


def surroundings() -> dict[str, str]:
    """The variables of this process without those that would say what a run is to do, and the package under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RC_", "RACOHORT_"))}
    return {**kept, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


class Project:
    """A small project in a folder of its own, with a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.temporary = small_project(folder / "project"), folder / "t"
        self.temporary.mkdir()
        self.built = self.root / "book" / "_build"
        self.published = self.built / "small"

    def start(self, *words: str, module: str = "racohort", **variables: str) -> subprocess.Popen[str]:
        """Start `racohort report` with more words, in a session of its own, every process of it marked."""
        own = {"RACOHORT_ROOT": str(self.root), "TMPDIR": str(self.temporary)}
        command = [sys.executable, "-P", "-m", module, "report", "--cohort", "small", *words]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
        environment = {**surroundings(), **own, MARK: uuid.uuid4().hex, **variables}
        process = subprocess.Popen(command, env=environment, cwd=self.root, **options)  # type: ignore[call-overload]
        process.mark = environment[MARK]
        return process

    def finish(self, *words: str, module: str = "racohort", **variables: str) -> tuple[int, str]:
        """Run it to its end: its exit status, and what it said."""
        process = self.start(*words, module=module, **variables)
        said, _ = process.communicate()
        return process.returncode, said

    def book(self) -> dict[str, str]:
        """The hash of every published file, by its path; empty where nothing is published."""
        files = sorted(path for path in self.published.rglob("*") if path.is_file())
        return {path.relative_to(self.published).as_posix(): _hash(path) for path in files}

    def alpha(self) -> float | None:
        """The parameter by which the published run can be told from others."""
        told = read_json(self.published / "run.json")
        return told["parameters"]["alpha"]["value"] if told else None

    def leftovers(self) -> list[str]:
        """What a finished run must not leave behind: anything but the published run, the shelf and the work folder's record."""
        work = {"book.log", "data", "manifests", "notebooks", "records", "results", "run.json", "state.json"}
        beside = {path.name for path in self.built.iterdir()} - {"small", "index.html", ".work"}
        inside = {path.name for path in (self.built / ".work" / "small").iterdir()} - work
        hidden = {path.name for path in self.built.rglob(".*.tmp")}
        return sorted(beside | inside | hidden | {path.name for path in self.temporary.iterdir()})


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pattern(folder: Path) -> Path:
    """A project with a finished book in the folder, made once; its time in seconds lies beside it."""
    if not (folder / "seconds").exists():
        project, started = Project(folder), time.monotonic()
        status, said = project.finish()
        assert status == 0, said
        (folder / "seconds").write_text(str(time.monotonic() - started))
    return folder


def copied(folder: Path, target: Path) -> Project:
    """A copy of the project in a folder, with what it has published; its state counts as fresh."""
    shutil.copytree(folder / "project", target / "project", copy_function=shutil.copy2)
    return Project(target)


def whole(project: Project, before: dict[str, str], alpha: float, names: set[str]) -> list[str]:
    """What is wrong with the published folder, which must be absent, the earlier book, or all of the one that was asked for."""
    now = project.book()
    if now == before or not project.published.exists():
        return []
    if not now:
        return ["the published folder is empty"]
    faults = [f"{name} is missing" for name in sorted(names - set(now))] + [f"{name} is new" for name in sorted(set(now) - names)]
    if project.alpha() != alpha:
        faults.append("run.json is not that of the run asked for")
    told = read_json(project.published / "run.json").get("results", [])
    recorded = {f"results/{entry['file']}": entry["sha256"] for entry in told}
    faults += [f"{name} is not what was recorded" for name, known in recorded.items() if now.get(name) != known]
    pages = {page: page.read_text("utf-8").strip() for page in project.published.rglob("*.html") if "_static" not in page.parts}
    cut = [page.name for page, text in pages.items() if text[:9].lower() in ("", "<!doctype") and text[-7:] != "</html>"]
    return faults + [f"{name} is cut short" for name in cut]


def survivors(mark: str) -> list[str]:
    """The processes of a run that still live, by the variable that each inherited."""
    found, wanted = [], f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(f"{folder.name} {(folder / 'cmdline').read_bytes().replace(bytes(1), b' ')[:200].decode()}")
        except OSError:
            continue
    return found


def outlived(mark: str, grace: float = GRACE) -> list[str]:
    """The processes of a run that still live after the time of grace."""
    deadline = time.monotonic() + grace
    while (left := survivors(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def is_free(project: Project) -> bool:
    """Whether the lock of the published folder can be had."""
    path = lock_file(project.published)
    if not path.exists():
        return True
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
