"""What a section found stands below the first paragraph of its page, although a notebook can compute it only at its end."""

from typing import Any

from docutils import nodes


def lift(app: Any, doctree: nodes.document) -> None:
    """Move the cell tagged `opening` below the first paragraph of its page."""
    for cell in [node for node in doctree.findall(nodes.container) if "tag_opening" in node["classes"]]:
        first = next(doctree.findall(nodes.paragraph))
        cell.parent.remove(cell)
        first.parent.insert(first.parent.index(first) + 1, cell)


def setup(app: Any) -> dict[str, bool]:
    """Lift as each page has been read."""
    app.connect("doctree-read", lift)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
