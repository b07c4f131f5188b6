"""The page that lists the books on this machine: `index.html` of the folder that holds them."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from racohort.fingerprints import read_json
from racohort.publish import write_whole

STYLE = """\
@font-face { font-family: "Source Sans 3"; font-weight: 200 900; src: local("Source Sans 3"),
  url("{fonts}/source-sans-3-latin-wght-normal.woff2") format("woff2"); }
:root { color-scheme: light dark; --ink: light-dark(#1d2733, #e6eaef); --line: light-dark(#dde3e8, #2c343e);
  --link: light-dark(#0b6a94, #6cc1e6); --mark: light-dark(#a94a12, #f0975a); --muted: light-dark(#55626f, #a6b1bd); }
body { font: 17px/1.55 "Source Sans 3", "Segoe UI", system-ui, sans-serif; color: var(--ink);
  background: light-dark(#ffffff, #14181e); margin: 0 auto; max-width: 68rem; padding: 2.5rem 1.2rem; }
h1 { font-size: 2rem; letter-spacing: -0.012em; margin: 0 0 1.4rem; }
.books { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.55rem 1.2rem 0.55rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 650; } th, td + td { white-space: nowrap; }
td.n, th.n { text-align: right; } a { color: var(--link); } p, small { color: var(--muted); }
.synthetic { color: var(--mark); font-weight: 650; }
@media (max-width: 40rem) {  /* report by report instead of a table six columns wide */
  table, tbody, tr, td { display: block; } thead { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: 0.7rem 0; }
  td, td.n { border: 0; padding: 0; text-align: left; white-space: normal !important; overflow-wrap: anywhere; }
  td:nth-child(3):not(:empty)::after { content: " patients"; } td:nth-child(4)::after { content: " claims answered"; }
}"""
HEAD = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reports on this machine</title><style>
{style}
</style></head><body><main>
<h1>Reports on this machine</h1>
<div class="books" tabindex="0" role="region" aria-label="Reports"><table>
<thead><tr><th scope="col">Report</th><th scope="col">Name</th><th scope="col" class="n">Patients</th>
<th scope="col">Claims answered</th><th scope="col">Privacy</th><th scope="col">Finished (UTC)</th></tr></thead><tbody>
{rows}
</tbody></table></div>{beside}
</main></body></html>
"""


#: The folder of the book about several runs; no cohort can have this name.
COMPARISON = "_comparison"
BESIDE = f'\n<p><a href="{COMPARISON}/html/index.html">Cohorts side by side</a></p>'


def write_shelf(folder: Path) -> None:
    """Write the page anew from the runs that are published in the folder, the newest first, and any comparison of runs."""
    runs = sorted(published_runs(folder), key=lambda run: run["finished"], reverse=True)
    beside = BESIDE if (folder / COMPARISON / "html" / "index.html").is_file() else ""
    style = STYLE.replace("{fonts}", f"{runs[0]['folder']}/html/_static/fonts" if runs else ".")
    page = HEAD.format(style=style, rows="\n".join(map(_row, runs)), beside=beside)
    write_whole(folder / "index.html", page.encode("utf-8"))


def published_runs(folder: Path) -> Iterator[dict[str, Any]]:
    """What the page says of each published run: its folder, title, patients, claims and time; a folder cut short is left out."""
    for record in sorted(folder.glob("[!.]*/run.json")):
        told = read_json(record)
        if (record.parent / "html" / "index.html").is_file() and "times" in told:
            yield {
                "folder": record.parent.name,
                "title": told["title"] or told["id"],
                "synthetic": told["synthetic"],
                "privacy": told.get("privacy", "internal"),
                "finished": told["times"]["finished"],
                **_counted(record.parent / "results" / "results.csv"),
            }


def _counted(path: Path) -> dict[str, str]:
    """Patients enrolled, and the claims of the paper that this cohort answers, of all that it was asked: rows of the results."""
    told = {"patients": "", "claims": "not asked"}
    with suppress(FileNotFoundError), path.open(encoding="utf-8", newline="") as file:  # another run may be taking its place
        for row in csv.DictReader(file):
            if (row["statistic"], row["method"]) == ("coverage", "as_printed"):
                told["claims"] = f"{row['count']} of {row['n']}"
            elif (row["by"], row["category"], row["statistic"]) == ("flow", "ENROLLED", "count"):
                told["patients"] = row["count"]
    return told


def _row(run: Mapping[str, Any]) -> str:
    link = f'<a href="{escape(run["folder"])}/html/index.html">{escape(run["title"])}</a>'
    mark = ' <span class="synthetic">synthetic</span>' if run["synthetic"] else ""
    patients = f"{int(run['patients']):,}" if run["patients"].isdecimal() else escape(run["patients"])
    told = (escape(run["claims"]), escape(run["privacy"]), escape(run["finished"].replace("T", " ").rstrip("Z")[:16]))
    cells = f'<td>{link}{mark}</td><td>{escape(run["folder"])}</td><td class="n">{patients}</td>'
    return f"<tr>{cells}{''.join(f'<td>{text}</td>' for text in told)}</tr>"
