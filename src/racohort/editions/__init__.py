"""The whole report to hand on: one file to print (PDF) and one to edit (Word), made from the book's own pages."""

from collections.abc import Sequence
from pathlib import Path

from racohort.editions.browser import draw_pictures, places_of, print_page
from racohort.editions.single import build_single, number_lists
from racohort.editions.word import write_word

__all__ = ["make_editions"]


def make_editions(pages: Path, folder: Path, formats: Sequence[str], mark: str, log: Path) -> None:
    """Write `report.pdf` and `report.docx`, as far as they are asked for, into a run's folder.

    `pages` holds the laid-out sources of the book; `mark` is what stands at the head of every page. Raises BookFailed where the
    pages cannot be built, and NoBrowser where there is no Chromium to print them or to draw their figures.
    """
    if not formats:
        return
    page = build_single(pages, mark, log)
    if "pdf" in formats:
        print_page(page, folder / "report.pdf")
        number_lists(page, places_of(folder / "report.pdf"))
        print_page(page, folder / "report.pdf")
    if "docx" in formats:
        write_word(draw_pictures(page), mark, folder / "report.docx")
