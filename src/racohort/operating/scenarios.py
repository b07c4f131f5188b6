"""Scenarios: what is supposed to be true of the patients, and how they leave."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from racohort.places import UsageError


class Scenario(BaseModel):
    """One supposed truth about a trial with baseline, an early and a last visit; scores in points, with an SD of 1 at each visit.

    `n` may be left out: then `power` asks for the number of patients at which the main method finds the change.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    scenario: str = Field(min_length=1, description="Its name; each has its own.")
    n: int | None = Field(None, ge=4, le=100_000, description="Patients enrolled; empty where `power` asks for them.")
    change: float = Field(description="True mean change from baseline to the last visit; three quarters of it by the early one.")
    correlation: float = Field(0.5, gt=-0.49, lt=1, description="Between any two visits.")
    skew: Literal["normal", "lognormal"] = Field("normal", description="`lognormal`: what is measured is the exponential.")
    dropout: float = Field(0.0, ge=0, le=0.8, description="Share without a last visit.")
    mechanism: Literal["MCAR", "MAR", "MNAR"] = Field("MCAR", description="Who leaves.")
    delta: float = Field(0.0, description="MNAR only: by how much those who left are worse than they look.")
    selected: float | None = Field(None, description="Only patients with a baseline above this many SDs are enrolled.")
    power: float | None = Field(None, gt=0.05, lt=1, description="The power wanted; `n` is then searched for.")

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "Scenario":
        if (self.n is None) == (self.power is None):
            raise ValueError("give either n, or the power for which n is wanted")
        if self.power is not None and self.change == 0:
            raise ValueError("no number of patients has power against no change")
        if self.delta and self.mechanism != "MNAR":
            raise ValueError("delta belongs to the mechanism MNAR")
        if self.skew == "lognormal" and (self.selected is not None or self.delta):
            raise ValueError("a selected baseline and a delta are defined for normal scores only")
        return self


#: The columns of a table of scenarios.
COLUMNS = tuple(Scenario.model_fields)


def parse_scenarios(rows: Iterable[Mapping[str, str]], name: str) -> list[Scenario]:
    """The scenarios of a table, whose blank cells take the column's usual value.

    Raises UsageError, with the row of the table (its header is row 1), for an unknown column, a value out of its range, a name
    given twice, and a table without rows.
    """
    found: list[Scenario] = []
    for line, row in enumerate(rows, 2):
        given = {key: value for key, value in row.items() if value is not None and value.strip()}
        try:
            found.append(Scenario.model_validate(given))
        except ValidationError as error:
            first = error.errors()[0]
            column = ".".join(str(part) for part in first["loc"]) or "the row"
            raise UsageError(f"{name}, row {line}, {column}: {first['msg']}. The columns are {', '.join(COLUMNS)}.") from None
        if found[-1].scenario in {one.scenario for one in found[:-1]}:
            raise UsageError(f"{name}, row {line}: the scenario {found[-1].scenario!r} is there twice.")
    if not found:
        raise UsageError(f"{name} has no scenario. Give a CSV file with the columns {', '.join(COLUMNS)}.")
    return found
