"""The figures of the section on efficacy: courses, sizes of change, response, state, and what a change is made of."""

from racohort.figures.composition import plot_agreement, plot_components
from racohort.figures.courses import plot_courses
from racohort.figures.cumulative import plot_cumulative
from racohort.figures.flows import plot_flows
from racohort.figures.forest import plot_forest
from racohort.figures.pairs import plot_pairs
from racohort.figures.responses import plot_states, plot_waterfall

__all__ = [
    "plot_agreement",
    "plot_components",
    "plot_courses",
    "plot_cumulative",
    "plot_flows",
    "plot_forest",
    "plot_pairs",
    "plot_states",
    "plot_waterfall",
]
