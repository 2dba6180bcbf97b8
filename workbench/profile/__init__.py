"""What is in the table? Pictures of a data set before anything is learned from it."""

from .association import Association, association
from .distribution import Distribution, distribution
from .duplicate_rows import DuplicateRows, duplicate_rows
from .missingness import Missingness, missingness
from .profile import Profile, profile
from .two_columns import TwoColumns, two_columns

__all__ = [
    "Association",
    "Distribution",
    "DuplicateRows",
    "Missingness",
    "Profile",
    "TwoColumns",
    "association",
    "distribution",
    "duplicate_rows",
    "missingness",
    "profile",
    "two_columns",
]
