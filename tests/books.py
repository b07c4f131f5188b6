"""Other books in a real browser, as the suite opens the default one: `python -m pytest tests/books.py` (some 20 minutes).

RAPPORT (where its data are) and a synthetic cohort of 5,000 patients are made and every page is walked: no request, no message
in the console, links and anchors, what axe finds. The suite does not collect this file; it belongs to the long runs.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from racohort.places import project_root
from tests.support.rapport import rapport_folder
from tests.test_browser import (  # noqa: F401
    chromium,
    test_axe_finds_nothing_on_any_page,
    test_every_link_and_anchor_leads_somewhere,
    test_every_picture_is_there_and_says_in_words_what_it_shows,
    test_no_identifier_stands_twice_on_a_page,
    test_no_page_asks_anything_of_a_network,
    test_no_page_complains_in_the_console,
    test_no_page_is_wider_than_a_telephone,
    test_no_section_shows_a_traceback_or_a_warning,
    test_pages_say_their_language_and_have_one_title,
    test_tables_say_what_heads_what_and_captions_say_something,
    visit,
    walked,
)

pytestmark = pytest.mark.browser
ROOT = project_root()


def _racohort(*arguments: str, **surroundings: str) -> None:
    made = subprocess.run([sys.executable, "-m", "racohort", *arguments], cwd=ROOT, env={**os.environ, **surroundings},
                          capture_output=True, text=True)  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr


def _rapport(folder: Path) -> None:
    data = rapport_folder() / "rapport_wide.csv"
    if not data.is_file():
        pytest.skip(f"RAPPORT IS NOT HERE: its book was not opened. Looked for {data}; $RACOHORT_REFERENCE moves it.")
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "cohorts" / "rapport" / "cohort.yml", folder)
    (folder / data.name).symlink_to(data)


def _large(folder: Path) -> None:
    text = (ROOT / "data" / "cohorts" / "wang2019-synthetic" / "parameters.yml").read_text("utf-8")
    changed = text
    for old, new in (("id: {value: wang2019-synthetic", "id: {value: large"), ("n: {value: 64,", "n: {value: 5000,"),
                     ("candidates: {value: 600", "candidates: {value: 9000")):  # fmt: skip
        assert changed.count(old) == 1
        changed = changed.replace(old, new)
    parameters = folder.with_suffix(".yml")
    parameters.write_text(changed, "utf-8")
    _racohort("synthesise", "--parameters", str(parameters), "--out", str(folder))


@pytest.fixture(scope="module", params=[_rapport, _large], ids=["rapport", "5,000 patients"])
def book(request, tmp_path_factory) -> Path:
    """The folder of a book made for this run."""
    place = tmp_path_factory.mktemp("book")
    request.param(place / "cohort")
    _racohort("report", "--cohort", str(place / "cohort"), RACOHORT_BUILD=str(place / "built"))
    return next((place / "built").glob("*/html"))


def test_a_row_that_opens_is_copied_with_what_was_seen_and_without_its_rule(book, visit):  # noqa: F811
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open(book / "notebooks" / "06-concordance.html")
    page.locator("#tab-claims .ra-tool").click()
    page.wait_for_function("document.querySelector('#tab-claims .ra-tools .ra-status').textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "This cohort has " in copied
    assert "By the plan: " in copied
    assert "Rule. " not in copied
