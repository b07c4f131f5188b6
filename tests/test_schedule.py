"""Several sections at a time: each starts as soon as what it needs is there, and none before."""

import threading

import pytest

from racohort.schedule import Schedule, workers

NEEDS = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}


def ended(schedule: Schedule) -> list[str]:
    return [name for name, _ in schedule]


def test_two_that_need_the_same_run_at_the_same_time_and_what_needs_both_waits() -> None:
    meeting = threading.Barrier(2, timeout=20)

    def prepare(name: str):
        return (lambda: float(meeting.wait())) if name in "bc" else (lambda: 0.0)

    order = ended(Schedule("abcd", NEEDS, prepare, 2))
    assert (order[0], sorted(order[1:3]), order[3]) == ("a", ["b", "c"], "d")


def test_no_more_run_at_a_time_than_allowed() -> None:
    at_work, most = [0], [0]
    turn = threading.Lock()

    def job() -> float:
        with turn:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        threading.Event().wait(0.01)
        with turn:
            at_work[0] -= 1
        return 0.0

    assert len(ended(Schedule([str(number) for number in range(9)], {str(n): () for n in range(9)}, lambda _: job, 3))) == 9
    assert most[0] <= 3


def test_what_needs_a_failed_one_never_starts_and_the_others_do() -> None:
    def prepare(name: str):
        return (lambda: 1 / 0) if name == "b" else (lambda: 0.0)

    schedule = Schedule("abcd", NEEDS, prepare, 1)
    assert ended(schedule) == ["a", "b", "c"]
    assert schedule.left == ["d"]


def test_what_most_wait_for_starts_first() -> None:
    needs = {"a": (), "short": ("a",), "long": ("a",), "next": ("long",), "last": ("next",)}
    assert ended(Schedule(needs, needs, lambda _: lambda: 0.0, 1)) == ["a", "long", "next", "short", "last"]


def test_an_interruption_ends_what_the_jobs_wait_for() -> None:
    released = threading.Event()

    def prepare(name: str):
        return (lambda: float(released.wait(20))) if name == "b" else (lambda: 0.0)

    schedule = Schedule("abcd", NEEDS, prepare, 2, abandon=released.set)
    ends = iter(schedule)
    assert next(ends)[0] == "a"
    assert next(ends)[0] == "c"
    with pytest.raises(KeyboardInterrupt):
        ends.throw(KeyboardInterrupt)
    assert released.is_set()


@pytest.mark.parametrize(("said", "expected"), [("1", 1), ("3", 3), ("0", 1)])
def test_the_number_of_workers_can_be_said(monkeypatch: pytest.MonkeyPatch, said: str, expected: int) -> None:
    monkeypatch.setenv("RACOHORT_WORKERS", said)
    assert workers() == expected
    monkeypatch.delenv("RACOHORT_WORKERS")
    assert 1 <= workers() <= 4
