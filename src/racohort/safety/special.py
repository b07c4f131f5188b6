"""Adverse events of special interest: each counted, or said not to have been collected.

The categories are the harms that are feared of what the paper studies, mesenchymal cells given by infusion. They are found by
words, in English, Chinese, German, French, Spanish and Portuguese, in the term as reported and as coded; a coding dictionary's
own queries are licensed and may not be shipped. Three of them do not show unless somebody looks: without a report, silence
there means that nothing was collected.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from racohort.intervals import upper_one_sided_cp
from racohort.plan import Plan
from racohort.results import as_results
from racohort.safety.laboratory import after_baseline
from racohort.summaries import members, proportion_row


@dataclass(frozen=True)
class Interest:
    """A category: the words of its terms and of its organ class, words that rule a term out, and what would show it.

    `early` are signs that count on the day of treatment and the day after; `needs` names what has to be done to see such an event
    and is empty where an adverse event form suffices; `tests` are PARAMCDs that prove it was done.
    """

    code: str
    words: str
    system: str = ""
    excluded: str = ""
    early: str = ""
    needs: str = ""
    tests: str = ""


#: In the order of the table.
SPECIAL = (
    Interest(
        "INFUSION",
        r"infusion.*reaction|reac\w+.*(?:infus|perfus)|infusionsreaktion|ana(?:ph|f)yla|anafila|h[yi]persensi|uberempfindlich"
        r"|all?erg|urticaria|urticaire|urtikaria|nesselsucht|angio-?o?edem|cytokine release|输液反应|过敏|荨麻疹",
        early=r"pyrexia|fever|fi[eè]?bre|febre|fievre|fieber|chill|escalofr|calafrio|frisson|schuttelfrost|rigor|flush|d[yi]spn|disnea"
        r"|atemnot|bronch?o-?e?spasm|h[yi]potens|hypotonie|rash|exant|erup|ausschlag|prurit|juckreiz|发热|寒战|皮疹|瘙痒|低血压",
    ),
    Interest(
        "THROMBO",
        r"th?rombo(?!cyt|cit|zyt|pen)|th?rombus|embol|infar[ck]?t|stroke|schlaganfall|\bictus\b|\ba[vc][cv]\b"
        r"|isch(?:a)?emic attack|血栓|栓塞|梗死|脑卒中",
        excluded=r"h(?:a)?emorr?h?agi|heat stroke|sunstroke",
    ),
    Interest(
        "INFECTION",
        r"infe[ck]|pneumoni|neumoni|lungenentzund|sepsis|septic|sepse|bronchit|bronqui|(?:ph|f)ar[yi]ngit|tonsil|amigdalit|sinusit"
        r"|cell?ulit|er[yi]sipel|absce|abszess|influenza|\bgripp?e\b|covid|herpes|zoster|\bzona\b|gurtelrose|tuber[ck]ul"
        r"|hepatit(?:is|e) [abce]\b|[cz][yi]stit|p[yi]elone|common cold|resfriado|erkaltung|感染|肺炎|脓毒|结核|疱疹|流感",
        system=r"^infe[ck]|感染",
        excluded=r"infectious agent",
    ),
    Interest(
        "REACTIVATION",
        r"tuber[ck]ul|hepatit(?:is|e) b\b|\bhbv\b|\bvhb\b|zoster|shingles|\bzona\b|gurtelrose|[cz][yi]tomegal|\bcmv\b"
        r"|rea[ck]tiv|结核|乙肝|乙型肝炎|带状疱疹",
    ),
    Interest(
        "MALIGNANCY",
        r"malign|cancer|krebs|[ck]ar[cz]inom|l[yi](?:mph|nf)om|leu[kc](?:a)?[ea]mi|sar[ck]om|melanom|m[yi]elom|metast|neoplas|tumou?r\b"
        r"|癌|恶性|淋巴瘤|白血病|肿瘤",
        excluded=r"benign|gutartig|tumou?r necrosis|良性",
    ),
    Interest("ECTOPIC", r"ectopic (?:tissue|bone|ossif)|heterotopic ossif|teratoma|异位骨化|异位组织|畸胎瘤", needs="imaging"),
    Interest(
        "DONOR",
        r"donor.{0,20}transmi|transmi.{0,30}donor|transmission of an infectious agent|供者.*传播",
        needs="tests of the recipients",
    ),
    Interest(
        "ALLOIMMUNE",
        r"allo-?immuni|anti-?hla|hla antibod|donor.specific antibod|同种免疫|抗hla",
        needs="a test for antibodies",
        tests=r"^(?:HLA|DSA|PRA)",
    ),
)


def _without_accents(text: str) -> str:
    """A text without the accents of its letters: herpes zoster for herpes zóster."""
    return text if text.isascii() else "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def is_special(adae: pd.DataFrame, interest: Interest) -> pd.Series:
    """Whether each event belongs to a category, by its words.

    >>> events = pd.DataFrame({"AETERM": ["DVT", "low platelets"], "AEDECOD": ["Deep vein thrombosis", "Thrombocytopenia"],
    ...                        "AEBODSYS": ["", ""], "ASTDY": [40.0, 40.0]})
    >>> is_special(events, SPECIAL[1]).tolist(), is_special(events.assign(AETERM=["Herpes zóster", "Zona"]), SPECIAL[3]).tolist()
    ([True, False], [True, True])
    """
    terms = (adae["AETERM"] + " " + adae["AEDECOD"]).str.lower().map(_without_accents)
    found = terms.str.contains(interest.words, regex=True)
    if interest.system:
        found |= adae["AEBODSYS"].str.lower().str.contains(interest.system, regex=True)
    if interest.early:
        found |= adae["ASTDY"].isin([1, 2]) & terms.str.contains(interest.early, regex=True)
    return found & ~terms.str.contains(interest.excluded, regex=True) if interest.excluded else found


def estimate_special(
    adae: pd.DataFrame, adlb: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, supplied: bool
) -> pd.DataFrame:  # fmt: skip
    """Treatment-emergent events of special interest, each category counted or told as not collected.

    Parameters
    ----------
    adae, supplied : events, and whether the cohort came with any event file.
    adlb : the laboratory, which shows whether a category that needs a test was tested for.

    Returns
    -------
    By `special`, for each of `SPECIAL`: `collected` (value_text `yes`, `no`, or `reported` where an event was reported though not
    everybody was tested; `note` says what it needs) and, unless `no`, `proportion` (method `clopper_pearson`), `events` (method
    `count`) and `risk_bound` (method `upper_one_sided_cp`). `n` is the safety population, or who was tested after baseline.
    Empty for a cohort without a treatment.
    """
    if not plan.treated:
        return as_results([])
    people = members(adsl, "safety")
    emergent = adae[adae["USUBJID"].isin(people) & (adae["TRTEMFL"] == "Y")]
    common = {"section": "safety", "population": "safety", "by": "special", "function": "safety.estimate_special"}
    rows = (row for one in SPECIAL for row in _rows(one, emergent, _examined(one, adlb, people), plan.level, supplied))
    return as_results({**common, **row} for row in rows)


def _examined(interest: Interest, adlb: pd.DataFrame, people: pd.Index) -> pd.Index:
    """Patients in whom such an event would have shown: all, or, where it needs a test, who was tested after baseline."""
    if not interest.needs:
        return people
    tested = adlb[after_baseline(adlb) & adlb["PARAMCD"].str.contains(interest.tests or r"^$", regex=True)]
    return people[people.isin(tested["USUBJID"])]


def _rows(
    interest: Interest, emergent: pd.DataFrame, examined: pd.Index, level: float, supplied: bool
) -> Iterator[dict[str, Any]]:  # fmt: skip
    found = emergent[is_special(emergent, interest)]
    known = "no" if not supplied else "yes" if len(examined) else "reported" if len(found) else "no"
    named = {"category": interest.code, "note": interest.needs}
    yield {**named, "statistic": "collected", "method": "source", "value_text": known}
    if known == "yes":
        found = found[found["USUBJID"].isin(examined)]
        count, n = found["USUBJID"].nunique(), len(examined)
        bound = float(upper_one_sided_cp(count, n, level))
        yield proportion_row(count, n, level, **named)
        yield {**named, "statistic": "risk_bound", "method": "upper_one_sided_cp", "value": bound, "upper": bound, "level": level,
               "count": count, "n": n}  # fmt: skip
    if known != "no":
        yield {**named, "statistic": "events", "method": "count", "value": len(found), "count": found["USUBJID"].nunique(),
               "unit": "events"}  # fmt: skip
