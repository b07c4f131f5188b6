"""What is the same for every page, worked out once: stems of words and plugins of the bibliography, a tenth of a build."""

from functools import cache
from typing import Any

import pybtex.plugin
from sphinx.search.en import SearchEnglish


def setup(app: Any) -> dict[str, bool]:
    """Remember what the search and the bibliography ask again for every page."""
    SearchEnglish.stem = cache(SearchEnglish.stem)  # type: ignore[method-assign]
    pybtex.plugin.find_plugin = cache(pybtex.plugin.find_plugin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
