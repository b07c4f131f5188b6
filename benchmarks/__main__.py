"""Every benchmark, or those named: `python -m benchmarks [growth ...]`; prints what was measured and writes it."""

import subprocess
import sys
from pathlib import Path

#: The folder that what was measured is written into.
OUT = Path("book") / "_build" / ".bench"
PARTS = ("report", "cleaning", "mixed_model", "notebooks", "growth")


def main(parts: list[str]) -> int:
    """Run the parts one after another; 1 where one of them failed."""
    failed = 0
    OUT.mkdir(parents=True, exist_ok=True)
    for part in parts or PARTS:
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{part}"], stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, flush=True)
        (OUT / f"{part}.txt").write_text(done.stdout, "utf-8")
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
