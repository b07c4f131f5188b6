"""The sentences about laboratory and limits: what was seen, which risks that excludes, and what cannot be said.

Where a cohort has no data the table or figure in front says so, and the sentence after it stays silent.
"""

from collections.abc import Sequence

import pandas as pd

from racohort.formats import capitalised, count, is_missing, level_of, listed, number, percent, proportion, span
from racohort.labels import HYS_LAW_DAYS, NO_EVENTS, NO_LABORATORY, PANELS, SIGNAL_LABELS, VITAL, panel_of
from racohort.plan import Plan, Visit
from racohort.report.phrases import label_of_visit, named, no_control
from racohort.report.text import Sentence, Text, absent, quote, say
from racohort.results import pick_result, select_results
from racohort.summaries import largest, only, were_supplied

#: Follow-up visits that are told one by one; of more, the first and the last, and tables have the others.
MOST_VISITS = 3

_NO_BOTH = (
    "Neither a safety laboratory nor adverse events were supplied with this cohort, so nothing can be said about harm here: "
    "neither that it occurred nor that it did not."
)


def say_safety_data(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """What the safety section rests on: exposure, laboratory, events; and which of them, or of the paper's panels, are absent."""
    laboratory = select_results(results, method="available", statistic="n")
    if laboratory.empty and not were_supplied(results):
        return absent(_NO_BOTH)
    has_laboratory = _said_of_panels(laboratory[laboratory["n"] > 0], catalogue) if len(laboratory) else NO_LABORATORY
    has_events = "Adverse events were supplied." if were_supplied(results) else NO_EVENTS
    return say(_said_of_exposure(results), has_laboratory, has_events)


def _said_of_panels(rows: pd.DataFrame, catalogue: pd.DataFrame) -> Sentence:
    """Analytes by panel, and which of the panels that the paper speaks of have none."""
    panels = pd.Series({code: panel_of(str(code), catalogue) for code in rows["PARAMCD"].unique()}, dtype="str")
    told = listed([f"{str(panel).lower()} {n}" for panel, n in panels.value_counts(sort=False).items()])
    missing = [panel.lower() for panel in PANELS if panel not in set(panels)]
    absent_ones = f" Absent, so that nothing is known of it: {listed(missing)}." if missing else ""
    vital = VITAL in set(panels)
    said = f"For safety {count(len(panels), 'quantity', 'quantities')} were measured" if vital else (
        f"The safety laboratory has {count(len(panels), 'analyte')}")  # fmt: skip
    return quote(f"{said} ({told}).{absent_ones}", *rows["result_id"])


def _said_of_exposure(results: pd.DataFrame) -> Sentence:
    rows = select_results(results, by="exposure", category="FOLLOWUP")
    if rows.empty:
        return Sentence("Without a treatment start there is no time at risk and no rate.")
    if not rows["n"].iloc[0]:
        return quote("No date tells when treatment started or when a patient was seen, so that there is no time at risk and no "
                     "rate.", *rows["result_id"])  # fmt: skip
    again = select_results(results, by="exposure", category="REPEATED").iloc[0]
    repeated = f" Treated on more than one day: {number(again['count'])} of {number(again['n'])}." if again["count"] else ""
    value = rows.set_index("statistic")["value"]
    reach = "" if is_missing(value["min"]) else f", {span(value['min'], value['max'], 1)}"
    return quote(
        f"{count(rows['n'].iloc[0], 'patient')} were followed for {number(value['person_years'], 1)} person-years, from the "
        f"start of treatment to the last contact (median {number(value['median'], 1)} years{reach}).{repeated}",
        *rows["result_id"], again["result_id"],
    )  # fmt: skip


def say_laboratory(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """The analytes whose mean moved most in terms of their spread at baseline; from the rows of `summarise_laboratory`.

    The steps of a dipstick have no mean that could move.
    """
    rows = select_results(results, method="available")
    rows = rows[~rows["PARAMCD"].isin(catalogue.index[catalogue["scale"] == "ordinal"])]
    if rows.empty:
        return say()
    base = select_results(rows, AVISIT=plan.baseline.AVISIT, statistic="sd", contrast="").set_index("PARAMCD")["value"]
    said, ids = [], []
    for visit in plan.follow_ups if len(plan.follow_ups) <= MOST_VISITS else (plan.follow_ups[0], plan.follow_ups[-1]):
        change = select_results(rows, AVISIT=visit.AVISIT, contrast=plan.contrast(visit.AVISIT), statistic="mean").dropna(
            subset=["value"]
        )
        change["moved"] = (change["value"] / change["PARAMCD"].map(base).astype("float64")).abs()
        if change["moved"].notna().any():
            top = largest(change, "moved")
            way, what = "down" if top["value"] < 0 else "up", named(top["PARAMCD"], catalogue)
            said.append(f"{what} at {visit.label}, {way} by {number(top['moved'], 2)} (n = {number(top['n'])})")
            ids.append(top["result_id"])
    return say(quote(f"The mean that moved most, in its standard deviations at baseline: {listed(said)}.", *ids) if said else "")


def say_normal_range(results: pd.DataFrame, plan: Plan) -> Text:
    """Both readings of "all in the normal range", and the number of excursions that healthy people would show."""
    rows = select_results(results, statistic="excursions", method="observed")
    if rows.empty:
        return say()
    follow_up = [visit for visit in plan.follow_ups if visit.AVISIT in set(rows["AVISIT"])]
    told = follow_up if len(follow_up) <= MOST_VISITS else [follow_up[0], follow_up[-1]]
    positions = select_results(results, statistic="range_position")
    means = {v.AVISIT: positions.loc[positions["AVISIT"] == v.AVISIT, "value_text"] for v in follow_up}
    first = listed([f"{(means[v.AVISIT] == 'inside').sum()} of {len(means[v.AVISIT])} at {v.label}" for v in told])
    held = all((sides == "inside").all() for sides in means.values())
    none = rows.loc[rows["AVISIT"].isin(means), "count"].sum() == 0
    means_said = f"Group means within the range: {first}."
    return say(quote(means_said, *positions["result_id"]), _said_of_excursions(results, told), _verdict(held, none))


def _said_of_excursions(results: pd.DataFrame, visits: Sequence[Visit]) -> Sentence:
    """Single values outside at these visits, and what healthy people would show: how many, and the chance of none."""
    rows = [select_results(results, AVISIT=visit.AVISIT, statistic=["excursions", "no_excursion"]) for visit in visits]
    seen, healthy = ([only(row, statistic="excursions", method=name) for row in rows] for name in ("observed", "healthy"))
    told = zip(seen, visits, strict=True)
    outside = listed([f"{proportion(row['count'], row['n'])} at {visit.label}" for row, visit in told])
    expected = listed([number(row["value"], int(row["value"] < 100)) for row in healthy])
    chances = dict.fromkeys(percent(only(row, statistic="no_excursion")["value"]) for row in rows)
    text = (
        f"Single values outside: {outside}. Healthy people would be expected to have {expected}, and none at all with a "
        f"probability of {listed(list(chances))}."
    )
    return quote(text, *pd.concat(rows)["result_id"])


def _verdict(means_held: bool, none_outside: bool) -> str:
    if none_outside:
        return "Not one value outside is more than healthy people achieve: a question about the data, not a finding about safety."
    if means_held:
        return "So “all in the normal range” holds for the group means and does not hold for single values."
    return "So “all in the normal range” holds neither for all group means nor for all single values."


def say_out_of_range(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """Where most patients are outside, and where that share changed most; from the rows on ranges."""
    rows = select_results(results, statistic="out_of_range", method="clopper_pearson").dropna(subset=["value"])
    if rows.empty:
        return say()
    said = []
    for visit in plan.visits:
        here = rows[rows["AVISIT"] == visit.AVISIT]
        if len(here):
            top = largest(here)
            shown = proportion(top["count"], top["n"], top["lower"], top["upper"], plan.level)
            name = named(top["PARAMCD"], catalogue)
            said.append(quote(f"At {visit.label}, {name} had the most patients outside: {shown}.", top["result_id"]))
    return say(*said, _said_of_changes(results, plan, catalogue))


def _said_of_changes(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Sentence:
    rows = select_results(results, statistic="out_of_range_change")
    worse = rows[rows["lower"] > 0]
    among = count(len(rows), "comparison")
    if rows.empty:
        return Sentence("")
    if worse.empty:
        said = f"In none of {among} with baseline does the interval of the change lie wholly above zero."
        return quote(said, *rows["result_id"])
    where = zip(worse["PARAMCD"], worse["AVISIT"], strict=True)
    names = listed([f"{named(code, catalogue)} at {label_of_visit(AVISIT, plan)}" for code, AVISIT in where])
    said = f"More patients were outside than at baseline, with an interval above zero (of {among}, not adjusted): {names}."
    return quote(said, *worse["result_id"])


def say_new_abnormality(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """New values outside the range, and the risks that are excluded; from the rows of `estimate_new_abnormality`."""
    rows = select_results(results, statistic="new_abnormality").dropna(subset=["value"])
    if rows.empty:
        return say()
    top = largest(rows)
    bounds = select_results(results, statistic="new_abnormality_bound").dropna(subset=["upper"])
    low = bounds.sort_values("upper", kind="stable").iloc[0]
    shown = proportion(top["count"], top["n"], top["lower"], top["upper"], plan.level)
    name, other = named(top["PARAMCD"], catalogue), named(low["PARAMCD"], catalogue)
    most = f"Among patients normal at baseline, a later value outside the range was most frequent for {name}: {shown}."
    excluded = (
        f"The strongest exclusion is for {other}: risks above {percent(low['upper'])} are excluded with {level_of(plan.level)} "
        f"confidence (n = {number(low['n'])}); for every other analyte the risks excluded are larger."
    )
    return say(quote(most, top["result_id"]), quote(excluded, low["result_id"]))


def say_grades(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Text:
    """How many patients worsened by toxicity grade; from the rows of `estimate_grades`."""
    rows = select_results(results, statistic="worsened")
    if rows.empty:
        return say()
    severe, some = (select_results(rows, category=category) for category in ("GE3", "GE2"))
    graded = count(len(severe), "graded analyte")
    hit = severe[severe["count"] > 0]
    names = "; ".join(f"{named(row['PARAMCD'], catalogue)}, {proportion(row['count'], row['n'])}" for _, row in hit.iterrows())
    first = (
        f"Worsening to grade 3 or higher was seen: {names}."
        if names
        else f"No patient worsened to grade 3 or higher in {graded}."
    )
    return say(quote(first, *severe["result_id"]), _said_of_grade_two(some, plan, catalogue))


def _said_of_grade_two(rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Sentence:
    top = largest(rows)
    if not top["count"]:
        return quote("No patient worsened to grade 2 either.", *rows["result_id"])
    shown = proportion(top["count"], top["n"], top["lower"], top["upper"], plan.level)
    name = named(top["PARAMCD"], catalogue)
    return quote(f"Worsening to grade 2 or higher was most frequent for {name}: {shown}.", top["result_id"])


def say_liver(results: pd.DataFrame, plan: Plan) -> Text:
    """Whether any patient lies in the field that calls for a review; from the rows of `estimate_liver`."""
    field = pick_result(results, statistic="proportion", by="edish", category="hys_law_range")
    if field is None:
        return say()
    alone = select_results(results, statistic="proportion", by="edish", category="temples_corollary").iloc[0]
    together = select_results(results, statistic="hys_law_concurrent").iloc[0]
    both, single, law = (
        proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level) for row in (field, alone, together)
    )
    text = f"Transaminase at least 3 times and bilirubin 2 times its upper limit: {both}; transaminase alone: {single}."
    if not field["count"] and not alone["count"]:
        text = f"Transaminase at least 3 times its upper limit, with a bilirubin of 2 times or without: {both}."
    window = f"Both within {number(HYS_LAW_DAYS)} days, with alkaline phosphatase below 2 times its limit (Hy's law): {law}."
    return say(
        quote(text, field["result_id"], alone["result_id"]), quote(window, together["result_id"]),
        _said_of_patterns(results),
        "This is a screen, not a diagnosis: what rose between planned visits was not seen.",
    )  # fmt: skip


def _said_of_patterns(results: pd.DataFrame) -> Sentence:
    rows = select_results(results, by="r_pattern")
    if rows.empty:
        return Sentence("")
    kinds = listed([f"{row['category']} in {number(row['count'])}" for _, row in rows.iterrows()])
    return quote(f"By the ratio of ALT to alkaline phosphatase the raised transaminase was {kinds}.", *rows["result_id"])


def say_signals(results: pd.DataFrame, plan: Plan) -> Text:
    """How many patients are listed, and why; from the rows of `estimate_signals`."""
    rows = select_results(results, by="signal")
    shown = ((row, proportion(row["count"], row["n"], row["lower"], row["upper"], plan.level)) for _, row in rows.iterrows())
    said = [quote(f"{capitalised(SIGNAL_LABELS[row['category']])}: {text}.", row["result_id"]) for row, text in shown]
    some = (rows["category"].eq("CHANGE") & rows["count"].gt(0)).any()
    return say(*said, "Some such changes occur in healthy people too, the more so over years and many analytes." if some else "")


def say_safety_limits(results: pd.DataFrame, plan: Plan) -> Text:
    """What the number of patients and the design cannot show."""
    laboratory = len(select_results(results, method="available")) > 0
    if not laboratory and not were_supplied(results):
        return absent("What was not supplied cannot be assessed; no statement about harm can be drawn from this cohort.")
    between = (
        "Laboratory values were taken at planned visits: what rose and fell between them was not seen, nor whether two abnormal "
        "values occurred together."
    )
    return say(
        _said_of_rare(results, plan), f"{no_control(plan)}, so no event and no laboratory change can be attributed to "
        "the treatment, nor can the treatment be cleared of it.", between if laboratory else "",
        "Harms that appear after the last visit are outside this report.",
    )  # fmt: skip


def _said_of_rare(results: pd.DataFrame, plan: Plan) -> Sentence:
    events = select_results(results, statistic="proportion", by="overview")
    known = list(events.loc[events["value"] == 0, "category"])
    none = select_results(results, statistic="risk_bound", by="overview", category=known)
    if none.empty:
        return Sentence("")
    bound = none.iloc[0]
    return quote(
        f"In {count(bound['n'], 'patient')}, a kind of event that nobody had can still have a risk of up to "
        f"{percent(bound['upper'])} "
        f"(one-sided {level_of(plan.level)} limit): rare harms cannot be assessed.", bound["result_id"],
    )  # fmt: skip
