"""The text encoding of a file, told from its bytes, or the cohort refused where the bytes can be read in two ways."""

import codecs
import re

from racohort.schema import RawTable, Records

#: Byte order marks, longest first, with the encoding that each announces.
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF8, "UTF-8"), (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"),
)  # fmt: skip

#: Two-byte characters of GB2312, of its more frequent half, and of the frequent half of Big5.
_PAIRS = re.compile(rb"[\x80-\xff][\x00-\xff]")
_GB2312 = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_GB2312_FREQUENT = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
_BIG5_FREQUENT = re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]")

#: Encodings whose bytes look like GB2312, with characters of which nearly every text in them has many.
_LOOKALIKES = {
    "euc_kr": frozenset(
        "이다는의가에고을한지로기사하자대서어아도인를시과정은전리수보제부상일원학병교남여성울경동구군산주천안국강김박최연세"
    ),
    "euc_jp": frozenset(
        "のにはをたがでてとしれさるいなンスルトリアイタックドシプ一日人年大十本中東京都府県市区病院医科学部男女性田山川島村木"
    ),
}  # fmt: skip


def decode(data: bytes, declared: str | None, table: RawTable, records: Records) -> str:
    """The text of a file.

    UTF-8 is taken as it is; a byte order mark,
        UTF-16 and unmistakable GB18030 with a finding; anything that can be two encodings,
    or is two in one file, is refused with a finding and read as an empty text.
    """
    if declared is not None:
        return _declared(data, declared, table, records)
    for mark, name in MARKS:
        if data.startswith(mark):
            return _marked(data, name, table, records)
    if b"\x00" in data:
        line = data.count(b"\n", 0, data.index(b"\x00")) + 1
        return _refuse("nul_bytes", f"line {line} holds a NUL byte (\\0): text has none", table, records, line)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _other(data, table, records)


def _declared(data: bytes, declared: str, table: RawTable, records: Records) -> str:
    try:
        return data.decode(codecs.lookup(declared).name).lstrip("\ufeff")
    except (LookupError, UnicodeDecodeError):
        return _refuse("encoding", f"the declared encoding {declared} does not read the file", table, records)


def _marked(data: bytes, name: str, table: RawTable, records: Records) -> str:
    try:
        text = data.decode("utf-8" if name == "UTF-8" else name.lower())
    except UnicodeDecodeError:
        return _refuse("encoding", f"the file starts with a {name} byte order mark but is not in that encoding", table, records)
    marks = len(text) - len(text.lstrip("\ufeff")) + (name != "UTF-8")
    rule = "bom" if name == "UTF-8" else "encoding_read"
    records.note(rule, f"the file starts with {marks} byte order mark (BOM) and was read as {name}", table)
    text = text.lstrip("\ufeff")
    if "\x00" in text:
        return _refuse("nul_bytes", f"line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a NUL byte", table, records)
    return text


def _other(data: bytes, table: RawTable, records: Records) -> str:
    """Text that is not UTF-8: two encodings in one file, GB18030 beyond doubt, or refused."""
    lines = data.split(b"\n")
    foreign = [number for number, line in enumerate(lines, 1) if not line.isascii()]
    if _is_gb18030(data, b"\n".join(lines[number - 1] for number in foreign)):
        records.note("encoding_read", "the file is not UTF-8 and was read as GB18030", table)
        return data.decode("gb18030")
    utf8 = [number for number in foreign if _reads(lines[number - 1], "utf-8")]
    if utf8:
        others = sorted(set(foreign) - set(utf8))
        said = f"two encodings in one file: line {_span(utf8)} is UTF-8, line {_span(others)} is not"
        return _refuse("encoding", said, table, records, others[0])
    candidates = [name for name in ("GB18030", "Big5", "Shift-JIS", "EUC-KR", "EUC-JP", "Windows-1252") if _reads(data, name)]
    named = " or ".join(candidates) or "no known encoding"
    said = f"the text encoding cannot be told: the bytes can be read as {named} (line {foreign[0]})"
    return _refuse("encoding", said, table, records, foreign[0])


def _is_gb18030(data: bytes, foreign: bytes) -> bool:
    """Whether two-byte characters are of GB2312 (all but a few), most of them frequent, and not all frequent in Big5 as well."""
    pairs = _PAIRS.findall(foreign)
    pure = _share(pairs, _GB2312) >= 0.97 and _share(pairs, _GB2312_FREQUENT) >= 0.8
    return pure and _share(pairs, _BIG5_FREQUENT) < 1 and _reads(data, "gb18030") and not _lookalike(foreign)


def _lookalike(foreign: bytes) -> str:
    """An encoding of Korea or Japan in which half of the characters would be its most frequent ones; "" for none."""
    for name, frequent in _LOOKALIKES.items():
        letters = [char for char in foreign.decode(name, "ignore") if not char.isascii()] if _reads(foreign, name) else []
        if letters and sum(char in frequent for char in letters) * 2 >= len(letters):
            return name
    return ""


def _reads(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _share(pairs: list[bytes], kind: re.Pattern[bytes]) -> float:
    return sum(1 for pair in pairs if kind.fullmatch(pair)) / len(pairs) if pairs else 0.0


def _span(lines: list[int]) -> str:
    return str(lines[0]) if len(lines) == 1 else f"{lines[0]} to {lines[-1]}"


def _refuse(rule: str, message: str, table: RawTable, records: Records, line: int | None = None) -> str:
    records.note(rule, f"{table.file}: {message}", table, line=line)
    return ""
