"""The vocabulary: every column that was measured (CDISC, upper case) and every column that was computed (lower case)."""

# --- the four analysis data sets, and co-medication (CDISC ADaM names) ---------------------------------------------

#: One row per patient. Each visit of the cohort adds a flag column named by `visit_flag`.
ADSL = (
    "STUDYID", "USUBJID", "SITEID", "AGE", "SEX", "ARM", "DISDUR", "TRTSDT", "TRTEDT", "TRTGAP",
    "FASFL", "SAFFL", "EFFFL", "EOSSTT", "EOSDT", "DCSREAS", "LSTCNTDT", "DTHFL", "DTHDT", "SYNTHFL",
)  # fmt: skip

#: One row per patient, parameter and record: ADLB holds laboratory values, ADQS scores, counts and scales.
BDS = (
    "STUDYID", "USUBJID", "SITEID", "SEX", "PARAMCD", "PARAM", "PARCAT1", "AVISIT", "AVISITN", "ADT", "ADY",
    "AVAL", "AVALC", "AVALU", "censored", "limit", "DTYPE",
    "BASE", "CHG", "PCHG", "ANRLO", "ANRHI", "ANRIND", "BNRIND", "ABLFL", "ANL01FL",
    "SYNTHFL", "file", "sheet", "line", "column",
)  # fmt: skip

#: One row per adverse event.
ADAE = (
    "STUDYID", "USUBJID", "SITEID", "AETERM", "AEDECOD", "AEBODSYS", "ASTDT", "AENDT", "ASTDTC", "AENDTC", "ASTDY", "AENDY",
    "AETOXGR", "AESER", "AEREL", "AEACN", "AEOUT", "AESDTH", "TRTEMFL", "LDOSEDT", "SYNTHFL", "file", "sheet", "line",
)  # fmt: skip

#: One row per medication period (background DMARDs, glucocorticoids, and their changes).
ADCM = (
    "STUDYID", "USUBJID", "CMDECOD", "CMCLAS", "CMDOSE", "CMDOSU", "ASTDT", "AENDT", "ASTDY", "AENDY", "CMACT",
    "SYNTHFL", "file", "sheet", "line",
)  # fmt: skip


def visit_flag(AVISIT: str) -> str:
    """The name of the ADSL column that says whether a patient has any record at a visit.

    >>> visit_flag("Y1")
    'Y1FL'
    """
    return f"{AVISIT}FL"


#: Population -> the ADSL flag that defines it. Denominators come from here and from nowhere else.
POPULATIONS = {"all": "FASFL", "safety": "SAFFL", "efficacy": "EFFFL"}

#: The words of the program for why a patient has no later record; every other reason is in the cohort's own words.
DIED, NOT_RECORDED, FOLLOWED, COMPLETED = REASONS = (
    "Died", "Reason not recorded", "Follow-up ongoing", "Completed the study without this visit",
)  # fmt: skip
#: Where a value lies against its reference range; limits themselves are normal.
RANGE_STATES = ("LOW", "NORMAL", "HIGH")

#: A reference range leaves out this share of healthy people, by its usual definition (2.5th to 97.5th percentile).
HEALTHY_SHARE_OUTSIDE = 0.05

# --- the results spine ----------------------------------------------------------------------------------------------

RESULT_ID = ("section", "PARAMCD", "AVISIT", "population", "contrast", "statistic", "method")
RESULT_TEXT = ("section", "population", "PARAMCD", "AVISIT", "contrast", "statistic", "method", "by", "category")
RESULTS = (
    "result_id", *RESULT_TEXT,
    "value", "lower", "upper", "level", "value_text", "n", "count", "n_missing",
    "p_value", "p_adjusted", "family", "unit", "function", "note",
)  # fmt: skip
RESULT_NUMBERS = ("value", "lower", "upper", "level", "p_value", "p_adjusted")
RESULT_COUNTS = ("n", "count", "n_missing")

#: The typefaces of figures, and how their letters are called in a drawing, before a hyphen and the number of the glyph.
TYPEFACES = {"RacohortSans-Regular": "R", "RacohortSans-Bold": "B"}

#: Who may see a report, the loosest first.
PRIVACY = ("internal", "share", "publish")

SECTIONS = ("cleaning", "participants", "safety", "efficacy", "robustness", "concordance")
#: Section -> the sections whose results it reads.
NEEDS: dict[str, tuple[str, ...]] = {
    "cleaning": (),
    **dict.fromkeys(("participants", "safety", "efficacy"), ("cleaning",)),
    "robustness": ("cleaning", "efficacy"),
    "concordance": ("cleaning", "participants", "safety", "efficacy", "robustness"),
}

# --- cleaning's records ----------------------------------------------------------------------------------------------

FINDINGS = ("class", "rule", "severity", "file", "sheet", "line", "column", "USUBJID", "value", "message", "remedy", "count")
LEDGER = ("file", "sheet", "line", "column", "USUBJID", "AVISIT", "was", "became", "rule")
QUARANTINE = ("file", "sheet", "line", "column", "USUBJID", "AVISIT", "value", "scope", "rule", "remedy")

#: The classes of a finding, weakest first; a file's class is the strongest of its findings.
CLASSES = ("normalise", "warn", "quarantine", "reject")
