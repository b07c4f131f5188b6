"""The tests of racohort, and the runners that outside checks use: `python -m tests.vectors` and `python -m tests.dirty`."""

import sys

if "pytest" in sys.modules:  # the runners need no hypothesis
    from hypothesis import settings

    #: The same examples in every run, and no time limit on one: the machine may be busy.
    settings.register_profile("repeatable", deadline=None, derandomize=True)
    settings.load_profile("repeatable")
