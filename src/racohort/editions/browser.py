"""What a browser does for an edition: print a page, and draw its figures as pictures that a word processor knows."""

import subprocess
from pathlib import Path

import lxml.html
from lxml.html import HtmlElement
from pypdf import PdfReader

from racohort.environment import browser
from racohort.scratch import scratch_folder

QUIET = ("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-extensions", "--hide-scrollbars")  # fmt: skip
SECONDS = 300
#: Pixels of a picture for one of the figure's own, so that it is sharp on paper.
SCALE = 3
DRAW = """
const scale = SCALE;
addEventListener("load", async () => {
  for (const image of document.images) {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * scale; canvas.height = image.naturalHeight * scale;
    const ink = canvas.getContext("2d");
    ink.fillStyle = "#ffffff"; ink.fillRect(0, 0, canvas.width, canvas.height);
    ink.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.src = canvas.toDataURL("image/png");
  }
});
""".replace("SCALE", str(SCALE))


class NoBrowser(Exception):
    """An edition that needs a browser where there is none; the command ends with status 1."""

    exit_code = 1


def _run(*options: str) -> bytes:
    """Call Chromium with a profile that is thrown away, and return what it printed."""
    path = browser()
    if not path:
        raise NoBrowser("PDF and Word need Chromium or Chrome, and there is none: `make doctor` says how to get it.")
    with scratch_folder() as profile:
        # as root, in a container, Chromium has no sandbox of its own; it only ever opens this project's page
        command = [path, *QUIET, "--no-sandbox", f"--user-data-dir={profile}", *options]
        try:
            return subprocess.run(command, capture_output=True, timeout=SECONDS, check=True).stdout
        except (subprocess.SubprocessError, OSError) as error:
            raise NoBrowser(f"{Path(path).name} could not make the edition ({type(error).__name__}).") from None


def print_page(page: Path, target: Path) -> None:
    """Print a page into a PDF with bookmarks."""
    _run("--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}", page.resolve().as_uri())
    if not target.is_file():
        raise NoBrowser("the browser printed no PDF.")


def places_of(printed: Path) -> dict[str, int]:
    """The page of a PDF on which each anchor that a link leads to stands."""
    pdf = PdfReader(printed)
    pages = {name.removeprefix("/"): pdf.get_destination_page_number(place) for name, place in pdf.named_destinations.items()}
    return {name: page + 1 for name, page in pages.items() if page is not None}


def draw_pictures(page: Path) -> HtmlElement:
    """The page with each figure as one picture (PNG) for light paper."""
    root = lxml.html.parse(str(page)).getroot()
    for dark in root.xpath('//img[contains(@class, "ra-dark")]'):
        dark.drop_tree()
    images = root.xpath('//article//img[starts-with(@src, "data:")]')
    album = lxml.html.fromstring("<html><head><meta charset='utf-8'><script></script></head><body></body></html>")
    album.xpath("//script")[0].text = DRAW
    for image in images:
        album.body.append(lxml.html.fromstring("<img>"))
        album.body[-1].set("src", image.get("src"))
    with scratch_folder() as folder:
        path = folder / "album.html"
        path.write_bytes(lxml.html.tostring(album, encoding="utf-8", doctype="<!doctype html>"))
        drawn = lxml.html.fromstring(_run("--virtual-time-budget=60000", "--dump-dom", path.as_uri()).decode("utf-8"))
    for image, picture in zip(images, drawn.xpath("//img"), strict=True):
        image.set("src", picture.get("src"))
    return root
