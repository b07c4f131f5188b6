"""A first cohort.yml from files that nobody has described: what is guessed, what is left blank, what is refused.

Oracles: the cohort.yml of the default cohort and of RAPPORT, written by hand; small files whose only readings are two.
"""

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from racohort import io
from racohort.checking import check_cohort
from racohort.cleaning import clean_cohort
from racohort.cli import main
from racohort.config import Cohort, parse_cohort
from racohort.intake.guesses import Guess
from racohort.intake.measures import guess_unit, possible_units
from racohort.io import read_catalogue
from racohort.places import project_root
from racohort.quality import count_records
from racohort.schema import CohortError
from tests.support.cohorts import cohort
from tests.support.packages import Trial, adam, sdtm
from tests.support.rapport import rapport_folder

DEFAULT = project_root() / "data" / "cohorts" / "wang2019-synthetic"
RAW = ("demographics.xlsx", "visits.csv", "laboratory.csv", "adverse_events.csv", "medication.csv")
needs_rapport = pytest.mark.skipif(
    not (rapport_folder() / "rapport_wide.csv").is_file(),
    reason=f"RAPPORT IS NOT HERE: no real file was tried. It is looked for in {rapport_folder()}; $RACOHORT_REFERENCE moves it.",
)
TWO_READINGS = """\
patient_id,visit,visit_date,CRP,ESR (mm/h),hgb
001,V1,05/03/2014,1.2,20,120
001,V2,06/04/2015,3.4,30,125
002,V1,07/05/2014,0.4,11,119
002,V2,08/06/2015,2.2,NT,131
003,V1,09/07/2014,0.9,NT,131
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the catalogue and no cohort."""
    (tmp_path / "project" / "data" / "cohorts").mkdir(parents=True)
    (tmp_path / "project" / "data" / "catalogue").symlink_to(project_root() / "data" / "catalogue")
    monkeypatch.setenv("RACOHORT_ROOT", str(tmp_path / "project"))
    return tmp_path / "project"


def described(*files: Path, name: str = "mine", words: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(main, ["cohort", "--name", name, *words, *map(str, files)])


def text_of(root: Path, name: str = "mine") -> str:
    return (root / "data" / "cohorts" / name / "cohort.yml").read_text("utf-8")


def written(tmp_path: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding)
    return path


def guessed(root: Path, path: Path, text: str) -> Cohort:
    path.write_text(text, "utf-8")
    said = described(path)
    assert said.exit_code == 0, said.output
    return parse_cohort(text_of(root))


def meaning(columns: dict) -> dict:
    return {name: (one.role, one.paramcd, one.unit, one.format) for name, one in columns.items()}


def test_the_default_cohort_is_described_as_a_person_described_it(root: Path, tmp_path: Path) -> None:
    said = described(*(DEFAULT / "raw" / name for name in RAW))
    assert said.exit_code == 0, said.output
    by_hand = parse_cohort((DEFAULT / "cohort.yml").read_text("utf-8"))
    found = parse_cohort(text_of(root))
    assert meaning(found.columns) == meaning(by_hand.columns)
    assert found.columns["项目 Item"].codes == by_hand.columns["项目 Item"].codes
    assert {code: visit.day for code, visit in found.visits.items()} == {"BL": 0, "Y1": 365, "Y3": 1095}
    assert [(one.shape, one.expected_rows, one.sha256) for one in found.files] == [
        (one.shape, one.expected_rows, one.sha256) for one in by_hand.files
    ]
    assert found.treatment_start == by_hand.treatment_start
    for name, column in found.columns.items():
        assert (column.codes or {}).items() <= (by_hand.columns[name].codes or {}).items()
    told = parse_cohort(text_of(root).replace("# parameters:", "parameters:")).parameters
    assert told == {name: by_hand.parameters[name] for name in ("primary", "primary_visit")}


def test_the_described_default_cohort_gives_the_values_of_the_committed_one(root: Path, tmp_path: Path) -> None:
    described(*(DEFAULT / "raw" / name for name in RAW), words=("--copy",))
    check_cohort("mine", tmp_path / "mine")
    check_cohort(str(DEFAULT), tmp_path / "committed")
    keys = ["USUBJID", "AVISIT", "PARAMCD"]
    for name in ("adlb", "adqs"):
        mine, committed = (
            pd.read_csv(tmp_path / folder / f"{name}.csv", dtype=str, keep_default_na=False) for folder in ("mine", "committed")
        )
        both = mine[mine["AVISIT"] != ""][[*keys, "AVAL"]].merge(committed[[*keys, "AVAL"]], how="outer", indicator=True)
        assert (both["_merge"] == "both").mean() > 0.99
        assert set(mine["PARAMCD"]) == set(committed["PARAMCD"])
        assert set(mine["USUBJID"]) == set(committed["USUBJID"])


@needs_rapport
def test_the_wide_file_of_rapport_is_described_but_for_sex_and_the_unit_of_time(root: Path) -> None:
    said = described(rapport_folder() / "rapport_wide.csv")
    assert said.exit_code == 0, said.output
    by_hand = parse_cohort((Path(__file__).parent / "cohorts" / "rapport" / "cohort.yml").read_text("utf-8"))
    found = parse_cohort(text_of(root))
    assert found.files[0].shape == "wide"
    assert meaning(found.columns) == {name: one for name, one in meaning(by_hand.columns).items() if name != "sex"}
    assert [visit.labels for visit in found.visits.values()] == [visit.labels for visit in by_hand.visits.values()]
    assert '"sex": codes: M, F' in said.output
    assert "21 if weeks are meant or 91 if months are meant" in said.output


@needs_rapport
def test_the_filled_in_wide_file_of_rapport_passes_the_check(root: Path, tmp_path: Path) -> None:
    described(rapport_folder() / "rapport_wide.csv")
    filled = text_of(root).replace('  # "sex"', '  "sex"').replace("  #   ", "    ")
    filled = filled.replace('"V": ?', '"V": F').replace('"M": ?', '"M": M')
    (root / "data" / "cohorts" / "mine" / "cohort.yml").write_text(filled, "utf-8")
    check_cohort("mine", tmp_path / "out")
    adsl = pd.read_csv(tmp_path / "out" / "adsl.csv", dtype=str, keep_default_na=False)
    assert adsl["SEX"].value_counts().to_dict().keys() >= {"F", "M"}
    assert len(adsl) == 159


@needs_rapport
def test_the_long_file_of_rapport_tells_its_months_and_its_items(root: Path) -> None:
    assert described(rapport_folder() / "rapport_long.csv").exit_code == 0
    found = parse_cohort(text_of(root))
    assert found.files[0].shape == "long"
    assert {code: visit.day for code, visit in found.visits.items()} == {"BL": 0, "M3": 91, "M6": 183, "M9": 274, "M12": 365}
    assert found.columns["measure"].codes == {"haq": "HAQDI", "das": "DAS28", "radai": "RADAI"}
    assert found.columns["outlabel"].role == "AVALCAT1"


@needs_rapport
def test_the_exchanged_labels_of_the_long_file_of_rapport_are_doubted(root: Path, tmp_path: Path) -> None:
    described(rapport_folder() / "rapport_long.csv")
    said = "\n".join(check_cohort("mine", tmp_path / "out"))
    assert "HAQDI labelled 'remission' (0.625 to 3) lies above that labelled 'stable' (0 to 0.5)" in said
    assert "RADAI labelled 'remission'" in said


def test_what_has_two_readings_is_a_blank_with_both(root: Path, tmp_path: Path) -> None:
    found = guessed(root, tmp_path / "two.csv", TWO_READINGS)
    assert '# choose: format: "%d/%m/%Y" or "%m/%d/%Y"' in text_of(root)
    assert "# choose: unit: mg/L or mg/dL; the values are 0.4 to 3.4" in text_of(root)
    assert meaning(found.columns).keys() == {"patient_id", "visit", "ESR (mm/h)", "hgb"}
    assert (found.columns["hgb"].unit, found.missing) == ("g/L", ["", "NT"])


def test_the_check_tells_what_is_still_blank(root: Path, tmp_path: Path) -> None:
    guessed(root, tmp_path / "two.csv", TWO_READINGS)
    assert "not declared, so not read: 'visit_date', 'CRP'" in "\n".join(check_cohort("mine", tmp_path / "out"))


def test_a_blank_that_is_filled_in_is_read(root: Path, tmp_path: Path) -> None:
    guessed(root, tmp_path / "two.csv", TWO_READINGS)
    text = re.sub(r'# ("visit_date".*)"\?"', r'\1"%d/%m/%Y"', text_of(root))
    filled = parse_cohort(re.sub(r'# ("CRP".*)"\?"', r"\1mg/dL", text))
    assert (filled.columns["visit_date"].format, filled.columns["CRP"].unit) == ("%d/%m/%Y", "mg/dL")


@pytest.mark.parametrize(
    ("dates", "format_"),
    [
        (["25/03/2014", "05/04/2015"], "%d/%m/%Y"),
        (["03/25/2014", "05/04/2015"], "%m/%d/%Y"),
        (["2014/3/5", "2015/4/6"], "%Y/%m/%d"),
    ],
)
def test_a_date_that_has_one_reading_gets_its_format(root: Path, tmp_path: Path, dates: list[str], format_: str) -> None:
    rows = f"id,visit,date,crp (mg/L)\n1,baseline,{dates[0]},5\n1,1y,{dates[1]},6\n"
    assert guessed(root, tmp_path / "dates.csv", rows).columns["date"].format == format_


@pytest.mark.parametrize(
    ("header", "values", "unit"),
    [
        ("CRP (mg/dL)", "0.4 3.4", "mg/dL"), ("crp_mg_L", "0.4 3.4", "mg/L"), ("crp", "0.4 3.4", None),
        ("crp", "12 160", "mg/L"), ("hgb", "11.9 15.1", "g/dL"), ("hgb", "119 131", "g/L"), ("wbc", "5400 7200", "10^6/L"),
        ("alt", "20 60", "U/L"), ("alt", "0.3 1.1", "ukat/L"),
        ("CRP (ng/mL)", "4 34", None), ("crp_mgl", "4 34", "mg/L"), ("esr_mmh", "4 34", "mm/h"), ("crp_xyz", "4 34", None),
    ],
)  # fmt: skip
def test_a_unit_is_what_the_name_says_or_the_only_one_that_is_possible(
    root: Path, tmp_path: Path, header: str, values: str, unit: str | None
) -> None:
    first, second = values.split()
    found = guessed(root, tmp_path / "unit.csv", f"id,visit,{header}\n1,baseline,{first}\n1,1y,{second}\n")
    assert (header in found.columns) == (unit is not None)
    assert unit is None or found.columns[header].unit == unit


@pytest.mark.parametrize("header", ["NEUT%", "urine albumin", "极低密度脂蛋白胆固醇", "BUN", "CRP date", "hemaglobin"])
def test_a_name_that_says_something_else_than_an_analyte_is_no_analyte(root: Path, tmp_path: Path, header: str) -> None:
    found = guessed(root, tmp_path / "other.csv", f"id,visit,{header}\n1,baseline,40\n1,1y,50\n")
    assert header not in found.columns
    assert "choose" in text_of(root).split(f'# "{header}"')[0].splitlines()[-2]


@pytest.mark.parametrize(
    ("words", "meanings"),
    [("M F", {"M": "M", "F": "F"}), ("W M", {"W": "F", "M": "M"}), ("女 男", {"女": "F", "男": "M"}), ("V M", None),
     ("H M", None), ("1 2", None), ("Masculino Feminino", {"Masculino": "M", "Feminino": "F"}), ("Masculino X", None)],
)  # fmt: skip
def test_codes_of_sex_are_filled_in_where_they_have_one_meaning(
    root: Path, tmp_path: Path, words: str, meanings: dict[str, str] | None
) -> None:
    first, second = words.split()
    found = guessed(root, tmp_path / "sex.csv", f"id,sex,crp (mg/L)\n1,{first},5\n2,{second},6\n")
    assert (found.columns["sex"].codes if "sex" in found.columns else None) == meanings


def test_decimal_commas_are_declared_and_thousands_asked_about(root: Path, tmp_path: Path) -> None:
    found = guessed(root, tmp_path / "commas.csv", 'id,visit,crp (mg/L),alt (U/L)\n1,bl,"5,25","1,234"\n1,1y,"6,5","2,345"\n')
    assert found.columns["crp (mg/L)"].decimal == ","
    assert "alt (U/L)" not in found.columns
    assert "a decimal or a thousands mark" in text_of(root)


def test_one_name_with_two_meanings_is_declared_for_each_file(root: Path, tmp_path: Path) -> None:
    visits = written(tmp_path, "visits.csv", "id,visit,date,crp (mg/L)\n1,baseline,2014-01-02,5\n1,1y,2015-01-03,6\n")
    events = written(tmp_path, "events.csv", "id,adverse event,date,grade\n1,Fever,2014-02-02,1\n")
    assert described(visits, events).exit_code == 0
    found = parse_cohort(text_of(root))
    assert "date" not in found.columns
    assert [one.columns["date"].role for one in found.files] == ["ADT", "ASTDT"]


def test_items_of_a_laboratory_without_units_are_mapped_only_where_the_unit_is_certain(root: Path, tmp_path: Path) -> None:
    rows = "id,visit,test,result\n1,baseline,Haemoglobin,130\n1,1y,Haemoglobin,125\n1,baseline,CRP,2\n1,1y,CRP,3\n1,1y,Foo,3\n"
    codes = guessed(root, tmp_path / "long.csv", rows).columns["test"].codes
    assert codes == {"Haemoglobin": "HGB"}
    assert '# "CRP": ?  # choose: "CRP mg/L" or "CRP mg/dL"; the values are 2 to 3' in text_of(root)
    assert '# "Foo": ?  # choose: a PARAMCD' in text_of(root)


def test_a_trial_package_keeps_its_own_names(root: Path, tmp_path: Path) -> None:
    adsl = written(tmp_path, "adsl.csv", "USUBJID,SEX,AGE,TRTSDT,SAFFL\nA-1,F,50,2014-01-01,Y\nA-2,M,60,2014-01-02,Y\n")
    rows = "".join(f"A-{n},CRP,{visit},{value},mg/L\n" for n in (1, 2) for visit, value in (("Baseline", 12), ("Week 24", 9)))
    adlb = written(tmp_path, "adlb.csv", "USUBJID,PARAMCD,AVISIT,AVAL,AVALU\n" + rows)
    assert described(adsl, adlb).exit_code == 0
    found = parse_cohort(text_of(root))
    assert [one.shape for one in found.files] == ["adam", "adam"]
    assert {code: visit.labels for code, visit in found.visits.items()} == {"BL": ["Baseline"], "W24": ["Week 24"]}
    assert "2 of 2 patients kept" in "\n".join(check_cohort("mine", tmp_path / "out"))


def test_codes_of_a_package_that_no_catalogue_knows_are_named_and_can_be_taken_up(root: Path, tmp_path: Path) -> None:
    rows = "".join(
        f"A-{n},{code},{label},{visit},{value},{derived}\n"
        for n in (1, 2, 3)
        for code, label in (("ACTOT", "ADAS-Cog(11) Subscore"), ("SOLUB", "Soluble factor (pg/mL)"))
        for visit, value, derived in (("Baseline", 12 + n, ""), ("Week 24", 9 + n, ""), ("Weeks 4-24", 9, "AVERAGE"))
    )
    adqs = written(tmp_path, "adqs.csv", f"USUBJID,PARAMCD,PARAM,AVISIT,AVAL,DTYPE\n{rows}A-1,WORDS,Words,Baseline,,\n")
    said = described(adqs).output
    assert "Codes of these files that the catalogue lacks and that will not be read: ACTOT, SOLUB. `analytes`" in said
    text = text_of(root)
    assert '#   ACTOT: {label: "ADAS-Cog(11) Subscore", unit: "", domain: "QS"}  # 9 numbers, 9 to 15' in text
    assert '#   SOLUB: {label: "Soluble factor", unit: "pg/mL", domain: "QS"}' in text
    assert {code: visit.labels for code, visit in parse_cohort(text).visits.items()} == {"BL": ["Baseline"], "W24": ["Week 24"]}
    taken = text.replace("# analytes:\n", "analytes:\n").replace("#   ACTOT", "  ACTOT")
    (root / "data" / "cohorts" / "mine" / "cohort.yml").write_text(taken, "utf-8")
    check_cohort("mine", tmp_path / "out")
    assert set(pd.read_csv(tmp_path / "out" / "adqs.csv")["PARAMCD"]) == {"ACTOT"}


@pytest.mark.parametrize(("package", "start"), [(adam, "TRTSDT"), (sdtm, "EXSTDTC")])
@pytest.mark.parametrize("kind", ["csv", "xpt"])
def test_a_whole_package_needs_nothing_filled_in_and_is_read_as_the_study_it_is(
    root: Path, tmp_path: Path, package: Callable[..., str], start: str, kind: str
) -> None:
    folder = Path(package(Trial(1), tmp_path / "raw", kind))
    (folder / "cohort.yml").unlink()
    done = described(*sorted(folder.iterdir()))
    assert "Nothing is left to fill in." in done.output
    assert ("A code of these files that the catalogue lacks and that will not be read: XYZ." in done.output) is (package is adam)
    found = parse_cohort(text_of(root))
    assert {one.shape for one in found.files} == {package.__name__}
    assert (found.columns, found.treatment_start.column) == ({}, start)
    assert {code: visit.day for code, visit in found.visits.items()} == {"BL": 0, "W12": 84, "W24": 168}
    assert "8 of 8 patients kept" in "\n".join(check_cohort("mine", tmp_path / "out"))


def test_text_above_the_header_and_two_encodings_are_seen(root: Path, tmp_path: Path) -> None:
    above = written(tmp_path, "above.csv", "Export of 2014\nid,visit,crp (mg/L)\n1,baseline,5\n1,1y,6\n")
    latin = written(tmp_path, "latin.csv", "id,site\n1,Orléans\n", "cp1252")
    assert described(above, latin).exit_code == 0
    assert parse_cohort(text_of(root)).files[0].header_line == 2
    assert "# encoding:   # choose: cp1252 or gb18030" in text_of(root)


GERMAN_WIDE = """\
Pat_Nr;Geschlecht;Datum_T0;Datum_T1;DrGel28_T0;DrGel28_T1;CRP_mgl_T0;CRP_mgl_T1;DAS28_BSG_T0;DAS28_BSG_T1;VAS_X_T0;VAS_X_T1
001;w;03.02.2014;04.02.2015;12;5;12,5;-9;5,12;3,25;60;20
002;m;13.02.2014;14.02.2015;9;4;8,25;3,5;4,75;2,5;55;-9
003;w;23.02.2014;24.02.2015;7;-9;9,5;-9;4,1;2,9;50;30
"""
FRENCH = """\
N° patient;Sexe;Âge;Visite;Date de visite;NAD (28);VS (mm/h);DAS28-VS;Hémoglobine (g/dL);Créatinine (µmol/L)
001;Femme;56;Inclusion;13/02/2014;12;40;5,1;12,1;62
001;Femme;56;M12;14/02/2015;5;20;3,2;12,9;64
002;Homme;61;Inclusion;15/02/2014;9;35;4,9;13,8;80
002;Homme;61;M12;16/02/2015;4;18;2,8;14,1;78
"""


def test_a_german_table_of_visits_in_names_with_a_code_for_missing_leaves_only_what_is_ambiguous(
    root: Path, tmp_path: Path
) -> None:
    said = described(written(tmp_path, "register.csv", GERMAN_WIDE)).output
    assert "Left to fill in, 3 blanks" in said
    assert '"VAS_X_{visit}": {paramcd: PTGA} or' in said
    found = parse_cohort(text_of(root))
    analytes = {name: (one.paramcd, one.unit) for name, one in found.columns.items() if one.paramcd}
    assert analytes == {
        "DrGel28_{visit}": ("TJC28", None), "CRP_mgl_{visit}": ("CRP", "mg/L"), "DAS28_BSG_{visit}": ("DAS28ESR", None),
    }  # fmt: skip
    assert found.missing == ["", "-9"]


def test_a_french_table_is_known_by_its_names_accents_or_none(root: Path, tmp_path: Path) -> None:
    found = guessed(root, tmp_path / "suivi.csv", FRENCH)
    assert [one.role or one.paramcd for one in found.columns.values()] == [
        "USUBJID", "SEX", "AGE", "AVISIT", "ADT", "TJC28", "ESR", "DAS28ESR", "HGB", "CREAT",
    ]  # fmt: skip
    assert list(found.visits) == ["BL", "Y1"]


def test_sheets_of_a_visit_each_under_groups_names_and_units_are_read_whole_and_their_notes_are_no_patients(
    root: Path, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Exported by the data manager"])
    for name, crp in (("Baseline", 12.5), ("6 months", 4.5)):
        sheet = book.create_sheet(name)
        for row in (
            [f"{name} assessment"], ["Study No", "Visit date", "Joints", "", "ESR", "CRP"],
            ["", "", "Tender (0-28)", "Swollen (0-28)", "", ""], ["", "", "", "", "mm/h", "mg/L"],
            ["RA-01", "2014-02-03", 9, 8, 25, crp], ["RA-02", "2014-02-04", 7, 5, 30, crp + 1], [],
            ["blood taken fasting"],
        ):  # fmt: skip
            sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    said = described(tmp_path / "book.xlsx")
    assert "The sheet 'Sheet' of book.xlsx holds no table and was left out." in said.output
    found = parse_cohort(text_of(root))
    assert [one.visit for one in found.files] == ["BL", "M6"]
    assert {name: one.paramcd for name, one in found.columns.items() if one.paramcd} == {
        "Tender (0-28)": "TJC28", "Swollen (0-28)": "SJC28", "ESR (mm/h)": "ESR", "CRP (mg/L)": "CRP",
    }  # fmt: skip
    told = "\n".join(check_cohort("mine", tmp_path / "out"))
    assert told.count("'blood taken fasting' stands alone in its row: a title or a note, no patient") == 2
    assert "2 of 2 patients kept" in told


def test_codes_beside_the_names_of_a_laboratory_and_an_empty_column_are_left_out(root: Path, tmp_path: Path) -> None:
    names, codes = ("血红蛋白", "肌酐", "白细胞"), ("HGB", "CREA", "WBC")
    lines = "".join(f"007,{codes[n]},{names[n]},{n + 60},,2014-05-0{n + 1}\n" for n in range(3))
    found = guessed(root, tmp_path / "lis.csv", f"登记号,项目代码,项目名称,结果,附注,采样时间\n{lines}")
    assert [found.columns[name].role for name in ("项目代码", "项目名称", "附注")] == ["IGNORE", "PARAM", "IGNORE"]
    assert "it names the items, as '项目名称' does" in text_of(root)
    assert "guessed: it holds nothing" in text_of(root)


def test_every_sheet_of_a_workbook_is_a_table(root: Path, tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "both.xlsx") as book:
        pd.DataFrame({"id": ["1", "2"], "sex": ["F", "M"]}).to_excel(book, sheet_name="people", index=False)
        pd.DataFrame({"id": ["1", "1"], "visit": ["V0", "1y"], "crp (mg/L)": [4, 5]}).to_excel(book, sheet_name="v", index=False)
    assert described(tmp_path / "both.xlsx").exit_code == 0
    assert [(one.sheet, one.shape) for one in parse_cohort(text_of(root)).files] == [("people", "subject"), ("v", "visit")]


def test_a_workbook_with_a_sheet_for_each_visit_and_names_over_three_lines_is_read_as_it_stands(
    root: Path, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    days = {"基线": ("2019-03-05", "2019/3/8", "2019年3月10日"), "3个月": ("2019-06-05", "2019/6/8", "2019年6月10日")}
    for visit, dates in days.items():
        sheet = book.create_sheet(visit)
        sheet.append([f"{visit}随访表"])
        sheet.append(["住院号", "随访日期", "关节", None, "实验室检查", None])
        sheet.append([None, None, "压痛关节数(28)", "肿胀关节数(28)", "CRP", "ESR"])
        sheet.append([None, None, "个", "个", "mg/L", "mm/h"])
        for n, day in enumerate(dates, 1):
            sheet.append([f"ZY{n}", day, 4 * n, 2 * n, f"{9.5 * n + len(visit)}", 20 * n])
        sheet.append(["合计", 3])
        sheet.append(["注：CRP 检测下限 3.13 mg/L"])
    book.remove(book.worksheets[0])
    book.save(tmp_path / "form.xlsx")
    assert described(tmp_path / "form.xlsx").exit_code == 0
    found = parse_cohort(text_of(root))
    assert [(one.header_line, one.header_rows, one.visit) for one in found.files] == [(2, 3, "BL"), (2, 3, "M3")]
    assert found.columns["CRP (mg/L)"].unit == "mg/L"
    assert found.columns["随访日期"].format == "%Y-%m-%d"
    said = "\n".join(check_cohort("mine", tmp_path / "out"))
    assert "3 of 3 patients kept" in said
    assert "form.xlsx, sheet 3个月: line 8, column 住院号: '合计' stands where an identifier should be" in said
    values = pd.concat([pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("adlb", "adqs")])
    assert values.groupby("AVISIT")["USUBJID"].nunique().to_dict() == {"BL": 3, "M3": 3}


def test_a_wide_table_tells_its_visits_by_words_that_stand_beside_the_same_analytes(root: Path, tmp_path: Path) -> None:
    names = [
        f"{analyte} ({unit}).{label}" for analyte, unit in (("ALT", "U/L"), ("AST", "U/L"), ("ALP", "U/L")) for label in "BM"
    ]
    rows = "\n".join(",".join([f"P{n}", *[str(20 + n + place) for place in range(6)]]) for n in range(4))
    found = guessed(root, tmp_path / "liver.csv", f"id,{','.join(names)}\n{rows}\n")
    assert found.files[0].shape == "wide"
    assert {code: visit.labels for code, visit in found.visits.items()} == {"BL": ["B"], "M": ["M"]}
    assert found.columns["ALT (U/L).{visit}"].paramcd == "ALT"


BEFORE_AND_AFTER = {
    "CRP_pre (mg/L)": "CRP_post (mg/L)", "preCRP": "postCRP", "CRP (before)": "CRP (after)", "治疗前CRP": "治疗后CRP",
    "CRP before treatment": "CRP after treatment",
}  # fmt: skip


@pytest.mark.parametrize("before", BEFORE_AND_AFTER)
def test_before_and_after_are_the_two_visits_of_a_wide_table_and_only_the_day_after_is_asked(
    root: Path, tmp_path: Path, before: str
) -> None:
    header = f"Patient ID,Gender (1=male，2=female),birth_year,{before},{BEFORE_AND_AFTER[before]}".replace("，", "; ")
    rows = "\n".join(f"P{n},{n % 2 + 1},19{50 + n},{109.5 + n},{14.5 + n}" for n in range(6))
    found = guessed(root, tmp_path / "wide.csv", f"{header}\n{rows}\n")
    crp = next(column for name, column in found.columns.items() if "CRP" in name)
    assert (crp.paramcd, crp.unit) == ("CRP", "mg/L")
    assert dict(found.columns["Gender (1=male; 2=female)"].codes) == {"2": "F", "1": "M"}
    assert (found.columns["birth_year"].role, found.columns["birth_year"].format) == ("BIRTHDT", "%Y")
    assert [visit.day for visit in found.visits.values()] == [0, None]
    assert text_of(root).count("choose:") == 3  # the line that explains the word, the later day, the start of treatment


def test_an_analyte_that_holds_no_and_yes_alone_is_asked_to_be_a_fact_about_the_patient(root: Path, tmp_path: Path) -> None:
    rows = "\n".join(f"P{n},{n % 2},{'neg' if n % 3 else 'pos'},{n % 2 + 1}" for n in range(12))
    found = guessed(root, tmp_path / "people.csv", f"patient id,RF (IU/mL),anti-CCP,Sex 1=m 2=f\n{rows}\n")
    text = text_of(root)
    assert dict(found.columns["Sex 1=m 2=f"].codes) == {"1": "M", "2": "F"}
    assert "{role: COVARIATE}, {paramcd: RF} or {role: IGNORE}; it holds 0 and 1 only" in text
    assert "{paramcd: ACCP}, {role: COVARIATE} or {role: IGNORE}; its cells are no numbers" in text


@pytest.mark.parametrize("later", ["6 months", "Week 26", "6_Monate"])
def test_a_number_with_its_unit_of_time_is_the_label_of_a_wide_column(root: Path, tmp_path: Path, later: str) -> None:
    header = f"id,Baseline CRP (mg/L),{later} CRP (mg/L),Baseline Date,{later} Date"
    rows = "\n".join(f"P{n},{9.5 + n},{4.5 + n},2019-01-0{n + 1},2019-07-0{n + 1}" for n in range(4))
    found = guessed(root, tmp_path / "wide.csv", f"{header}\n{rows}\n")
    assert found.columns["{visit} CRP (mg/L)"].paramcd == "CRP"
    assert found.columns["{visit} Date"].role == "ADT"
    assert [visit.labels for visit in found.visits.values()] == [["Baseline"], [later]]


def test_zero_and_one_are_no_and_yes_of_seriousness_and_one_and_two_are_asked_about(root: Path, tmp_path: Path) -> None:
    for number, codes in enumerate(("01", "12")):
        rows = "\n".join(f"P{n},Fever,2014-02-0{n + 1},{code}" for n, code in enumerate(codes))
        table = written(tmp_path, f"events{number}.csv", f"id,adverse event,start date,serious\n{rows}\n")
        assert described(table, name=f"mine{number}").exit_code == 0
        assert ('"1": "Y"' in text_of(root, f"mine{number}")) is (codes == "01")


def test_a_column_of_medicines_beside_age_and_sex_is_a_fact_of_a_visit_and_many_unknown_columns_are_told_in_one_line(
    root: Path, tmp_path: Path
) -> None:
    more = [f"x{chr(97 + n)}" for n in range(9)]
    rows = "".join(f"P{n},{visit},40,F,reduced,{','.join('3' * 9)}\n" for n in (1, 2) for visit in ("baseline", "1y"))
    done = described(written(tmp_path, "diary.csv", f"id,visit,age,sex,medication,{','.join(more)}\n{rows}"))
    assert parse_cohort(text_of(root)).files[0].shape == "visit"
    assert '  10 columns: {paramcd: ...}, {role: COVARIATE} or {role: IGNORE}: "medication", "xa", "xb",' in done.output
    assert '"xa": {paramcd' not in done.output


def test_a_baseline_in_a_column_of_its_own_is_no_fact_and_the_first_visit_is_none(root: Path, tmp_path: Path) -> None:
    rows = "".join(f"{who},{time},{who + time},{who}\n" for who in (2, 3) for time in (1, 3, 5))
    assert described(written(tmp_path, "trial.csv", f"id,time,y,baseline\n{rows}")).exit_code == 0
    assert "of a column's baseline: list the file once more, with shape: wide and columns: {" in text_of(root)
    visits = parse_cohort(text_of(root)).visits
    assert {code: visit.labels for code, visit in visits.items()} == {"BL": [], "V1": ["1"], "V3": ["3"], "V5": ["5"]}


def test_patients_named_once_a_block_are_asked_about_and_read_where_it_is_said(root: Path, tmp_path: Path) -> None:
    rows = "Pat.-Nr.;Sexo;Visite;CRP (mg/l)\n1;m;Baseline;5,1\n;;Monat 6;3,2\n2;f;Baseline;4,1\n;;Monat 6;2,2\n"
    blocks = written(tmp_path, "blocks.csv", rows)
    assert 'fill_down: ["Pat.-Nr.", "Sexo"], if the 2 rows without an identifier belong to' in described(blocks).output
    assert parse_cohort(text_of(root)).files[0].fill_down == []
    text = re.sub(r"# fill_down:   # choose: (\[.*\]),.*", r"fill_down: \1", text_of(root))
    (root / "data" / "cohorts" / "mine" / "cohort.yml").write_text(text, "utf-8")
    assert "4 rows read from 1 table, 4 used; 2 of 2 patients kept." in check_cohort("mine", tmp_path / "out")


def test_a_laboratory_with_dates_alone_has_visits_from_each_patient_s_first_date_on(root: Path, tmp_path: Path) -> None:
    days = {"P1": ("2020-01-09", "2020-04-02"), "P2": ("2020-02-01", "2020-05-05")}
    lab = "id,采样时间,检验项目,结果,单位\n" + "".join(
        f"{who},{day},血沉,3{n},mm/h\n" for who, both in days.items() for n, day in enumerate(both)
    )
    assert described(written(tmp_path, "lis.csv", lab)).exit_code == 0
    assert {code: visit.window for code, visit in parse_cohort(text_of(root)).visits.items()} == {
        "BL": [-45, 45],
        "M3": [46, 136],
    }
    check_cohort("mine", tmp_path / "out")
    values = pd.concat([pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("adlb", "adqs")])
    assert values[["USUBJID", "AVISIT", "ADY"]].drop_duplicates().to_numpy().tolist() == [
        ["P1", "BL", 1], ["P1", "M3", 85], ["P2", "BL", 1], ["P2", "M3", 95],
    ]  # fmt: skip


HOSTILE = ['a"b', "a: {b", "# no", "!tag", "&x *y", "{visit}", "a\\nb", "- x", "null", "\u2028", "%TAG", "a'b", "\x07", "@", "?"]


def test_hostile_names_and_words_stay_text(root: Path, tmp_path: Path) -> None:
    header = ["id", "arm", *HOSTILE]
    rows = [["1", "x", *HOSTILE], ["2", "y", *HOSTILE]]
    pd.DataFrame(rows, columns=header).to_csv(tmp_path / "bad.csv", index=False)
    assert described(tmp_path / "bad.csv").exit_code == 0
    assert parse_cohort(text_of(root)).columns.keys() == {"id", "arm"}
    items = "".join(f'1,baseline,"{word.replace(chr(34), chr(34) * 2)}",{n}\n' for n, word in enumerate(HOSTILE))
    items += "".join(f"1,baseline,{name},40\n" for name in ("ESR", "TJC28", "SJC28", "ALT", "AST"))
    found = guessed_again(root, tmp_path / "items.csv", "id,visit,item,result\n" + items)
    assert found.columns["item"].codes == {"TJC28": "TJC28", "SJC28": "SJC28", "ESR": "ESR", "ALT": "ALT", "AST": "AST"}


def guessed_again(root: Path, path: Path, text: str) -> Cohort:
    path.write_text(text, "utf-8")
    said = described(path, name="again")
    assert said.exit_code == 0, said.output
    return parse_cohort(text_of(root, "again"))


def test_a_cohort_that_exists_is_never_replaced(root: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "two.csv", TWO_READINGS)
    described(file)
    (root / "data" / "cohorts" / "mine" / "cohort.yml").write_text("mine\n")
    said = described(file)
    assert (said.exit_code, text_of(root)) == (2, "mine\n")
    assert "never replaced" in said.output


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "-x", "a b", "x;touch P", "$(touch P)"])
def test_a_name_that_is_none_is_refused(root: Path, tmp_path: Path, name: str) -> None:
    said = described(written(tmp_path, "two.csv", TWO_READINGS), name=name)
    assert said.exit_code == 2
    assert ("cannot be a name" if name else "no name. Name it: make cohort") in said.output
    assert list((root / "data" / "cohorts").iterdir()) == []


def test_a_file_that_cannot_be_read_writes_nothing(root: Path, tmp_path: Path) -> None:
    pdf = written(tmp_path, "a.csv", "%PDF-1.4")
    for said in (described(pdf), described(tmp_path / "nowhere.csv"), described()):
        assert said.exit_code == 2
        assert "Traceback" not in said.output
    assert list((root / "data" / "cohorts").iterdir()) == []


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.ods", "PK", "save it as XLSX"), ("a.json", "{}", "Export the data as CSV"), ("a.pdf", "%PDF-1.4", "Ask for the table"),
    ("a.rds", "RDX3", "write.csv"), ("scan.JPG", "JFIF", "Ask for the table"), ("~$a.xlsx", "admin", "Close the program"),
    ("a.xls", "<html><table>", "save it as XLSX"), ("a.accdb", "Jet", "Export each of its tables"),
    ("a.xlsx", "\xd0\xcf\x11\xe0 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", "without one"),
])  # fmt: skip
def test_a_file_of_another_program_is_called_what_it_is_and_the_way_to_a_table_told(root, tmp_path, name, content, said) -> None:
    told = described(written(tmp_path, name, content, "latin-1"))
    assert told.exit_code == 2
    assert said in told.output
    assert "kind CSV" not in told.output
    assert list((root / "data" / "cohorts").iterdir()) == []


def test_a_folder_is_no_file_and_its_files_are_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    assert "is a folder. It holds no file." in described(tmp_path / "raw").output
    written(tmp_path / "raw", "visits.csv", TWO_READINGS)
    assert "is a folder. Name its files: 'visits.csv'." in described(tmp_path / "raw").output


TIMED = """id,visit,{time},crp,death.dt
1,1,0,39.6,
1,2,0.9,20.1,
1,3,3.1,12.0,
2,1,0,30.2,2016-03-01
2,2,1.1,22.0,2016-03-01
2,3,2.9,11.0,2016-03-01
3,1,0,30.2,
3,2,1.0,22.0,
3,3,3.0,11.0,
"""


@pytest.mark.parametrize(("time", "days"), [("month", [0, 30, 91]), ("time (weeks)", [0, 7, 21]), ("time", [0, None, None])])
def test_numbered_visits_take_their_days_from_a_column_of_times_that_names_its_unit(root, tmp_path, time, days) -> None:
    said = described(written(tmp_path, "a.csv", TIMED.format(time=time)))
    assert said.exit_code == 0, said.output
    assert [visit.day for visit in parse_cohort(text_of(root)).visits.values()] == days
    assert parse_cohort(text_of(root)).columns["death.dt"].role == "DTHDT"


def test_a_chinese_name_gets_an_id_of_its_own(root: Path, tmp_path: Path) -> None:
    assert described(written(tmp_path, "two.csv", TWO_READINGS), name="西安").exit_code == 0
    found = parse_cohort(text_of(root, "西安"))
    assert (found.id, found.title) == ("cohort", "西安")


def test_files_stay_where_they_are_or_are_copied(root: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "my visits.csv", TWO_READINGS)
    described(file)
    described(file, name="copied", words=("--copy",))
    assert parse_cohort(text_of(root)).files[0].path == str(file)
    assert parse_cohort(text_of(root, "copied")).files[0].path == "raw/my visits.csv"
    assert (root / "data" / "cohorts" / "copied" / "raw" / "my visits.csv").read_text() == TWO_READINGS


def test_the_variables_of_make_are_read_with_quotation_marks(root: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "my visits; touch P.csv", TWO_READINGS)
    said = CliRunner().invoke(main, ["cohort"], env={"RC_NAME": "made", "RC_FROM": shlex.quote(str(file)), "RC_COPY": ""})
    assert said.exit_code == 0, said.output
    assert said.output.splitlines()[-1] == "Look through it, then: make check COHORT=made"
    open_mark = CliRunner().invoke(main, ["cohort"], env={"RC_NAME": "open", "RC_FROM": "'a"})
    assert open_mark.exit_code == 2
    assert "FROM=" in open_mark.output
    assert not os.path.exists("P")


def test_the_same_files_give_the_same_text(root: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "two.csv", TWO_READINGS)
    described(file)
    described(file, name="other")
    assert text_of(root).replace("mine", "other") == text_of(root, "other")


def test_a_cohort_without_a_baseline_word_starts_with_its_first_visit(root: Path, tmp_path: Path) -> None:
    rows = "".join(f"{n},{v},2014-0{v + 1}-1{n},5\n" for n in range(1, 5) for v in (1, 2, 3))
    found = guessed(root, tmp_path / "numbered.csv", "id,visit,date,crp (mg/L)\n" + rows)
    assert [(code, visit.labels) for code, visit in found.visits.items()] == [("BL", ["1"]), ("V2", ["2"]), ("V3", ["3"])]
    assert found.visits["V2"].day is not None
    with pytest.raises(CohortError):
        parse_cohort("id: x\n")


def test_the_walk_through_shows_what_the_command_prints_and_writes(root: Path, tmp_path: Path) -> None:
    page = (project_root_of_the_pages() / "data" / "README.md").read_text("utf-8")
    shown = re.findall(r"```(?:text|console)\n(.*?)```", page, re.DOTALL)
    pairs = [re.split(r"\s{2,}", line) for line in shown[0].strip().splitlines()]
    visits = written(tmp_path, "visits.csv", "\n".join(pair[0] for pair in pairs) + "\n")
    patients = written(tmp_path, "patients 2014.csv", "\n".join(pair[1] for pair in pairs if len(pair) > 1) + "\n")
    said = described(visits, patients, name="xian-2014", words=("--copy",)).output.splitlines()
    front = (project_root_of_the_pages() / "README.md").read_text("utf-8")
    for line in said[1:]:
        assert line in shown[1].splitlines()
        assert line in front.splitlines()
    assert set(shown[2].splitlines()) <= set(text_of(root, "xian-2014").splitlines())
    assert shown[3].splitlines()[1] in check_cohort("xian-2014", tmp_path / "out")


def test_the_page_on_your_own_cohort_shows_what_the_commands_print_from_files_to_check(root: Path, tmp_path: Path) -> None:
    page = (project_root_of_the_pages() / "book" / "use-your-own-cohort.md").read_text("utf-8")
    files = re.findall(r"```{code-block} text\n:caption: (.*?)\n(.*?)```", page, re.DOTALL)
    cohort, check, report = re.findall(r"```{code-block} console\n(.*?)```", page, re.DOTALL)
    blocks = dict(re.findall(r"```{code-block} text\n:class: (.*?)\n(.*?)```", page, re.DOTALL))
    said = described(*(written(tmp_path, name, text) for name, text in files), name="xian-2014", words=("--copy",))
    assert said.output.splitlines()[1:] == cohort.splitlines()[2:]
    text = text_of(root, "xian-2014")
    assert set(blocks["written"].splitlines()) <= set(text.splitlines())
    for line in blocks["filled"].splitlines():
        start = line.strip().partition(":")[0]
        text, changed = re.subn(rf"^(\s*)# {re.escape(start)}:.*$", lambda _, line=line: line, text, flags=re.MULTILINE)
        assert changed == 1
    (root / "data" / "cohorts" / "xian-2014" / "cohort.yml").write_text(text, "utf-8")
    assert check_cohort("xian-2014", tmp_path / "out")[:-1] == check.splitlines()[1:]
    assert report == "$ make report COHORT=xian-2014\n"


def project_root_of_the_pages() -> Path:
    return Path(__file__).resolve().parents[1]


REDCAP = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,vd,lab1,ae_term,ae_start,visit_complete
1,baseline_arm_1,,,1,2014-01-02,12.5,,,2
1,12_months_arm_1,,,,2015-01-02,8.5,,,2
1,baseline_arm_1,adverse_events,1,,,,Fever,2014-02-01,
2,baseline_arm_1,,,2,2014-02-02,33,,,2
2,12_months_arm_1,,,,2015-02-02,30,,,2
"""
DICTIONARY = """\
Variable / Field Name,Field Label,"Choices, Calculations, OR Slider Labels",Field Note
sex,Sex,"1, Female | 2, Male",
vd,Date of visit,,
lab1,C-reactive protein,,mg/L
ae_term,Adverse event,,
ae_start,Onset date,,
"""


def test_an_export_of_redcap_is_described_by_its_dictionary_and_by_its_kinds_of_row(root: Path, tmp_path: Path) -> None:
    files = written(tmp_path, "export.csv", REDCAP), written(tmp_path, "dictionary.csv", DICTIONARY)
    said = described(*files)
    assert "dictionary.csv was used as a data dictionary" in said.output
    found = parse_cohort(text_of(root))
    assert [(one.shape, one.rows) for one in found.files] == [
        ("visit", {"redcap_repeat_instrument": ""}), ("event", {"redcap_repeat_instrument": "adverse_events"}),
    ]  # fmt: skip
    assert found.columns["sex"].codes == {"1": "F", "2": "M"}
    assert (found.columns["lab1"].paramcd, found.columns["lab1"].unit) == ("CRP", "mg/L")
    assert found.columns["vd"].format == "%Y-%m-%d"
    assert {code: visit.labels for code, visit in found.visits.items()} == {"BL": ["baseline_arm_1"], "Y1": ["12_months_arm_1"]}
    lines = check_cohort("mine", tmp_path / "out")
    assert "5 rows read from 2 tables, 5 used; 2 of 2 patients kept." in lines
    assert pd.read_csv(tmp_path / "out" / "adae.csv")["AETERM"].tolist() == ["Fever"]


def test_without_its_dictionary_the_codes_of_the_export_stay_blank(root: Path, tmp_path: Path) -> None:
    said = described(written(tmp_path, "export.csv", REDCAP)).output
    assert '"sex": codes: M, F' in said
    assert '"lab1": {paramcd: ...}' in said


def test_a_header_below_titles_and_merged_cells_is_found_and_a_sheet_of_notes_told_of(root: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    titles = ["Export of May"], [], ["Patient", None, "Laboratory"]
    for row in (*titles, ["Pat.-ID", "Visit", "CRP [mg/l]"], ["A", "Baseline", 4.5], ["A", "Month 12", 5.5]):
        sheet.append(row)
    book.create_sheet("Notes")["A1"] = "call the ward"
    book.save(tmp_path / "clinic.xlsx")
    said = described(tmp_path / "clinic.xlsx").output
    assert "The sheet 'Notes' of clinic.xlsx holds no table and was left out." in said
    found = parse_cohort(text_of(root))
    assert (found.files[0].header_line, found.files[0].expected_rows) == (4, 2)
    assert meaning(found.columns) == {
        "Pat.-ID": ("USUBJID", None, None, None), "Visit": ("AVISIT", None, None, None),
        "CRP [mg/l]": (None, "CRP", "mg/L", None),
    }  # fmt: skip


WIDE = """\
PatNr;Geschlecht;BSG_0;BSG_12;HAQ_0;HAQ_12;Datum_0;Datum_12
01;w;40;20;1,5;0,25;03.01.2014;29.12.2014
02;m;41;21;1,625;0,5;13.01.2014;08.01.2015
03;w;42;22;1,75;1,0;23.01.2014;18.01.2015
"""


def test_a_wide_german_file_with_a_date_for_each_visit_tells_its_unit_of_time_and_its_days(root: Path, tmp_path: Path) -> None:
    found = guessed(root, tmp_path / "wide.csv", WIDE)
    assert {code: (visit.labels, visit.day) for code, visit in found.visits.items()} == {"BL": (["0"], 0), "Y1": (["12"], 365)}
    assert found.columns["Datum_{visit}"].format == "%d.%m.%Y"
    check_cohort("mine", tmp_path / "out")
    adlb = pd.read_csv(tmp_path / "out" / "adlb.csv", dtype=str)
    assert adlb["ADT"].tolist() == ["2014-01-03", "2014-12-29", "2014-01-13", "2015-01-08", "2014-01-23", "2015-01-18"]
    assert adlb["ADY"].astype(float).tolist() == [1, 361] * 3


def test_an_item_may_end_in_its_unit(root: Path, tmp_path: Path) -> None:
    items = "".join(
        f"1,{month},{item},9\n" for month in (0, 3) for item in ("crp_mg_l", "pt_global_mm", "das28", "sjc28", "tjc28")
    )
    found = guessed(root, tmp_path / "long.csv", f"id,month,variable,value\n{items}")
    codes = found.columns["variable"].codes
    assert (codes["crp_mg_l"], codes["pt_global_mm"]) == ("CRP mg/L", "PTGA mm")


def test_a_unit_in_a_column_that_is_not_understood_is_not_taken_as_known(root: Path, tmp_path: Path) -> None:
    rows = "id,visit,test,result,their unit\n1,baseline,CRP,0.9,mg/dL\n1,1y,CRP,1.4,mg/dL\n"
    assert "CRP" not in (guessed(root, tmp_path / "long.csv", rows).columns["test"].codes or {})


def test_a_file_without_an_identifier_is_refused_and_leaves_no_traceback(root: Path, tmp_path: Path) -> None:
    guessed(root, tmp_path / "nobody.csv", "who is it,visit,crp (mg/L)\n1,baseline,4\n1,1y,5\n")
    with pytest.raises(CohortError, match="no column has the role USUBJID"):
        check_cohort("mine", tmp_path / "out")


FOREIGN = {
    "de": (
        "Patienten-ID;Geschlecht;Alter;Gruppe;Zentrum;Visite;Datum;BSG (mm/h);CRP (mg/l);Hb (g/dl);GPT (U/l);VAS Patient (mm)\n"
        "R1;w;51;A;Nord;Baseline;13.02.2019;40;12,5;12,8;21;60\nR1;w;51;A;Nord;Monat 3;14.05.2019;22;4,1;13,1;25;31\n"
    ),
    "fr": (
        "N° patient;Sexe;Âge;Groupe;Centre;Visite;Date visite;VS (mm);CRP (mg/l);Hémoglobine;ALAT (UI/l);EVA patient (mm)\n"
        "R1;F;51;A;Nord;M0;13/02/2019;40;12,5;12,8;21;60\nR1;F;51;A;Nord;M3;14/05/2019;22;4,1;13,1;25;31\n"
    ),
    "pt": (
        "prontuario;sexo;idade;grupo;centro;visita;data;VHS (mm/h);PCR (mg/L);hemoglobina (g/dL);TGP (U/L);EVA paciente (mm)\n"
        "R1;F;51;A;Norte;Basal;13/02/2019;40;12,5;12,8;21;60\nR1;F;51;A;Norte;Mês 3;14/05/2019;22;4,1;13,1;25;31\n"
    ),
}


@pytest.mark.parametrize("language", list(FOREIGN))
def test_an_export_in_german_french_or_portuguese_leaves_open_whose_assessment_a_vas_is_and_the_study(root, tmp_path, language):
    said = described(written(tmp_path, "v.csv", FOREIGN[language])).output
    text = text_of(root)
    for meaning in ("USUBJID", "SEX", "AGE", "ARM", "SITEID", "AVISIT", "ADT"):
        assert f"role: {meaning}" in text, meaning
    for code in ("ESR", "CRP", "HGB", "ALT"):
        assert f"paramcd: {code}" in text, code
    blanks = [line for line in said.splitlines() if "{paramcd:" in line]
    assert len(blanks) == 1
    assert "{paramcd: PTGA} or {paramcd: PHGA} or {paramcd: PAIN}" in blanks[0]
    assert [visit.day for visit in parse_cohort(text).visits.values()] == [0, 91]


def test_a_list_of_events_with_short_names_and_a_column_of_ranges_are_understood(root, tmp_path):
    events = written(tmp_path, "ae.csv", "id,term,start,end,grade,serious\nR1,rash,2019-09-03,2019-09-10,1,N\n")
    lab = "id,visit,test,result,unit,ref range\nR1,baseline,CRP,12,mg/L,<5\nR1,month 3,ALT,22,U/L,5-40\n"
    described(events, written(tmp_path, "lab.csv", lab))
    text = text_of(root)
    for role in ("AETERM", "ASTDT", "AENDT", "AETOXGR", "AESER", "LBSTNRC"):
        assert f"role: {role}" in text, role


def followed(days: Callable[[int], range]) -> str:
    """Twelve patients whose rows are told apart by days, which differ from patient to patient."""
    rows = [f"{who},{day + (who if day else 0)},{10 + who / 10},{who % 2},drug" for who in range(12) for day in days(who)]
    return "id,day,crp,male,trt\n" + "\n".join(rows) + "\n"


def test_days_that_differ_from_patient_to_patient_give_visits_with_windows(root: Path, tmp_path: Path) -> None:
    found = guessed(root, tmp_path / "a.csv", followed(lambda who: range(0, 800 if who % 2 else 400, 180)))
    roles = {name: (one.role, one.codes) for name, one in found.columns.items()}
    assert roles["day"] == ("AVISIT", None)
    assert roles["male"] == ("SEX", {"0": "F", "1": "M"})
    assert roles["trt"] == ("ARM", None)
    assert {code: (visit.day, visit.window) for code, visit in found.visits.items()} == {
        "BL": (0, [-45, 45]), "M6": (183, [92, 274]), "Y1": (365, [275, 547]), "Y2": (730, [548, 912]),
    }  # fmt: skip


def test_a_few_times_are_labels_whose_unit_is_asked_about(root: Path, tmp_path: Path) -> None:
    rows = "".join(f"{who},{time},{who + time}\n" for who in range(1, 6) for time in (1, 3, 5))
    found = guessed(root, tmp_path / "a.csv", "id,time,tjc28\n" + rows)
    assert {code: visit.labels for code, visit in found.visits.items()} == {"BL": ["1"], "V3": ["3"], "V5": ["5"]}
    assert "day of V3: 21 if weeks are meant or 91 if months are meant" in text_of(root)


def test_repeated_rows_without_a_visit_are_asked_about(root: Path, tmp_path: Path) -> None:
    said = described(written(tmp_path, "a.csv", "id,crp (mg/L)\n1,4\n1,5\n2,6\n2,3\n"))
    assert "which column tells the visit: {role: AVISIT}, or a date {role: ADT}?" in said.output


def test_a_table_that_names_nobody_is_asked_for_whom_its_rows_are_about(root: Path, tmp_path: Path) -> None:
    said = described(written(tmp_path, "a.csv", "rownames,alt (U/L)\n1,20\n2,30\n"))
    assert '"rownames": {role: USUBJID}, if it tells whose a row is: no other column was found that does' in said.output
    said = described(written(tmp_path, "b.csv", "alt (U/L),ast (U/L)\n20,30\n20,31\n"), name="b")
    assert "no column tells whose a row is; one needs the role USUBJID" in said.output


def test_the_numbers_of_the_rows_are_left_out_where_another_column_names_the_patients(root: Path, tmp_path: Path) -> None:
    found = guessed(root, tmp_path / "a.csv", "rownames,id,alt (U/L),status\n1,A,20,poor\n2,B,30,good\n")
    assert found.columns["rownames"].role == "IGNORE"
    assert "# choose: {role: EOSSTT} with `codes`" in text_of(root)


def test_an_item_gets_the_one_unit_that_its_values_leave_possible(root: Path, tmp_path: Path) -> None:
    rows = "".join(f"{who},baseline,chol,{190 + who}\n" for who in range(1, 9))
    found = guessed(root, tmp_path / "long.csv", "id,visit,test,result\n" + rows)
    assert found.columns["test"].codes == {"chol": "CHOL mg/dL"}


def test_an_analysis_data_set_that_keeps_its_source_s_columns_is_one_and_its_worst_values_are_no_baseline(
    root: Path, tmp_path: Path
) -> None:
    kept = "S1,LB,{who},CRP,C-Reactive Protein (mg/L),{visit},{day},{value},{derived},CRP,WEEK 0,99,mg/L\n"
    rows = "".join(
        kept.format(who=who, visit=visit, day=day, value=value, derived=derived)
        for who in ("A-1", "A-2")
        for visit, day, value, derived in (
            ("Baseline", 19725, 12, ""), ("Week 24", 19893, 9, ""), ("POST-BASELINE MAXIMUM", 19893, 9, "MAXIMUM"))
    )  # fmt: skip
    head = "STUDYID,DOMAIN,USUBJID,PARAMCD,PARAM,AVISIT,ADT,AVAL,DTYPE,LBTESTCD,VISIT,LBSTRESN,LBSTRESU\n"
    adsl = written(tmp_path, "adsl.csv", "STUDYID,USUBJID,SEX,AGE,TRTSDT,SAFFL\nS1,A-1,F,50,19725,Y\nS1,A-2,M,60,19725.0,Y\n")
    assert described(adsl, written(tmp_path, "adlb.csv", head + rows)).exit_code == 0
    found = parse_cohort(text_of(root))
    assert [one.shape for one in found.files] == ["adam", "adam"]
    assert {code: visit.labels for code, visit in found.visits.items()} == {"BL": ["Baseline"], "W24": ["Week 24"]}
    check_cohort("mine", tmp_path / "out")
    adlb = pd.read_csv(tmp_path / "out" / "adlb.csv")
    adqs = pd.read_csv(tmp_path / "out" / "adqs.csv")
    both = pd.concat([adlb, adqs])
    assert both[["AVISIT", "AVAL", "ADT"]].drop_duplicates().to_numpy().tolist() == [
        ["BL", 12.0, "2014-01-02"], ["W24", 9.0, "2014-06-19"],
    ]  # fmt: skip


def test_many_findings_of_one_kind_in_one_column_are_printed_as_a_few(root: Path, tmp_path: Path) -> None:
    events = "id,event,start,grade\n" + "".join(f"P{who},Rash,2014-02-01,1\nP{who},Rash,2014-02-01,2\n" for who in range(1, 8))
    rows = "id,visit,crp (mg/L)\n" + "".join(f"P{who},baseline,4\nP{who},1y,3\n" for who in range(1, 8))
    described(written(tmp_path, "v.csv", rows), written(tmp_path, "e.csv", events))
    lines = [line for line in check_cohort("mine", tmp_path / "out") if "listed before" in line]
    assert len(lines) == 3
    assert lines[-1].endswith("(4 more findings of this kind in this column are in findings.csv.)")


def test_who_was_screened_and_got_no_arm_is_left_out_and_several_arms_are_told_of(root: Path, tmp_path: Path) -> None:
    dm = "STUDYID,DOMAIN,USUBJID,SEX,AGE,ARM,RFXSTDTC\n" + "".join(
        f"S1,DM,A-{who},F,5{who},{arm},{day}\n"
        for who, (arm, day) in enumerate((("Drug", "2014-01-01"), ("Placebo", "2014-01-01"), ("Screen Failure", "")))
    )
    lb = "STUDYID,DOMAIN,USUBJID,LBTESTCD,LBSTRESN,LBSTRESU,VISIT,LBDTC\n" + "".join(
        f"S1,LB,A-{who},CRP,{value},mg/L,{visit},{day}\n"
        for who in range(3)
        for visit, value, day in (("BASELINE", 9, "2014-01-01"), ("WEEK 24", 5, "2014-06-18"))
    )
    done = described(written(tmp_path, "dm.csv", dm), written(tmp_path, "lb.csv", lb))
    assert "Nothing is left to fill in." in done.output
    assert parse_cohort(text_of(root)).filter == {"ARM": ["Drug", "Placebo"]}
    assert '# All 2 arms are taken together and not compared. One of them: filter: {"ARM": "Drug"}' in text_of(root)
    assert "2 of 2 patients kept" in "\n".join(check_cohort("mine", tmp_path / "out"))
    assert pd.read_csv(tmp_path / "out" / "adsl.csv")["ARM"].tolist() == ["Drug", "Placebo"]


LABELS = """\
Record ID,Event Name,Repeat Instrument,Repeat Instance,Sex,Age at enrolment (years),Date of visit,CRP (mg/L),\
Physician global (0-10),Complete?,Adverse event,AE start date,AE grade,Complete?,Medication
RA-1,Baseline (Arm 1: Cohort),,,Female,51,2014-01-02,12.5,4.5,Complete,,,,,
RA-1,Month 12 (Arm 1: Cohort),,,,,2015-01-02,8.5,2.5,Complete,,,,,
RA-1,Baseline (Arm 1: Cohort),Adverse Events,1,,,,,,,Fever,2014-02-01,2 - Moderate,Complete,
RA-1,Baseline (Arm 1: Cohort),Medications,1,,,,,,,,,,Complete,Methotrexate
RA-2,Baseline (Arm 1: Cohort),,,Male,62,2014-02-02,33,6.0,Complete,,,,,
RA-2,Month 12 (Arm 1: Cohort),,,,,2015-02-02,30,5.0,Complete,,,,,
"""


def test_an_export_of_redcap_with_labels_is_read_as_the_raw_one_is(root: Path, tmp_path: Path) -> None:
    found = guessed(root, tmp_path / "labels.csv", LABELS)
    assert [file.shape for file in found.files] == ["visit", "event", "event"]
    assert {code: visit.labels for code, visit in found.visits.items()} == {
        "BL": ["Baseline (Arm 1: Cohort)"], "Y1": ["Month 12 (Arm 1: Cohort)"],
    }  # fmt: skip
    assert found.columns["Physician global (0-10)"].unit == "cm"
    assert found.columns["Complete?"].role == "IGNORE"
    assert "6 rows read from 3 tables, 6 used; 2 of 2 patients kept." in check_cohort("mine", tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "adae.csv")[["AETERM", "AETOXGR"]].values.tolist() == [["Fever", 2]]
    raw = io.read_raw("mine")
    clean = clean_cohort(raw, io.read_catalogue(raw.config))
    records = count_records(clean.sources, clean.records.ledger(), clean.records.quarantine())
    assert records.loc[records["statistic"] == "rows_read", "count"].tolist() == [4, 1, 1]


HOSPITAL = """\
病历号,年龄,检验时间,项目名称,结果,单位,参考范围
01,49岁,2019-03-01 08:12:00,肌酸激酶,80,U/L,40-200
01,49岁,2020-03-05 08:12:00,肌酸激酶,13862,U/L,40-200
02,61岁,2019-04-01 08:12:00,铁蛋白,120,ng/mL,13-150
02,61岁,2019-04-01 08:12:00,尿蛋白,弱阳性,,阴性
02,61岁,2019-04-01 08:12:00,糖化血红蛋白,41,mmol/mol,20-42
02,61岁,2020-04-03 08:12:00,尿蛋白,弱阳性,,阴性
02,61岁,2020-04-03 08:12:00,促甲状腺激素,2.1,μIU/mL,0.27-4.2
"""
GERMAN = """\
PatNr;Auftragsnr;Abnahmedatum;Eingang;Analyt;Bezeichnung;Ergebnis;Einheit;Kommentar
001;7001;03.02.2022;04.02.2022;KREA;Kreatinin i.S.;0,8;mg/dl;
001;7002;13.03.2023;14.03.2023;UEW;Eiweiß im Urin;Spur;;hämolytisch
002;7003;03.02.2022;04.02.2022;GFR;GFR (CKD-EPI);77;ml/min/1,73m²;
002;7004;23.03.2023;24.03.2023;THRO;Thrombozyten;250;/nl;
"""
FOLLOWED = """\
病历号,随访,随访日期,血沉
01,首诊,2019-03-01,40
01,12个月随访,2020-03-05,22
02,首诊,2019-04-01,50
02,12个月随访,2020-04-03,31
"""


def test_the_columns_of_a_german_laboratory_are_known_and_its_dates_tell_visits(root: Path, tmp_path: Path) -> None:
    described(written(tmp_path, "lab.csv", GERMAN))
    text = text_of(root)
    for name in ("Auftragsnr", "Eingang", "Bezeichnung", "Kommentar"):
        assert f'"{name}": {{role: IGNORE}}' in text
    assert '"Abnahmedatum": {role: ADT, format: "%d.%m.%Y"}' in text
    assert [code for code in ("CREAT", "EGFR", "PLAT") if f": {code}  # guessed" in text] == ["CREAT", "EGFR", "PLAT"]
    assert "window:" in text.split("visits:")[1]


def test_a_laboratory_with_dates_alone_gets_the_visits_of_the_others_by_windows(root: Path, tmp_path: Path) -> None:
    described(written(tmp_path, "lab.csv", HOSPITAL), written(tmp_path, "visits.csv", FOLLOWED))
    text = text_of(root).replace("# treatment_start: ?", "treatment_start: {from: visit, visit: BL}")
    (root / "data" / "cohorts" / "mine" / "cohort.yml").write_text(text, "utf-8")
    assert "half way to the next visit" in text
    assert '"弱阳性"' not in text
    check_cohort("mine", tmp_path / "out")
    adlb = pd.read_csv(tmp_path / "out" / "adlb.csv").set_index(["PARAMCD", "AVISIT"])["AVAL"]
    assert adlb.loc["CK"].to_dict() == {"BL": 80, "Y1": 13862}
    assert adlb.loc["UPRO"].to_dict() == {"BL": 1, "Y1": 1}
    said = pd.read_csv(tmp_path / "out" / "findings.csv").set_index("rule")["class"].to_dict()
    assert adlb.loc["HBA1CHGB"].to_dict() == {"BL": 41}
    assert said["unit_in_cell"] == "normalise"
    assert not {"number_unreadable", "visit_untold", "unit_unknown", "unit_row_unknown"} & set(said)


def test_unknown_measures_of_a_wide_file_are_asked_once_and_a_yes_or_no_drug_is_no_medicine(root: Path, tmp_path: Path) -> None:
    text = "id,drug,bdi.pre,bdi.2m,bdi.4m\n1,No,29,2,3\n2,Yes,32,16,24\n"
    said = described(written(tmp_path, "beat.csv", text)).output
    assert '"bdi.{visit}": {paramcd: ...}' in said
    assert said.count("bdi") == 1
    assert "shape: wide" in text_of(root)


@pytest.mark.parametrize(("code", "values", "units"), [
    ("CRP", [1.4, 12, 18, 22, 35, 60], ["mg/L"]), ("CRP", [0.4, 1.2, 3.5], ["mg/L", "mg/dL"]),
    ("ALP", [73, 800, 1718, 13862], ["U/L"]),
    ("CHOL", [91, 261, 302, 1315], ["mg/dL"]), ("GLUC", [82, 95, 110], ["mg/dL"]), ("HGB", [11.2, 12.6, 13.9], ["g/dL"]),
])  # fmt: skip
def test_a_unit_is_told_by_what_is_plausible_where_more_than_one_is_possible(code, values, units):
    assert possible_units(values, code, io.read_catalogue()) == units


@pytest.mark.parametrize(("second", "told"), [("Control", True), ("Cells", False)])
def test_check_says_that_several_arms_are_taken_together(tmp_path: Path, second: str, told: bool) -> None:
    text = f"id,arm,visit,crp\nP1,Cells,BL,39.6\nP2,{second},BL,34.5\n"
    lines = check_cohort(cohort(tmp_path / "arms", {"a.csv": text.encode()}), tmp_path / "out")
    said = "2 arms are taken together and not compared: 'Cells', 'Control'."
    assert any(line.startswith(said) for line in lines) == told


@pytest.mark.parametrize(("name", "values", "code", "unit"), [
    ("HbA1c (mmol/mol)", [38, 53, 75], "HBA1CHGB", "mmol/mol"), ("HbA1c (%)", [5.6, 7, 9], "HBA1C", "%"),
    ("hba1c", [38, 53, 75], "HBA1CHGB", "mmol/mol"), ("hba1c", [5.6, 7, 9], "HBA1C", "%"),
    ("hba1c", [], "HBA1C", None), ("chol (mmol/mol)", [3, 4], "CHOL", None),
])  # fmt: skip
def test_haemoglobin_a1c_is_the_analyte_of_its_unit_and_nothing_else_changes_its_code(name, values, code, unit):
    first = "CHOL" if name.startswith("chol") else "HBA1C"
    guess = guess_unit(Guess(name, {"paramcd": first}, "named"), values, read_catalogue())
    assert guess.keys["paramcd"] == code
    assert (None if guess.choices else guess.keys.get("unit")) == unit


def test_numbers_that_start_anew_at_each_site_are_found_in_every_file(root: Path, tmp_path: Path) -> None:
    rows = [f"{site},{number},{visit},{number}.5" for site in "AB" for number in (1, 2, 3) for visit in ("baseline", "week 12")]
    visits = written(tmp_path, "visits.csv", "\n".join(["centre,patient no,visit,crp mg/L", *rows]) + "\n")
    people = written(tmp_path, "people.csv", "centre,patient no,sex\n" + "".join(f"{s},{n},F\n" for s in "AB" for n in (1, 2, 3)))
    events = written(tmp_path, "events.csv", "centre,patient no,adverse event,start\nA,1,rash,2014-03-02\nB,1,fever,2014-03-03\n")
    assert described(visits, people, events).exit_code == 0
    found = parse_cohort(text_of(root))
    assert {name: found.columns[name].role for name in ("centre", "patient no")} == {"centre": "SITEID", "patient no": "SUBJID"}
    assert [file.shape for file in found.files] == ["visit", "subject", "event"]
