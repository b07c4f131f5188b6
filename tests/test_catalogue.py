"""The catalogue of analytes: codes, names with one meaning, ranges with a source, and factors computed from formulas.

Oracles: standard atomic weights of IUPAC (abridged, 2021); pairs of conventional and SI values as textbooks print them.
"""

import json
import math
import re
from collections import defaultdict

import pandas as pd
import pytest

from racohort import efficacy, io, safety
from racohort.cleaning.words import word_key
from racohort.config import parse_cohort
from racohort.intake.names import analyte_index, look_up, name_key
from racohort.io.headers import header_key
from racohort.units import unit_factor, unit_key
from tests.drawn import drawn
from tests.support.cohorts import cleaned, cohort, found

CATALOGUE = io.read_catalogue()
#: Grams per mole.
ATOMS = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "Mg": 24.305, "P": 30.974, "Ca": 40.078, "Fe": 55.845, "Co": 58.933,
         "I": 126.904}  # fmt: skip
#: What a mole of each analyte is counted in; triglycerides are counted as triolein, urea nitrogen as its two atoms of nitrogen.
FORMULAS = {
    "CREAT": "C4H7N3O", "URATE": "C5H4N4O3", "BILI": "C33H36N4O6", "BILDIR": "C33H36N4O6", "BILIND": "C33H36N4O6",
    "UREA": "CH4N2O", "UREAN": "N2", "GLUC": "C6H12O6", "CHOL": "C27H46O", "HDL": "C27H46O", "LDL": "C27H46O",
    "TRIG": "C57H104O6", "CA": "Ca", "PHOS": "P",
    "MAGNES": "Mg", "IRON": "Fe", "VITB12": "C63H88CoN14O14P", "FOLATE": "C19H19N7O6",
    "VITD25": "C27H44O2", "T4FR": "C15H11I4NO4", "T3FR": "C15H12I3NO4",
}  # fmt: skip
#: Grams per mole of one haem's share of haemoglobin (a quarter of the tetramer of 64,458).
HAEMOGLOBIN = 64_458 / 4
#: A factor is rounded to four figures.
ROUNDED = 5e-4


def molar_mass(formula: str) -> float:
    return sum(ATOMS[atom] * int(count or 1) for atom, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula))


def masses(code: str) -> list[str]:
    return [unit for unit in CATALOGUE["units"].to_dict()[code] if re.fullmatch(r"[munp]?g/.*", unit)]


def metric(unit: str) -> float:
    """A unit of mass, amount or volume concentration in grams or moles per litre."""
    prefixes = {"": 1, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "d": 0.1, "k": 1e3}
    above, _, below = unit_key(unit).partition("/")
    top = re.fullmatch(r"([munpfk]?)(?:g|mol|iu|u)", above)
    bottom = re.fullmatch(r"([mud]?)l", below)
    return prefixes[top[1]] / prefixes[bottom[1]]


def test_every_analyte_of_the_issue_is_there():
    wanted = """WBC NEUT LYM MONO EOS BASO RBC HGB HCT MCV PLAT ALT AST ALP GGT BILI BILDIR ALB PROT GLOBUL UREA CREAT URATE
    SODIUM K CL CA PHOS GLUC CHOL TRIG HDL LDL IGG IGA IGM C3 C4 ESR CRP RF ACCP UPRO UGLUC UBLOOD TJC28 SJC28 PTGA PHGA PAIN
    HAQDI DAS28ESR DAS28CRP CDAI SDAI"""
    assert set(wanted.split()) <= set(CATALOGUE.index)


def test_every_entry_is_complete_and_its_ranges_lie_inside_each_other():
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", code) for code in CATALOGUE.index)
    for code, facts in CATALOGUE.iterrows():
        assert re.search(r"[\u3400-\u9fff]|^DAS28|^[CS]DAI$|^RADAI$", facts["label_zh"]), code
        assert facts["synonyms"] or facts["PARCAT1"] in ("Composite score", "Patient-reported"), code
        low, high = facts["possible_low"], facts["possible_high"]
        for name in ("plausible_low", "plausible_high", "range_low_m", "range_high_m", "range_low_f", "range_high_f"):
            assert math.isnan(facts[name]) or facts[name] == 0 or low <= facts[name] <= high, (code, name)
        if len(facts["levels"]):
            assert (low, high) == (0, len(facts["levels"]) - 1), code


def test_every_reference_range_says_where_it_is_from():
    with_range = CATALOGUE[CATALOGUE["range_high_m"].notna()]
    known = (
        "ABIM laboratory reference ranges|WS/T 40[45]|convention of adult laboratories, no single source|"
        r"definition of the scale|[A-Z][a-z]+ et al\., .+ \d{4};\d+:\d+"
    )
    assert with_range["source"].str.match(known).all()
    assert with_range["source"].str.startswith("ABIM").sum() >= 20


@pytest.mark.parametrize("key", [name_key, word_key, header_key])
def test_no_name_means_two_analytes(key):
    meanings = defaultdict(set)
    for code, facts in CATALOGUE.iterrows():
        for name in (code, facts["PARAM"], facts["label_zh"], *facts["synonyms"]):
            meanings[key(name)].add(code)
    assert not {name: codes for name, codes in meanings.items() if len(codes) > 1}
    assert not {name: codes for name, codes in analyte_index(CATALOGUE).items() if len(codes) > 1}


@pytest.mark.parametrize(("name", "code"), drawn("""name | code
    谷丙转氨酶              | ALT
    谷草转氨酶              | AST
    血沉                    | ESR
    C反应蛋白               | CRP
    C-反应蛋白              | CRP
    超敏C反应蛋白(mg/L)     | CRP
    类风湿因子              | RF
    抗环瓜氨酸肽抗体        | ACCP
    抗CCP抗体               | ACCP
    白细胞数                | WBC
    中性粒细胞绝对值        | NEUT
    中性粒细胞百分比        | NEUTLE
    血小板计数PLT           | PLAT
    血红蛋白(HGB)           | HGB
    γ-谷氨酰转肽酶          | GGT
    血肌酐                  | CREAT
    尿素氮                  | UREAN
    尿素                    | UREA
    空腹血糖                | GLUC
    甘油三酯                | TRIG
    补体C3                  | C3
    免疫球蛋白G             | IGG
    尿蛋白                  | UPRO
    压痛关节数              | TJC28
    晨僵时间                | STIFF
    Alanine Aminotransferase | ALT
    Leukocytes              | WBC
    Hemoglobin              | HGB
    haemoglobin (g/L)       | HGB
    ALC                     | -
    BUN                     | UREAN
    AKP                     | ALP
    Direct bilirubin        | BILDIR
    Serum uric acid         | URATE
    anti-CCP antibody       | ACCP
    Physician Global Assessment | PHGA
    """))  # fmt: skip
def test_a_name_that_hospitals_use_is_known_or_left_to_a_person(name, code):
    assert (look_up(name, analyte_index(CATALOGUE)).sure or None) == code


@pytest.mark.parametrize(
    "name", ["protein", "PRO quantity", "隐血", "red cells", "VAS", "disease activity", "ANA", "ketones", "DAS44"]
)
def test_a_name_with_two_meanings_is_never_taken_for_one(name):
    match = look_up(name, analyte_index(CATALOGUE))
    assert not match.sure or "almost" in match.why


@pytest.mark.parametrize("spellings", [
    ["10^9/L", "×10^9/L", "×10⁹/L", "x10^9/L", "10*9/L", "10e9/l", "10E9/L", "10E+09/L", "1e9/L", "10^9 / L", "＊１０＾９／Ｌ"],
    ["10^12/L", "×10¹²/L", "10*12/L", "10E12/L"], ["10^3/uL", "10*3/uL", "10³/µL", "10^3/μL", "x10e3/mcL"],
    ["umol/L", "µmol/L", "μmol/L", "umol/l", "UMOL/L", "微摩尔/升", "ｕｍｏｌ／Ｌ", "mcmol/L"],
    ["mmol/L", "毫摩尔/升", "MMOL/L"], ["g/L", "g/l", "克/升", "g per L"], ["mg/dL", "mg/dl", "mg%", "mg/100ml", "毫克/dL"],
    ["g/dL", "g/dl", "g%", "g/100 mL"], ["mg/L", "mg/l", "毫克/升", "mg / L"], ["ug/mL", "µg/ml", "mcg/mL", "微克/毫升"],
    ["U/L", "u/l", "单位/升", "[U]/L"], ["IU/mL", "iu/ml", "[iU]/mL", "[IU]/mL", "国际单位/毫升"], ["U/mL", "u/ml", "单位/毫升"],
    ["mm/h", "mm/hr", "mm/1h", "mm/hour", "mm/小时", "毫米/小时", "MM/H"], ["%", "％", "percent"], ["fL", "fl", "ＦＬ"],
    ["um^3", "µm³", "μm^3"], ["/uL", "/µL", "/mcL", "/微升"],
])  # fmt: skip
def test_one_unit_has_one_key_however_it_is_spelled(spellings):
    assert {unit_key(unit) for unit in spellings} == {unit_key(spellings[0])}


def test_units_that_differ_by_a_factor_have_different_keys():
    units = ["10^9/L", "10^6/L", "10^12/L", "10^3/uL", "/uL", "g/L", "g/dL", "mg/L", "mg/dL", "ug/mL", "ug/L", "mmol/L", "umol/L",
             "U/L", "IU/L", "mIU/L", "kU/L", "U/mL", "IU/mL", "mm/h", "mm", "cm", "%", "L/L", "pg", "fL", "h", "min"]  # fmt: skip
    assert len({unit_key(unit) for unit in units}) == len(units)


def test_no_analyte_has_two_factors_for_one_unit():
    for code, facts in CATALOGUE.iterrows():
        keys = [unit_key(facts["AVALU"]), *map(unit_key, facts["units"])]
        assert len(set(keys)) == len(keys), code


@pytest.mark.parametrize("code", FORMULAS)
def test_a_factor_from_mass_to_amount_is_that_of_the_formula(code):
    own = CATALOGUE.at[code, "AVALU"]
    for unit in masses(code):
        per_litre = metric(unit) / molar_mass(FORMULAS[code])
        assert unit_factor(CATALOGUE, code, unit) == pytest.approx(per_litre / metric(own), rel=ROUNDED), unit


@pytest.mark.parametrize(("code", "unit"), [("HGB", "mmol/L"), ("MCHC", "mmol/L"), ("MCH", "fmol")])
def test_a_factor_from_amount_to_mass_is_that_of_haemoglobin(code, unit):
    moles = 1e-3 if unit == "mmol/L" else 1e-15 / 1e-12
    assert unit_factor(CATALOGUE, code, unit) == pytest.approx(moles * HAEMOGLOBIN, rel=ROUNDED)


def _other_factors():
    of_formulas = {(code, unit) for code in FORMULAS for unit in masses(code)} | {
        ("HGB", "mmol/L"),
        ("MCHC", "mmol/L"),
        ("MCH", "fmol"),
    }
    pairs = [(code, unit) for code, facts in CATALOGUE.iterrows() for unit in facts["units"]]
    return [pair for pair in pairs if pair not in of_formulas]


#: What a unit that is no mass or amount per volume is in the analyte's own unit, from its definition.
DEFINED = {
    "10^6/L": {"10^9/L": 1e-3}, "/uL": {"10^9/L": 1e-3}, "/mm^3": {"10^9/L": 1e-3}, "10^3/uL": {"10^9/L": 1},
    "10^3/mm^3": {"10^9/L": 1}, "10^6/mL": {"10^9/L": 1}, "K/uL": {"10^9/L": 1}, "G/L": {"10^9/L": 1},
    "10^6/uL": {"10^12/L": 1}, "10^6/mm^3": {"10^12/L": 1}, "10^9/mL": {"10^12/L": 1}, "10^9/L": {"10^12/L": 1e-3},
    "M/uL": {"10^12/L": 1}, "T/L": {"10^12/L": 1}, "%": {"L/L": 0.01}, "fraction of 1": {"%": 100, "L/L": 1},
    "f/L": {"fL": 1}, "um^3": {"fL": 1},
    "ukat/L": {"U/L": 60}, "cm": {"mm": 10}, "h": {"min": 60}, "mg/wk": {"mg/week": 1},
    "mg/w": {"mg/week": 1}, "mg/day": {"mg/d": 1}, "RU/mL": {"U/mL": 1}, "sec": {"s": 1}, "秒": {"s": 1},
    "ratio": {"": 1}, "INR": {"": 1}, "kPa": {"mmHg": 7.50062}, "lb": {"kg": 0.45359237}, "g": {"kg": 1e-3},
    "m": {"cm": 100}, "mm": {"cm": 0.1, "mm/h": 1}, "in": {"cm": 2.54}, "°F": {"°C": 5 / 9},
    # one D-dimer unit is two fibrinogen-equivalent units, by the masses of the two
    **{f"{unit} FEU": {"mg/L FEU": factor} for unit, factor in (("ug/mL", 1), ("ng/mL", 1e-3), ("ug/L", 1e-3))},
    **{f"{unit} DDU": {"mg/L FEU": factor} for unit, factor in (("mg/L", 2), ("ug/mL", 2), ("ng/mL", 2e-3), ("ug/L", 2e-3))},
}  # fmt: skip
#: Charges of an ion.
CHARGES = {"SODIUM": 1, "K": 1, "CL": 1, "CA": 2, "MAGNES": 2, "BICARB": 1}


@pytest.mark.parametrize(("code", "unit"), _other_factors())
def test_every_other_factor_follows_from_the_definition_of_the_unit(code, unit):
    own, factor = CATALOGUE.at[code, "AVALU"], unit_factor(CATALOGUE, code, unit)
    if unit == "mEq/L":
        assert factor == 1 / CHARGES[code]
    elif own in DEFINED.get(unit, {}):
        assert factor == DEFINED[unit][own]
    else:
        assert factor == pytest.approx(metric(unit) / metric(own), rel=1e-12)


@pytest.mark.parametrize(("code", "conventional", "unit", "si"), drawn("""code | conventional | unit | si
    HGB   | 12.0 | g/dL      | 120
    WBC   | 6400 | /uL       | 6.4
    WBC   | 6.4  | 10*3/uL   | 6.4
    PLAT  | 250  | K/uL      | 250
    RBC   | 4.5  | 10^6/uL   | 4.5
    HCT   | 42   | %         | 0.42
    ALB   | 4.0  | g/dL      | 40
    BILI  | 1.0  | mg/dL     | 17.1
    CREAT | 1.0  | mg/dL     | 88.4
    URATE | 6.0  | mg/dL     | 357
    UREAN | 14   | mg/dL     | 5.00
    UREA  | 30   | mg/dL     | 5.00
    GLUC  | 100  | mg/dL     | 5.55
    CHOL  | 200  | mg/dL     | 5.17
    TRIG  | 150  | mg/dL     | 1.69
    CA    | 10.0 | mg/dL     | 2.50
    CA    | 5.0  | mEq/L     | 2.50
    PHOS  | 3.5  | mg/dL     | 1.13
    K     | 4.2  | mEq/L     | 4.2
    IGG   | 1200 | mg/dL     | 12.0
    C3    | 110  | mg/dL     | 1.10
    CRP   | 1.2  | mg/dL     | 12
    ALT   | 0.5  | ukat/L    | 30
    PTGA  | 5.6  | cm        | 56
    MAGNES | 2.0 | mg/dL     | 0.823
    T4FR  | 1.2  | ng/dL     | 15.4
    T3FR  | 3.0  | pg/mL     | 4.61
    VITB12 | 400 | pg/mL     | 295
    FOLATE | 10  | ng/mL     | 22.7
    VITD25 | 30  | ng/mL     | 74.9
    IRON  | 100  | ug/dL     | 17.9
    FERRITN | 80 | ng/mL     | 80
    """))  # fmt: skip
def test_a_conventional_value_is_read_as_the_si_value_that_textbooks_print_and_back(tmp_path, code, conventional, unit, si):
    table = f"id visit test result unit\nP1 BL {code} {conventional:g} {unit}\nP2 BL {code} {si:g} {CATALOGUE.at[code, 'AVALU']}"
    _, data = cleaned(cohort(tmp_path, {"a.csv": table}, {"a.csv": "long"}, columns={"test": {"role": "PARAM"}}))
    read = (data.adqs if CATALOGUE.at[code, "domain"] == "QS" else data.adlb).set_index("USUBJID")["AVAL"]
    assert read["P1"] == pytest.approx(si, rel=5e-3)
    assert read["P2"] == si
    assert si / unit_factor(CATALOGUE, code, unit) == pytest.approx(conventional, rel=5e-3)


OWN = {
    "IL6": {
        "label": "Interleukin 6", "label_zh": "白介素6", "synonyms": ["il-6", "白细胞介素6"], "unit": "pg/mL",
        "units": {"ng/mL": 1000, "ng/L": 1}, "panel": "Cytokines", "scale": "log", "direction": "lower", "digits": 1,
        "efficacy": True, "safety": True, "possible": [0, 100000], "plausible": [0, 5000], "reference": [0, 7],
    },
    "ANAPAT": {"label": "ANA pattern", "scale": "ordinal", "levels": ["-", "1+", "2+"], "safety": True, "possible": [0, 2]},
}  # fmt: skip
TALL = """
id | visit | date       | test         | result | unit
P1 | BL    | 2013-03-01 | IL6          | 12.5   | ng/L
P1 | Y1    | 2014-03-01 | 白细胞介素6  | <2     | pg/mL
P2 | BL    | 2013-03-18 | Interleukin 6 | 0.8   | ng/mL
P2 | Y1    | 2014-03-19 | il-6         | 6      |
"""
PLAIN = """
id | visit | date       | il6
P1 | BL    | 2013-03-01 | 12.5
P1 | Y1    | 2014-03-01 | <2
P2 | BL    | 2013-03-18 | 800
P2 | Y1    | 2014-03-19 | 6
"""
HEADER = """
id | visit | date       | 白介素6 (ng/mL)
P1 | BL    | 2013-03-01 | 0.0125
P1 | Y1    | 2014-03-01 | <0.002
P2 | BL    | 2013-03-18 | 0.8
P2 | Y1    | 2014-03-19 | 0.006
"""
COLUMN = {"il6": {"paramcd": "IL6"}}


def own(folder, text, shape="visit", **columns):
    return cohort(folder, {"a.csv": text}, {"a.csv": shape}, columns=columns, analytes=OWN, treatment_start={"from": "visit"})


@pytest.mark.parametrize(("text", "shape", "columns"), [
    (TALL, "long", {"test": {"role": "PARAM"}}), (HEADER, "visit", COLUMN), (PLAIN.replace("il6", "il6 (ng/L)"), "visit", COLUMN),
])  # fmt: skip
def test_an_analyte_declared_by_the_cohort_is_read_by_its_names_and_in_its_units(tmp_path, text, shape, columns):
    plain, other = (
        cleaned(path)[1].adlb for path in (own(tmp_path / "a", PLAIN, **COLUMN), own(tmp_path / "b", text, shape, **columns))
    )
    keys = ["USUBJID", "AVISIT", "PARAMCD", "PARAM", "AVALU", "AVAL", "censored", "limit", "ANRLO", "ANRHI", "ANRIND"]
    pd.testing.assert_frame_equal(other[keys], plain[keys])
    first = plain.iloc[0]
    assert (first["PARAM"], first["AVALU"], first["PARCAT1"], first["ANRIND"]) == ("Interleukin 6", "pg/mL", "Cytokines", "HIGH")


def test_a_declared_analyte_is_held_against_its_own_ranges_and_levels(tmp_path):
    wrong = "id visit il6 pattern\nP1 BL 6000 1+\nP1 Y1 <2 -\nP2 BL 200000 2+\nP2 Y1 6 much"
    told = found(own(tmp_path / "a", wrong, **COLUMN, pattern={"paramcd": "ANAPAT"}))
    assert {"impossible", "implausible", "number_unreadable"} <= set(told)
    assert "IL6 0 to 100000" in told["impossible"]
    assert "unit_unknown" in found(own(tmp_path / "b", PLAIN, il6={"paramcd": "IL6", "unit": "nmol/L"}))


def test_a_declared_analyte_reaches_the_sections_that_it_asks_for(tmp_path, monkeypatch):
    monkeypatch.setenv("RACOHORT_WORK", f"{tmp_path / 'work'}")
    path = own(tmp_path / "a", PLAIN, **COLUMN)
    clean, data = cleaned(path)
    study = io.write_study(path, "", [data], clean)
    plan, catalogue = study.plan(), study.catalogue
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, plan, catalogue)
    assert "IL6" in set(efficacy.estimate_changes(values, study.adsl, plan, catalogue)["PARAMCD"])
    rows = safety.estimate_out_of_range(study.adlb, study.adsl, plan, catalogue)
    high = rows.query("PARAMCD == 'IL6' and AVISIT == 'BL' and category == 'HIGH'")
    assert list(high["count"]) == [2]


def test_haemoglobin_a1c_in_mmol_per_mol_has_the_ranges_of_the_percentage_by_the_master_equation():
    """NGSP % = 0.09148 x IFCC mmol/mol + 2.152 (ngsp.org, IFCC standardisation of HbA1c)."""
    for name in ("range_low_m", "range_high_m", "plausible_low", "plausible_high"):
        percent, per_mol = (float(CATALOGUE.loc[code, name]) for code in ("HBA1C", "HBA1CHGB"))
        assert 0.09148 * per_mol + 2.152 == pytest.approx(percent, abs=0.05)
    assert 0.09148 * CATALOGUE.loc["HBA1CHGB", "possible_high"] + 2.152 == pytest.approx(25, abs=0.05)
    assert unit_factor(CATALOGUE, "HBA1C", "mmol/mol") is None
    assert unit_factor(CATALOGUE, "HBA1CHGB", "%") is None


@pytest.mark.parametrize(("said", "primary", "expected"), [
    ({"domain": "QS"}, [], (True, False)), ({"domain": "LB"}, [], (False, True)), ({"domain": "LB"}, ["OWN"], (True, True)),
    ({"domain": "QS", "efficacy": False}, [], (False, False)), ({"domain": "QS", "safety": True}, ["OWN"], (True, True)),
])  # fmt: skip
def test_an_analyte_of_the_cohort_is_shown_where_it_says_or_where_its_kind_belongs_and_primary_in_efficacy(
    said, primary, expected
):
    described = {
        "id": "x", "files": [{"path": "a.csv", "shape": "visit"}], "visits": {"BL": {}}, "columns": {"id": {"role": "USUBJID"}},
        "analytes": {"OWN": {"label": "Own", **said}}, "parameters": {"primary": [*primary, "BILI"]},
    }  # fmt: skip
    found = io.read_catalogue(parse_cohort(json.dumps(described), "cohort.yml"))
    assert tuple(found.loc["OWN", ["efficacy", "safety"]]) == expected
    assert found.at["BILI", "efficacy"]
