"""What runs when: everything as soon as what it needs is there, several at a time."""

import os
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

Job = Callable[[], float]
#: Variables by which the libraries that compute are told how many threads each process shall have.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def workers() -> int:
    """How many sections run at a time: as many as there are cores for this process, four at most; or RACOHORT_WORKERS."""
    given = os.environ.get("RACOHORT_WORKERS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(given)) if given.isdecimal() else min(4, cores)


class Schedule:
    """Jobs with their needs, run in threads; each job only waits for a process of its own.

    `prepare(name)` is called once everything the name needs has succeeded: it gives the job to run, or None where nothing is
    to be done. Iterating yields (name, future) as jobs end, and (name, None) where there was none. After `stop` no further
    job starts; a name whose needs failed never starts, and is in `left` at the end. An interruption calls `abandon`, which
    must end what the jobs wait for.

    >>> def prepare(name):
    ...     return None if name == "b" else lambda: 1.0
    >>> [name for name, _ in Schedule(["a", "b", "c"], {"a": (), "b": ("a",), "c": ("b",)}, prepare, 2)]
    ['a', 'b', 'c']
    """

    def __init__(
        self,
        names: Collection[str],
        needs: Mapping[str, Collection[str]],
        prepare: Callable[[str], Job | None],
        at_once: int,
        abandon: Callable[[], None] = lambda: None,
    ) -> None:
        self.left, self._prepare, self._at_once, self._abandon = list(names), prepare, at_once, abandon
        self._needs = {name: set(needs[name]) & set(names) for name in names}
        self.left.sort(key=self._waiting, reverse=True)
        self._stopped = False

    def stop(self) -> None:
        """Start no further job; those at work are waited for."""
        self._stopped = True

    def __iter__(self) -> Generator[tuple[str, "Future[float] | None"], None, None]:
        with ThreadPoolExecutor(self._at_once) as pool:
            try:
                yield from self._run(pool)
            except BaseException:
                self._stopped = True
                self._abandon()
                raise

    def _run(self, pool: ThreadPoolExecutor) -> Iterator[tuple[str, "Future[float] | None"]]:
        done: set[str] = set()
        running: dict[Future[float], str] = {}
        while running or self._startable(done, 0):
            for name in self._startable(done, len(running)):
                self.left.remove(name)
                job = self._prepare(name)
                if job is None:
                    done.add(name)
                    yield name, None
                else:
                    running[pool.submit(job)] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                name = running.pop(future)
                done |= {name} if future.exception() is None else set()
                yield name, future

    def _waiting(self, name: str) -> int:
        """How many stages wait for this one, one after another: what most waits for starts first."""
        return max((1 + self._waiting(other) for other, needs in self._needs.items() if name in needs), default=0)

    def _startable(self, done: set[str], running: int) -> list[str]:
        free = 0 if self._stopped else self._at_once - running
        return [name for name in self.left if self._needs[name] <= done][:free]
