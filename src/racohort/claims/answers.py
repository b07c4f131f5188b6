"""What a claim is asked of, and what an answer holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from racohort.labels import digits_of, label_of, within_sentence
from racohort.plan import Plan, Visit
from racohort.printed import Claim, Paper
from racohort.results import pick_result, select_results

AGREES = "agrees"
DIRECTION = "agrees in direction only"
UNDECIDED = "no evidence either way"
CONTRADICTS = "contradicts"
UNTESTED = "cannot be tested here"

#: Every verdict there is, from agreement to silence.
VERDICTS = (AGREES, DIRECTION, UNDECIDED, CONTRADICTS, UNTESTED)

#: The two levels of an answer: as the paper tested it, and as this report's plan would.
AS_PRINTED, AS_PLANNED = "as_printed", "as_planned"

BUILT = "Synthetic cohort, made by a program: this proves only the pipeline."


@dataclass(frozen=True)
class Evidence:
    """Everything a claim may be judged by: the paper, the results so far, the plan and the catalogue."""

    paper: Paper
    results: pd.DataFrame
    plan: Plan
    catalogue: pd.DataFrame

    def visit(self, year: float) -> Visit | None:
        """The follow-up visit that answers for a printed year; None where no planned day is near enough."""
        near = self.paper.near(year)
        away = {visit: abs(visit.day - near.day) for visit in self.plan.follow_ups if visit.day is not None}
        best = min(away, key=lambda visit: away[visit], default=None)
        return best if best is not None and away[best] <= near.within else None

    @cached_property
    def _by_statistic(self) -> dict[tuple[str, str], pd.DataFrame]:
        """The results in small heaps, because every claim looks for a few rows among thousands."""
        return {(str(key[0]), str(key[1])): rows for key, rows in self.results.groupby(["section", "statistic"], sort=False)}

    def row(self, section: str, statistic: str, **parts: str) -> pd.Series | None:
        """The one result row with these parts and no others; None where there is none or it has no number."""
        empty = {part: "" for part in ("by", "category") if part not in parts}
        heap = self._by_statistic.get((section, statistic), self.results.iloc[:0])
        found = pick_result(heap, **empty, **parts)
        return None if found is None or (pd.isna(found["value"]) and not found["value_text"]) else found

    def rows(self, **parts: str | Sequence[str]) -> pd.DataFrame:
        """All result rows with these parts that rest on at least one patient."""
        found = select_results(self.results, **parts)
        return found[found["n"].fillna(0) > 0]

    def code(self, parameter: str) -> str:
        """A printed parameter as this cohort's PARAMCD: DAS28 is the cohort's own variant."""
        return self.plan.das28 if parameter == "DAS28" and self.plan.das28 else parameter

    def label(self, code: str) -> str:
        """The name of a parameter; the code itself where the catalogue has none."""
        return label_of(code, self.catalogue)

    def named(self, code: str) -> str:
        """The name of a parameter as it stands within a sentence."""
        return within_sentence(self.label(code))

    def digits(self, code: str) -> int:
        """Decimals with which a mean of this parameter is shown."""
        return max(digits_of(code, self.catalogue), 1)


@dataclass(frozen=True)
class Answer:
    """One verdict on one claim: the word, the reason, and the rows it rests on (the first gives estimate, interval, n and p)."""

    claim: Claim
    level: str
    verdict: str
    why: str
    rows: tuple[pd.Series, ...] = ()
    PARAMCD: str = ""
    AVISIT: str = ""
    contrast: str = ""
    population: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS or not self.why:
            raise ValueError(f"claim {self.claim.id}: a verdict is one of {', '.join(VERDICTS)}, and has a reason")

    @property
    def result_ids(self) -> list[str]:
        """Ids of the result rows that it rests on."""
        return [str(row["result_id"]) for row in self.rows]

    @property
    def tested(self) -> bool:
        """Whether this cohort could answer."""
        return self.verdict != UNTESTED

    def as_row(self, synthetic: bool) -> dict[str, Any]:
        """The answer as a row of the results spine."""
        shown = self.rows[0] if self.rows else pd.Series(dtype=object)
        numbers = {name: shown.get(name) for name in ("value", "lower", "upper", "level", "n", "count", "p_value", "p_adjusted")}
        why = f"{self.why} {BUILT}" if synthetic and self.tested else self.why
        return {"section": "concordance", "population": self.population, "PARAMCD": self.PARAMCD, "AVISIT": self.AVISIT,
                "contrast": self.contrast, "statistic": "verdict", "method": self.level, "by": "claim", "category": self.claim.id,
                "value_text": self.verdict, **numbers, "family": shown.get("family"), "unit": shown.get("unit"),
                "function": "claims.judge_claims", "note": why}  # fmt: skip


def untested(claim: Claim, why: str, parts: Mapping[str, str] | None = None, rows: tuple[pd.Series, ...] = ()) -> list[Answer]:
    """The answer of a cohort that cannot test a claim."""
    return [Answer(claim, AS_PRINTED, UNTESTED, why, rows, **(parts or {}))]
