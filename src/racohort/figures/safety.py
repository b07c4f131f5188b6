"""The figures of the safety section: laboratory and adverse events."""

from racohort.figures.equivalence import plot_equivalence
from racohort.figures.events import plot_events
from racohort.figures.laboratory import plot_laboratory, plot_out_of_range
from racohort.figures.liver import plot_liver
from racohort.figures.worst import plot_worst

__all__ = ["plot_equivalence", "plot_events", "plot_laboratory", "plot_liver", "plot_out_of_range", "plot_worst"]
