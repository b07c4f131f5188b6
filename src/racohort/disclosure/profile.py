"""Who may see a report, and how much it tells for that: the strictest of what the cohort and the command ask for holds."""

import os
from dataclasses import dataclass
from typing import Any

from racohort.few import Between
from racohort.terms import PRIVACY


@dataclass(frozen=True)
class Profile:
    """A rule of disclosure: its name, below which count nothing exact is told, and to which multiple other counts are rounded."""

    name: str = "internal"
    suppress_below: int = 8
    round_to: int = 5

    @property
    def shows_people(self) -> bool:
        """Whether single patients may be shown."""
        return self.name == "internal"

    @property
    def hides_counts(self) -> bool:
        """Whether small counts are hidden and the others rounded."""
        return self.name == "publish"

    @property
    def few(self) -> Between:
        """A hidden count: all that it may be."""
        return Between(1, self.suppress_below - 1)

    def hides(self, counts: Any) -> Any:
        """Where counts are hidden, of a frame or an array as of a number; missing ones are not.

        >>> Profile("publish").hides(7), Profile("publish").hides(8), Profile("publish").hides(0)
        (True, False, False)
        """
        return (counts > 0) & (counts < self.suppress_below)


_held = Profile()


def stricter(one: str, other: str) -> str:
    """The stricter of two names of profiles.

    >>> stricter("internal", "share"), stricter("publish", "share")
    ('share', 'publish')
    """
    return max(one, other, key=PRIVACY.index)


def hold_profile(name: str, suppress_below: int = 8, round_to: int = 5) -> Profile:
    """Hold everything shown from now on in this process to a profile, or to that of `$RACOHORT_PRIVACY` where it is stricter.

    The running report sets the variable; a study that is opened says what its `cohort.yml` asks for.
    """
    global _held
    asked = os.environ.get("RACOHORT_PRIVACY") or "internal"
    _held = Profile(stricter(name, asked if asked in PRIVACY else "publish"), suppress_below, round_to)
    return _held


def held_profile() -> Profile:
    """The profile that holds now; `internal` before a study was opened."""
    return _held
