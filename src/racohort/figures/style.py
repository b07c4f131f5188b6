"""The house style: one palette, one canvas, and a finished figure in a light and a dark rendering.

The palette is defined once, here, as pairs of a light and a dark colour under a name. Figures are drawn with the light ones;
the dark rendering is the same drawing with every light colour exchanged for its partner, so the two cannot differ in content.
"""

import io
import json
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import matplotlib
import pandas as pd
from cycler import cycler
from matplotlib import font_manager
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Drawing

from racohort.figures.letters import spare_letters
from racohort.figures.panels import Stack, stack
from racohort.figures.points import Point, overlay, points_of
from racohort.terms import TYPEFACES

#: Name -> (light, dark). Telling colours apart under colour blindness is tested for every group that shares a figure.
PALETTE: Mapping[str, tuple[str, str]] = MappingProxyType({
    "ink": ("#1d2733", "#e6eaef"),  # text and axes
    "muted": ("#566472", "#a6b1bd"),  # secondary text
    "faint": ("#aab4be", "#5d6875"),  # single patients, reference lines
    "grid": ("#e3e8ec", "#2c343e"),
    "paper": ("#ffffff", "#14181e"),
    "accent": ("#0b6a94", "#5cb8e0"),  # the estimate
    "accent2": ("#a94a12", "#f0975a"),  # the second series; marks
    "low": ("#2f78bd", "#6fb1ee"),  # below a range; low activity
    "normal": ("#93a3a0", "#76857f"),  # within the range
    "high": ("#c4501c", "#e8703c"),  # above a range; high activity
    "good": ("#00714f", "#41c795"),  # responses
    "moderate": ("#e0ab35", "#f3d27c"),
    "none": ("#8d7cab", "#9d8cc0"),
    "missing": ("#cfd6dc", "#3d4752"),  # always with a hatch
    "band": ("#d9ebf2", "#1d3a49"),  # reference ranges and bands
    "warm": ("#c4603f", "#ee8a68"),  # the two ends of a diverging scale
    "cool": ("#3f7fa6", "#74b3db"),
})  # fmt: skip

#: Inches of width below which a drawing fits a telephone whole.
SMALL = 5

#: Name -> light colour: what figures draw with.
INK: Mapping[str, str] = MappingProxyType({name: pair[0] for name, pair in PALETTE.items()})

_DARK = dict(PALETTE.values()) | {"#000000": PALETTE["ink"][1]}
_CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC", "Heiti SC")
#: The book's Source Sans as outlines that matplotlib can read (decision 5).
_TYPEFACES = Path(__file__).with_name("typefaces")
_MARK = "synthetic-cohort"
_MARK_INCHES = 0.27

_STYLE: dict[str, Any] = {
    "font.size": 9.0, "axes.titlesize": 9.5, "axes.labelsize": 9.0, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5, "figure.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.titlepad": 7.0, "axes.titley": 1.0, "axes.labelpad": 5.0, "text.color": INK["ink"], "axes.labelcolor": INK["ink"],
    "axes.edgecolor": INK["muted"], "axes.linewidth": 0.7, "axes.spines.top": False, "axes.spines.right": False,
    "xtick.color": INK["muted"], "ytick.color": INK["muted"], "xtick.labelcolor": INK["ink"], "ytick.labelcolor": INK["ink"],
    "xtick.major.size": 3.0, "ytick.major.size": 3.0, "xtick.major.width": 0.7, "ytick.major.width": 0.7,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": INK["grid"], "grid.linewidth": 0.7,
    "figure.facecolor": INK["paper"], "axes.facecolor": INK["paper"], "savefig.facecolor": INK["paper"],
    "legend.frameon": False, "legend.edgecolor": INK["grid"], "legend.facecolor": INK["paper"], "legend.borderaxespad": 0.2,
    "lines.linewidth": 1.6, "lines.markersize": 5.0, "lines.solid_capstyle": "round", "patch.edgecolor": INK["paper"],
    "figure.constrained_layout.w_pad": 0.07, "figure.constrained_layout.h_pad": 0.07,
    "hatch.linewidth": 0.6, "hatch.color": INK["muted"], "axes.unicode_minus": True, "axes.formatter.use_mathtext": False,
    "axes.prop_cycle": cycler(color=[INK[name] for name in ("accent", "accent2", "good", "moderate", "none", "cool")]),
    "text.parse_math": False, "svg.fonttype": "path", "svg.hashsalt": "racohort", "path.simplify": True,
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A finished figure: its name, alt text, caption that stands alone, and the drawing as SVG for light and dark pages.

    A notebook shows the light rendering; the book shows the one that suits the reader's theme. The dark picture carries the
    `hidden` attribute, which only the book's style sheet lifts. `rows` are the ids of the result rows that are drawn, or `drawn`
    is a header and rows of what is no result, such as single patients; the book offers them beside the figure
    (`racohort.downloads`). `points` say what they are (`figures.points`) on a picture of the given shape; `stack` is how its
    panels stand on a narrow screen (`figures.panels`).
    """

    name: str
    alt: str
    caption: str
    light: str
    dark: str
    synthetic: bool = False
    rows: tuple[str, ...] = ()
    drawn: tuple[tuple[str, ...], ...] = ()
    points: tuple[Point, ...] = ()
    shape: tuple[float, float] = (1, 1)
    stack: Stack | None = None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}

    def html(self) -> str:
        """The `<figure>` element: both pictures, the alt text and the caption, every text escaped."""
        pictures = _picture("ra-light", self.light, self.alt) + _picture("ra-dark", self.dark, self.alt, " hidden")
        mark = '<span class="ra-mark">Synthetic cohort.</span> ' if self.synthetic else ""
        caption = f"<figcaption>{mark}{escape(self.caption)}</figcaption>"
        kind, behind = ("rows", self.rows) if self.rows else ("drawn", self.drawn)
        rows = f' data-{kind}="{escape(json.dumps(behind, ensure_ascii=False))}"' if behind else ""
        small = " ra-small" if self.shape[0] < SMALL else ""
        drawing = f'ra-drawing ra-stacks" style="--ra-tall:{self.stack.shape}' if self.stack else f"ra-drawing{small}"
        drawing = f'<div class="{drawing}">{pictures}{overlay(self.points, self.shape, self.stack)}</div>'
        return f'<figure class="ra-figure" id="fig-{escape(self.name)}"{rows} tabindex="0">{drawing}{caption}</figure>'


def canvas(width: float = 7.2, height: float = 3.8, rows: int = 1, columns: int = 1, **kw: Any) -> tuple[Drawing, Any]:
    """An empty drawing in the house style and its axes, as `matplotlib.figure.Figure.subplots` gives them.

    Width and height in inches; further arguments (`sharex`, `width_ratios`, `squeeze`, ...) go to `subplots`. The drawing belongs
    to no window and to no global state, so nothing is shown twice and nothing is left open.
    """
    style: Any = _STYLE | {"font.family": list(_families())}
    matplotlib.rcParams.update(style)
    fig = Drawing(figsize=(width, height), layout="constrained", dpi=72)  # letters are measured at the size SVG draws them
    FigureCanvasSVG(fig)
    return fig, fig.subplots(rows, columns, **kw)


def finish(
    fig: Drawing, name: str, alt: str, caption: str, synthetic: bool,
    rows: pd.DataFrame | None = None, drawn: pd.DataFrame | None = None,
) -> Figure:  # fmt: skip
    """The drawing as a `Figure` in both renderings, marked where the cohort is synthetic.

    `name` becomes the anchor `fig-<name>` (letters, digits, hyphens). `alt` says what a reader would see; `caption` stands alone:
    population, n, what the interval is. `rows` are the result rows that were drawn; `drawn` is what was drawn where that is no
    result. Raises ValueError for a bad name or an empty alt text or caption.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        raise ValueError(f"a figure's name has letters, digits and hyphens only, not {name!r}")
    if not (alt.strip() and caption.strip()):
        raise ValueError(f"figure {name} needs an alt text and a caption")
    if synthetic:
        _draw_mark(fig)
    letters = "none" if spare_letters(fig, _families()) else "path"
    width, height = map(float, fig.get_size_inches())
    with matplotlib.rc_context({"svg.hashsalt": f"racohort-{name}", "svg.fonttype": letters}), _no_word_of_letters():
        _lay_out(fig)
        tall = stack(fig) if width >= SMALL else None
        light = _as_svg(fig, tall)
    ids = () if rows is None else tuple(dict.fromkeys(rows["result_id"].dropna()))
    return Figure(name, " ".join(alt.split()), " ".join(caption.split()), light, _darken(light), synthetic, ids,
                  _told(drawn), points_of(fig), (width, height), tall)  # fmt: skip


def _told(drawn: pd.DataFrame | None) -> tuple[tuple[str, ...], ...]:
    """Header and rows of a frame as text, numbers unrounded and what is missing empty."""
    if drawn is None:
        return ()
    cells = drawn.astype(object).where(drawn.notna(), "")
    return (tuple(map(str, drawn.columns)), *(tuple(map(str, row)) for row in cells.itertuples(index=False)))


def _draw_mark(fig: Drawing) -> None:
    """Add a strip under the drawing that says that the cohort is synthetic."""
    width, height = fig.get_size_inches()
    fig.set_size_inches(width, height + _MARK_INCHES)
    share = _MARK_INCHES / (height + _MARK_INCHES)
    if (engine := fig.get_layout_engine()) is not None:
        engine.set(rect=(0, share, 1, 1 - share))  # type: ignore[call-arg]
    frame = {"boxstyle": "round,pad=0.3", "fc": INK["paper"], "ec": INK["accent2"], "lw": 0.8}
    letters: dict[str, Any] = {"fontsize": 6.5, "fontweight": "bold", "color": INK["accent2"]}
    fig.text(1 - 0.07 / width, share * 0.5, "SYNTHETIC COHORT", ha="right", va="center", bbox=frame, gid=_MARK, **letters)


def _as_svg(fig: Drawing, tall: Stack | None) -> str:
    """The drawing as SVG text, the same bytes for the same drawing."""
    out = io.BytesIO()
    fig.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = re.sub(r"font-family: [^;]+", r"\g<0>,sans-serif", out.getvalue().decode("utf-8"))
    return _compact(tall.dress(svg) if tall else svg)


def _lay_out(fig: Drawing) -> None:
    """Give everything its place once; `savefig` would do it by drawing the whole figure a first time."""
    if (engine := fig.get_layout_engine()) is not None:
        engine.execute(fig)
        fig.set_layout_engine(None)


_PATH = re.compile(r'<path d="([^"]+)"')
#: Several unfilled lines of one look, or several boxes of one colour, which one path can draw.
_ALIKE = re.compile(
    r'<path d="[^"]+"((?: clip-path="[^"]+")? style="fill:none;[^"]*")/>(?:<path d="[^"]+"\1/>)+'
    r'|<path d="[MHVz\d. -]+"((?: clip-path="[^"]+")? style="fill:#[0-9a-f]{6}")/>(?:<path d="[MHVz\d. -]+"\2/>)+'
)
#: An upright box, from corner to corner.
_BOX = re.compile(r"M(-?[\d.]+) (-?[\d.]+)L(-?[\d.]+) \2L\3 (-?[\d.]+)L\1 \4(?:L\1 \2)?z")


#: Several marks of one look, which can have it from the group around them.
_MARKS = re.compile(r'<use [^>]*?( style="[^"]*")/>(?:<use [^>]*?\1/>){2,}')


def _compact(svg: str) -> str:
    """The same picture in fewer bytes: hundredths of a point, and nothing that is not drawn or referred to."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'(?<= d=")[^"]+', lambda path: re.sub(r"\s*([A-Za-z])\s*", r"\1", _rounded(path[0])), svg)
    svg = _BOX.sub(_boxed, svg)
    svg = re.sub(r' [xy]="[^"]+"| points="[^"]+"', lambda place: _rounded(place[0]), svg)
    referred = set(re.findall(r"#([\w.-]+)", svg)) | {_MARK}
    svg = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in referred else "", svg)
    svg = _short_names(svg)
    svg = re.sub(r"(?<=translate\()[^)]+", lambda place: _rounded(place[0]), svg)
    svg = re.sub(r"\s+(?=[\"<])", "", re.sub(r">\s+<", "><", svg))
    svg = re.sub(r' style="[^"]+"', lambda style: re.sub(r"(?<=[;:]) ", "", style[0]), svg)
    svg = re.sub(r"<g>(<path [^>]*/>)</g>", r"\1", svg)
    svg = _MARKS.sub(lambda marks: f"<g{marks[1]}>{marks[0].replace(marks[1], '')}</g>", svg)
    return _ALIKE.sub(lambda alike: f'<path d="{"".join(_PATH.findall(alike[0]))}"{alike[1] or alike[2]}/>', svg).strip()


def _boxed(found: re.Match[str]) -> str:
    """A box in fewer letters. All go round the same way, so that one path can hold several that meet."""
    (left, right), (top, bottom) = (sorted(pair, key=float) for pair in (found.group(1, 3), found.group(2, 4)))
    return f"M{left} {top}H{right}V{bottom}H{left}z"


def _short_names(svg: str) -> str:
    """Frames and marks go by their number, because matplotlib's names are long and hold digits that may differ.

    Letters keep their glyph, by which the search for traces of patients reads them (`leaks.texts`).
    """
    names = dict.fromkeys(re.findall(r' id="([^"-]+)"', svg))
    short = {name: f"i{number}" for number, name in enumerate(names)}
    svg = re.sub(r'((?: id="|href="#|url\(#))([^")]+)', lambda found: found[1] + short.get(found[2], found[2]), svg)
    for typeface, letter in TYPEFACES.items():
        svg = re.sub(f'( id="|href="#){typeface}(?=-)', rf"\g<1>{letter}", svg)
    return svg


def _rounded(numbers: str) -> str:
    return re.sub(r"(\.\d\d)\d+", r"\1", numbers)


def _darken(svg: str) -> str:
    """Every light colour of the palette exchanged for its dark partner, in one pass."""
    return re.sub(r"#[0-9a-f]{6}\b", lambda colour: _DARK.get(colour[0], colour[0]), svg)


def _picture(css: str, svg: str, alt: str, attributes: str = "") -> str:
    """The picture within the page itself. Its text is left readable, which takes a third less room than base64."""
    data = quote(svg.replace('"', "'"), safe=" !$&'()*+,-./:;=?@[]^_{|}~").replace("&", "&amp;")
    return f'<img class="{css} dark-light" src="data:image/svg+xml,{data}" alt="{escape(alt)}"{attributes}>'


@contextmanager
def _no_word_of_letters() -> Iterator[None]:
    """Nothing is said of letters that the browser will draw."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


@cache
def _families() -> tuple[str, ...]:
    """The book's typeface, that of matplotlib for what it lacks, and the first Chinese one of this machine, if it has one."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    for file in font_manager.findSystemFonts([_TYPEFACES]):
        font_manager.fontManager.addfont(file)
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ("Racohort Sans", "DejaVu Sans", *[family for family in _CHINESE if family in installed][:1])
