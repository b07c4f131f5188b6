"""What stands in the place of a table or figure where a cohort has no such data: one plain sentence."""

from dataclasses import dataclass
from html import escape

#: Of a notebook that no run executed.
NO_RECORD = "This notebook was run by hand: no record of a run was written."


@dataclass(frozen=True)
class Absence:
    """One sentence instead of a table or figure; a notebook shows it as a paragraph, everything in it escaped."""

    sentence: str

    def _repr_html_(self) -> str:
        return f'<p class="ra-absent">{escape(self.sentence)}</p>'

    def __str__(self) -> str:
        return self.sentence


def absent(sentence: str) -> Absence:
    """The sentence that says what is not there.

    >>> absent("No adverse events were supplied.")._repr_html_()
    '<p class="ra-absent">No adverse events were supplied.</p>'
    """
    return Absence(sentence)
