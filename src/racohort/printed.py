"""What a paper printed: the shape of `claims.yml`, and what counts as agreement for each kind of claim.

The file holds facts about the paper only. How a kind of claim is judged is written once, in `RULES`, in the words that the
report prints beside every verdict; `racohort.claims` does what they say.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

#: The kinds of question a claim can put to a cohort.
Question = Literal["change", "range", "patients", "age", "visits", "measured", "background", "percent", "conclusion", "none"]

#: For each kind: what agrees, what agrees in part, what contradicts, and what is left without a verdict.
RULES: dict[str, str] = {
    "change": (
        "As printed: change from baseline in complete pairs, paired t and Wilcoxon signed-rank test, each two-sided at {alpha}, "
        "uncorrected. Both {direction}: agrees. One {direction}, the other undecided: agrees in direction only. Both in the "
        "other direction: contradicts. Anything else: no evidence either way. As planned: the estimate of this report's plan "
        "(mixed model for DAS28 and HAQ, ratio of geometric means for analytes on the log scale, else paired t) at the plan's "
        "alpha, adjusted for multiple testing. After adjustment {direction}: agrees. Only before it: agrees in direction only. "
        "The other direction after adjustment: contradicts. Anything else: no evidence either way."
    ),
    "range mean": (
        "As printed: the group mean of each analyte of the panel, as a position within each patient's own reference range, lies "
        "inside. All inside: agrees. Any outside: contradicts. As planned: the same for the confidence interval of the mean. All "
        "intervals inside: agrees. All means inside: agrees in direction only. Any interval wholly outside: contradicts. "
        "Anything else: no evidence either way."
    ),
    "range each": (
        "As printed, read literally: no value of any patient outside its reference range. None: agrees. Any: contradicts. As "
        "planned: for each analyte the proportion of patients outside against {margin}. All upper limits at or below it: agrees. "
        "All proportions at or below it: agrees in direction only. Any lower limit above it: contradicts. Anything else: no "
        "evidence either way. Each rule is printed with the probability that a healthy group of this size passes it."
    ),
    "patients": "The same number of patients enrolled: agrees. Another number is another cohort and contradicts nothing.",
    "age": "All ages within the printed range: agrees. Otherwise it is another cohort and contradicts nothing.",
    "visits": "A planned visit near each printed time: agrees. Otherwise it is another cohort and contradicts nothing.",
    "measured": "Each printed measure has values in this cohort: agrees. Otherwise it is another cohort and contradicts nothing.",
    "background": "At least one patient with such medication on record at baseline: agrees. Otherwise it cannot be tested.",
    "percent": "Whether any whole number of patients gives the printed percentage; a cohort's own data cannot test it.",
    "conclusion": "A single arm without a control group cannot test it; what was seen is shown.",
    "none": "Nothing in a cohort's data can test it.",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Near(_Strict):
    """When a follow-up visit answers for a printed time: its planned day is nearest to `day` and at most `within` days away."""

    year: float
    day: float
    within: float = Field(ge=0)


class Source(_Strict):
    """The paper: what it is called, where it is, and how much of it is known."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,40}$")
    title: str
    reference: str
    available: str


class Claim(_Strict):
    """One verifiable statement.

    `fact` groups claims made by one sentence; `source` is `paper` for its own words and `secondary` for someone else's reading.
    `words` are as printed where `quoted`, else the fact without the paper's wording. `why` says why it cannot be tested.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,40}$")
    fact: str
    source: Literal["paper", "secondary"] = "paper"
    place: str
    words: str = Field(min_length=1)
    quoted: bool
    asks: Question
    parameters: list[str] = []
    panel: str = ""
    year: float | None = None
    direction: Literal["lower", "higher"] | None = None
    reading: Literal["mean", "each"] | None = None
    margin: float = Field(default=0.10, gt=0, lt=1)
    expected: list[float] = []
    printed: str = ""
    seen: Literal["", "safety", "efficacy", "retention"] = ""
    silent: bool = False
    why: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            "change": bool(self.parameters) and self.year is not None and (self.direction or self.silent),
            "range": bool(self.parameters) and self.year is not None and self.reading and bool(self.panel),
            "patients": len(self.expected) == 1, "age": len(self.expected) == 2, "visits": bool(self.expected),
            "measured": bool(self.parameters), "background": bool(self.parameters),
            "percent": bool(self.printed) and len(self.expected) == 1 and bool(self.why),
            "conclusion": bool(self.seen) and bool(self.why), "none": bool(self.why),
        }  # fmt: skip
        if not needed[self.asks]:
            raise ValueError(f"a claim that asks {self.asks!r} lacks what that needs; see data/paper/README.md")
        return self

    def rule(self, alpha: float) -> str:
        """What counts as agreement and as contradiction, in words."""
        kind = f"range {self.reading}" if self.asks == "range" else self.asks
        text = RULES["conclusion" if self.silent else kind]
        if self.silent:
            return "Silence is not a claim: the result is shown, and is neither agreement nor contradiction."
        return text.format(alpha=f"{alpha:g}", direction=self.direction or "", margin=f"{100 * self.margin:g} %")


class Paper(_Strict):
    """A paper's claims file: the paper, the significance level it used, its time points, and its claims."""

    paper: Source
    alpha: float = Field(gt=0, lt=1)
    times: list[Near]
    claims: list[Claim]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [claim.id for claim in self.claims]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        known = {near.year for near in self.times}
        lost = [claim.id for claim in self.claims if claim.year is not None and claim.year not in known]
        if twice or lost:
            raise ValueError(f"claims with the same id: {twice}; claims about a year that `times` lacks: {lost}")
        return self

    def near(self, year: float) -> Near:
        """The time point of a printed year; KeyError where the file has none."""
        return {near.year: near for near in self.times}[year]


class ClaimsError(ValueError):
    """A claims file that cannot be used: where, what, and what to do about it; the command ends with status 1."""

    exit_code = 1


def parse_claims(text: str, source: str = "claims.yml") -> Paper:
    """A paper's claims from the text of its file.

    Parameters
    ----------
    text : YAML; duplicate keys, tags, aliases and keys that do not exist are refused.
    source : the name of the file, for messages.

    Raises
    ------
    ClaimsError, one line for each fault.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        _refuse_references(text)
        return Paper.model_validate(yaml.load(text))
    except YAMLError as error:
        raise ClaimsError(f"{source}: not plain YAML: {error}") from None
    except ValidationError as error:
        faults = (f"{source}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ClaimsError("\n".join(faults)) from None


def _refuse_references(text: str) -> None:
    """YAMLError where the text uses an anchor, an alias or a tag."""
    for token in YAML(typ="safe", pure=True).scan(text):
        if type(token).__name__ in {"AnchorToken", "AliasToken", "TagToken"}:
            raise YAMLError(f"anchors, aliases and tags are not allowed (line {token.start_mark.line + 1})")


def claims_schema() -> dict[str, Any]:
    """The JSON Schema of a claims file, made from the code."""
    return Paper.model_json_schema()
