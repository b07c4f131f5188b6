"""The words around what a search finds: kept beside the index, because a page opened from the disk cannot fetch another."""

import json
from pathlib import Path
from typing import Any

from lxml import html

#: What is no text of a page.
LEFT_OUT = (
    "//script|//style|//*[local-name()='svg']|//math|//button|//summary|//a[contains(@class, 'headerlink')]"
    "|//div[contains(@class, 'cell_input')]|//h1|//h2|//h3|//h4"
)
#: What stands apart from the words after it.
APART = ("p", "li", "td", "th", "div", "dt", "dd", "caption", "figcaption", "summary", "pre")
#: Answers the search of Sphinx, which asks for whole pages, from these texts, and says in plain words what was found.
SCRIPT = """\
document.addEventListener("DOMContentLoaded", () => {
  const said = "Search finished, found ${resultCount} page(s) matching the search query.";
  Documentation.TRANSLATIONS[said] = "Places found: ${resultCount}";
});
const TEXTS = %s;
const fetched = window.fetch;
window.fetch = (address, ...more) => {
  const parts = TEXTS[String(address).replace(/^\\.\\//, "").replace(/\\.html$/, "")];
  if (!parts) return fetched(address, ...more);
  const page = document.createElement("div");
  page.setAttribute("role", "main");
  for (const [id, text] of parts) {
    const section = page.appendChild(document.createElement("section"));
    section.id = id;
    section.textContent = text + " ";
  }
  return Promise.resolve(new Response(page.outerHTML));
};
"""


def read_texts(body: str) -> list[tuple[str, str]]:
    """The text of each section of a page, by its anchor, without that of the sections within it; then that of each term."""
    page = html.fromstring(f"<div>{body}</div>")
    for element in page.xpath(LEFT_OUT):
        element.drop_tree()
    for element in page.iter(*APART):
        element.tail = " " + (element.tail or "")
    sections, terms = page.xpath("//section[@id]"), page.xpath("//dt[@id]")
    told = [(term.get("id"), " ".join(map(_text, (term, *term.xpath("following-sibling::dd[1]"))))) for term in terms]
    for section in sections:
        section.getparent().remove(section)
    return [(section.get("id"), _text(section)) for section in sections] + told


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def keep(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Keep the texts of a page as its HTML is made, and have the page of the search load all of them."""
    if context.get("body") and page != "search":
        app.env.searched = {**getattr(app.env, "searched", {}), page: read_texts(context["body"])}
    if page == "search":
        context["metatags"] = context.get("metatags", "") + '<script src="_static/texts.js"></script>'


def write(app: Any, error: Exception | None) -> None:
    """Write the texts where the page of the search looks for them."""
    if not error:
        texts = json.dumps(dict(sorted(app.env.searched.items())), ensure_ascii=False, separators=(",", ":"))
        Path(app.outdir, "_static", "texts.js").write_text(SCRIPT % texts.replace("</", "<\\/"), "utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Keep texts after everything else has been done to a page."""
    app.connect("html-page-context", keep, priority=950)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
