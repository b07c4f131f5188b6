"""What is REDCap's own in an export: rows of repeated forms beside rows of visits, and columns that hold no data."""

import re
from dataclasses import replace

import pandas as pd

from racohort.intake.guesses import Source

#: The column that names the repeated form a row belongs to, raw and in an export of labels; blank for a row of a visit.
FORMS = ("redcap_repeat_instrument", "Repeat Instrument")
_OWN = re.compile(r"redcap_(?!data_access)\w+|Repeat Instrument|Repeat Instance|Survey Identifier|Survey Timestamp")


def kinds_of_row(source: Source, cells: pd.DataFrame) -> list[tuple[Source, pd.DataFrame]]:
    """The table once for each kind of row in it, each with the columns that hold something there.

    A table without repeated forms stays as it is. Columns without any value stay with the first kind.
    """
    own = next((name for name in FORMS if name in cells), "")
    forms = list(dict.fromkeys(cells[own])) if own else [""]
    if not any(forms):
        return [(source, cells)]
    empty = [name for name in cells.columns if (cells[name] == "").all()]
    parts: list[tuple[Source, pd.DataFrame]] = []
    for form in sorted(forms):
        rows = cells[cells[own] == form]
        kept = [name for name in cells.columns if (rows[name] != "").any() or name == own or (name in empty and not parts)]
        parts.append((replace(source, facts=source.facts | {"rows": {own: form}}, columns=[]), rows[kept]))
    return parts


def is_own(name: str, values: set[str]) -> bool:
    """Whether a column is REDCap's own: its record keeping, or the status of a form.

    >>> is_own("redcap_repeat_instance", {"1"}), is_own("visit_complete", {"0", "2"}), is_own("complete", {"2"})
    (True, True, False)
    >>> is_own("Repeat Instance", {"1"}), is_own("Complete?", {"Complete", "Incomplete"}), is_own("Complete?", {"Yes"})
    (True, True, False)
    """
    event = name == "Event Name" and all("(Arm " in value for value in values)
    status = {"Complete", "Incomplete", "Unverified"} if name.startswith("Complete?") else set("012" * name.endswith("_complete"))
    return event or _OWN.fullmatch(name) is not None or (bool(status) and values <= status)
