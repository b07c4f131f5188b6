"""What is said of the commit that made a run, with Git and without."""

import subprocess
from pathlib import Path

import pytest

from racohort.commit import as_told, code_state, in_words

UNKNOWN = {"commit": "", "clean": None}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder under version control with one commit."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("1\n")
    (tmp_path / ".gitignore").write_text("*.tmp\n")
    by = ["-c", "user.name=x", "-c", "user.email=x", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], [*by, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    return tmp_path


def test_a_commit_is_clean_until_its_code_changes(clone: Path) -> None:
    read = code_state.__wrapped__
    state = read(clone)
    assert len(state["commit"]) == 40
    assert state["clean"] is True
    (clone / "src" / "left.tmp").write_text("")
    (clone / "data").mkdir()
    (clone / "data" / "patients.csv").write_text("")
    assert read(clone) == state
    (clone / "src" / "new.py").write_text("")
    assert read(clone) == state | {"clean": False}
    (clone / "src" / "new.py").unlink()
    (clone / "src" / "a.py").write_text("2\n")
    assert read(clone) == state | {"clean": False}


def test_nothing_is_claimed_without_git_or_within_the_clone_of_something_else(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code_state.__wrapped__(clone / "src") == UNKNOWN
    monkeypatch.setenv("PATH", str(clone))
    assert code_state.__wrapped__(clone) == UNKNOWN


@pytest.mark.parametrize("state", [{"commit": "9f8e7d6", "clean": True}, {"commit": "9f8e7d6", "clean": False}, UNKNOWN])
def test_a_run_that_is_made_again_says_the_commit_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: dict
) -> None:
    monkeypatch.setenv("RACOHORT_COMMIT", as_told(state))
    assert code_state.__wrapped__(tmp_path) == state
    assert in_words(code_state.__wrapped__(tmp_path)) == in_words(state)
