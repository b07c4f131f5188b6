"""Figures that a workbook sets raised or lowered, as in 39.6¹ and 10⁹/L: as such characters, lest they join the number."""

import io
import re
import zipfile

#: A piece of text that is raised or lowered, with its text.
_PIECE = re.compile(
    rb'(<r>\s*<rPr>(?:(?!</rPr>).)*?<vertAlign val="(super|sub)script"\s*/>(?:(?!</rPr>).)*</rPr>\s*<t[^>]*>)([^<]*)', re.DOTALL
)
_CHARACTERS = {
    b"super": str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"),
    b"sub": str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋"),
}  # fmt: skip
#: The parts of a workbook that hold the texts of cells.
_PART = re.compile(r"xl/(?:sharedStrings|worksheets/[^/]+)\.xml")


def with_raised(data: bytes) -> bytes:
    """The same workbook, its raised and lowered figures as characters of their own; most workbooks have none."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    texts = {name: part for name in archive.namelist() if _PART.fullmatch(name) and b"vertAlign" in (part := archive.read(name))}
    if not texts:
        return data
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, _PIECE.sub(_spelled, texts[name]) if name in texts else archive.read(name))
    return sink.getvalue()


def _spelled(piece: re.Match[bytes]) -> bytes:
    return piece[1] + piece[3].decode("utf-8").translate(_CHARACTERS[piece[2]]).encode("utf-8")
