"""Letters that no typeface of this machine can draw: left out where words remain, else left to the reader's browser."""

import re
from functools import cache

from matplotlib import font_manager
from matplotlib.figure import Figure as Drawing
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

_WORD = re.compile(r"[^\W\d_]{2,}")


def spare_letters(fig: Drawing, families: tuple[str, ...]) -> bool:
    """Whether a text of a drawing still needs letters that none of the typefaces has.

    A text in which words remain without such letters (失访 Lost to follow-up) is drawn without them; whole, it stands in the
    tables and in the alt text. Any other text stays as it is: the picture has to carry it as text, not as outlines.
    """
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        if isinstance(axis.get_major_formatter(), FixedFormatter | FuncFormatter):  # ticks with names, not numbers
            names = [label.get_text() for label in axis.get_majorticklabels()]
            if (spared := [drawable(name, families) for name in names]) != names:
                axis.set_ticks(axis.get_majorticklocs(), spared)
    texts = [text for text in fig.findobj(Text) if isinstance(text, Text)]
    for text in texts:
        text.set_text(drawable(text.get_text(), families))
    said = "".join(text.get_text() for text in texts)
    return any(_unknown(letter, families) for letter in said)


def drawable(text: str, families: tuple[str, ...]) -> str:
    """A text without the letters that none of the typefaces has, line by line; as it is where no word would remain.

    An apostrophe is that of print.

    >>> drawable("失访 Lost to follow-up: 4", ("DejaVu Sans",)), drawable("失访: 4", ("DejaVu Sans",))
    ('Lost to follow-up: 4', '失访: 4')
    """
    return "\n".join(_drawable(line, families) for line in text.replace("'", "\u2019").split("\n"))


def _drawable(line: str, families: tuple[str, ...]) -> str:
    if not any(_unknown(letter, families) for letter in line):
        return line
    kept = "".join(" " if _unknown(letter, families) else letter for letter in line)
    indent = line[: len(line) - len(line.lstrip())]
    return indent + re.sub(r"\s{2,}", " ", kept).strip(" /") if _WORD.search(kept) else line


def _unknown(letter: str, families: tuple[str, ...]) -> bool:
    return ord(letter) > 127 and letter.isprintable() and ord(letter) not in _letters(families)


@cache
def _letters(families: tuple[str, ...]) -> frozenset[int]:
    """The code points that at least one of the typefaces can draw."""
    files = [font_manager.findfont(font_manager.FontProperties(family=[family])) for family in families]
    return frozenset().union(*(FT2Font(file).get_charmap() for file in files))
