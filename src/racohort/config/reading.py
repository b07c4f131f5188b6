"""A `cohort.yml` read: YAML of plain values, checked against the model, every fault named with its place."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from racohort.config.model import Cohort
from racohort.schema import CohortError, Finding

#: What is the matter with a line that is no YAML, by what stands in it.
_HINTS = {
    r"\?\s*(?:[,}\]#]|$)": "the ? is a blank; write one of the choices in its place",
    r"^\s*\t": "a tab stands before the first word; indent with spaces only",
    r"(?:^|[{,:-])\s*[%@`|>]": "a name or text that begins with such a sign needs quotation marks",
    r"^[^\"'{#]*: [^\"'{\[#]*: ": "a text with a colon needs quotation marks",
}
_LOOK = "cannot be read; look at the indentation, brackets and quotation marks here and in the line before"


def cohort_schema() -> dict[str, Any]:
    """The JSON Schema of `cohort.yml`, from which editors complete and check."""
    schema = Cohort.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "cohort.yml"}


def parse_cohort(text: str, source: str = "cohort.yml") -> Cohort:
    """The cohort that a `cohort.yml` describes.

    `text` is YAML 1.2 of plain values: tags, aliases, duplicate and unknown keys are refused. `source` is the name used in
    messages. Raises CohortError whose findings name the line or key, what is wrong with it and what to do.

    >>> cohort = parse_cohort("id: a\\nfiles: [{path: a.csv, shape: visit}]\\nvisits: {BL: {day: 0}}")
    >>> cohort.baseline, cohort.missing
    ('BL', ['', 'NA', '.'])
    """
    said = read_yaml(text, source)
    try:
        return Cohort.model_validate(said)
    except ValidationError as error:
        node = YAML(typ="safe", pure=True).compose(text)
        raise CohortError([_told(one, source, _line_of(node, one["loc"])) for one in error.errors()]) from None


def read_yaml(text: str, source: str) -> dict[str, Any]:
    """A mapping of plain values from strict YAML 1.2; raises CohortError for anything else."""
    try:
        yaml = YAML(typ="safe", pure=True)
        node = yaml.compose(text)
        _check_plain(node, source)
        said = yaml.constructor.construct_document(node) if node is not None else None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        hint = _hint(text.splitlines()[mark.line]) if mark and mark.line < len(text.splitlines()) else _LOOK
        problem = getattr(error, "problem", None) or "not YAML"
        raise CohortError([_fault(source, line, f"{hint} (the reader of YAML says: {problem})")]) from None
    if not isinstance(said, Mapping):
        raise CohortError([_fault(source, 1, "holds no mapping of keys to values")])
    return dict(said)


def _hint(line: str) -> str:
    """What is probably the matter with a line that cannot be read.

    >>> _hint("treatment_start: ?"), _hint("title: CRP: high")
    ('the ? is a blank; write one of the choices in its place', 'a text with a colon needs quotation marks')
    """
    return next((hint for sign, hint in _HINTS.items() if re.search(sign, line)), _LOOK)


def _check_plain(node: Node | None, source: str, seen: set[int] | None = None) -> None:
    """Raise CohortError for a tag, an alias, or a key that occurs twice."""
    seen = set() if seen is None else seen
    if node is None:
        return
    line = node.start_mark.line + 1
    if id(node) in seen or node.anchor:
        raise CohortError([_fault(source, line, "an anchor or alias (& or *) is not allowed; write the value out")])
    seen.add(id(node))
    if re.match(r"\s*!", _written(node)):
        raise CohortError([_fault(source, line, "a tag (!) is not allowed; write a plain value")])
    if isinstance(node, MappingNode):
        _check_keys(node, source)
    for part in _parts(node):
        _check_plain(part, source, seen)


def _written(node: Node) -> str:
    mark = node.start_mark
    return str(mark.buffer[mark.pointer : mark.pointer + 40]) if mark.buffer is not None else ""


def _parts(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _check_keys(node: MappingNode, source: str) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line, before = key.start_mark.line + 1, lines.get(key.value) if isinstance(key.value, str) else None
        if before:
            raise CohortError(
                [_fault(source, line, f"the key {key.value!r} occurs twice, before in line {before}; keep one of them")]
            )
        if isinstance(key.value, str):
            lines[key.value] = line


def _fault(source: str, line: int | None, message: str) -> Finding:
    where = f"{source}, line {line}: " if line else f"{source}: "
    return Finding("cohort_yml", where + message, file=source, line=line)


def _line_of(node: Node | None, loc: Sequence[str | int]) -> int | None:
    """The line of the deepest part of a place that is written in the file."""
    line = node.start_mark.line + 1 if node is not None else None
    for part in loc:
        if isinstance(node, MappingNode):
            found = next(((key, value) for key, value in node.value if str(key.value) == str(part)), None)
        else:
            found = (node.value[part],) * 2 if isinstance(node, SequenceNode) and isinstance(part, int) else None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _told(error: Mapping[str, Any], source: str, line: int | None) -> Finding:
    """One finding for one fault that pydantic found: the line, the key, its value, what it must be, the key that is nearest."""
    key = ".".join(str(part) for part in error["loc"] if not str(part).startswith(("function-", "list[", "constrained-")))
    value = "" if isinstance(error["input"], dict | list) else repr(error["input"])[:80]
    wrong = _wrong(error)
    shown = f" ({value})" if value and error["type"] != "missing" else ""
    where = f"{source}, line {line}, {key}" if line and key else f"{source}, {key or 'the whole file'}"
    return Finding("cohort_yml", f"{where}{shown}: {wrong}", file=source, line=line, column=key, value=value)


def _wrong(error: Mapping[str, Any]) -> str:
    """What is wrong with a value, in the words of the file and not of the library that found it."""
    words: dict[str, str] = {
        "extra_forbidden": f"is no key here{_nearest(error['loc'])}", "missing": "is missing",
        "model_type": f"must hold keys, as in {{key: value}}{_keys(_model_at(Cohort, error['loc']))}",
        "dict_type": "must hold keys, as in {key: value}", "list_type": f"must be a list, as in [{error['input']}]",
        "string_type": f'must be text; put it in quotation marks: "{error["input"]}"', "bool_type": "must be true or false",
        "int_type": "must be a whole number, without quotation marks", "float_type": "must be a number, without quotation marks",
    }  # fmt: skip
    return words.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")


def _keys(model: type[BaseModel] | None) -> str:
    """The keys of a mapping, as a sentence behind another; "" where they are free."""
    keys = [field.alias or name for name, field in model.model_fields.items()] if model is not None else []
    return f". The keys are {', '.join(keys)}" if keys else ""


def _nearest(loc: Sequence[str | int]) -> str:
    """The known key that an unknown one may be meant for; where none is near, the keys there are.

    >>> _nearest(("files", 0, "shap")), _nearest(("visits", "Y1", "when"))
    ('; is `shape` meant?', '. The keys are labels, day, window')
    """
    if not loc:
        return ""
    model = _model_at(Cohort, loc[:-1])
    keys = [field.alias or name for name, field in model.model_fields.items()] if model is not None else []
    near = difflib.get_close_matches(str(loc[-1]), keys, n=1, cutoff=0.5)
    if near:
        return f"; is `{near[0]}` meant?"
    return _keys(model)


def _model_at(model: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The model of the mapping at a place: a key leads to its field's type, a number or free key into a list or mapping."""
    at: Any = model
    for part in loc:
        if isinstance(at, type) and issubclass(at, BaseModel):
            at = next((field.annotation for name, field in at.model_fields.items() if part in (name, field.alias)), None)
        else:
            at = (get_args(at) or (None,))[-1]
        at = get_args(at)[0] if type(None) in get_args(at) else at
    return at if isinstance(at, type) and issubclass(at, BaseModel) else None
