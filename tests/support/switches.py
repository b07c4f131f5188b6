"""Rules of cleaning switched off: one that says nothing any more, or one whose statements are taken out of the program."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType, ModuleType
from typing import Any
from unittest.mock import patch

import racohort
from racohort.schema import Finding, Records

#: The packages and modules whose code names rules.
NAMING = ("cleaning", "config", "io", "shapes", "standards")
_WRITING = ("note", "note_cells", "change", "hold")


@contextmanager
def silent(rule: str) -> Iterator[None]:
    """Nothing is written down by a rule, whatever it does to the data."""
    with patch.multiple(Records, **{name: _without(getattr(Records, name), rule) for name in _WRITING}):
        yield


def _without(write: Any, rule: str) -> Any:
    def unless(records: Records, said: str, *what: Any, **where: Any) -> None:
        if said != rule:
            write(records, said, *what, **where)

    return unless


@contextmanager
def off(rule: str) -> Iterator[int]:
    """Every statement that names a rule is left out of the functions that read and clean; gives how many functions do."""
    changed = [(function, function.__code__) for function in functions() if rule in functions()[function][1]]
    try:
        for function, _ in changed:
            function.__code__ = _code(function, rule)
        yield len(changed)
    finally:
        for function, code in changed:
            function.__code__ = code


@cache
def functions() -> dict[FunctionType, tuple[ast.FunctionDef, frozenset[str]]]:
    """Every function that reads or cleans, with its syntax and the words it names."""
    found = {}
    for module in modules():
        for holder, tree in _holders(module):
            for node in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
                function = inspect.unwrap(vars(holder)[node.name])
                function = getattr(function, "__func__", getattr(function, "fget", function))
                found[function] = (node, frozenset(_words(node)))
    return found


def modules() -> list[ModuleType]:
    """The modules that name rules."""
    names = [one.name for one in pkgutil.walk_packages(racohort.__path__, "racohort.") if one.name.split(".")[1] in NAMING]
    return [importlib.import_module(name) for name in names]


def _holders(module: ModuleType) -> list[tuple[Any, Any]]:
    tree = ast.parse(inspect.getsource(module))
    return [(module, tree), *((vars(module)[node.name], node) for node in tree.body if isinstance(node, ast.ClassDef))]


def _words(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _code(function: FunctionType, rule: str) -> Any:
    node = functions()[function][0]
    bare = ast.FunctionDef(node.name, node.args, _rest(node.body, rule), [], None, None, type_params=[])
    space = dict(function.__globals__)
    exec(compile(ast.fix_missing_locations(ast.Module([bare], [])), function.__code__.co_filename, "exec"), space)
    return space[node.name].__code__


def _rest(body: list[ast.stmt], rule: str) -> list[ast.stmt]:
    """The statements of a block without those that name a rule; of a block inside, only the statements that do."""
    kept = [_inside(statement, rule) for statement in body if not _names(statement, rule)]
    return kept or [ast.Pass()]


def _names(statement: ast.stmt, rule: str) -> bool:
    blocks = [name for name in ("body", "orelse", "finalbody", "handlers") if getattr(statement, name, None)]
    own = [child for name, child in ast.iter_fields(statement) if name not in blocks]
    return any(rule in _words(part) for part in _nodes(own))


def _nodes(fields: list[Any]) -> Iterator[ast.AST]:
    for one in fields:
        yield from (part for part in (one if isinstance(one, list) else [one]) if isinstance(part, ast.AST))


def _inside(statement: Any, rule: str) -> Any:
    blocks = {name: getattr(statement, name, None) for name in ("body", "orelse", "finalbody", "handlers")}
    changed = {
        name: [_inside(one, rule) for one in block] if name == "handlers" else _rest(block, rule)
        for name, block in blocks.items() if block
    }  # fmt: skip
    return type(statement)(**{**dict(ast.iter_fields(statement)), **changed}) if changed else statement


def raised() -> set[str]:
    """Every rule that the code gives to a record or a finding in so many words."""
    found: set[str] = set()
    for _, (node, _) in functions().items():
        for call in [one for one in ast.walk(node) if isinstance(one, ast.Call)]:
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            at = {"hold_rows": 1, "drop": 1, **dict.fromkeys((*_WRITING, Finding.__name__), 0)}.get(name)
            given = [*call.args[at : at + 1]] if at is not None else []
            given += [word.value for word in call.keywords if word.arg == "rule"]
            found |= set().union(*map(_words, given)) - {""}
    return found
