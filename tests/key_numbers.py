"""The key numbers of the default cohort: `python -m tests.key_numbers` writes them anew from its finished report.

They are committed, so that a number cannot change unnoticed; whoever changes one on purpose writes them anew and says why.
"""

from pathlib import Path

import pandas as pd

from racohort.places import build_folder, project_root

FILE = project_root() / "tests" / "snapshots" / "wang2019-synthetic.csv"
NUMBERS = ["value", "lower", "upper", "p_value", "n", "count"]
ENDPOINTS = ["DAS28ESR", "DAS28CRP", "HAQDI", "ESR", "CRP", "RF", "ACCP"]
METHODS = ["paired_t", "wilcoxon", "mmrm_satterthwaite", "mmrm_kr", "paired_t_log"]


def read_results(folder: Path) -> pd.DataFrame:
    """The results of a finished report."""
    return pd.read_csv(folder / "results" / "results.csv", low_memory=False)


def select_key_numbers(results: pd.DataFrame) -> pd.DataFrame:
    """The changes of the main endpoints, the overview of events, and how many claims are answered."""
    changes = results["contrast"].notna() & results["by"].isna() & results["PARAMCD"].isin(ENDPOINTS)
    events = (results["by"] == "overview") & results["statistic"].isin(["proportion", "rate"])
    wanted = (changes & results["method"].isin(METHODS) & (results["section"] == "efficacy")) | events
    wanted |= (results["section"] == "concordance") & (results["statistic"] == "coverage")
    return results.loc[wanted, ["result_id", *NUMBERS]].reset_index(drop=True)


if __name__ == "__main__":
    found = select_key_numbers(read_results(build_folder() / "wang2019-synthetic"))
    FILE.write_text(found.to_csv(index=False, lineterminator="\n"), "utf-8")
    print(f"{len(found)} key numbers written to {FILE}")
