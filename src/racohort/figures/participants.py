"""The figures of the section on participants: the flow of patients, and the map of what is missing."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import FancyBboxPatch, Patch, Rectangle

from racohort.absence import Absence, absent
from racohort.figures.style import INK, Figure, canvas, finish
from racohort.formats import capitalised, count, listed
from racohort.labels import label_of, panel_of
from racohort.plan import Plan
from racohort.results import pick_result, select_results

_MAIN, _SIDE = (0.01, 0.47), (0.56, 0.43)  # left edge and width of the two columns of boxes, in widths of the drawing
_LONGEST = 46  # characters a line of a box can hold
_LINE = 0.17  # inches a line of text needs
_GAP = 0.34  # inches between two boxes


def plot_flow(results: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> Figure:
    """The flow of patients: one box a visit with those seen, one beside it with those who were not and why.

    Draws the rows of `count_flow`; where those of `count_missing` are there too, each visit's box says for how many patients each
    primary outcome is known.
    """
    boxes = _boxes(select_results(results, section="participants"), plan, catalogue)
    heights = [_LINE * (max(len(main), len(side)) + 1.1) for main, side in boxes]
    total = sum(heights) + _GAP * (len(boxes) - 1) + 0.1
    fig, ax = canvas(7.2, total)
    ax.set(xlim=(0, 1), ylim=(total, 0))
    ax.axis("off")
    top = 0.05
    for place, ((main, side), height) in enumerate(zip(boxes, heights, strict=True)):
        _draw_level(ax, main, side, top, height, last=place == len(boxes) - 1)
        top += height + _GAP
    said = "; ".join(", ".join(main) for main, _ in boxes)
    return finish(fig, "flow", f"Flow diagram, from top to bottom: {said}.", _flow_caption(plan), plan.synthetic)


def _flow_caption(plan: Plan) -> str:
    return (
        "Flow of patients through the planned visits. Left column: enrolled, treated and seen, with the number of patients "
        "for whom each "
        "primary outcome is known. Right column: patients not seen, by the reason recorded; who left is counted at the first "
        "visit not reached."
    )


def _boxes(rows: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame) -> list[tuple[list[str], list[str]]]:
    """The lines of the main and the side box of each level, from top to bottom."""
    sizes = select_results(rows, by="population").set_index("category")["count"]
    enrolled, safety, efficacy = int(sizes["all"]), int(sizes["safety"]), int(sizes["efficacy"])
    levels: list[tuple[list[str], list[str]]] = [([f"Enrolled: {count(enrolled, 'patient')}"], [])]
    outside = [f"{count(enrolled - safety, 'patient')} not treated"] if enrolled > safety else []
    told = (
        [f"Treated: safety population, n = {safety}"]
        if plan.treated
        else [f"Safety population, n = {safety}", "No treatment start recorded"]
    )
    levels.append(([*told, f"Efficacy population, n = {efficacy}"], outside))
    return levels + [_visit_box(select_results(rows, AVISIT=visit.AVISIT), visit.label, plan, catalogue) for visit in plan.visits]


def _visit_box(rows: pd.DataFrame, label: str, plan: Plan, catalogue: pd.DataFrame) -> tuple[list[str], list[str]]:
    seen, missed = (select_results(rows, by="flow", category=category).iloc[0] for category in ("SEEN", "MISSED"))
    main = [f"{capitalised(label)}: seen {seen['count']} of {seen['n']}"]
    known = (pick_result(rows, statistic="completeness", PARAMCD=code) for code in plan.primary)
    main += [f"{label_of(row['PARAMCD'], catalogue)} known in {row['count']}" for row in known if row is not None]
    left = select_results(rows, by="DCSREAS")
    side = [f"Left before this visit: {left['count'].sum()}"] if len(left) else []
    side += [f"   {row['category']}: {row['count']}" for _, row in left.iterrows()]
    return main, side + ([f"Missed this visit, seen later: {missed['count']}"] if missed["count"] else [])


def _draw_level(ax: Any, main: list[str], side: list[str], top: float, height: float, last: bool) -> None:
    _draw_box(ax, *_MAIN, top, height, main, INK["band"], INK["accent"])
    middle = top + height / 2
    arrow = {"arrowstyle": "-|>", "color": INK["muted"], "lw": 1.0, "shrinkA": 0, "shrinkB": 0}
    if side:
        _draw_box(ax, *_SIDE, top, height, side, INK["paper"], INK["faint"])
        ax.annotate("", (_SIDE[0], middle), (sum(_MAIN), middle), arrowprops=arrow)
    if not last:
        centre = _MAIN[0] + _MAIN[1] / 2
        ax.annotate("", (centre, top + height + _GAP), (centre, top + height), arrowprops=arrow)


def _draw_box(ax: Any, x: float, width: float, top: float, height: float, lines: list[str], fill: str, edge: str) -> None:
    ax.add_patch(FancyBboxPatch((x, top), width, height, boxstyle="round,pad=0,rounding_size=0.012", mutation_aspect=7.2,
                                fc=fill, ec=edge, lw=0.9))  # fmt: skip
    first = top + height / 2 - (len(lines) - 1) * _LINE / 2
    for place, line in enumerate(lines):
        line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
        ax.text(x + 0.02, first + place * _LINE, line, va="center", ha="left", fontsize=9 if place == 0 else 8.2,
                fontweight="bold" if place == 0 else "normal", color=INK["ink"] if place == 0 else INK["muted"])  # fmt: skip


def plot_missingness(
    results: pd.DataFrame, adsl: pd.DataFrame, adlb: pd.DataFrame, adqs: pd.DataFrame, plan: Plan, catalogue: pd.DataFrame
) -> Figure | Absence:
    """The map of missing values: one column a patient, one line a parameter, one panel a visit; reason by colour.

    `results` holds the rows of `count_missing`. Patients are sorted by when they were seen and by how much is missing, so that
    patterns stand together.
    """
    codes = _ordered_codes(results, catalogue)
    people = adsl[adsl["SAFFL"] == "Y"].set_index("USUBJID")
    if not codes or people.empty:
        return absent("This cohort has no measured value at any planned visit.")
    there = _presence(pd.concat([adlb, adqs]), codes, people.index, plan)
    order = _by_pattern(there, people, plan)
    fig, axes = canvas(7.2, 0.9 + 0.145 * len(codes), 1, len(plan.visits), sharey=True, squeeze=False)
    for ax, visit in zip(axes[0], plan.visits, strict=True):
        _draw_map(ax, there[visit.AVISIT].reindex(order), people[visit.flag].reindex(order).eq("Y"), visit.label)
    _label_parameters(axes[0][0], codes, catalogue)
    fig.legend(handles=_map_legend(), loc="outside upper center", ncols=3)
    return finish(fig, "missingness", _missing_alt(there, people, plan), _missing_caption(len(people)), plan.synthetic)


def _map_legend() -> list[Patch]:
    return [
        Patch(fc=INK["accent2"], label="seen, but no value"),
        Patch(fc=INK["missing"], ec=INK["muted"], hatch="////", label="not seen"),
        Patch(fc=INK["band"], label="value known"),
    ]


def _missing_caption(n: int) -> str:
    return (
        f"Map of missing values, safety population (n = {n}): each column is a patient, in the same order in every panel, "
        "each line a "
        "parameter. Orange: the patient was seen but has no value; hatched: the patient was not seen at this visit."
    )


def _missing_alt(there: dict[str, pd.DataFrame], people: pd.DataFrame, plan: Plan) -> str:
    said = []
    for visit in plan.visits:
        seen = people[visit.flag].eq("Y")
        lacking = int((~there[visit.AVISIT][seen]).to_numpy().sum())
        said.append(
            f"at {visit.label} {int(seen.sum())} of {len(people)} patients were seen and "
            f"{count(lacking, 'of their values is', 'of their values are')} missing"
        )
    return f"Map of missing values by patient, parameter and visit: {listed(said)}."


def _ordered_codes(results: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    """Parameters with their panels together, panels in the order of the results."""
    codes = list(select_results(results, statistic="completeness")["PARAMCD"].unique())
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
