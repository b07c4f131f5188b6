"""The book: the project's pages and the executed sections, built into HTML that opens from a file."""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from ruamel.yaml import YAML

from racohort.child import run_python
from racohort.folds import MARK
from racohort.places import project_root

#: A build is over before its garbage is worth looking for: 150 MB more, a seventh less time.
JUPYTER_BOOK = "import gc; gc.disable(); from jupyter_book.cli.main import main; main()"
SYNTHETIC = "Synthetic cohort: made by a program to prove the pipeline. It says nothing about the therapy."


class BookFailed(Exception):
    """A book that could not be built: the first faults, and where the whole log lies."""

    exit_code = 1

    def __init__(self, faults: list[str], log: Path) -> None:
        super().__init__("; ".join(faults[:1]) or "the build ended without a word")
        self.faults, self.log = faults, log


def publishable(notebook: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """An executed notebook without times, paths of this machine and warnings in its outputs; the warnings go beside it.

    Its parameter cells leave the page: the book shows the parameters that were used on a page of their own. A section whose
    heading is tagged `fold` gets the mark that puts its text behind one choice (`racohort.folds`).
    """
    warnings: list[str] = []
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for added in ("papermill", "execution"):
            cell.metadata.pop(added, None)
        if cell.cell_type != "code":
            continue
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"  # papermill draws one at random
        stderr = [output for output in cell.outputs if output.get("name") == "stderr"]
        warnings += [told for output in stderr for told in re.findall(r"\w+Warning: .*", output.text)]
        cell.outputs = [output for output in cell.outputs if output not in stderr]
        if {"parameters", "injected-parameters"} & set(cell.metadata.get("tags", [])):
            cell.metadata.tags = [*cell.metadata.tags, "remove-cell"]
    notebook.cells = [cell for cell in without_empty_sections(notebook.cells) if not _hides_nothing(cell)]
    for cell in notebook.cells:
        if "fold" in cell.metadata.get("tags", []):
            cell.source += f"\n\n{MARK}"
    return notebook, warnings


def without_empty_sections(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells without the sections whose heading is tagged `needs-data` and that show nothing but that nothing is there.

    A section ends at the next heading of its level or above; what it lacks is said once, where the page begins.
    """
    kept: list[NotebookNode] = []
    while cells:
        end = next((i for i, cell in enumerate(cells[1:], 1) if 0 < _level(cell) <= (_level(cells[0]) or 9)), len(cells))
        tagged = "needs-data" in cells[0].metadata.get("tags", [])
        empty = tagged and not any(_shows(output) for cell in cells[:end] for output in cell.get("outputs", []))
        kept, cells = (kept, cells[end:]) if empty else ([*kept, cells[0]], cells[1:])
    return kept


def _hides_nothing(cell: NotebookNode) -> bool:
    """Whether a cell folds away no more than that something is absent."""
    return "hide-output" in cell.metadata.get("tags", []) and not any(map(_shows, cell.get("outputs", [])))


def _level(cell: NotebookNode) -> int:
    """The level of the heading that a cell begins with, 0 for none."""
    heading = re.match(r"#+(?= )", cell.source) if cell.cell_type == "markdown" else None
    return len(heading[0]) if heading else 0


def _shows(output: NotebookNode) -> bool:
    """Whether an output holds more than the sentence that something is absent, or cards without one card."""
    html = "".join(output.get("data", {}).get("text/html", "shown otherwise"))
    nothing = r'<(?:p|div) class="[^"]*ra-absent".*|<div class="ra-said[^>]*></div>'
    return output.output_type != "stream" and bool(html) and not re.fullmatch(nothing, html, re.DOTALL)


def copy_notebooks(executed: Iterable[Path], target: Path, privacy: str = "internal") -> list[str]:
    """Copy executed notebooks in the form that may be published; returns their warnings.

    Cells tagged `internal` are about single patients, and only an internal report has them.
    """
    target.mkdir(parents=True, exist_ok=True)
    told: list[str] = []
    for path in executed:
        notebook, warnings = publishable(nbformat.read(path, as_version=4))
        if privacy != "internal":
            notebook.cells = [cell for cell in notebook.cells if "internal" not in cell.metadata.get("tags", [])]
        nbformat.write(notebook, target / path.name)
        told += [f"{path.stem}: {warning}" for warning in warnings]
    return told


def lay_out(
    pages: Path, missing: Iterable[str], announcement: str, results: Path | None = None, made: str = "", foot: str = ""
) -> None:
    """Lay out the sources of a book in a folder that already holds its `notebooks`: pages, stand-ins, the announcement.

    `results` is the published `results.csv`, whose rows figures offer; `made` stands on the first page, `foot` at the foot of
    every one.
    """
    source = project_root() / "book"
    shutil.copytree(source, pages, dirs_exist_ok=True, ignore=shutil.ignore_patterns("_build", "__pycache__", ".*"))
    for stem in missing:
        _stand_in(pages, stem)
    yaml = YAML()
    yaml.width = 1000
    config = yaml.load(pages / "_config.yml")
    config["execute"] = {"execute_notebooks": "off"}
    said = config.setdefault("sphinx", {}).setdefault("config", {})
    said.setdefault("html_theme_options", {})["announcement"] = announcement
    told = {"racohort_results": str(results or ""), "racohort_made": made, "racohort_foot": foot}
    said |= {name: text for name, text in told.items() if name in said}
    config["sphinx"]["recursive_update"] = True
    yaml.dump(config, pages / "_config.yml")


def _stand_in(pages: Path, stem: str) -> None:
    """A page in the place of a section that was not run, to which the links of the other pages lead."""
    for path in (path for path in pages.rglob("*.md") if f"notebooks/{stem}.ipynb)" in path.read_text("utf-8")):
        path.write_text(path.read_text("utf-8").replace(f"notebooks/{stem}.ipynb)", f"notebooks/{stem}.md)"), "utf-8")
    page = f"{_title_of(stem)}\n\nThis section was not run for this partial report.\n"
    (pages / "notebooks" / f"{stem}.md").write_text(page, "utf-8")


def _title_of(stem: str) -> str:
    """The heading with which a section begins, so that a partial report calls it as the whole one does."""
    first = nbformat.read(project_root() / "notebooks" / f"{stem}.ipynb", as_version=4).cells[0]
    return str(first.source).partition("\n")[0]


def build_book(pages: Path, html: Path, log: Path, strict: bool = True) -> None:
    """Build the laid-out book into the folder `html`; raises BookFailed, with the whole log kept, for any warning if strict."""
    made = pages.parent / "made"
    shutil.rmtree(made, ignore_errors=True)
    options = ["--path-output", str(made), "-n", "--keep-going", *(["-W"] if strict else [])]
    with log.open("wb") as file:
        status = run_python(JUPYTER_BOOK, ["build", str(pages), *options], file)
    if status or not (made / "_build" / "html" / "index.html").is_file():
        raise BookFailed(_faults(log, pages), log)
    (made / "_build" / "html").rename(html)
    _remove_unused(html)
    shutil.rmtree(made, ignore_errors=True)


#: The script with which the theme draws its icons once more, which come from a typeface (half the work of a small page), and that
#: of tabs, of which there are none.
_IDLE = re.compile(rb'\s*<script[^>]* src="[^"]*(?:fontawesome|design-tabs)\.js[^"]*"></script>')
#: The index of the search, which is asked on its own page only.
_INDEX = re.compile(rb'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')

#: How a page, a script or a style names a file.
_NAME = re.compile(rb"[\w.@-]+\.(?:css|js|png|svg|html)\b")

#: What the theme's script measures on every page, the folded too and one after the other, so that a page of reference is laid
#: out some hundred times; `tables.js` does so when a part is there to be seen.
_MEASURED = (
    b'"pre",".nboutput > .output_area",".cell_output > .output",".jp-RenderedHTMLCommon",".pst-scrollable-table-container"'
)


def _remove_unused(html: Path) -> None:
    """Take out what no page uses: the theme's translations, the maps of its scripts, its icons but for one typeface, and more."""
    static = html / "_static"
    shutil.rmtree(static / "locales", ignore_errors=True)
    typefaces = set((static / "vendor").rglob("webfonts/*")) - set(static.rglob("fa-solid-900.woff2"))
    for path in (*static.rglob("*.map"), *typefaces):
        path.unlink()
    for script in static.rglob("pydata-sphinx-theme.js"):
        script.write_bytes(script.read_bytes().replace(_MEASURED, b'".ra-measured"'))
    for page in html.rglob("*.html"):
        text = _IDLE.sub(b"", page.read_bytes())
        page.write_bytes(text if page.name == "search.html" else _INDEX.sub(b"", text))
    _remove_unreached(html)


def _remove_unreached(html: Path) -> None:
    """Take out the pictures, scripts and styles that neither a page names nor a script or style that is reached."""
    static, reached = html / "_static", set[str]()
    files = {path.name: path for path in static.rglob("*") if path.suffix in (".css", ".js", ".png", ".svg", ".html")}
    look = [page for page in html.rglob("*.html") if static not in page.parents]
    while look:
        named = {name.decode() for name in _NAME.findall(look.pop().read_bytes())} & files.keys() - reached
        reached |= named
        look += [files[name] for name in named if name.endswith((".css", ".js"))]
    for name in files.keys() - reached:
        files[name].unlink()


def _faults(log: Path, pages: Path) -> list[str]:
    lines = log.read_text("utf-8", errors="replace").replace(f"{pages}{os.sep}", "").splitlines()
    return [line.strip() for line in lines if any(word in line for word in ("WARNING:", "ERROR:", "Error:"))]


def paths_of_this_machine(folder: Path, forbidden: Iterable[str]) -> list[str]:
    """The files of a folder, by their path in it, that hold one of the forbidden texts."""
    texts = [text.encode() for text in forbidden if len(text) > 5]
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files if any(text in path.read_bytes() for text in texts)]
