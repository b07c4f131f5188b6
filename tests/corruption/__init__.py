"""Clean cohorts of many shapes, faults of which the right answer is known, and what must hold of every cohort that is checked."""
