"""What imagined trials came to: how often each method said what is true of each scenario."""

import pandas as pd

from racohort.absence import Absence, absent
from racohort.formats import number, percent
from racohort.tables.paper import Table, table

METHODS = {
    "paired_t": "Paired t",
    "paired_t_log": "Paired t on logarithms",
    "wilcoxon": "Wilcoxon",
    "mmrm_satterthwaite": "Mixed model, Satterthwaite",
    "mmrm_kr": "Mixed model, Kenward-Roger",
    "locf": "Last value carried forward",
    "imputation": "Multiple imputation",
    "delta_adjusted": "Imputation with the true delta",
}
#: The shown columns: their heads and decimals.
SHOWN = {"rejected": ("p < 0.05", 3), "bias": ("Bias", 3), "coverage": ("Coverage", 3), "width": ("Width", 2)}


def tabulate_characteristics(summary: pd.DataFrame) -> Table | Absence:
    """How often each method was right, scenario by scenario.

    Parameters
    ----------
    summary : the rows of `operating.summarise_blocks`.
    """
    if summary.empty:
        return absent("No scenario has a number of patients.")
    shown = pd.DataFrame({"Scenario": summary.apply(_scenario, axis=1), "Method": summary["method"].map(METHODS)})
    for column, (head, digits) in SHOWN.items():
        shown[head] = [number(value, digits) for value in summary[column]]
    fewest, trials = summary["answered"].min(), summary["trials"].iloc[0]
    answered = "all" if fewest == trials else f"at least {number(fewest)}"
    largest = summary[["rejected_se", "coverage_se"]].max().max()
    note = (f"Of {number(trials)} trials a scenario each method answered {answered}. "
            f"Shares are exact to about {number(1.96 * largest, 3)} (1.96 Monte Carlo standard errors, at most).")  # fmt: skip
    caption = "How often each method was right in imagined trials, by scenario."
    return table(shown, "characteristics", caption, note, groups="Scenario")


def _scenario(row: pd.Series) -> str:
    left = f", {percent(row['missing'], 0)} without a last visit" if row["missing"] else ""
    change = f"{row['change']:g}".replace("-", "−")
    return f"{row['scenario']}: n = {number(row['n'])}, change {change}{left}"
