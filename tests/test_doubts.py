"""What is not there and what disagrees: visits without a row, identifiers mistyped once, events that contradict themselves."""

import pytest

from tests.support.cohorts import cleaned, cohort, found, rules
from tests.test_cleaning import drawn

EVENTS = "id | event | start | end | grade | fatal | outcome\n{}"
OUTCOME = {"outcome": {"role": "AEOUT"}}
STUDY = {"end": "2016-12-31"}


def lines(*without: int, change: dict[int, tuple[str, str]] | None = None, last: str = "") -> str:
    """The clean table without some lines, and with one text of a line replaced by another."""
    rows = drawn().splitlines()
    for line, (old, new) in (change or {}).items():
        rows[line - 1] = rows[line - 1].replace(old, new)
    return "\n".join([row for number, row in enumerate(rows, 1) if number not in without] + ([last] if last else []))


def cohort_found(folder, text: str) -> dict[str, str]:
    return found(cohort(folder, {"a.csv": text.encode()}))


def told(clean, rule: str) -> list[str]:
    return [finding.message for finding in clean.records.findings if finding.rule == rule]


def test_a_planned_visit_without_a_row_is_said_once_a_visit_with_the_patients(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": lines(4, 7, 9)}))
    assert rules(clean) == {"visit_absent"}
    assert told(clean, "visit_absent") == [
        "1 of 4 patients have no row for the visit Y1 (P3)",
        "2 of 4 patients have no row for the visit Y3 (P1, P2)",
    ]


def test_a_visit_whose_row_was_kept_out_is_not_called_absent(tmp_path):
    for number, (old, new) in enumerate([("2014-03-19", "2019-01-01"), ("|Y1|", "|somewhen|"), ("2014-03-19", "2016-03-20")]):
        clean, _ = cleaned(cohort(tmp_path / f"{number}", {"a.csv": lines(change={6: (old, new)})}, study={"end": "2018-12-31"}))
        assert "visit_absent" not in rules(clean)
        assert "quarantine" in set(clean.records.found()["class"])


def test_a_patient_of_the_list_who_was_never_seen_is_absent_from_every_visit(tmp_path):
    people = "id | sex\nP1 | M\nP2 | F\nP3 | F\nP4 | M\nP5 | F"
    path = cohort(tmp_path, {"p.csv": people, "a.csv": drawn()}, {"p.csv": "subject"})
    clean, _ = cleaned(path)
    assert [message[:35] for message in told(clean, "visit_absent")] == ["1 of 5 patients have no row for the"] * 3


def test_a_wide_table_without_a_value_at_a_visit_lacks_the_visit(tmp_path):
    columns = {"crp_{visit}": {"paramcd": "CRP"}}
    path = cohort(tmp_path, {"a.csv": "id crp_BL crp_Y1 crp_Y3\nP1 3 4 5\nP2 3 - 5"}, {"a.csv": "wide"}, columns=columns)
    clean, _ = cleaned(path)
    assert "1 of 2 patients have no row for the visit Y1 (P2)" in told(clean, "visit_absent")


@pytest.mark.parametrize(("text", "expected"), [
    ("id,visit,crp,alt\nP1,BL,3,4\nP2,BL,5,", {"end_doubtful"}), ("id,visit,crp,alt\nP1,BL,3,4\nP2,BL,5,\n", set()),
    ("id,visit,crp,alt\nP1,BL,3,\nP2,BL,5,", set()), ("id,visit,crp,alt\nP1,BL,3,4\nP2,BL,5,6", set()),
    ("id,visit,crp,alt\nP1,BL,5,", set()),
])  # fmt: skip
def test_a_file_that_ends_behind_a_delimiter_is_doubted_where_its_last_column_is_complete(tmp_path, text, expected):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": text.encode()}))
    assert rules(clean) & {"end_doubtful"} == expected


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_last_line_with_fewer_fields_than_the_header_and_no_end_refuses_the_file(tmp_path, cut):
    text = "id,visit,crp,alt\nP1,BL,30,40\nP2,BL,50,60"
    seen = cohort_found(tmp_path, text[:-cut])
    fields = text[:-cut].splitlines()[-1].count(",") + 1
    assert ("truncated" in seen) == (fields < 4)


def test_no_message_quotes_a_whole_enormous_cell(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": lines(change={5: ("|A|", f"|{'x' * 5000}|")})}))
    assert max(len(finding.message) for finding in clean.records.findings) <= 1001
    assert told(clean, "id_two_sites")[0].startswith("line 5, column id: 'P2' stands for patients at several sites")


def test_an_identifier_mistyped_in_one_row_looks_like_the_patient_who_lacks_the_row(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": lines(change={6: ("P2|", "P22|")})}))
    assert "P22, who has no baseline (it looks like P2)" in told(clean, "no_baseline")[0]


def test_of_several_alike_the_one_of_the_same_sex_and_site_is_named(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": lines(4, 7, change={10: ("P3|", "P9|")})}))
    assert "P9, who has no baseline (it looks like P3)" in told(clean, "no_baseline")[0]


def test_a_stranger_who_looks_like_nobody_is_not_compared(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": lines(6, last=drawn().splitlines()[5].replace("P2|", "Q777|"))}))
    assert told(clean, "no_baseline")[0].endswith("who has no baseline")


def test_a_stranger_in_the_visits_or_events_looks_like_a_patient_of_the_list(tmp_path):
    people = "id | sex\nP1 | M\nP2 | F\nP3 | F\nP4 | M"
    visits = lines(change={6: ("P2|", "P2l|")})
    events = "id | event | start\nO1 | fever | 2014-01-01\nP44 | fever | 2014-01-01"
    path = cohort(tmp_path, {"p.csv": people, "a.csv": visits, "e.csv": events}, {"p.csv": "subject", "e.csv": "event"})
    clean, _ = cleaned(path)
    assert told(clean, "id_unknown")[0].endswith("is not in the list of patients (it looks like P2)")
    known = {message.split(": ")[1] for message in told(clean, "event_unknown_patient")}
    assert known == {"'O1' is nobody in the cohort (it looks like P1)", "'P44' is nobody in the cohort (it looks like P4)"}


@pytest.mark.parametrize(("rows", "found"), [
    ("P1|fever|2014-01-01|2014-01-20|1|N|\nP1|fever|2014-01-19|2014-01-25|1|N|", {"event_overlaps"}),
    ("P1|fever|2014-01-01|2014-01-20|1|N|\nP1|fever|2014-01-20|2014-01-25|2|N|", set()),
    ("P1|fever|2014-01-01|2014-01-20|1|N|\nP1|rash|2014-01-19|2014-01-25|1|N|", set()),
    ("P1|fever|2014-01-01|2014-01-20|1|N|\nP2|fever|2014-01-19|2014-01-25|1|N|", set()),
    ("P1|fever|2014-01-01||1|N|\nP1|fever|2014-01-19|2014-01-25|1|N|", set()),
    ("P1|fever|2014-01-01|2014-03-20|1|N|\nP1|fever|2014-01-10|2014-01-12|1|N|\nP1|fever|2014-02-01|2014-02-02|1|N|",
     {"event_overlaps"}),
    ("P1|fever|2016-12-01|2016-12-31|1|N|", set()), ("P1|fever|2016-12-01|2017-01-01|1|N|", {"event_ends_late"}),
    ("P1|death|2016-12-01||4|Y|", {"event_fatal"}), ("P1|death|2016-12-01||5|Y|fatal", set()),
    ("P1|sudden cardiac death|2016-12-01||5|N|", {"event_fatal"}), ("P1|死亡|2016-12-01||3||", {"event_fatal"}),
    ("P1|sepsis|2016-12-01||5||recovered", {"event_fatal"}), ("P1|sepsis|2016-12-01||3||died", {"event_fatal"}),
    ("P1|sepsis|2016-12-01||4|N|not recovered", set()), ("P1|fear of death|2016-12-01||2|N|recovered", set()),
    ("P1|foetal death|2016-12-01||3|N|recovered", set()), ("P1|death|2014-12-01|||Y|", {"event_death", "event_ungraded"}),
])  # fmt: skip
def test_events_that_contradict_themselves_are_warned_of_and_kept(tmp_path, rows, found):
    path = cohort(tmp_path, {"a.csv": drawn(), "e.csv": EVENTS.format(rows)}, {"e.csv": "event"}, columns=OUTCOME, study=STUDY)
    clean, data = cleaned(path)
    assert rules(clean) == found
    assert len(data.adae) == len(rows.splitlines())


LABELLED = """\
id visit what value label
P1 BL haq 1.5 remission
P1 Y1 haq 0.5 stable
P1 Y3 haq 0.625 remission
P2 BL haq 0.25 stable"""
LABELS = {"what": {"role": "PARAM", "codes": {"haq": "HAQDI"}}, "value": {"role": "AVAL"}, "label": {"role": "AVALCAT1"}}


def test_a_better_label_beside_the_worse_values_is_doubted(tmp_path):
    """As RAPPORT ships its labels: the half with the higher disability is called remission."""
    exchanged = LABELLED.replace("remission", "x").replace("stable", "remission").replace("x", "stable")
    for name, text, doubted in (("a", LABELLED, True), ("b", exchanged, False)):
        said = found(cohort(tmp_path / name, {"a.csv": text}, shapes={"a.csv": "long"}, columns=LABELS))
        assert ("category_differs" in said) is doubted
    said = found(cohort(tmp_path / "c", {"a.csv": LABELLED}, shapes={"a.csv": "long"}, columns=LABELS))["category_differs"]
    assert "HAQDI labelled 'remission' (0.625 to 1.5) lies above that labelled 'stable' (0.25 to 0.5)" in said


@pytest.mark.parametrize(
    ("value", "state", "doubted"),
    [("2.59", "remission", False), ("2.6", "remission", True), ("3.2", "Low", False), ("3.21", "low", True),
     ("5.2", "HDA", False), ("5.2", "", False)],
)  # fmt: skip
def test_a_state_is_compared_with_the_published_cut_offs(tmp_path, value, state, doubted):
    columns = {"das28": {"paramcd": "DAS28ESR"}, "state": {"role": "AVALCAT1", "of": "DAS28ESR"}}
    text = f"id visit das28 state\nP1 BL 5.9 high\nP1 Y1 {value} {state}\nP2 BL 5.5 high"
    assert ("category_differs" in found(cohort(tmp_path, {"a.csv": text}, columns=columns))) is doubted
