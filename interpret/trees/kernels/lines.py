"""Trees as walks that branch are given them: all of a node's numbers in one place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from ._compile import F8, U4, U8_2

# A node is eight numbers in a row, in one line of the processor's cache; it is known by the place
# of the first. They are a child per side (0 is left, 1 is right), the column asked about, of a
# number the first code that goes left and how many do, of a category the row of bits, and its place
# in the ensemble. A leaf asks about no column. The last is idle, so that no node straddles a line.
NODE_SIZE = 8
FEATURE, LOW, WIDTH, LEVELS = np.uint32(2), np.uint32(3), np.uint32(4), np.uint32(5)
NODE = np.uint32(6)
NONE = np.uint32(0xFFFFFFFF)
ONE = np.uint32(1)


class Trees(NamedTuple):
    """What is walked: nodes as described above, the rows of bits, roots, and the nodes' values."""

    nodes: Any
    bits: Any
    roots: Any
    value: Any


TREES = types.NamedTuple((U4, U8_2, U4, F8), Trees)
