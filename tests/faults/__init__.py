"""Faults of the machine, put into real runs: kills at any moment, and writes that fail."""
