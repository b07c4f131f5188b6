"""What a page folds away and how it is called: a number for every figure and table, and its title on the fold that hides it.

Folded or not, a figure or table keeps its number, so that a reader who opens one finds the others where they were.
"""

import re
from itertools import count

#: A section whose text stands behind one choice begins with this element in its notebook.
MARK = '<div class="ra-fold"></div>'

_CAPTION = re.compile(r'(<figcaption>|<span class="ra-caption">)')
_KINDS = {"<figcaption>": "Figure", '<span class="ra-caption">': "Table"}
_FOLD = '<details class="admonition hide below-input">'
_PROMPT = re.compile(r'(admonition-title">)(?:Show|Hide) the details(</p>)')
_TITLE = re.compile(r'<span class="ra-number">([^<]*)</span> (.*?)(?:</figcaption>|</span></caption>)', re.DOTALL)
_MARK_OF_SYNTHETIC = re.compile(r'<span class="ra-mark">[^<]*</span> ')
_FOLDED_SECTION = re.compile(rf"{re.escape(MARK)}(.*?)(?=</section>)", re.DOTALL)
#: What a title need not say on a fold: whom it is about, and a sentence in brackets, stand in the caption.
_BESIDES = re.compile(
    r"(?:, (?:(?:all )?(?:[\d,]+ )?patients|complete pairs|(?:the )?(?:safety|efficacy) population)\b"
    r"| \((?=[^)]*[.:;] )|[.:;(] ).*",
    re.DOTALL,
)


def fold(body: str) -> str:
    """The body of a page with numbered captions, folds that say what they hold, and long sections behind one choice."""
    named = "".join(_named(piece) for piece in re.split(rf"(?={re.escape(_FOLD)})", number_captions(body)))
    return _FOLDED_SECTION.sub(_section, named)


def number_captions(body: str) -> str:
    """Every figure and every table with its number on this page, in the order of the text.

    >>> number_captions("<figcaption>Dots.</figcaption><figcaption>Lines.").partition("</figcaption>")[2]
    '<figcaption><span class="ra-number">Figure 2.</span> Lines.'
    """
    numbers = {kind: count(1) for kind in _KINDS.values()}

    def numbered(found: re.Match[str]) -> str:
        kind = _KINDS[found[1]]
        return f'{found[1]}<span class="ra-number">{kind} {next(numbers[kind])}.</span> '

    return _CAPTION.sub(numbered, body)


def _named(piece: str) -> str:
    """A piece of a page that begins with a fold, with the number and title of what it holds on it."""
    inside, end, after = piece.partition("</details>\n</div>")
    title = _TITLE.search(inside)
    if not (piece.startswith(_FOLD) and title):
        return piece
    label = f"{title[1]} {title_of(re.sub(r'<[^>]*>', '', _MARK_OF_SYNTHETIC.sub('', title[2])))}"
    return _PROMPT.sub(lambda found: f"{found[1]}{label}{found[2]}", inside) + end + after


def title_of(caption: str) -> str:
    """What a caption is called elsewhere: its first words, without those on the patients.

    >>> title_of("Adverse events, safety population (n = 64). Left: patients.")
    'Adverse events'
    """
    return _BESIDES.sub("", caption.strip()).rstrip(".")


def _section(found: re.Match[str]) -> str:
    """The rest of a section behind one choice that says how much there is."""
    kinds = {kind: len(re.findall(rf'ra-number">{kind} ', found[1])) for kind in _KINDS.values()}
    held = " and ".join(f"{n} {kind.lower()}{'s' * (n > 1)}" for kind, n in kinds.items() if n)
    what = f": {held}" if held else ""
    return f'<details class="ra-folded"><summary>Open this part{what}</summary>{found[1]}</details>\n'
