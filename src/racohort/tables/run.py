"""What a run was made with: parameters, files and versions, from its `run.json`."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pandas as pd

from racohort.absence import NO_RECORD, Absence, absent
from racohort.formats import listed, number
from racohort.tables.paper import Table, table


def tabulate_parameters(record: Mapping[str, Any]) -> Table | Absence:
    """The value of every parameter, and where it came from.

    Parameters
    ----------
    record : `run.json` as `io.read_run` gives it.
    """
    if not record:
        return absent(NO_RECORD)
    rows = [(name, _shown(told["value"]), told["source"]) for name, told in record["parameters"].items()]
    return table(pd.DataFrame(rows, columns=["Parameter", "Value", "Given by"]), "parameters", "The parameters of this run.")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return listed([str(item) for item in value]) or "(empty)"
    return str(value) if value != "" else "(empty)"


def tabulate_files(record: Mapping[str, Any], sources: pd.DataFrame) -> Table | Absence:
    """The files that were read, with rows and check sums.

    Parameters
    ----------
    record : `run.json` as `io.read_run` gives it; its files are listed where cleaning recorded none.
    sources : file, sheet, shape, rows and sha256 of what cleaning read.
    """
    if sources.empty and not record:
        return absent(NO_RECORD)
    inputs = [(entry["file"], "", "", "–", entry["sha256"]) for entry in record["inputs"]] if sources.empty else []
    read = [(row["file"], row["sheet"], row["shape"], number(row["rows"]), row["sha256"]) for _, row in sources.iterrows()]
    shown = pd.DataFrame([*read, *inputs], columns=["File", "Sheet", "Shape", "Rows", "SHA-256"]).fillna("–")
    return table(shown, "files", "The files that this run read.")


def tabulate_versions(record: Mapping[str, Any]) -> Table | Absence:
    """The versions of Python and of the packages that compute or print.

    Parameters
    ----------
    record : `run.json` as `io.read_run` gives it.
    """
    if not record:
        return absent(NO_RECORD)
    rows = [(name, str(version)) for name, version in record["versions"].items()]
    return table(pd.DataFrame(rows, columns=["Software", "Version"]), "versions", "The software that made this book.")


def tabulate_functions(results: pd.DataFrame) -> Table | Absence:
    """Which function computed how many results of each section, and what it gives in its own words.

    Parameters
    ----------
    results : result rows of all sections.
    """
    if results.empty:
        return absent("No section has written results.")
    counted = results.groupby(["section", "function"], sort=False).size().reset_index(name="rows")
    shown = pd.DataFrame({"Section": counted["section"].str.capitalize(), "Function": counted["function"],
                          "What it gives": counted["function"].map(_purpose), "Rows": counted["rows"].map(number)})  # fmt: skip
    return table(shown, "functions", "Which function computed what. Rows are rows of the results.", groups="Section")


def _purpose(name: str) -> str:
    """The first line of a function's own description.

    >>> _purpose("participants.count_flow")
    'The participant flow: populations, seen at each visit, missed, and left before it by reason.'
    """
    module, _, function = name.rpartition(".")
    return (inspect.getdoc(getattr(import_module(f"racohort.{module}"), function)) or "").partition("\n")[0].replace("`", "")
