"""`python -m racohort` is the `racohort` command."""

from racohort.cli import main

main(prog_name="racohort")
