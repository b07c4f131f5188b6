"""The catalogue, read when this module is imported: kernels that are forked from the process that did need not read it again."""

from contextlib import suppress

from racohort.io.catalogue import read_catalogue
from racohort.schema import CohortError

with suppress(CohortError, OSError):  # whoever reads it for a report will be told what is wrong
    read_catalogue()
