"""The house style: colours that everyone can tell apart, one drawing in two renderings, tables with honest mark-up."""

import re
import subprocess
import sys
from html import unescape
from itertools import combinations
from urllib.parse import unquote
from xml.etree.ElementTree import fromstring

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure as Drawing

from racohort.absence import absent
from racohort.figures.style import INK, PALETTE, Figure, _compact, canvas, finish
from racohort.tables.paper import table

#: Colours that share a figure.
TOGETHER = [
    ("low", "normal", "high"),
    ("good", "moderate", "none", "missing"),
    ("good", "low", "moderate", "high"),
    ("accent", "normal", "high", "moderate"),
    ("accent", "accent2"),
    ("warm", "cool"),
]

#: How a colour is seen without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1 (linear RGB).
EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB."""
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
    x, y, z = (to_xyz @ np.clip(rgb, 0, 1)) / np.array([0.95047, 1.0, 1.08883])
    fx, fy, fz = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def drawn(name: str = "lines", synthetic: bool = False, **texts: str) -> Figure:
    fig, ax = canvas(height=2)
    ax.plot([0, 1, 3], [5, 4, 4.5], color=INK["accent"])
    ax.axhspan(2, 3, color=INK["band"])
    ax.set_title("Change & more")
    return finish(fig, name, texts.get("alt", "One falling line."), texts.get("caption", "All 64 patients."), synthetic)


def imported(module: str, after: str) -> bool:
    """Whether a fresh interpreter has loaded a module after some code."""
    code = f"{after}; import sys; print({module!r} in sys.modules)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "True"


# --- colours ----------------------------------------------------------------------------------------------------------


def test_each_light_colour_belongs_to_one_name_so_that_the_dark_rendering_is_unambiguous():
    assert len(set(INK.values())) == len(INK)
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for pair in PALETTE.values() for colour in pair)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("names", TOGETHER, ids="-".join)
def test_colours_that_share_a_figure_can_be_told_apart(names, eye, side):
    seen = {name: lab(EYES[eye] @ linear(PALETTE[name][side])) for name in names}
    nearest = min(np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(names, 2))
    assert nearest > (10 if eye == "tritanopia" else 18)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "muted", "accent", "accent2"])
def test_words_in_figures_have_the_contrast_that_wcag_asks_for(name, side):
    assert contrast(PALETTE[name][side], PALETTE["paper"][side]) >= 4.5


# --- figures ----------------------------------------------------------------------------------------------------------


def test_asking_for_the_room_of_figures_does_not_import_the_drawing_library():
    assert not imported("matplotlib", after="import racohort.figures, racohort.tables")


def test_a_canvas_opens_no_window_and_leaves_no_global_figure():
    assert not imported("matplotlib.pyplot", after="from racohort.figures.style import canvas; canvas()")


def test_the_dark_rendering_is_the_light_one_with_the_colours_exchanged():
    figure = drawn()
    assert figure.light != figure.dark
    assert re.sub(r"#[0-9a-f]{6}", "#", figure.light) == re.sub(r"#[0-9a-f]{6}", "#", figure.dark)
    assert INK["accent"] in figure.light
    assert PALETTE["accent"][1] in figure.dark
    assert not set(re.findall(r"#[0-9a-f]{6}", figure.dark)) & {INK["ink"], INK["paper"], INK["accent"], INK["band"]}


def test_the_same_drawing_gives_the_same_bytes():
    assert drawn().light == drawn().light


def test_a_figure_needs_nothing_from_outside_itself():
    svg = drawn().light
    assert "<text" not in svg, "text is drawn as paths, so no typeface has to be there"
    assert not re.search(r'(?:href|src|url)\s*[=(]\s*"?(?!#|data:)[a-z]+:', svg)
    assert "<dc:date>" not in svg


def test_a_figure_is_well_formed_and_every_reference_in_it_has_its_target():
    drawing = drawn(synthetic=True).light
    fromstring(drawing)
    assert set(re.findall(r'(?:href="|url\()#([\w.-]+)', drawing)) <= set(re.findall(r'id="([^"]+)"', drawing))


def test_a_figure_of_a_synthetic_cohort_carries_the_mark_in_the_drawing_and_in_the_caption():
    marked, plain = drawn(synthetic=True), drawn()
    assert 'id="synthetic-cohort"' in marked.light
    assert 'id="synthetic-cohort"' in marked.dark
    assert "Synthetic cohort." in marked.html()
    assert "synthetic" not in plain.light
    assert "Synthetic" not in plain.html()


def test_the_alt_text_and_the_caption_of_a_figure_are_escaped():
    html = drawn(alt='A "line" <b>', caption="All <script>alert(1)</script> patients").html()
    assert "<script>" not in html
    assert "<b>" not in html
    assert 'alt="A &quot;line&quot; &lt;b&gt;"' in html


def test_a_notebook_shows_the_light_picture_and_hides_the_dark_one():
    figure = drawn()
    shown = figure._repr_mimebundle_()
    pictures = re.findall(r"<img[^>]*>", shown["text/html"])
    assert ["hidden" in picture for picture in pictures] == [False, True]
    drawing = unquote(unescape(re.search(r'src="data:image/svg\+xml,([^"]+)"', pictures[0])[1]))
    assert drawing == figure.light.replace('"', "'")
    assert shown["text/plain"] == "One falling line."


@pytest.mark.parametrize("wrong", [{"name": "1st"}, {"name": 'a"b'}, {"alt": " "}, {"caption": ""}])
def test_a_figure_without_name_alt_text_or_caption_is_refused(wrong):
    with pytest.raises(ValueError, match="figure"):
        drawn(**wrong)


# --- tables -----------------------------------------------------------------------------------------------------------

LABS = pd.DataFrame({
    "Panel": ["Blood", "Blood", "Liver"],
    "Analyte": ["Leucocytes", "Platelets <b>", "ALT"],
    "n": ["64", "63", "64"],
    "Outside": ["2 of 64 (3.1 %; 95 % CI 0.4 to 10.8 %)", "–", "0 of 64 (0 %; 95 % CI 0 to 5.6 %)"],
    "Change": ["−0.08 (95 % CI −0.28 to 0.13)", "< 0.001", None],
    "Remark": ["as before", "2 were low", "64 ± clerks"],
})  # fmt: skip


def test_every_text_of_a_table_is_escaped():
    evil = "<script>alert(1)</script>"
    frame = pd.DataFrame({evil: [evil], "b": [evil]})
    for shown in (table(frame, "evil", evil, note=evil), table(frame, "evil", evil, groups="b")):
        assert "<script>" not in shown.html()
        assert "&lt;script&gt;" in shown.html()


def test_a_table_says_which_cells_head_rows_columns_and_groups():
    html = table(LABS, "labs", "Laboratory values.", groups="Panel").html()
    assert html.count('scope="col"') == 5
    assert html.count('scope="row"') == 3
    assert re.findall(r'scope="rowgroup" colspan="5">([^<]+)', html) == ["Blood", "Liver"]
    assert 'aria-labelledby="tab-labs-caption"' in html
    assert 'id="tab-labs-caption"' in html


def test_columns_of_numbers_are_set_right_and_columns_of_words_are_not():
    html = table(LABS, "labs", "Laboratory values.").html()
    kinds = {name: css for css, name in re.findall(r'<th scope="col"(?: class="([\w-]+)")?>([^<]+)', html)}
    inside = {"Outside (95 % CI)": "ra-num", "Change (95 % CI)": "ra-num"}
    assert kinds == {"Panel": "", "Analyte": "", "n": "ra-num", **inside, "Remark": ""}


def test_the_level_of_intervals_stands_in_the_head_of_a_column_unless_it_differs_within_it():
    assert "95 % CI 0.4" not in table(LABS, "labs", "Values.").html()
    two = LABS.assign(Outside=["2 of 64 (95 % CI 1 to 3)", "–", "1 of 64 (90 % CI 0 to 2)"])
    assert '<th scope="col" class="ra-num">Outside</th>' in table(two, "labs", "Values.").html()
    assert "(90 % CI" in "".join(re.findall("<span>([^<]*)", table(two, "labs", "Values.").html()))
    told = LABS.assign(Remark="A sentence that says what was seen in those patients who stayed: −0.1 (95 % CI −0.3 to 0.1).")
    assert "(95 % CI −0.3" in table(told, "labs", "Values.").html()


def test_a_table_of_long_lines_has_narrow_gaps():
    assert "ra-wide" not in table(LABS[["Analyte", "n"]], "labs", "Values.").html()
    assert "ra-wide" in table(LABS.assign(More=LABS["Outside"], Most=LABS["Outside"]), "labs", "Values.").html()


def test_running_text_may_wrap_and_a_long_table_scrolls_by_itself():
    wordy = LABS.assign(Remark="one of several sentences that would make a table too wide")
    assert '<th scope="col" class="ra-words">Remark' in table(wordy, "labs", "Values.").html()
    assert "ra-long" not in table(wordy, "labs", "Values.").html()
    assert "ra-long" in table(pd.concat([wordy] * 20), "labs", "Values.").html()


def test_a_visit_begins_with_a_capital_in_every_table():
    shown = table(pd.DataFrame({"Visit": ["baseline", "3 months", None]}), "visits", "Values at each visit.").html()
    assert [cell for cell in ("Baseline", "baseline", "3 months", "–") if f">{cell}<" in shown] == ["Baseline", "3 months", "–"]


def test_a_missing_cell_is_an_en_dash_and_a_table_without_rows_says_so():
    assert "<td>–</td>" in table(LABS.assign(Remark=[None, "a", "b"]), "labs", "Values.").html()
    assert "None." in table(LABS.iloc[:0], "labs", "Values.").html()


def test_two_levels_of_column_names_give_spanning_heads():
    columns = pd.MultiIndex.from_tuples([("", "Analyte"), ("Year 1", "n"), ("Year 1", "Mean")])
    frame = pd.DataFrame([["ALT", "1", "2"]], columns=columns)
    assert '<th scope="colgroup" colspan="2">Year 1</th>' in table(frame, "labs", "Values.").html()


def test_a_table_of_a_synthetic_cohort_says_so_in_its_caption():
    assert "Synthetic cohort." in table(LABS, "labs", "Values.", synthetic=True).html()
    assert "Synthetic" not in table(LABS, "labs", "Values.").html()


@pytest.mark.parametrize(("name", "caption"), [("my table", "Values."), ("labs", "  ")])
def test_a_table_without_a_proper_name_or_a_caption_is_refused(name, caption):
    with pytest.raises(ValueError, match="table"):
        table(LABS, name, caption)


def test_making_a_table_leaves_the_frame_as_it_was():
    before = LABS.copy(deep=True)
    table(LABS, "labs", "Values.", groups="Panel").html()
    pd.testing.assert_frame_equal(LABS, before)


def test_what_is_absent_is_said_in_one_escaped_sentence():
    assert absent("No <events>.")._repr_html_() == '<p class="ra-absent">No &lt;events&gt;.</p>'
    assert str(absent("None.")) == "None."


def test_last_digits_of_a_layout_change_nothing_in_a_picture():
    def drawn(left: float) -> str:
        fig, ax = canvas(3, 2)
        fig.set_layout_engine("none")
        ax.set_position((left, 0.2, 0.6, 0.6))
        ax.plot([1, 2])
        return finish(fig, "x", "alt", "caption", False).light

    assert drawn(0.2) == drawn(0.2 + 1e-15)
    assert drawn(0.2) != drawn(0.25)


def test_a_letter_of_a_picture_is_called_by_its_glyph_and_a_mark_by_its_number():
    named = set(re.findall(r' id="([^"]+)"', drawn(synthetic=True).light)) - {"synthetic-cohort"}
    assert all(re.fullmatch(r"[RB]-[0-9a-f]+|i\d+", name) for name in named)
    assert {name[0] for name in named} == {"R", "B", "i"}


def test_a_figure_is_laid_out_once_and_drawn_once(monkeypatch):
    drawn, draw = [], Drawing.draw
    monkeypatch.setattr(Drawing, "draw", lambda fig, renderer: (drawn.append(fig), draw(fig, renderer)))
    fig, ax = canvas()
    ax.set_ylabel("A label for which room is made")
    finish(fig, "once", "A line.", "A caption.", False)
    assert drawn == [fig]
    assert ax.get_position().x0 > 0.05


def test_boxes_of_one_colour_become_one_path_that_goes_round_all_of_them_the_same_way():
    up = '<path d="M 1 5 L 3 5 L 3 2 L 1 2 z" style="fill: #2f78bd"/>'
    down = '<g id="patch_2"><path d="M 3 2 L 4 2 L 4 7.129 L 3 7.129 L 3 2 z" style="fill: #2f78bd"/></g>'
    other = '<path d="M 1 5 L 3 5 L 3 2 L 1 2 z" style="fill: #0b6a94"/>'
    triangle = '<path d="M 1 5 L 3 5 L 3 2 z" style="fill: #0b6a94"/>'
    assert _compact(up + down + other + triangle) == (
        '<path d="M1 2H3V5H1zM3 2H4V7.12H3z" style="fill:#2f78bd"/><path d="M1 2H3V5H1z" style="fill:#0b6a94"/>'
        '<path d="M1 5L3 5L3 2z" style="fill:#0b6a94"/>'
    )
    translucent = up.replace('"/>', '; fill-opacity: 0.5"/>')
    assert _compact(translucent * 2).count("<path") == 2
