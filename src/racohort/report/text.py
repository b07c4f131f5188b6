"""Sentences a reader sees, each of which knows the result rows it was made from."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Sentence:
    """One sentence and the ids of the result rows that it quotes."""

    text: str
    result_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text

    @property
    def html(self) -> str:
        """The sentence, escaped; where it quotes results their ids are in `data-results` and in the tooltip."""
        if not self.result_ids:
            return escape(self.text)
        ids = escape(" ".join(self.result_ids))
        why = f"Why this number? Result rows: {ids}"
        return f'<span class="ra-quoted" data-results="{ids}" title="{why}">{escape(self.text)}</span>'


@dataclass(frozen=True, repr=False)
class Text:
    """Paragraphs of sentences that show themselves in a notebook and in the book.

    `kind` is `paragraphs`, `points` (one item of a list a paragraph) or `absent` (said where there are no data). Everything
    is escaped; there is no Markdown form, because Markdown would read characters of the data as mark-up.

    >>> say("A < B.", "C.").plain
    'A < B. C.'
    >>> say("A < B.")._repr_html_()
    '<div class="ra-said ra-paragraphs"><p>A &lt; B.</p></div>'
    """

    paragraphs: tuple[tuple[Sentence, ...], ...]
    kind: str = "paragraphs"

    @property
    def plain(self) -> str:
        """The text without mark-up, a blank line between paragraphs."""
        return "\n\n".join(" ".join(str(sentence) for sentence in paragraph) for paragraph in self.paragraphs)

    @property
    def result_ids(self) -> tuple[str, ...]:
        """The ids of all result rows quoted, each once, in the order of reading."""
        said = [sentence for paragraph in self.paragraphs for sentence in paragraph]
        return tuple(dict.fromkeys(result_id for sentence in said for result_id in sentence.result_ids))

    def __add__(self, other: "Text") -> "Text":
        return Text(self.paragraphs + other.paragraphs, self.kind)

    def __bool__(self) -> bool:
        return bool(self.paragraphs)

    def __str__(self) -> str:
        return self.plain

    __repr__ = __str__

    def _repr_html_(self) -> str:
        outer, inner = ("ul", "li") if self.kind == "points" else ("div", "p")
        items = (" ".join(sentence.html for sentence in paragraph) for paragraph in self.paragraphs)
        body = "".join(f"<{inner}>{item}</{inner}>" for item in items)
        return f'<{outer} class="ra-said ra-{self.kind}">{body}</{outer}>'


def quote(text: str, *result_ids: str) -> Sentence:
    """A sentence with the ids of the result rows it quotes.

    >>> quote("The mean change was −1.2.", "efficacy.DAS28ESR.Y1.efficacy.Y1-BL.mean_change.paired_t").result_ids
    ('efficacy.DAS28ESR.Y1.efficacy.Y1-BL.mean_change.paired_t',)
    """
    return Sentence(text, tuple(result_ids))


def _as_sentences(said: tuple[str | Sentence, ...]) -> tuple[Sentence, ...]:
    """Sentences from texts and sentences; empty ones are left out."""
    sentences = (one if isinstance(one, Sentence) else Sentence(one) for one in said)
    return tuple(sentence for sentence in sentences if sentence.text)


def say(*sentences: str | Sentence) -> Text:
    """One paragraph; empty sentences are left out, and a paragraph of none is an empty text.

    >>> say("One.", "", "Two.").plain
    'One. Two.'
    """
    kept = _as_sentences(sentences)
    return Text((kept,) if kept else ())


def points(*sentences: str | Sentence) -> Text:
    """A list with one sentence a point.

    >>> points("One.", "Two.")._repr_html_()
    '<ul class="ra-said ra-points"><li>One.</li><li>Two.</li></ul>'
    """
    return Text(tuple((sentence,) for sentence in _as_sentences(sentences)), "points")


def absent(sentence: str | Sentence) -> Text:
    """The one sentence that stands where a cohort has no data.

    >>> absent("No adverse events were supplied.")._repr_html_()
    '<div class="ra-said ra-absent"><p>No adverse events were supplied.</p></div>'
    """
    return Text((_as_sentences((sentence,)),), "absent")
