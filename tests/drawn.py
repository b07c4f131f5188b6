"""Tables drawn as text, for tests that read like the page they check."""

from typing import Any


def drawn(text: str) -> list[tuple[Any, ...]]:
    """The rows of a table drawn with `|`: numbers as floats, true and false, `-` as None, the rest as text; the first row is a
    heading.

    >>> drawn('''score | state
    ...          2.6   | low''')
    [(2.6, 'low')]
    """
    return [tuple(_cell(cell.strip()) for cell in line.split("|")) for line in text.strip().splitlines()[1:]]


def _cell(text: str) -> Any:
    if text in ("-", "true", "false"):
        return {"-": None, "true": True, "false": False}[text]
    try:
        return float(text)
    except ValueError:
        return text
