"""How a parameter, its unit and its decimals are written for a reader: what the catalogue says, or the code itself."""

import re
from collections.abc import Iterable

import pandas as pd

from racohort.rules import RULES

#: Chinese characters and their punctuation.
_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

#: Numbers of ADSL that are no PARAMCD of the catalogue: label, unit, decimals.
_OWN = {"AGE": ("Age", "years", 0), "DISDUR": ("Disease duration", "years", 1), "BMI": ("Body mass index", "kg/m²", 1)}


#: What the overview categories are called.
OVERVIEW_LABELS = {
    "ANY": "Any event", "TEAE": "Treatment-emergent", "RELATED": "Related to treatment", "SERIOUS": "Serious",
    "GRADE3": "Grade 3 or higher", "DISCONT": "Leading to discontinuation", "DEATH": "Death",
}  # fmt: skip
#: What the windows after the treatment are called.
WINDOW_LABELS = {
    "DAY1": "Day of treatment and the day after", "LE30D": "Up to 30 days", "LE1Y": "Up to 1 year", "GT1Y": "Later than 1 year",
    "ALL": "Whole follow-up", "UNDATED": "Onset not dated",
}  # fmt: skip
#: What the events of special interest are called.
SPECIAL_LABELS = {
    "INFUSION": "Infusion reaction or hypersensitivity", "THROMBO": "Thromboembolism", "INFECTION": "Infection",
    "REACTIVATION": "Reactivation (hepatitis B, tuberculosis, herpes viruses)", "MALIGNANCY": "Malignancy",
    "ECTOPIC": "Ectopic tissue", "DONOR": "Transmission from the donor", "ALLOIMMUNE": "Alloimmunisation",
}  # fmt: skip
#: The panels of which the paper says "all in the normal range".
PANELS = ("Blood count", "Liver", "Kidney", "Immunoglobulins")
#: The panel of what is measured on the patient, not by a laboratory.
VITAL = "Vital signs"
#: Days after a raised transaminase within which a raised bilirubin counts as concurrent.
HYS_LAW_DAYS = 30
#: Why a laboratory record is listed by itself.
SIGNAL_LABELS = {
    "GRADE3": "grade 3 or higher", "TRANSAMINASE": "transaminase above 3 times its upper limit",
    "CHANGE": "beyond the reference change value",
}  # fmt: skip
#: What the rules on "remained in the normal range" are called.
RULE_LABELS = {
    "mean_inside": "Group means inside", "every_value_inside": "Every value inside",
    "new_abnormality_rare": "New abnormality below 10 %", "grade1_rare": "Worsening to grade ≥ 1 below 10 %",
    "grade2_rare": "Worsening to grade ≥ 2 below 5 %",
}  # fmt: skip

#: What is said where a cohort has no such data.
NO_LABORATORY = "No safety laboratory was supplied with this cohort."
NO_RANGES = "No laboratory value of this cohort can be held against a reference range."
NO_EVENTS = (
    "No adverse events were supplied with this cohort: nothing is known about them; that is not the same as none having occurred."
)


def fate_label(fate: str) -> str:
    """Why rows were left out: the title of the rule, or the choice of patients; other words as they are.

    >>> fate_label("row_twice"), fate_label("filter"), fate_label("Declared missing")
    ('A row occurred twice', 'Not chosen by the filter of cohort.yml', 'Declared missing')
    """
    if fate == "filter":
        return "Not chosen by the filter of cohort.yml"
    return RULES[fate].title if fate in RULES else fate


def label_of(code: str, catalogue: pd.DataFrame) -> str:
    """The name of a parameter; its code where nothing knows it.

    >>> label_of("AGE", pd.DataFrame())
    'Age'
    """
    if code in _OWN and code not in catalogue.index:
        return _OWN[code][0]
    return str(catalogue.loc[code, "PARAM"]) if code in catalogue.index else code


def within_sentence(label: str) -> str:
    """A label as it stands within a sentence: without a capital, unless it is an abbreviation, and in the order of speech.

    >>> [within_sentence(label) for label in ("Rheumatoid factor", "C-reactive protein", "Anti-CCP", "Bilirubin, total")]
    ['rheumatoid factor', 'C-reactive protein', 'anti-CCP', 'total bilirubin']
    >>> within_sentence("Adas-Cog(11) Subscore"), within_sentence("SF36 Vitality")
    ('Adas-Cog(11) Subscore', 'SF36 Vitality')
    """
    name, _, kind = label.partition(", ")
    if kind.isalpha():
        return f"{kind} {within_sentence(name)}"
    is_name = re.match(r"\S*[A-Za-z]\S*[A-Z][a-z]", label) is not None  # a capital further in, other than an abbreviation's
    return label[:1].lower() + label[1:] if label[1:2].islower() and not is_name else label


def reason_label(reason: str) -> str:
    """A reason as a report in English shows it: of words in two languages those in Latin letters, and capitals as a sentence.

    >>> reason_label("失访 Lost to follow-up"), reason_label("失访"), reason_label("ADVERSE EVENT"), reason_label("AE")
    ('Lost to follow-up', '失访', 'Adverse event', 'AE')
    """
    latin = _CHINESE.sub("", reason).strip()
    latin = latin.capitalize() if latin.isupper() and " " in latin else latin
    return latin if re.search("[A-Za-z]", latin) else reason


#: Words of a term that stay in capitals; other words in capitals are the style of a file.
_ABBREVIATIONS = {
    "ALT", "AST", "ALP", "GGT", "LDH", "CK", "CPK", "CRP", "ESR", "BMI", "INR", "QT", "ECG", "EKG", "HIV", "HBV", "HCV", "CMV",
    "EBV", "COVID-19", "SARS-COV-2", "DNA", "RNA", "TB", "RA", "IGE", "IGG", "IGA", "IGM", "CT", "MRI", "HDL", "LDL", "B12",
}  # fmt: skip


def term_label(term: str) -> str:
    """A term of an event as a report shows it: what a file writes in capitals as a sentence, abbreviations as they are.

    >>> term_label("UPPER RESPIRATORY TRACT INFECTION"), term_label("BLOOD ALT INCREASED"), term_label("Rash"), term_label("UTI")
    ('Upper respiratory tract infection', 'Blood ALT increased', 'Rash', 'UTI')
    """
    if not term.isupper() or (len(term) < 4 and " " not in term):
        return term
    words = [word if word in _ABBREVIATIONS else word.lower() for word in term.split(" ")]
    said = " ".join(words)
    return said[:1].upper() + said[1:]


def unit_of(code: str, catalogue: pd.DataFrame) -> str:
    """The unit of a parameter as it is stored; empty where there is none."""
    if code in _OWN and code not in catalogue.index:
        return _OWN[code][1]
    return str(catalogue.loc[code, "AVALU"]) if code in catalogue.index else ""


def digits_of(code: str, catalogue: pd.DataFrame) -> int:
    """The decimals with which single values of a parameter are shown; 1 where nothing says so."""
    if code in _OWN and code not in catalogue.index:
        return _OWN[code][2]
    return int(catalogue["digits"][code]) if code in catalogue.index else 1


def panel_of(code: str, catalogue: pd.DataFrame) -> str:
    """The panel of a parameter, `Other` where nothing knows it."""
    return str(catalogue.loc[code, "PARCAT1"]) if code in catalogue.index else "Other"


def values_of(codes: Iterable[str], catalogue: pd.DataFrame) -> str:
    """What the values of these parameters are called together: laboratory values, vital signs, or both."""
    vital = [panel_of(str(code), catalogue) == VITAL for code in codes]
    return " and ".join(["laboratory values"] * (not all(vital) or not vital) + ["vital signs"] * any(vital))


def shown_unit(unit: str) -> str:
    """A unit as it is printed.

    >>> shown_unit("10^9/L"), shown_unit("umol/L"), shown_unit("score")
    ('10⁹/L', 'µmol/L', '')
    """
    if unit in ("score", "joints", ""):
        return ""
    raised = re.sub(r"\^(\d+)", lambda power: power[1].translate(_RAISED), unit)
    return re.sub(r"\bu(?=mol|g|kat)", "µ", raised)


def label_with_unit(code: str, catalogue: pd.DataFrame) -> str:
    """The name of a parameter with its unit, for the head of a row or an axis."""
    unit = shown_unit(unit_of(code, catalogue))
    return f"{label_of(code, catalogue)} ({unit})" if unit else label_of(code, catalogue)
