"""Why this number? The result rows behind a sentence or a key figure, opened where it stands.

A sentence knows its rows by their ids (`report.text`), and the published `results.csv` has the rows; nothing else is read, so
that an answer never says more than these two. It opens without a script.
"""

import json
import re
from html import escape, unescape

from racohort.downloads import Spine

#: More rows than these are left to the file, so that an answer fits a screen.
SHOWN = 12

_SENTENCE = re.compile(r'(<span class="ra-quoted" data-results="([^"]*)") title="[^"]*"(>.*?</span>)', re.DOTALL)
_CARD = re.compile(r'(<li class="ra-card" data-results="([^"]*)">(?:(?!</li>).)*)(</span> </li>)', re.DOTALL)
_HEAD = ("Result row", "Value", "Interval", "n", "p", "Computed by")


def answer(body: str, spine: Spine | None, results: str) -> str:
    """The body of a page on which every sentence and card with published rows has a button that opens them.

    `results` is the address of `results.csv`, seen from the page.
    """
    if spine is None:
        return body
    asked: dict[tuple[str, ...], str] = {}

    def button(ids: list[str]) -> str:
        known = tuple(one for one in ids if one in spine.rows)
        if not known:
            return ""
        name = asked.setdefault(known, f"why-{len(asked) + 1}")
        why = f'<button type="button" class="ra-why" popovertarget="{name}" aria-label="Why this number?">?</button>'
        return f'<span class="ra-tied">&nbsp;{why}</span>'

    def sentence(found: re.Match[str]) -> str:
        return f"{found[1]}{found[3]}{button(unescape(found[2]).split(' '))}"

    def card(found: re.Match[str]) -> str:
        return f"{found[1]}{button(json.loads(unescape(found[2])))}{found[3]}"

    body = _CARD.sub(card, _SENTENCE.sub(sentence, body))
    return body + "".join(_opened(name, ids, spine, results) for ids, name in asked.items())


def _opened(name: str, ids: tuple[str, ...], spine: Spine, results: str) -> str:
    """What a button opens: the rows as a table, how many more there are, where all lie, and the claims that rest on them."""
    rows = [spine.rows[one] for one in ids]
    head = "".join(f'<th scope="col">{title}</th>' for title in _HEAD)
    lines = "".join(_line(dict(zip(spine.columns, row, strict=True))) for row in rows[:SHOWN])
    more = f"{len(rows) - SHOWN:,} more rows, and all columns" if len(rows) > SHOWN else "All columns"
    return (
        f'<div popover id="{name}" class="ra-answer-rows" role="dialog" aria-label="Why this number?"><p>Why this number?</p>'
        f'<div tabindex="0" role="region" aria-label="Result rows"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody>'
        f'</table></div><p>{more}: <a href="{results}" download>results.csv</a></p>{_claims(ids, spine, results)}</div>'
    )


def _claims(ids: tuple[str, ...], spine: Spine, results: str) -> str:
    """The way to the claims of the paper whose verdicts rest on these rows."""
    page = results.replace("../results/results.csv", "notebooks/06-concordance.html")
    named = dict.fromkeys(claim for one in ids for claim in spine.claims.get(one, ()))
    links = ", ".join(f'<a href="{page}#claims-{escape(claim)}">{escape(claim)}</a>' for claim in list(named)[:SHOWN])
    return f"<p>Claims that rest on them: {links}</p>" if links else ""


def _line(row: dict[str, str]) -> str:
    """One row, to six digits."""
    value = row["value_text"] or (" ".join(filter(None, (_short(row["value"]), row["unit"]))) if row["value"] else "")
    interval = f"{_short(row['lower'])} to {_short(row['upper'])}" if row["lower"] or row["upper"] else ""
    of = f"{row['count']} of {row['n']}" if row["count"] and row["n"] else row["n"]
    cells = (value, interval, of, _short(row["p_value"]), row["function"])
    shown = "".join(f"<td>{escape(cell) or '–'}</td>" for cell in cells)
    return f'<tr><th scope="row"><code>{escape(row["result_id"])}</code></th>{shown}</tr>'


def _short(number: str) -> str:
    """A number of the results to six digits; empty where there is none.

    >>> _short("-1.0871511140921586"), _short("50.0"), _short("")
    ('−1.08715', '50', '')
    """
    return f"{float(number):.6g}".replace("-", "−") if number else ""
