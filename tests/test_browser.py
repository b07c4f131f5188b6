"""The default book in a real browser, opened from the disk: nothing asked of any network, nothing broken, nothing unlabelled."""

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import axe_playwright_python
import pytest

from racohort.environment import browser
from racohort.places import project_root

pytestmark = pytest.mark.browser

ROOT = project_root()
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-dev-shm-usage",
]  # fmt: skip

#: What a page holds, asked of the page itself in one go.
SURVEY = """() => ({
  lang: document.documentElement.lang,
  headings: [...document.querySelectorAll('article h1')].length,
  ids: [...document.querySelectorAll('[id]')].map(e => e.id),
  links: [...document.querySelectorAll('a[href]')].map(e => e.href),
  broken: [...document.images].filter(e => !e.naturalWidth && !e.matches('html:not([data-theme=dark]) .ra-dark'))
    .map(e => e.alt || e.src.slice(0, 80)),
  unlabelled: [...document.images].filter(e => !e.alt.trim()).map(e => e.alt || e.src.slice(0, 80)),
  bare: [...document.querySelectorAll('figure.ra-figure:not(:has(.ra-files):has(.ra-about))')].map(e => e.id),
  unscoped: [...document.querySelectorAll('.ra-table th:not([scope])')].map(e => e.textContent),
  traces: [...document.querySelectorAll('.output.traceback, .output.stderr')].map(e => e.textContent.slice(0, 200)),
  empty: [...document.querySelectorAll('figcaption, caption')].filter(e => e.textContent.trim().length < 20).length,
  banner: document.querySelector('.bd-header-announcement')?.innerText ?? '',
  foot: document.querySelector('.ra-foot')?.innerText ?? '',
  unmarked: [...document.querySelectorAll('figure.ra-figure, .ra-table caption')].filter(e => !e.querySelector('.ra-mark')).length
})"""


@pytest.fixture(scope="module")
def book() -> Path:
    """The folder of the default book, made if it is not up to date."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RC_", "MAKE", "MFLAGS"))}
    made = subprocess.run([sys.executable, "-m", "racohort", "report"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return ROOT / "book" / "_build" / "wang2019-synthetic" / "html"


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A browser; without one these tests cannot run, which is an error where `CI` is set and a loud skip elsewhere."""
    from playwright.sync_api import sync_playwright

    if not (path := browser()):
        reason = "NO BROWSER FOUND: THE BOOK WAS NOT OPENED. Install Chromium (make doctor says how) and run the tests again."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


class Visit:
    """A page in a browser context of its own that notes what it asked for and what it complained of."""

    def __init__(self, chromium, width: int = 1280, theme: str = "light") -> None:
        self.context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        self.context.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None)

    def open(self, path: Path, query: str = ""):
        self.page.goto(f"{path.as_uri()}{query}", wait_until="load")
        return self.page

    def outside(self) -> list[str]:
        return [url for url in self.asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture
def visit(chromium) -> Iterator[Visit]:
    visited = Visit(chromium)
    yield visited
    visited.context.close()


#: Pictures further down are loaded once the page is there, those of the dark theme where it is shown.
LOADED = """() => [...document.images].every(e => e.complete || e.matches('html:not([data-theme=dark]) .ra-dark'))"""

#: Width and theme in turn, so that every kind of page is seen each way.
LOOKS = [(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")]

#: What axe is asked. It fetches no style sheet again, which a page on disk may not: the refusal would be told of the next page.
#: The page of rules has thousands of words of code, whose contrast other pages have as well.
AXE = """async ([every, open]) => {
  if (open) document.querySelectorAll('details').forEach(folded => folded.open = true);
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  const asked = {resultTypes: ['violations'], preload: false, rules: {'color-contrast': {enabled: every}}};
  const found = await axe.run(document, asked);
  return found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 120)}`));
}"""
AXE_SCRIPT = Path(axe_playwright_python.__file__).parent / "axe.min.js"


@pytest.fixture(scope="module")
def walked(book, chromium) -> dict[Path, dict]:
    """Every page of the book, with what it holds and whatever went wrong with it; the front page in each look."""
    visits, found = [Visit(chromium, *look) for look in LOOKS], {}
    paths = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    for place, path in enumerate(paths):
        for visit in visits if path == book / "index.html" else [visits[place % len(LOOKS)]]:
            seen = surveyed(visit, path)
            found[path] = seen | {"axe": seen["axe"] + found[path]["axe"]} if path in found else seen
    for visit in visits:
        visit.context.close()
    return found


def surveyed(visit: Visit, path: Path) -> dict:
    """What a page holds, whether it is too wide for a telephone, what axe finds, what it asked for and complained of."""
    visit.asked, visit.complaints = [], []
    page, size = visit.open(path), visit.page.viewport_size
    page.wait_for_function(LOADED)
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    page.set_viewport_size(size)
    found = page.evaluate(SURVEY) | {"wide": wide, "outside": visit.outside(), "complaints": list(visit.complaints), "axe": []}
    page.add_script_tag(path=AXE_SCRIPT)
    found["axe"] = page.evaluate(AXE, [path.name != "rules.html", path.name == "02-participants.html"])
    return found


def faults(walked: dict[Path, dict], what: str) -> dict[str, object]:
    return {path.name: page[what] for path, page in walked.items() if page[what]}


def test_no_page_asks_anything_of_a_network(walked):
    assert len(walked) > 20
    assert not faults(walked, "outside")


def test_no_page_complains_in_the_console(walked):
    assert not faults(walked, "complaints")


def test_every_picture_is_there_and_says_in_words_what_it_shows(walked):
    assert not faults(walked, "broken")
    assert not faults(walked, "unlabelled")


def test_no_caption_says_left_or_right_of_panels_that_a_telephone_shows_below_one_another(book):
    pages = "".join(path.read_text("utf-8") for path in (book / "notebooks").glob("*.html"))
    captions = re.findall(r'class="ra-drawing ra-stacks".*?<figcaption>(.*?)</figcaption>', pages, re.DOTALL)
    assert len(captions) > 5
    assert not [caption for caption in captions if re.search(r"\b(left|right): ", caption, re.IGNORECASE)]


def test_every_link_and_anchor_leads_somewhere(walked, book):
    anchors = {path: {*page["ids"], ""} for path, page in walked.items()}
    lost = []
    for path, page in walked.items():
        for link in page["links"]:
            if link.startswith("file:"):
                target, _, anchor = unquote(link.removeprefix("file://")).partition("#")
                there = Path(target.partition("?")[0])
                if not there.is_file() or (there in anchors and unquote(anchor) not in anchors[there]):
                    lost.append(f"{path.relative_to(book)} -> {link}")
            elif not re.match(r"https://(?:doi\.org|dx\.doi\.org)/10\.|mailto:", link):
                lost.append(f"{path.relative_to(book)} -> {link} (only DOIs lead out of the book)")
    assert not lost


def test_no_identifier_stands_twice_on_a_page(walked):
    twice = {path.name: sorted({i for i in page["ids"] if page["ids"].count(i) > 1}) for path, page in walked.items()}
    assert not {name: ids for name, ids in twice.items() if ids}


def test_pages_say_their_language_and_have_one_title(walked):
    for path, page in walked.items():
        assert page["lang"].startswith("en"), path.name
        if path.name != "search.html":
            assert page["headings"] == 1, path.name


def test_tables_say_what_heads_what_and_captions_say_something(walked):
    assert not faults(walked, "unscoped")
    assert not faults(walked, "empty")


def test_no_section_shows_a_traceback_or_a_warning(walked):
    assert not faults(walked, "traces")


def test_every_page_of_a_synthetic_cohort_says_so_at_its_top_and_so_do_the_figures_and_tables_of_its_patients(walked, book):
    assert not [path.name for path, page in walked.items() if "Synthetic cohort" not in page["banner"]]
    for section in ("02-participants", "03-safety", "04-efficacy", "05-robustness"):
        assert not walked[book / "notebooks" / f"{section}.html"]["unmarked"]


@pytest.mark.parametrize("query", ["anti-CCP", "regression to the mean", "DAS28"])
def test_the_search_finds_words_of_the_book_from_the_disk(book, visit, query):
    page = visit.open(book / "search.html", f"?q={query}")
    page.wait_for_selector("ul.search li", timeout=10_000)
    page.wait_for_function("() => document.querySelector('.search-summary').innerText.startsWith('Places found: ')")
    assert page.locator("ul.search li a").count() >= 2
    page.wait_for_function("() => [...document.querySelectorAll('ul.search li')].every(one => one.querySelector('p.context'))")
    around = page.locator("ul.search li p.context").all_inner_texts()
    assert query.split()[-1].lower() in " ".join(around).lower()
    glass = page.locator(".bd-search-container .bd-search i").bounding_box()
    typed = page.locator(".bd-search-container input[type=search]")
    room = typed.evaluate("field => field.getBoundingClientRect().left + parseFloat(getComputedStyle(field).paddingLeft)")
    assert glass["x"] + glass["width"] < room  # it hides no letter
    assert not visit.outside()
    assert not visit.complaints


def test_the_search_field_of_any_page_leads_to_the_results(book, visit):
    page = visit.open(book / "methods.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("anti-CCP")
    page.keyboard.press("Enter")
    page.wait_for_selector("ul.search li", timeout=10_000)
    assert "search.html" in page.url


def shown_pictures(page) -> list[bool]:
    """For each figure outside a fold: whether its light picture is seen (True) or its dark one (False); exactly one is."""
    figures = page.locator("figure.ra-figure:not(details *)")
    seen = [[picture.is_visible() for picture in figures.nth(i).locator("img").all()] for i in range(figures.count())]
    assert seen
    assert all(sum(pair) == 1 for pair in seen)
    return [pair[0] for pair in seen]


def test_figures_follow_the_theme_at_once_and_print_in_light(book, visit):
    page = visit.open(book / "notebooks" / "04-efficacy.html")
    assert all(shown_pictures(page))
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert not any(shown_pictures(page))
    page.emulate_media(media="print")
    assert all(shown_pictures(page))


def test_the_button_switches_the_theme(book, visit):
    page = visit.open(book / "notebooks" / "04-efficacy.html")
    before = page.evaluate("document.documentElement.dataset.theme")
    for _ in range(3):
        page.locator(".theme-switch-button:visible").first.click()
        if page.evaluate("document.documentElement.dataset.theme") != before:
            break
    assert page.evaluate("document.documentElement.dataset.theme") != before
    assert shown_pictures(page)[0] is (before == "dark")


# --- what can be done with figures and tables ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spine(book):
    import pandas as pd

    return pd.read_csv(book.parent / "results" / "results.csv", dtype=str, keep_default_na=False).set_index(
        "result_id", drop=False
    )


def test_every_section_opens_with_its_key_figures_below_its_first_paragraph(book):
    for page in sorted((book / "notebooks").glob("0*.html")):
        article = page.read_text("utf-8").partition("<h1>")[2]
        below = article.partition("</p>")[2].lstrip()
        assert re.match(r'<div class="cell[^"]* tag_opening[^>]*>\s*<div[^>]*>\s*<div[^>]*>\s*<ul class="ra-key"', below), (
            page.name
        )


def test_the_cards_of_the_front_page_show_rows_of_the_results(book, visit, spine):
    page = visit.open(book / "index.html")
    cards = page.locator(".ra-key .ra-card")
    assert 4 <= cards.count() <= 5
    for card in cards.all():
        rows = [spine.loc[one] for one in json.loads(card.get_attribute("data-results"))]
        shown = card.inner_text().replace("−", "-").replace(",", "").replace("\u00a0", " ")
        first = rows[0]
        if first["lower"] and first["statistic"] == "mean_change":
            digits = len(re.search(r"\.(\d+)", shown)[1])
            wanted = [f"{float(first[name]):.{digits}f}" for name in ("value", "lower", "upper")] + [f"{first['n']} patients"]
        else:
            wanted = [f"{first['count']} of {first['n']}"]
        assert all(text in shown for text in wanted), (wanted, shown)


def test_the_front_page_says_when_and_from_what_it_was_made_and_how_far_to_trust_it(book, visit):
    page = visit.open(book / "index.html")
    assert re.fullmatch(r"Made on \d+ \w+ \d{4} from 5 files with [\d,]+ rows", page.inner_text(".ra-made"))
    assert "claims answered" in page.inner_text(".ra-badges")
    assert "No control group" in page.inner_text(".ra-badges")


def test_every_page_tells_at_its_foot_where_it_comes_from(walked):
    told = r"wang2019-synthetic \([0-9a-f]{8}\).*code [0-9a-f]{8}.*environment [0-9a-f]{8}.*seed 20191219"
    without = [path.name for path, page in walked.items() if not re.search(told, page["foot"])]
    assert without == ["search.html"]  # Sphinx makes this one for the book, not from a page of it


#: Figures that draw single patients, claims or a curve, which are no rows of the results.
NO_RESULTS = {"cumulative", "growth", "lineage", "liver", "p-against-r", "verdicts", "waterfall", "worst"}


def test_every_figure_offers_its_data_and_says_what_they_are_about(walked):
    assert not faults(walked, "bare")


def test_the_data_of_every_figure_are_rows_of_the_results_or_what_it_drew(book, spine):
    files = {path.stem.removeprefix("fig-"): path for path in (book / "downloads").rglob("fig-*.csv")}
    assert set(files) > NO_RESULTS
    for path in (path for name, path in files.items() if name not in NO_RESULTS):
        with path.open(encoding="utf-8-sig", newline="") as file:
            columns, *rows = csv.reader(file)
        assert columns == list(spine.columns), path.name
        assert rows == [list(spine.loc[row[0]]) for row in rows], path.name


def test_the_workbook_of_all_results_holds_what_the_text_holds_and_no_formula(book, spine):
    import openpyxl

    sheet = openpyxl.load_workbook(book.parent / "results" / "results.xlsx", read_only=True).active
    columns, *rows = sheet.iter_rows(max_row=600, values_only=True)
    assert list(columns) == list(spine.columns)
    assert len(rows) == 599
    place = columns.index("value")
    for row, value in zip(rows, spine["value"], strict=False):
        assert row[place] == (float(value) if value else None)
    with zipfile.ZipFile(book.parent / "results" / "results.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_every_table_of_results_offers_itself_and_what_it_offers_is_what_it_shows(book, visit):
    page = visit.open(book / "notebooks" / "04-efficacy.html")
    frames = page.locator(".ra-table").all()
    assert len(frames) > 10
    for frame in frames:
        links = frame.locator(".ra-files a").evaluate_all("links => links.map(link => [link.textContent, link.href])")
        assert [kind for kind, _ in links] == ["CSV", "XLSX"]
        shown = frame.evaluate("frame => [...frame.querySelectorAll('tbody tr:not(.ra-group)')].length")
        with Path(unquote(links[0][1].removeprefix("file://"))).open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.reader(file))) == shown + 1


def test_a_figure_is_enlarged_and_put_back_by_keyboard_alone(book, visit):
    page = visit.open(book / "notebooks" / "02-participants.html")
    button = page.locator("figure .ra-tool").first
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog.ra-enlarged")
    assert dialog.is_visible()
    assert sum(picture.is_visible() for picture in dialog.locator("img").all()) == 1
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Enlarge"
    page.locator("figure img:visible").first.click()
    assert dialog.is_visible()
    page.keyboard.press("Enter")
    assert not dialog.is_visible()


#: Whether a ring stands around what has the focus, its frame or its sign.
RING = """() => [document.activeElement, document.activeElement.parentElement, ...document.activeElement.children]
  .map(part => getComputedStyle(part))
  .some(style => style.outlineStyle === 'solid' || /[1-9]\\S*px$/.test(style.boxShadow))"""


@pytest.mark.parametrize("width", [1280, 390])
def test_a_ring_shows_where_the_keyboard_stands_in_the_frame_of_a_page(book, chromium, width):
    visit, bare = Visit(chromium, width=width), []
    page = visit.open(book / "search.html", "?q=remission")
    page.wait_for_selector("ul.search li a")
    for _ in range(9):
        page.keyboard.press("Tab")
        page.wait_for_timeout(100)
        if not page.evaluate(RING):
            bare.append(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    assert not bare
    visit.context.close()


def test_the_points_of_a_figure_are_read_by_the_arrow_keys_and_the_page_stays(book, visit):
    page = visit.open(book / "notebooks" / "04-efficacy.html")
    page.locator("#fig-forest").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    second = page.locator("#fig-forest .ra-point").nth(1)
    assert page.evaluate("document.activeElement.ariaLabel") == second.get_attribute("aria-label")
    assert re.search(r": −?[\d.]+ \(95 % CI .* to .*\); n = \d+$", second.get_attribute("aria-label"))
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "fig-forest"
    assert page.url.endswith("04-efficacy.html")


def test_a_sentence_opens_the_rows_behind_it_without_a_script_and_closes_them(book, chromium, spine):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((book / "notebooks" / "03-safety.html").as_uri())
    page.locator(".ra-why").first.focus()
    page.keyboard.press("Enter")
    opened = page.locator(".ra-answer-rows:visible")
    assert opened.locator("tbody code").first.text_content() in spine.index
    page.keyboard.press("Escape")
    assert opened.count() == 0
    context.close()


#: The texts of one column of a table, group by group.
BY_GROUP = """(bodies, at) => bodies.map(
  body => [...body.rows].filter(row => !row.matches('.ra-group')).map(row => row.cells[at].textContent))"""


def test_a_long_table_sorts_up_down_and_back_and_rows_stay_in_their_group(book, visit):
    page = visit.open(book / "notebooks" / "06-concordance.html")
    table = page.locator("#tab-claims")
    verdicts = (
        "bodies => bodies.map(body => [...body.rows].filter(r => !r.matches('.ra-group')).map(r => r.cells[2].textContent))"
    )
    column, bodies = table.locator("thead .ra-sort").nth(2), table.locator("tbody")
    before = bodies.evaluate_all(verdicts)
    for direction, order in (("ascending", sorted), ("descending", lambda words: sorted(words, reverse=True)), (None, list)):
        column.click()
        assert table.locator("thead th").nth(2).get_attribute("aria-sort") == direction
        assert bodies.evaluate_all(BY_GROUP, 2) == [order(words) for words in before]


def test_numbers_sort_as_numbers(book, visit):
    page = visit.open(book / "notebooks" / "01-cleaning.html")
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    head = page.locator("#tab-cells thead th").nth(1)
    head.locator("button").click()
    groups = page.locator("#tab-cells tbody").evaluate_all(BY_GROUP, 1)
    numbers = [[int(text.replace(",", "")) for text in texts if text != "–"] for texts in groups]
    assert sum(map(len, numbers)) > 12
    assert numbers == [sorted(group) for group in numbers]


def test_the_filter_shows_the_rows_that_hold_a_word_and_says_how_many(book, visit):
    page = visit.open(book / "notebooks" / "06-concordance.html")
    table = page.locator("#tab-claims")
    rows = table.locator("tbody tr:not(.ra-group)")
    everything = rows.count()
    table.locator("input").fill("Liver")
    shown = [row.inner_text() for row in rows.all() if row.is_visible()]
    assert 0 < len(shown) < everything
    assert all("liver" in text.lower() for text in shown)
    assert table.locator(".ra-filter .ra-status").inner_text() == f"{len(shown)} of {everything} rows"
    table.locator("input").fill("")
    assert all(row.is_visible() for row in rows.all())


def test_a_table_is_copied_as_a_spreadsheet_would_paste_it(book, visit):
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open(book / "notebooks" / "06-concordance.html")
    page.locator("#tab-coverage .ra-tool").click()
    page.wait_for_function("document.querySelector('#tab-coverage .ra-tools .ra-status').textContent === 'Copied'")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t")[0] == "Verdict"
    assert len(lines) == 6


def test_without_a_script_figures_tables_and_downloads_stand(book, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((book / "index.html").as_uri())
    assert page.locator("figure.ra-figure img.ra-light").first.is_visible()
    assert page.locator(".ra-key .ra-card").first.is_visible()
    assert page.locator(".ra-files a").first.is_visible()
    assert not page.locator(".ra-tool, .ra-sort").count()
    context.close()


def test_print_shows_content_and_none_of_the_tools(book, visit):
    page = visit.open(book / "notebooks" / "06-concordance.html")
    page.emulate_media(media="print")
    for hidden in (".ra-tools", ".ra-filter", ".bd-sidebar-primary", ".prev-next-footer"):
        assert not any(one.is_visible() for one in page.locator(hidden).all()), hidden
    assert page.locator("#tab-claims tbody tr").last.is_visible()
    assert page.locator("#what-cannot-be-tested-here li").first.is_visible()
    assert page.locator(".ra-foot").is_visible()
    page.emulate_media(media="screen")
    page = visit.open(book / "notebooks" / "05-robustness.html")
    assert not page.locator(".ra-folded .ra-said").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator(".ra-folded .ra-said").first.is_visible()


@pytest.mark.slow
def test_axe_finds_nothing_on_any_page(walked):
    assert not faults(walked, "axe")


def test_no_page_is_wider_than_a_telephone(walked):
    assert not faults(walked, "wide")


def test_what_goes_on_beyond_a_telephone_fades_there_and_no_more_at_its_end(book, chromium):
    visit = Visit(chromium, width=390)
    page = visit.open(book / "notebooks" / "01-cleaning.html")
    part = page.locator("#tab-findings .ra-scroll")
    assert part.evaluate("part => [part.matches('.ra-more'), part.tabIndex]") == [True, 0]
    part.evaluate("part => part.scrollTo(part.scrollWidth, 0)")
    page.wait_for_function("part => !part.matches('.ra-more')", arg=part.element_handle())
    visit.context.close()


def test_a_picture_fits_a_telephone_and_is_enlarged_to_the_size_it_was_drawn_in(book, chromium):
    """One of several panels in a taller box."""
    visit = Visit(chromium, width=390)
    page = visit.open(book / "notebooks" / "04-efficacy.html")
    sizes = page.locator(".ra-drawing img:visible").evaluate_all("all => all.map(one => [one.width, one.naturalWidth])")
    assert max(width for width, _ in sizes) < 390 < max(drawn for _, drawn in sizes)
    page.locator("#fig-flows img:visible").click()
    enlarged, drawn, high = page.locator("dialog img:visible").evaluate("one => [one.width, one.naturalWidth, one.height]")
    assert enlarged >= drawn
    assert high >= 0.8 * page.viewport_size["height"]
    page.keyboard.press("Escape")
    asked = "part => [part.scrollWidth > part.clientWidth, part.clientHeight > part.clientWidth]"
    assert page.locator("#fig-forest .ra-drawing").evaluate(asked) == [False, True]
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator("#fig-forest .ra-drawing").evaluate(asked) == [False, False]
    visit.context.close()


def test_a_long_page_of_reference_shows_the_rows_that_hold_a_word(book, visit):
    page = visit.open(book / "reference" / "rules.html")
    rows = page.locator(".pst-scrollable-table-container").first.locator("tbody tr")
    assert rows.count() > 100
    page.locator(".ra-filter input").first.fill("workbook_hidden")
    assert [row.is_visible() for row in rows.all()].count(True) == 1


def test_the_contents_open_on_a_telephone(book, chromium):
    visit = Visit(chromium, width=390)
    page = visit.open(book / "index.html")
    page.locator("button.primary-toggle:visible").first.click()
    page.wait_for_timeout(400)
    link = page.locator(".bd-sidebar-primary a:visible, dialog a:visible", has_text="Methods").first
    link.click()
    assert page.url.endswith("methods.html")
    visit.context.close()


def test_formulas_are_drawn_without_a_script(book, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((book / "methods.html").as_uri())
    assert page.locator("math").count() > 10
    assert page.locator(".ra-formula math").first.is_visible()
    context.close()


def test_the_book_is_light_enough_to_send(book):
    size = sum(path.stat().st_size for path in book.rglob("*") if path.is_file())
    pages = {path.name: path.stat().st_size for path in book.rglob("*.html")}
    assert size < 15_000_000
    assert max(pages.values()) < 2_000_000, max(pages, key=pages.get)


def test_the_reference_page_describes_every_statistic_of_the_book_and_its_examples_exist(book):
    import pandas as pd

    results = pd.read_csv(book.parent / "results" / "results.csv", dtype=str, keep_default_na=False)
    page = (ROOT / "book" / "reference" / "results.md").read_text("utf-8")
    common, *sections = re.split(r"^## The statistics of (?=\w+$)", page.split("## Descriptions that every")[1], flags=re.M)
    described = {section.split()[0]: set(re.findall(r"`(\w+)`", common + section)) for section in sections}
    for section, rows in results.groupby("section"):
        assert not sorted(set(rows["statistic"]) - described[section]), section
    for example in re.findall(r"^`([^`]+)`\n: ", page, re.M):
        assert example in set(results["result_id"]), example


def test_the_statistics_that_outside_checks_read_are_in_the_results(book):
    import pandas as pd

    results = pd.read_csv(book.parent / "results" / "results.csv", dtype=str, keep_default_na=False)
    made = set(zip(results["statistic"], results["method"], strict=True))
    page = (ROOT / "book" / "reference" / "results.md").read_text("utf-8")
    section = page.split("## The statistics of efficacy")[1].split("From the model")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    named = {(s, m) for row in rows for s in re.findall(r"`(\w+)`", row[1]) for m in re.findall(r"`(\w+)`", row[2])}
    assert len(named) > 15
    assert not sorted(named - made)


def test_the_default_cohort_gives_the_numbers_that_are_committed(book):
    """To about eight digits, which is what another processor's arithmetic leaves alone."""
    import pandas as pd

    from tests import key_numbers

    found = key_numbers.select_key_numbers(key_numbers.read_results(book.parent))
    expected = pd.read_csv(key_numbers.FILE)
    assert len(expected) > 150
    pd.testing.assert_frame_equal(found, expected, rtol=1e-7, atol=1e-12, check_dtype=False)
