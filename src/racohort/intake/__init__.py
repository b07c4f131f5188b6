"""A first `cohort.yml` from files of which nothing is known: guesses with their evidence, and blanks with their choices."""

from racohort.intake.cohort import Scaffold, guess_cohort
from racohort.intake.guesses import Guess, Source, Word
from racohort.intake.text import write_text

__all__ = ["Guess", "Scaffold", "Source", "Word", "guess_cohort", "write_text"]
