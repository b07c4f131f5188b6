"""Sentences made from result rows: `say_*` of each section, and the text that carries them.

The sections' sentences live in modules of this folder; their `say_*` functions can be called from here, as
`report.say_changes(results, plan, catalogue)`, and are imported when first used.
"""

import importlib
import pkgutil
from typing import Any

from racohort.disclosure import guarded
from racohort.report.text import Sentence, Text, absent, points, quote, say

__all__ = ["Sentence", "Text", "absent", "glue", "points", "quote", "say"]


def glue(name: str, thing: Any) -> None:
    """A thing of a notebook under a name that pages of the book can show; the notebook itself does not show it."""
    from myst_nb import glue as remember

    remember(name, thing, display=False)


def __getattr__(name: str) -> Any:
    if name.startswith("say_"):
        for module in pkgutil.iter_modules(__path__):
            found = getattr(importlib.import_module(f"{__name__}.{module.name}"), name, None)
            if found is not None:
                return guarded(found)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
