"""Identifiers that may be another's, mistyped: alike but for one character, and without what the stranger has."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from racohort.cleaning.sheets import Sheet

#: So many strangers are looked up, and so many likely identifiers named.
LOOKED_UP, NAMED = 50, 3


def likely(strangers: Iterable[str], sheets: Sequence[Sheet]) -> dict[str, str]:
    """What to say of strangers that look like patients who lack the visits that the stranger has: " (it looks like P012)".

    Where several patients fit, those whose sex, site and arm agree most are named, up to three; of more, nothing is said.
    """
    wanted = sorted(set(strangers))[:LOOKED_UP]
    seen = _seen(sheets) if wanted else {}
    alike = _by_variant(set(seen) - set(wanted)) if wanted else {}
    found = {one: _best(one, {other for word in _variants(one) for other in alike.get(word, ())}, seen) for one in wanted}
    return {one: f" (it looks like {' or '.join(sorted(best))})" for one, best in found.items() if 0 < len(best) <= NAMED}


def _variants(word: str) -> set[str]:
    """A word, and what is left of it without one character: two words that share a variant differ in one place.

    >>> sorted(_variants("ab"))
    ['a', 'ab', 'b']
    """
    plain = word.casefold()
    return {plain, *(plain[:place] + plain[place + 1 :] for place in range(len(plain)))}


def _by_variant(words: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for word in words:
        for variant in _variants(word):
            found[variant].add(word)
    return found


def _seen(sheets: Sequence[Sheet]) -> dict[str, tuple[set[str], set[tuple[str, str]]]]:
    """The visits of everybody in the tables by patient or visit, and their sex, site and arm."""
    seen: dict[str, tuple[set[str], set[tuple[str, str]]]] = {}
    for sheet in (sheet for sheet in sheets if sheet.table.shape != "event"):
        facts = [(role, sheet.facts[role]) for role in ("SEX", "SITEID", "ARM") if role in sheet.facts]
        for row, (one, visit) in enumerate(zip(sheet.USUBJID, sheet.AVISIT, strict=True)):
            visits, about = seen.setdefault(one, (set(), set()))
            visits.update({visit} - {"", "?", "UNSCHEDULED"})
            about.update((role, values[row]) for role, values in facts)
    return seen


def _best(one: str, others: set[str], seen: dict[str, tuple[set[str], set[tuple[str, str]]]]) -> list[str]:
    visits, about = seen.get(one, (set(), set()))
    free = [other for other in others if not visits & seen[other][0]]
    most = max((len(about & seen[other][1]) for other in free), default=0)
    return [other for other in free if len(about & seen[other][1]) == most]
