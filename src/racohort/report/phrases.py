"""Parts of sentences that several sections share: an estimate of change with its sign, interval, n and p, in words."""

import pandas as pd

from racohort.formats import estimate, is_missing, listed, number, p_value
from racohort.labels import digits_of, label_of, shown_unit, within_sentence
from racohort.plan import Plan
from racohort.report.text import Sentence, quote
from racohort.results import select_results

#: Arms are named in a sentence up to this many.
MOST_ARMS = 4


def row_of(results: pd.DataFrame, **parts: str) -> pd.Series | None:
    """The first row with these parts and no others that holds a number; None where this cohort has none."""
    empty = {part: "" for part in ("by", "category") if part not in parts}
    found = select_results(results, **(empty | parts))
    found = found[found["value"].notna()]
    return found.iloc[0] if len(found) else None


def label_of_visit(AVISIT: str, plan: Plan) -> str:
    """The label of a planned visit; its code where the plan has none."""
    return {visit.AVISIT: visit.label for visit in plan.visits}.get(AVISIT, AVISIT)


def no_control(plan: Plan) -> str:
    """Why a change cannot be compared: there is no control group, or several arms are taken together.

    >>> no_control(Plan("a", "A", False, True, (), (), "", "", arms=("drug", "placebo")))
    'The 2 arms of this cohort (drug and placebo) are taken together, and none is compared with another'
    """
    if len(plan.arms) < 2:
        return "There is no control group"
    named = f" ({listed(list(plan.arms))})" if len(plan.arms) <= MOST_ARMS else ""
    return f"The {len(plan.arms)} arms of this cohort{named} are taken together, and none is compared with another"


def named(code: str, catalogue: pd.DataFrame) -> str:
    """The name of a parameter as it stands within a sentence."""
    return within_sentence(label_of(code, catalogue))


def change_row(results: pd.DataFrame, code: str, AVISIT: str, plan: Plan) -> pd.Series | None:
    """The mean change of a parameter from baseline to a visit in complete pairs."""
    return row_of(results, section="efficacy", population="efficacy", PARAMCD=code, AVISIT=AVISIT,
                  contrast=plan.contrast(AVISIT), statistic="mean_change", method="paired_t")  # fmt: skip


def adjusted_row(results: pd.DataFrame, code: str, AVISIT: str, plan: Plan) -> pd.Series | None:
    """The row whose p the plan adjusts for multiple testing; None where the parameter belongs to no family of tests."""
    rows = select_results(results, section="efficacy", PARAMCD=code, AVISIT=AVISIT, contrast=plan.contrast(AVISIT), by="")
    rows = rows[rows["p_adjusted"].notna()]
    return rows.iloc[0] if len(rows) else None


def direction_of(row: pd.Series, adjusted: pd.Series | None, alpha: float) -> str:
    """`lower` or `higher`; empty where p, or the adjusted p where there is one, does not speak against no change."""
    p = [row["p_value"], *([] if adjusted is None else [adjusted["p_adjusted"]])]
    if any(is_missing(one) or not one < alpha for one in p) or row["value"] == 0:
        return ""
    return "lower" if row["value"] < 0 else "higher"


def change_sentence(row: pd.Series, adjusted: pd.Series | None, plan: Plan, catalogue: pd.DataFrame) -> Sentence:
    """One sentence about a mean change, whichever way it went."""
    name, when = label_of(row["PARAMCD"], catalogue), label_of_visit(row["AVISIT"], plan)
    direction = direction_of(row, adjusted, plan.alpha)
    during = " under treatment" if plan.treated else ""
    lead = f"{name} was {direction} at {when} than at baseline{during}" if direction else (
        f"There was no evidence of a change in {name} from baseline to {when}{during}")  # fmt: skip
    ids = [str(one["result_id"]) for one in (row, adjusted) if one is not None]
    return quote(f"{lead}: mean change {shown_change(row, adjusted, catalogue)}.", *dict.fromkeys(ids))


def shown_change(row: pd.Series, adjusted: pd.Series | None, catalogue: pd.DataFrame) -> str:
    """A mean change as `−1.04 (95 % CI −1.31 to −0.78; n = 62; p < 0.001; adjusted p = 0.0012 by the mixed model)`."""
    digits, unit = max(digits_of(row["PARAMCD"], catalogue), 1), shown_unit(row["unit"])
    shown = _with_n_and_p(estimate(row["value"], row["lower"], row["upper"], digits, _level(row), unit), row)
    if adjusted is None:
        return shown
    model = " by the mixed model" if str(adjusted["statistic"]).startswith("mmrm") else ""
    return f"{shown[:-1]}; adjusted {p_value(adjusted['p_adjusted'])}{model})"


def shown_ratio(row: pd.Series) -> str:
    """A ratio to baseline as `0.83 (95 % CI 0.73 to 0.94; n = 62; p = 0.00315)`."""
    return _with_n_and_p(estimate(row["value"], row["lower"], row["upper"], 2, _level(row)), row)


def _with_n_and_p(shown: str, row: pd.Series) -> str:
    return f"{shown[:-1]}; n = {number(row['n'])}; {p_value(row['p_value'])})"


def _level(row: pd.Series) -> float:
    return 0.95 if is_missing(row["level"]) else float(row["level"])
