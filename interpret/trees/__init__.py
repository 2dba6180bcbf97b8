"""Exact explanations of tree ensembles, at the speed of a prediction.

A reader (`readers`) turns a library's model into the normal form (`ensemble`), an encoder turns
rows into whole numbers (`encoder`), and small compiled loops (`kernels`) answer exact questions by
counting. `docs/trees.md` explains the idea on a tree of three leaves.
"""

from .check import check_against
from .ensemble import TreeEnsemble
from .readers import read_trees

__all__ = ["TreeEnsemble", "check_against", "read_trees"]
