"""Formulas as MathML, made while the book is built by the converter that docutils brings along.

Every current browser draws MathML by itself: a page with formulas needs no script and no network, and is read aloud.
"""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def to_mathml(formula: str, as_block: bool = False) -> str:
    """MathML of a formula in TeX; names of several letters (ln, exp, ESR) stand upright."""
    return re.sub(r"<mi>(\w{2,})</mi>", r'<mi mathvariant="normal">\1</mi>', tex2mathml(formula, as_block=as_block))


def visit_inline(writer: Any, node: nodes.math) -> None:
    """A formula within a sentence."""
    writer.body.append(to_mathml(node.astext()))
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.math_block) -> None:
    """A formula on a line of its own; it scrolls by itself where the screen is narrower."""
    writer.body.append(f'<div class="ra-formula" role="group" tabindex="0">{to_mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer under the name that `html_math_renderer` asks for."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
