"""The sentences of the section on cleaning."""

import pandas as pd

from racohort.config import Cohort
from racohort.formats import count, listed, number
from racohort.labels import label_of, within_sentence
from racohort.plan import Plan
from racohort.report.text import Text, quote, say
from racohort.results import select_results

_DONE = {
    "quarantine": ("kept out", "was kept out", "were kept out"),
    "warn": ("doubted", "was kept with a warning", "were kept with a warning"),
    "normalise": ("rewritten", "was rewritten without a change of meaning", "were rewritten without a change of meaning"),
}

_FATES = {"missing": "declared missing", "kept out": "kept out", "in other rows": "in rows that are repeated or kept out"}


def say_sources(results: pd.DataFrame) -> Text:
    """How much was read and what became of it, from the rows of `count_records`."""
    rows = select_results(results, statistic="rows_read", by="file")
    kept_out = select_results(results, statistic="kept_out", by="file")
    out = kept_out["count"].sum()
    what = "sheet" if rows["category"].str.contains("(sheet ", regex=False).all() else "file"
    return say(
        quote(f"{number(rows['count'].sum())} rows were read from {count(len(rows), what)}.", *rows["result_id"]),
        quote(f"{count(out, 'entry', 'entries')} {'stands' if out == 1 else 'stand'} in the quarantine.", *kept_out["result_id"])
        if out
        else quote("Nothing was kept out.", *kept_out["result_id"]),
    )


def say_cells(results: pd.DataFrame) -> Text:
    """How many cells with measured values are used, from the rows of `count_cells`."""
    rows = select_results(results, statistic="cells")
    if rows.empty:
        return say("The files hold no measured value.")
    sums = rows.groupby("category")["count"].sum()
    read = rows.drop_duplicates("PARAMCD")["n"].sum()
    parts = [f"{number(sums[name])} {words}" for name, words in _FATES.items() if sums[name]]
    used = f"{number(sums['used'])} of {count(read, 'cell')} with a measured value {'is' if sums['used'] == 1 else 'are'} used"
    return say(quote(f"{used}{'; ' if parts else ''}{listed(parts)}.", *rows["result_id"]))


def say_findings(results: pd.DataFrame) -> Text:
    """What the rules found, by class, from the rows of `count_findings`."""
    rows = select_results(results, statistic="findings")
    said = []
    for cls, (_, one, many) in _DONE.items():
        of_class = select_results(rows, value_text=cls)
        cells = of_class["count"].sum()
        if cells:
            rules = count(len(of_class), "rule")
            said.append(quote(f"{count(cells, 'cell')} {one if cells == 1 else many} under {rules}.", *of_class["result_id"]))
    return say(*said) if said else say("The files needed no change and gave no cause for doubt.")


def say_units(results: pd.DataFrame) -> Text:
    """In which units the values came, from the rows of `count_units`."""
    rows = select_results(results, statistic="unit_factor")
    if rows.empty:
        return say("The files hold no number of a parameter.")
    parts = {
        "same": "came in the unit of the report",
        "converted": "were converted",
        "assumed": "had no unit and were taken to be in that of the report",
    }
    sums = rows.groupby("value_text")["count"].sum()
    if set(sums.index) == {"same"}:
        return say(quote(f"All {count(sums.sum(), 'number')} read came in the unit of the report.", *rows["result_id"]))
    said = [f"{number(sums[kind])} {words}" for kind, words in parts.items() if sums.get(kind, 0)]
    return say(quote(f"Of {count(sums.sum(), 'number')} read, {listed(said)}.", *rows["result_id"]))


def say_present(results: pd.DataFrame, plan: Plan) -> Text:
    """How many patients were seen at each visit and how much of what they could have had is missing, from `count_present`."""
    said = []
    for visit in plan.visits:
        seen, lacking = (select_results(results, AVISIT=visit.AVISIT, statistic=name).iloc[0] for name in ("seen", "absent"))
        if lacking["n"]:
            gone = f"{number(lacking['count'])} of {number(lacking['n'])} values are missing in those seen"
            who = f"At {visit.label} {number(seen['count'])} of {number(seen['n'])} patients were seen"
            said.append(quote(f"{who}; {gone}.", seen["result_id"], lacking["result_id"]))
    return say(*said) if said else say("No patient has a value at a planned visit.")


def say_timing(results: pd.DataFrame, plan: Plan) -> Text:
    """How many visits lie outside their window, from the rows of `summarise_timing`."""
    rows = select_results(results, PARAMCD="VISITDAY", statistic="outside_window")
    dated = rows[rows["n"] > 0]
    if dated.empty:
        return say("No planned visit has both a window and dates, so timing was not checked.")
    labels = {visit.AVISIT: visit.label for visit in plan.visits}
    parts = [f"{number(row['count'])} of {number(row['n'])} at {labels[row['AVISIT']]}" for row in dated.to_dict("records")]
    return say(quote(f"Dated visits outside their planned window: {listed(parts)}.", *dated["result_id"]))


_CHOSEN = {
    "closest": "the one closest to the planned day represents it, and of two equally close the earlier",
    "first": "the first represents it",
    "last": "the last represents it",
}


def say_representing(config: Cohort) -> Text:
    """Which of several records of a visit represents it, and what counts for the worst value, as `records` in cohort.yml says."""
    baseline = "at baseline it is the last one on or before day 0"
    worst = "For laboratory values of safety the record furthest outside its reference range represents the visit instead."
    own = [worst] if config.records.safety == "worst" else []
    every = (
        "Unscheduled records represent no visit; they are kept, and count for the worst value like every record after baseline."
    )
    return say(f"Of several records of a follow-up visit {_CHOSEN[config.records.visit]}; {baseline}.", *own, every)


def say_assay_limits(results: pd.DataFrame, catalogue: pd.DataFrame) -> Text:
    """Which parameters have values beyond their assay's limits, from the rows of `estimate_censored`."""
    rows = select_results(results, by="censored")
    if rows.empty:
        return say("No value lies beyond the limits of its assay.")
    names = [within_sentence(label_of(code, catalogue)) for code in rows["PARAMCD"].unique()]
    return say(
        quote(
            f"{count(len(names), 'parameter')} {'has' if len(names) == 1 else 'have'} values beyond the limits of the assay "
            f"({listed(names)}); each keeps its side and limit, and is marked.",
            *rows["result_id"],
        )
    )
