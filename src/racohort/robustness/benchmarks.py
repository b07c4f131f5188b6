"""What others saw without this treatment, and what the paper's way of testing makes of this cohort."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from racohort.endpoints import Endpoint
from racohort.plan import Plan
from racohort.results import as_results, pick_result


@dataclass(frozen=True)
class Benchmark:
    """A published change to stand beside this cohort's: what was measured, in whom, over how long, and where it is printed."""

    name: str
    measure: str
    change: float
    sd: float | None
    n: int | None
    who: str
    source: str


#: Ordinary care, another treatment, and the same cell product elsewhere. Changes are follow-up minus baseline, or a ratio for RF.
BENCHMARKS = (
    Benchmark("early_ra_care", "DAS28-CRP", -1.6, None, None, "early RA, ordinary care, 1 year (4.4 to 2.8; 69 % retained)",
        "PMC10907811"),
    Benchmark("anti_tnf_rf", "RF (ratio of medians)", 52 / 90, None, None, "anti-TNF, 1 year (median 90 to 52; anti-CCP "
        "unchanged)",
              "external anchors of this project (primary source not recorded)"),
    Benchmark("uc_msc_das28", "DAS28-ESR", -1.28, 1.03, 30, "UC-MSC alone, 12 months", "He 2020"),
    Benchmark("uc_msc_haq", "HAQ-DI", -0.40, 0.26, 30, "UC-MSC alone, 12 months", "He 2020"),
)  # fmt: skip


def list_benchmarks() -> pd.DataFrame:
    """Published changes as result rows.

    Returns
    -------
    Rows `benchmark` (method `published`) by `source`: value, `n` where it is printed, who and where in the note. They are other
    people's numbers: nothing is tested against them.
    """
    return as_results(_benchmark_row(benchmark) for benchmark in BENCHMARKS)


def _benchmark_row(benchmark: Benchmark) -> dict[str, Any]:
    spread = f"; SD {benchmark.sd:g}" if benchmark.sd is not None else ""
    return {"section": "robustness", "statistic": "benchmark", "method": "published", "by": "source", "category": benchmark.name,
            "value": benchmark.change, "value_text": benchmark.measure, "n": benchmark.n,
            "note": f"{benchmark.who}{spread}; {benchmark.source}", "function": "robustness.list_benchmarks"}  # fmt: skip


def compare_published_tests(efficacy: pd.DataFrame, endpoints: tuple[Endpoint, ...], plan: Plan) -> pd.DataFrame:
    """The tests a paper of this kind runs, each at alpha and unadjusted, beside the plan's conclusion.

    Parameters
    ----------
    efficacy : the efficacy section's results
    endpoints, plan : the endpoints looked at, the plan

    Returns
    -------
    Rows `as_published` for each endpoint and follow-up visit, methods `paired_t` (raw values) and `wilcoxon`: the p, and as
    value_text `lower` or `higher` where p is below alpha, `no difference shown` where it is not.
    """
    rows = []
    for endpoint in endpoints:
        for visit in plan.follow_ups:
            mean = pick_result(
                efficacy, PARAMCD=endpoint.PARAMCD, AVISIT=visit.AVISIT, statistic="mean_change", method="paired_t"
            )
            rank = pick_result(efficacy, PARAMCD=endpoint.PARAMCD, AVISIT=visit.AVISIT, statistic="w", method="wilcoxon")
            if mean is not None and rank is not None:
                rows += [_test_row(mean, mean, "paired_t", plan.alpha), _test_row(mean, rank, "wilcoxon", plan.alpha)]
    return as_results(rows)


def _test_row(mean: pd.Series, test: pd.Series, method: str, alpha: float) -> dict[str, Any]:
    side = "lower" if mean["value"] < 0 else "higher"
    answer = "not testable" if pd.isna(test["p_value"]) else side if test["p_value"] < alpha else "no difference shown"
    return {"section": "robustness", "population": "efficacy", "PARAMCD": mean["PARAMCD"], "AVISIT": mean["AVISIT"],
            "contrast": mean["contrast"], "statistic": "as_published", "method": method, "value": mean["value"],
            "p_value": test["p_value"], "n": mean["n"], "n_missing": mean["n_missing"], "unit": mean["unit"],
            "value_text": answer,
            "note": test["result_id"], "function": "robustness.compare_published_tests"}  # fmt: skip
