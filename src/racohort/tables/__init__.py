"""Paper: result rows become tables that a reader can use. No table computes a statistic."""

from importlib import import_module
from typing import Any

from racohort.absence import absent
from racohort.disclosure import guarded

#: The modules of this room; `tables.tabulate_x` is found in whichever of them defines it.
ROOMS = ("cleaning", "participants", "safety", "efficacy", "robustness", "concordance", "run", "power")

__all__ = ["absent"]


def __getattr__(name: str) -> Any:
    if name.startswith("tabulate_"):
        for room in ROOMS:
            if hasattr(module := import_module(f"{__name__}.{room}"), name):
                return guarded(getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    tables = {name for room in ROOMS for name in dir(import_module(f"{__name__}.{room}")) if name.startswith("tabulate_")}
    return sorted(tables | set(__all__))
