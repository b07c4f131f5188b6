"""The RAPPORT cohort as analysis frames, made without the cleaning code, and what R says about it."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

from racohort.plan import Plan, Visit
from tests.support.frames import adsl, bds, example_catalogue

MONTHS = (0, 3, 6, 9, 12)
NAMES = {"das": "DAS28", "haq": "HAQDI", "radai": "RADAI"}


def rapport_folder() -> Path:
    """Where the RAPPORT files are: under $RACOHORT_REFERENCE, by default ../shared beside the project."""
    default = Path(__file__).parents[3] / "shared"
    return Path(os.environ.get("RACOHORT_REFERENCE", default)) / "cohorts" / "rapport"


def read_reference() -> dict:
    """What R 4.2.2 computes from RAPPORT."""
    return json.loads((rapport_folder() / "r_reference.json").read_text(encoding="utf-8"))


def rapport_plan(months: tuple[int, ...] = MONTHS) -> Plan:
    """Months as visits; the primary visit is the last."""
    visits = tuple(Visit(f"M{m}", i, f"month {m}", 30.4375 * m) for i, m in enumerate(months))
    return Plan(id="rapport", title="RAPPORT", synthetic=False, treated=False, visits=visits, primary=("DAS28", "HAQDI"),
                primary_visit=visits[-1].AVISIT, das28="DAS28")  # fmt: skip


def rapport_catalogue() -> pd.DataFrame:
    """The catalogue of the example study with the three scores that RAPPORT ships."""
    catalogue = example_catalogue()
    score = catalogue.loc["DAS28ESR"]
    return pd.concat([catalogue, pd.DataFrame([score.rename("DAS28").replace("DAS28-ESR", "DAS28"),
                                               score.rename("RADAI").replace("DAS28-ESR", "RADAI")])])  # fmt: skip


def rapport_frames(months: tuple[int, ...] = MONTHS, decimals: int = 6) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """ADLB (empty), ADQS and ADSL of RAPPORT; shipped scores rounded as decision D1 says."""
    wide = pd.read_csv(rapport_folder() / "rapport_wide.csv", dtype={"id": str})
    rows, people, plan = [], [], rapport_plan(months)
    for record in wide.to_dict("records"):
        seen = {m: any(pd.notna(record[f"{name}_{m}"]) for name in NAMES) for m in months}
        flags = {visit.flag: "Y" if seen[m] else "N" for visit, m in zip(plan.visits, months, strict=True)}
        people.append({"USUBJID": record["id"], "AGE": record["age"], "DISDUR": record["years_ra"], "FASFL": "Y", "SAFFL": "Y",
                       "EFFFL": "Y" if seen[0] else "N", **flags})  # fmt: skip
        for name, code in NAMES.items():
            for i, m in enumerate(months):
                if pd.notna(record[f"{name}_{m}"]):
                    rows.append({"USUBJID": record["id"], "PARAMCD": code, "AVISIT": f"M{m}", "AVISITN": float(i), "ANL01FL": "Y",
                                 "AVAL": np.round(record[f"{name}_{m}"], decimals)})  # fmt: skip
    return bds([]), bds(rows), adsl(people)
