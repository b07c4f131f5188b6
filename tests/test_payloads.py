"""A cohort whose every text is an attack: the report is made, shows them as text, and none of them runs.

What ran would be seen: each payload sets `window.ran`, asks an address of `ran.invalid`, or writes a file named `ran`.
"""

import csv
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import openpyxl
import pytest

from racohort.environment import browser
from racohort.places import project_root
from tests.test_browser import QUIET, Visit

#: Payloads by what would run them.
PAYLOADS = {
    "html": "<script>window.ran=1</script>",
    "image": "<img src=x onerror=window.ran=1>",
    "svg": "<svg onload=window.ran=1><script>window.ran=1</script></svg>",
    "attribute": "\" onmouseover=window.ran=1 autofocus onfocus=window.ran=1 x=\"",
    "apostrophe": "' onfocus='window.ran=1' autofocus x='",
    "end of cell": "</td></tr></table><iframe srcdoc='<script>parent.ran=1</script>'>",
    "end of script": "</script><script>window.ran=1</script>",
    "comment": "--><script>window.ran=1</script><!--",
    "frame": "<iframe src=//ran.invalid/a></iframe>",
    "style": "<style>@import url(//ran.invalid/b);</style>",
    "link": "<a href=javascript:window.ran=1>x</a>",
    "markdown": "[x](javascript:window.ran=1) ![y](http://ran.invalid/c.png)",
    "directive": "```{raw} html\n<script>window.ran=1</script>\n```",
    "role": "{eval}`__import__('os').system('touch ran')` {glue}`x`",
    "formula": "$\\href{javascript:window.ran=1}{x}$ \\input{/etc/passwd}",
    "jinja": "{{ cycler.__init__.__globals__.os.popen('touch ran').read() }}",
    "format": "{0.__class__.__mro__} {cohort} %(x)s",
    "shell": "; touch ran; $(touch ran) `touch ran` | touch ran",
    "make": "$(shell touch ran) ${shell touch ran}",
    "python": "'); __import__('os').system('touch ran'); ('",
    "spreadsheet": "=HYPERLINK(\"http://ran.invalid/d\";\"x\")",
    "command": "=cmd|'/c calc'!A0",
    "at": "@SUM(1+1)*cmd|'x'!A0",
    "yaml": "!!python/object/apply:os.system ['touch ran']",
    "reference": "&lt;script&gt;window.ran=1&lt;/script&gt;",
    "wide": "＜script＞window.ran=1＜/script＞",
    "capitals": "<ScRiPt>window.ran=1</sCrIpT>",
    "nested": "<scr<script>ipt>window.ran=1</scr</script>ipt>",
    "unclosed": "<img src=x onerror=window.ran=1 ",
    "slash": "<img/src=x/onerror=window.ran=1>",
    "folded": "<details open ontoggle=window.ran=1>",
    "video": "<video><source onerror=window.ran=1></video>",
    "field": "<input autofocus onfocus=window.ran=1>",
    "moving": "<svg><animate onbegin=window.ran=1 attributeName=x dur=1s></svg>",
    "foreign": "<math><mtext><table><mglyph><style><img src=x onerror=window.ran=1></style></mglyph></table></mtext></math>",
    "template": "<template><script>window.ran=1</script></template>",
    "refresh": "<meta http-equiv=refresh content='0;url=http://ran.invalid/e'>",
    "base": "<base href=//ran.invalid/>",
    "sheet": "<link rel=stylesheet href=//ran.invalid/f.css>",
    "object": "<object data=//ran.invalid/g></object><embed src=//ran.invalid/h>",
    "sources": "<img srcset='//ran.invalid/i 2x' src=x>",
    "inline style": "<p style='background:url(//ran.invalid/j)'>x</p>",
    "data address": "<a href='data:text/html,<script>window.ran=1</script>'>x</a>",
    "entities": "<a href='&#106;avascript:window.ran=1'>x</a>",
    "section": "<![CDATA[<script>window.ran=1</script>]]>",
    "declaration": "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "title": "</title></head><body onload=window.ran=1>",
    "text area": "</textarea></select></option><script>window.ran=1</script>",
    "string": "\\\";window.ran=1;//",
    "json": "\"}]}</script><script>window.ran=1</script>",
    "separator": "\u2028window.ran=1\u2029",
    "direction": "\u202e<script>window.ran=1</script>\u202c",
    "autolink": "<javascript:window.ran=1> <http://ran.invalid/k>",
    "named link": "[x][y]\n\n[y]: javascript:window.ran=1",
    "include": "```{include} /etc/passwd\n```",
    "code cell": "```{code-cell} ipython3\n!touch ran\n```",
    "substitution": "{{ env.config }} {% raw %}{{ 7*7 }}{% endraw %} |release|",
    "download": "{download}`/etc/passwd` {doc}`/../../etc/passwd`",
    "front matter": "---\njupytext: {text_representation: {extension: .md}}\n---",
    "heading": "# x\n===\n<script>window.ran=1</script>",
    "table": "x | y\n--|--\n<script>window.ran=1</script> | z",
    "unfinished formula": "$\\frac{1}{ _x^",
    "environment": "\\begin{align}\\immediate\\write18{touch ran}\\end{align}",
    "percent": "%run ran.py\n!touch ran\n%%bash\ntouch ran",
    "f-string": "{__import__('os').system('touch ran')}",
    "attributes": "{cohort.__class__.__init__.__globals__}",
    "path": "../../../../ran",
    "zero": "x\ty\rz",
    "plus": "+cmd|'/c calc'!A0",
    "minus": "-2+3+cmd|'/c calc'!A0",
    "tab": "\t=1+1",
    "web query": "=WEBSERVICE(\"http://ran.invalid/l\")",
    "exchange": "=DDE(\"cmd\";\"/c calc\";\"x\")",
    "quoted": "\"=1+1\"",
}  # fmt: skip
COHORT = """\
id: payloads
title: {title}
synthetic: true
files:
  - {{path: patients.csv, shape: subject}}
  - {{path: visits.csv, shape: visit}}
  - {{path: events.csv, shape: event}}
columns:
  id: {{role: USUBJID}}
  site: {{role: SITEID}}
  arm: {{role: ARM}}
  start: {{role: TRTSDT, format: "%Y-%m-%d"}}
  reason: {{role: DCSREAS}}
  status: {{role: EOSSTT, codes: {{done: COMPLETED, left: DISCONTINUED}}}}
  end: {{role: EOSDT, format: "%Y-%m-%d"}}
  visit: {{role: AVISIT}}
  day: {{role: ADT, format: "%Y-%m-%d"}}
  crp: {{paramcd: CRP, unit: mg/L}}
  das28: {{paramcd: DAS28ESR}}
  told: {{role: AETERM}}
  term: {{role: AEDECOD}}
  class: {{role: AEBODSYS}}
  begun: {{role: ASTDT, format: "%Y-%m-%d"}}
  serious: {{role: AESER}}
  outcome: {{role: AEOUT}}
visits:
  BL: {{labels: [first], day: 0, window: [-30, 0]}}
  Y1: {{labels: {labels}, day: 365, window: [305, 425]}}
treatment_start: {{from: column}}
"""


def write_cohort(folder: Path) -> Path:
    """A cohort with each payload as a patient, site, arm, visit, event and reason, as title, header, and number."""
    folder.mkdir(parents=True)
    labels = [f"year {payload}" for payload in PAYLOADS.values()]
    (folder / "cohort.yml").write_text(
        COHORT.format(title=json.dumps(" ".join(PAYLOADS.values())), labels=json.dumps(labels)), "utf-8"
    )
    patients, visits, events = [], [], []
    for number, payload in enumerate(PAYLOADS.values()):
        name = f"{number} {payload}"
        patients.append([name, payload, payload, "2013-03-01", payload, "left" if number % 2 else "done", "2014-06-01", payload])
        visits += [[name, "first", "2013-03-01", 12 + number, 5.1 + number / 50, payload],
                   [name, labels[number], "2014-03-01", 8 + number if number % 4 else payload, 4.2, payload]]  # fmt: skip
        events.append([name, payload, payload, payload, "2013-04-01", "Y", payload])
    heads = (["id", "site", "arm", "start", "reason", "status", "end", PAYLOADS["image"]],
             ["id", "visit", "day", "crp", "das28", PAYLOADS["attribute"]],
             ["id", "told", "term", "class", "begun", "serious", "outcome"])  # fmt: skip
    for name, head, lines in zip(("patients", "visits", "events"), heads, (patients, visits, events), strict=True):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *lines])
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path]:
    """The published folder of the report on that cohort, and the folder in which it was asked for."""
    root = tmp_path_factory.mktemp("payloads")
    cohort = write_cohort(root / "payloads")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("RC_", "MAKE", "MFLAGS"))}
    command = [sys.executable, "-m", "racohort", "report", "--cohort", str(cohort), "--only", "participants safety"]
    surroundings |= {"RACOHORT_ROOT": str(project_root()), "RACOHORT_BUILD": str(root / "built")}
    done = subprocess.run(command, env=surroundings, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.strip().splitlines()[-1]).parents[1], root


@pytest.mark.slow
def test_no_payload_runs_while_the_report_is_made(made) -> None:
    folder, root = made
    places = [root, project_root(), folder, Path.home()]
    assert not [place for place in places if (place / "ran").exists() or list(place.glob("*/ran"))]
    assert (folder / "run.json").is_file()


@pytest.mark.slow
@pytest.mark.browser
def test_no_payload_runs_in_the_browser(made) -> None:
    from playwright.sync_api import sync_playwright

    if not (path := browser()):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("NO BROWSER FOUND: the report with payloads was not opened.")
    ran = []
    with sync_playwright() as playwright:
        visit = Visit(playwright.chromium.launch(executable_path=path, args=QUIET))
        for page in [made[0] / "html" / "index.html", *sorted((made[0] / "html" / "notebooks").glob("*.html"))]:
            shown = visit.open(page)
            shown.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
            shown.evaluate(
                "document.querySelectorAll('[onfocus], [onerror], [onload], [onmouseover]').forEach(e => { window.ran = 1 })"
            )
            if shown.evaluate("window.ran") or [url for url in visit.asked if "ran.invalid" in url]:
                ran.append(page.name)
    assert not ran


@pytest.mark.slow
def test_no_cell_of_a_download_is_a_formula(made) -> None:
    found = []
    for file in sorted(made[0].rglob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as opened:
            cells = {cell for row in csv.reader(opened) for cell in row}
        found += [(file.name, cell) for cell in cells if cell[:1] in "=@+\t\r" and cell not in ("", "+")]
    for file in sorted(made[0].rglob("*.xlsx")):
        book = openpyxl.load_workbook(file, read_only=True)
        found += [(file.name, cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not found


@pytest.mark.slow
def test_every_payload_is_shown_as_the_text_that_it_is(made) -> None:
    """Nothing is lost by being made harmless, but for blanks, signs that nobody sees, and one spelling of a term for another."""
    with (made[0] / "results" / "adae.csv").open(encoding="utf-8", newline="") as file:
        told = {seen(row["AETERM"]).removeprefix("'") for row in csv.DictReader(file)}
    assert not [payload for payload in PAYLOADS.values() if seen(payload).removeprefix("'") not in told]


def seen(text: str) -> str:
    """What a reader sees of a text, in small letters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if unicodedata.category(letter)[0] not in "CZ")
