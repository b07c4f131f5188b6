"""Operating characteristics: trials that are what the scenario says, blocks that depend on their place alone, and honest sums."""

from dataclasses import replace
from math import exp, inf, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from racohort import powering
from racohort.operating import COUNTS, Scenario, find_patients, ladder_of, parse_scenarios, run_block, summarise_blocks
from racohort.operating.methods import analyse, truth_of
from racohort.operating.trials import draw_trial, true_change
from racohort.places import UsageError
from racohort.power import n_paired_t, power_paired_t
from racohort.tables import tabulate_characteristics

MANY = 200_000


def scenario(**changes: object) -> Scenario:
    return Scenario.model_validate({"scenario": "one", "n": 20, "change": -0.5, **changes})


def drawn(**changes: object) -> np.ndarray:
    return draw_trial(scenario(**changes), MANY, np.random.default_rng(1))


def test_scores_have_the_spread_the_correlation_and_the_change_of_the_scenario():
    scores = drawn(correlation=0.3)
    assert scores.std(axis=0) == pytest.approx([1, 1, 1], abs=0.01)
    assert np.corrcoef(scores.T)[np.triu_indices(3, 1)] == pytest.approx([0.3, 0.3, 0.3], abs=0.01)
    assert (scores - scores[:, [0]]).mean(axis=0) == pytest.approx([0, -0.375, -0.5], abs=0.01)


@pytest.mark.parametrize(
    "more", [{}, {"mechanism": "MAR"}, {"mechanism": "MAR", "selected": 0.5}, {"mechanism": "MNAR", "delta": 1}]
)
def test_the_wanted_share_has_left_by_the_last_visit_and_nobody_comes_back(more):
    scores = drawn(dropout=0.25, **more)
    gone = np.isnan(scores)
    assert gone.mean(axis=0)[2] == pytest.approx(0.25, abs=4 * sqrt(0.25 * 0.75 / MANY))
    assert not gone[:, 0].any()
    assert not (gone[:, 1] & ~gone[:, 2]).any()


def test_leaving_depends_on_the_score_before_it_only_when_it_is_said_to():
    """Under MAR those who leave after baseline started higher; under MCAR they are like the others."""
    for mechanism, differs in (("MCAR", False), ("MAR", True)):
        scores = drawn(dropout=0.3, mechanism=mechanism)
        left = np.isnan(scores[:, 1])
        assert bool(scores[left, 0].mean() - scores[~left, 0].mean() > 0.3) is differs


def test_a_selected_baseline_regresses_by_what_the_truncated_normal_says():
    """Oracle: the mean of a normal above c is its hazard there, and the follow-up keeps the share r of it."""
    scores = drawn(selected=0.5, correlation=0.4, change=0)
    above = stats.norm.pdf(0.5) / stats.norm.sf(0.5)
    assert scores[:, 0].min() > 0.5
    assert scores.mean(axis=0) == pytest.approx([above, 0.4 * above, 0.4 * above], abs=0.01)
    assert true_change(scenario(selected=0.5, change=0)) == 0


def test_what_a_method_estimates_is_the_mean_of_many_patients():
    scores = drawn(skew="lognormal")
    assert truth_of("paired_t", scenario(skew="lognormal")) == pytest.approx(np.diff(np.exp(scores[:, ::2])).mean(), abs=0.03)
    assert truth_of("paired_t_log", scenario(skew="lognormal")) == -0.5
    assert np.isnan(truth_of("wilcoxon", scenario(skew="lognormal")))
    assert truth_of("locf", scenario(dropout=0.25, mechanism="MNAR", delta=0.6)) == pytest.approx(-0.35)
    assert truth_of("mmrm_kr", scenario(skew="lognormal", change=0)) == exp(0.5) * 0


def test_the_methods_are_those_that_the_scenario_gives_sense_to():
    def methods(**changes: object) -> set[str]:
        one = scenario(**changes)
        return set(analyse(draw_trial(one, 30, np.random.default_rng(2)), one, np.random.default_rng(3)))

    always = {"paired_t", "wilcoxon", "mmrm_satterthwaite", "mmrm_kr"}
    assert methods() == always
    assert methods(skew="lognormal") == always | {"paired_t_log"}
    assert methods(dropout=0.2) == always | {"locf", "imputation"}
    assert methods(dropout=0.2, mechanism="MNAR", delta=1) == always | {"locf", "imputation", "delta_adjusted"}


def test_without_missing_values_the_mixed_model_is_the_paired_t_test():
    one = scenario(n=12)
    found = analyse(draw_trial(one, 12, np.random.default_rng(4)), one, np.random.default_rng(4))
    assert found["mmrm_satterthwaite"] == pytest.approx(found["paired_t"], rel=1e-6)


def test_a_block_depends_on_its_place_and_on_nothing_else():
    one = run_block(scenario(), 3, 0, 4, 7)
    run_block(scenario(), 3, 1, 4, 7)
    pd.testing.assert_frame_equal(run_block(scenario(), 3, 0, 4, 7), one)
    for place, block, seed in ((4, 0, 7), (3, 1, 7), (3, 0, 8)):
        assert not run_block(scenario(), place, block, 4, seed)["estimate"].equals(one["estimate"])


def test_blocks_add_up_to_shares_with_their_monte_carlo_error():
    """Oracle: by hand."""
    row = dict(zip(COUNTS, (50.0, 40.0, 10.0, 38.0, 40.0, -16.0, 8.0, 20.0, 5.0), strict=True))
    blocks = [pd.DataFrame([{"scenario": "one", "block": number, "method": "paired_t", **row}]) for number in (0, 1)]
    (found,) = summarise_blocks(blocks, [scenario()]).to_dict("records")
    assert (found["trials"], found["answered"], found["missing"]) == (100, 80, 0.1)
    assert (found["rejected"], found["coverage"], found["width"]) == (0.25, 0.95, 0.5)
    assert (found["rejected_se"], found["coverage_se"]) == pytest.approx((sqrt(0.25 * 0.75 / 80), sqrt(0.95 * 0.05 / 80)))
    assert (found["bias"], found["bias_se"]) == pytest.approx((0.1, sqrt((0.2 - 0.16) / 80)))


def test_a_trial_too_small_for_a_method_is_counted_as_unanswered():
    """Of four patients with half of them gone, imputation has too few to learn from."""
    found = run_block(scenario(n=4, dropout=0.6), 0, 0, 10, 1).set_index("method")
    assert found.loc["imputation", "answered"] < found.loc["imputation", "trials"] == 10


def test_the_error_of_the_first_kind_and_the_coverage_are_nominal_where_nothing_is_wrong():
    found = summarise_blocks([run_block(scenario(change=0, n=16), 0, 0, 300, 5)], [scenario(change=0, n=16)])
    assert (abs(found["rejected"] - 0.05) < 3 * sqrt(0.05 * 0.95 / 300)).all()
    assert (abs(found["coverage"] - 0.95) < 3 * sqrt(0.05 * 0.95 / 300)).all()


@pytest.mark.parametrize(("dz", "power"), [(0.3, 0.8), (0.4, 0.9), (0.6, 0.95)])
def test_the_number_of_patients_is_the_formulas_where_the_formula_holds(dz, power):
    """Oracle: the noncentral t. Its powers at the sizes of the ladder stand in for simulated ones, without chance."""
    wanted = scenario(n=None, change=-dz, correlation=0.5, power=power)
    rows = [{"scenario": one.scenario, "method": "mmrm_satterthwaite", "n": one.n, "answered": 1e6,
             "rejected": power_paired_t(dz, one.n)} for one in ladder_of(wanted)]  # fmt: skip
    found = find_patients(wanted, pd.DataFrame(rows))
    assert abs(found["n"] - n_paired_t(dz, power)) <= 2
    assert found["n_low"] <= found["n"] <= found["n_high"]


def test_a_power_that_was_not_reached_on_both_sides_gives_no_number():
    wanted = scenario(n=None, change=-0.5, power=0.9)
    rows = [{"scenario": one.scenario, "method": "mmrm_satterthwaite", "n": one.n, "answered": 500, "rejected": 0.5}
            for one in ladder_of(wanted)]  # fmt: skip
    found = find_patients(wanted, pd.DataFrame(rows))
    assert np.isnan(found["n"])
    assert "no answer, the power wanted lies outside" in powering.tell_patients(pd.DataFrame([found]))[1]


@pytest.mark.parametrize(
    ("row", "said"),
    [({"n": "20"}, "row 2, change: Field required"), ({"n": "x", "change": "0"}, "row 2, n: Input should be a valid integer"),
     ({"change": "-1"}, "give either n, or the power"), ({"n": "9", "change": "-1", "power": ".8"}, "either n, or"),
     ({"change": "0", "power": "0.8"}, "no number of patients has power against no change"),
     ({"n": "9", "change": "0", "delta": "1"}, "delta belongs to the mechanism MNAR"),
     ({"n": "9", "change": "0", "drop": "1"}, "row 2, drop: Extra inputs"), ({"n": "9", "change": "inf"}, "row 2, change"),
     ({"n": "9", "change": "0", "mechanism": "MARS"}, "row 2, mechanism"), ({"n": "9", "change": "0", "dropout": "2"}, "dropout"),
     ({"n": "9", "change": "0", "skew": "lognormal", "selected": "0"}, "for normal scores only")],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_told_with_its_place(row, said):
    with pytest.raises(UsageError, match=said):
        parse_scenarios([{"scenario": "one", **row}], "plan.csv")


def test_a_scenario_that_is_there_twice_and_a_table_without_rows_are_refused():
    row = {"scenario": "one", "n": "20", "change": "0"}
    with pytest.raises(UsageError, match=r"row 3: the scenario 'one' is there twice"):
        parse_scenarios([row, row], "plan.csv")
    with pytest.raises(UsageError, match="has no scenario"):
        parse_scenarios([], "plan.csv")


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.setenv("RACOHORT_BUILD", str(tmp_path / "build"))
    monkeypatch.setenv("RACOHORT_WORKERS", "1")
    monkeypatch.setattr(powering, "BLOCK", 3)
    table = tmp_path / "plan.csv"
    table.write_text("scenario,n,change,dropout,power\na,10,0,,\nb,,-1.5,0.2,0.8\n", "utf-8")
    return str(table)


def rows_of_a_call(plan: str, scheduler: str = "") -> tuple[bytes, list[str]]:
    said: list[str] = []
    last = powering.make_power(plan, 5, 1, scheduler, said.append)[-1]
    with open(last, "rb") as file:
        return file.read(), said


def test_local_processes_and_dask_give_the_same_rows_and_a_second_call_computes_nothing(plan, tmp_path, monkeypatch):
    from distributed import LocalCluster

    local, said = rows_of_a_call(plan)
    assert "0 are there from before" in said[0]
    again, said = rows_of_a_call(plan)
    assert again == local
    assert said == [said[0]]
    assert said[0].split(";")[1].split()[0] == said[0].split()[0]
    monkeypatch.setenv("RACOHORT_BUILD", str(tmp_path / "elsewhere"))
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        assert rows_of_a_call(plan, cluster.scheduler_address)[0] == local


def test_a_call_that_was_stopped_goes_on_where_it_was(plan, monkeypatch):
    """The first call breaks off after two blocks; the second computes only those that are left, and the rows are the same."""
    monkeypatch.setattr(powering, "_with_processes", lambda blocks: ((block, powering._run(block)) for block in blocks))
    whole, said = rows_of_a_call(plan)
    total = int(said[0].split()[0])
    kept = sorted((powering.build_folder() / ".power" / "blocks").glob("*.parquet"))
    for file in kept[2:]:
        file.unlink()
    again, said = rows_of_a_call(plan)
    assert f"{total} blocks of up to 3 trials; 2 are there from before." in said[0]
    assert again == whole


def test_other_trials_another_seed_or_other_code_use_no_kept_block(monkeypatch):
    block = powering.Block(scenario(), 0, 0, 5, 1)
    names = {block.file(Path()).name}
    for change in ({"trials": 6}, {"seed": 2}, {"place": 1}, {"number": 1}, {"scenario": scenario(change=0)}):
        names.add(replace(block, **change).file(Path()).name)
    monkeypatch.setattr(powering, "_code", lambda: "other")
    names.add(block.file(Path()).name)
    assert len(names) == 7


def test_a_table_that_cannot_be_read_and_too_few_trials_are_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        powering.make_power(str(tmp_path / "no.csv"), 5, 1, "", print)
    with pytest.raises(UsageError, match="at least two trials"):
        powering.make_power("", 1, 1, "", print)


def test_the_table_on_the_page_is_that_of_the_committed_run():
    """The default grid, as `make power` wrote it; the page shows its rows and no other."""
    summary = pd.read_csv("book/reference/operating-characteristics.csv")
    page = Path("book/reference/operating-characteristics.html").read_text("utf-8")
    asked = [one.scenario for one in powering.read_scenarios("") if one.n is not None]
    assert list(dict.fromkeys(summary["scenario"]))[: len(asked)] == asked
    assert (summary["trials"] == 500).all()
    shown = tabulate_characteristics(summary[summary["scenario"].isin(asked)])
    assert page == shown.html()
    assert shown.frame["Method"].notna().all()
    assert inf not in summary.select_dtypes("number").to_numpy()
