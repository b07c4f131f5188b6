"""Formulas for Word: MathML, as the book's pages hold it, as Office MathML."""

from collections.abc import Iterable

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml.etree import _Element

VALUE = qn("m:val")
#: MathML element -> the Office element that it becomes, and the names of that element's parts in MathML's order.
PARTS = {
    "mfrac": ("m:f", ("m:num", "m:den")),
    "msub": ("m:sSub", ("m:e", "m:sub")),
    "msup": ("m:sSup", ("m:e", "m:sup")),
    "msubsup": ("m:sSubSup", ("m:e", "m:sub", "m:sup")),
    "munderover": ("m:sSubSup", ("m:e", "m:sub", "m:sup")),
    "munder": ("m:limLow", ("m:e", "m:lim")),
}


def to_omml(math: _Element) -> _Element:
    """A formula as `m:oMath`; what has no counterpart keeps its content."""
    return _filled("m:oMath", [math])


def _filled(name: str, children: Iterable[_Element]) -> _Element:
    made = OxmlElement(name)
    for child in children:
        made.extend(_converted(child))
    return made


def _converted(element: _Element) -> list[_Element]:
    name = _name(element)
    if name in ("mi", "mn", "mo", "mtext"):
        return [_run(element.text or "", upright=name != "mi" or element.get("mathvariant") == "normal")]
    if name in PARTS:
        outer, parts = PARTS[name]
        made = OxmlElement(outer)
        made.extend(_filled(part, [child]) for part, child in zip(parts, element, strict=True))
        return [made]
    if name == "msqrt":
        return [_root(element)]
    if name == "mover":
        return [_accent(element)]
    if name == "mtable":
        return [_filled_rows(element)]
    return [one for child in element for one in _converted(child)]


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _run(text: str, upright: bool) -> _Element:
    made = OxmlElement("m:r")
    if upright:
        style = OxmlElement("m:sty")
        style.set(VALUE, "p")
        properties = OxmlElement("m:rPr")
        properties.append(style)
        made.append(properties)
    words = OxmlElement("m:t")
    words.text = text.strip()
    made.append(words)
    return made


def _root(element: _Element) -> _Element:
    made = OxmlElement("m:rad")
    hidden = OxmlElement("m:degHide")
    hidden.set(VALUE, "1")
    properties = OxmlElement("m:radPr")
    properties.append(hidden)
    made.extend([properties, OxmlElement("m:deg"), _filled("m:e", element)])
    return made


def _accent(element: _Element) -> _Element:
    """A letter with a bar or another mark over it."""
    mark = (element[1].text or "").strip()
    if mark in ("¯", "‾", "_"):
        return _filled_bar(element[0])
    made, properties, sign = OxmlElement("m:acc"), OxmlElement("m:accPr"), OxmlElement("m:chr")
    sign.set(VALUE, mark)
    properties.append(sign)
    made.extend([properties, _filled("m:e", [element[0]])])
    return made


def _filled_bar(letter: _Element) -> _Element:
    made, properties, place = OxmlElement("m:bar"), OxmlElement("m:barPr"), OxmlElement("m:pos")
    place.set(VALUE, "top")
    properties.append(place)
    made.extend([properties, _filled("m:e", [letter])])
    return made


def _filled_rows(table: _Element) -> _Element:
    """An array of equations, one a row."""
    made = OxmlElement("m:eqArr")
    made.extend(_filled("m:e", row) for row in table)
    return made
