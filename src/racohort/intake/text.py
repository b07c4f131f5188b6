"""The text of a first `cohort.yml`: what was guessed with a comment that gives the evidence, and commented blanks to fill in."""

import json
import re
from collections.abc import Iterator, Mapping

from racohort.intake.cohort import Scaffold
from racohort.intake.guesses import Guess, Source
from racohort.intake.visits import UNTOLD, Planned

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[ /-][A-Za-z0-9_]+)*")
_RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u0085\u2028\u2029]")
HEAD = """\
# yaml-language-server: $schema=../../cohort.schema.json
# A first description of this cohort, made by `make cohort`. data/README.md explains every key.
# "guessed:" is the evidence for what stands before it: look whether it is right.
# "choose:" is a blank: write one of the choices, and take away the # before it. What stays blank is not read."""


def write_text(scaffold: Scaffold) -> str:
    """The `cohort.yml` of a scaffold; the same scaffold gives the same text."""
    return "\n".join([HEAD, *_parts(scaffold)]) + "\n"


def quoted(text: str) -> str:
    """A text as YAML: plain where that is safe, else in quotation marks.

    >>> quoted("ALT"), quoted("no"), quoted("a: #b"), quoted("1")
    ('ALT', '"no"', '"a: #b"', '"1"')
    """
    return text if _PLAIN.fullmatch(text) and text.casefold() not in _RESERVED else in_marks(text)


def in_marks(text: str) -> str:
    """A text in quotation marks, with what cannot be printed written as its number."""
    return _UNPRINTABLE.sub(_numbered, json.dumps(text, ensure_ascii=False))


def _numbered(found: re.Match[str]) -> str:
    point = ord(found[0])
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def comment(text: str) -> str:
    """A text for a comment: one line, printable.

    >>> comment("a\\nb")
    'a b'
    """
    return _UNPRINTABLE.sub("?", " ".join(text.split()))[:300]


def flow(keys: Mapping[str, object]) -> str:
    """A mapping on one line."""
    return (
        "{" + ", ".join(f"{key}: {value if isinstance(value, int) else quoted(str(value))}" for key, value in keys.items()) + "}"
    )


def in_marks_flow(keys: Mapping[str, str]) -> str:
    """A mapping of texts of a file on one line, everything in quotation marks."""
    return "{" + ", ".join(f"{in_marks(key)}: {in_marks(value)}" for key, value in keys.items()) + "}"


def _parts(scaffold: Scaffold) -> Iterator[str]:
    yield f"id: {quoted(scaffold.id)}" + (
        _guessed("an id has letters and digits of ASCII") if scaffold.id != scaffold.title else ""
    )
    yield f"title: {in_marks(scaffold.title)}"
    yield "synthetic: false"
    yield "privacy: internal"
    yield "files:"
    for source, own in zip(scaffold.sources, scaffold.own, strict=True):
        yield from _file(source, own)
    filled = any(not guess.choices for guess in scaffold.shared)
    yield "columns:" if filled else "columns: {}  # write the columns here without the {}"
    for guess in scaffold.shared:
        yield from _column(guess, "  ")
    yield from _visits(scaffold.visits)
    yield from _rest(scaffold)


def _guessed(why: str) -> str:
    return f"  # guessed: {comment(why)}" if why else ""


def _file(source: Source, own: list[Guess]) -> Iterator[str]:
    yield f"  - path: {in_marks(source.path)}"
    yield f"    shape: {source.shape}{_guessed(source.why)}"
    for key, value in source.facts.items():
        shown = value if isinstance(value, int) else quoted(value) if isinstance(value, str) else in_marks_flow(value)
        yield f"    {key}: {shown}"
    for doubt in source.doubts:
        key, _, choices = doubt.partition(": ")
        yield f"    # {key}:   # choose: {comment(choices)}"
    if own:
        filled = any(not guess.choices for guess in own)
        yield "    columns:" if filled else "    columns: {}  # write the columns here without the {}"
    for guess in own:
        yield from _column(guess, "      ")


def _column(guess: Guess, indent: str) -> Iterator[str]:
    """One column: filled in, or every line of it commented."""
    name, dead = (
        in_marks(guess.name),
        bool(guess.choices) or _is_odd(guess),
    )
    lead = f"{indent}# " if dead else indent
    if dead:
        yield f"{indent}# choose: {comment(guess.choices or 'a name with {visit} stands for several columns')}"
    why = "" if dead and not guess.why else _guessed(guess.why)
    if not guess.words:
        yield f"{lead}{name}: {flow(guess.keys | _blanks(guess))}{why}"
        return
    yield f"{lead}{name}:{why}"
    yield f"{lead}  role: {guess.role}"
    yield f"{lead}  codes:"
    for word in guess.words:
        yield _word(word.text, word.meaning, word.why, word.choices, lead)


def _is_odd(guess: Guess) -> bool:
    """Whether a name holds {visit} by chance: it is no pattern of a wide table."""
    return "{visit}" in guess.name and not {"paramcd", "format"} & set(guess.keys)


def _blanks(guess: Guess) -> dict[str, str]:
    """The key that a commented column still needs."""
    key = guess.choices.partition(":")[0]
    return {key: "?"} if key in ("unit", "format", "decimal") else {} if guess.keys else {"role": "?"}


def _word(text: str, meaning: str, why: str, choices: str, lead: str) -> str:
    if meaning:
        return f"{lead}    {in_marks(text)}: {quoted(meaning)}{_guessed(why)}"
    return f"{lead}    {in_marks(text)}: ?" if "#" in lead else f"{lead}    # {in_marks(text)}: ?  # choose: {comment(choices)}"


def _visits(visits: list[Planned]) -> Iterator[str]:
    yield "visits:  # in the order of time; the first is baseline. A `window: [first day, last day]` can be added to each"
    for visit in visits:
        labels = "[" + ", ".join(in_marks(label) for label in visit.labels) + "]"
        day = f", day: {visit.day:g}" if visit.day is not None else ""
        day += f", window: [{visit.window[0]}, {visit.window[1]}]" if visit.window else ""
        yield f"  {visit.code}: {{labels: {labels}{day}}}{_guessed(visit.why if not visit.choices else '')}"
        if visit.choices:
            about = f"day of {visit.code}: " if visit.choices != UNTOLD else ""
            yield f"  # choose: {about}{comment(visit.choices)}"


def _rest(scaffold: Scaffold) -> Iterator[str]:
    if scaffold.start is not None:
        yield f"treatment_start: {{from: column, column: {in_marks(scaffold.start.name)}}}{_guessed(scaffold.start.why)}"
    else:
        first = scaffold.visits[0].code
        yield f"# choose: treatment_start: {{from: visit, visit: {first}}} or {{from: column, column: ?}}; none if untreated"
        yield "# treatment_start: ?"
    yield from _arms(*scaffold.arms)
    words = ", ".join(in_marks(word) for word in ["", *scaffold.missing])
    yield f"missing: [{words}]" + _guessed("; ".join(f"{word!r} in {why}" for word, why in scaffold.missing.items()))
    yield from _analytes(scaffold)
    if scaffold.first:
        yield f"# choose: study: its first and last day (visits: {scaffold.first} to {scaffold.last}), and its time zone"
        yield "# study: {start: ?, end: ?, timezone: ?}"
    if len(scaffold.visits) > 1:
        yield "# Taken for primary, as far as they are there. What it shall be is decided before a result is seen."
        yield f"# parameters: {{primary: [DAS28, HAQDI], primary_visit: {scaffold.visits[1].code}}}"


def _analytes(scaffold: Scaffold) -> Iterator[str]:
    """What the catalogue lacks: the codes of trial packages, else how an analyte of one's own is declared."""
    unread = {one.code: one for source in scaffold.sources for one in source.unread}
    if unread:
        yield f"# Not read, because the catalogue lacks them: {', '.join(unread)}."
        yield "# Take the # away before `analytes:` and before each that is wanted. `direction: lower` (or higher) says what is a"
        yield "# benefit; `parameters: {primary: [CODE]}`, on a line of its own, which of them is the primary endpoint."
        yield "# analytes:"
    for one in unread.values():
        facts = {"label": one.label, "unit": one.unit, "domain": one.domain}
        said = ", ".join(f"{key}: {in_marks(value)}" for key, value in facts.items())
        yield f"#   {quoted(one.code)}: {{{said}}}  # {one.count} numbers, {_span(one.low, one.high)}"
    if any("{paramcd: ...}" in guess.choices for guess in (*scaffold.shared, *(guess for own in scaffold.own for guess in own))):
        yield "# What the catalogue (data/catalogue/analytes.yml) lacks is declared under a PARAMCD of its own, such as"
        yield '# analytes: {PAINHAND: {label: "Pain of the hand", unit: mm, domain: QS, direction: lower, possible: [0, 100]}}'


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}" if low < high else f"all {low:g}"


def _arms(name: str, arms: list[str], none: list[str]) -> Iterator[str]:
    """The filter: who got an arm, where some got none; else, as a comment, how one of several arms is taken."""
    if none and arms:
        chosen = ", ".join(in_marks(arm) for arm in arms)
        yield f"filter: {{{in_marks(name)}: [{chosen}]}}" + _guessed(f"{', '.join(map(repr, none))} got no treatment")
    if len(arms) > 1:
        one = f"filter: {{{in_marks(name)}: {in_marks(arms[0])}}}"
        yield f"# All {len(arms)} arms are taken together and not compared. One of them: {one}"
