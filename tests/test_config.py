"""What `cohort.yml` may say: its keys, its types, its plain YAML, and the page that explains it."""

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from racohort.config import (
    AgeRange,
    Analyte,
    Cohort,
    Column,
    File,
    Limits,
    PlannedVisit,
    Ranges,
    Study,
    TreatmentStart,
    cohort_schema,
    parse_cohort,
)
from racohort.roles import ROLES
from racohort.schema import CohortError

DATA = Path(__file__).resolve().parents[1] / "data"
SMALL = """
id: small
files: [{path: a.csv, shape: visit}]
columns: {id: {role: USUBJID}, crp: {paramcd: CRP, unit: mg/L}}
visits: {BL: {day: 0}, Y1: {labels: [12 months], day: 365, window: [305, 425]}}
"""


def refusal(text: str) -> str:
    with pytest.raises(CohortError) as error:
        parse_cohort(text)
    assert error.value.exit_code == 1
    return str(error.value)


def test_a_small_cohort_gets_the_contract_s_defaults():
    cohort = parse_cohort(SMALL)
    assert (cohort.id, cohort.synthetic, cohort.privacy, cohort.missing) == ("small", False, "internal", ["", "NA", "."])
    assert cohort.baseline == "BL"
    assert cohort.das28_variant == "auto"
    assert cohort.treatment_start is None
    assert cohort.visits["Y1"].limits == (305, 425)
    assert cohort.visits["BL"].limits is None


@pytest.mark.parametrize(("line", "said"), [
    ("surprise: 1", "surprise"),
    ("id: again", "occurs twice"),
    ("title: !!binary aGk=", "tag"),
    ("title: !!str hi", "tag"),
    ("title: &a hi", "anchor or alias"),
    ("synthetic: 1", "synthetic"),
    ("synthetic: 'true'", "synthetic"),
    ("missing: [7]", "missing"),
    ("privacy: secret", "privacy"),
    ("das28_variant: CRP", "das28_variant"),
    ("treatment_start: {from: visit, visit: Y9}", "Y9"),
    ("study: {start: tomorrow}", "study.start"),
    ("study: {timezone: Moon/Base}", "no such time zone"),
    ("analytes: {interleukin6: {label: IL-6}}", "8 capital letters"),
    ("parameters: {alpha: {a: 1}}", "parameters"),
])  # fmt: skip
def test_what_is_no_plain_known_value_is_refused_by_name(line, said):
    assert said in refusal(SMALL + line)


@pytest.mark.parametrize(("column", "said"), [
    ("{role: USUBJID, paramcd: CRP}", "only one"),
    ("{unit: mg/L}", "only one"),
    ("{role: USERID}", "no role 'USERID'"),
    ("{paramcd: CRP, visit: Y7}", "Y7"),
])  # fmt: skip
def test_a_column_has_exactly_one_known_meaning(column, said):
    assert said in refusal(SMALL.replace("{role: USUBJID}", column))


@pytest.mark.parametrize("name", ["../x", "a b", "", "x" * 65, "-a", "北京"])
def test_an_id_that_cannot_name_a_folder_is_refused(name):
    assert "id" in refusal(SMALL.replace("id: small", f"id: {name!r}"))


@pytest.mark.parametrize("text", ["", "- a\n- b", "just text", "[1", "\t: x"])
def test_what_is_no_mapping_is_refused_with_its_place(text):
    assert "cohort.yml" in refusal(text)


def test_words_keep_their_spelling_and_no_is_no_boolean():
    cohort = parse_cohort(SMALL.replace("{role: USUBJID}", "{role: SEX, codes: {NO: F, '007': M, on: M}}"))
    assert cohort.columns["id"].codes == {"NO": "F", "007": "M", "on": "M"}


def test_dates_may_stand_in_quotation_marks():
    one, other = (parse_cohort(SMALL + f"study: {{start: {day}}}") for day in ("2013-01-01", "'2013-01-01'"))
    assert one.study.start == other.study.start
    assert str(one.study.start) == "2013-01-01"


@pytest.mark.parametrize(
    ("day", "label"), [(0, "baseline"), (91, "3 months"), (365, "1 year"), (548, "18 months"), (1095, "3 years"), (10, "day 10")]
)
def test_visits_are_called_by_their_planned_time(day, label):
    visits = "{BL: {day: 0}, V: {day: %s}}" % (day or 5)
    cohort = parse_cohort(re.sub(r"visits: .*", "visits: " + visits, SMALL))
    assert cohort.visit_label("BL" if day == 0 else "V") == label


def test_the_committed_json_schema_is_the_one_of_the_code():
    assert json.loads((DATA / "cohort.schema.json").read_text("utf-8")) == json.loads(json.dumps(cohort_schema()))


def test_the_example_for_people_is_a_cohort():
    example = re.search(r"```yaml\n(.*?)```", (DATA / "README.md").read_text("utf-8"), re.DOTALL)
    assert example
    assert parse_cohort(example[1]).id == "xian-2014"


@pytest.mark.parametrize("model", [Cohort, File, Column, PlannedVisit, TreatmentStart, Study, Ranges, AgeRange, Analyte, Limits])
def test_every_key_is_explained_to_people_in_the_words_of_the_code(model: type[BaseModel]):
    page = (DATA / "README.md").read_text("utf-8")
    for name, field in model.model_fields.items():
        assert f"| `{field.alias or name}` | {field.description} |" in page


@pytest.mark.parametrize(("change", "line", "said"), [
    ("treatment_start: ?", 5, "the ? is a blank; write one of the choices in its place"),
    ("columns:\n  sex:\n    role: SEX\n    codes:\n      V: ?", 9, "the ? is a blank"),
    ("columns:\n  crp: {role: ?}", 6, "the ? is a blank"),
    ("columns:\n\tcrp: {paramcd: CRP}", 6, "a tab stands before the first word; indent with spaces only"),
    ("title: CRP: high", 5, "a text with a colon needs quotation marks"),
    ("columns:\n  @crp: {paramcd: CRP}", 6, "a name or text that begins with such a sign needs quotation marks"),
    ("columns:\n  crp: {paramcd: CRP", 6, "look at the indentation, brackets and quotation marks"),
    ("id: b", 5, "the key 'id' occurs twice, before in line 1; keep one of them"),
])  # fmt: skip
def test_a_line_that_is_no_yaml_says_what_is_probably_the_matter_with_it(change, line, said):
    with pytest.raises(CohortError) as refused:
        parse_cohort(f"id: a\nfiles:\n  - {{path: a.csv, shape: visit}}\nvisits: {{BL: {{day: 0}}}}\n{change}")
    (finding,) = refused.value.findings
    assert finding.line == line
    assert said in finding.message


def test_a_cohort_without_a_treatment_says_none_or_nothing():
    base = "id: a\nfiles:\n  - {path: a.csv, shape: visit}\nvisits: {BL: {day: 0}}\n"
    assert parse_cohort(base + "treatment_start: none") == parse_cohort(base)


def test_every_role_is_explained_to_people():
    page = (DATA / "README.md").read_text("utf-8")
    for role, facts in ROLES.items():
        assert f"| `{role}` | {facts.meaning} |" in page


def test_the_committed_cohorts_can_be_read():
    own = Path(__file__).parent / "cohorts"
    for path in [*DATA.glob("cohorts/*/cohort.yml"), *own.glob("*/cohort.yml")]:
        assert parse_cohort(path.read_text("utf-8")).id == path.parent.name


@pytest.mark.parametrize(("change", "line", "said"), [
    ("visits: {BL: {dya: 0}}", 4, "visits.BL.dya (0): is no key here; is `day` meant?"),
    ("visits: {BL: {day: 0}}\ncolums: {}", 5, "colums: is no key here; is `columns` meant?"),
    ("visits: {BL: {}}\ncolumns:\n  crp: {paramcd: CRP, units: U}", 6, "columns.crp.units ('U'): is no key here; is `unit`"),
    ("visits: {BL: {day: 0}}\ntreatment_start:\n  form: visit", 6, "is `from` meant?"),
    ("visits: {BL: {day: 0}}\nrecords: {visit: near}", 5, "records.visit ('near'): Input should be 'closest', 'first' or"),
    ("visits: {BL: {day: 0}}\ntreatment_start: BL", 5, "treatment_start ('BL'): must hold keys, as in {key: value}. The keys"),
    ("visits: {BL: {day: 0, labels: [1]}}", 4, 'visits.BL.labels.0 (1): must be text; put it in quotation marks: "1"'),
    ("visits: {BL: {day: 0}}\nmissing: NA", 5, "missing ('NA'): must be a list, as in [NA]"),
    ("visits: {BL: {day: 0}}\nsuppress_below: ten", 5, "suppress_below ('ten'): must be a whole number, without quotation"),
    ("visits: {BL: {day: 0}}\nstudy: {start: 1.2.2014}", 5, "study.start ('1.2.2014'): must be a day written as 2014-01-31"),
    ("visits: {BL: {day: 0}}\nstudy: {zzz: 1}", 5, "study.zzz (1): is no key here. The keys are start, end, timezone"),
])  # fmt: skip
def test_a_fault_names_its_line_its_key_what_is_allowed_and_the_nearest_key(change, line, said):
    with pytest.raises(CohortError) as refused:
        parse_cohort(f"id: a\nfiles:\n  - {{path: a.csv, shape: visit}}\n{change}\n")
    finding = next(one for one in refused.value.findings if said in one.message)
    assert finding.line == line
    assert f"line {line}, " in finding.message
