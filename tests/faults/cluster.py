"""Many reports on a Dask cluster of separate processes, one of whose two workers is lost on the way.

`python -m tests.faults.cluster 200 machine` makes as many reports of small cohorts, and says what was reached; `worker` loses
the worker alone, whose report goes on.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from racohort.fingerprints import read_json
from tests.faults.books import MARK, Project, outlived, surroundings, survivors, whole
from tests.support.project import section_notebook, small_cohort

SCHEDULER, WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"
ALONE = ("--host", "127.0.0.1", "--no-dashboard")
#: The first section notes that it runs: a report that is made twice is seen.
NOTE = "with open(os.environ['RACOHORT_ROOT'] + '/notes', 'a') as notes: _ = notes.write(os.environ['RACOHORT_ID'] + '\\n')\n"


class Cluster:
    """A project with so many cohorts and one without its file; a scheduler and two workers, each in a folder of its own."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.project = folder, Project(folder)
        root = self.project.root
        (root / "notebooks" / "01-cleaning.ipynb").write_text(section_notebook("cleaning", NOTE), "utf-8")
        self.alphas = {f"c{number:03}": round(0.0001 * (number + 1), 4) for number in range(count)}
        for name, alpha in self.alphas.items():
            small_cohort(folder / "ward" / name, name, f"parameters: {{alpha: {alpha}}}\n")
        (small_cohort(folder / "ward" / "broken", "broken") / "raw.csv").unlink()
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self._start("scheduler", SCHEDULER, "--port", "0", "--scheduler-file", str(folder / "scheduler.json"), *ALONE)
        while not (told := read_json(folder / "scheduler.json")):
            time.sleep(0.05)
        self.address = told["address"]
        for name in ("one", "other"):
            self._start(
                name, WORKER, self.address, *ALONE, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder / name)
            )

    def _start(self, name: str, module: str, *words: str) -> subprocess.Popen[str]:
        own = {"RACOHORT_ROOT": str(self.project.root), "TMPDIR": str(self.project.temporary)}
        (self.folder / name).mkdir()
        with (self.folder / name / "log").open("w") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *words], cwd=self.folder / name, start_new_session=True, text=True,
                env={**surroundings(), **own, "RACOHORT_WORKERS": "1", MARK: self.mark(name)}, stderr=log,
                stdout=subprocess.PIPE if module == "racohort" else log,
            )  # fmt: skip
        return self.processes[name]

    def mark(self, name: str) -> str:
        """What every process has in its variables that began with this one."""
        return f"{self.folder.name}-{name}"

    def reports(self) -> subprocess.Popen[str]:
        """Ask for the report of every cohort."""
        return self._start("asking", "racohort", "reports", "--cohorts", str(self.folder / "ward"), "--scheduler", self.address)

    def lose(self, machine: bool, asking: subprocess.Popen[str]) -> None:
        """Kill a worker while it waits for a report: alone, or with all that it started, as if its machine were lost.

        A third of the books are there then; where the reports end before, nobody is killed, and that is a fault of this test.
        """
        enough = len(self.alphas) // 3
        while len(list(self.project.built.glob("c*"))) < enough or not self._reports("one"):
            assert asking.poll() is None, "the worker was at no report"
            time.sleep(0.1)
        time.sleep(random.random() * 2)
        (os.killpg if machine else os.kill)(self.processes["one"].pid, signal.SIGKILL)
        self.processes["one"].wait()

    def _reports(self, name: str) -> bool:
        return any(" report " in process for process in survivors(self.mark(name)))

    def wrong(self, machine: bool) -> list[str]:
        """What is wrong after all reports were asked for: each book must be there, whole and its own, and made once."""
        faults, names, built = [], set[str](), self.project.built
        for name, alpha in self.alphas.items():
            self.project.published = built / name
            names = names or set(self.project.book())
            faults += [f"{name}: {fault}" for fault in whole(self.project, {}, alpha, names)]
            faults += [] if self.project.published.is_dir() else [f"{name}: there is no book"]
        again = len((self.project.root / "notes").read_text().split()) - len(self.alphas)
        faults += [f"{again} reports were made again"] if again > machine else []
        left = [*built.glob(".new-*"), *built.glob(".old-*"), *self.project.temporary.glob("racohort-*")]
        return faults + [f"left over: {path.name}" for path in left]

    def end(self) -> None:
        """End what was started; nothing stays."""
        for process in self.processes.values():
            process.kill()
            process.wait()


def judge(count: int, machine: bool) -> tuple[list[str], str]:
    """Reports of so many cohorts, a worker lost when a third is done: what is wrong, and the last line that was said."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder), count)
        try:
            asking = cluster.reports()
            cluster.lose(machine, asking)
            said = asking.communicate()[0].splitlines()
            faults = [] if asking.returncode == 1 else [f"reports ended with {asking.returncode}: {said[-3:]}"]
            faults += [] if any("broken" in line and "raw.csv" in line for line in said) else ["the broken cohort was not told"]
            faults += [line for line in said if ": failed: " in line and not line.startswith("broken")]
            faults += cluster.wrong(machine) + [f"outlived: {one}" for one in outlived(cluster.mark("one"))]
        finally:
            cluster.end()
    return faults, said[-1]


if __name__ == "__main__":
    lost, begun = sys.argv[2], time.monotonic()
    wrong, told = judge(int(sys.argv[1]), lost == "machine")
    print(f"{lost} lost: {told} {len(wrong)} wrong, {time.monotonic() - begun:.0f} s", *wrong, sep="\n  ")
