"""The texts within a file of any kind that a report consists of, the packed and the drawn ones too."""

import html
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from urllib.parse import unquote

from racohort.terms import TYPEFACES


class Unreadable(Exception):
    """A file whose text cannot be searched here, and why."""


def texts_of(data: bytes) -> Iterator[str]:
    """Every text in a file: with references and escapes resolved, unpacked, and read back from outlines.

    >>> list(texts_of(b"<p>M&uuml;ller%20A</p>"))
    ['<p>Müller A</p>']
    """
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _unzipped(data)
    elif data[:4] == b"PAR1":
        yield from _of_parquet(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _of_png(data)
    elif data[:5] == b"%PDF-":
        yield from _of_pdf(data)
    else:
        yield from _of_text(data.decode("utf-8", errors="replace"))


#: The outlines of a drawing: numbers and the letters of the path language, nothing else.
_OUTLINE = re.compile(r"""\bd=(['"])[-0-9.,MLHVQCSTAZmlhvqcstaz\s]*\1""")


def _of_text(text: str) -> Iterator[str]:
    """The text with its escapes resolved, without the numbers of outlines, and the words that outlines draw."""
    plain = html.unescape(unquote(text) if "%" in text else text)
    if "\\u" in plain:
        plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), plain)
    yield _OUTLINE.sub("", plain)
    if "xlink:href" in plain:
        yield drawn_text(plain)


def _unzipped(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for name in packed.namelist():
            yield name
            yield from texts_of(packed.read(name))


def _of_parquet(data: bytes) -> Iterator[str]:
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(data))
    yield table.to_pandas().to_csv(index=True)
    yield str(table.schema.metadata)
    yield data[-int.from_bytes(data[-8:-4], "little") - 8 :].decode("latin-1")


def _of_png(data: bytes) -> Iterator[str]:
    """The text chunks of a picture, the packed ones unpacked."""
    place = 8
    while place + 8 <= len(data):
        (size,), kind = struct.unpack(">I", data[place : place + 4]), data[place + 4 : place + 8]
        chunk, place = data[place + 8 : place + 8 + size], place + 12 + size
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            yield chunk.decode("latin-1")
            packed = re.search(rb"\x78[\x01\x5e\x9c\xda]", chunk)
            if packed:
                yield zlib.decompressobj().decompress(chunk[packed.start() :]).decode("utf-8", errors="replace")


def _of_pdf(data: bytes) -> Iterator[str]:
    if find_spec("pypdf") is None:
        raise Unreadable("the text of a PDF cannot be searched without the package pypdf")
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    yield str(reader.metadata)
    yield from (page.extract_text() for page in reader.pages)


_USED = re.compile(r"""xlink:href=["']\#([\w-]+?)-([0-9a-f]+)["']|(</g>)""")


def drawn_text(svg: str) -> str:
    """The words of a drawing, whose letters are outlines; one line a piece of text."""
    letters = []
    for typeface, glyph, end in _USED.findall(svg):
        letters.append("\n" if end else _letters(typeface).get(int(glyph, 16), ""))
    return re.sub(r"\n+", "\n", "".join(letters))


@cache
def _letters(name: str) -> dict[int, str]:
    """Glyph -> letter of a typeface by its PostScript name or its sign; empty where it is not one of this machine's."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    typeface = next((known for known, sign in TYPEFACES.items() if sign == name), name)
    for entry in font_manager.fontManager.ttflist:
        if entry.name.replace(" ", "")[:6] != typeface[:6]:
            continue
        font = FT2Font(entry.fname)
        if font.postscript_name == typeface:
            return {glyph: chr(code) for code, glyph in font.get_charmap().items()}
    return {}
