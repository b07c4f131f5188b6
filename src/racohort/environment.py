"""The environment `.venv`: set up from the lock, checked by the doctor, and what is cleaned away.

The Makefile runs this file with the user's own Python before anything is installed, so it needs the standard library only,
and is written so that a Python that is too old can read it and say so.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

OLDEST = (3, 11)
KERNEL = ["--name", "racohort", "--display-name", "RA cohort (Python)"]
#: pip's settings that uv should follow as well: a hospital's own index, a folder of wheels.
SAME_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
WHEELHOUSE = """For a machine without network: on one with network and the same system and Python, after a first `make report`,
    .venv/bin/python -m pip download --no-deps --require-hashes --dest wheelhouse --requirement requirements.lock
then carry the project with its folder wheelhouse/ over (without .venv), and there:
    PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/wheelhouse" make report"""


class SetupFailed(Exception):
    """An environment that cannot be set up; the message says what to do."""

    exit_code = 1


def check_python() -> None:
    """Raise SetupFailed where this Python is too old or cannot make an environment."""
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info < OLDEST:
        raise SetupFailed(f"Python {own} is too old; 3.11 or later is needed. Name another one: make report PYTHON=python3.12")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupFailed(f"Python {own} has no venv package. On Debian or Ubuntu: sudo apt install python{own}-venv") from None


def wanted_stamp(root: Path, keep: bool) -> dict[str, str]:
    """What the environment must have been made from: this folder, an interpreter, the lock and the package's metadata."""
    known = read_stamp(root)
    stamp = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in ("requirements.lock", "pyproject.toml")}
    stamp["root"] = str(root)
    own = f"{platform.python_version()} {sys.base_prefix}"
    runs = (root / ".venv" / "bin" / "python").exists()
    stamp["python"] = known["python"] if keep and runs and "python" in known else own
    return stamp


def read_stamp(root: Path) -> dict[str, str]:
    """What the environment was made from; empty where it was not finished."""
    try:
        return dict(json.loads((root / ".venv" / "ready").read_text("utf-8").partition("\n")[2]))
    except (OSError, ValueError):
        return {}


def set_up(root: Path, keep: bool = False) -> None:
    """Make or mend `.venv`, and stamp it when it is finished; one that was interrupted is made anew.

    With `keep` an environment stays with the interpreter it was made with.
    """
    check_python()
    ready, wanted = root / ".venv" / "ready", wanted_stamp(root, keep)
    with (root / "pyproject.toml").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        known = read_stamp(root)
        if known == wanted:
            ready.touch()
            return
        anew = any(known.get(name) != wanted[name] for name in ("root", "python"))
        if ready.exists():
            ready.unlink()
        _install(root, anew)
        aside = ready.with_suffix(".tmp")
        aside.write_text(str(root) + "\n" + json.dumps(wanted, indent=1), "utf-8")
        aside.replace(ready)


def _install(root: Path, anew: bool) -> None:
    venv = root / ".venv"
    python = str(venv / "bin" / "python")
    if anew:
        _step(root, "making .venv with Python " + platform.python_version(), [sys.executable, "-m", "venv", "--clear", str(venv)])
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch, "uv.txt")
        first.write_text(locked("uv", (root / "requirements.lock").read_text("utf-8")), "utf-8")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
        _step(root, "getting the installer", [*pip, "-r", str(first)])
    uv, common = [python, "-m", "uv", "pip"], ["--quiet", "--python", python, *offline(python)]
    lock = ["--compile-bytecode", "--require-hashes", "requirements.lock"]
    _step(root, "installing the packages of requirements.lock (a minute or two)", [*uv, "sync", *common, *lock])
    own = ["--no-deps", "--no-build-isolation", "--editable", "."]
    _step(root, "installing racohort", [*uv, "install", *common, *own])
    _step(root, "registering its kernel", [python, "-m", "ipykernel", "install", "--prefix", str(venv), *KERNEL])


def locked(name: str, lock: str) -> str:
    """The lines of one package in a lock, hashes included.

    >>> locked("b", "a==1 \\\\\\n    --hash=x\\nb==2 \\\\\\n    --hash=y\\nc==3\\n")
    'b==2 \\\\\\n    --hash=y\\n'
    """
    found = re.search(rf"^{re.escape(name)}==.*\n(?:[ \t]+.*\n)*", lock, re.MULTILINE)
    if not found:
        raise SetupFailed(f"requirements.lock does not name {name}.")
    return found.group()


def _step(root: Path, told: str, command: list[str]) -> None:
    print("  set-up: " + told, flush=True)
    done = subprocess.run(command, cwd=str(root), env=surroundings(command[0]), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        last = done.stdout.decode("utf-8", "replace").strip().splitlines()[-6:]
        raise SetupFailed("\n".join(["Set-up stopped at: " + told, *("  " + line for line in last), "`make doctor` says more."]))


def surroundings(python: str) -> dict[str, str]:
    """The environment variables of a set-up step: bytecode is written, and uv takes packages from where pip would."""
    left = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME")
    own = {name: value for name, value in os.environ.items() if name not in left}
    for name, value in _pip_settings(python, own).items():
        if name in SAME_FOR_UV:
            own.setdefault(SAME_FOR_UV[name], ",".join(value.split()) if name == "find-links" else value)
    if "UV_INDEX" in own:
        own.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # as pip does; the hashes of the lock decide
    return own


def offline(python: str) -> list[str]:
    """The option that forbids uv every index, where pip is told the same."""
    said = _pip_settings(python, dict(os.environ)).get("no-index", "")
    return ["--no-index"] if said.lower() in ("1", "true", "yes", "on") else []


def _pip_settings(python: str, own: dict[str, str]) -> dict[str, str]:
    said = subprocess.run([python, "-m", "pip", "config", "list"], env=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = said.stdout.decode("utf-8", "replace").splitlines()
    pairs = [line.partition("=") for line in sorted(lines, key=lambda line: line.startswith(":env:")) if "=" in line]
    texts = {name.rpartition(".")[2].replace("_", "-").lower(): value[1:-1] for name, _, value in pairs}
    return {name: " ".join(text.split("\\n")).strip() for name, text in texts.items()}


def doctor(root: Path) -> int:
    """Print what is there, what is missing and how to get it; 1 where a report cannot be made."""
    try:
        check_python()
        needed = [("Python " + platform.python_version(), True, "")]
    except SetupFailed as error:
        needed = [("Python", False, str(error))]
    useful = [
        (".venv, as the lock wants it", read_stamp(root) == wanted_stamp(root, True), "made by the next `make report`"),
        ("Chromium (PDF, Word, tests)", bool(browser()), "sudo apt install chromium (Debian); no PDF or Word file without it"),
        ("Chinese fonts (figures)", bool(chinese_font()), "sudo apt install fonts-noto-cjk (Debian), for Chinese text"),
        ("Git (development)", bool(shutil.which("git")), "sudo apt install git (Debian)"),
        ("free disk space over 3 GB", shutil.disk_usage(str(root)).free > 3e9, "the environment takes about 1.5 GB"),
    ]
    for what, there, remedy in needed + useful:
        print(f"  {'ok' if there else 'MISSING':<8}{what}{'' if there else ': ' + remedy}")
    print(WHEELHOUSE)
    return 0 if all(there for _, there, _ in needed) else 1


def browser() -> str:
    """The path of an installed Chromium or Chrome; empty where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None) or ""


def chinese_font() -> str:
    """The file of a font with Chinese characters; empty where there is none, or nothing to ask."""
    if not shutil.which("fc-list"):
        return ""
    said = subprocess.run(["fc-list", ":lang=zh", "file"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return said.stdout.decode("utf-8", "replace").partition("\n")[0]


def clean(root: Path, environment: bool = False) -> None:
    """Remove what runs and tests made, with `environment` also `.venv`; raises SetupFailed while a run is at work."""
    for lock in root.glob("book/_build/.work/*.lock"):
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SetupFailed(f"a run is at work in {lock.stem} (process {file.read().strip()}).") from None
    made = ["book/_build", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".coverage"]
    for name in made + ([".venv"] if environment else []):
        path = root / name
        if path.is_dir():
            shutil.rmtree(str(path), ignore_errors=True)
        elif path.exists():
            path.unlink()
    for folder in ("src", "tests"):
        for path in sorted((root / folder).rglob("__pycache__")):
            shutil.rmtree(str(path), ignore_errors=True)


def main(words: list[str]) -> int:
    """Do what the Makefile asks: set-up, set-up-keeping, doctor, clean or distclean, in the folder it is called from."""
    root = Path.cwd()
    verb = words[0]
    try:
        if verb == "doctor":
            return doctor(root)
        clean(root, verb == "distclean") if "clean" in verb else set_up(root, keep=verb == "set-up-keeping")
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
