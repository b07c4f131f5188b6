"""The figures of the section on efficacy: courses, sizes of change, response and state."""

from racohort.figures.courses import plot_courses
from racohort.figures.forest import plot_forest
from racohort.figures.pairs import plot_pairs
from racohort.figures.responses import plot_states, plot_waterfall

__all__ = ["plot_courses", "plot_forest", "plot_pairs", "plot_states", "plot_waterfall"]
