"""Ink: result rows (or ADaM rows where every patient is drawn) become figures. No figure computes a statistic.

The drawing library is imported when the first figure is asked for, not before.
"""

from importlib import import_module
from typing import Any

from racohort.absence import absent
from racohort.disclosure import guarded

#: The modules of this room; `figures.plot_x` is found in whichever of them defines it.
ROOMS = (
    "cleaning",
    "missingness",
    "values",
    "participants",
    "safety",
    "efficacy",
    "robustness",
    "concordance",
    "people",
    "summary",
    "summaries",
    "lineage",
)

__all__ = ["absent"]


def __getattr__(name: str) -> Any:
    if name.startswith("plot_"):
        for room in ROOMS:
            if hasattr(module := import_module(f"{__name__}.{room}"), name):
                return guarded(getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    plots = {name for room in ROOMS for name in dir(import_module(f"{__name__}.{room}")) if name.startswith("plot_")}
    return sorted(plots | set(__all__))
