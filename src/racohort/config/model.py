"""What `cohort.yml` may say: every key with its type and meaning."""

import datetime
import math
import re
import zoneinfo
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from racohort.roles import ROLES

Pair = Annotated[list[float | None], Field(min_length=2, max_length=2)]
Plain = str | int | float | bool
Parameter = Plain | list[Plain]
ID = r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}"
#: A visit that is named by its week.
_WEEK = re.compile(r"(?:week|wk|w)\s*(\d{1,4})", re.IGNORECASE)
CODE = r"[A-Z][A-Z0-9_]{0,7}"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """The time zones of this machine, looked up once: they are a walk over a folder of hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


class Strict(BaseModel):
    """A mapping without unknown keys, whose values have exactly the type that is written here."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class Column(Strict):
    """What one source column holds: a role, or an analyte (`paramcd`) in a unit."""

    role: str | None = Field(None, description="A role, such as USUBJID, AVISIT, ADT or SEX.")
    paramcd: str | None = Field(None, description="The code of an analyte in the catalogue, such as CRP.")
    unit: str | None = Field(None, description="The unit the values are in, as the laboratory writes it.")
    of: str | None = Field(None, description="The analyte a category (role AVALCAT1) is about, such as DAS28ESR.")
    visit: str | None = Field(None, description="The visit the column belongs to (shape wide).")
    format: str | None = Field(None, description="The date format, such as %Y-%m-%d.")
    codes: dict[str, str] | None = Field(None, description="Value in the file -> its meaning.")
    lower_limit: float | None = Field(None, description="Values below it cannot be measured by the assay.")
    upper_limit: float | None = Field(None, description="Values above it cannot be measured by the assay.")
    below: Literal["sqrt2", "half"] = Field(
        "sqrt2", description="What stands for a value below the limit: limit/sqrt 2, or limit/2."
    )
    decimal: Literal[".", ","] | None = Field(None, description="The decimal mark, where it cannot be told from the file.")

    @model_validator(mode="after")
    def _one_meaning(self) -> "Column":
        if (self.role is None) == (self.paramcd is None):
            raise ValueError("give either `role` or `paramcd`, and only one of them")
        if self.role is not None and self.role not in ROLES:
            raise ValueError(f"there is no role {self.role!r}; the roles are {', '.join(ROLES)}")
        return self


class File(Strict):
    """One raw file, its path relative to `cohort.yml`; it is read and never written."""

    path: str = Field(min_length=1, description="Where the file is, relative to cohort.yml.")
    shape: Literal["subject", "visit", "long", "wide", "event", "adam", "sdtm"] = Field(
        description="What one row of the file is."
    )
    sheet: int | str | None = Field(None, description="The sheet of a workbook, by number from 1 or by name.")
    expected_rows: int | None = Field(None, ge=0, description="How many rows of data the file must have.")
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="The hash the file must have.")
    encoding: str | None = Field(None, description="The encoding, where it cannot be told from the bytes.")
    header_line: int = Field(1, ge=1, description="The line of the column names, where text stands above them.")
    header_rows: int = Field(1, ge=1, le=5, description="How many lines the names take: groups above them, units below them.")
    visit: str | None = Field(None, description="The visit of every row, where a file or sheet is of one visit.")
    fill_down: list[str] = Field(
        default_factory=list,
        description="Columns whose blank cells mean what stands above, as where a patient is named in the first row only.",
    )
    rows: dict[str, str | list[str]] = Field(
        default_factory=dict, description="Only rows with these values in these columns; list the file once for each kind of row."
    )
    columns: dict[str, Column] = Field(default_factory=dict, description="Columns that mean something else in this file.")


class PlannedVisit(Strict):
    """One planned visit: its labels in the files, the planned day, and the days that count as this visit."""

    labels: list[str] = Field(default_factory=list, description="What the files call the visit, besides its code.")
    day: float | None = Field(None, description="The planned day, counted from treatment start or baseline (day 0).")
    window: Pair | None = Field(None, description="First and last day that count as this visit.")

    @property
    def limits(self) -> tuple[float, float] | None:
        """The window with open ends written as infinite; None without one."""
        if self.window is None:
            return None
        first, last = self.window
        return -math.inf if first is None else first, math.inf if last is None else last


class TreatmentStart(Strict):
    """Where the first day of treatment is found; for a cohort without a treatment `none`, or no such key."""

    source: Literal["visit", "column"] = Field(
        alias="from", description="`visit`: the date of a visit; `column`: the role TRTSDT."
    )
    visit: str | None = Field(None, description="The visit whose date it is; baseline if left out.")
    column: str | None = Field(None, description="The source column with the date.")


def _unless_none(start: Any) -> Any:
    """What is said of the first day of treatment; None where it is the word none."""
    return None if start == "none" else start


class RecordRule(Strict):
    """Which of several records of a patient, analyte and follow-up visit represents the visit."""

    visit: Literal["closest", "first", "last"] = Field(
        "closest", description="Closest to the planned day (of two the earlier), the first, or the last of the visit."
    )
    safety: Literal["as_visit", "worst"] = Field(
        "as_visit", description="For laboratory values of safety: as other visits, or the record furthest outside its range."
    )


class Study(Strict):
    """When and where the study ran; a date outside it is an error in the file."""

    start: datetime.date | None = Field(None, description="First day on which anything can have happened.")
    end: datetime.date | None = Field(None, description="Last day on which anything can have happened.")
    timezone: str = Field("UTC", description="The time zone in which days are counted.")

    @field_validator("start", "end", mode="before")
    @classmethod
    def _iso(cls, day: Any) -> Any:
        """A date that stands in quotation marks."""
        try:
            return datetime.date.fromisoformat(day) if isinstance(day, str) else day
        except ValueError:
            raise ValueError("must be a day written as 2014-01-31") from None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        if timezone not in _zones():
            raise ValueError("there is no such time zone; write it as Asia/Shanghai or UTC")
        return timezone


class AgeRange(Strict):
    """The reference range of patients from an age at baseline on."""

    age: float = Field(ge=0, description="The age in years from which on it holds, up to the next one.")
    reference: Pair | None = Field(None, description="Reference range of both sexes.")
    reference_m: Pair | None = Field(None, description="Reference range of men.")
    reference_f: Pair | None = Field(None, description="Reference range of women.")


class Ranges(Strict):
    """Overrides for one analyte, or for AGE: what is possible, what is plausible, and the laboratory's reference range."""

    possible: Pair | None = Field(None, description="Outside it a value cannot be true and is quarantined.")
    plausible: Pair | None = Field(None, description="Outside it a value is kept with a warning.")
    reference: Pair | None = Field(None, description="Reference range of both sexes.")
    reference_m: Pair | None = Field(None, description="Reference range of men.")
    reference_f: Pair | None = Field(None, description="Reference range of women.")
    reference_from: list[AgeRange] = Field(default_factory=list, description="Other reference ranges from an age on.")
    tolerance: float | None = Field(None, description="How far a shipped score may be from its components.")


class Limits(Strict):
    """How large a file may be, and what reading it and a section may cost; a limit that scales grows with the file's size."""

    file_mb: int = Field(2000, ge=1, description="Largest file that is read, in MB.")
    inflated_mb: int = Field(150, ge=1, description="What a packed file or workbook may unpack to, in MB, or by `ratio`.")
    ratio: int = Field(20, ge=1, description="What a packed file or workbook may unpack to, as a multiple of its own size.")
    cells: int = Field(100_000_000, ge=1, description="Most cells in one table of a workbook, Parquet or SAS file.")
    memory_mb: int = Field(1500, ge=100, description="Memory for reading such a file, in MB (or 40 x its size).")
    seconds: int = Field(20, ge=1, description="Processor time for reading such a file (or 25 seconds per MB).")
    section_minutes: int = Field(240, ge=1, description="Longest time that a section may take.")
    section_memory_mb: int | None = Field(None, ge=500, description="Memory of a section, in MB [all that the machine has].")
    cell_output_mb: int = Field(20, ge=1, description="Most that one cell of a notebook may put out, in MB.")

    def inflated_for(self, size: int) -> int:
        """Bytes that a packed file of `size` bytes may unpack to."""
        return max(self.inflated_mb * 1_000_000, self.ratio * size)

    def memory_for(self, size: int) -> int:
        """Bytes of memory for reading a file of `size` bytes."""
        return max(self.memory_mb * 1_000_000, 40 * size)

    def seconds_for(self, size: int) -> int:
        """Seconds of processor time for reading a file of `size` bytes."""
        return max(self.seconds, size // 40_000)


class Analyte(Strict):
    """One analyte as the catalogue holds it, or as a cohort declares one that the catalogue lacks."""

    label: str = Field(description="English name.")
    label_zh: str = Field("", description="Chinese name.")
    synonyms: list[str] = Field(default_factory=list, description="Other names in headers and laboratory lists.")
    unit: str = Field("", description="The unit everything is converted to.")
    units: dict[str, float] = Field(default_factory=dict, description="Other unit -> factor to the unit above.")
    panel: str = Field("Other", description="The group in which tables show it.")
    domain: Literal["LB", "QS"] = Field("LB", description="Laboratory (LB) or scores and scales (QS).")
    scale: Literal["linear", "log", "ordinal", "count"] = Field("linear", description="The scale it is analysed on.")
    direction: Literal["lower", "higher", "none"] = Field("none", description="Which direction is a benefit.")
    digits: int = Field(1, ge=0, le=6, description="Decimals shown.")
    efficacy: bool = Field(
        False,
        description="Shown in the efficacy section, as is every primary endpoint. Where neither this nor safety is said, scores "
        "and scales are.",
    )
    safety: bool = Field(
        False, description="Shown in the safety section. Where neither this nor efficacy is said, laboratory values are."
    )
    component: bool = Field(False, description="A part of a composite score.")
    possible: Pair = Field(default=[None, None], description="Outside it a value cannot be true.")
    plausible: Pair = Field(default=[None, None], description="Outside it a value is doubted.")
    reference: Pair | None = Field(None, description="Reference range of both sexes.")
    reference_m: Pair | None = Field(None, description="Reference range of men.")
    reference_f: Pair | None = Field(None, description="Reference range of women.")
    reference_from: list[AgeRange] = Field(default_factory=list, description="Other reference ranges from an age on.")
    step: float | None = Field(None, description="The grid its values lie on, such as 0.125 for HAQ-DI.")
    levels: list[str] = Field(default_factory=list, description="The words of an ordinal analyte, lowest first.")
    source: str = Field("declared by the cohort", description="Where the ranges come from.")


class Cohort(Strict):
    """A cohort, as its `cohort.yml` describes it."""

    id: str = Field(pattern=f"^{ID}$", description="Names the report's folder: letters, digits, points, hyphens, underscores.")
    title: str = Field("", description="What the report is called.")
    synthetic: bool = Field(False, description="true puts the mark 'synthetic cohort' on everything.")
    privacy: Literal["internal", "share", "publish"] = Field("internal", description="Who may see the report.")
    suppress_below: int = Field(8, ge=1, le=100, description="A report to publish hides counts from 1 up to below this.")
    round_to: int = Field(5, ge=1, le=100, description="A report to publish rounds other counts to a multiple of this.")
    deidentify: bool = Field(False, description="true gives patients pseudonyms, and days in place of dates.")
    files: list[File] = Field(min_length=1, description="The raw files.")
    columns: dict[str, Column] = Field(default_factory=dict, description="Source column -> what it holds.")
    visits: dict[str, PlannedVisit] = Field(min_length=1, description="The planned visits in time order; the first is baseline.")
    treatment_start: Annotated[TreatmentStart | None, BeforeValidator(_unless_none, Literal["none"] | TreatmentStart | None)] = (
        Field(None, description="Where the first day of treatment is found; none if untreated.")
    )
    filter: dict[str, str | list[str]] = Field(
        default_factory=dict, description="Keep only patients with these values, e.g. one arm."
    )
    missing: list[str] = Field(default_factory=lambda: ["", "NA", "."], description="Cells that mean: no value.")
    records: RecordRule = Field(
        default_factory=lambda: RecordRule.model_validate({}), description="Which of several records represents a visit."
    )
    study: Study = Field(default_factory=lambda: Study.model_validate({}), description="When and where the study ran.")
    das28_variant: Literal["auto", "ESR4", "ESR3", "CRP4", "CRP3", "unknown"] = Field(
        "auto", description="The variant of a shipped DAS28."
    )
    ranges: dict[str, Ranges] = Field(default_factory=dict, description="Overrides of the catalogue's ranges, by PARAMCD or AGE.")
    analytes: dict[str, Analyte] = Field(default_factory=dict, description="Analytes that the catalogue lacks, by PARAMCD.")
    limits: Limits = Field(
        default_factory=lambda: Limits.model_validate({}),
        description="How large a file may be, and what reading it and a section may cost.",
    )
    parameters: dict[str, Parameter] = Field(default_factory=dict, description="Parameters of the analysis.")

    @field_validator("analytes")
    @classmethod
    def _short_codes(cls, analytes: dict[str, Analyte]) -> dict[str, Analyte]:
        wrong = [code for code in analytes if not re.fullmatch(CODE, code)]
        if wrong:
            raise ValueError(f"a PARAMCD has at most 8 capital letters and digits, unlike {', '.join(wrong)}")
        return analytes

    @model_validator(mode="after")
    def _known_visits(self) -> "Cohort":
        entries = [*self.columns.values(), *(column for file in self.files for column in file.columns.values())]
        named = [
            visit for visit in (*(entry.visit for entry in entries), *(file.visit for file in self.files)) if visit is not None
        ]
        if self.treatment_start and self.treatment_start.visit is not None:
            named.append(self.treatment_start.visit)
        unknown = sorted(set(named) - set(self.visits))
        if unknown:
            raise ValueError(f"no visit is called {', '.join(unknown)}; the visits are {', '.join(self.visits)}")
        return self

    @model_validator(mode="after")
    def _known_start(self) -> "Cohort":
        entries = [*self.columns.values(), *(column for file in self.files for column in file.columns.values())]
        packaged = any(file.shape in ("adam", "sdtm") for file in self.files)
        by_column = self.treatment_start is not None and self.treatment_start.source == "column"
        if by_column and not packaged and not any(entry.role == "TRTSDT" for entry in entries):
            raise ValueError("treatment_start is taken from a column, but no column has the role TRTSDT")
        return self

    @property
    def baseline(self) -> str:
        """The code of the first visit."""
        return next(iter(self.visits))

    def described(self) -> dict[str, Any]:
        """Everything it says but the parameters of the analysis, as plain facts: what the data sets rest on."""
        return self.model_dump(mode="json", exclude={"parameters"})

    def visit_label(self, code: str) -> str:
        """What a visit is called in English: baseline, its planned time (in weeks where it is named so), else its own name."""
        visit = self.visits[code]
        if code == self.baseline:
            return "baseline"
        weeks = (_WEEK.fullmatch(label.strip()) for label in (code, *visit.labels))
        if number := next((int(week[1]) for week in weeks if week and 7 * int(week[1]) == visit.day), 0):
            return f"week {number}"
        return _span(visit.day) if visit.day is not None and visit.day > 0 else next(iter(visit.labels), code)


def _span(days: float) -> str:
    """A number of days as readers count them.

    >>> _span(365), _span(1095), _span(183), _span(14)
    ('1 year', '3 years', '6 months', 'day 14')
    """
    years, months = days / 365.25, days / 30.4375
    for unit, number in (("year", years), ("month", months)):
        if round(number) >= 1 and abs(number - round(number)) < 0.04 * max(1, number):
            return f"{round(number)} {unit}" + ("s" if round(number) > 1 else "")
    return f"day {days:g}"
