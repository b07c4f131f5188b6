"""Temporary folders: gone with their block, swept after a process that was killed, and never another's."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from racohort import publish
from racohort.scratch import scratch_folder, sweep
from tests.faults.books import ROOT

KILLED = """
import os, signal
from racohort import warm
from racohort.scratch import scratch_folder
warm.start()
with scratch_folder() as folder:
    (folder / "kernel.json").write_text("{}")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which temporary files are made: its path is short, as that of a socket must be."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_a_folder_goes_with_its_block_and_stays_as_long_as_that_however_often_is_swept(place: Path) -> None:
    with scratch_folder() as folder:
        sweep()
        assert [path.name for path in folder.iterdir()] == [".lock"]
    assert list(place.iterdir()) == []


def test_the_run_after_one_that_was_killed_sweeps_its_folders_and_the_socket_of_its_fork_server(place: Path) -> None:
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(place)}
    assert subprocess.run([sys.executable, "-P", "-c", KILLED], env=surroundings, check=False).returncode == -9
    assert len(list(place.iterdir())) == (2 if sys.platform == "linux" else 1)
    publish.recover(place / "small")
    assert list(place.iterdir()) == []


def test_what_holds_no_lock_or_lies_elsewhere_is_never_swept(place: Path, tmp_path: Path) -> None:
    for folder in (place / "racohort-of-the-user", place / "other", tmp_path / "elsewhere"):
        folder.mkdir()
    (place / "other" / ".lock").touch()
    (tmp_path / "elsewhere" / ".lock").touch()
    (place / "racohort-link").symlink_to(tmp_path / "elsewhere")
    sweep()
    assert len(list(place.iterdir())) == 3
    assert (tmp_path / "elsewhere" / ".lock").exists()


def test_every_file_and_folder_is_on_the_disk_before_a_book_takes_its_name(tmp_path: Path, monkeypatch) -> None:
    kept: list[str] = []
    monkeypatch.setattr(publish.os, "fsync", lambda handle: kept.append(os.readlink(f"/proc/self/fd/{handle}")))
    fresh = publish.new_folder(tmp_path / "small")
    (fresh / "html").mkdir()
    (fresh / "html" / "index.html").write_text("x")
    publish.replace(tmp_path / "small", fresh)
    inside = [fresh / "html", fresh / "html" / "index.html", fresh]
    assert kept == [*map(str, inside), str(tmp_path)]
    assert (tmp_path / "small" / "html" / "index.html").read_text() == "x"


#: Write a file of many equal letters again and again, together with others.
WRITER = """
import sys
from pathlib import Path
from racohort.publish import write_whole
for _ in range(60): write_whole(Path(sys.argv[1]), sys.argv[2].encode() * 200_000)
"""


def test_several_runs_may_write_one_file_at_the_same_time_and_it_is_always_one_runs_whole(tmp_path: Path) -> None:
    surroundings, path = {**os.environ, "PYTHONPATH": str(ROOT / "src")}, tmp_path / "index.html"
    commands = [[sys.executable, "-P", "-c", WRITER, str(path), letter] for letter in "abc"]
    writers = [subprocess.Popen(command, env=surroundings, stderr=subprocess.PIPE, text=True) for command in commands]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        seen.add(path.read_bytes() if path.exists() else b"")
    assert [writer.communicate()[1] for writer in writers] == ["", "", ""]
    assert {*seen, path.read_bytes()} <= {b"", *(letter * 200_000 for letter in (b"a", b"b", b"c"))}
    assert list(tmp_path.iterdir()) == [path]
