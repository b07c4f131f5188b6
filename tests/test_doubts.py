"""What is not there and what disagrees: visits without a row, identifiers mistyped once, events that contradict themselves."""

import pytest

from tests.support.cohorts import COLUMNS, cleaned, cohort, found, rules
from tests.test_cleaning import drawn

EVENTS = "id | event | start | end | grade | fatal | outcome\n{}"
LONG = {name: COLUMNS[name] for name in ("id", "visit", "item", "result", "unit", "range")}
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


def test_of_several_tables_with_visits_none_is_blamed_for_a_visit_that_nobody_has(tmp_path):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": lines(4), "b.csv": "id | visit | crp\nP1 | BL | 3\nP2 | BL | 4"}))
    absent = clean.records.found().query("rule == 'visit_absent'")
    assert absent[["file", "message"]].to_numpy().tolist() == [
        ["", "1 of 4 patients have no row for the visit Y3 in any of the 2 tables with visits (P1)"]
    ]


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
    ("P1|foetal death|2016-12-01||3|N|recovered", set()), ("P1|pregnancy|2014-01-01||1|N|", {"event_sex"}),
    ("P1|none of these|2014-01-01||1|N|", set()), ("P1|pregnancy of partner|2014-01-01||1|N|", set()),
    ("P2|pregnancy|2014-01-01||1|N|", set()),
    ("P2|前列腺炎|2014-01-01||1|N|", {"event_sex"}), ("P1|Prostatitis|2014-01-01||1|N|", set()),
    ("P1|death|2016-12-01||5|Y|fatal\nP1|fever|2016-12-01||1|N|", set()),
    ("P1|death|2016-12-01||5|Y|fatal\nP1|fever|2016-12-02||1|N|", {"event_death"}),
    ("P1|death|2016-12-01||5|Y|fatal\nP2|fever|2016-12-02||1|N|", set()),
    ("P1|death|2014-12-01|||Y|", {"event_death", "event_ungraded"}),
    ("P1|sepsis|2016-12-01||severe|Y|fatal", {"code_mapped"}),
    ("P1|sepsis|2016-12-01||Grade 3|Y|fatal", {"code_mapped", "event_fatal"}),
])  # fmt: skip
def test_events_that_contradict_themselves_are_warned_of_and_kept(tmp_path, rows, found):
    path = cohort(tmp_path, {"a.csv": drawn(), "e.csv": EVENTS.format(rows)}, {"e.csv": "event"}, columns=OUTCOME, study=STUDY)
    clean, data = cleaned(path)
    assert rules(clean) == found
    assert len(data.adae) == len(rows.splitlines())


@pytest.mark.parametrize("term", ["none", "No adverse events", "无", "未见不良反应", "-", "?", "not done"])
def test_a_row_that_says_there_was_no_event_is_none(tmp_path, term):
    rows = f"P1|{term}|2014-01-01||1|N|\nP1|rash|2014-01-01||1|N|"
    path = cohort(tmp_path, {"a.csv": drawn(), "e.csv": EVENTS.format(rows)}, {"e.csv": "event"}, columns=OUTCOME, study=STUDY)
    clean, data = cleaned(path)
    assert rules(clean) == {"event_unnamed"}
    assert data.adae["AETERM"].tolist() == ["rash"]


def test_a_fatal_event_that_is_called_not_serious_is_doubted(tmp_path):
    rows = "id | event | start | grade | serious\nP1 | sepsis | 2016-12-01 | 5 | {}"
    for serious, expected in {"N": {"event_fatal"}, "Y": set(), "": {"event_ungraded"}}.items():
        files = {"a.csv": drawn(), "e.csv": rows.format(serious)}
        columns = {"serious": {"role": "AESER"}}
        clean, _ = cleaned(cohort(tmp_path / f"{serious}x", files, {"e.csv": "event"}, columns=columns, study=STUDY))
        assert rules(clean) == expected


@pytest.mark.parametrize(("haq", "expected"), [
    ("1.63", set()), ("1.62", set()), ("1.625", set()), ("1.61", {"off_grid"}), ("1.64", {"off_grid"}), ("1.6", {"off_grid"}),
])  # fmt: skip
def test_a_step_of_the_haq_may_be_rounded_to_two_decimals(tmp_path, haq, expected):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": f"id visit haq\nP1 BL 1.75\nP2 BL {haq}"}))
    assert rules(clean) - {"visit_absent"} == expected


def test_an_age_that_nobody_outgrows_is_the_age_at_baseline(tmp_path):
    text = (
        "id visit date age crp\nP1 BL 2013-03-01 41 39\nP1 Y1 2014-03-01 {} 31\nP1 Y3 2016-03-01 {} 24\n"
        "P2 BL 2013-03-01 52 35\nP2 Y1 2014-03-01 52 33\nP2 Y3 2016-03-01 52 21"
    )
    for later, expected in {"41": set(), "44": {"age_jumps"}}.items():
        clean, data = cleaned(cohort(tmp_path / later, {"a.csv": text.format(int(later) - 2 * (later > "41"), later)}))
        assert rules(clean) == expected
        assert data.adsl["AGE"].tolist() == [41, 52]


@pytest.mark.parametrize(("other", "expected"), [
    ("P02", {"id_zeros"}), ("p2", {"id_zeros"}), ("P20", set()), ("Q2", set()), ("2", set()),
    ("-", {"id_missing"}), ("？", {"id_missing"}), ("not done", {"id_missing"}), ("Müller", set()),
])  # fmt: skip
def test_an_identifier_without_its_zeros_or_letters_is_kept_out(tmp_path, other, expected):
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": f"id | visit | crp\nP002 | BL | 39\n{other} | BL | 34\nP5 | BL | 31"}))
    assert rules(clean) - {"visit_absent"} == expected


def test_what_everybody_has_but_some_is_told_once_a_column(tmp_path):
    columns = {"weight": {"role": "COVARIATE"}, "sex": {"role": "SEX"}}
    rows = ["P1 | {0} | 41 | 60 | BL | 39", "P2 | {0} | 50 | | BL | 34", "P3 | {0} | | | BL | 31"]
    text = "\n".join(["id | sex | age | weight | visit | crp", *rows])
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": text.format("F")}, columns=columns))
    lacking = ["column age: 1 of 3 patients have no value", "column weight: 2 of 3 patients have no value"]
    assert sorted(told(clean, "covariate_missing")) == lacking
    clean, _ = cleaned(cohort(tmp_path / "no sex", {"a.csv": text.format("")}, columns=columns))
    assert told(clean, "fact_missing") == ["column sex: no patient has a value"]


UNITS = "id visit esr crp\n" + "\n".join(f"P{n} BL 5{n} {30 + n}\nP{n} Y1 {{}}{n} {{}}" for n in range(1, 6))


@pytest.mark.parametrize(("esr", "crp", "expected"), [
    ("5", ["3.1", "3.3", "2.2", "2.9", "3.4"], {"unit_doubt_visit"}),
    ("1", ["3.1", "3.3", "2.2", "2.9", "3.4"], set()),  # a drug: ESR falls, too
    ("5", ["3.1", "3.3", "2.2", "12", "14"], set()),  # not everybody
    ("5", ["16", "17", "18", "19", "20"], set()),
])  # fmt: skip
def test_a_unit_that_changes_from_one_visit_on_is_doubted(tmp_path, esr, crp, expected):
    text = UNITS.format(*[part for value in crp for part in (esr, value)])
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": text}))
    assert rules(clean) - {"visit_absent"} == expected


def test_two_columns_with_the_same_values_are_told_and_two_that_differ_once_are_not(tmp_path):
    for last, expected in {"9": {"columns_equal"}, "8.5": set()}.items():
        text = "id visit alt crp\n" + "\n".join(f"P{n} BL {n} {n}" for n in range(1, 9)) + f"\nP9 BL 9 {last}"
        clean, _ = cleaned(cohort(tmp_path / last, {"a.csv": text}))
        assert rules(clean) - {"visit_absent", "implausible"} == expected


@pytest.mark.parametrize(("name", "refused"), [("haq (%)", True), ("haq（％）", True), ("haq (score)", False), ("HAQ", False)])
def test_a_percent_sign_in_a_column_name_is_a_unit(tmp_path, name, refused):
    text = f"id,visit,{name}\nP1,BL,1.5\nP2,BL,1.75\n"
    said = found(cohort(tmp_path, {"a.csv": text.encode()}, columns={"haq": {"paramcd": "HAQDI"}}))
    assert ("unit_unknown" in said) == refused


@pytest.mark.parametrize(("text", "expected"), [
    ("4-10", (4, 10)), ("4.0~10.0", (4, 10)), ("[4,0 – 10,0]", (4, 10)), ("（４至１０）", (4, 10)), ("4 to 10", (4, 10)),
    ("<5", (None, 5)), ("≤5.0", (None, 5)), (">3", (3, None)), ("", (None, None)),
    ("10-4", None), ("M 4-10 F 3-9", None), ("4-10 g/dL", None), ("negative", None), ("4", None),
])  # fmt: skip
def test_a_reference_range_in_one_cell_gives_its_limits_or_is_told_to_be_unread(tmp_path, text, expected):
    table = f"id;visit;item;result;unit;range\nP1;BL;WBC;12;10^9/L;{text}\nP2;BL;WBC;12;10^9/L;4-10\n"
    clean, data = cleaned(cohort(tmp_path, {"a.csv": table.replace(";", "\t").encode()}, {"a.csv": "long"}, columns=LONG))
    assert ("limits_unread" in rules(clean)) == (expected is None)
    row = data.adlb[data.adlb["USUBJID"] == "P1"].iloc[0]
    for given, limit in zip(expected or (), (row["ANRLO"], row["ANRHI"]), strict=False):
        assert given is None or limit == given
    assert data.adlb.loc[data.adlb["USUBJID"] == "P2", ["ANRLO", "ANRHI"]].to_numpy().tolist() == [[4, 10]]


@pytest.mark.parametrize(("rows", "used"), [
    ("CREAT 0.8 mg/dL 0.5-0.9, CREAT 71 umol/L 0.5-0.9", [True, False]),
    ("CREAT 0.8 mg/dL 0.5-0.9, CREAT 71 umol/L 44-80", [True, True]),
    ("HGB 12.5 g/dL 12-16, HGB 7.8 mmol/L 12-16", [True, False]),
    ("CRP 8 mg/L <5, CRP 0.8 mg/dL <5", [False, False]), ("CRP 8 mg/L <5, CRP 0.8 mg/dL <0.5", [True, True]),
    ("CRP 8 mg/L <5, ALT 20 U/L <5", [True, True]),
])  # fmt: skip
def test_limits_of_another_unit_than_their_value_give_way_to_the_catalogue_and_are_told(tmp_path, rows, used):
    lines = [f"P{at}\tBL\t" + "\t".join(row.split()) for at, row in enumerate(rows.split(", "), 1)]
    table = "\n".join(["id\tvisit\titem\tresult\tunit\trange", *lines])
    clean, _ = cleaned(cohort(tmp_path, {"a.csv": f"{table}\n".encode()}, {"a.csv": "long"}, columns=LONG))
    doubted = [finding for finding in clean.records.findings if finding.rule == "limits_doubtful"]
    assert sum(finding.count for finding in doubted) == used.count(False)
    assert clean.values["ANRHI"].notna().tolist() == used


def test_a_negative_dipstick_as_the_range_of_a_dipstick_is_no_unread_limit(tmp_path):
    table = "id\tvisit\titem\tresult\tunit\trange\nP1\tBL\tUPRO\tnegativ\t\tnegativ\nP2\tBL\tUPRO\t(+)\t\tsee report\n"
    clean, data = cleaned(cohort(tmp_path, {"a.csv": table.encode()}, {"a.csv": "long"}, columns=LONG))
    assert data.adlb["AVAL"].tolist() == [0, 1]
    assert [finding.count for finding in clean.records.findings if finding.rule == "limits_unread"] == [1]


def test_limits_with_a_decimal_comma_and_in_the_unit_of_the_row_are_converted(tmp_path):
    table = "id;visit;item;result;unit;low;high\nP1;BL;HGB;12,5;g/dL;12,0;16,5\nP2;BL;HGB;13,5;g/dL;12;<16,5\n"
    columns = {name: COLUMNS[name] for name in ("id", "visit", "item", "result", "unit", "low", "high")}
    clean, data = cleaned(cohort(tmp_path, {"a.csv": table.encode()}, {"a.csv": "long"}, columns=columns))
    assert data.adlb[["ANRLO", "ANRHI"]].to_numpy().tolist() == [[120, 165], [120, 165]]
    assert "limits_unread" not in rules(clean)


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


def test_up_to_three_patients_without_a_baseline_are_named_and_more_are_counted(tmp_path):
    few, _ = cleaned(cohort(tmp_path / "few", {"a.csv": lines(2, 5, 8)}))
    assert [said.partition("follow-up of ")[2][:2] for said in told(few, "no_baseline")] == ["P1", "P1", "P2", "P2", "P3", "P3"]
    more = [
        f"N{n} A F {n + 20} Y1 2014-05-{n:02d} {n} 9 {50 + n} {n + 7} 30.{n} 5.9 1.25 {n} {n + 120} 1+" for n in range(11, 15)
    ]
    many, _ = cleaned(cohort(tmp_path / "many", {"a.csv": lines(last="\n".join(more))}))
    said = {message.partition(": ")[2] for message in told(many, "no_baseline")}
    assert said == {"'Y1' is a follow-up of one of 4 patients who have no baseline"}
