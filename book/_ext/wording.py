"""Plain words on what a page folds away: a reader need not know what a cell or its source is."""

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
        context["body"] = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")


def setup(app: Any) -> dict[str, bool]:
    """Reword every page when its HTML is made."""
    app.connect("html-page-context", reword)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
