"""What every page gets besides its text: downloads beside figures and tables, where it comes from, and its name elsewhere."""

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from racohort.downloads import Spine, equip, read_spine
from racohort.folds import fold
from racohort.whys import answer


def furnish(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Furnish a page as its HTML is made. The report on one page, which becomes the PDF, goes without downloads and foot."""
    config, body = app.config, re.sub('<style class="ra-lab">.*?</style>', "", context.get("body", ""))
    body = body.replace('<p class="ra-made"></p>', f'<p class="ra-made">{config.racohort_made}</p>')
    if app.builder.name == "html" and body:
        spine = results(config.racohort_results) if config.racohort_results else None
        body = equip(fold(body), page, spine, lambda name, data: write(Path(app.outdir, name), data))
        body = answer(body, spine, f"{'../' * page.count('/')}../results/results.csv")
        body += config.racohort_foot.replace("{up}", "../" * page.count("/"))
    context["body"] = body
    context["metatags"] = context.get("metatags", "") + card(context.get("title", ""), config.html_title or config.project)
    if contents := context.get("generate_toctree_html"):
        context["generate_toctree_html"] = lambda *given, **named: labelled(str(contents(*given, **named)))


@cache
def results(path: str) -> Spine | None:
    """The results of the run, read once for all pages."""
    return read_spine(Path(path))


def write(path: Path, data: bytes) -> None:
    """Write a file of the book."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def card(title: str, report: str) -> str:
    """What a page is called where somebody sends it on (Open Graph); no address, because the book has none."""
    said = {"og:type": "article", "og:title": title, "og:site_name": report, "og:locale": "en_GB"}
    return "".join(f'<meta property="{name}" content="{escape(text)}" />\n' for name, text in said.items() if text)


def labelled(contents: str) -> str:
    """The contents at the left with a name on each arrow that opens a part of them."""
    return contents.replace("<summary>", '<summary aria-label="Pages of this part">')


def setup(app: Any) -> dict[str, bool]:
    """Furnish every page, after the theme; the values come from the run (`racohort.book.lay_out`)."""
    for name in ("racohort_results", "racohort_made", "racohort_foot"):
        app.add_config_value(name, "", "")
    app.connect("html-page-context", furnish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
