"""One cohort of patients with rheumatoid arthritis, from its raw files to a report that shows where each number comes from."""

__version__ = "0.1.0"
