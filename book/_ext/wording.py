"""Plain words on what a page folds away, and lines that do not break within a number: small things that readers notice."""

import re
from typing import Any

PROMPTS = {
    "Show source": "Show the code",
    "Hide source": "Hide the code",
    "Show output": "Show the details",
    "Hide output": "Hide the details",
    "Show outputs": "Show the details",
    "Hide outputs": "Hide the details",
    "Show content": "Show the details and their code",
    "Hide content": "Hide the details and their code",
}


def reword(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Exchange the prompts in the body of a page as it is written; what is read aloud is what is seen."""
    body = context.get("body", "")
    for prompt, plain in PROMPTS.items():
        body = body.replace(f'admonition-title">{prompt}</p>', f'admonition-title">{plain}</p>')
    if body:
        body = keep_together(body).replace(' role="doc-biblioentry"', ' role="listitem"')  # the first one is out of use
        context["body"] = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")


#: Code, which is copied, and tags; what is left of a page is its text.
NOT_TEXT = re.compile(r"(<pre\b.*?</pre>|<code\b.*?</code>|<[^>]*>)", re.DOTALL)


#: An apostrophe within or after a word as results and captions spell it, bare or escaped.
APOSTROPHE = re.compile(r"(?<=\w)(?:'|&#x27;)(?=\w)|(?<=s)(?:'|&#x27;)(?= )")


def keep_together(body: str) -> str:
    """A page on which no line begins with a percent sign, or with the number that belongs to an n, a p or a limit.

    Apostrophes are those of print.
    """
    pieces = NOT_TEXT.split(body)
    for at in (at for at in range(0, len(pieces), 2) if pieces[at].strip()):
        whole = re.sub(r"(?<=\d) (?=%(?!\w))", "\u00a0", pieces[at])
        whole = re.sub(r"\b([npP]) ([=<>]|&lt;|&gt;) (?=\d)", "\\1\u00a0\\2\u00a0", whole)
        whole = APOSTROPHE.sub("\u2019", whole)
        pieces[at] = re.sub(r"(?<= )([<>]|&lt;|&gt;) (?=\d)", "\\1\u00a0", whole)
    return "".join(pieces)


def setup(app: Any) -> dict[str, bool]:
    """Reword every page when its HTML is made."""
    app.connect("html-page-context", reword)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
