"""The analysis plan of one run: what the cohort's `cohort.yml` and the run's parameters say to every section."""

from dataclasses import dataclass

from racohort.terms import visit_flag

#: More visits than these, each with a mark of its own beside the others, would not read.
MOST_MARKS = 5


@dataclass(frozen=True)
class Visit:
    """A planned visit: code (AVISIT), place in time order (AVISITN, 0 is baseline), label, the planned day, its window."""

    AVISIT: str
    AVISITN: int
    label: str
    day: float | None
    window: tuple[float, float] | None = None

    @property
    def flag(self) -> str:
        """The ADSL column that says who was seen at this visit."""
        return visit_flag(self.AVISIT)


@dataclass(frozen=True)
class Plan:
    """What every section needs to know besides the data.

    Visits are in time order and the first is baseline. `primary` holds PARAMCDs that exist in this cohort, the DAS28 variant
    already chosen; `primary_visit` is one of the follow-up visits. `treated` is False for a cohort without a treatment start.
    `arms` are the treatment arms of the safety population, which are analysed together.
    """

    id: str
    title: str
    synthetic: bool
    treated: bool
    visits: tuple[Visit, ...]
    primary: tuple[str, ...]
    primary_visit: str
    das28: str
    alpha: float = 0.05
    seed: int = 20191219
    arms: tuple[str, ...] = ()

    @property
    def level(self) -> float:
        """The confidence level, 1 - alpha."""
        return 1 - self.alpha

    @property
    def baseline(self) -> Visit:
        """The first visit."""
        return self.visits[0]

    @property
    def follow_ups(self) -> tuple[Visit, ...]:
        """The visits after baseline, in time order."""
        return self.visits[1:]

    @property
    def marked_visits(self) -> tuple[Visit, ...]:
        """The visits that have a mark each in figures: all of a few, else baseline and the first, primary and last after it."""
        if len(self.visits) <= MOST_MARKS:
            return self.visits
        ends = {self.visits[0], self.visits[1], self.visits[-1]}
        return tuple(visit for visit in self.visits if visit in ends or self.primary_visit == visit.AVISIT)

    @property
    def said_of_marks(self) -> str:
        """What a caption says where not every visit has its mark."""
        marked = len(self.marked_visits)
        return "" if marked == len(self.visits) else f" Of {len(self.visits)} visits {marked} are drawn; the table has all."

    def contrast(self, AVISIT: str) -> str:
        """The name of the change from baseline to a visit, as `Y1-BL`."""
        return f"{AVISIT}-{self.baseline.AVISIT}"
