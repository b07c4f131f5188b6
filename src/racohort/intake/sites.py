"""Numbers of patients that start anew at each site, told from numbers that several sites have."""

from collections.abc import Sequence

import pandas as pd

from racohort.intake.guesses import Guess, Source

#: So many of the numbers stand at several sites where each site counts its own patients.
SHARED = 0.5


def join_sites(sources: Sequence[Source], tables: Sequence[pd.DataFrame]) -> None:
    """Give such numbers the role SUBJID, and in each file the column of sites its own, so that both together name a patient.

    >>> source = Source("a.csv", {}, "visit", "", [Guess("no", {"role": "USUBJID"}), Guess("centre", {"role": "SITEID"})])
    >>> join_sites([source], [pd.DataFrame({"no": ["1", "2", "1", "2"], "centre": ["A", "A", "B", "B"]})])
    >>> [guess.role for guess in source.columns]
    ['SUBJID', 'SITEID']
    """
    if not any(_start_anew(source, cells) for source, cells in zip(sources, tables, strict=True)):
        return
    sites = {guess.name for source in sources for guess in source.columns if guess.role == "SITEID"}
    for source, cells in zip(sources, tables, strict=True):
        number = next((guess for guess in source.columns if guess.role == "USUBJID"), None)
        site = next((str(name) for name in cells.columns if name in sites), "")
        if number is None:
            continue
        there = "" if site else "{role: SUBJID}, once the file has a column of sites: without it nobody can tell whose a row is"
        found = Guess(number.name, {"role": "SUBJID"}, f"{number.why}; the numbers start anew at each site", there)
        own = Guess(site, {"role": "SITEID"}, "as in the other files")
        told = {number.name: found} | ({site: own} if _role(source, site) != "SITEID" else {})
        source.columns = [told.get(guess.name, guess) for guess in source.columns]


def _start_anew(source: Source, cells: pd.DataFrame) -> bool:
    """Whether most numbers of a file stand at several sites."""
    number, site = (next((one.name for one in source.columns if one.role == role), "") for role in ("USUBJID", "SITEID"))
    if not {number, site} <= set(cells.columns):
        return False
    told = cells[(cells[number].str.strip() != "") & (cells[site].str.strip() != "")]
    several = told.groupby(number)[site].nunique() > 1
    return len(several) > 1 and bool(several.mean() >= SHARED)


def _role(source: Source, name: str) -> str:
    return next((guess.role for guess in source.columns if guess.name == name), "")
