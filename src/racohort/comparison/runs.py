"""A finished run as the comparison sees it, and which visits of several runs are at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from racohort.plan import Visit
from racohort.results import pick_result, select_results

#: Two visits are at the same time if their planned days differ by at most this share of the earlier one, or by so many days.
SHARE, DAYS = 0.10, 14.0


@dataclass(frozen=True)
class Finished:
    """A finished run: what it is called, whether it is synthetic and treated, its visits, the files it read, results and claims.

    `inputs` are the check sums of the files; `claims` is the claim ledger; `id` is the cohort's, `privacy` that of the report.
    """

    name: str
    title: str
    synthetic: bool
    treated: bool
    visits: tuple[Visit, ...]
    inputs: frozenset[str]
    results: pd.DataFrame
    claims: pd.DataFrame
    id: str = ""
    privacy: str = "internal"

    @property
    def enrolled(self) -> int | None:
        """Patients enrolled; None where that is withheld."""
        row = pick_result(
            self.results, section="participants", statistic="count", population="all", by="flow", category="ENROLLED"
        )
        return None if row is None or pd.isna(row["count"]) else int(row["count"])

    @property
    def das28(self) -> str:
        """The variant of DAS28 that the run plans with; else the first it has; empty where it has none."""
        rows = select_results(self.results, section="efficacy", statistic=["mean_change", "mmrm_change"])
        rows = rows[rows["PARAMCD"].str.startswith("DAS28")]
        planned = rows[rows["family"].isin(["A", "B"])]
        return str((planned if len(planned) else rows)["PARAMCD"].iloc[0]) if len(rows) else ""

    def code(self, endpoint: str) -> str:
        """An endpoint as this run's PARAMCD: DAS28 is its own variant."""
        return self.das28 if endpoint == "DAS28" else endpoint


@dataclass(frozen=True)
class Time:
    """A time after baseline: its label, its day, and the visit of each run that is at it, by the run's name."""

    label: str
    day: float
    visits: dict[str, str]


def match_times(runs: Sequence[Finished]) -> list[Time]:
    """The follow-up times of several runs, in their order; a run without a visit there is not in `visits`.

    A visit without a planned day is at no time. The label is that of the first run that has the time.
    """
    times: list[Time] = []
    for run in runs:
        for visit in run.visits[1:]:
            if visit.day is not None:
                _place(times, run.name, visit, visit.day)
    return sorted(times, key=lambda time: time.day)


def _place(times: list[Time], name: str, visit: Visit, day: float) -> None:
    near = [time for time in times if name not in time.visits and abs(time.day - day) <= max(DAYS, SHARE * min(time.day, day))]
    if near:
        min(near, key=lambda time: abs(time.day - day)).visits[name] = visit.AVISIT
    else:
        times.append(Time(visit.label, day, {name: visit.AVISIT}))
