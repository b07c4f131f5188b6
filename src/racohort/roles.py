"""The roles a source column can have besides holding an analyte: what each means, and in which shapes it is read."""

from typing import NamedTuple


class Role(NamedTuple):
    """A role: what the column holds, and the group of columns it belongs to (patient, visit, measurement, event, medication)."""

    meaning: str
    group: str


#: Every role a column of `cohort.yml` may have.
ROLES = {
    "USUBJID": Role("the patient's identifier; text for ever, so 007 stays 007", "patient"),
    "SITEID": Role("the hospital or site", "patient"),
    "SUBJID": Role("the patient's number where numbers start anew at each site: with SITEID in the same file it makes USUBJID",
                   "patient"),
    "SEX": Role("sex; give `codes` unless it is M and F", "patient"),
    "AGE": Role("age in years at the visit, or at baseline", "patient"),
    "BIRTHDT": Role("date of birth, or its year (format %Y, taken for its middle); gives the age where there is none", "patient"),
    "ARM": Role("the treatment arm; give `codes` with the arms there are", "patient"),
    "DISDUR": Role("disease duration at baseline, years", "patient"),
    "TRTSDT": Role("date of the first treatment", "patient"),
    "EOSSTT": Role("how the study ended for the patient: completed, discontinued or ongoing", "patient"),
    "EOSDT": Role("date of the end of the study for the patient", "patient"),
    "DCSREAS": Role("the reason for leaving the study early", "patient"),
    "LSTCNTDT": Role("date of the last contact", "patient"),
    "DTHFL": Role("died, yes or no", "patient"),
    "DTHDT": Role("date of death", "patient"),
    "COVARIATE": Role("any other fact about the patient; kept under the column's own name in upper case", "patient"),
    "AVISIT": Role("the visit's label, as listed under `visits`; or its day, where visits have a window", "visit"),
    "ADT": Role("the date of the visit or of the measurement", "visit"),
    "PARAM": Role("which analyte the row holds (shape long); `codes` map names to PARAMCDs, with a unit (CHOL mg/dL), or IGNORE",
                  "measurement"),
    "AVAL": Role("the measured value (shape long)", "measurement"),
    "AVALU": Role("the unit of the value (shape long)", "measurement"),
    "ANRLO": Role("the laboratory's lower reference limit (shape long)", "measurement"),
    "ANRHI": Role("the laboratory's upper reference limit (shape long)", "measurement"),
    "LBSTNRC": Role("the laboratory's reference range in one cell: 4-10, 4.0~10.0, <5 (shape long)", "measurement"),
    "AVALCAT1": Role("a state or label the file gives for a value; `of` names its analyte (not in shape long)", "measurement"),
    "AETERM": Role("the adverse event as reported", "event"),
    "AEDECOD": Role("the coded term of the event (MedDRA preferred term)", "event"),
    "AEBODSYS": Role("the organ class of the event", "event"),
    "ASTDT": Role("start of the event or of the medication; a partial date (2014-05 or 2014) is allowed", "event"),
    "AENDT": Role("end of the event or of the medication; partial dates and blank (ongoing) are allowed", "event"),
    "AETOXGR": Role("grade of the event, 1 to 5", "event"),
    "AESER": Role("serious, yes or no", "event"),
    "AEREL": Role("relation to the treatment, as judged", "event"),
    "AEACN": Role("action taken with the treatment", "event"),
    "AEOUT": Role("outcome of the event", "event"),
    "AESDTH": Role("the event was fatal, yes or no", "event"),
    "CMDECOD": Role("the medication's name", "medication"),
    "CMCLAS": Role("its class: csDMARD, bDMARD, tsDMARD, GC or OTHER", "medication"),
    "CMDOSE": Role("the dose", "medication"),
    "CMDOSU": Role("the unit of the dose", "medication"),
    "CMACT": Role("BASELINE, START, STOP, INCREASE or DECREASE", "medication"),
    "IGNORE": Role("not read, on purpose", "none"),
}  # fmt: skip

#: What a variable of a trial package is used for that has no role.
BESIDES = {
    "label": "names the test, and its unit where no other column does", "text": "the value as text, where it is no number",
    "sample": "tells several samples of one day apart", "baseline": "marks the baseline record",
    "choice": "tells derived records, and those chosen for analysis", "specimen": "tells blood from other specimens",
}  # fmt: skip

#: Roles whose cells are dates.
DATES = ("ADT", "BIRTHDT", "TRTSDT", "EOSDT", "LSTCNTDT", "DTHDT", "ASTDT", "AENDT")
#: Roles whose cells are numbers.
NUMBERS = ("AGE", "DISDUR", "ANRLO", "ANRHI", "CMDOSE")
#: Roles that say something about the patient, not about a visit or an event.
PATIENT = tuple(
    role for role, facts in ROLES.items() if facts.group == "patient" and role not in ("USUBJID", "SUBJID", "COVARIATE")
)
