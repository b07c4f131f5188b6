"""Finished runs side by side, as tables: definitions first, then baselines, changes, safety, and the verdicts on claims."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from racohort.comparison import Finished, Time
from racohort.comparison.baselines import VARIABLES, describe, women_of
from racohort.formats import capitalised, estimate, interval, is_missing, mean_sd, number, p_cell, proportion
from racohort.labels import OVERVIEW_LABELS, digits_of, label_of, shown_unit
from racohort.results import pick_result, select_results
from racohort.tables.paper import Table, table

Runs = Sequence[Finished]
_ENDPOINTS = {"DAS28": "DAS28", "HAQDI": "HAQ-DI"}


def tabulate_definitions(definitions: pd.DataFrame) -> Table:
    """What each run means by its words; what differs stands first."""
    frame = definitions.sort_values("same", kind="stable")
    shown = frame.drop(columns="same").rename(columns={"definition": "Definition"})
    shown.insert(1, "Same", ["yes" if same else "no" for same in frame["same"]])
    return table(shown, "definitions", "What these cohorts and runs mean by their words; what differs stands first.")


def tabulate_baselines(differences: pd.DataFrame, runs: Runs, catalogue: pd.DataFrame) -> Table:
    """Mean and SD of each variable in each run, and the standardised difference of the later ones from the first."""
    lines = [_baseline(code, runs, differences, catalogue) for code in VARIABLES if any(describe(run, code) for run in runs)]
    lines += [_women(runs, differences)] if any(women_of(run) is not None for run in runs) else []
    note = (
        "Mean ± SD (patients with a value). Standardised difference: from the first cohort, over the pooled SD, with its "
        "confidence interval. Comparable: the whole interval lies within 0.25; not comparable: the difference itself is larger; "
        "else it cannot be told from so few patients. Cohorts that are alike in these can differ in what nobody measured."
    )
    return table(pd.DataFrame(lines), "baselines", "Baselines side by side, safety population.", note)


def _baseline(code: str, runs: Runs, differences: pd.DataFrame, catalogue: pd.DataFrame) -> dict[str, str]:
    digits = max(digits_of(code, catalogue), 1)
    found = {run.name: describe(run, code) for run in runs}
    unit = next(shown_unit(one["unit"]) for one in found.values() if one)
    told = {"Variable": f"{label_of(code, catalogue)}{f' ({unit})' if unit else ''}"}
    told |= {name: f"{mean_sd(one['mean'], one['sd'], digits)} ({one['n']})" if one else "–" for name, one in found.items()}
    return told | _differences(runs, select_results(differences, PARAMCD=code))


def _women(runs: Runs, differences: pd.DataFrame) -> dict[str, str]:
    rows = {run.name: women_of(run) for run in runs}
    told = {name: "–" if row is None else proportion(row["count"], row["n"]) for name, row in rows.items()}
    return {"Variable": "Women", **told} | _differences(runs, select_results(differences, by="SEX"))


def _differences(runs: Runs, rows: pd.DataFrame) -> dict[str, str]:
    told: dict[str, str] = {}
    for run in runs[1:]:
        row = pick_result(rows, contrast=f"{run.name}-{runs[0].name}")
        limits = "–" if row is None else f"{number(row['value'], 2)} ({interval(row['lower'], row['upper'], 2, row['level'])})"
        told |= {f"Difference, {run.name}": limits, f"Comparable, {run.name}": "–" if row is None else row["value_text"]}
    return told


def tabulate_changes(changes: pd.DataFrame, pooled: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """The change of every endpoint in every run, and the pooled one or why there is none."""
    lines = []
    for key, group in changes.groupby(["endpoint", "time"], sort=False):
        endpoint, time = map(str, key)
        kind = "ratio to baseline" if group["log"].iloc[0] else "mean change"
        lead = {"Endpoint": f"{_ENDPOINTS.get(endpoint) or label_of(endpoint, catalogue)}, {kind}", "Time": time}
        lines += [{**lead, "Cohort": row["run"], "Score": label_of(row["PARAMCD"], catalogue), "n": number(row["n"]),
                   "Estimate": _estimate(row, catalogue), "p": ""} for row in group.to_dict("records")]  # fmt: skip
        lines += [
            {**lead, **_pooled_line(row, catalogue)}
            for row in select_results(pooled, PARAMCD=endpoint, AVISIT=time).to_dict("records")
            if len(group) > 1
        ]
    columns = ["Endpoint", "Time", "Cohort", "Score", "n", "Estimate", "p"]
    note = (
        "Complete pairs, as each run estimated them. Pooled: random effects, variance between cohorts by REML, interval of "
        "Hartung and Knapp. A pooled change from baseline is no effect of a treatment: none of these cohorts has a control group."
    )
    return table(pd.DataFrame(lines, columns=columns), "changes", "Change from baseline in each cohort.", note, groups="Endpoint")


def _pooled_line(row: Mapping[Any, Any], catalogue: pd.DataFrame) -> dict[str, str]:
    if row["statistic"] == "not_pooled":
        return {"Cohort": "Pooled", "Score": "–", "n": "–", "Estimate": str(row["value_text"]), "p": "–"}
    if row["statistic"] == "prediction":
        shown = interval(row["lower"], row["upper"], 2, row["level"])
        return {"Cohort": "Next such cohort", "Score": "–", "n": "–", "Estimate": f"prediction: {shown}", "p": "–"}
    shown = f"{_estimate(row, catalogue)}; {row['note']}"
    return {"Cohort": "Pooled", "Score": f"{number(row['count'])} cohorts", "n": number(row["n"]), "Estimate": shown,
            "p": p_cell(row["p_value"])}  # fmt: skip


def _estimate(row: Mapping[Any, Any], catalogue: pd.DataFrame) -> str:
    ratio = bool(row.get("log")) or row.get("statistic") == "pooled_gmr"
    unit = "" if ratio else shown_unit(row["unit"])
    return estimate(row["value"], row["lower"], row["upper"], 2, row["level"], unit)


def tabulate_events(runs: Runs) -> Table:
    """Patients with adverse events in each run, each with its exact interval."""
    lines = [
        {"Events": label, **{run.name: _events(run, category) for run in runs}} for category, label in OVERVIEW_LABELS.items()
    ]
    note = "Exact (Clopper-Pearson) intervals. Not supplied: nothing is known about events. Nothing is pooled."
    return table(pd.DataFrame(lines), "events", "Patients with adverse events, safety population.", note)


def _events(run: Finished, category: str) -> str:
    row = pick_result(run.results, section="safety", statistic="proportion", by="overview", category=category)
    if row is None or is_missing(row["value"]):
        return "not supplied"
    return proportion(row["count"], row["n"], row["lower"], row["upper"], row["level"])


def tabulate_verdicts(runs: Runs) -> Table:
    """Every claim of the paper and the verdict of each run, as the paper tested it and as the report plans."""
    first = pd.concat([run.claims[["id", "words"]] for run in runs]).drop_duplicates("id")
    ledgers = {run.name: run.claims.set_index("id") for run in runs}
    shown = pd.DataFrame({"Claim": first["id"], "The paper": first["words"]})
    for name, ledger in ledgers.items():
        shown[name] = [_verdict(ledger, claim) for claim in first["id"]]
    note = "Where the plan of the report says something else than the paper's own test, it stands after a semicolon."
    return table(shown, "verdicts", "What each cohort says about the paper's claims.", note)


def _verdict(ledger: pd.DataFrame, claim: str) -> str:
    if claim not in ledger.index:
        return "–"
    printed, planned = ledger.loc[claim, ["verdict", "verdict_planned"]]
    return str(printed) if printed == planned else f"{printed}; by the plan: {planned}"


def tabulate_times(times: Sequence[Time], runs: Runs) -> Table:
    """Which visit of which run is at which time."""
    lines = [{"Time": capitalised(time.label), **{run.name: time.visits.get(run.name, "–") for run in runs}} for time in times]
    note = "Visits are at the same time where their planned days differ by at most a tenth, or by 14 days."
    return table(pd.DataFrame(lines, columns=["Time", *(run.name for run in runs)]), "times", "Visits at the same time.", note)
