"""Finished runs side by side, as tables: definitions first, then baselines, changes, safety, and the verdicts on claims."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from racohort.claims import VERDICTS
from racohort.comparison import Finished, Time
from racohort.comparison.baselines import VARIABLES, describe, women_of
from racohort.comparison.events import event_row
from racohort.formats import capitalised, estimate, interval, is_missing, mean_sd, number, p_cell, proportion, share_or_none_known
from racohort.labels import OVERVIEW_LABELS, digits_of, label_of, shown_unit
from racohort.results import pick_result, select_results
from racohort.tables.paper import Table, table

Runs = Sequence[Finished]
_ENDPOINTS = {"DAS28": "DAS28", "HAQDI": "HAQ-DI"}
#: Verdicts as they head a narrow column.
_SHORT = {
    "agrees in direction only": "in direction only",
    "no evidence either way": "no evidence",
    "cannot be tested here": "not tested",
}


def tabulate_runs(runs: Runs) -> Table:
    """The runs with their patients, and how many claims of the paper each answers, by verdict."""
    titled = len({run.title for run in runs}) > 1
    lines = [
        {"Cohort": run.name} | ({"Title": run.title} if titled else {}) | {"Patients": number(run.enrolled)} | _counted(run)
        for run in runs
    ]
    note = "Claims by verdict, as the paper tested them; the last page has each of them."
    return table(pd.DataFrame(lines), "runs", "What is compared, and what each cohort says of the paper's claims.", note)


def _counted(run: Finished) -> dict[str, str]:
    words = run.claims["verdict"]
    return {capitalised(_SHORT.get(verdict, verdict)): number((words == verdict).sum()) for verdict in VERDICTS}


def tabulate_definitions(definitions: pd.DataFrame) -> Table:
    """What each run means by its words, one line a run; definitions that differ stand first."""
    frame = definitions.sort_values("same", kind="stable").drop(columns="same").set_index("definition")
    shown = frame.T.rename_axis("Cohort").reset_index().rename_axis(columns=None)
    return table(shown, "definitions", "What these cohorts and runs mean by their words; what differs stands first.")


def tabulate_baselines(runs: Runs, catalogue: pd.DataFrame) -> Table:
    """Mean and SD of each variable in each run."""
    lines = [_baseline(code, runs, catalogue) for code in VARIABLES if any(describe(run, code) for run in runs)]
    lines += [_women(runs)] if any(women_of(run) is not None for run in runs) else []
    note = "Mean ± SD (patients with a value). Cohorts that are alike in these can differ in what nobody measured."
    return table(pd.DataFrame(lines), "baselines", "Baselines side by side, safety population.", note)


def tabulate_differences(differences: pd.DataFrame, runs: Runs, catalogue: pd.DataFrame) -> Table:
    """The standardised difference of each later run from the first, and whether they are comparable in that variable."""
    codes = [code for code in VARIABLES if code in set(differences["PARAMCD"])]
    groups = [(label_of(code, catalogue), select_results(differences, PARAMCD=code)) for code in codes]
    groups += [("Women", select_results(differences, by="SEX"))]
    lines = [{"Variable": name, **_difference(run, runs[0], rows)} for name, rows in groups if len(rows) for run in runs[1:]]
    note = (
        "Difference of means over the pooled SD, with its confidence interval. Comparable: the whole interval lies within 0.25; "
        "not comparable: the difference itself is larger; else it cannot be told from so few patients."
    )
    columns = ["Variable", "Cohort", "Standardised difference", "Comparable"]
    caption = f"Differences from {runs[0].name} at baseline."
    return table(pd.DataFrame(lines, columns=columns), "differences", caption, note, groups="Variable")


def _baseline(code: str, runs: Runs, catalogue: pd.DataFrame) -> dict[str, str]:
    digits = max(digits_of(code, catalogue), 1)
    found = {run.name: describe(run, code) for run in runs}
    unit = next(shown_unit(one["unit"]) for one in found.values() if one)
    told = {"Variable": f"{label_of(code, catalogue)}{f' ({unit})' if unit else ''}"}
    return told | {name: f"{mean_sd(one['mean'], one['sd'], digits)} ({one['n']})" if one else "–" for name, one in found.items()}


def _women(runs: Runs) -> dict[str, str]:
    rows = {run.name: women_of(run) for run in runs}
    return {"Variable": "Women"} | {
        name: "–" if row is None else proportion(row["count"], row["n"]) for name, row in rows.items()
    }


def _difference(run: Finished, first: Finished, rows: pd.DataFrame) -> dict[str, str]:
    row = pick_result(rows, contrast=f"{run.name}-{first.name}")
    if row is None:
        return {"Cohort": run.name, "Standardised difference": "–", "Comparable": "–"}
    shown = f"{number(row['value'], 2)} ({interval(row['lower'], row['upper'], 2, row['level'])})"
    return {"Cohort": run.name, "Standardised difference": shown, "Comparable": row["value_text"]}


def tabulate_changes(changes: pd.DataFrame, pooled: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """The change of every endpoint in every run, and the pooled one or why there is none."""
    lines = []
    for key, group in changes.groupby(["endpoint", "time"], sort=False):
        endpoint, time = map(str, key)
        kind = "ratio to baseline" if group["log"].iloc[0] else "mean change"
        lead = {"Endpoint": f"{_ENDPOINTS.get(endpoint) or label_of(endpoint, catalogue)}, {kind}", "Time": time}
        scores = group["PARAMCD"].nunique() > 1
        lines += [{**lead, "Cohort": row["run"] + (f", {label_of(row['PARAMCD'], catalogue)}" if scores else ""),
                   "n": number(row["n"]), "Change": _estimate(row, catalogue)} for row in group.to_dict("records")]  # fmt: skip
        lines += [
            {**lead, **line}
            for row in select_results(pooled, PARAMCD=endpoint, AVISIT=time).to_dict("records")
            if len(group) > 1
            for line in _pooled_lines(row, catalogue)
        ]
    columns = ["Endpoint", "Time", "Cohort", "n", "Change", *(["p"] if any("p" in line for line in lines) else [])]
    note = (
        "Complete pairs, as each run estimated them. Pooled: random effects, variance between cohorts (tau²) by REML, interval "
        "by Hartung and Knapp. A pooled change from baseline is no effect of a treatment: there is no control group."
    )
    shown = pd.DataFrame([dict.fromkeys(columns, "") | line for line in lines], columns=columns)
    return table(shown, "changes", "Change from baseline in each cohort.", note, groups="Endpoint")


def _pooled_lines(row: Mapping[Any, Any], catalogue: pd.DataFrame) -> list[dict[str, str]]:
    """What stands below the cohorts of one endpoint and time."""
    if row["statistic"] == "not_pooled":
        return [{"Cohort": str(row["value_text"])}]
    if row["statistic"] == "prediction":
        return [{"Cohort": "Prediction for a next such cohort", "Change": interval(row["lower"], row["upper"], 2, row["level"])}]
    whole = {"Cohort": f"Pooled, {number(row['count'])} cohorts", "n": number(row["n"]), "p": p_cell(row["p_value"])}
    return [whole | {"Change": _estimate(row, catalogue)}, {"Cohort": str(row["note"])}]


def _estimate(row: Mapping[Any, Any], catalogue: pd.DataFrame) -> str:
    ratio = bool(row.get("log")) or row.get("statistic") == "pooled_gmr"
    unit = "" if ratio else shown_unit(row["unit"])
    return estimate(row["value"], row["lower"], row["upper"], 2, row["level"], unit)


def tabulate_events(runs: Runs) -> Table:
    """Patients with adverse events in each run, each with its exact interval."""
    lines = [{"Events": label, "Cohort": run.name, "Patients": _events(run, category)}
             for category, label in OVERVIEW_LABELS.items() for run in runs]  # fmt: skip
    note = "Exact (Clopper-Pearson) intervals. Not supplied: nothing is known of events; not told: withheld. Nothing is pooled."
    return table(pd.DataFrame(lines), "events", "Patients with adverse events, safety population.", note, groups="Events")


def _events(run: Finished, category: str) -> str:
    row = event_row(run, category)
    if row is None or not is_missing(row["value"]) or row["n_missing"] > 0:
        return "not supplied" if row is None else share_or_none_known(row)
    return "not told"


def tabulate_verdicts(runs: Runs) -> Table:
    """Every claim of the paper and the verdict of each run; a line of its own for the plan's verdict where it is another one."""
    first = pd.concat([run.claims[["id", "words"]] for run in runs]).drop_duplicates("id")
    ledgers = {run.name: run.claims.set_index("id") for run in runs}
    lines = []
    for claim, words in first.itertuples(index=False):
        printed, planned = ({name: _verdict(ledger, claim, level) for name, ledger in ledgers.items()}
                            for level in ("verdict", "verdict_planned"))  # fmt: skip
        lines.append({"The paper": words, "Claim": claim, **printed})
        if planned != printed:
            lines.append({"The paper": words, "Claim": "by the plan", **planned})
    note = "As the paper tested it; by the plan: as this report would, where that gives another verdict in at least one cohort. "
    note += "Not tested: that cohort cannot test it; no evidence: none either way."
    return table(pd.DataFrame(lines), "verdicts", "What each cohort says about the paper's claims.", note, groups="The paper")


def _verdict(ledger: pd.DataFrame, claim: str, level: str) -> str:
    verdict = str(ledger.loc[claim, level]) if claim in ledger.index else "–"
    return _SHORT.get(verdict, verdict)


def tabulate_times(times: Sequence[Time], runs: Runs) -> Table:
    """Which visit of which run is at which time, one line a run."""
    lines = [{"Cohort": run.name} | {capitalised(time.label): time.visits.get(run.name, "–") for time in times} for run in runs]
    note = "Visits are at the same time where their planned days differ by at most a tenth, or by 14 days."
    return table(pd.DataFrame(lines), "times", "Visits at the same time.", note)
