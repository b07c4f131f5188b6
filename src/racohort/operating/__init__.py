"""How a plan behaves over many imagined trials: its errors, power, bias and coverage, and how many patients it needs."""

from racohort.operating.characteristics import COUNTS, run_block, summarise_blocks
from racohort.operating.planning import PLANNED, find_patients, ladder_of
from racohort.operating.scenarios import COLUMNS, Scenario, parse_scenarios

__all__ = [
    "COLUMNS", "COUNTS", "PLANNED", "Scenario", "find_patients", "ladder_of", "parse_scenarios", "run_block", "summarise_blocks",
]  # fmt: skip
