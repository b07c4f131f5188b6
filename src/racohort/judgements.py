"""The words of adverse event forms: what counts as related, and what as leading to discontinuation."""

import pandas as pd

_NOT_JUDGED = r"unknown|not (?:known|assess|applicable|report|recorded)|unassess|^n/?a$|^[?？-]+$|不详|未知|无法"
_NOT_RELATED = (
    r"\bnot\b|\bunrelat|\bunlikel|\bnone\b|\bno\b|^n$|\bkein|\bnicht|unwahrschein|improb|improv[aá]v|^não$|^nein$"
    r"|无关|不相关|不太可能|不可能"
)
_RELATED = (
    r"relat|possib|probab|likely|defin|certain|^y$|yes|suspected"
    r"|möglich|wahrschein|gesichert|possí|prov[aá]vel|^sim$|^ja$|相关|有关|可能|肯定"
)
_LEFT_FOR_HARM = r"advers|toxi|nebenwirkung|unerwünscht|ind[eé]sirable|不良"
_WITHDRAWN = r"withdr|discontinu|stopped|permanent|停药|停用|退出|终止"
#: Words for an action that leaves the treatment going, or for none; also for one against the event.
_WENT_ON = (
    r"\bnot\b|\bno\b|\bnone\b|reduc|increas|interrupt|delay|\bheld\b|on hold|paus|unchang|medic|therap|treatm|hospital"
    r"|symptom|\bother\b|observ|\bkein|nicht|unveränd|reduz|erhöh|unterbroch|interromp|reduç|sin cambio"
    r"|无|未|减|增|暂|不变|继续|对症|观察|处理|治疗|住院"
)
#: Roles whose words must say something, and what a word that does not is told.
_WANTED = {
    "AEREL": (f"{_NOT_JUDGED}|{_NOT_RELATED}|{_RELATED}",
              "says neither related nor not related: the event counts as not judged"),
    "AEACN": (f"{_NOT_JUDGED}|{_WITHDRAWN}|{_WENT_ON}",
              "says neither that the treatment was withdrawn nor that it was not: the event counts as one that it outlasted"),
}  # fmt: skip


def is_related(AEREL: pd.Series) -> pd.Series:
    """Relatedness of each event as Y, N, or empty where it is missing or says neither.

    >>> is_related(pd.Series(["POSSIBLY RELATED", "Not related", "unlikely", "unknown", ""])).tolist()
    ['Y', 'N', 'N', '', '']
    >>> is_related(pd.Series(["möglich", "unwahrscheinlich", "kein Zusammenhang", "很可能有关", "不可能", "provável"])).tolist()
    ['Y', 'N', 'N', 'Y', 'N', 'Y']
    """
    text = AEREL.str.strip().str.lower()
    related = pd.Series("", index=AEREL.index, dtype="str")
    for words, answer in ((_RELATED, "Y"), (_NOT_RELATED, "N"), (_NOT_JUDGED, "")):
        related = related.mask(text.str.contains(words, regex=True), answer)
    return related


def is_discontinuation(AEACN: pd.Series) -> pd.Series:
    """Whether the action taken was to withdraw the treatment or the patient.

    >>> is_discontinuation(pd.Series(["DRUG WITHDRAWN", "NOT WITHDRAWN", "NONE", ""])).tolist()
    [True, False, False, False]
    """
    text = AEACN.str.strip().str.lower()
    return text.str.contains(_WITHDRAWN, regex=True) & ~text.str.contains(r"\bnot\b|\bno\b|未", regex=True)


def left_for_harm(DCSREAS: pd.Series) -> pd.Series:
    """Whether the reason for leaving the study was an adverse event.

    >>> left_for_harm(pd.Series(["Adverse event", "Acontecimiento adverso", "Moved away", ""])).tolist()
    [True, True, False, False]
    """
    return DCSREAS.str.lower().str.contains(_LEFT_FOR_HARM, regex=True)


def unclear(role: str, words: pd.Series) -> tuple[pd.Series, str]:
    """Which words of an adverse event form say nothing that counts, and what that means; none where a role may say anything.

    >>> unclear("AEREL", pd.Series(["2", "Possible", "unknown", ""]))[0].tolist()
    [True, False, False, False]
    >>> unclear("AEACN", pd.Series(["DOSE REDUCED", "B", "Drug withdrawn"]))[0].tolist()
    [False, True, False]
    """
    known, told = _WANTED.get(role, ("", ""))
    text = words.str.strip().str.lower()
    return (text != "") & ~text.str.contains(known, regex=True), told
