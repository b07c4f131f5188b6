"""The map of missing values: patients one by one where they are few, shades where they are many."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Patch, Rectangle

from racohort.absence import Absence, absent
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import capitalised, count, listed, number, percent
from racohort.labels import label_of, panel_of
from racohort.plan import Plan
from racohort.results import pick_result, select_results

#: Past this number of patients the map shows the share of patients with a value instead of each patient.
FEW = 600


def plot_missingness(
    results: pd.DataFrame, values: pd.DataFrame, adsl: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> Figure | Absence:
    """The map of missing values: one line a parameter, one panel a visit, and one column a patient where these are few.

    Draws the rows of `count_present`; past a number of patients, and where `adsl` is empty, each visit is one column, shaded by
    the share with a value.
    `values` holds ADLB and ADQS. Patients are sorted by when they were seen and by how much is missing: patterns stand together.
    """
    codes = _ordered_codes(results, catalogue)
    people = adsl[adsl["FASFL"] == "Y"].set_index("USUBJID")
    if not codes:
        return absent("This cohort has no measured value at any planned visit.")
    if people.empty or len(people) > FEW:
        fig, words = _draw_shares(results, codes, plan, catalogue), _SHARES
    else:
        fig, words = _draw_patients(values, people, codes, plan, catalogue), _PATIENTS
    size = select_results(results, statistic="present")["n"].max()
    caption = f"Map of missing values, all patients enrolled (n = {number(size)}): {words}"
    return finish(fig, "missingness", _missing_alt(results, plan), caption, plan.synthetic, results)


_PATIENTS = (
    "each column is a patient, in the same order in every panel, each line a parameter. Orange: the patient was seen but has no "
    "value; hatched: the patient was not seen at this visit."
)
_SHARES = (
    "each field is the share of patients with a value of the parameter at the visit. Three shades, the stronger the more is "
    "missing: from 5 %, from 20 %, from 50 %."
)


def _draw_patients(values: pd.DataFrame, people: pd.DataFrame, codes: list[str], plan: Plan, catalogue: pd.DataFrame) -> Drawing:
    there = _presence(values, codes, people.index, plan)
    order = _by_pattern(there, people, plan)
    fig, axes = canvas(7.2, 1.15 + 0.145 * len(codes), 1, len(plan.visits), sharey=True, squeeze=False)
    for ax, visit in zip(axes[0], plan.visits, strict=True):
        _draw_map(ax, there[visit.AVISIT].reindex(order), people[visit.flag].reindex(order).eq("Y"), visit.label)
    _label_parameters(axes[0][0], codes, catalogue)
    fig.legend(handles=_map_legend(), loc="outside upper left", ncols=3)
    return fig


def _draw_shares(results: pd.DataFrame, codes: list[str], plan: Plan, catalogue: pd.DataFrame) -> Drawing:
    """One field a parameter and visit, its share of patients with a value as shade and number."""
    rows = select_results(results, statistic="present")
    shares = (
        (rows["count"] / rows["n"]).astype("float64").set_axis(pd.MultiIndex.from_frame(rows[["PARAMCD", "AVISIT"]])).unstack()
    )
    shares = shares.loc[codes, [visit.AVISIT for visit in plan.visits]]
    fig, ax = canvas(7.2, 0.6 + 0.2 * len(codes))
    for (line, column), share in np.ndenumerate(shares.to_numpy()):
        ax.add_patch(_rectangle(column, line, 0.97, 0.92, _SHADES[np.digitize(1 - share, _STEPS)]))
        ax.text(column + 0.485, line + 0.48, percent(share), ha="center", va="center", fontsize=7.2)
    ax.set(xlim=(0, len(plan.visits)), ylim=(len(codes), 0))
    ax.set_xticks(np.arange(len(plan.visits)) + 0.485, [capitalised(visit.label) for visit in plan.visits])
    ax.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    _label_parameters(ax, codes, catalogue)
    return fig


#: From nearly all there to mostly missing; colours of the palette, so that the dark rendering has its own.
_STEPS = (0.05, 0.2, 0.5)
_SHADES = (INK["paper"], INK["grid"], INK["missing"], INK["faint"])


def _map_legend() -> list[Patch]:
    return [
        Patch(fc=INK["accent2"], label="seen, but no value"),
        Patch(fc=INK["missing"], ec=INK["muted"], hatch="////", label="not seen"),
        Patch(fc=INK["band"], label="value known"),
    ]


def _missing_alt(results: pd.DataFrame, plan: Plan) -> str:
    said = []
    for visit in plan.visits:
        seen, lacking = (pick_result(results, statistic=name, AVISIT=visit.AVISIT) for name in ("seen", "absent"))
        if seen is not None and lacking is not None:
            gone = count(lacking["count"], "of their values is", "of their values are")
            said.append(f"at {visit.label} {number(seen['count'])} of {number(seen['n'])} patients were seen and {gone} missing")
    return f"Map of missing values by parameter and visit: {listed(said)}."


def _ordered_codes(results: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    """Parameters with their panels together, panels in the order of the results."""
    codes = list(select_results(results, statistic="present")["PARAMCD"].unique())
    panels = list(dict.fromkeys(panel_of(code, catalogue) for code in codes))
    return sorted(codes, key=lambda code: panels.index(panel_of(code, catalogue)))


def _presence(data: pd.DataFrame, codes: list[str], people: pd.Index, plan: Plan) -> dict[str, pd.DataFrame]:
    """For each visit a frame of patients by parameters that says whether a value is there."""
    known = data[(data["ANL01FL"] == "Y") & (data["AVAL"].notna() | (data["AVALC"] != ""))].assign(there=True)
    frames = {}
    for visit in plan.visits:
        here = known[known["AVISIT"] == visit.AVISIT].drop_duplicates(["USUBJID", "PARAMCD"])
        frames[visit.AVISIT] = (
            here.pivot(index="USUBJID", columns="PARAMCD", values="there").reindex(index=people, columns=codes).notna()
        )
    return frames


def _by_pattern(there: dict[str, pd.DataFrame], people: pd.DataFrame, plan: Plan) -> pd.Index:
    keys = pd.DataFrame({visit.AVISIT: people[visit.flag].eq("Y") for visit in reversed(plan.visits)})
    keys["known"] = sum(frame.sum(axis=1) for frame in there.values())
    return keys.sort_values(list(keys.columns), ascending=False, kind="stable").index


def _draw_map(ax: Any, there: pd.DataFrame, seen: pd.Series, label: str) -> None:
    lines, patients = len(there.columns), len(there)
    ax.add_patch(_rectangle(0, 0, patients, lines, INK["band"]))
    for start, length in _runs(~seen.to_numpy()):
        ax.add_patch(_rectangle(start, 0, length, lines, INK["missing"], hatch="////", ec=INK["muted"]))
    for line, code in enumerate(there.columns):
        runs = _runs(seen.to_numpy() & ~there[code].to_numpy())
        ax.broken_barh(runs, (line, 1), fc=INK["accent2"], lw=0)
    for line in range(1, lines):
        ax.axhline(line, color=INK["paper"], lw=0.7)
    ax.set(xlim=(0, patients), ylim=(lines, 0), title=capitalised(label), xlabel=f"{int(seen.sum())} seen")
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def _rectangle(x: float, y: float, width: float, height: float, colour: str, **kw: Any) -> Rectangle:
    style: dict[str, Any] = {"fc": colour, "lw": 0} | kw
    return Rectangle((x, y), width, height, **style)


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Start and length of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return [(int(start), int(end - start)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _label_parameters(ax: Any, codes: list[str], catalogue: pd.DataFrame) -> None:
    ax.set_yticks(np.arange(len(codes)) + 0.5, [label_of(code, catalogue) for code in codes], fontsize=7.2)
