"""Abbreviations explained where a page first uses them: the glossary's words as a tooltip."""

import re
from html import escape
from pathlib import Path
from typing import Any

#: Text within these is left alone.
LEFT_ALONE = {
    "a",
    "abbr",
    "code",
    "pre",
    "math",
    "h1",
    "h2",
    "h3",
    "script",
    "style",
    "svg",
    "figure",
    "thead",
    "caption",
    "summary",
    "dt",
}
UNTOUCHED = {"reference/glossary", "search"}


def read_glossary(text: str) -> dict[str, str]:
    """Each abbreviation of the glossary (a term with two capitals or more) and what it stands for."""
    found: dict[str, str] = {}
    for terms, meaning in re.findall(r"^((?:[^\s:#].*\n)+)((?:  .+\n?)+)", text, re.M):
        for term in terms.strip().splitlines():
            if len(re.findall(r"[A-Z]", term)) > 1:
                found[term] = " ".join(meaning.split()).replace("'", "\u2019")
    return found


def explain(body: str, meanings: dict[str, str]) -> str:
    """The body of a page with each abbreviation marked up at its first use in running text."""
    names = "|".join(map(re.escape, sorted(meanings, key=len, reverse=True)))
    pattern, seen, inside = re.compile(rf"(?<![\w-])({names})(?=s?(?![\w-]))"), set[str](), 0
    pieces = re.split(r"(<[^>]*>)", body)

    def mark(found: re.Match[str]) -> str:
        name = found[1]
        if name in seen:
            return name
        seen.add(name)
        return f'<abbr title="{escape(meanings[name])}">{name}</abbr>'

    for at, piece in enumerate(pieces):
        if tag := re.match(r"<(/?)(\w+)", piece):
            inside += (-1 if tag[1] else 1) * (tag[2] in LEFT_ALONE and not piece.endswith("/>"))
        elif not inside and piece.strip():
            pieces[at] = pattern.sub(mark, piece)
    return "".join(pieces)


def explain_page(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Explain the abbreviations of a page as its HTML is made."""
    if context.get("body") and page not in UNTOUCHED:
        glossary = Path(app.srcdir, "reference", "glossary.md").read_text("utf-8")
        context["body"] = explain(context["body"], read_glossary(glossary))


def setup(app: Any) -> dict[str, bool]:
    """Explain abbreviations on every page when its HTML is made."""
    app.connect("html-page-context", explain_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
