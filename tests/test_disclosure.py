"""What a report may tell: each rule of the profiles, and that each of them, switched off, is noticed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from racohort import disclosure, figures, io, report, tables
from racohort.disclosure import (
    Profile,
    as_file,
    bounds,
    coarse,
    counts,
    held_profile,
    hold_profile,
    profile,
    release,
    rows,
    stricter,
    withheld,
)
from racohort.few import Between, Bounded
from racohort.figures.style import canvas, finish
from racohort.formats import count, estimate, number, p_cell, percent, proportion
from racohort.intervals import clopper_pearson, exposure_adjusted_rate
from racohort.pipeline import chosen_privacy
from racohort.places import UsageError
from racohort.plan import Plan, Visit
from racohort.results import as_results, join_results, pick_result, select_results
from racohort.terms import RESULT_COUNTS

PUBLISH = Profile("publish")
PLAN = Plan("a", "A", True, True, (Visit("BL", 0, "baseline", 0), Visit("Y1", 1, "1 year", 365)), (), "Y1", "DAS28ESR")


@pytest.fixture(autouse=True)
def loose():
    """Every test begins and ends with the loosest profile."""
    hold_profile("internal")
    yield
    hold_profile("internal")


REASONS = (("Moved", 4), ("Death", 2), ("Quarrel", 5), ("Died", 1), ("Reason not recorded", 7))
GONE = ("min", "max", "df", "mcnemar", "cumulative_incidence", "kendall_w")
#: Where one patient, or few, are what makes a result another one than that of all.
APART = ("leave_one_out.left_out", "|own|", "|removed", "Y1.efficacy.-.mean_change.without_escalators", "Y1.efficacy.-.tipping",
         "bar.01", "bar.05")  # fmt: skip
OWN = ("Rare word", "Rare word>3", "Moved", "Quarrel")


def cohort_rows() -> pd.DataFrame:
    """Rows of every kind of statistic, of a cohort of 64 with groups and counts on both sides of every limit."""
    ci = {name: clopper_pearson(x, n) for name, x, n in (("few", 5, 64), ("some", 35, 64), ("group", 3, 6))}
    t = stats.t.ppf(0.975, 50) * 1.3 / np.sqrt(51)
    common = {"section": "safety", "population": "safety", "level": 0.95}
    share = {**common, "statistic": "proportion", "method": "clopper_pearson", "by": "overview", "n": 64}
    check = {"section": "robustness", "population": "efficacy"}
    told = [
        {**share, "category": "SERIOUS", "count": 5, "value": 5 / 64, "lower": ci["few"][0], "upper": ci["few"][1]},
        {**share, "category": "ANY", "count": 35, "value": 35 / 64, "lower": ci["some"][0], "upper": ci["some"][1]},
        {**share, "category": "DEATH", "count": 0, "value": 0.0, "lower": 0.0, "upper": 0.056},
        {**share, "category": "SITE", "count": 3, "n": 6, "value": 0.5, "lower": ci["group"][0], "upper": ci["group"][1]},
        {**share, "method": "observed", "by": "completer", "category": "N", "value": 12 / 64},
        {**common, "statistic": "risk_bound", "by": "overview", "category": "SERIOUS", "n": 64, "count": 5, "upper": 0.157},
        {**common, "statistic": "events", "by": "overview", "category": "ANY", "n": 64, "count": 35, "value": 58.0},
        {**common, "statistic": "events", "by": "overview", "category": "SERIOUS", "n": 64, "count": 5, "value": 6.0},
        {**common, "statistic": "first_event_rate", "by": "overview", "category": "SERIOUS", "n": 64, "count": 5,
         **rate(5, 160.0), "note": "160.0 person-years"},
        {**common, "statistic": "agreement_limit", "by": "side", "category": "upper", "n": 51, "value": 1.17, "lower": 0.991844,
         "upper": 1.339931},
        {**common, "statistic": "kendall_w", "n": 41, "value": 0.46234},
        {**common, "statistic": "healthy_pass", "by": "PARCAT1", "category": "Liver", "n": 8, "count": 3, "value": 0.2418392},
        {**common, "statistic": "n", "by": "flow", "category": "seen", "n": 57, "value": 57.0, "n_missing": 7},
        {**common, "statistic": "min", "n": 64, "value": 23.0}, {**common, "statistic": "max", "n": 64, "value": 63.0},
        {**common, "statistic": "q1", "n": 31, "value": 40.5}, {**common, "statistic": "q3", "n": 32, "value": 53.5},
        {**common, "statistic": "mean", "by": "arm", "category": "few", "n": 7, "value": 46.0, "lower": 40.0, "upper": 52.0},
        {**common, "statistic": "mean", "by": "arm", "category": "many", "n": 8, "value": 46.123456},
        {**common, "statistic": "mean_change", "method": "paired_t", "n": 51, "value": -1.0871511, "lower": -1.0871511 - t,
         "upper": -1.0871511 + t, "p_value": 0.012345, "p_adjusted": 0.0345678},
        {**common, "statistic": "sd_change", "method": "paired_t", "n": 51, "value": 1.3},
        {**common, "statistic": "df", "method": "paired_t", "n": 51, "value": 50.0},
        {**common, "statistic": "smd", "method": "pooled_sd", "PARAMCD": "SEX", "n": 64, "value": -0.0612},
        {**common, "statistic": "smd", "method": "pooled_sd", "PARAMCD": "AGE", "n": 64, "value": 0.07123},
        {**common, "statistic": "cumulative_incidence", "by": "first_event", "category": "SERIOUS>365", "n": 64, "count": 5,
         "value": 0.0791, "lower": 0.0288, "upper": 0.1626},
        {**common, "statistic": "mcnemar", "n": 51, "p_value": 0.015625, "note": "0 left and 7 entered the state."},
        {**common, "statistic": "proportion", "by": "AEDECOD", "category": "Rare word", "n": 64, "count": 1, "value": 1 / 64},
        {**common, "statistic": "events", "by": "AEDECOD", "category": "Rare word", "n": 64, "count": 1, "value": 1.0},
        {**common, "statistic": "count", "by": "AEDECOD>AETOXGR", "category": "Rare word>3", "n": 64, "count": 1, "value": 1.0},
        {**common, "statistic": "proportion", "by": "AEDECOD", "category": "Common", "n": 64, "count": 20, "value": 20 / 64},
        {**common, "statistic": "body_system", "by": "AEDECOD", "category": "Common", "note": "kept", "value_text": "Class"},
        *({**common, "section": "participants", "AVISIT": "Y1", "statistic": "count", "method": "left_before", "by": "DCSREAS",
           "category": reason, "n": 64, "count": many, "value": float(many)} for reason, many in REASONS),
        {**common, "section": "concordance", "statistic": "claims", "by": "verdict", "category": "agrees", "n": 40, "count": 3,
         "value": 3.0},
        {**common, "statistic": "verdict", "by": "PARCAT1", "category": "Liver", "n": 6, "count": 1},
        *({**check, "statistic": "mean_change", "method": "leave_one_out", "by": "left_out", "category": side, "n": 50,
           "value": value} for side, value in (("lowest", -1.1568), ("highest", -1.0194))),
        {**check, "statistic": "overturned", "method": "leave_one_out", "n": 50, "count": 0, "value": 0.0},
        *({**check, "statistic": "rtm_change", "method": "barnett", "by": "rho|cutoff|mu", "category": f"0.5|{cutoff}|4", "n": 64,
           "value": value, "note": f"enrolled from DAS28 {note}"} for cutoff, value, note in (("3.2", -0.37, 3.2), ("own", -0.39,
           3.288))),
        *({**check, "statistic": "specification", "method": "declared", "by": "outliers", "category": f"mean|everyone|{those}",
           "n": n, "value": value} for those, n, value in (("kept", 64, -0.8493), ("removed", 63, -0.7929))),
        *({**check, "statistic": "mean_change", "method": "without_escalators", "AVISIT": visit, "n": 46, "count": left,
           "value": -1.0943} for visit, left in (("Y1", 7), ("Y3", 8))),
        *({**check, "statistic": "tipping_point", "by": "margin", "category": "0", "AVISIT": visit, "n": 64,
           "n_missing": missing, "value": 3.21} for visit, missing in (("Y1", 7), ("Y3", 8))),
        *({**check, "section": "cleaning", "PARAMCD": "PAIN", "statistic": "values_used", "by": "bar", "category": f"{bar:02d}",
           "lower": 10.0 * bar, "upper": 10.0 * bar + 10, "n": 40, "count": many, "value": float(many)}
          for bar, many in enumerate((7, 8, 1, 20, 4), 1)),
        {**check, "statistic": "posterior_probability", "method": "weak_prior", "n": 64, "value": 0.99999},
        {**check, "statistic": "no_excursion", "n": 1060, "value": 1e-24},
        {**check, "statistic": "prior_mean", "method": "sceptical_prior", "n": 64, "value": -0.2473},
    ]  # fmt: skip
    return as_results(told)


def rate(events: int, years: float) -> dict[str, float]:
    """The parts of a row that holds a rate."""
    found = exposure_adjusted_rate(events, years)
    return {"method": "garwood", "value": found["rate"], "lower": found["lower"], "upper": found["upper"]}  # type: ignore[dict-item]


def faults(exact: pd.DataFrame, told: pd.DataFrame) -> list[str]:
    """What the released rows give away, in words; empty where every rule holds."""
    file, was = as_file(told).set_index("result_id"), exact.set_index("result_id")
    found = [f"{name} {one}" for name in RESULT_COUNTS for one in about_patients(file)[name].dropna() if one % 5 or 0 < one < 8]
    tallies = about_patients(file)[about_patients(file)["statistic"].isin(["count", "events", "n"])]["value"].dropna()
    found += [f"a tally of {one}" for one in tallies if one % 5 or 0 < one < 8]
    found += [f"{words} of {where}" for where, words in was["category"].items() if words in {*OWN} & {*file["category"]}]
    small = file[(was["n"].reindex(file.index) < 8) & (file["by"] != "PARCAT1") & (file["section"] != "concordance")]
    found += [f"a number of a small group: {one}" for one in small.index[small[["value", "lower", "upper"]].notna().any(axis=1)]]
    same = [one for one in file.index.intersection(was.index) if was["lower"][one] > 0 and was["by"][one] != "bar"]
    found += [f"the limit of {one}" for one in same if file["lower"][one] == was["lower"][one]]
    gone = file[file["statistic"].isin(GONE) | (file["PARAMCD"] == "SEX")]
    found += [f"{one} is told" for one in gone.index[gone[["value", "p_value"]].notna().any(axis=1)]]
    found += [f"the rate {one}" for one in file.index[file["statistic"].str.endswith("rate") & file["value"].notna()]]
    chances = file[file["statistic"] == "healthy_pass"][["value", "lower", "upper"]].stack().dropna()
    found += [f"the chance {one}" for one in chances if round(20 * one, 9) % 1]
    found += [f"digits of {one}" for one in file["upper"][file["statistic"] == "agreement_limit"] if has_more_digits(one)]
    few = file["statistic"].isin(["q1", "q3"]) & (was["n"].reindex(file.index) < 32)
    found += [f"the quartile {one}" for one in file.index[few & file["value"].notna()]]
    found += [f"a note: {note}" for note in file["note"] if any(letter.isdigit() for letter in note)]
    found += [f"digits of p: {p}" for p in file["p_value"].dropna() if p != float(f"{p:.2g}")]
    found += [
        f"digits of {one}" for one in file.index[file["statistic"].isin(["mean", "smd"])] if has_more_digits(file["value"][one])
    ]
    found += [f"{one} is told" for one in file.index if any(part in one for part in APART)]
    chances = file[file["statistic"].isin(["posterior_probability", "no_excursion"])]["value"]
    found += [f"a chance of {one}" for one in chances if one in (0, 1)]
    found += [f"digits of {one}" for one in file["value"][file["statistic"] == "prior_mean"] if one != float(f"{one:.1g}")]
    sizes = sizes_that_fit(file)
    return found + ([f"n is one of {sizes}"] if len(sizes) < 5 else [])


def has_more_digits(value: float) -> bool:
    return not np.isnan(value) and value != float(f"{value:.3g}")


def about_patients(file: pd.DataFrame) -> pd.DataFrame:
    return file[(file["section"] != "concordance") & (file["by"] != "PARCAT1")]


def sizes_that_fit(file: pd.DataFrame) -> list[int]:
    """The numbers of pairs with which a reader could explain the printed interval and the printed SD of the changes."""
    change, sd = (file[file["statistic"] == name].iloc[0] for name in ("mean_change", "sd_change"))
    half = (change["upper"] - change["lower"]) / 2
    step = max(10.0 ** -len(str(abs(change[bound])).partition(".")[2]) for bound in ("lower", "upper"))
    spread = 10.0 ** (np.floor(np.log10(sd["value"])) - 1) / 2 if sd["value"] != 1.3 or step > 1e-6 else 0.0
    fits = []
    for n in range(8, 200):
        widths = [stats.t.ppf(0.975, n - 1) * (sd["value"] + sign * spread) / np.sqrt(n) for sign in (-1, 1)]
        fits += [n] if widths[0] - step / 2 <= half <= widths[1] + step / 2 else []
    return fits


def test_nothing_of_a_hidden_count_is_left_in_a_report_to_publish():
    exact = cohort_rows()
    assert faults(exact, release(exact, PUBLISH)) == []
    assert len(faults(exact, exact)) > 20


SWITCHES = {
    "small counts": ("tell", lambda counts, _: counts),
    "rare words": ("_without_rare_words", lambda frame, _: frame),
    "reasons": ("_pool_reasons", lambda frame, _: frame),
    "chances of a healthy cohort": ("CHANCES", frozenset()),
    "limits of agreement are no bars": ("BARS", frozenset({"bar", "side"})),
    "rates of hidden counts": ("with_rates", lambda frame, _: frame),
    "small groups, extremes and what gives back": ("_hide_small_groups", lambda *_: None),
    "extremes": ("EXTREMES", frozenset()),
    "what gives back": ("GIVING_BACK", frozenset()),
    "quantiles": ("QUANTILES", {}),
    "tallies": ("_tallies", lambda _, value, *__: np.full(len(value), np.nan)),
    "counts beside counts": ("COUNTS", frozenset()),
    "coarse numbers": ("coarse", lambda _, exact: {name: exact[name].copy() for name in exact}),
    "digits": ("significant", lambda numbers, _: numbers),
    "what sets few patients apart": ("_without_few_apart", lambda frame, _: frame),
    "results without one patient": ("LEAVING_OUT", frozenset()),
    "what a few missing patients move": ("MOVED", frozenset()),
    "thin ends of distributions": ("_thin_ends", lambda frame, _: frame["by"] == "no bar"),
    "chances next to certainty": ("UNCERTAIN", frozenset()),
    "what is made of the lowest value": ("ROUGH", frozenset()),
    "notes": ("TELLING", frozenset({"mcnemar", "first_event_rate"})),
}


@pytest.mark.parametrize("switched", SWITCHES)
def test_each_rule_switched_off_is_noticed(switched, monkeypatch):
    name, instead = SWITCHES[switched]
    holding = [module for module in (bounds, coarse, counts, rows, withheld) if hasattr(module, name)]
    assert holding
    for module in holding:
        monkeypatch.setattr(module, name, instead)
    exact = cohort_rows()
    assert faults(exact, release(exact, PUBLISH))


@pytest.mark.parametrize("switched", ["_tell_shares", "_tell_rates"])
def test_shares_and_rates_that_are_not_computed_again_are_noticed(switched, monkeypatch):
    monkeypatch.setattr(rows, switched, lambda *_: None)
    with pytest.raises(AssertionError):
        test_shares_and_rates_come_from_the_counts_that_are_told()


def test_shares_and_rates_come_from_the_counts_that_are_told():
    told = release(cohort_rows(), PUBLISH)
    some, few = (pick_result(told, statistic="proportion", category=name) for name in ("ANY", "SERIOUS"))
    assert (some["count"], some["n"], some["value"]) == (35, 65, 35 / 65)
    assert (some["lower"], some["upper"]) == pytest.approx(clopper_pearson(35, 65))
    assert (few["lower"], few["upper"]) == pytest.approx((clopper_pearson(1, 65)[0], clopper_pearson(7, 65)[1]))
    bound = pick_result(told, statistic="risk_bound", category="SERIOUS")
    assert bound["upper"] == pytest.approx(stats.beta.ppf(0.95, 8, 58))
    rates = pick_result(told, statistic="first_event_rate", category="SERIOUS")
    low, high = exposure_adjusted_rate(1, 160.0)["lower"], exposure_adjusted_rate(7, 160.0)["upper"]
    assert (rates["lower"], rates["upper"]) == pytest.approx((low, high), rel=0.01)
    assert rates["value"].low == pytest.approx(100 / 160, rel=0.01)
    assert rates["value"].high == pytest.approx(700 / 160, rel=0.01)
    assert number(rates["value"], 1) == "0.6–4.4"
    assert pick_result(told, by="completer", statistic="proportion")["value"] == pytest.approx(10 / 65)


@pytest.mark.parametrize("exact, told", [(0, "0"), (1, "1–7"), (7, "1–7"), (8, "10"), (12, "10"), (13, "15"), (64, "65")])
def test_a_count_is_none_hidden_or_rounded(exact, told):
    assert str(counts.tell(pd.Series([exact]), PUBLISH)[0]) == told


def test_the_limits_of_a_cohort_of_its_own_are_kept_to():
    strict = Profile("publish", suppress_below=11, round_to=10)
    assert [str(one) for one in counts.tell(pd.Series([0, 10, 11, 16]), strict)] == ["0", "1–10", "10", "20"]


def test_serious_events_and_deaths_never_vanish():
    told = release(cohort_rows(), PUBLISH)
    assert str(pick_result(told, statistic="proportion", category="SERIOUS")["count"]) == "1–7"
    assert pick_result(told, statistic="proportion", category="DEATH")["count"] == 0
    assert str(pick_result(told, by="DCSREAS", category="Death")["count"]) == "1–7"
    assert pick_result(told, by="DCSREAS", category="Various reasons")["count"] == 10
    for words in ("Died", "Reason not recorded"):
        assert str(pick_result(told, by="DCSREAS", category=words)["count"]) == "1–7"


def test_what_leaves_enough_patients_out_and_the_thick_of_a_distribution_are_told():
    told = release(cohort_rows(), PUBLISH)
    assert pick_result(told, statistic="overturned")["count"] == 0
    assert select_results(told, statistic="rtm_change")["category"].tolist() == ["0.5|3.2|4"]
    assert select_results(told, statistic="specification")["category"].tolist() == ["mean|everyone|kept"]
    for parts in ({"method": "without_escalators"}, {"statistic": "tipping_point"}):
        assert select_results(told, **parts)["AVISIT"].tolist() == ["Y3"]
    bars = select_results(told, by="bar")
    assert (bars["category"].tolist(), bars["count"].map(str).tolist()) == (["02", "03", "04"], ["10", "1–7", "20"])


def test_rows_to_share_are_told_as_they_are():
    exact = cohort_rows()
    for loose in (Profile("internal"), Profile("share")):
        pd.testing.assert_frame_equal(release(exact, loose), exact)


def test_released_rows_can_be_released_again_and_joined():
    told = release(cohort_rows(), PUBLISH)
    again = release(told, PUBLISH)
    for name in RESULT_COUNTS:
        assert told[name].map(str).tolist() == again[name].map(str).tolist()
    assert join_results(told, as_results([]))["count"].map(str).tolist() == told["count"].map(str).tolist()


def test_no_complement_and_no_difference_of_two_tables_gives_a_hidden_count_back():
    """What is told of a count, its complement and the whole fits two hidden counts at least, in every cohort of 20 to 100."""
    fits: dict[tuple[str, ...], set[int]] = {}
    for n in range(10, 111):
        for few in range(n + 1):
            parts = counts.tell(pd.Series([few, n - few, n], dtype="Int64"), PUBLISH)
            fits.setdefault(tuple(map(str, parts)), set()).add(few)
    hidden = [counts for told, counts in fits.items() if told[0] == "1–7" and 20 <= int(told[2]) <= 100]
    assert len(hidden) > 30
    assert min(map(len, hidden)) >= 2


def test_a_hidden_number_is_printed_as_its_bounds():
    few = Between(1, 7)
    assert proportion(few, 65, 0.001, 0.21) == "1–7 of 65 (1.5 to 10.8 %; 95 % CI 0.1 to 21.0 %)"
    assert (number(few), f"{few}", count(few, "patient"), percent(few / 70)) == ("1–7", "1–7", "1–7 patients", "1.4 to 10.0 %")
    assert str(sum([few, 10, few])) == "12–24"
    kept = pd.DataFrame({"count": pd.Series([few, 3], dtype=object)}).to_dict("records")
    assert isinstance(kept[0]["count"], Bounded)


def test_a_table_shows_the_bounds_and_a_sentence_says_them():
    hold_profile("publish")
    events = as_results([{"section": "safety", "statistic": "supplied", "category": "AE", "by": "source", "value_text": "yes"}])
    exact = join_results(events, cohort_rows())
    serious = select_results(exact, category=["SERIOUS"])
    assert "Serious: 1–7 of 65" in report.say_events(join_results(events, serious), PLAN).plain


def test_a_chance_is_told_between_two_multiples_of_five_per_cent_in_words_and_in_the_file():
    hold_profile("publish")
    common = {"section": "safety", "by": "PARCAT1", "category": "Liver", "method": "new_abnormality_rare", "n": 8, "count": 3}
    rule, chance = {"statistic": "verdict", "value_text": "no"}, {"statistic": "healthy_pass", "value": 0.001}
    exact = as_results([common | rule, common | chance])
    assert "Of healthy groups of this size, between 0 % and 5.0 % would pass this rule." in report.say_verdicts(exact, PLAN).plain
    file = as_file(release(exact, PUBLISH)).set_index("statistic").loc["healthy_pass"]
    assert np.isnan(file["value"])
    assert (file["lower"], file["upper"]) == (0, 0.05)


PEOPLE = pd.DataFrame({"USUBJID": ["A-17"], "AVISIT": ["BL"], "PARAMCD": ["CRP"], "AVAL": [4.25]})


@pytest.mark.parametrize("name", ["share", "publish"])
def test_frames_of_patients_reach_no_figure_and_no_table(name):
    hold_profile(name)
    for show in (figures.plot_waterfall, figures.plot_liver, tables.tabulate_serious, tables.tabulate_quarantine):
        assert "internal report only" in str(show(PEOPLE, PLAN))
    assert "both DAS28-ESR and DAS28-CRP" in str(figures.plot_agreement(PEOPLE.iloc[:0], as_results([]), PLAN))  # nobody to hide
    reached = []
    shown = disclosure.guarded(named("plot_courses", lambda frame: reached.append(frame)))
    shown(PEOPLE)
    assert len(reached[0]) == 0
    assert list(reached[0].columns) == list(PEOPLE.columns)


def named(name, function):
    function.__name__ = name
    return function


def test_findings_keep_where_the_rule_looked_and_lose_whose_value_it_was():
    names = ["class", "rule", "severity", "file", "column", "USUBJID", "value", "message", "remedy", "line"]
    values = ["warn", "unit_doubt", "high", "a.csv", "crp", "A-17", "4.2500", "A-17 has 4.25", "correct", 17]
    finding = pd.DataFrame([values], columns=names)
    left = disclosure.without_people(finding)
    assert left[["USUBJID", "value", "message"]].to_numpy().tolist() == [["", "", ""]]
    assert left["rule"].tolist() == ["unit_doubt"]
    assert left["line"].isna().all()


def test_in_an_internal_report_functions_are_their_own():
    assert tables.tabulate_serious is __import__("racohort.tables.events", fromlist=["x"]).tabulate_serious


@pytest.mark.parametrize("said, asked, held", [
    ("internal", "", "internal"), ("internal", "publish", "publish"), ("publish", "internal", "publish"),
    ("share", "nonsense", "publish"),
])  # fmt: skip
def test_the_strictest_profile_holds(said, asked, held, monkeypatch):
    monkeypatch.setenv("RACOHORT_PRIVACY", asked)
    assert hold_profile(said).name == held_profile().name == held
    assert stricter("share", said) in ("share", "publish")


def test_privacy_can_be_asked_for_more_strictly_and_never_more_loosely():
    assert [chosen_privacy(*one) for one in (("", "share"), ("share", "internal"), ("publish", "publish"))] == [
        "share", "share", "publish"]  # fmt: skip
    with pytest.raises(UsageError, match=r"PRIVACY=internal would tell more than cohort\.yml allows"):
        chosen_privacy("internal", "share")
    with pytest.raises(UsageError, match="is not known"):
        chosen_privacy("secret", "internal")


def test_no_table_figure_or_sentence_asks_for_the_profile_by_itself():
    source = Path(profile.__file__).resolve().parents[1]
    asking = {path.parent.name for path in source.rglob("*.py") if "held_profile" in path.read_text("utf-8")}
    assert asking <= {"disclosure", "io", "claims"}


def test_patient_time_does_not_say_how_many_had_a_hidden_event():
    """Who has an event is no longer at risk; the time that is lost so would bound their number from below."""
    rows_of = [{"section": "safety", "by": "AEBODSYS", "category": name, "n": 64, "count": count, "statistic": "first_event_rate",
                **rate(count, years)} for name, count, years in (("one", 1, 164.0), ("six", 6, 156.0))]  # fmt: skip
    one, six = as_file(release(as_results(rows_of), PUBLISH))[["lower", "upper"]].to_numpy().tolist()
    assert one == six


def test_a_hidden_rate_is_drawn_by_its_interval_alone():
    told = bounds.as_numbers(release(cohort_rows(), PUBLISH))
    hidden = pick_result(told, statistic="first_event_rate", category="SERIOUS")
    assert np.isnan(hidden["value"])
    assert hidden["lower"] < hidden["upper"]
    hold_profile("publish")
    drawn = named("plot_one", lambda given: _figure(select_results(given, statistic="first_event_rate")))
    assert "rates by the interval alone" in disclosure.guarded(drawn)(cohort_rows()).caption


def test_a_figure_says_how_hidden_counts_are_drawn_only_where_it_draws_some():
    hold_profile("publish")
    for category, drawn in (("SERIOUS", True), ("ANY", False)):
        made = disclosure.guarded(named("plot_one", lambda given, keep=category: _figure(select_results(given, category=keep))))
        assert ("drawn as 4" in made(cohort_rows()).caption) is drawn
    bars = disclosure.guarded(named("plot_bars", lambda given: _figure(select_results(given, by="bar"))))
    assert bars(cohort_rows()).caption.endswith("drawn as 4. The thin ends of distributions are left out.")


def _figure(given):
    fig, _ = canvas()
    return finish(fig, "one", "Nothing.", "Nothing is drawn.", False, given)


def test_no_digit_is_printed_that_was_rounded_away():
    exact = as_results([{"statistic": "mean_change", "n": 56, "value": -0.395, "lower": -0.524, "upper": -0.267, "level": 0.95,
                         "p_value": 0.4812}])  # fmt: skip
    shown = [(estimate(row["value"], row["lower"], row["upper"], 3), p_cell(row["p_value"]))
             for row in (rows.iloc[0] for rows in (exact, release(exact, PUBLISH)))]  # fmt: skip
    assert shown == [("−0.395 (95 % CI −0.524 to −0.267)", "0.481"), ("−0.40 (95 % CI −0.52 to −0.27)", "0.48")]


def test_a_stream_of_hidden_patients_is_labelled_with_its_bounds():
    hold_profile("publish")
    states = ("remission", "low", "moderate", "high", "missing")
    moves = {"high>low": 5, "high>high": 30, "moderate>moderate": 29}
    exact = as_results([{"section": "efficacy", "population": "efficacy", "contrast": "Y1-BL", "statistic": "count", "n": 64,
                         "by": "BSTATE>STATE", "category": f"{one}>{two}", "count": moves.get(f"{one}>{two}", 0),
                         "value": moves.get(f"{one}>{two}", 0)} for one in states for two in states])  # fmt: skip
    shown = figures.plot_flows(exact, PLAN)
    assert shown.alt.endswith("baseline to 1 year: 30 from moderate to moderate, 1–7 from high to low, 30 from high to high.")
    assert "all 65 patients" in shown.caption


def test_a_bar_of_states_fills_the_population_where_every_part_is_hidden():
    hold_profile("publish")
    states = {"remission": 4, "low": 3, "moderate": 5, "high": 2, "missing": 0}
    exact = as_results([{"section": "efficacy", "population": "efficacy", "AVISIT": visit.AVISIT, "statistic": "count", "n": 14,
                         "by": "STATE", "method": "population", "category": state, "count": count, "value": count}
                        for visit in PLAN.visits for state, count in states.items()])  # fmt: skip
    shown = figures.plot_states(exact, PLAN)
    assert "remission 1–7, low 1–7, moderate 1–7, high 1–7" in shown.alt


def test_where_no_share_and_no_change_may_be_told_pictures_and_sentences_say_none():
    hold_profile("publish")
    at = {"section": "safety", "PARAMCD": "ALT", "AVISIT": "Y1", "population": "safety", "n": 5, "level": 0.95, "value": 0.2,
          "lower": 0.01, "upper": 0.7}  # fmt: skip
    outside = as_results([{**at, "PARAMCD": code, "statistic": "out_of_range", "method": "clopper_pearson", "count": 1}
                          for code in ("ALT", "AST", "ALP", "HGB")])  # fmt: skip
    moved = as_results([{**at, "PARAMCD": code, "statistic": "range_change", "method": "tost", "contrast": "Y1-BL",
                         "value_text": "no"} for code in ("ALT", "AST", "ALP", "HGB")])  # fmt: skip
    catalogue = io.read_catalogue()
    assert figures.plot_out_of_range(outside, PLAN, catalogue).alt.endswith("for 4 analytes: no share is told.")
    assert figures.plot_equivalence(moved, PLAN, catalogue).alt.endswith("; no change is told.")
    assert report.say_equivalence(moved, PLAN, catalogue).plain == ""
