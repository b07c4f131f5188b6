"""The `racohort` command as a process: a signal stops its verb, never what comes before and after it in mid-sentence."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

#: What stops a run. One that whoever started it had told to be ignored (by `nohup`, or in the background) stays so.
STOPS = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]


def command() -> None:
    """Start, do what was asked, end. Before the verb a signal just ends the process; once it has returned, nothing does."""
    _answer(signal.SIG_DFL)
    from racohort.cli import main

    try:
        _answer(_stop)
        main(prog_name="racohort")
    except KeyboardInterrupt:
        sys.exit(1)
    finally:
        _answer(signal.SIG_IGN)


def _answer(how: signal.Handlers | Callable[[int, FrameType | None], None]) -> None:
    for number in STOPS:
        signal.signal(number, how)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


if __name__ == "__main__":
    command()
