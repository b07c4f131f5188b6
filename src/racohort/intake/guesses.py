"""A guess: what a column or a word is taken for, the evidence, and the choices where the evidence does not decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Word:
    """One word of a column and what it means; an empty meaning is a blank to be filled in from `choices`."""

    text: str
    meaning: str
    why: str = ""
    choices: str = ""


@dataclass
class Guess:
    """What a source column holds: keys of `cohort.yml` with the evidence, or a blank with its `choices`."""

    name: str
    keys: dict[str, str] = field(default_factory=dict)
    why: str = ""
    choices: str = ""
    words: list[Word] = field(default_factory=list)

    @property
    def role(self) -> str:
        """The role, "" for an analyte or a blank."""
        return self.keys.get("role", "")

    def blank(self, choices: str) -> "Guess":
        """The same column, left for a person to decide."""
        return Guess(self.name, self.keys, self.why, choices, self.words)


@dataclass(frozen=True)
class Unread:
    """A code of a trial package that no catalogue knows: what the package calls it, its unit, and the numbers it has."""

    code: str
    label: str
    unit: str
    domain: str
    count: int
    low: float
    high: float


@dataclass
class Source:
    """One file or sheet as it is to be described: the facts of the file, its shape with the evidence, and its columns.

    `dictionary` is what the file itself says of its columns: by name, the label, and the words of its codes. `visit` is the label
    of the one visit that all rows are of.
    """

    path: str
    facts: dict[str, str | int | dict[str, str]]
    shape: str
    why: str
    columns: list[Guess] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    visit_unit: str = ""
    days: dict[str, list[float]] = field(default_factory=dict)
    dates: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    start: Guess | None = None
    visit: str = ""
    unread: list[Unread] = field(default_factory=list)
    dictionary: Mapping[str, Sequence[Any]] = field(default_factory=dict)
