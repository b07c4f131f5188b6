"""One measurement in a process of its own: seconds, and how far the memory rises above what the process held before."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measure(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds of wall clock and of processor, and the peak of memory in MB above the start's (Linux; elsewhere over all)."""
    started = _memory("VmRSS")
    if started:
        Path("/proc/self/clear_refs").write_text("5")
    wall, processor = time.perf_counter(), time.process_time()
    kept = work()
    found = {"seconds": time.perf_counter() - wall, "processor": time.process_time() - processor}
    peak = _memory("VmHWM") - started if started else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    del kept
    return found | {"memory": peak}


def _memory(name: str) -> float:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def in_child(module: str, *arguments: str) -> dict[str, float]:
    """What a module of this folder prints as JSON when it is called with these arguments, in a fresh process."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
