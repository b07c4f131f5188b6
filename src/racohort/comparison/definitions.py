"""What differs between finished runs before any number is compared."""

from collections.abc import Sequence

import pandas as pd

from racohort.comparison.runs import Finished
from racohort.formats import listed
from racohort.results import select_results

_KINDS = {True: "synthetic", False: "real patients"}
_TREATED = {True: "a start of treatment is on record", False: "no start of treatment is on record"}
#: What a run says of a definition that its results do not show.
NOTHING = "none"


def compare_definitions(runs: Sequence[Finished]) -> pd.DataFrame:
    """One row per definition and one column per run, in words; `same` says whether all runs agree.

    They are: kind of cohort, treatment, planned visits, variant of DAS28, confidence level, units of what was measured.
    """
    told = {
        "Kind of cohort": [_KINDS[run.synthetic] for run in runs],
        "Treatment": [_TREATED[run.treated] for run in runs],
        "Visits after baseline": [listed([visit.label for visit in run.visits[1:]]) or NOTHING for run in runs],
        "Variant of DAS28": [run.das28 or NOTHING for run in runs],
        "Confidence level": [_levels(run) for run in runs],
        **_units(runs),
    }
    frame = pd.DataFrame.from_dict(told, orient="index", columns=[run.name for run in runs])
    return frame.assign(same=[len(set(row)) == 1 for row in told.values()]).rename_axis("definition").reset_index()


def _levels(run: Finished) -> str:
    found = select_results(run.results, section="efficacy", statistic="mean_change")["level"].dropna().unique()
    return listed([f"{100 * level:g} %" for level in found]) or NOTHING


def _units(runs: Sequence[Finished]) -> dict[str, list[str]]:
    """The units of measurements that are not given in the same unit everywhere."""
    known = [_units_of(run) for run in runs]
    codes = dict.fromkeys(code for units in known for code in units)
    differ = [code for code in codes if len({units[code] for units in known if code in units}) > 1]
    return {f"Unit of {code}": [units.get(code, NOTHING) for units in known] for code in differ}


def _units_of(run: Finished) -> dict[str, str]:
    rows = select_results(run.results, section="participants", statistic="mean", method="available")
    return dict(zip(rows["PARAMCD"], rows["unit"], strict=True))
