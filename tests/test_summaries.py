"""A table of printed summaries: the page's own example, what is refused, and samples found for real summaries.

Oracles: enumeration of small samples; arithmetic that a reader can repeat.
"""

import json
import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from racohort.cli import main
from racohort.consistency import (
    SummaryError,
    bounded_sd_possible,
    check_summary,
    debit,
    grim,
    grimmer,
    implied_r_bounds,
    indep_t_from_summary,
    p_curve_paired,
    paired_t_from_summary,
    percent_possible_counts,
    sd_positivity,
    sprite,
    statcheck_t,
)
from racohort.consistency.tables import COLUMNS
from racohort.figures.summaries import plot_p_against_r
from racohort.places import project_root
from tests.test_consistency import printed, samples

PAGE = (project_root() / "book" / "reference" / "summaries.md").read_text("utf-8")


def checked(**row: str) -> dict[str, str]:
    found = check_summary(pd.DataFrame([{"what": "x", "n": "64"} | row]))
    return dict(zip(found["check"], found["verdict"], strict=True))


def test_the_example_of_the_page_gives_the_answer_of_the_page(tmp_path: Path) -> None:
    table, answer = re.findall(r"```text\n(.*?)```", PAGE, re.S)
    (tmp_path / "table1.csv").write_text(table, "utf-8")
    said = CliRunner().invoke(main, ["check-summary", str(tmp_path / "table1.csv")])
    assert (said.exit_code, said.output) == (0, answer)


def test_the_page_names_every_column_and_its_python_examples_run() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.M))
    assert {name: told[name] for name in COLUMNS} == COLUMNS
    lines = [line for line in PAGE.split("```python\n")[1].split("```")[0].splitlines() if line]
    names: dict[str, object] = {}
    exec(lines[0], names)
    assert eval(lines[1].split("  #")[0], names) is False
    for line in lines[2:]:
        assert eval(line.split(" #")[0], names) is not None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"mean": "5,1"}, "line 2, column mean: '5,1' is no number"), ({"p": "n.s."}, "line 2, column p"),
        ({"n": "64.5"}, "line 2, column n"), ({"n": ""}, "column n is empty"), ({"values": "int"}, "column values: 'int'"),
        ({"colour": "red"}, "no column 'colour'"), ({"count": "-1"}, "column count"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_read_says_where_and_what_to_do(row, told):
    with pytest.raises(SummaryError, match=re.escape(told)):
        checked(**row)


def test_a_faulty_file_ends_with_1_and_a_missing_one_with_2_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("what,mean\nx,1\n", "utf-8")
    faulty = CliRunner().invoke(main, ["check-summary", str(tmp_path / "t.csv")])
    missing = CliRunner().invoke(main, ["check-summary", str(tmp_path / "none.csv")])
    assert (faulty.exit_code, missing.exit_code) == (1, 2)
    assert "the column 'n' is missing" in faulty.output
    assert "no such file" in missing.output


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, {"all": "not applicable"}),
        ({"mean": "46.3", "values": "whole"}, {"GRIM": "not applicable"}),
        ({"mean": "1.25", "values": "whole", "items": "8"}, {"GRIM": "not applicable"}),
        ({"mean": "0.51", "values": "yes/no"}, {"GRIM": "inconsistent"}),
        ({"mean": "3.00", "sd": "2.45", "n": "8", "values": "whole"},
         {"GRIM": "consistent", "GRIMMER": "consistent"}),
        ({"mean": "3.00", "sd": "2.45", "n": "8", "values": "whole", "min": "1", "max": "5"},
         {"GRIM": "consistent", "GRIMMER": "inconsistent", "SD within bounds": "inconsistent"}),
        ({"percent": "28.1 %"}, {"percentage": "consistent"}),
        ({"percent": "28.1", "count": "19"}, {"percentage": "inconsistent"}),
        ({"t": "2.50", "p": ".015"}, {"p of t": "consistent"}), ({"t": "2.50", "p": "<.01"}, {"p of t": "inconsistent"}),
        ({"t": "2.50", "p": ".015", "n": "1"}, {"all": "not applicable"}),
    ],
)  # fmt: skip
def test_each_check_says_whether_it_applies_before_it_says_more(row, expected):
    assert checked(**row) == expected


@pytest.mark.parametrize(
    ("p", "verdict"),
    [("0.0055", "consistent"), ("0.6", "inconsistent"), ("<0.05", "consistent"), (">0.05", "consistent"),
     (">0.2", "inconsistent"), ("<0.001", "consistent"), ("0.15", "consistent"), ("0.17", "inconsistent")],
)  # fmt: skip
def test_the_p_of_a_change_needs_a_correlation_that_exists(p, verdict):
    """5.8 (1.0) to 5.4 (1.2), n = 64: p is 0.151 at r = -1 and falls to nothing as r rises (statistics.md section 4)."""
    row = {"mean": "5.80", "sd": "1.00", "mean2": "5.40", "sd2": "1.20", "p": p}
    assert checked(**row)["p of the change"] == verdict


@given(st.lists(st.integers(0, 10), min_size=2, max_size=64))
def test_no_real_sample_is_called_inconsistent(sample):
    n, total = len(sample), sum(sample)
    mean, sd = printed(Fraction(total, n), 2), printed(float(np.std(sample, ddof=1)), 2)
    found = checked(n=str(n), mean=mean, sd=sd, values="whole", min="0", max="10")
    assert "inconsistent" not in found.values()
    assert "inconsistent" not in checked(n=str(n), mean=mean, sd=sd, min="0").values()


def test_for_every_small_sample_one_with_its_mean_and_sd_is_found_again():
    for real in samples(5, 1, 5):
        mean, sd = printed(Fraction(sum(real), 5), 2), printed(float(np.std(real, ddof=1)), 2)
        found = sprite(mean, sd, 5, 1, 5)
        assert found is not None, real
        assert printed(Fraction(sum(found), 5), 2) == mean
        assert printed(float(np.std(found, ddof=1)), 2) == sd
        assert set(found) <= set(range(1, 6))


def test_where_enumeration_finds_no_sample_none_is_found():
    real = {(printed(Fraction(sum(s), 6), 2), printed(float(np.std(s, ddof=1)), 2)) for s in samples(6, 1, 4)}
    impossible = [("2.50", f"{sd / 100:.2f}") for sd in range(50, 180) if ("2.50", f"{sd / 100:.2f}") not in real]
    assert len(impossible) > 100
    assert not any(sprite(*pair, 6, 1, 4) for pair in impossible)


def test_a_sample_of_the_size_of_a_trial_is_found():
    found = sprite("46.31", "12.40", 64, 18, 64)
    assert (printed(Fraction(sum(found), 64), 2), printed(float(np.std(found, ddof=1)), 2)) == ("46.31", "12.40")


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_number_that_was_not_printed_gives_no_answer_and_no_error(missing):
    assert grim(missing, 28) is None
    assert grimmer(missing, "1.2", 28) is grimmer("5.21", missing, 28) is None
    assert debit(missing, "0.5", 28) is debit("0.44", missing, 28) is None
    assert bounded_sd_possible(missing, "1", 28, 0, 3) is None
    assert sprite(missing, "1", 5, 0, 3) is None
    assert percent_possible_counts(missing, 64) == []
    assert math.isnan(sd_positivity(missing, "1", 28)["ratio"])
    assert math.isnan(paired_t_from_summary(missing, "1", "4", "1", 20, 0.5)["t"])
    assert math.isnan(indep_t_from_summary("5", missing, 20, "4", "1", 20)["t"])
    assert all(map(math.isnan, implied_r_bounds("5", "1", "4", "1", 20, missing)))
    assert statcheck_t(63, missing, "0.05")["error"] is None
    assert math.isnan(statcheck_t(0, "2.0", "0.05")["p_computed"])


def test_text_is_a_rounded_number_and_a_number_is_itself():
    """One value of 515 among 64: mean 8.046875 and SD 64.375, printed 8.0 and 64.4, which as they stand would be impossible."""
    assert sd_positivity(8.0, 64.4, 64)["impossible"]
    assert not sd_positivity("8.0", "64.4", 64)["impossible"]
    assert sd_positivity("8.0", "64.5", 64)["impossible"]
    assert bounded_sd_possible("1.5", "2.12", 2, 0, 3)  # 0 and 3: the SD is 2.1213
    assert bounded_sd_possible("1.5", "2.13", 2, 0, 3) is False
    assert bounded_sd_possible(1.5, 2.122, 2, 0, 3) is False


def test_the_verdicts_are_plain_data():
    found = check_summary(pd.DataFrame([{"what": "a", "n": "64", "percent": "50"}]))
    assert json.loads(found.to_json(orient="records"))[0]["verdict"] == "consistent"


@given(st.floats(5, 6), st.floats(0.5, 2), st.floats(4.4, 6), st.floats(0.5, 2), st.floats(-1, 0.95))
def test_the_band_of_p_holds_the_p_of_all_numbers_that_round_to_the_printed_ones(m1, sd1, m2, sd2, r):
    numbers = [f"{value:.1f}" for value in (m1, sd1, m2, sd2)]
    curve = p_curve_paired(*numbers, n=64, r=[r])
    for one in ((m1, sd1, m2, sd2), numbers):
        p = paired_t_from_summary(*one, n=64, r=r)["p"]
        assert curve["lower"][0] - 1e-12 <= p <= curve["upper"][0] + 1e-12
    assert curve["p"][0] == paired_t_from_summary(*numbers, n=64, r=r)["p"]


def test_the_figure_of_p_says_what_a_printed_p_asks_of_the_correlation() -> None:
    numbers = ("5.8", "1.0", "5.4", "1.2", 64)
    assert "at most 0.151 at a correlation of −1" in plot_p_against_r(*numbers, where="invented").alt
    assert "No correlation gives the printed p = 0.6." in plot_p_against_r(*numbers, "0.6", where="invented").caption
    low, high = implied_r_bounds(*numbers, "0.005")
    told = plot_p_against_r(*numbers, "0.005", where="in Table 2").caption
    assert f"asks for a correlation between {low:.2f} and {high:.2f}." in told
    assert "in 64 patients, in Table 2." in told
