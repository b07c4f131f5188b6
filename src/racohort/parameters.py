"""The parameters of a run: what the notebooks declare, what `cohort.yml` says, and what `SET` says, in rising order."""

import ast
import difflib
import json
import math
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from racohort.places import UsageError

Value = str | int | float | bool | list[Any]

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
#: Declared in every notebook and given by the run itself, never by `SET`.
RESERVED = {"cohort": "COHORT", "run": "RUN"}
#: What a report can be had as; the first is always made.
FORMATS = ("html", "pdf", "docx")


def code_of(notebook: Path) -> str:
    """The code of a notebook's cells."""
    cells = json.loads(notebook.read_bytes())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code")


def declared_parameters(notebook: Path) -> dict[str, Value]:
    """The literals of a notebook's cell tagged `parameters`, by name; empty where it has none.

    Raises UsageError where the cell holds anything but assignments of plain values.
    """
    cells = json.loads(notebook.read_bytes())["cells"]
    sources = [cell["source"] for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    text = "\n".join("".join(source) for source in sources)
    found: dict[str, Value] = {}
    for statement in ast.parse(text).body:
        name, value = _assignment(statement, notebook)
        found[name] = value
    return found


def _assignment(statement: ast.stmt, notebook: Path) -> tuple[str, Value]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    target = targets[0] if len(targets) == 1 else None
    try:
        value = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
        name = target.id  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        name, value = "", None
    if not NAME.fullmatch(name) or not _plain(value):
        line = f"{notebook.name}, parameters cell, line {statement.lineno}"
        raise UsageError(f"{line}: not `name = literal` with a text, a number, True, False or a list of these.")
    return name, value


def _plain(value: object) -> bool:
    if isinstance(value, list):
        return all(_plain(item) and not isinstance(item, list) for item in value)
    return isinstance(value, str | int | bool) or (isinstance(value, float) and math.isfinite(value))


def read_settings(text: str) -> dict[str, str]:
    """The names and texts of `SET`, quoted as in a shell.

    >>> read_settings("alpha=0.01 primary=CRP,ESR title='two words'")
    {'alpha': '0.01', 'primary': 'CRP,ESR', 'title': 'two words'}
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"SET={text!r} cannot be read: {error}. Close every quotation mark.") from None
    settings: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in settings:
            fault = "is given twice" if name in settings else "is not name=value"
            raise UsageError(f"SET: {word!r} {fault}. Write for example SET='alpha=0.01 primary=DAS28,CRP'.")
        settings[name] = value
    return settings


def read_formats(text: str) -> tuple[str, ...]:
    """The editions that were asked for beside the book itself, which is always made.

    >>> read_formats("html pdf"), read_formats("")
    (('pdf',), ())
    """
    words = text.replace(",", " ").lower().split()
    unknown = [word for word in words if word not in FORMATS]
    if unknown:
        raise UsageError(f"FORMATS: there is no format {unknown[0]!r}. There are: {', '.join(FORMATS)}.")
    return tuple(form for form in FORMATS[1:] if form in words)


def value_from_text(name: str, text: str, literal: Value) -> Value:
    """A text of `SET` as a value of exactly the type of the notebook's literal; a list is written `a,b`.

    >>> value_from_text("alpha", "0.01", 0.05), value_from_text("primary", "CRP,ESR", ["DAS28"])
    (0.01, ['CRP', 'ESR'])
    """
    if isinstance(literal, list):
        item = literal[0] if literal else ""
        return [value_from_text(name, part.strip(), item) for part in text.split(",")] if text.strip() else []
    if isinstance(literal, bool) and text in ("true", "false"):
        return text == "true"
    if isinstance(literal, int) and not isinstance(literal, bool) and re.fullmatch(r"[+-]?[0-9]{1,15}", text):
        return int(text)
    if isinstance(literal, float) and re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text):
        return float(text)
    if isinstance(literal, str) and text.isprintable():
        return text
    raise UsageError(f"SET: {name}={text!r} is not {_type_name(literal)}. The default is {name}={_as_set(literal)}.")


def value_from_yaml(name: str, value: object, literal: Value) -> Value:
    """A value of `cohort.yml` that has exactly the type of the notebook's literal (a whole number may stand for a number)."""
    if isinstance(literal, list) and isinstance(value, list):
        item = literal[0] if literal else ""
        return [value_from_yaml(name, part, item) for part in value]
    if isinstance(literal, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is type(literal) and _plain(value):
        return value
    raise UsageError(f"cohort.yml, parameters: {name}: {value!r} is not {_type_name(literal)}.")


def resolve_parameters(
    declared: Mapping[str, Value], cohort: Mapping[str, object], settings: Mapping[str, str]
) -> tuple[dict[str, Value], dict[str, str]]:
    """The value of every parameter but the reserved ones, and where each came from: `SET`, `cohort.yml` or `notebook`.

    Raises UsageError for a name that no notebook declares and for a value of another type.
    """
    literals = {name: value for name, value in declared.items() if name not in RESERVED}
    values, sources = dict(literals), dict.fromkeys(literals, "notebook")
    for source, given in (("cohort.yml", cohort), ("SET", settings)):
        for name, value in given.items():
            _check_known(name, literals, source)
            literal = literals[name]
            as_text = source == "SET"
            values[name] = value_from_text(name, str(value), literal) if as_text else value_from_yaml(name, value, literal)
            sources[name] = source
    return values, sources


def _check_known(name: str, literals: Mapping[str, Value], source: str) -> None:
    if name in literals and NAME.fullmatch(name):
        return
    if name in RESERVED:
        raise UsageError(f"{source}: the parameter {name!r} is set by {RESERVED[name]}=..., not as a parameter.")
    close = difflib.get_close_matches(name, literals, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise UsageError(f"{source}: there is no parameter {name!r}.{hint} There are: {', '.join(sorted(literals))}.")


def _type_name(literal: Value) -> str:
    if isinstance(literal, list):
        return f"a list, each item {_type_name(literal[0] if literal else '')}"
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text without control characters"}
    return names[type(literal)]


def _as_set(literal: Value) -> str:
    if isinstance(literal, list):
        return ",".join(map(_as_set, literal))
    return str(literal).lower() if isinstance(literal, bool) else str(literal)
