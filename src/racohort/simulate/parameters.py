"""The parameter file of a synthetic cohort: every number with the ground it stands on."""

from collections.abc import Iterator, Mapping
from typing import Any

from racohort.config import read_yaml

#: What a number may rest on.
BASES = ("abstract", "external anchor", "assumption")


class ParametersError(ValueError):
    """A parameter file that cannot be used; the command ends with status 2."""

    exit_code = 2


def parse_parameters(text: str) -> dict[str, Any]:
    """The values of a parameter file, without their grounds.

    A node with a `value` is replaced by it; everything else is a group. Raises ParametersError, naming the place, for a value
    without a ground and an external anchor without a source; CohortError for text that is no plain YAML.

    >>> parse_parameters('patients: {n: {value: 64, basis: abstract, source: A1}}')
    {'patients': {'n': 64}}
    """
    return {name: _values(node, name) for name, node in read_yaml(text, "parameters.yml").items()}


def parameter_grounds(text: str) -> list[dict[str, Any]]:
    """One row a parameter: `parameter` (its path), `value`, `basis`, `source`, in the order of the file.

    >>> parameter_grounds('n: {value: 64, basis: abstract, source: A1}')
    [{'parameter': 'n', 'value': 64, 'basis': 'abstract', 'source': 'A1'}]
    """
    return list(_grounds(read_yaml(text, "parameters.yml"), ""))


def _values(node: Any, place: str) -> Any:
    if not isinstance(node, Mapping):
        raise ParametersError(f"{place}: {node!r} has no ground; write {{value: ..., basis: {' | '.join(BASES)}}}")
    if "value" not in node:
        return {name: _values(child, f"{place}.{name}") for name, child in node.items()}
    if node.get("basis") not in BASES or set(node) - {"value", "basis", "source"}:
        raise ParametersError(f"{place}: a parameter has value, basis ({' | '.join(BASES)}) and source; it has {dict(node)}")
    if node["basis"] != "assumption" and not node.get("source"):
        raise ParametersError(f"{place}: {node['basis']} needs its source")
    return node["value"]


def _grounds(tree: Mapping[str, Any], place: str) -> Iterator[dict[str, Any]]:
    for name, node in tree.items():
        if "value" in node:
            yield {"parameter": place + name, **{key: node.get(key, "") for key in ("value", "basis", "source")}}
        else:
            yield from _grounds(node, f"{place}{name}.")
