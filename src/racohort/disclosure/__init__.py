"""What a report may tell, and to whom: one place through which every frame goes before a reader sees anything of it."""

from racohort.disclosure.bounds import as_file
from racohort.disclosure.hook import guarded, judged, without_people
from racohort.disclosure.profile import Profile, held_profile, hold_profile, stricter
from racohort.disclosure.pseudonyms import deidentify
from racohort.disclosure.rows import release
from racohort.disclosure.tally import count_hidden

__all__ = [
    "Profile",
    "as_file",
    "count_hidden",
    "deidentify",
    "guarded",
    "held_profile",
    "hold_profile",
    "judged",
    "release",
    "stricter",
    "without_people",
]
