"""What the cells of a column tell: numbers and their decimal mark, missing codes, date formats, and the meaning of words."""

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from racohort.cleaning.dates import read_date
from racohort.intake.guesses import Word
from racohort.intake.names import name_words
from racohort.intake.vocabulary import RESULT, SEXES, WORDS, YES

_NUMBER = re.compile(r"[-+]?\d*[.,]?\d+(?:[eE][-+]?\d+)?")
_SIDE = re.compile(r"^(?:<=|>=|<|>|≤|≥|＜|＞|小于|大于)\s*")
_DECIMAL = re.compile(r"-?\d*\.\d*")
_PARTIAL = re.compile(r"\d{4}(?:-\d{2})?")
#: How days are written, and the time that programs put behind a day.
DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y",
    "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y", "%d%b%Y", "%d %b %Y",
)  # fmt: skip
TIMES = (" %H:%M:%S", " %H:%M", "T%H:%M:%S", ":%H:%M:%S", " %I:%M:%S %p", " %I:%M %p")
#: Date formats that are tried.
FORMATS = (*DAYS, *(f"{day}{time}" for time in TIMES for day in DAYS))


def given(cells: Sequence[str]) -> list[str]:
    """The cells that are not blank, without spaces around them."""
    return [text for text in (cell.strip() for cell in cells) if text]


def as_number(text: str, decimal: str = ".") -> float | None:
    """The number a cell shows, without the sign of an assay limit; None for anything else.

    >>> as_number("<10.4"), as_number("12,5", ","), as_number("未查")
    (10.4, 12.5, None)
    """
    plain = _SIDE.sub("", text.strip())
    plain = plain.replace(",", ".") if decimal == "," else plain
    return float(plain) if _NUMBER.fullmatch(plain) and "," not in plain else None


def numbers(cells: Sequence[str], decimal: str = ".") -> list[float]:
    """The numbers of a column."""
    return [value for value in (as_number(text, decimal) for text in given(cells)) if value is not None]


def is_numeric(cells: Sequence[str], decimal: str = ".") -> bool:
    """Whether most cells that are not blank are numbers."""
    texts = given(cells)
    return bool(texts) and len(numbers(texts, decimal)) >= 0.6 * len(texts)


def decimal_mark(cells: Sequence[str]) -> tuple[str, str]:
    """The decimal mark of a column and, where commas can also be thousands marks, the choices.

    >>> decimal_mark(["12,5", "3,25"]), decimal_mark(["1,234", "2,345"])[0], decimal_mark(["1.5"])
    ((',', ''), '', ('.', ''))
    """
    texts = [_SIDE.sub("", text) for text in given(cells)]
    commas = [text for text in texts if re.fullmatch(r"[-+]?\d+,\d+", text)]
    if not commas or any(re.fullmatch(r"[-+]?\d+\.\d+", text) for text in texts):
        return ".", ""
    if all(re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", text) for text in commas):
        return "", f"decimal: the comma of {commas[0]!r} may be a decimal or a thousands mark"
    return ",", ""


def missing_codes(cells: Sequence[str], decimal: str = ".") -> dict[str, int]:
    """Words that repeat in a column of numbers and are no result, each with how often.

    >>> missing_codes(["1", "2.5", "3", "4", "<5", "6", "-", "-", "neg", "neg"])
    {'-': 2}
    >>> missing_codes(["1", "2.5", "-99", "-99"]), missing_codes(["1", "-1", "-99", "-99"])
    ({'-99': 2}, {})
    """
    if not is_numeric(cells, decimal):
        return {}
    words = Counter(text for text in given(cells) if as_number(text, decimal) is None and not re.search(r"\d", text))
    below = Counter(text for text in given(cells) if (as_number(text, decimal) or 0) < 0)
    words |= below if len(below) == 1 and re.fullmatch(r"-(9+|8+|7+)(\.0*)?", next(iter(below))) else {}
    return {word: count for word, count in words.items() if count > 1 and not RESULT.search(word) and len(word) <= 20}


def date_formats(cells: Sequence[str]) -> list[str]:
    """The formats that read every date of a column (nine in ten, if none reads all); several where it cannot be told.

    >>> date_formats(["2014-03-05"]), date_formats(["05/03/2014"]), date_formats(["25/03/2014", "05/03/2014"])
    (['%Y-%m-%d'], ['%d/%m/%Y', '%m/%d/%Y'], ['%d/%m/%Y'])
    >>> date_formats(["2014-03-05", "2014/3/5", "2014年3月15日"]), date_formats(["2014-03-05", "5/3/2014"])
    (['%Y-%m-%d'], [])
    >>> date_formats(["25/03/2014 00:00:00"]), date_formats(["25MAR2014:00:00:00"]), date_formats(["3/25/2014 12:00:00 AM"])
    (['%d/%m/%Y %H:%M:%S'], ['%d%b%Y:%H:%M:%S'], ['%m/%d/%Y %I:%M:%S %p'])
    """
    texts = [text for text in dict.fromkeys(given(cells)) if not _PARTIAL.fullmatch(text)]
    if sum(len(text.strip()) >= 6 and not _DECIMAL.fullmatch(text.strip()) for text in texts) < 0.9 * len(texts):
        return []  # no format reads the others, and to try them all takes long
    share = {format_: sum(_reads(text, format_) for text in texts) / len(texts) for format_ in FORMATS if texts}
    best = max(share.values(), default=0.0)
    spelled = sum(read_date(text, "%Y-%m-%d")[0] is not None for text in texts) if best < 0.9 else 0
    if texts and spelled >= 0.9 * len(texts):
        return ["%Y-%m-%d"]  # beyond doubt, however each is spelled
    return [format_ for format_, read in share.items() if read == best] if best >= 0.9 else []


def are_years(cells: Sequence[str]) -> bool:
    """Whether every date of a column is a year alone."""
    texts = given(cells)
    return bool(texts) and all(re.fullmatch(r"(?:19|20)\d\d(?:\.0)?", text) for text in texts)


def _reads(text: str, format_: str) -> bool:
    return parse_day(text, format_) is not None


def parse_day(text: str, format_: str) -> datetime.date | None:
    """The day a text means in a format; None where it means none between 1900 and 2100."""
    try:
        day = datetime.datetime.strptime(text.strip(), format_).date()
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2100 and len(text.strip()) >= 6 else None


def sex_words(cells: Sequence[str]) -> list[Word]:
    """What the words of a column of sexes mean; blanks where the set of words can be read in two ways.

    >>> [word.meaning for word in sex_words(["女", "男", "F"])], [word.meaning for word in sex_words(["M", "V"])]
    (['F', 'M', 'F'], ['', ''])
    """
    words = list(dict.fromkeys(given(cells)))
    keys = [unicodedata.normalize("NFKC", word).casefold() for word in words]
    known = [codes for codes in SEXES if set(keys) & set(codes)]
    meanings = {key: {codes[key] for codes in known if key in codes} for key in keys}
    partners = all(len(meaning) == 1 for meaning in meanings.values()) and not ({"h", "m"} <= set(keys))
    said = "M, F; the words of this column can be read in two ways"
    return [
        Word(word, next(iter(meanings[key])), "a known word") if partners else Word(word, "", choices=said)
        for word, key in zip(words, keys, strict=True)
    ]


def role_words(role: str, cells: Sequence[str]) -> list[Word]:
    """What the words of a column with few meanings stand for; blanks where a word is not known. 0 beside 1 is no beside yes.

    >>> [word.meaning for word in role_words("AESER", ["0", "1"])], [word.meaning for word in role_words("AESER", ["1", "2"])]
    (['N', 'Y'], ['', ''])
    """
    known, texts = WORDS[role], list(dict.fromkeys(given(cells)))
    if known is YES and "0" in texts and set(texts) <= {"0", "1"}:
        known = known | {"0": "N", "1": "Y"}
    return [_word(text, known) for text in texts][:40]


def _word(text: str, known: dict[str, str]) -> Word:
    parts = name_words(text)
    spans = {" ".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1)}
    hits = [word for word in known if word in spans]
    longest = [word for word in hits if not any(word != other and word in other for other in hits)]
    meanings = {known[word] for word in longest}
    if len(meanings) == 1:
        return Word(text, meanings.pop(), f"says {' '.join(longest)!r}")
    return Word(text, "", choices=", ".join(dict.fromkeys(known.values())))
