"""A section's kernel: this interpreter, nothing of the user's, and no half-run notebook that looks finished."""

import asyncio
import json
import sys
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from jupyter_client.channels import AsyncZMQSocketChannel

from racohort.engine import SectionFailed, run_section
from racohort.kernels import OwnKernel, Watchful
from racohort.manifests import sentinel
from tests.support.project import LIMITS

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")


def notebook(folder: Path, *sources: str) -> Path:
    """A notebook of code cells, the first tagged `parameters`."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    path = folder / "03-safety.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def run(folder: Path, *sources: str, parameters: dict | None = None, **limits: float) -> Path:
    target, given = folder / "work" / "notebooks" / "03-safety.ipynb", {"RACOHORT_WORK": str(folder / "work")}
    run_section("safety", notebook(folder, *sources), target, parameters or {}, given, LIMITS | limits)
    return target


LOOK = """import json, os, sys
seen = [os.environ["IPYTHONDIR"], os.environ["RACOHORT_WORK"], alpha, "startup_ran" in globals()]
print(json.dumps([sys.executable, os.getcwd(), *seen]))
from racohort import places; print(places.__file__)"""


def test_a_section_runs_in_this_interpreter_whatever_kernels_and_start_up_files_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = tmp_path / "jupyter" / "kernels" / "racohort"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"}))
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("startup_ran = True")
    (tmp_path / "json.py").write_text("raise SystemExit('a stray module was imported')")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    cells = nbformat.read(run(tmp_path, "alpha = 0.05", LOOK, parameters={"alpha": 0.01}), as_version=4).cells
    said, package = cells[-1].outputs[0].text.splitlines()
    python, folder, ipython, work, alpha, startup_ran = json.loads(said)
    assert (python, alpha, startup_ran) == (sys.executable, 0.01, False)
    assert work == str(tmp_path / "work")
    assert Path(folder) != tmp_path
    assert Path(ipython).resolve() == Path(folder).resolve()
    assert not Path(folder).exists()
    assert Path(package).parent.name == "racohort"


@pytest.mark.parametrize(
    ("code", "why", "cell"),
    [
        ("raise ValueError('no values of CRP')", "ValueError: no values of CRP", 2),
        ("raise SystemExit(0)", "SystemExit: 0", 2),
        ("import os; os._exit(0)", "kernel ended", 2),
    ],
)
def test_a_section_that_did_not_end_takes_no_name_and_says_why_and_where(tmp_path: Path, code: str, why: str, cell: int) -> None:
    target = tmp_path / "work" / "notebooks" / "03-safety.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text("the earlier one")
    with pytest.raises(SectionFailed, match=why) as error:
        run(tmp_path, "alpha = 0.05", code, "print('later')")
    assert (error.value.section, error.value.cell) == ("safety", cell)
    assert target.read_text() == "the earlier one"
    assert error.value.notebook == tmp_path / "work" / "failed" / "03-safety.ipynb"
    assert len(nbformat.read(error.value.notebook, as_version=4).cells) >= 3


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "its last cell did not write its results"),
        (sentinel("safety", "x", {"a.csv": "1"}), "a file of the cohort was changed while the report was made"),
        (sentinel("efficacy", "x", {"a.csv": "2"}), "its last cell did not write its results"),
    ],
)
def test_a_section_takes_its_name_only_with_the_sentence_of_its_run_and_inputs(tmp_path: Path, said: str, why: str) -> None:
    ending, source = sentinel("safety", "x", {"a.csv": "2"}), notebook(tmp_path, "alpha = 0.05", f"print({said!r})")
    target = tmp_path / "work" / "notebooks" / source.name
    with pytest.raises(SectionFailed, match=why) as error:
        run_section("safety", source, target, {}, {}, LIMITS, ending)
    assert error.value.cell == 2
    assert not target.exists()
    run_section("safety", notebook(tmp_path, "alpha = 0.05", f"print({ending!r})"), target, {}, {}, LIMITS, ending)
    assert target.exists()


def test_a_kernel_that_dies_in_the_last_cell_has_failed_too(tmp_path: Path) -> None:
    with pytest.raises(SectionFailed, match="kernel ended") as error:
        run(tmp_path, "alpha = 0.05", "import os; os._exit(0)")
    assert error.value.cell == 2


@pytest.mark.parametrize(
    ("code", "limits", "why"),
    [
        ("import time; time.sleep(60)", {"section_minutes": 0.01}, "takes longer than 0.01 minutes, which `section_minutes`"),
        ("while True: print('x' * 99_999)", {"cell_output_mb": 1}, "puts out more than 1 MB, which `cell_output_mb`"),
        pytest.param("bytes(9 * 10**9)", {"section_memory_mb": 8_000}, "MemoryError.*`section_memory_mb`", marks=ON_LINUX),
    ],
)
def test_a_section_that_uses_more_than_it_may_is_ended_and_told_which_limit_it_was(
    tmp_path: Path, code: str, limits: dict[str, float], why: str
) -> None:
    with pytest.raises(SectionFailed, match=why) as error:
        run(tmp_path, "alpha = 0.05", code, **limits)
    assert error.value.cell == 2


def test_a_message_is_found_even_where_the_waking_that_it_brought_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float | None] = []

    async def never_woken(_: AsyncZMQSocketChannel, timeout: float | None = None) -> dict[str, str]:
        looks.append(timeout)
        if timeout is None or len(looks) == 1:
            raise Empty
        return {"msg_type": "execute_reply"}

    monkeypatch.setattr(AsyncZMQSocketChannel, "get_msg", never_woken)
    assert OwnKernel(kernel_name="any").client().shell_channel_class is Watchful
    assert asyncio.run(Watchful.get_msg(Watchful.__new__(Watchful)))["msg_type"] == "execute_reply"
    looks.clear()
    with pytest.raises(Empty):
        asyncio.run(Watchful.get_msg(Watchful.__new__(Watchful), 0.1))


def test_a_notebook_that_cannot_be_read_has_failed(tmp_path: Path) -> None:
    (tmp_path / "03-safety.ipynb").write_text("{")
    with pytest.raises(SectionFailed) as error:
        run_section("safety", tmp_path / "03-safety.ipynb", tmp_path / "work" / "notebooks" / "03-safety.ipynb", {}, {}, LIMITS)
    assert error.value.cell is None
